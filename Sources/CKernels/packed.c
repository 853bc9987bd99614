// Columns to rows of fixed width and back. PackedForm.swift describes how values lie.
#include <string.h>
#include "bits.h"
#include "ckernels.h"
#include "order.h"

// A value as a signed number of 64 bits that orders as it does; 0 when there is none.
static inline __attribute__((always_inline)) int number(int form, const void *values, size_t i, int64_t *out) {
    switch (form) {
    case DM_KEY_BOOL: *out = ((const uint8_t *)values)[i]; return 1;
    case DM_KEY_INT64: *out = ((const int64_t *)values)[i]; return 1;
    case DM_KEY_DOUBLE: *out = (int64_t)(ordered_bits(((const double *)values)[i]) ^ SIGN); return 1;
    default: {
        int64_t low = ((const int64_t *)values)[2 * i], high = ((const int64_t *)values)[2 * i + 1];
        *out = low;
        return high == low >> 63;
    }
    }
}

static inline void put_number(int form, void *values, size_t i, int64_t value) {
    switch (form) {
    case DM_KEY_BOOL: ((uint8_t *)values)[i] = (uint8_t)value; break;
    case DM_KEY_INT64: ((int64_t *)values)[i] = value; break;
    case DM_KEY_DOUBLE: ((double *)values)[i] = double_of((uint64_t)value ^ SIGN); break;
    default:
        ((int64_t *)values)[2 * i] = value;
        ((int64_t *)values)[2 * i + 1] = value >> 63;
    }
}

static inline void put_half(uint8_t *p, uint32_t half) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    half = __builtin_bswap32(half);
#endif
    memcpy(p, &half, 4);
}

static inline uint32_t take_half(const uint8_t *p) {
    uint32_t half;
    memcpy(&half, p, 4);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    half = __builtin_bswap32(half);
#endif
    return half;
}

#define NOTHING UINT32_MAX

static inline __attribute__((always_inline)) void pack_offsets(const dm_packed_field_t *field, int form,
                                                               const dm_key_column_t *column, size_t n, uint8_t *rows,
                                                               size_t row_bytes, int null_fits, uint8_t *misfits,
                                                               uint8_t mark) {
    const int64_t base = field->base;
    const uint64_t unit = (uint64_t)field->unit, most = unit * (NOTHING - 1);
    const double share = 1.0 / (double)unit;
    uint8_t *p = rows + field->offset;
    for (size_t i = 0; i < n; i++, p += row_bytes) {
        if (column->nulls && column->nulls[i]) {
            put_half(p, NOTHING);
            misfits[i] |= null_fits ? 0 : mark;
            continue;
        }
        int64_t value;
        int fits = number(form, column->values, i, &value) & (value >= base);
        uint64_t distance = (uint64_t)value - (uint64_t)base;
        // Below 2^53 the nearest whole number is right wherever there is one.
        uint64_t units = distance <= most ? (uint64_t)((double)distance * share + 0.5) : 0;
        fits &= distance <= most && units * unit == distance;
        put_half(p, (uint32_t)units);
        misfits[i] |= fits ? 0 : mark;
    }
}

static void pack_words(const dm_packed_field_t *field, const dm_key_column_t *column, size_t n, uint8_t *rows,
                       size_t row_bytes, int null_fits, uint8_t *misfits, uint8_t mark) {
    uint8_t *p = rows + field->offset;
    for (size_t i = 0; i < n; i++, p += row_bytes) {
        int is_null = column->nulls && column->nulls[i];
        int64_t value = INT64_MAX;
        int fits = is_null ? null_fits : number(field->form, column->values, i, &value);
        // The greatest number stands for NULL.
        if (null_fits && !is_null && value == INT64_MAX) fits = 0;
        put_word(p, (uint64_t)value ^ SIGN);
        misfits[i] |= fits ? 0 : mark;
    }
}

static inline uint64_t load(const uint8_t *p) {
    uint64_t word;
    memcpy(&word, p, 8);
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline uint64_t load_two(const uint8_t *p, const uint8_t *q) {
    uint8_t bytes[8];
    memcpy(bytes, p, 4);
    memcpy(bytes + 4, q, 4);
    return load(bytes);
}

#define EACH(byte) (0x0101010101010101ull * (byte))

// Eight digits 0-9 a-f as four bytes. Lights top bits in *wrong where a byte is none: a digit less 0x30, or a letter less
// 0x61, must be at most 9, or 5. A borrow spoils only bytes above one that is wrong already.
static inline uint32_t four_bytes(uint64_t digits, uint64_t *wrong) {
    uint64_t letters = (digits >> 6) & EACH(1);
    uint64_t x = digits - EACH(0x30) - letters * 0x31;
    *wrong |= (x + EACH(0x76) + letters * 4) | x | digits;
    x += letters * 10;
    x = (x << 4 | x >> 8) & 0x00ff00ff00ff00ffull;
    x = (x | x >> 8) & 0x0000ffff0000ffffull;
    return (uint32_t)(x | x >> 16);
}

static inline void put_four(uint8_t *p, uint32_t four) {
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    four = __builtin_bswap32(four);
#endif
    memcpy(p, &four, 4);
}

// The sixteen bytes of an identifier of 36 characters; 0 when it is none.
static inline int uuid_0(const uint8_t *text, uint8_t *out) {
    uint64_t wrong = 0;
    put_four(out, four_bytes(load(text), &wrong));
    put_four(out + 4, four_bytes(load_two(text + 9, text + 14), &wrong));
    put_four(out + 8, four_bytes(load_two(text + 19, text + 24), &wrong));
    put_four(out + 12, four_bytes(load(text + 28), &wrong));
    return !(wrong & EACH(0x80)) & (text[8] == '-') & (text[13] == '-') & (text[18] == '-') & (text[23] == '-');
}

static inline int is_nothing(const uint8_t *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (p[i] != 0xff) return 0;
    return 1;
}

// The greatest identifier stands for NULL.
#define PACK_UUIDS(name, UUID)                                                                                       \
    static void name(const dm_packed_field_t *field, const dm_key_column_t *column, size_t n, uint8_t *rows,         \
                     size_t row_bytes, int null_fits, uint8_t *misfits, uint8_t mark) {                              \
        uint8_t *p = rows + field->offset;                                                                           \
        for (size_t i = 0; i < n; i++, p += row_bytes) {                                                             \
            if (column->nulls && column->nulls[i]) {                                                                 \
                memset(p, 0xff, 16);                                                                                 \
                misfits[i] |= null_fits ? 0 : mark;                                                                  \
                continue;                                                                                            \
            }                                                                                                        \
            int fits = UUID(((const uint8_t *const *)column->values)[i], p) & (column->lengths[i] == 36);            \
            if (null_fits && is_nothing(p, 16)) fits = 0;                                                            \
            misfits[i] |= fits ? 0 : mark;                                                                           \
        }                                                                                                            \
    }

PACK_UUIDS(pack_uuids_0, uuid_0)

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target(DM_AVX512))), apply_to = function)
// The digits side by side, the dashes behind them.
static const uint8_t uuid_places[64] = {0,  1,  2,  3,  4,  5,  6,  7,  9,  10, 11, 12, 14, 15, 16, 17, 19, 20,
                                        21, 22, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 8,  13, 18, 23};

static inline int uuid_3(const uint8_t *text, uint8_t *out) {
    __m512i all = _mm512_permutexvar_epi8(_mm512_loadu_si512(uuid_places), _mm512_loadu_si512(text));
    __m256i characters = _mm512_castsi512_si256(all);
    __m256i digits = _mm256_sub_epi8(characters, _mm256_set1_epi8('0'));
    __m256i letters = _mm256_sub_epi8(characters, _mm256_set1_epi8('a'));
    __mmask32 is_digit = _mm256_cmple_epu8_mask(digits, _mm256_set1_epi8(9));
    __mmask32 is_letter = _mm256_cmple_epu8_mask(letters, _mm256_set1_epi8(5));
    __m256i values = _mm256_mask_add_epi8(digits, is_letter, letters, _mm256_set1_epi8(10));
    __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi16(0x0110));
    _mm_storeu_si128((__m128i *)out, _mm256_cvtepi16_epi8(pairs));
    int dashes = _mm_cvtsi128_si32(_mm512_extracti32x4_epi32(all, 2));
    return ((is_digit | is_letter) == UINT32_MAX) & (dashes == 0x2d2d2d2d);
}

PACK_UUIDS(pack_uuids_3, uuid_3)
#pragma clang attribute pop
#endif

static void pack_uuids(int level, const dm_packed_field_t *field, const dm_key_column_t *column, size_t n,
                       uint8_t *rows, size_t row_bytes, int null_fits, uint8_t *misfits, uint8_t mark) {
#if defined(__x86_64__)
    if (level == 3) return pack_uuids_3(field, column, n, rows, row_bytes, null_fits, misfits, mark);
#endif
    (void)level;
    pack_uuids_0(field, column, n, rows, row_bytes, null_fits, misfits, mark);
}

static void pack_texts(const dm_packed_field_t *field, const dm_key_column_t *column, size_t n, uint8_t *rows,
                       size_t row_bytes, int null_fits, uint8_t *misfits, uint8_t mark) {
    const int32_t width = (int32_t)field->width;
    uint8_t *p = rows + field->offset;
    for (size_t i = 0; i < n; i++, p += row_bytes) {
        if (column->nulls && column->nulls[i]) {
            memset(p, 0xff, (size_t)width);
            misfits[i] |= null_fits ? 0 : mark;
            continue;
        }
        const uint8_t *text = ((const uint8_t *const *)column->values)[i];
        int32_t length = column->lengths[i];
        if (length >= width) {
            misfits[i] |= mark;
            length = 0;
        }
        memcpy(p, text, (size_t)length);
        memset(p + length, 0, (size_t)(width - length));
        p[width - 1] = (uint8_t)length;
    }
}

void dm_pack_column(int level, const dm_packed_field_t *field, const dm_key_column_t *column, size_t n, uint8_t *rows,
                    size_t row_bytes, int null_fits, uint8_t *misfits, uint8_t mark) {
    switch (field->kind) {
    case DM_PACKED_OFFSET:
        if (field->form == DM_KEY_INT64)
            pack_offsets(field, DM_KEY_INT64, column, n, rows, row_bytes, null_fits, misfits, mark);
        else
            pack_offsets(field, field->form, column, n, rows, row_bytes, null_fits, misfits, mark);
        break;
    case DM_PACKED_WORD: pack_words(field, column, n, rows, row_bytes, null_fits, misfits, mark); break;
    case DM_PACKED_UUID: pack_uuids(level, field, column, n, rows, row_bytes, null_fits, misfits, mark); break;
    default: pack_texts(field, column, n, rows, row_bytes, null_fits, misfits, mark);
    }
}

static void put_uuid(const uint8_t *bytes, uint8_t *out) {
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
        *out++ = (uint8_t)digits[bytes[i] >> 4];
        *out++ = (uint8_t)digits[bytes[i] & 15];
    }
}

static void set_text(dm_key_target_t *target, size_t i, const uint8_t *text, int32_t length) {
    ((const uint8_t **)target->values)[i] = text;
    target->lengths[i] = length;
}

void dm_unpack_column(const dm_packed_field_t *field, const uint8_t *rows, size_t n, size_t row_bytes, int null_fits,
                      dm_key_target_t *target, uint8_t *out) {
    const uint8_t *p = rows + field->offset;
    for (size_t i = 0; i < n; i++, p += row_bytes) {
        uint8_t is_null = null_fits && is_nothing(p, field->width);
        target->nulls[i] = is_null;
        target->has_nulls |= is_null;
        switch (field->kind) {
        case DM_PACKED_OFFSET:
            put_number(field->form, target->values, i,
                       (int64_t)((uint64_t)field->base + (uint64_t)take_half(p) * (uint64_t)field->unit));
            break;
        case DM_PACKED_WORD: put_number(field->form, target->values, i, (int64_t)(take_word(p) ^ SIGN)); break;
        case DM_PACKED_UUID:
            put_uuid(p, out + 40 * i);
            set_text(target, i, out + 40 * i, is_null ? 0 : 36);
            break;
        default: set_text(target, i, p, is_null ? 0 : p[field->width - 1]);
        }
    }
}
