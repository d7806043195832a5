// SPDX-License-Identifier: GPL-2.0-only
/*
 * oracle.c: the oracle's life, and which of its files an event goes to. The
 * contract is in oracle.h, the data in model.h.
 */
#include "oracle/model.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct oracle *oracle_create(void)
{
	return calloc(1, sizeof(struct oracle));
}

void oracle_destroy(struct oracle *o)
{
	free(o);
}

void oracle_begin(struct oracle *o, const struct scenario_config *config, const struct layout *layout)
{
	assert(layout->total_pages <= LPAGES_MAX && layout->l2_pages <= L2_PAGES_MAX);

	for (uint32_t i = 0; i < o->lpage_count; i++) {
		uint32_t lpage = o->lpages[i];

		memset(&o->log[lpage], 0, sizeof(o->log[lpage]));
		memset(&o->memory[lpage], 0, sizeof(o->memory[lpage]));
		o->lpage_used[lpage] = false;
	}
	for (uint32_t i = 0; i < o->l2_page_count; i++) {
		unsigned guest = o->l2_pages[i] / L2_PAGES_MAX, n = o->l2_pages[i] % L2_PAGES_MAX;

		memset(&o->l2[guest][n], 0, sizeof(o->l2[guest][n]));
		o->l2_used[guest][n] = false;
	}
	o->lpage_count = 0;
	o->l2_page_count = 0;
	o->obligation_count = 0;
	memset(o->slots, 0, sizeof(o->slots));
	memset(o->guests, 0, sizeof(o->guests));
	memset(o->tlbie_seq, 0, sizeof(o->tlbie_seq));
	memset(o->op_seq, 0, (o->op_max + 1) * sizeof(o->op_seq[0]));
	o->op_max = 0;
	o->stats = (struct oracle_stats){0};
	o->inconsistency[0] = '\0';
	o->seq = 0;
	o->running = 0;
	o->overlap_seq = 0;
	o->wrong_seq = 0;
	o->quadrant = (struct cause){0};
	o->config = config;
	o->layout = layout;
	o->aliased = layout_slots_share(config);
}

struct log_page *oracle_log_page(struct oracle *o, uint32_t lpage)
{
	assert(lpage < o->layout->total_pages);
	if (!o->lpage_used[lpage]) {
		o->lpage_used[lpage] = true;
		o->lpages[o->lpage_count++] = (uint16_t)lpage;
	}
	return &o->log[lpage];
}

struct memory_page *oracle_memory_page(struct oracle *o, uint32_t lpage)
{
	uint32_t home = oracle_lpage_home(o, lpage);

	oracle_log_page(o, home);
	return &o->memory[home];
}

struct l2_page *oracle_l2_page(struct oracle *o, unsigned guest, uint32_t n)
{
	assert(guest >= 1 && guest <= SCENARIO_GUESTS_MAX && n < o->layout->l2_pages);
	if (!o->l2_used[guest - 1][n]) {
		o->l2_used[guest - 1][n] = true;
		o->l2_pages[o->l2_page_count++] = (uint16_t)((guest - 1) * L2_PAGES_MAX + n);
	}
	return &o->l2[guest - 1][n];
}

uint32_t oracle_lpage_in_slot(const struct oracle *o, uint32_t lpage, unsigned slot)
{
	const struct layout_slot *to = &o->layout->slots[slot];
	uint64_t hva = layout_hva(o->layout, lpage);

	if (hva < to->hva || (hva - to->hva) >> o->layout->page_shift >= to->pages)
		return LAYOUT_NONE;
	return to->first + (uint32_t)((hva - to->hva) >> o->layout->page_shift);
}

uint32_t oracle_lpage_home(const struct oracle *o, uint32_t lpage)
{
	if (!o->aliased)
		return lpage;
	for (unsigned slot = 0; slot < SCENARIO_SLOTS_MAX; slot++) {
		uint32_t same = oracle_lpage_in_slot(o, lpage, slot);

		if (same < lpage)
			return same;
	}
	return lpage;
}

static bool is_loss(enum finding_class class)
{
	return class == CLASS_LOST_DIRTY_HOST || class == CLASS_LOST_DIRTY_L1 || class == CLASS_LOST_REF_HOST ||
	       class == CLASS_LOST_REF_L1;
}

static bool is_about_hcall(const struct event *event)
{
	return event->kind == EV_HCALL_FAILED || event->kind == EV_HCALL_DONE;
}

static bool is_about_ioctl(const struct event *event)
{
	bool ioctl = event->kind == EV_LOG_START || event->kind == EV_LOG_STOP || event->kind == EV_HARVEST_END ||
		     event->kind == EV_SLOT;

	return ioctl && event->status != 0;
}

void oracle_report(struct oracle *o, enum finding_class class, const struct cause *cause)
{
	if (o->out_count == o->out_max) {
		o->stats.dropped++;
		return;
	}
	o->out[o->out_count++] = (struct oracle_verdict){
		.class = is_loss(class) && o->config->rc == RCMODE_HW ? CLASS_ASSUMPTION : class,
		.guest = cause->guest,
		.access = cause->access,
		.writer = cause->writer,
		.vcpu = o->event->vcpu,
		.hcall = is_about_hcall(o->event) ? o->event->hcall : EVENT_HCALL_NONE,
		.ioctl = is_about_ioctl(o->event) ? o->event->kind : 0,
		.scope = o->event->scope,
		.result = is_about_ioctl(o->event) ? o->event->status : o->event->result,
		.n = cause->n,
		.lpage = cause->lpage,
		.frame = cause->frame,
		.op_cause = cause->op,
		.op_effect = o->event->op,
	};
}

struct cause oracle_cause_of_event(const struct oracle *o, unsigned writer)
{
	const struct event *event = o->event;
	bool l2 = event->kind == EV_L2_ACCESS;

	return (struct cause){
		.seq = o->seq,
		.lpage = l2 ? LAYOUT_NONE : event->lpage,
		.n = l2 ? event->n : LAYOUT_NONE,
		.frame = event->frame,
		.op = event->op,
		.access = event->access,
		.writer = (uint8_t)writer,
		.guest = l2 ? event->guest : 0,
	};
}

static void dispatch(struct oracle *o)
{
	switch ((enum event_kind)o->event->kind) {
	case EV_L1_ACCESS:
		return oracle_access_l1(o);
	case EV_L2_ACCESS:
		return oracle_access_l2(o);
	case EV_KERNEL_STORE:
		return oracle_log_kernel_store(o);
	case EV_KERNEL_WRITE:
		return oracle_log_kernel_write(o);
	case EV_USER_WRITE:
		return oracle_log_user_write(o);
	case EV_L1_PTE:
		return oracle_l1_pte(o);
	case EV_L1_GUEST:
		return oracle_l1_guest(o);
	case EV_L1_TLBIE_BEGIN:
		return oracle_l1_tlbie_begin(o);
	case EV_L1_TLBIE_END:
		return oracle_l1_tlbie_end(o);
	case EV_L1_TAINT:
		return oracle_l1_taint(o);
	case EV_L1_HARVEST_BEGIN:
		return oracle_l1_harvest_begin(o);
	case EV_L1_HARVEST_END:
		return oracle_l1_harvest_end(o);
	case EV_HOST_MAP:
		return oracle_memory_host_map(o);
	case EV_HOST_UNMAP:
		return oracle_memory_host_unmap(o);
	case EV_SLOT:
		return oracle_log_slot(o);
	case EV_SLOT_CHANGE:
		return oracle_log_slot_change(o);
	case EV_LOG_START:
		return oracle_log_start(o);
	case EV_LOG_STOP:
		return oracle_log_stop(o);
	case EV_HARVEST_BEGIN:
		return oracle_log_harvest_begin(o);
	case EV_HARVEST_END:
		return oracle_log_harvest_end(o);
	case EV_AGE:
		return oracle_memory_age(o, true);
	case EV_TEST_AGE:
		return oracle_memory_age(o, false);
	case EV_COMPARE:
		return oracle_log_compare(o);
	case EV_L1_COMPARE:
		return oracle_l1_compare(o);
	case EV_END:
		return oracle_l1_end(o);
	case EV_OP_BEGIN:
		return oracle_op_begin(o);
	case EV_OP_END:
		return oracle_op_end(o);
	case EV_ACCESS_FAILED:
		return oracle_access_failed(o);
	case EV_HCALL_FAILED:
		return oracle_hcall_failed(o);
	case EV_HCALL_DONE:
		return oracle_hcall_done(o);
	case EV_L1_LOG_START: /* what L1 is owed does not depend on who copies */
	case EV_L1_LOG_STOP:
	case EV_COUNT:
		return;
	}
}

size_t oracle_event(struct oracle *o, const struct event *event, struct oracle_verdict *out, size_t max)
{
	assert(o->layout && event->kind < EV_COUNT && event->op <= SCENARIO_OPS_MAX);
	o->seq++;
	o->event = event;
	o->out = out;
	o->out_max = max;
	o->out_count = 0;
	dispatch(o);
	o->event = NULL;
	return o->out_count;
}

bool oracle_slot_tracked(const struct oracle *o, unsigned slot)
{
	return slot < SCENARIO_SLOTS_MAX && o->slots[slot].tracked;
}

const char *oracle_inconsistency(const struct oracle *o)
{
	return o->inconsistency[0] ? o->inconsistency : NULL;
}

struct oracle_stats oracle_stats(const struct oracle *o)
{
	return o->stats;
}
