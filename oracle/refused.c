// SPDX-License-Identifier: GPL-2.0-only
/*
 * refused.c: must an access that gave up have completed, an hcall that failed have succeeded, and has one done it?
 *
 * An access must if slot, host and L1 permitted it from its begin to its end, which is certain only while no other op
 * runs, and nothing is known that excuses the kernel (event.h: status). A kernel that lets nobody in loses no bit, and
 * would look healthier than any other; so would one that refuses each tlbie, since only those that it accepts owe
 * anything. An hcall must if its arguments are in order, which the event says, and what L0 needs for it is there.
 * The same goes for the VMM's ioctls: a log that cannot be harvested misses nothing.
 * And an hcall that is answered as if it had copied must have: L1 goes on as if its store were in L2's memory.
 */
#include "oracle/model.h"

#include <errno.h>

void oracle_op_begin(struct oracle *o)
{
	o->op_seq[o->event->op] = o->seq;
	if (o->event->op > o->op_max)
		o->op_max = o->event->op;
	if (o->running++)
		o->overlap_seq = o->seq;
}

void oracle_op_end(struct oracle *o)
{
	if (o->running > 1)
		o->overlap_seq = o->seq;
	if (o->running)
		o->running--;
}

/* L1's tables and state areas lie in one slot. */
static bool l1_has_its_tables(const struct oracle *o)
{
	return o->slots[layout_slot_of(o->layout, layout_lpage(o->layout, o->layout->partition_table_gpa))].exists;
}

/* Where L1's tables lead L2 for certain, with permission; LAYOUT_NONE: nowhere. */
static uint32_t l1_permits(struct oracle *o)
{
	const struct event *event = o->event;
	const struct guest_state *guest = &o->guests[event->guest - 1];
	const struct l1_entry *entry;
	const struct l2_page *page;

	/* __kvmhv_nested_page_fault: L1 may not use smaller pages than L0. */
	if (!guest->valid || guest->tainted || !l1_has_its_tables(o) || event->n >= o->layout->l2_pages ||
	    o->layout->l1_page_shift < o->layout->page_shift)
		return LAYOUT_NONE;
	page = oracle_l2_page(o, event->guest, event->n);
	if (!page->cover)
		return LAYOUT_NONE;
	entry = &oracle_l2_page(o, event->guest, page->cover - 1)->entry;
	if (!(entry->perm & oracle_permission_for(event->access)))
		return LAYOUT_NONE;
	return oracle_l1_target(o, entry->lpage, event->n - (page->cover - 1));
}

/* Is there something besides the event that explains what is not as it must be, or may explain it? */
static bool may_have_causes(const struct oracle *o)
{
	uint64_t begin = o->op_seq[o->event->op];

	/*
	 * What fails after another refusal or a wrong access in the same op follows from that. An op that has not begun
	 * yet (it stops a guest before) does so while others run, or alone; at the end none runs. Then nobody asks.
	 */
	return !o->running || o->overlap_seq >= begin || o->wrong_seq >= begin;
}

static bool is_excused(const struct oracle *o)
{
	return o->event->status != 0 || may_have_causes(o);
}

void oracle_access_failed(struct oracle *o)
{
	const struct event *event = o->event;
	struct cause cause = oracle_cause_of_event(o, WRITER_NONE);
	uint32_t lpage;

	if (is_excused(o))
		return;
	o->wrong_seq = o->seq;
	lpage = event->guest ? l1_permits(o) : event->lpage;
	if (lpage == LAYOUT_NONE || !o->slots[layout_slot_of(o->layout, lpage)].exists ||
	    !oracle_host_permits(o, lpage, event->access))
		return;
	cause.lpage = lpage;
	cause.guest = event->guest;
	cause.n = event->guest ? event->n : LAYOUT_NONE;
	oracle_report(o, CLASS_NO_PROGRESS, &cause);
}

/* Towards that guest; 0: towards any. */
static bool l1_misbehaves(const struct oracle *o, unsigned guest)
{
	for (unsigned i = 0; i < SCENARIO_GUESTS_MAX; i++)
		if ((!guest || guest == i + 1) && o->guests[i].tainted)
			return true;
	return false;
}

static bool is_there(struct oracle *o, uint32_t lpage)
{
	return o->slots[layout_slot_of(o->layout, lpage)].exists && oracle_host_permits(o, lpage, ACCESS_STORE);
}

void oracle_hcall_failed(struct oracle *o)
{
	const struct event *event = o->event;
	struct cause cause = oracle_cause_of_event(o, WRITER_NONE);

	if (is_excused(o))
		return;
	o->wrong_seq = o->seq;
	if (l1_misbehaves(o, event->guest) || (event->lpage != LAYOUT_NONE && !is_there(o, event->lpage)))
		return;
	cause.guest = event->guest;
	oracle_report(o, CLASS_NO_PROGRESS, &cause);
}

/* Has the kernel done to L2's page, and to L1's, what it says that it has, since the op began? */
static bool has_copied(struct oracle *o)
{
	const struct event *event = o->event;
	uint64_t begin = o->op_seq[event->op];
	const struct cause *did = &o->quadrant;

	if (did->seq < begin || did->guest != event->guest || did->n != event->n || did->access != event->access)
		return false;
	return event->access == ACCESS_STORE || oracle_log_page(o, event->lpage)->stored_seq >= begin;
}

void oracle_hcall_done(struct oracle *o)
{
	struct cause cause = oracle_cause_of_event(o, WRITER_NONE);

	if (is_excused(o) || l1_misbehaves(o, o->event->guest) || has_copied(o))
		return;
	o->wrong_seq = o->seq;
	cause.guest = o->event->guest;
	cause.n = o->event->n;
	oracle_report(o, CLASS_NO_PROGRESS, &cause);
}

void oracle_ioctl_failed(struct oracle *o)
{
	struct cause cause = oracle_cause_of_event(o, WRITER_NONE);

	if (o->event->status == -ENOMEM || may_have_causes(o))
		return;
	o->wrong_seq = o->seq;
	cause.lpage = o->layout->slots[o->event->slot].first;
	oracle_report(o, CLASS_NO_PROGRESS, &cause);
}
