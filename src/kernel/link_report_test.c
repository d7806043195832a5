// SPDX-License-Identifier: GPL-2.0-only
/* link_report_test.c: what GNU ld and LLD print of unresolved symbols. */
#include "link_report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void test_gnu(void **state)
{
	struct textlist unknown = {0};

	(void)state;
	link_report_unknown(&unknown,
			    "/usr/bin/ld: /tmp/x/nested.o: in function `f':\n"
			    "arch/powerpc/kvm/nested.c:7: warning: undefined reference to `foo'\n"
			    "/usr/bin/ld: nested.c:8: warning: undefined reference to `__asan_load8'\n"
			    "/usr/bin/ld: other.o:(.data+0x8): warning: undefined reference to `bar'\n"
			    "/usr/bin/ld: other.o:x.c:9: warning: more undefined references to `foo' follow\n");
	assert_int_equal(unknown.count, 2);
	assert_string_equal(unknown.items[0], "foo nested");
	assert_string_equal(unknown.items[1], "bar other");
	textlist_free(&unknown);
}

static void test_lld(void **state)
{
	struct textlist unknown = {0};

	(void)state;
	link_report_unknown(&unknown, "ld.lld: warning: undefined symbol: foo\n"
				      ">>> referenced by nested.c:7 (arch/powerpc/kvm/nested.c:7)\n"
				      ">>>               /tmp/x/nested.o:(f)\n"
				      "\n"
				      "ld.lld: warning: undefined symbol: __tsan_read8\n"
				      ">>> referenced by nested.c:8 (arch/powerpc/kvm/nested.c:8)\n"
				      ">>>               nested.o:(f)\n");
	assert_int_equal(unknown.count, 1);
	assert_string_equal(unknown.items[0], "foo nested");
	textlist_free(&unknown);
}

static void test_nothing(void **state)
{
	struct textlist unknown = {0};

	(void)state;
	link_report_unknown(&unknown, "");
	link_report_unknown(&unknown, "ld: something else went wrong\n");
	assert_int_equal(unknown.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gnu),
		cmocka_unit_test(test_lld),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
