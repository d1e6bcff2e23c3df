// The type of the file system that a path is on: Swift's module of the C library lacks statfs on Linux.
#ifndef CFILESYSTEM_H
#define CFILESYSTEM_H

#include <stdint.h>

#if defined(__linux__)
#include <sys/vfs.h>
#else
#include <sys/mount.h>
#endif

// The lower 32 bits of statfs's f_type; 0 where the path cannot be looked at.
static inline uint32_t file_system_type(const char *path) {
  struct statfs status;
  return statfs(path, &status) == 0 ? (uint32_t)status.f_type : 0;
}

#endif
