// A setting of the C library's allocator that Swift cannot reach.
#include <malloc.h>
#include "ckernels.h"

void dm_keep_large_blocks(void) {
#if defined(__GLIBC__)
    mallopt(M_MMAP_THRESHOLD, 16 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
}
