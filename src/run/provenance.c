/* SPDX-License-Identifier: GPL-2.0-only */
/* provenance.c: see provenance.h. */
#include "provenance.h"

#include <stdio.h>
#include <string.h>

/* R and C of a radix entry (ISA 3.1, Book III, 6.7.10.2). */
#define ENTRY_R 0x100ull
#define ENTRY_C 0x80ull
#define ENTRY_VALID (1ull << 63)
#define ENTRY_LEAF (1ull << 62)
#define ENTRY_ADDRESS 0x01fffffffffff000ull
#define SITE_PROBES 64u
#define SLOT_PROBES 32u
/* In how many frames the function is looked for that a site is named by; its callers may be further out. */
#define NAMED_FRAMES 4u
#define INLINED_MAX 8u

/*
 * Functions that only change an entry on behalf of their caller: which of them are inlined, and so whether they
 * are seen at all, differs between compilers and kernels, so a site is named by what is above them.
 */
static const char *const accessors[] = {
	"__radix_pte_update",	   "radix__set_pte_at", "kvmppc_radix_update_pte",
	"kvmppc_radix_set_pte_at", "kvmppc_pte_free",	"kvmppc_pmd_free",
};
static const char *const mappers[] = {
	"kvmppc_unmap_pte",
	"kvmppc_create_pte",
	"kvmppc_unmap_free_pte",
	"kvmppc_unmap_free_pmd",
	"kvmppc_unmap_free_pud",
	"kvmppc_unmap_free_pud_entry_table",
	"kvmppc_unmap_free_pmd_entry_table",
	"kvmppc_free_pgtable_radix",
};

void provenance_reset(struct provenance *p)
{
	if (++p->world == 0) {
		memset(p->slots, 0, sizeof(p->slots));
		memset(p->words, 0, sizeof(p->words));
		p->world = 1;
	}
}

/*
 * Where an entry is, or else belongs: the first slot from its own on that nobody has in this world. Nothing is taken
 * out in a world, so what is beyond that slot is another's. With no room near, the one in its own slot is forgotten: a
 * report then says less, nothing else depends on it.
 */
static unsigned slot_of(const struct provenance *p, const void *entry)
{
	unsigned first = (unsigned)(((uintptr_t)entry >> 3) * 0x9e3779b97f4a7c15ull >> 40);

	for (unsigned probe = 0; probe < SLOT_PROBES; probe++) {
		unsigned slot = (first + probe) % PROVENANCE_SLOTS;

		if (p->slots[slot].world != p->world || p->slots[slot].entry == entry)
			return slot;
	}
	return first % PROVENANCE_SLOTS;
}

const struct provenance_site *provenance_intern(struct provenance *p, const void *const callers[TARGET_CALLERS])
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

static bool is_leaf(uint64_t pte)
{
	return (pte & ENTRY_VALID) && (pte & ENTRY_LEAF);
}

/* A leaf that is in use leads elsewhere now. */
static bool is_redirected(uint64_t old_pte, uint64_t new_pte)
{
	return is_leaf(old_pte) && is_leaf(new_pte) && ((old_pte ^ new_pte) & ENTRY_ADDRESS);
}

void provenance_note(struct provenance *p, const void *entry, uint64_t old_pte, uint64_t new_pte,
		     struct provenance_moment when, const void *const callers[TARGET_CALLERS])
{
	struct provenance_entry *e = &p->slots[slot_of(p, entry)];
	uint64_t changed = old_pte ^ new_pte;
	const struct provenance_site *site = provenance_intern(p, callers);

	if (e->entry != entry || e->world != p->world)
		*e = (struct provenance_entry){.entry = entry, .world = p->world};
	if (changed & ~(ENTRY_R | ENTRY_C)) {
		e->mapped = site;
		e->mapped_at = when.at;
	}
	if (!is_leaf(old_pte) && is_leaf(new_pte))
		e->made_at = when.at;
	if (is_redirected(old_pte, new_pte))
		e->redirected = site;
	else if (changed & ENTRY_VALID)
		e->redirected = NULL;
	if ((old_pte & ENTRY_VALID && old_pte & ~new_pte & ~(ENTRY_R | ENTRY_C)) || is_redirected(old_pte, new_pte)) {
		e->narrowed = site;
		e->narrowed_at = when.at;
		e->narrowed_op = when.op;
	}
	if (changed & ENTRY_C) {
		*(new_pte & ENTRY_C ? &e->set_c : &e->cleared_c) = site;
		*(new_pte & ENTRY_C ? &e->set_c_at : &e->cleared_c_at) = when.at;
		*(new_pte & ENTRY_C ? &e->set_c_op : &e->cleared_c_op) = when.op;
	}
	if (changed & ENTRY_R) {
		*(new_pte & ENTRY_R ? &e->set_r : &e->cleared_r) = site;
		*(new_pte & ENTRY_R ? &e->set_r_at : &e->cleared_r_at) = when.at;
		*(new_pte & ENTRY_R ? &e->set_r_op : &e->cleared_r_op) = when.op;
	}
}

struct provenance_change provenance_staled(const struct provenance_entry *e, enum provenance_loss loss)
{
	const struct provenance_change narrowed = {e->narrowed, e->narrowed_at, e->narrowed_op};
	struct provenance_change cleared = {0};
	uint64_t set_at = 0;

	if (loss == LOSS_C) {
		cleared = (struct provenance_change){e->cleared_c, e->cleared_c_at, e->cleared_c_op};
		set_at = e->set_c_at;
	} else if (loss == LOSS_R) {
		cleared = (struct provenance_change){e->cleared_r, e->cleared_r_at, e->cleared_r_op};
		set_at = e->set_r_at;
	}
	if (cleared.at <= set_at)
		return narrowed;
	return narrowed.at > set_at && narrowed.at < cleared.at ? narrowed : cleared;
}

const struct provenance_entry *provenance_find(const struct provenance *p, const void *entry)
{
	const struct provenance_entry *e = &p->slots[slot_of(p, entry)];

	return entry && e->entry == entry && e->world == p->world ? e : NULL;
}

/* ---- words -------------------------------------------------------------------------- */

static void look_at(struct provenance_word *w)
{
	uint64_t now = __atomic_load_n(w->word, __ATOMIC_RELAXED);

	if (now != w->value)
		w->written = w->pending;
	if (w->value & ~now)
		w->cleared = w->pending;
	w->value = now;
}

/* As slot_of(). Neighbours have slots of their own. */
static struct provenance_word *slot_of_word(struct provenance *p, const uint64_t *word)
{
	uintptr_t first = (uintptr_t)word >> 3;

	for (unsigned probe = 0; probe < SLOT_PROBES; probe++) {
		struct provenance_word *w = &p->words[(first + probe) % PROVENANCE_WORDS];

		if (w->world != p->world || w->word == word)
			return w;
	}
	return &p->words[first % PROVENANCE_WORDS];
}

/* False: there is nothing known of this one, its value included. */
static bool take_slot(struct provenance *p, const uint64_t *word, struct provenance_word **w)
{
	*w = slot_of_word(p, word);
	if ((*w)->word == word && (*w)->world == p->world)
		return true;
	**w = (struct provenance_word){.word = word, .world = p->world};
	return false;
}

void provenance_before_word(struct provenance *p, const uint64_t *word, const void *const callers[TARGET_CALLERS])
{
	struct provenance_word *w;

	if (take_slot(p, word, &w))
		look_at(w);
	else
		w->value = __atomic_load_n(word, __ATOMIC_RELAXED);
	w->pending = provenance_intern(p, callers);
}

uint64_t provenance_after_word(struct provenance *p, const uint64_t *word, const void *const callers[TARGET_CALLERS])
{
	struct provenance_word *w;
	uint64_t before;

	take_slot(p, word, &w);
	w->pending = provenance_intern(p, callers);
	before = w->value;
	look_at(w);
	return before & ~w->value;
}

const struct provenance_word *provenance_find_word(struct provenance *p, const uint64_t *word)
{
	struct provenance_word *w = slot_of_word(p, word);

	if (!word || w->word != word || w->world != p->world)
		return NULL;
	look_at(w);
	return w;
}

/* ---- names -------------------------------------------------------------------------- */

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* Of the shim: it stands for something of the kernel's, but is nothing to name. */
static bool is_ours(const struct module_place *place)
{
	return !place->function || strncmp(place->file, "src/kernel/", 11) == 0 ||
	       strncmp(place->function, "rcfuzz_", 7) == 0;
}

/* Locks, lists, allocators: what is inlined of them differs, and they are never what went wrong. */
static bool is_header(const struct module_place *place)
{
	return strncmp(place->file, "include/", 8) == 0 || strncmp(place->file, "arch/powerpc/include/", 21) == 0;
}

static bool is_accessor(const struct module_place *place)
{
	return is_header(place) || is_one_of(place->function, accessors, sizeof(accessors) / sizeof(accessors[0]));
}

static void name_place(const struct module_place *place, struct finding_writer *out)
{
	snprintf(out->function, sizeof(out->function), "%s", place->function);
	snprintf(out->file, sizeof(out->file), "%s", place->file);
	out->line = place->line;
	out->caller_count = 0;
}

typedef bool is_passed(const struct module_place *place);

static bool is_mapper(const struct module_place *place)
{
	return is_accessor(place) || is_one_of(place->function, mappers, sizeof(mappers) / sizeof(mappers[0]));
}

static bool is_getter(const struct module_place *place)
{
	return is_accessor(place) || strcmp(place->function, "kvmhv_get_nested") == 0 ||
	       strcmp(place->function, "kvmhv_put_nested") == 0;
}

/* kvm_vcpu_read_guest() and its like copy what and where their callers say. */
static bool is_copier(const struct module_place *place)
{
	return strcmp(place->file, "virt/kvm/kvm_main.c") == 0 &&
	       (strstr(place->function, "_read_guest") || strstr(place->function, "_write_guest"));
}

static bool is_library(const struct module_place *place)
{
	return is_accessor(place) || is_copier(place) || strncmp(place->file, "lib/", 4) == 0;
}

struct kernel_places {
	size_t count, named_end; /* named_end: how many of them lie in frames that a site may be named by */
	struct module_place places[TARGET_CALLERS * INLINED_MAX];
};

/* The kernel's functions of a site, innermost first; it may be named by those in so many frames. */
static void get_places(struct module *m, const struct provenance_site *site, unsigned named_frames,
		       struct kernel_places *all)
{
	all->count = all->named_end = 0;
	for (unsigned i = 0; site && i < TARGET_CALLERS && site->callers[i]; i++) {
		struct module_place places[INLINED_MAX];
		size_t n = module_places(m, site->callers[i], places, INLINED_MAX);

		for (size_t k = 0; k < n; k++)
			if (!is_ours(&places[k]))
				all->places[all->count++] = places[k];
		if (i < named_frames)
			all->named_end = all->count;
	}
}

/* What is inlined of a header says nothing of who wanted it. */
static void add_callers(const struct kernel_places *all, size_t first, struct finding_writer *out)
{
	for (size_t i = first; i < all->count && out->caller_count < FINDING_CALLERS; i++) {
		struct finding_caller *caller = &out->callers[out->caller_count];

		if (is_header(&all->places[i]))
			continue;
		snprintf(caller->function, sizeof(caller->function), "%s", all->places[i].function);
		snprintf(caller->file, sizeof(caller->file), "%s", all->places[i].file);
		caller->line = all->places[i].line;
		out->caller_count++;
	}
}

static bool name_within(struct module *m, const struct provenance_site *site, is_passed *passed, unsigned frames,
			struct finding_writer *out)
{
	struct kernel_places all;
	size_t named = 0;

	get_places(m, site, frames, &all);
	if (!all.named_end)
		return false;
	while (named < all.named_end && passed(&all.places[named]))
		named++;
	/* One that is passed over is better than nothing. */
	if (named == all.named_end)
		named = 0;
	name_place(&all.places[named], out);
	add_callers(&all, named + 1, out);
	return true;
}

static bool name(struct module *m, const struct provenance_site *site, is_passed *passed, struct finding_writer *out)
{
	return name_within(m, site, passed, NAMED_FRAMES, out);
}

bool provenance_name(struct module *m, const struct provenance_site *site, struct finding_writer *out)
{
	return name(m, site, is_mapper, out);
}

bool provenance_name_place(struct module *m, const struct provenance_site *site, struct finding_writer *out)
{
	return name(m, site, is_header, out);
}

bool provenance_name_holder(struct module *m, const struct provenance_site *site, struct finding_writer *out)
{
	return name(m, site, is_getter, out);
}

bool provenance_name_freer(struct module *m, const struct provenance_site *site, struct finding_writer *out)
{
	return name_within(m, site, is_mapper, TARGET_CALLERS, out);
}

bool provenance_name_user(struct module *m, const struct provenance_site *site, struct finding_writer *out)
{
	return name(m, site, is_library, out);
}

bool provenance_name_inner(struct module *m, const struct provenance_site *site, struct finding_writer *out)
{
	return name(m, site, is_accessor, out);
}

void provenance_add_callers(struct module *m, const struct provenance_site *site, struct finding_writer *out)
{
	struct kernel_places all;

	get_places(m, site, NAMED_FRAMES, &all);
	add_callers(&all, 0, out);
}
