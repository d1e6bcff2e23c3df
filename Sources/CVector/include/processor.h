// What the processor and the operating system offer. The only x86 instructions of the project that are written by
// hand are here.
#ifndef CVECTOR_PROCESSOR_H
#define CVECTOR_PROCESSOR_H

#include <stdbool.h>

typedef struct {
  // x86-64-v3: AVX2, FMA, BMI1, BMI2, F16C, LZCNT, MOVBE, and an operating system that saves 256-bit registers.
  bool avx2;
  // x86-64-v4: AVX-512 F, BW, CD, DQ, VL on top of it, and an operating system that saves 512-bit registers.
  bool avx512;
} processor_features;

#if defined(__x86_64__)
#include <cpuid.h>

static inline processor_features processor_detect(void) {
  processor_features features = {false, false};
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return features;
  // FMA, MOVBE, OSXSAVE, AVX, F16C
  const unsigned needed1 = 1u << 12 | 1u << 22 | 1u << 27 | 1u << 28 | 1u << 29;
  if ((c & needed1) != needed1) return features;
  unsigned saved, high;
  __asm__ volatile("xgetbv" : "=a"(saved), "=d"(high) : "c"(0));
  unsigned extended;
  if (!__get_cpuid(0x80000001, &a, &b, &extended, &d)) return features;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return features;
  const unsigned needed3 = 1u << 3 | 1u << 5 | 1u << 8;                              // BMI1, AVX2, BMI2
  const unsigned needed4 = 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31;     // AVX-512 F, DQ, CD, BW, VL
  features.avx2 = (saved & 0x06) == 0x06 && (b & needed3) == needed3 && (extended & 1u << 5) != 0;
  features.avx512 = features.avx2 && (saved & 0xe6) == 0xe6 && (b & needed4) == needed4;
  return features;
}

#else

static inline processor_features processor_detect(void) {
  processor_features features = {false, false};
  return features;
}

#endif
#endif
