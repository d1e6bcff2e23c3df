// Functions that Embedded Swift expects from its platform and that the C library here has under other names.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

// Hashes need not be hard to guess here, but must be the same in every run.
void arc4random_buf(void *buffer, size_t count) {
  for (size_t i = 0; i < count; i++) ((uint8_t *)buffer)[i] = (uint8_t)(i * 37 + 11);
}
