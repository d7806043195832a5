/* SPDX-License-Identifier: GPL-2.0-only */
/* fiber.c: see fiber.h. */
#include "fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#endif

#ifdef FIBER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

/* The C entry points of boost.context (boost/context/detail/fcontext.hpp). */
struct transfer {
	void *context;
	void *data;
};
extern struct transfer jump_fcontext(void *to, void *data);
extern void *make_fcontext(void *stack_top, size_t size, void (*run)(struct transfer));

bool fiber_create(struct fiber *f, size_t stack_size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *base = mmap(NULL, stack_size + page, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

	*f = (struct fiber){0};
	if (base == MAP_FAILED)
		return false;
	if (mprotect(base, page, PROT_NONE) != 0) {
		munmap(base, stack_size + page);
		return false;
	}
	f->stack = base + page;
	f->stack_size = stack_size;
	return true;
}

void fiber_destroy(struct fiber *f)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (f->stack)
		munmap((char *)f->stack - page, f->stack_size + page);
	*f = (struct fiber){0};
}

/* The two halves of telling ASan which stack we are on; nothing without it. */
static inline void before_switch(void **save, const void *stack, size_t size)
{
#ifdef FIBER_ASAN
	__sanitizer_start_switch_fiber(save, stack, size);
#else
	(void)save, (void)stack, (void)size;
#endif
}

static inline void after_switch(void *saved, struct fiber *learn_owner)
{
#ifdef FIBER_ASAN
	const void *stack;
	size_t size;

	__sanitizer_finish_switch_fiber(saved, &stack, &size);
	if (learn_owner) {
		learn_owner->owner_stack = (void *)stack;
		learn_owner->owner_stack_size = size;
	}
#else
	(void)saved, (void)learn_owner;
#endif
}

static void fiber_main(struct transfer from)
{
	struct fiber *f = from.data;

	after_switch(NULL, f);
	f->context = from.context;
	f->run(f->arg);
	f->alive = false;
	before_switch(NULL, f->owner_stack, f->owner_stack_size);
	jump_fcontext(f->context, NULL);
	__builtin_unreachable();
}

void fiber_start(struct fiber *f, void (*run)(void *arg), void *arg)
{
#ifdef FIBER_ASAN
	/* A run that ended by a non-local jump left its frames' redzones behind. */
	__asan_unpoison_memory_region(f->stack, f->stack_size);
#endif
	f->run = run;
	f->arg = arg;
	f->alive = true;
	f->asan_fake_stack = NULL;
	f->context = make_fcontext((char *)f->stack + f->stack_size, f->stack_size, fiber_main);
}

bool fiber_resume(struct fiber *f)
{
	void *fake_stack = NULL;

	before_switch(&fake_stack, f->stack, f->stack_size);
	f->context = jump_fcontext(f->context, f).context;
	after_switch(fake_stack, NULL);
	return f->alive;
}

void fiber_yield(struct fiber *f)
{
	before_switch(&f->asan_fake_stack, f->owner_stack, f->owner_stack_size);
	f->context = jump_fcontext(f->context, NULL).context;
	after_switch(f->asan_fake_stack, f);
}
