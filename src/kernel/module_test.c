/* SPDX-License-Identifier: GPL-2.0-only */
/* module_test.c: where a call is, also where the compiler has no line for it, and what members are called. On a module
 * that is made here. */
#include "module.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* `#line 0` makes clang write the row that it has for what is of no line of its own. */
static const char source[] = "#include \"kernel/target.h\"\n"
			     "struct target rcfuzz_target = {.abi = TARGET_ABI};\n"
			     "struct long_names {\n"
			     "	long a_member_of_a_name_that_is_much_longer_than_what_a_report_has_room_for_1;\n"
			     "	long a_member_of_a_name_that_is_much_longer_than_what_a_report_has_room_for_2;\n"
			     "	struct { long x; } inner;\n"
			     "} names;\n"
			     "const void *seen[4];\n"
			     "__attribute__((noinline)) void call(int i)\n"
			     "{\n"
			     "	seen[i] = __builtin_return_address(0);\n"
			     "}\n"
			     "#line 10\n"
			     "void has_a_line_after(void)\n"
			     "{\n"
			     "	call(0);\n"
			     "#line 0\n"
			     "	call(1);\n"
			     "#line 21\n"
			     "	call(0);\n"
			     "}\n"
			     "#line 30\n"
			     "void has_a_line_before(void)\n"
			     "{\n"
			     "	call(0);\n"
			     "#line 0\n"
			     "	call(2); }\n"
			     "static inline __attribute__((always_inline)) void only_inlined(void)\n"
			     "{\n"
			     "	call(0);\n"
			     "}\n"
			     "__attribute__((weak)) void only_declared(void);\n"
			     "void a_function_with_a_name_of_more_than_forty_characters(int declared)\n"
			     "{\n"
			     "	only_inlined();\n"
			     "	if (declared)\n"
			     "		only_declared();\n"
			     "}\n"
			     "#line 40\n"
			     "void has_lines(void)\n"
			     "{\n"
			     "	call(3);\n"
			     "	call(0);\n"
			     "}\n";

static char folder[] = "/tmp/rcfuzz-module-XXXXXX";
static char path[64];

static void compile(void)
{
	char source_path[64], command[512];
	FILE *file;

	snprintf(source_path, sizeof(source_path), "%s/code.c", folder);
	snprintf(path, sizeof(path), "%s/code.so", folder);
	file = fopen(source_path, "w");
	assert_non_null(file);
	fputs(source, file);
	fclose(file);
	snprintf(command, sizeof(command), "clang -w -g -O0 -std=gnu11 -shared -fPIC -Isrc -o %s %s", path,
		 source_path);
	assert_int_equal(system(command), 0);
}

static struct module *m;

static int setup(void **state)
{
	char error[256] = "";

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	compile();
	m = module_load(path, error, sizeof(error));
	print_message("%s", error);
	return m ? 0 : -1;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	module_unload(m);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static uint32_t line_of_call(const void *address, const char *function)
{
	struct module_place place;

	assert_int_equal(module_places(m, address, &place, 1), 1);
	assert_string_equal(place.function, function);
	return place.line;
}

static void a_call_without_a_line_has_the_next_one(void **state)
{
	const void **seen;
	void *handle;

	(void)state;
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	assert_non_null(handle);
	seen = dlsym(handle, "seen");
	for (unsigned i = 0; i < 3; i++) {
		static const char *const names[] = {"has_a_line_after", "has_a_line_before", "has_lines"};
		void (*function)(void);

		*(void **)&function = dlsym(handle, names[i]);
		assert_non_null(function);
		function();
	}
	assert_int_equal(line_of_call(seen[3], "has_lines"), 42);
	assert_int_equal(line_of_call(seen[1], "has_a_line_after"), 21);
	assert_int_equal(line_of_call(seen[2], "has_a_line_before"), 32);
	dlclose(handle);
}

static void members_of_long_names_are_two(void **state)
{
	const char *first = module_member(m, "long_names", 0), *second = module_member(m, "long_names", 8);

	(void)state;
	assert_string_equal(module_member(m, "long_names", 16), "inner.x");
	assert_memory_equal(first, "a_member_of", 11);
	assert_memory_equal(second, "a_member_of", 11);
	assert_string_not_equal(first, second);
}

static void functions_are_there_by_name(void **state)
{
	(void)state;
	assert_true(module_has_function(m, "has_lines"));
	assert_true(module_has_function(m, "only_inlined"));
	assert_true(module_has_function(m, "a_function_with_a_name_of_more_than_fort"));
	assert_false(module_has_function(m, "a_function_with_a_name_of_more"));
	assert_false(module_has_function(m, "has_line"));
	assert_false(module_has_function(m, "only_declared"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_without_a_line_has_the_next_one),
		cmocka_unit_test(members_of_long_names_are_two),
		cmocka_unit_test(functions_are_there_by_name),
	};

	return cmocka_run_group_tests_name("module", tests, setup, teardown);
}
