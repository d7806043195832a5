// SPDX-License-Identifier: GPL-2.0-only
/* cli_test.c: option parsing: one clear line, the right exit code, whatever is typed. */
#include "cli/cli.h"

#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { KEY_SIZE = 1000, KEY_FLAG, KEY_FORM, KEY_JSON, KEY_TIME, KEY_OTHER };

struct taken {
	uint64_t size;
	bool flag;
	const char *output;
	unsigned form;
	bool json;
	double seconds;
	unsigned others, arguments;
};

static const struct argp_option options[] = {
	{"size", KEY_SIZE, "N", 0, "a number", 0},
	{"flag", KEY_FLAG, NULL, 0, "a flag", 0},
	{"output", 'o', "FILE", 0, "a file", 0},
	{"form", KEY_FORM, "FORM", 0, "a word", 0},
	{"json", KEY_JSON, "FORMAT", 0, "the first word or not", 0},
	{"time", KEY_TIME, "TIME", 0, "a time", 0},
	{"other", KEY_OTHER, NULL, 0, "taken by the verb", 0},
	{0},
};

static int take(void *ctx, int key, char *arg)
{
	struct taken *taken = ctx;

	(void)arg;
	if (key == KEY_OTHER)
		taken->others++;
	else
		taken->arguments++;
	return 0;
}

static FILE *messages;
static int real_stderr, real_stdout;
static char path[] = "/tmp/rcfuzz-cli-XXXXXX";

static void begin_capture(void)
{
	int fd;

	strcpy(path + sizeof(path) - 7, "XXXXXX");
	fd = mkstemp(path);
	fflush(NULL);
	real_stderr = dup(STDERR_FILENO);
	real_stdout = dup(STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	dup2(fd, STDOUT_FILENO);
	close(fd);
}

/* What was printed since, in static memory. */
static const char *end_capture(void)
{
	static char text[65536];
	size_t n;

	fflush(NULL);
	dup2(real_stderr, STDERR_FILENO);
	dup2(real_stdout, STDOUT_FILENO);
	close(real_stderr);
	close(real_stdout);
	messages = fopen(path, "r");
	n = fread(text, 1, sizeof(text) - 1, messages);
	text[n] = '\0';
	fclose(messages);
	unlink(path);
	return text;
}

static int parse(struct taken *taken, const char **text, int argc, char **argv)
{
	static const char *const forms[] = {"round", "square", "flat", NULL};
	const struct cli_value values[] = {
		{KEY_SIZE, .number = &taken->size, .min = 1, .max = 100},
		{KEY_FLAG, .flag = &taken->flag},
		{'o', .text = &taken->output},
		{KEY_FORM, .choice = &taken->form, .words = forms},
		{KEY_JSON, .flag = &taken->json, .words = cli_formats},
		{KEY_TIME, .seconds = &taken->seconds},
		{0},
	};
	const struct cli_parser parser = {
		.verb = "verb",
		.args = "FILE...",
		.help = "Does it.\vExamples:\n  rcfuzz verb",
		.options = options,
		.take = take,
		.ctx = taken,
		.values = values,
	};
	int code;

	*taken = (struct taken){0};
	begin_capture();
	code = cli_parse(&parser, argc, argv);
	*text = end_capture();
	return code;
}

#define PARSE(...)                                                                                                     \
	parse(&taken, &text, (int)(sizeof((char *[]){"verb", __VA_ARGS__}) / sizeof(char *)),                          \
	      (char *[]){"verb", __VA_ARGS__, NULL})

static void one_line(const char *text, const char *part)
{
	if (strncmp(text, "rcfuzz: ", 8) || strchr(text, '\n') != text + strlen(text) - 1)
		fail_msg("not one line: %s", text);
	if (!strstr(text, part))
		fail_msg("no '%s' in: %s", part, text);
}

static void takes_options_and_arguments(void **state)
{
	struct taken taken;
	const char *text;

	(void)state;
	assert_int_equal(PARSE("a", "--size", "7", "--flag", "-ofile", "b"), CLI_PARSED);
	assert_true(taken.size == 7 && taken.flag && taken.arguments == 2 && !strcmp(taken.output, "file"));
	assert_string_equal(text, "");
	assert_int_equal(PARSE("--size=100", "--", "--flag"), CLI_PARSED);
	assert_true(taken.size == 100 && !taken.flag && taken.arguments == 1);
	assert_int_equal(PARSE("--form", "flat", "--json=json", "--time", "2m", "--other"), CLI_PARSED);
	assert_true(taken.form == 2 && taken.json && taken.seconds == 120 && taken.others == 1 && !taken.arguments);
	assert_int_equal(PARSE("--json=json", "--json=text"), CLI_PARSED);
	assert_false(taken.json);
}

static void wrong_options_are_one_line(void **state)
{
	struct taken taken;
	const char *text;

	(void)state;
	assert_int_equal(PARSE("--no-such"), CLI_USAGE);
	one_line(text, "unknown option '--no-such'");
	assert_int_equal(PARSE("-x"), CLI_USAGE);
	one_line(text, "'-x'");
	assert_int_equal(PARSE("--size"), CLI_USAGE);
	one_line(text, "'--size' needs a value");
	assert_int_equal(PARSE("-o"), CLI_USAGE);
	one_line(text, "'-o' needs a value");
	assert_int_equal(PARSE("--flag=3"), CLI_USAGE);
	one_line(text, "takes no value");
	assert_int_equal(PARSE("--size", "0"), CLI_USAGE);
	one_line(text, "from 1 to 100");
	assert_int_equal(PARSE("--size", "7\nx"), CLI_USAGE);
	one_line(text, "7 x");
	assert_int_equal(PARSE("--size", "-1"), CLI_USAGE);
	assert_int_equal(PARSE("--size", ""), CLI_USAGE);
	assert_int_equal(PARSE("--form", "oval"), CLI_USAGE);
	one_line(text, "--form wants one of round, square, flat, not 'oval'");
	assert_int_equal(PARSE("--time", "soon"), CLI_USAGE);
	one_line(text, "--time wants a time");
}

static void help_goes_to_stdout(void **state)
{
	struct taken taken;
	const char *text;

	(void)state;
	assert_int_equal(PARSE("--help"), CLI_HELP_SHOWN);
	assert_non_null(strstr(text, "rcfuzz verb"));
	assert_non_null(strstr(text, "--size=N"));
	assert_non_null(strstr(text, "Examples:"));
}

static void times_and_words(void **state)
{
	static const char *const words[] = {"one", "two", NULL};
	static const struct {
		const char *text;
		double seconds; /* 0: an error */
	} cases[] = {{"60s", 60},  {"90", 90}, {"5m", 300},  {"2h", 7200}, {"1d", 86400}, {"250ms", 0.25},
		     {"1.5m", 90}, {"", 0},    {"s", 0},     {"0s", 0},	   {"-5s", 0},	  {"5x", 0},
		     {"nan", 0},   {"inf", 0}, {"1e300", 0}, {"5 s", 0}};
	double seconds;
	unsigned choice = 0;

	(void)state;
	begin_capture();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int code = cli_duration("--time", cases[i].text, &seconds);

		if (cases[i].seconds == 0 ? code != CLI_USAGE : code || seconds != cases[i].seconds) {
			end_capture();
			fail_msg("%s", cases[i].text);
		}
	}
	end_capture();
	assert_int_equal(cli_choice("--x", "two", words, &choice), 0);
	assert_int_equal(choice, 1);
	begin_capture();
	choice = (unsigned)cli_choice("--x", "three", words, &choice);
	one_line(end_capture(), "one, two");
	assert_int_equal(choice, CLI_USAGE);
}

/* Any words at all: an exit code, and one line if it is an error. */
static void any_command_line(void **state)
{
	static const char *const words[] = {
		"--size",   "--size=", "--size=5", "--si=5", "--flag",	  "--flag=", "--",   "-",     "-o",
		"-of",	    "a",       "",	   "=",	     "--=",	  "-\n",     "--\n", "-\xff", "--help=3",
		"--output", "%s%n",    "--usage",  "-?",     "--version", "--pro",   "-V"};
	struct taken taken;
	struct rng rng;
	const char *text;

	(void)state;
	rng_seed(&rng, 7);
	for (unsigned i = 0; i < 3000; i++) {
		char *argv[8] = {"verb"};
		int argc = 1 + (int)rng_below(&rng, 6), code;

		for (int k = 1; k < argc; k++)
			argv[k] = (char *)words[rng_below(&rng, sizeof(words) / sizeof(words[0]))];
		argv[argc] = NULL;
		code = parse(&taken, &text, argc, argv);
		if (code == CLI_USAGE)
			one_line(text, "rcfuzz");
		else if (code == CLI_PARSED)
			assert_string_equal(text, "");
		else
			assert_int_equal(code, CLI_HELP_SHOWN);
	}
}

static void lists_files_of_a_folder(void **state)
{
	static const char *const names[] = {"b.txt", "a.txt", "c.bin", ".hidden", "sub/d.txt"};
	char folder[] = "/tmp/rcfuzz-list-XXXXXX", file[128], command[128];
	struct cli_list list = {0};

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/sub", folder);
	mkdir(file, 0777);
	snprintf(file, sizeof(file), "%s/loop", folder);
	assert_int_equal(symlink(folder, file), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(file, sizeof(file), "%s/%s", folder, names[i]);
		fclose(fopen(file, "w"));
	}
	assert_int_equal(cli_list_files(&list, folder, ".txt"), 0);
	assert_int_equal(list.count, 3);
	assert_non_null(strstr(list.items[0], "/a.txt"));
	assert_non_null(strstr(list.items[2], "/sub/d.txt"));
	cli_list_free(&list);
	assert_int_equal(cli_list_files(&list, folder, NULL), 0);
	assert_int_equal(list.count, 4);
	cli_list_free(&list);
	begin_capture();
	assert_int_equal(cli_list_files(&list, "/nonexistent", NULL), CLI_NO_INPUT);
	one_line(end_capture(), "/nonexistent");
	/* Who tells of each by itself gets those that are not there as well. */
	begin_capture();
	cli_list_all(&list, "/nonexistent", ".txt");
	cli_list_all(&list, folder, ".txt");
	assert_string_equal(end_capture(), "");
	assert_int_equal(list.count, 4);
	assert_string_equal(list.items[0], "/nonexistent");
	assert_non_null(strstr(list.items[1], "/a.txt"));
	cli_list_free(&list);
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_options_and_arguments),
		cmocka_unit_test(wrong_options_are_one_line),
		cmocka_unit_test(help_goes_to_stdout),
		cmocka_unit_test(times_and_words),
		cmocka_unit_test(any_command_line),
		cmocka_unit_test(lists_files_of_a_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
