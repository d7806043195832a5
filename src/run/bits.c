/* SPDX-License-Identifier: GPL-2.0-only */
/* bits.c: how the R and C bits of the four places stand for one page; counted as state coverage. */
#include "runner.h"

static void peek_tlb(struct runner *r, uint32_t lpid, uint64_t addr, uint32_t of, struct store_mark *mark)
{
	struct run_bits *bits = &mark->bits;
	uint32_t first = of == MARK_ALL_CPUS ? 0 : of, end = of == MARK_ALL_CPUS ? r->world.config->cpus : of + 1;

	for (uint32_t cpu = first; cpu < end; cpu++) {
		struct machine_leaf leaf = machine_peek_tlb(r->world.machine, cpu, lpid, addr);

		if (!leaf.present)
			continue;
		/* Of several, the one that hides a store. */
		if (!mark->tlb_entry || leaf.c)
			mark->tlb_entry = leaf.entry;
		bits->has_tlb = true;
		bits->tlb_r |= leaf.r;
		bits->tlb_c |= leaf.c;
	}
}

static void take_leaf(struct runner *r, const struct machine_leaf *leaf, struct store_mark *mark)
{
	mark->leaf_perm = leaf->present ? leaf->perm : 0;
	mark->leaf_shift = leaf->present ? (uint8_t)leaf->shift : 0;
	mark->leaf_frame = leaf->present ? machine_frame_number(r->world.machine, leaf->hpa) : 0;
}

struct store_mark mark_page_through(struct runner *r, unsigned guest, uint32_t n, uint32_t lpage, int shadow,
				    uint32_t cpu)
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
		if (!guest)
			peek_tlb(r, w->config->lpid, gpa, cpu, &mark);
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
			peek_tlb(r, (uint32_t)shadow, n_gpa, cpu, &mark);
		}
	}
	return mark;
}

struct store_mark mark_page(struct runner *r, unsigned guest, uint32_t n, uint32_t lpage)
{
	struct world *w = &r->world;

	return mark_page_through(r, guest, n, lpage, guest ? w->target->shadow_lpid(l1_lpid(w, guest)) : -1,
				 MARK_ALL_CPUS);
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
