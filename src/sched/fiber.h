/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fiber.h: stacks that the kernel code runs on, so that a vCPU can stay inside
 * the kernel (in H_ENTER_NESTED, say) while other actors go on.
 *
 * A fiber is resumed by its owner and yields back to it; nothing is scheduled
 * behind anyone's back. Switches are boost.context's jump_fcontext.
 */
#ifndef RCFUZZ_FIBER_H
#define RCFUZZ_FIBER_H

#include "switch.h"

struct fiber {
	struct stack stack;
	void *context; /* of the side that does not run */
	void (*run)(void *arg);
	void *arg;
	bool alive; /* started, and has not returned */
	void *fake_stack;
	struct stack owner_stack;
};

/* Take a stack of that size. False: no memory. */
bool fiber_create(struct fiber *f, size_t stack_size);
void fiber_destroy(struct fiber *f);

/* Make `run(arg)` what the next fiber_resume begins. Forgets what ran on it before. */
void fiber_start(struct fiber *f, void (*run)(void *arg), void *arg);

/* Owner: run the fiber until it yields or returns. Returns f->alive. */
bool fiber_resume(struct fiber *f);

/* Fiber: go back to the owner; returns at the next fiber_resume. */
void fiber_yield(struct fiber *f);

#endif
