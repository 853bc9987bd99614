// Values as words whose order, byte by byte, is that of the values.
#ifndef DAYMILL_ORDER_H
#define DAYMILL_ORDER_H

#include <stdint.h>
#include <string.h>

static inline uint64_t big_endian(uint64_t word) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return __builtin_bswap64(word);
#else
    return word;
#endif
}

static inline uint8_t *put_word(uint8_t *p, uint64_t word) {
    word = big_endian(word);
    memcpy(p, &word, 8);
    return p + 8;
}

static inline uint64_t take_word(const uint8_t *p) {
    uint64_t word;
    memcpy(&word, p, 8);
    return big_endian(word);
}

#define SIGN (1ull << 63)

// The order of the result as integers is that of the doubles; every NaN is the greatest, and -0 is 0.
static inline uint64_t ordered_bits(double value) {
    double plain = value != value ? __builtin_nan("") : value + 0.0;
    int64_t bits;
    memcpy(&bits, &plain, 8);
    return (uint64_t)(bits ^ ((bits >> 63) & INT64_MAX)) ^ SIGN;
}

static inline double double_of(uint64_t word) {
    int64_t ordered = (int64_t)(word ^ SIGN), bits = ordered ^ ((ordered >> 63) & INT64_MAX);
    double value;
    memcpy(&value, &bits, 8);
    return value;
}

#endif
