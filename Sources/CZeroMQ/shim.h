#include <sys/epoll.h>
#include <errno.h>
#include <sys/eventfd.h>
#include <zmq.h>

// Macros with arithmetic in them are not imported into Swift.
static const int CZMQ_ETERM = ETERM;
static const int CZMQ_EFSM = EFSM;
static const int CZMQ_EMTHREAD = EMTHREAD;
