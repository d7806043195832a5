// SPDX-License-Identifier: GPL-2.0-only
/* known_test.c: which findings are no news. */
#include "triage/known.h"

#include "base/file.h"
#include "scenario/scenario.h"
#include "triage/death.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/rcfuzz-known-XXXXXX";

static void put(const char *name, const char *text)
{
	char path[256], error[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (file_write_atomic(path, text, strlen(text), error, sizeof(error)))
		fail_msg("%s", error);
}

static int make_folder(void **state)
{
	char below[256];

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(below, sizeof(below), "%s/below", folder);
	mkdir(below, 0777);
	put("one.txt",
	    "rcfuzz-scenario 1\nexpect 6.12 finding lost-dirty-l1:shadow-pte\nexpect * pass\nconfig page=64k\n");
	put("below/two.txt", "rcfuzz-scenario 1\nexpect * page=4k finding warn\nconfig page=4k\n");
	put("secret.txt", "rcfuzz-scenario 1\nembargoed wrong-page:tlb:somewhere\n");
	put("README", "not an entry");
	return 0;
}

static int remove_folder(void **state)
{
	char command[300];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	return system(command);
}

static struct finding finding(enum finding_class class, const char *signature, const char *coarse)
{
	struct finding f = {.class = class};

	snprintf(f.signature, sizeof(f.signature), "%s", signature);
	snprintf(f.coarse, sizeof(f.coarse), "%s", coarse);
	return f;
}

static size_t bad;
static char told[512];

static void count_bad(const char *message)
{
	bad++;
	snprintf(told, sizeof(told), "%s", message);
}

static void matches_by_version_page_and_coarse_signature(void **state)
{
	const struct finding lost =
		finding(CLASS_LOST_DIRTY_L1, "lost-dirty-l1:shadow-pte:f+g", "lost-dirty-l1:shadow-pte:clear");
	const struct finding other = finding(CLASS_LOST_DIRTY_L1, "lost-dirty-l1:tlb:f", "lost-dirty-l1:tlb:clear");
	const struct finding warn = finding(CLASS_WARN, "warn:none:f", "warn:none:f");
	char error[256];
	struct known *known;

	(void)state;
	known = known_load(folder, "6.12.73", PAGE_64K, count_bad, error, sizeof(error));
	assert_non_null(known);
	assert_int_equal(bad, 0);
	assert_string_equal(known_match(known, &lost), "one.txt");
	assert_null(known_match(known, &other));
	assert_null(known_match(known, &warn));
	known_free(known);

	known = known_load(folder, "6.1.3", PAGE_4K, count_bad, error, sizeof(error));
	assert_null(known_match(known, &lost)); /* this kernel is expected to pass */
	assert_string_equal(known_match(known, &warn), "two.txt");
	known_free(known);
}

static void embargoed_by_full_signature(void **state)
{
	const struct finding it = finding(CLASS_WRONG_PAGE, "wrong-page:tlb:somewhere", "wrong-page:tlb:x");
	const struct finding near = finding(CLASS_WRONG_PAGE, "wrong-page:tlb:elsewhere", "wrong-page:tlb:x");
	char error[256];
	struct known *known = known_load(folder, "6.12", PAGE_64K, count_bad, error, sizeof(error));

	(void)state;
	assert_string_equal(known_match(known, &it), "secret.txt");
	assert_null(known_match(known, &near));
	assert_null(known_match(NULL, &near));
	known_free(known);
}

static void bad_entries_are_told(void **state)
{
	const struct finding lost =
		finding(CLASS_LOST_DIRTY_L1, "lost-dirty-l1:shadow-pte:f", "lost-dirty-l1:shadow-pte:clear");
	char error[256], path[256];
	struct known *known;

	(void)state;
	bad = 0;
	put("bad.txt", "rcfuzz-scenario 1\nexpect 6.12 maybe\n");
	put("worse.txt", "rcfuzz-scenario 1\nexpect * page=4k finding nonsense:tlb\nconfig page=4k\n");
	known = known_load(folder, "6.12", PAGE_64K, count_bad, error, sizeof(error));
	assert_non_null(known);
	assert_int_equal(bad, 2);
	assert_non_null(strstr(told, "worse.txt:2:"));
	/* The rest is there. */
	assert_string_equal(known_match(known, &lost), "one.txt");
	known_free(known);
	snprintf(path, sizeof(path), "%s/worse.txt", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/bad.txt", folder);
	unlink(path);

	assert_null(known_load("/nonexistent", "6.12", PAGE_64K, count_bad, error, sizeof(error)));
	assert_non_null(strstr(error, "/nonexistent"));
}

static void deaths_are_findings(void **state)
{
	struct finding f = death_finding(SIGSEGV, false);
	char text[96];

	(void)state;
	assert_int_equal(f.class, CLASS_CRASH);
	assert_string_equal(f.signature, "crash:none:process:signal11");
	assert_true(death_is(&f));
	assert_string_equal(death_text(3 << 8, false, text, sizeof(text)), "ended with exit code 3");
	f = death_finding(SIGKILL, true);
	assert_int_equal(f.class, CLASS_HANG);
	assert_true(death_is(&f));
	f = finding(CLASS_WARN, "warn:none:x", "warn:none:x");
	assert_false(death_is(&f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_by_version_page_and_coarse_signature),
		cmocka_unit_test(embargoed_by_full_signature),
		cmocka_unit_test(bad_entries_are_told),
		cmocka_unit_test(deaths_are_findings),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
