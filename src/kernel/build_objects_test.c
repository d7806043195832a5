// SPDX-License-Identifier: GPL-2.0-only
/*
 * build_objects_test.c: an object is used again where nothing that it was made from has changed, and nowhere else; and
 * the module is then the one that a build from nothing gives. The compiler here is a script: its objects hold what it
 * has read, and it notes what it compiles. That real compilers' objects allow it is seen by ci/determinism_check.
 */
#include "build.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "test_tree.h"

enum {
	/* What is compiled when nothing is taken: all sources, two preludes, and the table of numbers at the end. */
	ALL = 3
#define RCFUZZ_SOURCE(source, kernel_file, properties) +1
#include "build.def"
};

static char compiler[64], compiled[64];

/* A unit reads its kernel file, and what that includes; the patched copy wins, as with -I. */
static const char script[] =
	"#!/bin/sh\n"
	"case $1 in --version) echo 'clang of a test'; exit;; esac\n"
	"objects=; depfile=; source=\n"
	"while [ $# -gt 0 ]; do\n"
	"	case $1 in -o) out=$2;; -MF) depfile=$2;; -c) source=$2;; *.o) objects=\"$objects $1\";; esac\n"
	"	shift\n"
	"done\n"
	"[ \"$source\" ] || exec cat $objects > \"$out\"\n"
	"echo \"$source\" >> '%1$s'\n"
	"read=$source\n"
	"find() { if [ -e \"patched/$1\" ]; then read=\"$read patched/$1\"; else read=\"$read %2$s/$1\"; fi; }\n"
	"file=$(sed -n 's/^#include <\\(.*\\.c\\)>.*/\\1/p' \"$source\")\n"
	"[ ! \"$file\" ] || find \"$file\"\n"
	"case $source in *prelude.h) find include/linux/kvm_host.h;; esac\n"
	"for also in $(sed -n 's/^also //p' ${read#* }); do find \"$also\"; done\n"
	"read=\"$read $(sed -n 's|^beside |%2$s/|p' $read)\"\n"
	"cat $read > \"$out\"\n"
	"[ ! \"$depfile\" ] || echo \"$out: $read\" > \"$depfile\"\n";

static size_t count_lines(const char *part)
{
	char *text, error[256];
	size_t size, lines = 0;

	if (file_read(compiled, 1 << 20, &text, &size, error, sizeof(error)))
		return 0;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		lines += strstr(line, part) != NULL;
	free(text);
	return lines;
}

/* Builds with a recipe (NULL: without). How many sources were compiled? */
static size_t build(const char *recipe, bool rebuild)
{
	struct kernel_build_request request = {
		.tree = tree,
		.compiler = compiler,
		.recipes = &recipe,
		.recipe_count = recipe ? 1 : 0,
		.rebuild = rebuild,
	};
	const struct timespec tick = {.tv_nsec = 20000000};

	nanosleep(&tick, NULL); /* the clock of files is coarse, and what is edited during a build is not kept */
	unlink(compiled);
	if (kernel_build(&request, module_path, sizeof(module_path), message, sizeof(message)))
		fail_msg("%s", message);
	return count_lines("");
}

static void assert_same_module_rebuilt(const char *recipe)
{
	char *first, *again, error[256];
	size_t first_size, again_size;

	assert_int_equal(file_read(module_path, 1 << 24, &first, &first_size, error, sizeof(error)), 0);
	assert_int_equal(build(recipe, true), ALL);
	assert_int_equal(file_read(module_path, 1 << 24, &again, &again_size, error, sizeof(error)), 0);
	assert_int_equal(first_size, again_size);
	assert_memory_equal(first, again, first_size);
	free(first);
	free(again);
}

/* A shell command on each file of a folder of the cache: what it prints is of no interest. */
static void on_kept(const char *kind, const char *command)
{
	char line[1024];

	snprintf(line, sizeof(line), "for f in %s/rcfuzz/%s/*; do %s; done", folder, kind, command);
	assert_int_equal(system(line), 0); /* NOLINT(cert-env33-c): a fixed command of a test */
}

static void on_objects(const char *command)
{
	on_kept("objects", command);
}

static char *recipe_of(const char *name, const char *file, const char *value)
{
	static char path[512];
	char text[512];

	snprintf(text, sizeof(text), "file: %s\nfunction: known\nold: return 1;\nnew: return %s;\n", file, value);
	put(name, text);
	snprintf(path, sizeof(path), "%s", path_of(name));
	return path;
}

static void test_recipe_costs_its_unit(void **state)
{
	char *recipe;

	(void)state;
	assert_int_equal(build(NULL, false), ALL);
	assert_int_equal(build(NULL, false), 0);
	recipe = recipe_of("x.recipe", "arch/powerpc/kvm/book3s_hv.c", "2");
	assert_int_equal(build(recipe, false), 3); /* the unit, the prelude, the table */
	assert_int_equal(count_lines("unit/book3s_hv.c"), 1);
	assert_same_module_rebuilt(recipe);
	/* The same change by another recipe, and none: the table alone. */
	recipe = recipe_of("y.recipe", "arch/powerpc/kvm/book3s_hv.c", "  2");
	assert_int_equal(build(recipe, false), 3);
	put("y.recipe",
	    "# the same\nfile: arch/powerpc/kvm/book3s_hv.c\nfunction: known\nold: return 1;\nnew: return 2;\n");
	assert_int_equal(build(recipe, false), 1);
	assert_same_module_rebuilt(recipe);
}

static void test_header_costs_all(void **state)
{
	char *recipe = recipe_of("h.recipe", "include/linux/kvm_host.h", "2");

	(void)state;
	build(NULL, false);
	assert_int_equal(build(recipe, false), ALL);
	put("h.recipe",
	    "# the same\nfile: include/linux/kvm_host.h\nfunction: known\nold: return 1;\nnew: return 2;\n");
	assert_int_equal(build(recipe, false), 1);
	assert_same_module_rebuilt(recipe);
}

static void test_edited_tree(void **state)
{
	char *recipe = recipe_of("e.recipe", "lib/idr.c", "3");

	(void)state;
	build(NULL, false);
	put("tree/lib/rbtree.c", "static int known(void)\n{\n\treturn 8;\n}\n");
	assert_int_equal(build(recipe, false), 4); /* two units */
	assert_int_equal(count_lines("unit/lib_rbtree.c"), 1);
	assert_same_module_rebuilt(recipe);
	put("tree/lib/idr.c", "/* a line */\nstatic int known(void)\n{\n\treturn 1;\n}\n");
	assert_int_equal(build(recipe, false), 3);
	assert_int_equal(count_lines("unit/lib_idr.c"), 1);
	assert_same_module_rebuilt(recipe);
	put("tree/include/linux/kvm_host.h", "/* a line */\nstatic int known(void)\n{\n\treturn 1;\n}\n");
	/* All but the assembly, which reads no headers. */
	assert_int_equal(build(recipe, false), ALL - 2);
	assert_int_equal(count_lines(".S"), 0);
	assert_same_module_rebuilt(recipe);
}

static void test_edited_while_building(void **state)
{
	char *recipe = recipe_of("w.recipe", "lib/llist.c", "5"), fast[sizeof(compiler)], text[1024];

	(void)state;
	build(NULL, true);
	/* The compiler touches what another unit reads, as an editor at work does. */
	snprintf(text, sizeof(text),
		 "#!/bin/sh\ncase \"$*\" in *lib_llist.c*) touch %s/lib/xarray.c;; esac\nexec %s \"$@\"\n", tree,
		 compiler);
	put("editor", text);
	assert_int_equal(chmod(path_of("editor"), 0755), 0);
	memcpy(fast, compiler, sizeof(compiler));
	snprintf(compiler, sizeof(compiler), "%s/editor", folder);
	for (int i = 0; i < 2; i++) /* neither the module nor its objects are there the second time */
		assert_int_equal(build(recipe, false), ALL);
	memcpy(compiler, fast, sizeof(compiler));
}

static void test_damaged(void **state)
{
	char *recipe = recipe_of("d.recipe", "lib/bitmap.c", "4");

	(void)state;
	build(NULL, true);
	on_objects("truncate -s -1 \"$f\"");
	assert_int_equal(build(recipe, false), ALL);
	assert_same_module_rebuilt(recipe);
	on_objects("printf x >> \"$f\"");
	put("d.recipe", "# again\nfile: lib/bitmap.c\nfunction: known\nold: return 1;\nnew: return 4;\n");
	assert_int_equal(build(recipe, false), ALL);
	on_objects(": > \"$f\"");
	put("d.recipe", "# once more\nfile: lib/bitmap.c\nfunction: known\nold: return 1;\nnew: return 4;\n");
	assert_int_equal(build(recipe, false), ALL);
}

static void test_no_place(void **state)
{
	char *recipe = recipe_of("n.recipe", "lib/bitmap.c", "6");

	(void)state;
	remove_folder(path_of("rcfuzz/objects"));
	put("rcfuzz/objects", "in the way\n");
	assert_int_equal(build(recipe, false), ALL);
	assert_int_equal(build(recipe, false), 0);
	unlink(path_of("rcfuzz/objects"));
}

static void test_unused_for_long(void **state)
{
	char *recipe = recipe_of("u.recipe", "lib/xarray.c", "2");

	(void)state;
	build(NULL, true);
	put("rcfuzz/objects/unused", "");
	put("rcfuzz/build/unused.so", "");
	put("rcfuzz/trees/unused/Makefile", "");
	on_kept("*", "touch -d '31 days ago' \"$f\"");
	assert_int_equal(build(NULL, false), 0); /* uses a module, and removes nothing */
	assert_int_equal(access(path_of("rcfuzz/objects/unused"), F_OK), 0);
	build(recipe, false); /* takes all but one of the objects */
	assert_int_equal(access(path_of("rcfuzz/objects/unused"), F_OK), -1);
	assert_int_equal(access(path_of("rcfuzz/build/unused.so"), F_OK), -1);
	assert_int_equal(access(path_of("rcfuzz/trees/unused"), F_OK), -1);
	assert_int_equal(build(NULL, false), 0);
	put("u.recipe", "# again\nfile: lib/xarray.c\nfunction: known\nold: return 1;\nnew: return 2;\n");
	assert_int_equal(build(recipe, false), 1);
}

/* A unit that includes another unit's file depends on what only that one's key has. */
static void test_foreign_unit(void **state)
{
	char *recipe = recipe_of("f.recipe", "lib/llist.c", "9");

	(void)state;
	put("tree/lib/find_bit.c", "also lib/llist.c\n");
	build(NULL, false);
	assert_int_equal(build(recipe, false), 4); /* both */
	assert_int_equal(count_lines("unit/lib_find_bit.c"), 1);
	assert_same_module_rebuilt(recipe);
	put("tree/lib/find_bit.c", "");
}

/* A unit that includes the tree's own copy of a file would miss the patch: no such module is made. */
static void assert_lost(const char *file)
{
	const char *recipe = recipe_of("l.recipe", file, "10");
	struct kernel_build_request request = {
		.tree = tree, .compiler = compiler, .recipes = &recipe, .recipe_count = 1};
	char text[512];

	snprintf(text, sizeof(text), "beside %s\n", file);
	put("tree/lib/find_bit.c", text);
	assert_int_equal(kernel_build(&request, module_path, sizeof(module_path), message, sizeof(message)), -EINVAL);
	snprintf(text, sizeof(text), "a patch of %s is lost on", file);
	assert_non_null(strstr(message, text));
	put("tree/lib/find_bit.c", "");
}

static void test_lost_patch(void **state)
{
	(void)state;
	assert_lost("lib/llist.c");
	assert_lost("include/linux/kvm_host.h");
}

/* A .c file that nobody includes costs the table alone. */
static void test_file_of_no_unit(void **state)
{
	char *recipe = recipe_of("o.recipe", "lib/other.c", "2");

	(void)state;
	put("tree/lib/other.c", "static int known(void)\n{\n\treturn 1;\n}\n");
	build(NULL, false);
	assert_int_equal(build(recipe, false), 1);
}

static int setup(void **state)
{
	char text[2048];

	(void)state;
	if (!make_test_tree("static int known(void)\n{\n\treturn 1;\n}\n"))
		return -1;
	snprintf(compiler, sizeof(compiler), "%s/compiler", folder);
	snprintf(compiled, sizeof(compiled), "%s/compiled", folder);
	snprintf(text, sizeof(text), script, compiled, tree);
	put("compiler", text);
	return chmod(compiler, 0755);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recipe_costs_its_unit),
		cmocka_unit_test(test_header_costs_all),
		cmocka_unit_test(test_edited_tree),
		cmocka_unit_test(test_edited_while_building),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_no_place),
		cmocka_unit_test(test_unused_for_long),
		cmocka_unit_test(test_foreign_unit),
		cmocka_unit_test(test_lost_patch),
		cmocka_unit_test(test_file_of_no_unit),
	};

	return cmocka_run_group_tests(tests, setup, remove_test_tree);
}
