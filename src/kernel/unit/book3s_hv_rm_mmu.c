/* SPDX-License-Identifier: GPL-2.0-only */
/* Only kvmppc_update_dirty_map is wanted. */
#include "partial.h"
#include "assembly.h"
#include <arch/powerpc/kvm/book3s_hv_rm_mmu.c>
