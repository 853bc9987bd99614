// Exact sums of doubles: see CompactSum.swift for the states.
#include "ckernels.h"

#include <string.h>

// The upper two bits are equal: the number can take one more term.
static inline int has_room(uint64_t top) { return (top + (1ull << 62)) >> 63 == 0; }

// Where in an ExactSum the two words of a number begin, and the end of its words; or nothing, if the window does not reach
// it, or has so large a top that it might have no room afterwards.
static uint64_t *place_in_large(uint64_t *words, uint64_t shift, uint64_t **end) {
    uint64_t form = words[0] >> 8;
    if (form == DM_SUM_FULL) {
        uint64_t *limbs = (uint64_t *)words[1];
        *end = limbs + DM_SUM_LIMBS;
        return limbs + (shift >> 6);
    }
    uint64_t place = (shift >> 6) + DM_SUM_WINDOWED - form;
    *end = words + 5;
    return place > 2 || (words[4] + (1ull << 61)) >> 62 ? NULL : words + 1 + place;
}

static int add_to_large(uint64_t *words, uint64_t bits) {
    uint64_t exponent = bits >> 52 & 0x7ff, shift = exponent - 1, *end;
    if (exponent == 0 || exponent == 0x7ff) return 0;
    uint64_t *at = place_in_large(words, shift, &end);
    if (!at) return 0;
    unsigned __int128 term = (unsigned __int128)((bits & 0xfffffffffffffull) | 1ull << 52) << (shift & 63);
    unsigned __int128 sign = (unsigned __int128)(__int128)((int64_t)bits >> 63);
    unsigned __int128 before = (unsigned __int128)at[1] << 64 | at[0], sum = before + ((term ^ sign) - sign);
    at[0] = (uint64_t)sum;
    at[1] = (uint64_t)(sum >> 64);
    // A positive number carries when the sum wraps around, a negative one borrows when it does not.
    uint64_t wraps = sum < before;
    if (wraps == (sign & 1)) return 1;
    for (uint64_t *next = at + 2; next < end; next++) {
        *next += wraps ? 1 : ~0ull;
        if (*next != (wraps ? 0 : ~0ull)) break;
    }
    return 1;
}

size_t dm_add_doubles(uint64_t *const *groups, size_t offset, const uint32_t *rows, size_t n, const double *values,
                      const uint8_t *nulls, const uint8_t *mask, const uint8_t *mask_nulls, uint32_t *rest) {
    size_t left = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t row = rows[i];
        if (mask && !mask[row]) continue;
        if (mask_nulls && mask_nulls[row]) continue;
        if (nulls && nulls[row]) continue;
        uint64_t bits;
        memcpy(&bits, values + row, 8);
        uint64_t *words = groups[i] + offset;
        // Below the window it wraps around and is large; so it is for every form but a window.
        uint64_t shift = (bits >> 52 & 0x7ff) + DM_SUM_WINDOWED - (words[0] >> 8);
        if (shift > DM_SUM_SHIFT_MAX || !has_room(words[2])) {
            if (words[0] >> 8 == DM_SUM_LARGE && add_to_large((uint64_t *)words[1], bits)) continue;
            // Zeros of both signs change nothing.
            if (bits << 1) rest[left++] = (uint32_t)i;
            continue;
        }
        unsigned __int128 term = (unsigned __int128)((bits & 0xfffffffffffffull) | 1ull << 52) << shift;
        unsigned __int128 sign = (unsigned __int128)(__int128)((int64_t)bits >> 63);
        unsigned __int128 sum = ((unsigned __int128)words[2] << 64 | words[1]) + ((term ^ sign) - sign);
        words[1] = (uint64_t)sum;
        words[2] = (uint64_t)(sum >> 64);
    }
    return left;
}
