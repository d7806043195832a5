// SPDX-License-Identifier: GPL-2.0-only
/* archive_ranges_test.c: what is left out is what cannot be needed, and nothing else. */
#include "archive_ranges.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *const needed[] = {"Makefile", "arch/powerpc/kvm", "include", NULL};

/* Marks at 100, 200, ... of an archive whose end comes 100 behind the last; the ranges as "begin-end ...". */
static const char *ranges_of(const char *const *paths)
{
	static char text[256];
	struct archive_mark marks[16];
	struct xz_range ranges[16];
	size_t count = 0;

	for (; paths[count]; count++) {
		marks[count].offset = 100 * (count + 1);
		snprintf(marks[count].path, sizeof(marks[count].path), "%s", paths[count]);
	}
	count = archive_ranges(ranges, marks, count, 100 * (count + 1), needed);
	text[0] = '\0';
	for (size_t i = 0; i < count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%d-%d", i ? " " : "",
			 (int)ranges[i].begin, (int)ranges[i].end);
	return text;
}

#define assert_ranges(expected, ...) assert_string_equal(ranges_of((const char *const[]){__VA_ARGS__, NULL}), expected)

static void test_other_folders_are_left_out(void **state)
{
	(void)state;
	/* From 200 on all is drivers; a needed file may lie before, and behind 400. */
	assert_ranges("0-200 400-600", "linux/", "linux/drivers/a.c", "linux/drivers/gpu/b.c", "linux/drivers/z.c",
		      "linux/virt/x.c");
	/* What lies before the first and behind the last is unknown. */
	assert_ranges("0-100 200-300", "linux/drivers/a.c", "linux/drivers/b.c");
}

static void test_needed_folders_are_kept(void **state)
{
	(void)state;
	assert_ranges("0-400", "linux/", "linux/include/a.h", "linux/include/linux/b.h");
	/* A folder's own entry may stand before others that begin like it: drivers, drivers.c, drivers/a.c. */
	assert_ranges("0-400", "linux/net/b.c", "linux/drivers/", "linux/drivers/a.c");
	/* Above a needed one, beside one, and below one with the begin of its name. */
	assert_ranges("0-300", "linux/arch/arm/a.c", "linux/arch/x86/b.c");
	assert_ranges("0-100 200-300", "linux/arch/powerpc/mm/a.c", "linux/arch/powerpc/mm/b.c");
	assert_ranges("0-100 200-300", "linux/arch/powerpc/kvm2/a.c", "linux/arch/powerpc/kvm2/b.c");
	assert_ranges("0-300", "linux/arch/powerpc/kvm/a.c", "linux/arch/powerpc/kvm/b.c");
	assert_ranges("0-300", "linux/arch/powerpc/kvm/sub/a.c", "linux/arch/powerpc/kvm/sub/b.c");
}

static void test_order_is_believed(void **state)
{
	(void)state;
	/* Makefile, arch/powerpc/kvm, include. */
	assert_ranges("0-200 300-400 600-700 800-900", "linux/COPYING", "linux/arch/arm/a.c", "linux/arch/mips/b.c",
		      "linux/arch/riscv/c.c", "linux/arch/x86/d.c", "linux/drivers/e.c", "linux/net/f.c",
		      "linux/sound/g.c");
	/* The ranges on both sides of a mark in a needed folder, and of the folder's own entry. */
	assert_ranges("0-200 300-600 700-900", "linux/COPYING", "linux/arch/arm/a.c", "linux/arch/powerpc/boot/b.c",
		      "linux/arch/powerpc/kvm/c.c", "linux/arch/powerpc/kvm/d.c", "linux/arch/riscv/e.c",
		      "linux/arch/x86/f.c", "linux/net/g.c");
	assert_ranges("0-500 600-700", "linux/COPYING", "linux/arch/arm/a.c", "linux/include/", "linux/include/b.h",
		      "linux/kernel/c.c", "linux/net/d.c");
	/* A file is itself a mark. */
	assert_ranges("0-100 200-500", "linux/COPYING", "linux/Makefile", "linux/arch/arm/b.c", "linux/net/c.c");
	/* Others that begin like a needed folder stand between its own entry and its files. */
	assert_ranges("0-400 500-600", "linux/Makefile", "linux/include-a/b.h", "linux/include.c", "linux/include2/d.h",
		      "linux/net/e.c");
}

static void test_order_that_is_none(void **state)
{
	(void)state;
	assert_ranges("0-600", "linux/COPYING", "linux/arch/arm/a.c", "linux/net/b.c", "linux/drivers/c.c",
		      "linux/sound/d.c");
}

static void test_top(void **state)
{
	(void)state;
	/* Nothing is around them but one folder, or nothing at all. */
	assert_ranges("0-300", "linux/COPYING", "linux/README");
	assert_ranges("0-300", "COPYING", "README");
	assert_string_equal(ranges_of((const char *const[]){NULL}), "");
}

static void test_put_together_in_another_way(void **state)
{
	(void)state;
	/* drivers comes twice, so what lies between its files may be anything. */
	assert_ranges("0-600", "linux/drivers/a.c", "linux/drivers/b.c", "linux/virt/kvm/c.c", "linux/drivers/d.c",
		      "linux/drivers/e.c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_other_folders_are_left_out),
		cmocka_unit_test(test_needed_folders_are_kept),
		cmocka_unit_test(test_order_is_believed),
		cmocka_unit_test(test_order_that_is_none),
		cmocka_unit_test(test_top),
		cmocka_unit_test(test_put_together_in_another_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
