/* SPDX-License-Identifier: GPL-2.0-only */
/* services.h: what the shim's own files share. Included after prelude.h, so kernel types are known. */
#ifndef RCFUZZ_SHIM_SERVICES_H
#define RCFUZZ_SHIM_SERVICES_H

#define bool _Bool
#include "../target.h"

/* What rcfuzz has given us; set by attach. */
extern struct host_services *rcfuzz_host __attribute__((visibility("hidden")));
/* Count a step of kernel code; does not return when there were too many. */
void rcfuzz_step(void);
/* See target.h; the callers are those of the function that calls it. */
void rcfuzz_report(enum target_report_kind kind, const char *file, int line, const char *func, const char *what);
/* A yield point of the shim's own (target.h). */
void rcfuzz_point(enum target_point kind, const char *word);
/*
 * Kernel code has a buffer read or written on its behalf, by the function with that frame. Where there is the address
 * sanitizer's runtime (rcfuzz-asan): may it be?
 */
void rcfuzz_check_buffer(enum target_point kind, const void *buffer, unsigned long size, const void *frame);
/* Kernel code stores to memory that is not its own: is it an area of a guest? */
void rcfuzz_stores_to_guest(const void *address);
/* RCU: run what waits for a grace period. */
void rcfuzz_rcu_quiescent(void);
void rcfuzz_tasks_init(void);
/* Before each world: forget page references, held locks, special registers. */
void rcfuzz_services_reset(void);
void rcfuzz_set_pages(struct page *array, unsigned long first_pfn, unsigned long count);
/* The LPID that the next kvmppc_alloc_lpid gives (L1's own); 0: as rcfuzz says. */
extern unsigned int rcfuzz_next_lpid;
/* The linker's: where the module begins, and where its code ends. */
extern const char rcfuzz_module_start[] __asm__("__ehdr_start") __attribute__((visibility("hidden")));
extern const char rcfuzz_code_end[] __asm__("etext") __attribute__((visibility("hidden")));
/*
 * Return addresses from a frame (__builtin_frame_address) outwards. The module keeps frame pointers; rcfuzz below it
 * may not, so the chain ends where it leaves the module.
 */
static __always_inline void rcfuzz_get_callers(const void *frame_address, const void *callers[TARGET_CALLERS])
{
	const unsigned long *frame = frame_address;
	unsigned long start = (unsigned long)rcfuzz_module_start, size = (unsigned long)rcfuzz_code_end - start;
	int i;

	for (i = 0; i < TARGET_CALLERS && frame[1] - start < size; i++) {
		callers[i] = (const void *)frame[1];
		frame = (const unsigned long *)frame[0];
	}
	for (; i < TARGET_CALLERS; i++)
		callers[i] = NULL;
}
#define rcfuzz_here(callers) rcfuzz_get_callers(__builtin_frame_address(0), callers)

/* What kernel code of one op has while it runs; a CPU is never shared with another op, so its registers are here. */
struct task_data {
	int spin_depth; /* spinlocks that it holds: it must not sleep then */
	bool woken;
	unsigned long spr_lpid, spr_pid;
};
extern struct task_data rcfuzz_task_data[TARGET_TASKS];

static __always_inline struct task_data *rcfuzz_self(void)
{
	return &rcfuzz_task_data[rcfuzz_host->task];
}

struct task_data *rcfuzz_data_of(const struct task_struct *task);

void rcfuzz_tell_point(enum target_point kind, const char *word, const void *variable);
/* word NULL: the lock at `variable`. */
static __always_inline void rcfuzz_yield(enum target_point kind, const char *word, const void *variable)
{
	if (unlikely(rcfuzz_host->watched))
		rcfuzz_tell_point(kind, word, variable);
}

/* Let others run until rcfuzz_wake(what); why is for a report. */
void rcfuzz_wait_for(const void *what, const char *why);
static __always_inline void rcfuzz_wake(const void *what)
{
	if (unlikely(rcfuzz_host->overlap))
		rcfuzz_host->wake(rcfuzz_host->ctx, what);
}

/* An order between tasks that no lock makes. */
static __always_inline void rcfuzz_acquired(const void *what)
{
	if (unlikely(rcfuzz_host->overlap))
		rcfuzz_host->acquired(rcfuzz_host->ctx, what);
}

static __always_inline void rcfuzz_released(const void *what)
{
	if (unlikely(rcfuzz_host->overlap))
		rcfuzz_host->released(rcfuzz_host->ctx, what);
}

static __always_inline void rcfuzz_may_sleep(const char *what)
{
	rcfuzz_step();
	if (rcfuzz_self()->spin_depth > 0)
		rcfuzz_report(REPORT_LOCK, NULL, 0, NULL, what);
}

_Bool rcfuzz_mmu_locked(void);
/* Is it the lock of a nested guest that nobody has a reference to any more? */
_Bool rcfuzz_is_unreferenced_guest(const void *tlb_lock);
_Bool rcfuzz_page_pinned(unsigned long hpa);
/* At the end of the teardown: a report if a page of guest memory is still pinned. */
void rcfuzz_check_page_references(void);
#endif
