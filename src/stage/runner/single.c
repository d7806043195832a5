// SPDX-License-Identifier: GPL-2.0-only
/* single.c: one op after the other. Here nothing interrupts an op, so nobody holds anything (src/actor/tasks.c). */
#include "runner.h"

static int (*const op_function[OP_COUNT])(struct world *, const struct scenario_op *) = {
#define OP(id, actor, name, fields, flags, help) [OP_##id] = op_##id,
#include "scenario/ops.def"
#undef OP
};

void world_tasks_begin(struct world *w)
{
	w->task = &w->tasks[0];
	*w->task = (struct world_task){.running = w->config->vcpus, .buffer_lpage = LAYOUT_NONE};
}

void world_op(struct world *w, unsigned index)
{
	const struct scenario_op *op = &w->scenario->ops[index];
	struct event e = {.kind = EV_OP_BEGIN};

	w->task->what = op;
	w->task->op = (uint16_t)index;
	if (op_info[op->kind].flags & OPF_STOPS)
		world_stop_guest(w, op->guest);
	world_emit(w, &e);
	e.kind = EV_OP_END;
	e.status = op_function[op->kind](w, op);
	world_emit(w, &e);
}

void world_stop_guest(struct world *w, unsigned guest)
{
	for (unsigned v = 0; v < w->config->vcpus; v++)
		if (w->vcpus[v].mode == VCPU_L2 && (!guest || w->vcpus[v].guest == guest))
			vcpu_to_l1(w, v);
}

void world_point(struct world *w, enum target_point kind, const char *word)
{
	(void)w;
	(void)kind;
	(void)word;
}

void world_hold(struct world *w, struct held_by *what)
{
	(void)w;
	(void)what;
}

void vcpu_hold(struct world *w, unsigned v)
{
	(void)w;
	(void)v;
}

void vcpu_release(struct world *w, unsigned v)
{
	(void)w;
	(void)v;
}

bool sched_create(struct sched *s, size_t stack_size)
{
	(void)s;
	(void)stack_size;
	return true;
}

void sched_destroy(struct sched *s)
{
	(void)s;
}

/* The fibers and services that the actors have elsewhere; here a vCPU needs neither. */
bool fiber_create(struct fiber *f, size_t stack_size)
{
	(void)f;
	(void)stack_size;
	return true;
}

void fiber_destroy(struct fiber *f)
{
	(void)f;
}

void world_services(struct world *w)
{
	(void)w;
}

void world_task_services(struct world *w)
{
	(void)w;
}
