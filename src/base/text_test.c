/* SPDX-License-Identifier: GPL-2.0-only */
/* text_test.c: what is appended comes behind, and no further than there is room. */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_append(void **state)
{
	char text[8] = "";

	(void)state;
	text_append(text, sizeof(text), "%d", 12);
	text_append(text, sizeof(text), "%s", "34");
	assert_string_equal(text, "1234");
	text_append(text, sizeof(text), "%s", "56789");
	assert_string_equal(text, "1234567");
	text_append(text, sizeof(text), "x");
	assert_string_equal(text, "1234567");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_append)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
