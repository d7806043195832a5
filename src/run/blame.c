/* SPDX-License-Identifier: GPL-2.0-only */
/* blame.c: see blame.h. */
#include "blame.h"

bool blame_is_through_shadow(const struct oracle_verdict *v)
{
	return v->writer == WRITER_L2 || (v->guest && v->n != LAYOUT_NONE && v->writer != WRITER_L1);
}

bool blame_is_reach(const struct oracle_verdict *v)
{
	return v->class == CLASS_WRONG_PAGE || v->class == CLASS_STALE_ACCESS || v->class == CLASS_OVER_PERMISSION;
}

bool blame_is_about_r(const struct oracle_verdict *v)
{
	return v->class == CLASS_LOST_REF_HOST || v->class == CLASS_LOST_REF_L1;
}

/* L1's bit is owed; otherwise the host's. */
static bool is_to_l1(const struct oracle_verdict *v)
{
	return v->class == CLASS_LOST_DIRTY_L1 || v->class == CLASS_LOST_REF_L1;
}

/* The kernel stored to L1's memory by its own mapping. */
static bool is_kernel_write(const struct oracle_verdict *v)
{
	return v->writer == WRITER_KERNEL && !blame_is_through_shadow(v);
}

static enum provenance_loss loss_of(const struct oracle_verdict *v)
{
	return blame_is_reach(v) ? LOSS_ACCESS : blame_is_about_r(v) ? LOSS_R : LOSS_C;
}

static void add(struct blame *b, struct blame_item item)
{
	if (b->count < BLAME_ITEMS)
		b->items[b->count++] = item;
}

static void add_word(struct blame *b, const char *what, const char *word)
{
	add(b, (struct blame_item){.what = what, .word = word});
}

static void add_site(struct blame *b, const char *what, const struct provenance_site *site)
{
	add(b, (struct blame_item){.what = what, .site = site});
}

/* ---- in which layer ------------------------------------------------------------ */

/* Two slots may show the same memory of the VMM. */
static bool is_same_memory(const struct layout *l, uint32_t a, uint32_t b)
{
	return a == b || (a < l->total_pages && b < l->total_pages && layout_hva(l, a) == layout_hva(l, b));
}

/* Where the bit stood although a place above it had lost it. */
static enum finding_layer layer_of_loss(const struct oracle_verdict *v, const struct store_mark *mark,
					const struct layout *l)
{
	bool shadow = blame_is_through_shadow(v);
	struct run_places p = run_places_of(&mark->bits, !blame_is_about_r(v));

	if (is_kernel_write(v))
		return LAYER_BITMAP;
	/* It went to an entry that should have been gone. */
	if (!is_to_l1(v) && !mark->orphan && mark->l0_stale && mark->through == mark->lpage)
		return LAYER_L0_PTE;
	/* The bit was there when the store completed: it got lost afterwards. */
	if (is_to_l1(v) ? p.l1 : p.l0)
		return LAYER_BITMAP;
	/* What L1's page is mapped to is another page's memory: that one's rmap and entry know nothing of it. */
	if (shadow && !is_to_l1(v) && mark->l0_agrees && !is_same_memory(l, v->lpage, mark->lpage))
		return LAYER_L0_PTE;
	if (mark->only_tlb || !shadow || !p.shadow)
		return LAYER_TLB;
	return !mark->orphan && !is_to_l1(v) && mark->rmap != RMAP_LISTED ? LAYER_RMAP : LAYER_SHADOW_PTE;
}

/* When what the access went through was last changed by those whom it has to follow: L1's entry, the host's mapping. */
static uint64_t allowed_at(const struct oracle_verdict *v, const struct store_mark *mark)
{
	return blame_is_through_shadow(v) && mark->l1.changed > mark->host_changed ? mark->l1.changed
										   : mark->host_changed;
}

/*
 * Since when the access goes where it goes, or may do what it did: what widens an entry's permissions does not make
 * it lead elsewhere.
 */
static uint64_t since(const struct oracle_verdict *v, const struct provenance_entry *entry)
{
	return v->class == CLASS_OVER_PERMISSION ? entry->mapped_at : entry->made_at;
}

/* Should the host have taken the entry away? Not if L1 asked for that already, and the access is against L1's table. */
static bool host_missed_it(const struct oracle_verdict *v, const struct store_mark *mark)
{
	if (!blame_is_through_shadow(v))
		return true;
	return mark->host_changed > mark->shadow.made_at && !(mark->l1_refuses && mark->l1.told > mark->shadow.made_at);
}

/* Does L1's own entry lead to where the access went, wrongly too? The shadow entry has only followed. */
static bool is_l0_wrong(const struct oracle_verdict *v, const struct store_mark *mark)
{
	if (!blame_is_through_shadow(v))
		return true;
	if (mark->orphan || !mark->l0_agrees)
		return false;
	if (v->class == CLASS_WRONG_PAGE)
		return mark->shadow.made_at > allowed_at(v, mark);
	if (v->class == CLASS_STALE_ACCESS && mark->l0_wrong)
		return true;
	/* It was made of an entry that should not have been there any more. */
	if (mark->l0_stale && !mark->l1_refuses && mark->shadow.made_at > mark->host_changed)
		return true;
	return mark->through == mark->lpage && mark->l0.made_at && mark->l0.made_at < mark->host_changed &&
	       host_missed_it(v, mark);
}

static enum finding_layer layer_of_access(const struct oracle_verdict *v, const struct store_mark *mark)
{
	if (mark->only_tlb)
		return LAYER_TLB;
	return is_l0_wrong(v, mark) ? LAYER_L0_PTE : LAYER_SHADOW_PTE;
}

/* ---- who made it so ---------------------------------------------------------- */

/* A translation that a TLB still has: who changed the entry that it came from, and what was invalidated instead. */
static void add_stale_tlb(struct blame *b, const struct oracle_verdict *v, const struct store_mark *mark)
{
	enum provenance_loss loss = loss_of(v);
	enum evidence_instead instead = mark->instead[loss];

	if (mark->tlb_freed) {
		add_word(b, "its table was", "freed");
		if (mark->freed_meanwhile)
			add_word(b, "the access came", "meanwhile");
		else if (mark->freed_alone)
			add_word(b, "of its tree it was", "one-table");
		return;
	}
	/* Where nothing is invalidated, the function that changes entries for others is to blame, else its caller. */
	add(b, (struct blame_item){.what = "changed the entry",
				   .site = provenance_staled(&mark->tlb, loss).site,
				   .name = instead == INSTEAD_NOTHING ? BLAME_INNER : BLAME_CALLER});
	add_word(b, "invalidated instead", evidence_instead_word[instead]);
}

/* Why the rmap did not lead to a shadow entry: what it had when that was new, or that it has lost it since. */
static const char *rmap_word(const struct store_mark *mark)
{
	static const char *const words[] = {
		[RMAP_EMPTY] = "rmap-empty",
		[RMAP_OTHERS] = "rmap-others",
		[RMAP_LISTED] = "rmap-gone",
		[RMAP_FREED] = "rmap-freed",
	};

	if (mark->rmap_of_first)
		return "rmap-of-first";
	return words[mark->rmap == RMAP_FREED ? RMAP_FREED : mark->first_rmap];
}

/* The rmap had it, and was emptied while the page stayed mapped for L1: nobody meant to unmap this one. */
static bool was_emptied(const struct store_mark *mark)
{
	return mark->rmap_emptied && mark->first_rmap == RMAP_LISTED;
}

static void add_emptied(struct blame *b)
{
	add_word(b, "the rmap", "rmap-emptied");
}

/* Whom the entry should have followed, and did not. */
static void add_missed(struct blame *b, const struct oracle_verdict *v, const struct store_mark *mark)
{
	bool l0 = b->layer == LAYER_L0_PTE, host = l0 || host_missed_it(v, mark), by_rmap = host && !l0;

	if (by_rmap && was_emptied(mark)) {
		add_emptied(b);
		return;
	}
	add_word(b, "not reached by", host ? "host-unmap" : evidence_request_word[mark->l1.request]);
	if (by_rmap && (mark->rmap == RMAP_LISTED || mark->rmap_of_first))
		add_word(b, "the rmap", "rmap-kept");
	else if (by_rmap && mark->unmap_rmap != RMAP_LISTED)
		add_word(b, "the rmap", rmap_word(mark));
}

/* The kernel looks for entries by L1's LPID, so nothing that L1 or the host asks for reaches those of this table. */
static void add_orphan(struct blame *b, const struct store_mark *mark)
{
	add_word(b, "its table is an", "orphan");
	if (mark->orphan_word)
		add_word(b, "the kernel's index", mark->orphan_word);
}

/* The entry in use was made to lead elsewhere: what it should have followed before says nothing of it now. */
static void add_redirected(struct blame *b, const struct store_mark *mark)
{
	add_site(b, "changed where it leads", mark->shadow.redirected);
	add_word(b, "shadow-pte was", "redirected");
}

/* A large entry was made though not all of it lies in the memslot. */
static void add_beyond_slot(struct blame *b, const struct store_mark *mark)
{
	add_site(b, "mapped shadow-pte", mark->shadow.mapped);
	add_word(b, "it reaches", "beyond-slot");
}

/*
 * What was meant for the page that L1's entry names now was put into the one that leads to the page before. What it
 * names in a table that L1 has spoilt is not known.
 */
static bool is_mixed(const struct store_mark *mark)
{
	uint64_t changed = mark->through != mark->lpage ? mark->l1.changed : 0;

	if (mark->l1.tainted > changed)
		changed = mark->l1.tainted;
	return changed > mark->shadow.made_at && mark->shadow.mapped_at > changed;
}

static void add_mixed(struct blame *b, const struct store_mark *mark)
{
	add_site(b, "changed shadow-pte", mark->shadow.mapped);
	add_word(b, "shadow-pte was", "mixed");
}

/* Where an orphan leads, a mapping led once: where none ever did, it was made to lead. */
static bool was_led_astray(const struct oracle_verdict *v, const struct store_mark *mark)
{
	return v->class == CLASS_WRONG_PAGE && mark->shadow.redirected;
}

static void blame_access(struct blame *b, const struct oracle_verdict *v, const struct store_mark *mark)
{
	bool shadow = blame_is_through_shadow(v), l0 = b->layer == LAYER_L0_PTE;
	const struct provenance_entry *entry = l0 ? &mark->l0 : &mark->shadow;
	uint64_t allowed = l0 ? mark->host_changed : allowed_at(v, mark);

	if (b->layer == LAYER_TLB)
		add_stale_tlb(b, v, mark);
	else if (shadow && mark->orphan && !was_led_astray(v, mark))
		add_orphan(b, mark);
	else if (shadow && mark->shadow.redirected)
		add_redirected(b, mark);
	else if (shadow && mark->beyond_slot)
		add_beyond_slot(b, mark);
	else if (shadow && !l0 && v->class == CLASS_OVER_PERMISSION && is_mixed(mark))
		add_mixed(b, mark);
	else if ((l0 && (v->class == CLASS_WRONG_PAGE || mark->l0_wrong)) || since(v, entry) > allowed)
		add_site(b, l0 ? "mapped l0-pte" : "mapped shadow-pte", entry->mapped);
	else
		add_missed(b, v, mark);
}

/* The bit was in l0-pte when the access completed: who took it from there afterwards. */
static void add_taker(struct blame *b, const struct oracle_verdict *v, const struct blame_facts *facts)
{
	add(b, (struct blame_item){.what = blame_is_about_r(v) ? "took R from l0-pte" : "took C from l0-pte",
				   .site = facts->taken.site,
				   .name = BLAME_INNER});
	if (facts->taker_under_way)
		add_word(b, "it was missed", "meanwhile");
}

static void add_setter(struct blame *b, const struct oracle_verdict *v, const struct store_mark *mark)
{
	if (blame_is_about_r(v))
		add_site(b, "set R in shadow-pte", mark->shadow.set_r);
	else
		add_site(b, "set C in shadow-pte", mark->shadow.set_c);
}

static uint64_t set_at(const struct oracle_verdict *v, const struct store_mark *mark)
{
	return blame_is_about_r(v) ? mark->shadow.set_r_at : mark->shadow.set_c_at;
}

/*
 * The bit was set in the shadow entry, but not in l0-pte: not by the same op. There it was set for the page that L1's
 * entry names, which is another one, or in a table that L1 has spoilt not known. An entry that was made with the bit
 * had it from l0-pte, as that was then.
 */
static bool is_mixed_bit(const struct oracle_verdict *v, const struct store_mark *mark)
{
	bool r = blame_is_about_r(v);
	bool by_one = r ? mark->shadow.set_r_op == mark->l0.set_r_op : mark->shadow.set_c_op == mark->l0.set_c_op;

	return !by_one && set_at(v, mark) > mark->shadow.made_at && (mark->through != mark->lpage || mark->l1.tainted);
}

/* The shadow entry has the bit, and what stands above it has not: it was set too late there, or left when it was
 * cleared above. */
static void add_left(struct blame *b, const struct oracle_verdict *v, const struct store_mark *mark)
{
	bool r = blame_is_about_r(v);

	if (set_at(v, mark) > (r ? mark->l0.cleared_r_at : mark->l0.cleared_c_at)) {
		add_setter(b, v, mark);
		if (is_mixed_bit(v, mark))
			add_word(b, "shadow-pte was", "mixed");
	} else if (r)
		add_site(b, "cleared R in l0-pte only", mark->l0.cleared_r);
	else
		add_site(b, "cleared C in l0-pte only", mark->l0.cleared_c);
}

/* The page's rmap does not list the shadow entry: it never did, or no longer although the page was not unmapped. */
static void add_unlisted(struct blame *b, const struct store_mark *mark)
{
	add_site(b, "mapped shadow-pte", mark->shadow.mapped);
	add_word(b, "the rmap", rmap_word(mark));
}

static void blame_rmap(struct blame *b, const struct oracle_verdict *v, const struct store_mark *mark)
{
	if (was_emptied(mark))
		add_emptied(b);
	else if (mark->host_changed <= mark->shadow.made_at || mark->first_rmap != RMAP_LISTED)
		add_unlisted(b, mark);
	else
		add_missed(b, v, mark);
}

static void blame_loss_to_host(struct blame *b, const struct oracle_verdict *v, const struct store_mark *mark,
			       const struct blame_facts *facts)
{
	if (b->layer == LAYER_BITMAP)
		add_taker(b, v, facts);
	else if (b->layer == LAYER_TLB)
		add_stale_tlb(b, v, mark);
	else if (b->layer == LAYER_L0_PTE && mark->l0_stale)
		add_missed(b, v, mark);
	else if (b->layer == LAYER_L0_PTE)
		add_site(b, "mapped l0-pte", mark->l0.mapped);
	else if (mark->orphan)
		add_orphan(b, mark);
	else if (mark->shadow.redirected)
		add_redirected(b, mark);
	else if (b->layer == LAYER_RMAP)
		blame_rmap(b, v, mark);
	else
		add_left(b, v, mark);
}

static void blame_loss_to_l1(struct blame *b, const struct oracle_verdict *v, const struct store_mark *mark)
{
	if (b->layer == LAYER_TLB)
		add_stale_tlb(b, v, mark);
	else if (mark->orphan)
		add_orphan(b, mark);
	else if (set_at(v, mark) > mark->l1.told)
		add_setter(b, v, mark);
	else
		add_word(b, "not reached by", evidence_request_word[mark->l1.request]);
}

/*
 * A loss: who cleared or set the bit so that the entries part, or else what should have reached the entry and did
 * not. An access: who made the entry, or what should have taken it away. A TLB: who changed the entry behind it, and
 * what was invalidated instead.
 */
struct blame blame_of(const struct oracle_verdict *v, const struct store_mark *mark, const struct blame_facts *facts)
{
	struct blame b = {0};

	b.layer = blame_is_reach(v) ? layer_of_access(v, mark) : layer_of_loss(v, mark, facts->layout);
	if (blame_is_reach(v)) {
		blame_access(&b, v, mark);
	} else if (is_kernel_write(v)) {
		if (facts->kernel_writer)
			add_word(&b, "wrote the page", facts->kernel_writer);
	} else if (is_to_l1(v)) {
		blame_loss_to_l1(&b, v, mark);
	} else {
		blame_loss_to_host(&b, v, mark, facts);
	}
	return b;
}
