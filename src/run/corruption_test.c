/* SPDX-License-Identifier: GPL-2.0-only */
/* corruption_test.c: what is left of a run's findings in which kernel memory was overwritten. Without a kernel. */
#include "test_runner.h"

static void find(struct runner *r, const char *role)
{
	finding_simple(r, CLASS_WARN, LAYER_NONE, role, role, NULL);
}

/* As the kernel would, whom ASan does not watch here. */
__attribute__((no_sanitize("address"))) static void write_behind(char *p)
{
	p[100] = 'x';
}

__attribute__((no_sanitize("address"))) static void write_far_behind(char *p)
{
	p[112] = 'x';
}

/* What was found before the memory was overwritten does not follow from that; what comes after it may. */
static void findings_before_an_overflow_stay(void **state)
{
	struct runner *r = *state;
	char *p = machine_kmem_alloc(r->world.machine, 100, 8, true, 1, NULL);

	assert_non_null(p);
	find(r, "before");
	find(r, "before");
	find(r, "before-too");
	write_behind(p);
	find(r, "after");
	find(r, "after-too");
	finding_corruption(r);
	assert_int_equal(outcome.finding_count, 3);
	assert_string_equal(outcome.findings[0].signature, "warn:none:before");
	assert_string_equal(outcome.findings[1].signature, "warn:none:before-too");
	assert_string_equal(outcome.findings[2].signature, "memory:none:overflow:by-one");
}

static void an_overflow_says_if_it_is_by_one(void **state)
{
	struct runner *r = *state;
	char *p = machine_kmem_alloc(r->world.machine, 100, 8, true, 1, NULL);

	assert_non_null(p);
	write_behind(p);
	write_far_behind(p);
	finding_corruption(r);
	assert_int_equal(outcome.finding_count, 1);
	assert_string_equal(outcome.findings[0].signature, "memory:none:overflow");
}

static void without_an_overflow_all_stay(void **state)
{
	find(*state, "one");
	find(*state, "two");
	finding_corruption(*state);
	assert_int_equal(outcome.finding_count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(findings_before_an_overflow_stay, setup_runner, teardown_runner),
		cmocka_unit_test_setup_teardown(an_overflow_says_if_it_is_by_one, setup_runner, teardown_runner),
		cmocka_unit_test_setup_teardown(without_an_overflow_all_stay, setup_runner, teardown_runner),
	};

	return cmocka_run_group_tests_name("corruption", tests, NULL, NULL);
}
