// SPDX-License-Identifier: GPL-2.0-only
/*
 * scenario.c: the tables of ops and fields, and the canonical form.
 *
 * Canonical form is what makes decoding total: whatever bytes or edits produced
 * a scenario, afterwards each op names only pages, guests and vCPUs that the
 * configuration has. It runs once per execution of a fuzzer, so the work for
 * each kind of op is specialised at compile time from ops.def.
 */
#include "scenario.h"

#include "layout.h"
#include "points.h"

#include <string.h>

#define F(name) (1u << FIELD_##name)

const struct op_info op_info[OP_COUNT] = {
#define OP(id, actor, name, fields, flags, help) [OP_##id] = {actor, name, help, fields, flags},
#include "ops.def"
#undef OP
};

#define WORD(id, word) word,
#define WORDS(NAME) static const char *const words_##NAME[] = {ENUM_##NAME(WORD)}
WORDS(SIZE);
WORDS(PERM);
WORDS(RC);
WORDS(SCOPE);
WORDS(RIC);
WORDS(VIA);
WORDS(DIR);
WORDS(AREA);
WORDS(FLUSH);
WORDS(HCALL);
WORDS(TABLE);
WORDS(JUNK);
WORDS(TREE);
WORDS(PAGE);
WORDS(L1PAGE);
WORDS(BACKING);
WORDS(L1KIND);
WORDS(RCMODE);
WORDS(ENDIAN);
WORDS(SLOT1);
WORDS(YES);
WORDS(LEVEL);
WORDS(FLUSHBY);

const struct field_info field_info[FIELD_COUNT] = {
#define FIELD_NUM(name, type, min, max, help)                                                                          \
	[FIELD_##name] = {#name, help, offsetof(struct scenario_op, name), sizeof(type), min, max, min, NULL},
#define FIELD_ENUM(name, NAMES, help)                                                                                  \
	[FIELD_##name] = {#name, help, offsetof(struct scenario_op, name), 1, 0, NAMES##_COUNT - 1, 0, words_##NAMES},
#include "fields.def"
#undef FIELD_NUM
#undef FIELD_ENUM
};

const struct field_info config_info[CONFIG_COUNT] = {
#define CONFIG_NUM(name, type, min, max, def, help)                                                                    \
	[CONFIG_##name] = {#name, help, offsetof(struct scenario_config, name), sizeof(type), min, max, def, NULL},
#define CONFIG_ENUM(name, NAMES, def, help)                                                                            \
	[CONFIG_##name] = {#name, help,		offsetof(struct scenario_config, name), 1, 0, NAMES##_COUNT - 1,       \
			   def,	  words_##NAMES},
#include "config.def"
#undef CONFIG_NUM
#undef CONFIG_ENUM
};

unsigned scenario_field_get(const void *record, const struct field_info *info)
{
	const unsigned char *at = (const unsigned char *)record + info->offset;
	uint16_t wide;

	if (info->width == 1)
		return *at;
	memcpy(&wide, at, sizeof(wide));
	return wide;
}

void scenario_field_set(void *record, const struct field_info *info, unsigned value)
{
	unsigned char *at = (unsigned char *)record + info->offset;
	uint16_t wide = (uint16_t)value;

	if (info->width == 1)
		*at = (unsigned char)value;
	else
		memcpy(at, &wide, sizeof(wide));
}

void scenario_init(struct scenario *s)
{
	memset(&s->config, 0, sizeof(s->config));
#define CONFIG_NUM(name, type, min, max, def, help) s->config.name = def;
#define CONFIG_ENUM(name, NAMES, def, help) s->config.name = def;
#include "config.def"
#undef CONFIG_NUM
#undef CONFIG_ENUM
	s->op_count = s->point_count = 0;
}

/* Bring x into min..max; values outside wrap around, so that mutations stay meaningful. */
static inline unsigned wrap(unsigned x, unsigned min, unsigned max)
{
	if (x >= min && x <= max)
		return x;
	return x > max ? min + (x - min) % (max - min + 1) : max - (min - x - 1) % (max - min + 1);
}

static unsigned round_up(unsigned x, unsigned to)
{
	return (x + to - 1) / to * to;
}

void scenario_config_canonicalize(struct scenario_config *config)
{
	unsigned pages_max, huge_pages;

#define CONFIG_NUM(name, type, min, max, def, help) config->name = (type)wrap(config->name, min, max);
#define CONFIG_ENUM(name, NAMES, def, help) config->name = (uint8_t)wrap(config->name, 0, NAMES##_COUNT - 1);
#include "config.def"
#undef CONFIG_NUM
#undef CONFIG_ENUM

	if (config->l1page == (config->page == PAGE_64K ? L1PAGE_64K : L1PAGE_4K))
		config->l1page = L1PAGE_SAME;

	/*
	 * A slot has whole huge pages if its memory is to be huge. Five of 64K pages are enough for a dirty bitmap of
	 * three words.
	 */
	pages_max = config->page == PAGE_64K ? 160 : 1024;
	huge_pages = config->page == PAGE_64K ? 32 : 512;
	if (config->slot > pages_max)
		config->slot = (uint16_t)pages_max;
	if (config->slot1 > pages_max)
		config->slot1 = (uint16_t)pages_max;
	if (config->backing == BACKING_HUGE) {
		config->slot = (uint16_t)round_up(config->slot, huge_pages);
		config->slot1 = (uint16_t)round_up(config->slot1, huge_pages);
	}

	if (!config->slot1)
		config->kind1 = SLOT1_PLAIN;
	else if (config->kind1 == SLOT1_ALIAS && config->slot1 > config->slot)
		config->slot1 = config->slot;
	else if (config->kind1 == SLOT1_SHIFTED && config->slot1 >= config->slot)
		config->slot1 = config->slot - 1;
}

/* What a configuration allows: the largest value of each field. */
struct bounds {
	const struct scenario_config *config;
	unsigned l2_pages, data_pages;
	unsigned max[FIELD_COUNT];
};

static void bounds_init(struct bounds *b, const struct scenario_config *config)
{
	b->config = config;
	b->l2_pages = layout_l2_pages(config);
	b->data_pages = layout_data_pages(config);
#define FIELD_NUM(name, type, min, max_, help) b->max[FIELD_##name] = max_;
#define FIELD_ENUM(name, NAMES, help) b->max[FIELD_##name] = NAMES##_COUNT - 1;
#include "fields.def"
#undef FIELD_NUM
#undef FIELD_ENUM
	b->max[FIELD_vcpu] = config->vcpus - 1u;
	b->max[FIELD_guest] = config->guests;
	b->max[FIELD_cpu] = config->cpus - 1u;
	b->max[FIELD_n] = b->l2_pages - 1;
	b->max[FIELD_g] = b->data_pages - 1;
	b->max[FIELD_part] = config->page == PAGE_64K ? b->max[FIELD_part] : 0;
}

/* Each field by itself. `fields` is a constant wherever this is expanded. */
static inline __attribute__((always_inline)) void fields_canonicalize(struct scenario_op *op, const struct bounds *b,
								      uint32_t fields)
{
#define FIELD_NUM(name, type, min, max_, help)                                                                         \
	op->name = (fields & F(name)) ? (type)wrap(op->name, min, b->max[FIELD_##name]) : 0;
#define FIELD_ENUM(name, NAMES, help) op->name = (fields & F(name)) ? (uint8_t)wrap(op->name, 0, NAMES##_COUNT - 1) : 0;
#include "fields.def"
#undef FIELD_NUM
#undef FIELD_ENUM
	if (!(fields & F(guest)))
		op->guest = 1;
	if ((fields & F(slot)) && op->slot == 1 && !b->config->slot1)
		op->slot = 0;
}

/* A size that says the same as `base` is written as base. */
static void size_canonicalize(struct scenario_op *op, const struct bounds *b)
{
	struct layout layout;

	if (op->size != SIZE_4K && op->size != SIZE_64K)
		return;
	layout_init(&layout, b->config);
	/* Only a misbehaving L1 invalidates with a page size that its tables do not have; no L1 can map with one. */
	if (op->kind == OP_L1_MAP || b->config->l1 == L1_WELL_BEHAVED ||
	    layout_size_bytes(&layout, op->size) == layout_size_bytes(&layout, SIZE_BASE))
		op->size = SIZE_BASE;
}

/* A mapping begins where its size allows: both pages are rounded down, g within its slot. */
static void map_align(struct scenario_op *op, const struct bounds *b)
{
	struct layout layout;
	unsigned pages, first;

	if (op->size == SIZE_BASE && b->config->l1page == L1PAGE_SAME)
		return;
	layout_init(&layout, b->config);
	pages = layout_size_pages(&layout, op->size);
	first = layout.slots[layout_slot_of(&layout, op->g)].first;
	op->n = (uint16_t)(op->n - op->n % pages);
	op->g = (uint16_t)(op->g - (op->g - first) % pages);
}

static unsigned at_most(unsigned x, unsigned max)
{
	return x < max ? x : max;
}

/* What the fields of one op have to do with each other. `kind` is a constant, as `fields` is. */
static inline __attribute__((always_inline)) void fields_relate(struct scenario_op *op, const struct bounds *b,
								enum op_kind kind)
{
	switch (kind) {
	case OP_L1_MAP:
		size_canonicalize(op, b);
		map_align(op, b);
		break;
	case OP_L1_TLBIE:
	case OP_L1_RPT:
		size_canonicalize(op, b);
		if (op->scope != SCOPE_PAGE) {
			op->n = 0;
			op->size = SIZE_BASE;
			op->count = op->kind == OP_L1_RPT;
		}
		if (op->kind == OP_L1_RPT)
			op->count = (uint16_t)at_most(op->count, b->l2_pages - op->n);
		else if (op->scope == SCOPE_ALL)
			op->guest = 1;
		break;
	case OP_L1_VPA:
		if (op->area == AREA_NO_VPA || op->area == AREA_NO_DTL)
			op->g = 0;
		break;
	case OP_HOST_AGE:
	case OP_HOST_UNMAP:
	case OP_HOST_PROTECT:
		op->count = (uint16_t)at_most(op->count, b->data_pages - op->g);
		break;
	default:
		break;
	}
}

static void op_canonicalize(struct scenario_op *op, const struct bounds *b)
{
	op->kind %= OP_COUNT;
	op->unused = 0;
	switch (op->kind) {
#define OP(id, actor, name, fields, flags, help)                                                                       \
	case OP_##id:                                                                                                  \
		fields_canonicalize(op, b, fields);                                                                    \
		fields_relate(op, b, OP_##id);                                                                         \
		break;
#include "ops.def"
#undef OP
	}
}

void scenario_op_canonicalize(struct scenario_op *op, const struct scenario_config *config)
{
	struct bounds b;

	bounds_init(&b, config);
	op_canonicalize(op, &b);
}

/*
 * Labels become unique: the first op with a label keeps it, the others, and ops
 * without one (0), get the lowest that are free. max: the largest label.
 */
static void labels_canonicalize(struct scenario *s, unsigned max)
{
	uint64_t used[65536 / 64];
	unsigned next = 1, missing = 0;

	if (max < s->op_count)
		max = s->op_count; /* so far there is always a free one */
	memset(used, 0, (max / 64 + 1) * sizeof(*used));
	used[0] = 1; /* 0 is no label */
	for (unsigned i = 0; i < s->op_count; i++) {
		uint64_t *word = &used[s->ops[i].label / 64], bit = 1ull << (s->ops[i].label % 64);

		if (*word & bit) {
			s->ops[i].label = 0;
			missing++;
		}
		*word |= bit;
	}
	for (unsigned i = 0; missing; i++) {
		if (s->ops[i].label)
			continue;
		while (used[next / 64] & (1ull << (next % 64)))
			next++;
		s->ops[i].label = (uint16_t)next++;
		missing--;
	}
}

void scenario_canonicalize(struct scenario *s)
{
	unsigned label_max = 0;
	struct bounds b;
	uint32_t kept = 0;

	scenario_config_canonicalize(&s->config);
	bounds_init(&b, &s->config);
	if (s->op_count > SCENARIO_OPS_MAX)
		s->op_count = SCENARIO_OPS_MAX;
	for (uint32_t i = 0; i < s->op_count; i++) {
		struct scenario_op *op = &s->ops[i];

		op_canonicalize(op, &b);
		if (s->config.l1 == L1_WELL_BEHAVED && (op_info[op->kind].flags & OPF_WILD))
			continue;
		if (op->label > label_max)
			label_max = op->label;
		if (kept != i)
			s->ops[kept] = *op;
		kept++;
	}
	s->op_count = kept;
	labels_canonicalize(s, label_max);
	if (s->point_count)
		scenario_points_canonicalize(s);
}

_Static_assert(sizeof(struct scenario_op) == 28, "an op has padding");

bool scenario_equal(const struct scenario *a, const struct scenario *b)
{
	if (a->op_count != b->op_count || a->point_count != b->point_count)
		return false;
	for (unsigned i = 0; i < CONFIG_COUNT; i++) {
		if (scenario_field_get(&a->config, &config_info[i]) != scenario_field_get(&b->config, &config_info[i]))
			return false;
	}
	return !memcmp(a->ops, b->ops, a->op_count * sizeof(a->ops[0])) &&
	       !memcmp(a->points, b->points, a->point_count * sizeof(a->points[0]));
}

uint16_t scenario_fresh_label(const struct scenario *s)
{
	unsigned max = 0, label = 1;

	for (uint32_t i = 0; i < s->op_count; i++) {
		if (s->ops[i].label > max)
			max = s->ops[i].label;
	}
	if (max < UINT16_MAX)
		return (uint16_t)(max + 1);
	/* Rare: the largest is taken. With at most 1024 ops there is a gap below 1026. */
	for (uint32_t i = 0; i < s->op_count; i++) {
		if (s->ops[i].label == label) {
			label++;
			i = UINT32_MAX; /* once more from the start */
		}
	}
	return (uint16_t)label;
}
