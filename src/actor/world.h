/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * world.h: one VM on one machine while a scenario runs, and the actors' own
 * state in it: which vCPU runs what, what L1 wrote into its tables, what the
 * migrations have copied. The actors turn ops into kernel calls and hardware
 * steps, and tell what happened through `emit`.
 */
#ifndef RCFUZZ_WORLD_H
#define RCFUZZ_WORLD_H

#include "kernel/target.h"
#include "machine/machine.h"
#include "scenario/event.h"
#include "scenario/layout.h"
#include "scenario/scenario.h"
#include "sched/choose.h"
#include "sched/fiber.h"
#include "sched/sched.h"

#include "touches.h"

#include <setjmp.h>

#define WORLD_L2_PAGES 1024u
#define WORLD_LPAGES 2560u /* data and tables, see layout.c; asserted in world_begin */
#define WORLD_PENDING_WRITES 64u
#define WORLD_TOLD_STORES 4u /* a VPA and a DTL, each in pages of its own or of another slot */

enum vcpu_mode { VCPU_OFF, VCPU_L1, VCPU_L2, VCPU_DEAD };

/* What only one op at a time may have: a vCPU, a CPU, the VMM's own lock. */
struct held_by {
	uint8_t task; /* plus one; 0: nobody */
};

struct vcpu {
	struct held_by held;
	struct fiber fiber;
	struct target_calls calls; /* on its stack */
	enum vcpu_mode mode;
	unsigned cpu;
	unsigned guest;				    /* from 1, in mode VCPU_L2 */
	struct guest_entry entry;		    /* of the last entry */
	struct guest_exit exit;			    /* of the next exit */
	uint32_t pending_count;			    /* stores of the kernel that it has not returned from */
	struct event pending[WORLD_PENDING_WRITES]; /* what to say of them when it has */
};

/* The kernel's stores to pinned pages that were told since the last event of another kind. */
struct told_stores {
	uint64_t events; /* of the world, then */
	unsigned vcpu;
	uint32_t count, lpage[WORLD_TOLD_STORES];
};

/* One of L1's entries, as L1 last wrote it. Pages of a large entry all point to its first. */
struct l1_entry {
	bool valid, r, c;
	bool no_read_bit; /* the one for stores permits loads as well (ISA 3.1, Book III, EAA) */
	uint8_t perm;	  /* EVP_ bits: what it permits */
	uint8_t shift;
	uint32_t lpage;	 /* where it points */
	uint32_t base_n; /* first L2 page */
};

struct l1_guest {
	struct held_by tables;			 /* L1's own lock of them */
	uint8_t stopping;			 /* ops that keep the guest from being entered */
	bool created;				 /* the partition table entry is valid */
	bool tree;				 /* root and upper tables are linked */
	uint8_t root;				 /* which of the guest's roots is in use */
	uint64_t pud, pmd;			 /* gpa of the tables below it, 0: none yet */
	bool booted;				 /* L2's process table is in its memory, */
	bool process;				 /* and mapped */
	bool logging;				 /* a migration of it runs */
	uint32_t pool_used;			 /* bytes of the guest's pool */
	uint64_t pte_table[WORLD_L2_PAGES / 32]; /* gpa of the PTE page for each 2 MiB of L2, 0: none */
	struct l1_entry entry[WORLD_L2_PAGES];
	uint32_t copied[WORLD_L2_PAGES];       /* content version that the migration has copied */
	uint8_t was_dirty[WORLD_L2_PAGES / 8]; /* C that was seen when an entry went away */
};

struct host_slot {
	bool exists, logging;
};

#define WORLD_LOCKS_MAX 16u
#define WORLD_READS 256u

/* A kernel lock that an op holds, or a grace period that it holds up, and where it came to that. */
struct held_lock {
	const void *lock;
	const void *named; /* what the target knows a name for: the lock, or what a reader reads */
	const void *callers[TARGET_CALLERS];
	uint16_t op;
	bool tried;    /* it would not have waited for it */
	bool reads;    /* it is a reader of SRCU: others may be so too */
	uint8_t class; /* for who watches: what it knows the lock by; 0 when taken */
};

/* What a task holds, the last one last: what an op has not given back is still there when the task runs another. */
struct held_locks {
	uint32_t count;
	struct held_lock locks[WORLD_LOCKS_MAX];
};

/* An op that is under way. */
struct world_task {
	const struct scenario_op *what;
	uint16_t op;	       /* its index */
	unsigned running;      /* vCPU whose kernel code runs; config->vcpus: none, or the host's */
	bool watched;	       /* yield points matter */
	uint32_t points;       /* that it has passed */
	uint64_t epoch;	       /* a new one after each yield point but reads: reads since then are in world.reads */
	uint32_t buffer_lpage; /* where L1 has told the kernel to write, LAYOUT_NONE: nowhere in particular */
	uint64_t steps_left;   /* while it does not run; else services.steps_left */
	const char *waits;     /* for what it waits, for a report; NULL: it does not */
	const void *waits_for; /* that itself */
	const void *waits_at[TARGET_CALLERS];
	bool tables_unlocked, rmap_unlocked; /* it has changed those without mmu_lock, and that was told */
};

/* A preemption of the scenario while it runs. */
struct world_point {
	uint32_t seen; /* yield points of its name that the victim has passed */
	bool reached;
};

/*
 * Ops that a chooser lets interrupt one another: those of the sequence from `first` to before `end`, which have no
 * point of their own. Each is begun in turn; what it interrupts, and where, becomes a point of the scenario.
 */
struct world_schedule {
	struct chooser *chooser;
	struct scenario *scenario; /* the one that runs */
	uint32_t first, end;	   /* indices of ops */
	uint32_t next;		   /* the op of them that has not begun */
	uint32_t preemptions_left;
	struct touches *touches; /* NULL: not asked for */
};

struct world_hooks {
	void *ctx;
	void (*event)(void *ctx, const struct event *event);
	void (*pte_written)(void *ctx, void *entry, uint64_t old_pte, uint64_t new_pte,
			    const void *const callers[TARGET_CALLERS]);
	/* A report of the kernel; may not return (see target.h). */
	void (*report)(void *ctx, enum target_report_kind kind, const char *file, int line, const char *function,
		       const char *what, const void *const callers[TARGET_CALLERS]);
	/* The kernel stored to an L1 page for a guest; function: which did, NULL: kvm_write_guest. */
	void (*kernel_wrote)(void *ctx, uint32_t lpage, const char *function);
	/* An access that faults for ever: vcpu, guest (0: L1), and its last fault. */
	void (*no_progress)(void *ctx, unsigned vcpu, unsigned guest, const struct machine_access *access);
	/* Who takes kernel memory or gives it back, to be kept with that (machine_kmem_object). */
	const void *(*site)(void *ctx, const void *const callers[TARGET_CALLERS]);
	/* It has freed a page table. */
	void (*table_freed)(void *ctx, const void *table);
	/* It is about to invalidate translations: nothing comes between this and that. Told if asked for. */
	void (*tlbie_begins)(void *ctx, const void *const callers[TARGET_CALLERS]);
	/* The kernel invalidated [addr, end) of an LPID in the TLBs of all CPUs. */
	void (*tlbie)(void *ctx, uint32_t lpid, uint64_t addr, uint64_t end);
	/* The name of a yield point ("function:kind:variable"), unique for each text. */
	const char *(*point_name)(void *ctx, enum target_point kind, const char *word, const void *variable,
				  const void *const callers[TARGET_CALLERS]);
	/* A yield point of the op that runs, if `points` was asked for. */
	void (*point)(void *ctx, const char *name);
	/* The op that runs has come to that point of the scenario, which is about to be followed. Told if asked for. */
	void (*reached)(void *ctx, uint32_t point, const void *const callers[TARGET_CALLERS]);
	/* The op took a lock; it may hold others (world_held, the new one last). */
	void (*locked)(void *ctx);
	/* The op begins to wait for the readers of SRCU that are there. */
	void (*awaits_readers)(void *ctx, const struct held_lock *srcu);
	/* The op has given back a lock that it took there. Told if locked is. */
	void (*unlocked)(void *ctx, const struct held_lock *held);
	/* The schedule has put a point into its scenario, and is about to act on it. */
	void (*scheduled)(void *ctx);
	/*
	 * While ops overlap at the level access (world.tracking): one has begun, as task sched.current; what the
	 * running one does has happened for those that come to the same `what` later, and the other way round.
	 */
	void (*op_begins)(void *ctx);
	void (*acquired)(void *ctx, const void *what);
	void (*released)(void *ctx, const void *what);
	/* Kernel code is about to access its own memory (target.h, accessed). */
	void (*accessed)(void *ctx, enum target_point kind, enum target_marking marking, const void *address,
			 size_t size, const void *const callers[TARGET_CALLERS]);
	/* Kernel code is about to access memory that is not its own (target.h, bad_access). Does not return. */
	void (*bad_access)(void *ctx, enum target_point kind, const void *address, size_t size,
			   const void *const callers[TARGET_CALLERS]);
	/* A word of an rmap or of a dirty bitmap was written. */
	void (*word_written)(void *ctx, const void *word, const void *const callers[TARGET_CALLERS]);
	/* All ops that are under way wait. Does not return. */
	void (*deadlock)(void *ctx);
	/* The hardware's walk read memory that is no live table. */
	void (*bad_walk)(void *ctx, const struct machine_access *access);
};

struct world {
	struct machine *machine;
	const struct target *target;
	struct world_hooks hooks;
	struct host_services services;

	const struct scenario *scenario;
	const struct scenario_config *config;
	struct layout layout;
	struct sched sched;
	struct world_task tasks[SCHED_TASKS];
	struct world_task *task; /* the op that runs */
	struct held_locks held[SCHED_TASKS];
	struct target_calls calls[SCHED_TASKS];
	struct world_point points[SCENARIO_POINTS_MAX];
	uint32_t starting;		 /* index of the op that a new task begins with */
	struct world_schedule *schedule; /* NULL: only what the scenario says */
	uint32_t usual_points[OP_COUNT]; /* yield points of such an op, if it was watched, in earlier worlds too */
	bool tell_points;		 /* call hooks.point at each yield point of each op */
	bool tell_reached;		 /* call hooks.reached */
	bool tell_tlbies;		 /* call hooks.tlbie_begins in each op */
	bool tell_locks;		 /* call hooks.locked also where no ops can overlap */
	bool tracking;			 /* an op runs that others may interrupt at the level access */
	/* Where each task has read since its last other yield point: a loop reads a place more than once. */
	uint64_t epochs; /* that were given to tasks; in no two worlds the same */
	struct read_place {
		const void *caller;
		uint64_t epoch;
	} reads[SCHED_TASKS][WORLD_READS];
	struct held_by vmm, aging, cpus[SCENARIO_CPUS_MAX];
	uint64_t faults;	     /* that the hardware took, in this world */
	uint64_t steps;		     /* of the kernel (services.steps_left), in the ops of this world that have ended */
	uint32_t nomem_in;	     /* the kernel's allocation of that number from now on fails; 0: none */
	uint32_t allocations_failed; /* so many did, for whatever reason */
	uint32_t entry_changes;	     /* counts changes of any page table entry: progress */
	jmp_buf *abort;		     /* where a world goes that cannot go on; see world_abort */
	bool ending;		     /* the kernel's own teardown: nobody else is there */
	bool aborted;
	unsigned host_cpu;
	const struct machine_access *access; /* that the event tells of; NULL: it tells of none */

	struct vcpu vcpus[SCENARIO_VCPUS_MAX];
	struct l1_guest guests[SCENARIO_GUESTS_MAX];
	unsigned guest_count; /* of the configuration; kept, since that may be gone at the next reset */
	struct host_slot slots[SCENARIO_SLOTS_MAX];
	bool migrating;
	bool ptcr_set;
	uint64_t events; /* that were emitted, but for the kernel's stores */
	struct told_stores told_stores;
	uint32_t copied[WORLD_LPAGES];	      /* content version that the host's migration has copied */
	uint8_t lpid_used[32];		      /* bitmap of LPIDs in use */
	uint8_t bitmap[2 * WORLD_LPAGES / 8]; /* scratch for harvests */
	void *page_array;
	size_t page_array_size;
};

/* Once: machine, stacks, services. False: no memory. */
bool world_create(struct world *w, const struct target *target, const struct world_hooks *hooks);
void world_destroy(struct world *w);

/* A fresh VM for this scenario, which must stay where it is until world_end. Returns 0 or -errno. */
int world_begin(struct world *w, const struct scenario *scenario);
/* All vCPUs leave the kernel; with `teardown` the kernel frees the VM. */
void world_end(struct world *w, bool teardown);

/*
 * Leave kernel code that cannot go on (a crash, a BUG, a hang): from whichever stack it runs on, back to
 * *w->abort. Only world_begin is allowed afterwards. Does not return.
 */
_Noreturn void world_abort(struct world *w);

/*
 * Run the op with that index, which is no child, and at its yield points those that preempt it; emits EV_OP_BEGIN and
 * EV_OP_END around each. When it returns, none is under way.
 */
void world_op(struct world *w, unsigned index);
/*
 * The limit of the steps that kernel code may take begins anew: world_op does so for each op, the caller for what it
 * has the kernel do besides.
 */
void world_begin_steps(struct world *w);
/* The stack that the running code is on; base NULL: the caller's of world_op. */
struct stack world_stack(const struct world *w);
/* Tell the target on which stack it runs now: as sched.current and task->running say. */
void world_stack_changed(struct world *w);
/* What the running task holds. */
static inline struct held_locks *world_held(struct world *w)
{
	return &w->held[w->sched.current];
}

/* Who holds a kernel lock, and as which task (task may be NULL); NULL: nobody. */
const struct held_lock *world_holder(const struct world *w, const void *lock, unsigned *task);
/* Is the op that holds it under way, as that task, when all that are wait? */
bool world_holder_waits(const struct world *w, const struct held_lock *held, unsigned task);

/* ---- between the actors --------------------------------------------------- */

void world_emit(struct world *w, struct event *event);
/* That an access has completed: directly after it has. */
void world_emit_access(struct world *w, struct event *event, const struct machine_access *access);

/* Which 4K of its page an address lies in. */
static inline uint8_t world_part(const struct world *w, uint64_t addr)
{
	return (uint8_t)((addr & (w->layout.page_size - 1)) >> 12);
}

/* tasks.c: ops that are under way at the same time. */
/* A yield point outside of kernel code. */
void world_point(struct world *w, enum target_point kind, const char *word);
/* For the op that runs, until it ends: wait until nobody else has it. */
void world_hold(struct world *w, struct held_by *what);
void world_release(struct world *w, struct held_by *what);
/* The same of a vCPU and the CPU that it is on: two vCPUs on one CPU cannot both be in the kernel. */
void vcpu_hold(struct world *w, unsigned v);
void vcpu_release(struct world *w, unsigned v);
/* Let others go first: an access is retried until one of them is done with something. False: nobody can. */
bool world_let_others(struct world *w);
/* All vCPUs leave that guest (0: any), and it is not entered again before the op ends. */
void world_stop_guest(struct world *w, unsigned guest);
void world_task_services(struct world *w);
/* The op that runs reaches that point of the scenario. */
void world_reach(struct world *w, uint32_t point);

/* schedule.c: what is decided at a yield point. */
/* May the schedule interrupt the op with that index? */
bool schedule_has(const struct world *w, unsigned index);
/* The op with that index begins: the next is one behind it that has no point at which it does. */
void schedule_pass(struct world *w, unsigned index);
/* due: the scenario's points that are reached here, a bit each. */
void schedule_decide(struct world *w, uint32_t due);

void world_tasks_begin(struct world *w);

/* vcpu.c: a vCPU enters and leaves the kernel. */
/* Leave guest mode with w->vcpus[v].exit; returns when the guest is entered again. */
void vcpu_exit(struct world *w, unsigned v);
/* Bring a vCPU to L1 (starts it; an L2 on it is interrupted). False: it is dead. */
bool vcpu_to_l1(struct world *w, unsigned v);
void vcpu_stop_all(struct world *w);

enum access_result {
	ACCESS_DONE,
	ACCESS_LEFT,	/* L2 faulted to L1 */
	ACCESS_REFUSED, /* by the kernel: it queued an interrupt, or KVM_RUN has ended */
	ACCESS_FAILED,	/* for a reason that is known, or told already */
};
/* The loop of one access in the mode the vCPU is in; *access gets the last try. */
enum access_result vcpu_access(struct world *w, unsigned v, struct machine_access *access);

/* L1 as a guest (l1_guest.c). All return 0 or -1 (the access failed). */
int l1_load(struct world *w, unsigned v, uint64_t gpa, void *bytes, size_t n);
int l1_store(struct world *w, unsigned v, uint64_t gpa, const void *bytes, size_t n);
int l1_touch(struct world *w, unsigned v, uint64_t gpa, enum event_access access);
/* An hcall with up to 6 arguments; returns r3, the nearest int. */
int l1_hcall(struct world *w, unsigned v, enum event_hcall hcall, const uint64_t args[6]);
/* One that is in order: if the kernel refuses it, that is told. e: vcpu, hcall, and what that is about (event.h). */
int l1_ask(struct world *w, struct event e, const uint64_t args[6]);
/* That hcall has returned: complete the event, and tell it if it was an error. allocations_failed: w's, before it. */
void l1_tell_refused(struct world *w, struct event *e, uint32_t allocations_failed);

/* L1 as a hypervisor (l1_hypervisor.c). */
/* n's entry or NULL; n is any L2 page it covers. */
struct l1_entry *l1_find(struct world *w, unsigned guest, uint32_t n);
uint32_t l1_lpid(const struct world *w, unsigned guest);
unsigned l1_guest_of_lpid(const struct world *w, uint32_t lpid); /* 0: none */
/* new_tree: with empty tables at another place; else those that it had before. */
int l1_create(struct world *w, unsigned v, unsigned guest, bool new_tree);
int l1_destroy(struct world *w, unsigned v, unsigned guest);
/* Write n's entry; lpage etc. as in *entry. Emits EV_L1_PTE. */
int l1_write_entry(struct world *w, unsigned v, unsigned guest, const struct l1_entry *entry);
int l1_tlbie(struct world *w, unsigned v, unsigned guest, unsigned scope, unsigned ric, uint32_t n, unsigned shift);
int l1_rpt(struct world *w, unsigned v, unsigned guest, unsigned scope, uint32_t n, uint32_t count, unsigned shift);
/* By the hcall of the configuration: what L1 may have mapped at n; all of a guest (ric RIC_TLB or RIC_ALL). */
int l1_flush_page(struct world *w, unsigned v, unsigned guest, uint32_t n, unsigned shift);
int l1_flush(struct world *w, unsigned v, unsigned guest, unsigned ric);
/* Overwrite the entry in `table` on the way to n with junk (it may point to lpage). */
int l1_corrupt(struct world *w, unsigned v, unsigned guest, uint32_t n, unsigned table, unsigned junk, uint32_t lpage);
int l1_map_process_table(struct world *w, unsigned v, unsigned guest);
/* Enter L2; 0: the vCPU is in L2, else -1. */
int l1_enter(struct world *w, unsigned v, unsigned guest);
/* H_ENTER_NESTED with one word of L2's state and registers being `value`; returns r3, or L2 has been entered. */
int l1_enter_nonsense(struct world *w, unsigned v, unsigned guest, unsigned word, uint64_t value);
/*
 * Where and why L2 faulted, as L0 has written it into L1's state area (ASDR, HDSISR): gpa, maybe of a table of L1's own
 * that cannot be read, and dsisr of *access. They stay as they are when the area is not there.
 */
void l1_hear_fault(const struct world *w, unsigned v, struct machine_access *access);
/* L0 forwarded a fault to L1: answer it, as gpa and dsisr say. True: entering L2 again makes sense. */
bool l1_answer_fault(struct world *w, unsigned v, unsigned guest, const struct machine_access *access);
uint32_t l1_shift_of_size(const struct world *w, unsigned size);

/* Ops, one function a row of ops.def: int op_<actor>_<...>(w, op). */
#define OP(id, actor, name, fields, flags, help) int op_##id(struct world *w, const struct scenario_op *op);
#include "scenario/ops.def"
#undef OP

/* services.c: what the target is given. */
void world_services(struct world *w);
/* host.c: the notifier that the host's memory management tells. */
void host_notifier(struct world *w);
int host_set_slot(struct world *w, unsigned slot, bool exists, bool logging);
int host_harvest(struct world *w, unsigned slot);
int host_log_start(struct world *w, unsigned slot);
int host_log_stop(struct world *w, unsigned slot);

#endif
