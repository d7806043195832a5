/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two functions through which a page table entry changes, seen by the shim. __radix_pte_update is the
 * tree's own; only its load-reserve loop is replaced.
 */
#ifndef RCFUZZ_ASM_RADIX_H
#define RCFUZZ_ASM_RADIX_H
#include <asm/asm-const.h>
#include <asm/cmpxchg.h>
#include <asm/book3s/64/tlbflush-radix.h>
#include <asm/cpu_has_feature.h>
void rcfuzz_pte_point(void *ptep);
void rcfuzz_pte_written(void *ptep, unsigned long old, unsigned long new, void *caller);
static __always_inline unsigned long rcfuzz_pte_update(__be64 *ptep, unsigned long clear, unsigned long set)
{
	__be64 old, new;
	rcfuzz_pte_point(ptep);
	old = __atomic_load_n(ptep, __ATOMIC_RELAXED);
	do
		new = (old & ~cpu_to_be64(clear)) | cpu_to_be64(set);
	while (!__atomic_compare_exchange_n(ptep, &old, new, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	rcfuzz_pte_written(ptep, be64_to_cpu(old), be64_to_cpu(new), __builtin_return_address(0));
	return old;
}
#define radix__set_pte_at kernel_radix__set_pte_at
#pragma push_macro("__asm__")
#pragma push_macro("__volatile__")
#undef __asm__
#undef __volatile__
#define __asm__
#define __volatile__(...) (void)tmp_be, old_be = rcfuzz_pte_update((__be64 *)ptep, clr, set)
#include_next <asm/book3s/64/radix.h>
#pragma pop_macro("__asm__")
#pragma pop_macro("__volatile__")
#undef radix__set_pte_at
static inline void radix__set_pte_at(struct mm_struct *mm, unsigned long addr, pte_t *ptep, pte_t pte, int percpu)
{
	unsigned long old;
	rcfuzz_pte_point(ptep);
	old = pte_val(*ptep);
	kernel_radix__set_pte_at(mm, addr, ptep, pte, percpu);
	rcfuzz_pte_written(ptep, old, pte_val(pte), __builtin_return_address(0));
}
#endif
