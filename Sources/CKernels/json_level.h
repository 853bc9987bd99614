// The block kernel for JSON Lines; included once per instruction set with these macros defined:
//   SUFFIX(name)   the name with the level's suffix
//   CLASSIFY(...)  static inline: 64 bytes -> bit masks
//   PREFIX_XOR(x)  bit i of the result = XOR of bits 0...i of x
//   EMIT(...)      writes the positions of set bits

void SUFFIX(dm_json_index)(const uint8_t *p, const uint32_t *ends, size_t n, uint32_t start, uint32_t *positions,
                           dm_json_line_t *lines) {
    uint32_t *o = positions;
    for (size_t l = 0; l < n; l++) {
        const uint32_t end = ends[l] & ~DM_CSV_LINE_END;
        uint64_t inside_carry = 0, escape_carry = 0, wrong = 0, escapes = 0;
        uint32_t quote_count = 0;
        uint32_t *const first = o;
        for (uint32_t at = start; at < end; at += 64) {
            const uint64_t valid = end - at < 64 ? (1ull << (end - at)) - 1 : ~0ull;
            uint64_t backslashes, quotes, structurals, controls;
            CLASSIFY(p + at, &backslashes, &quotes, &structurals, &controls);
            backslashes &= valid;
            quotes &= valid;
            if (backslashes | escape_carry) quotes &= ~escaped(backslashes, &escape_carry);
            // From each opening quote up to the byte before its closing quote.
            const uint64_t inside = PREFIX_XOR(quotes) ^ inside_carry;
            inside_carry = (uint64_t)((int64_t)inside >> 63);
            escapes |= backslashes;
            wrong |= (backslashes & ~inside) | (controls & inside & valid);
            quote_count += (uint32_t)__builtin_popcountll(quotes);
            o = EMIT(o, structurals & ~inside & valid, 0, at);
        }
        lines[l] = (dm_json_line_t){.start = start,
                                    .end = end,
                                    .count = (uint32_t)(o - first),
                                    .quotes = quote_count,
                                    .wrong = (wrong | inside_carry) != 0,
                                    .escapes = escapes != 0};
        *o++ = end;
        start = end + 1;
    }
}
