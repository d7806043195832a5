// SPDX-License-Identifier: GPL-2.0-only
/* inputs_test.c: a build is used again as long as nothing that it was made from has changed, and no longer. */
#include "inputs.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/rcfuzz-inputs-XXXXXX";

static const char *path(const char *name)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s/%s", folder, name);
	return text;
}

static void put(const char *name, const char *content)
{
	FILE *file = fopen(path(name), "w");

	assert_non_null(file);
	fputs(content, file);
	fclose(file);
}

static const char *name_of(void *context, const char *file)
{
	(void)context;
	return strrchr(file, '/') + 1;
}

static void record_of(struct text *record, char hash[INPUTS_HASH_CHARS + 1])
{
	struct textlist paths = {0}, absent = {0};
	char error[256];

	textlist_add(&paths, "%s", path("a"));
	textlist_add(&paths, "%s", path("b"));
	textlist_add(&absent, "%s", path("absent"));
	assert_int_equal(inputs_record(record, hash, &paths, &absent, name_of, NULL, error, sizeof(error)), 0);
	textlist_free(&paths);
	textlist_free(&absent);
}

static void test_unchanged(void **state)
{
	char hash[INPUTS_HASH_CHARS + 1], again[INPUTS_HASH_CHARS + 1];
	const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 2}};
	struct text record = {0}, second = {0};

	(void)state;
	put("a", "one");
	put("b", "two");
	record_of(&record, hash);
	assert_true(inputs_unchanged(record.data));

	assert_int_equal(utimensat(AT_FDCWD, path("a"), times, 0), 0); /* touched: same content */
	assert_true(inputs_unchanged(record.data));
	record_of(&second, again);
	assert_string_equal(hash, again);

	put("absent", "");
	assert_false(inputs_unchanged(record.data));
	unlink(path("absent"));
	put("a", "two");
	assert_false(inputs_unchanged(record.data));
	put("a", "one");
	assert_true(inputs_unchanged(record.data));
	unlink(path("b"));
	assert_false(inputs_unchanged(record.data));
	text_free(&record);
	text_free(&second);
}

static void test_damaged(void **state)
{
	char hash[INPUTS_HASH_CHARS + 1];
	struct text record = {0};

	(void)state;
	put("a", "one");
	put("b", "two");
	record_of(&record, hash);
	assert_false(inputs_unchanged(""));
	assert_false(inputs_unchanged("rcfuzz-inputs 2\n"));
	assert_false(inputs_unchanged("rcfuzz-inputs 1\nx\n"));
	record.data[record.size - 1] = '\0'; /* cut off */
	assert_false(inputs_unchanged(record.data));
	text_free(&record);
}

/* The record of a part holds as long as the part's files do. */
static void test_part(void **state)
{
	struct textlist whole = {0}, wanted = {0}, kept = {0};
	char hash[INPUTS_HASH_CHARS + 1];
	struct text record = {0}, part = {0};

	(void)state;
	put("a", "one");
	put("b", "two");
	record_of(&record, hash);
	inputs_add_record(&whole, record.data);
	assert_int_equal(whole.count, 2); /* not what was absent */
	assert_string_equal(whole.items[0], path("a"));

	textlist_add(&wanted, "%s", "/a/before");
	textlist_add(&wanted, "%s", path("b"));
	textlist_add(&wanted, "%s", path("b.h")); /* as long as b goes, the same */
	inputs_record_part(&part, record.data, &wanted);
	inputs_add_record(&kept, part.data);
	assert_int_equal(kept.count, 1);
	assert_string_equal(kept.items[0], path("b"));
	put("a", "changed");
	assert_true(inputs_unchanged(part.data));
	put("b", "changed");
	assert_false(inputs_unchanged(part.data));

	text_free(&record);
	text_free(&part);
	textlist_free(&whole);
	textlist_free(&wanted);
	textlist_free(&kept);
}

static void test_depfile(void **state)
{
	struct textlist paths = {0};
	char error[256];

	(void)state;
	put("x.d", "x.o: /a/b.c /a/with\\ blank.h \\\n  /a/$$c.h\\\n /d.h\n");
	assert_int_equal(inputs_add_depfile(&paths, path("x.d"), error, sizeof(error)), 0);
	assert_int_equal(paths.count, 4);
	assert_string_equal(paths.items[0], "/a/b.c");
	assert_string_equal(paths.items[1], "/a/with blank.h");
	assert_string_equal(paths.items[2], "/a/$c.h");
	assert_string_equal(paths.items[3], "/d.h");
	textlist_free(&paths);
	assert_true(inputs_add_depfile(&paths, path("none.d"), error, sizeof(error)) < 0);
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	static const char *const names[] = {"a", "b", "x.d", "absent"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path(names[i]));
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unchanged),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_part),
		cmocka_unit_test(test_depfile),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
