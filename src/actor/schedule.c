/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * schedule.c: what is decided at a yield point. The scenario may say that an op is interrupted here; where a schedule
 * runs, a chooser may have another one begin, or control return. All that it decides becomes part of the scenario.
 */
#include "world.h"

bool schedule_has(const struct world *w, unsigned index)
{
	return w->schedule && index >= w->schedule->first && index < w->schedule->end;
}

/* What may be done at a yield point. */
enum move {
	MOVE_GO_ON,
	MOVE_FOLLOW, /* the scenario's point */
	MOVE_BEGIN,  /* the schedule's next op begins here */
	MOVE_RETURN, /* control returns to the op that this one interrupts */
	MOVE_COUNT
};

/* Would it wait at once for what an op that is under way has until its end? Then there is nothing to see. */
static bool would_wait(const struct world *w, const struct scenario_op *op)
{
	uint32_t fields = op_info[op->kind].fields, flags = op_info[op->kind].flags;

	return ((fields & 1u << FIELD_vcpu) &&
		(w->vcpus[op->vcpu].held.task || w->cpus[w->vcpus[op->vcpu].cpu].task)) ||
	       ((flags & OPF_VMM) && w->vmm.task) || ((flags & OPF_AGING) && w->aging.task) ||
	       ((flags & OPF_TABLES) && w->guests[op->guest - 1].tables.task);
}

/* What the schedule could do here. Returns how many. */
static unsigned list_moves(const struct world *w, uint32_t due, enum move moves[MOVE_COUNT])
{
	const struct world_schedule *schedule = w->schedule;
	unsigned count = 0;

	moves[count++] = MOVE_GO_ON;
	if (due)
		moves[count++] = MOVE_FOLLOW;
	if (!schedule || !schedule->preemptions_left || !schedule_has(w, w->task->op))
		return count;
	/* More than a scenario can say. */
	if (w->scenario->point_count == SCENARIO_POINTS_MAX || w->task->points > UINT16_MAX) {
		choose_cut(schedule->chooser);
		return count;
	}
	if (schedule->next < schedule->end && !would_wait(w, &w->scenario->ops[schedule->next]))
		moves[count++] = MOVE_BEGIN;
	if (sched_can_return(&w->sched))
		moves[count++] = MOVE_RETURN;
	return count;
}

void schedule_pass(struct world *w, unsigned index)
{
	struct world_schedule *schedule = w->schedule;

	if (!schedule)
		return;
	schedule->next = index < schedule->first ? schedule->first : index + 1;
	while (schedule->next < schedule->end && scenario_point_of(w->scenario, w->scenario->ops[schedule->next].label))
		schedule->next++;
}

/* A decision becomes a point of the scenario: that is all that has to be known to do the same again. */
static uint32_t write_down(struct world *w, enum move move)
{
	struct world_schedule *schedule = w->schedule;
	struct scenario *s = schedule->scenario;
	uint32_t i = s->point_count++;

	s->points[i] = (struct scenario_point){.victim = w->task->what->label, .nth = (uint16_t)w->task->points};
	w->points[i] = (struct world_point){0};
	schedule->preemptions_left--;
	if (move == MOVE_BEGIN) {
		s->points[i].child = s->ops[schedule->next].label;
		schedule_pass(w, schedule->next);
	}
	w->hooks.scheduled(w->hooks.ctx);
	return i;
}

void schedule_decide(struct world *w, uint32_t due)
{
	enum move moves[MOVE_COUNT];

	if (!due && !w->schedule)
		return;
	for (;;) {
		unsigned count = list_moves(w, due, moves);
		enum move move = moves[w->schedule ? choose(w->schedule->chooser, count, due != 0) : due != 0];

		if (move == MOVE_GO_ON)
			return;
		if (move == MOVE_FOLLOW) {
			world_reach(w, (uint32_t)__builtin_ctz(due));
			due &= due - 1;
		} else {
			world_reach(w, write_down(w, move));
		}
	}
}
