/* SPDX-License-Identifier: GPL-2.0-only */
/* hw.c: what the hardware and the host's scheduler may do at any time. */
#include "world.h"

int op_HW_EVICT_TLB(struct world *w, const struct scenario_op *op)
{
	machine_evict_tlb(w->machine, op->cpu);
	return 0;
}

int op_HW_EVICT_PWC(struct world *w, const struct scenario_op *op)
{
	machine_evict_pwc(w->machine, op->cpu);
	return 0;
}

int op_HW_EVICT_PATE(struct world *w, const struct scenario_op *op)
{
	machine_evict_pate(w->machine, op->cpu);
	return 0;
}

/* The kernel learns of it at the next guest entry (kvmppc_prepare_radix_vcpu): take a timer interrupt first. */
int op_HW_MOVE(struct world *w, const struct scenario_op *op)
{
	struct vcpu *vcpu = &w->vcpus[op->vcpu];

	vcpu_release(w, op->vcpu);
	vcpu->cpu = op->cpu;
	vcpu_hold(w, op->vcpu);
	if (vcpu->mode == VCPU_L1 || vcpu->mode == VCPU_L2) {
		vcpu->exit = (struct guest_exit){.trap = 0x980};
		vcpu_exit(w, op->vcpu);
	}
	return 0;
}
