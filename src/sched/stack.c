/* SPDX-License-Identifier: GPL-2.0-only */
/* stack.c: stacks for fibers and tasks. See switch.h. */
#include "switch.h"

#include <sys/mman.h>
#include <unistd.h>

bool stack_create(struct stack *stack, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *base = mmap(NULL, size + page, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

	*stack = (struct stack){0};
	if (base == MAP_FAILED)
		return false;
	if (mprotect(base, page, PROT_NONE) != 0) {
		munmap(base, size + page);
		return false;
	}
	*stack = (struct stack){base + page, size};
	return true;
}

void stack_destroy(struct stack *stack)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (stack->base)
		munmap((char *)stack->base - page, stack->size + page);
	*stack = (struct stack){0};
}
