/* SPDX-License-Identifier: GPL-2.0-only */
/* lock_finding.c: findings about what orders ops, or fails to: deadlocks, lock order, data races. */
#include "make_finding.h"

#include "base/internal.h"
#include "base/text.h"
#include "scenario/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRACE_OF "a grace period of "
#define READER_OF "a reader of "

static void add_lock_site(struct runner *r, struct finding *f, const char *does, const char *lock,
			  const void *const callers[TARGET_CALLERS])
{
	struct provenance_site site;
	char words[sizeof(f->writers[0].what)];

	memcpy(site.callers, callers, sizeof(site.callers));
	snprintf(words, sizeof(words), "%s%s", does, lock);
	finding_add_writer(r, f, words, &site);
}

/* ---- deadlocks ------------------------------------------------------------------- */

/* "op c"; what the runner does behind the last op is none of the scenario's. */
static void append_op(const struct runner *r, char *text, uint16_t op)
{
	char label[SCENARIO_LABEL_MAX] = "";

	if (op < r->scenario->op_count)
		scenario_label_text(r->scenario->ops[op].label, label);
	text_append(text, FINDING_TEXT, " %s%s", *label ? "op " : "the end", label);
}

/*
 * Where the wait of a task comes from: follow who waits for whom to a task in the circle, or else to the last one that
 * waits. True: there is a circle.
 */
static bool find_origin(const struct world *w, unsigned *task)
{
	uint64_t seen = 0;

	while (!(seen >> *task & 1)) {
		unsigned holder;
		const struct held_lock *held = world_holder(w, w->tasks[*task].waits_for, &holder);

		if (!held || !world_holder_waits(w, held, holder))
			return false;
		seen |= 1ull << *task;
		*task = holder;
	}
	return true;
}

/* The title: what a task waits for, and who does not let it go on. left: the op has ended. */
static void append_wait(const struct runner *r, struct finding *f, const struct world_task *waiter,
			const struct held_lock *held, bool left, const char *name)
{
	append_op(r, f->title, waiter->op);
	text_append(f->title, FINDING_TEXT, " waits for %s%s", held && held->reads ? GRACE_OF : "", name);
	if (!held)
		return;
	if (held->op == waiter->op) {
		text_append(f->title, FINDING_TEXT,
			    held->reads ? ", in which it reads itself" : ", which it holds itself");
		return;
	}
	text_append(f->title, FINDING_TEXT, held->reads ? ", of which a reader is" : ", held by");
	append_op(r, f->title, held->op);
	text_append(f->title, FINDING_TEXT, "%s", left ? ", which has ended" : "");
}

/* One task, what it waits for, and who holds that, as which task. */
static const struct held_lock *add_wait(struct runner *r, struct finding *f, unsigned task, unsigned *holder)
{
	const struct world_task *waiter = &r->world.tasks[task];
	const struct held_lock *held = world_holder(&r->world, waiter->waits_for, holder);
	const char *name = held ? r->world.target->lock_name(held->named) : TARGET_LOCK_OTHER;
	bool left = held && !world_holder_waits(&r->world, held, *holder);

	if (!strcmp(name, TARGET_LOCK_OTHER))
		name = waiter->waits;
	append_wait(r, f, waiter, held, left, name);
	add_lock_site(r, f, held && held->reads ? "waits for " GRACE_OF : "waits for ", name, waiter->waits_at);
	if (held)
		add_lock_site(r, f, left ? "left locked " : held->reads ? "reads " : "holds ", name, held->callers);
	return held;
}

/* Who of those that wait for each other waits for what; or who waits for what nobody will ever give. */
void finding_deadlock(struct runner *r)
{
	struct world *w = &r->world;
	unsigned task = 0, first, holder;
	const char *role = "wake-up";
	const struct held_lock *held;
	struct finding *f;
	bool circle;

	while (task < w->sched.top && !(w->tasks[task].waits && w->tasks[task].waits_at[0]))
		task++;
	if (task == w->sched.top)
		internal_error("actors wait for each other");
	circle = find_origin(w, &task);
	f = finding_begin(r);
	if (!f)
		return;
	f->class = CLASS_DEADLOCK;
	f->layer = LAYER_NONE;
	f->op_cause = f->op_effect = w->tasks[task].op;
	snprintf(f->title, sizeof(f->title), "deadlock:");
	first = task;
	do {
		held = add_wait(r, f, task, &holder);
		if (held && strcmp(role, "srcu") != 0)
			role = held->reads ? "srcu" : "lock";
		if (held && task == first)
			f->op_cause = held->op;
		task = holder;
		if (circle && task != first)
			text_append(f->title, FINDING_TEXT, ";");
	} while (circle && task != first);
	finding_commit(r, f, role);
}

/* ---- lock order ------------------------------------------------------------------ */

/* The same circle, whichever nesting of it came last: from the lock that is first by name. */
static uint32_t begin_of(const struct lock_nesting *circle, uint32_t count)
{
	uint32_t first = 0;

	for (uint32_t i = 1; i < count; i++)
		if (strcmp(circle[i].under, circle[first].under) < 0)
			first = i;
	return first;
}

static void sort_writers(struct finding_writer w[2])
{
	const struct finding_writer first = w[0];

	if (strcmp(w[0].function, w[1].function) <= 0)
		return;
	w[0] = w[1];
	w[1] = first;
}

/* Two locks, and no readers, which would not be waited for by what they wait for the other way round. */
static bool is_turned(const struct lock_nesting *circle, uint32_t count)
{
	return count == 2 && !circle[0].where->reads && !circle[1].where->reads;
}

static void describe_inversion(struct finding *f, const struct lock_nesting *circle, uint32_t count, uint32_t first,
			       bool apart)
{
	bool same = !strcmp(circle[0].under, circle[0].taken), turned = is_turned(circle, count);

	snprintf(f->title, sizeof(f->title), "lock order:");
	for (uint32_t i = 0; i < (turned ? 1 : count); i++) {
		const struct lock_nesting *n = &circle[(first + i) % count];
		const struct lock_nesting *before = &circle[(first + i + count - 1) % count];

		text_append(f->title, sizeof(f->title), "%s %s%s %sunder %s%s%s", i ? "," : "",
			    n->where->reads ? GRACE_OF : "", n->taken,
			    i		      ? ""
			    : n->where->reads ? "is awaited "
					      : "is taken ",
			    same ? "another " : "", before->where->reads ? READER_OF : "", n->under);
	}
	if (turned)
		text_append(f->title, sizeof(f->title), ", and the other way round");
	if (apart)
		text_append(f->title, sizeof(f->title), "%s",
			    turned ? " in another scenario, which does not fit behind this one"
				   : "; in scenarios that do not fit behind one another");
}

void finding_inversion(struct runner *r, const struct lock_nesting *circle, uint32_t count, bool apart)
{
	struct finding *f = finding_begin(r);
	uint32_t first = begin_of(circle, count);

	if (!f)
		return;
	f->class = CLASS_LOCK_DISCIPLINE;
	f->layer = LAYER_NONE;
	describe_inversion(f, circle, count, first, apart);
	for (uint32_t i = 0; i < count; i++) {
		const struct lock_nesting *n = &circle[(first + i) % count];

		add_lock_site(r, f, n->where->reads ? "waits for " GRACE_OF : "takes ", n->taken, n->where->callers);
	}
	if (count == 2 && f->writer_count == 2 && !strcmp(circle[0].under, circle[0].taken))
		sort_writers(f->writers);
	finding_commit(r, f, "order");
}

/* ---- data races ---------------------------------------------------------------- */

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
	finding_add_site(r, f, what, &site, provenance_name_user);
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
	word = finding_object_word(r, &object, address, &f->layer);
	member = module_member(r->module, word, (size_t)((const char *)address - (const char *)object.start));
	snprintf(whole, sizeof(whole), "%s%s%s", word, *member ? "." : "", member);
	text_fit_name(text, size, whole);
}

void finding_data_race(struct runner *r, const void *address, const struct data_race_access *here,
		       const struct data_race_access *there)
{
	struct finding *f = r->outcome->finding_count < RACES_MAX ? finding_begin(r) : NULL;
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
	sort_writers(w);
	name_variable(r, address, f, variable, sizeof(variable));
	f->op_cause = r->race_ops[there->op];
	f->op_effect = r->race_ops[here->op];
	snprintf(f->title, sizeof(f->title), "%s: nothing orders %s (%s:%u) and %s (%s:%u)", variable, w[0].function,
		 finding_base_name(w[0].file), w[0].line, w[1].function, finding_base_name(w[1].file), w[1].line);
	finding_commit(r, f, variable);
}
