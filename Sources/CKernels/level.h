// One implementation of the block kernels; included once per instruction set with these macros defined:
//   SUFFIX(name)   the name with the level's suffix
//   CLASSIFY(...)  static inline: 64 bytes -> bit masks
//   PREFIX_XOR(x)  bit i of the result = XOR of bits 0...i of x
//   EMIT(...)      writes the positions of set bits
#include <string.h>

void SUFFIX(dm_csv_summary)(const uint8_t *p, size_t n, uint8_t previous, uint8_t delimiter, int quote,
                            dm_csv_summary_t *out) {
    const uint8_t q = (uint8_t)quote;
    uint64_t carry = 0, stray_outside = 0, stray_inside = 0, doubled = 0, high = 0, any = 0;
    uint64_t before = (quote >= 0) && (previous == delimiter || previous == '\n' || previous == q);
    uint64_t before_quote = (quote >= 0) && previous == q;
    uint8_t tail[64];
    for (size_t i = 0; i < n; i += 64) {
        const uint8_t *block = p + i;
        if (n - i < 64) {
            memset(tail, 0, sizeof tail);
            memcpy(tail, block, n - i);
            block = tail;
        }
        uint64_t quotes = 0;
        QUOTES_AND_HIGH(block, q, &quotes, &high);
        if (quote < 0) continue;
        if (!quotes) {  // No quote here; only the last byte matters, for what may come next.
            uint8_t last = block[63];
            before = last == delimiter || last == '\n';
            before_quote = 0;
            continue;
        }
        uint64_t delimiters, newlines, again;
        CLASSIFY(block, delimiter, q, &delimiters, &newlines, &again);
        any = 1;
        uint64_t inside = PREFIX_XOR(quotes) ^ carry;
        uint64_t allowed = ((delimiters | newlines | quotes) << 1) | before;
        stray_outside |= quotes & inside & ~allowed;
        stray_inside |= quotes & ~inside & ~allowed;
        doubled |= quotes & ((quotes << 1) | before_quote);
        carry = (uint64_t)((int64_t)inside >> 63);
        before = (delimiters | newlines | quotes) >> 63;
        before_quote = quotes >> 63;
    }
    out->quotes = any != 0;
    out->doubled = doubled != 0;
    out->high = high != 0;
    out->parity = carry != 0;
    out->stray_outside = stray_outside != 0;
    out->stray_inside = stray_inside != 0;
}

size_t SUFFIX(dm_csv_index)(const uint8_t *p, size_t n, uint8_t delimiter, int quote, uint32_t *inside, uint32_t *out) {
    uint32_t *o = out;
    uint64_t carry = *inside ? ~0ull : 0;
    uint8_t tail[64];
    for (size_t i = 0; i < n; i += 64) {
        const uint8_t *block = p + i;
        uint64_t valid = ~0ull;
        if (n - i < 64) {
            valid = (1ull << (n - i)) - 1;
            memset(tail, 0, sizeof tail);
            memcpy(tail, block, n - i);
            block = tail;
        }
        uint64_t delimiters, newlines, quotes;
        CLASSIFY(block, delimiter, (uint8_t)(quote < 0 ? 0 : quote), &delimiters, &newlines, &quotes);
        uint64_t outside = valid;
        if (quote >= 0) {
            uint64_t in = PREFIX_XOR(quotes & valid) ^ carry;
            carry = (uint64_t)((int64_t)in >> 63);
            outside &= ~in;
        }
        o = EMIT(o, (delimiters | newlines) & outside, newlines, (uint32_t)i);
    }
    *inside = carry != 0;
    return (size_t)(o - out);
}
