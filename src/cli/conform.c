// SPDX-License-Identifier: GPL-2.0-only
/*
 * conform.c: `rcfuzz conform`: the same scenarios here and on an unmodified kernel in
 * emulation, op by op. A difference is a defect, usually of our shim or machine.
 */
#include "base/file.h"
#include "base/rng.h"
#include "cli/cli.h"
#include "cli/conform_tally.h"
#include "cli/load.h"
#include "cli/target.h"
#include "report/folder.h"
#include "report/record.h"
#include "scenario/generate.h"
#include "scenario/scenario_file.h"
#include "stage/model.h"
#include "stage/rules.h"
#include "stage/stage.h"
#include "stage/symptom.h"
#include "triage/minimize.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PROGRESS_SECONDS 60.0
/* Boots in a row after which no answer came. */
#define BOOTS_MAX 3u

struct conform_options {
	struct target_choice target;
	struct cli_list files;
	const char *stage, *out;
	uint64_t count, seed, differences_max, execs;
	double seconds;
	bool records;
};

/* A scenario on its way through both sides. */
struct pair {
	char name[128];
	struct scenario scenario;
	bool random;
	bool was_there; /* when the stage ended */
};

struct conform {
	const struct conform_options *options;
	struct stage *stage;
	struct stage_facts facts;
	struct model *model;
	size_t next_file;
	uint64_t generated;
	uint32_t sent, taken; /* of pairs[i % STAGE_AHEAD] */
	struct pair pairs[STAGE_AHEAD];
	struct pair *differing; /* kept until the stage has nothing else to do */
	struct records ours, theirs;
	struct run_outcome outcome;
	uint64_t scenarios, ops, differences, logs, stage_ended;
	struct tally tally; /* of the random ones, over all calls with this --out */
	unsigned boots;	    /* since the last answer */
	double began, seconds, told;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

enum { KEY_STAGE = 1000, KEY_COUNT, KEY_SEED, KEY_DIFFERENCES, KEY_EXECS, KEY_RECORDS };

static const struct argp_option options[] = {
	TARGET_OPTIONS,
	{"stage", KEY_STAGE, "NAME", 0, "which kernel of ci/stage (default 6.12-64k)", 2},
	{"count", KEY_COUNT, "N", 0, "random scenarios (default 1000; 0 where files are given)", 2},
	{"seed", KEY_SEED, "S", 0, "of the random scenarios (default 1)", 2},
	{"time", 't', "TIME", 0, "end after that long", 2},
	{"out", 'o', "D", 0, "folder for scenarios that differ, and for how far it is: the same call goes on there", 2},
	{"execs", KEY_EXECS, "N", 0, "runs to shrink a difference, at most (default 200)", 2},
	{"records", KEY_RECORDS, 0, 0, "print all that was seen there", 2},
	{"differences", KEY_DIFFERENCES, "N", 0, "end after so many (default 10)", 2},
	{0},
};

static const char help[] =
	"Runs scenarios here and on an unmodified kernel in emulation (prepared by ci/stage), and compares what can be "
	"seen from outside, op by op: results, faults that reach L1, harvests, bytes of pages, warnings. Without "
	"files: 1000 random scenarios, or --count of them.\v"
	"Examples:\n"
	"  rcfuzz conform --stage 6.12-64k --kernel ~/linux corpus/seeds\n"
	"  rcfuzz conform --kernel ~/linux --count 100000 --out conform\n"
	"Interrupted, it says how far it was; the same call with --out goes on there.\n"
	"Exit: 0 no difference, 1 a difference, or the kernel in emulation crashed or hung.";

static int take(void *ctx, int key, char *arg)
{
	struct conform_options *o = ctx;

	(void)key;
	return cli_list_files(&o->files, arg, ".txt");
}

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- what is compared ------------------------------------------------------------ */

/* Of each length there are many: most are as long as what a fuzzer tries first. */
static const unsigned ops_max[] = {48, 16, 48, 120};

/* The random scenario of that number: by itself, whatever came before. */
static void random_pair(const struct conform *c, uint64_t number, struct pair *pair)
{
	struct generate_options generate = {
		.page = c->facts.page_shift == 12 ? PAGE_4K : PAGE_64K,
	};
	uint64_t seed = c->options->seed;
	struct rng rng;

	rng_seed(&rng, rng_splitmix(&seed) + number);
	generate.ops_max = ops_max[rng_below(&rng, sizeof(ops_max) / sizeof(ops_max[0]))];
	generate.l1 = rng_chance(&rng, 50) ? L1_ANY : L1_WELL_BEHAVED;
	snprintf(pair->name, sizeof(pair->name), "random-%s-%llu-%llu", c->options->stage,
		 (unsigned long long)c->options->seed, (unsigned long long)number);
	scenario_generate(&pair->scenario, &rng, &generate);
	pair->random = true;
}

/* The next file, or a random scenario. 0: *pair is one; -1: there are no more; or an exit code. */
static int next_pair(struct conform *c, struct pair *pair)
{
	const struct conform_options *o = c->options;

	pair->random = pair->was_there = false;
	while (c->next_file < o->files.count) {
		static struct scenario_file file;
		const char *path = o->files.items[c->next_file++];
		int code = load_scenario(path, &file);

		if (code)
			return code;
		if (scenario_file_embargoed(&file))
			continue;
		snprintf(pair->name, sizeof(pair->name), "%s", path);
		pair->scenario = file.scenario;
		return 0;
	}
	if (c->generated >= o->count || interrupted || (o->seconds > 0 && now_seconds() - c->began > o->seconds))
		return -1;
	random_pair(c, c->generated++, pair);
	return 0;
}

/* What the kernel there has complained of; and all, if it was asked for. */
static void tell_records(struct conform *c, const struct pair *pair)
{
	struct observed record;

	for (size_t at = 0; records_next(&c->theirs, &at, &record);) {
		char text[256];

		c->logs += record.event.kind == WIRE_LOG;
		if (!c->options->records && record.event.kind != WIRE_LOG)
			continue;
		record_text(&record, text, sizeof(text));
		fprintf(stderr, "%s: op %u: %s\n", pair->name, record.event.op, text);
	}
}

/* Beside the tally: NAME.SUFFIX, the name without its folder and ending. */
static void path_of(const struct conform *c, const struct pair *pair, const char *suffix, char *path, size_t size)
{
	const char *slash = strrchr(pair->name, '/'), *name = slash ? slash + 1 : pair->name;
	const char *ending = strstr(name, ".txt");
	int length = ending ? (int)(ending - name) : (int)strlen(name);

	snprintf(path, size, "%s/%.*s.%s", c->options->out, length, name, suffix);
}

static int save_scenario(const struct conform *c, const struct pair *pair, const char *suffix, const char *story)
{
	static struct scenario_file file;
	struct scenario_error error;
	char path[4096];

	if (!c->options->out)
		return 0;
	path_of(c, pair, suffix, path, sizeof(path));
	file = (struct scenario_file){.scenario = pair->scenario};
	snprintf(file.story, sizeof(file.story), "%s", story);
	return scenario_file_save(path, &file, &error) ? cli_error(CLI_IO, "%s", error.message) : 0;
}

static int save_console(const struct conform *c, const struct pair *pair, const char *console)
{
	char path[4096], error[512];

	if (!c->options->out || !console)
		return 0;
	path_of(c, pair, "console.log", path, sizeof(path));
	return file_write_atomic(path, console, strlen(console), error, sizeof(error)) ? cli_error(CLI_IO, "%s", error)
										       : 0;
}

static int keep_tally(struct conform *c)
{
	char error[512];

	if (!c->options->out || tally_write(c->options->out, &c->tally, error, sizeof(error)))
		return 0;
	return cli_error(CLI_IO, "%s", error);
}

static int tell_progress(struct conform *c)
{
	double now = now_seconds();

	if (now - c->told < PROGRESS_SECONDS)
		return 0;
	c->told = now;
	fprintf(stderr, "rcfuzz: %s: %llu scenarios, %llu ops, %llu differ, %.1f scenarios/s\n", c->options->stage,
		(unsigned long long)c->scenarios, (unsigned long long)c->ops, (unsigned long long)c->differences,
		(double)c->scenarios / (now - c->began));
	return keep_tally(c);
}

static void count(struct conform *c, const struct pair *pair, unsigned ops, bool differs)
{
	c->scenarios++;
	c->ops += ops;
	if (!pair->random)
		return;
	c->tally.scenarios++;
	c->tally.ops += ops;
	c->tally.differences += differs;
}

/* Does what was seen differ, or what the kernels complained of? */
static bool sides_differ(const struct conform *c, unsigned ops, struct difference *d)
{
	return records_differ(&c->ours, &c->theirs, ops, d) || symptom_warn_differs(&c->outcome, &c->theirs, d) ||
	       symptom_verdict_differs(&c->outcome, ops, &c->theirs, d);
}

/* Take the oldest answer, and compare. 0, or an exit code; -1: there will be none, *error says why. */
static int compare(struct conform *c, char *error, size_t error_size)
{
	struct pair *pair = &c->pairs[c->taken % STAGE_AHEAD];
	struct difference d;
	unsigned ops;
	bool differs;
	char story[640];

	if (!stage_receive(c->stage, &c->theirs, error, error_size))
		return -1;
	c->taken++;
	c->boots = 0;
	ops = model_run(c->model, &pair->scenario, &c->ours, &c->outcome);
	tell_records(c, pair);
	differs = sides_differ(c, ops, &d);
	count(c, pair, ops, differs);
	if (!differs || c->differences == c->options->differences_max)
		return tell_progress(c);
	c->differing[c->differences++] = *pair;
	snprintf(story, sizeof(story), "differs at op %u\nhere: %s\nthere: %s", d.op, d.ours, d.theirs);
	fprintf(stderr, "%s differs at op %u\n", pair->name, d.op);
	return save_scenario(c, pair, "raw.txt", story);
}

/* ---- a stage that ends ------------------------------------------------------------- */

static int start_stage(struct conform *c)
{
	char error[2048];

	c->boots++;
	c->stage = stage_start(c->options->stage, 1, &interrupted, error, sizeof(error));
	if (!c->stage && interrupted)
		return cli_error(CLI_INTERRUPTED, "interrupted while %s booted", c->options->stage);
	if (!c->stage)
		return cli_error(CLI_NO_INPUT, "%s", error);
	c->facts = *stage_facts(c->stage);
	return 0;
}

/* The scenario that it was at did it: it came twice, or the kernel says that it crashed. A finding of its own. */
static int tell_killer(struct conform *c, const struct pair *pair, const char *why, const char *console)
{
	int code = save_scenario(c, pair, "ends-stage.txt", "the kernel in emulation does not survive this, or hangs");

	fprintf(stderr, "%s: %s\n", pair->name, why);
	if (!code)
		code = save_console(c, pair, console);
	c->tally.stage_ended += pair->random;
	c->stage_ended++;
	count(c, pair, 0, false);
	c->taken++;
	return code;
}

/*
 * Boot again, and send all that was not answered once more. The one that it was at has a second chance if nothing says
 * that the kernel crashed: the emulator may have.
 */
static int boot_again(struct conform *c, const char *why)
{
	struct pair *pair = &c->pairs[c->taken % STAGE_AHEAD];
	char *console, error[2048], line[256];
	int code = 0;

	/* It is we who end it. */
	if (interrupted)
		return 0;
	console = stage_console(c->stage);
	if (pair->was_there || (console && symptom_of_death(console, line, sizeof(line))))
		code = tell_killer(c, pair, why, console);
	else
		fprintf(stderr, "rcfuzz: booting again at %s: %.*s\n", pair->name, (int)strcspn(why, ";\n"), why);
	pair->was_there = true;
	free(console);
	stage_stop(c->stage);
	c->stage = NULL;
	if (c->boots >= BOOTS_MAX)
		return cli_error(CLI_INTERNAL, "%s", why);
	if (!code)
		code = start_stage(c);
	for (uint32_t i = c->taken; i < c->sent && !code; i++)
		if (!stage_send(c->stage, &c->pairs[i % STAGE_AHEAD].scenario, NULL, 0, error, sizeof(error)))
			code = cli_error(CLI_INTERNAL, "%s", error);
	return code;
}

/* ---- differences ----------------------------------------------------------------- */

struct shrinking {
	struct conform *c;
	bool lost;		 /* the stage: nothing passes any more */
	bool known;		 /* what to keep has been seen: */
	struct difference first; /* it */
	uint8_t op_kind;
	char error[2048];
};

/* Does it differ in the same way: the same op, the same kinds of records? */
static bool still_differs(void *ctx, const struct scenario *s, uint32_t *last_op)
{
	struct shrinking *k = ctx;
	struct conform *c = k->c;
	struct difference d;
	unsigned ops;

	k->lost = k->lost || !stage_run(c->stage, s, &c->theirs, k->error, sizeof(k->error));
	if (k->lost)
		return false;
	ops = model_run(c->model, s, &c->ours, &c->outcome);
	if (!sides_differ(c, ops, &d) || d.op >= s->op_count)
		return false;
	if (k->known &&
	    (d.our_kind != k->first.our_kind || d.their_kind != k->first.their_kind || s->ops[d.op].kind != k->op_kind))
		return false;
	k->known = true;
	k->first = d;
	k->op_kind = s->ops[d.op].kind;
	*last_op = d.op;
	return true;
}

/* Shrink a scenario that differs, and tell. 0, or an exit code. */
static int show_difference(struct conform *c, struct pair *pair)
{
	struct shrinking k = {.c = c};
	const struct minimize_budget budget = {.execs_max = c->options->execs};
	const struct minimize_test test = {.ctx = &k, .passes = still_differs};
	struct minimize_result result;
	static char text[SCENARIO_TEXT_MAX];
	char story[640];

	minimize_by(&test, &pair->scenario, &budget, &result);
	if (k.lost)
		return cli_error(CLI_INTERNAL, "%s: %s", pair->name, k.error);
	if (!result.reproduced) {
		printf("%s differed once, and not again\n", pair->name);
		return 0;
	}
	scenario_text_write_bare(&pair->scenario, text, sizeof(text));
	printf("%s differs at op %u (%u ops -> %u in %llu runs)\n  here:  %s\n  there: %s\n%s", pair->name, k.first.op,
	       result.ops_before, pair->scenario.op_count, (unsigned long long)result.execs, k.first.ours,
	       k.first.theirs, text);
	fflush(stdout);
	snprintf(story, sizeof(story), "differs at op %u\nhere: %s\nthere: %s", k.first.op, k.first.ours,
		 k.first.theirs);
	return save_scenario(c, pair, "txt", story);
}

/* As many as the stage may have waiting. 0, or an exit code; *more: there may be others. */
static int send_ahead(struct conform *c, bool *more)
{
	char error[2048];

	while (*more && c->sent - c->taken < STAGE_AHEAD) {
		struct pair *pair = &c->pairs[c->sent % STAGE_AHEAD];
		int code = c->differences < c->options->differences_max ? next_pair(c, pair) : -1;

		*more = code >= 0;
		if (code)
			return code > 0 ? code : 0;
		pair->scenario.config.page = c->facts.page_shift == 12 ? PAGE_4K : PAGE_64K;
		rules_compare(&pair->scenario, c->facts.ages);
		model_run(c->model, &pair->scenario, &c->ours, &c->outcome);
		rules_cut_endless(&pair->scenario, &c->outcome);
		c->sent++;
		/* If it ended, it is the oldest scenario that it was at. */
		if (!stage_send(c->stage, &pair->scenario, NULL, 0, error, sizeof(error)))
			return boot_again(c, error);
	}
	return 0;
}

static int conform(struct conform *c)
{
	bool more = true;
	char error[2048];
	int code = 0;

	c->began = c->told = now_seconds();
	c->generated = c->tally.scenarios;
	while (!code && !interrupted && (more || c->taken < c->sent)) {
		code = send_ahead(c, &more);
		if (!code && c->taken < c->sent)
			code = compare(c, error, sizeof(error));
		if (code < 0)
			code = boot_again(c, error);
	}
	c->seconds = now_seconds() - c->began;
	if (!code)
		code = keep_tally(c);
	for (uint64_t i = 0; i < c->differences && !code && !interrupted; i++)
		code = show_difference(c, &c->differing[i]);
	return code;
}

static int summary(struct conform *c)
{
	const struct stage_facts *facts = &c->facts;

	printf("%s (%s), QEMU %s: %llu scenarios, %llu ops, %.1f s (%.1f scenarios/s), %llu differ", facts->package,
	       facts->release, facts->qemu, (unsigned long long)c->scenarios, (unsigned long long)c->ops, c->seconds,
	       (double)c->scenarios / c->seconds, (unsigned long long)c->differences);
	printf(c->stage_ended ? ", the stage ended in %llu of them\n" : "\n", (unsigned long long)c->stage_ended);
	if (c->options->out)
		tally_print_all(stdout, c->options->out);
	return cli_flush(c->differences || c->stage_ended ? CLI_FINDING : CLI_CLEAN);
}

/* Where the random scenarios go on. 0, or an exit code. */
static int read_tally(struct conform *c)
{
	const struct conform_options *o = c->options;
	cJSON *target = record_json_target(runner_target_info(model_runner(c->model)));
	char error[512];

	c->tally = (struct tally){.seed = o->seed};
	snprintf(c->tally.kernel, sizeof(c->tally.kernel), "%s", o->stage);
	snprintf(c->tally.package, sizeof(c->tally.package), "%s", c->facts.package);
	snprintf(c->tally.module, sizeof(c->tally.module), "%s", record_string(target, "hash"));
	cJSON_Delete(target);
	if (!o->out)
		return 0;
	if (!folder_make(o->out, error, sizeof(error)))
		return cli_error(CLI_IO, "%s", error);
	if (!tally_read(o->out, &c->tally, error, sizeof(error)))
		return cli_error(CLI_USAGE, "%s", error);
	return 0;
}

static int conform_with(const struct conform_options *o, const char *module)
{
	const struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
	struct conform *c = calloc(1, sizeof(*c));
	char error[2048] = "out of memory";
	int code;

	if (c)
		c->differing = calloc(o->differences_max, sizeof(*c->differing));
	if (!c || !c->differing) {
		free(c);
		return cli_error(CLI_INTERNAL, "out of memory");
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	c->options = o;
	c->model = model_create(module, error, sizeof(error));
	code = c->model ? start_stage(c) : cli_error(CLI_BAD_INPUT, "%s", error);
	if (!code && c->facts.page_shift != runner_page_shift(model_runner(c->model)))
		code = cli_error(CLI_USAGE, "the module and the kernel %s have different page sizes", o->stage);
	if (!code)
		code = read_tally(c);
	if (!code)
		code = conform(c);
	if (!code)
		code = summary(c);
	stage_stop(c->stage);
	model_destroy(c->model);
	records_free(&c->ours);
	records_free(&c->theirs);
	free(c->differing);
	free(c);
	return code;
}

int verb_conform(int argc, char **argv)
{
	struct conform_options o = {
		.stage = "6.12-64k", .count = UINT64_MAX, .seed = 1, .differences_max = 10, .execs = 200};
	const struct cli_value values[] = {
		{KEY_STAGE, .text = &o.stage},
		{KEY_COUNT, .number = &o.count, .max = UINT64_MAX},
		{KEY_SEED, .number = &o.seed, .max = UINT64_MAX},
		{'t', .seconds = &o.seconds},
		{'o', .text = &o.out},
		{KEY_EXECS, .number = &o.execs, .min = 1, .max = UINT32_MAX},
		{KEY_RECORDS, .flag = &o.records},
		{KEY_DIFFERENCES, .number = &o.differences_max, .min = 1, .max = 10000},
		{0},
	};
	const struct cli_parser parser = {"conform",	    "[FILE | FOLDER]...", help, options, take, &o,
					  .values = values, .target = &o.target};
	struct cli_list modules = {0};
	int code = cli_parse(&parser, argc, argv);

	if (o.count == UINT64_MAX)
		o.count = o.files.count ? 0 : 1000;
	if (code == CLI_PARSED)
		code = target_resolve(&o.target, target_plain_flavour(), &modules);
	if (!code && modules.count > 1)
		code = cli_error(CLI_USAGE, "conform works on one kernel");
	if (!code)
		code = conform_with(&o, modules.items[0]);
	cli_list_free(&modules);
	cli_list_free(&o.files);
	target_free(&o.target);
	return code;
}
