// SPDX-License-Identifier: GPL-2.0-only
/*
 * conform.c: `rcfuzz conform`: the same scenarios here and on an unmodified kernel in
 * emulation, op by op. A difference is a defect, usually of our shim or machine.
 */
#include "base/rng.h"
#include "cli/cli.h"
#include "cli/load.h"
#include "cli/target.h"
#include "scenario/generate.h"
#include "scenario/scenario_file.h"
#include "stage/model.h"
#include "stage/rules.h"
#include "stage/stage.h"
#include "triage/minimize.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CONFORM_OPS 48u

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
};

struct conform {
	const struct conform_options *options;
	struct stage *stage;
	struct model *model;
	struct rng rng;
	size_t next_file;
	uint64_t generated;
	uint32_t sent, taken; /* of pairs[i % STAGE_AHEAD] */
	struct pair pairs[STAGE_AHEAD];
	struct pair *differing; /* kept until the stage has nothing else to do */
	struct records ours, theirs;
	struct run_outcome outcome;
	uint64_t scenarios, ops, differences, logs;
	double began, seconds;
};

enum { KEY_STAGE = 1000, KEY_COUNT, KEY_SEED, KEY_DIFFERENCES, KEY_EXECS, KEY_RECORDS };

static const struct argp_option options[] = {
	TARGET_OPTIONS,
	{"stage", KEY_STAGE, "NAME", 0, "which kernel of ci/stage (default 6.12-64k)", 2},
	{"count", KEY_COUNT, "N", 0, "random scenarios (default 1000; 0 where files are given)", 2},
	{"seed", KEY_SEED, "S", 0, "of the random scenarios (default 1)", 2},
	{"time", 't', "TIME", 0, "end after that long", 2},
	{"out", 'o', "D", 0, "folder for scenarios that differ", 2},
	{"execs", KEY_EXECS, "N", 0, "runs to shrink a difference, at most (default 200)", 2},
	{"records", KEY_RECORDS, 0, 0, "print all that was seen there", 2},
	{"differences", KEY_DIFFERENCES, "N", 0, "end after so many (default 10)", 2},
	{0},
};

static const char help[] =
	"Runs scenarios here and on an unmodified kernel in emulation (prepared by ci/stage), and compares what can be "
	"seen from outside, op by op: results, faults that reach L1, harvests, bytes of pages.\v"
	"Example:\n"
	"  rcfuzz conform --stage 6.12-64k --kernel ~/linux --count 10000 corpus/seeds\n"
	"Exit: 0 no difference, 1 a difference.";

static int take(void *ctx, int key, char *arg)
{
	struct conform_options *o = ctx;
	int result = target_take(&o->target, key, arg);

	if (result != ARGP_ERR_UNKNOWN)
		return result;
	switch (key) {
	case KEY_STAGE:
		o->stage = arg;
		return 0;
	case KEY_COUNT:
		return cli_number("--count", arg, 0, UINT64_MAX, &o->count);
	case KEY_SEED:
		return cli_number("--seed", arg, 0, UINT64_MAX, &o->seed);
	case KEY_DIFFERENCES:
		return cli_number("--differences", arg, 1, 10000, &o->differences_max);
	case KEY_RECORDS:
		o->records = true;
		return 0;
	case KEY_EXECS:
		return cli_number("--execs", arg, 1, UINT32_MAX, &o->execs);
	case 't':
		return cli_duration("--time", arg, &o->seconds);
	case 'o':
		o->out = arg;
		return 0;
	}
	return cli_list_files(&o->files, arg, ".txt");
}

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- what is compared ------------------------------------------------------------ */

/* The next file, or a random scenario. 0: *pair is one; -1: there are no more; or an exit code. */
static int next_pair(struct conform *c, struct pair *pair)
{
	const struct conform_options *o = c->options;
	const struct generate_options generate = {
		.ops_max = CONFORM_OPS,
		.page = runner_page_shift(model_runner(c->model)) == 12 ? PAGE_4K : PAGE_64K,
		.l1 = L1_ANY,
	};

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
	if (c->generated == o->count || (o->seconds > 0 && now_seconds() - c->began > o->seconds))
		return -1;
	snprintf(pair->name, sizeof(pair->name), "random-%llu-%llu", (unsigned long long)o->seed,
		 (unsigned long long)c->generated++);
	scenario_generate(&pair->scenario, &c->rng, &generate);
	return 0;
}

/* What the kernel there has complained of; and all, if it was asked for. */
static void tell_records(struct conform *c, const struct pair *pair)
{
	struct record record;

	for (size_t at = 0; records_next(&c->theirs, &at, &record);) {
		char text[256];

		c->logs += record.event.kind == WIRE_LOG;
		if (!c->options->records && record.event.kind != WIRE_LOG)
			continue;
		record_text(&record, text, sizeof(text));
		fprintf(stderr, "%s: op %u: %s\n", pair->name, record.event.op, text);
	}
}

/* Take the oldest answer, and compare. 0, or an exit code. */
static int compare(struct conform *c)
{
	const struct pair *pair = &c->pairs[c->taken++ % STAGE_AHEAD];
	struct difference difference;
	char error[2048];
	unsigned ops;

	if (!stage_receive(c->stage, &c->theirs, error, sizeof(error)))
		return cli_error(CLI_INTERNAL, "%s: %s", pair->name, error);
	ops = model_run(c->model, &pair->scenario, &c->ours, &c->outcome);
	c->scenarios++;
	c->ops += ops;
	tell_records(c, pair);
	if (records_differ(&c->ours, &c->theirs, ops, &difference) && c->differences < c->options->differences_max)
		c->differing[c->differences++] = *pair;
	return 0;
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
	if (!records_differ(&c->ours, &c->theirs, ops, &d) || d.op >= s->op_count)
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

static int save(const struct conform *c, const struct pair *pair, const struct difference *d)
{
	static struct scenario_file file;
	char path[4096], name[sizeof(pair->name)];
	struct scenario_error error;

	file = (struct scenario_file){.scenario = pair->scenario};
	snprintf(file.story, sizeof(file.story), "differs at op %u\nhere: %s\nthere: %s", d->op, d->ours, d->theirs);
	snprintf(name, sizeof(name), "%s", strrchr(pair->name, '/') ? strrchr(pair->name, '/') + 1 : pair->name);
	name[strcspn(name, ".")] = '\0';
	snprintf(path, sizeof(path), "%s/%s.txt", c->options->out, name);
	return scenario_file_save(path, &file, &error) ? cli_error(CLI_IO, "%s", error.message) : 0;
}

/* Shrink a scenario that differs, and tell. 0, or an exit code. */
static int show_difference(struct conform *c, struct pair *pair)
{
	struct shrinking k = {.c = c};
	const struct minimize_budget budget = {.execs_max = c->options->execs};
	const struct minimize_test test = {.ctx = &k, .passes = still_differs};
	struct minimize_result result;
	static char text[SCENARIO_TEXT_MAX];

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
	return c->options->out ? save(c, pair, &k.first) : 0;
}

static int conform(struct conform *c)
{
	bool more = true;
	char error[2048];
	int code = 0;

	c->began = now_seconds();
	while (!code && (more || c->taken < c->sent)) {
		while (more && c->sent - c->taken < STAGE_AHEAD) {
			struct pair *pair = &c->pairs[c->sent % STAGE_AHEAD];

			code = next_pair(c, pair);
			more = code == 0 && c->differences < c->options->differences_max;
			if (code > 0)
				return code;
			code = 0;
			if (!more)
				break;
			pair->scenario.config.page =
				runner_page_shift(model_runner(c->model)) == 12 ? PAGE_4K : PAGE_64K;
			rules_compare(&pair->scenario);
			if (!stage_send(c->stage, &pair->scenario, error, sizeof(error)))
				return cli_error(CLI_INTERNAL, "%s", error);
			c->sent++;
		}
		if (c->taken < c->sent)
			code = compare(c);
	}
	c->seconds = now_seconds() - c->began;
	for (uint64_t i = 0; i < c->differences && !code; i++)
		code = show_difference(c, &c->differing[i]);
	return code;
}

static int summary(struct conform *c)
{
	const struct stage_facts *facts = stage_facts(c->stage);
	printf("%s (%s), QEMU %s: %llu scenarios, %llu ops, %.1f s (%.1f scenarios/s), %llu differ\n", facts->package,
	       facts->release, facts->qemu, (unsigned long long)c->scenarios, (unsigned long long)c->ops, c->seconds,
	       (double)c->scenarios / c->seconds, (unsigned long long)c->differences);
	return cli_flush(c->differences ? CLI_FINDING : CLI_CLEAN);
}

static int conform_with(const struct conform_options *o, const char *module)
{
	struct conform *c = calloc(1, sizeof(*c));
	char error[2048] = "out of memory";
	int code;

	if (c)
		c->differing = calloc(o->differences_max, sizeof(*c->differing));
	if (!c || !c->differing) {
		free(c);
		return cli_error(CLI_INTERNAL, "out of memory");
	}
	c->options = o;
	rng_seed(&c->rng, o->seed);
	c->model = model_create(module, error, sizeof(error));
	if (c->model)
		c->stage = stage_start(o->stage, error, sizeof(error));
	if (!c->stage) {
		code = cli_error(c->model ? CLI_NO_INPUT : CLI_BAD_INPUT, "%s", error);
	} else if (stage_facts(c->stage)->page_shift != runner_page_shift(model_runner(c->model))) {
		code = cli_error(CLI_USAGE, "the module and the kernel %s have different page sizes", o->stage);
	} else {
		code = conform(c);
		if (!code)
			code = summary(c);
	}
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
	const struct cli_parser parser = {"conform", "[FILE | FOLDER]...", help, options, take, &o};
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
