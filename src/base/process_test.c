/* SPDX-License-Identifier: GPL-2.0-only */
/* process_test.c: what counts of the time of a process that runs, waits for a CPU, sleeps. */
#include "process.h"

#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SPAN 1.2
#define BUSY 4

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A child on the first CPU that this process may use. */
static pid_t start(bool busy)
{
	pid_t pid = fork();
	cpu_set_t all, one;
	int cpu = 0;

	assert_true(pid >= 0);
	if (pid)
		return pid;
	sched_getaffinity(0, sizeof(all), &all);
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
	for (volatile unsigned n = 0;; n++)
		if (!busy)
			pause();
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* What the clock says of a process, and the wall; the first moments of it are not looked at. */
static double watch(pid_t pid, double *wall)
{
	struct process_clock clock;
	double begin, own;

	usleep(300000);
	begin = now_seconds();
	process_clock_start(&clock, pid);
	do {
		usleep(100000);
		own = process_clock_read(&clock);
		*wall = now_seconds() - begin;
	} while (*wall < SPAN);
	return own;
}

static void sleep_counts(void **state)
{
	pid_t pid = start(false);
	double wall, own = watch(pid, &wall);

	(void)state;
	end(pid);
	assert_true(own > 0.5 * SPAN && own <= wall + 0.001);
}

static void waiting_for_a_cpu_does_not(void **state)
{
	pid_t pids[BUSY];
	double wall, own;

	(void)state;
	if (access("/proc/self/schedstat", R_OK))
		skip();
	for (int i = 0; i < BUSY; i++)
		pids[i] = start(true);
	own = watch(pids[0], &wall);
	for (int i = 0; i < BUSY; i++)
		end(pids[i]);
	assert_true(own < 0.7 * wall);
}

static void who_reads_seldom_was_stopped(void **state)
{
	struct process_clock clock;
	double own;

	(void)state;
	process_clock_start(&clock, getpid());
	clock.last -= 100;
	own = process_clock_read(&clock);
	assert_true(own > 0.5 && own < 1.5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sleep_counts),
		cmocka_unit_test(waiting_for_a_cpu_does_not),
		cmocka_unit_test(who_reads_seldom_was_stopped),
	};

	return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
