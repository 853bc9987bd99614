#define _GNU_SOURCE
#include "cclock.h"
#include <sys/timex.h>

int dm_clock_is_synchronised(void) {
    // Modes of 0 only ask.
    struct timex answer = {.modes = 0};
    int state = adjtimex(&answer);
    if (state < 0) return -1;
    return state != TIME_ERROR && !(answer.status & STA_UNSYNC);
}
