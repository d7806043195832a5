// SPDX-License-Identifier: GPL-2.0-only
/* smaps_test.c: what is huge is read of the right VMA, and what the kernel does not say is not taken for small. */
#include "smaps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char text[] =
	"3d8000000000-3d8000200000 rw-s 00400000 00:01 5                          /memfd:guest (deleted)\n"
	"Size:               2048 kB\n"
	"AnonHugePages:         0 kB\n"
	"ShmemPmdMapped:     2048 kB\n"
	"FilePmdMapped:         0 kB\n"
	"VmFlags: rd wr sh mr mw me ms sd \n"
	"3d8000200000-3d8000210000 rw-s 00800000 00:01 5                          /memfd:guest (deleted)\n"
	"Size:                 64 kB\n"
	"ShmemPmdMapped:        0 kB\n"
	"3d8000210000-3d8000220000 rw-p 00000000 00:00 0 \n"
	"Size:                 64 kB\n";

static long huge_kib(uint64_t addr)
{
	FILE *file = fmemopen((void *)text, sizeof(text) - 1, "r");
	long kib;

	assert_non_null(file);
	kib = smaps_huge_kib(file, addr);
	fclose(file);
	return kib;
}

static void each_vma_has_its_own_line(void **state)
{
	(void)state;
	assert_int_equal(huge_kib(0x3d8000000000), 2048);
	assert_int_equal(huge_kib(0x3d80001fffff), 2048);
	assert_int_equal(huge_kib(0x3d8000200000), 0);
}

static void what_is_not_said_is_not_zero(void **state)
{
	(void)state;
	assert_int_equal(huge_kib(0x3d8000210000), -1);
	assert_int_equal(huge_kib(0x3d7fffffffff), -1);
	assert_int_equal(huge_kib(0x3d8000220000), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_vma_has_its_own_line),
		cmocka_unit_test(what_is_not_said_is_not_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
