/* SPDX-License-Identifier: GPL-2.0-only */
/* undefined_test.c: what a finding says that POWER does, by the width of the operation. Without a kernel. */
#include "runner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct finding found(enum target_report_kind kind)
{
	static const void *const callers[TARGET_CALLERS] = {NULL};
	static struct run_outcome outcome;
	struct runner *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	memset(&outcome, 0, sizeof(outcome));
	r->outcome = &outcome;
	r->world.task = &r->world.tasks[0];
	r->world.machine = machine_create();
	assert_non_null(r->world.machine);
	finding_from_report(r, kind, "file.c", 7, NULL, "shift", callers);
	assert_int_equal(outcome.finding_count, 1);
	machine_destroy(r->world.machine);
	free(r);
	return outcome.findings[0];
}

static void a_word_is_shifted_by_other_counts(void **state)
{
	struct finding word = found(REPORT_UNDEFINED_WORD), whole = found(REPORT_UNDEFINED);

	(void)state;
	assert_non_null(strstr(word.title, "32 to 63 modulo 64"));
	assert_non_null(strstr(whole.title, "64 to 127 modulo 128"));
	assert_int_equal(word.class, CLASS_UNDEFINED);
	assert_string_equal(word.signature, whole.signature);
}

static void what_is_defined_says_nothing_of_it(void **state)
{
	(void)state;
	assert_null(strstr(found(REPORT_WARN).title, "POWER"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_word_is_shifted_by_other_counts),
		cmocka_unit_test(what_is_defined_says_nothing_of_it),
	};

	return cmocka_run_group_tests_name("undefined", tests, NULL, NULL);
}
