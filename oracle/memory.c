// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory.c: which frame a page of guest memory is in, as the host's notifier
 * told, and whether the host's aging must see it as young.
 *
 * R is advisory: only clear_flush_young owes anything, and whatever drops KVM's
 * mapping of a page (a notifier, a change of the slot or of its log) drops R, at
 * any time while it runs.
 */
#include "oracle/model.h"

static void age_forget(struct memory_page *memory)
{
	memory->age_armed = false;
	memory->age_touched = false;
}

static void past_push(struct memory_page *memory, uint32_t frame)
{
	for (unsigned i = 0; i < memory->past_count; i++)
		if (memory->past[i] == frame)
			return;
	if (memory->past_count < PAST_FRAMES)
		memory->past[memory->past_count++] = frame;
	else
		memory->past_forgot = true;
}

/* The frame of a page that is paged out stays known: a stale access may still reach it. */
void oracle_memory_host_map(struct oracle *o)
{
	const struct event *event = o->event;
	struct memory_page *memory = oracle_memory_page(o, event->lpage);

	age_forget(memory);
	memory->valid = event->valid;
	memory->perm = event->perm;
	if (!event->valid)
		return;
	if (memory->framed && memory->frame != event->frame)
		past_push(memory, memory->frame);
	memory->framed = true;
	memory->frame = event->frame;
}

/*
 * R goes with the mapping, which is gone at some time before the notifier's begin returns: an aging that runs
 * meanwhile may come before or after that, and what it clears proves nothing.
 */
void oracle_memory_host_unmap(struct oracle *o)
{
	const struct event *event = o->event;

	for (uint32_t lpage = event->lpage; lpage < event->lpage + event->count; lpage++) {
		struct memory_page *memory = oracle_memory_page(o, lpage);

		age_forget(memory);
		if (event->valid)
			memory->unmapping++;
		else
			memory->unmapping--;
	}
}

bool oracle_memory_had_frame(const struct memory_page *memory, uint32_t frame)
{
	if (memory->past_forgot || (memory->framed && memory->frame == frame))
		return true;
	for (unsigned i = 0; i < memory->past_count; i++)
		if (memory->past[i] == frame)
			return true;
	return false;
}

void oracle_memory_touch(struct oracle *o, uint32_t lpage, const struct cause *cause)
{
	struct memory_page *memory = oracle_memory_page(o, lpage);

	if (!memory->age_armed || memory->age_touched)
		return;
	memory->age_touched = true;
	memory->age_cause = *cause;
	memory->age_cause.lpage = lpage;
}

void oracle_memory_age_reset(struct oracle *o, unsigned slot)
{
	const struct layout_slot *layout = &o->layout->slots[slot];

	for (uint32_t lpage = layout->first; lpage < layout->first + layout->pages; lpage++)
		if (o->lpage_used[oracle_lpage_home(o, lpage)])
			age_forget(oracle_memory_page(o, lpage));
}

/* Forget what is known of the pages of the VMM's memory in [from, end). */
static void age_forget_memory(struct oracle *o, uint64_t from, uint64_t end)
{
	for (const struct layout_slot *slot = o->layout->slots; slot < o->layout->slots + SCENARIO_SLOTS_MAX; slot++) {
		uint64_t slot_end = slot->hva + ((uint64_t)slot->pages << o->layout->page_shift);

		for (uint64_t at = from > slot->hva ? from : slot->hva; at < end && at < slot_end;
		     at += o->layout->page_size) {
			uint32_t lpage = slot->first + (uint32_t)((at - slot->hva) >> o->layout->page_shift);

			if (o->lpage_used[oracle_lpage_home(o, lpage)])
				age_forget(oracle_memory_page(o, lpage));
		}
	}
}

/*
 * KVM keeps one R for a huge page, so that clearing a page's may clear that of
 * the 2M around it: forget what is known there.
 */
static void age_forget_around(struct oracle *o, uint32_t first, uint32_t end)
{
	const uint64_t huge = 2u << 20;
	uint64_t last = layout_hva(o->layout, end - 1) + o->layout->page_size;

	age_forget_memory(o, layout_hva(o->layout, first) & ~(huge - 1), (last + huge - 1) & ~(huge - 1));
}

/* "Not young" speaks for each page of the range; one report says it. */
static void age_judge(struct oracle *o, uint32_t first, uint32_t end)
{
	bool reported = false;

	for (uint32_t lpage = first; lpage < end; lpage++) {
		struct memory_page *memory = oracle_memory_page(o, lpage);

		/* What was accessed while the ioctl ran may have come too late for it. */
		if (!memory->age_touched || o->event->status || memory->age_cause.seq > o->op_seq[o->event->op])
			continue;
		if (!reported)
			oracle_report(o, CLASS_LOST_REF_HOST, &memory->age_cause);
		reported = true;
		memory->age_touched = false;
	}
}

/* `clear`: R was read and cleared, else only read. */
void oracle_memory_age(struct oracle *o, bool clear)
{
	const struct event *event = o->event;
	const struct layout_slot *slot = &o->layout->slots[layout_slot_of(o->layout, event->lpage)];
	uint32_t slot_end = slot->first + slot->pages;
	uint64_t asked_end = (uint64_t)event->lpage + (event->count ? event->count : 1);
	uint32_t end = asked_end < slot_end ? (uint32_t)asked_end : slot_end;

	age_judge(o, event->lpage, end);
	if (!clear)
		return;
	age_forget_around(o, event->lpage, end);
	for (uint32_t lpage = event->lpage; lpage < end; lpage++) {
		struct memory_page *memory = oracle_memory_page(o, lpage);

		memory->age_armed =
			event->flush && !memory->unmapping && !o->slots[layout_slot_of(o->layout, lpage)].changing;
	}
	/* Beyond the slot lies other memory: whether it was meant is not said. */
	for (uint32_t lpage = end; lpage < asked_end && lpage < o->layout->total_pages; lpage++)
		age_forget(oracle_memory_page(o, lpage));
}
