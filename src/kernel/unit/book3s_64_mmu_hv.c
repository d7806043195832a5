/* SPDX-License-Identifier: GPL-2.0-only */
/* The MMU notifier's callbacks, page faults of a guest, and pages that the kernel pins for a guest. */
#include "partial.h"
#include "assembly.h"
#include <arch/powerpc/kvm/book3s_64_mmu_hv.c>
