/* SPDX-License-Identifier: GPL-2.0-only */
/* corruption_test.c: what is left of a run's findings in which kernel memory was overwritten. Without a kernel. */
#include "runner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct run_outcome outcome;

static int setup(void **state)
{
	const struct machine_config config = {.page_shift = 16, .cpus = 1};
	struct runner *r = calloc(1, sizeof(*r));

	if (!r)
		return -1;
	memset(&outcome, 0, sizeof(outcome));
	r->outcome = &outcome;
	r->world.task = &r->world.tasks[0];
	*state = r;
	r->world.machine = machine_create();
	if (!r->world.machine)
		return -1;
	machine_reset(r->world.machine, &config);
	return 0;
}

static int teardown(void **state)
{
	struct runner *r = *state;

	machine_destroy(r->world.machine);
	free(r);
	return 0;
}

static void find(struct runner *r, const char *role)
{
	finding_simple(r, CLASS_WARN, LAYER_NONE, role, role, NULL);
}

/* As the kernel would, whom ASan does not watch here. */
__attribute__((no_sanitize("address"))) static void write_behind(char *p)
{
	p[100] = 'x';
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
	assert_string_equal(outcome.findings[2].signature, "memory:none:overflow");
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
		cmocka_unit_test_setup_teardown(findings_before_an_overflow_stay, setup, teardown),
		cmocka_unit_test_setup_teardown(without_an_overflow_all_stay, setup, teardown),
	};

	return cmocka_run_group_tests_name("corruption", tests, NULL, NULL);
}
