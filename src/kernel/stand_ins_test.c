// SPDX-License-Identifier: GPL-2.0-only
/* stand_ins_test.c: the table of stand-ins is that of the shim: nothing in it is gone, and no header is left out. */
#include "stand_ins.h"

#include "base/file.h"

#include <ctype.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SHIM "src/kernel/shim/"

static bool is_word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
		if ((at == text || !is_word_char(at[-1])) && !is_word_char(at[length]))
			return true;
	return false;
}

/* Has one of the shim's .c files the word? */
static bool shim_has(const char *word)
{
	bool has = false;
	glob_t files;

	assert_int_equal(glob(SHIM "*.c", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc && !has; i++) {
		char error[256], *text;
		size_t size;

		assert_int_equal(file_read(files.gl_pathv[i], 1 << 20, &text, &size, error, sizeof(error)), 0);
		has = has_word(text, word);
		free(text);
	}
	globfree(&files);
	return has;
}

static const struct stand_in *find(const char *name)
{
	for (size_t i = 0; i < stand_in_count; i++)
		if (!strcmp(stand_ins[i].name, name))
			return &stand_ins[i];
	return NULL;
}

static void each_says_what_for_and_why(void **state)
{
	(void)state;
	for (const struct stand_in *s = stand_ins; s < stand_ins + stand_in_count; s++) {
		assert_true(s->why && *s->why);
		assert_true(s->kind == STAND_IN_HEADER || strchr(s->place, '/'));
		assert_ptr_equal(find(s->name), s);
	}
}

static void none_is_gone(void **state)
{
	char path[256];

	(void)state;
	for (const struct stand_in *s = stand_ins; s < stand_ins + stand_in_count; s++) {
		FILE *file = NULL;

		if (s->kind == STAND_IN_SYMBOL && !shim_has(s->name))
			fail_msg("%s is not in the shim", s->name);
		if (s->kind != STAND_IN_HEADER)
			continue;
		snprintf(path, sizeof(path), SHIM "include/%s", s->name);
		file = fopen(path, "re");
		if (!file)
			fail_msg("%s is not there", path);
		fclose(file);
	}
}

static void each_header_is_listed(void **state)
{
	static const char *const folders[] = {"asm/", "asm/*/", "asm/*/*/", "generated/"};
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		char pattern[128];
		glob_t files;

		snprintf(pattern, sizeof(pattern), SHIM "include/%s*.h", folders[i]);
		assert_int_equal(glob(pattern, 0, NULL, &files), 0);
		for (size_t k = 0; k < files.gl_pathc; k++, count++)
			if (!find(files.gl_pathv[k] + strlen(SHIM "include/")))
				fail_msg("%s is not in stand_ins.def", files.gl_pathv[k]);
		globfree(&files);
	}
	assert_true(count > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_says_what_for_and_why),
		cmocka_unit_test(none_is_gone),
		cmocka_unit_test(each_header_is_listed),
	};

	return cmocka_run_group_tests_name("stand_ins", tests, NULL, NULL);
}
