/* SPDX-License-Identifier: GPL-2.0-only */
/* sched.c: see sched.h. */
#include "sched.h"

#include <assert.h>

bool sched_create(struct sched *s, size_t stack_size)
{
	*s = (struct sched){0};
	for (unsigned i = 1; i < SCHED_TASKS; i++)
		if (!stack_create(&s->tasks[i].stack, stack_size))
			return false;
	return true;
}

void sched_destroy(struct sched *s)
{
	for (unsigned i = 1; i < SCHED_TASKS; i++)
		stack_destroy(&s->tasks[i].stack);
}

void sched_begin(struct sched *s)
{
	for (unsigned i = 1; i < s->top; i++)
		s->tasks[i].state = TASK_NONE;
	s->tasks[0].state = TASK_READY;
	s->current = 0;
	s->top = 1;
}

/* ---- switching ------------------------------------------------------------------- */

/* The other side of a jump: the task that ran before stands still now. */
static void arrived(struct sched *s, struct transfer from, void *fake_stack)
{
	struct task *before = from.data;

	after_switch(fake_stack, &before->innermost);
	before->context = from.context;
	if (s->switched)
		s->switched(s->ctx);
}

static void go_to(struct sched *s, unsigned next)
{
	struct task *me = &s->tasks[s->current], *to = &s->tasks[next];
	struct transfer from;

	if (next == s->current)
		return;
	s->current = next;
	before_switch(&me->fake_stack, &to->innermost);
	from = jump_fcontext(to->context, me);
	arrived(s, from, me->fake_stack);
}

/*
 * Who goes on: the task that this one interrupted, then the youngest that is ready, then the one that has
 * stepped aside for longest. SCHED_TASKS: nobody but perhaps this one.
 */
static unsigned pick(const struct sched *s, enum task_state least)
{
	unsigned back = s->tasks[s->current].back, found = SCHED_TASKS;
	if (s->current && s->tasks[back].state == TASK_READY)
		return back;
	for (unsigned i = s->top; i-- > 0;)
		if (i != s->current && s->tasks[i].state == TASK_READY)
			return i;
	for (unsigned i = 0; i < s->top && least == TASK_ASIDE; i++)
		if (i != s->current && s->tasks[i].state == TASK_ASIDE &&
		    (found == SCHED_TASKS || s->tasks[i].aside < s->tasks[found].aside))
			found = i;
	return found;
}

/* ---- tasks -------------------------------------------------------------------------- */

struct start {
	struct sched *s;
	struct task *from;
};

static void task_main(struct transfer from)
{
	struct start *start = from.data;
	struct sched *s = start->s;
	struct task *me = &s->tasks[s->current];
	unsigned next;

	from.data = start->from;
	arrived(s, from, NULL);
	me->run(me->arg);
	me->state = TASK_NONE;
	next = pick(s, TASK_ASIDE);
	/* All others wait, in vain: task 0 says so. */
	if (next == SCHED_TASKS)
		next = 0;
	s->current = next;
	before_switch(NULL, &s->tasks[next].innermost);
	jump_fcontext(s->tasks[next].context, me);
	__builtin_unreachable();
}

bool sched_start(struct sched *s, void (*run)(void *arg), void *arg)
{
	struct task *me = &s->tasks[s->current], *task;
	struct start start = {s, me};
	unsigned i = 1;
	struct transfer from;

	while (i < SCHED_TASKS && s->tasks[i].state != TASK_NONE)
		i++;
	if (i == SCHED_TASKS)
		return false;
	if (i >= s->top)
		s->top = i + 1;
	task = &s->tasks[i];
	stack_reuse(&task->stack);
	task->state = TASK_READY;
	task->back = s->current;
	task->run = run;
	task->arg = arg;
	task->waits_for = NULL;
	s->current = i;
	before_switch(&me->fake_stack, &task->stack);
	from = jump_fcontext(make_fcontext((char *)task->stack.base + task->stack.size, task->stack.size, task_main),
			     &start);
	arrived(s, from, me->fake_stack);
	return true;
}

bool sched_wait(struct sched *s, const void *what)
{
	struct task *me = &s->tasks[s->current];
	unsigned next;

	me->waits_for = what;
	me->state = TASK_WAITS;
	next = pick(s, TASK_ASIDE);
	if (next == SCHED_TASKS)
		return false;
	if (s->tasks[next].state == TASK_ASIDE)
		s->tasks[next].state = TASK_READY;
	go_to(s, next);
	/* Whoever came here unasked had nobody else to go to. */
	return me->state == TASK_READY;
}

void sched_wake(struct sched *s, const void *what)
{
	for (unsigned i = 0; i < s->top; i++) {
		struct task *task = &s->tasks[i];

		if (task->state == TASK_WAITS && task->waits_for == what)
			task->state = TASK_READY;
	}
}

static bool give_way(struct sched *s, enum task_state least)
{
	struct task *me = &s->tasks[s->current];
	unsigned next = pick(s, least);

	if (next == SCHED_TASKS)
		return false;
	me->state = TASK_ASIDE;
	me->aside = ++s->tickets;
	s->tasks[next].state = TASK_READY;
	go_to(s, next);
	me->state = TASK_READY;
	return true;
}

bool sched_step_aside(struct sched *s)
{
	return give_way(s, TASK_READY);
}

bool sched_can_return(const struct sched *s)
{
	const struct task *me = &s->tasks[s->current];

	return s->current && s->tasks[me->back].state == TASK_READY;
}

bool sched_let_others(struct sched *s)
{
	return give_way(s, TASK_ASIDE);
}

bool sched_drain(struct sched *s)
{
	struct task *me = &s->tasks[s->current];
	bool all_end = true;

	me->state = TASK_DRAINS;
	while (all_end && sched_others(s)) {
		unsigned next = pick(s, TASK_ASIDE);

		all_end = next != SCHED_TASKS;
		if (!all_end)
			break;
		s->tasks[next].state = TASK_READY;
		go_to(s, next);
	}
	me->state = TASK_READY;
	return all_end;
}

bool sched_others(const struct sched *s)
{
	for (unsigned i = 0; i < s->top; i++)
		if (i != s->current && s->tasks[i].state != TASK_NONE)
			return true;
	return false;
}

void sched_give_up(struct sched *s)
{
	assert(s->current != 0);
	s->tasks[s->current].state = TASK_NONE;
	go_to(s, 0);
	__builtin_unreachable();
}
