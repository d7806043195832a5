/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * marks.c: what each access met when it completed, kept for the finding that it may
 * turn out to belong to: the bits, who wrote the entries, what the rmap had of them.
 */
#include "runner.h"

/* The L1 page that a frame holds now, or LAYOUT_NONE. */
static uint32_t lpage_at(const struct runner *r, uint32_t frame)
{
	uint32_t lpage = frame < RUNNER_FRAMES ? r->lpage_of_frame[frame] : LAYOUT_NONE;

	if (lpage >= r->layout.total_pages ||
	    machine_hostmm_frame(r->world.machine, layout_hva(&r->layout, lpage)) != frame)
		return LAYOUT_NONE;
	return lpage;
}

bool op_is_under_way(const struct runner *r, uint16_t op)
{
	const struct world *w = &r->world;

	for (unsigned i = 0; i < w->sched.top; i++)
		if (w->sched.tasks[i].state != TASK_NONE && &w->tasks[i] != w->task && w->tasks[i].op == op)
			return true;
	return false;
}

/* NULL: nothing is known of the page table that lies, or lay, there. */
static const struct freed_table *find_freed(const struct runner *r, uint64_t address)
{
	struct machine_kmem_object object;

	if (!machine_kmem_object(r->world.machine, address, &object))
		return NULL;
	return freed_find(&r->freed, object.start, r->evidence.begin);
}

bool was_freed_meanwhile(const struct runner *r, uint64_t address)
{
	const struct freed_table *freed = find_freed(r, address);

	return freed && op_is_under_way(r, freed->op);
}

static void copy_sites(struct runner *r, struct store_mark *mark)
{
	const struct provenance_entry *l0 = provenance_find(&r->provenance, mark->l0_entry);
	const struct provenance_entry *shadow = provenance_find(&r->provenance, mark->shadow_entry);
	const struct provenance_entry *tlb = provenance_find(&r->provenance, mark->tlb_entry);
	const struct freed_table *freed;

	if (l0)
		mark->l0 = *l0;
	if (shadow)
		mark->shadow = *shadow;
	if (tlb)
		mark->tlb = *tlb;
	mark->tlb_freed = mark->tlb_entry && mark->tlb_entry != mark->shadow_entry &&
			  mark->tlb_entry != mark->l0_entry &&
			  machine_kmem_state(r->world.machine, (uintptr_t)mark->tlb_entry, 8, NULL, NULL) == KMEM_FREED;
	mark->freed_meanwhile = mark->tlb_freed && was_freed_meanwhile(r, (uintptr_t)mark->tlb_entry);
	freed = mark->tlb_freed ? find_freed(r, (uintptr_t)mark->tlb_entry) : NULL;
	mark->freed_alone = freed && freed_alone(&r->freed, freed);
}

/* Has a TLB what the entry behind it has not? */
static bool is_stale(const struct store_mark *mark)
{
	const struct run_bits *b = &mark->bits;

	if (!b->has_tlb)
		return false;
	return mark->only_tlb || (b->tlb_c && !(mark->guest ? b->shadow_c : b->l0_c)) ||
	       (b->tlb_r && !(mark->guest ? b->shadow_r : b->l0_r));
}

/* After the change that made the TLB's translation stale: what did the kernel invalidate? */
static void mark_instead(struct runner *r, struct store_mark *mark, uint32_t lpage)
{
	uint64_t addr = mark->guest	       ? (uint64_t)mark->n << r->layout.page_shift
			: lpage != LAYOUT_NONE ? layout_gpa(&r->layout, lpage)
					       : 0;

	for (int loss = 0; loss < LOSS_COUNT; loss++)
		mark->instead[loss] = evidence_instead(&r->evidence, provenance_staled(&mark->tlb, loss).at,
						       (uint32_t)mark->table_lpid, addr);
}

static const uint8_t needed_permission[] = {
	[ACCESS_LOAD] = EVP_READ, [ACCESS_STORE] = EVP_WRITE, [ACCESS_FETCH] = EVP_EXEC};

/* Was there an earlier access through the shadow entry as it is mapped now? */
static bool is_same_shadow_entry(const struct store_mark *mark, const struct store_mark *before)
{
	return mark->shadow.made_at && before->guest == mark->guest && before->shadow.made_at == mark->shadow.made_at;
}

/*
 * What the rmap of an L1 page has of the shadow entry of the L2 page, which lies in the table with the LPID `shadow`.
 * The kernel keeps those of pages that the host maps huge under the first page of the huge one: asked for as `huge`.
 */
static enum target_rmap rmap_of(struct runner *r, unsigned guest, uint32_t n, uint32_t lpage, int shadow, bool huge)
{
	uint64_t n_gpa = (uint64_t)n << r->layout.page_shift, gpa;
	struct machine_leaf leaf = {.shift = r->layout.page_shift};

	if (lpage >= r->layout.total_pages)
		return RMAP_EMPTY;
	gpa = layout_gpa(&r->layout, lpage);
	if (huge)
		gpa &= ~((1ull << 21) - 1);
	if (shadow >= 0)
		leaf = machine_peek(r->world.machine, (uint32_t)shadow, n_gpa);
	return r->world.target->rmap(gpa, l1_lpid(&r->world, guest), n_gpa,
				     leaf.present ? leaf.shift : r->layout.page_shift);
}

/* The same, for who unmaps the page: under the page itself, which has `own`, or else under the first of a huge page. */
static enum target_rmap rmap_for_unmap(struct runner *r, const struct store_mark *mark, uint32_t lpage,
				       enum target_rmap own)
{
	enum target_rmap first;

	if (own == RMAP_LISTED || own == RMAP_FREED)
		return own;
	first = rmap_of(r, mark->guest, mark->n, lpage, mark->table_lpid, true);
	return first == RMAP_EMPTY ? own : first;
}

/* Does who unmaps pages unmap this one? All that lies in the same huge page goes with them. */
static bool is_unmapped_with(const struct layout *l, uint32_t lpage, uint32_t first, uint32_t count)
{
	uint64_t huge;

	if (lpage >= l->total_pages || count == 0)
		return false;
	huge = layout_gpa(l, lpage) >> 21;
	return (lpage >= first && lpage - first < count) || huge == layout_gpa(l, first) >> 21 ||
	       huge == layout_gpa(l, first + count - 1) >> 21;
}

static void note_rmaps(struct runner *r, uint32_t first, uint32_t count)
{
	uint64_t now = evidence_tick(&r->evidence);

	for (uint32_t i = 0; i < r->touched_count; i++) {
		unsigned guest = r->touched[i].guest;
		uint32_t n = r->touched[i].n;
		const struct store_mark *mark = &r->l2_accesses[0][guest - 1][n];
		struct rmap_note *note = &r->before_unmap[guest - 1][n];
		enum target_rmap own;

		/* The first one after the entry was mapped is the one that should have taken it away. */
		if (!is_unmapped_with(&r->layout, mark->through, first, count) || note->at > mark->shadow.made_at)
			continue;
		own = rmap_of(r, guest, n, mark->through, mark->table_lpid, false);
		*note = (struct rmap_note){now, rmap_for_unmap(r, mark, mark->through, own)};
	}
}

/* The host is about to unmap pages: does it find the shadow entries of L2 that map them? */
void marks_before_op(struct runner *r, const struct scenario_op *op)
{
	uint32_t fields = op_info[op->kind].fields;

	if (op->kind == OP_HOST_LOG_START || op->kind == OP_HOST_SLOT_DELETE)
		note_rmaps(r, r->layout.slots[op->slot].first, r->layout.slots[op->slot].pages);
	else if (op->kind == OP_MIGRATION_START)
		note_rmaps(r, 0, r->layout.total_pages);
	else if (op->kind >= OP_HOST_LOG_START && op->kind <= OP_HOST_SLOT_CREATE && (fields & (1u << FIELD_g)))
		note_rmaps(r, op->g, fields & (1u << FIELD_count) ? op->count : 1);
}

/* Does L1's entry at the beginning of a large shadow entry name a page for this part of it that no slot has? */
static bool is_beyond_slot(struct runner *r, const struct store_mark *mark)
{
	const struct layout *l = &r->layout;
	uint32_t pages = mark->leaf_shift > l->page_shift ? 1u << (mark->leaf_shift - l->page_shift) : 1;
	uint32_t base = mark->n & ~(pages - 1);
	const struct l1_entry *entry = pages > 1 ? l1_find(&r->world, mark->guest, base) : NULL;
	uint64_t offset = (uint64_t)(mark->n - base) << l->page_shift;

	return entry && offset < 1ull << entry->shift &&
	       layout_lpage(l, layout_gpa(l, entry->lpage + (base - entry->base_n)) + offset) == LAYOUT_NONE;
}

/* The last access through the shadow entry as it is mapped now, of whichever page of a large one; NULL: there was none.
 */
static const struct store_mark *before_of(const struct runner *r, const struct store_mark *mark)
{
	const struct store_mark(*of)[WORLD_L2_PAGES] = r->l2_accesses[0];

	if (is_same_shadow_entry(mark, &of[mark->guest - 1][mark->n]))
		return &of[mark->guest - 1][mark->n];
	for (uint32_t i = 0; mark->leaf_shift > r->layout.page_shift && i < r->touched_count; i++) {
		const struct store_mark *before = &of[r->touched[i].guest - 1][r->touched[i].n];

		if (is_same_shadow_entry(mark, before))
			return before;
	}
	return NULL;
}

/*
 * When the kernel took its shadow entries from the rmap of a page that L1 had no longer, as it unmapped that. Those of
 * a large entry are under its first page.
 */
static uint64_t unmapped_at(const struct runner *r, const struct store_mark *mark)
{
	uint64_t size = 1ull << mark->leaf_shift;
	uint32_t lpage = mark->through;

	if (lpage < r->layout.total_pages && mark->leaf_shift > r->layout.page_shift)
		lpage = layout_lpage(&r->layout, layout_gpa(&r->layout, lpage) & ~(size - 1));
	return lpage < WORLD_LPAGES ? r->rmap_unmapped[lpage] : 0;
}

/* What the rmap of the page that the shadow entry was made for has of it, and had. before: see before_of. */
static void mark_rmap(struct runner *r, const struct store_mark *before, struct store_mark *mark)
{
	const struct rmap_note *note = &r->before_unmap[mark->guest - 1][before ? before->n : mark->n];
	uint64_t unmapped = unmapped_at(r, mark);
	enum target_rmap now;

	mark->rmap = rmap_of(r, mark->guest, mark->n, mark->through, mark->table_lpid, false);
	now = rmap_for_unmap(r, mark, mark->through, mark->rmap);
	mark->rmap_of_first = mark->rmap != RMAP_LISTED && now == RMAP_LISTED;
	mark->first_rmap = before ? before->first_rmap : now;
	mark->unmap_rmap = note->at > mark->shadow.made_at ? note->rmap : now;
	/* Whatever there was when the host began: that is what it met. */
	if (unmapped > mark->shadow.made_at && mark->first_rmap == RMAP_LISTED) {
		mark->unmap_rmap = RMAP_LISTED;
		mark->host_changed = unmapped;
	}
}

static bool is_in_frame(const struct runner *r, uint32_t lpage, uint32_t frame)
{
	return lpage < r->layout.total_pages &&
	       machine_hostmm_frame(r->world.machine, layout_hva(&r->layout, lpage)) == frame;
}

/* How L1's own entry for a page stands to where an access of L2 went. */
static void mark_l0(struct runner *r, const struct event *e, uint32_t lpage, struct store_mark *mark)
{
	const struct machine_leaf leaf =
		machine_peek(r->world.machine, r->world.config->lpid, layout_gpa(&r->layout, lpage));
	uint64_t host_changed = evidence_of_host(&r->evidence, lpage);
	const struct provenance_entry *l0;

	mark->lpage = lpage;
	mark->l0_agrees = leaf.present && machine_frame_number(r->world.machine, leaf.hpa) == e->frame;
	l0 = mark->l0_agrees ? provenance_find(&r->provenance, leaf.entry) : NULL;
	if (!l0)
		return;
	mark->l0 = *l0;
	mark->l0_wrong = l0->made_at > host_changed && !is_in_frame(r, lpage, e->frame);
	mark->l0_stale = l0->made_at && l0->made_at < host_changed;
}

/*
 * It is not known what L1's table says: was the shadow entry made of one for a page that L1 itself has wrong? Then that
 * page's rmap lists it, and not the rmap of where the access went.
 */
static void mark_unknown(struct runner *r, const struct event *e, struct store_mark *mark)
{
	for (uint32_t lpage = 0; mark->rmap != RMAP_LISTED && lpage < r->layout.total_pages; lpage++) {
		struct store_mark other = *mark;

		if (rmap_of(r, e->guest, e->n, lpage, mark->table_lpid, false) != RMAP_LISTED)
			continue;
		mark_l0(r, e, lpage, &other);
		if (other.l0_wrong)
			*mark = other;
	}
}

/* Whom an access of L2 has to follow: what L1 did to its entry, and what the host did to the page behind that. */
static void mark_owners(struct runner *r, const struct event *e, struct store_mark *mark)
{
	const struct store_mark *before = before_of(r, mark);
	const struct l1_entry *entry = l1_find(&r->world, e->guest, e->n);

	mark->at = r->evidence.now;
	if (r->l2_accesses[0][e->guest - 1][e->n].at < r->evidence.begin)
		r->touched[r->touched_count++] = (struct l2_page){e->guest, (uint16_t)e->n};
	mark->l1 = evidence_of_l2(&r->evidence, e->guest, e->n);
	if (before && before->through != LAYOUT_NONE)
		mark->through = before->through + (e->n - before->n);
	else if (mark->through == LAYOUT_NONE && entry && mark->l1.changed < mark->shadow.made_at)
		mark->through = entry->lpage + (e->n - entry->base_n);
	mark->host_changed = evidence_of_host(&r->evidence, mark->through);
	mark_rmap(r, before, mark);
	/* What it was made for says that, also when L1 has taken its own entry away. */
	mark->beyond_slot = (before && before->n == e->n && before->beyond_slot) || is_beyond_slot(r, mark);
	mark->l1_refuses = !entry || !(entry->perm & needed_permission[e->access]);
	if (entry)
		mark_l0(r, e, entry->lpage + (e->n - entry->base_n), mark);
	if (!before && mark->shadow.made_at && (!entry || mark->l1.tainted))
		mark_unknown(r, e, mark);
	mark->l1_refuses |= entry && mark->through != LAYOUT_NONE && mark->through != mark->lpage;
}

/*
 * The L1 page that an L2 access went to: what L1's table says, if that is where it went; else that of the access
 * before, as L1 may have changed its table since; else what is there.
 */
static uint32_t lpage_of_access(struct runner *r, const struct event *e)
{
	const struct l1_entry *entry = l1_find(&r->world, e->guest, e->n);
	uint32_t lpage = entry ? entry->lpage + (e->n - entry->base_n) : LAYOUT_NONE;
	const struct store_mark *before = e->n < WORLD_L2_PAGES ? &r->l2_accesses[0][e->guest - 1][e->n] : NULL;

	if (is_in_frame(r, lpage, e->frame))
		return lpage;
	if (before && before->at >= r->evidence.begin && is_in_frame(r, before->through, e->frame))
		return before->through;
	return lpage_at(r, e->frame);
}

/*
 * The LPID of the shadow table that an access of L2 went through. A vCPU goes on with the one that it has entered,
 * after the kernel has taken the guest out of its index, or has made another for L1's LPID.
 */
static int table_of_access(const struct runner *r, const struct event *e, int found)
{
	const struct guest_entry *entry = &r->world.vcpus[e->vcpu].entry;

	return !e->quadrant && entry->nested ? (int)entry->lpid : found;
}

/* An access has completed: keep how the entries stand, and who made them so, in case it turns out to be lost. */
void mark_access(struct runner *r, const struct event *e)
{
	bool l2 = e->kind == EV_L2_ACCESS;
	uint32_t lpage = l2 ? lpage_of_access(r, e) : e->lpage;
	int found = l2 ? r->world.target->shadow_lpid(l1_lpid(&r->world, e->guest)) : -1;
	int table = l2 ? table_of_access(r, e, found) : -1;
	struct store_mark *mark = &r->marks[r->mark_count++ % RUNNER_MARKS];

	*mark = mark_page_through(r, l2 ? e->guest : 0, l2 ? e->n : LAYOUT_NONE, lpage, table, r->world.access);
	mark->orphan = table != found;
	if (l2 && table >= 0 && !mark->orphan)
		orphans_look(&r->orphans, table, found, REQUEST_NONE);
	else if (mark->orphan)
		mark->orphan_word = orphans_word(&r->orphans, e->guest, table);
	copy_sites(r, mark);
	mark->op = e->op;
	mark->store = e->access == ACCESS_STORE;
	mark->lpage = mark->through = lpage;
	mark->only_tlb = !(mark->leaf_perm & needed_permission[e->access]) || mark->leaf_frame != e->frame;
	if (is_stale(mark))
		mark_instead(r, mark, lpage);
	mark->host_changed = evidence_of_host(&r->evidence, mark->through);
	if (!l2)
		mark->l0_stale = !mark->only_tlb && mark->l0.made_at && mark->l0.made_at < mark->host_changed;
	if (l2 && e->n < WORLD_L2_PAGES)
		mark_owners(r, e, mark);
	mark->rmap_emptied =
		l2 && mark->through < WORLD_LPAGES && r->rmap_emptied[mark->through] > mark->shadow.made_at;
	for (int store = 0; store <= (e->access == ACCESS_STORE); store++) {
		if (l2 && e->n < WORLD_L2_PAGES)
			r->l2_accesses[store][e->guest - 1][e->n] = *mark;
		if (l2 && lpage != LAYOUT_NONE)
			r->l2_by_lpage[store][lpage] = *mark;
		else if (!l2)
			r->l1_accesses[store][lpage] = *mark;
	}
}
