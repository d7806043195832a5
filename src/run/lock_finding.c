/* SPDX-License-Identifier: GPL-2.0-only */
/* lock_finding.c: findings about what orders ops, or fails to: deadlocks, lock order, data races. */
#include "make_finding.h"

#include "base/internal.h"
#include "base/text.h"
#include "scenario/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_lock_site(struct runner *r, struct finding *f, const char *what, const char *lock,
			  const void *const callers[TARGET_CALLERS])
{
	struct provenance_site site;
	char words[sizeof(f->writers[0].what)];

	memcpy(site.callers, callers, sizeof(site.callers));
	snprintf(words, sizeof(words), "%s %s", what, lock);
	finding_add_writer(r, f, words, &site);
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
	f = finding_begin(r);
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
	finding_commit(r, f, "lock");
}

void finding_inversion(struct runner *r, const char *first, const char *second, const struct held_lock *here,
		       const struct held_lock *there, bool apart)
{
	struct finding *f = finding_begin(r);
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
	if (strcmp(w[0].function, w[1].function) > 0) {
		const struct finding_writer first = w[0];

		w[0] = w[1];
		w[1] = first;
	}
	name_variable(r, address, f, variable, sizeof(variable));
	f->op_cause = r->race_ops[there->op];
	f->op_effect = r->race_ops[here->op];
	snprintf(f->title, sizeof(f->title), "%s: nothing orders %s (%s:%u) and %s (%s:%u)", variable, w[0].function,
		 finding_base_name(w[0].file), w[0].line, w[1].function, finding_base_name(w[1].file), w[1].line);
	finding_commit(r, f, variable);
}
