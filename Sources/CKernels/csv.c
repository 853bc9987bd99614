// Block kernels for CSV, one copy per instruction set, chosen by `level` at each call.
#include "ckernels.h"

// The portable pieces.
static inline uint64_t prefix_xor_shift(uint64_t x) {
    x ^= x << 1;
    x ^= x << 2;
    x ^= x << 4;
    x ^= x << 8;
    x ^= x << 16;
    x ^= x << 32;
    return x;
}

static inline uint32_t *emit_bits(uint32_t *out, uint64_t bits, uint64_t line_ends, uint32_t base) {
    while (bits) {
        unsigned i = (unsigned)__builtin_ctzll(bits);
        *out++ = (base + i) | (((line_ends >> i) & 1) ? DM_CSV_LINE_END : 0);
        bits &= bits - 1;
    }
    return out;
}

static inline void classify_0(const uint8_t *p, uint8_t d, uint8_t q, uint64_t *ds, uint64_t *ns, uint64_t *qs) {
    uint64_t a = 0, b = 0, c = 0;
    for (int i = 0; i < 64; i++) {
        a |= (uint64_t)(p[i] == d) << i;
        b |= (uint64_t)(p[i] == '\n') << i;
        c |= (uint64_t)(p[i] == q) << i;
    }
    *ds = a;
    *ns = b;
    *qs = c;
}

static inline void quotes_high_0(const uint8_t *p, uint8_t q, uint64_t *qs, uint64_t *high) {
    uint64_t c = 0, h = 0;
    for (int i = 0; i < 64; i++) {
        c |= (uint64_t)(p[i] == q) << i;
        h |= p[i] & 0x80;
    }
    *qs = c;
    *high |= h;
}

#define SUFFIX(name) name##_0
#define CLASSIFY classify_0
#define QUOTES_AND_HIGH quotes_high_0
#define PREFIX_XOR prefix_xor_shift
#define EMIT emit_bits
#include "level.h"
#undef SUFFIX
#undef CLASSIFY
#undef QUOTES_AND_HIGH
#undef PREFIX_XOR
#undef EMIT

#if defined(__x86_64__)
#include <immintrin.h>

// SSE2: every x86-64.
static inline uint64_t equal_1(const uint8_t *p, uint8_t v) {
    __m128i x = _mm_set1_epi8((char)v);
    uint64_t m = 0;
    for (int i = 0; i < 4; i++) {
        __m128i b = _mm_loadu_si128((const __m128i *)(p + 16 * i));
        m |= (uint64_t)(uint16_t)_mm_movemask_epi8(_mm_cmpeq_epi8(b, x)) << (16 * i);
    }
    return m;
}
static inline void classify_1(const uint8_t *p, uint8_t d, uint8_t q, uint64_t *ds, uint64_t *ns, uint64_t *qs) {
    *ds = equal_1(p, d);
    *ns = equal_1(p, '\n');
    *qs = equal_1(p, q);
}
static inline void quotes_high_1(const uint8_t *p, uint8_t q, uint64_t *qs, uint64_t *high) {
    *qs = equal_1(p, q);
    for (int i = 0; i < 4; i++) *high |= (uint64_t)_mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(p + 16 * i)));
}
#define SUFFIX(name) name##_1
#define CLASSIFY classify_1
#define QUOTES_AND_HIGH quotes_high_1
#define PREFIX_XOR prefix_xor_shift
#define EMIT emit_bits
#include "level.h"
#undef SUFFIX
#undef CLASSIFY
#undef QUOTES_AND_HIGH
#undef PREFIX_XOR
#undef EMIT

// AVX2 with carry-less multiplication and bit manipulation.
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,pclmul,popcnt"))), apply_to = function)
static inline uint64_t equal_2(__m256i a, __m256i b, uint8_t v) {
    __m256i x = _mm256_set1_epi8((char)v);
    return (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, x)) |
           (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, x)) << 32;
}
static inline void classify_2(const uint8_t *p, uint8_t d, uint8_t q, uint64_t *ds, uint64_t *ns, uint64_t *qs) {
    __m256i a = _mm256_loadu_si256((const __m256i *)p), b = _mm256_loadu_si256((const __m256i *)(p + 32));
    *ds = equal_2(a, b, d);
    *ns = equal_2(a, b, '\n');
    *qs = equal_2(a, b, q);
}
static inline void quotes_high_2(const uint8_t *p, uint8_t q, uint64_t *qs, uint64_t *high) {
    __m256i a = _mm256_loadu_si256((const __m256i *)p), b = _mm256_loadu_si256((const __m256i *)(p + 32));
    *qs = equal_2(a, b, q);
    *high |= (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_or_si256(a, b));
}
static inline uint64_t prefix_xor_clmul(uint64_t x) {
    __m128i v = _mm_clmulepi64_si128(_mm_set_epi64x(0, (int64_t)x), _mm_set1_epi8((char)0xff), 0);
    return (uint64_t)_mm_cvtsi128_si64(v);
}
#define SUFFIX(name) name##_2
#define CLASSIFY classify_2
#define QUOTES_AND_HIGH quotes_high_2
#define PREFIX_XOR prefix_xor_clmul
#define EMIT emit_bits
#include "level.h"
#undef SUFFIX
#undef CLASSIFY
#undef QUOTES_AND_HIGH
#undef PREFIX_XOR
#undef EMIT
#pragma clang attribute pop

// AVX-512 with byte compression: the positions of a block are packed in one instruction.
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi,bmi2,pclmul,popcnt"))), \
    apply_to = function)
static inline void classify_3(const uint8_t *p, uint8_t d, uint8_t q, uint64_t *ds, uint64_t *ns, uint64_t *qs) {
    __m512i v = _mm512_loadu_si512(p);
    *ds = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8((char)d));
    *ns = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\n'));
    *qs = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8((char)q));
}
static inline void quotes_high_3(const uint8_t *p, uint8_t q, uint64_t *qs, uint64_t *high) {
    __m512i v = _mm512_loadu_si512(p);
    *qs = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8((char)q));
    *high |= _mm512_movepi8_mask(v);
}
static inline uint64_t prefix_xor_clmul_3(uint64_t x) {
    __m128i v = _mm_clmulepi64_si128(_mm_set_epi64x(0, (int64_t)x), _mm_set1_epi8((char)0xff), 0);
    return (uint64_t)_mm_cvtsi128_si64(v);
}
static const uint8_t byte_positions[64] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                           16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                           32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                                           48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
static inline uint32_t *emit_compress(uint32_t *out, uint64_t bits, uint64_t line_ends, uint32_t base) {
    // A position takes 6 bits of its byte; bit 7 carries the line-end mark through the compression.
    __m512i marked = _mm512_loadu_si512(byte_positions);
    marked = _mm512_mask_add_epi8(marked, line_ends, marked, _mm512_set1_epi8((char)0x80));
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
#define SUFFIX(name) name##_3
#define CLASSIFY classify_3
#define QUOTES_AND_HIGH quotes_high_3
#define PREFIX_XOR prefix_xor_clmul_3
#define EMIT emit_compress
#include "level.h"
#undef SUFFIX
#undef CLASSIFY
#undef QUOTES_AND_HIGH
#undef PREFIX_XOR
#undef EMIT
#pragma clang attribute pop

int dm_level_max(void) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
        __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("bmi2"))
        return 3;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("bmi2")) return 2;
    return 1;
}
#define PICK(call0, call1, call2, call3) \
    switch (level) {                     \
        case 3: return call3;            \
        case 2: return call2;            \
        case 1: return call1;            \
        default: return call0;           \
    }
#else
int dm_level_max(void) { return 0; }
#define PICK(call0, call1, call2, call3) \
    (void)level;                         \
    return call0;
#endif

void dm_csv_summary(int level, const uint8_t *p, size_t n, uint8_t previous, uint8_t delimiter, int quote,
                    dm_csv_summary_t *out) {
    PICK(dm_csv_summary_0(p, n, previous, delimiter, quote, out), dm_csv_summary_1(p, n, previous, delimiter, quote, out),
         dm_csv_summary_2(p, n, previous, delimiter, quote, out), dm_csv_summary_3(p, n, previous, delimiter, quote, out))
}

size_t dm_csv_index(int level, const uint8_t *p, size_t n, uint8_t delimiter, int quote, uint32_t *inside,
                    uint32_t *out) {
    PICK(dm_csv_index_0(p, n, delimiter, quote, inside, out), dm_csv_index_1(p, n, delimiter, quote, inside, out),
         dm_csv_index_2(p, n, delimiter, quote, inside, out), dm_csv_index_3(p, n, delimiter, quote, inside, out))
}

size_t dm_csv_index_exact(const uint8_t *p, size_t n, uint8_t delimiter, int quote, uint32_t *state, uint32_t *out) {
    uint32_t *o = out, s = *state;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = p[i];
        if (s == DM_CSV_QUOTED) {
            if (c == quote) s = DM_CSV_QUOTE_IN_QUOTED;
        } else if (c == delimiter || c == '\n') {
            *o++ = (uint32_t)i | (c == '\n' ? DM_CSV_LINE_END : 0);
            s = DM_CSV_FIELD_START;
        } else if (c == quote && (s == DM_CSV_FIELD_START || s == DM_CSV_QUOTE_IN_QUOTED)) {
            s = DM_CSV_QUOTED;
        } else {
            s = DM_CSV_UNQUOTED;
        }
    }
    *state = s;
    return (size_t)(o - out);
}
