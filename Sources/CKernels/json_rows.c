// From structural characters to columns: walks each line once, over brackets, colons and commas alone.
//
// Most lines have the keys of the line before, in the same order. So each key that was seen is kept as it was spelt, white
// space included, with the key that followed it last time; a line like the one before costs one comparison of bytes per
// key. Another key is looked up in a table, and only a spelling that was never seen is decoded.
//
// What makes a line right: the span before each structural character is white space, a key or a scalar, by what the
// characters around it demand; numbers and literals are checked to the letter. Strings need no look: a span that begins
// and ends with a quote is one string if the line has two quotes for each such span.
#include <string.h>
#include "ckernels.h"
#include "json.h"

enum { KEYS_MAX = 4096, SLOTS = 16384, KEY_BYTES_MAX = 48, LINES = 256, GROUP_BYTES = 16 << 10 };
enum { LINE_ROW, LINE_BLANK, LINE_BAD };

typedef struct {
    // As spelt, with its quotes and the white space around them.
    uint8_t bytes[KEY_BYTES_MAX];
    uint32_t parent, child;
    uint16_t length;
    // The key that came after it last time.
    uint16_t next;
} key_entry;

typedef struct {
    uint32_t node, index, start;
    uint8_t is_array;
} frame;

struct dm_json {
    dm_json_node_t *nodes;
    uint64_t line;
    uint16_t previous, expected;
    uint16_t key_count;
    uint16_t slots[SLOTS];
    // Key 0 stands before the first key of a line; it never matches.
    key_entry keys[KEYS_MAX];
    frame frames[DM_JSON_DEPTH_MAX];
};

size_t dm_json_bytes(void) { return sizeof(struct dm_json); }

static void forget_keys(struct dm_json *m) {
    memset(m->slots, 0, sizeof m->slots);
    memset(&m->keys[0], 0, sizeof m->keys[0]);
    m->keys[0].parent = m->keys[0].child = DM_JSON_NONE;
    m->key_count = 1;
    m->previous = m->expected = 0;
}

void dm_json_begin(dm_json_t *m, dm_json_node_t *nodes, size_t node_count) {
    m->nodes = nodes;
    m->line = 0;
    for (size_t i = 0; i < node_count; i++) nodes[i].seen = 0;
    forget_keys(m);
}

static inline int is_space(uint8_t c) { return c == ' ' || c == '\t' || c == '\r'; }
static inline int is_digit(uint8_t c) { return (uint8_t)(c - '0') <= 9; }

static inline int is_blank(const uint8_t *p, uint32_t from, uint32_t to) {
    while (from < to && is_space(p[from])) from++;
    return from == to;
}

static inline int equal_bytes(const uint8_t *a, const uint8_t *b, uint32_t n) {
    uint64_t x, y;
    while (n >= 8) {
        memcpy(&x, a, 8);
        memcpy(&y, b, 8);
        if (x != y) return 0;
        a += 8;
        b += 8;
        n -= 8;
    }
    if (!n) return 1;
    memcpy(&x, a, 8);
    memcpy(&y, b, 8);
    return ((x ^ y) & (~0ull >> (64 - 8 * n))) == 0;
}

// Scalars ---------------------------------------------------------------------------------------------------------

static int is_number(const uint8_t *p, const uint8_t *end) {
    if (*p == '-') p++;
    if (p == end || !is_digit(*p)) return 0;
    if (*p == '0') p++;
    else while (p < end && is_digit(*p)) p++;
    if (p < end && *p == '.') {
        if (++p == end || !is_digit(*p)) return 0;
        while (p < end && is_digit(*p)) p++;
    }
    if (p < end && (*p | 0x20) == 'e') {
        if (++p < end && (*p == '-' || *p == '+')) p++;
        if (p == end || !is_digit(*p)) return 0;
        while (p < end && is_digit(*p)) p++;
    }
    return p == end;
}

static int literal(const uint8_t *p, uint32_t n) {
    if (n == 4 && memcmp(p, "null", 4) == 0) return DM_JSON_NULL;
    return (n == 4 && memcmp(p, "true", 4) == 0) || (n == 5 && memcmp(p, "false", 5) == 0) ? DM_JSON_LITERAL : -1;
}

// What kind of value stands in a span, which is narrowed to it; -1 for none.
static inline int scalar(const uint8_t *p, uint32_t *from, uint32_t *to, uint32_t *strings) {
    uint32_t a = *from, b = *to;
    while (a < b && is_space(p[a])) a++;
    while (b > a && is_space(p[b - 1])) b--;
    if (a == b) return -1;
    if (p[a] == '"') {
        *from = a + 1;
        *to = b - 1;
        ++*strings;
        return b - a >= 2 && p[b - 1] == '"' ? DM_JSON_STRING : -1;
    }
    *from = a;
    *to = b;
    if (p[a] == '-' || is_digit(p[a])) return is_number(p + a, p + b) ? DM_JSON_NUMBER : -1;
    return literal(p + a, b - a);
}

// Keys ------------------------------------------------------------------------------------------------------------

static uint32_t hash_key(const uint8_t *p, uint32_t n, uint32_t parent) {
    uint64_t h = 0x9e3779b97f4a7c15ull ^ parent;
    for (uint32_t i = 0; i < n; i++) h = (h ^ p[i]) * 0x100000001b3ull;
    return (uint32_t)(h >> 32);
}

// The child that a new spelling means, or DM_JSON_NONE; sets *wrong when it is no string.
static uint32_t find_child(const struct dm_json *m, const uint8_t *p, uint32_t from, uint32_t to, uint32_t parent,
                           int *wrong) {
    uint32_t strings = 0;
    if (scalar(p, &from, &to, &strings) != DM_JSON_STRING) {
        *wrong = 1;
        return DM_JSON_NONE;
    }
    for (uint32_t c = m->nodes[parent].first_child; c != DM_JSON_NONE; c = m->nodes[c].next_sibling) {
        const dm_json_node_t *node = &m->nodes[c];
        if (!node->name) continue;
        int equal = dm_json_key_equals(p + from, to - from, node->name, node->name_length);
        if (equal < 0) *wrong = 1;
        if (equal) return equal > 0 ? c : DM_JSON_NONE;
    }
    return DM_JSON_NONE;
}

// A key that is not the one expected.
static __attribute__((noinline)) uint32_t other_key(struct dm_json *m, const uint8_t *p, uint32_t from, uint32_t to,
                                                    uint32_t parent, int *wrong) {
    const uint32_t n = to - from;
    if (n > KEY_BYTES_MAX) return find_child(m, p, from, to, parent, wrong);
    uint32_t slot = hash_key(p + from, n, parent) % SLOTS;
    uint16_t k;
    while ((k = m->slots[slot]) != 0) {
        const key_entry *e = &m->keys[k];
        if (e->length == n && e->parent == parent && memcmp(e->bytes, p + from, n) == 0) break;
        slot = (slot + 1) % SLOTS;
    }
    if (!k) {
        uint32_t child = find_child(m, p, from, to, parent, wrong);
        if (*wrong) return child;
        if (m->key_count == KEYS_MAX) {
            forget_keys(m);
            slot = hash_key(p + from, n, parent) % SLOTS;
        }
        k = m->key_count++;
        m->slots[slot] = k;
        key_entry *e = &m->keys[k];
        memset(e->bytes, 0, sizeof e->bytes);
        memcpy(e->bytes, p + from, n);
        e->length = (uint16_t)n;
        e->parent = parent;
        e->child = child;
        e->next = 0;
    }
    m->keys[m->previous].next = k;
    m->previous = k;
    m->expected = m->keys[k].next;
    return m->keys[k].child;
}

static inline uint32_t key_child(struct dm_json *m, const uint8_t *p, uint32_t from, uint32_t to, uint32_t parent,
                                 uint32_t *strings, int *wrong) {
    if (parent == DM_JSON_NONE) {
        *wrong = scalar(p, &from, &to, strings) != DM_JSON_STRING;
        return DM_JSON_NONE;
    }
    ++*strings;
    const key_entry *e = &m->keys[m->expected];
    if (__builtin_expect(e->length == to - from && e->parent == parent && equal_bytes(p + from, e->bytes, to - from), 1)) {
        m->previous = m->expected;
        m->expected = e->next;
        return e->child;
    }
    return other_key(m, p, from, to, parent, wrong);
}

static uint32_t element_child(const struct dm_json *m, uint32_t parent, uint32_t index) {
    if (parent == DM_JSON_NONE) return DM_JSON_NONE;
    for (uint32_t c = m->nodes[parent].first_child; c != DM_JSON_NONE; c = m->nodes[c].next_sibling)
        if (!m->nodes[c].name && m->nodes[c].index == index) return c;
    return DM_JSON_NONE;
}

// Rows ------------------------------------------------------------------------------------------------------------

typedef struct {
    const dm_json_column_t *columns;
    size_t count;
    size_t row;
} target;

// Of a key that comes twice the last counts, with all that was below the first.
static void forget_below(struct dm_json *m, uint32_t node, const target *t) {
    for (uint32_t c = m->nodes[node].first_child; c != DM_JSON_NONE; c = m->nodes[c].next_sibling) {
        for (uint32_t i = m->nodes[c].first_column; i != DM_JSON_NONE; i = t->columns[i].next)
            t->columns[i].kinds[t->row] = DM_JSON_ABSENT;
        forget_below(m, c, t);
    }
}

// A node that has something below comes up.
static inline void enter(struct dm_json *m, uint32_t node, const target *t) {
    if (node == DM_JSON_NONE || m->nodes[node].first_child == DM_JSON_NONE) return;
    if (m->nodes[node].seen == m->line) forget_below(m, node, t);
    m->nodes[node].seen = m->line;
}

static inline void put(const struct dm_json *m, uint32_t node, const uint8_t *p, uint32_t length, int kind,
                       const target *t) {
    for (uint32_t i = m->nodes[node].first_column; i != DM_JSON_NONE; i = t->columns[i].next) {
        const dm_json_column_t *c = &t->columns[i];
        c->pointers[t->row] = p;
        c->lengths[t->row] = (int32_t)length;
        c->kinds[t->row] = (uint8_t)kind;
    }
}

static int walk(struct dm_json *m, const uint8_t *p, const dm_json_line_t *line, const uint32_t *positions,
                const target *t) {
    const uint32_t count = line->count;
    if (count == 0) return is_blank(p, line->start, line->end) ? LINE_BLANK : LINE_BAD;
    if (line->wrong || p[positions[0]] != '{' || !is_blank(p, line->start, positions[0])) return LINE_BAD;
    for (size_t i = 0; i < t->count; i++) t->columns[i].kinds[t->row] = DM_JSON_ABSENT;
    m->line++;
    m->previous = 0;
    m->expected = m->keys[0].next;
    uint32_t strings = 0, depth = 0, i = 1, child;
    frame f = {.node = 0, .index = 0, .start = positions[0], .is_array = 0};

opened:  // After the bracket at positions[i - 1].
    if (i == count) return LINE_BAD;
    if (p[positions[i]] == (f.is_array ? ']' : '}') && is_blank(p, positions[i - 1] + 1, positions[i])) goto closed;
    if (f.is_array) {
        child = element_child(m, f.node, 0);
        goto value;
    }
key:  // A key ends at the colon at positions[i].
    if (i == count || p[positions[i]] != ':') return LINE_BAD;
    {
        int wrong = 0;
        child = key_child(m, p, positions[i - 1] + 1, positions[i], f.node, &strings, &wrong);
        if (wrong) return LINE_BAD;
    }
    i++;
value:  // A value begins after positions[i - 1].
    if (i == count) return LINE_BAD;
    {
        uint32_t from = positions[i - 1] + 1, to = positions[i];
        const uint8_t c = p[to];
        if (c == '{' || c == '[') {
            if (!is_blank(p, from, to) || depth + 1 == DM_JSON_DEPTH_MAX) return LINE_BAD;
            enter(m, child, t);
            m->frames[depth++] = f;
            f = (frame){.node = child, .index = 0, .start = to, .is_array = c == '['};
            i++;
            goto opened;
        }
        int kind = scalar(p, &from, &to, &strings);
        if (kind < 0) return LINE_BAD;
        if (child != DM_JSON_NONE) {
            enter(m, child, t);
            if (kind == DM_JSON_STRING && line->escapes && memchr(p + from, '\\', to - from)) kind = DM_JSON_ESCAPED;
            put(m, child, p + from, to - from, kind, t);
        }
    }
ended:  // A value ended before positions[i].
    if (p[positions[i]] == ',') {
        i++;
        if (!f.is_array) goto key;
        child = element_child(m, f.node, ++f.index);
        goto value;
    }
    if (p[positions[i]] != (f.is_array ? ']' : '}')) return LINE_BAD;
closed:
    if (f.node != DM_JSON_NONE) put(m, f.node, p + f.start, positions[i] + 1 - f.start, DM_JSON_CONTAINER, t);
    i++;
    if (depth > 0) {
        if (i == count || !is_blank(p, positions[i - 1] + 1, positions[i])) return LINE_BAD;
        f = m->frames[--depth];
        goto ended;
    }
    return i == count && is_blank(p, positions[i - 1] + 1, line->end) && line->quotes == 2 * strings ? LINE_ROW : LINE_BAD;
}

// How many of the lines are indexed together: about 16 KiB, so that all of it stays in the first cache.
static size_t group(const uint32_t *ends, size_t count, uint32_t start) {
    size_t n = 1;
    while (n < count && n < LINES && (ends[n] & ~DM_CSV_LINE_END) - start <= GROUP_BYTES) n++;
    return n;
}

size_t dm_json_rows(int level, dm_json_t *m, const uint8_t *p, const uint32_t *ends, size_t count, uint32_t *start,
                    size_t max_rows, uint32_t *positions, const dm_json_column_t *columns, size_t column_count,
                    uint32_t *row_starts, size_t *rows, uint32_t *bad, size_t *bad_count) {
    dm_json_line_t lines[LINES];
    target t = {.columns = columns, .count = column_count, .row = *rows};
    size_t taken = 0;
    while (taken < count && t.row < max_rows && *bad_count < max_rows) {
        const size_t n = group(ends + taken, count - taken, *start);
        dm_json_index(level, p, ends + taken, n, *start, positions, lines);
        const uint32_t *at = positions;
        for (size_t l = 0; l < n && t.row < max_rows && *bad_count < max_rows; l++) {
            const int found = walk(m, p, &lines[l], at, &t);
            at += lines[l].count + 1;
            if (found == LINE_ROW) row_starts[t.row++] = lines[l].start;
            if (found == LINE_BAD) bad[(*bad_count)++] = (uint32_t)taken;
            *start = lines[l].end + 1;
            taken++;
        }
    }
    *rows = t.row;
    return taken;
}
