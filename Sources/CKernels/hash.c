// XXH3 from libxxhash's header. Its values are specified and the same on every CPU.
#define XXH_INLINE_ALL
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>
#include "ckernels.h"

uint64_t dm_hash64(const uint8_t *p, size_t n) { return XXH3_64bits(p, n); }

void dm_hash_texts(const uint8_t *const *pointers, const int32_t *lengths, size_t n, uint64_t *out) {
    for (size_t i = 0; i < n; i++)
        out[i] = lengths[i] < 0 ? 0x6e756c6c6e756c6cull : XXH3_64bits(pointers[i], (size_t)lengths[i]);
}

static void store128(XXH128_hash_t h, uint64_t out[2]) {
    out[0] = h.low64;
    out[1] = h.high64;
}

#if defined(__x86_64__)
void dm_hash128_avx2(const uint8_t *p, size_t n, uint64_t out[2]);
void dm_hash128_avx512(const uint8_t *p, size_t n, uint64_t out[2]);
#endif

void dm_hash128(int level, const uint8_t *p, size_t n, uint64_t out[2]) {
#if defined(__x86_64__)
    if (level == 3) return dm_hash128_avx512(p, n, out);
    if (level == 2) return dm_hash128_avx2(p, n, out);
#endif
    (void)level;
    store128(XXH3_128bits(p, n), out);
}

void *dm_digest_new(void) {
    XXH3_state_t *state = XXH3_createState();
    if (state) XXH3_128bits_reset(state);
    return state;
}

void dm_digest_add(void *digest, const uint8_t *p, size_t n) { XXH3_128bits_update(digest, p, n); }

void dm_digest_take(void *digest, uint64_t out[2]) {
    store128(XXH3_128bits_digest(digest), out);
    XXH3_128bits_reset(digest);
}

void dm_digest_free(void *digest) { XXH3_freeState(digest); }
