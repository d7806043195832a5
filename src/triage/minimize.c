// SPDX-License-Identifier: GPL-2.0-only
/* minimize.c: delta debugging of scenarios: ops, then values, then configuration. */
#include "triage/minimize.h"

#include <stdlib.h>
#include <string.h>

/* More yield points of one name are not tried one by one. */
#define POINT_TRIES 64u

struct minimizer {
	struct runner *runner;
	const char *signature;
	const struct minimize_budget *budget;
	uint64_t execs, execs_max;
	struct scenario best;	/* the smallest that shows the signature */
	struct scenario trial;	/* what is tried next */
	struct finding finding; /* of best */
	struct run_outcome outcome;
};

static const struct finding *find_signature(const struct run_outcome *outcome, const char *signature)
{
	for (uint32_t i = 0; i < outcome->finding_count; i++) {
		if (!strcmp(outcome->findings[i].signature, signature))
			return &outcome->findings[i];
	}
	return NULL;
}

bool minimize_shows(struct runner *runner, const struct scenario *s, const char *signature, struct finding *finding)
{
	struct run_outcome *outcome = malloc(sizeof(*outcome));
	const struct finding *found;

	if (!outcome)
		return false;
	run_scenario(runner, s, NULL, outcome);
	found = find_signature(outcome, signature);
	if (found && finding)
		*finding = *found;
	free(outcome);
	return found;
}

static bool exhausted(const struct minimizer *m)
{
	return m->execs >= m->execs_max ||
	       (m->budget->stop && atomic_load_explicit(m->budget->stop, memory_order_relaxed));
}

static unsigned distance(const void *record, const struct field_info *info)
{
	unsigned value = scenario_field_get(record, info);

	if (info->words)
		return value != info->def;
	return value > info->def ? value - info->def : info->def - value;
}

/* How far a scenario is from the simplest: what may be tried only goes down, so it comes to an end. */
static uint64_t weight(const struct scenario *s)
{
	uint64_t sum = s->config.l1 != L1_WELL_BEHAVED;

	for (unsigned i = 0; i < CONFIG_COUNT; i++) {
		if (i != CONFIG_l1 && i != CONFIG_page)
			sum += distance(&s->config, &config_info[i]);
	}
	for (uint32_t op = 0; op < s->op_count; op++) {
		for (unsigned i = 0; i < FIELD_COUNT; i++) {
			if (op_info[s->ops[op].kind].fields & (1u << i))
				sum += distance(&s->ops[op], &field_info[i]);
		}
	}
	for (uint32_t i = 0; i < s->point_count; i++)
		sum += s->points[i].nth;
	return sum;
}

/* Fewer ops, or as many that are simpler. Canonical form may have brought back what a trial has changed. */
static bool simpler(const struct scenario *a, const struct scenario *b)
{
	if (a->op_count != b->op_count)
		return a->op_count < b->op_count;
	if (a->point_count != b->point_count)
		return a->point_count < b->point_count;
	return weight(a) < weight(b);
}

/* Run the trial; if it still shows the finding, it is the new best. */
static bool show_trial(struct minimizer *m)
{
	const struct finding *found;

	m->execs++;
	run_scenario(m->runner, &m->trial, NULL, &m->outcome);
	found = find_signature(&m->outcome, m->signature);
	if (!found)
		return false;
	m->finding = *found;
	m->best = m->trial;
	return true;
}

static bool attempt(struct minimizer *m)
{
	if (exhausted(m))
		return false;
	scenario_canonicalize(&m->trial);
	return simpler(&m->trial, &m->best) && show_trial(m);
}

/* ---- ops ------------------------------------------------------------------- */

static void remove_ops(struct scenario *s, uint32_t at, uint32_t count)
{
	memmove(&s->ops[at], &s->ops[at + count], (s->op_count - at - count) * sizeof(s->ops[0]));
	s->op_count -= count;
}

/* What comes after the op at which the finding showed cannot matter. */
static bool cut_tail(struct minimizer *m)
{
	uint32_t keep = (uint32_t)m->finding.op_effect + 1;

	if (keep >= m->best.op_count)
		return false;
	m->trial = m->best;
	m->trial.op_count = keep;
	return attempt(m);
}

/* Remove runs of ops, halving their length; from the end, where removal breaks least. */
static bool drop_ops(struct minimizer *m)
{
	bool progress = false;

	for (uint32_t chunk = m->best.op_count / 2; chunk; chunk /= 2) {
		for (uint32_t end = m->best.op_count; end && !exhausted(m);) {
			uint32_t length = end < chunk ? end : chunk, at = end - length;

			m->trial = m->best;
			remove_ops(&m->trial, at, length);
			progress |= attempt(m);
			end = at < m->best.op_count ? at : m->best.op_count;
		}
	}
	return progress;
}

/* ---- values ------------------------------------------------------------------ */

static unsigned get(const struct scenario *s, uint32_t op, unsigned field)
{
	return scenario_field_get(&s->ops[op], &field_info[field]);
}

static void set(struct scenario *s, uint32_t op, unsigned field, unsigned value)
{
	scenario_field_set(&s->ops[op], &field_info[field], value);
}

/* What is lowered: one field, in one op or in all that share its value. */
struct lowering {
	uint32_t op; /* a single op, or UINT32_MAX: all ops that have `from` */
	unsigned field;
	unsigned from; /* the value now, known to do */
};

static void apply_lowering(struct minimizer *m, const struct lowering *l, unsigned value)
{
	m->trial = m->best;
	for (uint32_t i = 0; i < m->trial.op_count; i++) {
		bool uses = op_info[m->trial.ops[i].kind].fields & (1u << l->field);

		if (uses && (l->op == i || (l->op == UINT32_MAX && get(&m->trial, i, l->field) == l->from)))
			set(&m->trial, i, l->field, value);
	}
}

static bool lower_to(struct minimizer *m, struct lowering *l, unsigned value)
{
	apply_lowering(m, l, value);
	if (!attempt(m))
		return false;
	l->from = value;
	return true;
}

/* To the default, or else to a value below which the next one does not do. */
static bool lower(struct minimizer *m, struct lowering l)
{
	unsigned fails = field_info[l.field].def;
	bool progress = false;

	if (l.from <= fails)
		return false;
	if (lower_to(m, &l, fails))
		return true;
	while (l.from - fails > 1 && !exhausted(m)) {
		unsigned middle = fails + (l.from - fails) / 2;

		if (lower_to(m, &l, middle))
			progress = true;
		else
			fails = middle;
	}
	return progress;
}

/* Words have no order: only the default is better. */
static bool lower_word(struct minimizer *m, struct lowering l)
{
	if (l.from == field_info[l.field].def)
		return false;
	apply_lowering(m, &l, field_info[l.field].def);
	return attempt(m);
}

static bool lower_any(struct minimizer *m, struct lowering l)
{
	return field_info[l.field].words ? lower_word(m, l) : lower(m, l);
}

/* Each value of a field in all the ops that share it: a page stays one page. */
static bool lower_shared(struct minimizer *m, unsigned field)
{
	bool progress = false;

	for (uint32_t i = 0; i < m->best.op_count && !exhausted(m); i++) {
		if (op_info[m->best.ops[i].kind].fields & (1u << field))
			progress |= lower_any(m, (struct lowering){UINT32_MAX, field, get(&m->best, i, field)});
	}
	return progress;
}

static bool lower_single(struct minimizer *m, unsigned field)
{
	bool progress = false;

	for (uint32_t i = 0; i < m->best.op_count && !exhausted(m); i++) {
		if (op_info[m->best.ops[i].kind].fields & (1u << field))
			progress |= lower_any(m, (struct lowering){i, field, get(&m->best, i, field)});
	}
	return progress;
}

static bool lower_values(struct minimizer *m)
{
	bool progress = false;

	for (unsigned field = 0; field < FIELD_COUNT; field++) {
		progress |= lower_shared(m, field);
		progress |= lower_single(m, field);
	}
	return progress;
}

/* ---- configuration ----------------------------------------------------------- */

/* One field to its default, or halfway there and so on. */
static bool lower_config_field(struct minimizer *m, const struct field_info *info)
{
	unsigned value = scenario_field_get(&m->best.config, info), next = info->def;

	while (value != next && !exhausted(m)) {
		m->trial = m->best;
		scenario_field_set(&m->trial.config, info, next);
		if (attempt(m))
			return true;
		if (info->words)
			return false;
		next = value > next ? next + (value - next + 1) / 2 : next - (next - value + 1) / 2;
	}
	return false;
}

static bool lower_config(struct minimizer *m)
{
	bool progress = false;

	for (unsigned i = 0; i < CONFIG_COUNT; i++) {
		if (i != CONFIG_page && i != CONFIG_l1)
			progress |= lower_config_field(m, &config_info[i]);
	}
	return progress;
}

/* A finding that a well-behaved L1 shows too says more. */
static bool tame_l1(struct minimizer *m)
{
	if (m->best.config.l1 == L1_WELL_BEHAVED)
		return false;
	m->trial = m->best;
	m->trial.config.l1 = L1_WELL_BEHAVED;
	return attempt(m);
}

/* ---- preemptions ------------------------------------------------------------- */

/* Each goes if the finding does without: its op runs behind its victim then. */
static bool drop_points(struct minimizer *m)
{
	bool progress = false;

	for (uint32_t i = m->best.point_count; i-- > 0 && !exhausted(m);) {
		if (i >= m->best.point_count)
			continue;
		m->trial = m->best;
		memmove(&m->trial.points[i], &m->trial.points[i + 1],
			(m->trial.point_count - i - 1) * sizeof(m->trial.points[0]));
		m->trial.point_count--;
		progress |= attempt(m);
	}
	return progress;
}

/* The earliest yield point that does. */
static bool lower_points(struct minimizer *m)
{
	bool progress = false;

	for (uint32_t i = 0; i < m->best.point_count; i++) {
		for (uint16_t nth = 1; nth < m->best.points[i].nth && nth <= POINT_TRIES && !exhausted(m); nth++) {
			m->trial = m->best;
			m->trial.points[i].nth = nth;
			progress |= attempt(m);
		}
	}
	return progress;
}

/* ---- the whole --------------------------------------------------------------- */

/* Labels a, b, c ... in order, for the reader; only if that changes nothing. */
static void renumber(struct minimizer *m)
{
	m->trial = m->best;
	for (uint32_t i = 0; i < m->trial.op_count; i++)
		m->trial.ops[i].label = (uint16_t)(i + 1);
	for (uint32_t i = 0; i < m->trial.point_count; i++) {
		struct scenario_point *point = &m->trial.points[i];

		point->victim = (uint16_t)(scenario_op_index(&m->best, point->victim) + 1);
		if (point->child)
			point->child = (uint16_t)(scenario_op_index(&m->best, point->child) + 1);
	}
	show_trial(m);
}

static void shrink(struct minimizer *m)
{
	bool progress;

	cut_tail(m);
	do {
		progress = drop_ops(m);
		progress |= drop_points(m);
		progress |= lower_points(m);
		progress |= tame_l1(m);
		progress |= lower_values(m);
		progress |= lower_config(m);
	} while (progress && !exhausted(m));
	renumber(m);
}

void minimize_scenario(struct runner *runner, struct scenario *s, const char *signature,
		       const struct minimize_budget *budget, struct minimize_result *result)
{
	struct minimizer *m = calloc(1, sizeof(*m));

	*result = (struct minimize_result){.ops_before = s->op_count};
	if (!m)
		return;
	m->runner = runner;
	m->signature = signature;
	m->budget = budget;
	m->execs_max = budget->execs_max ? budget->execs_max : MINIMIZE_EXECS;
	m->best = *s;
	m->best.config.page = runner_page_shift(runner) == 12 ? PAGE_4K : PAGE_64K;
	scenario_canonicalize(&m->best);
	m->execs = 1;
	run_name_points(runner, &m->best);
	if (minimize_shows(runner, &m->best, signature, &m->finding)) {
		shrink(m);
		*s = m->best;
		result->reproduced = true;
		result->complete = !exhausted(m);
		result->finding = m->finding;
	}
	result->execs = m->execs;
	free(m);
}
