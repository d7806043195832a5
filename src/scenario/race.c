// SPDX-License-Identifier: GPL-2.0-only
/* race.c: see race.h. */
#include "race.h"

#define PICK(rng, list) ((list)[rng_below((rng), sizeof(list) / sizeof((list)[0]))])

/* Where ops meet: page n[0] of the guest, which L1 maps to g[0]; sometimes its neighbour. */
struct meeting {
	struct scenario *s;
	struct rng *rng;
	struct cast cast;
	bool wild;
};

/* What may happen at the same time as something else; the usual ones more than once. */
static const uint8_t racers[] = {
	OP_L2_STORE,	   OP_L2_STORE,	     OP_L2_STORE,	  OP_L2_STORE,	       OP_L2_LOAD,
	OP_L2_FETCH,	   OP_L2_ENTER,	     OP_L2_EXIT,	  OP_L1_LOAD,	       OP_L1_STORE,
	OP_L1_CREATE,	   OP_L1_DESTROY,    OP_L1_MAP,		  OP_L1_UNMAP,	       OP_L1_PROTECT,
	OP_L1_CLEAN,	   OP_L1_CLEAN,	     OP_L1_CLEAR,	  OP_L1_TLBIE,	       OP_L1_TLBIE,
	OP_L1_RPT,	   OP_L1_HARVEST,    OP_L1_LOG_START,	  OP_L1_COPY,	       OP_L1_VPA,
	OP_HOST_LOG_START, OP_HOST_LOG_STOP, OP_HOST_AGE,	  OP_HOST_TEST_AGE,    OP_HOST_UNMAP,
	OP_HOST_UNMAP,	   OP_HOST_MOVE,     OP_HOST_MOVE,	  OP_HOST_WRITE,       OP_HOST_PROTECT,
	OP_HOST_COLLAPSE,  OP_HOST_SPLIT,    OP_HOST_HARVEST,	  OP_HOST_HARVEST,     OP_HOST_HARVEST,
	OP_HOST_HARVEST,   OP_HOST_HARVEST,  OP_HOST_SLOT_DELETE, OP_HOST_SLOT_CREATE, OP_MIGRATION_ROUND,
	OP_HW_EVICT_PWC,   OP_HW_MOVE,
};
static const uint8_t wild_racers[] = {OP_L1_REPOINT, OP_L1_DROP, OP_L1_ABANDON, OP_L1_NONSENSE};
static const uint8_t questions[] = {OP_HOST_HARVEST, OP_HOST_HARVEST, OP_MIGRATION_FINISH,
				    OP_L1_HARVEST,   OP_L1_FINISH,    OP_HOST_TEST_AGE};

static struct scenario_op *say(struct meeting *m, unsigned kind)
{
	struct scenario *s = m->s;
	struct scenario_op *op = &s->ops[s->op_count];
	unsigned page = rng_chance(m->rng, 85) ? 0 : 1;

	*op = cast_op_of_kind(&m->cast, m->rng, (uint8_t)kind);
	op->label = (uint16_t)++s->op_count;
	op->guest = m->cast.guest;
	op->n = m->cast.n[page];
	op->g = m->cast.g[page];
	op->slot = op->g < s->config.slot ? 0 : 1;
	return op;
}

static void sometimes(struct meeting *m, unsigned percent, unsigned kind)
{
	if (rng_chance(m->rng, percent))
		say(m, kind);
}

static void make_config(struct meeting *m, const struct generate_options *options)
{
	struct scenario_config *config = &m->s->config;

	config->page = options->page;
	config->level = options->level;
	config->cpus = config->vcpus = (uint8_t)rng_between(m->rng, 2, 3);
	config->guests = rng_chance(m->rng, 85) ? 1 : 2;
	config->slot = rng_chance(m->rng, 70) ? 4 : 32;
	config->slot1 = rng_chance(m->rng, 10) ? 4 : 0;
	config->backing = rng_chance(m->rng, 15) ? BACKING_HUGE : BACKING_SMALL;
	config->l1 = options->l1 == L1_WELL_BEHAVED || rng_chance(m->rng, 75) ? L1_WELL_BEHAVED : L1_ANY;
	config->l1lpid = rng_chance(m->rng, 50) ? config->shadow : config->l1lpid;
	config->teardown = rng_chance(m->rng, 20) ? YES : NO;
	scenario_config_canonicalize(config);
	m->wild = config->l1 == L1_ANY;
}

/* The page is mapped, logged, used, clean, in some combination. */
static void set_the_scene(struct meeting *m)
{
	bool early = rng_chance(m->rng, 30);

	if (early)
		say(m, OP_HOST_LOG_START);
	say(m, OP_L1_CREATE);
	if (rng_chance(m->rng, 95)) {
		struct scenario_op *map = say(m, OP_L1_MAP);

		map->perm = rng_chance(m->rng, 85) ? PERM_RW : map->perm;
		map->n = m->cast.n[0];
		map->g = m->cast.g[0];
	}
	sometimes(m, 20, OP_L1_MAP);
	sometimes(m, 50, OP_L2_STORE);
	sometimes(m, 15, OP_L2_LOAD);
	sometimes(m, 10, OP_L1_STORE);
	if (!early && rng_chance(m->rng, 80))
		say(m, rng_chance(m->rng, 50) ? OP_HOST_LOG_START : OP_MIGRATION_START);
	sometimes(m, 15, OP_L1_LOG_START);
	sometimes(m, 40, OP_L2_STORE);
	sometimes(m, 30, OP_HOST_HARVEST);
	sometimes(m, 20, OP_L1_CLEAN);
	sometimes(m, 10, OP_HOST_AGE);
	sometimes(m, 10, PICK(m->rng, racers));
}

static struct scenario_op *racer(struct meeting *m, unsigned vcpu)
{
	bool wild = m->wild && rng_chance(m->rng, 30);
	struct scenario_op *op = say(m, wild ? PICK(m->rng, wild_racers) : PICK(m->rng, racers));

	op->vcpu = (uint8_t)(vcpu % m->s->config.vcpus);
	return op;
}

static void meet(struct meeting *m, uint16_t victim, uint16_t child)
{
	unsigned bits = m->s->config.level == LEVEL_ACCESS ? 9 : 6;

	m->s->points[m->s->point_count++] = (struct scenario_point){
		.victim = victim,
		.child = child,
		.nth = (uint16_t)(1 + rng_below(m->rng, 1u << rng_between(m->rng, 1, bits))),
	};
}

static void race(struct meeting *m)
{
	unsigned vcpu = rng_below(m->rng, m->s->config.vcpus);
	uint16_t first = racer(m, vcpu)->label, second = racer(m, vcpu + 1)->label;

	meet(m, first, second);
	if (rng_chance(m->rng, 25))
		meet(m, second, 0);
	if (rng_chance(m->rng, 25))
		meet(m, rng_chance(m->rng, 50) ? first : second, racer(m, vcpu + 2)->label);
}

void scenario_generate_race(struct scenario *s, struct rng *rng, const struct generate_options *options)
{
	struct meeting m = {.s = s, .rng = rng};

	scenario_init(s);
	make_config(&m, options);
	cast_init(&m.cast, rng, &s->config);
	/* Neighbours, so that huge mappings and ranges hold both. */
	m.cast.n[1] = (uint16_t)((m.cast.n[0] + 1u) % m.cast.l2_pages);
	m.cast.g[1] = (uint16_t)((m.cast.g[0] + 1u) % m.cast.data_pages);
	set_the_scene(&m);
	race(&m);
	if (rng_chance(rng, 20))
		race(&m);
	sometimes(&m, 70, OP_L2_STORE);
	sometimes(&m, 15, OP_L1_STORE);
	say(&m, PICK(rng, questions));
	if (options->ops_max && s->op_count > options->ops_max)
		s->op_count = options->ops_max;
	scenario_canonicalize(s);
}
