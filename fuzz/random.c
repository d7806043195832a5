// SPDX-License-Identifier: GPL-2.0-only
/*
 * random.c: the engine without feedback: new scenarios, and mutations of seeds
 * and of recent ones. Deterministic in the seed and the seeds' folder.
 */
#include "fuzz/engine.h"
#include "fuzz/strategy.h"

#include "base/file.h"
#include "base/rng.h"
#include "scenario/codec.h"
#include "scenario/generate.h"
#include "scenario/mutate.h"
#include "scenario/race.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POOL 256u

struct pool {
	uint32_t count, next;
	struct {
		uint32_t size;
		uint8_t bytes[CODEC_BYTES_MAX];
	} items[POOL];
};

static void pool_add(struct pool *pool, const uint8_t *bytes, size_t size)
{
	if (size > CODEC_BYTES_MAX)
		size = CODEC_BYTES_MAX;
	memcpy(pool->items[pool->next].bytes, bytes, size);
	pool->items[pool->next].size = (uint32_t)size;
	pool->next = (pool->next + 1) % POOL;
	if (pool->count < POOL)
		pool->count++;
}

static void pool_load(struct pool *pool, const char *folder)
{
	struct dirent **entries;
	int count = folder ? scandir(folder, &entries, NULL, alphasort) : -1;

	for (int i = 0; i < count; i++) {
		char path[4096], error[256], *data;
		size_t size;

		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.' &&
		    !file_read(path, CODEC_BYTES_MAX, &data, &size, error, sizeof(error))) {
			pool_add(pool, (const uint8_t *)data, size);
			free(data);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

/* The next scenario into entry->scenario; *other is scratch. True: one made for ops to meet. */
static bool next_scenario(const struct engine_setup *setup, struct pool *pool, struct rng *rng, struct scenario *other,
			  const struct generate_options *options)
{
	struct scenario *s = &setup->entry->scenario;
	uint32_t rounds = 1 + rng_below(rng, 4);

	if (options->preempt && rng_chance(rng, 35)) {
		scenario_generate_race(s, rng, options);
		return true;
	}
	if (!pool->count || rng_chance(rng, 40)) {
		scenario_generate(s, rng, options);
		return false;
	}
	uint32_t a = rng_below(rng, pool->count), b = rng_below(rng, pool->count);

	scenario_decode(s, pool->items[a].bytes, pool->items[a].size);
	scenario_decode(other, pool->items[b].bytes, pool->items[b].size);
	while (rounds--)
		scenario_mutate(s, rng, other);
	return false;
}

void engine_random(const struct engine_setup *setup)
{
	struct entry *entry = setup->entry;
	struct pool *pool = calloc(1, sizeof(*pool));
	struct scenario *other = malloc(sizeof(*other));
	uint8_t *bytes = malloc(CODEC_BYTES_MAX);
	const struct generate_options options = {
		.ops_max = entry->limits.ops_max,
		.page = runner_page_shift(entry->runner) == 12 ? PAGE_4K : PAGE_64K,
		.l1 = entry->limits.well_behaved ? L1_WELL_BEHAVED : L1_ANY,
		.preempt = entry->limits.preempt,
		.level = entry->limits.level,
	};
	struct rng rng;

	if (!pool || !other || !bytes)
		worker_fail(entry->link, "out of memory");
	pool_load(pool, setup->seeds);
	rng_seed(&rng, setup->seed);
	while (!entry_done(entry)) {
		bool race = next_scenario(setup, pool, &rng, other, &options);
		size_t size = scenario_encode(&entry->scenario, bytes, CODEC_BYTES_MAX);

		if (strategy_wanted(entry, &rng, race)) {
			entry_limit(entry);
			strategy_run(entry, &rng);
			size = scenario_encode(&entry->scenario, bytes, CODEC_BYTES_MAX);
		} else {
			entry_run(entry, bytes, size);
		}
		if (!rng_below(&rng, 16))
			pool_add(pool, bytes, size);
	}
	free(bytes);
	free(other);
	free(pool);
}
