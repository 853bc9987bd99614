// Faults for tests: loaded into the real program with LD_PRELOAD, it counts the calls that change the disk or leave the machine,
// and at one of them kills the process or lets it fail; it also moves the day's clock. Calls go straight to the system.
//
//   FAULTS_IN=WORD      only in `daymill WORD ...`; nothing else is counted or fails
//   FAULTS_UNDER=TEXT   only calls upon paths with TEXT in them
//   FAULTS_COUNT=FILE   16 bytes: calls counted by all such processes, and whether one was killed
//   FAULTS_AT=N         the N-th call of a process, from 1 on
//   FAULTS_DO=before | after   kill this process there, the first one that comes so far
//             full | broken    from there on what needs room fails with ENOSPC; all of it with EIO
//   FAULTS_TOO=parent   its parent is killed just before it is
//   FAULTS_WHILE=FILE   only while FILE is there
//   FAULTS_CLOCK=FILE   8 bytes: microseconds that the day's clock is ahead. A change is told as the system tells it
//   FAULTS_HASTE=N      sleeps are N times shorter
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum what { nothing, kill_before, kill_after, full, broken };
// What a call needs: room on the disk, only that the disk works, or that it is about to leave the machine.
enum kind { needs_room, needs_disk, leaves };

static int is_counted;
static enum what what;
static int64_t at;
static long haste = 1;
static int parent_too;
static const char *under, *lasts_while, *clock_path;
static atomic_llong calls;
static struct shared { atomic_llong calls, killed; } *shared, unshared;
static _Atomic int64_t *ahead;

// MARK: Which process, which calls

static void *mapped(const char *path, size_t size) {
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) return NULL;
    struct stat status;
    if (syscall(SYS_fstat, file, &status) == 0 && (size_t)status.st_size < size) syscall(SYS_ftruncate, file, size);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    syscall(SYS_close, file);
    return memory == MAP_FAILED ? NULL : memory;
}

static void *watch_clock(void *);

__attribute__((constructor)) static void begin(int argc, char **argv) {
    char program[4096] = {0};
    if (syscall(SYS_readlink, "/proc/self/exe", program, sizeof program - 1) < 0) return;
    const char *name = strrchr(program, '/');
    if (!name || strcmp(name + 1, "daymill") != 0) return;
    const char *text = getenv("FAULTS_HASTE");
    if (text && atol(text) > 0) haste = atol(text);
    clock_path = getenv("FAULTS_CLOCK");
    if (clock_path && (ahead = mapped(clock_path, sizeof *ahead))) {
        // Signals are for the program's own threads.
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        pthread_t thread;
        pthread_create(&thread, NULL, watch_clock, NULL);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    const char *word = getenv("FAULTS_IN");
    if (!word || argc < 2 || strcmp(argv[1], word) != 0) return;
    is_counted = 1;
    under = getenv("FAULTS_UNDER");
    lasts_while = getenv("FAULTS_WHILE");
    text = getenv("FAULTS_COUNT");
    if (text) shared = mapped(text, sizeof *shared);
    if (!shared) shared = &unshared;
    text = getenv("FAULTS_TOO");
    parent_too = text && !strcmp(text, "parent");
    text = getenv("FAULTS_AT");
    at = text ? atoll(text) : 0;
    text = getenv("FAULTS_DO");
    if (text && at > 0)
        what = !strcmp(text, "before") ? kill_before : !strcmp(text, "after") ? kill_after
             : !strcmp(text, "full") ? full : !strcmp(text, "broken") ? broken : nothing;
}

static int is_there(const char *path) { return syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0; }

static int concerns(int descriptor) {
    struct stat status;
    if (!is_counted || descriptor <= 2 || syscall(SYS_fstat, descriptor, &status) < 0 || !S_ISREG(status.st_mode)) return 0;
    if (!under) return 1;
    char link[64], path[4096] = {0};
    char *end = link + sizeof link;
    *--end = 0;
    do *--end = (char)('0' + descriptor % 10);
    while (descriptor /= 10);
    char name[96] = "/proc/self/fd/";
    strcat(name, end);
    return syscall(SYS_readlink, name, path, sizeof path - 1) > 0 && strstr(path, under) != NULL;
}

static int concerns_path(const char *path) { return is_counted && path && (!under || strstr(path, under)); }

static void die(void) {
    // Of several processes the first one dies.
    if (atomic_exchange(&shared->killed, 1)) return;
    if (parent_too) syscall(SYS_kill, syscall(SYS_getppid), SIGKILL);
    syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
    while (1) syscall(SYS_pause);
}

// Counts a call; not 0 and errno where it fails.
static int fails(enum kind kind, int64_t *number) {
    *number = atomic_fetch_add(&calls, 1) + 1;
    atomic_fetch_add(&shared->calls, 1);
    if (what == kill_before && *number == at) die();
    if ((what != full && what != broken) || *number < at || kind == leaves) return 0;
    if ((lasts_while && !is_there(lasts_while)) || (what == full && kind != needs_room)) return 0;
    errno = what == full ? ENOSPC : EIO;
    return 1;
}

static void done(int64_t number) {
    if (what == kill_after && number == at) die();
}

#define CALL(concern, kind, type, call) \
    if (!(concern)) return (type)(call); \
    int64_t number; \
    if (fails(kind, &number)) return (type)-1; \
    type result = (type)(call); \
    int problem = errno; \
    done(number); \
    errno = problem; \
    return result;

// MARK: Files

ssize_t write(int file, const void *bytes, size_t count) {
    CALL(concerns(file), needs_room, ssize_t, syscall(SYS_write, file, bytes, count))
}
ssize_t pwrite(int file, const void *bytes, size_t count, off_t place) {
    CALL(concerns(file), needs_room, ssize_t, syscall(SYS_pwrite64, file, bytes, count, place))
}
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t place) { return pwrite(file, bytes, count, place); }
ssize_t writev(int file, const struct iovec *pieces, int count) {
    CALL(concerns(file), needs_room, ssize_t, syscall(SYS_writev, file, pieces, count))
}
int fsync(int file) { CALL(concerns(file), needs_disk, int, syscall(SYS_fsync, file)) }
int fdatasync(int file) { CALL(concerns(file), needs_disk, int, syscall(SYS_fdatasync, file)) }
int ftruncate(int file, off_t size) { CALL(concerns(file), needs_disk, int, syscall(SYS_ftruncate, file, size)) }
int ftruncate64(int file, off64_t size) { return ftruncate(file, size); }
int rename(const char *from, const char *to) {
    CALL(concerns_path(to), needs_disk, int, syscall(SYS_rename, from, to))
}
int renameat(int a, const char *from, int b, const char *to) {
    CALL(concerns_path(to), needs_disk, int, syscall(SYS_renameat, a, from, b, to))
}
int link(const char *from, const char *to) { CALL(concerns_path(to), needs_room, int, syscall(SYS_link, from, to)) }
int unlink(const char *path) { CALL(concerns_path(path), needs_disk, int, syscall(SYS_unlink, path)) }
int unlinkat(int folder, const char *path, int flags) {
    CALL(concerns_path(path), needs_disk, int, syscall(SYS_unlinkat, folder, path, flags))
}
int rmdir(const char *path) { CALL(concerns_path(path), needs_disk, int, syscall(SYS_rmdir, path)) }
int mkdir(const char *path, mode_t mode) { CALL(concerns_path(path), needs_room, int, syscall(SYS_mkdir, path, mode)) }

static int opened(int folder, const char *path, int flags, mode_t mode) {
    // One that is there already needs no room; cutting it off changes the disk all the same.
    int makes = (flags & O_CREAT) && !is_there(path), cuts = flags & O_TRUNC;
    CALL((makes || cuts) && concerns_path(path), makes ? needs_room : needs_disk, int,
         syscall(SYS_openat, folder, path, flags, mode))
}
#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list more; \
        va_start(more, flags); \
        mode = va_arg(more, mode_t); \
        va_end(more); \
    }
int open(const char *path, int flags, ...) { MODE(flags) return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return opened(AT_FDCWD, path, flags, mode); }
int openat(int folder, const char *path, int flags, ...) { MODE(flags) return opened(folder, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { MODE(flags) return opened(folder, path, flags, mode); }

// What is sent to others cannot be taken back.
ssize_t send(int socket, const void *bytes, size_t count, int flags) {
    CALL(is_counted && !under, leaves, ssize_t, syscall(SYS_sendto, socket, bytes, count, flags, NULL, 0))
}

// MARK: The clock

static int64_t shift(void) { return ahead ? atomic_load(ahead) : 0; }

static void add(struct timespec *time, int64_t microseconds) {
    int64_t nanoseconds = time->tv_nsec + microseconds % 1000000 * 1000;
    time->tv_sec += microseconds / 1000000;
    while (nanoseconds < 0) nanoseconds += 1000000000, time->tv_sec--;
    while (nanoseconds >= 1000000000) nanoseconds -= 1000000000, time->tv_sec++;
    time->tv_nsec = nanoseconds;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = (int)syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) add(time, shift());
    return result;
}
int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    (void)zone;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *time = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}
time_t time(time_t *place) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (place) *place = now.tv_sec;
    return now.tv_sec;
}

// Timers of the day's clock: where that clock is set they wake, and reading one says ECANCELED.
static struct timer { int descriptor, is_told, was_set; struct itimerspec spec; } timers[64];
static int timer_count;
static pthread_mutex_t timers_lock = PTHREAD_MUTEX_INITIALIZER;

static struct timer *timer_of(int descriptor) {
    for (int i = 0; ahead && i < timer_count; i++)
        if (timers[i].descriptor == descriptor) return &timers[i];
    return NULL;
}

static void arm(struct timer *timer) {
    struct itimerspec spec = timer->spec;
    if (timer->was_set) spec.it_value = (struct timespec){0, 1};
    else if (spec.it_value.tv_sec || spec.it_value.tv_nsec) {
        add(&spec.it_value, -shift());
        if (spec.it_value.tv_sec < 0 || (!spec.it_value.tv_sec && !spec.it_value.tv_nsec)) spec.it_value = (struct timespec){0, 1};
    }
    syscall(SYS_timerfd_settime, timer->descriptor, TFD_TIMER_ABSTIME, &spec, NULL);
}

int timerfd_create(clockid_t clock, int flags) {
    int descriptor = (int)syscall(SYS_timerfd_create, clock, flags);
    pthread_mutex_lock(&timers_lock);
    if (ahead && clock == CLOCK_REALTIME && descriptor >= 0 && timer_count < 64)
        timers[timer_count++] = (struct timer){.descriptor = descriptor};
    pthread_mutex_unlock(&timers_lock);
    return descriptor;
}

int timerfd_settime(int descriptor, int flags, const struct itimerspec *spec, struct itimerspec *before) {
    pthread_mutex_lock(&timers_lock);
    struct timer *timer = flags & TFD_TIMER_ABSTIME ? timer_of(descriptor) : NULL;
    int result = 0;
    if (timer) {
        timer->spec = *spec;
        timer->is_told = (flags & TFD_TIMER_CANCEL_ON_SET) != 0;
        // It is armed, and whoever asks is told that the clock was set.
        if (timer->was_set) result = -1, errno = ECANCELED;
        timer->was_set = 0;
        arm(timer);
    }
    pthread_mutex_unlock(&timers_lock);
    return timer ? result : (int)syscall(SYS_timerfd_settime, descriptor, flags, spec, before);
}

ssize_t read(int descriptor, void *bytes, size_t count) {
    if (ahead) {
        pthread_mutex_lock(&timers_lock);
        struct timer *timer = timer_of(descriptor);
        int was_set = timer && timer->was_set;
        if (was_set) {
            uint64_t times;
            syscall(SYS_read, descriptor, &times, sizeof times);
            timer->was_set = 0;
        }
        pthread_mutex_unlock(&timers_lock);
        if (was_set) {
            errno = ECANCELED;
            return -1;
        }
    }
    return syscall(SYS_read, descriptor, bytes, count);
}

static void *watch_clock(void *nobody) {
    int watch = inotify_init1(IN_CLOEXEC);
    inotify_add_watch(watch, clock_path, IN_MODIFY);
    char events[4096];
    while (syscall(SYS_read, watch, events, sizeof events) > 0) {
        pthread_mutex_lock(&timers_lock);
        for (int i = 0; i < timer_count; i++) {
            timers[i].was_set = timers[i].is_told;
            arm(&timers[i]);
        }
        pthread_mutex_unlock(&timers_lock);
    }
    return nobody;
}

// MARK: Sleeps

int nanosleep(const struct timespec *length, struct timespec *left) {
    int64_t all = ((int64_t)length->tv_sec * 1000000000 + length->tv_nsec) / haste;
    struct timespec shorter = {all / 1000000000, all % 1000000000};
    return (int)syscall(SYS_nanosleep, &shorter, left);
}
int usleep(useconds_t length) {
    struct timespec time = {length / 1000000, (long)(length % 1000000) * 1000};
    return nanosleep(&time, NULL);
}
unsigned sleep(unsigned seconds) {
    struct timespec time = {seconds, 0};
    nanosleep(&time, NULL);
    return 0;
}
