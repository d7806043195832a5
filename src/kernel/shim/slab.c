/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slab.c: the kernel's allocators.
 * Each function stands for the kernel's function of the same name unless it says otherwise.
 */
#include "features.h"
#include "services.h"

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
	rcfuzz_may_sleep("a sleeping allocation with a spinlock held");
	rcfuzz_yield(POINT_ALLOC, "memory", NULL);
}

/* Part of the function that the kernel calls: its caller is who wants memory, or gives it back. */
static __always_inline void *take(size_t size, gfp_t gfp, enum kmem_kind kind)
{
	const void *callers[TARGET_CALLERS];

	if (gfp & __GFP_DIRECT_RECLAIM)
		may_sleep_to_allocate();
	rcfuzz_here(callers);
	return rcfuzz_host->alloc(rcfuzz_host->ctx, size,
				  size >= 4096 ? 4096
				  : size >= 64 ? 64
					       : 16,
				  gfp & __GFP_ZERO, kind, callers);
}

static __always_inline void give(const void *p, enum kmem_kind kind)
{
	const void *callers[TARGET_CALLERS];

	rcfuzz_step();
	if (!p)
		return;
	rcfuzz_here(callers);
	rcfuzz_host->free(rcfuzz_host->ctx, (void *)p, kind, callers);
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
static __always_inline void *take_cached(struct kmem_cache *cache, gfp_t gfp)
{
	size_t align = cache->size & (cache->size - 1) ? 64 : cache->size;
	const void *callers[TARGET_CALLERS];
	void *object;

	if (gfp & __GFP_DIRECT_RECLAIM)
		may_sleep_to_allocate();
	rcfuzz_here(callers);
	object = rcfuzz_host->alloc(rcfuzz_host->ctx, cache->size, align, cache->ctor || (gfp & __GFP_ZERO),
				    kind_of(cache), callers);
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
	return take(size, gfp, KMEM_SLAB);
}

void *__kmalloc_cache_noprof(struct kmem_cache *cache, gfp_t gfp, size_t size)
{
	return take(size, gfp, KMEM_SLAB);
}

void *__kmalloc_large_noprof(size_t size, gfp_t gfp)
{
	return take(size, gfp, KMEM_SLAB);
}

void *kmem_cache_alloc_noprof(struct kmem_cache *cache, gfp_t gfp)
{
	return take_cached(cache, gfp);
}

void *kmem_cache_alloc_lru_noprof(struct kmem_cache *cache, struct list_lru *lru, gfp_t gfp)
{
	return take_cached(cache, gfp);
}

void *__vcalloc_noprof(size_t n, size_t size, gfp_t gfp)
{
	return take(n * size, gfp | __GFP_ZERO, KMEM_VMALLOC);
}

void *vzalloc_noprof(unsigned long size)
{
	return take(size, GFP_KERNEL | __GFP_ZERO, KMEM_VMALLOC);
}

struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size, struct kmem_cache_args *args,
					    slab_flags_t flags)
{
	return make_cache(size, args ? args->ctor : NULL);
}
#else
void *__kmalloc(size_t size, gfp_t gfp)
{
	return take(size, gfp, KMEM_SLAB);
}

void *kmalloc_trace(struct kmem_cache *cache, gfp_t gfp, size_t size)
{
	return take(size, gfp, KMEM_SLAB);
}

void *kmalloc_large(size_t size, gfp_t gfp)
{
	return take(size, gfp, KMEM_SLAB);
}

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	return take_cached(cache, gfp);
}

void *kmem_cache_alloc_lru(struct kmem_cache *cache, struct list_lru *lru, gfp_t gfp)
{
	return take_cached(cache, gfp);
}

void *vzalloc(unsigned long size)
{
	return take(size, GFP_KERNEL | __GFP_ZERO, KMEM_VMALLOC);
}

void *__vcalloc(size_t n, size_t size, gfp_t gfp)
{
	return take(n * size, gfp | __GFP_ZERO, KMEM_VMALLOC);
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
		give(p, KMEM_SLAB);
}

static noinline void tell_freed_unlocked(const void *table)
{
	const void *callers[TARGET_CALLERS];

	rcfuzz_here(callers);
	rcfuzz_host->table_freed_unlocked(rcfuzz_host->ctx, table, callers);
}

/* A cache with a constructor hands out what was freed as it is: it must be in the constructed state. */
void kmem_cache_free(struct kmem_cache *cache, void *p)
{
	/* Unlike kfree, it takes no NULL. */
	if (!p)
		rcfuzz_report(REPORT_MEMORY, NULL, 0, NULL, "nothing is given back to a cache");
	if (p && cache->zeroes && !all_zero(p, cache->size))
		rcfuzz_report(REPORT_MEMORY, NULL, 0, NULL, "a table is given back with entries in it");
	if (p && cache->zeroes && !rcfuzz_mmu_locked())
		tell_freed_unlocked(p);
	give(p, kind_of(cache));
}

void kmem_cache_destroy(struct kmem_cache *cache)
{
}

/* Of what may be either, this code frees only what came from vcalloc. */
void kvfree(const void *p)
{
	give(p, KMEM_VMALLOC);
}

void vfree(const void *p)
{
	give(p, KMEM_VMALLOC);
}

/* pgd_alloc, pud_alloc_one (kernel: from slab caches of their size, zeroed). */
void *rcfuzz_pgtable_alloc(unsigned long bytes)
{
	const void *callers[TARGET_CALLERS];

	may_sleep_to_allocate();
	rcfuzz_here(callers);
	return rcfuzz_host->alloc(rcfuzz_host->ctx, bytes, bytes, true, KMEM_PGTABLE, callers);
}

void rcfuzz_pgtable_free(void *table, unsigned long bytes)
{
	give(table, KMEM_PGTABLE);
}
