// Children, and waiting for them: what POSIX's spawn does not do on Linux. The one door is DaymillProcess/ChildDoor.swift.
#pragma once
#include <stdint.h>

/// Starts a program in a session of its own, so that its group can be ended with all that it started.
///
/// `arguments` and `environment` are texts one after another, each with its zero byte. `output` takes standard output and
/// error, `input` gives standard input; with -1 it is empty. With `dies_with_us` the kernel kills it when the thread that called this ends.
/// Returns 0 and the process, or an errno.
int dm_spawn(
    const char *program, const char *arguments, int argument_count, const char *environment, int environment_count,
    const char *folder, int input, int output, int dies_with_us, int32_t *process);

/// A descriptor that can be read once the process has ended, whoever started it; negative: -errno.
int dm_process_descriptor(int32_t process);

/// A descriptor that can be read from when somebody sets it; negative: -errno.
int dm_event_new(void);
void dm_event_set(int event);
void dm_event_clear(int event);

/// Waits until one of the descriptors can be read. Returns its place, -1 when the time has passed, -2 when a signal came.
/// A negative time waits for ever.
int dm_wait_for(const int *descriptors, int count, int64_t milliseconds);

/// Takes the end of a child that has ended. Returns 1 when it has: `code` is its exit code, or minus the signal that ended it;
/// 0 when it has not ended; -errno.
int dm_reap(int32_t process, int *code, int64_t *peak_kilobytes, int64_t *cpu_microseconds);

/// Sends a signal to a group of processes. Returns 0 or an errno.
int dm_signal_group(int32_t group, int signal);

/// From now on these signals do not end the program: the descriptor can be read when one of them came. Blocks SIGINT, SIGTERM
/// and SIGHUP in this thread and those it starts, so it is called first. Negative: -errno.
/// Signals that whoever started us lets go by are left so, but for SIGHUP with `keep_hangups`.
int dm_signals(int keep_hangups);
/// They end the program again, where this thread is told of them.
void dm_signals_over(void);
/// The next signal that came; 0: none.
int dm_next_signal(int descriptor);

/// A descriptor that can be read when the clock of the day reaches a moment, or when somebody sets that clock.
int dm_timer_new(void);
/// Microseconds since 1970; 0 turns it off.
int dm_timer_set(int timer, int64_t moment);
/// Takes note that it could be read.
void dm_timer_clear(int timer);

/// A descriptor that can be read when something in a folder is written, renamed or removed; negative: -errno.
int dm_watch_folder(const char *folder);
/// Takes note that it could be read.
void dm_watch_clear(int watch);

/// Two ends of a way to tell a child something. Returns 0 or an errno.
int dm_pipe(int *ours, int *theirs);
/// Tells it, without waiting. Returns 0 or an errno.
int dm_say(int ours, const char *text);

/// Forgets which pages of the program's code were used, so that a program that sleeps holds none but those it wakes with.
void dm_forget_code(void);

/// A descriptor that can be read when something happens in one of many folders; negative: -errno.
int dm_watches_new(void);
/// Watches one more folder: files that are written, come and go, and with `names_only` no writing. Returns its number, the same
/// for the same folder by another name; negative: -errno.
int dm_watches_add(int watches, const char *folder, int names_only);
void dm_watches_remove(int watches, int folder);
/// Reads what happened since. Returns how many bytes; 0: nothing did.
int dm_watches_read(int watches, char *events, int capacity);
enum { DM_THERE = 1, DM_GONE = 2, DM_FOLDER = 4, DM_OVER = 8, DM_TOO_MANY = 16 };
/// Takes one event out of what was read. `name` has 256 bytes. Returns the place of the next.
int dm_watches_event(const char *events, int place, int *folder, int *kinds, char *name);
/// Whether a folder lies on another machine, or somewhere else that tells this one nothing of changes. 0 where there is none.
int dm_is_remote(const char *folder);
