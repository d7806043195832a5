// SPDX-License-Identifier: GPL-2.0-only
/* mutate.c: small changes to a scenario. See mutate.h. */
#include "mutate.h"

#include "codec.h"
#include "generate.h"

#include <string.h>

/* Where a change takes place. */
struct edit {
	struct scenario *s;
	struct rng *rng;
	const struct scenario *other; /* may be NULL */
};

static unsigned some_op(const struct edit *edit)
{
	return rng_below(edit->rng, edit->s->op_count);
}

/* Make room for `count` ops at `at`; returns how many there is room for. */
static unsigned open_gap(struct scenario *s, unsigned at, unsigned count)
{
	unsigned room = SCENARIO_OPS_MAX - s->op_count;

	if (count > room)
		count = room;
	memmove(&s->ops[at + count], &s->ops[at], (s->op_count - at) * sizeof(s->ops[0]));
	s->op_count += count;
	return count;
}

/* Insert ops at `at`; they get fresh labels, the others keep theirs. ops is not in s. */
static void insert_ops(struct scenario *s, unsigned at, const struct scenario_op *ops, unsigned count)
{
	uint16_t label = scenario_fresh_label(s);

	count = open_gap(s, at, count);
	for (unsigned i = 0; i < count; i++) {
		s->ops[at + i] = ops[i];
		/* 0: canonicalize finds one. */
		s->ops[at + i].label = label + i <= UINT16_MAX ? (uint16_t)(label + i) : 0;
	}
}

static void remove_ops(struct scenario *s, unsigned at, unsigned count)
{
	memmove(&s->ops[at], &s->ops[at + count], (s->op_count - at - count) * sizeof(s->ops[0]));
	s->op_count -= count;
}

/* A cast whose hot pages are those of the scenario's own ops. */
static void cast_from(struct cast *cast, const struct edit *edit)
{
	const struct scenario *s = edit->s;

	cast_init(cast, edit->rng, &s->config);
	for (unsigned i = 0; i < 2 * CAST_PAGES && s->op_count; i++) {
		const struct scenario_op *op = &s->ops[some_op(edit)];
		uint32_t fields = op_info[op->kind].fields;

		if (fields & (1u << FIELD_n))
			cast->n[i % CAST_PAGES] = op->n;
		if (fields & (1u << FIELD_g))
			cast->g[i % CAST_PAGES] = op->g;
		if (fields & (1u << FIELD_guest))
			cast->guest = op->guest;
	}
}

/* ---- the changes; those on ops are only called when there is one ----------- */

static void insert_random(struct edit *edit)
{
	struct scenario_op op;
	struct cast cast;

	cast_from(&cast, edit);
	op = cast_op(&cast, edit->rng);
	insert_ops(edit->s, rng_below(edit->rng, edit->s->op_count + 1), &op, 1);
}

static void insert_template(struct edit *edit)
{
	struct scenario_op ops[TEMPLATE_OPS_MAX];
	unsigned at = edit->s->op_count, count;
	struct cast cast;

	cast_from(&cast, edit);
	count = cast_template(&cast, edit->rng, ops);
	if (rng_chance(edit->rng, 50))
		at = rng_below(edit->rng, at + 1);
	insert_ops(edit->s, at, ops, count);
}

static void remove_some(struct edit *edit)
{
	unsigned at = some_op(edit), left = edit->s->op_count - at, count = 1;

	if (rng_chance(edit->rng, 20))
		count = rng_between(edit->rng, 1, left < 8 ? left : 8);
	remove_ops(edit->s, at, count);
}

static void swap_two(struct edit *edit)
{
	unsigned a = some_op(edit), b = some_op(edit);
	struct scenario_op op = edit->s->ops[a];

	/* Neighbours half of the time: the smallest change of an order. */
	if (rng_chance(edit->rng, 50))
		b = (a + 1) % edit->s->op_count;
	edit->s->ops[a] = edit->s->ops[b];
	edit->s->ops[b] = op;
}

static void move_one(struct edit *edit)
{
	unsigned from = some_op(edit);
	struct scenario_op op = edit->s->ops[from];
	unsigned to;

	remove_ops(edit->s, from, 1);
	to = rng_below(edit->rng, edit->s->op_count + 1);
	open_gap(edit->s, to, 1);
	edit->s->ops[to] = op;
}

static void duplicate_some(struct edit *edit)
{
	struct scenario_op ops[8];
	unsigned at = some_op(edit), left = edit->s->op_count - at, count = 1;

	if (rng_chance(edit->rng, 30))
		count = rng_between(edit->rng, 1, left < 8 ? left : 8);
	memcpy(ops, &edit->s->ops[at], count * sizeof(ops[0]));
	insert_ops(edit->s, rng_below(edit->rng, edit->s->op_count + 1), ops, count);
}

/* Every op that speaks of one page speaks of another from now on. */
static void retarget(struct edit *edit)
{
	const struct field_info *info = &field_info[rng_chance(edit->rng, 50) ? FIELD_n : FIELD_g];
	uint32_t bit = 1u << (info - field_info);
	unsigned from, to;
	struct cast cast;

	cast_from(&cast, edit);
	from = info == &field_info[FIELD_n] ? cast.n[0] : cast.g[0];
	to = rng_below(edit->rng, info == &field_info[FIELD_n] ? cast.l2_pages : cast.data_pages);
	if (rng_chance(edit->rng, 40)) /* fall together with another page */
		to = info == &field_info[FIELD_n] ? cast.n[1] : cast.g[1];
	for (uint32_t i = 0; i < edit->s->op_count; i++) {
		struct scenario_op *op = &edit->s->ops[i];

		if ((op_info[op->kind].fields & bit) && scenario_field_get(op, info) == from)
			scenario_field_set(op, info, to);
	}
}

/* One field of one op, to any value that fields.def allows, or one step from the old. */
static void change_field(struct edit *edit)
{
	struct scenario_op *op = &edit->s->ops[some_op(edit)];
	uint32_t fields = op_info[op->kind].fields;
	unsigned skip = rng_below(edit->rng, (uint32_t)__builtin_popcount(fields)), i = 0, value;
	const struct field_info *info;

	if (!fields)
		return;
	for (; !(fields & 1u << i) || skip; i++)
		skip -= (fields & 1u << i) != 0;
	info = &field_info[i];
	value = scenario_field_get(op, info);
	if (!info->words && rng_chance(edit->rng, 40))
		value = rng_chance(edit->rng, 50) && value > info->min ? value - 1 : value + 1;
	else
		value = rng_between(edit->rng, info->min, info->max);
	scenario_field_set(op, info, value);
}

/* The op becomes another that takes much the same fields: a load becomes a store, an unmap a move. */
static void change_kind(struct edit *edit)
{
	struct scenario_op *op = &edit->s->ops[some_op(edit)];
	uint8_t kind = (uint8_t)rng_below(edit->rng, OP_COUNT);

	for (unsigned tries = 0; tries < 8 && (op_info[kind].fields & ~op_info[op->kind].fields); tries++)
		kind = (uint8_t)rng_below(edit->rng, OP_COUNT);
	op->kind = kind;
}

static void change_config(struct edit *edit)
{
	const struct field_info *info = &config_info[rng_below(edit->rng, CONFIG_COUNT)];
	unsigned max = info->max;

	if (info == &config_info[CONFIG_page] || info == &config_info[CONFIG_l1] || info == &config_info[CONFIG_rc] ||
	    info == &config_info[CONFIG_level])
		return;
	/* Small slots keep the pages of different ops together. */
	if ((info == &config_info[CONFIG_slot] || info == &config_info[CONFIG_slot1]) && rng_chance(edit->rng, 80))
		max = 32;
	scenario_field_set(&edit->s->config, info, rng_between(edit->rng, info->min, max));
	if (rng_chance(edit->rng, 30))
		edit->s->config.l1lpid = edit->s->config.shadow;
}

/* Copy ops of the donor, from..+count, into s, and the preemptions among them. */
static void insert_part(struct scenario *s, unsigned at, const struct scenario *other, unsigned from, unsigned count)
{
	unsigned had = s->op_count;

	insert_ops(s, at, &other->ops[from], count);
	count = s->op_count - had;
	for (uint32_t i = 0; i < other->point_count && s->point_count < SCENARIO_POINTS_MAX; i++) {
		struct scenario_point point = other->points[i];
		uint32_t victim = scenario_op_index(other, point.victim), child = scenario_op_index(other, point.child);

		if (victim - from >= count || (point.child && child - from >= count))
			continue;
		point.victim = s->ops[at + victim - from].label;
		point.child = point.child ? s->ops[at + child - from].label : 0;
		if (point.victim)
			s->points[s->point_count++] = point;
	}
}

/* Some ops of the donor, `most` of them at most. */
static void insert_donation(struct edit *edit, unsigned at, unsigned most)
{
	const struct scenario *other = edit->other;
	unsigned from = rng_below(edit->rng, other->op_count), left = other->op_count - from;

	insert_part(edit->s, at, other, from, rng_between(edit->rng, 1, left < most ? left : most));
}

bool scenario_append(struct scenario *s, const struct scenario *other)
{
	if (s->op_count + other->op_count > SCENARIO_OPS_MAX ||
	    s->point_count + other->point_count > SCENARIO_POINTS_MAX ||
	    scenario_fresh_label(s) > UINT16_MAX - other->op_count)
		return false;
	insert_part(s, s->op_count, other, 0, other->op_count);
	scenario_canonicalize(s);
	return true;
}

void scenario_splice(struct scenario *s, struct rng *rng, const struct scenario *other)
{
	struct edit edit = {s, rng, other};
	unsigned at = rng_below(rng, s->op_count + 1);

	if (!other->op_count)
		return;
	if (rng_chance(rng, 50)) {
		s->op_count = at;
		insert_donation(&edit, at, SCENARIO_OPS_MAX);
	} else {
		insert_donation(&edit, at, 16);
	}
	scenario_canonicalize(s);
}

static void donate(struct edit *edit)
{
	if (edit->other && edit->other->op_count)
		insert_donation(edit, rng_below(edit->rng, edit->s->op_count + 1), 16);
	else
		insert_template(edit);
}

/* ---- preemptions ------------------------------------------------------------- */

/* Most ops have some dozens of yield points, few have thousands. */
static uint16_t some_nth(struct edit *edit)
{
	unsigned bits = edit->s->config.level == LEVEL_ACCESS ? 10 : 6;

	return (uint16_t)(1 + rng_below(edit->rng, 1u << rng_between(edit->rng, 1, bits)));
}

/* Each on a vCPU of its own, or one would only wait for the other. */
static void part_vcpus(struct edit *edit, const struct scenario_op *victim, struct scenario_op *child)
{
	const uint32_t vcpu = 1u << FIELD_vcpu;

	if (edit->s->config.vcpus > 1 && victim->vcpu == child->vcpu && (op_info[victim->kind].fields & vcpu) &&
	    (op_info[child->kind].fields & vcpu))
		child->vcpu = (uint8_t)((victim->vcpu + 1) % edit->s->config.vcpus);
}

static void remove_point(struct scenario *s, uint32_t at)
{
	memmove(&s->points[at], &s->points[at + 1], (s->point_count - at - 1) * sizeof(s->points[0]));
	s->point_count--;
}

/* An op from the sequence, mostly the next one or the one after that, runs inside another. */
static void add_point(struct edit *edit)
{
	struct scenario *s = edit->s;
	unsigned victim = some_op(edit), child = victim + 1 + rng_below(edit->rng, 2);

	if (rng_chance(edit->rng, 25))
		child = some_op(edit);
	if (child >= s->op_count || child == victim || s->point_count == SCENARIO_POINTS_MAX)
		return;
	for (uint32_t i = s->point_count; i-- > 0;)
		if (s->points[i].child == s->ops[child].label)
			remove_point(s, i);
	if (rng_chance(edit->rng, 80))
		part_vcpus(edit, &s->ops[victim], &s->ops[child]);
	s->points[s->point_count] = (struct scenario_point){
		.victim = s->ops[victim].label, .child = s->ops[child].label, .nth = some_nth(edit)};
	s->point_count++;
}

/* A child lets the op that it interrupts go on first. */
static void add_return(struct edit *edit)
{
	struct scenario *s = edit->s;
	const struct scenario_point *point;

	if (!s->point_count || s->point_count == SCENARIO_POINTS_MAX) {
		add_point(edit);
		return;
	}
	point = &s->points[rng_below(edit->rng, s->point_count)];
	if (point->child) {
		s->points[s->point_count] = (struct scenario_point){.victim = point->child, .nth = some_nth(edit)};
		s->point_count++;
	}
}

/* Another place in the same op: by a step, or anywhere. */
static void move_point(struct edit *edit)
{
	struct scenario *s = edit->s;
	struct scenario_point *point;

	if (!s->point_count) {
		add_point(edit);
		return;
	}
	point = &s->points[rng_below(edit->rng, s->point_count)];
	if (rng_chance(edit->rng, 50)) {
		point->nth += rng_chance(edit->rng, 50) && point->nth > 1 ? -1 : 1;
		return;
	}
	memset(point->name, 0, sizeof(point->name));
	point->nth = some_nth(edit);
}

static void drop_point(struct edit *edit)
{
	if (edit->s->point_count)
		remove_point(edit->s, rng_below(edit->rng, edit->s->point_count));
	else
		add_point(edit);
}

void scenario_preempt(struct scenario *s, struct rng *rng)
{
	struct edit edit = {s, rng, NULL};

	for (unsigned i = rng_between(rng, 1, 4); i > 0 && s->op_count; i--)
		add_point(&edit);
	if (rng_chance(rng, 20) && s->op_count)
		add_return(&edit);
	scenario_canonicalize(s);
}

/* The op runs inside the victim there, wherever it ran before. */
static void put_point(struct scenario *s, const struct scenario_aim *aim, uint16_t child)
{
	for (uint32_t i = s->point_count; child && i-- > 0;)
		if (s->points[i].child == child)
			remove_point(s, i);
	if (s->point_count < SCENARIO_POINTS_MAX)
		s->points[s->point_count++] =
			(struct scenario_point){.victim = aim->victim, .child = child, .nth = aim->nth};
}

void scenario_aim(struct scenario *s, struct rng *rng, const struct scenario_aims *aims, uint32_t i)
{
	const struct scenario_aim *aim = &aims->aims[i], *back;

	put_point(s, aim, aim->child);
	for (unsigned tries = rng_chance(rng, 25) ? 8 : 0; tries > 0; tries--) {
		back = &aims->aims[rng_below(rng, aims->count)];
		if (back->victim != aim->child || back->child != aim->victim)
			continue;
		put_point(s, back, 0);
		break;
	}
	scenario_canonicalize(s);
}

uint32_t scenario_overlap(struct scenario *s, struct rng *rng, uint32_t *first, bool keep)
{
	struct edit edit = {s, rng, NULL};
	uint32_t count = rng_chance(rng, 70) ? 2 : 3;

	/* Where ops met before is a better place than any. */
	*first = rng_below(rng, s->op_count - 1);
	if (s->point_count && rng_chance(rng, 80))
		*first = scenario_op_index(s, s->points[rng_below(rng, s->point_count)].victim);
	if (!keep)
		s->point_count = 0;
	if (*first > s->op_count - 2)
		*first = s->op_count - 2;
	if (count > s->op_count - *first)
		count = s->op_count - *first;
	for (uint32_t i = 1; i < count && rng_chance(rng, 80); i++)
		part_vcpus(&edit, &s->ops[*first + i - 1], &s->ops[*first + i]);
	scenario_canonicalize(s);
	return count;
}

static const struct {
	void (*change)(struct edit *edit);
	unsigned weight;
} changes[] = {
	{insert_random, 20}, {insert_template, 12}, {remove_some, 16},	{swap_two, 8},	  {move_one, 6},
	{duplicate_some, 8}, {retarget, 10},	    {change_field, 20}, {change_kind, 8}, {change_config, 8},
	{donate, 8},	     {add_point, 14},	    {move_point, 14},	{drop_point, 4},  {add_return, 3},
};
#define CHANGE_COUNT (sizeof(changes) / sizeof(changes[0]))

static void change_once(struct edit *edit)
{
	unsigned total = 0, at, i = 0;

	if (!edit->s->op_count) {
		insert_template(edit);
		return;
	}
	for (unsigned j = 0; j < CHANGE_COUNT; j++)
		total += changes[j].weight;
	for (at = rng_below(edit->rng, total); at >= changes[i].weight; i++)
		at -= changes[i].weight;
	changes[i].change(edit);
}

void scenario_mutate(struct scenario *s, struct rng *rng, const struct scenario *other)
{
	struct edit edit = {s, rng, other};

	/* One change mostly, sometimes some more. */
	do {
		change_once(&edit);
	} while (rng_chance(rng, 35));
	scenario_canonicalize(s);
}

/* ---- the binary form --------------------------------------------------------- */

size_t scenario_mutate_bytes(uint8_t *data, size_t size, size_t max, uint32_t seed)
{
	struct scenario s;
	struct rng rng;

	if (max < CODEC_CONFIG_BYTES)
		return size < max ? size : max;
	rng_seed(&rng, seed);
	scenario_decode(&s, data, size);
	scenario_mutate(&s, &rng, NULL);
	return scenario_encode(&s, data, max);
}

size_t scenario_crossover_bytes(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, uint8_t *out,
				size_t max, uint32_t seed)
{
	struct scenario s, other;
	struct rng rng;

	rng_seed(&rng, seed);
	scenario_decode(&s, a, a_size);
	scenario_decode(&other, b, b_size);
	scenario_splice(&s, &rng, &other);
	return scenario_encode(&s, out, max);
}
