// SPDX-License-Identifier: GPL-2.0-only
/* controls.c: variants of a scenario in which its finding must not show. */
#include "controls.h"

#include "scenario/layout.h"

#include <string.h>

#define CONTROL_WORD(id, word, why_not) [id] = word,
const char *const control_name[CONTROL_COUNT] = {CONTROLS(CONTROL_WORD)};
#define CONTROL_WHY_NOT(id, word, why_not) [id] = why_not,
const char *const control_why_not[CONTROL_COUNT] = {CONTROLS(CONTROL_WHY_NOT)};

static bool is_access(const struct scenario_op *op)
{
	return op->kind == OP_L2_STORE || op->kind == OP_L2_LOAD || op->kind == OP_L2_FETCH ||
	       op->kind == OP_L1_STORE || op->kind == OP_L1_LOAD;
}

unsigned control_decisive(const struct scenario *s, const struct finding *f)
{
	unsigned op = f->op_cause;

	/* What is left without it is its victim, all alone. */
	if (s->point_count)
		return scenario_op_index(s, s->points[0].child);
	/* That nothing is seen or lost without the access itself proves little: it is what was done before it. */
	while (op && op < s->op_count && is_access(&s->ops[op]))
		op--;
	return op;
}

static bool without(struct scenario *s, unsigned op)
{
	if (op >= s->op_count)
		return false;
	memmove(&s->ops[op], &s->ops[op + 1], (s->op_count - op - 1) * sizeof(s->ops[0]));
	s->op_count--;
	return true;
}

/* The L1 page that L1 last let the guest's page n lie on, before op `end`; false: none. */
static bool mapped_page(const struct scenario *s, unsigned end, const struct scenario_op *access, uint16_t *g)
{
	struct layout layout;

	layout_init(&layout, &s->config);
	for (unsigned i = end; i--;) {
		const struct scenario_op *op = &s->ops[i];
		unsigned into = (unsigned)access->n - op->n;

		if (op->kind != OP_L1_MAP || op->guest != access->guest || access->n < op->n ||
		    into >= layout_size_pages(&layout, op->size))
			continue;
		*g = (uint16_t)(op->g + into);
		return *g < layout.data_pages;
	}
	return false;
}

/* L1 itself accesses the pages that L2 would have. */
static bool plain(struct scenario *s)
{
	bool any = false;

	for (unsigned i = 0; i < s->op_count; i++) {
		struct scenario_op *op = &s->ops[i];
		uint16_t g;

		if (op->kind != OP_L2_STORE && op->kind != OP_L2_LOAD && op->kind != OP_L2_FETCH)
			continue;
		if (!mapped_page(s, i, op, &g))
			return false;
		*op = (struct scenario_op){.label = op->label,
					   .kind = op->kind == OP_L2_STORE ? OP_L1_STORE : OP_L1_LOAD,
					   .vcpu = op->vcpu,
					   .guest = 1,
					   .g = g,
					   .part = op->part};
		any = true;
	}
	return any;
}

static void move(struct scenario *s, unsigned from, unsigned to)
{
	struct scenario_op moved = s->ops[from];

	memmove(&s->ops[to + 1], &s->ops[to], (from - to) * sizeof(s->ops[0]));
	s->ops[to] = moved;
}

/* The access that follows the decisive op comes before it. */
static bool swapped(struct scenario *s, unsigned op)
{
	unsigned access = op + 1;

	while (access < s->op_count && !is_access(&s->ops[access]))
		access++;
	if (access >= s->op_count)
		return false;
	move(s, access, op);
	return true;
}

/* The op that interrupts another one runs before it, and has ended then. */
static bool before_victim(struct scenario *s)
{
	uint32_t child = scenario_op_index(s, s->points[0].child), victim = scenario_op_index(s, s->points[0].victim);

	s->point_count = 0;
	if (child >= s->op_count || victim >= child)
		return false;
	move(s, child, victim);
	return true;
}

bool control_make(enum control control, const struct scenario *s, const struct finding *f, struct scenario *out)
{
	bool made = false;

	*out = *s;
	switch (control) {
	case CONTROL_WITHOUT:
		made = without(out, control_decisive(s, f));
		break;
	case CONTROL_PLAIN:
		made = plain(out);
		break;
	case CONTROL_SWAPPED:
		made = s->point_count ? before_victim(out) : swapped(out, control_decisive(s, f));
		break;
	case CONTROL_SERIAL:
		/* It stands right behind its victim. */
		made = s->point_count > 0;
		out->point_count = 0;
		break;
	case CONTROL_COUNT:
		break;
	}
	scenario_canonicalize(out);
	return made;
}
