/* SPDX-License-Identifier: GPL-2.0-only */
/* What kernel/bounds.c would compute for this configuration. */
#define NR_PAGEFLAGS 26
#define MAX_NR_ZONES 3
#define NR_CPUS_BITS 5
#define SPINLOCK_SIZE 4
#define LRU_GEN_WIDTH 0
#define __LRU_REFS_WIDTH 0
