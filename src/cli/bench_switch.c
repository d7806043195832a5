// SPDX-License-Identifier: GPL-2.0-only
/* bench_switch.c: see bench_switch.h. */
#include "cli/bench_switch.h"

#include "actor/world.h"
#include "sched/fiber.h"

#include <stdlib.h>
#include <time.h>

#define SWITCHES 1000000u
#define STACK_BYTES 65536u

double bench_cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Of one of them, there and back. */
static double nanoseconds(double begin)
{
	return 1e9 * (bench_cpu_seconds() - begin) / (2.0 * SWITCHES);
}

static void yield_for_ever(void *fiber)
{
	for (;;)
		fiber_yield(fiber);
}

double bench_fiber_switch(void)
{
	struct fiber fiber = {0};
	double begin, ns;

	if (!fiber_create(&fiber, STACK_BYTES))
		return 0;
	fiber_start(&fiber, yield_for_ever, &fiber);
	begin = bench_cpu_seconds();
	for (uint32_t i = 0; i < SWITCHES; i++)
		fiber_resume(&fiber);
	ns = nanoseconds(begin);
	fiber_destroy(&fiber);
	return ns;
}

static void let_others_for_ever(void *sched)
{
	for (;;)
		sched_let_others(sched);
}

double bench_task_switch(void)
{
	struct scenario *s = malloc(sizeof(*s));
	struct world *w = calloc(1, sizeof(*w));
	double begin, ns = 0;

	if (w)
		w->machine = machine_create();
	if (s && w && w->machine && sched_create(&w->sched, STACK_BYTES)) {
		scenario_init(s);
		w->scenario = s;
		w->config = &s->config;
		world_tasks_begin(w);
		w->tasks[1].running = w->config->vcpus;
		sched_start(&w->sched, let_others_for_ever, &w->sched);
		begin = bench_cpu_seconds();
		for (uint32_t i = 0; i < SWITCHES; i++)
			sched_let_others(&w->sched);
		ns = nanoseconds(begin);
	}
	if (w) {
		sched_destroy(&w->sched);
		machine_destroy(w->machine);
	}
	free(w);
	free(s);
	return ns;
}
