// SPDX-License-Identifier: GPL-2.0-only
/*
 * debug.c: see debug.h. What gdb runs finds the moment by itself; it is looked
 * for here first, in a child, so that gdb can be told which frame is of
 * interest, and so that a scenario that shows nothing starts no debugger.
 */
#include "cli/debug.h"

#include "cli/guard.h"
#include "cli/load.h"
#include "cli/moment.h"
#include "cli/target.h"
#include "cli/tell.h"
#include "report/record.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARGUMENTS_MAX 40

/* ---- the moment ---------------------------------------------------------------------------- */

struct debug {
	const char *module, *path;
	struct scenario_file file;
	struct timeline *timeline;
	struct runner *runner;
	struct debug_result {
		int code;
		struct moment moment;
	} result;
};

static bool open_runner(void *ctx, char *error, size_t error_size)
{
	struct debug *debug = ctx;

	debug->timeline = malloc(sizeof(*debug->timeline));
	debug->runner = runner_create(debug->module, error, error_size);
	return debug->timeline && debug->runner;
}

static void find(void *ctx, size_t index, void *out)
{
	struct debug *debug = ctx;
	struct debug_result *result = out;

	(void)index;
	result->code = load_scenario_for(debug->path, runner_page_shift(debug->runner), &debug->file);
	if (!result->code && scenario_file_embargoed(&debug->file))
		result->code = cli_error(CLI_BAD_INPUT, "%s is embargoed: it holds no scenario", debug->path);
	if (result->code)
		return;
	tell_timeline(debug->timeline, debug->runner, &debug->file, NULL);
	if (!moment_find(debug->timeline, &result->moment))
		result->code = cli_error(
			CLI_BAD_INPUT, "%s shows no finding on this kernel: there is nothing to stop at", debug->path);
}

static bool take_found(void *ctx, size_t index, const void *result, int status)
{
	struct debug *debug = ctx;
	char text[96];

	(void)index;
	if (result)
		debug->result = *(const struct debug_result *)result;
	else
		debug->result.code = cli_error(CLI_INTERNAL, "%s: the process died (%s)", debug->path,
					       guard_status_text(status, text, sizeof(text)));
	return true;
}

int debug_run(const char *module, const char *path)
{
	struct debug *debug = calloc(1, sizeof(*debug));
	char error[512] = "";
	int code = debug ? 0 : cli_error(CLI_INTERNAL, "out of memory");

	if (!code) {
		debug->module = module;
		debug->path = path;
		if (!open_runner(debug, error, sizeof(error)))
			code = cli_error(CLI_BAD_INPUT, "%s", *error ? error : "out of memory");
	}
	if (!code) {
		find(debug, 0, &debug->result);
		code = debug->result.code;
	}
	if (!code) {
		moment_run(debug->runner, debug->timeline, &debug->result.moment);
		code = CLI_FINDING;
	}
	if (debug) {
		runner_destroy(debug->runner);
		free(debug->timeline);
	}
	free(debug);
	return code;
}

/* ---- gdb -------------------------------------------------------------------------------------- */

struct arguments {
	char *items[ARGUMENTS_MAX + 1];
	size_t count;
};

static void add(struct arguments *arguments, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct arguments *arguments, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (arguments->count == ARGUMENTS_MAX || vasprintf(&arguments->items[arguments->count], format, args) < 0)
		exit(cli_error(CLI_INTERNAL, "out of memory"));
	va_end(args);
	arguments->count++;
}

static void add_command(struct arguments *arguments, const char *command)
{
	add(arguments, "-ex");
	add(arguments, "%s", command);
}

/* Letters, digits and `others` only, so that it can be part of a command. */
static bool is_plain(const char *text, const char *others)
{
	const char *at = text;

	while (isalnum((unsigned char)*at) || (*at && strchr(others, *at)))
		at++;
	return *text && !*at;
}

static void add_directory(struct arguments *arguments, const char *path)
{
	if (!is_plain(path, "_.-+~/ ,=@%")) {
		fprintf(stderr, "rcfuzz: gdb cannot be told of the folder '%s': no lines from there\n", path);
		return;
	}
	add(arguments, "-ex");
	add(arguments, "directory \"%s\"", path);
}

/* Where the lines are: debug information names files from the top of the tree, and ours from the top of the project. */
static void add_sources(struct arguments *arguments, const char *info_text)
{
	cJSON *info = cJSON_Parse(info_text);
	const char *share = getenv("RCFUZZ_SHARE");

	add_directory(arguments, record_string(info, "tree"));
	add_directory(arguments, share ? share : RCFUZZ_SHARE_DIR);
	if (cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(info, "patches")) ||
	    cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(info, "recipes")))
		fprintf(stderr,
			"rcfuzz: this kernel is patched, and gdb shows the lines of the tree as it was before\n");
	cJSON_Delete(info);
}

static int become_gdb(const struct debug *debug, const char *info)
{
	const struct moment *moment = &debug->result.moment;
	struct arguments arguments = {0};
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0)
		return cli_error(CLI_INTERNAL, "cannot find this program: %s", strerror(errno));
	self[n] = '\0';
	add(&arguments, "gdb");
	add(&arguments, "-q");
	/* Kernel lines come from the tree, none from a server. */
	add(&arguments, "-iex");
	add(&arguments, "set debuginfod enabled off");
	add_sources(&arguments, info);
	/* The time limit of a scenario is a signal. */
	add_command(&arguments, "handle SIGVTALRM nostop noprint pass");
	add_command(&arguments, "break rcfuzz_moment");
	add_command(&arguments, "run");
	if (moment->kind == MOMENT_BEFORE_OP && is_plain(moment->function, "_.")) {
		add(&arguments, "-ex");
		add(&arguments, "tbreak %s", moment->function);
		add_command(&arguments, "continue");
	} else if (is_plain(moment->function, "_.")) {
		/* gdb's own "frame function" stops at what is inlined into it. */
		add(&arguments, "-ex");
		add(&arguments,
		    "python exec(\"f = gdb.newest_frame()\\nwhile f and f.name() != '%s': f = f.older()\\n"
		    "if f: f.select()\")",
		    moment->function);
	}
	add_command(&arguments, "frame");
	add_command(&arguments, "list");
	add(&arguments, "--args");
	add(&arguments, "%s", self);
	add(&arguments, "replay");
	add(&arguments, "--in-process");
	add(&arguments, "--target");
	add(&arguments, "%s", debug->module);
	add(&arguments, "%s", debug->path);
	printf("stops in %s\n      at %s\n      as %s\n", *moment->op ? moment->op : "the scenario",
	       *moment->function ? moment->function : "the finding", moment->what);
	if (cli_flush(0))
		return CLI_IO;
	execvp(arguments.items[0], arguments.items);
	return cli_error(CLI_NO_INPUT, "cannot start gdb: %s; install it (Debian: apt-get install gdb)",
			 strerror(errno));
}

int debug_start(const char *module, const char *path)
{
	struct debug *debug = calloc(1, sizeof(*debug));
	struct target_facts facts = {0};
	char *full = realpath(path, NULL);
	int code;

	if (!debug)
		return cli_error(CLI_INTERNAL, "out of memory");
	debug->module = module;
	debug->path = full ? full : path;
	const struct guard guard = {.ctx = debug,
				    .count = 1,
				    .result_size = sizeof(struct debug_result),
				    .open = open_runner,
				    .run = find,
				    .take = take_found};

	code = guard_each(&guard);
	if (!code)
		code = debug->result.code;
	if (!code)
		code = target_probe(module, &facts);
	if (!code)
		code = become_gdb(debug, facts.info);
	target_facts_free(&facts);
	free(debug);
	free(full);
	return code;
}
