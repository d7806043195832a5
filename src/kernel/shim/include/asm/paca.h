/* SPDX-License-Identifier: GPL-2.0-only */
/* The paca has a register of its own on powerpc; here it is that of the CPU which the running fiber is on. */
#ifndef RCFUZZ_ASM_PACA_H
#define RCFUZZ_ASM_PACA_H
#include <linux/cache.h>
#include <linux/string.h>
#include <asm/types.h>
#include <asm/mmu.h>
#include <asm/page.h>
#include <asm/exception-64s.h>
#include <asm/kvm_book3s_asm.h>
#include <asm/accounting.h>
#include <asm/hmi.h>
#include <asm/cpuidle.h>
#include <asm/atomic.h>
#include <asm/mce.h>
#define register extern
#include_next <asm/paca.h>
#undef register
extern struct paca_struct rcfuzz_paca[RCFUZZ_CPUS];
#define local_paca (&rcfuzz_paca[rcfuzz_cpu()])
#endif
