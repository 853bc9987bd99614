// SIMD kernels of Daymill: classification of CSV bytes, hashing, comparisons with constants.
//
// Every function is coarse (one call per block of bytes or batch of rows), touches no global state and allocates nothing
// (digests apart).
// `level` chooses the instruction set, so that tests can run every path on one machine and compare the answers:
// 0 portable C, 1 SSE2, 2 AVX2, 3 AVX-512. Pass at most dm_level_max(). All levels give identical results.
//
// Padding: functions that take text or blocks may read up to 64 bytes past the end; callers pad their buffers.
#ifndef DAYMILL_CKERNELS_H
#define DAYMILL_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

/// The best level this CPU runs.
int dm_level_max(void);

/// What one pass over a block of CSV says about its quotes.
typedef struct {
    /// Any quote at all.
    uint8_t quotes;
    /// Two quotes side by side: escapes, or empty quoted fields.
    uint8_t doubled;
    /// Any byte above 127.
    uint8_t high;
    /// The number of quotes, modulo 2.
    uint8_t parity;
    /// A quote that would open in mid-field, if the block starts outside quotes.
    uint8_t stray_outside;
    /// The same, if the block starts inside quotes.
    uint8_t stray_inside;
} dm_csv_summary_t;

/// Summarises n bytes at p; `previous` is the byte before p ('\n' at the start of a file); quote is -1 for none.
void dm_csv_summary(int level, const uint8_t *p, size_t n, uint8_t previous, uint8_t delimiter, int quote,
                    dm_csv_summary_t *out);

/// States of the exact CSV automaton, in which a quote opens only at the start of a field.
enum { DM_CSV_FIELD_START = 0, DM_CSV_UNQUOTED = 1, DM_CSV_QUOTED = 2, DM_CSV_QUOTE_IN_QUOTED = 3 };

/// Bit 31 of an index entry: this position ends a record (a newline); otherwise it is a delimiter.
#define DM_CSV_LINE_END 0x80000000u

/// Writes the positions of all delimiters and newlines outside quotes, ascending; returns how many. Right only where the
/// summary found no stray quote for this start. *inside: 1 when p starts inside quotes; on return, at p + n.
/// `out` has room for n + 64 entries; n < 2^31.
size_t dm_csv_index(int level, const uint8_t *p, size_t n, uint8_t delimiter, int quote, uint32_t *inside,
                    uint32_t *out);

/// The same by the full automaton, one byte at a time: right for every input. *state is one of DM_CSV_….
size_t dm_csv_index_exact(const uint8_t *p, size_t n, uint8_t delimiter, int quote, uint32_t *state, uint32_t *out);

/// Where the fields of one needed column go, one entry per row.
typedef struct {
    /// Position of the column in the record.
    uint32_t field;
    const uint8_t **pointers;
    int32_t *lengths;
    /// 0 plain, 1 quoted (quotes taken off), 2 needs a careful look: escapes or text after the closing quote.
    uint8_t *kinds;
} dm_csv_column_t;

/// Cuts records of exactly `fields` fields into columns, until max_rows, the end of the index, or a record of another
/// shape. row_starts gets the offset of each record. *row_start: where the first record begins; on return, the next.
/// careful: look inside quoted fields for quotes. Returns the number of records.
size_t dm_csv_rows(const uint8_t *p, const uint32_t *index, size_t index_count, size_t fields, size_t max_rows,
                   int quote, int careful, uint32_t *row_start, uint32_t *row_starts, const dm_csv_column_t *columns,
                   size_t column_count);

/// XXH3-64 of each text; a length below 0 (NULL) has a fixed hash of its own.
void dm_hash_texts(const uint8_t *const *pointers, const int32_t *lengths, size_t n, uint64_t *out);

/// XXH3-64 of one run of bytes.
uint64_t dm_hash64(const uint8_t *p, size_t n);

/// XXH3-128 of one run of bytes: low half, high half.
void dm_hash128(int level, const uint8_t *p, size_t n, uint64_t out[2]);

/// XXH3-128 of bytes that come piece by piece: the same as of one run. NULL where there is no memory for it.
void *dm_digest_new(void);
void dm_digest_add(void *digest, const uint8_t *p, size_t n);
/// The hash of everything since the start or the last take: low half, high half.
void dm_digest_take(void *digest, uint64_t out[2]);
void dm_digest_free(void *digest);

/// out[i] = 1 where text i equals the constant. `constant` is padded as texts are.
void dm_text_equal(const uint8_t *const *pointers, const int32_t *lengths, size_t n, const uint8_t *constant,
                   int32_t constant_length, uint8_t *out);

/// out[i] = the position of the constant that text i equals, or `count`. Constants are at most 8 bytes long:
/// their bytes, zero-padded, little-endian, in `words`.
void dm_text_code(const uint8_t *const *pointers, const int32_t *lengths, size_t n, const uint64_t *words,
                  const int32_t *word_lengths, size_t count, uint8_t *out);

/// groups[i][offset + k] += mask_k[rows[i]] for k = 0…3. Masks hold 0 and 1.
void dm_count4(int level, uint64_t *const *groups, size_t offset, const uint32_t *rows, size_t n,
               const uint8_t *mask0, const uint8_t *mask1, const uint8_t *mask2, const uint8_t *mask3);

/// Lets the allocator keep freed blocks of up to 16 MiB for the next use.
void dm_keep_large_blocks(void);

static inline void dm_prefetch(const void *p) { __builtin_prefetch(p, 0, 3); }
static inline void dm_prefetch_write(void *p) { __builtin_prefetch(p, 1, 3); }

#endif
