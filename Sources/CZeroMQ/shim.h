#include <sys/epoll.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <zmq.h>

// Macros with arithmetic in them are not imported into Swift.
static const int CZMQ_ETERM = ETERM;
static const int CZMQ_EFSM = EFSM;
static const int CZMQ_EMTHREAD = EMTHREAD;

#ifdef __GLIBC__
#include <malloc.h>
// Gives memory that is free back to the system.
static inline void czmq_trim(void) { malloc_trim(0); }
#else
static inline void czmq_trim(void) {}
#endif
