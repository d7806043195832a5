/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * classify.c: from what went wrong to a finding: in which layer, by which kernel
 * functions, in which words. The signature is made of the class, the layer and
 * those functions; the coarse one of class, layer and role.
 */
#include "runner.h"

#include "scenario/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const layer_name[LAYER_COUNT] = {
#define LAYER_WORD(id, word) [id] = word,
	FINDING_LAYERS(LAYER_WORD)
#undef LAYER_WORD
};

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

/* Append printf-like to a text of limited size. */
__attribute__((format(printf, 3, 4))) static void append(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, size - used, format, args);
	va_end(args);
}

/* The signature is complete: keep the finding, unless this run has it already. */
static void commit(struct runner *r, struct finding *f, const char *role)
{
	struct run_outcome *o = r->outcome;

	snprintf(f->coarse, sizeof(f->coarse), "%s:%s:%s", class_info[f->class].name, layer_name[f->layer], role);
	snprintf(f->signature, sizeof(f->signature), "%s:%s:%s", class_info[f->class].name, layer_name[f->layer], role);
	for (uint32_t i = 0; i < f->writer_count; i++)
		append(f->signature, sizeof(f->signature), ":%s", f->writers[i].function);
	for (uint32_t i = 0; i < o->finding_count; i++)
		if (strcmp(o->findings[i].signature, f->signature) == 0)
			return;
	o->finding_count++;
	if (r->observer && r->observer->finding)
		r->observer->finding(r->observer->ctx, f);
}

static void add_writer(struct runner *r, struct finding *f, const char *what, const struct provenance_site *site)
{
	struct finding_writer *writer = &f->writers[f->writer_count];

	if (f->writer_count == FINDING_FRAMES || !site)
		return;
	*writer = (struct finding_writer){0};
	if (!provenance_name(r->module, site, writer))
		return;
	snprintf(writer->what, sizeof(writer->what), "%s", what);
	f->writer_count++;
}

static void add_named(struct finding *f, const char *what, const char *function)
{
	struct finding_writer *writer = &f->writers[f->writer_count++];

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

static const struct store_mark *mark_of(struct runner *r, const struct oracle_verdict *v)
{
	int store = !about_r(v);
	bool to_host = v->class != CLASS_LOST_DIRTY_L1 && v->class != CLASS_LOST_REF_L1;
	const struct store_mark *mark;

	if (is_reach(v))
		return &r->last_access;
	/* L2's page may have been mapped elsewhere since: what the host lost is what went to the L1 page. */
	if (through_shadow(v) && to_host && v->lpage < WORLD_LPAGES) {
		mark = &r->l2_by_lpage[store][v->lpage];
		if (mark->guest == v->guest && mark->n == v->n)
			return mark;
	}
	if (through_shadow(v) && v->n < WORLD_L2_PAGES)
		return &r->l2_accesses[store][v->guest - 1][v->n];
	return v->lpage < WORLD_LPAGES ? &r->l1_accesses[store][v->lpage] : &r->last_access;
}

/* The bit of interest, R or C, in each place. */
struct places {
	bool l1, l0, shadow, tlb;
};

static struct places places_of(const struct run_bits *b, bool c)
{
	return (struct places){
		.l1 = b->has_l1 && (c ? b->l1_c : b->l1_r),
		.l0 = b->has_l0 && (c ? b->l0_c : b->l0_r),
		.shadow = b->has_shadow && (c ? b->shadow_c : b->shadow_r),
		.tlb = b->has_tlb && (c ? b->tlb_c : b->tlb_r),
	};
}

/* Where the bit stood although a place above it had lost it. */
static enum finding_layer layer_of_loss(const struct store_mark *mark, const struct oracle_verdict *v)
{
	bool to_l1 = v->class == CLASS_LOST_DIRTY_L1 || v->class == CLASS_LOST_REF_L1;
	struct places p = places_of(&mark->bits, !about_r(v));

	if (v->writer == WRITER_KERNEL && !through_shadow(v))
		return LAYER_BITMAP;
	/* The bit was there when the store completed: it got lost afterwards. */
	if (to_l1 ? p.l1 : p.l0)
		return LAYER_BITMAP;
	if (through_shadow(v) && p.shadow)
		return !to_l1 && !mark->has_rmap ? LAYER_RMAP : LAYER_SHADOW_PTE;
	return LAYER_TLB;
}

static enum finding_layer layer_of_access(const struct store_mark *mark, const struct oracle_verdict *v)
{
	if (through_shadow(v))
		return mark->bits.has_shadow ? LAYER_SHADOW_PTE : LAYER_TLB;
	return mark->bits.has_l0 ? LAYER_L0_PTE : LAYER_TLB;
}

static void page_words(const struct runner *r, const struct oracle_verdict *v, char *text, size_t size)
{
	text[0] = 0;
	if (v->n != LAYOUT_NONE && v->guest)
		append(text, size, "L2 page %u of guest %u", v->n, v->guest);
	if (v->lpage != LAYOUT_NONE && v->lpage < r->layout.total_pages)
		append(text, size, "%sL1 page %u (gpa 0x%llx)", text[0] ? ", " : "", v->lpage,
		       (unsigned long long)layout_gpa(&r->layout, v->lpage));
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
	default:
		snprintf(f->title, sizeof(f->title), "%s: %s", class_info[v->class].meaning, page);
	}
}

/*
 * Who made it so. A loss: who last cleared the bit in L1->L0, and who cleared it in the shadow entry without
 * reaching the TLB, or else set it there, or made an entry that the rmap does not have. An access: who made the entry.
 */
static void add_writers(struct runner *r, struct finding *f, const struct oracle_verdict *v,
			const struct store_mark *mark)
{
	bool c = !about_r(v), shadow = through_shadow(v);

	if (is_reach(v)) {
		add_writer(r, f, shadow ? "mapped shadow-pte" : "mapped l0-pte",
			   shadow ? mark->shadow_mapped : mark->l0_mapped);
		return;
	}
	if (v->writer == WRITER_KERNEL && !shadow) {
		if (v->lpage < WORLD_LPAGES && r->kernel_writers[v->lpage])
			add_named(f, "wrote the page", r->kernel_writers[v->lpage]);
		return;
	}
	add_writer(r, f, c ? "cleared C in l0-pte" : "cleared R in l0-pte",
		   c ? mark->l0_cleared_c : mark->l0_cleared_r);
	if (shadow && f->layer == LAYER_TLB)
		add_writer(r, f, c ? "cleared C in shadow-pte" : "cleared R in shadow-pte",
			   c ? mark->shadow_cleared_c : mark->shadow_cleared_r);
	else if (shadow && f->layer == LAYER_RMAP)
		add_writer(r, f, "mapped shadow-pte", mark->shadow_mapped);
	else if (shadow)
		add_writer(r, f, c ? "set C in shadow-pte" : "set R in shadow-pte",
			   c ? mark->shadow_set_c : mark->shadow_set_r);
}

void finding_from_verdict(struct runner *r, const struct oracle_verdict *v)
{
	const struct store_mark *mark = mark_of(r, v);
	struct finding *f = next_finding(r);

	if (!f)
		return;
	f->class = v->class;
	f->guest = v->guest;
	f->n = v->n;
	f->lpage = v->lpage;
	f->access = v->access;
	f->writer = v->writer;
	f->op_cause = v->op_cause;
	f->op_effect = v->op_effect;
	f->layer = is_reach(v) ? layer_of_access(mark, v) : layer_of_loss(mark, v);
	add_writers(r, f, v, mark);
	describe(r, f, v);
	commit(r, f, role_of(v));
}

/* ---- what the kernel, or the shim, says -------------------------------------- */

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
	if (f->writer_count)
		append(f->title, sizeof(f->title), " in %s (%s:%u)", f->writers[0].function, f->writers[0].file,
		       f->writers[0].line);
	commit(r, f, role);
}

/* ---- locks --------------------------------------------------------------------- */

static void add_site(struct runner *r, struct finding *f, const char *what, const char *lock,
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
	if (i == w->sched.top) {
		fprintf(stderr, "rcfuzz: internal error: actors wait for each other\n");
		abort();
	}
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
		append(f->title, sizeof(f->title), " op %s waits for %s", label, name);
		if (task->waits_at[0])
			add_site(r, f, "waits for", name, task->waits_at);
		if (holder) {
			scenario_label_text(holder->what->label, label);
			append(f->title, sizeof(f->title), ", held by op %s;", label);
			add_site(r, f, "holds", name, held->callers);
		}
		task = holder && holder->waits ? holder : NULL;
	}
	commit(r, f, "lock");
}

void finding_inversion(struct runner *r, const char *first, const char *second, const struct held_lock *here,
		       const struct held_lock *there)
{
	struct finding *f = next_finding(r);

	if (!f)
		return;
	f->class = CLASS_LOCK_DISCIPLINE;
	f->layer = LAYER_NONE;
	snprintf(f->title, sizeof(f->title), "lock order: %s is taken under %s here, and the other way round elsewhere",
		 second, first);
	add_site(r, f, "takes", second, here->callers);
	add_site(r, f, "takes", first, there->callers);
	commit(r, f, "order");
}

static const char *base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path ? path : "";
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
	} kinds[] = {
		[REPORT_WARN] = {CLASS_WARN, "WARN"},
		[REPORT_BUG] = {CLASS_CRASH, "BUG"},
		[REPORT_UNDEFINED] = {CLASS_UNDEFINED, "undefined behaviour"},
		[REPORT_LOCK] = {CLASS_LOCK_DISCIPLINE, "lock discipline"},
		[REPORT_DEADLOCK] = {CLASS_DEADLOCK, "deadlock"},
		[REPORT_HANG] = {CLASS_HANG, "hang"},
		[REPORT_MEMORY] = {CLASS_MEMORY, "memory"},
	};
	char title[FINDING_TEXT], role[40];

	snprintf(title, sizeof(title), "%s: %s", kinds[kind].words, what ? what : "");
	if (file)
		append(title, sizeof(title), " at %s:%d", base_name(file), line);
	if (function)
		append(title, sizeof(title), " (%s)", function);
	if (kind == REPORT_UNDEFINED)
		append(title, sizeof(title), "; POWER gives 0 for counts of 64 to 127 modulo 128");
	word_of(what && *what ? what : kinds[kind].words, role, sizeof(role));
	finding_simple(r, kinds[kind].class, LAYER_NONE, role, title, callers);
}

static void leak(void *ctx, const void *p, size_t size, unsigned kind, const void *caller)
{
	static const char *const kinds[] = {"memory", "a page table", "an object", "pages", "vmalloc memory"};
	const void *const callers[TARGET_CALLERS] = {caller};
	char title[FINDING_TEXT];

	(void)p;
	snprintf(title, sizeof(title), "memory: %s of %zu bytes is never freed; taken",
		 kinds[kind < sizeof(kinds) / sizeof(kinds[0]) ? kind : 0], size);
	finding_simple(ctx, CLASS_MEMORY, LAYER_NONE, "leak", title, callers);
}

void finding_leaks(struct runner *r)
{
	machine_kmem_each_live(r->world.machine, leak, r);
}
