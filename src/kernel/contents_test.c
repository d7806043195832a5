// SPDX-License-Identifier: GPL-2.0-only
/* contents_test.c: which functions a module has, by where they were written. On a module that is made here. */
#include "contents.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char source[] =
	"#line 10 \"/linux/include/linux/list.h\"\n"
	"static inline __attribute__((always_inline)) int is_inlined(int x) { return x * x; }\n"
	"#line 20 \"/linux/virt/kvm/kvm_main.c\"\n"
	"static __attribute__((noinline)) int is_static(int x) { return is_inlined(x) + 1; }\n"
	"int is_dropped(int x) { return x; }\n"
	"int dropped_variable;\n"
	"#line 5 \"/rcfuzz/src/kernel/shim/glue.c\"\n"
	"int variable = 3;\n"
	"__attribute__((visibility(\"default\"))) int calls(int x) { return is_static(x) + variable; }\n";

static char folder[] = "/tmp/rcfuzz-contents-XXXXXX";
static char path[64], error[256];
static struct contents *contents;

static int setup(void **state)
{
	char source_path[64], command[512];
	FILE *file;

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(command, sizeof(command), "mkdir -p %s/src/kernel/shim", folder);
	if (system(command))
		return -1;
	snprintf(source_path, sizeof(source_path), "%s/src/kernel/shim/glue.c", folder);
	snprintf(path, sizeof(path), "%s/code.so", folder);
	file = fopen(source_path, "w");
	if (!file)
		return -1;
	fputs(source, file);
	fclose(file);
	snprintf(command, sizeof(command),
		 "clang -g -O1 -std=gnu11 -shared -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections "
		 "-Wl,--gc-sections -o %s %s",
		 path, source_path);
	if (system(command))
		return -1;
	contents = contents_read(path, error, sizeof(error));
	return contents ? 0 : -1;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	contents_free(contents);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static const struct contents_item *item(size_t i)
{
	size_t count;
	const struct contents_item *items = contents_items(contents, &count);

	assert_true(i < count);
	return &items[i];
}

static void functions_are_in_order_and_once(void **state)
{
	size_t count;

	(void)state;
	contents_items(contents, &count);
	assert_int_equal(count, 4);
	assert_string_equal(item(0)->name, "is_inlined");
	assert_string_equal(item(0)->file, "include/linux/list.h");
	assert_int_equal(item(0)->line, 10);
	assert_true(item(0)->function && !item(0)->external);
	assert_string_equal(item(1)->name, "calls");
	assert_string_equal(item(1)->file, "src/kernel/shim/glue.c");
	assert_true(item(1)->function && item(1)->external);
	assert_string_equal(item(2)->name, "is_static");
	assert_string_equal(item(2)->file, "virt/kvm/kvm_main.c");
	assert_true(item(2)->function && !item(2)->external);
}

static void variables_come_last(void **state)
{
	(void)state;
	assert_string_equal(item(3)->name, "variable");
	assert_true(!item(3)->function && item(3)->external);
}

static void what_the_linker_drops_is_not_there(void **state)
{
	(void)state;
	assert_true(contents_has(contents, "is_inlined"));
	assert_true(contents_has(contents, "is_static"));
	assert_true(contents_has(contents, "variable"));
	assert_false(contents_has(contents, "is_dropped"));
	assert_false(contents_has(contents, "dropped_variable"));
	assert_false(contents_has(contents, "is_stat"));
}

static void what_is_no_module_is_refused(void **state)
{
	(void)state;
	assert_null(contents_read("/nowhere.so", error, sizeof(error)));
	assert_non_null(strstr(error, "No such file"));
	assert_null(contents_read("src/kernel/contents_test.c", error, sizeof(error)));
	assert_non_null(strstr(error, "build it again"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_are_in_order_and_once),
		cmocka_unit_test(variables_come_last),
		cmocka_unit_test(what_the_linker_drops_is_not_there),
		cmocka_unit_test(what_is_no_module_is_refused),
	};

	return cmocka_run_group_tests_name("contents", tests, setup, teardown);
}
