/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * internal.h: struct machine, and what the files of this folder share. Nobody
 * else includes it, but for their tests.
 *
 * The struct is one lazily touched mapping: tables have the size of the worst
 * case, and a reset visits only what a world used.
 */
#ifndef RCFUZZ_MACHINE_INTERNAL_H
#define RCFUZZ_MACHINE_INTERNAL_H

#include "machine.h"

#include <assert.h>
#include <endian.h>

#if defined(__SANITIZE_ADDRESS__)
#define MACHINE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MACHINE_ASAN 1
#endif
#endif
#ifdef MACHINE_ASAN
#include <sanitizer/asan_interface.h>
#define MACHINE_POISON(p, n) __asan_poison_memory_region((p), (n))
#define MACHINE_UNPOISON(p, n) __asan_unpoison_memory_region((p), (n))
#else
#define MACHINE_POISON(p, n) ((void)(p), (void)(n))
#define MACHINE_UNPOISON(p, n) ((void)(p), (void)(n))
#endif

/* ---- radix entries (Power ISA 3.1, Book III, 6.7.10; 6.7.6) ---------------------- */

#define RADIX_V 0x8000000000000000ull	 /* PDE, PTE bit 0: valid */
#define RADIX_LEAF 0x4000000000000000ull /* bit 1: this is a PTE */
#define RADIX_RPN 0x01fffffffffff000ull	 /* PTE bits 7:51 */
#define RADIX_R 0x100ull		 /* PTE bit 55: reference */
#define RADIX_C 0x080ull		 /* PTE bit 56: change */
#define RADIX_READ 0x4ull		 /* PTE bits 60:63, EAA: 8 privileged, */
#define RADIX_WRITE 0x2ull		 /* 4 read, 2 read and write, 1 execute */
#define RADIX_EXEC 0x1ull
#define RADIX_NLB 0x0fffffffffffff00ull /* PDE bits 4:55; RPDB has the same place */
#define RADIX_NLS 0x1full		/* PDE bits 59:63; RPDS has the same place */

#define PATE_HR 0x8000000000000000ull	/* partition table entry, dw0 bit 0: host radix */
#define PATE_PRTB 0x0ffffffffffff000ull /* dw1 bits 4:51: process table base */
#define PATE_PRTS 0x1full		/* dw1 bits 59:63: its size is 2^(12 + PRTS) bytes */
#define PROCESS_ENTRY_BYTES 16u

#define RADIX_ROOT_SHIFT 39u   /* below the 13 bits of the root's index */
#define RADIX_ADDRESS_BITS 52u /* the one size of tree that processors have: RTS = 52 - 31 */
#define SHIFT_2M 21u
#define SHIFT_1G 30u

/* Where a walk stands: a table, and how many bits of the address its index and what follows take. */
struct radix_cursor {
	uint64_t table; /* real address */
	uint32_t bits;	/* index width */
	uint32_t shift; /* address bits that are left below this index */
};

enum radix_step { RADIX_STEP_NEXT, RADIX_STEP_LEAF, RADIX_STEP_NONE, RADIX_STEP_BAD };

/* Begin at the doubleword of a partition or process table entry. False: no tree that a processor supports. */
bool radix_root(uint64_t dw0, struct radix_cursor *cursor);
/* Real address of the entry for addr in the cursor's table. */
static inline uint64_t radix_entry_address(const struct radix_cursor *cursor, uint64_t addr)
{
	return cursor->table + (((addr >> cursor->shift) & ((1ull << cursor->bits) - 1)) << 3);
}
/* What the entry (in CPU order) read there says; NEXT: the cursor has moved down. */
enum radix_step radix_step(struct radix_cursor *cursor, uint64_t entry);

static inline bool radix_readable(uint64_t pte)
{
	return (pte & (RADIX_READ | RADIX_WRITE)) != 0;
}

/* The hardware reads table entries whole, whatever the kernel does to them meanwhile. */
static inline uint64_t radix_load(uint64_t real)
{
	return be64toh(__atomic_load_n((const uint64_t *)(uintptr_t)real, __ATOMIC_RELAXED));
}

static inline void radix_store(uint64_t *entry, uint64_t value)
{
	__atomic_store_n(entry, htobe64(value), __ATOMIC_RELAXED);
}

/* ---- frames (memory.c) ---------------------------------------------------- */

#define FRAMES_MAX (MACHINE_FRAMES_BYTES >> 12)
#define HUGE_BLOCKS (MACHINE_FRAMES_BYTES >> SHIFT_2M)
#define TOUCH_SHIFT 9u /* content is zeroed in units of 512 bytes */
#define TOUCH_UNITS (MACHINE_FRAMES_BYTES >> TOUCH_SHIFT)
/* Words of the touch map that a frame takes, at most (64 KiB). */
#define TOUCH_WORDS_MAX 2u

struct frames {
	uint32_t page_shift, count;
	uint32_t block_shift;		/* frame >> block_shift: its 2 MiB block */
	uint32_t small_next, small_end; /* frames of the current block for small allocations */
	uint32_t blocks_handed_out;	/* blocks are handed out in order */
	uint32_t free_head, free_tail;	/* freed frames, oldest first */

	/* What the reset has to undo. */
	uint32_t opened_count, touched_count;
	uint32_t opened[HUGE_BLOCKS];
	uint8_t is_opened[HUGE_BLOCKS];
	uint16_t in_use_count[HUGE_BLOCKS];
	uint64_t touch_map[TOUCH_UNITS / 64];
	uint32_t touched[TOUCH_UNITS];

	uint32_t version[FRAMES_MAX];
	uint8_t in_use[FRAMES_MAX];
	uint8_t is_free[FRAMES_MAX]; /* in the list of freed frames */
	uint32_t free_next[FRAMES_MAX], free_previous[FRAMES_MAX];
};

void frames_reset(struct frames *frames, uint32_t page_shift);
void frames_open(struct frames *frames, uint32_t block);
/* The parts of a frame that were ever written; map has TOUCH_WORDS_MAX words. */
void frames_touched(const struct frames *frames, uint32_t frame, uint64_t *map);
void frames_note_write(struct frames *frames, uint64_t hpa, size_t n);

static inline bool hpa_in_frames(uint64_t hpa)
{
	return hpa - MACHINE_FRAMES_BASE < MACHINE_FRAMES_BYTES;
}

static inline void frames_bump(struct frames *frames, uint64_t hpa)
{
	uint32_t frame = (uint32_t)((hpa - MACHINE_FRAMES_BASE) >> frames->page_shift);

	if (__builtin_expect(!frames->is_opened[frame >> frames->block_shift], 0))
		frames_open(frames, frame >> frames->block_shift);
	frames->version[frame]++;
}

/* ---- kernel memory (kmem.c) ----------------------------------------------- */

#define KMEM_GRANULE MACHINE_KMEM_LINE
#define KMEM_ALLOCS_MAX (MACHINE_KMEM_BYTES / (2 * KMEM_GRANULE))
#define KMEM_ARENA_PAGES (MACHINE_KMEM_BYTES >> 12)
#define KMEM_WORDS (MACHINE_KMEM_BYTES >> 3)
#define KMEM_KIND_MACHINE 15u /* the machine's own tables: no leak, no overflow of the kernel's */

struct kmem_alloc {
	uint32_t start, size; /* bytes from the base */
	uint8_t kind;
	bool freed;
	bool large;	/* machine_kmem_note_write tells which words were written */
	bool dense;	/* whole, never mind what was noted */
	uint32_t noted; /* words that were noted */
	const void *alloc_site, *free_site;
};

struct kmem {
	uint32_t cursor; /* next free byte */
	uint32_t count;
	uint32_t pages;				  /* entries of first[] that are set */
	uint32_t note_count;			  /* of words written in large allocations */
	struct kmem_alloc alloc[KMEM_ALLOCS_MAX]; /* sorted by address */
	uint32_t first[KMEM_ARENA_PAGES]; /* for each 4 KiB page: where to look for the allocation of its first byte */
	uint32_t large[KMEM_ARENA_PAGES]; /* 1 + the large allocation that covers (some of) the page, 0: none */
	uint8_t lines[MACHINE_KMEM_BYTES / MACHINE_KMEM_LINE]; /* see machine_kmem_lines */
	uint64_t note_map[KMEM_WORDS / 64];
	uint32_t note[KMEM_WORDS];
};

void kmem_init(struct kmem *kmem);
void kmem_reset(struct kmem *kmem);
/* For tests, and after each reset when RCFUZZ_CHECK_RESET is set: nothing of the last world is left. */
bool kmem_is_zero(const struct kmem *kmem, size_t bytes);
/* As machine_kmem_state, for the walk: has [addr, addr+8) been allocated and not been freed? */
bool kmem_is_live_word(const struct kmem *kmem, uint64_t addr);
bool frames_is_zero(const struct frames *frames, size_t bytes);

/* ---- caches of the hardware (tlb.c) --------------------------------------- */

/*
 * One set-associative cache serves as TLB and as page walk cache. An entry is
 * valid while it was filled later than every flush that covers it; `born` and
 * the flush times come from one clock, so flushing an LPID is one store.
 */
#define CACHE_WAYS 4u

struct cache_entry {
	uint64_t key; /* page, LPID and size; 0: empty */
	uint64_t born;
	uint64_t value; /* the PTE or PDE as it was read */
	uint64_t where; /* its real address */
};

#define TLB_SETS 1024u
#define PWC_SETS 128u

/* A translation of an effective address, through both dimensions. Rare, so a plain list. */
#define PROCESS_TLB_MAX 128u
struct process_entry {
	uint64_t page; /* effective address >> shift */
	uint32_t lpid, pid;
	uint32_t shift;	    /* of this entry: the smaller of both dimensions' */
	uint32_t gpa_shift; /* of the partition-scoped PTE it derives from */
	uint64_t gpa, hpa;  /* of the page */
	uint64_t where;	    /* real address of the partition-scoped PTE */
	uint64_t pte;	    /* the partition-scoped PTE, with the rights that both dimensions give */
};

struct pate_entry {
	uint64_t dw0, dw1, born;
};

struct cpu {
	struct cache_entry tlb[TLB_SETS][CACHE_WAYS];
	struct cache_entry pwc[PWC_SETS][CACHE_WAYS];
	struct process_entry process[PROCESS_TLB_MAX]; /* oldest first */
	uint32_t process_count;
	uint32_t tlb_shifts; /* sizes to look for; bit n: since the reset, an entry of 2^n bytes was filled */
	uint64_t tlb_flushed, pwc_flushed, pate_flushed; /* when last, whole */
	uint64_t tlb_flushed_lpid[MACHINE_LPIDS];
	uint64_t pwc_flushed_lpid[MACHINE_LPIDS];
	uint64_t pate_flushed_lpid[MACHINE_LPIDS];
	struct pate_entry pate[MACHINE_LPIDS];
};

static inline uint64_t cache_key(uint64_t addr, uint32_t shift, uint32_t lpid)
{
	return (addr >> shift) << 16 | (uint64_t)lpid << 8 | shift;
}

static inline uint32_t cache_shift(const struct cache_entry *e)
{
	return e->key & 0xff;
}

/* Neighbouring pages of an LPID lie in different sets. */
static inline uint32_t cache_hash(uint64_t key)
{
	return (uint32_t)(key >> 16) ^ (uint32_t)(key >> 4);
}

/* The valid entry of a set, or NULL. */
static inline struct cache_entry *cache_find(struct cache_entry *set, uint64_t key, uint64_t flushed,
					     uint64_t flushed_lpid)
{
	for (uint32_t way = 0; way < CACHE_WAYS; way++) {
		if (set[way].key == key)
			return set[way].born >= flushed && set[way].born >= flushed_lpid ? &set[way] : NULL;
	}
	return NULL;
}

static inline struct cache_entry *tlb_find(struct cpu *cpu, uint32_t lpid, uint64_t addr, uint32_t shift)
{
	uint64_t key = cache_key(addr, shift, lpid);

	return cache_find(cpu->tlb[cache_hash(key) % TLB_SETS], key, cpu->tlb_flushed, cpu->tlb_flushed_lpid[lpid]);
}

static inline struct cache_entry *pwc_find(struct cpu *cpu, uint32_t lpid, uint64_t addr, uint32_t shift)
{
	uint64_t key = cache_key(addr, shift, lpid);

	return cache_find(cpu->pwc[cache_hash(key) % PWC_SETS], key, cpu->pwc_flushed, cpu->pwc_flushed_lpid[lpid]);
}

void tlb_fill(struct machine *m, struct cpu *cpu, uint32_t lpid, uint64_t addr, uint32_t shift, uint64_t pte,
	      uint64_t where);
void pwc_fill(struct machine *m, struct cpu *cpu, uint32_t lpid, uint64_t addr, uint32_t shift, uint64_t pde,
	      uint64_t where);
/* The partition table entry as this CPU sees it: cached, or read (and then cached) now. */
struct pate_entry pate_lookup(struct machine *m, struct cpu *cpu, uint32_t lpid);
struct process_entry *process_tlb_find(struct cpu *cpu, uint32_t lpid, uint32_t pid, uint64_t addr);
void process_tlb_fill(struct cpu *cpu, const struct process_entry *entry);
void tlb_reset(struct machine *m);
struct machine_leaf leaf_of(const struct machine *m, uint64_t addr, uint32_t shift, uint64_t pte, uint64_t where);

/* ---- the partition-scoped walk (radix.c) ----------------------------------- */

#define RADIX_DIRECTORIES_MAX 3u

struct walk {
	enum machine_status status; /* DONE: a valid leaf */
	uint32_t dsisr;		    /* FAULT: why there is none */
	uint32_t shift;
	uint64_t pte;
	uint64_t where; /* of the entry that was read last; BAD_WALK: of the one that it wanted to read */
	/* The directory entries on the way, for the page walk cache. */
	uint32_t pde_count;
	uint32_t pde_shift[RADIX_DIRECTORIES_MAX];
	uint64_t pde[RADIX_DIRECTORIES_MAX], pde_where[RADIX_DIRECTORIES_MAX];
};

/* Walk for a CPU: from its page walk cache, or else from its partition table cache; fills both. */
void radix_walk(struct machine *m, struct cpu *cpu, uint32_t lpid, uint64_t addr, struct walk *walk);

/* ---- the VMM's process (hostmm.c) ------------------------------------------ */

#define HOSTMM_VMAS_MAX 64u
#define HOSTMM_PAGES_MAX 8192u
#define HOSTMM_REGIONS_MAX 512u /* of 2 MiB, with a mapping in them */
#define HOSTMM_SWAP_BYTES ((size_t)HOSTMM_PAGES_MAX << 16)
#define HOSTMM_TABLES_MAX 256u

struct hostmm_vma {
	uint64_t start;
	uint32_t pages;
	uint32_t first_page, first_region; /* indices below */
};

struct hostmm_page {
	uint32_t frame;			   /* NONE: paged out, the content is in the swap store */
	uint32_t version;		   /* of the swapped content */
	uint64_t swapped[TOUCH_WORDS_MAX]; /* the parts of it that are in the swap store */
	bool writable;
	bool cow; /* read-only by protect: a store gets a frame of its own */
};

/* 2 MiB of hva. */
struct hostmm_region {
	uint64_t *pmd;	 /* its entry in the third level */
	uint64_t *table; /* its last level; kept while a huge leaf is in force, as Linux deposits it */
	bool huge;
	uint8_t changing; /* how many operations are under way that are about pages of it: it is not collapsed then */
};

struct hostmm {
	uint64_t *pgd;
	struct hostmm_notifier notifier;
	uint32_t vma_count, page_count, region_count;
	struct hostmm_vma vma[HOSTMM_VMAS_MAX];
	struct hostmm_page page[HOSTMM_PAGES_MAX];
	struct hostmm_region region[HOSTMM_REGIONS_MAX];
	unsigned char *swap;
};

void hostmm_reset(struct machine *m);

/* ---- all of it -------------------------------------------------------------- */

struct machine {
	struct machine_config config;
	uint64_t clock; /* of cache_entry.born; never goes back */
	bool check_reset;
	bool distrusted; /* see machine_distrust */
	uint64_t partition_table[MACHINE_LPIDS][2];
	struct cpu cpu[MACHINE_CPUS];
	struct frames frames;
	struct kmem kmem;
	struct hostmm hostmm;
};

#endif
