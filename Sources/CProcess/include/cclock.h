// What the kernel knows about the machine's clock.
#ifndef DAYMILL_CCLOCK_H
#define DAYMILL_CCLOCK_H

/// 1: a time service keeps it right; 0: none does; below 0: the kernel does not tell.
int dm_clock_is_synchronised(void);

#endif
