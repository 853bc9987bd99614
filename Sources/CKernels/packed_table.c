// A hash table of rows of fixed width. PackedRows.swift describes it.
#define XXH_INLINE_ALL
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>
#include <string.h>
#include "ckernels.h"

static inline uint64_t hash_of(const uint8_t *row, size_t key_bytes) { return XXH3_64bits(row, key_bytes); }

void dm_packed_hash(const uint8_t *rows, size_t n, size_t row_bytes, size_t key_bytes, uint64_t *out) {
    for (size_t i = 0; i < n; i++) out[i] = hash_of(rows + i * row_bytes, key_bytes);
}

// The four top bits of a hash choose the table.
static inline uint32_t place_of(uint64_t hash, uint32_t slot_bits) { return (uint32_t)((hash << 4) >> (64 - slot_bits)); }
static inline uint32_t tag_of(uint64_t hash) { return (uint32_t)hash & 0xff; }

static inline uint8_t *row_at(const dm_packed_table_t *table, uint32_t slot) {
    return table->chunks[slot >> 12 & 0xfff] + (size_t)(slot & 0xfff) * table->row_bytes;
}

static inline int same_key(const uint8_t *a, const uint8_t *b, size_t n) {
    if (n < 8) {
        uint32_t x, y;
        memcpy(&x, a, 4);
        memcpy(&y, b, 4);
        return x == y;
    }
    uint64_t difference = 0, x, y;
    for (size_t i = 0; i + 8 <= n; i += 8) {
        memcpy(&x, a + i, 8);
        memcpy(&y, b + i, 8);
        difference |= x ^ y;
    }
    memcpy(&x, a + n - 8, 8);
    memcpy(&y, b + n - 8, 8);
    return (difference | (x ^ y)) == 0;
}

static inline void keep_least(const dm_packed_table_t *table, uint8_t *kept, const uint8_t *row) {
    size_t rest = table->row_bytes - table->key_bytes;
    kept += table->key_bytes;
    row += table->key_bytes;
    if (rest == 4) {
        uint32_t a, b;
        memcpy(&a, kept, 4);
        memcpy(&b, row, 4);
        if (a == b) return;
    }
    if (rest > 0 && memcmp(row, kept, rest) < 0) memcpy(kept, row, rest);
}

// Where a new row goes. May write 4 bytes past it.
static inline uint32_t append(dm_packed_table_t *table, const uint8_t *row) {
    if (table->used == table->rows_per_chunk) {
        table->chunk++;
        table->used = 0;
    }
    uint8_t *place = table->chunks[table->chunk] + (size_t)table->used * table->row_bytes;
    for (size_t i = 0; i < table->row_bytes; i += 8) memcpy(place + i, row + i, 8);
    table->count++;
    return table->chunk << 12 | table->used++;
}

size_t dm_packed_stage(dm_packed_stage_t *stage, const uint8_t *rows, const uint64_t *hashes, const uint8_t *misfits,
                       size_t first, size_t n, uint32_t *full) {
    const size_t row_bytes = stage->row_bytes;
    for (size_t i = first; i < n; i++) {
        if (misfits[i]) continue;
        uint32_t table = (uint32_t)(hashes[i] >> 60), count = stage->counts[table]++;
        size_t place = (size_t)table * stage->room + count;
        const uint8_t *row = rows + i * row_bytes;
        for (size_t k = 0; k < row_bytes; k += 4) memcpy(stage->rows + place * row_bytes + k, row + k, 4);
        stage->hashes[place] = hashes[i];
        if (count + 1 == stage->room) {
            *full = table;
            return i + 1;
        }
    }
    *full = DM_PACKED_TABLES;
    return n;
}

void dm_packed_fetch(const dm_packed_table_t *table, const uint64_t *hashes, size_t n) {
    for (size_t i = 0; i < n; i++) __builtin_prefetch(table->slots + place_of(hashes[i], table->slot_bits), 1, 3);
}

void dm_packed_add(dm_packed_table_t *table, const uint8_t *rows, const uint64_t *hashes, size_t n) {
    uint32_t places[DM_PACKED_GROUP];
    uint32_t *slots = table->slots;
    const uint32_t bits = table->slot_bits, mask = (1u << bits) - 1;
    for (size_t i = 0; i < n; i++) {
        uint32_t place = place_of(hashes[i], bits), tag = tag_of(hashes[i]);
        while (slots[place] && slots[place] >> 24 != tag) place = (place + 1) & mask;
        places[i] = place;
        if (slots[place]) __builtin_prefetch(row_at(table, slots[place]), 1, 3);
    }
    for (size_t i = 0; i < n; i++) {
        const uint8_t *row = rows + i * table->row_bytes;
        uint32_t place = places[i], tag = tag_of(hashes[i]);
        for (;; place = (place + 1) & mask) {
            uint32_t slot = slots[place];
            if (!slot) {
                slots[place] = tag << 24 | append(table, row);
                break;
            }
            if (slot >> 24 != tag) continue;
            uint8_t *kept = row_at(table, slot);
            if (!same_key(kept, row, table->key_bytes)) continue;
            keep_least(table, kept, row);
            break;
        }
    }
}

void dm_packed_grow(dm_packed_table_t *table, uint32_t *slots, uint32_t bits) {
    const uint32_t mask = (1u << bits) - 1;
    uint64_t hashes[DM_PACKED_GROUP];
    for (uint32_t chunk = 1; chunk <= table->chunk; chunk++) {
        uint32_t n = chunk == table->chunk ? table->used : table->rows_per_chunk;
        for (uint32_t first = 0; first < n; first += DM_PACKED_GROUP) {
            uint32_t some = n - first < DM_PACKED_GROUP ? n - first : DM_PACKED_GROUP;
            dm_packed_hash(table->chunks[chunk] + (size_t)first * table->row_bytes, some, table->row_bytes,
                           table->key_bytes, hashes);
            for (uint32_t i = 0; i < some; i++) __builtin_prefetch(slots + place_of(hashes[i], bits), 1, 3);
            for (uint32_t i = 0; i < some; i++) {
                uint32_t place = place_of(hashes[i], bits);
                while (slots[place]) place = (place + 1) & mask;
                slots[place] = tag_of(hashes[i]) << 24 | chunk << 12 | (first + i);
            }
        }
    }
    table->slots = slots;
    table->slot_bits = bits;
}
