// SPDX-License-Identifier: GPL-2.0-only
/* replay.c: `rcfuzz replay`: run scenarios, show what happens, on one kernel or on several side by side. */
#include "cli/cli.h"
#include "cli/debug.h"
#include "cli/embargo.h"
#include "cli/guard.h"
#include "cli/load.h"
#include "cli/reach.h"
#include "cli/target.h"
#include "cli/tell.h"
#include "report/timeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct replay_options {
	struct target_choice target;
	struct cli_list files;
	struct embargo embargo; /* no replay is for others to read: an entry that cannot be read is told */
	bool json, verify, quiet, gdb, in_process;
};

enum { KEY_FORMAT = 1000, KEY_VERIFY, KEY_GDB, KEY_IN_PROCESS };

static const struct argp_option options[] = {
	TARGET_OPTIONS,
	{"format", KEY_FORMAT, "FORMAT", 0, "text (default), or json: one object a line", 2},
	{"verify", KEY_VERIFY, NULL, 0,
	 "run twice, in a module of each compiler at hand at -O2 and -O1, and compare the traces; with --target: in "
	 "those",
	 2},
	{"quiet", 'q', NULL, 0, "the verdict only", 2},
	{"gdb", KEY_GDB, NULL, 0, "stop in gdb at the moment of the loss, with the kernel's lines", 2},
	{"in-process", KEY_IN_PROCESS, NULL, 0, "for another debugger: call rcfuzz_moment() at that moment", 2},
	{0},
};

static const char help[] = "Runs scenarios (text or binary; folders too) and prints verdict and timeline. With several "
			   "kernels it compares them.\v"
			   "Examples:\n"
			   "  rcfuzz replay findings/lost-dirty-l1-1a2b3c4d.txt\n"
			   "  rcfuzz replay --target 6.1.so --target 6.12.so story.txt\n"
			   "  rcfuzz replay --gdb --kernel ~/linux story.txt\n"
			   "Exit: 0 no finding, 1 a finding.";

static int take_file(void *ctx, int key, char *arg)
{
	struct replay_options *o = ctx;

	(void)key;
	/* What cannot be read is told in its turn; the others run. */
	cli_list_all(&o->files, arg, NULL);
	return 0;
}

/* ---- one file on one kernel, in the child --------------------------------------- */

/* What comes back to the parent: enough to compare kernels. */
struct replay_result {
	int code; /* exit code for this file */
	uint32_t finding_count, ops;
	struct finding worst;
	uint64_t trace_hash;
	bool portable;			 /* its preemptions are named: they are at the same places in another build, */
	bool at_access;			 /* but that one may read and write in other steps */
	uint16_t bits[SCENARIO_OPS_MAX]; /* after each op: R, C and presence of the four places */
};

struct replay {
	const struct replay_options *options;
	const char *module;
	size_t target_count;
	bool silent;			   /* another build of a kernel that is shown already */
	const struct replay_result *first; /* with the first module, which told what cannot be read; NULL: this is it */
	struct replay_result *results;	   /* of the parent: one a file; NULL: not kept */
	int code;
	/* In the child: */
	struct runner *runner;
	struct timeline *timeline;
	struct scenario_file file;
};

static bool open_runner(void *ctx, char *error, size_t error_size)
{
	struct replay *replay = ctx;

	replay->timeline = malloc(sizeof(*replay->timeline));
	replay->runner = runner_create(replay->module, error, error_size);
	return replay->timeline && replay->runner;
}

static uint16_t pack_bits(const struct run_bits *b)
{
	const bool bits[] = {b->has_l1,	    b->l1_r,	 b->l1_c,     b->has_l0,  b->l0_r,  b->l0_c,
			     b->has_shadow, b->shadow_r, b->shadow_c, b->has_tlb, b->tlb_r, b->tlb_c};
	uint16_t packed = 0;

	for (unsigned i = 0; i < sizeof(bits); i++)
		packed |= (uint16_t)(bits[i] << i);
	return packed;
}

static void print_text(const struct replay *replay, const char *path)
{
	const struct timeline *t = replay->timeline;

	if (replay->options->quiet && t->has_finding)
		printf("%s: %s: %s\n", path, class_info[t->finding.class].name, t->finding.title);
	else if (replay->options->quiet)
		printf("%s: no finding\n", path);
	else
		report_text(stdout, t, runner_target_info(replay->runner), path);
}

static void print_json(const struct replay *replay, const char *path)
{
	cJSON *json = report_json(replay->timeline, runner_target_info(replay->runner), path);
	char *text = json ? cJSON_PrintUnformatted(json) : NULL;

	printf("%s\n", text ? text : "{}");
	cJSON_free(text);
	cJSON_Delete(json);
}

static void fill_result(const struct timeline *t, struct replay_result *result)
{
	result->code = t->outcome.finding_count ? CLI_FINDING : CLI_CLEAN;
	result->finding_count = t->outcome.finding_count;
	result->worst = t->finding;
	result->trace_hash = t->outcome.trace_hash;
	result->ops = t->scenario.op_count;
	result->portable = !scenario_has_numbers(&t->scenario);
	for (uint32_t i = 0; i < t->scenario.point_count; i++) {
		const char *name = t->scenario.points[i].name;

		result->at_access |= strstr(name, ":read:") || strstr(name, ":write:");
	}
	for (uint32_t i = 0; i < t->scenario.op_count; i++)
		result->bits[i] = pack_bits(&t->steps[i].after);
}

/* The same scenario must give the same trace, byte for byte, with and without somebody watching. */
static bool repeats(const struct replay *replay)
{
	struct run_outcome *again = malloc(sizeof(*again));
	bool same;

	if (!again)
		return false;
	run_scenario(replay->runner, &replay->timeline->scenario, NULL, again);
	same = again->trace_hash == replay->timeline->outcome.trace_hash;
	free(again);
	return same;
}

/* Yield points by number are those of one build, and what the module does not come to does nothing. Says so. */
static void tell_points(const struct replay *replay, const char *path)
{
	const struct scenario *s = &replay->timeline->scenario;
	const struct run_outcome *outcome = &replay->timeline->outcome;
	bool access = s->config.level == LEVEL_ACCESS && !strstr(runner_target_info(replay->runner), "\"access\"");
	char text[SCENARIO_POINT_NAME + 32], victim[SCENARIO_LABEL_MAX], numbers[REACH_REMARK];
	char hash[SCENARIO_MODULE_MAX];

	for (uint32_t i = 0; i < s->point_count; i++) {
		if (outcome->points_reached >> i & 1 || outcome->world_ended || outcome->too_slow)
			continue;
		scenario_point_text(&s->points[i], text, sizeof(text));
		scenario_label_text(s->points[i].victim, victim);
		fprintf(stderr, "rcfuzz: %s: %s does not come to %s%s\n", path, victim, text,
			access ? "; level=access wants a module of 'rcfuzz build --flavour access'" : "");
	}
	reach_hash(runner_target_info(replay->runner), hash);
	if (reach_remark(&replay->file, hash, numbers))
		fprintf(stderr, "rcfuzz: %s: %s\n", path, numbers);
}

static void tell_cut(const struct replay *replay, const char *path)
{
	const struct timeline *t = replay->timeline;

	if (t->outcome.too_slow)
		fprintf(stderr, "rcfuzz: %s: too slow: it was cut, %u of %u ops were run\n", path, t->outcome.ops_run,
			t->scenario.op_count);
}

static void show(const struct replay *replay, const char *path)
{
	tell_points(replay, path);
	tell_cut(replay, path);
	if (replay->options->json)
		print_json(replay, path);
	else if (replay->target_count == 1)
		print_text(replay, path);
}

static bool cannot_be_read(const struct replay_result *result)
{
	return result->code == CLI_BAD_INPUT || result->code == CLI_NO_INPUT;
}

static void run_file(void *ctx, size_t index, void *out)
{
	struct replay *replay = ctx;
	struct replay_result *result = out;
	const char *path = replay->options->files.items[index];

	if (replay->first && cannot_be_read(&replay->first[index])) {
		result->code = replay->first[index].code;
		return;
	}
	result->code = load_scenario_for(path, runner_page_shift(replay->runner), &replay->file);
	if (!result->code && scenario_file_embargoed(&replay->file))
		result->code = cli_error(CLI_BAD_INPUT, "%s is embargoed: it holds no scenario", path);
	else if (!result->code && !replay->file.scenario.op_count)
		result->code = cli_error(CLI_BAD_INPUT, "%s is empty: it holds no op", path);
	if (result->code)
		return;
	tell_timeline(replay->timeline, replay->runner, &replay->file, NULL);
	embargo_mark_timeline(&replay->options->embargo, replay->timeline);
	fill_result(replay->timeline, result);
	if (!replay->silent)
		show(replay, path);
	if (replay->options->verify && !repeats(replay))
		result->code = cli_error(CLI_INTERNAL, "%s: two runs gave two traces: that is a bug of rcfuzz", path);
	result->code = cli_flush(result->code);
}

/* ---- the parent ------------------------------------------------------------------- */

/* Trouble counts for more than a finding, a finding for more than none. */
static int worse(int a, int b)
{
	return a > b ? a : b;
}

static bool take_result(void *ctx, size_t index, const void *result, int status)
{
	const struct replay_result *r = result;
	struct replay *replay = ctx;
	char text[96];

	if (!r) {
		cli_error(CLI_INTERNAL, "%s: the process died (%s)", replay->options->files.items[index],
			  guard_status_text(status, text, sizeof(text)));
		replay->code = worse(replay->code, CLI_INTERNAL);
		if (replay->results)
			replay->results[index].code = CLI_INTERNAL;
		return true;
	}
	replay->code = worse(replay->code, r->code);
	if (replay->results)
		replay->results[index] = *r;
	return true;
}

static int replay_on(struct replay *replay)
{
	const struct guard guard = {
		.ctx = replay,
		.count = replay->options->files.count,
		.result_size = sizeof(struct replay_result),
		.open = open_runner,
		.run = run_file,
		.take = take_result,
	};
	int code = guard_each(&guard);

	return code ? code : replay->code;
}

/* ---- side by side --------------------------------------------------------------------- */

static const char *bits_text(uint16_t packed, unsigned place)
{
	unsigned b = packed >> (3 * place);

	return timeline_bits_text(b & 1, b >> 1 & 1, b >> 2 & 1);
}

static void print_difference(const struct replay_options *o, size_t file, const struct replay_result *a,
			     const struct replay_result *b)
{
	static const char *const places[] = {"l1-pte", "l0-pte", "shadow-pte", "tlb"};
	struct scenario_file *loaded = malloc(sizeof(*loaded));
	char op[256] = "";

	for (uint32_t i = 0; loaded && i < a->ops && i < b->ops; i++) {
		if (a->bits[i] == b->bits[i])
			continue;
		if (!load_scenario(o->files.items[file], loaded) && i < loaded->scenario.op_count)
			scenario_op_text(&loaded->scenario.ops[i], op, sizeof(op));
		printf("    they part at: %s\n", op);
		for (unsigned place = 0; place < 4; place++) {
			if (strcmp(bits_text(a->bits[i], place), bits_text(b->bits[i], place)))
				printf("      %-10s %s against %s\n", places[place], bits_text(a->bits[i], place),
				       bits_text(b->bits[i], place));
		}
		break;
	}
	free(loaded);
}

static void print_comparison(const struct replay_options *o, const struct target_facts *facts,
			     struct replay_result **results, size_t targets)
{
	for (size_t f = 0; f < o->files.count; f++) {
		printf("%s\n", o->files.items[f]);
		for (size_t t = 0; t < targets; t++) {
			const struct replay_result *r = &results[t][f];

			if (r->code > CLI_FINDING)
				printf("  %-24s could not be run\n", facts[t].name);
			else if (!r->finding_count)
				printf("  %-24s no finding\n", facts[t].name);
			else
				printf("  %-24s %s: %s\n", facts[t].name, class_info[r->worst.class].name,
				       r->worst.title);
		}
		for (size_t t = 1; !o->quiet && t < targets; t++)
			print_difference(o, f, &results[0][f], &results[t][f]);
	}
}

/* ---- builds of one kernel ---------------------------------------------------------------- */

/* They differ in compiler, optimisation and instrumentation only, and that must make no difference. */
static bool same_kernel(const struct target_facts *a, const struct target_facts *b)
{
	return !strcmp(a->name, b->name) && !strcmp(a->has, b->has);
}

/* Two builds of one kernel gave two traces: an exit code. */
static int tell_difference(const char *file, const struct replay_result *first, const char *first_module,
			   const char *module)
{
	if (!first->at_access)
		return cli_error(CLI_INTERNAL, "%s: %s and %s, two builds of one kernel, gave two traces", file,
				 first_module, module);
	fprintf(stderr,
		"rcfuzz: %s: a preemption at an access is at another place in %s than in %s: it belongs to one build\n",
		file, module, first_module);
	return 0;
}

/* One file in all modules, each with the first one of its kernel. Says what was compared, if nothing else is said. */
static int verify_file(const struct replay_options *o, size_t f, const struct cli_list *modules,
		       const struct target_facts *facts, struct replay_result **results)
{
	const char *file = o->files.items[f];
	bool portable = results[0][f].portable, all = true;
	int code = 0;

	if (results[0][f].code > CLI_FINDING) /* it was not run, and why was said */
		return 0;
	for (size_t t = 0; t < modules->count; t++) {
		const struct replay_result *r = &results[t][f], *first;
		size_t k = 0;

		while (!same_kernel(&facts[k], &facts[t]))
			k++;
		first = &results[k][f];
		all &= r->code <= CLI_FINDING && r->trace_hash == first->trace_hash;
		if (portable && r->code <= CLI_FINDING && first->code <= CLI_FINDING &&
		    r->trace_hash != first->trace_hash)
			code = worse(code, tell_difference(file, first, modules->items[k], modules->items[t]));
	}
	if (!portable)
		fprintf(stderr,
			"rcfuzz: %s: run twice in each of %zu builds, which are not compared with each other: "
			"its preemptions have numbers only, which hold for one build\n",
			file, modules->count);
	else if (!o->quiet && all)
		fprintf(stderr, "rcfuzz: %s: the same events, run twice in %s%zu build%s\n", file,
			modules->count == 1 ? "" : "each of ", modules->count, modules->count == 1 ? "" : "s");
	return code;
}

static int verify_builds(const struct replay_options *o, const struct cli_list *modules,
			 const struct target_facts *facts, struct replay_result **results)
{
	int code = 0;

	for (size_t t = 0; !o->quiet && t < modules->count; t++)
		fprintf(stderr, "rcfuzz: build %zu: %s: %s (%s)\n", t + 1, facts[t].name, facts[t].build,
			modules->items[t]);
	for (size_t f = 0; f < o->files.count; f++)
		code = worse(code, verify_file(o, f, modules, facts, results));
	return code;
}

/* The first `shown` of the modules are shown, side by side if they are several; the others are for --verify. */
static int compare(const struct replay_options *o, const struct cli_list *modules, size_t shown)
{
	struct replay_result **results = calloc(modules->count, sizeof(*results));
	struct target_facts *facts = calloc(modules->count, sizeof(*facts));
	struct replay *replay = calloc(1, sizeof(*replay));
	int code = results && facts && replay ? 0 : cli_error(CLI_INTERNAL, "out of memory"), worst = 0;

	for (size_t t = 0; !code && replay && t < modules->count; t++) {
		code = target_probe(modules->items[t], &facts[t]);
		results[t] = calloc(o->files.count, sizeof(**results));
		*replay = (struct replay){.options = o,
					  .module = modules->items[t],
					  .target_count = shown,
					  .silent = t >= shown,
					  .first = t ? results[0] : NULL,
					  .results = results[t]};
		if (!code && results[t])
			worst = worse(worst, replay_on(replay));
	}
	if (!code && o->verify)
		worst = worse(worst, verify_builds(o, modules, facts, results));
	if (!code && !o->json && shown > 1)
		print_comparison(o, facts, results, shown);
	for (size_t t = 0; results && facts && t < modules->count; t++) {
		target_facts_free(&facts[t]);
		free(results[t]);
	}
	free(results);
	free(facts);
	free(replay);
	return code ? code : worst;
}

static int replay_all(const struct replay_options *o, const struct cli_list *modules, size_t shown)
{
	struct replay *replay;
	int code;

	if (o->gdb || o->in_process) {
		if (modules->count > 1 || o->files.count > 1)
			return cli_error(CLI_USAGE, "a debugger wants one scenario and one kernel");
		return (o->gdb ? debug_start : debug_run)(modules->items[0], o->files.items[0]);
	}
	if (modules->count > 1 || o->verify)
		return compare(o, modules, shown);
	replay = calloc(1, sizeof(*replay));
	if (!replay)
		return cli_error(CLI_INTERNAL, "out of memory");
	replay->options = o;
	replay->module = modules->items[0];
	replay->target_count = 1;
	code = replay_on(replay);
	free(replay);
	return code;
}

int verb_replay(int argc, char **argv)
{
	struct replay_options o = {0};
	const struct cli_value values[] = {
		{KEY_FORMAT, .flag = &o.json, .words = cli_formats},
		{KEY_VERIFY, .flag = &o.verify},
		{'q', .flag = &o.quiet},
		{KEY_GDB, .flag = &o.gdb},
		{KEY_IN_PROCESS, .flag = &o.in_process},
		{0},
	};
	const struct cli_parser parser = {"replay",	    "FILE...",		help, options, take_file, &o,
					  .values = values, .target = &o.target};
	struct cli_list modules = {0};
	int code = cli_parse(&parser, argc, argv);
	size_t shown;

	if (code == CLI_PARSED && !o.files.count)
		code = cli_error(CLI_USAGE, "replay wants a scenario: rcfuzz replay FILE...");
	if (code == CLI_PARSED)
		code = target_resolve(&o.target, load_flavour(&o.files), &modules);
	shown = modules.count;
	if (!code && o.verify && !o.gdb && !o.in_process && !o.target.modules.count && shown == 1)
		code = target_add_builds(&o.target, load_flavour(&o.files), &modules);
	if (!code && !o.gdb && !o.in_process)
		code = embargo_open(&o.embargo, NULL, false);
	if (!code)
		code = cli_flush(replay_all(&o, &modules, shown));
	embargo_close(&o.embargo);
	cli_list_free(&modules);
	cli_list_free(&o.files);
	target_free(&o.target);
	return code;
}
