/* SPDX-License-Identifier: GPL-2.0-only */
/* host.c: the VMM's ioctls, and the host's memory management with its MMU notifier. */
#include "world.h"

#include <errno.h>
#include <string.h>

/* ---- the notifier --------------------------------------------------------- */

/* Tell what each L1 page in [start, end) of the VMM's addresses now maps. */
static void emit_map(struct world *w, uint64_t start, uint64_t end, uint32_t frame, bool valid, bool writable)
{
	const struct layout *l = &w->layout;

	for (unsigned s = 0; s < SCENARIO_SLOTS_MAX; s++) {
		const struct layout_slot *slot = &l->slots[s];

		for (uint64_t hva = start; hva < end && slot->pages; hva += l->page_size) {
			struct event e = {.kind = EV_HOST_MAP, .valid = valid, .frame = frame};

			if (hva < slot->hva || (hva - slot->hva) >> l->page_shift >= slot->pages)
				continue;
			e.lpage = slot->first + (uint32_t)((hva - slot->hva) >> l->page_shift);
			e.perm = writable ? EVP_READ | EVP_WRITE | EVP_EXEC : EVP_READ | EVP_EXEC;
			world_emit(w, &e);
		}
	}
}

/* Tell that the notifier's begin for [start, end) runs from now on, or has returned. */
static void emit_unmap(struct world *w, uint64_t start, uint64_t end, bool runs)
{
	const struct layout *l = &w->layout;

	for (unsigned s = 0; s < SCENARIO_SLOTS_MAX; s++) {
		const struct layout_slot *slot = &l->slots[s];
		uint64_t slot_end = slot->hva + ((uint64_t)slot->pages << l->page_shift);
		uint64_t from = start > slot->hva ? start : slot->hva, to = end < slot_end ? end : slot_end;
		struct event e = {.kind = EV_HOST_UNMAP, .valid = runs};

		if (from >= to)
			continue;
		e.lpage = slot->first + (uint32_t)((from - slot->hva) >> l->page_shift);
		e.count = (uint32_t)((to - from) >> l->page_shift);
		world_emit(w, &e);
	}
}

static void notifier_begin(void *ctx, uint64_t start, uint64_t end)
{
	struct world *w = ctx;

	emit_unmap(w, start, end, true);
	w->target->invalidate_start(start, end);
	emit_map(w, start, end, MACHINE_FRAME_NONE, false, false);
	emit_unmap(w, start, end, false);
	world_point(w, POINT_HOST, "unmapped");
}

static void notifier_end(void *ctx, uint64_t start, uint64_t end)
{
	struct world *w = ctx;

	w->entry_changes++;
	world_point(w, POINT_HOST, "mapped");
	w->target->invalidate_end(start, end);
}

static void notifier_mapped(void *ctx, uint64_t hva, uint32_t frame, bool writable)
{
	struct world *w = ctx;

	w->entry_changes++;
	emit_map(w, hva, hva + w->layout.page_size, frame, frame != MACHINE_FRAME_NONE, writable);
}

/* A page that the kernel has pinned stays where it is: migrate_pages, the swap code and fork leave it alone. */
static bool pinned(void *ctx, uint64_t hva)
{
	const struct world *w = ctx;
	uint32_t frame = machine_hostmm_frame(w->machine, hva);

	return frame != MACHINE_FRAME_NONE && w->target->page_pinned(machine_frame_hpa(w->machine, frame));
}

void host_notifier(struct world *w)
{
	const struct hostmm_notifier notifier = {
		.ctx = w, .begin = notifier_begin, .end = notifier_end, .mapped = notifier_mapped, .pinned = pinned};

	machine_hostmm_notifier(w->machine, &notifier);
}

/* ---- memslots and the dirty log ------------------------------------------- */

static struct event slot_event(enum event_kind kind, unsigned slot, int status)
{
	return (struct event){.kind = (uint8_t)kind, .slot = (uint8_t)slot, .status = status};
}

int host_set_slot(struct world *w, unsigned slot, bool exists, bool logging)
{
	const struct layout_slot *s = &w->layout.slots[slot];
	unsigned flags = (logging ? TARGET_SLOT_LOG : 0u) | (s->readonly ? TARGET_SLOT_READONLY : 0u);
	uint64_t size = exists ? (uint64_t)s->pages << w->layout.page_shift : 0;
	struct event change = {.kind = EV_SLOT_CHANGE, .slot = (uint8_t)slot, .valid = true};
	int status;

	world_emit(w, &change);
	status = w->target->set_memory_region(slot, exists ? flags : 0, s->gpa, size, s->hva);
	change.valid = false;
	world_emit(w, &change);

	w->entry_changes++;
	if (status == 0) {
		w->slots[slot].exists = exists;
		w->slots[slot].logging = exists && logging;
	}
	return status;
}

/* The destination has one page for each page of the VMM's memory: slots on the same memory share the copy. */
static void copy_page(struct world *w, uint64_t hva)
{
	uint32_t version = machine_hostmm_version(w->machine, hva);

	for (const struct layout_slot *s = w->layout.slots; s < w->layout.slots + SCENARIO_SLOTS_MAX; s++)
		if (hva >= s->hva && (hva - s->hva) >> w->layout.page_shift < s->pages)
			w->copied[s->first + ((hva - s->hva) >> w->layout.page_shift)] = version;
}

static void copy_slot(struct world *w, unsigned slot, const uint8_t *named)
{
	const struct layout_slot *s = &w->layout.slots[slot];

	for (uint32_t i = 0; i < s->pages; i++)
		if (!named || named[i / 8] >> i % 8 & 1)
			copy_page(w, s->hva + ((uint64_t)i << w->layout.page_shift));
}

int host_log_start(struct world *w, unsigned slot)
{
	struct event e;

	if (!w->slots[slot].exists)
		return -ENOENT;
	e = slot_event(EV_LOG_START, slot, host_set_slot(w, slot, true, true));
	if (e.status == 0)
		copy_slot(w, slot, NULL);
	world_emit(w, &e);
	return e.status;
}

int host_log_stop(struct world *w, unsigned slot)
{
	struct event e;

	if (!w->slots[slot].exists)
		return -ENOENT;
	e = slot_event(EV_LOG_STOP, slot, host_set_slot(w, slot, true, false));
	world_emit(w, &e);
	return e.status;
}

int host_harvest(struct world *w, unsigned slot)
{
	const struct layout_slot *s = &w->layout.slots[slot];
	struct event e = slot_event(EV_HARVEST_BEGIN, slot, 0);
	/* The kernel copies whole longs (kvm_dirty_bitmap_bytes). */
	size_t bytes = (s->pages + 63) / 64 * 8;

	world_emit(w, &e);
	memset(w->bitmap, 0, bytes);
	e.kind = EV_HARVEST_END;
	e.status = w->target->get_dirty_log(slot, w->bitmap, bytes);
	e.bitmap = w->bitmap;
	if (e.status == 0)
		copy_slot(w, slot, w->bitmap);
	world_emit(w, &e);
	return e.status;
}

int op_HOST_LOG_START(struct world *w, const struct scenario_op *op)
{
	return host_log_start(w, op->slot);
}

int op_HOST_NOMEM(struct world *w, const struct scenario_op *op)
{
	w->nomem_in = op->count;
	return 0;
}

int op_HOST_LOG_STOP(struct world *w, const struct scenario_op *op)
{
	return host_log_stop(w, op->slot);
}

int op_HOST_HARVEST(struct world *w, const struct scenario_op *op)
{
	return host_harvest(w, op->slot);
}

int op_HOST_SLOT_DELETE(struct world *w, const struct scenario_op *op)
{
	struct event e = slot_event(EV_SLOT, op->slot, 0);

	if (!w->slots[op->slot].exists)
		return -ENOENT;
	e.status = host_set_slot(w, op->slot, false, false);
	if (e.status == 0)
		world_emit(w, &e);
	return e.status;
}

int op_HOST_SLOT_CREATE(struct world *w, const struct scenario_op *op)
{
	struct event e = slot_event(EV_SLOT, op->slot, 0);

	if (w->slots[op->slot].exists)
		return -EEXIST;
	/* From now on it may be there; guests need not wait for the ioctl to return. */
	e.valid = true;
	world_emit(w, &e);
	e.status = host_set_slot(w, op->slot, true, false);
	e.valid = e.status == 0;
	if (!e.valid)
		world_emit(w, &e);
	return e.status;
}

/* ---- aging ---------------------------------------------------------------- */

/* Pages of op->g's slot from g on, at most op->count. */
static uint32_t range_pages(const struct world *w, const struct scenario_op *op)
{
	const struct layout_slot *s = &w->layout.slots[layout_slot_of(&w->layout, op->g)];
	uint32_t left = s->first + s->pages - op->g;

	return op->count < left ? op->count : left;
}

int op_HOST_AGE(struct world *w, const struct scenario_op *op)
{
	uint64_t start = layout_hva(&w->layout, op->g);
	struct event e = {.kind = EV_AGE, .lpage = op->g, .count = range_pages(w, op), .flush = op->flush == FLUSH_YES};
	uint64_t end = start + ((uint64_t)e.count << w->layout.page_shift);

	e.status =
		op->flush == FLUSH_YES ? w->target->clear_flush_young(start, end) : w->target->clear_young(start, end);
	world_emit(w, &e);
	return 0;
}

int op_HOST_TEST_AGE(struct world *w, const struct scenario_op *op)
{
	struct event e = {.kind = EV_TEST_AGE, .lpage = op->g, .count = 1};

	e.status = w->target->test_young(layout_hva(&w->layout, op->g));
	world_emit(w, &e);
	return 0;
}

/* ---- memory management ---------------------------------------------------- */

static bool any_pinned(struct world *w, uint64_t hva, uint64_t bytes)
{
	for (uint64_t at = 0; at < bytes; at += w->layout.page_size)
		if (pinned(w, hva + at))
			return true;
	return false;
}

int op_HOST_UNMAP(struct world *w, const struct scenario_op *op)
{
	uint64_t hva = layout_hva(&w->layout, op->g);
	uint32_t pages = range_pages(w, op);

	if (any_pinned(w, hva, (uint64_t)pages << w->layout.page_shift))
		return -EBUSY;
	machine_hostmm_page_out(w->machine, hva, pages);
	return 0;
}

int op_HOST_MOVE(struct world *w, const struct scenario_op *op)
{
	uint64_t hva = layout_hva(&w->layout, op->g);

	if (pinned(w, hva))
		return -EBUSY;
	machine_hostmm_move(w->machine, hva);
	return 0;
}

int op_HOST_PROTECT(struct world *w, const struct scenario_op *op)
{
	uint64_t hva = layout_hva(&w->layout, op->g);
	uint32_t pages = range_pages(w, op);

	if (any_pinned(w, hva, (uint64_t)pages << w->layout.page_shift))
		return -EBUSY;
	machine_hostmm_protect(w->machine, hva, pages);
	return 0;
}

int op_HOST_UNSHARE(struct world *w, const struct scenario_op *op)
{
	machine_hostmm_unshare(w->machine, layout_hva(&w->layout, op->g));
	return 0;
}

int op_HOST_SPLIT(struct world *w, const struct scenario_op *op)
{
	machine_hostmm_split(w->machine, layout_hva(&w->layout, op->g));
	return 0;
}

int op_HOST_COLLAPSE(struct world *w, const struct scenario_op *op)
{
	uint64_t hva = layout_hva(&w->layout, op->g) & ~((1ull << 21) - 1);

	if (any_pinned(w, hva, 1ull << 21))
		return -EBUSY;
	machine_hostmm_collapse(w->machine, hva);
	return 0;
}

int op_HOST_WRITE(struct world *w, const struct scenario_op *op)
{
	uint64_t hva = layout_hva(&w->layout, op->g);
	struct event e = {.kind = EV_USER_WRITE, .lpage = op->g};
	uint64_t hpa;
	bool writable;

	if (!machine_hostmm_fault(w->machine, hva, true, false, &hpa, &writable))
		return -EFAULT;
	machine_touch(w->machine, hpa);
	e.frame = machine_frame_number(w->machine, hpa);
	world_emit(w, &e);
	return 0;
}
