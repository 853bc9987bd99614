#define _GNU_SOURCE
#include "cprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

static char **pointers(const char *texts, int count) {
    char **all = malloc(((size_t)count + 1) * sizeof *all);
    if (!all) return NULL;
    for (int i = 0; i < count; i++) {
        all[i] = (char *)texts;
        texts += strlen(texts) + 1;
    }
    all[count] = NULL;
    return all;
}

int dm_spawn(
    const char *program, const char *arguments, int argument_count, const char *environment, int environment_count,
    const char *folder, int input, int output, int dies_with_us, int32_t *process) {
    char **argv = pointers(arguments, argument_count), **envp = pointers(environment, environment_count);
    int nothing = input < 0 ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
    if (input < 0) input = nothing;
    volatile int problem = 0;
    if (!argv || !envp || input < 0) {
        problem = input < 0 ? errno : ENOMEM;
        goto done;
    }
    // The child shares our memory until it becomes the program, so a large program starts one as fast as a small one. It only
    // makes system calls until then, and signals wait meanwhile, since a handler would run in our memory.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    pid_t child = vfork();
    if (child == 0) {
        if (setsid() < 0) goto failed;
        if (dies_with_us) {
            if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) goto failed;
            // Our parent may have died before the kernel was told.
            if (getppid() != parent) _exit(127);
        }
        struct sigaction usual = {.sa_handler = SIG_DFL};
        for (int i = 1; i < 32; i++)
            if (i != SIGKILL && i != SIGSTOP) sigaction(i, &usual, NULL);
        if (folder && chdir(folder) < 0) goto failed;
        // Locks and logs of ours are not theirs.
        if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) goto failed;
        syscall(SYS_close_range, 3, ~0U, 0);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        execvpe(program, argv, envp);
    failed:
        problem = errno;
        _exit(127);
    }
    int spawned = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (child < 0) problem = spawned;
    if (child > 0 && problem) waitpid(child, NULL, 0);
    *process = child;
done:
    if (nothing >= 0) close(nothing);
    free(argv);
    free(envp);
    return problem;
}

int dm_process_descriptor(int32_t process) {
    int descriptor = (int)syscall(SYS_pidfd_open, process, 0);
    return descriptor < 0 ? -errno : descriptor;
}

int dm_event_new(void) {
    int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return event < 0 ? -errno : event;
}

void dm_event_set(int event) {
    uint64_t one = 1;
    if (write(event, &one, sizeof one) < 0) return;  // It is set already.
}

void dm_event_clear(int event) {
    uint64_t count;
    if (read(event, &count, sizeof count) < 0) return;  // It was not set.
}

int dm_wait_for(const int *descriptors, int count, int64_t milliseconds) {
    struct pollfd *polls = calloc((size_t)count + 1, sizeof *polls);
    if (!polls) return -1;
    for (int i = 0; i < count; i++) polls[i] = (struct pollfd){.fd = descriptors[i], .events = POLLIN};
    int time = milliseconds < 0 ? -1 : milliseconds > 1000000000 ? 1000000000 : (int)milliseconds;
    int found = poll(polls, (nfds_t)count, time), place = found < 0 ? -2 : -1;
    for (int i = 0; found > 0 && i < count; i++)
        if (polls[i].revents) {
            place = i;
            break;
        }
    free(polls);
    return place;
}

int dm_reap(int32_t process, int *code, int64_t *peak_kilobytes, int64_t *cpu_microseconds) {
    int status = 0;
    struct rusage usage = {0};
    pid_t found;
    do found = wait4(process, &status, WNOHANG, &usage);
    while (found < 0 && errno == EINTR);
    if (found < 0) return -errno;
    if (found == 0) return 0;
    *code = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    *peak_kilobytes = usage.ru_maxrss;
    *cpu_microseconds = (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec
        + usage.ru_stime.tv_usec;
    return 1;
}

int dm_signal_group(int32_t group, int signal) { return group > 1 && kill(-group, signal) < 0 ? errno : 0; }

int dm_signals(int keep_hangups) {
    const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < 3; i++) {
        struct sigaction now = {0};
        sigaction(signals[i], NULL, &now);
        if (now.sa_handler != SIG_IGN || (keep_hangups && signals[i] == SIGHUP)) sigaddset(&set, signals[i]);
    }
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    int descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}

void dm_signals_over(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

int dm_next_signal(int descriptor) {
    struct signalfd_siginfo info;
    return read(descriptor, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}

int dm_timer_new(void) {
    int timer = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    return timer < 0 ? -errno : timer;
}

int dm_timer_set(int timer, int64_t moment) {
    struct itimerspec spec = {.it_value = {.tv_sec = moment / 1000000, .tv_nsec = moment % 1000000 * 1000}};
    // The system tells when the clock is set, too, so that nobody sleeps through it.
    return timerfd_settime(timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, NULL) < 0 ? errno : 0;
}

void dm_timer_clear(int timer) {
    uint64_t count;
    if (read(timer, &count, sizeof count) < 0) return;  // The clock was set.
}

int dm_watch_folder(const char *folder) {
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch < 0) return -errno;
    if (inotify_add_watch(watch, folder, IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE) < 0) {
        int problem = errno;
        close(watch);
        return -problem;
    }
    return watch;
}

void dm_watch_clear(int watch) {
    char events[4096];
    while (read(watch, events, sizeof events) > 0) continue;
}

int dm_pipe(int *ours, int *theirs) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) return errno;
    *ours = ends[0];
    *theirs = ends[1];
    return 0;
}

int dm_say(int ours, const char *text) {
    size_t length = strlen(text);
    // Whoever is gone is no reason to end.
    return send(ours, text, length, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)length ? 0 : EPIPE;
}

void dm_forget_code(void) {
    FILE *maps = fopen("/proc/self/maps", "re");
    if (!maps) return;
    char line[4352];
    while (fgets(line, sizeof line, maps)) {
        unsigned long start, end, inode;
        char rights[5];
        if (sscanf(line, "%lx-%lx %4s %*x %*s %lu", &start, &end, rights, &inode) != 4) continue;
        // Code of files, which nobody writes to: what is needed again is still in the system's cache.
        if (inode && !strcmp(rights, "r-xp")) madvise((void *)start, end - start, MADV_DONTNEED);
    }
    fclose(maps);
}
