// SPDX-License-Identifier: GPL-2.0-only
/* timeline.c: watch one page through one run. */
#include "report/timeline.h"

#include "report/record.h"
#include "scenario/text.h"

#include <stdarg.h>
#include <string.h>

const struct finding *timeline_worst(const struct run_outcome *outcome)
{
	const struct finding *worst = NULL;

	/* The classes are listed most severe first. */
	for (uint32_t i = 0; i < outcome->finding_count; i++) {
		if (!worst || outcome->findings[i].class < worst->class)
			worst = &outcome->findings[i];
	}
	return worst;
}

const char *timeline_bits_text(bool present, bool r, bool c)
{
	static const char *const words[] = {"--", "r-", "-c", "rc"};

	return present ? words[r | c << 1] : "..";
}

bool timeline_watches(const struct timeline *t)
{
	return t->watch_lpage != LAYOUT_NONE || (t->watch_guest && t->watch_n != LAYOUT_NONE);
}

const char *timeline_pte_text(uint64_t pte)
{
	/* Power ISA 3.1, Book III, 6.7.10.2: R is bit 55, C bit 56 of a radix leaf. */
	return timeline_bits_text(pte >> 63, pte & 0x100, pte & 0x80);
}

bool timeline_change_shows(const struct timeline_change *change)
{
	return change->word || strcmp(timeline_pte_text(change->old_pte), timeline_pte_text(change->new_pte)) != 0;
}

const char *timeline_embargo(const struct timeline *t)
{
	const char *why = t->has_finding ? record_embargo(&t->finding) : NULL;

	for (uint32_t i = 0; !why && i < t->outcome.finding_count; i++) {
		if (record_embargo(&t->outcome.findings[i]))
			why = "The same scenario shows another finding, which is embargoed.";
	}
	return why;
}

/* ---- watching ---------------------------------------------------------------- */

static struct timeline_step *step_of(struct timeline *t, unsigned op)
{
	return &t->steps[op < SCENARIO_OPS_MAX ? op : SCENARIO_OPS_MAX - 1];
}

static void note(struct timeline *t, unsigned op, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void note(struct timeline *t, unsigned op, const char *format, ...)
{
	struct timeline_step *step = step_of(t, op);
	size_t length = strlen(step->note);
	char text[TIMELINE_NOTE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* A long op does the same thing many times. */
	if (!strstr(step->note, text))
		snprintf(step->note + length, sizeof(step->note) - length, "%s%s", length ? ", " : "", text);
}

static bool bit(const uint8_t *bitmap, uint32_t i)
{
	return bitmap[i / 8] & (1u << (i % 8));
}

static void note_harvest(struct timeline *t, const struct event *e)
{
	const struct layout_slot *slot = &t->layout.slots[e->slot < SCENARIO_SLOTS_MAX ? e->slot : 0];

	if (e->status)
		note(t, e->op, "failed (%d)", e->status);
	else if (e->bitmap && t->watch_lpage != LAYOUT_NONE && t->watch_lpage - slot->first < slot->pages)
		note(t, e->op, bit(e->bitmap, t->watch_lpage - slot->first) ? "names the page" : "does not name it");
}

static void note_l1_harvest(struct timeline *t, const struct event *e)
{
	if (e->bitmap && e->guest == t->watch_guest && t->watch_n < t->layout.l2_pages)
		note(t, e->op, bit(e->bitmap, t->watch_n) ? "L1 sees C" : "L1 sees no C");
}

static void on_event(void *ctx, const struct event *e)
{
	struct timeline *t = ctx;
	bool watched = e->lpage == t->watch_lpage || (e->guest && e->guest == t->watch_guest && e->n == t->watch_n);

	switch (e->kind) {
	case EV_HARVEST_END:
		note_harvest(t, e);
		break;
	case EV_L1_HARVEST_END:
		note_l1_harvest(t, e);
		break;
	case EV_ACCESS_FAILED:
		note(t, e->op, "the access failed");
		break;
	case EV_HCALL_FAILED:
		note(t, e->op, "an hcall fails (%d)", e->result);
		break;
	case EV_KERNEL_WRITE:
		if (e->lpage == t->watch_lpage)
			note(t, e->op, "the kernel writes to the page");
		break;
	case EV_COMPARE:
	case EV_L1_COMPARE:
		if (watched && e->status)
			note(t, e->op, "the copy differs");
		break;
	case EV_OP_END:
		if (e->status)
			note(t, e->op, "status %d", e->status);
		break;
	}
}

static void on_op(void *ctx, unsigned op_index, bool after, const struct run_bits *bits)
{
	struct timeline *t = ctx;
	struct timeline_step *step = step_of(t, op_index);

	if (after)
		step->after = *bits;
	else
		step->before = step->after = *bits;
	if (!after)
		step->change_first = t->change_count;
	step->ran = true;
}

/* Is the last change of this op the same one? An rmap is written word by word, each may be told twice. */
static bool is_repeated(const struct timeline *t, const struct timeline_change *change)
{
	const struct timeline_change *last = t->change_count ? &t->changes[t->change_count - 1] : NULL;

	return last && last->word && last->op == change->op && last->line == change->line &&
	       !strcmp(last->place, change->place) && !strcmp(last->function, change->function);
}

static void add_change(struct timeline *t, const struct timeline_change *change)
{
	if (change->word && is_repeated(t, change)) {
		t->changes[t->change_count - 1].cleared |= change->cleared;
		return;
	}
	if (t->change_count == TIMELINE_CHANGES_MAX)
		t->changes_dropped++;
	else
		t->changes[t->change_count++] = *change;
}

static void tell_writer(struct timeline_change *change, const char *place, const struct finding_writer *writer)
{
	snprintf(change->place, sizeof(change->place), "%s", place);
	memcpy(change->function, writer->function, sizeof(change->function));
	memcpy(change->file, writer->file, sizeof(change->file));
	change->line = writer->line;
	change->caller_count = writer->caller_count;
	memcpy(change->callers, writer->callers, sizeof(change->callers));
}

static void on_word(void *ctx, unsigned op_index, const char *place, bool cleared, const struct finding_writer *writer)
{
	struct timeline_change change = {.word = true, .cleared = cleared, .op = (uint16_t)op_index};

	tell_writer(&change, place, writer);
	add_change(ctx, &change);
}

static void on_pte(void *ctx, unsigned op_index, const char *place, uint64_t old_pte, uint64_t new_pte,
		   const struct finding_writer *writer)
{
	struct timeline_change change = {.op = (uint16_t)op_index, .old_pte = old_pte, .new_pte = new_pte};

	tell_writer(&change, place, writer);
	add_change(ctx, &change);
}

/* What is told of a point of the scenario: with the op that begins there, or as a return. NULL: nothing. */
static struct timeline_stop *stop_of(struct timeline *t, uint32_t point)
{
	uint16_t child = t->scenario.points[point].child;
	uint32_t op = scenario_op_index(&t->scenario, child), returns = 0;

	if (child)
		return op < t->scenario.op_count ? &t->steps[op].stop : NULL;
	for (uint32_t i = 0; i < point; i++)
		returns += !t->scenario.points[i].child;
	return returns < t->return_count ? &t->returns[returns].stop : NULL;
}

static void on_reached(void *ctx, uint32_t point, const struct finding_writer *where)
{
	struct timeline_stop *stop = stop_of(ctx, point);

	if (!stop)
		return;
	stop->came = true;
	stop->where = *where;
}

/* ---- where they part ----------------------------------------------------------- */

/*
 * The hardware goes on without a word to the kernel as long as it holds an
 * entry with the bit; each entry below it must have it too, or what comes
 * through it is not seen. In words, or "" while all is well.
 */
static void parted(const struct timeline *t, const struct run_bits *b, char *text, size_t size)
{
	bool c = t->finding.class != CLASS_LOST_REF_HOST && t->finding.class != CLASS_LOST_REF_L1;
	struct run_places has = run_places_of(b, c);
	const char *upper = has.tlb ? "the TLB" : "shadow-pte", *lower = NULL;

	if (has.tlb && !has.shadow && t->watch_guest)
		lower = b->has_shadow ? "shadow-pte has not" : "shadow-pte is gone";
	else if ((has.tlb || has.shadow) && b->has_l0 && !has.l0)
		lower = "l0-pte has not";
	else if ((has.tlb || has.shadow) && t->watch_guest && b->has_l1 && !has.l1)
		lower = "l1-pte has not";
	else if ((has.tlb || has.shadow) && !b->has_l0)
		lower = "l0-pte is gone";
	*text = '\0';
	if (lower)
		snprintf(text, size, "%s has %c, %s", upper, c ? 'C' : 'R', lower);
}

static bool is_loss(enum finding_class class)
{
	return class == CLASS_LOST_DIRTY_HOST || class == CLASS_LOST_DIRTY_L1 || class == CLASS_LOST_REF_HOST ||
	       class == CLASS_LOST_REF_L1 || class == CLASS_ASSUMPTION;
}

/* The last op up to the loss at which the entries stopped to agree; else the op that is to blame. */
static void find_part(struct timeline *t)
{
	uint32_t end = t->finding.op_effect < t->scenario.op_count ? t->finding.op_effect + 1u : t->scenario.op_count;
	char before[160], after[160];

	t->part = LAYOUT_NONE;
	for (uint32_t i = 0; is_loss(t->finding.class) && i < end; i++) {
		if (!t->steps[i].ran)
			continue;
		parted(t, &t->steps[i].before, before, sizeof(before));
		parted(t, &t->steps[i].after, after, sizeof(after));
		if (*after && !*before) {
			t->part = i;
			t->parts = true;
			memcpy(t->part_text, after, sizeof(t->part_text));
		}
	}
	if (t->part == LAYOUT_NONE && t->finding.op_cause < t->scenario.op_count) {
		t->part = t->finding.op_cause;
		snprintf(t->part_text, sizeof(t->part_text), "%s",
			 t->finding.op_cause == t->finding.op_effect ? "here it shows" : "the access concerned");
	}
}

/* ---- who interrupts whom -------------------------------------------------------- */

static void find_parent(const struct scenario *s, uint32_t op, struct timeline_step *step)
{
	const struct scenario_point *point = op < s->op_count ? scenario_point_of(s, s->ops[op].label) : NULL;
	uint32_t victim = point ? scenario_op_index(s, point->victim) : s->op_count;

	step->parent = victim < s->op_count ? victim : LAYOUT_NONE;
	if (step->parent != LAYOUT_NONE)
		scenario_point_text(point, step->stop.yield_point, sizeof(step->stop.yield_point));
}

static void find_returns(struct timeline *t)
{
	for (uint32_t i = 0; i < t->scenario.point_count; i++) {
		const struct scenario_point *point = &t->scenario.points[i];
		struct timeline_return *r = &t->returns[t->return_count];

		if (point->child)
			continue;
		r->op = scenario_op_index(&t->scenario, point->victim);
		scenario_point_text(point, r->stop.yield_point, sizeof(r->stop.yield_point));
		t->return_count++;
	}
}

/* The yield point of that step does not come: the op does not run. */
static void note_unreached(struct timeline *t)
{
	for (uint32_t i = 0; i < t->scenario.point_count; i++) {
		const struct scenario_point *point = &t->scenario.points[i];
		uint32_t child = scenario_op_index(&t->scenario, point->child);

		if (!(t->outcome.points_reached >> i & 1) && !t->outcome.world_ended && !t->outcome.too_slow &&
		    point->child)
			snprintf(t->steps[child].note, sizeof(t->steps[child].note),
				 "which it does not come to: not run");
	}
}

/* ---- the whole ------------------------------------------------------------------ */

static const struct finding *choose_finding(const struct run_outcome *outcome, const char *signature)
{
	for (uint32_t i = 0; signature && i < outcome->finding_count; i++) {
		if (!strcmp(outcome->findings[i].signature, signature))
			return &outcome->findings[i];
	}
	return timeline_worst(outcome);
}

void timeline_make(struct timeline *t, struct runner *runner, const struct scenario *s, const char *signature)
{
	const struct finding *finding;

	memset(t, 0, sizeof(*t));
	t->scenario = *s;
	t->scenario.config.page = runner_page_shift(runner) == 12 ? PAGE_4K : PAGE_64K;
	scenario_canonicalize(&t->scenario);
	layout_init(&t->layout, &t->scenario.config);
	run_scenario(runner, &t->scenario, NULL, &t->outcome);
	t->watch_n = t->watch_lpage = t->part = LAYOUT_NONE;
	for (uint32_t i = 0; i < SCENARIO_OPS_MAX; i++)
		find_parent(&t->scenario, i, &t->steps[i]);
	find_returns(t);
	finding = choose_finding(&t->outcome, signature);
	if (finding) {
		t->has_finding = true;
		t->finding = *finding;
		t->watch_guest = finding->n == LAYOUT_NONE ? 0 : finding->guest;
		t->watch_n = finding->n;
		t->watch_lpage = finding->lpage;
	}
	const struct run_observer observer = {
		.ctx = t,
		.event = on_event,
		.op = on_op,
		.pte = on_pte,
		.word = t->finding.layer == LAYER_RMAP || t->finding.layer == LAYER_BITMAP ? on_word : NULL,
		.reached = on_reached,
		.watch_guest = t->watch_guest,
		.watch_n = t->watch_n,
		.watch_lpage = t->watch_lpage,
	};

	run_scenario(runner, &t->scenario, &observer, &t->outcome);
	note_unreached(t);
	if (t->has_finding)
		find_part(t);
}
