/* SPDX-License-Identifier: GPL-2.0-only */
/* lock_order_test.c: which order of locks is one that another order may be against. Without a kernel. */
#include "test_runner.h"

/* Some that have a name, two of them the same, and two that the target does not know. */
static const char lock_a, lock_b, lock_c, twin_1, twin_2, unknown_1, unknown_2;

static const char *name_of(const void *lock)
{
	if (lock == &twin_1 || lock == &twin_2)
		return "twin";
	return lock == &lock_a ? "a" : lock == &lock_b ? "b" : lock == &lock_c ? "c" : TARGET_LOCK_OTHER;
}

static const struct target target = {.lock_name = name_of};

static int setup(void **state)
{
	int result = setup_runner(state);

	if (!result)
		((struct runner *)*state)->world.target = &target;
	return result;
}

static struct held_lock *hold(struct runner *r, const void *lock)
{
	struct held_locks *held = world_held(&r->world);

	held->locks[held->count] = (struct held_lock){.lock = lock, .named = lock, .op = r->world.task->op};
	return &held->locks[held->count++];
}

static void take(struct runner *r, const void *lock, bool tried)
{
	struct held_lock *held = hold(r, lock);

	held->tried = tried;
	lock_order_note(r, held);
}

static void in_order(struct runner *r, const void *first, const void *second, bool tries_second)
{
	world_held(&r->world)->count = 0;
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
	world_held(&r->world)->count = 0;
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

/* All of a circle is told, and the same whichever part of it came last. */
static void a_circle_of_three_is_told_whole(void **state)
{
	const void *const circle[] = {&lock_a, &lock_b, &lock_c};

	for (unsigned last = 0; last < 3; last++) {
		outcome.finding_count = 0;
		lock_order_reset(*state);
		for (unsigned i = 1; i <= 3; i++)
			in_order(*state, circle[(last + i) % 3], circle[(last + i + 1) % 3], false);
		assert_int_equal(outcome.finding_count, 1);
		assert_string_equal(outcome.findings[0].title, "lock order: b is taken under a, c under b, a under c");
	}
}

static void the_shortest_way_is_found(void **state)
{
	const uint32_t after[LOCK_CLASSES] = {[0] = 1u << 1 | 1u << 3, [1] = 1u << 2, [2] = 1u << 4, [3] = 1u << 4};
	uint32_t way[LOCK_CLASSES];

	(void)state;
	assert_int_equal(lock_order_way(after, 0, 4, way), 3);
	assert_int_equal(way[0], 0);
	assert_int_equal(way[1], 3);
	assert_int_equal(way[2], 4);
	assert_int_equal(lock_order_way(after, 4, 0, way), 0);
}

/* As with the tlb_lock of two guests. */
static void locks_of_one_name_have_an_order_too(void **state)
{
	in_order(*state, &twin_1, &twin_2, false);
	in_order(*state, &twin_1, &twin_2, false);
	assert_int_equal(outcome.finding_count, 0);
	in_order(*state, &twin_2, &twin_1, false);
	assert_int_equal(outcome.finding_count, 1);
	assert_string_equal(outcome.findings[0].title,
			    "lock order: twin is taken under another twin, and the other way round");
}

/* What an op that has ended left locked does not make all that is taken later come under it. */
static void what_was_left_locked_has_no_order(void **state)
{
	struct runner *r = *state;

	in_order(r, &lock_a, &lock_b, false);
	r->world.task->op++;
	take(r, &lock_a, false);
	assert_int_equal(outcome.finding_count, 0);
	world_held(&r->world)->locks[1].op++;
	take(r, &lock_a, false);
	assert_int_equal(outcome.finding_count, 1);
}

/* A reader takes a lock, and under that lock somebody waits for all readers. */
static void a_grace_period_is_in_the_circle(void **state)
{
	struct runner *r = *state;
	struct held_lock awaited = {.lock = &lock_b, .named = &lock_b, .reads = true};

	hold(r, &lock_b)->reads = true;
	take(r, &lock_a, false);
	world_held(&r->world)->count = 0;
	/* One reader more under the lock waits for nobody. */
	take(r, &lock_a, false);
	hold(r, &lock_b)->reads = true;
	assert_int_equal(outcome.finding_count, 0);
	world_held(&r->world)->count--;
	lock_order_note(r, &awaited);
	assert_int_equal(outcome.finding_count, 1);
	assert_string_equal(outcome.findings[0].title,
			    "lock order: a grace period of b is awaited under a, a under a reader of b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_orders_are_a_finding, setup, teardown_runner),
		cmocka_unit_test_setup_teardown(who_tries_a_lock_does_not_wait, setup, teardown_runner),
		cmocka_unit_test_setup_teardown(a_lock_that_was_tried_is_held, setup, teardown_runner),
		cmocka_unit_test_setup_teardown(locks_without_a_name_are_no_class, setup, teardown_runner),
		cmocka_unit_test_setup_teardown(a_circle_of_three_is_told_whole, setup, teardown_runner),
		cmocka_unit_test(the_shortest_way_is_found),
		cmocka_unit_test_setup_teardown(locks_of_one_name_have_an_order_too, setup, teardown_runner),
		cmocka_unit_test_setup_teardown(what_was_left_locked_has_no_order, setup, teardown_runner),
		cmocka_unit_test_setup_teardown(a_grace_period_is_in_the_circle, setup, teardown_runner),
	};

	return cmocka_run_group_tests_name("lock_order", tests, NULL, NULL);
}
