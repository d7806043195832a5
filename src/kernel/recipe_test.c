// SPDX-License-Identifier: GPL-2.0-only
/* recipe_test.c: what a recipe may say, and what it does to a file. */
#include "recipe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char source[] = "int other(int x);\n"
			     "\n"
			     "static int twice(int x)\n"
			     "{\n"
			     "\tif (!x ||\n"
			     "\t    x > limit)\n"
			     "\t\treturn 0;\n"
			     "\treturn x + x;\n"
			     "}\n"
			     "\n"
			     "int other(int x)\n"
			     "{\n"
			     "\treturn twice(x);\n"
			     "}\n";

static struct recipe_rule parse_one(struct recipe *recipe, const char *text)
{
	char error[256] = "";

	assert_int_equal(recipe_parse(recipe, "test", text, strlen(text), error, sizeof(error)), 0);
	assert_int_equal(recipe->count, 1);
	return recipe->rules[0];
}

/* The source after a rule, or the error, which the caller frees. */
static char *apply(const char *function, const char *old_text, const char *new_text, bool *good)
{
	struct recipe_rule rule = {
		.file = "a.c",
		.function = (char *)function,
		.old_text = (char *)old_text,
		.new_text = (char *)new_text,
		.line = 7,
	};
	char error[256] = "", *result = recipe_apply(&rule, "test", source, error, sizeof(error));

	*good = result != NULL;
	return result ? result : strdup(error);
}

static void expect_error(const char *function, const char *old_text, const char *expected)
{
	bool good;
	char *result = apply(function, old_text, "", &good);

	assert_false(good);
	assert_string_equal(result, expected);
	free(result);
}

static void test_parse(void **state)
{
	struct recipe recipe;
	struct recipe_rule rule = parse_one(&recipe, "# why\n\nfile: a/b.c \nfunction: f\nold: x = 1;\n# note\n"
						     "new:\n|\ty = 2;\n|\tz = 3;\n");

	(void)state;
	assert_string_equal(rule.file, "a/b.c");
	assert_string_equal(rule.function, "f");
	assert_string_equal(rule.old_text, "x = 1;");
	assert_string_equal(rule.new_text, "\ty = 2;\n\tz = 3;");
	assert_int_equal(rule.line, 3);
	recipe_free(&recipe);
	rule = parse_one(&recipe, "file: a.c\nfunction: f\nold:\n|one\n|two\nnew:");
	assert_string_equal(rule.old_text, "one\ntwo");
	assert_string_equal(rule.new_text, "");
	recipe_free(&recipe);
}

static void test_parse_refuses(void **state)
{
	static const char *const texts[][2] = {
		{"", "test:0: there is no rule"},
		{"file: a.c\nfunction: f\nold: x\n", "test:1: the last rule is incomplete"},
		{"file: a.c\nold: x\n", "test:2: expected `function: ...`"},
		{"file: ../a.c\nfunction: f\nold: x\nnew: y\n", "test:1: `file` must be a path inside the kernel tree"},
		{"file: /a.c\nfunction: f\nold: x\nnew: y\n", "test:1: `file` must be a path inside the kernel tree"},
		{"file: a.c\nfunction: f()\nold: x\nnew: y\n", "test:1: `function` must be a C identifier"},
		{"file: a.c\nfunction: f\nold:\nnew: y\n", "test:1: `old` is empty"},
		{"| x\n", "test:1: a line with `|` follows neither `old` nor `new`"},
		{"file: a.c\n| x\n", "test:1: a line with `|` follows neither `old` nor `new`"},
	};
	struct recipe recipe;
	char error[256];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_true(recipe_parse(&recipe, "test", texts[i][0], strlen(texts[i][0]), error, sizeof(error)) < 0);
		assert_string_equal(error, texts[i][1]);
	}
	assert_true(recipe_parse(&recipe, "test", "file: a\0b", 9, error, sizeof(error)) < 0);
}

static void test_apply(void **state)
{
	bool good;
	char *result = apply("twice", "if (!x || x > limit)", "if (!x)", &good);

	(void)state;
	assert_true(good);
	assert_non_null(strstr(result, "{\n\tif (!x)\n\t\treturn 0;\n"));
	assert_int_equal(strlen(result), strlen(source) - strlen("if (!x ||\n\t    x > limit)") + strlen("if (!x)"));
	free(result);
	result = apply("twice", "x+x", "2 * x", &good); /* no white space where the source has some */
	assert_false(good);
	free(result);
	result = apply("other", "twice(x)", "", &good);
	assert_true(good);
	assert_non_null(strstr(result, "\treturn ;\n}\n"));
	free(result);
}

static void test_apply_refuses(void **state)
{
	(void)state;
	expect_error("thrice", "x", "test:7: a.c does not define thrice");
	expect_error("limit", "x", "test:7: a.c does not define limit");
	expect_error("twice", "return", "test:7: `old` matches 2 times in twice of a.c, not once");
	expect_error("twice", "turn 0", "test:7: `old` matches 0 times in twice of a.c, not once");
	expect_error("other", "limit", "test:7: `old` matches 0 times in other of a.c, not once");
}

static void test_paths(void **state)
{
	(void)state;
	assert_true(tree_path_is_safe("arch/powerpc/kvm/book3s_hv.c"));
	assert_true(tree_path_is_safe("include/asm-generic/a..b.h"));
	assert_false(tree_path_is_safe(""));
	assert_false(tree_path_is_safe("/etc/passwd"));
	assert_false(tree_path_is_safe("a/../b"));
	assert_false(tree_path_is_safe("a/./b"));
	assert_false(tree_path_is_safe(".."));
	assert_false(tree_path_is_safe("a//b"));
	assert_false(tree_path_is_safe("a/"));
	assert_false(tree_path_is_safe("a b"));
	assert_false(tree_path_is_safe("a\nb"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse), cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_apply), cmocka_unit_test(test_apply_refuses),
		cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
