/* SPDX-License-Identifier: GPL-2.0-only */
/* bits.c: how the R and C bits of the four places stand for one page; counted as state coverage. */
#include "runner.h"

static void add_tlb(struct run_bits *bits, const struct machine_leaf *leaf)
{
	bits->has_tlb |= leaf->present;
	bits->tlb_r |= leaf->r;
	bits->tlb_c |= leaf->c;
}

/* What any CPU remembers of it. */
static void peek_tlbs(struct runner *r, uint32_t lpid, uint64_t addr, struct run_bits *bits)
{
	for (uint32_t cpu = 0; cpu < r->world.config->cpus; cpu++) {
		const struct machine_leaf leaf = machine_peek_tlb(r->world.machine, cpu, lpid, addr);
		const struct machine_leaf process = machine_peek_process_tlb(r->world.machine, cpu, lpid, addr);

		add_tlb(bits, &leaf);
		add_tlb(bits, &process);
	}
}

/* A CPU may know a page in more than one way: what counts is the one that the access took. */
static void take_access(const struct machine_access *access, struct store_mark *mark)
{
	mark->tlb_entry = access->entry;
	mark->bits.has_tlb = mark->bits.tlb_r = true;
	mark->bits.tlb_c = access->c;
}

static void take_leaf(struct runner *r, const struct machine_leaf *leaf, struct store_mark *mark)
{
	mark->leaf_perm = leaf->present ? leaf->perm : 0;
	mark->leaf_shift = leaf->present ? (uint8_t)leaf->shift : 0;
	mark->leaf_frame = leaf->present ? machine_frame_number(r->world.machine, leaf->hpa) : 0;
}

struct store_mark mark_page_through(struct runner *r, unsigned guest, uint32_t n, uint32_t lpage, int shadow,
				    const struct machine_access *access)
{
	struct world *w = &r->world;
	struct store_mark mark = {.guest = (uint8_t)guest, .n = n, .table_lpid = guest ? shadow : w->config->lpid};

	if (lpage != LAYOUT_NONE) {
		uint64_t gpa = layout_gpa(&w->layout, lpage);
		struct machine_leaf leaf = machine_peek(w->machine, w->config->lpid, gpa);

		mark.bits.has_l0 = leaf.present;
		mark.bits.l0_r = leaf.r;
		mark.bits.l0_c = leaf.c;
		mark.l0_entry = leaf.entry;
		take_leaf(r, &leaf, &mark);
		if (!guest && !access)
			peek_tlbs(r, w->config->lpid, gpa, &mark.bits);
	}
	if (guest) {
		const struct l1_entry *e = l1_find(w, guest, n);
		uint64_t n_gpa = (uint64_t)n << w->layout.page_shift;

		if (e) {
			mark.bits.has_l1 = true;
			mark.bits.l1_r = e->r;
			mark.bits.l1_c = e->c;
		}
		if (shadow >= 0) {
			struct machine_leaf leaf = machine_peek(w->machine, (uint32_t)shadow, n_gpa);

			mark.bits.has_shadow = leaf.present;
			mark.bits.shadow_r = leaf.r;
			mark.bits.shadow_c = leaf.c;
			mark.shadow_entry = leaf.entry;
			take_leaf(r, &leaf, &mark);
			if (!access)
				peek_tlbs(r, (uint32_t)shadow, n_gpa, &mark.bits);
		}
	}
	if (access)
		take_access(access, &mark);
	return mark;
}

struct store_mark mark_page(struct runner *r, unsigned guest, uint32_t n, uint32_t lpage)
{
	struct world *w = &r->world;

	return mark_page_through(r, guest, n, lpage, guest ? w->target->shadow_lpid(l1_lpid(w, guest)) : -1, NULL);
}

struct run_places run_places_of(const struct run_bits *b, bool c)
{
	return (struct run_places){
		.l1 = b->has_l1 && (c ? b->l1_c : b->l1_r),
		.l0 = b->has_l0 && (c ? b->l0_c : b->l0_r),
		.shadow = b->has_shadow && (c ? b->shadow_c : b->shadow_r),
		.tlb = b->has_tlb && (c ? b->tlb_c : b->tlb_r),
	};
}

bool page_of_op(struct runner *r, const struct scenario_op *op, unsigned *guest, uint32_t *n, uint32_t *lpage)
{
	uint32_t fields = op_info[op->kind].fields;
	bool has_guest = fields >> FIELD_guest & 1, has_n = fields >> FIELD_n & 1, has_g = fields >> FIELD_g & 1;

	*guest = has_guest && has_n ? op->guest : 0;
	*n = has_n ? op->n : LAYOUT_NONE;
	*lpage = has_g ? op->g : LAYOUT_NONE;
	if (*guest) {
		const struct l1_entry *e = l1_find(&r->world, op->guest, op->n);

		if (e)
			*lpage = e->lpage + (op->n - e->base_n);
	}
	return has_n || has_g;
}

static unsigned code(bool has, bool has_r, bool has_c)
{
	return has ? 1u + has_r + 2u * has_c : 0;
}

_Static_assert(OP_COUNT * 5 * 5 * 5 * 5 <= RUN_STATES, "there are more states than counters");

void count_state(struct runner *r, const struct scenario_op *op)
{
	unsigned guest, index = op->kind;
	uint32_t n, lpage;
	struct run_bits b = {0};
	uint8_t *counter;

	if (page_of_op(r, op, &guest, &n, &lpage))
		b = mark_page(r, guest, n, lpage).bits;
	index = index * 5 + code(b.has_l1, b.l1_r, b.l1_c);
	index = index * 5 + code(b.has_l0, b.l0_r, b.l0_c);
	index = index * 5 + code(b.has_shadow, b.shadow_r, b.shadow_c);
	index = index * 5 + code(b.has_tlb, b.tlb_r, b.tlb_c);
	counter = &r->state_counters[index];
	*counter += *counter < 255;
}
