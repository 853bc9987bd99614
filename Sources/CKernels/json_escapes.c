// Escapes in JSON strings.
#include <string.h>
#include "ckernels.h"
#include "json.h"

static int hex_digit(uint8_t c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Four hexadecimal digits; -1 when there are not four.
static int32_t hex4(const uint8_t *p, const uint8_t *end) {
    if (end - p < 4) return -1;
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0) return -1;
        value = value << 4 | digit;
    }
    return value;
}

static size_t encode(uint32_t c, uint8_t *out) {
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (uint8_t)(0xc0 | c >> 6);
        out[1] = (uint8_t)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (uint8_t)(0xe0 | c >> 12);
        out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | c >> 18);
    out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (c & 0x3f));
    return 4;
}

static uint8_t short_escape(uint8_t c) {
    switch (c) {
        case '"': case '\\': case '/': return c;
        case 'b': return 8;
        case 'f': return 12;
        case 'n': return 10;
        case 'r': return 13;
        case 't': return 9;
        default: return 0;
    }
}

// The escape at *p, which holds a backslash; moves *p past it. Returns the bytes written to out (at most 4), -1 or -2.
static int one_escape(const uint8_t **p, const uint8_t *end, uint8_t *out) {
    const uint8_t *q = *p + 1;
    if (q == end) return -1;
    if (*q != 'u') {
        uint8_t c = short_escape(*q);
        if (!c) return -1;
        out[0] = c;
        *p = q + 1;
        return 1;
    }
    int32_t code = hex4(q + 1, end);
    if (code < 0) return -1;
    q += 5;
    if (code >= 0xdc00 && code <= 0xdfff) return -2;
    if (code >= 0xd800 && code <= 0xdbff) {
        if (end - q < 2 || q[0] != '\\' || q[1] != 'u') return -2;
        int32_t low = hex4(q + 2, end);
        if (low < 0) return -1;
        if (low < 0xdc00 || low > 0xdfff) return -2;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        q += 6;
    }
    *p = q;
    return (int)encode((uint32_t)code, out);
}

ptrdiff_t dm_json_unescape(const uint8_t *p, size_t n, uint8_t *out) {
    const uint8_t *const end = p + n;
    uint8_t *o = out;
    while (p < end) {
        if (*p != '\\') {
            const uint8_t *next = memchr(p, '\\', (size_t)(end - p));
            size_t plain = (size_t)((next ? next : end) - p);
            memcpy(o, p, plain);
            o += plain;
            p += plain;
            continue;
        }
        int written = one_escape(&p, end, o);
        if (written < 0) return written;
        o += written;
    }
    return o - out;
}

int dm_json_key_equals(const uint8_t *p, size_t n, const uint8_t *name, size_t name_length) {
    const uint8_t *const end = p + n;
    size_t matched = 0;
    int equal = 1;
    while (p < end) {
        uint8_t bytes[4];
        int written = 1;
        if (*p == '\\') {
            written = one_escape(&p, end, bytes);
            if (written < 0) return -1;
        } else {
            bytes[0] = *p++;
        }
        for (int i = 0; i < written; i++, matched++) equal = equal && matched < name_length && name[matched] == bytes[i];
    }
    return equal && matched == name_length;
}
