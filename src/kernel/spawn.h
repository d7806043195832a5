/* SPDX-License-Identifier: GPL-2.0-only */
/* spawn.h: run a program without a shell: a compiler, patch, tar, git. */
#ifndef RCFUZZ_SPAWN_H
#define RCFUZZ_SPAWN_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Start argv[0] (found through PATH) in `directory` (NULL: here), with LC_ALL=C, no input, and both outputs going to
 * the file `log` (NULL: nowhere). Returns 0 and the process, or -errno.
 */
int spawn_start(pid_t *process, char *const argv[], const char *directory, const char *log);

/* The same, here, with what is sent to *feed as its input; the caller closes that. A send() to a process that has ended
 * fails with EPIPE; MSG_NOSIGNAL keeps it from being a signal. */
int spawn_start_fed(pid_t *process, int *feed, char *const argv[], const char *log);

/* Wait for it. Returns its exit status, 128 + n when signal n ended it, or -errno. */
int spawn_wait(pid_t process);

/*
 * Wait for any of `count` processes; entries of 0 are skipped. Returns its index, with its exit status as spawn_wait()
 * gives it in *status; the entry becomes 0. -ECHILD when there is none.
 */
int spawn_wait_any(pid_t *processes, size_t count, int *status);

/* Start and wait. */
int spawn_run(char *const argv[], const char *directory, const char *log);

#endif
