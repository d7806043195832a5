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
	put("fixed.txt", "rcfuzz-scenario 1\nexpect * has=fix pass\nexpect * finding crash\nconfig page=64k\n");
	put("full.txt", "rcfuzz-scenario 1\nexpect 6.12 finding memory:none\nexpect * pass\n"
			"signature memory:none:f\nsignature memory:none:g\nconfig page=64k\n");
	put("about-lock.txt", "rcfuzz-scenario 1\nexpect * finding deadlock:none\nsignature deadlock:none:f\n"
			      "signature hang:none:g\nsignature hang:none:h\nconfig page=64k\n");
	put("about-time.txt",
	    "rcfuzz-scenario 1\nexpect * finding hang:none\nsignature hang:none:g\nconfig page=64k\n");
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

static struct known *load(const char *version, unsigned page, const char *has)
{
	const struct scenario_kernel kernel = {version, page, has};
	char error[256] = "";
	struct known *known = known_load(folder, &kernel, count_bad, error, sizeof(error));

	if (!known)
		fail_msg("%s", error);
	return known;
}

static const char *match(const struct known *known, const struct finding *f)
{
	static char names[320];

	return known_match(known, f, names, sizeof(names)) ? names : NULL;
}

static void matches_by_version_page_and_coarse_signature(void **state)
{
	const struct finding lost =
		finding(CLASS_LOST_DIRTY_L1, "lost-dirty-l1:shadow-pte:f+g", "lost-dirty-l1:shadow-pte:clear");
	const struct finding other = finding(CLASS_LOST_DIRTY_L1, "lost-dirty-l1:tlb:f", "lost-dirty-l1:tlb:clear");
	const struct finding warn = finding(CLASS_WARN, "warn:none:f", "warn:none:f");
	struct known *known;

	(void)state;
	known = load("6.12.73", PAGE_64K, "");
	assert_non_null(known);
	assert_int_equal(bad, 0);
	assert_string_equal(match(known, &lost), "one.txt");
	assert_null(match(known, &other));
	assert_null(match(known, &warn));
	known_free(known);

	known = load("6.1.3", PAGE_4K, "");
	assert_null(match(known, &lost)); /* this kernel is expected to pass */
	assert_string_equal(match(known, &warn), "two.txt");
	known_free(known);
}

static void the_entry_that_is_about_it_comes_first(void **state)
{
	const struct finding both = finding(CLASS_HANG, "hang:none:g", "hang:none:x");
	const struct finding along = finding(CLASS_HANG, "hang:none:h", "hang:none:x");
	struct known *known = load("6.12", PAGE_64K, "");

	(void)state;
	assert_string_equal(match(known, &both), "about-time.txt");
	assert_string_equal(match(known, &along), "about-lock.txt");
	known_free(known);
}

/* One cause may show in several ways: none of the entries is more right than the others. */
static void all_entries_that_are_about_it(void **state)
{
	static const char *const entries[] = {"more-a.txt", "more-b.txt", "more-c.txt"};
	const struct finding it = finding(CLASS_HANG, "hang:none:g", "hang:none:x");
	struct known *known;
	char names[40];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		put(entries[i], "rcfuzz-scenario 1\nexpect * finding hang:none\nsignature hang:none:g\n"
				"signature hang:none:g\nconfig page=64k\n");
	known = load("6.12", PAGE_64K, "");
	/* As the folder has them, whatever order they were made in; and each once. */
	assert_int_equal(known_match(known, &it, names, sizeof(names)), 4);
	assert_string_equal(names, "about-time.txt, and 3 more");
	assert_string_equal(match(known, &it), "about-time.txt, more-a.txt, more-b.txt, more-c.txt");
	known_free(known);
	for (size_t i = 0; i < 3; i++) {
		char path[256];

		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]);
		unlink(path);
	}
}

/* Which access met it first is not known to the entries. */
static void the_role_does_not_count(void **state)
{
	struct finding lost = finding(CLASS_LOST_DIRTY_L1, "lost-dirty-l1:tlb:f", "lost-dirty-l1:tlb:l2-store");
	struct finding race = finding(CLASS_DATA_RACE, "data-race:none:x:f:g", "data-race:none:x");
	struct known *known;
	char path[256];

	(void)state;
	put("role.txt",
	    "rcfuzz-scenario 1\nexpect * finding lost-dirty-l1:tlb:l1-store\nsignature lost-dirty-l1:tlb:f\n"
	    "signature data-race:none:x:f:g\nconfig page=64k\n");
	put("roles.txt",
	    "rcfuzz-scenario 1\nexpect * finding lost-dirty-l1:tlb:l2-store\nsignature lost-dirty-l1:tlb:f\n"
	    "config page=64k\n");
	put("x-race.txt", "rcfuzz-scenario 1\nexpect * finding data-race:none:x\nsignature data-race:none:x:f:g\n"
			  "config page=64k\n");
	put("y-race.txt", "rcfuzz-scenario 1\nexpect * finding data-race:none:y\nsignature data-race:none:x:f:g\n"
			  "config page=64k\n");
	known = load("6.12", PAGE_64K, "");
	lost.layer = LAYER_TLB;
	assert_string_equal(match(known, &lost), "role.txt, roles.txt");
	/* In no layer it is another thing, which comes along there. */
	race.layer = LAYER_NONE;
	assert_string_equal(match(known, &race), "x-race.txt");
	known_free(known);
	for (size_t i = 0; i < 4; i++) {
		static const char *const entries[] = {"role.txt", "roles.txt", "x-race.txt", "y-race.txt"};

		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]);
		unlink(path);
	}
}

static void embargoed_by_full_signature(void **state)
{
	const struct finding it = finding(CLASS_WRONG_PAGE, "wrong-page:tlb:somewhere", "wrong-page:tlb:x");
	const struct finding near = finding(CLASS_WRONG_PAGE, "wrong-page:tlb:elsewhere", "wrong-page:tlb:x");
	struct known *known = load("6.12", PAGE_64K, "");

	(void)state;
	assert_string_equal(match(known, &it), "secret.txt");
	assert_null(match(known, &near));
	assert_null(match(NULL, &near));
	assert_true(known_embargoed(known, &it));
	assert_false(known_embargoed(known, &near));
	assert_false(known_embargoed(NULL, &it));
	known_free(known);
}

/* What shows like a known finding, class, layer and role, may be another one. */
static void listed_signatures_go_before_the_coarse_one(void **state)
{
	const struct finding listed = finding(CLASS_MEMORY, "memory:none:g", "memory:none:x");
	const struct finding other = finding(CLASS_MEMORY, "memory:none:h", "memory:none:x");
	struct known *known = load("6.12", PAGE_64K, "");

	(void)state;
	assert_string_equal(match(known, &listed), "full.txt");
	assert_false(known_embargoed(known, &listed));
	assert_null(match(known, &other));
	known_free(known);
	known = load("6.18", PAGE_64K, "");
	assert_null(match(known, &listed)); /* this kernel has it repaired: it is news if it comes back */
	known_free(known);
}

static void properties_of_a_kernel(void **state)
{
	const struct finding crash = finding(CLASS_CRASH, "crash:none:f", "crash:none:fault");
	struct known *known = load("6.12", PAGE_64K, "other\n");

	(void)state;
	assert_string_equal(match(known, &crash), "fixed.txt");
	known_free(known);
	known = load("6.12", PAGE_64K, "other\nfix\n");
	assert_null(match(known, &crash));
	known_free(known);
}

static void bad_entries_are_told(void **state)
{
	const struct finding lost =
		finding(CLASS_LOST_DIRTY_L1, "lost-dirty-l1:shadow-pte:f", "lost-dirty-l1:shadow-pte:clear");
	const struct scenario_kernel kernel = {"6.12", PAGE_64K, NULL};
	char error[256], path[256];
	struct known *known;

	(void)state;
	bad = 0;
	put("bad.txt", "rcfuzz-scenario 1\nexpect 6.12 maybe\n");
	put("worse.txt", "rcfuzz-scenario 1\nexpect * page=4k finding nonsense:tlb\nconfig page=4k\n");
	known = load("6.12", PAGE_64K, "");
	assert_non_null(known);
	assert_int_equal(bad, 2);
	assert_non_null(strstr(told, "worse.txt:2:"));
	/* The rest is there. */
	assert_string_equal(match(known, &lost), "one.txt");
	known_free(known);
	snprintf(path, sizeof(path), "%s/worse.txt", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/bad.txt", folder);
	unlink(path);

	assert_null(known_load("/nonexistent", &kernel, count_bad, error, sizeof(error)));
	assert_non_null(strstr(error, "/nonexistent"));
}

/* A slip in an entry must not publish what it keeps; nor is what it keeps taken from the entry before it. */
static void a_bad_entry_keeps_its_secrets(void **state)
{
	struct finding it[] = {finding(CLASS_WRONG_PAGE, "wrong-page:tlb:slip", "wrong-page:tlb:x"),
			       finding(CLASS_WARN, "warn:none:slip", "warn:none:x"),
			       finding(CLASS_WARN, "warn:none:said", "warn:none:x")};
	char path[256];
	struct known *known = load("6.12", PAGE_64K, "");

	(void)state;
	assert_null(known_left_out(known));
	known_free(known);
	put("slip.txt", "rcfuzz-scenario 1\nembargoed wrong-page:tlb:slip\nembargoed warn:none:slip too much\n");
	known = load("6.12", PAGE_64K, "");
	assert_non_null(strstr(known_left_out(known), "slip.txt:3:"));
	it[2].embargoed = true;
	known_mark_embargoed(known, it, 3);
	assert_true(it[0].embargoed);
	assert_true(it[1].embargoed);
	assert_true(it[2].embargoed); /* its record says so */
	known_free(known);
	snprintf(path, sizeof(path), "%s/slip.txt", folder);
	unlink(path);
	known = load("6.12", PAGE_64K, "");
	it[0].embargoed = false;
	known_mark_embargoed(known, it, 1);
	assert_false(it[0].embargoed);
	known_free(known);
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
		cmocka_unit_test(the_entry_that_is_about_it_comes_first),
		cmocka_unit_test(all_entries_that_are_about_it),
		cmocka_unit_test(the_role_does_not_count),
		cmocka_unit_test(embargoed_by_full_signature),
		cmocka_unit_test(listed_signatures_go_before_the_coarse_one),
		cmocka_unit_test(properties_of_a_kernel),
		cmocka_unit_test(bad_entries_are_told),
		cmocka_unit_test(a_bad_entry_keeps_its_secrets),
		cmocka_unit_test(deaths_are_findings),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
