#include "CCommit.h"

#include <stddef.h>

const char *build_commit(void) {
#ifdef LAYERSEARCH_COMMIT
  return LAYERSEARCH_COMMIT;
#else
  return NULL;
#endif
}
