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
	e.part = world_part(w, gpa);
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
	e.reached = world_part(w, access->hpa);
	world_emit_access(w, &e, access);
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

#define HCALL_NUMBER(id, number, name, word) [id] = number,
static const uint32_t hcall_number[] = {EVENT_HCALLS(HCALL_NUMBER)};
#undef HCALL_NUMBER

/* What is no error code is still an error. */
static int answer_of(const struct vcpu *vcpu)
{
	int64_t r3 = (int64_t)vcpu->entry.r3;

	return r3 < INT32_MIN ? INT32_MIN : r3 > INT32_MAX ? INT32_MAX : (int)r3;
}

int l1_hcall(struct world *w, unsigned v, enum event_hcall hcall, const uint64_t args[6])
{
	struct vcpu *vcpu = &w->vcpus[v];

	if (!vcpu_to_l1(w, v))
		return -1;
	vcpu->exit = (struct guest_exit){.trap = VECTOR_SYSCALL, .gpr = {hcall_number[hcall]}};
	memcpy(&vcpu->exit.gpr[1], args, 6 * sizeof(args[0]));
	vcpu_exit(w, v);
	return answer_of(vcpu);
}

void l1_tell_refused(struct world *w, struct event *e, uint32_t allocations_failed)
{
	struct vcpu *vcpu = &w->vcpus[e->vcpu];

	e->kind = EV_HCALL_FAILED;
	e->result = answer_of(vcpu);
	e->status = vcpu->mode == VCPU_DEAD ? ESRCH : w->allocations_failed != allocations_failed ? ENOMEM : 0;
	/* H_ENTER_NESTED says besides why L2 has left. */
	if (e->hcall == EVENT_HCALL_ENTER ? vcpu->mode != VCPU_L2 && e->result < 0 : e->result != 0)
		world_emit(w, e);
}

int l1_ask(struct world *w, struct event e, const uint64_t args[6])
{
	uint32_t allocations_failed = w->allocations_failed;

	if (!vcpu_to_l1(w, e.vcpu))
		return -1;
	l1_hcall(w, e.vcpu, e.hcall, args);
	l1_tell_refused(w, &e, allocations_failed);
	return e.result;
}

int op_L1_LOAD(struct world *w, const struct scenario_op *op)
{
	return l1_touch(w, op->vcpu, layout_gpa(&w->layout, op->g) + LAYOUT_PART_BYTES * op->part, ACCESS_LOAD);
}

int op_L1_STORE(struct world *w, const struct scenario_op *op)
{
	return l1_touch(w, op->vcpu, layout_gpa(&w->layout, op->g) + LAYOUT_PART_BYTES * op->part, ACCESS_STORE);
}

/* H_REGISTER_VPA (PAPR, kernel: do_h_register_vpa). */
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
	/* Else it is refused: a DTL needs a VPA, which goes last, and address 0 is none. */
	bool in_order = op->area == AREA_NO_DTL || (op->area == AREA_VPA && gpa);
	uint64_t args[6] = {(uint64_t)function[op->area] << VPA_FUNCTION_SHIFT, op->vcpu, registers ? gpa : 0};
	uint32_t size = op->area == AREA_VPA ? VPA_BYTES : DTL_BYTES;
	uint8_t length[4] = {0};
	struct event e = {
		.vcpu = op->vcpu, .hcall = EVENT_HCALL_REGISTER_VPA, .lpage = registers ? op->g : LAYOUT_NONE};

	if (!vcpu_to_l1(w, op->vcpu))
		return -1;
	/* The guest writes the length first: a halfword at 4 in the VPA, a word at 4 in the DTL. */
	length[op->area == AREA_VPA ? 0 : 2] = (uint8_t)(size >> 8);
	length[op->area == AREA_VPA ? 1 : 3] = (uint8_t)size;
	if (registers && l1_store(w, op->vcpu, gpa + 4, length, op->area == AREA_VPA ? 2 : 4) != 0)
		return -1;
	return in_order ? l1_ask(w, e, args) : l1_hcall(w, op->vcpu, EVENT_HCALL_REGISTER_VPA, args);
}
