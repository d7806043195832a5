/* SPDX-License-Identifier: GPL-2.0-only */
/* runner.h: the inside of a runner, shared by the files of run/. */
#ifndef RCFUZZ_RUNNER_H
#define RCFUZZ_RUNNER_H

#include "actor/world.h"
#include "kernel/module.h"
#include "oracle/oracle.h"
#include "data_race.h"
#include "evidence.h"
#include "freed.h"
#include "mark.h"
#include "orphans.h"
#include "point_name.h"
#include "provenance.h"
#include "references.h"
#include "run.h"

#include <setjmp.h>

#define RUNNER_FRAMES (MACHINE_FRAMES_BYTES >> 12)
#define RUNNER_MARKS 1024u

/* Which lock was taken while which was held, by name; and of those that have one name, by themselves. */
#define LOCK_CLASSES 32u
#define LOCK_PAIRS 32u
#define LOCKS_NAMED 64u
struct lock_order {
	/* Of locks that were asked for before: 1 + the class. A lock keeps its name for as long as it lies there. */
	struct lock_named {
		const void *lock;
		uint8_t class;
	} named[LOCKS_NAMED];
	uint32_t count;
	const char *name[LOCK_CLASSES];
	uint32_t after[LOCK_CLASSES];			    /* bit b of [a]: b was taken while a was held, */
	struct held_lock where[LOCK_CLASSES][LOCK_CLASSES]; /* first there */
	uint32_t pair_count;
	struct lock_pair {
		const void *first;
		struct held_lock second;
	} pairs[LOCK_PAIRS];
};

/* A lock was taken under another: by name, and where. */
struct lock_nesting {
	const char *under, *taken;
	const struct held_lock *where;
};

/* Two places of the kernel's code that were found to race: told once a run. */
#define RACE_PAIRS 64u
struct race_pair {
	const void *here, *there;
};

struct l2_page {
	uint8_t guest;
	uint16_t n;
};

/* What the rmap had of a shadow entry when the host began to unmap its page. */
struct rmap_note {
	uint64_t at;
	enum target_rmap rmap;
};

struct runner {
	struct module *module;
	struct oracle *oracle;
	struct world world;
	struct provenance provenance;
	struct point_names names;
	struct lock_order locks;
	struct evidence evidence;
	struct orphans orphans;
	struct data_races races;
	struct references references;	  /* if the scenario ends with the kernel's teardown */
	uint8_t race_op[SCHED_TASKS];	  /* number of the op that a task runs, for races */
	uint16_t race_ops[DATA_RACE_OPS]; /* which op has that number */
	uint32_t race_pair_count;
	struct race_pair race_pairs[RACE_PAIRS];
	struct layout layout; /* of the scenario that runs, for the oracle */
	const struct scenario *scenario;
	const struct run_observer *observer;
	const struct run_schedule *schedule; /* NULL: as the scenario says */
	struct touches touches;		     /* of the schedule's ops */
	struct run_outcome *outcome;
	uint64_t hash;
	uint8_t *state_counters, *own_counters;
	unsigned budget_ms;
	bool bare;		/* see runner_bare */
	volatile bool in_world; /* kernel code may run: a signal is its fault */
	volatile bool overdue;	/* RUN_TIME_MS is over: the kernel's next step is its last */
	jmp_buf abort;
	const void *frame;	 /* where the world begins on the caller's stack */
	uint32_t sound_findings; /* of the outcome: the first ones, made before kernel memory was overwritten */
	bool wild;		 /* an op that only a misbehaving L1 does has run */
	uint32_t lpage_of_frame[RUNNER_FRAMES]; /* a hint: checked against the host's mapping when used */
	/* [0]: at the last access, [1]: at the last store; by L1 page for accesses of L1, by L2 page for those of L2.
	 */
	struct store_mark l1_accesses[2][WORLD_LPAGES];
	struct store_mark l2_accesses[2][SCENARIO_GUESTS_MAX][WORLD_L2_PAGES];
	struct store_mark l2_by_lpage[2][WORLD_LPAGES]; /* by the L1 page that an access of L2 went to */
	/* The accesses of late, of all pages, in their order: mark_count counts them from the beginning of the world.
	 */
	struct store_mark marks[RUNNER_MARKS];
	uint32_t mark_count;
	struct held_lock last_lock; /* that kernel code took since an op began, or an access completed */
	struct l2_page touched[SCENARIO_GUESTS_MAX * WORLD_L2_PAGES]; /* by accesses in this world, each once */
	uint32_t touched_count;
	struct rmap_note before_unmap[SCENARIO_GUESTS_MAX][WORLD_L2_PAGES];
	uint64_t rmap_emptied[WORLD_LPAGES];  /* when the kernel last emptied it, and L1 had the page */
	uint64_t rmap_unmapped[WORLD_LPAGES]; /* the same, and L1 had not: the page was unmapped */
	struct freed freed;
	/* For an observer: where the entries of the watched page lay when last looked; NULL: there was none. */
	const void *watched_l0, *watched_shadow;
	/* The kernel is about to invalidate; what the TLBs have of the watched page. */
	struct {
		bool known;
		uint64_t before;
		struct provenance_site site;
	} tlbie;
	const char *kernel_writers[WORLD_LPAGES]; /* the function of the last kernel write, NULL: kvm_write_guest */
	char info[4096];
};

/* bits.c: the R and C of the four places for a page. guest 0: only the L1 page. */
struct store_mark mark_page(struct runner *r, unsigned guest, uint32_t n, uint32_t lpage);
/*
 * The same, in the table with that LPID instead of the one that the kernel finds for the guest (-1: in none); and of
 * the TLBs what that access went through (NULL: what they all have).
 */
struct store_mark mark_page_through(struct runner *r, unsigned guest, uint32_t n, uint32_t lpage, int shadow,
				    const struct machine_access *access);
/* marks.c: what accesses met. An access has completed; before the oracle hears of it. */
void mark_access(struct runner *r, const struct event *e);
/* An op of the host begins that may unmap pages: what their rmaps have. */
void marks_before_op(struct runner *r, const struct scenario_op *op);
/* Is that op under way, and not the one that runs? */
bool op_is_under_way(const struct runner *r, uint16_t op);
/* Was the page table at `address`, which is freed, freed by another op than the running one that is not over? */
bool was_freed_meanwhile(const struct runner *r, uint64_t address);
/* The page that an op is about: false if it has none. */
bool page_of_op(struct runner *r, const struct scenario_op *op, unsigned *guest, uint32_t *n, uint32_t *lpage);
void count_state(struct runner *r, const struct scenario_op *op);

/* classify.c, memory_finding.c and lock_finding.c: make findings. */
void finding_from_verdict(struct runner *r, const struct oracle_verdict *verdict);
void finding_from_report(struct runner *r, enum target_report_kind kind, const char *file, int line,
			 const char *function, const char *what, const void *const callers[TARGET_CALLERS]);
void finding_simple(struct runner *r, enum finding_class class, enum finding_layer layer, const char *role,
		    const char *title, const void *const callers[TARGET_CALLERS]);
/* A signal has stopped the kernel's code; callers[0]: behind the instruction, as a return address would be. */
void finding_stopped(struct runner *r, enum finding_class class, const char *role, const char *title,
		     const void *const callers[TARGET_CALLERS]);
void finding_leaks(struct runner *r);
/* All ops that are under way wait. */
void finding_deadlock(struct runner *r);
/*
 * A circle of count locks, at most LOCK_CLASSES: what is taken in one nesting, the next is under, and the first under
 * what the last takes. apart: not all in one scenario.
 */
void finding_inversion(struct runner *r, const struct lock_nesting *circle, uint32_t count, bool apart);

/* Two accesses that nothing orders; `there` was the earlier one. */
void finding_data_race(struct runner *r, const void *address, const struct data_race_access *here,
		       const struct data_race_access *there);
/* The hardware reads what is no page table. */
void finding_bad_walk(struct runner *r, const struct machine_access *access);
/* Kernel code accesses memory that was freed, or is not its own. */
void finding_bad_access(struct runner *r, const char *did, const void *address, size_t size,
			const void *const callers[TARGET_CALLERS]);

/* access.c: hooks of world.h for what kernel code does to its own memory. */
void access_begin(struct runner *r);
void access_op_begins(void *ctx);
void access_acquired(void *ctx, const void *what);
void access_released(void *ctx, const void *what);
void access_word_written(void *ctx, const void *word, const void *const callers[TARGET_CALLERS]);
void access_accessed(void *ctx, enum target_point kind, enum target_marking marking, const void *address, size_t size,
		     const void *const callers[TARGET_CALLERS]);
void access_bad(void *ctx, enum target_point kind, const void *address, size_t size,
		const void *const callers[TARGET_CALLERS]);

/* lock_order.c: a graph of which lock is taken under which; a new edge that closes a circle is a finding. */
void lock_order_reset(struct runner *r);
/* taken: among what the running task holds, the last, or a grace period that it begins to wait for. */
void lock_order_note(struct runner *r, struct held_lock *taken);
/*
 * The shortest way from one class to another over after[]: way[0] is `from`, the last one `to`. Returns how many
 * classes are on it; 0: there is none.
 */
uint32_t lock_order_way(const uint32_t after[LOCK_CLASSES], uint32_t from, uint32_t to, uint32_t way[LOCK_CLASSES]);
/* An access that faults for ever, with its last fault; guest 0: of L1. */
void finding_no_progress(struct runner *r, unsigned vcpu, unsigned guest, const struct machine_access *access);
/* At the end of a world: if the kernel's memory was overwritten, that is the finding, and all after it follow from it.
 */
void finding_corruption(struct runner *r);

/* signals.c: crashes and endless loops in kernel code become findings. */
bool signals_install(void);
/* The runner whose world a signal is about; NULL: none. */
void signals_watch(struct runner *r);

#endif
