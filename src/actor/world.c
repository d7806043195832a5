/* SPDX-License-Identifier: GPL-2.0-only */
/* world.c: make a VM for a scenario, run its ops, take it down. */
#include "world.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(LAYOUT_FRAMES_GPA == MACHINE_FRAMES_BASE, "kind1=frames lies elsewhere than the host's frames");

#define VCPU_STACK_BYTES (256u << 10)
#define TASK_STACK_BYTES (256u << 10)

bool world_create(struct world *w, const struct target *target, const struct world_hooks *hooks)
{
	*w = (struct world){.target = target, .hooks = *hooks};
	w->machine = machine_create();
	if (!w->machine)
		return false;
	w->page_array_size = (size_t)(MACHINE_FRAMES_BYTES >> target->page_shift) * target->page_struct_size;
	w->page_array = calloc(1, w->page_array_size);
	if (!w->page_array)
		return false;
	for (unsigned v = 0; v < SCENARIO_VCPUS_MAX; v++)
		if (!fiber_create(&w->vcpus[v].fiber, VCPU_STACK_BYTES))
			return false;
	if (!sched_create(&w->sched, TASK_STACK_BYTES))
		return false;
	w->task = &w->tasks[0];
	world_services(w);
	world_task_services(w);
	target->attach(&w->services);
	return true;
}

void world_destroy(struct world *w)
{
	for (unsigned v = 0; v < SCENARIO_VCPUS_MAX; v++)
		fiber_destroy(&w->vcpus[v].fiber);
	sched_destroy(&w->sched);
	if (w->machine)
		machine_destroy(w->machine);
	free(w->page_array);
}

void world_emit(struct world *w, struct event *event)
{
	event->op = w->task->op;
	w->events += event->kind != EV_KERNEL_STORE;
	w->hooks.event(w->hooks.ctx, event);
}

void world_emit_access(struct world *w, struct event *event, const struct machine_access *access)
{
	w->access = access;
	world_emit(w, event);
	w->access = NULL;
}

/* Forget the last scenario; costs what its configuration had. */
static void forget(struct world *w)
{
	uint32_t l2_pages = w->layout.l2_pages;

	for (unsigned g = 0; g < w->guest_count; g++) {
		struct l1_guest *guest = &w->guests[g];

		guest->tables.task = 0;
		guest->stopping = 0;
		guest->created = guest->tree = guest->booted = guest->process = guest->logging = false;
		guest->pool_used = 0;
		guest->root = 0;
		guest->pud = guest->pmd = 0;
		memset(guest->pte_table, 0, sizeof(guest->pte_table));
		memset(guest->entry, 0, l2_pages * sizeof(guest->entry[0]));
		memset(guest->copied, 0, l2_pages * sizeof(guest->copied[0]));
		memset(guest->was_dirty, 0, sizeof(guest->was_dirty));
	}
	memset(w->slots, 0, sizeof(w->slots));
	memset(w->lpid_used, 0, sizeof(w->lpid_used));
	w->migrating = w->ptcr_set = false;
	w->events = 0;
	w->told_stores = (struct told_stores){0};
	w->entry_changes = 0;
	w->nomem_in = 0;
	w->allocations_failed = 0;
	w->faults = 0;
	w->aborted = w->ending = false;
	w->host_cpu = 0;
	w->vmm.task = w->aging.task = 0;
	memset(w->cpus, 0, sizeof(w->cpus));
}

/* What the memory of a slot maps at first. */
static void emit_slot(struct world *w, unsigned s)
{
	const struct layout_slot *slot = &w->layout.slots[s];
	struct event e = {.kind = EV_SLOT, .slot = (uint8_t)s, .valid = true};

	world_emit(w, &e);
	for (uint32_t i = 0; i < slot->pages; i++) {
		struct event map = {.kind = EV_HOST_MAP,
				    .valid = true,
				    .lpage = slot->first + i,
				    .perm = EVP_READ | EVP_WRITE | EVP_EXEC};

		map.frame = machine_hostmm_frame(w->machine, slot->hva + ((uint64_t)i << w->layout.page_shift));
		world_emit(w, &map);
	}
}

static int create_slots(struct world *w)
{
	const struct layout *l = &w->layout;

	for (unsigned s = 0; s < SCENARIO_SLOTS_MAX; s++) {
		bool shares = s == 1 && layout_slots_share(w->config);
		int status;

		if (!l->slots[s].pages)
			continue;
		if (!shares && !machine_hostmm_map(w->machine, l->slots[s].hva, l->slots[s].pages))
			return -ENOMEM;
		status = host_set_slot(w, s, true, false);
		/* A kernel without KVM_CAP_READONLY_MEM, such as powerpc's, refuses it: then there is no such slot. */
		if (status != 0 && l->slots[s].readonly)
			continue;
		if (status != 0)
			return status;
		emit_slot(w, s);
	}
	return 0;
}

int world_begin(struct world *w, const struct scenario *scenario)
{
	const struct scenario_config *config = &scenario->config;
	const struct machine_config machine_config = {
		.page_shift = w->target->page_shift,
		.cpus = config->cpus,
		.rc_hw = config->rc == RCMODE_HW,
		.huge = config->backing == BACKING_HUGE,
	};
	struct target_world target_world = {
		.lpid = config->lpid,
		.vcpus = config->vcpus,
		.cpus = config->cpus,
		.little_endian = config->endian == ENDIAN_LITTLE,
		.frame_base = MACHINE_FRAMES_BASE,
		.page_array = w->page_array,
	};
	int status;

	forget(w);
	w->scenario = scenario;
	w->config = config;
	world_tasks_begin(w);
	w->guest_count = config->guests;
	layout_init(&w->layout, config);
	assert(w->layout.total_pages <= WORLD_LPAGES && w->layout.l2_pages <= WORLD_L2_PAGES);
	w->lpid_used[0] |= 1;
	w->lpid_used[config->lpid / 8] |= (uint8_t)(1u << config->lpid % 8);
	for (unsigned v = 0; v < SCENARIO_VCPUS_MAX; v++) {
		w->vcpus[v].mode = VCPU_OFF;
		w->vcpus[v].guest = 0;
		w->vcpus[v].cpu = v % config->cpus;
		w->vcpus[v].pending_count = 0;
		w->vcpus[v].held.task = 0;
	}
	machine_reset(w->machine, &machine_config);
	host_notifier(w);
	target_world.frame_count = machine_frame_count(w->machine);
	target_world.process_pgd = machine_hostmm_pgd(w->machine);
	status = w->target->world_begin(&target_world);
	return status ? status : create_slots(w);
}

void world_end(struct world *w, bool teardown)
{
	vcpu_stop_all(w);
	w->ending = true;
	if (teardown)
		w->target->world_teardown();
}
