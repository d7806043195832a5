/* SPDX-License-Identifier: GPL-2.0-only */
/* Only __find_linux_pte is wanted, the walk of the host's own page table. */
#include <arch/powerpc/mm/pgtable.c>
