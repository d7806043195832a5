/* SPDX-License-Identifier: GPL-2.0-only */
/* Barriers: fibers are sequentially consistent, so a compiler barrier is all that is needed. */
#ifndef RCFUZZ_ASM_BARRIER_H
#define RCFUZZ_ASM_BARRIER_H
#include <linux/compiler.h>
#define mb() barrier()
#define rmb() barrier()
#define wmb() barrier()
#define __smp_mb() barrier()
#define __smp_rmb() barrier()
#define __smp_wmb() barrier()
#define barrier_nospec() barrier()
#define data_barrier(x) barrier()
#include <asm-generic/barrier.h>
#endif
