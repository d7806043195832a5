/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpu.c: a vCPU between guest mode and the kernel.
 *
 * The kernel's KVM_RUN loop runs on the vCPU's own stack (a fiber). When it
 * enters the guest, the fiber yields: the guest's "program" is whatever the
 * actors do next. When they need the kernel (a fault, an hcall), they fill an
 * exit and resume it. So an L2 can stay in H_ENTER_NESTED across many ops.
 */
#include "world.h"

#include <errno.h>
#include <string.h>

#define VECTOR_EXTERNAL 0x500
#define VECTOR_HDSI 0xe00
#define VECTOR_HISI 0xe20

/* Faults that change no entry, in a row, before an access counts as stuck; and faults in all. */
#define FAULTS_WITHOUT_CHANGE_MAX 16
#define FAULTS_MAX 400

static const char *const access_word[] = {
	[MACHINE_LOAD] = "load", [MACHINE_STORE] = "store", [MACHINE_FETCH] = "fetch"};

static void vcpu_fiber(void *arg)
{
	struct world *w = ((void **)arg)[0];
	unsigned v = (unsigned)(uintptr_t)((void **)arg)[1];

	w->target->vcpu_run(v);
	w->vcpus[v].mode = VCPU_DEAD;
}

/* Kernel writes of this vCPU that have returned are owed from now on. */
static void flush_kernel_writes(struct world *w, struct vcpu *vcpu)
{
	for (uint32_t i = 0; i < vcpu->pending_count; i++)
		world_emit(w, &vcpu->pending[i]);
	vcpu->pending_count = 0;
}

/* L2 has left, and L0 has written its state into L1's memory. */
static void after_l2(struct world *w, unsigned v, unsigned guest, uint32_t allocations_failed)
{
	struct event e = {.vcpu = (uint8_t)v,
			  .hcall = EVENT_HCALL_ENTER,
			  .guest = (uint8_t)guest,
			  .lpage = layout_lpage(&w->layout, w->layout.state_gpa[v])};

	l1_tell_refused(w, &e, allocations_failed);
}

/* The fiber has yielded or returned: which guest runs now? */
static void after_entry(struct world *w, unsigned v)
{
	struct vcpu *vcpu = &w->vcpus[v];

	w->task->running = w->config->vcpus;
	world_stack_changed(w);
	if (w->aborted)
		longjmp(*w->abort, 1);
	if (!vcpu->fiber.alive) {
		vcpu->mode = VCPU_DEAD;
	} else if (vcpu->entry.nested) {
		vcpu->mode = VCPU_L2;
		vcpu->guest = l1_guest_of_lpid(w, vcpu->entry.l1_lpid);
	} else {
		vcpu->mode = VCPU_L1;
		vcpu->guest = 0;
	}
	flush_kernel_writes(w, vcpu);
}

void world_abort(struct world *w)
{
	w->aborted = true;
	/* Task 0 comes here again, from where it stands (task_switched). */
	if (w->sched.current)
		sched_give_up(&w->sched);
	if (w->task->running >= w->config->vcpus)
		longjmp(*w->abort, 1);
	/* The vCPU's stack is given up, not unwound. */
	fiber_yield(&w->vcpus[w->task->running].fiber);
	__builtin_unreachable();
}

static bool vcpu_start(struct world *w, unsigned v)
{
	struct vcpu *vcpu = &w->vcpus[v];
	void *arg[2] = {w, (void *)(uintptr_t)v};

	fiber_start(&vcpu->fiber, vcpu_fiber, arg);
	vcpu->calls.depth = 0;
	vcpu_exit(w, v);
	return vcpu->mode == VCPU_L1;
}

void vcpu_exit(struct world *w, unsigned v)
{
	struct vcpu *vcpu = &w->vcpus[v];
	unsigned guest = vcpu->mode == VCPU_L2 ? vcpu->guest : 0;
	uint32_t allocations_failed = w->allocations_failed;

	w->task->running = v;
	world_stack_changed(w);
	fiber_resume(&vcpu->fiber);
	after_entry(w, v);
	if (guest && vcpu->mode == VCPU_L1)
		after_l2(w, v, guest, allocations_failed);
}

bool vcpu_to_l1(struct world *w, unsigned v)
{
	struct vcpu *vcpu = &w->vcpus[v];

	vcpu_hold(w, v);
	if (vcpu->mode == VCPU_OFF)
		return vcpu_start(w, v);
	/* An external interrupt for L1 ends L2 (kvmppc_handle_nested_exit, BOOK3S_INTERRUPT_EXTERNAL). */
	for (int tries = 0; vcpu->mode == VCPU_L2 && tries < 4; tries++) {
		vcpu->exit = (struct guest_exit){.trap = VECTOR_EXTERNAL};
		vcpu_exit(w, v);
	}
	return vcpu->mode == VCPU_L1;
}

void vcpu_stop_all(struct world *w)
{
	for (unsigned v = 0; v < w->config->vcpus; v++) {
		struct vcpu *vcpu = &w->vcpus[v];

		if (vcpu->mode == VCPU_L2)
			vcpu_to_l1(w, v);
		if (vcpu->mode != VCPU_L1)
			continue;
		vcpu->exit = (struct guest_exit){.stop = true};
		vcpu_exit(w, v);
	}
}

/* Turn a failed try into the interrupt that the hardware takes. */
static void fault_to_exit(struct guest_exit *exit, const struct machine_access *access)
{
	bool fetch = access->kind == MACHINE_FETCH;

	*exit = (struct guest_exit){
		.trap = fetch ? VECTOR_HISI : VECTOR_HDSI,
		.dar = access->addr,
		.dsisr = access->dsisr,
		.asdr = access->asdr,
	};
}

enum access_result vcpu_access(struct world *w, unsigned v, struct machine_access *access)
{
	struct vcpu *vcpu = &w->vcpus[v];
	enum vcpu_mode mode = vcpu->mode;
	unsigned guest = vcpu->guest;
	unsigned unchanged = 0;

	for (unsigned tries = 0; tries < FAULTS_MAX; tries++) {
		uint32_t changes = w->entry_changes;

		world_point(w, POINT_HW, access_word[access->kind]);
		access->cpu = vcpu->cpu;
		access->lpid = vcpu->entry.lpid;
		switch (machine_access(w->machine, access)) {
		case MACHINE_DONE:
			return ACCESS_DONE;
		case MACHINE_GUEST_FAULT:
			return ACCESS_FAILED;
		case MACHINE_BAD_WALK:
			w->hooks.bad_walk(w->hooks.ctx, access);
			return ACCESS_FAILED;
		case MACHINE_FAULT:
			break;
		}
		w->faults++;
		fault_to_exit(&vcpu->exit, access);
		vcpu_exit(w, v);
		if (vcpu->mode == VCPU_DEAD || vcpu->entry.interrupted)
			return ACCESS_REFUSED;
		if (vcpu->mode != mode || vcpu->guest != guest) {
			l1_hear_fault(w, v, access);
			return ACCESS_LEFT;
		}
		unchanged = w->entry_changes == changes ? unchanged + 1 : 0;
		/* The kernel may have told the guest to try again because of what another op is doing. */
		if (unchanged && world_let_others(w))
			unchanged = 0;
		if (unchanged >= FAULTS_WITHOUT_CHANGE_MAX)
			break;
	}
	w->hooks.no_progress(w->hooks.ctx, v, guest, access);
	return ACCESS_FAILED;
}
