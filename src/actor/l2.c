/* SPDX-License-Identifier: GPL-2.0-only */
/* l2.c: a nested guest: it enters, leaves, loads, stores and fetches. */
#include "world.h"

#include <errno.h>

#define L2_PID 1
#define VECTOR_HDSI 0xe00
#define VECTOR_HISI 0xe20
/* Entering L2 again after L1 has answered a fault, before L2 gives up. */
#define L2_ENTRIES_MAX 8

/* Why H_ENTER_NESTED returned: a fault that L1 is to answer. Anything else, an error of the hcall too, L1 gives up. */
static bool is_storage_trap(uint64_t r3)
{
	return r3 == VECTOR_HDSI || r3 == VECTOR_HISI;
}

/*
 * Does L2 get to what it asks for? Returns 0, or -1 with *excuse set to an errno if it is known why not, and that it is
 * no fault of L0's.
 */
static int reach(struct world *w, const struct scenario_op *op, struct machine_access *access, int *excuse)
{
	const struct machine_access wanted = *access;
	struct vcpu *vcpu = &w->vcpus[op->vcpu];
	uint32_t allocations_failed = w->allocations_failed;

	*excuse = vcpu->mode == VCPU_DEAD ? ESRCH : 0;
	for (int entries = 0; entries < L2_ENTRIES_MAX; entries++) {
		enum access_result result;

		if (l1_enter(w, op->vcpu, op->guest) != 0)
			break;
		*access = wanted;
		result = vcpu_access(w, op->vcpu, access);
		if (result == ACCESS_DONE) {
			*excuse = 0;
			return 0;
		}
		if (result == ACCESS_FAILED)
			*excuse = EFAULT;
		if (result != ACCESS_LEFT || vcpu->mode != VCPU_L1 || !is_storage_trap(vcpu->entry.r3) ||
		    !l1_answer_fault(w, op->vcpu, op->guest, access))
			break;
	}
	if (w->allocations_failed != allocations_failed)
		*excuse = ENOMEM;
	else if (w->guests[op->guest - 1].stopping) /* by an op that waits until it may begin */
		*excuse = EBUSY;
	return -1;
}

static int l2_access(struct world *w, const struct scenario_op *op, enum event_access kind)
{
	struct machine_access access = {
		.kind = (enum machine_access_kind)kind,
		.addr = ((uint64_t)op->n << w->layout.page_shift) + LAYOUT_PART_BYTES * op->part,
		.process = op->via == VIA_PROCESS,
		.pid = L2_PID,
	};
	struct event e = {.access = kind, .vcpu = op->vcpu, .guest = op->guest, .n = op->n, .part = op->part};
	int result;

	if (op->via == VIA_PROCESS && l1_map_process_table(w, op->vcpu, op->guest) != 0)
		return -1;
	result = reach(w, op, &access, &e.status);
	if (result != 0) {
		e.kind = EV_ACCESS_FAILED;
		world_emit(w, &e);
		return result;
	}
	e.kind = EV_L2_ACCESS;
	e.frame = machine_frame_number(w->machine, access.hpa);
	e.reached = world_part(w, access.hpa);
	world_emit_access(w, &e, &access);
	return 0;
}

int op_L2_ENTER(struct world *w, const struct scenario_op *op)
{
	return l1_enter(w, op->vcpu, op->guest);
}

int op_L2_EXIT(struct world *w, const struct scenario_op *op)
{
	if (w->vcpus[op->vcpu].mode != VCPU_L2)
		return -1;
	return vcpu_to_l1(w, op->vcpu) ? 0 : -1;
}

/* L1 finds then that its H_ENTER_NESTED has returned 0 (kvmppc_pseries_do_hcall: H_INTERRUPT). */
int op_L2_SIGNAL(struct world *w, const struct scenario_op *op)
{
	if (w->vcpus[op->vcpu].mode != VCPU_L2)
		return -1;
	w->vcpus[op->vcpu].exit = (struct guest_exit){.signal = true};
	vcpu_exit(w, op->vcpu);
	return w->vcpus[op->vcpu].mode == VCPU_L1 ? 0 : -1;
}

int op_L2_LOAD(struct world *w, const struct scenario_op *op)
{
	return l2_access(w, op, ACCESS_LOAD);
}

int op_L2_STORE(struct world *w, const struct scenario_op *op)
{
	return l2_access(w, op, ACCESS_STORE);
}

int op_L2_FETCH(struct world *w, const struct scenario_op *op)
{
	return l2_access(w, op, ACCESS_FETCH);
}
