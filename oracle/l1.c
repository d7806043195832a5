// SPDX-License-Identifier: GPL-2.0-only
/*
 * l1.c: L1's tables for its guests, as L1 told, and what L1's R and C bits owe.
 *
 * An entry is armed for C when no translation made before C was last clear can
 * be in use: at once where nothing was mapped, else from the first tlbie that
 * certainly covers it, begun after the clear, on. A store that completes through
 * an armed entry must show as C in it. If it does not, that is an obligation,
 * which L1 settles by setting C; it is judged where L1 would rely on it:
 *   - L1's harvest has returned and did not name the page;
 *   - the entry went away without C, and a tlbie that covers it has returned;
 *   - L1's migration compared the page, and it differs;
 *   - the scenario is over.
 * The same for R, without the harvest and the compare.
 *
 * A tlbie certainly covers an entry if its range holds all of the entry, or if it
 * is for the whole LPID, and if it invalidates the TLB at all (not RIC=1).
 */
#include "oracle/model.h"

#include <assert.h>

static struct guest_state *guest_state(struct oracle *o, unsigned guest)
{
	assert(guest >= 1 && guest <= SCENARIO_GUESTS_MAX);
	return &o->guests[guest - 1];
}

uint32_t oracle_l1_target(const struct oracle *o, uint32_t lpage, uint32_t offset)
{
	if (lpage >= o->layout->total_pages || !offset)
		return lpage < o->layout->total_pages ? lpage : LAYOUT_NONE;
	return layout_lpage(o->layout, layout_gpa(o->layout, lpage) + ((uint64_t)offset << o->layout->page_shift));
}

bool oracle_l1_past_alive(const struct oracle *o, unsigned guest, const struct past_entry *past)
{
	return past->alive && past->seq >= o->guests[guest - 1].flush_seq;
}

/* ---- past entries ---- */

/* Where to note another past entry of a page: in the place of the same one, of nothing, of a dead one, of any. */
static struct past_entry *past_place(struct oracle *o, unsigned guest, struct l2_page *page,
				     const struct past_entry *new)
{
	struct past_entry *oldest = &page->past[0];

	for (unsigned i = 0; i < page->past_count; i++) {
		struct past_entry *past = &page->past[i];

		if (past->lpage == new->lpage && past->perm == new->perm && past->parts == new->parts &&
		    past->start == new->start && past->count == new->count)
			return past;
		if (oracle_l1_past_alive(o, guest, oldest) &&
		    (!oracle_l1_past_alive(o, guest, past) || past->seq < oldest->seq))
			oldest = past;
	}
	if (page->past_count < PAST_ENTRIES)
		return &page->past[page->past_count++];
	page->past_forgot = true;
	if (oracle_l1_past_alive(o, guest, oldest))
		page->loose_seq = o->seq;
	return oldest;
}

/* Translations made from the entry at `start` as it is now may stay in use. */
static void past_note(struct oracle *o, unsigned guest, uint32_t start)
{
	const struct l1_entry *entry = &oracle_l2_page(o, guest, start)->entry;

	for (uint32_t i = 0; i < entry->count; i++) {
		struct l2_page *page = oracle_l2_page(o, guest, start + i);
		struct past_entry past = {
			.seq = o->seq,
			.lpage = oracle_l1_target(o, entry->lpage, i),
			.start = start,
			.count = entry->count,
			.perm = entry->perm,
			.parts = entry->parts,
			.alive = true,
		};

		*past_place(o, guest, page, &past) = past;
	}
}

static bool past_any_alive(struct oracle *o, unsigned guest, uint32_t start, uint32_t count)
{
	for (uint32_t n = start; n < start + count; n++) {
		const struct l2_page *page = oracle_l2_page(o, guest, n);

		if (page->loose_seq && page->loose_seq >= o->guests[guest - 1].flush_seq)
			return true;
		for (unsigned i = 0; i < page->past_count; i++)
			if (oracle_l1_past_alive(o, guest, &page->past[i]))
				return true;
	}
	return false;
}

/* ---- obligations ---- */

static void obligation_remove(struct oracle *o, uint32_t index)
{
	struct obligation *gone = &o->obligations[index];
	struct l1_entry *entry = &oracle_l2_page(o, gone->cause.guest, gone->start)->entry;

	if (!gone->gone && gone->c)
		entry->owed_c = false;
	else if (!gone->gone)
		entry->owed_r = false;
	*gone = o->obligations[--o->obligation_count];
}

static void obligation_lost(struct oracle *o, uint32_t index)
{
	const struct obligation *lost = &o->obligations[index];

	oracle_report(o, lost->c ? CLASS_LOST_DIRTY_L1 : CLASS_LOST_REF_L1, &lost->cause);
	obligation_remove(o, index);
}

/* If the table is full the access owes nothing: never a false alarm. */
static void obligation_add(struct oracle *o, uint32_t start, uint32_t count, bool c, const struct cause *cause)
{
	if (o->obligation_count == OBLIGATIONS_MAX)
		return;
	o->obligations[o->obligation_count++] =
		(struct obligation){.cause = *cause, .c = c, .start = start, .count = count};
}

/* The obligation is for the entry in force at `start`. */
static bool obligation_of(const struct obligation *owed, unsigned guest, uint32_t start)
{
	return !owed->gone && owed->cause.guest == guest && owed->start == start;
}

/* L1's entry shows the bit. */
static void obligation_settle(struct oracle *o, unsigned guest, uint32_t start, bool c)
{
	for (uint32_t i = o->obligation_count; i-- > 0;)
		if (o->obligations[i].c == c && obligation_of(&o->obligations[i], guest, start))
			obligation_remove(o, i);
}

static bool armed(const struct oracle *o, unsigned guest, const struct l1_entry *entry, uint64_t clear_seq)
{
	return clear_seq < entry->flush_seq || clear_seq < o->guests[guest - 1].flush_seq || !clear_seq;
}

void oracle_l1_through(struct oracle *o, uint32_t start, const struct cause *cause)
{
	struct l1_entry *entry = &oracle_l2_page(o, cause->guest, start)->entry;

	if (!entry->r && !entry->owed_r && armed(o, cause->guest, entry, entry->r_clear_seq)) {
		entry->owed_r = true;
		obligation_add(o, start, entry->count, false, cause);
	}
	if (cause->access == ACCESS_STORE && !entry->c && !entry->owed_c &&
	    armed(o, cause->guest, entry, entry->c_clear_seq)) {
		entry->owed_c = true;
		obligation_add(o, start, entry->count, true, cause);
	}
}

/* ---- entries ---- */

/* The entry at `start` is no longer in L1's tables. */
static void entry_retire(struct oracle *o, unsigned guest, uint32_t start)
{
	struct l1_entry *entry = &oracle_l2_page(o, guest, start)->entry;

	past_note(o, guest, start);
	for (uint32_t i = 0; i < o->obligation_count; i++) {
		struct obligation *owed = &o->obligations[i];

		if (obligation_of(owed, guest, start)) {
			owed->gone = true;
			owed->gone_seq = o->seq;
		}
	}
	for (uint32_t i = 0; i < entry->count; i++)
		oracle_l2_page(o, guest, start + i)->cover = 0;
	*entry = (struct l1_entry){0};
}

static void entry_create(struct oracle *o, const struct event *event, uint32_t count)
{
	struct l1_entry *entry = &oracle_l2_page(o, event->guest, event->n)->entry;
	uint64_t since = past_any_alive(o, event->guest, event->n, count) ? o->seq : 0;

	*entry = (struct l1_entry){
		.valid = true,
		.r = event->r,
		.c = event->c,
		.perm = event->perm,
		.parts = event->part,
		.lpage = event->lpage,
		.count = count,
		.r_clear_seq = since,
		.c_clear_seq = since,
	};
	for (uint32_t i = 0; i < count; i++)
		oracle_l2_page(o, event->guest, event->n + i)->cover = event->n + 1;
}

/* The same mapping, with other bits or permissions. */
static void entry_change(struct oracle *o, const struct event *event)
{
	struct l1_entry *entry = &oracle_l2_page(o, event->guest, event->n)->entry;

	if (entry->perm != event->perm)
		past_note(o, event->guest, event->n);
	if (entry->r && !event->r)
		entry->r_clear_seq = o->seq;
	if (entry->c && !event->c)
		entry->c_clear_seq = o->seq;
	entry->perm = event->perm;
	entry->r = event->r;
	entry->c = event->c;
	if (event->r)
		obligation_settle(o, event->guest, event->n, false);
	if (event->c)
		obligation_settle(o, event->guest, event->n, true);
}

void oracle_l1_pte(struct oracle *o)
{
	const struct event *event = o->event;
	const struct l1_entry *entry;
	uint32_t count = event->count ? event->count : 1;

	guest_state(o, event->guest);
	if (event->n >= o->layout->l2_pages) /* L2's process tables: no op reaches them as data */
		return;
	if (count > o->layout->l2_pages - event->n)
		count = o->layout->l2_pages - event->n;
	entry = &oracle_l2_page(o, event->guest, event->n)->entry;
	if (entry->valid && event->valid && entry->lpage == event->lpage && entry->count == count &&
	    entry->parts == event->part) {
		entry_change(o, event);
		return;
	}
	for (uint32_t i = 0; i < count; i++) {
		uint32_t cover = oracle_l2_page(o, event->guest, event->n + i)->cover;

		if (cover)
			entry_retire(o, event->guest, cover - 1);
	}
	if (event->valid)
		entry_create(o, event, count);
}

/* ---- the partition table, tlbies, misbehaviour ---- */

void oracle_l1_guest(struct oracle *o)
{
	struct guest_state *guest = guest_state(o, o->event->guest);

	if (guest->valid && !o->event->valid)
		guest->out_seq = o->seq;
	guest->valid = o->event->valid;
	guest->ever |= o->event->valid;
}

void oracle_l1_tlbie_begin(struct oracle *o)
{
	assert(o->event->vcpu < SCENARIO_VCPUS_MAX);
	o->tlbie_seq[o->event->vcpu] = o->seq;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void flush_guest(struct oracle *o, unsigned guest, uint64_t begin)
{
	struct guest_state *state = guest_state(o, guest);

	state->flush_seq = later(state->flush_seq, begin);
	if (o->event->ric == RIC_ALL)
		state->table_flush_seq = later(state->table_flush_seq, begin);
}

/* [first, end) of a guest. What it covers only in part stays possible. */
static void flush_range(struct oracle *o, unsigned guest, uint32_t first, uint32_t end, uint64_t begin)
{
	for (uint32_t n = first; n < end; n++) {
		struct l2_page *page;

		if (!o->l2_used[guest - 1][n])
			continue;
		page = oracle_l2_page(o, guest, n);
		if (page->entry.valid && n + page->entry.count <= end)
			page->entry.flush_seq = later(page->entry.flush_seq, begin);
		for (unsigned i = 0; i < page->past_count; i++) {
			struct past_entry *past = &page->past[i];

			if (past->start >= first && past->start + past->count <= end && past->seq < begin)
				past->alive = false;
		}
	}
}

/* Entries that had gone without the bit before the tlbie began cannot show it any more. */
static void flush_judge(struct oracle *o, unsigned guest, uint32_t first, uint32_t end, uint64_t begin)
{
	for (uint32_t i = o->obligation_count; i-- > 0;) {
		const struct obligation *owed = &o->obligations[i];

		if (owed->gone && owed->gone_seq < begin && owed->cause.guest == guest && owed->start >= first &&
		    owed->start + owed->count <= end)
			obligation_lost(o, i);
	}
}

static void flush(struct oracle *o, unsigned guest, uint64_t begin)
{
	const struct event *event = o->event;
	uint32_t first = 0, end = o->layout->l2_pages;

	if (event->scope == SCOPE_PAGE) {
		uint64_t asked = (uint64_t)event->n + (event->count ? event->count : 1);

		first = event->n;
		end = asked < end ? (uint32_t)asked : end;
		flush_range(o, guest, first, end, begin);
	} else {
		flush_guest(o, guest, begin);
	}
	flush_judge(o, guest, first, end, begin);
}

/* What the hcall did not accept (status), or what may miss (valid), is not owed, and RIC=1 is for the walk cache only.
 */
void oracle_l1_tlbie_end(struct oracle *o)
{
	const struct event *event = o->event;
	uint64_t begin;

	assert(event->vcpu < SCENARIO_VCPUS_MAX && event->guest <= SCENARIO_GUESTS_MAX);
	begin = o->tlbie_seq[event->vcpu];
	o->tlbie_seq[event->vcpu] = 0;
	if (event->status || !event->valid || event->ric == RIC_PWC)
		return;
	for (unsigned guest = 1; guest <= SCENARIO_GUESTS_MAX; guest++)
		if (event->scope == SCOPE_ALL || !event->guest || event->guest == guest)
			flush(o, guest, begin);
}

void oracle_l1_taint(struct oracle *o)
{
	for (unsigned guest = 1; guest <= SCENARIO_GUESTS_MAX; guest++) {
		if (o->event->guest && o->event->guest != guest)
			continue;
		guest_state(o, guest)->tainted = true;
		for (uint32_t i = o->obligation_count; i-- > 0;)
			if (o->obligations[i].cause.guest == guest)
				obligation_remove(o, i);
	}
}

/* ---- L1's consumers ---- */

void oracle_l1_harvest_begin(struct oracle *o)
{
	guest_state(o, o->event->guest)->harvest_seq = o->seq;
}

static bool bitmap_any(const uint8_t *bitmap, uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++)
		if (bitmap[i / 8] >> i % 8 & 1)
			return true;
	return false;
}

void oracle_l1_harvest_end(struct oracle *o)
{
	const struct event *event = o->event;
	struct guest_state *guest = guest_state(o, event->guest);
	uint64_t begin = guest->harvest_seq;

	guest->harvest_seq = 0;
	if (event->status)
		return;
	assert(event->bitmap);
	for (uint32_t i = o->obligation_count; i-- > 0;) {
		const struct obligation *owed = &o->obligations[i];

		if (!owed->c || owed->gone || owed->cause.guest != event->guest)
			continue;
		if (bitmap_any(event->bitmap, owed->start, owed->count))
			obligation_remove(o, i);
		else if (owed->cause.seq < begin)
			obligation_lost(o, i);
	}
}

/* Copies are compared over the union: an obligation through another L2 page on the same memory explains it too. */
void oracle_l1_compare(struct oracle *o)
{
	const struct event *event = o->event;
	uint32_t n = event->n, target = LAYOUT_NONE;

	guest_state(o, event->guest);
	if (!event->status || n >= o->layout->l2_pages)
		return;
	if (oracle_l2_page(o, event->guest, n)->cover) {
		uint32_t start = oracle_l2_page(o, event->guest, n)->cover - 1;

		target = oracle_l1_target(o, oracle_l2_page(o, event->guest, start)->entry.lpage, n - start);
	}
	for (uint32_t i = o->obligation_count; i-- > 0;) {
		const struct obligation *owed = &o->obligations[i];

		if (!owed->c || owed->gone || owed->cause.guest != event->guest)
			continue;
		if (owed->cause.n != n && (target == LAYOUT_NONE || owed->cause.lpage == LAYOUT_NONE ||
					   oracle_lpage_home(o, owed->cause.lpage) != oracle_lpage_home(o, target)))
			continue;
		obligation_lost(o, i);
		return;
	}
}

void oracle_l1_end(struct oracle *o)
{
	while (o->obligation_count)
		obligation_lost(o, o->obligation_count - 1);
}
