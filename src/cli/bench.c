// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench.c: `rcfuzz bench`: how fast scenarios run on one core; one JSON object.
 *
 * The same generated scenarios, always: as an engine runs them (decoded, judged,
 * traced, counted), and bare (kernel and machine only). Both take turns, so that
 * what else the processor does disturbs them alike; CPU time is counted.
 * ci/bench repeats it and prints a table.
 */
#include "base/rng.h"
#include "cli/cli.h"
#include "cli/target.h"
#include "run/run.h"
#include "scenario/codec.h"
#include "scenario/generate.h"
#include "sched/fiber.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#define BENCH_SCENARIOS 128u
#define BENCH_OPS 64u
#define BENCH_SEED 1u
#define BENCH_SWITCHES 1000000u

struct bench_options {
	struct target_choice target;
	double seconds;
};

struct bench_scenario {
	struct scenario scenario; /* canonical */
	size_t size;
	uint8_t bytes[CODEC_BYTES_MAX]; /* the same, encoded */
};

struct bench {
	struct runner *runner; /* of the module that is measured */
	double seconds;	       /* for one measurement */
	double plain;	       /* seconds a scenario without preemptions */
	struct run_outcome outcome;
	struct scenario decoded;
	struct bench_scenario *scenarios;		/* those to make or to run: one of */
	struct bench_scenario sets[2][BENCH_SCENARIOS]; /* two that are compared with each other */
};

static const struct argp_option options[] = {
	TARGET_OPTIONS,
	{"time", 't', "TIME", 0, "of one measurement (default 1s)", 2},
	{0},
};

static const char help[] =
	"Measures how fast generated scenarios of 64 ops run on one core, whole and as bare kernel "
	"calls, and prints one JSON object. There are eleven measurements. A second --target of the flavour "
	"access is for level access; where trees are built, it is too.\v"
	"Example:\n"
	"  rcfuzz bench --time 3s\n"
	"Times are CPU time. 'ci/bench' repeats it and prints a table.";

static int take(void *ctx, int key, char *arg)
{
	(void)ctx, (void)key;
	return cli_error(CLI_USAGE, "bench takes no argument: %s", arg);
}

/* ---- scenarios ------------------------------------------------------------- */

static void encode(struct bench_scenario *b)
{
	scenario_canonicalize(&b->scenario);
	b->size = scenario_encode(&b->scenario, b->bytes, sizeof(b->bytes));
}

static void generate_all(struct bench *bench)
{
	const struct generate_options generate = {
		.ops_max = BENCH_OPS,
		.page = runner_page_shift(bench->runner) == 12 ? PAGE_4K : PAGE_64K,
		.l1 = L1_ANY,
	};
	struct rng rng;

	rng_seed(&rng, BENCH_SEED);
	for (uint32_t i = 0; i < BENCH_SCENARIOS; i++) {
		struct bench_scenario *b = &bench->scenarios[i];

		/* Generated ones are of all lengths. */
		do
			scenario_generate(&b->scenario, &rng, &generate);
		while (b->scenario.op_count != BENCH_OPS);
		encode(b);
	}
}

/* The first `ops` ops again and again; none left when it is 0. */
static void resize_all(struct bench *bench, uint32_t ops)
{
	for (uint32_t i = 0; i < BENCH_SCENARIOS; i++) {
		struct scenario *s = &bench->scenarios[i].scenario;

		for (uint32_t k = BENCH_OPS; k < ops; k++) {
			s->ops[k] = s->ops[k % BENCH_OPS];
			s->ops[k].label = 0;
		}
		s->op_count = ops;
		encode(&bench->scenarios[i]);
	}
}

/* Two ops of each run inside the ones before them. */
static void preempt_all(struct bench *bench, uint8_t level)
{
	struct rng rng;

	rng_seed(&rng, BENCH_SEED);
	for (uint32_t i = 0; i < BENCH_SCENARIOS; i++) {
		struct scenario *s = &bench->scenarios[i].scenario;

		s->config.level = level;
		s->point_count = 0;
		for (uint32_t k = 0; k < 2; k++) {
			uint32_t victim = rng_below(&rng, BENCH_OPS / 2 - 1) + k * BENCH_OPS / 2;

			s->points[s->point_count++] = (struct scenario_point){
				.victim = s->ops[victim].label,
				.child = s->ops[victim + 1].label,
				.nth = (uint16_t)(1 + rng_below(&rng, 8)),
			};
		}
		encode(&bench->scenarios[i]);
	}
}

/* One store and one harvest: the harvest behind it, or inside it at each of its first yield points in turn. */
static void pair_all(struct bench *bench, bool inside)
{
	static const uint8_t kinds[] = {OP_L1_CREATE, OP_L1_MAP, OP_HOST_LOG_START, OP_L2_STORE, OP_HOST_HARVEST};

	for (uint32_t i = 0; i < BENCH_SCENARIOS; i++) {
		struct scenario *s = &bench->scenarios[i].scenario;

		scenario_init(s);
		for (uint32_t k = 0; k < sizeof(kinds); k++)
			s->ops[s->op_count++] =
				(struct scenario_op){.kind = kinds[k], .label = (uint16_t)(k + 1), .guest = 1};
		if (inside)
			s->points[s->point_count++] =
				(struct scenario_point){.victim = 4, .child = 5, .nth = (uint16_t)(1 + i % 24)};
		encode(&bench->scenarios[i]);
	}
}

/* ---- measurements ---------------------------------------------------------- */

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Run all of them once. The CPU time that it took, in seconds. */
static double run_all(struct bench *bench, bool bare)
{
	double begin = cpu_seconds();

	runner_bare(bench->runner, bare);
	for (uint32_t i = 0; i < BENCH_SCENARIOS; i++) {
		struct bench_scenario *b = &bench->scenarios[i];

		if (!bare)
			scenario_decode(&bench->decoded, b->bytes, b->size);
		run_scenario(bench->runner, bare ? &b->scenario : &bench->decoded, NULL, &bench->outcome);
	}
	return cpu_seconds() - begin;
}

struct cost {
	double whole, bare; /* seconds a scenario */
};

static struct cost measure(struct bench *bench, bool with_bare)
{
	struct cost total = {0};
	double runs = 0;

	run_all(bench, false); /* memory is touched, names are looked up */
	do {
		total.whole += run_all(bench, false);
		if (with_bare)
			total.bare += run_all(bench, true);
		runs += BENCH_SCENARIOS;
	} while (total.whole < bench->seconds);
	return (struct cost){total.whole / runs, total.bare / runs};
}

/* Seconds a scenario of the one set and the other, in turns. */
static void measure_both(struct bench *bench, double cost[2])
{
	double runs = 0;

	cost[0] = cost[1] = 0;
	for (bool warm = false; cost[0] < bench->seconds; warm = true) {
		for (int i = 0; i < 2; i++) {
			double seconds;

			bench->scenarios = bench->sets[i];
			seconds = run_all(bench, false);
			cost[i] += warm ? seconds : 0;
		}
		runs += warm ? BENCH_SCENARIOS : 0;
	}
	cost[0] /= runs;
	cost[1] /= runs;
	bench->scenarios = bench->sets[0];
}

/* Generated ones, and the same with two preemptions. */
static void generate_both(struct bench *bench, uint8_t level)
{
	generate_all(bench);
	bench->scenarios = bench->sets[1];
	generate_all(bench);
	preempt_all(bench, level);
	bench->scenarios = bench->sets[0];
}

static void pair_both(struct bench *bench)
{
	pair_all(bench, false);
	bench->scenarios = bench->sets[1];
	pair_all(bench, true);
	bench->scenarios = bench->sets[0];
}

static void yield_for_ever(void *fiber)
{
	for (;;)
		fiber_yield(fiber);
}

/* Nanoseconds from one fiber to another. */
static double measure_switch(void)
{
	struct fiber fiber = {0};
	double begin;

	if (!fiber_create(&fiber, 65536))
		return 0;
	fiber_start(&fiber, yield_for_ever, &fiber);
	begin = cpu_seconds();
	for (uint32_t i = 0; i < BENCH_SWITCHES; i++)
		fiber_resume(&fiber);
	begin = cpu_seconds() - begin;
	fiber_destroy(&fiber);
	return 1e9 * begin / (2.0 * BENCH_SWITCHES); /* there and back */
}

static void measure_all(struct bench *bench)
{
	static const uint32_t sizes[] = {64, 256, 1024};
	struct rusage usage;
	struct cost cost;
	double reset, sync[2], pair[2];

	generate_all(bench);
	cost = measure(bench, true);
	getrusage(RUSAGE_SELF, &usage);
	printf("{\"schema\": 1, \"target\": %s,\n", runner_target_info(bench->runner));
	printf(" \"execs_per_s\": %.1f, \"ops_per_s\": %.0f, \"bare_execs_per_s\": %.1f, \"ratio\": %.3f,\n",
	       1 / cost.whole, BENCH_OPS / cost.whole, 1 / cost.bare, cost.whole / cost.bare);
	printf(" \"rss_kib\": %ld, \"linear\": [", usage.ru_maxrss);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		resize_all(bench, sizes[i]);
		printf("%s{\"ops\": %u, \"us\": %.2f}", i ? ", " : "", sizes[i], 1e6 * measure(bench, false).whole);
	}
	resize_all(bench, 0);
	reset = measure(bench, false).whole;
	generate_both(bench, LEVEL_SYNC);
	measure_both(bench, sync);
	pair_both(bench);
	measure_both(bench, pair);
	printf("],\n \"reset_us\": %.2f,\n", 1e6 * reset);
	printf(" \"preempted_execs_per_s\": %.1f, \"sync_ratio\": %.3f,\n", 1 / sync[1], sync[1] / sync[0]);
	printf(" \"schedules_per_s\": %.1f, \"schedule_ratio\": %.3f, \"switch_ns\": %.2f", 1 / pair[1],
	       pair[1] / pair[0], measure_switch());
	bench->plain = cost.whole;
}

/* The same scenarios with two preemptions, in a module with yield points at accesses. */
static void measure_access(struct bench *bench)
{
	generate_all(bench);
	preempt_all(bench, LEVEL_ACCESS);
	printf(",\n \"access_ratio\": %.3f", measure(bench, false).whole / bench->plain);
}

static int bench_module(struct bench *bench, const char *module, void (*measure_it)(struct bench *bench))
{
	char error[512];

	bench->runner = runner_create(module, error, sizeof(error));
	if (!bench->runner)
		return cli_error(CLI_BAD_INPUT, "%s", error);
	measure_it(bench);
	runner_destroy(bench->runner);
	return CLI_CLEAN;
}

/* The first module, and the second, if there is one, for level access. */
static int bench_with(const struct cli_list *modules, double seconds)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	int code;

	if (!bench)
		return cli_error(CLI_INTERNAL, "out of memory");
	bench->seconds = seconds;
	bench->scenarios = bench->sets[0];
	code = bench_module(bench, modules->items[0], measure_all);
	if (!code && modules->count > 1)
		code = bench_module(bench, modules->items[1], measure_access);
	if (!code)
		printf("}\n");
	free(bench);
	return cli_flush(code);
}

int verb_bench(int argc, char **argv)
{
	struct bench_options o = {.seconds = 1};
	const struct cli_value values[] = {
		{'t', .seconds = &o.seconds},
		{0},
	};
	const struct cli_parser parser = {"bench", "", help, options, take, &o, .values = values, .target = &o.target};
	struct cli_list modules = {0};
	int code = cli_parse(&parser, argc, argv);

	if (code == CLI_PARSED)
		code = target_resolve(&o.target, target_plain_flavour(), &modules);
	if (!code && modules.count > 1 && !o.target.modules.count)
		code = cli_error(CLI_USAGE, "bench works on one kernel");
	/* A program with ASan cannot load both. */
	if (!code && !o.target.modules.count && target_plain_flavour() == BUILD_PLAIN)
		code = target_resolve(&o.target, BUILD_ACCESS, &modules);
	if (!code && modules.count > 2)
		code = cli_error(CLI_USAGE, "bench works on one kernel: one --target, and one of the flavour access");
	if (!code)
		code = bench_with(&modules, o.seconds);
	cli_list_free(&modules);
	target_free(&o.target);
	return code;
}
