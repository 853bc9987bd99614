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

/// No node, or no column.
#define DM_JSON_NONE 0xffffffffu

/// Objects and arrays inside each other that are followed.
#define DM_JSON_DEPTH_MAX 256

/// A place in JSON objects that some column's path leads to or through. Node 0 is the object of the line.
typedef struct {
    /// The key below the parent, decoded; NULL for an element of an array.
    const uint8_t *name;
    uint32_t name_length;
    /// Position in an array.
    uint32_t index;
    uint32_t first_child;
    uint32_t next_sibling;
    uint32_t first_column;
    /// For the kernel: the last line in which it was seen. Starts at 0.
    uint64_t seen;
} dm_json_node_t;

/// How a value stands in the line.
enum {
    DM_JSON_STRING = 0,   ///< without its quotes; holds no escapes
    DM_JSON_ESCAPED = 1,  ///< a string with escapes
    DM_JSON_NUMBER = 2,
    DM_JSON_LITERAL = 3,    ///< true or false
    DM_JSON_CONTAINER = 4,  ///< an object or array, brackets included
    DM_JSON_NULL = 5,
    DM_JSON_ABSENT = 6,
};

/// Where the values of one column go, one entry per row.
typedef struct {
    const uint8_t **pointers;
    int32_t *lengths;
    uint8_t *kinds;
    /// Another column of the same node.
    uint32_t next;
} dm_json_column_t;

/// What a worker remembers from line to line: the spelling of keys, and which key follows which.
typedef struct dm_json dm_json_t;

/// Bytes that a dm_json_t takes.
size_t dm_json_bytes(void);

/// Starts afresh. The nodes stay where they are and are written to.
void dm_json_begin(dm_json_t *memory, dm_json_node_t *nodes, size_t node_count);

/// Takes lines of JSON apart, until a batch is full or the lines end.
///
///   ends         the ends of `count` lines; bit 31 does not count
///   start        where the first begins; on return, the next
///   positions    room for the bytes of the longest line, or 16 KiB if that is more, and 512 entries
///   row_starts   gets the offset of each row
///   bad          gets the numbers (in `ends`) of lines that are no JSON objects; room for max_rows
///
/// Lines of nothing but white space are passed over. Stops after max_rows rows or bad lines. Returns how many lines were
/// taken; rows and bad lines are counted from what *rows and *bad_count hold.
size_t dm_json_rows(int level, dm_json_t *memory, const uint8_t *p, const uint32_t *ends, size_t count,
                    uint32_t *start, size_t max_rows, uint32_t *positions, const dm_json_column_t *columns,
                    size_t column_count, uint32_t *row_starts, size_t *rows, uint32_t *bad, size_t *bad_count);

/// Decodes a string with escapes to `out`, which has room for n bytes. Returns its length, -1 for an escape that does not
/// exist, -2 for half of a surrogate pair.
ptrdiff_t dm_json_unescape(const uint8_t *p, size_t n, uint8_t *out);

/// XXH3-64 of each text; a length below 0 (NULL) has a fixed hash of its own.
void dm_hash_texts(const uint8_t *const *pointers, const int32_t *lengths, size_t n, uint64_t *out);

/// XXH3-64 of one run of bytes.
uint64_t dm_hash64(const uint8_t *p, size_t n);

/// Asks the system to begin writing a range of a file to the disk; does not wait for it.
void dm_begin_sync(int descriptor, int64_t first, int64_t count);

/// Gives a range of a file back to the disk: it reads as zeros then, and the file is as long as before.
void dm_punch_hole(int descriptor, int64_t first, int64_t count);
/// The first place from one on that is in no hole, or that is in one; the end of a file counts as a hole. -1: there is none.
int64_t dm_next_data(int descriptor, int64_t place);
int64_t dm_next_hole(int descriptor, int64_t place);

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

/// What a window's unit is added to in the header of an exact sum; how far a double may be shifted in a window.
#define DM_SUM_WINDOWED 1024u
#define DM_SUM_LARGE 1u
/// Of an ExactSum: the header's form when all words are there, and how many they are.
#define DM_SUM_FULL 1u
#define DM_SUM_LIMBS 34u
#define DM_SUM_SHIFT_MAX 73u

/// Adds values[rows[i]] to the exact sum at groups[i] + offset, for the rows that the mask lets through and that are not
/// NULL; any of the last three arrays of bytes may be missing. Writes the i of those whose sum must be changed in form
/// first to `rest`, which has room for n, and returns how many they are; these are not added.
size_t dm_add_doubles(uint64_t *const *groups, size_t offset, const uint32_t *rows, size_t n, const double *values,
                      const uint8_t *nulls, const uint8_t *mask, const uint8_t *mask_nulls, uint32_t *rest);

/// Lets the allocator keep freed blocks of up to 16 MiB for the next use.
void dm_keep_large_blocks(void);

static inline void dm_prefetch(const void *p) { __builtin_prefetch(p, 0, 3); }
static inline void dm_prefetch_write(void *p) { __builtin_prefetch(p, 1, 3); }

/// The forms of columns in keys.
enum { DM_KEY_BOOL = 0, DM_KEY_INT64 = 1, DM_KEY_INT128 = 2, DM_KEY_DOUBLE = 3, DM_KEY_TEXT = 4 };

/// A column that becomes part of keys.
typedef struct {
    int32_t form;
    /// One value for each row; of text the pointers.
    const void *values;
    /// Of text.
    const int32_t *lengths;
    /// 1 where the row is NULL; NULL when no row is.
    const uint8_t *nulls;
} dm_key_column_t;

/// More than the bytes that the keys of n rows can take.
size_t dm_keys_bound(const dm_key_column_t *columns, size_t k, size_t n);

/// Writes the keys of n rows one behind the other; `out` has room for dm_keys_bound bytes.
void dm_encode_keys(const dm_key_column_t *columns, size_t k, size_t n, uint8_t *out, const uint8_t **pointers,
                    int32_t *lengths);

/// A column that is taken out of keys.
typedef struct {
    int32_t form;
    /// NULL: the column is passed over.
    void *values;
    int32_t *lengths;
    uint8_t *nulls;
    /// Set when a NULL has been met; never cleared.
    int32_t has_nulls;
} dm_key_target_t;

/// Takes keys apart from row `first` on, and returns n, or the first row whose texts have to be unescaped.
size_t dm_decode_keys(const uint8_t *const *keys, size_t first, size_t n, dm_key_target_t *columns, size_t k);

/// Keys of at most 16 bytes as signed numbers of 128 bits (low word first) that order as they do.
void dm_pack_keys(const uint8_t *const *keys, const int32_t *lengths, size_t n, uint64_t *out);

/// The reverse: 16 bytes for each row into `out`, and where they are.
void dm_unpack_keys(const uint64_t *packed, size_t n, uint8_t *out, const uint8_t **keys);

/// How the values of a column lie in rows of fixed width; PackedForm.swift describes each.
enum { DM_PACKED_OFFSET = 0, DM_PACKED_WORD = 1, DM_PACKED_UUID = 2, DM_PACKED_TEXT = 3 };

/// The place of a column in a packed row.
typedef struct {
    int32_t kind;
    /// DM_KEY_…
    int32_t form;
    /// First byte, and how many there are.
    uint32_t offset, width;
    /// Of offsets: the value that 0 stands for, and what 1 is worth, at most 1 000 000.
    int64_t base, unit;
} dm_packed_field_t;

/// Puts a column into n rows of `row_bytes` each. What does not fit sets bits of `mark` in misfits[i]; so does NULL,
/// unless null_fits. `rows` has room for 8 bytes more.
void dm_pack_column(int level, const dm_packed_field_t *field, const dm_key_column_t *column, size_t n, uint8_t *rows,
                    size_t row_bytes, int null_fits, uint8_t *misfits, uint8_t mark);

/// Takes a column out of n rows; NULLs where null_fits. Of identifiers the 36 characters go to `out`, 40 bytes apart.
void dm_unpack_column(const dm_packed_field_t *field, const uint8_t *rows, size_t n, size_t row_bytes, int null_fits,
                      dm_key_target_t *target, uint8_t *out);

/// The hashes of the first key_bytes of rows.
void dm_packed_hash(const uint8_t *rows, size_t n, size_t row_bytes, size_t key_bytes, uint64_t *out);

/// Rows at most in one call of dm_packed_add.
#define DM_PACKED_GROUP 128

/// Rows of fixed width, found by their keys; PackedRows.swift describes it.
typedef struct {
    uint32_t *slots;
    /// Chunk 0 is never used.
    uint8_t **chunks;
    uint32_t slot_bits, count;
    /// The chunk that is being filled, and rows in it.
    uint32_t chunk, used;
    uint32_t rows_per_chunk, row_bytes, key_bytes;
} dm_packed_table_t;

/// Rows on their way to tables, by the top bits of their hashes: `room` rows for each of DM_PACKED_TABLES.
typedef struct {
    uint8_t *rows;
    uint64_t *hashes;
    uint32_t *counts;
    uint32_t room, row_bytes;
} dm_packed_stage_t;

#define DM_PACKED_TABLES 16

/// Puts rows from `first` on, but for misfits, where they wait for their tables. Stops behind a row for whose table there
/// then is no more room, and returns the number of the row after it.
size_t dm_packed_stage(dm_packed_stage_t *stage, const uint8_t *rows, const uint64_t *hashes, const uint8_t *misfits,
                       size_t first, size_t n, uint32_t *full);

/// Fetches the slots of some hashes ahead of time.
void dm_packed_fetch(const dm_packed_table_t *table, const uint64_t *hashes, size_t n);

/// Adds up to DM_PACKED_GROUP rows; of equal keys the least rest stays. There are more free slots than rows, and the
/// chunk that is being filled has room for them, or the next one is there. `rows` may be read 8 bytes past their end.
void dm_packed_add(dm_packed_table_t *table, const uint8_t *rows, const uint64_t *hashes, size_t n);

/// Finds all rows' places among new slots, which are zero.
void dm_packed_grow(dm_packed_table_t *table, uint32_t *slots, uint32_t slot_bits);

#endif
