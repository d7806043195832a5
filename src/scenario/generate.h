/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * generate.h: random scenarios that tell a story.
 *
 * Random bytes decode to valid scenarios, but hardly one of them maps a page and
 * then uses it. The generator picks a few hot pages, lets L1 map them, and
 * strings together templates (short sequences that people know to be
 * delicate: clear a bit and store again, migrate, move a page ...), mixed with
 * random ops on the same pages. The mutator (mutate.h) uses the same templates.
 */
#ifndef RCFUZZ_GENERATE_H
#define RCFUZZ_GENERATE_H

#include "base/rng.h"
#include "scenario.h"

struct generate_options {
	unsigned ops_max; /* 0: no limit but SCENARIO_OPS_MAX; usual scenarios have 8..64 */
	uint8_t page;	  /* enum scenario_PAGE: what the module was built for */
	uint8_t l1;	  /* L1_WELL_BEHAVED: no others; L1_ANY: both kinds */
	bool preempt;	  /* half of the scenarios have ops inside others, */
	uint8_t level;	  /* at yield points of this level (enum scenario_LEVEL) */
};

/* Overwrite *s with a random canonical scenario. Never has rc=hw. The same rng state gives the same scenario. */
void scenario_generate(struct scenario *s, struct rng *rng, const struct generate_options *options);

/* The pages, guest and so on that random ops prefer. */
#define CAST_PAGES 4u
struct cast {
	const struct scenario_config *config;
	unsigned l2_pages, data_pages;
	uint8_t guest;			       /* the usual one */
	uint16_t n[CAST_PAGES], g[CAST_PAGES]; /* hot pages; n[i] is usually mapped to g[i] */
};

/* Choose hot pages at random; config is canonical, and is kept by reference. */
void cast_init(struct cast *cast, struct rng *rng, const struct scenario_config *config);

/* One random op of a random kind, without a label; its fields mostly from the cast. */
struct scenario_op cast_op(const struct cast *cast, struct rng *rng);

/* The same of a given kind. */
struct scenario_op cast_op_of_kind(const struct cast *cast, struct rng *rng, uint8_t kind);

/* A random template, without labels. Returns the number of ops, 1..TEMPLATE_OPS_MAX. */
#define TEMPLATE_OPS_MAX 24u
unsigned cast_template(const struct cast *cast, struct rng *rng, struct scenario_op ops[TEMPLATE_OPS_MAX]);

#endif
