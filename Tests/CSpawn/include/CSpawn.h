// What glibc adds to posix_spawn: Swift's module of the C library leaves out what only _GNU_SOURCE declares.
#ifndef CSPAWN_H
#define CSPAWN_H

#include <spawn.h>

int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

#endif
