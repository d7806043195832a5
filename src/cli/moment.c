// SPDX-License-Identifier: GPL-2.0-only
/* moment.c: see moment.h. */
#include "cli/moment.h"

#include "oracle/oracle.h"
#include "scenario/text.h"

#include <stdlib.h>
#include <string.h>

/* Not removed, not merged into its callers, and found without debug information too. */
__attribute__((noinline, visibility("default"))) void rcfuzz_moment(const char *op, const char *what,
								    const char *function)
{
	__asm__ volatile("" : : "r"(op), "r"(what), "r"(function) : "memory");
}

/*
 * The last change of an entry that shows up to the end of `op`: where the entries part, the ones before it were still
 * to be followed by others. NULL: there is none. *nth: how many changes of entries come before it.
 */
static const struct timeline_change *last_change(const struct timeline *t, uint32_t op, uint32_t *nth)
{
	const struct timeline_change *last = NULL;
	uint32_t entries = 0;

	for (const struct timeline_change *change = t->changes; change < t->changes + t->change_count; change++) {
		if (change->word)
			continue;
		/* The TLB follows the entries. */
		if (change->op <= op && change->function[0] && timeline_change_shows(change) &&
		    strcmp(change->place, "tlb") != 0) {
			last = change;
			*nth = entries;
		}
		entries++;
	}
	return last;
}

static bool is_reach(enum finding_class class)
{
	return class == CLASS_WRONG_PAGE || class == CLASS_STALE_ACCESS || class == CLASS_OVER_PERMISSION;
}

bool moment_find(const struct timeline *t, struct moment *moment)
{
	const struct finding *f = &t->finding;
	const struct timeline_change *change = NULL;
	uint32_t op = t->part;

	*moment = (struct moment){.kind = MOMENT_FINDING};
	if (!t->has_finding)
		return false;
	/* The kernel's own stores are told of when it is done. */
	if (f->writer == WRITER_KERNEL && !f->guest && !t->parts && f->writer_count)
		moment->kind = MOMENT_BEFORE_OP;
	if (t->parts || is_reach(f->class))
		change = last_change(t, op, &moment->change);
	else if (moment->kind == MOMENT_FINDING && f->lpage != LAYOUT_NONE)
		/* It is lost behind the entries: the last thing that was done to them. */
		change = last_change(t, f->op_effect, &moment->change);
	if (f->writer_count)
		snprintf(moment->function, sizeof(moment->function), "%s", f->writers[0].function);
	snprintf(moment->what, sizeof(moment->what), "%s", t->parts ? t->part_text : f->title);
	if (change) {
		moment->kind = MOMENT_CHANGE;
		op = change->op;
		snprintf(moment->function, sizeof(moment->function), "%s", change->function);
	}
	if (op < t->scenario.op_count)
		scenario_op_text(&t->scenario.ops[op], moment->op, sizeof(moment->op));
	return true;
}

/* ---- coming to it ----------------------------------------------------------------------- */

struct approach {
	const struct moment *moment;
	const struct finding *finding;
	uint32_t changes;
};

static void come_to(const struct approach *approach, enum moment_kind kind, bool here)
{
	const struct moment *moment = approach->moment;

	if (here && moment->kind == kind)
		rcfuzz_moment(moment->op, moment->what, moment->function);
}

static void on_pte(void *ctx, unsigned op_index, const char *place, uint64_t old_pte, uint64_t new_pte,
		   const struct finding_writer *writer)
{
	struct approach *approach = ctx;

	(void)op_index, (void)place, (void)old_pte, (void)new_pte, (void)writer;
	come_to(approach, MOMENT_CHANGE, approach->changes++ == approach->moment->change);
}

static void on_op(void *ctx, unsigned op_index, bool after, const struct run_bits *bits)
{
	const struct approach *approach = ctx;

	(void)bits;
	come_to(approach, MOMENT_BEFORE_OP, !after && op_index == approach->finding->op_cause);
}

static void on_finding(void *ctx, const struct finding *finding)
{
	const struct approach *approach = ctx;

	come_to(approach, MOMENT_FINDING, !strcmp(finding->signature, approach->finding->signature));
}

void moment_run(struct runner *runner, const struct timeline *t, const struct moment *moment)
{
	struct approach approach = {.moment = moment, .finding = &t->finding};
	struct run_outcome *outcome = malloc(sizeof(*outcome));
	const struct run_observer observer = {
		.ctx = &approach,
		.op = on_op,
		.pte = on_pte,
		.finding = on_finding,
		.watch_guest = t->watch_guest,
		.watch_n = t->watch_n,
		.watch_lpage = t->watch_lpage,
	};

	if (outcome)
		run_scenario(runner, &t->scenario, &observer, outcome);
	free(outcome);
}
