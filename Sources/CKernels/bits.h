// What the block kernels share: prefix sums of bits, and writing the positions of set bits.
#ifndef DAYMILL_BITS_H
#define DAYMILL_BITS_H

#include <stddef.h>
#include <stdint.h>

// Instruction sets by level, for `#pragma clang attribute`.
#define DM_AVX2 "avx2,bmi,bmi2,pclmul,popcnt"
#define DM_AVX512 "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi,bmi2,pclmul,popcnt"

// Bit i of the result = XOR of bits 0...i.
static inline uint64_t prefix_xor_shift(uint64_t x) {
    x ^= x << 1;
    x ^= x << 2;
    x ^= x << 4;
    x ^= x << 8;
    x ^= x << 16;
    x ^= x << 32;
    return x;
}

// Writes base + i for each set bit i; `marks` gives bit 31 of each. Returns the place after the last.
static inline uint32_t *emit_bits(uint32_t *out, uint64_t bits, uint64_t marks, uint32_t base) {
    while (bits) {
        unsigned i = (unsigned)__builtin_ctzll(bits);
        *out++ = (base + i) | ((uint32_t)((marks >> i) & 1) << 31);
        bits &= bits - 1;
    }
    return out;
}

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target(DM_AVX2))), apply_to = function)
static inline uint64_t prefix_xor_clmul(uint64_t x) {
    __m128i v = _mm_clmulepi64_si128(_mm_set_epi64x(0, (int64_t)x), _mm_set1_epi8((char)0xff), 0);
    return (uint64_t)_mm_cvtsi128_si64(v);
}
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target(DM_AVX512))), apply_to = function)
static inline uint64_t prefix_xor_clmul_3(uint64_t x) {
    __m128i v = _mm_clmulepi64_si128(_mm_set_epi64x(0, (int64_t)x), _mm_set1_epi8((char)0xff), 0);
    return (uint64_t)_mm_cvtsi128_si64(v);
}
static const uint8_t byte_positions[64] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                           16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                           32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                                           48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
// The same, with the positions of a block packed in one instruction; may write up to 64 entries past the end.
static inline uint32_t *emit_compress(uint32_t *out, uint64_t bits, uint64_t marks, uint32_t base) {
    // A position takes 6 bits of its byte; bit 7 carries the mark through the compression.
    __m512i marked = _mm512_loadu_si512(byte_positions);
    marked = _mm512_mask_add_epi8(marked, marks, marked, _mm512_set1_epi8((char)0x80));
    __m512i packed = _mm512_maskz_compress_epi8(bits, marked);
    const __m512i origin = _mm512_set1_epi32((int)base), low = _mm512_set1_epi32(0x3f),
                  high = _mm512_set1_epi32(0x80);
    unsigned count = (unsigned)__builtin_popcountll(bits);
    for (unsigned done = 0;;) {
        __m512i wide = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(packed));
        __m512i position = _mm512_add_epi32(_mm512_and_si512(wide, low), origin);
        __m512i mark = _mm512_slli_epi32(_mm512_and_si512(wide, high), 24);
        _mm512_storeu_si512(out + done, _mm512_or_si512(position, mark));
        done += 16;
        if (__builtin_expect(done >= count, 1)) break;
        packed = _mm512_alignr_epi64(packed, packed, 2);
    }
    return out + count;
}
#pragma clang attribute pop

// One of four calls, by `level`.
#define PICK(call0, call1, call2, call3) \
    switch (level) {                     \
        case 3: return call3;            \
        case 2: return call2;            \
        case 1: return call1;            \
        default: return call0;           \
    }
#else
#define PICK(call0, call1, call2, call3) \
    (void)level;                         \
    return call0;
#endif

#endif
