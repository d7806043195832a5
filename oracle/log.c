// SPDX-License-Identifier: GPL-2.0-only
/*
 * log.c: what is owed to the host's dirty log, and the migration's copy.
 *
 * A copy of memory is taken when log.start has returned (all of the slot) and
 * when a harvest has returned (what it named). A store through a page of a
 * tracked slot is owed to that slot's log until a copy follows it, whichever
 * alias was named. Where a write is nobody's debt (the VMM's own, through a slot
 * that is not tracked, not certain through which page, or judged wrong itself)
 * source and copy may differ from then on: the memory is "excused".
 */
#include "oracle/model.h"

#include <assert.h>
#include <stdio.h>

static uint32_t slot_end(const struct oracle *o, unsigned slot)
{
	return o->layout->slots[slot].first + o->layout->slots[slot].pages;
}

/* A copy of the memory behind lpage has been taken. */
static void copied(struct oracle *o, uint32_t lpage)
{
	oracle_memory_page(o, lpage)->excused = false;
	for (unsigned slot = 0; slot < SCENARIO_SLOTS_MAX; slot++) {
		uint32_t same = oracle_lpage_in_slot(o, lpage, slot);

		if (same == LAYOUT_NONE || !o->lpage_used[same])
			continue;
		oracle_log_page(o, same)->owed = false;
		oracle_log_page(o, same)->copied_seq = o->seq;
	}
}

/* Tracking of the slot ends: nothing is owed to it any more. */
static void untrack(struct oracle *o, unsigned slot)
{
	o->slots[slot].tracked = false;
	o->slots[slot].harvest_seq = 0;
	for (uint32_t lpage = o->layout->slots[slot].first; lpage < slot_end(o, slot); lpage++) {
		if (!o->lpage_used[lpage])
			continue;
		if (oracle_log_page(o, lpage)->owed)
			oracle_memory_page(o, lpage)->excused = true;
		oracle_log_page(o, lpage)->owed = false;
	}
}

void oracle_log_slot(struct oracle *o)
{
	unsigned slot = o->event->slot;

	assert(slot < SCENARIO_SLOTS_MAX);
	untrack(o, slot);
	oracle_memory_age_reset(o, slot);
	o->slots[slot].exists = o->event->valid;
	if (o->event->status && !o->layout->slots[slot].readonly)
		oracle_ioctl_failed(o);
}

/* KVM's mappings of it go away at some time between. */
void oracle_log_slot_change(struct oracle *o)
{
	assert(o->event->slot < SCENARIO_SLOTS_MAX);
	o->slots[o->event->slot].changing = o->event->valid;
	oracle_memory_age_reset(o, o->event->slot);
}

void oracle_log_start(struct oracle *o)
{
	unsigned slot = o->event->slot;

	assert(slot < SCENARIO_SLOTS_MAX);
	oracle_memory_age_reset(o, slot);
	if (!o->slots[slot].exists)
		return;
	if (o->event->status) {
		oracle_ioctl_failed(o);
		return;
	}
	o->slots[slot].tracked = true;
	for (uint32_t lpage = o->layout->slots[slot].first; lpage < slot_end(o, slot); lpage++) {
		if (!o->lpage_used[lpage] && !o->lpage_used[oracle_lpage_home(o, lpage)])
			continue;
		copied(o, lpage);
		oracle_log_page(o, lpage)->written = false;
	}
}

void oracle_log_stop(struct oracle *o)
{
	assert(o->event->slot < SCENARIO_SLOTS_MAX);
	oracle_memory_age_reset(o, o->event->slot);
	untrack(o, o->event->slot);
	if (o->event->status && o->slots[o->event->slot].exists)
		oracle_ioctl_failed(o);
}

void oracle_log_harvest_begin(struct oracle *o)
{
	assert(o->event->slot < SCENARIO_SLOTS_MAX);
	o->slots[o->event->slot].harvest_seq = o->seq;
}

/* The harvest named lpage. */
static void named(struct oracle *o, uint32_t lpage)
{
	struct log_page *page = oracle_log_page(o, lpage);

	if (page->owed)
		o->stats.named++;
	else if (!page->written)
		o->stats.spurious_dirty++;
	page->written = false;
	copied(o, lpage);
}

/* It did not. A store that completed while the harvest ran stays owed to the next one. */
static void not_named(struct oracle *o, uint32_t lpage, uint64_t begin)
{
	struct log_page *page = oracle_log_page(o, lpage);

	if (!page->owed || page->first.seq >= begin)
		return;
	oracle_report(o, CLASS_LOST_DIRTY_HOST, &page->first);
	oracle_memory_page(o, lpage)->excused = true;
	page->owed = page->last.seq >= begin;
	page->first = page->last;
}

void oracle_log_harvest_end(struct oracle *o)
{
	const struct event *event = o->event;
	unsigned slot = event->slot;
	uint64_t begin;

	assert(slot < SCENARIO_SLOTS_MAX);
	if (!o->slots[slot].tracked)
		return;
	if (event->status) {
		untrack(o, slot);
		oracle_ioctl_failed(o);
		return;
	}
	assert(event->bitmap);
	begin = o->slots[slot].harvest_seq;
	o->slots[slot].harvest_seq = 0;
	for (uint32_t i = 0; i < o->layout->slots[slot].pages; i++) {
		uint32_t lpage = o->layout->slots[slot].first + i;

		if (event->bitmap[i / 8] >> i % 8 & 1)
			named(o, lpage);
		else if (o->lpage_used[lpage])
			not_named(o, lpage, begin);
	}
}

void oracle_log_store(struct oracle *o, uint32_t lpage, const struct cause *cause)
{
	struct log_page *page = oracle_log_page(o, lpage);

	page->written = true;
	if (!o->slots[layout_slot_of(o->layout, lpage)].tracked) {
		oracle_memory_page(o, lpage)->excused = true;
		return;
	}
	page->last = *cause;
	page->last.lpage = lpage;
	if (!page->owed)
		page->first = page->last;
	page->owed = true;
}

/* A write to the memory of lpage that nobody owes. */
static void spoil(struct oracle *o, uint32_t lpage)
{
	oracle_memory_page(o, lpage)->excused = true;
	for (unsigned slot = 0; slot < SCENARIO_SLOTS_MAX; slot++) {
		uint32_t same = oracle_lpage_in_slot(o, lpage, slot);

		if (same != LAYOUT_NONE)
			oracle_log_page(o, same)->written = true;
	}
}

void oracle_log_spoil(struct oracle *o, uint32_t frame)
{
	for (uint32_t i = 0, end = o->lpage_count; i < end; i++) {
		const struct memory_page *memory = &o->memory[o->lpages[i]];

		if (memory->framed && memory->frame == frame)
			spoil(o, o->lpages[i]);
	}
}

/* The kernel stores now, or soon: from now on a copy may have it. */
void oracle_log_kernel_store(struct oracle *o)
{
	assert(o->event->vcpu < SCENARIO_VCPUS_MAX);
	if (o->event->lpage >= o->layout->total_pages)
		return;
	oracle_log_page(o, o->event->lpage)->stored[o->event->vcpu] = o->seq;
	oracle_log_page(o, o->event->lpage)->stored_seq = o->seq;
}

/* Has it stored to the memory of lpage, and not returned? Then source and copy may differ. */
static bool is_storing(struct oracle *o, uint32_t lpage)
{
	for (unsigned slot = 0; slot < SCENARIO_SLOTS_MAX; slot++) {
		uint32_t same = oracle_lpage_in_slot(o, lpage, slot);

		for (unsigned v = 0; same != LAYOUT_NONE && o->lpage_used[same] && v < SCENARIO_VCPUS_MAX; v++)
			if (o->log[same].stored[v])
				return true;
	}
	return false;
}

/*
 * Owed from its return, unless a copy was taken after the store. Not when it went to a page that guest memory has left
 * since the kernel pinned it (VPA, DTL): guest memory did not change.
 */
void oracle_log_kernel_write(struct oracle *o)
{
	const struct event *event = o->event;
	struct cause cause = oracle_cause_of_event(o, WRITER_KERNEL);
	const struct memory_page *memory;
	uint64_t begin;

	if (event->lpage >= o->layout->total_pages)
		return;
	assert(event->vcpu < SCENARIO_VCPUS_MAX);
	memory = oracle_memory_page(o, event->lpage);
	cause.access = ACCESS_STORE;
	begin = oracle_log_page(o, event->lpage)->stored[event->vcpu];
	oracle_log_page(o, event->lpage)->stored[event->vcpu] = 0;
	if (begin && begin < oracle_log_page(o, event->lpage)->copied_seq)
		return;
	if (event->frame != LAYOUT_NONE && !(memory->valid && memory->frame == event->frame))
		oracle_log_spoil(o, event->frame);
	else
		oracle_log_store(o, event->lpage, &cause);
}

void oracle_log_user_write(struct oracle *o)
{
	if (o->event->lpage < o->layout->total_pages)
		spoil(o, o->event->lpage);
}

void oracle_log_compare(struct oracle *o)
{
	uint32_t lpage = o->event->lpage;
	struct memory_page *memory = oracle_memory_page(o, lpage);

	if (!o->event->status || !o->slots[layout_slot_of(o->layout, lpage)].tracked || memory->excused ||
	    is_storing(o, lpage))
		return;
	memory->excused = true;
	for (unsigned slot = 0; slot < SCENARIO_SLOTS_MAX; slot++) {
		uint32_t same = oracle_lpage_in_slot(o, lpage, slot);

		if (same == LAYOUT_NONE || !oracle_log_page(o, same)->owed)
			continue;
		oracle_report(o, CLASS_LOST_DIRTY_HOST, &oracle_log_page(o, same)->first);
		oracle_log_page(o, same)->owed = false;
		return;
	}
	if (!o->inconsistency[0])
		snprintf(o->inconsistency, sizeof(o->inconsistency),
			 "op %u: L1 page %u differs from its copy, but no write since the copy was seen", o->event->op,
			 lpage);
}
