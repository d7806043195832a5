// SPDX-License-Identifier: GPL-2.0-only
/* strategy.c: see strategy.h. */
#include "fuzz/strategy.h"

#include "scenario/codec.h"
#include "scenario/mutate.h"
#include "sched/choose.h"

#include <stdatomic.h>

#define MIX_PERCENT 15u	      /* of the scenarios are for a chooser, or to be aimed at, */
#define RACE_PERCENT 90u      /* and of those that were made for ops to meet */
#define LOCK_PERCENT 25u      /* of the scenarios whose ops share locks only are run once more */
#define AROUND_RUNS 3u	      /* of a scenario whose ops meet at translations or the host's mapping, */
#define SHARED_RUNS 24u	      /* or at memory of the kernel */
#define PREEMPTIONS_MAX 4u    /* of a random schedule */
#define USUAL_POINTS_SYNC 16u /* of an op that nothing is known of */
#define USUAL_POINTS_ACCESS 128u
#define PCT_ORDER_PERCENT 10u /* depth 1: only who goes first is random */

bool strategy_wanted(const struct entry *entry, struct rng *rng, bool race)
{
	if (!entry->limits.preempt || entry->scenario.op_count < 2)
		return false;
	if (entry->limits.strategy == STRATEGY_MIX || entry->limits.strategy == STRATEGY_SCENARIO)
		return rng_chance(rng, race ? RACE_PERCENT : MIX_PERCENT);
	return true;
}

/* If the process dies, this is what it died of. */
static void on_decided(void *ctx)
{
	struct entry *entry = ctx;

	entry_note_input(entry);
}

static uint32_t expected_points(const struct entry *entry, const struct run_schedule *schedule)
{
	uint32_t unknown = entry->limits.level == LEVEL_ACCESS ? USUAL_POINTS_ACCESS : USUAL_POINTS_SYNC, sum = 0;

	for (uint32_t i = 0; i < schedule->count; i++) {
		uint32_t usual = run_usual_points(entry->runner, entry->scenario.ops[schedule->first + i].kind);

		sum += usual ? usual : unknown;
	}
	return sum;
}

static struct chooser random_chooser(const struct entry *entry, struct rng *rng)
{
	/* Ops are short or long: so are the steps between decisions. */
	return choose_random(rng_next(rng), 1u << rng_between(rng, 1, entry->limits.level == LEVEL_ACCESS ? 8 : 5));
}

static struct chooser pct_chooser(const struct entry *entry, struct rng *rng, struct run_schedule *schedule)
{
	unsigned depth = rng_chance(rng, PCT_ORDER_PERCENT) ? 1 : rng_between(rng, 2, CHOOSE_DEPTH_MAX);

	schedule->preemptions = depth - 1;
	return choose_pct(rng_next(rng), depth, expected_points(entry, schedule));
}

/* False: what it would begin with has killed a worker. */
static bool run_by_chooser(struct entry *entry, struct rng *rng)
{
	enum strategy strategy = (enum strategy)entry->limits.strategy;
	struct run_schedule schedule = {.aims = &entry->aims, .decided = on_decided, .ctx = entry};
	struct chooser chooser;

	schedule.count = scenario_overlap(&entry->scenario, rng, &schedule.first, strategy == STRATEGY_SCENARIO);
	schedule.preemptions = rng_between(rng, 1, PREEMPTIONS_MAX);
	schedule.chooser = &chooser;
	if (strategy == STRATEGY_MIX)
		strategy = rng_chance(rng, 50) ? STRATEGY_RANDOM : STRATEGY_PCT;
	if (strategy == STRATEGY_SCENARIO)
		chooser = choose_script();
	else
		chooser = strategy == STRATEGY_RANDOM ? random_chooser(entry, rng) : pct_chooser(entry, rng, &schedule);
	entry->base = entry->scenario;
	return entry_run_schedule(entry, &schedule);
}

static uint32_t aimed_runs(const struct entry *entry, struct rng *rng)
{
	const struct scenario_aims *aims = &entry->aims;

	uint32_t most = aims->shared ? SHARED_RUNS : aims->around ? AROUND_RUNS : rng_chance(rng, LOCK_PERCENT);

	/* Which of its mutants is worth another, the engine finds out. */
	if (entry->limits.strategy == STRATEGY_SCENARIO && most)
		most = 1;
	return aims->count < most ? aims->count : most;
}

void strategy_run(struct entry *entry, struct rng *rng)
{
	uint32_t runs, first;

	if (!run_by_chooser(entry, rng))
		return;
	runs = aimed_runs(entry, rng);
	first = rng_below(rng, entry->aims.count);
	for (uint32_t i = 0; i < runs && !entry_done(entry); i++) {
		entry->scenario = entry->base;
		scenario_aim(&entry->scenario, rng, &entry->aims, (first + i) % entry->aims.count);
		entry_run_noted(entry);
	}
}
