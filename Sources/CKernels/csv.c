// Block kernels for CSV, one copy per instruction set, chosen by `level` at each call.
#include "bits.h"
#include "ckernels.h"

// The portable pieces.
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
#pragma clang attribute push(__attribute__((target(DM_AVX2))), apply_to = function)
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
#pragma clang attribute push(__attribute__((target(DM_AVX512))), apply_to = function)
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
#else
int dm_level_max(void) { return 0; }
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
