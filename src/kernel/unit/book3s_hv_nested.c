/* SPDX-License-Identifier: GPL-2.0-only */
/* Shadow page tables, rmap and the version 1 nested hcalls: whole. */
#include <arch/powerpc/kvm/book3s_hv_nested.c>
