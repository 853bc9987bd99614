// XXH3-128 for long inputs, compiled for AVX2. The value is that of every other path.
#if defined(__x86_64__)
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define XXH_INLINE_ALL
#define XXH_STATIC_LINKING_ONLY
#define XXH_VECTOR XXH_AVX2
#include <xxhash.h>
void dm_hash128_avx2(const uint8_t *p, size_t n, uint64_t out[2]);
void dm_hash128_avx2(const uint8_t *p, size_t n, uint64_t out[2]) {
    XXH128_hash_t h = XXH3_128bits(p, n);
    out[0] = h.low64;
    out[1] = h.high64;
}
#pragma clang attribute pop
#endif
