/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * process.h: how long has a child process had for what it does? What a busy machine keeps from it does not count: it
 * would make one that is slow there look like one that never comes back.
 */
#ifndef RCFUZZ_PROCESS_H
#define RCFUZZ_PROCESS_H

#include <sys/types.h>

struct process_clock {
	pid_t pid;
	double last, seconds;
};

void process_clock_start(struct process_clock *clock, pid_t pid);
/*
 * Seconds since the start in which the process ran, slept or waited for something, but not those in which it was ready
 * to run and others had the CPU (/proc/PID/schedstat; without it all count). To be read every second or so: of a longer
 * time between two calls one second counts, since the caller itself has been stopped then.
 */
double process_clock_read(struct process_clock *clock);

#endif
