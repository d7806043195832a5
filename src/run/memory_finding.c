/* SPDX-License-Identifier: GPL-2.0-only */
/* memory_finding.c: findings about the kernel's own memory: what was freed, overrun, or never given back. */
#include "make_finding.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* Who took the memory, and who gave it back. */
static void add_owners(struct runner *r, struct finding *f, const struct machine_kmem_object *object,
		       finding_name_site *freer)
{
	finding_add_site(r, f, "took it", object->alloc_site, provenance_name_user);
	finding_add_site(r, f, "freed it", object->free_site, freer);
}

/* "page-table", "kvm_nested_guest", ... and the layer that its contents belong to. */
const char *finding_object_word(struct runner *r, const struct machine_kmem_object *object, const void *address,
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

static bool is_on_stack(const struct runner *r, const void *address)
{
	const struct stack stack = world_stack(&r->world);
	uintptr_t at = (uintptr_t)address;

	if (stack.base)
		return at - (uintptr_t)stack.base < stack.size;
	return at >= (uintptr_t)__builtin_frame_address(0) && at < (uintptr_t)r->frame;
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

/* Where the kernel allocates nothing. */
static void bad_access_elsewhere(struct runner *r, struct finding *f, const char *did, const void *address, size_t size)
{
	bool stack = is_on_stack(r, address);

	snprintf(f->title, sizeof(f->title), "memory: a %s of %zu byte%s %s", did, size, plural(size),
		 stack ? "beyond a variable on the stack" : "where nothing was ever allocated");
	finding_title_place(f);
	finding_commit(r, f, stack ? "stack" : "wild");
}

void finding_bad_access(struct runner *r, const char *did, const void *address, size_t size,
			const void *const callers[TARGET_CALLERS])
{
	struct machine_kmem_object object = {0};
	struct finding *f = finding_begin(r);
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
		finding_add_site(r, f, "uses it", &site, provenance_name_user);
		bad_access_elsewhere(r, f, did, address, size);
		return;
	}
	word = finding_object_word(r, &object, address, &layer);
	if (object.freed)
		snprintf(role, sizeof(role), "freed-%s", word);
	/* What was taken too small is one mistake, wherever it is overrun. */
	finding_add_site(r, f, object.freed ? "uses it" : "overruns it", &site, provenance_name_user);
	add_owners(r, f, &object, provenance_name_user);
	snprintf(f->title, sizeof(f->title), "memory: a %s of %zu byte%s at offset %td of %s %s of %zu bytes%s", did,
		 size, plural(size), (const char *)address - (const char *)object.start,
		 strchr("aeiou", word[0]) ? "an" : "a", word, object.size, object.freed ? " that was freed" : "");
	finding_commit(r, f, role);
}

void finding_bad_walk(struct runner *r, const struct machine_access *access)
{
	struct machine_kmem_object object;
	struct finding *f = finding_begin(r);

	if (!f)
		return;
	f->class = CLASS_MEMORY;
	f->layer = LAYER_NONE;
	snprintf(f->title, sizeof(f->title), "the hardware's walk reads %s",
		 access->bad_state == KMEM_FREED ? "a page table that was freed" : "memory that is no page table");
	if (access->bad_state == KMEM_FREED && machine_kmem_object(r->world.machine, access->bad_address, &object))
		add_owners(r, f, &object, provenance_name_freer);
	/* It was freed too early, by an op that is not over; or what the hardware knows of it was never invalidated. */
	finding_commit(r, f, was_freed_meanwhile(r, access->bad_address) ? "walk-meanwhile" : "walk");
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

static void add_overflow(struct runner *r, const void *overflown)
{
	struct finding *f = finding_begin(r);
	const void *taken;
	size_t bytes;

	if (!f)
		return;
	f->class = CLASS_MEMORY;
	f->layer = LAYER_NONE;
	snprintf(f->title, sizeof(f->title), "memory: something was written behind what was allocated");
	machine_kmem_state(r->world.machine, (uintptr_t)overflown, 1, &taken, NULL);
	finding_add_writer(r, f, "took it", taken);
	finding_title_place(f);
	/* A loop that goes one too far, or something of another size. */
	bytes = machine_kmem_overrun(r->world.machine, overflown);
	if (bytes && bytes <= sizeof(uint64_t))
		finding_add_word(f, "it was overrun", "by-one");
	finding_commit(r, f, "overflow");
}

void finding_corruption(struct runner *r)
{
	const void *overflown = machine_kmem_overflow(r->world.machine);

	/* What was found before does not follow from it. */
	if (overflown && r->outcome->finding_count > r->sound_findings)
		r->outcome->finding_count = r->sound_findings;
	keep_memory_only(r->outcome);
	if (overflown)
		add_overflow(r, overflown);
}

struct first_leak {
	size_t count, size;
	unsigned kind;
	const void *object, *site;
};

static void take_leak(void *ctx, const void *p, size_t size, unsigned kind, const void *site)
{
	struct first_leak *first = ctx;

	if (!first->count++) {
		first->object = p;
		first->size = size;
		first->kind = kind;
		first->site = site;
	}
}

/* The function that has taken more references than it has given back: the first of those that took the most. */
static void add_holder(struct runner *r, struct finding *f, const struct guest_references *g)
{
	struct finding_writer writers[REFERENCES_SITES] = {0};
	long taken[REFERENCES_SITES] = {0};
	uint32_t most = 0;

	for (uint32_t i = 0; i < g->site_count; i++) {
		uint32_t k = 0;

		if (!provenance_name_holder(r->module, &g->sites[i].site, &writers[i]))
			continue;
		while (strcmp(writers[k].function, writers[i].function) != 0)
			k++;
		taken[k] += g->sites[i].taken;
	}
	for (uint32_t i = 0; i < g->site_count; i++)
		if (taken[i] > taken[most])
			most = i;
	if (g->site_count && taken[most] > 0)
		finding_add_site(r, f, "keeps a reference", &g->sites[most].site, provenance_name_holder);
}

/* A nested guest is freed with its last reference: which one is still counted? */
static void add_lost_reference(struct runner *r, struct finding *f, const void *guest)
{
	const struct guest_references *g = references_find(&r->references, guest);

	if (!g) {
		finding_add_word(f, "the kernel's index", "never-had-it");
	} else if (g->index_lost) {
		finding_add_word(f, "the kernel's index", "lost-it");
		finding_add_site(r, f, "took it out of the index", &g->left, provenance_name_inner);
	} else {
		add_holder(r, f, g);
	}
}

/* What was taken first is what the others hang on: one leak a run is told. */
void finding_leaks(struct runner *r)
{
	static const char *const kinds[] = {"memory", "a page table", "an object", "pages", "vmalloc memory"};
	struct first_leak first = {0};
	struct finding *f;

	machine_kmem_each_live(r->world.machine, take_leak, &first);
	f = first.count ? finding_begin(r) : NULL;
	if (!f)
		return;
	f->class = CLASS_MEMORY;
	f->layer = LAYER_NONE;
	snprintf(f->title, sizeof(f->title), "memory: %s of %zu bytes is never freed, nor %zu more; taken",
		 kinds[first.kind < sizeof(kinds) / sizeof(kinds[0]) ? first.kind : 0], first.size, first.count - 1);
	finding_add_writer(r, f, "took it", first.site);
	finding_title_place(f);
	if (!strcmp(r->world.target->object_name(first.object, first.size), "kvm_nested_guest"))
		add_lost_reference(r, f, first.object);
	finding_commit(r, f, "leak");
}
