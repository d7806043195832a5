// SPDX-License-Identifier: GPL-2.0-only
/* sweep_test.c: delays cover all of the overlap, and gather where something showed. */
#include "sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define PARTS 20u

/* The whole width in parts: how often each was tried. */
static void count_parts(struct sweep *s, unsigned tries, unsigned counts[PARTS])
{
	for (unsigned i = 0; i < tries; i++) {
		int64_t from_left = sweep_next(s) + s->child_ns;

		assert_in_range(from_left, 0, sweep_width(s) - 1);
		counts[from_left * PARTS / sweep_width(s)]++;
	}
}

static void all_of_the_overlap_is_tried_evenly(void **state)
{
	struct sweep s = {.victim_ns = 3000000, .child_ns = 400000};
	unsigned counts[PARTS] = {0};

	(void)state;
	count_parts(&s, 400, counts);
	for (unsigned i = 0; i < PARTS; i++)
		assert_in_range(counts[i], 18, 22);
}

static void most_tries_are_near_a_hit(void **state)
{
	struct sweep s = {.victim_ns = 3000000, .child_ns = 400000};
	unsigned near = 0;

	(void)state;
	sweep_learn(&s, 1500000, 3000000, 400000, true);
	for (unsigned i = 0; i < 400; i++) {
		int32_t delay = sweep_next(&s);

		near += delay > 1390000 && delay < 1610000;
	}
	/* Three of four, and those of the others that fall there. */
	assert_in_range(near, 300, 320);
}

static void it_learns_how_long_ops_take(void **state)
{
	struct sweep s = {0};

	(void)state;
	assert_true(sweep_width(&s) > 0);
	sweep_learn(&s, 0, 800000, 200000, false);
	assert_int_equal(sweep_width(&s), 1000000);
	/* A busy host makes every other run five times as long. */
	for (int i = 0; i < 400; i++)
		sweep_learn(&s, 0, i % 2 ? 4000000 : 800000, i % 2 ? 1000000 : 200000, false);
	assert_in_range(sweep_width(&s), 1000000, 1500000);
	/* It is slower now, all the time. */
	for (int i = 0; i < 1000; i++)
		sweep_learn(&s, 0, 1600000, 400000, false);
	assert_in_range(sweep_width(&s), 1990000, 2000000);
	/* A host that was away for a second says nothing of the op. */
	sweep_learn(&s, 0, 1000000000, 0, false);
	assert_in_range(sweep_width(&s), 1990000, 2000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_the_overlap_is_tried_evenly),
		cmocka_unit_test(most_tries_are_near_a_hit),
		cmocka_unit_test(it_learns_how_long_ops_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
