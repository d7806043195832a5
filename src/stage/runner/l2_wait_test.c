// SPDX-License-Identifier: GPL-2.0-only
/* l2_wait_test.c: a slow L2 gets to its end, in few entries; one that is stuck is given up soon. */
#include "l2_wait.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* An L2 on a machine that is slow now: it begins again each time that it is entered. */
struct l2 {
	unsigned needs_ms; /* to its end; 0: there is none */
	unsigned loads_per_s;
	unsigned entries, took_ms;
};

/* As the runner does it (vcpu.c, enter_l2). False: given up. */
static bool run(struct l2 *l2)
{
	uint64_t loads = 1000; /* of earlier entries */
	struct l2_wait wait = l2_wait_begin(loads);

	for (;;) {
		l2->entries++;
		if (l2->needs_ms && l2->needs_ms <= wait.ms) {
			l2->took_ms += l2->needs_ms;
			return true;
		}
		assert_in_range(l2->entries, 1, 100);
		l2->took_ms += wait.ms;
		loads += (uint64_t)wait.ms * l2->loads_per_s / 1000;
		if (!l2_wait_again(&wait, loads))
			return false;
	}
}

static void a_usual_one_is_not_ended(void **state)
{
	struct l2 l2 = {.needs_ms = 3};

	(void)state;
	assert_true(run(&l2));
	assert_int_equal(l2.entries, 1);
}

static void a_slow_one_begins_again_a_few_times_only(void **state)
{
	(void)state;
	for (unsigned ms = L2_WAIT_MS + 1; ms <= L2_WAIT_MS_MAX; ms++) {
		struct l2 l2 = {.needs_ms = ms};

		assert_true(run(&l2));
		assert_in_range(l2.entries, 2, 7);
		/* All that was for nothing is less than twice what it needs. */
		assert_in_range(l2.took_ms, ms, 3 * ms);
	}
}

static void one_that_is_stuck_is_given_up_at_the_first_signal(void **state)
{
	struct l2 l2 = {.loads_per_s = 5000};

	(void)state;
	assert_false(run(&l2));
	assert_int_equal(l2.took_ms, L2_WAIT_MS);
}

/* The reads add up over its entries. */
static void one_that_is_stuck_is_given_up_on_a_slow_machine_too(void **state)
{
	struct l2 l2 = {.loads_per_s = 20};

	(void)state;
	assert_false(run(&l2));
	assert_in_range(l2.took_ms, 1000 * L2_WAIT_LOADS / 20, 4000 * L2_WAIT_LOADS / 20);
}

static void it_never_waits_longer_than_the_longest_time(void **state)
{
	struct l2_wait wait = l2_wait_begin(0);

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_true(l2_wait_again(&wait, 0));
		assert_in_range(wait.ms, L2_WAIT_MS, L2_WAIT_MS_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_usual_one_is_not_ended),
		cmocka_unit_test(a_slow_one_begins_again_a_few_times_only),
		cmocka_unit_test(one_that_is_stuck_is_given_up_at_the_first_signal),
		cmocka_unit_test(one_that_is_stuck_is_given_up_on_a_slow_machine_too),
		cmocka_unit_test(it_never_waits_longer_than_the_longest_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
