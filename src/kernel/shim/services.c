/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * services.c: what the kernel code calls and rcfuzz gives: memory, locks, user memory, TLB invalidation, reports.
 * Each function stands for the kernel's function of the same name unless it says otherwise.
 */
#include "features.h"
#include "services.h"

#define CALLER __builtin_return_address(0)

/* Instrumented constructors may run before we are given any. */
static struct target_calls no_calls;
static struct host_services no_services __section("rcfuzz_keep") = {.calls = &no_calls};
struct host_services *rcfuzz_host __section("rcfuzz_keep") = &no_services;
unsigned int rcfuzz_next_lpid;
static struct mm_struct the_mm __section("rcfuzz_keep");
static struct task_struct tasks[TARGET_TASKS] __section("rcfuzz_keep");

/* What kernel code of one op has while it runs; a CPU is never shared with another op, so its registers are here. */
static struct task_data {
	int spin_depth; /* spinlocks that it holds: it must not sleep then */
	bool woken;
	unsigned long spr_lpid, spr_pid;
} task_data[TARGET_TASKS];

static struct task_data *self(void)
{
	return &task_data[rcfuzz_host->task];
}

struct task_struct *rcfuzz_current(void)
{
	return &tasks[rcfuzz_host->task];
}

void rcfuzz_tasks_init(void)
{
	int i;

	for (i = 0; i < TARGET_TASKS; i++)
		tasks[i].mm = &the_mm;
}

/* ---- reports --------------------------------------------------------------- */

#define get_callers(callers) rcfuzz_get_callers(__builtin_frame_address(0), callers)

static noinline void report(enum target_report_kind kind, const char *file, int line, const char *func,
			    const char *what)
{
	const void *callers[TARGET_CALLERS];

	get_callers(callers);
	rcfuzz_host->report(rcfuzz_host->ctx, kind, file, line, func, what, callers);
}

void rcfuzz_warn(const char *file, int line, const char *func, const char *cond, int once)
{
	report(REPORT_WARN, file, line, func, cond);
}

void __noreturn rcfuzz_bug(const char *file, int line, const char *func)
{
	report(REPORT_BUG, file, line, func, "BUG");
	__builtin_trap();
}

void __noreturn rcfuzz_unreachable(const char *name)
{
	report(REPORT_BUG, NULL, 0, name, "a kernel function that the shim does not have");
	__builtin_trap();
}

/* -fsanitize=shift-exponent: compiler-rt's struct ShiftOutOfBoundsData begins with the source location. */
struct ubsan_location {
	const char *file;
	unsigned int line, column;
};

/* What -ftrivial-auto-var-init=pattern puts into a variable that nothing has set. */
#ifdef __clang__
#define UNSET 0xaaaaaaaau
#else
#define UNSET 0xfefefefeu
#endif

/* A count that comes from such a variable has another cause than one that is computed wrong. */
static bool is_unset(unsigned long count)
{
	return (unsigned int)count - UNSET + 64 < 128;
}

void __ubsan_handle_shift_out_of_bounds(struct ubsan_location *at, unsigned long lhs, unsigned long rhs)
{
	report(REPORT_UNDEFINED, at->file, at->line, NULL,
	       is_unset(rhs) ? "shift by a count that nothing has set" : "shift by a negative or too large count");
}

void rcfuzz_step(void)
{
	if (unlikely(rcfuzz_host->steps_left-- == 0))
		report(REPORT_HANG, NULL, 0, NULL, "the kernel loops");
}

static noinline void tell_point(enum target_point kind, const char *word, const void *variable)
{
	const void *callers[TARGET_CALLERS];

	get_callers(callers);
	rcfuzz_host->point(rcfuzz_host->ctx, kind, word, variable, callers);
}

static __always_inline void point(enum target_point kind, const char *word, const void *variable)
{
	if (unlikely(rcfuzz_host->watched))
		tell_point(kind, word, variable);
}

void rcfuzz_point(enum target_point kind, const char *word)
{
	point(kind, word, NULL);
}

void rcfuzz_pte_point(void *ptep)
{
	point(POINT_PTE, "pte", ptep);
}

static noinline void wait_for(const void *what, const char *why)
{
	const void *callers[TARGET_CALLERS];

	get_callers(callers);
	rcfuzz_step();
	rcfuzz_host->wait(rcfuzz_host->ctx, what, why, callers);
}

static void wake(const void *what)
{
	if (unlikely(rcfuzz_host->overlap))
		rcfuzz_host->wake(rcfuzz_host->ctx, what);
}

/* An order between tasks that no lock makes. */
static void acquired(const void *what)
{
	if (unlikely(rcfuzz_host->overlap))
		rcfuzz_host->acquired(rcfuzz_host->ctx, what);
}

static void released(const void *what)
{
	if (unlikely(rcfuzz_host->overlap))
		rcfuzz_host->released(rcfuzz_host->ctx, what);
}

void rcfuzz_cpu_relax(void)
{
	rcfuzz_step();
	rcfuzz_host->step_aside(rcfuzz_host->ctx);
}

static void may_sleep(const char *what)
{
	rcfuzz_step();
	if (self()->spin_depth > 0)
		report(REPORT_LOCK, NULL, 0, NULL, what);
}

/* ---- locks: a word that names the task that holds it, plus one ------------------ */

static noinline void tell_locked(const void *lock, bool tried)
{
	const void *callers[TARGET_CALLERS];

	get_callers(callers);
	rcfuzz_host->locked(rcfuzz_host->ctx, lock, tried, callers);
}

/* What takes a lock uses the memory that it lies in. */
static noinline void check_memory(const void *lock)
{
	unsigned long offset = (unsigned long)lock - rcfuzz_host->memory_base;
	const void *callers[TARGET_CALLERS];

	if (offset >= rcfuzz_host->memory_size || rcfuzz_host->memory_lines[offset / MEMORY_LINE])
		return;
	get_callers(callers);
	rcfuzz_host->accessed(rcfuzz_host->ctx, POINT_WRITE, MARK_ATOMIC, lock, sizeof(int), callers);
}

static void take_word(unsigned int *lock, const char *twice, const char *why)
{
	check_memory(lock);
	if (*lock == rcfuzz_host->task + 1)
		report(REPORT_DEADLOCK, NULL, 0, NULL, twice);
	while (*lock) {
		wait_for(lock, why);
		check_memory(lock);
	}
	*lock = rcfuzz_host->task + 1;
	if (rcfuzz_host->tell_locks)
		tell_locked(lock, false);
}

/* False: somebody holds it. */
static bool try_word(unsigned int *lock)
{
	check_memory(lock);
	if (*lock)
		return false;
	*lock = rcfuzz_host->task + 1;
	if (rcfuzz_host->tell_locks)
		tell_locked(lock, true);
	return true;
}

/* False: it was not this task's to give. */
static bool give_word(unsigned int *lock, const char *not_held, const char *by_another)
{
	if (*lock != rcfuzz_host->task + 1)
		report(REPORT_LOCK, NULL, 0, NULL, *lock ? by_another : not_held);
	if (*lock != rcfuzz_host->task + 1)
		return false;
	*lock = 0;
	if (rcfuzz_host->tell_locks)
		rcfuzz_host->unlocked(rcfuzz_host->ctx, lock);
	wake(lock);
	return true;
}

void rcfuzz_spin_lock(raw_spinlock_t *lock)
{
	rcfuzz_step();
	point(POINT_LOCK, NULL, lock);
	take_word((unsigned int *)lock, "a spinlock is taken that is held already", "a spinlock");
	self()->spin_depth++;
}

void rcfuzz_spin_unlock(raw_spinlock_t *lock)
{
	if (give_word((unsigned int *)lock, "unlock of a spinlock that is not held", "unlock of another's spinlock"))
		self()->spin_depth--;
	point(POINT_UNLOCK, NULL, lock);
}

int rcfuzz_spin_trylock(raw_spinlock_t *lock)
{
	rcfuzz_step();
	point(POINT_LOCK, NULL, lock);
	if (!try_word((unsigned int *)lock))
		return 0;
	self()->spin_depth++;
	return 1;
}

int rcfuzz_spin_is_locked(const void *lock)
{
	return *(const unsigned int *)lock != 0;
}

void rcfuzz_mutex_init(struct mutex *lock, const char *name, struct lock_class_key *key)
{
	*(unsigned int *)lock = 0;
}

void rcfuzz_mutex_lock(struct mutex *lock)
{
	may_sleep("mutex_lock with a spinlock held");
	point(POINT_LOCK, NULL, lock);
	take_word((unsigned int *)lock, "a mutex is taken that is held already", "a mutex");
	if (rcfuzz_host->tell_locks && rcfuzz_is_unreferenced_guest(lock))
		report(REPORT_LOCK, NULL, 0, NULL, "a nested guest is used after its last reference");
}

void rcfuzz_mutex_unlock(struct mutex *lock)
{
	give_word((unsigned int *)lock, "unlock of a mutex that is not held", "unlock of another's mutex");
	point(POINT_UNLOCK, NULL, lock);
}

int rcfuzz_mutex_trylock(struct mutex *lock)
{
	rcfuzz_step();
	point(POINT_LOCK, NULL, lock);
	return try_word((unsigned int *)lock);
}

bool rcfuzz_mutex_is_locked(struct mutex *lock)
{
	return *(unsigned int *)lock != 0;
}

/* ---- grace periods -------------------------------------------------------------- */

#define SRCU_READERS 64
static struct srcu_reader {
	struct srcu_struct *ssp; /* NULL: no reader */
	unsigned int number;	 /* which of those that had this place */
	unsigned int task;
} srcu_readers[SRCU_READERS];

/*
 * Of the two orders that a grace period makes, each has an address in the srcu_struct: what the updater did before is
 * seen by readers that begin later, and what earlier readers did has happened when it ends.
 */
#define BEFORE_READERS(ssp) ((const char *)(ssp))
#define AFTER_READERS(ssp) ((const char *)(ssp) + 1)

/* The index means nothing: a section ends in the task that it began in. */
int __srcu_read_lock(struct srcu_struct *ssp)
{
	int i = 0;

	acquired(BEFORE_READERS(ssp));

	while (srcu_readers[i].ssp && i < SRCU_READERS - 1)
		i++;
	srcu_readers[i].ssp = ssp;
	srcu_readers[i].number++;
	srcu_readers[i].task = rcfuzz_host->task;
	return 0;
}

void __srcu_read_unlock(struct srcu_struct *ssp, int idx)
{
	int i = SRCU_READERS;

	while (i-- > 0) {
		if (srcu_readers[i].ssp != ssp || srcu_readers[i].task != rcfuzz_host->task)
			continue;
		srcu_readers[i].ssp = NULL;
		released(AFTER_READERS(ssp));
		wake(&srcu_readers[i]);
		return;
	}
	report(REPORT_LOCK, NULL, 0, NULL, "srcu_read_unlock without srcu_read_lock");
}

/* The readers that are there now have to leave; who comes later may stay. */
void synchronize_srcu_expedited(struct srcu_struct *ssp)
{
	unsigned int number[SRCU_READERS];
	int i;

	may_sleep("synchronize_srcu with a spinlock held");
	for (i = 0; i < SRCU_READERS; i++)
		number[i] = srcu_readers[i].number;
	released(BEFORE_READERS(ssp));
	point(POINT_SLEEP, "srcu", ssp);
	for (i = 0; i < SRCU_READERS; i++) {
		struct srcu_reader *reader = &srcu_readers[i];

		while (reader->ssp == ssp && reader->number == number[i])
			wait_for(reader, "a grace period of SRCU");
	}
	acquired(AFTER_READERS(ssp));
}

/* Any op that is under way may be a reader of RCU: wait for the end of all. */
static struct rcu_head *rcu_first, **rcu_last = &rcu_first;

void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	head->func = func;
	head->next = NULL;
	*rcu_last = head;
	rcu_last = &head->next;
}

void rcfuzz_rcu_quiescent(void)
{
	while (rcu_first) {
		struct rcu_head *head = rcu_first;

		rcu_first = head->next;
		if (!rcu_first)
			rcu_last = &rcu_first;
		head->func(head);
	}
}

/* The kernel's loop around it looks whether what it waits for has come. */
void schedule(void)
{
	struct task_data *me = self();

	if (!me->woken)
		wait_for(me, "a wake-up");
	acquired(me);
	me->woken = false;
}

int rcuwait_wake_up(struct rcuwait *w)
{
	struct task_struct *task = rcu_dereference_raw(w->task);
	struct task_data *sleeper;

	if (!task)
		return 0;
	sleeper = &task_data[task - tasks];
	sleeper->woken = true;
	released(sleeper);
	wake(sleeper);
	return 1;
}

int __cond_resched(void)
{
	may_sleep("cond_resched with a spinlock held");
	point(POINT_SLEEP, "resched", NULL);
	return 0;
}

int smp_call_function_single(int cpu, smp_call_func_t func, void *info, int wait)
{
	func(info);
	return 0;
}

void smp_call_function_many(const struct cpumask *mask, smp_call_func_t func, void *info, bool wait)
{
	func(info);
}

int rcfuzz_cpu(void)
{
	return rcfuzz_host->cpu(rcfuzz_host->ctx);
}

/* ---- slab ------------------------------------------------------------------- */

struct kmem_cache {
	unsigned int size;
	void (*ctor)(void *object);
	bool tried, zeroes; /* the constructor has run; it makes an object of zeroes, as those of page tables do */
};
#define CACHES 16
static struct kmem_cache caches[CACHES];
static unsigned int cache_count;

static struct kmem_cache *make_cache(unsigned int size, void (*ctor)(void *))
{
	if (cache_count == CACHES)
		return NULL;
	caches[cache_count] = (struct kmem_cache){.size = size, .ctor = ctor};
	return &caches[cache_count++];
}

static void may_sleep_to_allocate(void)
{
	may_sleep("a sleeping allocation with a spinlock held");
	point(POINT_ALLOC, "memory", NULL);
}

static void *take(size_t size, gfp_t gfp, enum kmem_kind kind, const void *caller)
{
	if (gfp & __GFP_DIRECT_RECLAIM)
		may_sleep_to_allocate();
	return rcfuzz_host->alloc(rcfuzz_host->ctx, size,
				  size >= 4096 ? 4096
				  : size >= 64 ? 64
					       : 16,
				  gfp & __GFP_ZERO, kind, caller);
}

static void give(const void *p, enum kmem_kind kind, const void *caller)
{
	rcfuzz_step();
	if (p)
		rcfuzz_host->free(rcfuzz_host->ctx, (void *)p, kind, caller);
}

static bool all_zero(const void *object, size_t size)
{
	const unsigned long *word = object, *end = word + size / sizeof(*word);

	while (word < end && !*word)
		word++;
	return word == end;
}

/* Caches with a constructor are those of kvm-pte and kvm-pmd: page tables. */
static enum kmem_kind kind_of(const struct kmem_cache *cache)
{
	return cache->ctor ? KMEM_PGTABLE : KMEM_SLAB;
}

/* Tables are aligned to their size. */
static void *take_cached(struct kmem_cache *cache, gfp_t gfp, const void *caller)
{
	size_t align = cache->size & (cache->size - 1) ? 64 : cache->size;
	void *object;

	if (gfp & __GFP_DIRECT_RECLAIM)
		may_sleep_to_allocate();
	object = rcfuzz_host->alloc(rcfuzz_host->ctx, cache->size, align, cache->ctor || (gfp & __GFP_ZERO),
				    kind_of(cache), caller);
	if (object && cache->ctor) {
		cache->ctor(object);
		if (!cache->tried) {
			cache->tried = true;
			cache->zeroes = all_zero(object, cache->size);
		}
	}
	return object;
}

#ifdef RCFUZZ_HAVE_alloc_hooks
void *__kmalloc_noprof(size_t size, gfp_t gfp)
{
	return take(size, gfp, KMEM_SLAB, CALLER);
}

void *__kmalloc_cache_noprof(struct kmem_cache *cache, gfp_t gfp, size_t size)
{
	return take(size, gfp, KMEM_SLAB, CALLER);
}

void *__kmalloc_large_noprof(size_t size, gfp_t gfp)
{
	return take(size, gfp, KMEM_SLAB, CALLER);
}

void *kmem_cache_alloc_noprof(struct kmem_cache *cache, gfp_t gfp)
{
	return take_cached(cache, gfp, CALLER);
}

void *kmem_cache_alloc_lru_noprof(struct kmem_cache *cache, struct list_lru *lru, gfp_t gfp)
{
	return take_cached(cache, gfp, CALLER);
}

void *__vcalloc_noprof(size_t n, size_t size, gfp_t gfp)
{
	return take(n * size, gfp | __GFP_ZERO, KMEM_VMALLOC, CALLER);
}

void *vzalloc_noprof(unsigned long size)
{
	return take(size, GFP_KERNEL | __GFP_ZERO, KMEM_VMALLOC, CALLER);
}

struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size, struct kmem_cache_args *args,
					    slab_flags_t flags)
{
	return make_cache(size, args ? args->ctor : NULL);
}
#else
void *__kmalloc(size_t size, gfp_t gfp)
{
	return take(size, gfp, KMEM_SLAB, CALLER);
}

void *kmalloc_trace(struct kmem_cache *cache, gfp_t gfp, size_t size)
{
	return take(size, gfp, KMEM_SLAB, CALLER);
}

void *kmalloc_large(size_t size, gfp_t gfp)
{
	return take(size, gfp, KMEM_SLAB, CALLER);
}

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	return take_cached(cache, gfp, CALLER);
}

void *kmem_cache_alloc_lru(struct kmem_cache *cache, struct list_lru *lru, gfp_t gfp)
{
	return take_cached(cache, gfp, CALLER);
}

void *vzalloc(unsigned long size)
{
	return take(size, GFP_KERNEL | __GFP_ZERO, KMEM_VMALLOC, CALLER);
}

void *__vcalloc(size_t n, size_t size, gfp_t gfp)
{
	return take(n * size, gfp | __GFP_ZERO, KMEM_VMALLOC, CALLER);
}

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align, slab_flags_t flags,
				     void (*ctor)(void *))
{
	return make_cache(size, ctor);
}
#endif

void kfree(const void *p)
{
	if (!ZERO_OR_NULL_PTR(p))
		give(p, KMEM_SLAB, CALLER);
}

static noinline void tell_freed_unlocked(const void *table)
{
	const void *callers[TARGET_CALLERS];

	get_callers(callers);
	rcfuzz_host->table_freed_unlocked(rcfuzz_host->ctx, table, callers);
}

/* A cache with a constructor hands out what was freed as it is: it must be in the constructed state. */
void kmem_cache_free(struct kmem_cache *cache, void *p)
{
	if (p && cache->zeroes && !all_zero(p, cache->size))
		report(REPORT_MEMORY, NULL, 0, NULL, "a table is given back with entries in it");
	if (p && cache->zeroes && !rcfuzz_mmu_locked())
		tell_freed_unlocked(p);
	give(p, kind_of(cache), CALLER);
}

void kmem_cache_destroy(struct kmem_cache *cache)
{
}

/* Of what may be either, this code frees only what came from vcalloc. */
void kvfree(const void *p)
{
	give(p, KMEM_VMALLOC, CALLER);
}

void vfree(const void *p)
{
	give(p, KMEM_VMALLOC, CALLER);
}

/* pgd_alloc, pud_alloc_one (kernel: from slab caches of their size, zeroed). */
void *rcfuzz_pgtable_alloc(unsigned long bytes)
{
	may_sleep_to_allocate();
	return rcfuzz_host->alloc(rcfuzz_host->ctx, bytes, bytes, true, KMEM_PGTABLE, CALLER);
}

void rcfuzz_pgtable_free(void *table, unsigned long bytes)
{
	give(table, KMEM_PGTABLE, CALLER);
}

/* ---- pages and user memory --------------------------------------------------- */

#define TOUCHED_PAGES 4096
static struct page *page_array __section("rcfuzz_keep");
static unsigned long first_page, pages_total;
static unsigned int touched[TOUCHED_PAGES] __section("rcfuzz_keep");
static unsigned int touched_count __section("rcfuzz_keep");

void rcfuzz_set_pages(struct page *array, unsigned long first_pfn, unsigned long count)
{
	while (touched_count)
		memset(&page_array[touched[--touched_count]], 0, sizeof(struct page));
	page_array = array;
	first_page = first_pfn;
	pages_total = count;
	vmemmap = array - first_pfn;
}

int rcfuzz_pfn_valid(unsigned long pfn)
{
	return pfn - first_page < pages_total;
}

/* The page's own reference is 1, each pin adds one. */
static struct page *get_frame(unsigned long hpa)
{
	unsigned long index = (hpa >> PAGE_SHIFT) - first_page;
	struct page *page = page_array + index;

	if (!page_ref_count(page)) {
		if (touched_count == TOUCHED_PAGES)
			return NULL;
		touched[touched_count++] = index;
		set_page_count(page, 1);
	}
	page_ref_inc(page);
	return page;
}

_Bool rcfuzz_page_pinned(unsigned long hpa)
{
	unsigned long index = (hpa >> PAGE_SHIFT) - first_page;

	return index < pages_total && page_ref_count(page_array + index) > 1;
}

static int gup(unsigned long start, int nr, unsigned int flags, bool fast, struct page **pages)
{
	bool writable;
	u64 hpa;

	if (nr != 1)
		rcfuzz_unreachable("get_user_pages_fast of several pages");
	point(POINT_USER, fast ? "gup-fast" : "gup", NULL);
	if (!rcfuzz_host->gup(rcfuzz_host->ctx, start, flags & FOLL_WRITE, fast, &hpa, &writable))
		return fast ? 0 : -EFAULT;
	pages[0] = get_frame(hpa);
	return pages[0] ? 1 : -EFAULT;
}

int get_user_pages_fast(unsigned long start, int nr, unsigned int flags, struct page **pages)
{
	may_sleep("get_user_pages with a spinlock held");
	return gup(start, nr, flags, false, pages);
}

int get_user_pages_fast_only(unsigned long start, int nr, unsigned int flags, struct page **pages)
{
	rcfuzz_step();
	return gup(start, nr, flags, true, pages);
}

/* hva_to_pfn_slow's way in; kernel: mm/gup.c. */
long get_user_pages_unlocked(unsigned long start, unsigned long nr, struct page **pages, unsigned int flags)
{
	may_sleep("get_user_pages with a spinlock held");
	return gup(start, nr, flags, false, pages);
}

int set_page_dirty_lock(struct page *page)
{
	return 0;
}

/* The last reference of a page of guest memory is the VMM's mapping; the kernel has dropped one too many. */
void __folio_put(struct folio *folio)
{
	report(REPORT_MEMORY, NULL, 0, NULL, "a page reference is dropped once too often");
	page_ref_inc(&folio->page);
}

#define QUADRANT(addr) ((unsigned long)(addr) >> 62)
#define GUEST_HVA_BASE 0x7e0000000000ul /* src/scenario/layout.c */
/* Its slots and no more: the loader puts rcfuzz's own memory, with the bitmaps of harvests, as low as 0x7ef000000000.
 */
#define GUEST_HVA_END (GUEST_HVA_BASE + (4ul << 30))

static unsigned long user_copy(unsigned long user, void *buffer, unsigned long n, bool store)
{
	rcfuzz_step();
	point(POINT_USER, store ? "write" : "read", NULL);
	/* __kvmhv_copy_tofrom_guest_radix: quadrant 1 has the LPID and PID of the registers, quadrant 2 PID 0. */
	if (QUADRANT(user))
		return rcfuzz_host->quadrant_copy(rcfuzz_host->ctx, self()->spr_lpid,
						  QUADRANT(user) == 1 ? self()->spr_pid : 0, user & ~(3ul << 62),
						  buffer, n, store);
	if (user >= GUEST_HVA_BASE && user < GUEST_HVA_END)
		return rcfuzz_host->user_copy(rcfuzz_host->ctx, user, buffer, n, store);
	memcpy(store ? (void *)user : buffer, store ? buffer : (void *)user, n);
	return 0;
}

unsigned long rcfuzz_copy_from_user(void *to, const void *from, unsigned long n)
{
	return user_copy((unsigned long)from, to, n, false);
}

unsigned long rcfuzz_copy_to_user(void *to, const void *from, unsigned long n)
{
	return user_copy((unsigned long)to, (void *)from, n, true);
}

/* ---- registers and translation ------------------------------------------------ */

unsigned long rcfuzz_mfspr(int rn)
{
	switch (rn) {
	case SPRN_LPID:
		return self()->spr_lpid;
	case SPRN_PID:
		return self()->spr_pid;
	default:
		return 0;
	}
}

void rcfuzz_mtspr(int rn, unsigned long v)
{
	if (rn == SPRN_LPID)
		self()->spr_lpid = v;
	else if (rn == SPRN_PID)
		self()->spr_pid = v;
}

void rcfuzz_pte_written(void *ptep, unsigned long old, unsigned long new, void *caller)
{
	const void *callers[TARGET_CALLERS];

	if (old == new)
		return;
	get_callers(callers);
	rcfuzz_host->pte_written(rcfuzz_host->ctx, ptep, old, new, rcfuzz_mmu_locked(), callers);
}

/* Of what xchg, set_bit_le and kvmhv_insert_nest_rmap change, only rmaps and dirty bitmaps are of interest. */
void rcfuzz_word_written(const void *word)
{
	unsigned long offset = (unsigned long)word - rcfuzz_host->memory_base;
	const void *callers[TARGET_CALLERS];

	if (offset >= rcfuzz_host->memory_size ||
	    MEMORY_KIND(rcfuzz_host->memory_lines[offset / MEMORY_LINE]) != KMEM_VMALLOC)
		return;
	get_callers(callers);
	rcfuzz_host->word_written(rcfuzz_host->ctx, (const void *)((unsigned long)word & ~7ul), callers);
}

void rcfuzz_table_linked(void *parent_entry, void *table)
{
	rcfuzz_host->table_linked(rcfuzz_host->ctx, parent_entry, table);
}

void radix__flush_tlb_lpid_page(unsigned int lpid, unsigned long addr, unsigned long page_size)
{
	rcfuzz_step();
	point(POINT_TLBIE, "page", NULL);
	rcfuzz_host->tlbie_page(rcfuzz_host->ctx, lpid, addr, ilog2(page_size));
}

void radix__flush_pwc_lpid(unsigned int lpid)
{
	rcfuzz_step();
	point(POINT_TLBIE, "pwc", NULL);
	rcfuzz_host->tlbie_pwc(rcfuzz_host->ctx, lpid);
}

void radix__flush_all_lpid(unsigned int lpid)
{
	rcfuzz_step();
	point(POINT_TLBIE, "lpid", NULL);
	rcfuzz_host->tlbie_lpid(rcfuzz_host->ctx, lpid);
}

/* arch/powerpc/mm/book3s64/pgtable.c: sets the entry, then flush_partition(). */
void mmu_partition_table_set_entry(unsigned int lpid, unsigned long dw0, unsigned long dw1, bool flush)
{
	point(POINT_PTE, "partition", NULL);
	rcfuzz_host->partition_entry(rcfuzz_host->ctx, lpid, dw0, dw1);
	if (flush)
		radix__flush_all_lpid(lpid);
}

/* Process-scoped invalidation for L1: its own tables are not modelled, nothing of theirs is cached. */
void do_h_rpt_invalidate_prt(unsigned long pid, unsigned long lpid, unsigned long type, unsigned long pg_sizes,
			     unsigned long start, unsigned long end)
{
}

/* tlbiel of book3s_hv_p9_entry.c:flush_guest_tlb, for the guest that is about to run. */
void rcfuzz_tlbiel(unsigned long rb, unsigned long rs, int ric, int prs, int r)
{
	point(POINT_TLBIE, "local", NULL);
	rcfuzz_host->tlbiel_lpid(rcfuzz_host->ctx, rcfuzz_cpu(), self()->spr_lpid, ric, prs);
}

long kvmppc_alloc_lpid(void)
{
	unsigned int lpid = rcfuzz_next_lpid;

	rcfuzz_next_lpid = 0;
	return lpid ? lpid : rcfuzz_host->lpid_alloc(rcfuzz_host->ctx);
}

void kvmppc_free_lpid(long lpid)
{
	rcfuzz_host->lpid_free(rcfuzz_host->ctx, lpid);
}

void rcfuzz_services_reset(void)
{
	memset(task_data, 0, sizeof(task_data));
}
