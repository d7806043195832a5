/* SPDX-License-Identifier: GPL-2.0-only */
/* migration.c: a whole live migration of L1 by the host, down to comparing every page. */
#include "world.h"

int op_MIGRATION_START(struct world *w, const struct scenario_op *op)
{
	int status = 0;

	(void)op;
	for (unsigned slot = 0; slot < SCENARIO_SLOTS_MAX; slot++)
		if (w->slots[slot].exists)
			status |= host_log_start(w, slot);
	w->migrating = true;
	return status;
}

int op_MIGRATION_ROUND(struct world *w, const struct scenario_op *op)
{
	int status = 0;

	(void)op;
	for (unsigned slot = 0; slot < SCENARIO_SLOTS_MAX; slot++)
		if (w->slots[slot].exists && w->slots[slot].logging)
			status |= host_harvest(w, slot);
	return status;
}

/* The destination has what was copied; the source has what is there now. */
static void compare(struct world *w)
{
	for (unsigned slot = 0; slot < SCENARIO_SLOTS_MAX; slot++) {
		const struct layout_slot *s = &w->layout.slots[slot];

		for (uint32_t i = 0; i < s->pages && w->slots[slot].logging; i++) {
			struct event e = {.kind = EV_COMPARE, .slot = (uint8_t)slot, .lpage = s->first + i};
			uint64_t hva = s->hva + ((uint64_t)i << w->layout.page_shift);

			e.status = machine_hostmm_version(w->machine, hva) != w->copied[e.lpage];
			world_emit(w, &e);
		}
	}
}

int op_MIGRATION_FINISH(struct world *w, const struct scenario_op *op)
{
	int status = 0;

	if (!w->migrating)
		status |= op_MIGRATION_START(w, op);
	/* Kicked vCPUs leave L2 first; L0 writes L2's state back to L1's memory then. */
	world_stop_guest(w, 0);
	for (unsigned v = 0; v < w->config->vcpus; v++)
		vcpu_hold(w, v);
	status |= op_MIGRATION_ROUND(w, op);
	compare(w);
	for (unsigned slot = 0; slot < SCENARIO_SLOTS_MAX; slot++)
		if (w->slots[slot].logging)
			status |= host_log_stop(w, slot);
	w->migrating = false;
	return status;
}
