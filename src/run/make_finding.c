/* SPDX-License-Identifier: GPL-2.0-only */
/* make_finding.c: see make_finding.h. */
#include "make_finding.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const layer_name[LAYER_COUNT] = {
#define LAYER_WORD(id, word) [id] = word,
	FINDING_LAYERS(LAYER_WORD)
#undef LAYER_WORD
};

const char *finding_base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path ? path : "";
}

struct finding *finding_begin(struct runner *r)
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

static bool does(const struct finding *f, uint32_t writer, const char *what)
{
	return strncmp(f->writers[writer].what, what, strlen(what)) == 0;
}

/*
 * Who waits has done nothing wrong where an op has ended and left the lock behind: others will wait as well. In a
 * circle of several each is named once: by where it holds what another waits for or, if one of them is a reader, which
 * most of the kernel is, by where it waits.
 */
static bool is_named_otherwise(const struct finding *f, uint32_t writer)
{
	bool waits = does(f, writer, "waits for "), reader = false;

	if (f->writer_count <= 2)
		return waits && does(f, f->writer_count - 1, "left ");
	for (uint32_t i = 0; i < f->writer_count; i++)
		reader |= does(f, i, "reads ");
	return waits != reader;
}

/*
 * Who only waits, and who took memory which others misuse, has done nothing wrong; neither has the one function of many
 * that freed a table under the hardware which walks it meanwhile. Who wrote a word last is told.
 */
static bool is_bystander(const struct finding *f, uint32_t writer)
{
	const char *what = f->writers[writer].what;

	return (f->class == CLASS_DEADLOCK && is_named_otherwise(f, writer)) ||
	       (f->class == CLASS_MEMORY && strcmp(what, "overruns it") == 0) || does(f, writer, "last ") ||
	       (f->class == CLASS_MEMORY && strcmp(what, "took it") == 0 && strstr(f->coarse, ":freed-")) ||
	       (f->class == CLASS_MEMORY && strcmp(what, "took it") == 0 && strstr(f->coarse, ":walk")) ||
	       (f->class == CLASS_MEMORY && strstr(f->coarse, ":walk-meanwhile"));
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
void finding_commit(struct runner *r, struct finding *f, const char *role)
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

void finding_add_site(struct runner *r, struct finding *f, const char *what, const struct provenance_site *site,
		      finding_name_site *name)
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

void finding_add_writer(struct runner *r, struct finding *f, const char *what, const struct provenance_site *site)
{
	finding_add_site(r, f, what, site, provenance_name);
}

void finding_add_word(struct finding *f, const char *what, const char *function)
{
	struct finding_writer *writer = &f->writers[f->writer_count];

	if (f->writer_count == FINDING_FRAMES)
		return;
	f->writer_count++;
	*writer = (struct finding_writer){0};
	snprintf(writer->what, sizeof(writer->what), "%s", what);
	snprintf(writer->function, sizeof(writer->function), "%s", function);
}

void finding_title_place(struct finding *f)
{
	const struct finding_writer *w = &f->writers[0];

	if (f->writer_count)
		text_append(f->title, sizeof(f->title), " in %s (%s:%u)", w->function, w->file, w->line);
}
