/* SPDX-License-Identifier: GPL-2.0-only */
/* The timebase is one more register of the shim. */
#ifndef RCFUZZ_ASM_VDSO_TIMEBASE_H
#define RCFUZZ_ASM_VDSO_TIMEBASE_H
#include <asm/reg.h>
#define get_tb kernel_get_tb
#include_next <asm/vdso/timebase.h>
#undef get_tb
#undef mftb
#define mftb() rcfuzz_mfspr(SPRN_TBRL)
static __always_inline u64 get_tb(void)
{
	return mftb();
}
#endif
