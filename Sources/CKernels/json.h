// What the two halves of the JSON Lines kernel share.
#ifndef DAYMILL_JSON_H
#define DAYMILL_JSON_H

#include <stddef.h>
#include <stdint.h>

// One line, as a pass over its blocks sees it.
typedef struct {
    uint32_t start, end;
    // Structural characters outside strings; one more position follows them, that of the line's end.
    uint32_t count;
    // Quotes that are not escaped.
    uint32_t quotes;
    // An open string, a control character in a string, or a backslash outside strings.
    uint8_t wrong;
    // Any backslash.
    uint8_t escapes;
} dm_json_line_t;

// Indexes n lines, the first of which begins at `start`; their ends stand in `ends`. `positions` has room for all their
// bytes, an entry for each line, and 64 more.
void dm_json_index(int level, const uint8_t *p, const uint32_t *ends, size_t n, uint32_t start, uint32_t *positions,
                   dm_json_line_t *lines);

// Whether a key, as it is spelt between its quotes, is `name`: 1 or 0; -1 when an escape in it is wrong.
int dm_json_key_equals(const uint8_t *p, size_t n, const uint8_t *name, size_t name_length);

#endif
