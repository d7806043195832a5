/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched.h: tasks, one for each op that is under way, and who of them runs.
 *
 * Task 0 is the caller of sched_begin, on its own stack; it starts others, which
 * interrupt it where it stands, and each of these may do the same. One runs until
 * it ends, waits, or steps aside; then the one that it interrupted goes on, if
 * that can, else the one that was started last of those that can, else
 * the one that has stepped aside for longest. So there is
 * nothing to choose: what runs when follows from what the tasks do.
 */
#ifndef RCFUZZ_SCHED_H
#define RCFUZZ_SCHED_H

#include "switch.h"

#include <stdint.h>
#define SCHED_TASKS 33u /* task 0, and as many as a scenario has preemptions */

enum task_state { TASK_NONE, TASK_READY, TASK_ASIDE, TASK_WAITS, TASK_DRAINS };

struct task {
	enum task_state state;
	void *context;		       /* while it does not run */
	struct stack stack, innermost; /* its own, and the one that it stands on while it does not run */
	void *fake_stack;
	const void *waits_for;
	unsigned back;	/* the task that it interrupted */
	uint64_t aside; /* TASK_ASIDE: a ticket, the lowest goes on first */
	void (*run)(void *arg);
	void *arg;
};

struct sched {
	struct task tasks[SCHED_TASKS];
	uint64_t tickets;
	unsigned current, top; /* top: no task from here on was ever started since sched_begin */
	/* Called whenever `current` has changed, on the stack of the new one. */
	void (*switched)(void *ctx);
	void *ctx;
};

/* Take stacks for all tasks (touched only when used). False: no memory. */
bool sched_create(struct sched *s, size_t stack_size);
void sched_destroy(struct sched *s);

/* Only the caller is left, as task 0; what the others were doing is given up. */
void sched_begin(struct sched *s);

/*
 * Run run(arg) as a new task here and now. Returns when it is this task's turn again. False: there are too many.
 */
bool sched_start(struct sched *s, void (*run)(void *arg), void *arg);

/* Wait until sched_wake(what). False: nobody is left who could do that. */
bool sched_wait(struct sched *s, const void *what);
void sched_wake(struct sched *s, const void *what);

/* Let the others go first, if any of them can that has not done the same. False: none can. */
bool sched_step_aside(struct sched *s);
/* Could the task that this one interrupted go on now? */
bool sched_can_return(const struct sched *s);
/* There is nothing to do until others have done something: also those that have stepped aside. */
bool sched_let_others(struct sched *s);

/* Task 0: let all others end. False: they wait, all of them. */
bool sched_drain(struct sched *s);

/* Is there a task but this one that has not ended? */
bool sched_others(const struct sched *s);

/* Never to come back: task 0 goes on where it stands, whatever it waits for. Not from task 0. */
_Noreturn void sched_give_up(struct sched *s);

#endif
