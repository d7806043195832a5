/* SPDX-License-Identifier: GPL-2.0-only */
/* Ordering instructions, which order nothing between fibers. */
#ifndef RCFUZZ_ASM_SYNCH_H
#define RCFUZZ_ASM_SYNCH_H
#include <asm/cputable.h>
#include <asm/feature-fixups.h>
#include <asm/ppc-opcode.h>
#define PPC_ACQUIRE_BARRIER
#define PPC_RELEASE_BARRIER ""
#define PPC_ATOMIC_ENTRY_BARRIER ""
#define PPC_ATOMIC_EXIT_BARRIER ""
static inline void eieio(void)
{
}
static inline void isync(void)
{
}
static inline void ppc_after_tlbiel_barrier(void)
{
}
#endif
