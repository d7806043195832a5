// SPDX-License-Identifier: GPL-2.0-only
/* minimize.c: delta debugging of scenarios: ops, preemptions, then values and configuration. */
#include "triage/minimize.h"

#include "triage/death.h"
#include "triage/isolate.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* An endless loop is seen sooner than it is in a run that has to be sure of it. */
#define HANG_BUDGET_MS 150u

/* More yield points of one name are not tried one by one. */
#define POINT_TRIES 64u

struct minimizer {
	struct runner *runner;
	struct isolate *isolate;	  /* NULL: in this process */
	const struct minimize_test *test; /* what to keep; NULL: the signature */
	const char *signature;
	const struct minimize_budget *budget;
	uint64_t execs, execs_max;
	double seconds_end;	/* 0: no limit */
	struct scenario best;	/* the smallest that shows the signature */
	struct scenario trial;	/* what is tried next */
	struct finding finding; /* of best */
	struct run_outcome outcome;
};

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

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
	return m->execs >= m->execs_max || (m->seconds_end > 0 && now_seconds() >= m->seconds_end) ||
	       (m->budget->stop && atomic_load_explicit(m->budget->stop, memory_order_relaxed));
}

unsigned minimize_aim(const struct field_info *info)
{
	bool is_name = info == &config_info[CONFIG_lpid] || info == &config_info[CONFIG_shadow] ||
		       info == &config_info[CONFIG_l1lpid];

	return info->words || is_name ? info->def : info->min;
}

static unsigned distance(const void *record, const struct field_info *info)
{
	unsigned value = scenario_field_get(record, info), aim = minimize_aim(info);

	return value > aim ? value - aim : aim - value;
}

/* The page size is the module's, and l1 is better the other way round. */
static bool is_dial(unsigned config_field)
{
	return config_field != CONFIG_page && config_field != CONFIG_l1;
}

/* How far a scenario is from the simplest: what may be tried only goes down, so it comes to an end. */
static uint64_t weight(const struct scenario *s)
{
	uint64_t sum = s->config.l1 != L1_WELL_BEHAVED;

	for (unsigned i = 0; i < CONFIG_COUNT; i++) {
		if (is_dial(i))
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

static bool passes_test(struct minimizer *m)
{
	uint32_t last_op;

	if (!m->test->passes(m->test->ctx, &m->trial, &last_op))
		return false;
	m->finding.op_effect = (uint16_t)last_op;
	m->best = m->trial;
	return true;
}

/* Run the trial; if it still shows the finding, it is the new best. */
static bool show_trial(struct minimizer *m)
{
	const struct finding *found;

	m->execs++;
	if (m->budget->execs)
		atomic_fetch_add_explicit(m->budget->execs, 1, memory_order_relaxed);
	if (m->test)
		return passes_test(m);
	if (!m->isolate)
		run_scenario(m->runner, &m->trial, NULL, &m->outcome);
	else if (!isolate_run(m->isolate, &m->trial, &m->outcome))
		m->execs = m->execs_max; /* no process to be had: this is as far as it goes */
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

/* What is turned down: a field of one op, of all ops in which it has one value, or of the configuration. */
struct dial {
	enum { OF_ONE, OF_ALL, OF_CONFIG } where;
	uint32_t op;
	unsigned field;
	unsigned value; /* now, known to do */
};

static const struct field_info *dial_info(const struct dial *d)
{
	return d->where == OF_CONFIG ? &config_info[d->field] : &field_info[d->field];
}

static bool uses(const struct scenario_op *op, unsigned field)
{
	return op_info[op->kind].fields & (1u << field);
}

static bool turn_to(struct minimizer *m, struct dial *d, unsigned value)
{
	const struct field_info *info = dial_info(d);

	m->trial = m->best;
	if (d->where == OF_CONFIG)
		scenario_field_set(&m->trial.config, info, value);
	for (uint32_t i = 0; d->where != OF_CONFIG && i < m->trial.op_count; i++) {
		struct scenario_op *op = &m->trial.ops[i];

		if (d->where == OF_ONE ? i == d->op : uses(op, d->field) && scenario_field_get(op, info) == d->value)
			scenario_field_set(op, info, value);
	}
	if (!attempt(m))
		return false;
	d->value = value;
	return true;
}

static unsigned step_toward(unsigned from, unsigned to)
{
	return from < to ? from + 1 : from - 1;
}

/* To where it aims, or else to a value at which the next one does not do. */
static bool turn_down(struct minimizer *m, struct dial d)
{
	unsigned fails = minimize_aim(dial_info(&d));
	bool progress = false;

	if (d.value == fails)
		return false;
	if (turn_to(m, &d, fails))
		return true;
	while (step_toward(d.value, fails) != fails && !exhausted(m)) {
		unsigned middle = (d.value + fails) / 2;

		if (middle == d.value || middle == fails)
			middle = step_toward(d.value, fails);
		if (turn_to(m, &d, middle))
			progress = true;
		else
			fails = middle;
	}
	return progress;
}

/* Each value, from the aim on: that one does does not mean that those above it do. */
static bool scan_down(struct minimizer *m, struct dial d)
{
	for (unsigned value = minimize_aim(dial_info(&d)); value != d.value && !exhausted(m);
	     value = step_toward(value, d.value)) {
		if (turn_to(m, &d, value))
			return true;
	}
	return false;
}

typedef bool turn(struct minimizer *m, struct dial d);

static bool each_op_dial(struct minimizer *m, unsigned where, unsigned field, turn *turn)
{
	bool progress = false;

	for (uint32_t i = 0; i < m->best.op_count && !exhausted(m); i++) {
		const struct scenario_op *op = &m->best.ops[i];

		if (uses(op, field))
			progress |= turn(m, (struct dial){where, i, field, scenario_field_get(op, &field_info[field])});
	}
	return progress;
}

static bool each_config_dial(struct minimizer *m, turn *turn)
{
	bool progress = false;

	for (unsigned i = 0; i < CONFIG_COUNT && !exhausted(m); i++) {
		if (is_dial(i))
			progress |= turn(m, (struct dial){OF_CONFIG, 0, i,
							  scenario_field_get(&m->best.config, &config_info[i])});
	}
	return progress;
}

/* All values of a field by the same amount: neighbours stay neighbours. */
static bool shift_values(struct minimizer *m, unsigned field)
{
	const struct field_info *info = &field_info[field];
	unsigned least = UINT_MAX;

	for (uint32_t i = 0; i < m->best.op_count; i++) {
		const struct scenario_op *op = &m->best.ops[i];

		if (uses(op, field) && scenario_field_get(op, info) < least)
			least = scenario_field_get(op, info);
	}
	if (info->words || least == UINT_MAX || least <= info->min)
		return false;
	m->trial = m->best;
	for (uint32_t i = 0; i < m->trial.op_count; i++) {
		struct scenario_op *op = &m->trial.ops[i];

		if (uses(op, field))
			scenario_field_set(op, info, scenario_field_get(op, info) - (least - info->min));
	}
	return attempt(m);
}

/* A page stays one page first; then each op by itself. */
static bool lower_values(struct minimizer *m)
{
	bool progress = false;

	for (unsigned field = 0; field < FIELD_COUNT; field++) {
		progress |= shift_values(m, field);
		progress |= each_op_dial(m, OF_ALL, field, turn_down);
		progress |= each_op_dial(m, OF_ONE, field, turn_down);
	}
	return progress;
}

static bool lower_config(struct minimizer *m)
{
	return each_config_dial(m, turn_down);
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

static bool scan_values(struct minimizer *m)
{
	bool progress = each_config_dial(m, scan_down);

	for (unsigned field = 0; field < FIELD_COUNT; field++)
		progress |= each_op_dial(m, OF_ONE, field, scan_down);
	return progress;
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

typedef bool pass(struct minimizer *m);

/* In this order: what the earlier ones take away, the later ones need not try. Each says whether it got somewhere. */
static pass *const passes[] = {drop_ops, drop_points, lower_points, tame_l1, lower_values, lower_config};

static bool run_passes(struct minimizer *m)
{
	bool progress = false;

	for (size_t i = 0; i < sizeof(passes) / sizeof(passes[0]); i++)
		progress |= passes[i](m);
	return progress;
}

static void shrink(struct minimizer *m)
{
	cut_tail(m);
	do {
		while (run_passes(m) && !exhausted(m))
			;
	} while (!exhausted(m) && scan_values(m));
	renumber(m);
}

static bool begin(struct minimizer *m, const struct scenario *s)
{
	m->trial = *s;
	m->trial.config.page = runner_page_shift(m->runner) == 12 ? PAGE_4K : PAGE_64K;
	scenario_canonicalize(&m->trial);
	/* That runs it, which is no good if it kills the process. */
	if (!death_is_signature(m->signature))
		run_name_points(m->runner, &m->trial);
	return show_trial(m);
}

/* A long scenario may have met more names than were kept: what is left of it has fewer. */
static bool name_what_is_left(struct minimizer *m)
{
	m->trial = m->best;
	return scenario_has_numbers(&m->best) && !exhausted(m) && !death_is_signature(m->signature) &&
	       run_name_points(m->runner, &m->trial) && show_trial(m);
}

/* A loop that was taken for endless early may only be slow: what is kept has to show it with the full limit too. */
static bool confirm(struct minimizer *m)
{
	runner_time_limit(m->runner, RUN_BUDGET_MS);
	m->trial = m->best;
	return show_trial(m);
}

static bool isolates(const struct minimizer *m)
{
	return m->budget->isolated || death_is_signature(m->signature);
}

static bool is_hang(const char *signature)
{
	return !strncmp(signature, "hang:", 5) && !death_is_signature(signature);
}

/* A child keeps the limit of the runner as it was when it was made. */
static bool set_limit(struct minimizer *m, unsigned budget_ms)
{
	runner_time_limit(m->runner, budget_ms);
	isolate_close(m->isolate);
	m->isolate = isolates(m) ? isolate_open(m->runner, 0) : NULL;
	return !isolates(m) || m->isolate;
}

static void minimize(struct minimizer *m, struct scenario *s, struct minimize_result *result)
{
	bool hang = is_hang(m->signature);

	if (!set_limit(m, hang ? HANG_BUDGET_MS : RUN_BUDGET_MS) || !begin(m, s))
		return;
	shrink(m);
	if (name_what_is_left(m))
		shrink(m);
	result->complete = !exhausted(m);
	if (hang && (!set_limit(m, RUN_BUDGET_MS) || !confirm(m))) {
		result->complete = false;
		return;
	}
	*s = m->best;
	result->reproduced = true;
	result->finding = m->finding;
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
	m->seconds_end = budget->seconds_max > 0 ? now_seconds() + budget->seconds_max : 0;
	minimize(m, s, result);
	result->execs = m->execs;
	isolate_close(m->isolate);
	runner_time_limit(runner, RUN_BUDGET_MS);
	free(m);
}

void minimize_by(const struct minimize_test *test, struct scenario *s, const struct minimize_budget *budget,
		 struct minimize_result *result)
{
	struct minimizer *m = calloc(1, sizeof(*m));

	*result = (struct minimize_result){.ops_before = s->op_count};
	if (!m)
		return;
	m->test = test;
	m->budget = budget;
	m->execs_max = budget->execs_max ? budget->execs_max : MINIMIZE_EXECS;
	m->seconds_end = budget->seconds_max > 0 ? now_seconds() + budget->seconds_max : 0;
	m->trial = *s;
	scenario_canonicalize(&m->trial);
	if (show_trial(m)) {
		shrink(m);
		*s = m->best;
		result->reproduced = true;
		result->complete = !exhausted(m);
	}
	result->execs = m->execs;
	free(m);
}
