/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * services.c: what stands under all that the kernel code calls (lock.c, wait.c, slab.c, page.c, mmu.c): which op runs,
 * what it reports, and where others may come in.
 */
#include "features.h"
#include "services.h"

/* Instrumented constructors may run before we are given any. */
static struct target_calls no_calls;
static struct host_services no_services __section("rcfuzz_keep") = {.calls = &no_calls};
struct host_services *rcfuzz_host __section("rcfuzz_keep") = &no_services;
static struct mm_struct the_mm __section("rcfuzz_keep");
static struct task_struct tasks[TARGET_TASKS] __section("rcfuzz_keep");

struct task_data rcfuzz_task_data[TARGET_TASKS];

struct task_struct *rcfuzz_current(void)
{
	return &tasks[rcfuzz_host->task];
}

struct task_data *rcfuzz_data_of(const struct task_struct *task)
{
	return &rcfuzz_task_data[task - tasks];
}

void rcfuzz_tasks_init(void)
{
	int i;

	for (i = 0; i < TARGET_TASKS; i++)
		tasks[i].mm = &the_mm;
}

void rcfuzz_services_reset(void)
{
	memset(rcfuzz_task_data, 0, sizeof(rcfuzz_task_data));
}

noinline void rcfuzz_report(enum target_report_kind kind, const char *file, int line, const char *func,
			    const char *what)
{
	const void *callers[TARGET_CALLERS];

	rcfuzz_here(callers);
	rcfuzz_host->report(rcfuzz_host->ctx, kind, file, line, func, what, callers);
}

void rcfuzz_warn(const char *file, int line, const char *func, const char *cond, int once)
{
	rcfuzz_report(REPORT_WARN, file, line, func, cond);
}

void __noreturn rcfuzz_bug(const char *file, int line, const char *func)
{
	rcfuzz_report(REPORT_BUG, file, line, func, "BUG");
	__builtin_trap();
}

void __noreturn rcfuzz_unreachable(const char *name)
{
	rcfuzz_report(REPORT_BUG, NULL, 0, name, "a kernel function that the shim does not have");
	__builtin_trap();
}

/* -fsanitize=shift-exponent: compiler-rt's ShiftOutOfBoundsData (lib/ubsan), and its TypeDescriptor of an integer. */
struct ubsan_type {
	unsigned short kind, info; /* info: 1 if signed, and twice the logarithm of the bits */
};

struct ubsan_shift {
	const char *file;
	unsigned int line, column;
	const struct ubsan_type *left, *right;
};

/* What -ftrivial-auto-var-init=pattern puts into a variable that nothing has set. */
#ifdef __clang__
#define UNSET 0xaaaaaaaau
#else
#define UNSET 0xfefefefeu
#endif

/* A count that comes from such a variable has another cause than one that is computed wrong. */
static bool is_unset(unsigned long count)
{
	return (unsigned int)count - UNSET + 64 < 128;
}

void __ubsan_handle_shift_out_of_bounds(struct ubsan_shift *at, unsigned long lhs, unsigned long rhs)
{
	/* What is narrower than an int has become one. */
	rcfuzz_report(
		1u << (at->left->info >> 1) > 32 ? REPORT_UNDEFINED : REPORT_UNDEFINED_WORD, at->file, at->line, NULL,
		is_unset(rhs) ? "shift by a count that nothing has set" : "shift by a negative or too large count");
}

/* The data of all other checks begins with the place. */
struct ubsan_place {
	const char *file;
	unsigned int line, column;
};

/* -fsanitize=integer-divide-by-zero: POWER does not trap, so that a SIGFPE would tell of a crash that there is not. */
void __ubsan_handle_divrem_overflow(struct ubsan_place *at, unsigned long lhs, unsigned long rhs)
{
	rcfuzz_report(REPORT_UNDEFINED_DIVISION, at->file, at->line, NULL, "division by zero");
}

/* What modules of the flavour `asan` look for as well: array-bounds, bool and enum, unreachable. */
void __ubsan_handle_out_of_bounds(struct ubsan_place *at, unsigned long index)
{
	rcfuzz_report(REPORT_UNDEFINED_INDEX, at->file, at->line, NULL, "index out of bounds");
}

void __ubsan_handle_load_invalid_value(struct ubsan_place *at, unsigned long value)
{
	rcfuzz_report(REPORT_UNDEFINED_VALUE, at->file, at->line, NULL, "value that its type does not have");
}

void __ubsan_handle_builtin_unreachable(struct ubsan_place *at)
{
	rcfuzz_report(REPORT_UNDEFINED_END, at->file, at->line, NULL, "code that is said to be unreachable");
}

void rcfuzz_step(void)
{
	if (unlikely(rcfuzz_host->steps_left-- == 0))
		rcfuzz_report(REPORT_HANG, NULL, 0, NULL, "the kernel loops");
}

noinline void rcfuzz_tell_point(enum target_point kind, const char *word, const void *variable)
{
	const void *callers[TARGET_CALLERS];

	rcfuzz_here(callers);
	rcfuzz_host->point(rcfuzz_host->ctx, kind, word, variable, callers);
}

void rcfuzz_point(enum target_point kind, const char *word)
{
	rcfuzz_yield(kind, word, NULL);
}

void rcfuzz_pte_point(void *ptep)
{
	rcfuzz_yield(POINT_PTE, "pte", ptep);
}

noinline void rcfuzz_wait_for(const void *what, const char *why)
{
	const void *callers[TARGET_CALLERS];

	rcfuzz_here(callers);
	rcfuzz_step();
	rcfuzz_host->wait(rcfuzz_host->ctx, what, why, callers);
}

void rcfuzz_cpu_relax(void)
{
	rcfuzz_step();
	rcfuzz_host->step_aside(rcfuzz_host->ctx);
}
