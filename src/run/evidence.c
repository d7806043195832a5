/* SPDX-License-Identifier: GPL-2.0-only */
/* evidence.c: see evidence.h. */
#include "evidence.h"

#include <string.h>

#define WORD(id, word) [id] = word,
const char *const evidence_request_word[REQUEST_COUNT] = {EVIDENCE_REQUESTS(WORD)};
const char *const evidence_instead_word[INSTEAD_COUNT] = {EVIDENCE_INSTEAD(WORD)};
#undef WORD

void evidence_reset(struct evidence *e)
{
	e->begin = ++e->now;
	memset(e->logging, 0, sizeof(e->logging));
	memset(e->changed, 0, sizeof(e->changed));
}

uint64_t evidence_tick(struct evidence *e)
{
	return ++e->now;
}

static void told(struct evidence *e, unsigned guest, uint32_t n, enum evidence_request request)
{
	struct evidence_page *page = &e->l1[guest - 1][n];

	page->told = e->now;
	page->request = (uint8_t)request;
}

enum evidence_request evidence_request_of(const struct event *event)
{
	if (event->scope == SCOPE_PAGE)
		return event->hcall == EVENT_HCALL_RPT ? REQUEST_RANGE : REQUEST_PAGE;
	return event->scope == SCOPE_LPID ? REQUEST_LPID : REQUEST_ALL;
}

static void take_request(struct evidence *e, const struct event *event)
{
	bool pages = event->scope == SCOPE_PAGE;
	enum evidence_request request = evidence_request_of(event);
	uint32_t first = pages ? event->n : 0, end = pages ? event->n + event->count : WORLD_L2_PAGES;

	/* Refused, of another size than the entry's, or for the walk cache only. */
	if (event->status || !event->valid || event->ric == RIC_PWC)
		return;
	for (unsigned guest = 1; guest <= SCENARIO_GUESTS_MAX; guest++) {
		if (event->guest && event->guest != guest && event->scope != SCOPE_ALL)
			continue;
		for (uint32_t n = first; n < end && n < WORLD_L2_PAGES; n++)
			told(e, guest, n, request);
	}
}

static void take_l1_pte(struct evidence *e, const struct event *event)
{
	for (uint32_t n = event->n; n < event->n + event->count && n < WORLD_L2_PAGES; n++) {
		struct evidence_page *page = &e->l1[event->guest - 1][n];
		uint64_t meaning = event->valid ? ((uint64_t)event->lpage + n - event->n) << 8 | event->perm | 0x80 : 0;

		if (page->changed < e->begin || page->meaning != meaning)
			page->changed = e->now;
		page->meaning = meaning;
	}
}

/* The kernel unmaps a slot that is deleted or that begins to be logged: not one that is logged already. */
static void take_slot(struct evidence *e, const struct event *event, const struct layout_slot *slot)
{
	bool log = event->kind == EV_LOG_START, kept = log ? e->logging[event->slot] : event->valid;

	if (event->status)
		return;
	for (uint32_t i = slot->first; !kept && i < slot->first + slot->pages && i < WORLD_LPAGES; i++)
		e->host[i] = e->slot_began[event->slot];
	e->logging[event->slot] = log;
}

void evidence_event(struct evidence *e, const struct event *event, const struct layout *layout)
{
	e->now++;
	switch (event->kind) {
	case EV_L1_PTE:
		take_l1_pte(e, event);
		break;
	case EV_L1_TAINT:
		for (unsigned guest = 1; guest <= SCENARIO_GUESTS_MAX; guest++)
			if (!event->guest || event->guest == guest)
				e->tainted[guest - 1] = e->now;
		break;
	case EV_SLOT_CHANGE:
		if (event->valid)
			e->slot_began[event->slot] = e->now;
		break;
	case EV_SLOT:
	case EV_LOG_START:
		take_slot(e, event, &layout->slots[event->slot]);
		break;
	case EV_LOG_STOP:
		e->logging[event->slot] &= event->status != 0;
		break;
	case EV_L1_TLBIE_END:
		take_request(e, event);
		break;
	case EV_HOST_MAP:
		if (event->lpage < WORLD_LPAGES && !event->valid)
			e->host[event->lpage] = e->now;
		break;
	}
}

uint64_t evidence_change(struct evidence *e, unsigned task)
{
	e->changed[task] = ++e->now;
	return e->now;
}

void evidence_tlbie(struct evidence *e, unsigned task, uint32_t lpid, uint64_t addr, uint64_t end)
{
	uint64_t after = e->changed[task];

	e->now++;
	if (!after)
		return;
	e->tlbies[after % EVIDENCE_TLBIES] =
		(struct evidence_tlbie){.after = after, .addr = addr, .end = end, .lpid = lpid};
	e->changed[task] = 0;
}

struct evidence_page evidence_of_l2(const struct evidence *e, unsigned guest, uint32_t n)
{
	struct evidence_page page = {0};

	if (!guest || n >= WORLD_L2_PAGES)
		return page;
	page = e->l1[guest - 1][n];
	page.tainted = e->tainted[guest - 1] >= e->begin ? e->tainted[guest - 1] : 0;
	if (page.changed < e->begin)
		page.changed = 0;
	if (page.told < e->begin) {
		page.told = 0;
		page.request = REQUEST_NONE;
	}
	return page;
}

uint64_t evidence_of_host(const struct evidence *e, uint32_t lpage)
{
	return lpage < WORLD_LPAGES && e->host[lpage] >= e->begin ? e->host[lpage] : 0;
}

enum evidence_instead evidence_instead(const struct evidence *e, uint64_t at, uint32_t lpid, uint64_t addr)
{
	const struct evidence_tlbie *t = &e->tlbies[at % EVIDENCE_TLBIES];

	if (!at || t->after != at)
		return INSTEAD_NOTHING;
	/* What differs in both is no mistaken attempt at this one. */
	if (t->lpid == lpid)
		return INSTEAD_ADDRESS;
	return addr >= t->addr && addr < t->end ? INSTEAD_LPID : INSTEAD_NOTHING;
}
