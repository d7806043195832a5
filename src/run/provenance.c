/* SPDX-License-Identifier: GPL-2.0-only */
/* provenance.c: see provenance.h. */
#include "provenance.h"

#include <stdio.h>
#include <string.h>

/* R and C of a radix entry (ISA 3.1, Book III, 6.7.10.2). */
#define ENTRY_R 0x100ull
#define ENTRY_C 0x80ull
#define SITE_PROBES 64u

/*
 * Functions that only change an entry on behalf of their caller: which of them are inlined, and so whether they
 * are seen at all, differs between compilers and kernels, so a site is named by what is above them.
 */
static const char *const accessors[] = {
	"__radix_pte_update",	   "radix__set_pte_at", "kvmppc_radix_update_pte",
	"kvmppc_radix_set_pte_at", "kvmppc_unmap_pte",	"kvmppc_create_pte",
};

void provenance_reset(struct provenance *p)
{
	if (++p->world == 0) {
		memset(p->slots, 0, sizeof(p->slots));
		p->world = 1;
	}
}

static unsigned slot_of(const void *entry)
{
	return (unsigned)(((uintptr_t)entry >> 3) * 0x9e3779b1u >> 7) % PROVENANCE_SLOTS;
}

/* The one copy of a site. NULL: there is no room near where it belongs, so it stays unknown. */
static const struct provenance_site *intern(struct provenance *p, const void *const callers[TARGET_CALLERS])
{
	uint64_t hash = 0;

	for (unsigned i = 0; i < TARGET_CALLERS; i++)
		hash = (hash ^ (uintptr_t)callers[i]) * 0x9e3779b97f4a7c15ull;
	for (unsigned probe = 0; probe < SITE_PROBES; probe++) {
		struct provenance_site *site = &p->sites[((hash >> 40) + probe) % PROVENANCE_SITES];

		if (!site->callers[0])
			memcpy(site->callers, callers, sizeof(site->callers));
		if (memcmp(site->callers, callers, sizeof(site->callers)) == 0)
			return site;
	}
	return NULL;
}

void provenance_note(struct provenance *p, const void *entry, uint64_t old_pte, uint64_t new_pte,
		     const void *const callers[TARGET_CALLERS])
{
	struct provenance_entry *e = &p->slots[slot_of(entry)];
	uint64_t changed = old_pte ^ new_pte;
	const struct provenance_site *site = intern(p, callers);

	/* A collision forgets the older entry: a report then says less, nothing else depends on it. */
	if (e->entry != entry || e->world != p->world)
		*e = (struct provenance_entry){.entry = entry, .world = p->world};
	if (changed & ~(ENTRY_R | ENTRY_C))
		e->mapped = site;
	if (changed & ENTRY_C)
		*(new_pte & ENTRY_C ? &e->set_c : &e->cleared_c) = site;
	if (changed & ENTRY_R)
		*(new_pte & ENTRY_R ? &e->set_r : &e->cleared_r) = site;
}

const struct provenance_entry *provenance_find(const struct provenance *p, const void *entry)
{
	const struct provenance_entry *e = &p->slots[slot_of(entry)];

	return entry && e->entry == entry && e->world == p->world ? e : NULL;
}

static bool is_accessor(const struct module_place *place)
{
	if (!place->function || strncmp(place->file, "src/kernel/", 11) == 0 ||
	    strncmp(place->function, "rcfuzz_", 7) == 0)
		return true;
	for (size_t i = 0; i < sizeof(accessors) / sizeof(accessors[0]); i++)
		if (strcmp(place->function, accessors[i]) == 0)
			return true;
	return false;
}

bool provenance_name(struct module *m, const struct provenance_site *site, struct finding_writer *out)
{
	struct module_place places[8];

	for (unsigned i = 0; site && i < TARGET_CALLERS && site->callers[i]; i++) {
		size_t n = module_places(m, site->callers[i], places, 8);

		for (size_t k = 0; k < n; k++) {
			if (is_accessor(&places[k]))
				continue;
			snprintf(out->function, sizeof(out->function), "%s", places[k].function);
			snprintf(out->file, sizeof(out->file), "%s", places[k].file);
			out->line = places[k].line;
			return true;
		}
	}
	return false;
}
