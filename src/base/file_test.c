// SPDX-License-Identifier: GPL-2.0-only
/* file_test.c: whole files are read with a bound and replaced in one step; errors say which file. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/rcfuzz-file-test-XXXXXX";
static char path[64], error[160];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/file", folder);
	return 0;
}

/* Files in the folder, . and .. aside. */
static unsigned count_files(void)
{
	DIR *dir = opendir(folder);
	unsigned n = 0;

	assert_non_null(dir);
	for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

static int remove_folder(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static void expect_content(const char *name, const char *content)
{
	char *data;
	size_t size;

	assert_int_equal(file_read(name, 1 << 20, &data, &size, error, sizeof(error)), 0);
	assert_int_equal(size, strlen(content));
	assert_string_equal(data, content);
	free(data);
}

static void test_write_and_read(void **state)
{
	(void)state;
	assert_int_equal(file_write_atomic(path, "one", 3, error, sizeof(error)), 0);
	expect_content(path, "one");
	assert_int_equal(file_write_atomic(path, "other\n", 6, error, sizeof(error)), 0);
	expect_content(path, "other\n");
	assert_int_equal(file_write_atomic(path, "", 0, error, sizeof(error)), 0);
	expect_content(path, "");
	assert_int_equal(count_files(), 1);
}

static void test_large(void **state)
{
	size_t size = 3 << 20, got;
	char *data = malloc(size), *back;

	(void)state;
	for (size_t i = 0; i < size; i++)
		data[i] = (char)(i * 7 + i / 256);
	assert_int_equal(file_write_atomic(path, data, size, error, sizeof(error)), 0);
	assert_int_equal(file_read(path, size, &back, &got, error, sizeof(error)), 0);
	assert_int_equal(got, size);
	assert_memory_equal(back, data, size);
	free(back);
	assert_int_equal(file_read(path, size - 1, &back, &got, error, sizeof(error)), -EFBIG);
	assert_null(back);
	assert_non_null(strstr(error, path));
	free(data);
}

static void test_endless_is_refused(void **state)
{
	char *data;
	size_t size;

	(void)state;
	assert_int_equal(file_read("/dev/zero", 1 << 20, &data, &size, error, sizeof(error)), -EFBIG);
}

/* A pipe whose writer comes late and pauses is read to its end; one that nobody writes to ends in an error. */
static void test_pipes(void **state)
{
	char *data;
	size_t size;
	pid_t writer;

	(void)state;
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	writer = fork();
	if (!writer) {
		int fd;

		usleep(100000);
		fd = open(path, O_WRONLY);
		for (int i = 0; i < 3; i++) {
			if (write(fd, "abc", 3) != 3)
				_exit(1);
			usleep(50000);
		}
		_exit(0);
	}
	expect_content(path, "abcabcabc");
	assert_int_equal(waitpid(writer, NULL, 0), writer);
	assert_int_equal(file_read(path, 10, &data, &size, error, sizeof(error)), -ETIMEDOUT);
	assert_null(data);
	assert_non_null(strstr(error, path));
	unlink(path);
}

static void test_errors(void **state)
{
	char *data, missing[96];
	size_t size;

	(void)state;
	snprintf(missing, sizeof(missing), "%s/none/file", folder);
	assert_int_equal(file_read(missing, 10, &data, &size, error, sizeof(error)), -ENOENT);
	assert_non_null(strstr(error, missing));
	assert_int_equal(file_read(folder, 10, &data, &size, error, sizeof(error)), -EISDIR);
	assert_int_equal(file_write_atomic(missing, "x", 1, error, sizeof(error)), -ENOENT);
	assert_int_equal(file_write_atomic(folder, "x", 1, error, sizeof(error)), -EISDIR);
	assert_int_equal(file_write_atomic("/dev/full", "x", 1, error, sizeof(error)), -ENOSPC);
	assert_non_null(strstr(error, "/dev/full"));
}

static void test_mode_and_link_survive(void **state)
{
	char link[96];
	struct stat st;

	(void)state;
	snprintf(link, sizeof(link), "%s/link", folder);
	assert_int_equal(file_write_atomic(path, "a", 1, error, sizeof(error)), 0);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(symlink("file", link), 0);
	assert_int_equal(file_write_atomic(link, "b", 1, error, sizeof(error)), 0);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	expect_content(path, "b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_and_read),	      cmocka_unit_test(test_large),
		cmocka_unit_test(test_endless_is_refused),    cmocka_unit_test(test_errors),
		cmocka_unit_test(test_mode_and_link_survive), cmocka_unit_test(test_pipes),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
