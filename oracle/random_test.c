// SPDX-License-Identifier: GPL-2.0-only
/*
 * random_test.c: the oracle against a toy kernel that does everything right, and
 * then against the same toy with one thing wrong.
 *
 * The toy is a machine and a kernel in one: guest memory in frames, L1's tables,
 * and one cached translation for each page of L1 and of each L2, which it drops
 * exactly when it must and keeps, with its C, as long as it may. Its L1 uses every
 * freedom it has: it clears bits without tlbies, unmaps and maps again before a
 * tlbie, uses large entries, removes guests. Nothing may be reported of that. With
 * one fault it must be, and what is reported first must be what the fault causes.
 */
#include "oracle/test_world.h"

#define EVENTS 300000u
#define EVENTS_A_WORLD 3000u
#define FRAMES 512u
#define LPAGES 384u
#define L2_PAGES 64u
#define NONE LAYOUT_NONE

enum fault {
	FAULT_NONE,
	FAULT_NOT_NAMED,	 /* a harvest forgets a dirty page */
	FAULT_HARVEST_NO_FLUSH,	 /* a harvest clears C but not the cached translation */
	FAULT_ALIAS_NO_FLUSH,	 /* it does for the L2s */
	FAULT_UNMAP_LOSES_DIRTY, /* the host's unmap drops C */
	FAULT_KERNEL_WRITE_NOT_LOGGED,
	FAULT_NO_C,		   /* L1's C stays clear */
	FAULT_NO_R,		   /* L1's R stays clear */
	FAULT_TLBIE_IGNORED,	   /* L1's tlbie of one page does nothing */
	FAULT_LPID_TLBIE_IGNORED,  /* that of an LPID */
	FAULT_CLEAN_TLBIE_IGNORED, /* that after L1 cleared C */
	FAULT_UNMAP_NO_FLUSH,	   /* the host's unmap leaves L2's translation */
	FAULT_SLOT_NO_FLUSH,	   /* deleting a slot does */
	FAULT_WRONG_FRAME,
	FAULT_NEXT_PAGE,       /* a large entry is off by one page */
	FAULT_L1_PERMISSION,   /* a store that L1 does not permit goes through */
	FAULT_HOST_PERMISSION, /* one that the host does not permit does */
	FAULT_AGE_NO_FLUSH,
	FAULT_COUNT
};

#define C(class) (1u << CLASS_##class)
#define TLBIE_CLASSES (C(STALE_ACCESS) | C(OVER_PERMISSION) | C(LOST_DIRTY_L1) | C(LOST_REF_L1))

/* What may be reported because of it: a set of classes. */
static const struct {
	const char *name;
	unsigned classes;
} faults[FAULT_COUNT] = {
	[FAULT_NOT_NAMED] = {"not named", C(LOST_DIRTY_HOST)},
	[FAULT_HARVEST_NO_FLUSH] = {"harvest without flush", C(LOST_DIRTY_HOST)},
	[FAULT_ALIAS_NO_FLUSH] = {"harvest without flush of L2", C(LOST_DIRTY_HOST)},
	[FAULT_UNMAP_LOSES_DIRTY] = {"unmap loses dirty", C(LOST_DIRTY_HOST)},
	[FAULT_KERNEL_WRITE_NOT_LOGGED] = {"kernel write not logged", C(LOST_DIRTY_HOST)},
	[FAULT_NO_C] = {"no C for L1", C(LOST_DIRTY_L1)},
	[FAULT_NO_R] = {"no R for L1", C(LOST_REF_L1)},
	[FAULT_TLBIE_IGNORED] = {"tlbie of a page ignored", TLBIE_CLASSES},
	[FAULT_LPID_TLBIE_IGNORED] = {"tlbie of an LPID ignored", TLBIE_CLASSES},
	[FAULT_CLEAN_TLBIE_IGNORED] = {"tlbie after a clear ignored", TLBIE_CLASSES},
	[FAULT_UNMAP_NO_FLUSH] = {"unmap without flush of L2", C(STALE_ACCESS) | C(OVER_PERMISSION)},
	[FAULT_SLOT_NO_FLUSH] = {"slot deleted without flush", C(STALE_ACCESS)},
	[FAULT_WRONG_FRAME] = {"wrong frame", C(WRONG_PAGE) | C(STALE_ACCESS)},
	[FAULT_NEXT_PAGE] = {"off by one page", C(WRONG_PAGE) | C(STALE_ACCESS)},
	[FAULT_L1_PERMISSION] = {"L1's permission ignored", C(OVER_PERMISSION)},
	[FAULT_HOST_PERMISSION] = {"host's permission ignored", C(OVER_PERMISSION)},
	[FAULT_AGE_NO_FLUSH] = {"age without flush", C(LOST_REF_HOST)},
};

/* A translation that the toy's hardware holds. Of L1's own (guest 0): start = the page, count = 1. */
struct cached {
	bool valid, c;
	uint8_t perm;
	uint32_t lpage, frame, start, count;
};

struct entry {
	bool valid, r, c;
	uint8_t perm;
	uint32_t lpage, count;
};

struct toy_page {
	bool dirty;	    /* by lpage: what the next harvest names */
	bool mapped, young; /* by home, and so on */
	uint8_t perm;
	uint32_t frame;
	uint64_t copy;
	bool copied;
};

struct toy {
	struct world *w;
	uint64_t rng;
	enum fault fault;
	unsigned events;
	bool wild; /* L1 misbehaves at times */

	struct toy_page pages[LPAGES];
	uint64_t content[FRAMES];
	bool frame_used[FRAMES];
	uint64_t version;
	uint32_t aged; /* the last page whose age was asked for: of interest again */
	bool slot_exists[SCENARIO_SLOTS_MAX], tracked[SCENARIO_SLOTS_MAX];

	bool guest_valid[SCENARIO_GUESTS_MAX + 1];
	bool tainted[SCENARIO_GUESTS_MAX + 1]; /* L1 misbehaved: its tables are owed nothing any more */
	struct entry entries[SCENARIO_GUESTS_MAX + 1][L2_PAGES]; /* at their first page */
	uint32_t cover[SCENARIO_GUESTS_MAX + 1][L2_PAGES];	 /* that page, or NONE */
	uint64_t l1_copy[SCENARIO_GUESTS_MAX + 1][L2_PAGES];
	struct cached cached[SCENARIO_GUESTS_MAX + 1][LPAGES];
};

/* ---- odds and ends ---- */

static uint32_t rnd(struct toy *t, uint32_t bound)
{
	t->rng ^= t->rng << 13;
	t->rng ^= t->rng >> 7;
	t->rng ^= t->rng << 17;
	return (uint32_t)((t->rng >> 11) % bound);
}

static void emit(struct toy *t, struct event event)
{
	t->events++;
	feed(t->w, event);
}
#define EMIT(t, k, ...) emit(t, (struct event){.kind = k, __VA_ARGS__})

static uint32_t home_of(const struct toy *t, uint32_t lpage)
{
	bool shares = layout_slots_share(&t->w->config) && layout_slot_of(&t->w->layout, lpage) == 1;

	return shares ? lpage - t->w->layout.slots[1].first + (t->w->config.kind1 == SLOT1_SHIFTED) : lpage;
}

static struct toy_page *home(struct toy *t, uint32_t lpage)
{
	return &t->pages[home_of(t, lpage)];
}

static unsigned slot_of(const struct toy *t, uint32_t lpage)
{
	return layout_slot_of(&t->w->layout, lpage);
}

static uint32_t frame_take(struct toy *t)
{
	for (;;) {
		uint32_t frame = rnd(t, FRAMES);

		if (!t->frame_used[frame]) {
			t->frame_used[frame] = true;
			return frame;
		}
	}
}

/* ---- what the hardware forgets ---- */

/* All translations to the memory of lpage: of guests from..3 (0 is L1 itself). */
static void flush_memory(struct toy *t, uint32_t lpage, unsigned from)
{
	for (unsigned guest = from; guest <= SCENARIO_GUESTS_MAX; guest++)
		for (uint32_t n = 0; n < LPAGES; n++)
			if (t->cached[guest][n].valid && home_of(t, t->cached[guest][n].lpage) == home_of(t, lpage))
				t->cached[guest][n].valid = false;
}

/* Those of a guest that lie in [first, first + count) at least in part: more than a tlbie must. */
static void flush_guest(struct toy *t, unsigned guest, uint32_t first, uint32_t count)
{
	for (uint32_t n = 0; n < L2_PAGES; n++) {
		struct cached *cached = &t->cached[guest][n];

		if (cached->valid && cached->start < first + count && first < cached->start + cached->count)
			cached->valid = false;
	}
}

/* ---- the host ---- */

static void host_down(struct toy *t, uint32_t lpage)
{
	struct toy_page *page = home(t, lpage);

	if (!page->mapped)
		return;
	EMIT(t, EV_HOST_UNMAP, .lpage = lpage, .count = 1, .valid = true);
	flush_memory(t, lpage, 0);
	page->mapped = page->young = false;
	/* Another actor looks before the notifier has returned. */
	if (!rnd(t, 4))
		EMIT(t, EV_TEST_AGE, .lpage = lpage, .count = 1, .status = page->young);
	EMIT(t, EV_HOST_MAP, .lpage = lpage);
	EMIT(t, EV_HOST_UNMAP, .lpage = lpage, .count = 1);
}

static void host_up(struct toy *t, uint32_t lpage, uint32_t frame, uint8_t perm)
{
	struct toy_page *page = home(t, lpage);

	if (page->frame != frame) {
		t->content[frame] = t->content[page->frame];
		t->frame_used[page->frame] = false;
		page->frame = frame;
	}
	page->mapped = true;
	page->perm = perm;
	EMIT(t, EV_HOST_MAP, .lpage = lpage, .valid = true, .frame = frame, .perm = perm);
}

/* Unmap, with the faults that an unmap can have. */
static void host_unmap_op(struct toy *t, uint32_t lpage)
{
	struct cached kept[SCENARIO_GUESTS_MAX + 1][L2_PAGES];

	for (unsigned guest = 1; guest <= SCENARIO_GUESTS_MAX; guest++)
		memcpy(kept[guest], t->cached[guest], sizeof(kept[guest]));
	if (t->fault == FAULT_UNMAP_LOSES_DIRTY)
		t->pages[lpage].dirty = false;
	host_down(t, lpage);
	for (unsigned guest = 1; t->fault == FAULT_UNMAP_NO_FLUSH && guest <= SCENARIO_GUESTS_MAX; guest++)
		memcpy(t->cached[guest], kept[guest], sizeof(kept[guest]));
}

static void host_memory_op(struct toy *t)
{
	uint32_t lpage = rnd(t, t->w->layout.total_pages);
	uint32_t what = rnd(t, 4);

	host_unmap_op(t, lpage);
	if (what == 1)
		host_up(t, lpage, frame_take(t), RW);
	else if (what == 2)
		host_up(t, lpage, home(t, lpage)->frame, EVP_READ); /* copy on write */
}

/* A fault brings the page back, somewhere; a store breaks copy on write. */
static void host_fault(struct toy *t, uint32_t lpage, bool store)
{
	struct toy_page *page = home(t, lpage);

	if (!page->mapped) {
		host_up(t, lpage, rnd(t, 2) ? frame_take(t) : page->frame, RW);
	} else if (store && !(page->perm & EVP_WRITE) && t->fault != FAULT_HOST_PERMISSION) {
		host_down(t, lpage);
		host_up(t, lpage, frame_take(t), RW);
	}
}

static void copy(struct toy *t, uint32_t lpage)
{
	home(t, lpage)->copy = t->content[home(t, lpage)->frame];
	home(t, lpage)->copied = true;
}

static void log_op(struct toy *t, unsigned slot, bool start)
{
	const struct layout_slot *layout = &t->w->layout.slots[slot];

	if (!t->slot_exists[slot])
		return;
	/* KVM drops all mappings of the slot when logging begins or ends, and with them R. */
	for (uint32_t i = 0; i < layout->pages; i++) {
		flush_memory(t, layout->first + i, 0);
		home(t, layout->first + i)->young = false;
		t->pages[layout->first + i].dirty = false;
	}
	t->tracked[slot] = start;
	if (start)
		EMIT(t, EV_LOG_START, .slot = (uint8_t)slot);
	else
		EMIT(t, EV_LOG_STOP, .slot = (uint8_t)slot);
	for (uint32_t i = 0; start && i < layout->pages; i++)
		copy(t, layout->first + i);
}

static void harvest_op(struct toy *t, unsigned slot)
{
	const struct layout_slot *layout = &t->w->layout.slots[slot];
	struct bitmap bitmap = {{0}};

	if (!t->slot_exists[slot] || !t->tracked[slot])
		return;
	EMIT(t, EV_HARVEST_BEGIN, .slot = (uint8_t)slot);
	for (uint32_t i = 0; i < layout->pages; i++) {
		struct toy_page *page = &t->pages[layout->first + i];
		unsigned from = t->fault == FAULT_ALIAS_NO_FLUSH ? 1 : 0;

		if (!page->dirty)
			continue;
		page->dirty = false;
		if (t->fault == FAULT_ALIAS_NO_FLUSH)
			t->cached[0][layout->first + i].valid = false;
		else if (t->fault != FAULT_HARVEST_NO_FLUSH)
			flush_memory(t, layout->first + i, from);
		if (t->fault == FAULT_NOT_NAMED && !rnd(t, 8))
			continue;
		bitmap.bytes[i / 8] |= (uint8_t)(1u << i % 8);
	}
	EMIT(t, EV_HARVEST_END, .slot = (uint8_t)slot, .bitmap = bitmap.bytes);
	for (uint32_t i = 0; i < layout->pages; i++)
		if (bitmap.bytes[i / 8] >> i % 8 & 1)
			copy(t, layout->first + i);
}

/* The end of a migration: a last harvest of all slots, then compare. */
static void compare_op(struct toy *t)
{
	for (unsigned slot = 0; slot < SCENARIO_SLOTS_MAX; slot++)
		harvest_op(t, slot);
	for (uint32_t lpage = 0; lpage < t->w->layout.total_pages; lpage++) {
		const struct toy_page *page = home(t, lpage);

		if (t->tracked[slot_of(t, lpage)] && page->copied)
			EMIT(t, EV_COMPARE, .lpage = lpage, .status = t->content[page->frame] != page->copy);
	}
}

static void slot_op(struct toy *t, unsigned slot)
{
	const struct layout_slot *layout = &t->w->layout.slots[slot];

	t->slot_exists[slot] = !t->slot_exists[slot];
	t->tracked[slot] = false;
	for (uint32_t i = 0; i < layout->pages; i++) {
		if (t->fault != FAULT_SLOT_NO_FLUSH)
			flush_memory(t, layout->first + i, 0);
		home(t, layout->first + i)->young = false;
		t->pages[layout->first + i].dirty = false;
	}
	EMIT(t, EV_SLOT, .slot = (uint8_t)slot, .valid = t->slot_exists[slot]);
}

static void age_op(struct toy *t)
{
	uint32_t lpage = t->aged = rnd(t, 2) ? t->aged : rnd(t, t->w->layout.data_pages);
	const struct layout_slot *slot = &t->w->layout.slots[slot_of(t, lpage)];
	uint32_t count = rnd(t, 3) ? 1 : 1 + rnd(t, slot->first + slot->pages - lpage);
	bool flush = rnd(t, 2), young = false;

	if (!rnd(t, 3)) {
		EMIT(t, EV_TEST_AGE, .lpage = lpage, .count = 1, .status = home(t, lpage)->young);
		return;
	}
	for (uint32_t i = 0; i < count; i++) {
		young |= home(t, lpage + i)->young;
		home(t, lpage + i)->young = false;
		if (flush && t->fault != FAULT_AGE_NO_FLUSH)
			flush_memory(t, lpage + i, 0);
	}
	EMIT(t, EV_AGE, .lpage = lpage, .count = count, .flush = flush, .status = young);
}

/* The VMM or, on behalf of a guest, the kernel writes. */
static void write_op(struct toy *t)
{
	uint32_t lpage = rnd(t, t->w->layout.total_pages);
	struct toy_page *page = home(t, lpage);
	bool user = rnd(t, 2);

	if (!user && (!t->slot_exists[slot_of(t, lpage)] || t->w->layout.slots[slot_of(t, lpage)].readonly))
		return;
	if (!page->mapped || !(page->perm & EVP_WRITE)) {
		host_down(t, lpage);
		host_up(t, lpage, frame_take(t), RW);
	}
	t->content[page->frame] = ++t->version;
	if (user) {
		EMIT(t, EV_USER_WRITE, .lpage = lpage, .frame = page->frame);
		return;
	}
	if (t->fault != FAULT_KERNEL_WRITE_NOT_LOGGED)
		t->pages[lpage].dirty = true;
	EMIT(t, EV_KERNEL_WRITE, .lpage = lpage, .frame = page->frame);
}

/* ---- accesses ---- */

static bool permits(uint8_t perm, unsigned access)
{
	return perm & (access == ACCESS_STORE ? EVP_WRITE : access == ACCESS_FETCH ? EVP_EXEC : EVP_READ);
}

static void access_done(struct toy *t, unsigned guest, uint32_t n, unsigned access, uint32_t frame)
{
	if (t->fault == FAULT_WRONG_FRAME && !rnd(t, 64))
		frame = (frame + 1 + rnd(t, FRAMES - 1)) % FRAMES;
	if (access == ACCESS_STORE)
		t->content[frame] = ++t->version;
	if (guest)
		EMIT(t, EV_L2_ACCESS, .guest = (uint8_t)guest, .n = n, .access = (uint8_t)access, .frame = frame);
	else
		EMIT(t, EV_L1_ACCESS, .lpage = n, .access = (uint8_t)access, .frame = frame);
}

/* L0's half of a fault: find the page in the host, fill the translation. False: the access fails. */
static bool l0_fill(struct toy *t, struct cached *cached, uint32_t lpage, uint8_t perm, bool store)
{
	if (lpage == NONE || !t->slot_exists[slot_of(t, lpage)] ||
	    (store && t->w->layout.slots[slot_of(t, lpage)].readonly))
		return false;
	host_fault(t, lpage, store);
	home(t, lpage)->young = true;
	if (store)
		t->pages[lpage].dirty = true;
	cached->valid = true;
	cached->c = store;
	cached->perm = perm;
	cached->lpage = lpage;
	cached->frame = home(t, lpage)->frame;
	return true;
}

static void l1_access_op(struct toy *t)
{
	uint32_t lpage = rnd(t, t->w->layout.total_pages);
	unsigned access = rnd(t, 3);
	struct cached *cached = &t->cached[0][lpage];
	bool store = access == ACCESS_STORE;

	cached->start = lpage;
	cached->count = 1;
	if (!cached->valid || (store && !cached->c))
		if (!l0_fill(t, cached, lpage, RWX, store))
			return;
	access_done(t, 0, lpage, access, cached->frame);
}

static void pte_emit(struct toy *t, unsigned guest, uint32_t start)
{
	const struct entry *entry = &t->entries[guest][start];

	EMIT(t, EV_L1_PTE, .guest = (uint8_t)guest, .n = start, .count = entry->count ? entry->count : 1,
	     .valid = entry->valid, .lpage = entry->lpage, .perm = entry->perm, .r = entry->r, .c = entry->c);
}

/* L1 sets R and C, as it must before L0 lets an access through. */
static void l1_sets_rc(struct toy *t, unsigned guest, uint32_t start, bool store)
{
	struct entry *entry = &t->entries[guest][start];
	bool r = t->fault != FAULT_NO_R, c = store && t->fault != FAULT_NO_C;

	if (t->tainted[guest])
		return;
	if ((entry->r || !r) && (entry->c || !c))
		return;
	entry->r |= r;
	entry->c |= c;
	pte_emit(t, guest, start);
}

static uint32_t target(struct toy *t, uint32_t lpage, uint32_t offset)
{
	const struct layout *l = &t->w->layout;

	if (t->fault == FAULT_NEXT_PAGE && offset)
		offset++;
	return layout_lpage(l, layout_gpa(l, lpage) + ((uint64_t)offset << l->page_shift));
}

/* An L2's access that is in no translation, or not with the rights it needs: walk L1's tables. */
static bool l2_fill(struct toy *t, unsigned guest, uint32_t n, unsigned access)
{
	uint32_t start = t->cover[guest][n];
	const struct entry *entry;

	if (!t->guest_valid[guest] || start == NONE)
		return false;
	entry = &t->entries[guest][start];
	if (!permits(entry->perm, access) && !t->tainted[guest] &&
	    !(t->fault == FAULT_L1_PERMISSION && access == ACCESS_STORE))
		return false;
	l1_sets_rc(t, guest, start, access == ACCESS_STORE);
	t->cached[guest][n].start = start;
	t->cached[guest][n].count = entry->count;
	return l0_fill(t, &t->cached[guest][n], target(t, entry->lpage, n - start), entry->perm,
		       access == ACCESS_STORE);
}

static void l2_access_op(struct toy *t)
{
	unsigned guest = 1 + rnd(t, t->w->config.guests), access = rnd(t, 3);
	uint32_t n = rnd(t, t->w->layout.l2_pages);
	const struct cached *cached = &t->cached[guest][n];

	if (!cached->valid || !permits(cached->perm, access) || (access == ACCESS_STORE && !cached->c))
		if (!l2_fill(t, guest, n, access))
			return;
	access_done(t, guest, n, access, cached->frame);
}

/* ---- L1 as a hypervisor ---- */

static void tlbie_op(struct toy *t, unsigned guest, unsigned scope, unsigned ric, uint32_t n, uint32_t count,
		     bool after_clear)
{
	bool ignored = (scope == SCOPE_PAGE && t->fault == FAULT_TLBIE_IGNORED) ||
		       (scope == SCOPE_LPID && t->fault == FAULT_LPID_TLBIE_IGNORED) ||
		       (after_clear && t->fault == FAULT_CLEAN_TLBIE_IGNORED);
	struct event event = {
		.guest = (uint8_t)guest, .scope = (uint8_t)scope, .ric = (uint8_t)ric, .n = n, .count = count};

	event.kind = EV_L1_TLBIE_BEGIN;
	emit(t, event);
	for (unsigned g = 1; g <= SCENARIO_GUESTS_MAX; g++) {
		if (ignored || t->tainted[g] || ric == RIC_PWC || (scope != SCOPE_ALL && g != guest))
			continue;
		if (scope == SCOPE_PAGE)
			flush_guest(t, g, n, count);
		else
			flush_guest(t, g, 0, L2_PAGES);
	}
	event.kind = EV_L1_TLBIE_END;
	event.valid = true;
	emit(t, event);
}

static void entry_remove(struct toy *t, unsigned guest, uint32_t start)
{
	struct entry *entry = &t->entries[guest][start];
	uint32_t count = entry->count;

	for (uint32_t i = 0; i < count; i++)
		t->cover[guest][start + i] = NONE;
	*entry = (struct entry){.count = count};
	pte_emit(t, guest, start);
}

static uint8_t some_perm(struct toy *t)
{
	static const uint8_t perms[] = {RWX, RW, RW, EVP_READ, EVP_READ | EVP_EXEC, 0};

	return perms[rnd(t, sizeof(perms))];
}

/* `lazy`: what was there is removed without a tlbie. Legal: until one comes, either may be used. */
static void map_op(struct toy *t, unsigned guest, uint32_t n, bool lazy)
{
	uint32_t count = rnd(t, 4) ? 1 : 4, lpage = rnd(t, t->w->layout.data_pages);
	struct entry *entry;

	n -= n % count;
	if (n + count > t->w->layout.l2_pages)
		return;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t start = t->cover[guest][n + i];
		uint32_t size;

		if (start == NONE)
			continue;
		size = t->entries[guest][start].count;
		entry_remove(t, guest, start);
		if (!lazy)
			tlbie_op(t, guest, SCOPE_PAGE, RIC_TLB, start, size, false);
	}
	entry = &t->entries[guest][n];
	*entry = (struct entry){
		.valid = true, .r = rnd(t, 2), .c = !rnd(t, 4), .perm = some_perm(t), .lpage = lpage, .count = count};
	for (uint32_t i = 0; i < count; i++)
		t->cover[guest][n + i] = n;
	pte_emit(t, guest, n);
}

static void change_op(struct toy *t, unsigned guest, uint32_t n, bool flush)
{
	uint32_t start = t->cover[guest][n];
	struct entry *entry;
	uint32_t what = rnd(t, 5), count;

	if (start == NONE)
		return;
	entry = &t->entries[guest][start];
	count = entry->count;
	if (what == 0) {
		entry_remove(t, guest, start);
	} else if (what == 1) {
		entry->perm = some_perm(t);
		pte_emit(t, guest, start);
	} else {
		entry->r &= what != 2;
		entry->c &= what == 2;
		pte_emit(t, guest, start);
	}
	if (flush)
		tlbie_op(t, guest, SCOPE_PAGE, RIC_TLB, start, count, what > 1);
}

static void guest_op(struct toy *t, unsigned guest)
{
	t->guest_valid[guest] = !t->guest_valid[guest];
	EMIT(t, EV_L1_GUEST, .guest = (uint8_t)guest, .valid = t->guest_valid[guest]);
	if (rnd(t, 2))
		tlbie_op(t, guest, SCOPE_LPID, RIC_ALL, 0, 0, false);
}

/* A round of L1's migration, and often a compare. */
static void l1_harvest_op(struct toy *t, unsigned guest)
{
	const struct layout *l = &t->w->layout;
	struct bitmap bitmap = {{0}};

	EMIT(t, EV_L1_HARVEST_BEGIN, .guest = (uint8_t)guest);
	for (uint32_t n = 0; n < l->l2_pages; n++) {
		struct entry *entry = &t->entries[guest][n];

		if (!entry->valid || !entry->c)
			continue;
		entry->c = false;
		pte_emit(t, guest, n);
		for (uint32_t i = n; i < n + entry->count; i++)
			bitmap.bytes[i / 8] |= (uint8_t)(1u << i % 8);
	}
	tlbie_op(t, guest, SCOPE_LPID, RIC_TLB, 0, 0, true);
	EMIT(t, EV_L1_HARVEST_END, .guest = (uint8_t)guest, .bitmap = bitmap.bytes);
	for (uint32_t n = 0; n < l->l2_pages; n++) {
		uint32_t start = t->cover[guest][n];
		uint32_t lpage = start == NONE ? NONE : target(t, t->entries[guest][start].lpage, n - start);
		uint64_t content = lpage == NONE ? 0 : t->content[home(t, lpage)->frame];

		if (bitmap.bytes[n / 8] >> n % 8 & 1)
			t->l1_copy[guest][n] = content;
		EMIT(t, EV_L1_COMPARE, .guest = (uint8_t)guest, .n = n, .status = content != t->l1_copy[guest][n]);
	}
}

static void taint_op(struct toy *t, unsigned guest)
{
	for (unsigned g = 1; g <= SCENARIO_GUESTS_MAX; g++)
		t->tainted[g] |= !guest || g == guest;
	EMIT(t, EV_L1_TAINT, .guest = (uint8_t)guest);
}

static void l1_op(struct toy *t)
{
	unsigned guest = 1 + rnd(t, t->w->config.guests);
	uint32_t n = rnd(t, t->w->layout.l2_pages), what = rnd(t, 100);

	if (what < 35)
		map_op(t, guest, n, rnd(t, 2));
	else if (what < 80)
		change_op(t, guest, n, rnd(t, 2));
	else if (what < 85)
		tlbie_op(t, guest, SCOPE_PAGE, rnd(t, RIC_COUNT), n, 1 + rnd(t, 8), false);
	else if (what < 92)
		tlbie_op(t, guest, SCOPE_LPID, rnd(t, RIC_COUNT), 0, 0, false);
	else if (what < 94)
		tlbie_op(t, 0, SCOPE_ALL, rnd(t, RIC_COUNT), 0, 0, false);
	else if (what < 98)
		l1_harvest_op(t, guest);
	else
		guest_op(t, guest);
	if (t->wild && !rnd(t, 200))
		taint_op(t, rnd(t, SCENARIO_GUESTS_MAX + 1));
}

/* ---- a world ---- */

static void toy_begin(struct toy *t)
{
	struct world *w = t->w;

	w->config = (struct scenario_config){
		.page = (uint8_t)rnd(t, PAGE_COUNT),
		.cpus = 1,
		.vcpus = 1,
		.guests = (uint8_t)(1 + rnd(t, 3)),
		.slot = (uint16_t)(4 + rnd(t, 12)),
		.slot1 = (uint16_t)rnd(t, 12),
		.kind1 = (uint8_t)rnd(t, SLOT1_COUNT),
	};
	if (w->config.slot1 >= w->config.slot)
		w->config.slot1 = w->config.slot - 1; /* as a shifted one must be */
	layout_init(&w->layout, &w->config);
	assert_true(w->layout.total_pages <= LPAGES && w->layout.l2_pages <= L2_PAGES);
	oracle_begin(w->oracle, &w->config, &w->layout);
	w->op = 0;
	t->wild = !rnd(t, 4);
	t->aged = 0;
	memset(t->pages, 0, sizeof(t->pages));
	memset(t->frame_used, 0, sizeof(t->frame_used));
	memset(t->tracked, 0, sizeof(t->tracked));
	memset(t->guest_valid, 0, sizeof(t->guest_valid));
	memset(t->tainted, 0, sizeof(t->tainted));
	memset(t->entries, 0, sizeof(t->entries));
	memset(t->cover, 0xff, sizeof(t->cover));
	memset(t->cached, 0, sizeof(t->cached));
	for (unsigned slot = 0; slot < SCENARIO_SLOTS_MAX; slot++) {
		t->slot_exists[slot] = true;
		EMIT(t, EV_SLOT, .slot = (uint8_t)slot, .valid = true);
	}
	for (uint32_t lpage = 0; lpage < w->layout.total_pages; lpage++)
		if (home_of(t, lpage) == lpage)
			t->pages[lpage].frame = frame_take(t);
	for (unsigned guest = 1; guest <= SCENARIO_GUESTS_MAX; guest++) {
		t->guest_valid[guest] = true;
		EMIT(t, EV_L1_GUEST, .guest = (uint8_t)guest, .valid = true);
	}
}

static void toy_step(struct toy *t)
{
	unsigned slot = rnd(t, SCENARIO_SLOTS_MAX);
	uint32_t what = rnd(t, 1000);

	if (what < 500)
		l2_access_op(t);
	else if (what < 600)
		l1_access_op(t);
	else if (what < 860)
		l1_op(t);
	else if (what < 900)
		host_memory_op(t);
	else if (what < 930)
		write_op(t);
	else if (what < 960)
		age_op(t);
	else if (what < 985)
		harvest_op(t, slot);
	else if (what < 994)
		log_op(t, slot, rnd(t, 4));
	else if (what < 996)
		compare_op(t);
	else
		slot_op(t, slot);
}

/* Worlds of EVENTS_A_WORLD events until `events` are through or something is reported. */
static void toy_run(struct toy *t, unsigned events)
{
	while (t->events < events && !t->w->count) {
		unsigned end = t->events + EVENTS_A_WORLD;

		toy_begin(t);
		while (t->events < end && !t->w->count)
			toy_step(t);
		for (unsigned slot = 0; slot < SCENARIO_SLOTS_MAX && !t->w->count; slot++)
			harvest_op(t, slot);
		if (!t->w->count)
			EMIT(t, EV_END, .guest = 0);
		assert_true(t->fault || !oracle_inconsistency(t->w->oracle));
	}
}

static struct toy toy;

static void perfect_kernel(void **state)
{
	for (uint64_t seed = 1; seed <= 4; seed++) {
		toy = (struct toy){.w = *state, .rng = seed * 0x9e3779b97f4a7c15ull};
		toy_run(&toy, EVENTS);
		for (size_t i = 0; i < toy.w->count; i++) {
			const struct oracle_verdict *v = &toy.w->verdicts[i];

			print_error("seed %d, event %u: %s guest %u n %u lpage %u frame %u, op %u\n", (int)seed,
				    toy.events, class_info[v->class].name, v->guest, v->n, v->lpage, v->frame,
				    v->op_cause);
		}
		assert_int_equal(toy.w->count, 0);
	}
}

static void faulty_kernels(void **state)
{
	struct world *w = *state;

	for (unsigned fault = 1; fault < FAULT_COUNT; fault++) {
		for (uint64_t seed = 1; seed <= 8; seed++) {
			toy = (struct toy){.w = w, .rng = seed * 0x9e3779b97f4a7c15ull, .fault = fault};
			w->count = 0;
			toy_run(&toy, EVENTS);
			if (!w->count)
				fail_msg("%s, seed %d: nothing is reported", faults[fault].name, (int)seed);
			for (size_t i = 0; i < w->count; i++)
				if (!(faults[fault].classes & 1u << w->verdicts[i].class))
					fail_msg("%s, seed %d: reported as %s after %u events", faults[fault].name,
						 (int)seed, class_info[w->verdicts[i].class].name, toy.events);
		}
	}
	w->count = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(perfect_kernel),
		WORLD_TEST(faulty_kernels),
	};

	return cmocka_run_group_tests_name("oracle/random", tests, NULL, NULL);
}
