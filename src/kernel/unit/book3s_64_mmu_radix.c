/* SPDX-License-Identifier: GPL-2.0-only */
/* The partition-scoped tables of a radix guest: whole. What they put into an rmap is told, as far as plain C allows. */
#include "assembly.h"
#include <asm/kvm_book3s.h>
void rcfuzz_word_written(const void *word);
#define kvmhv_insert_nest_rmap(kvm, rmapp, n_rmap)                                                                     \
	({                                                                                                             \
		kvmhv_insert_nest_rmap(kvm, rmapp, n_rmap);                                                            \
		rcfuzz_word_written(rmapp);                                                                            \
		/* So that the compiler does not make one call of several, and the line is known. */                   \
		__asm__ volatile("" : : "i"(__LINE__));                                                                \
	})
#include <arch/powerpc/kvm/book3s_64_mmu_radix.c>
