// SPDX-License-Identifier: GPL-2.0-only
/* model.c: a scenario on our side, seen as the stage's runner sees it. */
#include "model.h"

#include "rules.h"

#include "run/runner.h"

#include <stdlib.h>
#include <string.h>

#define VECTOR_EXTERNAL 0x500
#define VECTOR_SYSCALL 0xc00

struct model {
	struct runner *runner;
	struct records *records;
	struct host_services services; /* the world's own */
	uint64_t stamp;
	uint64_t seen[WORLD_LPAGES][STAGE_PARTS_MAX];
};

static struct world *world_of(struct model *m)
{
	return &m->runner->world;
}

static void add(struct model *m, struct event e, const void *payload, uint32_t bytes)
{
	e.op = world_of(m)->task->op;
	/* Out of memory: the records end here, which shows as a difference. */
	records_add(m->records, &e, payload, bytes);
}

/* ---- bytes -------------------------------------------------------------------- */

/* A store whose bytes do not matter to the machine gets the number that the stage's would have, where it got to. */
static void stamp(struct model *m, uint32_t frame, unsigned part)
{
	struct machine *machine = world_of(m)->machine;

	m->stamp++;
	if (frame < machine_frame_count(machine))
		machine_write(machine, machine_frame_hpa(machine, frame) + stage_stamp_at(part), &m->stamp,
			      sizeof(m->stamp));
}

static bool is_stamped(const struct model *m, const struct event *e)
{
	const struct scenario *s = m->runner->scenario;

	switch (e->kind) {
	case EV_L1_ACCESS:
		return e->access == ACCESS_STORE && e->op < s->op_count && s->ops[e->op].kind == OP_L1_STORE;
	case EV_L2_ACCESS:
		return e->access == ACCESS_STORE && !e->quadrant;
	case EV_USER_WRITE:
		return e->lpage < m->runner->layout.data_pages;
	default:
		return false;
	}
}

static void tell_part(struct model *m, uint32_t lpage, uint64_t hpa, unsigned part)
{
	uint64_t now;

	machine_read(world_of(m)->machine, hpa + stage_stamp_at(part), &now, sizeof(now));
	if (now == m->seen[lpage][part])
		return;
	m->seen[lpage][part] = now;
	add(m, (struct event){.kind = WIRE_CONTENT, .lpage = lpage, .part = (uint8_t)part, .count = (uint32_t)now},
	    NULL, 0);
}

/* Which pages' bytes the op has changed; a page that is paged out cannot have been. */
static void tell_content(struct model *m)
{
	const struct layout *l = &m->runner->layout;
	const struct machine *machine = world_of(m)->machine;

	for (uint32_t lpage = 0; lpage < l->data_pages; lpage++) {
		uint32_t frame = machine_hostmm_frame(machine, layout_hva(l, lpage));

		if (frame == MACHINE_FRAME_NONE || l->slots[layout_slot_of(l, lpage)].readonly)
			continue;
		for (unsigned part = 0; part < stage_parts(l); part++)
			tell_part(m, lpage, machine_frame_hpa(machine, frame), part);
	}
}

/* ---- what is seen ---------------------------------------------------------------- */

/* As often as the emulated CPU forgets (rules.c). */
static void forget(struct machine *machine)
{
	for (unsigned cpu = 0; cpu < MACHINE_CPUS; cpu++) {
		machine_evict_tlb(machine, cpu);
		machine_evict_pwc(machine, cpu);
		machine_evict_pate(machine, cpu);
	}
}

/* The L1 page that is in that frame now: as runner/frames.c finds it. */
static uint32_t lpage_of_frame(const struct model *m, uint32_t frame, uint32_t asked)
{
	const struct layout *l = &m->runner->layout;
	const struct machine *machine = m->runner->world.machine;

	if (asked < l->total_pages && machine_hostmm_frame(machine, layout_hva(l, asked)) == frame)
		return asked;
	for (uint32_t lpage = 0; lpage < l->total_pages; lpage++)
		if (machine_hostmm_frame(machine, layout_hva(l, lpage)) == frame)
			return lpage;
	return LAYOUT_NONE;
}

static void add_event(struct model *m, struct event e)
{
	if (wire_reaches(&e))
		e.count = lpage_of_frame(m, e.frame, e.kind == EV_L1_ACCESS ? e.lpage : LAYOUT_NONE);
	add(m, e, e.bitmap, wire_bitmap_bytes(&e, &m->runner->layout));
}

static void on_event(void *ctx, const struct event *e)
{
	struct model *m = ctx;

	if (e->kind == EV_OP_BEGIN)
		forget(world_of(m)->machine);
	if (is_stamped(m, e))
		stamp(m, e->frame, e->reached);
	if (e->kind == EV_OP_END)
		tell_content(m);
	if (wire_visible(e))
		add_event(m, *e);
}

/* What L1 finds in its state area. */
static void tell_fault(struct model *m, const struct guest_entry *entry, struct event *left)
{
	struct machine_access heard = {.kind = MACHINE_LOAD};

	world_of(m)->vcpus[entry->vcpu].entry.r3 = entry->r3;
	l1_hear_fault(world_of(m), entry->vcpu, &heard);
	wire_fault(left, heard.gpa, heard.dsisr);
}

/* A vCPU goes back into a guest: what it was in the kernel for is done. */
static void tell_entry(struct model *m, const struct guest_entry *entry)
{
	const struct vcpu *vcpu = &world_of(m)->vcpus[entry->vcpu];
	struct event e = {.vcpu = (uint8_t)entry->vcpu, .status = (int32_t)entry->r3};

	if (entry->nested)
		return;
	if (vcpu->mode == VCPU_L2) {
		e.kind = WIRE_L2_LEFT;
		/* The interrupt that the actors take it out with. */
		if (e.status == VECTOR_EXTERNAL)
			e.status = 0;
		tell_fault(m, entry, &e);
	} else if (vcpu->mode == VCPU_L1 && vcpu->exit.trap == VECTOR_SYSCALL) {
		e.kind = WIRE_HCALL;
		e.n = (uint32_t)vcpu->exit.gpr[0];
	} else {
		return;
	}
	add(m, e, NULL, 0);
}

static void guest_enter(void *ctx, const struct guest_entry *entry, struct guest_exit *exit)
{
	struct world *w = ctx;
	struct runner *r = w->hooks.ctx;
	struct model *m = r->observer->ctx;

	tell_entry(m, entry);
	forget(w->machine);
	m->services.guest_enter(ctx, entry, exit);
}

struct model *model_create(const char *module, char *error, size_t error_size)
{
	struct model *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->runner = runner_create(module, error, error_size);
	if (!m->runner) {
		free(m);
		return NULL;
	}
	m->services = world_of(m)->services;
	world_of(m)->services.guest_enter = guest_enter;
	return m;
}

void model_destroy(struct model *m)
{
	if (!m)
		return;
	runner_destroy(m->runner);
	free(m);
}

struct runner *model_runner(struct model *m)
{
	return m->runner;
}

unsigned model_run(struct model *m, const struct scenario *s, struct records *records, struct run_outcome *outcome)
{
	const struct run_observer observer = {.ctx = m, .event = on_event};

	records->size = 0;
	m->records = records;
	m->stamp = 0;
	memset(m->seen, 0, sizeof(m->seen));
	run_scenario(m->runner, s, &observer, outcome);
	return rules_ops_compared(outcome);
}
