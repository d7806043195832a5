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
#include "cli/bench_switch.h"
#include "cli/cli.h"
#include "cli/target.h"
#include "run/run.h"
#include "scenario/codec.h"
#include "scenario/generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define BENCH_SCENARIOS 128u
#define BENCH_OPS 64u
#define BENCH_SEED 1u
#define BENCH_DRAWS 200u

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
	struct runner *runner;		  /* of the module that is measured */
	double seconds;			  /* for one measurement */
	double fiber_switch, task_switch; /* nanoseconds */
	struct run_outcome outcome;
	struct scenario decoded;
	struct bench_scenario *scenarios;		/* those to make or to run: one of */
	struct bench_scenario sets[2][BENCH_SCENARIOS]; /* two that are compared with each other */
};

static const struct argp_option options[] = {
	TARGET_OPTIONS,
	{"time", 't', "TIME", 0, "of one measurement of about a dozen (default 1s)", 2},
	{0},
};

static const char help[] = "Measures how fast generated scenarios of 64 ops run on one core, whole and as bare kernel "
			   "calls, and prints one JSON object. A second --target of the flavour "
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

static void generate_one(const struct bench *bench, struct bench_scenario *b, struct rng *rng)
{
	const struct generate_options generate = {
		.ops_max = BENCH_OPS,
		.page = runner_page_shift(bench->runner) == 12 ? PAGE_4K : PAGE_64K,
		.l1 = L1_ANY,
	};

	/* Generated ones are of all lengths. */
	do
		scenario_generate(&b->scenario, rng, &generate);
	while (b->scenario.op_count != BENCH_OPS);
	encode(b);
}

static void generate_all(struct bench *bench)
{
	struct rng rng;

	rng_seed(&rng, BENCH_SEED);
	for (uint32_t i = 0; i < BENCH_SCENARIOS; i++)
		generate_one(bench, &bench->scenarios[i], &rng);
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

static void draw_points(struct scenario *s, struct rng *rng)
{
	s->point_count = 0;
	for (uint32_t k = 0; k < 2; k++) {
		uint32_t victim = rng_below(rng, BENCH_OPS / 2 - 1) + k * BENCH_OPS / 2;

		s->points[s->point_count++] = (struct scenario_point){
			.victim = s->ops[victim].label,
			.child = s->ops[victim + 1].label,
			.nth = (uint16_t)(1 + rng_below(rng, 8)),
		};
	}
}

/* Two ops of it run inside the ones before them: drawn until they do. How many of the two. */
static unsigned preempt(struct bench *bench, struct bench_scenario *b, struct rng *rng)
{
	bench->outcome.points_reached = 0;
	for (uint32_t draw = 0; draw < BENCH_DRAWS && bench->outcome.points_reached != 3; draw++) {
		draw_points(&b->scenario, rng);
		encode(b);
		run_scenario(bench->runner, &b->scenario, NULL, &bench->outcome);
	}
	return (unsigned)__builtin_popcount(bench->outcome.points_reached);
}

/*
 * Generated ones, and the same with two preemptions at that level. Some come to none, since their world ends before:
 * others take their place. The share of the preemptions that come.
 */
static double generate_both(struct bench *bench, uint8_t level)
{
	uint32_t reached = 0;
	struct rng rng;

	runner_bare(bench->runner, false);
	rng_seed(&rng, BENCH_SEED);
	for (uint32_t i = 0; i < BENCH_SCENARIOS; i++) {
		struct bench_scenario *plain = &bench->sets[0][i], *preempted = &bench->sets[1][i];
		unsigned both = 0;

		for (uint32_t draw = 0; draw < BENCH_DRAWS && both < 2; draw++) {
			generate_one(bench, plain, &rng);
			*preempted = *plain;
			preempted->scenario.config.level = level;
			both = preempt(bench, preempted, &rng);
		}
		reached += both;
	}
	return reached / (2.0 * BENCH_SCENARIOS);
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

/* Run all of them once. The CPU time that it took, in seconds. */
static double run_all(struct bench *bench, bool bare)
{
	double begin = bench_cpu_seconds();

	runner_bare(bench->runner, bare);
	for (uint32_t i = 0; i < BENCH_SCENARIOS; i++) {
		struct bench_scenario *b = &bench->scenarios[i];

		if (!bare)
			scenario_decode(&bench->decoded, b->bytes, b->size);
		run_scenario(bench->runner, bare ? &b->scenario : &bench->decoded, NULL, &bench->outcome);
	}
	return bench_cpu_seconds() - begin;
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

/* ---- two that take turns --------------------------------------------------------------- */

/* What `run` does once with each of two, in turns: seconds a scenario. */
struct turns {
	double (*run)(void *ctx, int which); /* the CPU seconds that it took */
	void *ctx;
	double seconds, cost[2];
};

static void take_turns(struct turns *turns)
{
	double runs = 0;

	turns->cost[0] = turns->cost[1] = 0;
	for (bool warm = false; turns->cost[0] < turns->seconds; warm = true) {
		for (int i = 0; i < 2; i++) {
			double seconds = turns->run(turns->ctx, i);

			turns->cost[i] += warm ? seconds : 0;
		}
		runs += warm ? BENCH_SCENARIOS : 0;
	}
	turns->cost[0] /= runs;
	turns->cost[1] /= runs;
}

static double run_set(void *ctx, int which)
{
	struct bench *bench = ctx;

	bench->scenarios = bench->sets[which];
	return run_all(bench, false);
}

/* The two sets. */
static struct turns measure_both(struct bench *bench)
{
	struct turns turns = {.run = run_set, .ctx = bench, .seconds = bench->seconds};

	take_turns(&turns);
	bench->scenarios = bench->sets[0];
	return turns;
}

static void pair_both(struct bench *bench)
{
	pair_all(bench, false);
	bench->scenarios = bench->sets[1];
	pair_all(bench, true);
	bench->scenarios = bench->sets[0];
}

/* The second set with the yield points of accesses, which this module has not; the first as it is. */
static void level_both(struct bench *bench)
{
	memcpy(bench->sets[0], bench->sets[1], sizeof(bench->sets[0]));
	bench->scenarios = bench->sets[1];
	for (uint32_t i = 0; i < BENCH_SCENARIOS; i++) {
		bench->scenarios[i].scenario.config.level = LEVEL_ACCESS;
		encode(&bench->scenarios[i]);
	}
	bench->scenarios = bench->sets[0];
}

/* ---- a module of the flavour access ------------------------------------------------------- */

/*
 * Only one runner is in a process at a time. The one of this module is in a child, which runs the scenarios with two
 * preemptions once for each byte that comes, and answers with the CPU seconds that it took; first with the share of the
 * preemptions that come, when it has put the scenarios without them where its parent sees them.
 */
struct other {
	pid_t pid;
	int fd;
	struct bench_scenario *plain; /* shared, BENCH_SCENARIOS of them */
};

static _Noreturn void serve(struct bench *bench, const char *module, const struct other *other, int fd)
{
	char error[512], turn;
	double answer;

	bench->runner = runner_create(module, error, sizeof(error));
	if (!bench->runner)
		_exit(cli_error(CLI_BAD_INPUT, "%s", error));
	answer = generate_both(bench, LEVEL_ACCESS);
	memcpy(other->plain, bench->sets[0], sizeof(bench->sets[0]));
	bench->scenarios = bench->sets[1];
	while (write(fd, &answer, sizeof(answer)) == sizeof(answer) && read(fd, &turn, 1) == 1)
		answer = run_all(bench, false);
	_exit(0);
}

/* -1: it has ended. */
static double hear(const struct other *other)
{
	double answer;

	return recv(other->fd, &answer, sizeof(answer), MSG_WAITALL) == sizeof(answer) ? answer : -1;
}

static bool start_other(struct other *other, struct bench *bench, const char *module)
{
	int fds[2];

	other->plain = mmap(NULL, sizeof(bench->sets[0]), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (other->plain == MAP_FAILED || socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		return false;
	fflush(NULL);
	other->pid = fork();
	if (!other->pid) {
		close(fds[0]);
		serve(bench, module, other, fds[1]);
	}
	close(fds[1]);
	other->fd = fds[0];
	return other->pid > 0;
}

/* Its exit code, or CLI_INTERNAL. */
static int end_other(struct other *other)
{
	int status = 0;

	close(other->fd);
	if (waitpid(other->pid, &status, 0) != other->pid || !WIFEXITED(status))
		return cli_error(CLI_INTERNAL, "the process with the second module has ended");
	return WEXITSTATUS(status);
}

struct both_modules {
	struct bench *bench;
	const struct other *other;
	bool ended;
};

static double run_module(void *ctx, int which)
{
	struct both_modules *both = ctx;
	double seconds;

	if (!which)
		return run_all(both->bench, false);
	seconds = send(both->other->fd, "", 1, MSG_NOSIGNAL) == 1 ? hear(both->other) : -1;
	both->ended |= seconds < 0;
	/* Do not go on for ever with nothing. */
	return both->ended ? 1e9 : seconds;
}

/* Without preemptions in the plain module, with two in that one. */
static void measure_access(struct bench *bench, const struct other *other)
{
	struct both_modules both = {.bench = bench, .other = other};
	struct turns turns = {.run = run_module, .ctx = &both, .seconds = bench->seconds};
	double share = hear(other);

	if (share < 0)
		return;
	bench->scenarios = other->plain;
	take_turns(&turns);
	bench->scenarios = bench->sets[0];
	if (!both.ended)
		printf(",\n \"access_ratio\": %.3f, \"access_preemptions\": %.3f", turns.cost[1] / turns.cost[0],
		       share);
}

/* ---- all of them --------------------------------------------------------------------------- */

static void measure_lengths(struct bench *bench)
{
	static const uint32_t sizes[] = {64, 256, 1024};

	printf("\"linear\": [");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		resize_all(bench, sizes[i]);
		printf("%s{\"ops\": %u, \"us\": %.2f}", i ? ", " : "", sizes[i], 1e6 * measure(bench, false).whole);
	}
	resize_all(bench, 0);
	printf("],\n \"reset_us\": %.2f,\n", 1e6 * measure(bench, false).whole);
}

static void measure_schedules(struct bench *bench)
{
	double share = generate_both(bench, LEVEL_SYNC);
	struct turns sync = measure_both(bench), level, pair;

	level_both(bench);
	level = measure_both(bench);
	pair_both(bench);
	pair = measure_both(bench);
	printf(" \"preempted_execs_per_s\": %.1f, \"preemptions\": %.3f,\n", 1 / sync.cost[1], share);
	printf(" \"sync_ratio\": %.3f, \"plain_access_ratio\": %.3f,\n", sync.cost[1] / sync.cost[0],
	       level.cost[1] / level.cost[0]);
	printf(" \"schedules_per_s\": %.1f, \"schedule_ratio\": %.3f", 1 / pair.cost[1], pair.cost[1] / pair.cost[0]);
}

static void measure_all(struct bench *bench)
{
	struct rusage usage;
	struct cost cost;

	generate_all(bench);
	cost = measure(bench, true);
	getrusage(RUSAGE_SELF, &usage);
	printf("{\"schema\": 1, \"target\": %s,\n", runner_target_info(bench->runner));
	printf(" \"switch_ns\": %.2f, \"task_switch_ns\": %.2f,\n", bench->fiber_switch, bench->task_switch);
	printf(" \"execs_per_s\": %.1f, \"ops_per_s\": %.0f, \"bare_execs_per_s\": %.1f, \"ratio\": %.3f,\n",
	       1 / cost.whole, BENCH_OPS / cost.whole, 1 / cost.bare, cost.whole / cost.bare);
	printf(" \"rss_kib\": %ld, ", usage.ru_maxrss);
	measure_lengths(bench);
	measure_schedules(bench);
}

/* The first module, and the second, if there is one, for level access. */
static int bench_modules(struct bench *bench, const struct cli_list *modules)
{
	bool two = modules->count > 1;
	struct other other = {0};
	char error[512];
	int code = CLI_CLEAN;

	if (two && !start_other(&other, bench, modules->items[1]))
		return cli_error(CLI_INTERNAL, "no second process can be started");
	bench->runner = runner_create(modules->items[0], error, sizeof(error));
	if (!bench->runner)
		code = cli_error(CLI_BAD_INPUT, "%s", error);
	if (!code)
		measure_all(bench);
	if (!code && two)
		measure_access(bench, &other);
	if (two) {
		int ended = end_other(&other);

		code = code ? code : ended;
	}
	runner_destroy(bench->runner);
	return code;
}

static int bench_with(const struct cli_list *modules, double seconds)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	int code;

	if (!bench)
		return cli_error(CLI_INTERNAL, "out of memory");
	bench->seconds = seconds;
	bench->scenarios = bench->sets[0];
	bench->fiber_switch = bench_fiber_switch();
	bench->task_switch = bench_task_switch();
	code = bench_modules(bench, modules);
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
