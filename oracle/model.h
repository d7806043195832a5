/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model.h: what the oracle knows of a world, shared by its files only.
 *
 * Arrays indexed by page, and a clock that ticks once an event. Everything that
 * an event touches is noted in a list, so that a reset costs what was used.
 *
 * A page of L1 ("lpage") is what a slot shows; the memory behind it ("home") is
 * named by the lowest lpage at the same address of the VMM. They differ only
 * where two slots lie on one address. What concerns a slot's log is kept by
 * lpage, what concerns memory (frame, copy, age) by home.
 */
#ifndef RCFUZZ_ORACLE_MODEL_H
#define RCFUZZ_ORACLE_MODEL_H

#include "oracle/oracle.h"

#define LPAGES_MAX 2560u /* slots of 1024 + 1024 pages, and 260 pages of tables with 4K pages */
#define L2_PAGES_MAX 1024u
#define OBLIGATIONS_MAX 1024u
#define PAST_FRAMES 8u
#define PAST_ENTRIES 8u
#define INCONSISTENCY_MAX 160u

/* An access or a write that something may be owed for. */
struct cause {
	uint64_t seq; /* when it completed */
	uint32_t lpage, n, frame;
	uint16_t op;
	uint8_t access, writer, guest;
};

/* An L1 page and the log of the slot that shows it. */
struct log_page {
	bool owed;			     /* a store to a tracked slot that no copy has yet */
	bool written;			     /* by anyone, since this lpage was last copied */
	uint64_t copied_seq;		     /* when it was last copied */
	uint64_t stored[SCENARIO_VCPUS_MAX]; /* begin of a store of the kernel that has not returned; 0: none */
	uint64_t stored_seq;		     /* begin of its youngest, returned or not */
	struct cause first;		     /* owed: the oldest such store, */
	struct cause last;		     /* and the youngest */
};

/* The memory behind an L1 page; only that of the home lpage is used. */
struct memory_page {
	bool valid; /* the host maps it, at `frame` */
	uint8_t perm;
	bool framed; /* `frame` means something: it is or was the frame */
	uint32_t frame;
	uint32_t past[PAST_FRAMES]; /* frames before that */
	uint8_t past_count;
	bool past_forgot; /* there were more */

	bool excused; /* a write that is nobody's debt made source and copy differ */

	uint8_t unmapping; /* so many notifiers' begins for it run */
	bool age_armed;	   /* R was cleared and flushed: an access must set it again */
	bool age_touched;  /* and one has completed: */
	struct cause age_cause;
};

/* L1's entry that begins at an L2 page, as far as L1 has told. */
struct l1_entry {
	bool valid, r, c;
	uint8_t perm;
	uint8_t parts; /* it maps so many 4K parts of the page, from its begin on; 0: all */
	uint32_t lpage, count;
	uint64_t flush_seq;   /* begin of the youngest page-wise tlbie that covered all of it */
	uint64_t r_clear_seq; /* R (C) is armed from the first covering tlbie begun after this; 0: from the start */
	uint64_t c_clear_seq;
	bool owed_r, owed_c; /* there is an obligation for it */
};

/* Where an L2 page led before. Hardware may go on to use it until a covering tlbie begun after seq has returned. */
struct past_entry {
	uint64_t seq;
	uint32_t lpage;	       /* of this L2 page; LAYOUT_NONE: outside all slots */
	uint32_t start, count; /* of the entry that it was part of */
	uint8_t perm, parts;
	bool alive;
};

struct l2_page {
	struct l1_entry entry; /* the one that begins here */
	uint32_t cover;	       /* 1 + first page of the valid entry that covers this page; 0: none */
	struct past_entry past[PAST_ENTRIES];
	uint8_t past_count;
	bool past_forgot;   /* there were more */
	uint64_t loose_seq; /* one that was still alive was forgotten then */
};

/* An L2 access that L1's entry does not show although it must. */
struct obligation {
	struct cause cause;
	bool c;	   /* C, else R */
	bool gone; /* the entry was removed at gone_seq and never showed it */
	uint64_t gone_seq;
	uint32_t start, count; /* of the entry */
};

struct guest_state {
	bool valid, ever; /* L1's partition table has it, or had it once */
	bool tainted;
	uint64_t out_seq;	  /* when the partition table entry went away */
	uint64_t flush_seq;	  /* begin of the youngest LPID-wide invalidation of the TLB that returned */
	uint64_t table_flush_seq; /* the same with RIC=2: partition table caching as well */
	uint64_t harvest_seq;	  /* begin of L1's harvest that runs */
};

struct slot_state {
	bool exists, tracked, changing;
	uint64_t harvest_seq; /* begin of the harvest that runs */
};

struct oracle {
	const struct scenario_config *config;
	const struct layout *layout;
	bool aliased;			       /* two slots lie on one address */
	uint64_t seq;			       /* counts events, from 1 */
	uint64_t op_seq[SCENARIO_OPS_MAX + 1]; /* when each op began; 0: it has not */
	uint32_t op_max;		       /* the highest of them */
	uint32_t running;		       /* ops that have begun and not ended */
	uint64_t overlap_seq;		       /* two ran last then */
	uint64_t wrong_seq;		       /* an access gave up or went wrong last then, or an hcall failed */
	struct cause quadrant;		       /* the kernel's youngest access to an L2 page for L1 */
	const struct event *event;	       /* that is being fed */

	struct oracle_verdict *out;
	size_t out_max, out_count;
	struct oracle_stats stats;
	char inconsistency[INCONSISTENCY_MAX];

	struct slot_state slots[SCENARIO_SLOTS_MAX];
	struct guest_state guests[SCENARIO_GUESTS_MAX];
	uint64_t tlbie_seq[SCENARIO_VCPUS_MAX]; /* begin of the tlbie that the vCPU does; 0: none */
	struct obligation obligations[OBLIGATIONS_MAX];
	uint32_t obligation_count;

	struct log_page log[LPAGES_MAX];
	struct memory_page memory[LPAGES_MAX];
	struct l2_page l2[SCENARIO_GUESTS_MAX][L2_PAGES_MAX];

	/* What to reset. */
	bool lpage_used[LPAGES_MAX], l2_used[SCENARIO_GUESTS_MAX][L2_PAGES_MAX];
	uint16_t lpages[LPAGES_MAX], l2_pages[SCENARIO_GUESTS_MAX * L2_PAGES_MAX];
	uint32_t lpage_count, l2_page_count;
};

/* --- oracle.c: reporting, and access to the arrays --- */

/* A verdict about `cause`, showing at the current event. Losses become CLASS_ASSUMPTION with rc=hw. */
void oracle_report(struct oracle *o, enum finding_class class, const struct cause *cause);
/* The current event as a cause. */
struct cause oracle_cause_of_event(const struct oracle *o, unsigned writer);

/* The records of a page, noted for the next reset. Indices within the layout; guest from 1. */
struct log_page *oracle_log_page(struct oracle *o, uint32_t lpage);
struct memory_page *oracle_memory_page(struct oracle *o, uint32_t lpage); /* of its home */
struct l2_page *oracle_l2_page(struct oracle *o, unsigned guest, uint32_t n);

/* The lpage that shows the memory of `lpage` through `slot`; LAYOUT_NONE: none does. */
uint32_t oracle_lpage_in_slot(const struct oracle *o, uint32_t lpage, unsigned slot);
uint32_t oracle_lpage_home(const struct oracle *o, uint32_t lpage);

/* --- memory.c: the host's own mapping, and its view of R --- */

void oracle_memory_host_map(struct oracle *o);
void oracle_memory_host_unmap(struct oracle *o);
void oracle_memory_age(struct oracle *o, bool clear);
/* An access to it completed. */
void oracle_memory_touch(struct oracle *o, uint32_t lpage, const struct cause *cause);
/* KVM's mappings of the slot went away, and R with them. */
void oracle_memory_age_reset(struct oracle *o, unsigned slot);
/* Is `frame` its frame, or was it once? (forgotten frames count) */
bool oracle_memory_had_frame(const struct memory_page *memory, uint32_t frame);

/* --- log.c: the host's dirty log --- */

void oracle_log_slot(struct oracle *o);
void oracle_log_slot_change(struct oracle *o);
void oracle_log_start(struct oracle *o);
void oracle_log_stop(struct oracle *o);
void oracle_log_harvest_begin(struct oracle *o);
void oracle_log_harvest_end(struct oracle *o);
void oracle_log_compare(struct oracle *o);
void oracle_log_kernel_store(struct oracle *o);
void oracle_log_kernel_write(struct oracle *o);
void oracle_log_user_write(struct oracle *o);
/* A store went through lpage: owed to its slot's log. */
void oracle_log_store(struct oracle *o, uint32_t lpage, const struct cause *cause);
/* A store reached `frame`, and nobody owes it to any one log. */
void oracle_log_spoil(struct oracle *o, uint32_t frame);

/* --- l1.c: L1's tables, and what they owe --- */

void oracle_l1_pte(struct oracle *o);
void oracle_l1_guest(struct oracle *o);
void oracle_l1_tlbie_begin(struct oracle *o);
void oracle_l1_tlbie_end(struct oracle *o);
void oracle_l1_taint(struct oracle *o);
void oracle_l1_harvest_begin(struct oracle *o);
void oracle_l1_harvest_end(struct oracle *o);
void oracle_l1_compare(struct oracle *o);
void oracle_l1_end(struct oracle *o);
/* The L1 page that page n of the entry at `start` leads to, or LAYOUT_NONE. */
uint32_t oracle_l1_target(const struct oracle *o, uint32_t lpage, uint32_t offset);
/* May hardware use the past entry still? */
bool oracle_l1_past_alive(const struct oracle *o, unsigned guest, const struct past_entry *past);
/* An access of L2 that can only have gone through the entry at `start` completed. */
void oracle_l1_through(struct oracle *o, uint32_t start, const struct cause *cause);

/* --- access.c: what a completed access may reach --- */

void oracle_access_l1(struct oracle *o);
void oracle_access_l2(struct oracle *o);
/* What an access needs: an EVP_ bit. */
uint8_t oracle_permission_for(unsigned access);
/* Slot and host, for a page of a slot that exists. The host has nothing against execution. */
bool oracle_host_permits(struct oracle *o, uint32_t lpage, unsigned access);

/* --- refused.c: what must have completed, and did not --- */

void oracle_op_begin(struct oracle *o);
void oracle_op_end(struct oracle *o);
void oracle_access_failed(struct oracle *o);
void oracle_hcall_failed(struct oracle *o);
void oracle_hcall_done(struct oracle *o);
/* The event is about an ioctl that is in order, and has an error for status. */
void oracle_ioctl_failed(struct oracle *o);

#endif
