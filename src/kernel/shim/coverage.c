/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * coverage.c: counters of edges for modules of the flavour `access`, whose instrumentation of accesses would take those
 * that the compiler puts into the code for accesses of the kernel's: it calls this instead, once an edge. To an engine
 * they are what a module of the flavour `coverage` has, counters of 8 bits. From other modules the linker drops this.
 */
#include "features.h"

/* The linker's: a guard for each edge, of which nothing is used but the room, for the counters side by side. */
extern unsigned int guards[] __asm__("__start___sancov_guards") __attribute__((visibility("hidden")));

/* The engine's. */
void __sanitizer_cov_8bit_counters_init(unsigned char *begin, unsigned char *end);

void __sanitizer_cov_trace_pc_guard(unsigned int *guard)
{
	((unsigned char *)guards)[guard - guards]++;
}

void __sanitizer_cov_trace_pc_guard_init(unsigned int *begin, unsigned int *end)
{
	__sanitizer_cov_8bit_counters_init((unsigned char *)begin, (unsigned char *)begin + (end - begin));
}
