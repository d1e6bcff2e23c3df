// What Swift without a system below it asks of its surroundings, where that is a C library that calls it otherwise.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

// Hashes need not be hard to guess here, and are to be the same in every run.
void arc4random_buf(void *buffer, size_t count) {
  for (size_t i = 0; i < count; i++) ((uint8_t *)buffer)[i] = (uint8_t)(i * 37 + 11);
}
