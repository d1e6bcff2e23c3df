#define _GNU_SOURCE
#include "peak.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

static volatile float sink;

#if defined(__x86_64__)
#include <immintrin.h>

// Twelve independent chains: more than the latency times the throughput of any core.
#define CHAINS 12

__attribute__((target("avx512f"))) static void loop_avx512(int64_t count) {
  __m512 sums[CHAINS], a = _mm512_set1_ps(1e-9f), b = _mm512_set1_ps(0.5f);
  for (int i = 0; i < CHAINS; i++) sums[i] = _mm512_set1_ps((float)i);
  while (count-- > 0) {
#pragma clang loop unroll(full)
    for (int i = 0; i < CHAINS; i++) sums[i] = _mm512_fmadd_ps(sums[i], b, a);
  }
  for (int i = 1; i < CHAINS; i++) sums[0] = _mm512_add_ps(sums[0], sums[i]);
  sink = _mm512_reduce_add_ps(sums[0]);
}

__attribute__((target("avx2,fma"))) static void loop_avx2(int64_t count) {
  __m256 sums[CHAINS], a = _mm256_set1_ps(1e-9f), b = _mm256_set1_ps(0.5f);
  for (int i = 0; i < CHAINS; i++) sums[i] = _mm256_set1_ps((float)i);
  while (count-- > 0) {
#pragma clang loop unroll(full)
    for (int i = 0; i < CHAINS; i++) sums[i] = _mm256_fmadd_ps(sums[i], b, a);
  }
  for (int i = 1; i < CHAINS; i++) sums[0] = _mm256_add_ps(sums[0], sums[i]);
  float lanes[8];
  _mm256_storeu_ps(lanes, sums[0]);
  sink = lanes[0];
}

double peak_operations(const char *instructions) {
  int64_t count = 20000000;
  int lanes = strcmp(instructions, "avx512") == 0 ? 16 : strcmp(instructions, "avx2") == 0 ? 8 : 0;
  if (lanes == 0) return 0;
  double best = 0;
  for (int round = 0; round < 5; round++) {
    double start = now();
    if (lanes == 16) loop_avx512(count); else loop_avx2(count);
    double rate = 2.0 * CHAINS * lanes * (double)count / (now() - start);
    if (rate > best) best = rate;
  }
  return best;
}
#else
double peak_operations(const char *instructions) { return 0; }
#endif

static float *buffer(int64_t bytes) {
  void *memory = NULL;
  if (posix_memalign(&memory, 1 << 21, (size_t)bytes) != 0) abort();
#if defined(MADV_HUGEPAGE)
  madvise(memory, (size_t)bytes, MADV_HUGEPAGE);
#endif
  memset(memory, 0, (size_t)bytes);
  return memory;
}

typedef float sixteen __attribute__((ext_vector_type(16)));

double peak_read(int64_t bytes) {
  float *memory = buffer(bytes);
  int64_t vectors = bytes / (int64_t)sizeof(sixteen);
  double best = 0;
  for (int round = 0; round < 5; round++) {
    int64_t passes = 1 + ((int64_t)1 << 28) / bytes;
    double start = now();
    for (int64_t pass = 0; pass < passes; pass++) {
      sixteen sums[4] = {0, 0, 0, 0};
      const sixteen *p = (const sixteen *)memory;
      for (int64_t i = 0; i + 4 <= vectors; i += 4)
        for (int k = 0; k < 4; k++) sums[k] += p[i + k];
      sink = (sums[0] + sums[1] + sums[2] + sums[3])[0];
    }
    double rate = (double)(passes * bytes) / (now() - start);
    if (rate > best) best = rate;
  }
  free(memory);
  return best;
}

double peak_write(int64_t bytes) {
  float *memory = buffer(bytes);
  int64_t vectors = bytes / (int64_t)sizeof(sixteen);
  double best = 0;
  for (int round = 0; round < 5; round++) {
    int64_t passes = 1 + ((int64_t)1 << 28) / bytes;
    double start = now();
    for (int64_t pass = 0; pass < passes; pass++) {
      sixteen *p = (sixteen *)memory;
      sixteen value = (float)pass;
      for (int64_t i = 0; i < vectors; i++) p[i] = value;
      __asm__ volatile("" : : "r"(memory) : "memory");
    }
    double rate = (double)(passes * bytes) / (now() - start);
    if (rate > best) best = rate;
  }
  free(memory);
  return best;
}
