#define _GNU_SOURCE
#include "ckernels.h"
#include <fcntl.h>

// The system's header shows this call to C only. A hint: what goes wrong shows when the file is synced.
void dm_begin_sync(int descriptor, int64_t first, int64_t count) {
    (void)sync_file_range(descriptor, first, count, SYNC_FILE_RANGE_WRITE);
}
