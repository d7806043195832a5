// SPDX-License-Identifier: GPL-2.0-only
/* minimize.c: `rcfuzz minimize`: shrink one scenario, keeping what it shows. */
#include "triage/minimize.h"

#include "cli/cli.h"
#include "cli/load.h"
#include "cli/reach.h"
#include "cli/target.h"
#include "report/timeline.h"
#include "report/words.h"
#include "triage/isolate.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct minimize_options {
	struct target_choice target;
	struct cli_list files;
	const char *output, *signature;
	uint64_t execs;
};

enum { KEY_EXECS = 1000, KEY_SIGNATURE };

static const struct argp_option options[] = {
	TARGET_OPTIONS,
	{"output", 'o', "FILE", 0, "where the result goes (default: stdout)", 2},
	{"signature", KEY_SIGNATURE, "S", 0,
	 "which finding to keep, or the beginning of its signature (default: the most severe)", 2},
	{"execs", KEY_EXECS, "N", 0, "runs at most (default 50000)", 2},
	{0},
};

static const char help[] =
	"Shrinks a scenario: ops, values, configuration, as long as it shows the same finding. Ctrl-C "
	"ends it with the best so far.\v"
	"Example:\n"
	"  rcfuzz minimize crash-1a2b3c -o small.txt\n"
	"Exit: 0 the result was written, 65 the scenario shows no finding.";

static int take(void *ctx, int key, char *arg)
{
	struct minimize_options *o = ctx;

	(void)key;
	cli_list_add(&o->files, arg);
	return 0;
}

/* Signal handlers have no context. */
static _Atomic uint32_t stop;

static void on_interrupt(int number)
{
	(void)number;
	atomic_store(&stop, 1);
}

static const struct finding *choose(const struct run_outcome *outcome, const char *signature)
{
	if (!signature)
		return timeline_worst(outcome);
	for (uint32_t i = 0; i < outcome->finding_count; i++) {
		if (!strncmp(outcome->findings[i].signature, signature, strlen(signature)))
			return &outcome->findings[i];
	}
	return NULL;
}

static int write_out(const struct minimize_options *o, const struct scenario_file *file)
{
	struct scenario_error error;
	char *text;
	size_t n;

	if (o->output) {
		if (scenario_file_save(o->output, file, &error))
			return cli_error(CLI_IO, "%s", error.message);
		return CLI_CLEAN;
	}
	n = scenario_text_write(file, NULL, 0);
	text = malloc(n + 1);
	if (!text)
		return cli_error(CLI_INTERNAL, "out of memory");
	scenario_text_write(file, text, n + 1);
	fputs(text, stdout);
	free(text);
	return cli_flush(CLI_CLEAN);
}

/* What the scenario shows, of that what is to be kept: in a child, since it may be the death of the process. */
static int find(const struct minimize_options *o, struct runner *runner, const struct scenario *s,
		struct finding *finding)
{
	struct run_outcome *outcome = malloc(sizeof(*outcome));
	struct isolate *isolate = isolate_open(runner, 0);
	const struct finding *found = NULL;
	int code = 0;

	if (!outcome || !isolate || !isolate_run(isolate, s, outcome))
		code = cli_error(CLI_INTERNAL, "no process can be started: %s", strerror(errno));
	else
		found = choose(outcome, o->signature);
	if (found)
		*finding = *found;
	else if (!code)
		code = cli_error(CLI_BAD_INPUT, "%s shows no %s on this kernel: there is nothing to keep",
				 o->files.items[0], o->signature ? "such finding" : "finding");
	isolate_close(isolate);
	free(outcome);
	return code;
}

/* What comes without a story and an expectation says what it shows. */
static void state_finding(struct scenario_file *file, const struct finding *finding)
{
	struct scenario_expectation *e = file->expectations;

	if (!*file->story)
		words_story(finding, &file->scenario, file->story, sizeof(file->story));
	if (file->expectation_count)
		return;
	*e = (struct scenario_expectation){.kind = EXPECT_SIGNATURE, .pattern = "*"};
	snprintf(e->signature, sizeof(e->signature), "%s", finding->signature);
	file->expectation_count = 1;
}

static int minimize(const struct minimize_options *o, struct runner *runner, struct scenario_file *file)
{
	const struct minimize_budget budget = {.execs_max = o->execs, .stop = &stop, .isolated = true};
	struct minimize_result result;
	struct finding finding;
	int code = find(o, runner, &file->scenario, &finding);

	if (code)
		return code;
	minimize_scenario(runner, &file->scenario, finding.signature, &budget, &result);
	if (!result.reproduced)
		return cli_error(CLI_INTERNAL, "%s: the finding did not show again: that is a bug of rcfuzz",
				 o->files.items[0]);
	fprintf(stderr, "rcfuzz: %u ops -> %u in %llu runs%s\n", result.ops_before, file->scenario.op_count,
		(unsigned long long)result.execs, result.complete ? "" : " (not finished: the best so far)");
	state_finding(file, &result.finding);
	*file->module = '\0';
	if (scenario_has_numbers(&file->scenario))
		reach_hash(runner_target_info(runner), file->module);
	return write_out(o, file);
}

static int minimize_with(const struct minimize_options *o, const char *module)
{
	const struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
	struct scenario_file *file = malloc(sizeof(*file));
	char error[512];
	struct runner *runner = runner_create(module, error, sizeof(error));
	int code = !file     ? cli_error(CLI_INTERNAL, "out of memory")
		   : !runner ? cli_error(CLI_BAD_INPUT, "%s", error)
			     : load_scenario_for(o->files.items[0], runner_page_shift(runner), file);

	if (!code && scenario_file_embargoed(file))
		code = cli_error(CLI_BAD_INPUT, "%s is embargoed: it holds no scenario", o->files.items[0]);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (!code)
		code = minimize(o, runner, file);
	runner_destroy(runner);
	free(file);
	return code;
}

int verb_minimize(int argc, char **argv)
{
	struct minimize_options o = {0};
	const struct cli_value values[] = {
		{'o', .text = &o.output},
		{KEY_SIGNATURE, .text = &o.signature},
		{KEY_EXECS, .number = &o.execs, .min = 1, .max = UINT32_MAX},
		{0},
	};
	const struct cli_parser parser = {"minimize",	      "FILE", help, options, take, &o, .values = values,
					  .target = &o.target};
	struct cli_list modules = {0};
	int code = cli_parse(&parser, argc, argv);

	if (code == CLI_PARSED && o.files.count != 1)
		code = cli_error(CLI_USAGE, "minimize wants one scenario: rcfuzz minimize FILE -o OUT");
	if (code == CLI_PARSED)
		code = target_resolve(&o.target, load_flavour(&o.files), &modules);
	if (!code && modules.count > 1)
		code = cli_error(CLI_USAGE, "minimize works on one kernel");
	if (!code)
		code = minimize_with(&o, modules.items[0]);
	cli_list_free(&modules);
	cli_list_free(&o.files);
	target_free(&o.target);
	return code;
}
