/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * switch.h: what fibers and tasks have in common, inside of sched/ only: the C
 * entry points of boost.context (boost/context/detail/fcontext.hpp), a stack
 * with a guard page, and telling ASan which stack we are on.
 */
#ifndef RCFUZZ_SWITCH_H
#define RCFUZZ_SWITCH_H

#include <stdbool.h>
#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define SWITCH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SWITCH_ASAN 1
#endif
#endif

#ifdef SWITCH_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

struct transfer {
	void *context;
	void *data;
};
extern struct transfer jump_fcontext(void *to, void *data);
extern void *make_fcontext(void *stack_top, size_t size, void (*run)(struct transfer));

struct stack {
	void *base; /* lowest usable byte; a guard page lies below it */
	size_t size;
};

/* False: no memory. */
bool stack_create(struct stack *stack, size_t size);
void stack_destroy(struct stack *stack);

/* Something else is to run on the stack: a run that ended by a non-local jump left its frames' redzones behind. */
static inline void stack_reuse(const struct stack *stack)
{
#ifdef SWITCH_ASAN
	__asan_unpoison_memory_region(stack->base, stack->size);
#else
	(void)stack;
#endif
}

/* Before a jump to a context on `to`. *fake_stack is for after_switch when we are back; NULL: we never are. */
static inline void before_switch(void **fake_stack, const struct stack *to)
{
#ifdef SWITCH_ASAN
	__sanitizer_start_switch_fiber(fake_stack, to->base, to->size);
#else
	(void)fake_stack, (void)to;
#endif
}

/* After it; *from (may be NULL) learns which stack we came from. */
static inline void after_switch(void *fake_stack, struct stack *from)
{
#ifdef SWITCH_ASAN
	const void *base;
	size_t size;

	__sanitizer_finish_switch_fiber(fake_stack, &base, &size);
	if (from)
		*from = (struct stack){(void *)base, size};
#else
	(void)fake_stack, (void)from;
#endif
}

#endif
