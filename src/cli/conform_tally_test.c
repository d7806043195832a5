// SPDX-License-Identifier: GPL-2.0-only
/* conform_tally_test.c: a comparison goes on where it was, and never under another kernel's or module's name. */
#include "cli/conform_tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

static struct tally tally_of(const char *kernel, const char *module, uint64_t seed)
{
	struct tally t = {.seed = seed};

	snprintf(t.kernel, sizeof(t.kernel), "%s", kernel);
	snprintf(t.package, sizeof(t.package), "linux-image 1");
	snprintf(t.module, sizeof(t.module), "%s", module);
	return t;
}

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/rcfuzz-tally-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

static void what_was_written_is_read(void **state)
{
	struct tally t = tally_of("6.12-64k", "abc", UINT64_MAX), again = tally_of("6.12-64k", "abc", UINT64_MAX);
	char error[512];

	(void)state;
	t.scenarios = 1234567;
	t.ops = 40000000;
	t.differences = 2;
	t.stage_ended = 1;
	assert_true(tally_write(folder, &t, error, sizeof(error)));
	assert_true(tally_read(folder, &again, error, sizeof(error)));
	assert_memory_equal(&again, &t, sizeof(t));
}

static void another_seed_begins_anew(void **state)
{
	struct tally t = tally_of("6.12-64k", "abc", 7), other = tally_of("6.12-64k", "abc", 8);
	char error[512];

	(void)state;
	t.scenarios = 10;
	assert_true(tally_write(folder, &t, error, sizeof(error)));
	assert_true(tally_read(folder, &other, error, sizeof(error)));
	assert_int_equal(other.scenarios, 0);
}

static void another_module_is_refused(void **state)
{
	struct tally t = tally_of("6.12-64k", "abc", 7), other = tally_of("6.12-64k", "abd", 7);
	char error[512] = "";

	(void)state;
	assert_true(tally_write(folder, &t, error, sizeof(error)));
	assert_false(tally_read(folder, &other, error, sizeof(error)));
	assert_non_null(strstr(error, "another kernel or module"));
}

static void what_is_no_tally_is_refused(void **state)
{
	struct tally t = tally_of("6.12-64k", "abc", 9);
	char path[128], error[512] = "";
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "%s/conform-6.12-64k-9.json", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("{\"scenarios\": 3", file);
	fclose(file);
	assert_false(tally_read(folder, &t, error, sizeof(error)));
	assert_non_null(strstr(error, "is no tally"));
}

static void all_are_summed_up(void **state)
{
	struct tally a = tally_of("6.12-64k", "abc", 7), b = tally_of("6.1-64k", "def", 7);
	char error[512], *text;
	size_t n;
	FILE *out;

	(void)state;
	a.scenarios = 100;
	a.ops = 2000;
	b.scenarios = 11;
	b.ops = 300;
	b.differences = 1;
	assert_true(tally_write(folder, &a, error, sizeof(error)));
	assert_true(tally_write(folder, &b, error, sizeof(error)));
	out = open_memstream(&text, &n);
	tally_print_all(out, folder);
	fclose(out);
	assert_non_null(strstr(text, "6.1-64k seed 7: 11 scenarios, 300 ops, 1 differ"));
	assert_non_null(strstr(text, "in all: 111 scenarios, 2300 ops, 1 differ, the stage ended 0 times\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_written_is_read, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(another_seed_begins_anew, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(another_module_is_refused, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(what_is_no_tally_is_refused, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(all_are_summed_up, make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
