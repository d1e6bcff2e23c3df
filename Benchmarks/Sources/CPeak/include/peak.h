// What a core can do at most: bare loops, to hold kernels against.
#ifndef PEAK_H
#define PEAK_H

#include <stdint.h>

// Multiply-adds on registers alone: floating-point operations a second with the widest vectors of `instructions`, "avx512" or "avx2";
// 0 where there is no such loop.
double peak_operations(const char *instructions);

// Bytes a second that a plain loop reads from, or writes to, a buffer of `bytes`.
double peak_read(int64_t bytes);
double peak_write(int64_t bytes);

#endif
