// SPDX-License-Identifier: GPL-2.0-only
/*
 * access.c: may a completed access have reached the frame that it reached, and
 * to whom is it owed?
 *
 * An access of L2 may go through what L1's tables say now, or through what they
 * said before and no tlbie has taken back yet. Each of these leads to an L1 page;
 * the access is right if that page is shown by a slot, lies in the frame that was
 * reached, and everybody permits it. If several do, it is owed to none of them in
 * particular: must only holds for what is certain.
 *
 * Pages are mapped as they are, to the byte: another part of the right page is the wrong one.
 *
 * What is wrong gets one class:
 *   over-permission  the right page, but none of the ways permits it;
 *   stale-access     the frame belonged to the page, or to a page that L2 had there, once;
 *   wrong-page       it never did, as far as the bounded history tells.
 *
 * Of an L2 whose tables prove nothing (tainted) only this is left: the frame must
 * be that of a page that some slot shows now.
 */
#include "oracle/model.h"

#include <assert.h>

enum fit { FIT_NO, FIT_DENIED, FIT_OK };

/* The ways found so far in which an access may have reached its frame. */
struct ways {
	const struct event *event;
	bool found, denied;
	uint32_t lpage;	  /* found: the L1 page; LAYOUT_NONE: more than one come into question */
	uint32_t any;	  /* found: one of them */
	uint32_t through; /* found: start of the entry in force; LAYOUT_NONE: not certain */
};

uint8_t oracle_permission_for(unsigned access)
{
	return access == ACCESS_STORE ? EVP_WRITE : access == ACCESS_FETCH ? EVP_EXEC : EVP_READ;
}

bool oracle_host_permits(struct oracle *o, uint32_t lpage, unsigned access)
{
	const struct memory_page *memory = oracle_memory_page(o, lpage);
	bool store = access == ACCESS_STORE;

	/* What is paged out comes back when it is asked for. */
	if (memory->valid && !(memory->perm & (store ? EVP_WRITE : EVP_READ)))
		return false;
	return !store || !o->layout->slots[layout_slot_of(o->layout, lpage)].readonly;
}

/* The host's side: slot, frame, and its own permissions. */
static enum fit host_fit(struct oracle *o, uint32_t lpage, const struct event *event)
{
	const struct memory_page *memory = oracle_memory_page(o, lpage);
	unsigned slot = layout_slot_of(o->layout, lpage);

	if (!o->slots[slot].exists || !memory->valid || memory->frame != event->frame)
		return FIT_NO;
	return oracle_host_permits(o, lpage, event->access) ? FIT_OK : FIT_DENIED;
}

/* One way: to lpage, with L1's permissions, through the entry at `through` or through something past. */
static void try_way(struct oracle *o, struct ways *ways, uint32_t lpage, uint8_t perm, uint32_t through)
{
	enum fit fit;

	if (lpage == LAYOUT_NONE)
		return;
	fit = host_fit(o, lpage, ways->event);
	if (fit == FIT_NO)
		return;
	if (fit == FIT_DENIED || !(perm & oracle_permission_for(ways->event->access))) {
		ways->denied = true;
		return;
	}
	if (!ways->found) {
		ways->lpage = ways->any = lpage;
		ways->through = through;
	} else {
		if (ways->any != lpage)
			ways->lpage = LAYOUT_NONE;
		ways->through = LAYOUT_NONE;
	}
	ways->found = true;
}

/* ---- what the access is owed to, once it is right ---- */

static void complete(struct oracle *o, const struct ways *ways, struct cause *cause)
{
	bool store = cause->access == ACCESS_STORE;

	cause->lpage = ways->lpage;
	oracle_memory_touch(o, ways->any, cause);
	if (ways->through != LAYOUT_NONE && !o->event->quadrant)
		oracle_l1_through(o, ways->through, cause);
	if (store && ways->lpage != LAYOUT_NONE)
		oracle_log_store(o, ways->lpage, cause);
	else if (store)
		oracle_log_spoil(o, cause->frame);
}

/*
 * The access was wrong. It is owed to nobody, but it may have changed memory, and what L1 wanted to write there for an
 * hcall is elsewhere.
 */
static void accuse(struct oracle *o, enum finding_class class, const struct cause *cause)
{
	o->wrong_seq = o->seq;
	oracle_report(o, class, cause);
	if (cause->access == ACCESS_STORE)
		oracle_log_spoil(o, cause->frame);
}

/* What the kernel does through L2's translations (a quadrant access) is its own. */
static struct cause cause_of_access(const struct oracle *o, unsigned storer)
{
	if (o->event->quadrant)
		storer = WRITER_KERNEL;
	return oracle_cause_of_event(o, o->event->access == ACCESS_STORE ? storer : WRITER_NONE);
}

/* ---- L1 ---- */

void oracle_access_l1(struct oracle *o)
{
	const struct event *event = o->event;
	struct cause cause = cause_of_access(o, WRITER_L1);
	struct ways ways = {.event = event};

	try_way(o, &ways, event->lpage, EVP_READ | EVP_WRITE | EVP_EXEC, LAYOUT_NONE);
	if (event->reached != event->part)
		accuse(o, CLASS_WRONG_PAGE, &cause);
	else if (ways.found)
		complete(o, &ways, &cause);
	else if (ways.denied)
		accuse(o, CLASS_OVER_PERMISSION, &cause);
	else
		accuse(o,
		       oracle_memory_had_frame(oracle_memory_page(o, event->lpage), event->frame) ? CLASS_STALE_ACCESS
												  : CLASS_WRONG_PAGE,
		       &cause);
}

/* ---- L2, by memory alone ---- */

/* All pages that slots show now. `once`: was the frame that of any page, ever? */
static void try_memory(struct oracle *o, struct ways *ways, bool *once)
{
	uint32_t end = o->lpage_count; /* what is noted on the way has no frame */

	for (uint32_t i = 0; i < end; i++) {
		uint32_t lpage = o->lpages[i];

		/* Only a home ever had one. */
		if (!oracle_memory_had_frame(&o->memory[lpage], ways->event->frame))
			continue;
		*once = true;
		for (unsigned slot = 0; slot < SCENARIO_SLOTS_MAX; slot++)
			try_way(o, ways, oracle_lpage_in_slot(o, lpage, slot), EVP_READ | EVP_WRITE | EVP_EXEC,
				LAYOUT_NONE);
	}
}

static void access_l2_tainted(struct oracle *o)
{
	struct cause cause = cause_of_access(o, WRITER_L2);
	struct ways ways = {.event = o->event};
	bool once = false;

	try_memory(o, &ways, &once);
	if (ways.found)
		complete(o, &ways, &cause);
	else if (ways.denied)
		accuse(o, CLASS_OVER_PERMISSION, &cause);
	else
		accuse(o, once ? CLASS_STALE_ACCESS : CLASS_WRONG_PAGE, &cause);
}

/* ---- L2, by L1's tables ---- */

/* The tables are in force, or may still be cached by the hardware after L1 removed the guest. */
static bool guest_reachable(const struct guest_state *guest)
{
	return guest->valid || (guest->ever && guest->out_seq >= guest->table_flush_seq);
}

/* A past entry that may still be in use was forgotten: nothing is certain here. */
static bool is_loose(const struct guest_state *guest, const struct l2_page *page)
{
	return page->loose_seq && page->loose_seq >= guest->flush_seq;
}

/* Beyond the part of its page that a small entry maps it permits nothing. */
static uint8_t perm_there(const struct event *event, uint8_t perm, uint8_t parts)
{
	return parts && event->part >= parts ? 0 : perm;
}

static void try_tables(struct oracle *o, struct ways *ways)
{
	const struct event *event = ways->event;
	const struct guest_state *guest = &o->guests[event->guest - 1];
	const struct l2_page *page = oracle_l2_page(o, event->guest, event->n);

	for (unsigned i = 0; i < page->past_count; i++)
		if (oracle_l1_past_alive(o, event->guest, &page->past[i]))
			try_way(o, ways, page->past[i].lpage,
				perm_there(event, page->past[i].perm, page->past[i].parts), LAYOUT_NONE);
	if (page->cover && guest_reachable(guest)) {
		uint32_t start = page->cover - 1;
		const struct l1_entry *entry = &oracle_l2_page(o, event->guest, start)->entry;

		try_way(o, ways, oracle_l1_target(o, entry->lpage, event->n - start),
			perm_there(event, entry->perm, entry->parts), guest->valid ? start : LAYOUT_NONE);
	}
}

/* Was the frame ever that of a page that L2 page n was mapped to? */
static bool once_mapped(struct oracle *o, const struct event *event)
{
	const struct l2_page *page = oracle_l2_page(o, event->guest, event->n);

	if (page->past_forgot)
		return true;
	for (unsigned i = 0; i < page->past_count; i++)
		if (page->past[i].lpage != LAYOUT_NONE &&
		    oracle_memory_had_frame(oracle_memory_page(o, page->past[i].lpage), event->frame))
			return true;
	if (page->cover && o->guests[event->guest - 1].ever) {
		uint32_t start = page->cover - 1;
		uint32_t lpage =
			oracle_l1_target(o, oracle_l2_page(o, event->guest, start)->entry.lpage, event->n - start);

		return lpage != LAYOUT_NONE && oracle_memory_had_frame(oracle_memory_page(o, lpage), event->frame);
	}
	return false;
}

void oracle_access_l2(struct oracle *o)
{
	const struct event *event = o->event;
	struct cause cause = cause_of_access(o, WRITER_L2);
	struct ways ways = {.event = event};

	assert(event->guest >= 1 && event->guest <= SCENARIO_GUESTS_MAX);
	if (event->quadrant)
		o->quadrant = cause;
	if (event->n >= o->layout->l2_pages || o->guests[event->guest - 1].tainted ||
	    is_loose(&o->guests[event->guest - 1], oracle_l2_page(o, event->guest, event->n))) {
		access_l2_tainted(o);
		return;
	}
	try_tables(o, &ways);
	if (event->reached != event->part)
		accuse(o, CLASS_WRONG_PAGE, &cause);
	else if (ways.found)
		complete(o, &ways, &cause);
	else if (ways.denied)
		accuse(o, CLASS_OVER_PERMISSION, &cause);
	else
		accuse(o, once_mapped(o, event) ? CLASS_STALE_ACCESS : CLASS_WRONG_PAGE, &cause);
}
