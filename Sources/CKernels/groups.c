// Kernels over the states of groups.
#include "ckernels.h"

static void count4_0(uint64_t *const *groups, size_t offset, const uint32_t *rows, size_t n, const uint8_t *mask0,
                     const uint8_t *mask1, const uint8_t *mask2, const uint8_t *mask3) {
    for (size_t i = 0; i < n; i++) {
        uint64_t *words = groups[i] + offset;
        uint32_t row = rows[i];
        words[0] += mask0[row];
        words[1] += mask1[row];
        words[2] += mask2[row];
        words[3] += mask3[row];
    }
}

#if defined(__x86_64__)
#include <immintrin.h>
__attribute__((target("avx2"))) static void count4_2(uint64_t *const *groups, size_t offset, const uint32_t *rows,
                                                     size_t n, const uint8_t *mask0, const uint8_t *mask1,
                                                     const uint8_t *mask2, const uint8_t *mask3) {
    for (size_t i = 0; i < n; i++) {
        __m256i *words = (__m256i *)(groups[i] + offset);
        uint32_t row = rows[i];
        uint32_t four = mask0[row] | (uint32_t)mask1[row] << 8 | (uint32_t)mask2[row] << 16 | (uint32_t)mask3[row] << 24;
        __m256i add = _mm256_cvtepu8_epi64(_mm_cvtsi32_si128((int)four));
        _mm256_storeu_si256(words, _mm256_add_epi64(_mm256_loadu_si256(words), add));
    }
}
#endif

void dm_count4(int level, uint64_t *const *groups, size_t offset, const uint32_t *rows, size_t n,
               const uint8_t *mask0, const uint8_t *mask1, const uint8_t *mask2, const uint8_t *mask3) {
#if defined(__x86_64__)
    if (level >= 2) return count4_2(groups, offset, rows, n, mask0, mask1, mask2, mask3);
#endif
    (void)level;
    count4_0(groups, offset, rows, n, mask0, mask1, mask2, mask3);
}
