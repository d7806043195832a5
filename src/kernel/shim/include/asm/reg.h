/* SPDX-License-Identifier: GPL-2.0-only */
/* Special purpose registers are read and written through the shim. */
#ifndef RCFUZZ_ASM_REG_H
#define RCFUZZ_ASM_REG_H
#define register extern
#include_next <asm/reg.h>
#undef register
#undef mfmsr
#undef mtmsr
#undef __mtmsrd
#undef mfspr
#undef mtspr
#define mfspr(rn) rcfuzz_mfspr(rn)
#define mtspr(rn, v) rcfuzz_mtspr(rn, v)
#define mfmsr() rcfuzz_mfspr(-1)
#define mtmsr(v) rcfuzz_mtspr(-1, v)
#define __mtmsrd(v, l) rcfuzz_mtspr(-1, v)
#ifndef __ASSEMBLY__
unsigned long rcfuzz_mfspr(int rn);
void rcfuzz_mtspr(int rn, unsigned long v);
#endif
#endif
