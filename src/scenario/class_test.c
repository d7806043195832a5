// SPDX-License-Identifier: GPL-2.0-only
/* class_test.c: the names of classes are an interface: unique, and found again. */
#include "scenario/class.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_names(void **state)
{
	(void)state;
	for (int i = 0; i < CLASS_COUNT; i++) {
		assert_int_equal(class_from_name(class_info[i].name), i);
		assert_true(class_info[i].severity <= SEVERITY_ADVISORY);
		assert_non_null(class_info[i].meaning);
	}
	assert_int_equal(class_from_name("lost-dirty"), -1);
	assert_int_equal(class_from_name(""), -1);
}

static void test_severities(void **state)
{
	(void)state;
	assert_string_equal(severity_name[class_info[CLASS_LOST_DIRTY_HOST].severity], "critical");
	assert_string_equal(severity_name[class_info[CLASS_WARN].severity], "high");
	assert_string_equal(severity_name[class_info[CLASS_ASSUMPTION].severity], "advisory");
	/* Most severe first. */
	for (int i = 1; i < CLASS_COUNT; i++)
		assert_true(class_info[i].severity >= class_info[i - 1].severity);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_severities)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
