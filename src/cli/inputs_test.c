// SPDX-License-Identifier: GPL-2.0-only
/* inputs_test.c: nothing below a folder gets lost without a word: it is an input, is told of, or is counted. */
#include "cli/inputs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/rcfuzz-inputs-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	return system(command);
}

static void make(const char *name)
{
	char path[256], *slash;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	for (slash = strchr(path + strlen(folder) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0777);
		*slash = '/';
	}
	file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
}

static bool has(const struct cli_list *list, const char *name)
{
	char path[256];
	size_t n = (size_t)snprintf(path, sizeof(path), "%s/%s", folder, name);

	for (size_t i = 0; i < list->count; i++)
		if (!strncmp(list->items[i], path, n) && (!list->items[i][n] || list->items[i][n] == '\t'))
			return true;
	return false;
}

static struct cli_list files;
static struct inputs_left left;

/* What is told on stderr is not looked at. */
static void collect(void)
{
	int saved = dup(STDERR_FILENO);

	files = (struct cli_list){0};
	left = (struct inputs_left){0};
	assert_non_null(freopen("/dev/null", "w", stderr));
	assert_int_equal(inputs_collect(&files, folder, &left), 0);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
}

static void done(void)
{
	cli_list_free(&files);
	cli_list_free(&left.out);
}

static void a_plain_folder_gives_all(void **state)
{
	(void)state;
	make("id:000000,sig:06");
	make("crash-1");
	make("below/story.txt");
	collect();
	assert_int_equal(files.count, 3);
	assert_true(has(&files, "id:000000,sig:06") && has(&files, "crash-1") && has(&files, "below/story.txt"));
	assert_int_equal(left.out.count, 0);
	done();
}

static void engines_keep_their_own(void **state)
{
	(void)state;
	make("default/fuzzer_stats");
	make("default/plot_data");
	make("default/.cur_input");
	make("default/crashes/id:000000,sig:06");
	make("default/crashes/README.txt");
	make("default/crashes/renamed");
	make("default/queue/.state/x");
	make("default/queue/id:000000,orig:a");
	make("default/saved-crash");
	make("default/others/crash");
	make("run/findings.jsonl");
	make("run/corpus/0123");
	make("run/findings/a.txt");
	collect();
	assert_int_equal(files.count, 4);
	assert_true(has(&files, "default/crashes/id:000000,sig:06") && has(&files, "default/crashes/renamed"));
	assert_true(has(&files, "default/queue/id:000000,orig:a") && has(&files, "run/findings/a.txt"));
	/* Not one of AFL's: it may be an input. */
	assert_int_equal(left.out.count, 2);
	assert_true(has(&left.out, "default/saved-crash") && has(&left.out, "default/others"));
	/* fuzzer_stats, plot_data, .cur_input, README.txt, .state; findings.jsonl, corpus. */
	assert_int_equal(left.passed_over, 7);
	done();
}

static void a_readme_alone_is_taken(void **state)
{
	(void)state;
	make("README.txt");
	collect();
	assert_true(has(&files, "README.txt"));
	done();
}

static void what_is_no_file_is_told(void **state)
{
	static const char *const targets[][2] = {
		{"nothing", "missing"}, {"device", "/dev/null"}, {"up", "."}, {"linked", "a"}};
	char path[256];

	(void)state;
	make("a");
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, targets[i][0]);
		assert_int_equal(symlink(targets[i][1], path), 0);
	}
	snprintf(path, sizeof(path), "%s/pipe", folder);
	assert_int_equal(mkfifo(path, 0666), 0);
	collect();
	assert_int_equal(files.count, 2);
	assert_true(has(&files, "a") && has(&files, "linked"));
	assert_int_equal(left.out.count, 4);
	assert_true(has(&left.out, "nothing") && has(&left.out, "device") && has(&left.out, "up") &&
		    has(&left.out, "pipe"));
	done();
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(a_plain_folder_gives_all),
		WITH_FOLDER(engines_keep_their_own),
		WITH_FOLDER(a_readme_alone_is_taken),
		WITH_FOLDER(what_is_no_file_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
