/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel symbols that are a constant or nothing here: what the machine is (a POWER9 host with radix translation),
 * and services whose effect no scenario can see. Compiled with the kernel's headers, so that types are checked.
 */

/* What the firmware says of the processor: arch/powerpc/kernel/cputable.c. No transactional memory. */
static struct cpu_spec power9 = {
	.cpu_name = "POWER9 (rcfuzz)",
	.cpu_features = CPU_FTRS_POWER9,
	.mmu_features = MMU_FTR_TYPE_RADIX | MMU_FTR_GTSE,
};
struct cpu_spec *cur_cpu_spec = &power9;

/* One thread a core: arch/powerpc/kernel/setup-common.c. */
int threads_per_core = 1, threads_per_subcore = 1, threads_shift;
unsigned int nr_cpu_ids = RCFUZZ_CPUS;
struct cpumask __cpu_online_mask = {.bits = {(1UL << RCFUZZ_CPUS) - 1}};
struct cpumask __cpu_possible_mask = {.bits = {(1UL << RCFUZZ_CPUS) - 1}};
struct cpumask __cpu_present_mask = {.bits = {(1UL << RCFUZZ_CPUS) - 1}};

/* Per-CPU data: the linker gathers one copy; CPUs but the first have theirs in an array of ours. */
extern char __start_rcfuzz_percpu[] __attribute__((weak, visibility("hidden")));
extern char __stop_rcfuzz_percpu[] __attribute__((weak, visibility("hidden")));
static char percpu_copies[RCFUZZ_CPUS][8192] __aligned(64);
unsigned long __per_cpu_offset[NR_CPUS];
struct paca_struct rcfuzz_paca[RCFUZZ_CPUS];
static struct paca_struct *paca_pointers[RCFUZZ_CPUS];
struct paca_struct **paca_ptrs = paca_pointers;

/*
 * Gives each CPU its paca and its per-CPU data, as setup_per_cpu_areas() and initialise_paca() do. To be called once
 * after the module is loaded, before its writable sections are saved. Returns 0, or -1 if the copies are too small.
 */
int rcfuzz_percpu_init(void)
{
	size_t size = __stop_rcfuzz_percpu - __start_rcfuzz_percpu;
	int cpu;

	if (size > sizeof(percpu_copies[0]))
		return -1;
	for (cpu = 0; cpu < RCFUZZ_CPUS; cpu++) {
		memcpy(percpu_copies[cpu], __start_rcfuzz_percpu, size);
		__per_cpu_offset[cpu] = (unsigned long)percpu_copies[cpu] - (unsigned long)__start_rcfuzz_percpu;
		rcfuzz_paca[cpu].data_offset = __per_cpu_offset[cpu];
		rcfuzz_paca[cpu].paca_index = cpu;
		rcfuzz_paca[cpu].hw_cpu_id = cpu;
		paca_pointers[cpu] = &rcfuzz_paca[cpu];
	}
	return 0;
}

/* What radix__early_init_mmu() and radix_init_page_sizes() of arch/powerpc/mm/book3s64/radix_pgtable.c set. */
unsigned long __pte_index_size = RADIX_PTE_INDEX_SIZE;
unsigned long __pmd_index_size = RADIX_PMD_INDEX_SIZE;
unsigned long __pud_index_size = RADIX_PUD_INDEX_SIZE;
unsigned long __pgd_index_size = RADIX_PGD_INDEX_SIZE;
unsigned long __pud_cache_index = RADIX_PUD_INDEX_SIZE;
unsigned long __pte_table_size = RADIX_PTE_TABLE_SIZE;
unsigned long __pmd_table_size = RADIX_PMD_TABLE_SIZE;
unsigned long __pud_table_size = RADIX_PUD_TABLE_SIZE;
unsigned long __pgd_table_size = RADIX_PGD_TABLE_SIZE;
unsigned long __pmd_val_bits = RADIX_PMD_VAL_BITS;
unsigned long __pud_val_bits = RADIX_PUD_VAL_BITS;
unsigned long __pgd_val_bits = RADIX_PGD_VAL_BITS;
struct mmu_psize_def mmu_psize_defs[MMU_PAGE_COUNT] = {
	[MMU_PAGE_4K] = {.shift = 12, .ap = 0, .h_rpt_pgsize = H_RPTI_PAGE_4K},
	[MMU_PAGE_64K] = {.shift = 16, .ap = 5, .h_rpt_pgsize = H_RPTI_PAGE_64K},
	[MMU_PAGE_2M] = {.shift = 21, .ap = 1, .h_rpt_pgsize = H_RPTI_PAGE_2M},
	[MMU_PAGE_1G] = {.shift = 30, .ap = 2, .h_rpt_pgsize = H_RPTI_PAGE_1G},
};

/* Memory: the glue points vmemmap at its page array (less the first frame number). */
struct page *vmemmap;
struct mm_struct init_mm;
/* No frame is the zero page. Kept: only ever read, and half of what would have to be restored with each world. */
#ifdef RCFUZZ_HAVE_zero_page_pfn
unsigned long zero_page_pfn = ~0UL;
struct page *__zero_page;
#else
unsigned long zero_pfn = ~0UL;
unsigned long empty_zero_page[PAGE_SIZE / sizeof(unsigned long)] __aligned(PAGE_SIZE) __section("rcfuzz_keep");
#endif
atomic_long_t _totalram_pages = ATOMIC_LONG_INIT(1 << 20);
__typeof__(kmalloc_caches) kmalloc_caches;

/* Never a guest of PowerVM; no XIVE. */
bool __xive_enabled;
#ifdef RCFUZZ_HAVE_nestedv2
DEFINE_STATIC_KEY_FALSE(__kvmhv_is_nestedv2);
#endif

/* Interrupt masking does nothing, so these differ from the plain lock in name only. */
unsigned long _raw_spin_lock_irqsave(raw_spinlock_t *lock)
{
	rcfuzz_spin_lock(lock);
	return 0;
}
void _raw_spin_unlock_irqrestore(raw_spinlock_t *lock, unsigned long flags)
{
	rcfuzz_spin_unlock(lock);
}
void _raw_spin_lock_irq(raw_spinlock_t *lock)
{
	rcfuzz_spin_lock(lock);
}
void _raw_spin_lock_bh(raw_spinlock_t *lock)
{
	rcfuzz_spin_lock(lock);
}
#undef _raw_spin_unlock_irq
#undef _raw_spin_unlock_bh
void _raw_spin_unlock_irq(raw_spinlock_t *lock)
{
	rcfuzz_spin_unlock(lock);
}
void _raw_spin_unlock_bh(raw_spinlock_t *lock)
{
	rcfuzz_spin_unlock(lock);
}

/* Nobody sleeps on a wait queue here. */
void __init_waitqueue_head(struct wait_queue_head *head, const char *name, struct lock_class_key *key)
{
	spin_lock_init(&head->lock);
	INIT_LIST_HEAD(&head->head);
}
void finish_rcuwait(struct rcuwait *w)
{
	rcu_assign_pointer(w->task, NULL);
}

/* lib/refcount.c only warns. */
void refcount_warn_saturate(refcount_t *r, enum refcount_saturation_type t)
{
	rcfuzz_warn("lib/refcount.c", 0, __func__, "refcount saturated", 0);
}

/* arch/powerpc/include/asm/uaccess.h, through a buffer, since the shim's copies have one end in the kernel. */
unsigned long raw_copy_in_user(void __user *to, const void __user *from, unsigned long n)
{
	char buffer[256];

	while (n) {
		unsigned long part = min(n, sizeof(buffer));
		unsigned long left = rcfuzz_copy_from_user(buffer, (const void *)from, part);

		if (!left)
			left = rcfuzz_copy_to_user((void *)to, buffer, part);
		if (left)
			return n - part + left;
		to += part;
		from += part;
		n -= part;
	}
	return 0;
}
