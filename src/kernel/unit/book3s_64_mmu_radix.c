/* SPDX-License-Identifier: GPL-2.0-only */
/* The partition-scoped tables of a radix guest: whole. */
#include "assembly.h"
#include <arch/powerpc/kvm/book3s_64_mmu_radix.c>
