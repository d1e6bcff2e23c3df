// Bare loops that measure what a core can do at most, to compare kernels with.
#ifndef PEAK_H
#define PEAK_H

#include <stdint.h>

// Returns the floating-point operations per second of multiply-adds on registers alone, with the widest vectors of
// `instructions`, "avx512" or "avx2"; 0 if there is no such loop.
double peak_operations(const char *instructions);

// Return the bytes per second that a plain loop reads from, or writes to, a buffer of `bytes`.
double peak_read(int64_t bytes);
double peak_write(int64_t bytes);

#endif
