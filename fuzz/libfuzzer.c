// SPDX-License-Identifier: GPL-2.0-only
/*
 * libfuzzer.c: libFuzzer embedded through its driver entry point.
 *
 * The module is loaded before the driver starts, so that its counters are
 * registered; state counters are extra counters of the executable. libFuzzer
 * calls back without a context and ends the process itself: hence the static
 * pointer, and a process of its own (worker.c).
 */
#include "fuzz/engine.h"
#include "fuzz/strategy.h"

#include "base/rng.h"
#include "scenario/codec.h"
#include "scenario/generate.h"
#include "scenario/race.h"
#include "scenario/mutate.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* One mutation in so many is a new scenario altogether. */
#define FRESH_ONE_IN 64u
#define FRESH_RACE_ONE_IN 2u /* short, so that they cost little, and each is a new meeting */
#define COVERAGE_EVERY 256u

/* libFuzzer's interface. */
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test)(const uint8_t *data, size_t size));
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, uint8_t *out,
				 size_t out_max, unsigned seed);

/*
 * fuzzer::TPC.GetTotalPCCoverage(): libFuzzer has no C interface to the number
 * of edges that it prints. Weak: another version may not have it.
 */
extern char libfuzzer_tpc[] __asm__("_ZN6fuzzer3TPCE") __attribute__((weak));
size_t libfuzzer_coverage(void *tpc) __asm__("_ZN6fuzzer7TracePC18GetTotalPCCoverageEv") __attribute__((weak));

__attribute__((section("__libfuzzer_extra_counters"), used, aligned(8))) static uint8_t state_counters[RUN_STATES];

static struct entry *the_entry;

static void note_coverage(struct link_page *page)
{
	if (libfuzzer_coverage && libfuzzer_tpc)
		atomic_store_explicit(&page->coverage, (uint32_t)libfuzzer_coverage(libfuzzer_tpc),
				      memory_order_relaxed);
}

static int test_one_input(const uint8_t *data, size_t size)
{
	struct link_page *page = the_entry->link->page;

	if (entry_done(the_entry)) {
		note_coverage(page);
		_exit(WORKER_DONE);
	}
	entry_run(the_entry, data, size);
	if (atomic_load_explicit(&page->execs, memory_order_relaxed) % COVERAGE_EVERY == 0)
		note_coverage(page);
	return 0;
}

/* A new scenario into the_entry->scenario. True: one made for ops to meet. */
static bool fresh(struct rng *rng)
{
	const struct generate_options options = {
		.ops_max = the_entry->limits.ops_max,
		.page = runner_page_shift(the_entry->runner) == 12 ? PAGE_4K : PAGE_64K,
		.l1 = the_entry->limits.well_behaved ? L1_WELL_BEHAVED : L1_ANY,
		.preempt = the_entry->limits.preempt,
		.level = the_entry->limits.level,
	};
	bool race = options.preempt && rng_chance(rng, 60);

	if (race)
		scenario_generate_race(&the_entry->scenario, rng, &options);
	else
		scenario_generate(&the_entry->scenario, rng, &options);
	return race;
}

/* What a chooser makes is run here, so that libFuzzer sees, and keeps, a scenario that needs none. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	struct entry *entry = the_entry;
	bool race = false;
	struct rng rng;

	rng_seed(&rng, seed);
	if (max_size < CODEC_CONFIG_BYTES + 4 * CODEC_OP_BYTES)
		return scenario_mutate_bytes(data, size, max_size, seed);
	if (rng_below(&rng, entry->limits.preempt ? FRESH_RACE_ONE_IN : FRESH_ONE_IN)) {
		scenario_decode(&entry->scenario, data, size);
		scenario_mutate(&entry->scenario, &rng, NULL);
	} else {
		race = fresh(&rng);
	}
	entry_limit(entry);
	if (!entry_done(entry) && strategy_wanted(entry, &rng, race))
		strategy_run(entry, &rng);
	return scenario_encode(&entry->scenario, data, max_size);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, uint8_t *out,
				 size_t out_max, unsigned seed)
{
	return scenario_crossover_bytes(a, a_size, b, b_size, out, out_max, seed);
}

_Noreturn void engine_libfuzzer(const struct engine_setup *setup)
{
	uint32_t ops_max = setup->entry->limits.ops_max ? setup->entry->limits.ops_max : SCENARIO_OPS_MAX;
	char seed[32], max_len[32], rss[32], artifacts[4200];
	char *arguments[] = {
		"rcfuzz",
		(char *)setup->corpus,
		(char *)setup->seeds,
		seed,
		max_len,
		rss,
		/* Crashes, hangs and signals are the runner's and the supervisor's. */
		"-timeout=0",
		"-handle_segv=0",
		"-handle_bus=0",
		"-handle_abrt=0",
		"-handle_ill=0",
		"-handle_fpe=0",
		"-handle_int=0",
		"-handle_term=0",
		"-handle_xfsz=0",
		"-handle_usr1=0",
		"-handle_usr2=0",
		"-detect_leaks=0",
		"-verbosity=0",
		"-print_funcs=0",
		artifacts,
		/* Workers learn from each other through the folder. */
		"-reload=1",
		/* Scenarios of any length from the start: what is cut off is mostly the question at the end. */
		"-len_control=0",
		NULL,
	};
	char **argv = arguments;
	int argc = (int)(sizeof(arguments) / sizeof(arguments[0])) - 1;

	/* Seed 0 means to libFuzzer that it may choose one. */
	snprintf(seed, sizeof(seed), "-seed=%u", setup->seed ? setup->seed : 1u);
	snprintf(max_len, sizeof(max_len), "-max_len=%u",
		 CODEC_CONFIG_BYTES + (ops_max + SCENARIO_POINTS_MAX) * CODEC_OP_BYTES);
	snprintf(rss, sizeof(rss), "-rss_limit_mb=%u", setup->memory_mb);
	snprintf(artifacts, sizeof(artifacts), "-artifact_prefix=%s/../crashes/", setup->corpus);
	the_entry = setup->entry;
	the_entry->counters = state_counters;
	LLVMFuzzerRunDriver(&argc, &argv, test_one_input);
	_exit(WORKER_DONE);
}
