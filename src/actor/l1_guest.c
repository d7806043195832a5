/* SPDX-License-Identifier: GPL-2.0-only */
/* l1_guest.c: L1 as a guest of L0: its loads, stores and hcalls. */
#include "world.h"

#include <errno.h>
#include <string.h>

#define VECTOR_SYSCALL 0xc00

static int l1_access(struct world *w, unsigned v, uint64_t gpa, enum event_access kind, struct machine_access *access)
{
	struct event e = {.kind = EV_L1_ACCESS, .access = kind, .vcpu = (uint8_t)v};
	uint32_t allocations_failed = w->allocations_failed;
	enum access_result result;

	e.lpage = layout_lpage(&w->layout, gpa);
	*access = (struct machine_access){.kind = (enum machine_access_kind)kind, .addr = gpa};
	if (!vcpu_to_l1(w, v))
		return -1;
	result = vcpu_access(w, v, access);
	if (result != ACCESS_DONE) {
		e.kind = EV_ACCESS_FAILED;
		e.status = result != ACCESS_REFUSED ? EFAULT : w->allocations_failed != allocations_failed ? ENOMEM : 0;
		world_emit(w, &e);
		return -1;
	}
	e.frame = machine_frame_number(w->machine, access->hpa);
	world_emit(w, &e);
	return 0;
}

int l1_touch(struct world *w, unsigned v, uint64_t gpa, enum event_access kind)
{
	struct machine_access access;

	return l1_access(w, v, gpa, kind, &access);
}

int l1_load(struct world *w, unsigned v, uint64_t gpa, void *bytes, size_t n)
{
	struct machine_access access;

	if (l1_access(w, v, gpa, ACCESS_LOAD, &access) != 0)
		return -1;
	machine_read(w->machine, access.hpa, bytes, n);
	return 0;
}

int l1_store(struct world *w, unsigned v, uint64_t gpa, const void *bytes, size_t n)
{
	struct machine_access access;

	if (l1_access(w, v, gpa, ACCESS_STORE, &access) != 0)
		return -1;
	machine_write(w->machine, access.hpa, bytes, n);
	return 0;
}

int64_t l1_hcall(struct world *w, unsigned v, uint32_t number, const uint64_t args[6])
{
	struct vcpu *vcpu = &w->vcpus[v];

	if (!vcpu_to_l1(w, v))
		return -1;
	vcpu->exit = (struct guest_exit){.trap = VECTOR_SYSCALL, .gpr = {number}};
	memcpy(&vcpu->exit.gpr[1], args, 6 * sizeof(args[0]));
	vcpu_exit(w, v);
	return (int64_t)vcpu->entry.r3;
}

int op_L1_LOAD(struct world *w, const struct scenario_op *op)
{
	return l1_touch(w, op->vcpu, layout_gpa(&w->layout, op->g), ACCESS_LOAD);
}

int op_L1_STORE(struct world *w, const struct scenario_op *op)
{
	return l1_touch(w, op->vcpu, layout_gpa(&w->layout, op->g), ACCESS_STORE);
}

/* H_REGISTER_VPA (PAPR, kernel: do_h_register_vpa). */
#define HCALL_REGISTER_VPA 0xdc
#define VPA_FUNCTION_SHIFT 45
#define VPA_BYTES 640
#define DTL_BYTES 960

int op_L1_VPA(struct world *w, const struct scenario_op *op)
{
	static const uint8_t function[AREA_COUNT] = {
		[AREA_VPA] = 1, [AREA_DTL] = 2, [AREA_NO_DTL] = 6, [AREA_NO_VPA] = 5};
	bool registers = op->area == AREA_VPA || op->area == AREA_DTL;
	/* Two areas share no bytes: the VPA first, the DTL 2 KiB into the page. */
	uint64_t gpa = layout_gpa(&w->layout, op->g) + (op->area == AREA_DTL ? 2048 : 0);
	uint64_t args[6] = {(uint64_t)function[op->area] << VPA_FUNCTION_SHIFT, op->vcpu, registers ? gpa : 0};
	uint32_t size = op->area == AREA_VPA ? VPA_BYTES : DTL_BYTES;
	uint8_t length[4] = {0};

	if (!vcpu_to_l1(w, op->vcpu))
		return -1;
	/* The guest writes the length first: a halfword at 4 in the VPA, a word at 4 in the DTL. */
	length[op->area == AREA_VPA ? 0 : 2] = (uint8_t)(size >> 8);
	length[op->area == AREA_VPA ? 1 : 3] = (uint8_t)size;
	if (registers && l1_store(w, op->vcpu, gpa + 4, length, op->area == AREA_VPA ? 2 : 4) != 0)
		return -1;
	return (int)l1_hcall(w, op->vcpu, HCALL_REGISTER_VPA, args);
}
