// SPDX-License-Identifier: GPL-2.0-only
/*
 * explore.c: `rcfuzz explore`: every schedule of a few ops that overlap. They are run in a child process; what it has
 * come to lies in memory that it shares with its parent, so that nothing is lost however it ends.
 */
#include "cli/cli.h"
#include "cli/guard.h"
#include "cli/load.h"
#include "cli/target.h"
#include "report/record.h"
#include "report/folder.h"
#include "report/timeline.h"
#include "sched/choose.h"
#include "triage/death.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define OPS_AT_ONCE 3u
#define SCHEDULES_DEFAULT 100000u
#define SCHEDULES_MAX 10000000u
#define PREEMPTIONS_MAX 3u
#define FINDINGS_MAX 64u
#define SECONDS_MAX 3600u

struct explore_options {
	struct target_choice target;
	struct cli_list files;
	const char *ops, *out;
	uint64_t schedules, preemptions;
	bool access;
};

enum { KEY_OPS = 1000, KEY_PREEMPTIONS, KEY_SCHEDULES, KEY_LEVEL, KEY_OUT };

static const struct argp_option options[] = {
	TARGET_OPTIONS,
	{"ops", KEY_OPS, "A,B", 0,
	 "labels of two or three ops that are to overlap (default: the first that interrupts another, and that one)",
	 2},
	{"preemptions", KEY_PREEMPTIONS, "N", 0, "at most, 1 to 3 (default 1)", 2},
	{"level", KEY_LEVEL, "LEVEL", 0, "where: sync (default), or access: at each access to shared memory as well",
	 2},
	{"schedules", KEY_SCHEDULES, "N", 0, "stop after so many (default 100000)", 2},
	{"out", KEY_OUT, "D", 0, "write the first scenario of each finding to D/findings", 3},
	{0},
};

static const char help[] =
	"Runs a scenario with every schedule of some of its ops: in each order, and interrupted at "
	"each of their yield points by the ones behind. Says how many there are, how many differ in what "
	"happens, and what they show. Interrupted, it says so of those that were run.\v"
	"Examples:\n"
	"  rcfuzz explore --ops d,e story.txt\n"
	"  rcfuzz explore --kernel ~/linux --level access --preemptions 2 story.txt\n"
	"Exit: 0 no finding, 1 a finding.";

static int take(void *ctx, int key, char *arg)
{
	struct explore_options *o = ctx;

	(void)key;
	cli_list_add(&o->files, arg);
	return 0;
}

/* ---- which ops -------------------------------------------------------------------- */

struct window {
	uint16_t labels[OPS_AT_ONCE];
	uint32_t count, first;
};

static bool has_label(const struct window *window, uint16_t label)
{
	for (uint32_t i = 0; i < window->count; i++)
		if (window->labels[i] == label)
			return true;
	return false;
}

static int parse_ops(struct window *window, const struct scenario *s, const char *list)
{
	for (const char *at = list; *at; at += *at == ',') {
		size_t length = strcspn(at, ",");
		uint16_t label = scenario_label_parse(at, length);

		if (!label || scenario_op_index(s, label) == s->op_count)
			return cli_error(CLI_USAGE, "--ops: the scenario has no op '%.*s'", (int)length, at);
		if (window->count == OPS_AT_ONCE || has_label(window, label))
			return cli_error(CLI_USAGE, "--ops: two or three different ops, such as d,e");
		window->labels[window->count++] = label;
		at += length;
	}
	return window->count < 2 ? cli_error(CLI_USAGE, "--ops: two or three different ops, such as d,e") : 0;
}

static int default_ops(struct window *window, const struct scenario *s)
{
	for (uint32_t i = 0; i < s->point_count && !window->count; i++) {
		if (!s->points[i].child)
			continue;
		window->labels[window->count++] = s->points[i].victim;
		window->labels[window->count++] = s->points[i].child;
	}
	return window->count ? 0
			     : cli_error(CLI_USAGE, "no op interrupts another here: name those to overlap with --ops");
}

/* They stand in a row, from where the first of them stood, and nothing is said of when they run. */
static void put_in_a_row(struct window *window, struct scenario *s)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < s->point_count; i++)
		if (!has_label(window, s->points[i].victim) && !has_label(window, s->points[i].child))
			s->points[kept++] = s->points[i];
	s->point_count = kept;
	scenario_canonicalize(s);
	window->first = scenario_op_index(s, window->labels[0]);
	for (uint32_t i = 1; i < window->count; i++) {
		uint32_t from = scenario_op_index(s, window->labels[i]), to = window->first + i;
		struct scenario_op op = s->ops[from];

		if (from < to) { /* it stood before them */
			memmove(&s->ops[from], &s->ops[from + 1], (to - 1 - from) * sizeof(op));
			window->first--;
			s->ops[to - 1] = op;
		} else {
			memmove(&s->ops[to + 1], &s->ops[to], (from - to) * sizeof(op));
			s->ops[to] = op;
		}
	}
	scenario_canonicalize(s);
	window->first = scenario_op_index(s, window->labels[0]);
}

/* ---- all schedules, in the child ----------------------------------------------------- */

struct shown {
	struct finding finding;
	uint64_t count;
	struct scenario scenario; /* the first */
	char path[4096];	  /* where that is saved; "": nowhere */
};

/* Signal handlers have no context. */
static _Atomic uint32_t stop;

static void on_interrupt(int number)
{
	(void)number;
	atomic_store(&stop, 1);
}

/* Shared by the child and its parent, which reads what it says when the child is gone. */
struct explorer {
	const struct explore_options *options;
	const char *module;
	struct runner *runner; /* the child's */
	struct scenario_file file;
	struct scenario trial;
	bool began; /* trial is the one that runs, as far as it is decided, or ran last */
	struct run_outcome outcome;
	struct window window;
	uint64_t schedules;
	bool complete, cut; /* all were run; some have decisions that no scenario can tell */
	bool died;	    /* the child, of the last trial */
	bool hung;	    /* the time that all may take together is over */
	uint64_t *traces;   /* the child's: an open hash table of those seen; 0: free */
	uint64_t slots, different;
	uint32_t shown_count;
	struct shown shown[FINDINGS_MAX];
	struct scenario_file saved; /* scratch */
	int code;
};

static bool open_explorer(void *ctx, char *error, size_t error_size)
{
	struct explorer *x = ctx;

	x->slots = 1;
	while (x->slots < 2 * x->options->schedules)
		x->slots *= 2;
	x->traces = calloc(x->slots, sizeof(*x->traces));
	if (x->traces)
		x->runner = runner_create(x->module, error, error_size);
	return x->traces && x->runner;
}

static void count_trace(struct explorer *x, uint64_t hash)
{
	uint64_t i = hash % x->slots;

	hash += !hash;
	while (x->traces[i] && x->traces[i] != hash)
		i = (i + 1) % x->slots;
	x->different += !x->traces[i];
	x->traces[i] = hash;
}

/* The first scenario of a finding. 0, or an exit code. */
static int save(struct explorer *x, struct shown *shown)
{
	struct scenario_error error;
	char id[RECORD_ID];

	if (!x->options->out)
		return 0;
	record_id(id, &shown->finding);
	snprintf(shown->path, sizeof(shown->path), "%s/findings/%s.txt", x->options->out, id);
	x->saved.scenario = shown->scenario;
	snprintf(x->saved.story, sizeof(x->saved.story), "%s\nsignature %s", shown->finding.title,
		 shown->finding.signature);
	if (scenario_file_save(shown->path, &x->saved, &error))
		return cli_error(CLI_IO, "%s", error.message);
	return 0;
}

/* NULL: no more are kept. It is to be filled, and counted then. */
static struct shown *find_shown(struct explorer *x, const struct finding *finding)
{
	uint32_t k = 0;

	while (k < x->shown_count && strcmp(x->shown[k].finding.signature, finding->signature) != 0)
		k++;
	return k < FINDINGS_MAX ? &x->shown[k] : NULL;
}

static int count_findings(struct explorer *x)
{
	int code = 0;

	for (uint32_t i = 0; i < x->outcome.finding_count && !code; i++) {
		const struct finding *finding = &x->outcome.findings[i];
		struct shown *shown = find_shown(x, finding);

		if (!shown)
			continue;
		if (!shown->count) {
			shown->finding = *finding;
			shown->scenario = x->trial;
			run_name_points(x->runner, &shown->scenario);
			code = save(x, shown);
			x->shown_count++;
		}
		shown->count++;
	}
	return code;
}

static int explore(struct explorer *x)
{
	struct chooser chooser;
	const struct run_schedule schedule = {.chooser = &chooser,
					      .first = x->window.first,
					      .count = x->window.count,
					      .preemptions = (uint32_t)x->options->preemptions};

	int code;

	if (!choose_exhaustive(&chooser))
		return cli_error(CLI_INTERNAL, "out of memory");
	do {
		x->trial = x->file.scenario;
		x->began = true;
		run_scheduled(x->runner, &x->trial, &schedule, &x->outcome);
		x->schedules++;
		count_trace(x, x->outcome.trace_hash);
		code = count_findings(x);
		x->complete = !choose_next(&chooser);
	} while (!code && !x->complete && x->schedules < x->options->schedules);
	x->cut = chooser.cut;
	choose_end(&chooser);
	return code;
}

static void run_explorer(void *ctx, size_t index, void *out)
{
	struct explorer *x = ctx;
	int *code = out;

	(void)index;
	x->file.scenario.config.page = runner_page_shift(x->runner) == 12 ? PAGE_4K : PAGE_64K;
	x->file.scenario.config.level = x->options->access ? LEVEL_ACCESS : LEVEL_SYNC;
	put_in_a_row(&x->window, &x->file.scenario);
	*code = explore(x);
}

/* ---- the parent ---------------------------------------------------------------------------- */

/* What of them was not run, and why. */
static const char *missing(const struct explorer *x)
{
	if (atomic_load(&stop))
		return " (interrupted: there are more)";
	if (x->hung)
		return " (there are more: an hour is over)";
	if (x->died)
		return " (there are more: the last one killed the process)";
	if (!x->complete)
		return " (there are more: --schedules)";
	return x->cut ? " (there are more: an op is too long for all of its yield points)" : "";
}

static int tell(const struct explorer *x)
{
	printf("%llu schedules of %u ops with up to %llu preemption%s%s, %llu different\n",
	       (unsigned long long)x->schedules, x->window.count, (unsigned long long)x->options->preemptions,
	       x->options->preemptions == 1 ? "" : "s", missing(x), (unsigned long long)x->different);
	for (uint32_t i = 0; i < x->shown_count; i++) {
		const struct shown *shown = &x->shown[i];
		char point[SCENARIO_POINT_NAME + 32];

		printf("  %s: %s\n    in %llu of them, first", class_info[shown->finding.class].name,
		       shown->finding.title, (unsigned long long)shown->count);
		for (uint32_t k = 0; k < shown->scenario.point_count; k++) {
			scenario_point_text(&shown->scenario.points[k], point, sizeof(point));
			printf("%s at %s", k ? "," : "", point);
		}
		printf("%s\n", shown->scenario.point_count ? "" : " one after the other");
		if (*shown->path)
			printf("      %s\n", shown->path);
	}
	return cli_flush(x->shown_count ? CLI_FINDING : CLI_CLEAN);
}

/* A schedule that kills the process is a finding; those behind it are not run. */
static int take_death(struct explorer *x, int status)
{
	const struct finding finding = death_finding(status, false);
	struct shown *shown = find_shown(x, &finding);
	char text[96];

	if (!x->began)
		return cli_error(CLI_INTERNAL, "the process died (%s)", guard_status_text(status, text, sizeof(text)));
	x->died = true;
	x->schedules++;
	if (!shown)
		return 0;
	shown->finding = finding;
	shown->scenario = x->trial;
	scenario_canonicalize(&shown->scenario);
	shown->count++;
	x->shown_count++;
	return save(x, shown);
}

static bool take_result(void *ctx, size_t index, const void *result, int status)
{
	struct explorer *x = ctx;

	(void)index;
	x->hung = status == GUARD_HUNG;
	if (result)
		x->code = *(const int *)result;
	else if (!x->hung)
		x->code = take_death(x, status);
	return true;
}

static int load(struct explorer *x, const char *path)
{
	struct target_facts facts = {0};
	int code = target_probe(x->module, &facts);

	if (!code)
		code = load_scenario_for(path, facts.page_shift, &x->file);
	target_facts_free(&facts);
	if (!code && scenario_file_embargoed(&x->file))
		code = cli_error(CLI_BAD_INPUT, "%s is embargoed: it holds no scenario", path);
	if (code)
		return code;
	return x->options->ops ? parse_ops(&x->window, &x->file.scenario, x->options->ops)
			       : default_ops(&x->window, &x->file.scenario);
}

static int explore_with(const struct explore_options *o, const char *module)
{
	const struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
	struct explorer *x = mmap(NULL, sizeof(*x), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const struct guard guard = {
		.ctx = x,
		.count = 1,
		.result_size = sizeof(int),
		.open = open_explorer,
		.run = run_explorer,
		.take = take_result,
		.seconds = SECONDS_MAX,
		.stop = &stop,
	};
	int code;

	if (x == MAP_FAILED)
		return cli_error(CLI_INTERNAL, "out of memory");
	x->options = o;
	x->module = module;
	code = load(x, o->files.items[0]);
	if (!code) {
		sigaction(SIGINT, &action, NULL);
		sigaction(SIGTERM, &action, NULL);
		code = guard_each(&guard);
	}
	if (!code)
		code = tell(x);
	if (code <= CLI_FINDING && x->code)
		code = x->code;
	munmap(x, sizeof(*x));
	return code;
}

static int make_folder(const struct explore_options *o)
{
	char path[4096], error[512];

	for (int i = 0; o->out && i < 2; i++) {
		snprintf(path, sizeof(path), "%s%s", o->out, i ? "/findings" : "");
		if (!folder_make(path, error, sizeof(error)))
			return cli_error(CLI_IO, "%s; name another with --out", error);
	}
	return 0;
}

int verb_explore(int argc, char **argv)
{
	struct explore_options o = {.schedules = SCHEDULES_DEFAULT, .preemptions = 1};
	static const char *const levels[] = {"sync", "access", NULL};
	const struct cli_value values[] = {
		{KEY_OPS, .text = &o.ops},
		{KEY_PREEMPTIONS, .number = &o.preemptions, .min = 1, .max = PREEMPTIONS_MAX},
		{KEY_SCHEDULES, .number = &o.schedules, .min = 1, .max = SCHEDULES_MAX},
		{KEY_LEVEL, .flag = &o.access, .words = levels},
		{KEY_OUT, .text = &o.out},
		{0},
	};
	const struct cli_parser parser = {"explore",	      "FILE", help, options, take, &o, .values = values,
					  .target = &o.target};
	struct cli_list modules = {0};
	struct target_facts facts = {0};
	int code = cli_parse(&parser, argc, argv);

	if (code == CLI_PARSED && o.files.count != 1)
		code = cli_error(CLI_USAGE, "explore wants one scenario: rcfuzz explore --ops A,B FILE");
	if (!code)
		code = make_folder(&o);
	if (!code)
		code = target_resolve(&o.target, o.access ? BUILD_ACCESS : target_plain_flavour(), &modules);
	if (!code && modules.count > 1)
		code = cli_error(CLI_USAGE, "explore works on one kernel");
	if (!code && o.access)
		code = target_probe(modules.items[0], &facts);
	if (!code && o.access)
		code = target_wants_access("--level access", modules.items[0], &facts);
	if (!code)
		code = explore_with(&o, modules.items[0]);
	target_facts_free(&facts);
	cli_list_free(&modules);
	cli_list_free(&o.files);
	target_free(&o.target);
	return code;
}
