// SPDX-License-Identifier: GPL-2.0-only
/* afl_mutator.c: the scenario mutator as a library that AFL++ loads (AFL_CUSTOM_MUTATOR_LIBRARY). */
#include "base/rng.h"
#include "scenario/codec.h"
#include "scenario/generate.h"
#include "scenario/mutate.h"

#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define FRESH_ONE_IN 64u
#define CROSS_ONE_IN 4u

struct mutator {
	struct rng rng;
	struct scenario scenario;
	uint8_t out[CODEC_BYTES_MAX];
};

EXPORT void *afl_custom_init(void *afl, unsigned int seed);
EXPORT void afl_custom_deinit(void *data);
EXPORT size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t buf_size, uint8_t **out, uint8_t *add_buf,
			      size_t add_buf_size, size_t max_size);

void *afl_custom_init(void *afl, unsigned int seed)
{
	struct mutator *mutator = calloc(1, sizeof(*mutator));

	(void)afl;
	if (mutator)
		rng_seed(&mutator->rng, seed);
	return mutator;
}

void afl_custom_deinit(void *data)
{
	free(data);
}

size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t buf_size, uint8_t **out, uint8_t *add_buf, size_t add_buf_size,
		       size_t max_size)
{
	struct mutator *m = data;
	const struct generate_options any = {.l1 = L1_ANY};
	size_t max = max_size < sizeof(m->out) ? max_size : sizeof(m->out), size = buf_size < max ? buf_size : max;
	uint32_t seed = (uint32_t)rng_next(&m->rng);

	*out = m->out;
	if (!rng_below(&m->rng, FRESH_ONE_IN)) {
		scenario_generate(&m->scenario, &m->rng, &any);
		return scenario_encode(&m->scenario, m->out, max);
	}
	if (add_buf && add_buf_size && !rng_below(&m->rng, CROSS_ONE_IN)) {
		size = scenario_crossover_bytes(buf, size, add_buf, add_buf_size, m->out, max, seed);
		if (size)
			return size;
		size = buf_size < max ? buf_size : max;
	}
	memcpy(m->out, buf, size);
	return scenario_mutate_bytes(m->out, size, max, seed);
}
