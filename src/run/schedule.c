/* SPDX-License-Identifier: GPL-2.0-only */
/* schedule.c: a scenario is run by a strategy, and becomes what the strategy made of it. See run.h. */
#include "runner.h"

#include <assert.h>
#include <string.h>

static bool has_points(const struct scenario *s, const struct scenario_op *op)
{
	for (uint32_t i = 0; i < s->point_count; i++)
		if (s->points[i].victim == op->label || s->points[i].child == op->label)
			return true;
	return false;
}

/* In which order they begin. */
static void order_ops(struct scenario *s, const struct run_schedule *schedule)
{
	struct scenario_op *ops = &s->ops[schedule->first];

	for (uint32_t i = 0; i < schedule->count; i++)
		if (has_points(s, &ops[i]))
			return;
	for (uint32_t i = 0; i + 1 < schedule->count; i++) {
		uint32_t next = i + choose_any(schedule->chooser, schedule->count - i);
		struct scenario_op op = ops[next];

		memmove(&ops[i + 1], &ops[i], (next - i) * sizeof(op));
		ops[i] = op;
	}
}

/* Findings name ops by where they stand. */
static void follow_ops(const struct scenario *s, const uint16_t *labels, struct run_outcome *outcome)
{
	for (uint32_t i = 0; i < outcome->finding_count; i++) {
		struct finding *finding = &outcome->findings[i];

		if (finding->op_cause < s->op_count)
			finding->op_cause = (uint16_t)scenario_op_index(s, labels[finding->op_cause]);
		if (finding->op_effect < s->op_count)
			finding->op_effect = (uint16_t)scenario_op_index(s, labels[finding->op_effect]);
	}
}

void run_scheduled(struct runner *r, struct scenario *s, const struct run_schedule *schedule,
		   struct run_outcome *outcome)
{
	struct world_schedule in_world = {
		.chooser = schedule->chooser,
		.scenario = s,
		.first = schedule->first,
		.end = schedule->first + schedule->count,
		.preemptions_left = schedule->preemptions,
		.touches = schedule->aims ? &r->touches : NULL,
	};
	uint16_t labels[SCENARIO_OPS_MAX];

	assert(in_world.end <= s->op_count && (s->config.page == PAGE_4K) == (runner_page_shift(r) == 12));
	if (schedule->count)
		order_ops(s, schedule);
	for (uint32_t i = 0; i < s->op_count; i++)
		labels[i] = s->ops[i].label;
	touches_begin(&r->touches, schedule->count);
	r->schedule = schedule;
	r->world.schedule = &in_world;
	run_scenario(r, s, NULL, outcome);
	r->world.schedule = NULL;
	r->schedule = NULL;
	if (schedule->aims)
		touches_aims(&r->touches, &labels[schedule->first], schedule->aims);
	scenario_canonicalize(s);
	follow_ops(s, labels, outcome);
}

uint32_t run_usual_points(const struct runner *r, uint8_t kind)
{
	return r->world.usual_points[kind];
}
