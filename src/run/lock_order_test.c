/* SPDX-License-Identifier: GPL-2.0-only */
/* lock_order_test.c: which order of locks is one that another order may be against. Without a kernel. */
#include "test_runner.h"

/* Two that have a name, and two that the target does not know. */
static const char lock_a, lock_b, unknown_1, unknown_2;

static const char *name_of(const void *lock)
{
	return lock == &lock_a ? "a" : lock == &lock_b ? "b" : TARGET_LOCK_OTHER;
}

static const struct target target = {.lock_name = name_of};

static int setup(void **state)
{
	int result = setup_runner(state);

	if (!result)
		((struct runner *)*state)->world.target = &target;
	return result;
}

static void take(struct runner *r, const void *lock, bool tried)
{
	struct world_task *task = r->world.task;

	task->locks[task->lock_count++] = (struct held_lock){.lock = lock, .tried = tried};
	lock_order_note(r);
}

static void in_order(struct runner *r, const void *first, const void *second, bool tries_second)
{
	r->world.task->lock_count = 0;
	take(r, first, false);
	take(r, second, tries_second);
}

static void two_orders_are_a_finding(void **state)
{
	in_order(*state, &lock_a, &lock_b, false);
	assert_int_equal(outcome.finding_count, 0);
	in_order(*state, &lock_b, &lock_a, false);
	assert_int_equal(outcome.finding_count, 1);
	assert_string_equal(outcome.findings[0].coarse, "lock-discipline:none:order");
}

static void who_tries_a_lock_does_not_wait(void **state)
{
	in_order(*state, &lock_a, &lock_b, false);
	in_order(*state, &lock_b, &lock_a, true);
	assert_int_equal(outcome.finding_count, 0);
}

/* What it takes then, it waits for, and the lock that it tried is held. */
static void a_lock_that_was_tried_is_held(void **state)
{
	struct runner *r = *state;

	in_order(r, &lock_a, &lock_b, false);
	r->world.task->lock_count = 0;
	take(r, &lock_b, true);
	take(r, &lock_a, false);
	assert_int_equal(outcome.finding_count, 1);
}

static void locks_without_a_name_are_no_class(void **state)
{
	in_order(*state, &unknown_1, &lock_a, false);
	in_order(*state, &lock_a, &unknown_2, false);
	in_order(*state, &unknown_2, &lock_b, false);
	in_order(*state, &lock_b, &unknown_1, false);
	assert_int_equal(outcome.finding_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_orders_are_a_finding, setup, teardown_runner),
		cmocka_unit_test_setup_teardown(who_tries_a_lock_does_not_wait, setup, teardown_runner),
		cmocka_unit_test_setup_teardown(a_lock_that_was_tried_is_held, setup, teardown_runner),
		cmocka_unit_test_setup_teardown(locks_without_a_name_are_no_class, setup, teardown_runner),
	};

	return cmocka_run_group_tests_name("lock_order", tests, NULL, NULL);
}
