/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * oracle.h: the naive model that says which dirty bits are owed.
 *
 * Duller than the code under test on purpose: flat arrays, no shadow table, no
 * rmap, no TLB. It sees only events (src/scenario/event.h) and judges by the
 * contract below. It never looks at the machine, the kernel or the shim: a bug
 * shared with them would cancel out.
 *
 * The contract: who owes what
 *
 * The host's log. Tracking of a slot begins when log.start has returned, with a
 * full copy, and ends with log.stop, when the slot is deleted or created, or when
 * a harvest returns an error. While it lasts, a store that completes through a
 * page of the slot is owed to the slot's log, whoever stored for the guest: L1,
 * L2, or the kernel. A store that completed before a harvest began must be named
 * by it, one that completed while it ran by this one or the next. Named means
 * copied after the harvest returned. The kernel's own store is owed from its
 * return; a copy taken since it began has it. The VMM's own writes owe nothing: it copies
 * them itself. Two pages on one memory share one copy: named through either is
 * enough, but a store is owed only to the slot that it went through.
 *
 * L1's C bit. A store of L2 that completes must show as C in the entry of L1 that
 * it went through, unless L1 cleared C and no tlbie that covers the entry, begun
 * after that, has returned. Whatever else writes to the page owes nothing here,
 * the kernel's copies through L2's translations included.
 * L1's R bit: the same for all accesses of L2; advisory. (l1.c)
 *
 * The host's R. An access that completes after clear_flush_young must make the
 * next aging find the page young; clear_young owes nothing; advisory. (memory.c)
 *
 * Access. A completed access must have reached the frame where the page is now:
 * the host's teardown counts when its notifier's begin has returned, L1's when
 * its tlbie has. Until then what L1's tables said before is as good. Slot, host
 * and L1 must permit it. One access gives one finding, and a wrong one is owed to
 * nobody. (access.c)
 *
 * Refusal. An access that slot, host and L1 permit completes, and an hcall that is
 * in order succeeds, as does an ioctl of the VMM about a slot's log, unless something excuses the kernel: another op
 * that ran meanwhile, an allocation that failed. A copy that H_COPY_TOFROM_GUEST says it has made is one. (refused.c)
 *
 * A misbehaving L1 (EV_L1_TAINT). What its tables say about that guest proves
 * nothing from then on: no loss in L1's bits, no staleness against them. Its
 * accesses must still stay within the memory that slots show, as they permit, and
 * are owed to the host's log.
 *
 * Must holds only for what is certain. Where several mappings may explain an
 * access, or history was too long to keep, nothing is owed: never a false alarm.
 */
#ifndef RCFUZZ_ORACLE_H
#define RCFUZZ_ORACLE_H

#include "scenario/class.h"
#include "scenario/event.h"
#include "scenario/layout.h"
#include "scenario/scenario.h"

#include <stddef.h>

/* What the oracle has to say about one event: one thing that went wrong. */
struct oracle_verdict {
	enum finding_class class;
	uint8_t guest;	    /* from 1; 0: none */
	uint8_t access;	    /* of the access concerned: enum event_access */
	uint8_t writer;	    /* who wrote: enum oracle_writer */
	uint8_t vcpu;	    /* of the event at which it showed */
	uint8_t hcall;	    /* that was refused: enum event_hcall, EVENT_HCALL_NONE: it is about no hcall */
	uint8_t ioctl;	    /* that was refused: the kind of the event that tells of it; 0: it is about no ioctl */
	uint8_t scope;	    /* of the hcall, if it is an invalidation: enum scenario_SCOPE */
	int32_t result;	    /* of the hcall, or the ioctl */
	uint32_t n;	    /* L2 page concerned, LAYOUT_NONE: none */
	uint32_t lpage;	    /* L1 page concerned, LAYOUT_NONE: none */
	uint32_t frame;	    /* frame that was reached (accesses) */
	uint16_t op_cause;  /* index of the op whose access is concerned */
	uint16_t op_effect; /* index of the op at which it showed */
};

enum oracle_writer { WRITER_NONE, WRITER_L1, WRITER_L2, WRITER_KERNEL, WRITER_USER };

/* Counters that are no findings. */
struct oracle_stats {
	uint64_t spurious_dirty; /* named by a harvest, but not written since the last copy */
	uint64_t named;		 /* pages named by harvests that were owed */
	uint64_t dropped;	 /* verdicts for which oracle_event() had no room */
};

struct oracle;

/* One oracle, reused for many scenarios; all memory is taken here. NULL: out of memory. */
struct oracle *oracle_create(void);
void oracle_destroy(struct oracle *o);

/*
 * Begin a scenario. Costs O(what the last one used), not O(world). Both
 * pointers must stay valid until the next call. No mapping exists, no slot
 * exists and nothing is tracked yet: events say so.
 */
void oracle_begin(struct oracle *o, const struct scenario_config *config, const struct layout *layout);

/*
 * Feed one event. Returns how many verdicts it caused (at most `max`, the rest
 * is dropped and counted in the stats); they are written to `out`. After a
 * verdict the oracle brings itself back in step: the same loss is not reported
 * twice. Pages beyond L2's data (n >= layout.l2_pages) are not followed in L1's
 * tables; accesses to them are judged as a tainted guest's.
 */
size_t oracle_event(struct oracle *o, const struct event *event, struct oracle_verdict *out, size_t max);

/* Is dirty logging of the slot tracked, so that a last harvest would prove something? (for the final probe) */
bool oracle_slot_tracked(const struct oracle *o, unsigned slot);

/*
 * A sentence if the events contradict themselves (a copy differs, yet nobody
 * wrote): an error of rcfuzz, not a finding. NULL: none since oracle_begin().
 * Owned by the oracle.
 */
const char *oracle_inconsistency(const struct oracle *o);

struct oracle_stats oracle_stats(const struct oracle *o);

#endif
