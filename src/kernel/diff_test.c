// SPDX-License-Identifier: GPL-2.0-only
/* diff_test.c: which files a diff touches, and which diffs are not taken. */
#include "diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int list(struct diff_files *files, const char *text, char *error, size_t error_size)
{
	return diff_list_files(files, "test", text, strlen(text), error, error_size);
}

static void test_files(void **state)
{
	/* A removed line `-- not/a/path` looks like the head of a file, but stands in a hunk. */
	static const char text[] = "From: someone\n"
				   "\n"
				   "diff --git a/virt/kvm/kvm_main.c b/virt/kvm/kvm_main.c\n"
				   "--- a/virt/kvm/kvm_main.c\t2024-01-01\n"
				   "+++ b/virt/kvm/kvm_main.c\n"
				   "@@ -1,3 +1,2 @@ int f(void)\n"
				   " x\n"
				   "--- not/../a/path\n"
				   " y\n"
				   "--- /dev/null\n"
				   "+++ b/include/new.h\n"
				   "@@ -0,0 +1 @@\n"
				   "+z\n"
				   "\\ No newline at end of file\n";
	struct diff_files files;
	char error[256] = "";

	(void)state;
	assert_int_equal(list(&files, text, error, sizeof(error)), 0);
	assert_int_equal(files.count, 2);
	assert_string_equal(files.paths[0], "virt/kvm/kvm_main.c");
	assert_string_equal(files.paths[1], "include/new.h");
	diff_files_free(&files);
}

static void test_refuses(void **state)
{
	static const char *const texts[][2] = {
		{"nothing\n", "test:1: is no unified diff"},
		{"--- a/../x\n", "test:1: a path leaves the kernel tree, or is none of a kernel"},
		{"--- /etc/passwd\n", "test:1: a path has no leading component to drop (a/, b/)"},
		{"\n+++ b//etc/passwd\n", "test:2: a path leaves the kernel tree, or is none of a kernel"},
		{"--- x\n", "test:1: a path has no leading component to drop (a/, b/)"},
		{"new file mode 120000\n", "test:1: renames, symbolic links and binary files are not taken"},
		{"rename from x\n", "test:1: renames, symbolic links and binary files are not taken"},
		{"GIT binary patch\n", "test:1: renames, symbolic links and binary files are not taken"},
	};
	struct diff_files files;
	char error[256];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_true(list(&files, texts[i][0], error, sizeof(error)) < 0);
		assert_string_equal(error, texts[i][1]);
	}
	assert_true(diff_list_files(&files, "test", "--- a/\0", 7, error, sizeof(error)) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_files), cmocka_unit_test(test_refuses)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
