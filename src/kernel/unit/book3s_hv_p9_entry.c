/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Only check_need_tlb_flush is wanted, and the flush that it does: its tlbiel instructions become calls of
 * rcfuzz_tlbiel(), through a stub (shim/tlbiel.S) that keeps all registers, since the compiler knows of no call.
 */
#include "partial.h"
#undef PPC_TLBIEL
#define PPC_TLBIEL(rb, rs, ric, prs, r) __stringify_in_c(rcfuzz_tlbiel rb, rs, ric, prs, r)
#undef PPC_RADIX_INVALIDATE_ERAT_GUEST
#define PPC_RADIX_INVALIDATE_ERAT_GUEST ""
#undef PPC_ISA_3_0_INVALIDATE_ERAT
#define PPC_ISA_3_0_INVALIDATE_ERAT ""
__asm(".macro rcfuzz_tlbiel rb, rs, ric, prs, r\n"
      "lea -48(%rsp), %rsp\n"
      "movq \\rb, 0(%rsp)\n"
      "movq $0, 8(%rsp)\n"
      "mov \\rs, 8(%rsp)\n"
      "movq \\ric, 16(%rsp)\n"
      "movq \\prs, 24(%rsp)\n"
      "movq \\r, 32(%rsp)\n"
      "call rcfuzz_tlbiel_stub\n"
      "lea 48(%rsp), %rsp\n"
      ".endm\n");
#include "assembly.h"
#include <arch/powerpc/kvm/book3s_hv_p9_entry.c>
#include "export.h"
RCFUZZ_EXPORT(check_need_tlb_flush);
