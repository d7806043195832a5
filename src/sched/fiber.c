/* SPDX-License-Identifier: GPL-2.0-only */
/* fiber.c: see fiber.h. */
#include "fiber.h"

bool fiber_create(struct fiber *f, size_t stack_size)
{
	*f = (struct fiber){0};
	return stack_create(&f->stack, stack_size);
}

void fiber_destroy(struct fiber *f)
{
	stack_destroy(&f->stack);
	*f = (struct fiber){0};
}

static void fiber_main(struct transfer from)
{
	struct fiber *f = from.data;

	after_switch(NULL, &f->owner_stack);
	f->context = from.context;
	f->run(f->arg);
	f->alive = false;
	before_switch(NULL, &f->owner_stack);
	jump_fcontext(f->context, NULL);
	__builtin_unreachable();
}

void fiber_start(struct fiber *f, void (*run)(void *arg), void *arg)
{
	stack_reuse(&f->stack);
	f->run = run;
	f->arg = arg;
	f->alive = true;
	f->fake_stack = NULL;
	f->context = make_fcontext((char *)f->stack.base + f->stack.size, f->stack.size, fiber_main);
}

bool fiber_resume(struct fiber *f)
{
	void *fake_stack = NULL;

	before_switch(&fake_stack, &f->stack);
	f->context = jump_fcontext(f->context, f).context;
	after_switch(fake_stack, NULL);
	return f->alive;
}

void fiber_yield(struct fiber *f)
{
	before_switch(&f->fake_stack, &f->owner_stack);
	f->context = jump_fcontext(f->context, NULL).context;
	after_switch(f->fake_stack, &f->owner_stack);
}
