// Where the structural characters of JSON Lines stand, one copy per instruction set, chosen by `level` at each call.
#include "bits.h"
#include "ckernels.h"
#include "json.h"

// The bytes that a backslash takes the meaning from. *carry: whether the byte before the block escapes its first.
static inline uint64_t escaped(uint64_t backslashes, uint64_t *carry) {
    uint64_t result = *carry;
    backslashes &= ~*carry;
    *carry = 0;
    while (backslashes) {
        unsigned i = (unsigned)__builtin_ctzll(backslashes);
        if (i == 63) {
            *carry = 1;
            break;
        }
        result |= 2ull << i;
        backslashes &= ~(3ull << i);
    }
    return result;
}

// By byte: 1 backslash, 2 quote, 4 structural, 8 control character.
static const uint8_t classes[256] = {
    [0 ... 31] = 8, ['\\'] = 1, ['"'] = 2, ['{'] = 4, ['}'] = 4, ['['] = 4, [']'] = 4, [':'] = 4, [','] = 4};

static inline void classify_0(const uint8_t *p, uint64_t *bs, uint64_t *qs, uint64_t *ss, uint64_t *cs) {
    uint64_t a = 0, b = 0, c = 0, d = 0;
    for (int i = 0; i < 64; i++) {
        const uint64_t k = classes[p[i]];
        a |= (k & 1) << i;
        b |= (k >> 1 & 1) << i;
        c |= (k >> 2 & 1) << i;
        d |= (k >> 3) << i;
    }
    *bs = a;
    *qs = b;
    *ss = c;
    *cs = d;
}
#define SUFFIX(name) name##_0
#define CLASSIFY classify_0
#define PREFIX_XOR prefix_xor_shift
#define EMIT emit_bits
#include "json_level.h"
#undef SUFFIX
#undef CLASSIFY
#undef PREFIX_XOR
#undef EMIT

#if defined(__x86_64__)
// SSE2: every x86-64.
static inline uint64_t join_1(__m128i a, __m128i b, __m128i c, __m128i d) {
    return (uint64_t)(uint16_t)_mm_movemask_epi8(a) | (uint64_t)(uint16_t)_mm_movemask_epi8(b) << 16 |
           (uint64_t)(uint16_t)_mm_movemask_epi8(c) << 32 | (uint64_t)(uint16_t)_mm_movemask_epi8(d) << 48;
}
static inline __m128i structurals_1(__m128i v) {
    // Square and curly brackets differ in one bit.
    __m128i curly = _mm_or_si128(v, _mm_set1_epi8(0x20));
    __m128i brackets = _mm_or_si128(_mm_cmpeq_epi8(curly, _mm_set1_epi8('{')), _mm_cmpeq_epi8(curly, _mm_set1_epi8('}')));
    __m128i others = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(':')), _mm_cmpeq_epi8(v, _mm_set1_epi8(',')));
    return _mm_or_si128(brackets, others);
}
static inline __m128i controls_1(__m128i v) { return _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v); }
static inline void classify_1(const uint8_t *p, uint64_t *bs, uint64_t *qs, uint64_t *ss, uint64_t *cs) {
    __m128i v[4];
    for (int i = 0; i < 4; i++) v[i] = _mm_loadu_si128((const __m128i *)(p + 16 * i));
    const __m128i b = _mm_set1_epi8('\\'), q = _mm_set1_epi8('"');
#define JOIN(f) join_1(f(v[0]), f(v[1]), f(v[2]), f(v[3]))
#define IS_B(x) _mm_cmpeq_epi8(x, b)
#define IS_Q(x) _mm_cmpeq_epi8(x, q)
    *bs = JOIN(IS_B);
    *qs = JOIN(IS_Q);
    *ss = JOIN(structurals_1);
    *cs = JOIN(controls_1);
#undef JOIN
#undef IS_B
#undef IS_Q
}
#define SUFFIX(name) name##_1
#define CLASSIFY classify_1
#define PREFIX_XOR prefix_xor_shift
#define EMIT emit_bits
#include "json_level.h"
#undef SUFFIX
#undef CLASSIFY
#undef PREFIX_XOR
#undef EMIT

#pragma clang attribute push(__attribute__((target(DM_AVX2))), apply_to = function)
static inline uint64_t join_2(__m256i a, __m256i b) {
    return (uint64_t)(uint32_t)_mm256_movemask_epi8(a) | (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32;
}
static inline __m256i structurals_2(__m256i v) {
    __m256i curly = _mm256_or_si256(v, _mm256_set1_epi8(0x20));
    __m256i brackets =
        _mm256_or_si256(_mm256_cmpeq_epi8(curly, _mm256_set1_epi8('{')), _mm256_cmpeq_epi8(curly, _mm256_set1_epi8('}')));
    __m256i others =
        _mm256_or_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8(':')), _mm256_cmpeq_epi8(v, _mm256_set1_epi8(',')));
    return _mm256_or_si256(brackets, others);
}
static inline __m256i controls_2(__m256i v) {
    return _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8(0x1f)), v);
}
static inline void classify_2(const uint8_t *p, uint64_t *bs, uint64_t *qs, uint64_t *ss, uint64_t *cs) {
    const __m256i a = _mm256_loadu_si256((const __m256i *)p), c = _mm256_loadu_si256((const __m256i *)(p + 32));
    const __m256i b = _mm256_set1_epi8('\\'), q = _mm256_set1_epi8('"');
    *bs = join_2(_mm256_cmpeq_epi8(a, b), _mm256_cmpeq_epi8(c, b));
    *qs = join_2(_mm256_cmpeq_epi8(a, q), _mm256_cmpeq_epi8(c, q));
    *ss = join_2(structurals_2(a), structurals_2(c));
    *cs = join_2(controls_2(a), controls_2(c));
}
#define SUFFIX(name) name##_2
#define CLASSIFY classify_2
#define PREFIX_XOR prefix_xor_clmul
#define EMIT emit_bits
#include "json_level.h"
#undef SUFFIX
#undef CLASSIFY
#undef PREFIX_XOR
#undef EMIT
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target(DM_AVX512))), apply_to = function)
static inline void classify_3(const uint8_t *p, uint64_t *bs, uint64_t *qs, uint64_t *ss, uint64_t *cs) {
    const __m512i v = _mm512_loadu_si512(p), curly = _mm512_or_si512(v, _mm512_set1_epi8(0x20));
    *bs = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\\'));
    *qs = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('"'));
    *ss = _mm512_cmpeq_epi8_mask(curly, _mm512_set1_epi8('{')) | _mm512_cmpeq_epi8_mask(curly, _mm512_set1_epi8('}')) |
          _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(':')) | _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(','));
    *cs = _mm512_cmplt_epu8_mask(v, _mm512_set1_epi8(0x20));
}
#define SUFFIX(name) name##_3
#define CLASSIFY classify_3
#define PREFIX_XOR prefix_xor_clmul_3
#define EMIT emit_compress
#include "json_level.h"
#undef SUFFIX
#undef CLASSIFY
#undef PREFIX_XOR
#undef EMIT
#pragma clang attribute pop
#endif

void dm_json_index(int level, const uint8_t *p, const uint32_t *ends, size_t n, uint32_t start, uint32_t *positions,
                   dm_json_line_t *lines) {
    PICK(dm_json_index_0(p, ends, n, start, positions, lines), dm_json_index_1(p, ends, n, start, positions, lines),
         dm_json_index_2(p, ends, n, start, positions, lines), dm_json_index_3(p, ends, n, start, positions, lines))
}
