// SPDX-License-Identifier: GPL-2.0-only
/* race.c: see race.h. */
#include "race.h"

#define PICK(rng, list) ((list)[rng_below((rng), sizeof(list) / sizeof((list)[0]))])

/*
 * What ops have in common that meet. Two that have nothing to do with each other cannot harm each other: of two random
 * ones most do not. The usual ones stand more than once.
 */
#define TOPIC_OPS_MAX 24u
enum topic {
	TOPIC_PAGE,
	TOPIC_FIRST,
	TOPIC_GUEST,
	TOPIC_MEMORY,
	TOPIC_SLOT,
	TOPIC_AREA,
	TOPIC_AGE,
	TOPIC_HUGE,
	TOPIC_ANY,
	TOPIC_COUNT
};
static const struct {
	uint8_t percent, count;
	uint8_t ops[TOPIC_OPS_MAX];
} topics[TOPIC_COUNT] = {
#define TOPIC(percent, ...)                                                                                            \
	{                                                                                                              \
		percent, sizeof((uint8_t[]){__VA_ARGS__}),                                                             \
		{                                                                                                      \
			__VA_ARGS__                                                                                    \
		}                                                                                                      \
	}
	/* A page of L2: the translation that a fault puts in, and all that takes it or its R and C away. */
	[TOPIC_PAGE] = TOPIC(28, OP_L2_STORE, OP_L2_STORE, OP_L2_STORE, OP_L2_STORE, OP_L2_LOAD, OP_L2_FETCH, OP_L1_MAP,
			     OP_L1_UNMAP, OP_L1_PROTECT, OP_L1_CLEAN, OP_L1_TLBIE, OP_L1_RPT, OP_L1_HARVEST, OP_L1_COPY,
			     OP_HOST_HARVEST, OP_HOST_HARVEST, OP_HOST_HARVEST, OP_HOST_UNMAP, OP_HOST_MOVE,
			     OP_HOST_AGE, OP_MIGRATION_ROUND),
	/* Guests that the kernel knows nothing of yet: who uses them first? */
	[TOPIC_FIRST] = TOPIC(10, OP_L2_STORE, OP_L2_STORE, OP_L2_STORE, OP_L2_LOAD, OP_L2_ENTER, OP_L2_ENTER,
			      OP_L1_TLBIE, OP_L1_RPT, OP_L1_COPY, OP_L1_DESTROY),
	/* A guest of L1: it begins, is invalidated as a whole, and ends. */
	[TOPIC_GUEST] = TOPIC(12, OP_L2_STORE, OP_L2_STORE, OP_L2_STORE, OP_L2_ENTER, OP_L2_EXIT, OP_L1_CREATE,
			      OP_L1_DESTROY, OP_L1_DESTROY, OP_L1_TLBIE, OP_L1_TLBIE, OP_L1_RPT, OP_L1_UNMAP,
			      OP_L1_LOG_START, OP_L1_COPY, OP_HOST_HARVEST, OP_HOST_UNMAP),
	/* A page of L1: the host's mapping of it, and L1 as a guest. */
	[TOPIC_MEMORY] = TOPIC(12, OP_L1_STORE, OP_L1_STORE, OP_L1_LOAD, OP_L2_STORE, OP_L2_STORE, OP_HOST_HARVEST,
			       OP_HOST_HARVEST, OP_HOST_UNMAP, OP_HOST_UNMAP, OP_HOST_MOVE, OP_HOST_PROTECT,
			       OP_HOST_UNSHARE, OP_HOST_WRITE, OP_HOST_COLLAPSE, OP_HOST_SPLIT, OP_HOST_AGE,
			       OP_HOST_TEST_AGE, OP_MIGRATION_ROUND),
	/* A memslot and its dirty log. */
	[TOPIC_SLOT] =
		TOPIC(5, OP_HOST_SLOT_DELETE, OP_HOST_SLOT_CREATE, OP_HOST_LOG_START, OP_HOST_LOG_STOP, OP_HOST_HARVEST,
		      OP_HOST_UNMAP, OP_HOST_MOVE, OP_L2_STORE, OP_L2_STORE, OP_L1_STORE, OP_L1_MAP, OP_L1_VPA),
	/* Memory of L1 that the kernel itself writes to. */
	[TOPIC_AREA] = TOPIC(10, OP_L1_VPA, OP_L1_VPA, OP_L1_VPA, OP_L1_VPA, OP_HOST_HARVEST, OP_HOST_HARVEST,
			     OP_HOST_HARVEST, OP_HOST_HARVEST, OP_MIGRATION_ROUND, OP_L1_LOAD, OP_L2_EXIT, OP_L2_ENTER,
			     OP_HOST_UNMAP, OP_HOST_MOVE),
	/* Is a page in use? R, which goes and comes as C does, but is taken away without an unmap. */
	[TOPIC_AGE] = TOPIC(6, OP_L2_LOAD, OP_L2_LOAD, OP_L2_LOAD, OP_L2_STORE, OP_L1_LOAD, OP_HOST_AGE, OP_HOST_AGE,
			    OP_HOST_AGE, OP_HOST_TEST_AGE, OP_HOST_HARVEST, OP_L1_TLBIE, OP_HOST_SPLIT),
	/* A huge page of the VMM's: mapped by small entries while its slot is logged, by one that replaces them after.
	 */
	[TOPIC_HUGE] = TOPIC(8, OP_HOST_LOG_STOP, OP_HOST_LOG_STOP, OP_HOST_LOG_STOP, OP_HOST_LOG_STOP,
			     OP_HOST_LOG_START, OP_L1_STORE, OP_L1_STORE, OP_L1_STORE, OP_L1_STORE, OP_L1_LOAD,
			     OP_L2_STORE, OP_L2_LOAD, OP_HOST_COLLAPSE, OP_HOST_SPLIT, OP_HOST_UNMAP, OP_HOST_HARVEST),
#undef TOPIC
	/* The rest, of `racers`: what nobody has thought of. */
	[TOPIC_ANY] = {9, 0, {0}},
};

/* Where ops meet: page n[0] of the guest, which L1 maps to g[0]; sometimes its neighbour. */
struct meeting {
	struct scenario *s;
	struct rng *rng;
	struct cast cast;
	enum topic topic;
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
/* What may change the size of the entry by which the host maps a page, and who meets that: a fault, or a harvest. */
static const uint8_t resizers[] = {OP_HOST_LOG_STOP, OP_HOST_LOG_STOP, OP_HOST_LOG_STOP, OP_HOST_COLLAPSE,
				   OP_HOST_SPLIT};
static const uint8_t users[] = {OP_L1_STORE, OP_L1_STORE, OP_L1_LOAD, OP_L2_STORE, OP_L2_LOAD, OP_HOST_HARVEST};
static const uint8_t questions[] = {OP_HOST_HARVEST, OP_HOST_HARVEST, OP_MIGRATION_FINISH,
				    OP_L1_HARVEST,   OP_L1_FINISH,    OP_HOST_TEST_AGE};

static bool is_about_guests(const struct meeting *m)
{
	return m->topic == TOPIC_FIRST || m->topic == TOPIC_GUEST;
}

static struct scenario_op *say(struct meeting *m, unsigned kind)
{
	struct scenario *s = m->s;
	struct scenario_op *op = &s->ops[s->op_count];
	unsigned page = rng_chance(m->rng, 85) ? 0 : 1;

	*op = cast_op_of_kind(&m->cast, m->rng, (uint8_t)kind);
	op->label = (uint16_t)++s->op_count;
	/* Two guests race for what is common to all of them. */
	op->guest = is_about_guests(m) && rng_chance(m->rng, 40) ? (uint8_t)rng_between(m->rng, 1, s->config.guests)
								 : m->cast.guest;
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
	config->guests = rng_chance(m->rng, is_about_guests(m) ? 50 : 85) ? 1 : 2;
	config->slot = rng_chance(m->rng, 70) ? 4 : 32;
	config->slot1 = rng_chance(m->rng, 10) ? 4 : 0;
	config->backing = rng_chance(m->rng, m->topic == TOPIC_MEMORY ? 30 : 15) ? BACKING_HUGE : BACKING_SMALL;
	if (m->topic == TOPIC_HUGE) {
		config->backing = BACKING_HUGE;
		config->slot1 = rng_chance(m->rng, 75) ? 32 : 0;
		config->kind1 = rng_chance(m->rng, 80) ? SLOT1_FRAMES : (uint8_t)rng_below(m->rng, SLOT1_COUNT);
	}
	config->l1 = options->l1 == L1_WELL_BEHAVED || rng_chance(m->rng, 75) ? L1_WELL_BEHAVED : L1_ANY;
	config->l1lpid = rng_chance(m->rng, 50) ? config->shadow : config->l1lpid;
	/* What is lost of a guest is seen at its end. */
	config->teardown = rng_chance(m->rng, is_about_guests(m) ? 60 : 20) ? YES : NO;
	scenario_config_canonicalize(config);
	m->wild = config->l1 == L1_ANY;
}

/* L1 has made guests and not used them. */
static void set_a_cold_scene(struct meeting *m)
{
	for (uint8_t guest = 1; guest <= m->s->config.guests; guest++)
		say(m, OP_L1_CREATE)->guest = guest;
	sometimes(m, 50, OP_L1_MAP);
	sometimes(m, 20, OP_HOST_LOG_START);
}

/* Each in a page of its own, as it is by page that they are found dirty. */
static void register_area(struct meeting *m, uint8_t vcpu, uint8_t area)
{
	struct scenario_op *op = say(m, OP_L1_VPA);

	op->vcpu = vcpu;
	op->area = area;
	op->g = (uint16_t)((m->cast.g[1] + 1u + 2u * vcpu + area) % m->cast.data_pages);
}

/* Most vCPUs have a VPA, and some of them a dispatch trace log, which needs one. */
static void register_areas(struct meeting *m)
{
	for (uint8_t vcpu = 0; vcpu < m->s->config.vcpus; vcpu++) {
		if (!rng_chance(m->rng, 80))
			continue;
		register_area(m, vcpu, AREA_VPA);
		if (rng_chance(m->rng, 20))
			register_area(m, vcpu, AREA_DTL);
	}
}

/* The kernel has written to areas when it entered the vCPUs. */
static void use_areas(struct meeting *m)
{
	for (uint8_t vcpu = 0; vcpu < m->s->config.vcpus; vcpu++)
		if (rng_chance(m->rng, 60))
			say(m, OP_L1_LOAD)->vcpu = vcpu;
}

/* L1 maps the page for L2. */
static void map_page(struct meeting *m)
{
	struct scenario_op *map = say(m, OP_L1_MAP);

	map->perm = rng_chance(m->rng, 85) ? PERM_RW : map->perm;
	map->n = m->cast.n[0];
	map->g = m->cast.g[0];
}

/* The host maps the page read-only, and nobody else does any more: a write will turn that entry writable. */
static void share_page(struct meeting *m)
{
	say(m, OP_HOST_PROTECT);
	say(m, OP_HOST_UNSHARE);
}

/* The page is mapped and in use, by L1 or by L2, or was. */
static void set_an_aged_scene(struct meeting *m)
{
	say(m, OP_L1_CREATE);
	map_page(m);
	sometimes(m, 70, OP_L1_LOAD);
	sometimes(m, 30, OP_L2_LOAD);
	sometimes(m, 20, OP_HOST_LOG_START);
	sometimes(m, 20, OP_HOST_AGE);
	sometimes(m, 20, topics[TOPIC_AGE].ops[rng_below(m->rng, topics[TOPIC_AGE].count)]);
}

/*
 * Slot 0 is logged, so that the VMM's huge page is mapped by small entries. Where guest addresses are those of frames
 * as well, L2 has the page with the address that the frame of L1's has.
 */
static void set_a_huge_scene(struct meeting *m)
{
	const struct scenario_config *config = &m->s->config;

	m->cast.g[1] %= config->slot;
	if (config->slot1 && rng_chance(m->rng, 90))
		m->cast.g[0] = config->slot + m->cast.g[1] % config->slot1;
	say(m, OP_L1_CREATE);
	map_page(m);
	if (rng_chance(m->rng, 90))
		say(m, OP_HOST_LOG_START)->slot = 0;
	/* Else its page is a part of a huge one, and known by the first of that. */
	if (config->slot1 && rng_chance(m->rng, 80))
		say(m, OP_HOST_LOG_START)->slot = 1;
	say(m, OP_L1_STORE)->g = m->cast.g[1];
	sometimes(m, 90, OP_L2_STORE);
}

/* The page is mapped, logged, used, clean, in some combination. */
static void set_the_scene(struct meeting *m)
{
	bool early = rng_chance(m->rng, 30);

	if (early)
		say(m, OP_HOST_LOG_START);
	if (m->topic == TOPIC_AREA)
		register_areas(m);
	say(m, OP_L1_CREATE);
	if (rng_chance(m->rng, 95))
		map_page(m);
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
	if (rng_chance(m->rng, m->topic == TOPIC_MEMORY ? 20 : 5))
		share_page(m);
	if (m->topic == TOPIC_AREA)
		use_areas(m);
}

static uint8_t racer_kind(const struct meeting *m)
{
	if (m->wild && rng_chance(m->rng, 30))
		return PICK(m->rng, wild_racers);
	if (m->topic == TOPIC_ANY)
		return PICK(m->rng, racers);
	return topics[m->topic].ops[rng_below(m->rng, topics[m->topic].count)];
}

static struct scenario_op *racer(struct meeting *m, unsigned kind, unsigned vcpu)
{
	struct scenario_op *op = say(m, kind);

	op->vcpu = (uint8_t)(vcpu % m->s->config.vcpus);
	/* What was registered goes away. */
	if (m->topic == TOPIC_AREA && op->kind == OP_L1_VPA && rng_chance(m->rng, 50))
		op->area = rng_chance(m->rng, 75) ? AREA_NO_VPA : AREA_NO_DTL;
	/* Another page of the huge one faults. */
	if (m->topic == TOPIC_HUGE && (op->kind == OP_L1_STORE || op->kind == OP_L1_LOAD))
		op->g = (uint16_t)rng_below(m->rng, m->s->config.slot);
	if (m->topic == TOPIC_HUGE && op->kind == OP_HOST_LOG_STOP)
		op->slot = 0;
	/* Of what L1 says nonsense in, entering L2 takes longest, so that others can meet it. */
	if (op->kind == OP_L1_NONSENSE && rng_chance(m->rng, 33))
		op->hcall = HCALL_STATE;
	/* Only then R owes the truth. */
	if (m->topic == TOPIC_AGE && op->kind == OP_HOST_AGE && rng_chance(m->rng, 75))
		op->flush = FLUSH_YES;
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
	bool resized = m->topic == TOPIC_HUGE && rng_chance(m->rng, 75);
	uint16_t first = racer(m, resized ? PICK(m->rng, resizers) : racer_kind(m), vcpu)->label;
	uint16_t second = racer(m, resized ? PICK(m->rng, users) : racer_kind(m), vcpu + 1)->label;

	meet(m, first, second);
	if (rng_chance(m->rng, 25))
		meet(m, second, 0);
	if (rng_chance(m->rng, 25)) {
		uint16_t victim = rng_chance(m->rng, 50) ? first : second;

		meet(m, victim, racer(m, racer_kind(m), vcpu + 2)->label);
	}
}

/* Use what they met on once more, and ask whether that is seen. */
static void ask(struct meeting *m)
{
	if (m->topic == TOPIC_AGE) {
		sometimes(m, 70, OP_L2_LOAD);
		sometimes(m, 20, OP_L1_LOAD);
		say(m, OP_HOST_TEST_AGE);
		return;
	}
	if (m->topic == TOPIC_HUGE)
		say(m, rng_chance(m->rng, 65) ? OP_HOST_UNMAP : OP_HOST_LOG_START);
	sometimes(m, m->topic == TOPIC_HUGE ? 95 : 70, OP_L2_STORE);
	sometimes(m, 15, OP_L1_STORE);
	say(m, PICK(m->rng, questions));
}

static enum topic some_topic(struct rng *rng)
{
	unsigned at = rng_below(rng, 100), topic = 0;

	for (; topic < TOPIC_ANY && at >= topics[topic].percent; topic++)
		at -= topics[topic].percent;
	return (enum topic)topic;
}

void scenario_generate_race(struct scenario *s, struct rng *rng, const struct generate_options *options)
{
	struct meeting m = {.s = s, .rng = rng, .topic = some_topic(rng)};

	scenario_init(s);
	make_config(&m, options);
	cast_init(&m.cast, rng, &s->config);
	/* Neighbours, so that huge mappings and ranges hold both. */
	m.cast.n[1] = (uint16_t)((m.cast.n[0] + 1u) % m.cast.l2_pages);
	m.cast.g[1] = (uint16_t)((m.cast.g[0] + 1u) % m.cast.data_pages);
	if (m.topic == TOPIC_FIRST)
		set_a_cold_scene(&m);
	else if (m.topic == TOPIC_AGE)
		set_an_aged_scene(&m);
	else if (m.topic == TOPIC_HUGE)
		set_a_huge_scene(&m);
	else
		set_the_scene(&m);
	race(&m);
	if (rng_chance(rng, 20))
		race(&m);
	ask(&m);
	if (options->ops_max && s->op_count > options->ops_max)
		s->op_count = options->ops_max;
	scenario_canonicalize(s);
}
