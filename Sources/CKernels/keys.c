// Columns to keys and back. The form of a key is described in KeyCodec.swift.
#include "ckernels.h"
#include "order.h"
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// May write 15 bytes past what it returns, and read as many past the text.
static inline uint8_t *put_text(uint8_t *p, const uint8_t *text, int32_t length) {
    int32_t done = 0;
#if defined(__SSE2__)
    while (done < length) {
        __m128i some = _mm_loadu_si128((const __m128i *)(text + done));
        uint32_t zeros = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(some, _mm_setzero_si128()));
        if (length - done < 16) zeros &= (1u << (length - done)) - 1;
        if (zeros) break;
        _mm_storeu_si128((__m128i *)(p + done), some);
        done += 16;
    }
    if (done > length) done = length;
#else
    if (length > 0 && !memchr(text, 0, (size_t)length)) {
        memcpy(p, text, (size_t)length);
        done = length;
    }
#endif
    p += done;
    for (; done < length; done++) {
        *p++ = text[done];
        if (text[done] == 0) *p++ = 0xff;
    }
    *p++ = 0;
    *p++ = 0;
    return p;
}

size_t dm_keys_bound(const dm_key_column_t *columns, size_t k, size_t n) {
    size_t bound = 16;
    for (size_t c = 0; c < k; c++) {
        bound += n * 17;
        if (columns[c].form != DM_KEY_TEXT) continue;
        for (size_t i = 0; i < n; i++) bound += 2 * (size_t)columns[c].lengths[i];
    }
    return bound;
}

void dm_encode_keys(const dm_key_column_t *columns, size_t k, size_t n, uint8_t *out, const uint8_t **pointers,
                    int32_t *lengths) {
    uint8_t *p = out;
    for (size_t i = 0; i < n; i++) {
        uint8_t *start = p;
        for (size_t c = 0; c < k; c++) {
            const dm_key_column_t *column = &columns[c];
            if (column->nulls && column->nulls[i]) {
                *p++ = 2;
                continue;
            }
            *p++ = 1;
            switch (column->form) {
            case DM_KEY_BOOL: *p++ = ((const uint8_t *)column->values)[i]; break;
            case DM_KEY_INT64: p = put_word(p, ((const uint64_t *)column->values)[i] ^ SIGN); break;
            case DM_KEY_DOUBLE: p = put_word(p, ordered_bits(((const double *)column->values)[i])); break;
            case DM_KEY_INT128:
                p = put_word(p, ((const uint64_t *)column->values)[2 * i + 1] ^ SIGN);
                p = put_word(p, ((const uint64_t *)column->values)[2 * i]);
                break;
            default: p = put_text(p, ((const uint8_t *const *)column->values)[i], column->lengths[i]);
            }
        }
        pointers[i] = start;
        lengths[i] = (int32_t)(p - start);
    }
}

// The first zero byte at or behind p; there is one.
static inline const uint8_t *find_zero(const uint8_t *p) {
#if defined(__SSE2__)
    for (;; p += 16) {
        __m128i some = _mm_loadu_si128((const __m128i *)p);
        uint32_t zeros = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(some, _mm_setzero_si128()));
        if (zeros) return p + __builtin_ctz(zeros);
    }
#else
    return p + strlen((const char *)p);
#endif
}

size_t dm_decode_keys(const uint8_t *const *keys, size_t first, size_t n, dm_key_target_t *columns, size_t k) {
    for (size_t i = first; i < n; i++) {
        const uint8_t *p = keys[i];
        for (size_t c = 0; c < k; c++) {
            dm_key_target_t *column = &columns[c];
            uint8_t is_null = *p++ == 2;
            if (column->values) {
                column->nulls[i] = is_null;
                column->has_nulls |= is_null;
            }
            if (is_null) {
                if (column->values && column->form == DM_KEY_TEXT) {
                    ((const uint8_t **)column->values)[i] = p;
                    column->lengths[i] = 0;
                }
                continue;
            }
            switch (column->form) {
            case DM_KEY_BOOL:
                if (column->values) ((uint8_t *)column->values)[i] = *p;
                p += 1;
                break;
            case DM_KEY_INT64:
                if (column->values) ((uint64_t *)column->values)[i] = take_word(p) ^ SIGN;
                p += 8;
                break;
            case DM_KEY_DOUBLE:
                if (column->values) ((double *)column->values)[i] = double_of(take_word(p));
                p += 8;
                break;
            case DM_KEY_INT128:
                if (column->values) {
                    ((uint64_t *)column->values)[2 * i + 1] = take_word(p) ^ SIGN;
                    ((uint64_t *)column->values)[2 * i] = take_word(p + 8);
                }
                p += 16;
                break;
            default: {
                const uint8_t *end = find_zero(p);
                if (end[1] == 0xff) {
                    if (column->values) return i;
                    do end = find_zero(end + 2);
                    while (end[1] == 0xff);
                }
                if (column->values) {
                    ((const uint8_t **)column->values)[i] = p;
                    column->lengths[i] = (int32_t)(end - p);
                }
                p = end + 2;
            }
            }
        }
    }
    return n;
}

void dm_pack_keys(const uint8_t *const *keys, const int32_t *lengths, size_t n, uint64_t *out) {
    for (size_t i = 0; i < n; i++) {
        // What is read beyond the key is cut off.
        uint64_t high = take_word(keys[i]), low = take_word(keys[i] + 8);
        int32_t length = lengths[i];
        if (length <= 8) {
            high = length ? high & ~0ull << (64 - 8 * length) : 0;
            low = 0;
        } else if (length < 16) {
            low &= ~0ull << (128 - 8 * length);
        }
        out[2 * i + 1] = high ^ SIGN;
        out[2 * i] = low;
    }
}

void dm_unpack_keys(const uint64_t *packed, size_t n, uint8_t *out, const uint8_t **keys) {
    for (size_t i = 0; i < n; i++) {
        keys[i] = out;
        out = put_word(out, packed[2 * i + 1] ^ SIGN);
        out = put_word(out, packed[2 * i]);
    }
}
