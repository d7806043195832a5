/* SPDX-License-Identifier: GPL-2.0-only */
/* undefined_test.c: what a finding says that POWER does, by the width of the operation. Without a kernel. */
#include "test_runner.h"

static const struct finding *found(struct runner *r, enum target_report_kind kind)
{
	static const void *const callers[TARGET_CALLERS] = {NULL};

	outcome.finding_count = 0;
	finding_from_report(r, kind, "file.c", 7, NULL, "shift", callers);
	assert_int_equal(outcome.finding_count, 1);
	return &outcome.findings[0];
}

static void a_word_is_shifted_by_other_counts(void **state)
{
	const struct finding word = *found(*state, REPORT_UNDEFINED_WORD), *whole = found(*state, REPORT_UNDEFINED);

	assert_non_null(strstr(word.title, "32 to 63 modulo 64"));
	assert_non_null(strstr(whole->title, "64 to 127 modulo 128"));
	assert_int_equal(word.class, CLASS_UNDEFINED);
	assert_string_equal(word.signature, whole->signature);
}

static void each_kind_says_what_power_does(void **state)
{
	static const enum target_report_kind kinds[] = {REPORT_UNDEFINED_INDEX, REPORT_UNDEFINED_DIVISION,
							REPORT_UNDEFINED_VALUE, REPORT_UNDEFINED_END};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		assert_int_equal(found(*state, kinds[i])->class, CLASS_UNDEFINED);
		assert_non_null(strstr(outcome.findings[0].title, "; POWER "));
	}
}

static void what_is_defined_says_nothing_of_it(void **state)
{
	assert_null(strstr(found(*state, REPORT_WARN)->title, "POWER"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_word_is_shifted_by_other_counts, setup_runner, teardown_runner),
		cmocka_unit_test_setup_teardown(each_kind_says_what_power_does, setup_runner, teardown_runner),
		cmocka_unit_test_setup_teardown(what_is_defined_says_nothing_of_it, setup_runner, teardown_runner),
	};

	return cmocka_run_group_tests_name("undefined", tests, NULL, NULL);
}
