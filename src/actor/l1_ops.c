/* SPDX-License-Identifier: GPL-2.0-only */
/* l1_ops.c: what L1 does as a hypervisor, op by op; its migration of a guest; and misbehaving. */
#include "world.h"

#include <string.h>

#define COPY_BYTES 64
/* Not at the start of a page: address 0 means "no buffer" to the hcall. */
#define COPY_OFFSET 1024
#define COPY_PID 1

static struct l1_guest *guest_of(struct world *w, unsigned guest)
{
	return &w->guests[guest - 1];
}

static uint8_t perm_bits(unsigned perm)
{
	static const uint8_t bits[PERM_COUNT] = {
		[PERM_RW] = EVP_READ | EVP_WRITE, [PERM_R] = EVP_READ, [PERM_RWX] = EVP_READ | EVP_WRITE | EVP_EXEC,
		[PERM_RX] = EVP_READ | EVP_EXEC,  [PERM_NONE] = 0,     [PERM_X] = EVP_EXEC,
		[PERM_W] = EVP_READ | EVP_WRITE,
	};

	return bits[perm];
}

static bool rc_has_r(unsigned rc)
{
	return rc == RC_RC || rc == RC_R;
}

static bool rc_has_c(unsigned rc)
{
	return rc == RC_RC || rc == RC_C;
}

/* L1 misbehaves towards a guest (0: all of them): its tables prove nothing any more. */
static void taint(struct world *w, unsigned v, unsigned guest)
{
	struct event e = {.kind = EV_L1_TAINT, .vcpu = (uint8_t)v, .guest = (uint8_t)guest};

	world_emit(w, &e);
}

/* L1 saw C before it took it away: its migration copies the page at the next round. */
static void note_dirty(struct world *w, unsigned guest, const struct l1_entry *e)
{
	struct l1_guest *g = guest_of(w, guest);

	for (uint32_t n = e->base_n; n < WORLD_L2_PAGES && g->entry[n].base_n == e->base_n; n++)
		g->was_dirty[n / 8] |= (uint8_t)(1u << n % 8);
}

static int remove_entry(struct world *w, unsigned v, unsigned guest, struct l1_entry e, bool tlbie)
{
	if (e.c)
		note_dirty(w, guest, &e);
	e.valid = e.r = e.c = false;
	if (l1_write_entry(w, v, guest, &e) != 0)
		return -1;
	return tlbie ? l1_flush_page(w, v, guest, e.base_n, e.shift) : 0;
}

/* The entry that stands where one for n would: a large one does even for the part of it that leads out of its slot. */
static struct l1_entry *entry_around(struct world *w, unsigned guest, uint32_t n)
{
	static const uint8_t large[] = {SIZE_2M, SIZE_1G};
	struct l1_entry *e = l1_find(w, guest, n);

	for (unsigned i = 0; !e && i < sizeof(large); i++) {
		uint32_t shift = l1_shift_of_size(w, large[i]);

		e = l1_find(w, guest, n & ~((1u << (shift - w->layout.page_shift)) - 1));
		if (e && e->shift != shift)
			e = NULL;
	}
	return e;
}

/* Remove what lies under a new entry. */
static int clear_range(struct world *w, unsigned v, unsigned guest, uint32_t n, uint32_t pages)
{
	for (uint32_t i = n; i < n + pages && i < WORLD_L2_PAGES; i++) {
		struct l1_entry *e = entry_around(w, guest, i);

		if (e && remove_entry(w, v, guest, *e, true) != 0)
			return -1;
	}
	return 0;
}

int op_L1_CREATE(struct world *w, const struct scenario_op *op)
{
	const struct l1_guest *g = guest_of(w, op->guest);
	bool new_tree = op->tree == TREE_NEW;

	if (!vcpu_to_l1(w, op->vcpu))
		return -1;
	/* What L1 knows of its entries' C bits it knows no longer from them. */
	for (uint32_t n = 0; new_tree && n < w->layout.l2_pages; n++)
		if (g->entry[n].valid && g->entry[n].base_n == n && g->entry[n].c)
			note_dirty(w, op->guest, &g->entry[n]);
	return l1_create(w, op->vcpu, op->guest, new_tree);
}

int op_L1_DESTROY(struct world *w, const struct scenario_op *op)
{
	return vcpu_to_l1(w, op->vcpu) ? l1_destroy(w, op->vcpu, op->guest) : -1;
}

/* The entry that a map op asks for: aligned, inside its slot. */
static struct l1_entry new_entry(const struct world *w, const struct scenario_op *op, uint32_t shift)
{
	const struct layout *l = &w->layout;
	uint32_t pages = shift > l->page_shift ? 1u << (shift - l->page_shift) : 1;
	uint32_t first = l->slots[layout_slot_of(l, op->g)].first;

	return (struct l1_entry){
		.valid = true,
		.r = rc_has_r(op->rc),
		.c = rc_has_c(op->rc),
		.perm = perm_bits(op->perm),
		.no_read_bit = op->perm == PERM_W,
		.shift = (uint8_t)shift,
		.lpage = op->g - (op->g - first) % pages,
		.base_n = op->n - op->n % pages,
	};
}

int op_L1_MAP(struct world *w, const struct scenario_op *op)
{
	uint32_t shift =
		op->size == SIZE_2M || op->size == SIZE_1G ? l1_shift_of_size(w, op->size) : w->layout.l1_page_shift;
	struct l1_entry e = new_entry(w, op, shift);
	uint32_t pages = shift > w->layout.page_shift ? 1u << (shift - w->layout.page_shift) : 1;

	if (!vcpu_to_l1(w, op->vcpu) || clear_range(w, op->vcpu, op->guest, e.base_n, pages) != 0 ||
	    l1_write_entry(w, op->vcpu, op->guest, &e) != 0)
		return -1;
	note_dirty(w, op->guest, &e);
	return 0;
}

int op_L1_UNMAP(struct world *w, const struct scenario_op *op)
{
	struct l1_entry *e = l1_find(w, op->guest, op->n);

	return e && vcpu_to_l1(w, op->vcpu) ? remove_entry(w, op->vcpu, op->guest, *e, true) : -1;
}

/* Change an entry in place: new permissions, or cleared R and C; a tlbie follows if asked for. */
static int change_entry(struct world *w, const struct scenario_op *op, struct l1_entry changed, bool tlbie)
{
	const struct l1_entry *old = l1_find(w, op->guest, op->n);

	if (old->c && !changed.c)
		note_dirty(w, op->guest, old);
	if (l1_write_entry(w, op->vcpu, op->guest, &changed) != 0)
		return -1;
	return tlbie ? l1_flush_page(w, op->vcpu, op->guest, changed.base_n, changed.shift) : 0;
}

int op_L1_PROTECT(struct world *w, const struct scenario_op *op)
{
	const struct l1_entry *found = l1_find(w, op->guest, op->n);
	struct l1_entry e;

	if (!found || !vcpu_to_l1(w, op->vcpu))
		return -1;
	e = *found;
	e.perm = perm_bits(op->perm);
	e.no_read_bit = op->perm == PERM_W;
	return change_entry(w, op, e, true);
}

static int clear_rc(struct world *w, const struct scenario_op *op, bool tlbie)
{
	const struct l1_entry *found = l1_find(w, op->guest, op->n);
	struct l1_entry e;

	if (!found || !vcpu_to_l1(w, op->vcpu))
		return -1;
	e = *found;
	e.r &= !rc_has_r(op->rc);
	e.c &= !rc_has_c(op->rc);
	return change_entry(w, op, e, tlbie);
}

int op_L1_CLEAR(struct world *w, const struct scenario_op *op)
{
	return clear_rc(w, op, false);
}

int op_L1_CLEAN(struct world *w, const struct scenario_op *op)
{
	return clear_rc(w, op, true);
}

/* The page size that an invalidation of n must name: that of the entry there, or of what L1 maps. */
static unsigned fitting_shift(struct world *w, unsigned guest, uint32_t n, unsigned shift)
{
	const struct l1_entry *e = l1_find(w, guest, n);

	if (e)
		return e->shift;
	return shift == l1_shift_of_size(w, SIZE_2M) || shift == l1_shift_of_size(w, SIZE_1G) ? shift
											      : w->layout.l1_page_shift;
}

/* To name another size is to misbehave: well-behaved, L1 names the right one. */
static unsigned chosen_shift(struct world *w, const struct scenario_op *op)
{
	unsigned shift = l1_shift_of_size(w, op->size), fitting = fitting_shift(w, op->guest, op->n, shift);

	if (op->scope != SCOPE_PAGE || w->config->l1 == L1_WELL_BEHAVED)
		return fitting;
	if (shift != fitting)
		taint(w, op->vcpu, op->guest);
	return shift;
}

int op_L1_TLBIE(struct world *w, const struct scenario_op *op)
{
	return vcpu_to_l1(w, op->vcpu)
		       ? l1_tlbie(w, op->vcpu, op->guest, op->scope, op->ric, op->n, chosen_shift(w, op))
		       : -1;
}

int op_L1_RPT(struct world *w, const struct scenario_op *op)
{
	return vcpu_to_l1(w, op->vcpu)
		       ? l1_rpt(w, op->vcpu, op->guest, op->scope, op->n, op->count, chosen_shift(w, op))
		       : -1;
}

/* ---- L1's migration of a guest -------------------------------------------- */

static struct event guest_event(enum event_kind kind, const struct scenario_op *op)
{
	return (struct event){.kind = (uint8_t)kind, .vcpu = op->vcpu, .guest = op->guest};
}

static uint32_t content(struct world *w, unsigned guest, uint32_t n)
{
	const struct l1_entry *e = &guest_of(w, guest)->entry[n];

	return machine_hostmm_version(w->machine, layout_hva(&w->layout, e->lpage + (n - e->base_n)));
}

static void copy_pages(struct world *w, unsigned guest, const uint8_t *named)
{
	struct l1_guest *g = guest_of(w, guest);

	for (uint32_t n = 0; n < w->layout.l2_pages; n++)
		if (g->entry[n].valid && (!named || named[n / 8] >> n % 8 & 1))
			g->copied[n] = content(w, guest, n);
}

/* L2 pages in a row whose entries, of one size, were changed and not invalidated yet. */
struct run {
	uint32_t n, pages;
	unsigned shift;
};

static int flush_run(struct world *w, const struct scenario_op *op, const struct run *run)
{
	return run->pages ? l1_rpt(w, op->vcpu, op->guest, SCOPE_PAGE, run->n, run->pages, run->shift) : 0;
}

/* By H_TLB_INVALIDATE an entry at a time, by H_RPT_INVALIDATE a range of them: then the last run is still to be
 * flushed. */
static int flush_changed(struct world *w, const struct scenario_op *op, const struct l1_entry *e, struct run *run)
{
	uint32_t pages = e->shift > w->layout.page_shift ? 1u << (e->shift - w->layout.page_shift) : 1;
	int status = 0;

	if (w->config->flush != FLUSHBY_RPT)
		return l1_flush_page(w, op->vcpu, op->guest, e->base_n, e->shift);
	if (run->shift != e->shift || run->n + run->pages != e->base_n) {
		status = flush_run(w, op, run);
		*run = (struct run){.n = e->base_n, .shift = e->shift};
	}
	run->pages += pages;
	return status;
}

/* Clear C in every entry that has it; each page so named is added to `named`. */
static int clear_all_c(struct world *w, const struct scenario_op *op, uint8_t *named, bool tlbie_each)
{
	struct l1_guest *g = guest_of(w, op->guest);
	struct run run = {0};
	bool any = false;

	for (uint32_t n = 0; n < w->layout.l2_pages; n++) {
		struct l1_entry e = g->entry[n];

		if (!e.valid || e.base_n != n || !e.c)
			continue;
		note_dirty(w, op->guest, &e);
		e.c = false;
		if (l1_write_entry(w, op->vcpu, op->guest, &e) != 0 ||
		    (tlbie_each && flush_changed(w, op, &e, &run) != 0))
			return -1;
		any = true;
	}
	if (flush_run(w, op, &run) != 0 || (any && !tlbie_each && l1_flush(w, op->vcpu, op->guest, RIC_TLB) != 0))
		return -1;
	memcpy(named, g->was_dirty, sizeof(g->was_dirty));
	memset(g->was_dirty, 0, sizeof(g->was_dirty));
	return 0;
}

int op_L1_LOG_START(struct world *w, const struct scenario_op *op)
{
	struct event e = guest_event(EV_L1_LOG_START, op);
	uint8_t named[WORLD_L2_PAGES / 8];

	if (!vcpu_to_l1(w, op->vcpu) || clear_all_c(w, op, named, false) != 0)
		return -1;
	guest_of(w, op->guest)->logging = true;
	copy_pages(w, op->guest, NULL);
	world_emit(w, &e);
	return 0;
}

static int l1_harvest(struct world *w, const struct scenario_op *op)
{
	struct event e = guest_event(EV_L1_HARVEST_BEGIN, op);
	uint8_t named[WORLD_L2_PAGES / 8];

	world_emit(w, &e);
	if (clear_all_c(w, op, named, true) != 0)
		return -1;
	e.kind = EV_L1_HARVEST_END;
	e.bitmap = named;
	world_emit(w, &e);
	copy_pages(w, op->guest, named);
	return 0;
}

int op_L1_HARVEST(struct world *w, const struct scenario_op *op)
{
	return vcpu_to_l1(w, op->vcpu) ? l1_harvest(w, op) : -1;
}

int op_L1_FINISH(struct world *w, const struct scenario_op *op)
{
	struct l1_guest *g = guest_of(w, op->guest);

	if (!g->logging)
		return -1;
	if (!vcpu_to_l1(w, op->vcpu) || l1_harvest(w, op) != 0)
		return -1;
	for (uint32_t n = 0; n < w->layout.l2_pages; n++) {
		struct event e = guest_event(EV_L1_COMPARE, op);

		if (!g->entry[n].valid)
			continue;
		e.n = n;
		e.lpage = g->entry[n].lpage + (n - g->entry[n].base_n);
		e.status = g->copied[n] != content(w, op->guest, n);
		world_emit(w, &e);
	}
	g->logging = false;
	struct event stop = guest_event(EV_L1_LOG_STOP, op);
	world_emit(w, &stop);
	return 0;
}

int op_L1_COPY(struct world *w, const struct scenario_op *op)
{
	uint64_t buffer = layout_gpa(&w->layout, op->g) + COPY_OFFSET;
	bool load = op->dir == DIR_TO_L1;
	uint64_t args[6] = {l1_lpid(w, op->guest), COPY_PID,	      (uint64_t)op->n << w->layout.page_shift,
			    load ? buffer : 0,	   load ? 0 : buffer, COPY_BYTES};

	const struct vcpu *vcpu = &w->vcpus[op->vcpu];
	struct event e = guest_event(EV_HCALL_DONE, op);
	int result;

	if (!vcpu_to_l1(w, op->vcpu) || l1_map_process_table(w, op->vcpu, op->guest) != 0)
		return -1;
	w->task->buffer_lpage = op->g;
	/* An error is no refusal: L0 may answer so whenever its tables for L2 are not filled, and L1 looks for itself.
	 */
	result = l1_hcall(w, op->vcpu, EVENT_HCALL_COPY, args);
	e.hcall = EVENT_HCALL_COPY;
	e.n = op->n;
	e.lpage = op->g;
	e.access = load ? ACCESS_LOAD : ACCESS_STORE;
	if (result == 0 && vcpu->mode == VCPU_L1 && !vcpu->entry.interrupted)
		world_emit(w, &e);
	return result;
}

/* ---- misbehaving ---------------------------------------------------------- */

int op_L1_REPOINT(struct world *w, const struct scenario_op *op)
{
	const struct l1_entry *old = l1_find(w, op->guest, op->n);
	struct l1_entry e;

	if (!old || !vcpu_to_l1(w, op->vcpu))
		return -1;
	e = new_entry(w, op, old->shift);
	taint(w, op->vcpu, op->guest);
	return change_entry(w, op, e, false);
}

int op_L1_DROP(struct world *w, const struct scenario_op *op)
{
	const struct l1_entry *old = l1_find(w, op->guest, op->n);

	if (!old || !vcpu_to_l1(w, op->vcpu))
		return -1;
	taint(w, op->vcpu, op->guest);
	return remove_entry(w, op->vcpu, op->guest, *old, false);
}

int op_L1_ABANDON(struct world *w, const struct scenario_op *op)
{
	if (!vcpu_to_l1(w, op->vcpu))
		return -1;
	taint(w, op->vcpu, op->guest);
	return l1_destroy(w, op->vcpu, op->guest);
}

int op_L1_CORRUPT(struct world *w, const struct scenario_op *op)
{
	if (!vcpu_to_l1(w, op->vcpu))
		return -1;
	taint(w, op->vcpu, op->guest);
	return l1_corrupt(w, op->vcpu, op->guest, op->n, op->table, op->junk, op->g);
}

/* Arguments that no sane hypervisor passes; the numbers come from the op's fields, so that mutation reaches many. */
int op_L1_NONSENSE(struct world *w, const struct scenario_op *op)
{
	static const enum event_hcall hcall[HCALL_COUNT] = {[HCALL_PTCR] = EVENT_HCALL_PTCR,
							    [HCALL_ENTER] = EVENT_HCALL_ENTER,
							    [HCALL_TLBIE] = EVENT_HCALL_TLBIE,
							    [HCALL_RPT] = EVENT_HCALL_RPT,
							    [HCALL_COPY] = EVENT_HCALL_COPY};
	uint64_t lpid = op->count & 1 ? l1_lpid(w, op->guest) : op->count * 31u;
	uint64_t odd = (uint64_t)op->n << (op->count % 52);
	uint64_t args[HCALL_COUNT][6] = {
		[HCALL_PTCR] = {(odd & ~0xfffull) | (op->count & 0x1f)},
		[HCALL_ENTER] = {odd, odd + op->count},
		[HCALL_TLBIE] = {(uint64_t)(op->count & 7) << 16, lpid, odd},
		[HCALL_RPT] = {lpid, op->count & 3, op->n & 15, op->n >> 4, odd, odd + op->count},
		[HCALL_COPY] = {lpid, op->n >> 2 & 1, odd, op->n & 1 ? odd : 0, op->n & 2 ? odd : 0, op->count * 64u},
	};

	if (!vcpu_to_l1(w, op->vcpu))
		return -1;
	taint(w, op->vcpu, 0);
	if (op->hcall == HCALL_STATE)
		return l1_enter_nonsense(w, op->vcpu, op->guest, op->n + 16u * op->count, ~0ull >> op->count % 64);
	if (op->hcall == HCALL_PTCR)
		w->ptcr_set = false;
	return l1_hcall(w, op->vcpu, hcall[op->hcall], args[op->hcall]);
}
