/* SPDX-License-Identifier: GPL-2.0-only */
/* text_test.c: what is appended comes behind, and no further than there is room; names are told apart. */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

static void test_names_stay_apart(void **state)
{
	char first[16], second[16];

	(void)state;
	text_fit_name(first, sizeof(first), "123456789012345");
	assert_string_equal(first, "123456789012345");
	/* They differ behind what fits. */
	text_fit_name(first, sizeof(first), "kvm_vcpu.arch.vpa.dirty");
	text_fit_name(second, sizeof(second), "kvm_vcpu.arch.vpa.dummy");
	assert_memory_equal(first, "kvm_vc~", 7);
	assert_int_equal(strlen(first), 15);
	assert_memory_equal(second, "kvm_vc~", 7);
	assert_string_not_equal(first, second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_append), cmocka_unit_test(test_names_stay_apart)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
