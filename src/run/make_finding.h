/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * make_finding.h: how a finding is put together: its writers, its signature, which is
 * made of the class, the layer and those functions, and the coarse one of class,
 * layer and role.
 */
#ifndef RCFUZZ_MAKE_FINDING_H
#define RCFUZZ_MAKE_FINDING_H

#include "runner.h"

/* A finding that is not kept yet, about the op that runs. NULL: there is no room for more. */
struct finding *finding_begin(struct runner *r);
/* It is complete: keep it, unless this run has one with its signature already. */
void finding_commit(struct runner *r, struct finding *f, const char *role);

/* One of provenance.h, which says whom a site stands for. */
typedef bool finding_name_site(struct module *m, const struct provenance_site *site, struct finding_writer *out);
/* Who did what; nothing is added if the site is NULL, or has no name. */
void finding_add_site(struct runner *r, struct finding *f, const char *what, const struct provenance_site *site,
		      finding_name_site *name);
/* The same, by provenance_name. */
void finding_add_writer(struct runner *r, struct finding *f, const char *what, const struct provenance_site *site);
/* A word of the signature in the place of a function, or a function that is known by its name only. */
void finding_add_word(struct finding *f, const char *what, const char *word);
/* The title ends with the place of the first writer. */
void finding_title_place(struct finding *f);

/* Of a path, which may be NULL. */
const char *finding_base_name(const char *path);
/* memory_finding.c: "page-table", "kvm_nested_guest", ... and the layer that its contents belong to. */
const char *finding_object_word(struct runner *r, const struct machine_kmem_object *object, const void *address,
				enum finding_layer *layer);

#endif
