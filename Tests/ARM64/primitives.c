// Compares every vector primitive with plain C, lane by lane, to the last bit.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "CVector.h"

static int failures = 0;

static void expect(const char *name, lane_vector actual, const float *expected) {
  for (int i = 0; i < LANE_VECTOR_WIDTH; i++) {
    float value = actual[i];
    if (memcmp(&value, &expected[i], sizeof value) != 0) {
      printf("%s: lane %d is %a, not %a\n", name, i, value, expected[i]);
      failures++;
    }
  }
}

static uint32_t state = 1;

// Returns numbers of both signs and of different magnitudes, and sometimes ±0.
static float number(void) {
  state = state * 1664525u + 1013904223u;
  if (state >> 28 == 0) return state & 1u << 20 ? 0.0f : -0.0f;
  return ldexpf((float)(int32_t)state, (int)(state >> 8 & 15) - 38);
}

static lane_vector vector(float *lanes) {
  lane_vector v;
  for (int i = 0; i < LANE_VECTOR_WIDTH; i++) v[i] = lanes[i] = number();
  return v;
}

// Adds halves first, as `lane_sum` promises.
static float halves(const float *lanes, int count) {
  float sums[16];
  memcpy(sums, lanes, sizeof(float) * (size_t)count);
  for (int half = count / 2; half >= 1; half /= 2)
    for (int i = 0; i < half; i++) sums[i] += sums[i + half];
  return sums[0];
}

#define EACH(name, actual, expression) \
  do { \
    float expected[LANE_VECTOR_WIDTH]; \
    for (int i = 0; i < LANE_VECTOR_WIDTH; i++) expected[i] = (expression); \
    expect(name, actual, expected); \
  } while (0)

int main(void) {
  for (int round = 0; round < 1000; round++) {
    float a[LANE_VECTOR_WIDTH], b[LANE_VECTOR_WIDTH], c[LANE_VECTOR_WIDTH];
    lane_vector va = vector(a), vb = vector(b), vc = vector(c);
    EACH("splat", lane_splat(a[0]), a[0]);
    EACH("zero", lane_zero(), 0.0f);
    EACH("add", lane_add(va, vb), a[i] + b[i]);
    EACH("subtract", lane_subtract(va, vb), a[i] - b[i]);
    EACH("multiply", lane_multiply(va, vb), a[i] * b[i]);
    EACH("fma", lane_fma(va, vb, vc), fmaf(a[i], b[i], c[i]));
    EACH("rectify", lane_rectify(va), a[i] > 0 ? a[i] : 0.0f);
    EACH("where positive", lane_where_positive(va, vb), a[i] > 0 ? b[i] : 0.0f);
    for (int lanes = 0; lanes <= 16; lanes++)
      for (int part = 0; part < LANE_VECTOR_PARTS; part++)
        EACH("masked", lane_masked(va, lane_mask_first(lanes, part)), part * LANE_VECTOR_WIDTH + i < lanes ? a[i] : 0.0f);

    float sum = lane_sum(va), expected = halves(a, LANE_VECTOR_WIDTH);
    if (memcmp(&sum, &expected, sizeof sum) != 0) {
      printf("sum: %a, not %a\n", sum, expected);
      failures++;
    }
    lane_vector many[LANE_VECTOR_WIDTH] __attribute__((aligned(64)));
    float rows[LANE_VECTOR_WIDTH][LANE_VECTOR_WIDTH];
    for (int i = 0; i < LANE_VECTOR_WIDTH; i++) many[i] = vector(rows[i]);
    EACH("sums", lane_sums(many), halves(rows[i], LANE_VECTOR_WIDTH));
    lane_prefetch(many);
    lane_prefetch_near(many);
    lane_prefetch_to_write(many);
  }
  processor_features features = processor_detect();
  printf("%s: %d lanes, %d registers%s; vector primitives: %d differences\n", lane_instruction_set(), LANE_VECTOR_WIDTH,
    lane_registers(), features.avx2 ? ", AVX2" : "", failures);
  return failures > 0;
}
