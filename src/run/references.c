/* SPDX-License-Identifier: GPL-2.0-only */
/* references.c: see references.h. */
#include "references.h"

#include <string.h>

void references_reset(struct references *refs)
{
	refs->mmu_lock = NULL;
	refs->count = 0;
}

static struct guest_references *find(struct references *refs, const void *guest)
{
	/* The latest one: memory that was freed may have been another guest before. */
	for (uint32_t i = refs->count; i-- > 0;)
		if (refs->guests[i].guest == guest)
			return &refs->guests[i];
	return NULL;
}

const struct guest_references *references_find(const struct references *refs, const void *guest)
{
	return find((struct references *)refs, guest);
}

static void count(struct guest_references *g, long references, const struct provenance_site *site)
{
	uint32_t i = 0;

	if (references == g->references)
		return;
	while (i < g->site_count && memcmp(&g->sites[i].site, site, sizeof(*site)) != 0)
		i++;
	if (i == g->site_count && i < REFERENCES_SITES)
		g->sites[g->site_count++] = (struct reference_site){*site, 0};
	if (i < REFERENCES_SITES)
		g->sites[i].taken += references - g->references;
	g->references = references;
}

/* It was in the index, and is no longer: the index should have given back its reference with it. */
static void leave(struct guest_references *g, long references, const struct provenance_site *site)
{
	g->indexed = false;
	if (references < g->references) {
		g->references--;
	} else {
		g->index_lost = true;
		g->left = *site;
	}
	count(g, references, site);
}

static struct guest_references *add(struct references *refs, const void *guest)
{
	struct guest_references *g;

	if (refs->count == REFERENCES_GUESTS)
		return NULL;
	g = &refs->guests[refs->count++];
	*g = (struct guest_references){.guest = guest, .references = 1, .indexed = true};
	return g;
}

static bool is_among(const void *guest, const struct target_guest *guests, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (guests[i].guest == guest)
			return true;
	return false;
}

static bool is_mmu_lock(struct references *refs, const struct target *target, const void *lock)
{
	if (!refs->mmu_lock && strcmp(target->lock_name(lock), "mmu_lock") == 0)
		refs->mmu_lock = lock;
	return lock == refs->mmu_lock;
}

void references_look(struct references *refs, const struct target *target, const void *lock,
		     const void *const callers[TARGET_CALLERS])
{
	struct target_guest now[REFERENCES_GUESTS];
	struct provenance_site site;
	uint32_t n;

	if (!is_mmu_lock(refs, target, lock))
		return;
	n = target->nested_guests(now, REFERENCES_GUESTS);
	memcpy(site.callers, callers, sizeof(site.callers));
	for (uint32_t i = 0; i < refs->count; i++) {
		struct guest_references *g = &refs->guests[i];
		bool indexed = is_among(g->guest, now, n);

		if (g->indexed && !indexed)
			leave(g, target->nested_references(g->guest), &site);
		else if (!g->indexed && !indexed && g->references)
			count(g, target->nested_references(g->guest), &site);
	}
	for (uint32_t i = 0; i < n; i++) {
		struct guest_references *g = find(refs, now[i].guest);

		if (!g || !g->indexed)
			g = add(refs, now[i].guest);
		if (g)
			count(g, now[i].references, &site);
	}
}
