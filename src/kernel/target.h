/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * target.h: the only face of the code under test. A target is a loadable module
 * built from a kernel tree (build.h); it exports one symbol, rcfuzz_target, a
 * table of functions in plain C types, and is given a table of services: the
 * hardware and the host's memory that it runs on. No kernel type crosses.
 *
 * All calls into a target may leave by a non-local jump (a crash, a BUG, a hang;
 * see run/), after which only world_begin is allowed.
 */
#ifndef RCFUZZ_TARGET_H
#define RCFUZZ_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TARGET_ABI 12u
/* How many return addresses a report carries, innermost first, those in the target only; the rest is NULL. */
#define TARGET_CALLERS 8
#define TARGET_TASKS 33u
#define TARGET_LOCK_OTHER "other"

/* Why a vCPU left guest mode; what the hardware puts into registers (ISA 3.1, Book III, 7.5). */
struct guest_exit {
	uint32_t trap;	  /* interrupt vector, 0xc00 hcall, 0xe00 HDSI, 0xe20 HISI, 0x980 HDEC, ... ; 0: none */
	uint64_t dar;	  /* HDAR, HISI: the address of the instruction */
	uint32_t dsisr;	  /* HDSISR, or the fault bits of HSRR1 for HISI */
	uint64_t asdr;	  /* guest real address of the fault, low 12 bits 0 */
	uint64_t gpr[12]; /* r3..r14, meaningful for an hcall */
	bool stop;	  /* not an exit: leave vcpu_run for good (end of the world) */
	bool signal;	  /* not an exit: a signal is pending when the guest is to be entered again */
};

/* In which state a vCPU enters guest mode. */
struct guest_entry {
	unsigned vcpu, cpu;
	uint32_t lpid;	  /* whose partition-scoped tables are used */
	bool nested;	  /* an L2 runs */
	uint32_t l1_lpid; /* nested: L1's number for it */
	uint64_t r3;	  /* result of the last hcall when L1 runs */
	bool interrupted; /* L0 has queued an interrupt (DSI, ISI) for the guest: the access failed */
};

/* The kind of a kernel allocation, for the leak check and the timeline. */
enum kmem_kind { KMEM_PGTABLE = 1, KMEM_SLAB, KMEM_PAGES, KMEM_VMALLOC };

/*
 * Kernel memory, line by line (the machine's, machine_kmem_lines): the kind of the allocation, and how many of the
 * line's doublewords belong to it, from its start on. 0: freed, or never allocated.
 */
#define MEMORY_LINE 64u
#define MEMORY_KIND(line) ((line)&15u)
#define MEMORY_WORDS(line) ((line) >> 4)
/*
 * The line is of one allocation as a whole, and not of the kind KMEM_VMALLOC if it is written to: accessed() need not
 * be called for what lies within. As signed numbers of 8 bits, whole lines are those below 0, in the order of their
 * kinds.
 */
#define MEMORY_IS_PLAIN(line, write) ((int8_t)(line) < ((write) ? (int8_t)(0x80 | KMEM_VMALLOC) : 0))

enum target_report_kind {
	REPORT_WARN,
	REPORT_BUG,
	REPORT_UNDEFINED,
	REPORT_LOCK,
	REPORT_HANG,
	REPORT_MEMORY,
	REPORT_UNDEFINED_WORD, /* as REPORT_UNDEFINED, by an operation of 32 bits */
	REPORT_UNDEFINED_INDEX,
	REPORT_UNDEFINED_DIVISION,
	REPORT_UNDEFINED_VALUE,
	REPORT_UNDEFINED_END,
};

/*
 * Yield points: where another CPU may act. X(ID, "kind"). What lies between two of them cannot be seen by others at
 * the level sync; at the level access each read and write of shared memory is one more.
 */
#define TARGET_POINTS(X)                                                                                               \
	X(POINT_LOCK, "lock")	  /* before a lock is taken */                                                         \
	X(POINT_UNLOCK, "unlock") /* after it was given back */                                                        \
	X(POINT_ALLOC, "alloc")	  /* an allocation that may sleep */                                                   \
	X(POINT_SLEEP, "sleep")	  /* cond_resched, a wait for a grace period */                                        \
	X(POINT_TLBIE, "tlbie")	  /* before an invalidation */                                                         \
	X(POINT_PTE, "pte")	  /* before a page table entry changes */                                              \
	X(POINT_USER, "user")	  /* before a copy from or to the memory of the VMM or the guest */                    \
	X(POINT_GUEST, "guest")	  /* before guest mode is entered, after it was left */                                \
	X(POINT_HW, "hw")	  /* before an access of a guest: walk, fill and access are one step */                \
	X(POINT_HOST, "host")	  /* in the host's memory management */                                                \
	X(POINT_READ, "read")	  /* level access: before a read of the kernel's memory, */                            \
	X(POINT_WRITE, "write")	  /* and before a write or an atomic operation */

enum target_point {
#define POINT_MEMBER(id, word) id,
	TARGET_POINTS(POINT_MEMBER)
#undef POINT_MEMBER
		POINT_COUNT
};

/* Does the kernel's code say that an access may meet those of others? */
enum target_marking {
	MARK_PLAIN,
	MARK_ONCE,  /* READ_ONCE, WRITE_ONCE, and what is made of them */
	MARK_ATOMIC /* one step that reads and writes */
};

/*
 * The functions of kernel code that are under way on one stack, by where each returns to: the innermost is that of
 * depth - 1, and each lies in the array at its depth modulo TARGET_CALLS, so that deeper ones push out the outermost.
 */
#define TARGET_CALLS 64u
struct target_calls {
	uint32_t depth;
	const void *callers[TARGET_CALLS];
};

/* A nested guest (struct kvm_nested_guest), and how many references to it the kernel counts. */
struct target_guest {
	const void *guest;
	long references;
};

/* What the rmap of a page holds of an entry. */
enum target_rmap { RMAP_EMPTY, RMAP_OTHERS, RMAP_LISTED, RMAP_FREED };

/* Services that rcfuzz gives to a target. `ctx` is host_services.ctx. */
struct host_services {
	void *ctx;

	/* Kernel memory: zeroed on request, 0 or NULL when the arena is exhausted (the kernel sees -ENOMEM). */
	void *(*alloc)(void *ctx, size_t size, size_t align, bool zero, enum kmem_kind kind,
		       const void *const callers[TARGET_CALLERS]);
	void (*free)(void *ctx, void *p, enum kmem_kind kind, const void *const callers[TARGET_CALLERS]);
	size_t (*alloc_size)(void *ctx, const void *p);

	/* Hardware. */
	void (*partition_entry)(void *ctx, uint32_t lpid, uint64_t dw0, uint64_t dw1);
	void (*tlbie_page)(void *ctx, uint32_t lpid, uint64_t addr, uint32_t shift);
	void (*tlbie_pwc)(void *ctx, uint32_t lpid);  /* RIC=1 */
	void (*tlbie_lpid)(void *ctx, uint32_t lpid); /* RIC=2: TLB, PWC, partition table caching */
	void (*tlbiel_lpid)(void *ctx, unsigned cpu, uint32_t lpid, unsigned ric, unsigned prs); /* this CPU only */
	unsigned (*cpu)(void *ctx); /* the CPU that the running code is on */

	/*
	 * Which task runs: ops that are under way at the same time are different tasks. Set by rcfuzz, read by the
	 * target; below TARGET_TASKS.
	 */
	unsigned task;
	/* Call point() at each yield point. word: what it is about; NULL: the lock at `variable`. */
	bool watched;
	void (*point)(void *ctx, enum target_point kind, const char *word, const void *variable,
		      const void *const callers[TARGET_CALLERS]);
	/*
	 * In a module of the flavour `access`: kernel code is about to access its own memory, [memory_base, memory_base
	 * + memory_size). accessed() is called before each access if watch_access; else before those that do not lie
	 * whole in one line of what is allocated, and before writes to what is of the kind KMEM_VMALLOC:
	 * rmaps and dirty bitmaps.
	 */
	bool watch_access;
	uint64_t memory_base, memory_size;
	const uint8_t *memory_lines;
	uint64_t unwatched_lines; /* how many lines there are, if not watch_access; else 0 */
	void (*accessed)(void *ctx, enum target_point kind, enum target_marking marking, const void *address,
			 size_t size, const void *const callers[TARGET_CALLERS]);
	/*
	 * In a module of the flavour `asan`: kernel code is about to access memory that was freed, or is not its own.
	 * Does not return.
	 */
	void (*bad_access)(void *ctx, enum target_point kind, const void *address, size_t size,
			   const void *const callers[TARGET_CALLERS]);
	/* Of the stack that runs: a module of the flavour `access` keeps them. Set by rcfuzz. */
	struct target_calls *calls;
	/* More than one task may be under way in this world: tell of what they wait for. */
	bool overlap;
	/* Tell of locks: what order they are taken in is the same whether ops overlap or not. */
	bool tell_locks;
	/* tried: it was free, and the kernel would not have waited for it. */
	void (*locked)(void *ctx, const void *lock, bool tried, const void *const callers[TARGET_CALLERS]);
	void (*unlocked)(void *ctx, const void *lock);
	/*
	 * A section of a reader of SRCU begins and ends; a grace period begins, which waits for each reader that there
	 * is. What all of them read is a lock to lock_name().
	 */
	void (*reads)(void *ctx, const void *reader, const void *srcu, const void *const callers[TARGET_CALLERS]);
	void (*has_read)(void *ctx, const void *reader);
	void (*awaits_readers)(void *ctx, const void *srcu, const void *const callers[TARGET_CALLERS]);
	/*
	 * Let others run until wake(what); does not return if nobody is left who could do that (a deadlock), or if the
	 * task itself holds it.
	 */
	void (*wait)(void *ctx, const void *what, const char *why, const void *const callers[TARGET_CALLERS]);
	void (*wake)(void *ctx, const void *what);
	/* What the running task did up to released(what) has happened for those that come to acquired(what) later. */
	void (*acquired)(void *ctx, const void *what);
	void (*released)(void *ctx, const void *what);
	/* Let the others go first, if they can. */
	void (*step_aside)(void *ctx);

	/* Run the guest until it exits: fills *exit. */
	void (*guest_enter)(void *ctx, const struct guest_entry *entry, struct guest_exit *exit);
	/* Copy through quadrant 1 or 2 of the effective address space: returns the bytes not copied. */
	size_t (*quadrant_copy)(void *ctx, uint32_t lpid, uint32_t pid, uint64_t ea, void *buf, size_t n, bool store);

	/* The VMM's memory, by its user-space address. Both may fault pages in. */
	size_t (*user_copy)(void *ctx, uint64_t hva, void *buf, size_t n, bool store); /* bytes not copied */
	bool (*gup)(void *ctx, uint64_t hva, bool write, bool fast_only, uint64_t *hpa, bool *writable);

	/*
	 * A kernel function is about to store to guest memory through a pinned page (VPA, DTL), to the area of n bytes
	 * at gpa, which lies at hpa; and has. In a module of the flavour `access`, if watch_access, the first of the
	 * two is called before each such store: what comes between two of them is seen between them.
	 */
	void (*kernel_writes)(void *ctx, uint64_t gpa, uint64_t hpa, size_t n);
	void (*kernel_wrote)(void *ctx, uint64_t gpa, const char *function);

	/* LPID allocation (book3s_64_mmu_hv.c:kvmppc_alloc_lpid): -1 when none is left. */
	int (*lpid_alloc)(void *ctx);
	void (*lpid_free)(void *ctx, uint32_t lpid);

	/*
	 * A page table entry changed (values in CPU order), mmu_lock held by the task that runs or not; callers: return
	 * addresses, innermost first.
	 */
	void (*pte_written)(void *ctx, void *entry, uint64_t old, uint64_t new, bool locked,
			    const void *const callers[TARGET_CALLERS]);
	/* Kernel code has written a doubleword of the kind KMEM_VMALLOC: of an rmap, or of a dirty bitmap. */
	void (*word_written)(void *ctx, const void *word, const void *const callers[TARGET_CALLERS]);
	/* A page table is given back without mmu_lock held. */
	void (*table_freed_unlocked)(void *ctx, const void *table, const void *const callers[TARGET_CALLERS]);
	void (*table_linked)(void *ctx, void *parent_entry, void *table);

	/*
	 * WARN, BUG, undefined behaviour, a broken lock rule. `what` says which rule.
	 * Returns for WARN, LOCK and MEMORY; does not return for the others.
	 */
	void (*report)(void *ctx, enum target_report_kind kind, const char *file, int line, const char *function,
		       const char *what, const void *const callers[TARGET_CALLERS]);
	/* Counts down at every lock, allocation and service call; at 0 the kernel loops: REPORT_HANG. */
	uint64_t steps_left;
};

struct target_world {
	uint32_t lpid; /* of L1 */
	unsigned vcpus, cpus;
	bool little_endian;
	uint64_t process_pgd;		  /* the VMM's page table, as find_kvm_host_pte reads it */
	uint64_t frame_base, frame_count; /* hpa of frame 0, frames (of the target's page size) */
	void *page_array;		  /* zeroed memory for struct page, frame_count * page_struct_size bytes */
};

enum { TARGET_SLOT_LOG = 1, TARGET_SLOT_READONLY = 2 };

/* What a target module exports, as `rcfuzz_target`. */
struct target {
	uint32_t abi; /* TARGET_ABI */
	uint32_t page_shift;
	const char *info; /* JSON: tree, version, page_size, compiler, flags, files, hash, patches */
	size_t page_struct_size;

	/* Once after loading. */
	void (*attach)(struct host_services *services);

	/* A fresh VM with its vCPUs and no slots. 0 or -errno. */
	int (*world_begin)(const struct target_world *world);
	/* The kernel's own teardown of the VM (only when the scenario asks for it). */
	void (*world_teardown)(void);

	/* ioctls. flags: TARGET_SLOT_. size 0 deletes. Return 0 or -errno. */
	int (*set_memory_region)(unsigned slot, unsigned flags, uint64_t gpa, uint64_t size, uint64_t hva);
	int (*get_dirty_log)(unsigned slot, uint8_t *bitmap, size_t bytes);

	/* MMU notifier of the VMM's address space, [start, end). */
	void (*invalidate_start)(uint64_t start, uint64_t end);
	void (*invalidate_end)(uint64_t start, uint64_t end);
	bool (*clear_flush_young)(uint64_t start, uint64_t end);
	bool (*clear_young)(uint64_t start, uint64_t end);
	bool (*test_young)(uint64_t addr);

	/*
	 * KVM_RUN: runs on the caller's stack and enters the guest through
	 * services.guest_enter again and again until an exit has .stop set.
	 */
	int (*vcpu_run)(unsigned vcpu);

	/* Has the kernel pinned the page that lies at hpa (VPA, DTL)? The host cannot move it then. */
	bool (*page_pinned)(uint64_t hpa);

	/* No kernel code is under way: what waits for a grace period of RCU may be done. */
	void (*quiescent)(void);
	/* The root table of L1's guest with that LPID, 0: of L1 itself. 0: the kernel does not know such a guest. */
	uint64_t (*root_table)(uint32_t l1_lpid);
	/* What an address of kernel memory belongs to: "rmap", "dirty", "kvm" (struct kvm) or "memory". */
	const char *(*memory_name)(const void *address);
	/*
	 * The structure that an object is, in use or freed, by where it lies and its size: "kvm", "kvm_vcpu",
	 * "kvm_nested_guest", "rmap_nested", "kvm_memory_slot", or else "object".
	 */
	const char *(*object_name)(const void *start, size_t size);
	/* What a lock is called: the member that it is, such as "mmu_lock"; TARGET_LOCK_OTHER: not known. */
	const char *(*lock_name)(const void *lock);

	/* Does the task that runs hold mmu_lock? */
	bool (*mmu_locked)(void);
	/* The words of an rmap and of a dirty bitmap that an L1 page has; NULL: none. */
	const void *(*rmap_word)(uint64_t gpa);
	const void *(*bitmap_word)(uint64_t gpa);

	/* Those that the kernel finds by L1's LPIDs, at most max. Returns how many. */
	uint32_t (*nested_guests)(struct target_guest *guests, uint32_t max);
	/* The references to one that it may find no more; 0: it is not there any more. */
	long (*nested_references)(const void *guest);

	/* For timelines and state coverage only: the LPID of the shadow table for L1's guest; -1: none. */
	int (*shadow_lpid)(uint32_t l1_lpid);
	/*
	 * Does the rmap of an L1 page list the shadow entry for n_gpa (an entry of 1 << shift bytes) of L1's guest with
	 * that LPID, so that the host finds it when it harvests, ages or unmaps the page?
	 */
	enum target_rmap (*rmap)(uint64_t gpa, uint32_t l1_lpid, uint64_t n_gpa, uint32_t shift);
};

#endif
