// Exact sums of doubles: see CompactSum.swift for the states.
#include "ckernels.h"

#include <string.h>

// The upper two bits are equal: the number can take one more term.
static inline int has_room(uint64_t top) { return (top + (1ull << 62)) >> 63 == 0; }

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
