// SPDX-License-Identifier: GPL-2.0-only
/* run.c: `rcfuzz run`: fuzz one kernel. */
#include "cli/classes.h"
#include "cli/cli.h"
#include "cli/load.h"
#include "cli/run_summary.h"
#include "cli/seeds.h"
#include "cli/target.h"
#include "fuzz/strategy.h"
#include "fuzz/supervisor.h"
#include "kernel/module.h"
#include "report/folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define OPS_DEFAULT 128u
#define MEMORY_MB 2048u

struct run_options {
	struct target_choice target;
	double seconds;
	uint64_t execs, jobs, seed, ops_max;
	unsigned engine, preempt; /* preempt: 0 none, 1 sync, 2 access */
	unsigned strategy;	  /* enum strategy; STRATEGY_COUNT: none was named */
	bool seed_given, well_behaved, stop_on_first, verify, json;
	const char *corpus, *out, *known;
	uint32_t fail_classes;
};

enum {
	KEY_TIME = 1000,
	KEY_EXECS,
	KEY_JOBS,
	KEY_SEED,
	KEY_ENGINE,
	KEY_CORPUS,
	KEY_OUT,
	KEY_STOP,
	KEY_FAIL,
	KEY_L1,
	KEY_PREEMPT,
	KEY_SCHEDULE,
	KEY_VERIFY,
	KEY_KNOWN,
	KEY_OPS,
	KEY_FORMAT
};

static const struct argp_option options[] = {
	{"time", KEY_TIME, "TIME", 0, "for so long: 60s, 5m, 2h (default 60s, if no --execs)", 0},
	{"execs", KEY_EXECS, "N", 0, "until so many scenarios were run", 0},
	{"jobs", KEY_JOBS, "N", 0, "worker processes (default 1)", 0},
	{"seed", KEY_SEED, "S", 0, "of the random numbers (default: from the clock)", 0},
	TARGET_OPTIONS,
	{"engine", KEY_ENGINE, "NAME", 0, "libfuzzer (default), afl, or random", 2},
	{"corpus", KEY_CORPUS, "D", 0, "scenarios to begin with (default: corpus/seeds)", 2},
	{"max-ops", KEY_OPS, "N", 0, "ops in a scenario at most (default 128)", 2},
	{"l1", KEY_L1, "KIND", 0, "any (default), or well-behaved: no finding that needs an L1 that breaks the rules",
	 2},
	{"preempt", KEY_PREEMPT, "LEVEL", 0,
	 "where ops may run inside others: none; sync (default): at locks, allocations, tlbies, page table entries and "
	 "the "
	 "like; access: at each access to shared memory as well, in a module that is built for it",
	 2},
	{"schedule", KEY_SCHEDULE, "STRATEGY", 0,
	 "who decides where: scenario (the engine, as with everything else), random, pct (probabilistic concurrency "
	 "testing of depth 1 to 3), or mix (default) of these. What is decided becomes part of the scenario",
	 2},
	{"verify", KEY_VERIFY, NULL, 0, "replay each schedule that random or pct made: its trace must be the same", 2},
	{"out", KEY_OUT, "D", 0, "folder for what is found (default rcfuzz-out)", 3},
	{"known", KEY_KNOWN, "D", 0, "findings that entries below D list are no news", 3},
	FAIL_ON_OPTION(KEY_FAIL),
	{"stop-on-first", KEY_STOP, NULL, 0, "end with the first finding that makes the run fail", 3},
	{"format", KEY_FORMAT, "FORMAT", 0, "of the summary: text (default) or json", 3},
	{0},
};

static const char help[] =
	"Fuzzes the kernel's code with random scenarios, judged by a naive model. Findings are written at once, then "
	"minimised; the run goes on.\v"
	"Examples:\n"
	"  rcfuzz run --time 60s\n"
	"  rcfuzz run --time 1h --jobs 8 --kernel ~/linux --out out\n"
	"  rcfuzz run --kernel ~/linux --patch fix.patch --known corpus/known\n"
	"Exit: 0 nothing new found, 1 a new finding.";

/* ---- options ------------------------------------------------------------------------ */

static int take(void *ctx, int key, char *arg)
{
	struct run_options *o = ctx;

	switch (key) {
	case KEY_SEED:
		o->seed_given = true;
		return cli_number("--seed", arg, 0, UINT32_MAX, &o->seed);
	case KEY_FAIL:
		return classes_parse(&o->fail_classes, arg);
	}
	return cli_error(CLI_USAGE, "run takes no argument '%s'; did you mean --kernel %s?", arg, arg);
}

static int check_options(struct run_options *o)
{
	if (o->target.modules.count + o->target.trees.count > 1)
		return cli_error(CLI_USAGE, "run fuzzes one kernel: give one --kernel or one --target");
	if (o->engine == ENGINE_AFL && o->jobs > 1)
		return cli_error(CLI_USAGE, "--engine afl runs one instance: leave out --jobs");
	if (!o->preempt && (o->strategy < STRATEGY_COUNT || o->verify))
		return cli_error(CLI_USAGE, "--preempt none runs ops one after another: leave out %s",
				 o->verify ? "--verify" : "--schedule");
	if (o->strategy == STRATEGY_COUNT)
		o->strategy = STRATEGY_MIX;
	if (!o->seconds && !o->execs)
		o->seconds = 60;
	if (!o->seed_given)
		o->seed = (uint32_t)time(NULL) ^ (uint32_t)getpid() << 16;
	return 0;
}

/* ---- the run -------------------------------------------------------------------------- */

static int make_folders(const char *out)
{
	static const char *const below[] = {"", "/corpus", "/seeds", "/log", "/crashes"};
	char path[4096], error[512];

	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", out, below[i]);
		if (!folder_make(path, error, sizeof(error)))
			return cli_error(CLI_IO, "%s; name another with --out", error);
	}
	return 0;
}

static int load_known(const struct run_options *o, const struct target_facts *facts, struct known **known)
{
	const struct scenario_kernel kernel = target_kernel(facts);
	char error[512] = "";

	*known = NULL;
	if (!o->known)
		return 0;
	*known = known_load(o->known, &kernel, load_known_tell, error, sizeof(error));
	return *known ? 0 : cli_error(CLI_NO_INPUT, "--known: %s", error);
}

static int exit_code(enum run_error result, const struct run_totals *totals, const char *error)
{
	switch (result) {
	case RUN_ERROR_INTERNAL:
		return cli_error(CLI_INTERNAL, "%s", error);
	case RUN_ERROR_IO:
		return cli_error(CLI_IO, "%s", error);
	case RUN_OK:
	case RUN_KILLED:
		break;
	}
	return totals->failed ? CLI_FINDING : CLI_CLEAN;
}

static int fuzz(const struct run_options *o, const struct run_plan *plan)
{
	char error[1024] = "";
	struct store *store = store_open(plan->out, plan->target_info, error, sizeof(error));
	struct run_totals totals;
	enum run_error result;
	int code;

	if (!store)
		return cli_error(CLI_IO, "%s; name another folder with --out", error);
	result = supervise(plan, store, &totals, error, sizeof(error));
	if (o->json)
		run_summary_json(plan, store, &totals);
	else
		run_summary_text(plan, store, &totals);
	code = cli_flush(exit_code(result, &totals, error));
	store_close(store);
	return code;
}

static int run_on(const struct run_options *o, const char *module, const struct target_facts *facts)
{
	struct run_plan plan = {
		.module = module,
		.target_info = facts->info,
		.engine = (enum engine_kind)o->engine,
		.jobs = (unsigned)o->jobs,
		.seed = (uint32_t)o->seed,
		.seconds = o->seconds,
		.execs = o->execs,
		.out = o->out,
		.limits = {.well_behaved = o->well_behaved,
			   .preempt = o->preempt != 0,
			   .level = o->preempt == 2 ? LEVEL_ACCESS : LEVEL_SYNC,
			   .strategy = (uint8_t)o->strategy,
			   .verify = o->verify,
			   .ops_max = (uint32_t)o->ops_max},
		.stop_on_first = o->stop_on_first,
		.fail_classes = o->fail_classes,
		.live = cli_terminal(STDERR_FILENO),
		.colour = cli_colour(STDERR_FILENO),
		.memory_mb = target_plain_flavour() == BUILD_ASAN ? 0 : MEMORY_MB,
	};
	struct known *known = NULL;
	int code = load_known(o, facts, &known);

	if (!code && o->corpus && access(o->corpus, R_OK))
		code = cli_error(CLI_NO_INPUT, "--corpus: cannot read %s: %s", o->corpus, strerror(errno));
	if (!code)
		code = make_folders(o->out);
	if (!code)
		code = seeds_prepare(o->corpus, o->out, (uint32_t)o->seed, facts->page_shift);
	plan.known = known;
	if (!code)
		code = fuzz(o, &plan);
	known_free(known);
	return code;
}

/* What the engine's process can load, with the coverage that it can use. */
static enum build_flavour flavour_for(const struct run_options *o)
{
	unsigned engine = o->engine;

	if (o->preempt == 2)
		return BUILD_ACCESS;
	if (engine == ENGINE_AFL)
		return BUILD_COVERAGE; /* rcfuzz-afl, which has no sanitizers */
	if (target_plain_flavour() == BUILD_ASAN)
		return BUILD_ASAN;
	return engine == ENGINE_RANDOM ? BUILD_PLAIN : BUILD_COVERAGE;
}

static const char *const engines[] = {"libfuzzer", "afl", "random", NULL}; /* as enum engine_kind */
static const char *const kinds[] = {"any", "well-behaved", NULL};
static const char *const levels[] = {"none", "sync", "access", NULL};
static const char *const strategies[] = {
#define STRATEGY_WORD(id, word) word,
	STRATEGIES(STRATEGY_WORD)
#undef STRATEGY_WORD
		NULL};

int verb_run(int argc, char **argv)
{
	struct run_options o = {
		.jobs = 1, .out = "rcfuzz-out", .ops_max = OPS_DEFAULT, .preempt = 1, .strategy = STRATEGY_COUNT};
	const struct cli_value values[] = {
		{KEY_TIME, .seconds = &o.seconds},
		{KEY_EXECS, .number = &o.execs, .min = 1, .max = UINT64_MAX / 2},
		{KEY_JOBS, .number = &o.jobs, .min = 1, .max = JOBS_MAX},
		{KEY_ENGINE, .choice = &o.engine, .words = engines},
		{KEY_CORPUS, .text = &o.corpus},
		{KEY_OPS, .number = &o.ops_max, .min = 1, .max = SCENARIO_OPS_MAX},
		{KEY_L1, .flag = &o.well_behaved, .words = kinds},
		{KEY_PREEMPT, .choice = &o.preempt, .words = levels},
		{KEY_SCHEDULE, .choice = &o.strategy, .words = strategies},
		{KEY_VERIFY, .flag = &o.verify},
		{KEY_OUT, .text = &o.out},
		{KEY_KNOWN, .text = &o.known},
		{KEY_STOP, .flag = &o.stop_on_first},
		{KEY_FORMAT, .flag = &o.json, .words = cli_formats},
		{0},
	};
	const struct cli_parser parser = {"run", "", help, options, take, &o, .values = values, .target = &o.target};
	struct cli_list modules = {0};
	struct target_facts facts = {0};
	int code;

	o.fail_classes = classes_default();
	code = cli_parse(&parser, argc, argv);
	if (code == CLI_PARSED)
		code = check_options(&o);
	if (!code)
		code = target_resolve(&o.target, flavour_for(&o), &modules);
	if (!code && o.engine == ENGINE_AFL && module_needs_asan(modules.items[0]))
		code = cli_error(CLI_USAGE, "--engine afl cannot load %s, which has sanitizers: use another engine",
				 modules.items[0]);
	if (!code)
		code = target_probe(modules.items[0], &facts);
	if (!code && o.preempt == 2)
		code = target_wants_access("--preempt access", modules.items[0], &facts);
	if (!code)
		code = run_on(&o, modules.items[0], &facts);
	target_facts_free(&facts);
	cli_list_free(&modules);
	target_free(&o.target);
	return code;
}
