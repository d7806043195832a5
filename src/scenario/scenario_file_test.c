// SPDX-License-Identifier: GPL-2.0-only
/* scenario_file_test.c: files of both forms are told apart, saved and loaded; expectations choose by version. */
#include "scenario/scenario_file.h"

#include "base/file.h"
#include "scenario/codec.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct scenario_file file, again;
static struct scenario_error error;
static char path[] = "/tmp/rcfuzz-scenario-test-XXXXXX";

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static void put(const void *bytes, size_t size)
{
	assert_int_equal(file_write_atomic(path, bytes, size, error.message, sizeof(error.message)), 0);
}

static void test_save_and_load(void **state)
{
	static const char text[] = "rcfuzz-scenario 1\n# a story\nexpect * pass\nconfig page=4k\na l2    exit\n";

	(void)state;
	assert_true(scenario_file_parse(text, strlen(text), &file, &error));
	assert_int_equal(scenario_file_save(path, &file, &error), 0);
	assert_int_equal(scenario_file_load(path, &again, &error), 0);
	assert_true(scenario_equal(&file.scenario, &again.scenario));
	assert_string_equal(again.story, "a story");
	assert_int_equal(again.expectation_count, 1);
	assert_int_equal(scenario_file_save("/nowhere/file", &file, &error), -ENOENT);
	assert_non_null(strstr(error.message, "/nowhere/file"));
}

static void test_binary(void **state)
{
	uint8_t bytes[128] = {0};

	(void)state;
	bytes[32] = OP_L2_STORE;
	put(bytes, sizeof(bytes));
	assert_int_equal(scenario_file_load(path, &file, &error), 0);
	assert_int_equal(file.scenario.op_count, 6);
	assert_int_equal(file.scenario.ops[0].kind, OP_L2_STORE);
	assert_int_equal(file.expectation_count, 0);
	/* What an engine may call an input. */
	put("", 0);
	assert_int_equal(scenario_file_load(path, &file, &error), 0);
	assert_int_equal(file.scenario.op_count, 0);
	put("AAAA", 4);
	assert_int_equal(scenario_file_load(path, &file, &error), 0);
}

/* A misspelt text is wrong, not binary. */
static void test_wrong_text(void **state)
{
	static const char *const wrong[] = {"rcfuzz-scenari 1\na l2 store\n", "config page=4k\n", "\n",
					    "rcfuzz-scenario 1\na l2 stor\n", "rcfuzz-scenario 1\na l2 store n=\0"};

	(void)state;
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		put(wrong[i], strlen(wrong[i]) + (i == 4));
		assert_int_equal(scenario_file_load(path, &file, &error), -EBADMSG);
		assert_true(error.line > 0);
	}
}

static void test_unreadable(void **state)
{
	size_t size = 64 << 20;
	char *large = calloc(1, size);

	(void)state;
	assert_int_equal(scenario_file_load("/nowhere", &file, &error), -ENOENT);
	assert_int_equal(error.line, 0);
	assert_int_equal(scenario_file_load("/tmp", &file, &error), -EISDIR);
	put(large, size);
	free(large);
	assert_int_equal(scenario_file_load(path, &file, &error), -EFBIG);
	assert_non_null(strstr(error.message, "larger than 1024 KiB"));
}

/* A text that says so, and nothing of the other size. */
static void test_other_page(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		bool other_64k, other_4k;
	} cases[] = {
		{"rcfuzz-scenario 1\n# x\nconfig page=4k\na l2 exit\n", 3, true, false},
		{"rcfuzz-scenario 1\nconfig slot=8\nconfig page=64k\na l2 exit\n", 3, false, true},
		{"rcfuzz-scenario 1\nconfig slot=8\na l2 exit\n", 0, false, false},
		{"rcfuzz-scenario 1\na l2 exit\n", 0, false, false},
		{"rcfuzz-scenario 1\nexpect * page=64k pass\nexpect * pass\nconfig page=64k\na l2 exit\n", 4, false,
		 true},
		{"rcfuzz-scenario 1\nexpect * page=4k pass\nconfig page=64k\na l2 exit\n", 3, false, false},
	};
	uint8_t bytes[64] = {0};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(scenario_file_parse(cases[i].text, strlen(cases[i].text), &file, &error));
		assert_int_equal(file.page_line, cases[i].line);
		assert_int_equal(scenario_file_other_page(&file, PAGE_64K), cases[i].other_64k);
		assert_int_equal(scenario_file_other_page(&file, PAGE_4K), cases[i].other_4k);
	}
	/* An engine's bytes are for no kernel in particular. */
	for (unsigned value = 0; value < 256; value++) {
		memset(bytes, (int)value, sizeof(bytes));
		bytes[0] = 0;
		assert_true(scenario_file_parse(bytes, sizeof(bytes), &file, &error));
		assert_false(scenario_file_other_page(&file, PAGE_64K) || scenario_file_other_page(&file, PAGE_4K));
	}
}

static const char *expected(const char *version, unsigned page)
{
	const struct scenario_kernel kernel = {version, page, NULL};
	const struct scenario_expectation *e = scenario_file_expectation(&file, &kernel);

	if (!e)
		return "nothing";
	return e->kind == EXPECT_PASS ? "pass" : e->signature;
}

static void test_expectations(void **state)
{
	static const char text[] = "rcfuzz-scenario 1\nexpect 6.12 page=4k pass\nexpect 6.12 finding warn\n"
				   "expect v6.1.1?? finding memory:rmap\nexpect [45].* pass\n";
	const struct scenario_kernel old = {"6.1.140", PAGE_64K, NULL}, older = {"5.1", PAGE_64K, NULL};
	const struct scenario_expectation *e;

	(void)state;
	assert_true(scenario_text_parse(text, strlen(text), &file, &error));
	assert_string_equal(expected("6.12", PAGE_4K), "pass");
	assert_string_equal(expected("6.12.43", PAGE_64K), "warn");
	assert_string_equal(expected("v6.12-rc3-12-gabc", PAGE_64K), "warn");
	assert_string_equal(expected("6.1.140", PAGE_64K), "memory:rmap");
	assert_string_equal(expected("6.120", PAGE_64K), "nothing");
	assert_string_equal(expected("5.10.1", PAGE_4K), "pass");
	assert_false(scenario_file_embargoed(&file));
	e = scenario_file_expectation(&file, &old);
	assert_true(scenario_expectation_covers(e, "memory:rmap"));
	assert_true(scenario_expectation_covers(e, "memory:rmap:host"));
	assert_false(scenario_expectation_covers(e, "memory:rmaps"));
	assert_false(scenario_expectation_covers(e, "memory"));
	e = scenario_file_expectation(&file, &older);
	assert_false(scenario_expectation_covers(e, "memory"));
}

/* What a release has repaired stays so in all that follow. */
static void test_or_later(void **state)
{
	static const char text[] = "rcfuzz-scenario 1\nexpect v6.18.2+ pass\nexpect 6.9+ finding warn\n";
	static const struct {
		const char *version, *expected;
	} cases[] = {
		{"6.18.2", "pass"},  {"v6.18.10", "pass"}, {"6.19", "pass"},	  {"6.19-rc1", "pass"},
		{"6.100.1", "pass"}, {"7.0", "pass"},	   {"10.0", "pass"},	  {"6.18.1", "warn"},
		{"6.18", "warn"},    {"6.18-rc3", "warn"}, {"6.9", "warn"},	  {"6.9.0", "warn"},
		{"6.9-rc1", "warn"}, {"6.12.43", "warn"},  {"6.8.99", "nothing"}, {"5.19", "nothing"},
		{"6", "nothing"},    {"next", "nothing"},
	};

	(void)state;
	assert_true(scenario_text_parse(text, strlen(text), &file, &error));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (strcmp(expected(cases[i].version, PAGE_64K), cases[i].expected))
			fail_msg("%s: expected %s", cases[i].version, cases[i].expected);
	}
}

/* A line that asks for a property speaks of the kernels that have it, by its whole name. */
static void test_properties(void **state)
{
	static const char text[] = "rcfuzz-scenario 1\nexpect * has=fix-b pass\nexpect * finding warn\n";
	static const struct {
		const char *has;
		int kind;
	} cases[] = {
		{NULL, EXPECT_FINDING},		{"", EXPECT_FINDING},	      {"fix-b\n", EXPECT_PASS},
		{"a\nfix-b\nc\n", EXPECT_PASS}, {"fix-bc\n", EXPECT_FINDING}, {"fix\n", EXPECT_FINDING},
		{"fix-b", EXPECT_PASS},
	};

	(void)state;
	assert_true(scenario_text_parse(text, strlen(text), &file, &error));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct scenario_kernel kernel = {"6.12", PAGE_64K, cases[i].has};

		assert_int_equal(scenario_file_expectation(&file, &kernel)->kind, cases[i].kind);
	}
}

/* Lines `signature` expect nothing by themselves; they say what the finding looks like. */
static void test_signatures(void **state)
{
	static const char text[] = "rcfuzz-scenario 1\nsignature warn:none:f\nexpect * finding warn\n"
				   "signature warn:none:g\n";
	static const char none[] = "rcfuzz-scenario 1\nexpect * finding warn\n";

	(void)state;
	assert_true(scenario_text_parse(text, strlen(text), &file, &error));
	assert_string_equal(expected("6.12", PAGE_64K), "warn");
	assert_true(scenario_file_lists(&file, "warn:none:f"));
	assert_true(scenario_file_lists(&file, "warn:none:g"));
	assert_false(scenario_file_lists(&file, "warn:none:ff"));
	assert_true(scenario_text_parse(none, strlen(none), &file, &error));
	assert_true(scenario_file_lists(&file, "warn:none:ff"));
}

static void test_embargoed(void **state)
{
	static const char text[] = "rcfuzz-scenario 1\nembargoed memory:rmap:f\n";

	(void)state;
	assert_true(scenario_text_parse(text, strlen(text), &file, &error));
	assert_true(scenario_file_embargoed(&file));
	assert_string_equal(expected("6.12", PAGE_64K), "nothing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_save_and_load), cmocka_unit_test(test_binary),
		cmocka_unit_test(test_wrong_text),    cmocka_unit_test(test_other_page),
		cmocka_unit_test(test_unreadable),    cmocka_unit_test(test_expectations),
		cmocka_unit_test(test_embargoed),     cmocka_unit_test(test_or_later),
		cmocka_unit_test(test_properties),    cmocka_unit_test(test_signatures),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
