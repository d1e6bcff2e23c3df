// The widest float vector of the instruction set that the including target is compiled for, and the few operations
// that kernels need on it. Each is one or a handful of instructions: Swift's own SIMD methods are compiled lane by
// lane in some loops, and its fused multiply-add to a library call where the target has none.
//
// Sixteen images (one `SIMD16<Float>`) are LANE_VECTOR_PARTS such vectors.
#ifndef CVECTOR_LANE_VECTOR_H
#define CVECTOR_LANE_VECTOR_H

#include <stdint.h>

#if defined(__AVX512F__)
#define LANE_VECTOR_WIDTH 16
#define LANE_VECTOR_PARTS 1
#elif defined(__AVX2__)
#define LANE_VECTOR_WIDTH 8
#define LANE_VECTOR_PARTS 2
#else
#define LANE_VECTOR_WIDTH 4
#define LANE_VECTOR_PARTS 4
#endif

typedef float lane_vector __attribute__((ext_vector_type(LANE_VECTOR_WIDTH)));
typedef int32_t lane_mask __attribute__((ext_vector_type(LANE_VECTOR_WIDTH)));

#define LANE_FUNCTION static inline __attribute__((always_inline))

// The instruction set that the including target is compiled for: the name of its kernel table.
LANE_FUNCTION const char *_Nonnull lane_instruction_set(void) {
#if defined(__AVX512F__)
  return "avx512";
#elif defined(__AVX2__)
  return "avx2";
#else
  return "portable";
#endif
}

// Vector registers of the instruction set: what decides how large a register tile may be.
LANE_FUNCTION int lane_registers(void) {
#if defined(__AVX2__) && !defined(__AVX512F__)
  return 16;
#else
  return 32;
#endif
}

// Asks for the cache line at `address` in the second-level cache.
LANE_FUNCTION void lane_prefetch(const void *_Nonnull address) { __builtin_prefetch(address, 0, 2); }

// The same in the first-level cache.
LANE_FUNCTION void lane_prefetch_near(const void *_Nonnull address) { __builtin_prefetch(address, 0, 3); }

// The same in the second-level cache, for a line that will be written.
LANE_FUNCTION void lane_prefetch_to_write(const void *_Nonnull address) { __builtin_prefetch(address, 1, 2); }

LANE_FUNCTION lane_vector lane_splat(float value) { return (lane_vector)value; }
LANE_FUNCTION lane_vector lane_zero(void) { return (lane_vector)0.0f; }
LANE_FUNCTION lane_vector lane_add(lane_vector a, lane_vector b) { return a + b; }
LANE_FUNCTION lane_vector lane_subtract(lane_vector a, lane_vector b) { return a - b; }
LANE_FUNCTION lane_vector lane_multiply(lane_vector a, lane_vector b) { return a * b; }

// a · b + c with one rounding.
LANE_FUNCTION lane_vector lane_fma(lane_vector a, lane_vector b, lane_vector c) {
  return __builtin_elementwise_fma(a, b, c);
}

LANE_FUNCTION lane_vector lane_rectify(lane_vector a) { return a > 0.0f ? a : (lane_vector)0.0f; }

LANE_FUNCTION lane_vector lane_maximum(lane_vector a, lane_vector b) { return a > b ? a : b; }

// `value` in the lanes where `a` and `b` are equal, zero in the others.
LANE_FUNCTION lane_vector lane_where_equal(lane_vector a, lane_vector b, lane_vector value) {
  return a == b ? value : (lane_vector)0.0f;
}

// `value` in the lanes where `sign` is greater than zero, zero in the others.
LANE_FUNCTION lane_vector lane_where_positive(lane_vector sign, lane_vector value) {
  return sign > 0.0f ? value : (lane_vector)0.0f;
}

// The lanes of part `part` of a block that are images, where the block's first `lanes` lanes are.
LANE_FUNCTION lane_mask lane_mask_first(int lanes, int part) {
  lane_mask index;
  for (int i = 0; i < LANE_VECTOR_WIDTH; i++) index[i] = part * LANE_VECTOR_WIDTH + i;
  return index < (lane_mask)lanes;
}

// `value` where the mask is set, zero elsewhere.
LANE_FUNCTION lane_vector lane_masked(lane_vector value, lane_mask mask) {
  return mask != 0 ? value : (lane_vector)0.0f;
}

// The sum of a vector's lanes, halves first.
LANE_FUNCTION float lane_sum(lane_vector a) {
  typedef float four __attribute__((ext_vector_type(4)));
#if LANE_VECTOR_WIDTH == 16
  typedef float eight __attribute__((ext_vector_type(8)));
  eight b = a.lo + a.hi;
  four c = b.lo + b.hi;
#elif LANE_VECTOR_WIDTH == 8
  four c = a.lo + a.hi;
#else
  four c = a;
#endif
  return (c.x + c.z) + (c.y + c.w);
}

// Of LANE_VECTOR_WIDTH vectors the sums of their lanes, in order: the same additions as `lane_sum`'s, for many vectors at once.
// 30 shuffles for 16 vectors, where one after the other they take four each.
LANE_FUNCTION lane_vector lane_sums(const void *_Nonnull vectors) {
  const lane_vector *a = (const lane_vector *)vectors;
  lane_vector s[LANE_VECTOR_WIDTH / 2];
#if LANE_VECTOR_WIDTH == 16
  for (int i = 0; i < 8; i++)
    s[i] = __builtin_shufflevector(a[2 * i], a[2 * i + 1], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
           __builtin_shufflevector(a[2 * i], a[2 * i + 1], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  for (int i = 0; i < 4; i++)
    s[i] = __builtin_shufflevector(s[2 * i], s[2 * i + 1], 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) +
           __builtin_shufflevector(s[2 * i], s[2 * i + 1], 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
  for (int i = 0; i < 2; i++)
    s[i] = __builtin_shufflevector(s[2 * i], s[2 * i + 1], 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29) +
           __builtin_shufflevector(s[2 * i], s[2 * i + 1], 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31);
  return __builtin_shufflevector(s[0], s[1], 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30) +
         __builtin_shufflevector(s[0], s[1], 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
#elif LANE_VECTOR_WIDTH == 8
  for (int i = 0; i < 4; i++)
    s[i] = __builtin_shufflevector(a[2 * i], a[2 * i + 1], 0, 1, 2, 3, 8, 9, 10, 11) +
           __builtin_shufflevector(a[2 * i], a[2 * i + 1], 4, 5, 6, 7, 12, 13, 14, 15);
  for (int i = 0; i < 2; i++)
    s[i] = __builtin_shufflevector(s[2 * i], s[2 * i + 1], 0, 1, 4, 5, 8, 9, 12, 13) +
           __builtin_shufflevector(s[2 * i], s[2 * i + 1], 2, 3, 6, 7, 10, 11, 14, 15);
  return __builtin_shufflevector(s[0], s[1], 0, 2, 4, 6, 8, 10, 12, 14) +
         __builtin_shufflevector(s[0], s[1], 1, 3, 5, 7, 9, 11, 13, 15);
#else
  for (int i = 0; i < 2; i++)
    s[i] = __builtin_shufflevector(a[2 * i], a[2 * i + 1], 0, 1, 4, 5) +
           __builtin_shufflevector(a[2 * i], a[2 * i + 1], 2, 3, 6, 7);
  return __builtin_shufflevector(s[0], s[1], 0, 2, 4, 6) + __builtin_shufflevector(s[0], s[1], 1, 3, 5, 7);
#endif
}

#endif
