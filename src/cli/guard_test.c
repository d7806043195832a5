// SPDX-License-Identifier: GPL-2.0-only
/* guard_test.c: items that die or never come back cost themselves alone, however many work at a time. */
#include "cli/guard.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ITEMS 200u

struct run {
	unsigned taken[ITEMS], died[ITEMS];
	int status[ITEMS];
	size_t last;
	bool in_order;
	size_t stop_after;
	_Atomic uint32_t stop;
	size_t count;
};

static bool opens(void *ctx, char *error, size_t error_size)
{
	(void)ctx;
	(void)error;
	(void)error_size;
	return true;
}

static bool does_not_open(void *ctx, char *error, size_t error_size)
{
	(void)ctx;
	snprintf(error, error_size, "no such module");
	return false;
}

/* 7, 17, 27 ... abort, 3 exits, 100 never comes back. */
static void run(void *ctx, size_t index, void *result)
{
	(void)ctx;
	if (index % 10 == 7)
		abort();
	if (index == 3)
		_exit(9);
	if (index == 100) {
		for (;;)
			pause();
	}
	*(size_t *)result = index * 2;
}

static bool take(void *ctx, size_t index, const void *result, int status)
{
	struct run *r = ctx;

	assert_true(index < ITEMS);
	r->taken[index]++;
	r->died[index] += !result;
	r->status[index] = status;
	r->in_order &= index == r->last;
	r->last = index + 1;
	r->count++;
	if (result)
		assert_int_equal(*(const size_t *)result, index * 2);
	if (r->stop_after && r->count == r->stop_after)
		atomic_store(&r->stop, 1);
	return true;
}

static struct guard guard_for(struct run *r, unsigned jobs)
{
	*r = (struct run){.in_order = true};
	return (struct guard){.ctx = r,
			      .count = ITEMS,
			      .result_size = sizeof(size_t),
			      .open = opens,
			      .run = run,
			      .take = take,
			      .jobs = jobs,
			      .seconds = 1,
			      .stop = &r->stop};
}

static void each_item_once(void **state)
{
	static const unsigned jobs[] = {0, 1, 3, 8};
	struct run r;

	(void)state;
	for (size_t k = 0; k < 4; k++) {
		const struct guard guard = guard_for(&r, jobs[k]);

		assert_int_equal(guard_each(&guard), 0);
		for (size_t i = 0; i < ITEMS; i++) {
			assert_int_equal(r.taken[i], 1);
			assert_int_equal(r.died[i], i % 10 == 7 || i == 3 || i == 100);
		}
		assert_true(WIFSIGNALED(r.status[7]) && WTERMSIG(r.status[7]) == SIGABRT);
		assert_true(WIFEXITED(r.status[3]) && WEXITSTATUS(r.status[3]) == 9);
		assert_int_equal(r.status[100], GUARD_HUNG);
		if (jobs[k] < 2)
			assert_true(r.in_order);
	}
}

static void stops_when_told(void **state)
{
	struct run r;
	struct guard guard = guard_for(&r, 2);

	(void)state;
	r.stop_after = 5;
	assert_int_equal(guard_each(&guard), 0);
	assert_true(r.count >= 5 && r.count < ITEMS);
}

static void says_what_does_not_open(void **state)
{
	struct run r;
	struct guard guard = guard_for(&r, 2);

	(void)state;
	guard.open = does_not_open;
	assert_int_not_equal(guard_each(&guard), 0);
	assert_int_equal(r.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_item_once),
		cmocka_unit_test(stops_when_told),
		cmocka_unit_test(says_what_does_not_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
