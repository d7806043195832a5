/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * classify.c: from what the oracle says, and from what the kernel or the shim
 * reports, to a finding.
 */
#include "blame.h"
#include "make_finding.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HCALL_NAME(id, number, name, word) [id] = name,
static const char *const hcall_name[] = {EVENT_HCALLS(HCALL_NAME)};
#undef HCALL_NAME
#define HCALL_WORD(id, number, name, word) [id] = word,
static const char *const hcall_word[] = {EVENT_HCALLS(HCALL_WORD)};
#undef HCALL_WORD
#define SCOPE_WORD(id, word) [id] = "-" word,
static const char *const scope_word[] = {ENUM_SCOPE(SCOPE_WORD)};
#undef SCOPE_WORD

/* ---- what the oracle says --------------------------------------------------- */

static const char *role_of(const struct oracle_verdict *v)
{
	bool store = v->access == ACCESS_STORE;
	bool any = blame_is_reach(v) || blame_is_about_r(v);

	/* Which access it was makes no difference to the cause, unless it is a store that is lost. */
	if (v->writer == WRITER_KERNEL && !blame_is_through_shadow(v))
		return "kernel-write";
	if (v->writer == WRITER_KERNEL)
		return any || !store ? "quadrant-access" : "quadrant-store";
	if (blame_is_through_shadow(v) || v->guest)
		return any || !store ? "l2-access" : "l2-store";
	return any || !store ? "l1-access" : "l1-store";
}

/* L1 was to answer L2's store, and was told of the page, but not of a store. */
static bool is_told_of_no_store(const struct runner *r, const struct oracle_verdict *v)
{
	struct machine_access told = {.dsisr = DSISR_HW_STORE};

	l1_hear_fault(&r->world, v->vcpu, &told);
	return v->access == ACCESS_STORE && told.gpa >> r->layout.page_shift == v->n && !(told.dsisr & DSISR_HW_STORE);
}

static const char *const ioctl_name[EV_COUNT] = {
	[EV_LOG_START] = "KVM_SET_USER_MEMORY_REGION, to log,",
	[EV_LOG_STOP] = "KVM_SET_USER_MEMORY_REGION, not to log,",
	[EV_HARVEST_END] = "KVM_GET_DIRTY_LOG",
	[EV_SLOT] = "KVM_SET_USER_MEMORY_REGION",
};
static const char *const ioctl_word[EV_COUNT] = {
	[EV_LOG_START] = "log-start", [EV_LOG_STOP] = "log-stop", [EV_HARVEST_END] = "harvest", [EV_SLOT] = "slot"};

/* What the vCPU, or the VMM, has got from the kernel instead of what it asked for. */
static void refusal_role(const struct runner *r, const struct oracle_verdict *v, char *role, size_t size)
{
	const struct vcpu *vcpu = &r->world.vcpus[v->vcpu];
	bool scoped = v->hcall == EVENT_HCALL_TLBIE || v->hcall == EVENT_HCALL_RPT;
	const char *scope = scoped ? scope_word[v->scope] : "";

	if (v->ioctl)
		snprintf(role, size, "%s-fails-%d", ioctl_word[v->ioctl], abs(v->result));
	else if (v->hcall && vcpu->entry.interrupted)
		snprintf(role, size, "%s%s-is-not-answered", hcall_word[v->hcall], scope);
	else if (v->hcall && !v->result)
		snprintf(role, size, "%s%s-is-not-done", hcall_word[v->hcall], scope);
	else if (v->hcall)
		snprintf(role, size, "%s%s-fails%s%lld", hcall_word[v->hcall], scope, v->result < 0 ? "-" : "-with-",
			 llabs((long long)v->result));
	else if (vcpu->entry.interrupted || vcpu->mode == VCPU_DEAD)
		snprintf(role, size, "kvm-run-returns");
	else if (v->guest && vcpu->mode == VCPU_L1)
		snprintf(role, size, "l1-has-no-answer-to-%llx%s", (unsigned long long)vcpu->entry.r3,
			 is_told_of_no_store(r, v) ? "-for-a-load" : "");
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
		    (v->guest || mark->lpage == v->lpage) && (mark->store || blame_is_about_r(v)))
			return mark;
	}
	return NULL;
}

static const struct store_mark *mark_of(struct runner *r, const struct oracle_verdict *v)
{
	int store = !blame_is_about_r(v);
	bool to_host = v->class != CLASS_LOST_DIRTY_L1 && v->class != CLASS_LOST_REF_L1;
	const struct store_mark *mark;

	if (blame_is_reach(v))
		return last_access(r);
	mark = mark_of_cause(r, v);
	if (mark)
		return mark;
	/* L2's page may have been mapped elsewhere since: what the host lost is what went to the L1 page. */
	if (blame_is_through_shadow(v) && to_host && v->lpage < WORLD_LPAGES) {
		mark = &r->l2_by_lpage[store][v->lpage];
		if (mark->guest == v->guest && mark->n == v->n)
			return mark;
		/* Or else its alias's, if a later access of the same L2 page went elsewhere. */
		if (mark->at >= r->evidence.begin && v->n < WORLD_L2_PAGES &&
		    r->l2_accesses[store][v->guest - 1][v->n].through != v->lpage)
			return mark;
	}
	if (blame_is_through_shadow(v) && v->n < WORLD_L2_PAGES)
		return &r->l2_accesses[store][v->guest - 1][v->n];
	return v->lpage < WORLD_LPAGES ? &r->l1_accesses[store][v->lpage] : last_access(r);
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
	if (v->ioctl)
		snprintf(f->title, sizeof(f->title), "%s is refused (%d), though it is in order: the slot of %s",
			 ioctl_name[v->ioctl], v->result, page);
	else if (v->hcall && !v->result)
		snprintf(f->title, sizeof(f->title), "%s%s is answered as done, and has not done it: %s",
			 hcall_name[v->hcall], whom, page);
	else if (v->hcall)
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

/* Who took the bit that a loss is about from l0-pte after the access. */
static struct provenance_change taken_since(const struct runner *r, const struct oracle_verdict *v,
					    const struct store_mark *mark)
{
	const struct provenance_entry *l0 = provenance_find(&r->provenance, mark->l0_entry);

	return l0 ? provenance_staled(l0, blame_is_about_r(v) ? LOSS_R : LOSS_C) : (struct provenance_change){0};
}

static void add_blamed(struct runner *r, struct finding *f, const struct oracle_verdict *v,
		       const struct store_mark *mark)
{
	struct provenance_change taken = taken_since(r, v, mark);
	const struct blame_facts facts = {
		.layout = &r->layout,
		.taken = taken,
		/* It may still tell others of it. */
		.taker_under_way = taken.site && op_is_under_way(r, taken.op),
		.kernel_writer = v->lpage < WORLD_LPAGES ? r->kernel_writers[v->lpage] : NULL,
	};
	const struct blame b = blame_of(v, mark, &facts);

	f->layer = b.layer;
	for (const struct blame_item *item = b.items; item < b.items + b.count; item++) {
		if (item->word)
			finding_add_word(f, item->what, item->word);
		else
			finding_add_site(r, f, item->what, item->site,
					 item->name == BLAME_INNER ? provenance_name_inner : provenance_name);
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
	finding_add_site(r, f, rmap ? "last changed the rmap" : "last changed the dirty bitmap", w->written,
			 provenance_name_inner);
	if (w->cleared != w->written)
		finding_add_site(r, f, rmap ? "last emptied the rmap" : "last cleared bits of the dirty bitmap",
				 w->cleared, provenance_name_inner);
}

/* The kernel looks at tables under a lock: who did so last did not mend it. */
static void add_refuser(struct runner *r, struct finding *f)
{
	struct provenance_site looked;

	memcpy(looked.callers, r->last_lock.callers, sizeof(looked.callers));
	finding_add_writer(r, f, "looked at it last", &looked);
}

void finding_from_verdict(struct runner *r, const struct oracle_verdict *v)
{
	const struct store_mark *mark = mark_of(r, v);
	struct finding *f = finding_begin(r);
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
	if (v->class == CLASS_NO_PROGRESS)
		add_refuser(r, f);
	else
		add_blamed(r, f, v, mark);
	add_word_writers(r, f, f->layer == LAYER_RMAP ? mark->lpage : v->lpage);
	describe(r, f, v);
	if (v->class == CLASS_NO_PROGRESS)
		text_append(f->title, sizeof(f->title), ": %s", role);
	finding_commit(r, f, role);
}

/* ---- what the kernel, or the shim, says -------------------------------------- */

void finding_simple(struct runner *r, enum finding_class class, enum finding_layer layer, const char *role,
		    const char *title, const void *const callers[TARGET_CALLERS])
{
	struct provenance_site site = {0};
	struct finding *f = finding_begin(r);

	if (!f)
		return;
	f->class = class;
	f->layer = layer;
	snprintf(f->title, sizeof(f->title), "%s", title);
	if (callers) {
		memcpy(site.callers, callers, sizeof(site.callers));
		finding_add_writer(r, f, "was running", &site);
	}
	finding_title_place(f);
	finding_commit(r, f, role);
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
	struct finding *f = finding_begin(r);

	if (!f)
		return;
	f->class = class;
	f->layer = LAYER_NONE;
	snprintf(f->title, sizeof(f->title), "%s", title);
	memcpy(around.callers, &callers[1], sizeof(around.callers) - sizeof(around.callers[0]));
	finding_add_writer(r, f, what, &here);
	if (!f->writer_count) {
		finding_add_writer(r, f, what, &around);
		memset(&around, 0, sizeof(around));
	} else if (calls->depth) {
		for (uint32_t i = 0; i < TARGET_CALLERS && i < calls->depth; i++)
			around.callers[i] = calls->callers[(calls->depth - 1 - i) % TARGET_CALLS];
	}
	if (f->writer_count)
		provenance_add_callers(r->module, &around, &f->writers[0]);
	memcpy(locked.callers, r->last_lock.callers, sizeof(locked.callers));
	if (class == CLASS_HANG)
		finding_add_writer(r, f, "took a lock before", &locked);
	else
		finding_title_place(f);
	finding_commit(r, f, role);
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
		const char *power; /* what the processor does (Power ISA, sld, srd, srad; slw, srw, sraw; divd) */
	} kinds[] = {
		[REPORT_WARN] = {CLASS_WARN, "WARN", NULL},
		[REPORT_BUG] = {CLASS_CRASH, "BUG", NULL},
		[REPORT_UNDEFINED] = {CLASS_UNDEFINED, "undefined behaviour",
				      "; POWER gives 0 for counts of 64 to 127 modulo 128"},
		[REPORT_UNDEFINED_WORD] = {CLASS_UNDEFINED, "undefined behaviour",
					   "; POWER gives 0 for counts of 32 to 63 modulo 64"},
		[REPORT_UNDEFINED_INDEX] = {CLASS_UNDEFINED, "undefined behaviour", "; POWER goes there"},
		[REPORT_UNDEFINED_DIVISION] = {CLASS_UNDEFINED, "undefined behaviour", "; POWER gives any result"},
		[REPORT_UNDEFINED_VALUE] = {CLASS_UNDEFINED, "undefined behaviour", "; POWER takes it as it is"},
		[REPORT_UNDEFINED_END] = {CLASS_UNDEFINED, "undefined behaviour", "; POWER runs what follows"},
		[REPORT_LOCK] = {CLASS_LOCK_DISCIPLINE, "lock discipline", NULL},
		[REPORT_HANG] = {CLASS_HANG, "hang", NULL},
		[REPORT_MEMORY] = {CLASS_MEMORY, "memory", NULL},
	};
	char title[FINDING_TEXT], role[40];

	snprintf(title, sizeof(title), "%s: %s", kinds[kind].words, what ? what : "");
	if (file)
		text_append(title, sizeof(title), " at %s:%d", finding_base_name(file), line);
	if (function)
		text_append(title, sizeof(title), " (%s)", function);
	if (kinds[kind].power)
		text_append(title, sizeof(title), "%s", kinds[kind].power);
	word_of(what && *what ? what : kinds[kind].words, role, sizeof(role));
	finding_simple(r, kinds[kind].class, LAYER_NONE, role, title, callers);
}

struct lack {
	const char *text, *word;
};

/* What an access that faults for ever lacks in the entry that it goes through. */
static struct lack lack_of(const struct machine_leaf *leaf, enum machine_access_kind kind)
{
	static const struct {
		uint8_t permission;
		const char *word;
	} needs[] = {
		[MACHINE_LOAD] = {EVP_READ, "no-read"},
		[MACHINE_STORE] = {EVP_WRITE, "no-write"},
		[MACHINE_FETCH] = {EVP_EXEC, "no-exec"},
	};

	if (!leaf->present)
		return (struct lack){"there is no entry", "no-entry"};
	if (!(leaf->perm & needs[kind].permission))
		return (struct lack){"the entry has no permission for it", needs[kind].word};
	if (!leaf->r || (!leaf->c && kind == MACHINE_STORE))
		return (struct lack){"the entry lacks R or C", "no-rc"};
	return (struct lack){"the entry lacks nothing", "lacks-nothing"};
}

void finding_no_progress(struct runner *r, unsigned vcpu, unsigned guest, const struct machine_access *access)
{
	struct world *w = &r->world;
	int lpid = guest ? w->target->shadow_lpid(l1_lpid(w, guest)) : w->config->lpid;
	uint32_t page = (uint32_t)(access->gpa >> w->layout.page_shift);
	struct finding *f = finding_begin(r);
	struct provenance_site looked;
	struct machine_leaf leaf = {0};
	struct lack lack;

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
	lack = lack_of(&leaf, access->kind);
	text_append(f->title, sizeof(f->title), ": %s", lack.text);
	/* The kernel looks at tables under a lock: who did so last did not mend it. */
	memcpy(looked.callers, r->last_lock.callers, sizeof(looked.callers));
	finding_add_writer(r, f, "looked at it last", &looked);
	finding_add_word(f, "what it finds", lack.word);
	finding_commit(r, f, guest ? "l2" : "l1");
}
