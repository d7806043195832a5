// SPDX-License-Identifier: GPL-2.0-only
/*
 * build_test.c: requests that cannot be met end in one line that says why. Trees here are empty files with the right
 * names: what comes after them is seen by ci's builds of real kernels.
 */
#include "build.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "test_tree.h"

static void expect(const struct kernel_build_request *request, int code, const char *part)
{
	int result = kernel_build(request, module_path, sizeof(module_path), message, sizeof(message));

	if (result != code || !strstr(message, part))
		print_message("got %d: %s\nexpected %d: ...%s...\n", result, message, code, part);
	assert_int_equal(result, code);
	assert_non_null(strstr(message, part));
	assert_null(strchr(message, '\n'));
}

static void test_no_tree(void **state)
{
	struct kernel_build_request request = {.tree = "/nonexistent"};

	(void)state;
	expect(&request, -ENOENT, "kernel tree /nonexistent: No such file");
	request.tree = folder;
	expect(&request, -ENOENT, "is not a kernel tree that rcfuzz can build: it has no Makefile");
	put("noise.tar.xz", "this is no archive\n");
	request.tree = path_of("noise.tar.xz");
	expect(&request, -EINVAL, "noise.tar.xz cannot be unpacked");
}

static void test_half_tree(void **state)
{
	struct kernel_build_request request = {.tree = tree};

	(void)state;
	unlink(path_of("tree/lib/idr.c"));
	expect(&request, -ENOENT, "it has no lib/idr.c");
	put("tree/lib/idr.c", "");
	put("tree/Makefile", "NAME = nothing\n");
	expect(&request, -ENOENT, "its Makefile names no VERSION");
	put("tree/Makefile", "VERSION = 9\nPATCHLEVEL = 8\nSUBLEVEL = 7\nEXTRAVERSION = -rc6\n");
}

static void test_does_not_compile(void **state)
{
	struct kernel_build_request request = {.tree = tree};

	(void)state;
	expect(&request, -ENOEXEC, "does not compile: ");
}

static void test_compilers(void **state)
{
	struct kernel_build_request request = {.tree = tree, .compiler = "/nonexistent/cc"};

	(void)state;
	expect(&request, -ENOENT, "/nonexistent/cc does not run");
	request.compiler = "gcc";
	request.flavour = BUILD_ASAN;
	expect(&request, -EINVAL, "asan builds need clang");
}

static void test_patches(void **state)
{
	const char *patch = path_of("x.diff");
	struct kernel_build_request request = {.tree = tree, .patches = &patch, .patch_count = 1};

	(void)state;
	unlink(patch);
	expect(&request, -ENOENT, "x.diff");
	put("x.diff", "--- a/../../etc/x\n+++ b/../../etc/x\n@@ -1 +1 @@\n-a\n+b\n");
	expect(&request, -EINVAL, "a path leaves the kernel tree");
	put("x.diff", "--- a/lib/idr.c\n+++ b/lib/idr.c\n@@ -1 +1 @@\n-a\n+b\n");
	expect(&request, -EINVAL, "x.diff does not apply");
}

static void test_recipes(void **state)
{
	const char *recipe = path_of("x.recipe");
	struct kernel_build_request request = {.tree = tree, .recipes = &recipe, .recipe_count = 1};

	(void)state;
	put("x.recipe", "file: lib/idr.c\nfunction: idr_find\nold: x\n");
	expect(&request, -EINVAL, "x.recipe:1: the last rule is incomplete");
	put("x.recipe", "file: lib/idr.c\nfunction: idr_find\nold: x\nnew: y\n");
	expect(&request, -EINVAL, "x.recipe:1: lib/idr.c does not define idr_find");
	put("x.recipe", "file: lib/nothing.c\nfunction: idr_find\nold: x\nnew: y\n");
	expect(&request, -ENOENT, "has no lib/nothing.c");
}

static int setup(void **state)
{
	(void)state;
	return make_test_tree("") ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_tree),		 cmocka_unit_test(test_half_tree),
		cmocka_unit_test(test_does_not_compile), cmocka_unit_test(test_compilers),
		cmocka_unit_test(test_patches),		 cmocka_unit_test(test_recipes),
	};

	return cmocka_run_group_tests(tests, setup, remove_test_tree);
}
