/* SPDX-License-Identifier: GPL-2.0-only */
/* process.c: see process.h. */
#include "process.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define READ_SECONDS_MAX 1.0

/* Documentation/scheduler/sched-stats.rst: time on the CPU, time ready and waiting for one (ns), times it got one. */
static double delay_seconds(pid_t pid)
{
	char path[64];
	uint64_t delay = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%*u %" SCNu64, &delay) != 1)
		delay = 0;
	fclose(file);
	return (double)delay / 1e9;
}

static double now_seconds(const struct process_clock *clock)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9 - delay_seconds(clock->pid);
}

void process_clock_start(struct process_clock *clock, pid_t pid)
{
	*clock = (struct process_clock){.pid = pid};
	clock->last = now_seconds(clock);
}

double process_clock_read(struct process_clock *clock)
{
	double now = now_seconds(clock), passed = now - clock->last;

	/* A delay is counted when it is over: it may be more than what has passed since the last call. */
	if (passed <= 0)
		return clock->seconds;
	clock->last = now;
	clock->seconds += passed < READ_SECONDS_MAX ? passed : READ_SECONDS_MAX;
	return clock->seconds;
}
