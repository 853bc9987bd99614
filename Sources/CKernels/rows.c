// From an index of structural characters to columns of fields.
#include <string.h>
#include "ckernels.h"

// A record has the expected shape when its first fields - 1 entries are delimiters and the next is a line end.
static inline int regular(const uint32_t *index, size_t fields) {
    uint32_t marks = 0;
    for (size_t f = 0; f + 1 < fields; f++) marks |= index[f];
    return !(marks & DM_CSV_LINE_END) && (index[fields - 1] & DM_CSV_LINE_END);
}

static inline void field(const uint8_t *p, uint32_t start, uint32_t end, int quote, int careful,
                         const dm_csv_column_t *column, size_t row) {
    uint8_t kind = 0;
    if (quote >= 0 && end > start && p[start] == (uint8_t)quote) {
        start++;
        kind = 2;
        if (end > start && p[end - 1] == (uint8_t)quote) {
            end--;
            if (!careful || !memchr(p + start, quote, end - start)) kind = 1;
            else end++, start--;
        } else {
            start--;
        }
    }
    column->pointers[row] = p + start;
    column->lengths[row] = (int32_t)(end - start);
    column->kinds[row] = kind;
}

size_t dm_csv_rows(const uint8_t *p, const uint32_t *index, size_t index_count, size_t fields, size_t max_rows,
                   int quote, int careful, uint32_t *row_start, uint32_t *row_starts, const dm_csv_column_t *columns,
                   size_t column_count) {
    uint32_t start = *row_start;
    size_t row = 0;
    const size_t whole = index_count / fields;
    if (max_rows > whole) max_rows = whole;
    for (; row < max_rows; row++, index += fields) {
        if (!regular(index, fields)) break;
        uint32_t line_end = index[fields - 1] & ~DM_CSV_LINE_END;
        row_starts[row] = start;
        for (size_t c = 0; c < column_count; c++) {
            uint32_t f = columns[c].field;
            uint32_t from = f == 0 ? start : index[f - 1] + 1;
            uint32_t to = index[f] & ~DM_CSV_LINE_END;
            if (f + 1 == fields && to > from && p[to - 1] == '\r') to--;
            field(p, from, to, quote, careful, &columns[c], row);
        }
        start = line_end + 1;
    }
    *row_start = start;
    return row;
}

void dm_text_equal(const uint8_t *const *pointers, const int32_t *lengths, size_t n, const uint8_t *constant,
                   int32_t constant_length, uint8_t *out) {
    if (constant_length > 8) {
        for (size_t i = 0; i < n; i++)
            out[i] = lengths[i] == constant_length && memcmp(pointers[i], constant, (size_t)constant_length) == 0;
        return;
    }
    uint64_t mask = constant_length == 8 ? ~0ull : (1ull << (8 * constant_length)) - 1, wanted;
    memcpy(&wanted, constant, 8);
    wanted &= mask;
    for (size_t i = 0; i < n; i++) {
        uint64_t word;
        memcpy(&word, pointers[i], 8);
        out[i] = (lengths[i] == constant_length) & ((word & mask) == wanted);
    }
}

void dm_text_code(const uint8_t *const *pointers, const int32_t *lengths, size_t n, const uint64_t *words,
                  const int32_t *word_lengths, size_t count, uint8_t *out) {
    for (size_t i = 0; i < n; i++) {
        uint64_t word;
        memcpy(&word, pointers[i], 8);
        int32_t length = lengths[i];
        word &= length >= 8 ? ~0ull : (1ull << (8 * (length < 0 ? 0 : length))) - 1;
        uint8_t code = (uint8_t)count;
        for (size_t c = 0; c < count; c++)
            if ((word == words[c]) & (length == word_lengths[c])) code = (uint8_t)c;
        out[i] = code;
    }
}
