/* SPDX-License-Identifier: GPL-2.0-only */
/* test_runner.h: for tests without a kernel: a runner with a machine, one task, and an outcome that is empty. */
#ifndef RCFUZZ_TEST_RUNNER_H
#define RCFUZZ_TEST_RUNNER_H

#include "runner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct run_outcome outcome;

static int setup_runner(void **state)
{
	const struct machine_config config = {.page_shift = 16, .cpus = 1};
	struct runner *r = calloc(1, sizeof(*r));

	if (!r)
		return -1;
	*state = r;
	memset(&outcome, 0, sizeof(outcome));
	r->outcome = &outcome;
	r->world.task = &r->world.tasks[0];
	r->world.machine = machine_create();
	if (!r->world.machine)
		return -1;
	machine_reset(r->world.machine, &config);
	return 0;
}

static int teardown_runner(void **state)
{
	struct runner *r = *state;

	machine_destroy(r->world.machine);
	free(r);
	return 0;
}

#endif
