/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * classify.c: from what went wrong to a finding: in which layer, by which kernel
 * functions, in which words. The signature is made of the class, the layer and
 * those functions; the coarse one of class, layer and role.
 */
#include "runner.h"

#include "base/internal.h"
#include "base/text.h"
#include "scenario/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const layer_name[LAYER_COUNT] = {
#define LAYER_WORD(id, word) [id] = word,
	FINDING_LAYERS(LAYER_WORD)
#undef LAYER_WORD
};

#define HCALL_NAME(id, number, name, word) [id] = name,
static const char *const hcall_name[] = {EVENT_HCALLS(HCALL_NAME)};
#undef HCALL_NAME
#define HCALL_WORD(id, number, name, word) [id] = word,
static const char *const hcall_word[] = {EVENT_HCALLS(HCALL_WORD)};
#undef HCALL_WORD
#define SCOPE_WORD(id, word) [id] = "-" word,
static const char *const scope_word[] = {ENUM_SCOPE(SCOPE_WORD)};
#undef SCOPE_WORD

static const char *base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path ? path : "";
}

static struct finding *next_finding(struct runner *r)
{
	struct run_outcome *o = r->outcome;
	struct finding *f;

	if (o->finding_count == RUN_FINDINGS_MAX) {
		o->findings_dropped++;
		return NULL;
	}
	f = &o->findings[o->finding_count];
	*f = (struct finding){.n = LAYOUT_NONE, .lpage = LAYOUT_NONE, .needs_wild_l1 = r->wild};
	f->op_cause = f->op_effect = r->world.task->op;
	return f;
}

/*
 * Who waits for a lock that is kept has done nothing wrong, and neither has the one function of many that freed a
 * table which the hardware still walks, or that took memory which others misuse. Who wrote a word last is told.
 */
static bool is_bystander(const struct finding *f, uint32_t writer)
{
	const char *what = f->writers[writer].what;

	return (f->class == CLASS_DEADLOCK && strncmp(what, "holds ", 6) != 0) ||
	       (f->class == CLASS_MEMORY && strcmp(what, "overruns it") == 0) || strncmp(what, "last ", 5) == 0 ||
	       (f->class == CLASS_MEMORY && strcmp(what, "took it") == 0 && strstr(f->coarse, ":freed-")) ||
	       (f->class == CLASS_MEMORY && strncmp(f->coarse, "memory:none:walk", 16) == 0);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The functions that stand in the signature. Those that hold one lock each, in a circle, have no first one. */
static void add_functions(struct finding *f)
{
	const char *names[FINDING_FRAMES];
	uint32_t count = 0;

	for (uint32_t i = 0; i < f->writer_count; i++)
		if (!is_bystander(f, i))
			names[count++] = f->writers[i].function;
	if (f->class == CLASS_DEADLOCK)
		qsort(names, count, sizeof(names[0]), compare_names);
	for (uint32_t i = 0; i < count; i++)
		text_append(f->signature, sizeof(f->signature), ":%s", names[i]);
}

/* The signature is complete: keep the finding, unless this run has it already. */
static void commit(struct runner *r, struct finding *f, const char *role)
{
	struct run_outcome *o = r->outcome;
	uint32_t signers = 0;

	snprintf(f->coarse, sizeof(f->coarse), "%s:%s:%s", class_info[f->class].name, layer_name[f->layer], role);
	/* A function says more than the role: who met it differs between inputs with one cause. */
	snprintf(f->signature, sizeof(f->signature), "%s:%s", class_info[f->class].name, layer_name[f->layer]);
	for (uint32_t i = 0; i < f->writer_count; i++)
		signers += !is_bystander(f, i);
	if (!signers || f->layer == LAYER_NONE)
		text_append(f->signature, sizeof(f->signature), ":%s", role);
	add_functions(f);
	for (uint32_t i = 0; i < o->finding_count; i++)
		if (strcmp(o->findings[i].signature, f->signature) == 0)
			return;
	o->finding_count++;
	if (r->sound_findings + 1 == o->finding_count && !machine_kmem_overflow(r->world.machine))
		r->sound_findings++;
	if (r->observer && r->observer->finding)
		r->observer->finding(r->observer->ctx, f);
}

typedef bool name_site(struct module *m, const struct provenance_site *site, struct finding_writer *out);

static void add_site(struct runner *r, struct finding *f, const char *what, const struct provenance_site *site,
		     name_site *name)
{
	struct finding_writer *writer = &f->writers[f->writer_count];

	if (f->writer_count == FINDING_FRAMES || !site)
		return;
	*writer = (struct finding_writer){0};
	if (!name(r->module, site, writer))
		return;
	snprintf(writer->what, sizeof(writer->what), "%s", what);
	f->writer_count++;
}

static void add_writer(struct runner *r, struct finding *f, const char *what, const struct provenance_site *site)
{
	add_site(r, f, what, site, provenance_name);
}

static void add_named(struct finding *f, const char *what, const char *function)
{
	struct finding_writer *writer = &f->writers[f->writer_count];

	if (f->writer_count == FINDING_FRAMES)
		return;
	f->writer_count++;
	*writer = (struct finding_writer){0};
	snprintf(writer->what, sizeof(writer->what), "%s", what);
	snprintf(writer->function, sizeof(writer->function), "%s", function);
}

/* ---- what the oracle says --------------------------------------------------- */

/* The kernel copies to and from L2 through the shadow table (quadrants): such an access names a guest. */
static bool through_shadow(const struct oracle_verdict *v)
{
	return v->writer == WRITER_L2 || (v->guest && v->n != LAYOUT_NONE && v->writer != WRITER_L1);
}

static bool is_reach(const struct oracle_verdict *v)
{
	return v->class == CLASS_WRONG_PAGE || v->class == CLASS_STALE_ACCESS || v->class == CLASS_OVER_PERMISSION;
}

static bool about_r(const struct oracle_verdict *v)
{
	return v->class == CLASS_LOST_REF_HOST || v->class == CLASS_LOST_REF_L1;
}

static const char *role_of(const struct oracle_verdict *v)
{
	bool store = v->access == ACCESS_STORE;
	bool any = is_reach(v) || about_r(v);

	/* Which access it was makes no difference to the cause, unless it is a store that is lost. */
	if (v->writer == WRITER_KERNEL && !through_shadow(v))
		return "kernel-write";
	if (v->writer == WRITER_KERNEL)
		return any || !store ? "quadrant-access" : "quadrant-store";
	if (through_shadow(v) || v->guest)
		return any || !store ? "l2-access" : "l2-store";
	return any || !store ? "l1-access" : "l1-store";
}

/* What the vCPU has got from the kernel instead of what it asked for. */
static void refusal_role(const struct runner *r, const struct oracle_verdict *v, char *role, size_t size)
{
	const struct vcpu *vcpu = &r->world.vcpus[v->vcpu];
	bool scoped = v->hcall == EVENT_HCALL_TLBIE || v->hcall == EVENT_HCALL_RPT;
	const char *scope = scoped ? scope_word[v->scope] : "";

	if (v->hcall && vcpu->entry.interrupted)
		snprintf(role, size, "%s%s-is-not-answered", hcall_word[v->hcall], scope);
	else if (v->hcall)
		snprintf(role, size, "%s%s-fails%s%lld", hcall_word[v->hcall], scope, v->result < 0 ? "-" : "-with-",
			 llabs((long long)v->result));
	else if (vcpu->entry.interrupted || vcpu->mode == VCPU_DEAD)
		snprintf(role, size, "kvm-run-returns");
	else if (v->guest && vcpu->mode == VCPU_L1)
		snprintf(role, size, "l1-has-no-answer-to-%llx", (unsigned long long)vcpu->entry.r3);
	else
		snprintf(role, size, "refused");
}

static void write_role(const struct runner *r, const struct oracle_verdict *v, char *role, size_t size)
{
	if (v->class == CLASS_NO_PROGRESS)
		refusal_role(r, v, role, size);
	else
		snprintf(role, size, "%s", role_of(v));
}

static const struct store_mark *last_access(const struct runner *r)
{
	return &r->marks[(r->mark_count - 1) % RUNNER_MARKS];
}

/*
 * The access that the verdict is about: a later one of the same page may have found the bits in order again. NULL: it
 * was too long ago.
 */
static const struct store_mark *mark_of_cause(const struct runner *r, const struct oracle_verdict *v)
{
	for (uint32_t i = r->mark_count > RUNNER_MARKS ? r->mark_count - RUNNER_MARKS : 0; i < r->mark_count; i++) {
		const struct store_mark *mark = &r->marks[i % RUNNER_MARKS];

		if (mark->op == v->op_cause && mark->guest == v->guest && mark->n == v->n &&
		    (v->guest || mark->lpage == v->lpage) && (mark->store || about_r(v)))
			return mark;
	}
	return NULL;
}

static const struct store_mark *mark_of(struct runner *r, const struct oracle_verdict *v)
{
	int store = !about_r(v);
	bool to_host = v->class != CLASS_LOST_DIRTY_L1 && v->class != CLASS_LOST_REF_L1;
	const struct store_mark *mark;

	if (is_reach(v))
		return last_access(r);
	mark = mark_of_cause(r, v);
	if (mark)
		return mark;
	/* L2's page may have been mapped elsewhere since: what the host lost is what went to the L1 page. */
	if (through_shadow(v) && to_host && v->lpage < WORLD_LPAGES) {
		mark = &r->l2_by_lpage[store][v->lpage];
		if (mark->guest == v->guest && mark->n == v->n)
			return mark;
		/* Or else its alias's, if a later access of the same L2 page went elsewhere. */
		if (mark->at >= r->evidence.begin && v->n < WORLD_L2_PAGES &&
		    r->l2_accesses[store][v->guest - 1][v->n].through != v->lpage)
			return mark;
	}
	if (through_shadow(v) && v->n < WORLD_L2_PAGES)
		return &r->l2_accesses[store][v->guest - 1][v->n];
	return v->lpage < WORLD_LPAGES ? &r->l1_accesses[store][v->lpage] : last_access(r);
}

/* Where the bit stood although a place above it had lost it. */
static enum finding_layer layer_of_loss(const struct store_mark *mark, const struct oracle_verdict *v)
{
	bool to_l1 = v->class == CLASS_LOST_DIRTY_L1 || v->class == CLASS_LOST_REF_L1;
	struct run_places p = run_places_of(&mark->bits, !about_r(v));

	if (v->writer == WRITER_KERNEL && !through_shadow(v))
		return LAYER_BITMAP;
	/* The bit was there when the store completed: it got lost afterwards. */
	if (to_l1 ? p.l1 : p.l0)
		return LAYER_BITMAP;
	/* What L1's page is mapped to is another page's memory: that one's rmap and entry know nothing of it. */
	if (through_shadow(v) && !to_l1 && mark->l0_agrees && v->lpage != mark->lpage)
		return LAYER_L0_PTE;
	if (through_shadow(v) && p.shadow && mark->orphan)
		return LAYER_SHADOW_PTE;
	if (through_shadow(v) && p.shadow)
		return !to_l1 && mark->rmap != RMAP_LISTED ? LAYER_RMAP : LAYER_SHADOW_PTE;
	return LAYER_TLB;
}

/* When what the access went through was last changed by those whom it has to follow: L1's entry, the host's mapping. */
static uint64_t allowed_at(const struct oracle_verdict *v, const struct store_mark *mark)
{
	return through_shadow(v) && mark->l1.changed > mark->host_changed ? mark->l1.changed : mark->host_changed;
}

static enum finding_layer layer_of_access(const struct store_mark *mark, const struct oracle_verdict *v)
{
	if (mark->only_tlb)
		return LAYER_TLB;
	if (!through_shadow(v))
		return LAYER_L0_PTE;
	/* The shadow entry has only followed. */
	if (!mark->orphan && v->class == CLASS_WRONG_PAGE && mark->l0_agrees &&
	    mark->shadow.mapped_at > allowed_at(v, mark))
		return LAYER_L0_PTE;
	return LAYER_SHADOW_PTE;
}

static enum finding_layer layer_of(const struct store_mark *mark, const struct oracle_verdict *v)
{
	if (v->class == CLASS_NO_PROGRESS)
		return LAYER_NONE;
	return is_reach(v) ? layer_of_access(mark, v) : layer_of_loss(mark, v);
}

static void page_words(const struct runner *r, const struct oracle_verdict *v, char *text, size_t size)
{
	text[0] = 0;
	if (v->n != LAYOUT_NONE && v->guest)
		text_append(text, size, "L2 page %u of guest %u", v->n, v->guest);
	if (v->lpage != LAYOUT_NONE && v->lpage < r->layout.total_pages)
		text_append(text, size, "%sL1 page %u (gpa 0x%llx)", text[0] ? ", " : "", v->lpage,
			    (unsigned long long)layout_gpa(&r->layout, v->lpage));
}

/* Told after the finding's role. */
static void describe_refusal(struct finding *f, const struct oracle_verdict *v, const char *did, const char *page)
{
	char whom[16] = "";

	if (v->guest)
		snprintf(whom, sizeof(whom), " for guest %u", v->guest);
	if (v->hcall)
		snprintf(f->title, sizeof(f->title), "%s%s is refused (%d), though it is in order",
			 hcall_name[v->hcall], whom, v->result);
	else
		snprintf(f->title, sizeof(f->title), "a %s %s is refused, though slot, host and L1 permit it", did,
			 page);
}

static void describe(struct runner *r, struct finding *f, const struct oracle_verdict *v)
{
	const char *const who[] = {v->guest ? "L2" : "L1", "L1", "L2", "the kernel", "userspace"};
	static const char *const did[] = {"load from", "store to", "fetch from"};
	char page[96];

	page_words(r, v, page, sizeof(page));
	switch (v->class) {
	case CLASS_LOST_DIRTY_HOST:
		snprintf(f->title, sizeof(f->title), "a store by %s to %s is missing from the host's dirty log",
			 who[v->writer], page);
		break;
	case CLASS_LOST_DIRTY_L1:
		snprintf(f->title, sizeof(f->title), "a store to %s never shows in L1's C bit", page);
		break;
	case CLASS_LOST_REF_HOST:
		snprintf(f->title, sizeof(f->title), "an access by %s to %s is not seen by the host's aging",
			 who[v->writer], page);
		break;
	case CLASS_LOST_REF_L1:
		snprintf(f->title, sizeof(f->title), "an access to %s never shows in L1's R bit", page);
		break;
	case CLASS_WRONG_PAGE:
		snprintf(f->title, sizeof(f->title), "a %s %s reached a page that no mapping ever gave it",
			 did[v->access], page);
		break;
	case CLASS_STALE_ACCESS:
		snprintf(f->title, sizeof(f->title), "a %s %s completed after its translation was torn down",
			 did[v->access], page);
		break;
	case CLASS_OVER_PERMISSION:
		snprintf(f->title, sizeof(f->title), "a %s %s completed without permission", did[v->access], page);
		break;
	case CLASS_NO_PROGRESS:
		describe_refusal(f, v, did[v->access], page);
		break;
	default:
		snprintf(f->title, sizeof(f->title), "%s: %s", class_info[v->class].meaning, page);
	}
}

/* ---- who made it so ---------------------------------------------------------- */

/* A translation that a TLB still has: who changed the entry that it came from, and what was invalidated instead. */
static void add_stale_tlb(struct runner *r, struct finding *f, const struct oracle_verdict *v,
			  const struct store_mark *mark)
{
	enum provenance_loss loss = is_reach(v) ? LOSS_ACCESS : about_r(v) ? LOSS_R : LOSS_C;

	if (mark->tlb_freed) {
		add_named(f, "its table was", "freed");
		return;
	}
	/* Where nothing is invalidated, the function that changes entries for others is to blame, else its caller. */
	add_site(r, f, "changed the entry", provenance_staled(&mark->tlb, loss).site,
		 mark->instead[loss] == INSTEAD_NOTHING ? provenance_name_inner : provenance_name);
	add_named(f, "invalidated instead", evidence_instead_word[mark->instead[loss]]);
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

	return words[mark->rmap == RMAP_FREED ? RMAP_FREED : mark->first_rmap];
}

/* Should the host have taken the entry away? Not if L1 asked for that already, and the access is against L1's table. */
static bool host_missed_it(const struct oracle_verdict *v, const struct store_mark *mark)
{
	if (!through_shadow(v))
		return true;
	return mark->host_changed > mark->shadow.mapped_at &&
	       !(mark->l1_refuses && mark->l1.told > mark->shadow.mapped_at);
}

/* Whom the entry should have followed, and did not. */
static void add_missed(struct finding *f, const struct oracle_verdict *v, const struct store_mark *mark)
{
	bool host = host_missed_it(v, mark);

	add_named(f, "not reached by", host ? "host-unmap" : evidence_request_word[mark->l1.request]);
	if (through_shadow(v) && host && mark->unmap_rmap != RMAP_LISTED)
		add_named(f, "the rmap", rmap_word(mark));
}

/* The kernel looks for entries by L1's LPID, so nothing that L1 or the host asks for reaches those of this table. */
static void add_orphan(struct finding *f)
{
	add_named(f, "its table is an", "orphan");
}

/* The entry in use was made to lead elsewhere: what it should have followed before says nothing of it now. */
static void add_redirected(struct runner *r, struct finding *f, const struct store_mark *mark)
{
	add_writer(r, f, "changed where it leads", mark->shadow.redirected);
	add_named(f, "shadow-pte was", "redirected");
}

static void add_access_writers(struct runner *r, struct finding *f, const struct oracle_verdict *v,
			       const struct store_mark *mark)
{
	bool shadow = through_shadow(v);
	uint64_t mapped_at = shadow ? mark->shadow.mapped_at : mark->l0.mapped_at;

	if (f->layer == LAYER_TLB)
		add_stale_tlb(r, f, v, mark);
	else if (shadow && mark->orphan)
		add_orphan(f);
	else if (shadow && mark->shadow.redirected)
		add_redirected(r, f, mark);
	else if (f->layer == LAYER_L0_PTE || mapped_at > allowed_at(v, mark))
		add_writer(r, f, f->layer == LAYER_L0_PTE ? "mapped l0-pte" : "mapped shadow-pte",
			   f->layer == LAYER_L0_PTE ? mark->l0.mapped : mark->shadow.mapped);
	else
		add_missed(f, v, mark);
}

/* The bit was in l0-pte when the access completed: who took it from there afterwards. */
static void add_taker(struct runner *r, struct finding *f, const struct oracle_verdict *v,
		      const struct store_mark *mark)
{
	const struct provenance_entry *l0 = provenance_find(&r->provenance, mark->l0_entry);

	if (l0)
		add_site(r, f, "took C from l0-pte", provenance_staled(l0, about_r(v) ? LOSS_R : LOSS_C).site,
			 provenance_name_inner);
}

/* The shadow entry has the bit, and what stands above it has not: it was set too late there, or left when it was
 * cleared above. */
static void add_left(struct runner *r, struct finding *f, const struct oracle_verdict *v, const struct store_mark *mark)
{
	bool c = !about_r(v);
	uint64_t set_at = c ? mark->shadow.set_c_at : mark->shadow.set_r_at;
	uint64_t cleared_at = c ? mark->l0.cleared_c_at : mark->l0.cleared_r_at;

	if (set_at > cleared_at)
		add_writer(r, f, c ? "set C in shadow-pte" : "set R in shadow-pte",
			   c ? mark->shadow.set_c : mark->shadow.set_r);
	else
		add_writer(r, f, c ? "cleared C in l0-pte only" : "cleared R in l0-pte only",
			   c ? mark->l0.cleared_c : mark->l0.cleared_r);
}

/* The page's rmap does not list the shadow entry: it never did, or no longer although the page was not unmapped. */
static void add_unlisted(struct runner *r, struct finding *f, const struct store_mark *mark)
{
	add_writer(r, f, "mapped shadow-pte", mark->shadow.mapped);
	add_named(f, "the rmap", rmap_word(mark));
}

static void add_lost_to_host(struct runner *r, struct finding *f, const struct oracle_verdict *v,
			     const struct store_mark *mark)
{
	if (f->layer == LAYER_BITMAP)
		add_taker(r, f, v, mark);
	else if (f->layer == LAYER_TLB)
		add_stale_tlb(r, f, v, mark);
	else if (f->layer == LAYER_L0_PTE)
		add_writer(r, f, "mapped l0-pte", mark->l0.mapped);
	else if (mark->orphan)
		add_orphan(f);
	else if (mark->shadow.redirected)
		add_redirected(r, f, mark);
	else if (f->layer == LAYER_RMAP &&
		 (mark->host_changed <= mark->shadow.mapped_at || mark->first_rmap != RMAP_LISTED))
		add_unlisted(r, f, mark);
	else if (f->layer == LAYER_RMAP)
		add_missed(f, v, mark);
	else
		add_left(r, f, v, mark);
}

static void add_lost_to_l1(struct runner *r, struct finding *f, const struct oracle_verdict *v,
			   const struct store_mark *mark)
{
	bool c = !about_r(v);

	if (f->layer == LAYER_TLB)
		add_stale_tlb(r, f, v, mark);
	else if (mark->orphan)
		add_orphan(f);
	else if ((c ? mark->shadow.set_c_at : mark->shadow.set_r_at) > mark->l1.told)
		add_writer(r, f, c ? "set C in shadow-pte" : "set R in shadow-pte",
			   c ? mark->shadow.set_c : mark->shadow.set_r);
	else
		add_named(f, "not reached by", evidence_request_word[mark->l1.request]);
}

/* The kernel looks at tables under a lock: who did so last did not mend it. */
static void add_refuser(struct runner *r, struct finding *f)
{
	struct provenance_site looked;

	memcpy(looked.callers, r->last_lock.callers, sizeof(looked.callers));
	add_writer(r, f, "looked at it last", &looked);
}

/*
 * A loss: who cleared or set the bit so that the entries part, or else what should have reached the entry and did
 * not. An access: who made the entry, or what should have taken it away. A TLB: who changed the entry behind it, and
 * what was invalidated instead.
 */
static void add_writers(struct runner *r, struct finding *f, const struct oracle_verdict *v,
			const struct store_mark *mark)
{
	bool to_l1 = v->class == CLASS_LOST_DIRTY_L1 || v->class == CLASS_LOST_REF_L1;

	if (v->class == CLASS_NO_PROGRESS) {
		add_refuser(r, f);
	} else if (is_reach(v)) {
		add_access_writers(r, f, v, mark);
	} else if (v->writer == WRITER_KERNEL && !through_shadow(v)) {
		if (v->lpage < WORLD_LPAGES && r->kernel_writers[v->lpage])
			add_named(f, "wrote the page", r->kernel_writers[v->lpage]);
	} else if (to_l1) {
		add_lost_to_l1(r, f, v, mark);
	} else {
		add_lost_to_host(r, f, v, mark);
	}
}

/* The word of the page that a loss is about: what it is came about by these writes. Told, no part of the signature. */
static void add_word_writers(struct runner *r, struct finding *f, uint32_t lpage)
{
	bool rmap = f->layer == LAYER_RMAP;
	const struct target *target = r->world.target;
	const struct provenance_word *w;
	uint64_t gpa;

	if ((!rmap && f->layer != LAYER_BITMAP) || lpage >= r->layout.total_pages)
		return;
	gpa = layout_gpa(&r->layout, lpage);
	w = provenance_find_word(&r->provenance, rmap ? target->rmap_word(gpa) : target->bitmap_word(gpa));
	if (!w)
		return;
	add_site(r, f, rmap ? "last changed the rmap" : "last changed the dirty bitmap", w->written,
		 provenance_name_inner);
	if (w->cleared != w->written)
		add_site(r, f, rmap ? "last emptied the rmap" : "last cleared bits of the dirty bitmap", w->cleared,
			 provenance_name_inner);
}

void finding_from_verdict(struct runner *r, const struct oracle_verdict *v)
{
	const struct store_mark *mark = mark_of(r, v);
	struct finding *f = next_finding(r);
	char role[48];

	if (!f)
		return;
	write_role(r, v, role, sizeof(role));
	f->class = v->class;
	f->guest = v->guest;
	f->n = v->n;
	f->lpage = v->lpage;
	f->access = v->access;
	f->writer = v->writer;
	f->op_cause = v->op_cause;
	f->op_effect = v->op_effect;
	f->layer = layer_of(mark, v);
	add_writers(r, f, v, mark);
	add_word_writers(r, f, f->layer == LAYER_RMAP ? mark->lpage : v->lpage);
	describe(r, f, v);
	if (v->class == CLASS_NO_PROGRESS)
		text_append(f->title, sizeof(f->title), ": %s", role);
	commit(r, f, role);
}

/* ---- what the kernel, or the shim, says -------------------------------------- */

static void title_place(struct finding *f)
{
	const struct finding_writer *w = &f->writers[0];

	if (f->writer_count)
		text_append(f->title, sizeof(f->title), " in %s (%s:%u)", w->function, w->file, w->line);
}

void finding_simple(struct runner *r, enum finding_class class, enum finding_layer layer, const char *role,
		    const char *title, const void *const callers[TARGET_CALLERS])
{
	struct provenance_site site = {0};
	struct finding *f = next_finding(r);

	if (!f)
		return;
	f->class = class;
	f->layer = layer;
	snprintf(f->title, sizeof(f->title), "%s", title);
	if (callers) {
		memcpy(site.callers, callers, sizeof(site.callers));
		add_writer(r, f, "was running", &site);
	}
	title_place(f);
	commit(r, f, role);
}

/*
 * The function that was stopped or, if that is none of the kernel's, the one that has called what is: a lock that lies
 * nowhere is found by the shim. A stack may be what is broken: where a module keeps apart who called what, that is
 * told. Where in a loop it was stopped is chance, and no part of the signature; who took a lock before that is not.
 */
void finding_stopped(struct runner *r, enum finding_class class, const char *role, const char *title,
		     const void *const callers[TARGET_CALLERS])
{
	const struct target_calls *calls = r->world.services.calls;
	const struct provenance_site here = {{callers[0]}};
	const char *what = class == CLASS_HANG ? "last seen running" : "was running";
	struct provenance_site around = {0}, locked;
	struct finding *f = next_finding(r);

	if (!f)
		return;
	f->class = class;
	f->layer = LAYER_NONE;
	snprintf(f->title, sizeof(f->title), "%s", title);
	memcpy(around.callers, &callers[1], sizeof(around.callers) - sizeof(around.callers[0]));
	add_writer(r, f, what, &here);
	if (!f->writer_count) {
		add_writer(r, f, what, &around);
		memset(&around, 0, sizeof(around));
	} else if (calls->depth) {
		for (uint32_t i = 0; i < TARGET_CALLERS && i < calls->depth; i++)
			around.callers[i] = calls->callers[(calls->depth - 1 - i) % TARGET_CALLS];
	}
	if (f->writer_count)
		provenance_add_callers(r->module, &around, &f->writers[0]);
	memcpy(locked.callers, r->last_lock.callers, sizeof(locked.callers));
	if (class == CLASS_HANG)
		add_writer(r, f, "took a lock before", &locked);
	else
		title_place(f);
	commit(r, f, role);
}

/* ---- memory ---------------------------------------------------------------------- */

/* Who took the memory, and who gave it back. */
static void add_owners(struct runner *r, struct finding *f, const struct machine_kmem_object *object)
{
	const struct provenance_site taken = {{object->alloc_caller}}, freed = {{object->free_caller}};

	if (object->alloc_caller)
		add_site(r, f, "took it", &taken, provenance_name_user);
	if (object->free_caller)
		add_site(r, f, "freed it", &freed, provenance_name_user);
}

/* "page-table", "kvm_nested_guest", ... and the layer that its contents belong to. */
static const char *object_word(struct runner *r, const struct machine_kmem_object *object, const void *address,
			       enum finding_layer *layer)
{
	const struct target *target = r->world.target;
	const char *word = object->kind == KMEM_PGTABLE ? "page-table"
			   : object->kind == KMEM_VMALLOC && !object->freed
				   ? target->memory_name(address)
				   : target->object_name(object->start, object->size);

	*layer = !strncmp(word, "rmap", 4) ? LAYER_RMAP : !strcmp(word, "dirty") ? LAYER_BITMAP : LAYER_NONE;
	return word;
}

void finding_bad_access(struct runner *r, const char *did, const void *address, size_t size,
			const void *const callers[TARGET_CALLERS])
{
	struct machine_kmem_object object = {0};
	struct finding *f = next_finding(r);
	struct provenance_site site;
	enum finding_layer layer;
	const char *word;
	char role[48] = "overflow";

	if (!f)
		return;
	f->class = CLASS_MEMORY;
	f->layer = LAYER_NONE;
	memcpy(site.callers, callers, sizeof(site.callers));
	if (!machine_kmem_object(r->world.machine, (uintptr_t)address, &object)) {
		add_site(r, f, "uses it", &site, provenance_name_user);
		snprintf(f->title, sizeof(f->title), "memory: a %s of %zu bytes where nothing was ever allocated", did,
			 size);
		commit(r, f, "wild");
		return;
	}
	word = object_word(r, &object, address, &layer);
	if (object.freed)
		snprintf(role, sizeof(role), "freed-%s", word);
	/* What was taken too small is one mistake, wherever it is overrun. */
	add_site(r, f, object.freed ? "uses it" : "overruns it", &site, provenance_name_user);
	add_owners(r, f, &object);
	snprintf(f->title, sizeof(f->title), "memory: a %s of %zu bytes at offset %td of a %s of %zu bytes%s", did,
		 size, (const char *)address - (const char *)object.start, word, object.size,
		 object.freed ? " that was freed" : "");
	commit(r, f, role);
}

void finding_bad_walk(struct runner *r, const struct machine_access *access)
{
	struct machine_kmem_object object;
	struct finding *f = next_finding(r);

	if (!f)
		return;
	f->class = CLASS_MEMORY;
	f->layer = LAYER_NONE;
	snprintf(f->title, sizeof(f->title), "the hardware's walk reads %s",
		 access->bad_state == KMEM_FREED ? "a page table that was freed" : "memory that is no page table");
	if (access->bad_state == KMEM_FREED && machine_kmem_object(r->world.machine, access->bad_address, &object))
		add_owners(r, f, &object);
	/* It was freed too early, by an op that is not over; or what the hardware knows of it was never invalidated. */
	commit(r, f, r->world.sched.top > 1 ? "walk-meanwhile" : "walk");
}

static void add_race_side(struct runner *r, struct finding *f, const struct data_race_access *access)
{
	char label[SCENARIO_LABEL_MAX] = "", what[48];
	uint16_t op = r->race_ops[access->op];
	struct provenance_site site;

	if (op < r->scenario->op_count)
		scenario_label_text(r->scenario->ops[op].label, label);
	snprintf(what, sizeof(what), "op %s %s it%s", label, access->write ? "writes" : "reads",
		 access->marked ? ", marked" : "");
	memcpy(site.callers, access->callers, sizeof(site.callers));
	add_site(r, f, what, &site, provenance_name_user);
}

#define RACES_MAX (RUN_FINDINGS_MAX / 2) /* the rest of the room is for what is worse */

/* "kvm.arch.l1_ptcr", "rmap" */
static void name_variable(struct runner *r, const void *address, struct finding *f, char *text, size_t size)
{
	struct machine_kmem_object object = {0};
	const char *word, *member;
	char whole[128];

	if (!machine_kmem_object(r->world.machine, (uintptr_t)address, &object))
		return;
	word = object_word(r, &object, address, &f->layer);
	member = module_member(r->module, word, (size_t)((const char *)address - (const char *)object.start));
	snprintf(whole, sizeof(whole), "%s%s%s", word, *member ? "." : "", member);
	text_fit_name(text, size, whole);
}

void finding_data_race(struct runner *r, const void *address, const struct data_race_access *here,
		       const struct data_race_access *there)
{
	struct finding *f = r->outcome->finding_count < RACES_MAX ? next_finding(r) : NULL;
	struct finding_writer *w;
	char variable[48] = "";

	if (!f)
		return;
	f->class = CLASS_DATA_RACE;
	w = f->writers;
	add_race_side(r, f, there);
	add_race_side(r, f, here);
	if (f->writer_count != 2)
		return;
	/* The same signature, whichever came first. */
	if (strcmp(w[0].function, w[1].function) > 0) {
		const struct finding_writer first = w[0];

		w[0] = w[1];
		w[1] = first;
	}
	name_variable(r, address, f, variable, sizeof(variable));
	f->op_cause = r->race_ops[there->op];
	f->op_effect = r->race_ops[here->op];
	snprintf(f->title, sizeof(f->title), "%s: nothing orders %s (%s:%u) and %s (%s:%u)", variable, w[0].function,
		 base_name(w[0].file), w[0].line, w[1].function, base_name(w[1].file), w[1].line);
	commit(r, f, variable);
}

/* ---- locks --------------------------------------------------------------------- */

static void add_lock_site(struct runner *r, struct finding *f, const char *what, const char *lock,
			  const void *const callers[TARGET_CALLERS])
{
	struct provenance_site site;
	char words[sizeof(f->writers[0].what)];

	memcpy(site.callers, callers, sizeof(site.callers));
	snprintf(words, sizeof(words), "%s %s", what, lock);
	add_writer(r, f, words, &site);
}

/* Follow who waits for whom, from the first task that waits for a kernel lock. */
void finding_deadlock(struct runner *r)
{
	struct world *w = &r->world;
	unsigned i = 0;
	struct finding *f;

	while (i < w->sched.top && !(w->tasks[i].waits && w->tasks[i].waits_at[0]))
		i++;
	if (i == w->sched.top)
		internal_error("actors wait for each other");
	f = next_finding(r);
	if (!f)
		return;
	f->class = CLASS_DEADLOCK;
	f->layer = LAYER_NONE;
	snprintf(f->title, sizeof(f->title), "deadlock:");
	for (const struct world_task *task = &w->tasks[i]; task && f->writer_count + 1 < FINDING_FRAMES;) {
		const void *lock = sched_waits_for(&w->sched, (unsigned)(task - w->tasks));
		const struct held_lock *held = NULL;
		const struct world_task *holder = lock ? world_holder(w, lock, &held) : NULL;
		const char *name = holder ? w->target->lock_name(lock) : task->waits;
		char label[SCENARIO_LABEL_MAX];

		scenario_label_text(task->what->label, label);
		text_append(f->title, sizeof(f->title), " op %s waits for %s", label, name);
		if (task->waits_at[0])
			add_lock_site(r, f, "waits for", name, task->waits_at);
		if (holder) {
			scenario_label_text(holder->what->label, label);
			text_append(f->title, sizeof(f->title), ", held by op %s;", label);
			add_lock_site(r, f, "holds", name, held->callers);
		}
		task = holder && holder->waits ? holder : NULL;
	}
	commit(r, f, "lock");
}

void finding_inversion(struct runner *r, const char *first, const char *second, const struct held_lock *here,
		       const struct held_lock *there, bool apart)
{
	struct finding *f = next_finding(r);
	bool turn = strcmp(first, second) > 0;

	if (!f)
		return;
	f->class = CLASS_LOCK_DISCIPLINE;
	f->layer = LAYER_NONE;
	snprintf(f->title, sizeof(f->title), "lock order: %s is taken under %s, and the other way round%s",
		 turn ? first : second, turn ? second : first,
		 apart ? " in another scenario, which does not fit behind this one" : "");
	/* The same signature, whichever came first. */
	add_lock_site(r, f, "takes", turn ? first : second, (turn ? there : here)->callers);
	add_lock_site(r, f, "takes", turn ? second : first, (turn ? here : there)->callers);
	commit(r, f, "order");
}

/* A role out of an assertion's text: letters and digits only, so that it stays one word. */
static void word_of(const char *text, char *word, size_t size)
{
	size_t n = 0;

	for (; text && *text && n + 1 < size; text++) {
		bool plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
			     (*text >= '0' && *text <= '9') || *text == '_';

		if (plain)
			word[n++] = *text;
		else if (n && word[n - 1] != '-')
			word[n++] = '-';
	}
	while (n && word[n - 1] == '-')
		n--;
	word[n] = 0;
}

void finding_from_report(struct runner *r, enum target_report_kind kind, const char *file, int line,
			 const char *function, const char *what, const void *const callers[TARGET_CALLERS])
{
	static const struct {
		enum finding_class class;
		const char *words;
		const char *power; /* what the processor does (Power ISA, sld, srd, srad; slw, srw, sraw) */
	} kinds[] = {
		[REPORT_WARN] = {CLASS_WARN, "WARN", NULL},
		[REPORT_BUG] = {CLASS_CRASH, "BUG", NULL},
		[REPORT_UNDEFINED] = {CLASS_UNDEFINED, "undefined behaviour",
				      "; POWER gives 0 for counts of 64 to 127 modulo 128"},
		[REPORT_UNDEFINED_WORD] = {CLASS_UNDEFINED, "undefined behaviour",
					   "; POWER gives 0 for counts of 32 to 63 modulo 64"},
		[REPORT_LOCK] = {CLASS_LOCK_DISCIPLINE, "lock discipline", NULL},
		[REPORT_DEADLOCK] = {CLASS_DEADLOCK, "deadlock", NULL},
		[REPORT_HANG] = {CLASS_HANG, "hang", NULL},
		[REPORT_MEMORY] = {CLASS_MEMORY, "memory", NULL},
	};
	char title[FINDING_TEXT], role[40];

	snprintf(title, sizeof(title), "%s: %s", kinds[kind].words, what ? what : "");
	if (file)
		text_append(title, sizeof(title), " at %s:%d", base_name(file), line);
	if (function)
		text_append(title, sizeof(title), " (%s)", function);
	if (kinds[kind].power)
		text_append(title, sizeof(title), "%s", kinds[kind].power);
	word_of(what && *what ? what : kinds[kind].words, role, sizeof(role));
	finding_simple(r, kinds[kind].class, LAYER_NONE, role, title, callers);
}

/* What an access that faults for ever lacks in the entry that it goes through. */
static const char *lacking(const struct machine_leaf *leaf, enum machine_access_kind kind)
{
	static const uint8_t needs[] = {
		[MACHINE_LOAD] = EVP_READ, [MACHINE_STORE] = EVP_WRITE, [MACHINE_FETCH] = EVP_EXEC};

	if (!leaf->present)
		return "there is no entry";
	if (!(leaf->perm & needs[kind]))
		return "the entry has no permission for it";
	return leaf->r && (leaf->c || kind != MACHINE_STORE) ? "the entry lacks nothing" : "the entry lacks R or C";
}

void finding_no_progress(struct runner *r, unsigned vcpu, unsigned guest, const struct machine_access *access)
{
	struct world *w = &r->world;
	int lpid = guest ? w->target->shadow_lpid(l1_lpid(w, guest)) : w->config->lpid;
	uint32_t page = (uint32_t)(access->gpa >> w->layout.page_shift);
	struct finding *f = next_finding(r);
	struct provenance_site looked;
	struct machine_leaf leaf = {0};

	if (!f)
		return;
	if (lpid >= 0)
		leaf = machine_peek(w->machine, (uint32_t)lpid, access->gpa);
	f->class = CLASS_NO_PROGRESS;
	f->layer = guest ? LAYER_SHADOW_PTE : LAYER_L0_PTE;
	f->guest = (uint8_t)guest;
	if (guest)
		snprintf(f->title, sizeof(f->title), "vCPU %u: an access of guest %u to L2 page %u faults for ever",
			 vcpu, guest, page);
	else
		snprintf(f->title, sizeof(f->title), "vCPU %u: an access of L1 to page 0x%x faults for ever", vcpu,
			 page);
	text_append(f->title, sizeof(f->title), ": %s", lacking(&leaf, access->kind));
	/* The kernel looks at tables under a lock: who did so last did not mend it. */
	memcpy(looked.callers, r->last_lock.callers, sizeof(looked.callers));
	add_writer(r, f, "looked at it last", &looked);
	commit(r, f, guest ? "l2" : "l1");
}

/* What was freed twice is in use twice: what else is wrong in this world follows from it. */
static void keep_memory_only(struct run_outcome *o)
{
	uint32_t kept = 0;
	bool twice = false;

	for (uint32_t i = 0; i < o->finding_count; i++)
		twice |= !strcmp(o->findings[i].coarse, "memory:none:double-free");
	for (uint32_t i = 0; twice && i < o->finding_count; i++)
		if (o->findings[i].class == CLASS_MEMORY)
			o->findings[kept++] = o->findings[i];
	if (twice)
		o->finding_count = kept;
}

void finding_corruption(struct runner *r)
{
	const void *overflown = machine_kmem_overflow(r->world.machine);
	const void *callers[TARGET_CALLERS] = {NULL};

	/* What was found before does not follow from it. */
	if (overflown && r->outcome->finding_count > r->sound_findings)
		r->outcome->finding_count = r->sound_findings;
	keep_memory_only(r->outcome);
	if (!overflown)
		return;
	machine_kmem_state(r->world.machine, (uintptr_t)overflown, 1, &callers[0], NULL);
	finding_simple(r, CLASS_MEMORY, LAYER_NONE, "overflow",
		       "memory: something was written behind what was allocated", callers);
}

struct first_leak {
	size_t count, size;
	unsigned kind;
	const void *caller;
};

static void take_leak(void *ctx, const void *p, size_t size, unsigned kind, const void *caller)
{
	struct first_leak *first = ctx;

	(void)p;
	if (!first->count++) {
		first->size = size;
		first->kind = kind;
		first->caller = caller;
	}
}

/* What was taken first is what the others hang on: one leak a run is told. */
void finding_leaks(struct runner *r)
{
	static const char *const kinds[] = {"memory", "a page table", "an object", "pages", "vmalloc memory"};
	const void *callers[TARGET_CALLERS] = {NULL};
	struct first_leak first = {0};
	char title[FINDING_TEXT];

	machine_kmem_each_live(r->world.machine, take_leak, &first);
	if (!first.count)
		return;
	callers[0] = first.caller;
	snprintf(title, sizeof(title), "memory: %s of %zu bytes is never freed, nor %zu more; taken",
		 kinds[first.kind < sizeof(kinds) / sizeof(kinds[0]) ? first.kind : 0], first.size, first.count - 1);
	finding_simple(r, CLASS_MEMORY, LAYER_NONE, "leak", title, callers);
}
