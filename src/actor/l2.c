/* SPDX-License-Identifier: GPL-2.0-only */
/* l2.c: a nested guest: it enters, leaves, loads, stores and fetches. */
#include "world.h"

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

static void failed(struct world *w, const struct scenario_op *op, enum event_access kind)
{
	struct event e = {.kind = EV_ACCESS_FAILED, .access = kind, .vcpu = op->vcpu, .guest = op->guest, .n = op->n};

	world_emit(w, &e);
}

static int l2_access(struct world *w, const struct scenario_op *op, enum event_access kind)
{
	unsigned v = op->vcpu;
	struct vcpu *vcpu = &w->vcpus[v];
	struct machine_access access;

	if (op->via == VIA_PROCESS && l1_map_process_table(w, v, op->guest) != 0)
		return -1;
	for (int entries = 0; entries < L2_ENTRIES_MAX; entries++) {
		enum access_result result;

		if (l1_enter(w, v, op->guest) != 0)
			break;
		access = (struct machine_access){
			.kind = (enum machine_access_kind)kind,
			.addr = (uint64_t)op->n << w->layout.page_shift,
			.process = op->via == VIA_PROCESS,
			.pid = L2_PID,
		};
		result = vcpu_access(w, v, &access);
		if (result == ACCESS_DONE) {
			struct event e = {.kind = EV_L2_ACCESS,
					  .access = kind,
					  .vcpu = (uint8_t)v,
					  .guest = op->guest,
					  .n = op->n,
					  .frame = machine_frame_number(w->machine, access.hpa)};

			world_emit(w, &e);
			return 0;
		}
		if (result == ACCESS_FAILED)
			break;
		if (vcpu->mode != VCPU_L1 || !is_storage_trap(vcpu->entry.r3) ||
		    !l1_answer_fault(w, v, op->guest, &access))
			break;
	}
	failed(w, op, kind);
	return -1;
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
