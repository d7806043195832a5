/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before every kernel file, precompiled. It includes the kernel's headers with inline assembly made harmless,
 * so that no unit has to know which of them uses powerpc instructions: asm(...) alone vanishes (what is left of it was
 * read: declarations of registers, byte searches of string functions), asm volatile(...) becomes a call of a function
 * that does not exist. An instruction that can be reached is a link error.
 */
#ifndef RCFUZZ_PRELUDE_H
#define RCFUZZ_PRELUDE_H

#include <linux/kconfig.h>
#include <linux/compiler_types.h>
#define barrier() __asm __volatile("" : : : "memory")
#undef barrier_before_unreachable
#undef RELOC_HIDE
#define RELOC_HIDE(p, off) ((typeof(p))((unsigned long)(p) + (off)))
#define OPTIMIZER_HIDE_VAR(var)                                                                                        \
	do {                                                                                                           \
	} while (0)

/* Locks are functions of the shim. */
#define _raw_spin_lock rcfuzz_spin_lock
#define _raw_spin_unlock rcfuzz_spin_unlock
#define _raw_spin_trylock rcfuzz_spin_trylock
#define __mutex_init rcfuzz_mutex_init
#define mutex_lock rcfuzz_mutex_lock
#define mutex_unlock rcfuzz_mutex_unlock
#define mutex_trylock rcfuzz_mutex_trylock
#define mutex_is_locked rcfuzz_mutex_is_locked

/* CPUs and memory are the glue's. */
#define RCFUZZ_CPUS 4
#define PER_CPU_BASE_SECTION "rcfuzz_percpu"
int rcfuzz_cpu(void);
int rcfuzz_pfn_valid(unsigned long pfn);
#define pfn_valid(pfn) rcfuzz_pfn_valid(pfn)

#define RCFUZZ_ASSEMBLY "call rcfuzz_powerpc_assembly "
#define asm(...)
#define __asm__(...)
#define volatile(...) (RCFUZZ_ASSEMBLY)
#define __volatile__(...) (RCFUZZ_ASSEMBLY)

#include "prelude-headers.h"

#undef asm
#undef __asm__
#undef volatile
#undef __volatile__

#undef stringify_in_c
#define stringify_in_c(...) RCFUZZ_ASSEMBLY

#undef module_init
#undef module_exit
#define module_init(f)
#define module_exit(f)
#undef EXPORT_SYMBOL
#undef EXPORT_SYMBOL_GPL
#define EXPORT_SYMBOL(s)
#define EXPORT_SYMBOL_GPL(s)
#undef MODULE_LICENSE
#undef MODULE_ALIAS
#undef MODULE_ALIAS_MISCDEV
#define MODULE_LICENSE(l)
#define MODULE_ALIAS(a)
#define MODULE_ALIAS_MISCDEV(a)
#endif
