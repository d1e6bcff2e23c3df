// glibc's additions to posix_spawn: Swift's module of the C library omits declarations that need _GNU_SOURCE.
#ifndef CSPAWN_H
#define CSPAWN_H

#include <spawn.h>

int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

#endif
