/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * machine.h: the hardware that the code under test runs on, written from the
 * Power ISA 3.1 (Book III, chapter 6, radix translation) with its own
 * definitions of the bits. Knows nothing of the kernel, scenarios or oracles.
 *
 * One struct machine is created once and reset for each world; a reset costs
 * what was used. Host real addresses (hpa) are also addresses in this process:
 * frames and kernel memory lie in mappings at fixed addresses, so that every run
 * sees the same values.
 */
#ifndef RCFUZZ_MACHINE_H
#define RCFUZZ_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MACHINE_CPUS 4u
#define MACHINE_LPIDS 256u
#define MACHINE_FRAME_NONE UINT32_MAX
#define MACHINE_FRAMES_BASE 0x200000000000ull /* hpa of frame 0; 2 MiB aligned */
#define MACHINE_FRAMES_BYTES (512ull << 20)   /* of address space, touched lazily */
#define MACHINE_KMEM_BASE 0x180000000000ull   /* the kernel's own memory (kmem_*); above the shadow memory of ASan */
#define MACHINE_KMEM_BYTES (48ull << 20)

struct machine;

struct machine_config {
	uint32_t page_shift; /* 12 or 16 */
	uint32_t cpus;	     /* 1..4 */
	bool rc_hw;	     /* the hardware sets partition-scoped R and C itself (rc=hw) */
	bool huge;	     /* host backing: 2 MiB where it fits */
};

/* NULL: no memory, or the fixed addresses are taken (errno says). */
struct machine *machine_create(void);
void machine_destroy(struct machine *m);
/* A fresh machine: no frames in use, no kernel memory, empty caches. */
void machine_reset(struct machine *m, const struct machine_config *config);
/*
 * The kernel has gone wild in this world: it may have written where a reset, which costs what was used, does not look.
 * The next one gives back all of its memory and of the frames.
 */
void machine_distrust(struct machine *m);

/* ---- frames: the memory of guests (memory.c) ---------------------------- */

/* A free frame, or the first of an aligned 2 MiB run; NONE when exhausted. Freed frames are reused, oldest first. */
uint32_t machine_frame_alloc(struct machine *m, bool huge_run);
void machine_frame_free(struct machine *m, uint32_t frame);
uint64_t machine_frame_hpa(const struct machine *m, uint32_t frame);
/* NONE if hpa is not in a frame that is in use. */
uint32_t machine_frame_of(const struct machine *m, uint64_t hpa);
/* The number of the frame that hpa lies in, in use or not (stale translations reach freed ones); NONE: no frame. */
uint32_t machine_frame_number(const struct machine *m, uint64_t hpa);
/* How many there are, in use or not. */
uint32_t machine_frame_count(const struct machine *m);
/* How often the content changed since the allocation; a store bumps it, also of a freed frame. Copies carry it along.
 */
uint32_t machine_frame_version(const struct machine *m, uint32_t frame);
/* Content: bytes. A write bumps the version once. [hpa, hpa+n) lies in one frame, in use or not. */
void machine_write(struct machine *m, uint64_t hpa, const void *bytes, size_t n);
void machine_read(const struct machine *m, uint64_t hpa, void *bytes, size_t n);
/* A store whose bytes do not matter: bumps the version only. */
void machine_touch(struct machine *m, uint64_t hpa);
/* Bytes were changed behind the machine's back (pinned pages): account for the reset, bump the version. */
void machine_written_behind(struct machine *m, uint64_t hpa, size_t n);
void machine_frame_copy(struct machine *m, uint32_t to, uint32_t from);

/* ---- the kernel's own memory (kmem.c) ----------------------------------- */

/*
 * What each line of the kernel's memory is, in a byte: its allocation's kind in the lower half, and in the upper one
 * how many of its doublewords belong to that, from the line's start on. 0: freed, or never allocated.
 */
#define MACHINE_KMEM_LINE 64u
const uint8_t *machine_kmem_lines(const struct machine *m);

enum kmem_state { KMEM_LIVE, KMEM_FREED, KMEM_REDZONE, KMEM_OUTSIDE };

/*
 * NULL when exhausted (about MACHINE_KMEM_BYTES) or size is 0 or absurd. kind: caller's tag, 1..15. site: who wants it,
 * kept as it is, as that of who frees it.
 */
void *machine_kmem_alloc(struct machine *m, size_t size, size_t align, bool zero, unsigned kind, const void *site);
/* Why a free is wrong, or NULL: "double free", "not an allocation", "freed as another kind". Freed memory is poisoned
 * and not reused in this world. */
const char *machine_kmem_free(struct machine *m, void *p, unsigned kind, const void *site);
/* Size asked for at allocation; 0: not a live allocation. */
size_t machine_kmem_size(const struct machine *m, const void *p);
/* What [addr, addr+n) is. *alloc_site, *free_site (may be NULL) get the sites. */
enum kmem_state machine_kmem_state(const struct machine *m, uint64_t addr, size_t n, const void **alloc_site,
				   const void **free_site);
/* The allocation, freed or not, that addr lies in or in whose redzones it lies. False: none. */
struct machine_kmem_object {
	const void *start;
	size_t size;
	unsigned kind;
	bool freed;
	const void *alloc_site, *free_site;
};
bool machine_kmem_object(const struct machine *m, uint64_t addr, struct machine_kmem_object *object);
/* Live allocations since reset, for the leak check: calls fn for each. */
void machine_kmem_each_live(const struct machine *m,
			    void (*fn)(void *ctx, const void *p, size_t size, unsigned kind, const void *site),
			    void *ctx);
/* A written redzone: the allocation it belongs to, or NULL. Called at the end of a world. */
const void *machine_kmem_overflow(const struct machine *m);
/* How many bytes behind it were written, up to the last one of its redzone that was. p: its start. */
size_t machine_kmem_overrun(const struct machine *m, const void *p);
/* Peak bytes used in this world. */
size_t machine_kmem_used(const struct machine *m);
/*
 * Tables of 16 KiB and more that are written sparsely (page directories): tell
 * which word was written so that the reset is cheap. All words or none: of an
 * allocation that was told of, the reset zeroes nothing else.
 */
void machine_kmem_note_write(struct machine *m, const void *word);

/* ---- translation (radix.c, tlb.c, cpu.c) -------------------------------- */

enum machine_access_kind { MACHINE_LOAD, MACHINE_STORE, MACHINE_FETCH };

/* DSISR / HSRR1 bits as the ISA numbers them (Book III, 7.5.3, 7.5.5 and the same for the hypervisor). */
enum {
	DSISR_HW_NO_TRANSLATION = 0x40000000, /* bit 33 */
	DSISR_HW_NOEXEC = 0x10000000,	      /* bit 35, instruction storage only */
	DSISR_HW_PROTECTION = 0x08000000,     /* bit 36 */
	DSISR_HW_STORE = 0x02000000,	      /* bit 38 */
	DSISR_HW_BAD_CONFIG = 0x00080000,     /* bit 44: unsupported radix tree */
	DSISR_HW_SET_RC = 0x00040000,	      /* bit 45: failed to set R or C */
	DSISR_HW_TABLE_ACCESS = 0x00020000,   /* bit 46: in the access to a process-scoped table */
};

enum machine_status {
	MACHINE_DONE,
	MACHINE_FAULT,	     /* HDSI or HISI: dsisr, asdr */
	MACHINE_GUEST_FAULT, /* DSI/ISI to the guest: its process-scoped tables have no translation */
	MACHINE_BAD_WALK,    /* the walk touched kernel memory that is not a live page table */
};

struct machine_access {
	/* in */
	uint32_t cpu, lpid;
	enum machine_access_kind kind;
	uint64_t addr; /* guest real address (real mode) or effective address (process) */
	bool process;  /* translate through the guest's process table (pid) first */
	uint32_t pid;
	/* out */
	enum machine_status status; /* as returned; for machine_guest_copy */
	uint64_t hpa;		    /* DONE */
	uint64_t gpa;		    /* DONE, FAULT: the guest real address that was translated last */
	const void *entry; /* DONE: the partition-scoped entry that it went through, or that the TLB was filled from */
	bool c;		   /* DONE: the translation had C; it always has R */
	uint32_t dsisr;	   /* FAULT, GUEST_FAULT */
	uint64_t asdr;	   /* FAULT */
	bool tlb_hit;
	uint64_t bad_address; /* BAD_WALK: what the walk wanted to read */
	enum kmem_state bad_state;
};

/*
 * One try of one access: look up, walk, fill; on DONE a store has changed the
 * frame (machine_touch) and nothing else. The walk, the fill and the access
 * are one step. A store through an entry with C=0 or too few permissions walks
 * again before it faults.
 */
enum machine_status machine_access(struct machine *m, struct machine_access *access);

/* Copy through both dimensions (quadrants): returns bytes not copied; *last (may be NULL) gets the last access, failed
 * or not. */
size_t machine_guest_copy(struct machine *m, uint32_t cpu, uint32_t lpid, bool process, uint32_t pid, uint64_t addr,
			  void *buf, size_t n, bool store, struct machine_access *last);

/* mmu_partition_table_set_entry: dw0 = root, dw1 = process table. Does not invalidate anything. */
void machine_partition_entry(struct machine *m, uint32_t lpid, uint64_t dw0, uint64_t dw1);

/* Invalidation (Book III, 6.9.3.3). cpu = MACHINE_CPUS: tlbie, all CPUs. */
void machine_tlbie_page(struct machine *m, uint32_t cpu, uint32_t lpid, uint64_t addr, uint32_t shift); /* RIC=0 IS=0 */
void machine_tlbie_lpid(struct machine *m, uint32_t cpu, uint32_t lpid, unsigned ric); /* IS=2, RIC 0, 1, 2, PRS=0 */
void machine_tlbie_process(struct machine *m, uint32_t cpu, uint32_t lpid,
			   unsigned ric); /* IS=2, PRS=1: process-scoped */

/* What the hardware may do by itself. */
void machine_evict_tlb(struct machine *m, uint32_t cpu);
void machine_evict_pwc(struct machine *m, uint32_t cpu);
void machine_evict_pate(struct machine *m, uint32_t cpu);

/* ---- looking, without effect (timeline, state coverage) ------------------ */

struct machine_leaf {
	bool present;
	uint32_t shift;
	uint64_t pte; /* in CPU order */
	uint64_t hpa; /* of the page that addr lies in */
	bool r, c;
	uint8_t perm;	   /* 1 read, 2 write, 4 exec */
	const void *entry; /* where it lies */
};
/* The partition-scoped leaf for addr under lpid, read from the tables as they are now. Never faults. */
struct machine_leaf machine_peek(const struct machine *m, uint32_t lpid, uint64_t addr);
/* Does the entry lie in a table of the tree whose root of 13 bits is at that address? */
bool machine_tree_holds(const struct machine *m, uint64_t root, const void *entry);
/* A TLB entry for it on cpu; .present=false: none. */
struct machine_leaf machine_peek_tlb(const struct machine *m, uint32_t cpu, uint32_t lpid, uint64_t addr);
/* The same, of translations of effective addresses that lead there: one with C, if there is one. */
struct machine_leaf machine_peek_process_tlb(const struct machine *m, uint32_t cpu, uint32_t lpid, uint64_t addr);

/* ---- the VMM's process: the host's own mapping of guest memory (hostmm.c) - */

/* Told before (begin) and after (end) a mapping is taken away or changed: [start, end) of hva. */
struct hostmm_notifier {
	void *ctx;
	void (*begin)(void *ctx, uint64_t start, uint64_t end);
	void (*end)(void *ctx, uint64_t start, uint64_t end);
	/*
	 * A page now maps `frame` (NONE: not mapped): for each page of [start, end)
	 * before end is called, changed or not, and for a page that is faulted in.
	 */
	void (*mapped)(void *ctx, uint64_t hva, uint32_t frame, bool writable);
	/* Has somebody pinned the page since? Then it stays as it is. May be NULL. */
	bool (*pinned)(void *ctx, uint64_t hva);
};
/* A reset forgets the notifier. */
void machine_hostmm_notifier(struct machine *m, const struct hostmm_notifier *notifier);
/*
 * A VMA [hva, hva + pages): all pages are given frames, without a word to the
 * notifier; huge where config.huge and 2 MiB fit. hva is a multiple of 2 MiB.
 * False: no frames or no room for the VMA; nothing can be mapped there in this world.
 */
bool machine_hostmm_map(struct machine *m, uint64_t hva, uint32_t pages);
/* Root of the process's radix tree, for find_kvm_host_pte (13/9/9/{5,9} bits, big-endian entries). */
uint64_t machine_hostmm_pgd(const struct machine *m);
/*
 * Translate as a user access would: brings a paged-out page back, breaks copy on
 * write (through the notifier). fast_only: give up instead. False: no mapping.
 */
bool machine_hostmm_fault(struct machine *m, uint64_t hva, bool write, bool fast_only, uint64_t *hpa, bool *writable);
size_t machine_hostmm_copy(struct machine *m, uint64_t hva, void *buf, size_t n, bool store); /* bytes not copied */
/* The frame of hva now, NONE when paged out; no effect. */
uint32_t machine_hostmm_frame(const struct machine *m, uint64_t hva);
/* The content's version, also of a paged-out page (for migrations). */
uint32_t machine_hostmm_version(const struct machine *m, uint64_t hva);
void machine_hostmm_page_out(struct machine *m, uint64_t hva, uint32_t pages);
void machine_hostmm_move(struct machine *m, uint64_t hva); /* page migration: a new frame, the same content */
void machine_hostmm_protect(struct machine *m, uint64_t hva, uint32_t pages); /* read-only, copy on write */
/* Nobody shares the page any more: a write makes it writable in place, and the notifier is not called. */
void machine_hostmm_unshare(struct machine *m, uint64_t hva);
void machine_hostmm_split(struct machine *m, uint64_t hva);    /* a huge mapping becomes small ones, same frames */
void machine_hostmm_collapse(struct machine *m, uint64_t hva); /* small ones become huge: a new 2 MiB run */

#endif
