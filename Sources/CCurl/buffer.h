// Bytes that grow up to a bound.
#ifndef DAYMILL_CCURL_BUFFER_H
#define DAYMILL_CCURL_BUFFER_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint8_t *bytes;
    size_t count, room;
} dm_buffer;

/// Appends; 0, and nothing is changed, when that would pass `max` or there is no memory.
static inline int dm_buffer_append(dm_buffer *buffer, const void *bytes, size_t count, size_t max) {
    if (buffer->count > max || count > max - buffer->count) return 0;
    if (buffer->count + count > buffer->room) {
        size_t room = 2 * (buffer->count + count) + 256;
        uint8_t *grown = realloc(buffer->bytes, room);
        if (!grown) return 0;
        buffer->bytes = grown;
        buffer->room = room;
    }
    if (count) memcpy(buffer->bytes + buffer->count, bytes, count);
    buffer->count += count;
    return 1;
}

#endif
