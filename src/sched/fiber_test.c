/* SPDX-License-Identifier: GPL-2.0-only */
/* fiber_test.c: a fiber yields, returns, and can be started again in the middle. */
#include "fiber.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct counter {
	struct fiber fiber;
	int value;
};

static void count_to_three(void *arg)
{
	struct counter *c = arg;

	for (int i = 0; i < 3; i++) {
		c->value++;
		if (i < 2)
			fiber_yield(&c->fiber);
	}
}

static void yields_and_returns(void **state)
{
	struct counter c = {.value = 0};

	(void)state;
	assert_true(fiber_create(&c.fiber, 65536));
	fiber_start(&c.fiber, count_to_three, &c);
	assert_int_equal(c.value, 0);
	assert_true(fiber_resume(&c.fiber));
	assert_int_equal(c.value, 1);
	assert_true(fiber_resume(&c.fiber));
	assert_false(fiber_resume(&c.fiber));
	assert_int_equal(c.value, 3);
	fiber_destroy(&c.fiber);
}

static void starts_again_in_the_middle(void **state)
{
	struct counter c = {.value = 0};

	(void)state;
	assert_true(fiber_create(&c.fiber, 65536));
	fiber_start(&c.fiber, count_to_three, &c);
	fiber_resume(&c.fiber);
	fiber_start(&c.fiber, count_to_three, &c);
	assert_true(fiber_resume(&c.fiber));
	assert_int_equal(c.value, 2);
	fiber_destroy(&c.fiber);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(yields_and_returns),
		cmocka_unit_test(starts_again_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
