// SPDX-License-Identifier: GPL-2.0-only
/* layout.c: where things lie, computed from a configuration. See layout.h. */
#include "layout.h"

#include <assert.h>

#define SLOT_GPA_STEP (1ull << 30)
#define HVA_BASE 0x7e0000000000ull

static uint64_t align_up(uint64_t x, uint64_t to)
{
	return (x + to - 1) & ~(to - 1);
}

/* Take `bytes` at the next address that is aligned to `align`. */
static uint64_t take(uint64_t *next, uint64_t bytes, uint64_t align)
{
	uint64_t at = align_up(*next, align);

	*next = at + bytes;
	return at;
}

static void place_slot(struct layout *l, unsigned slot, uint32_t pages, uint32_t first)
{
	l->slots[slot] = (struct layout_slot){
		.pages = pages,
		.first = first,
		.gpa = slot * SLOT_GPA_STEP,
		.hva = HVA_BASE + slot * SLOT_GPA_STEP,
	};
}

/* Where the tables lie in their slot; returns the slot's size in pages. */
static uint32_t place_tables(struct layout *l, const struct scenario_config *config, uint64_t gpa)
{
	uint64_t next = gpa;

	l->partition_table_gpa = take(&next, LAYOUT_TABLE_BYTES, LAYOUT_TABLE_BYTES);
	for (unsigned i = 0; i < SCENARIO_VCPUS_MAX; i++)
		l->state_gpa[i] = take(&next, l->page_size, l->page_size);
	l->guest_pool_size = LAYOUT_POOL_BYTES;
	for (unsigned i = 0; i < config->guests; i++) {
		for (unsigned root = 0; root < LAYOUT_ROOTS; root++)
			l->guest_root_gpa[i][root] = take(&next, LAYOUT_TABLE_BYTES, LAYOUT_TABLE_BYTES);
		l->guest_pool_gpa[i] = take(&next, LAYOUT_POOL_BYTES, LAYOUT_TABLE_BYTES);
		l->guest_process_gpa[i] = take(&next, LAYOUT_TABLE_BYTES, LAYOUT_TABLE_BYTES);
		l->guest_process_root_gpa[i] = take(&next, LAYOUT_TABLE_BYTES, LAYOUT_TABLE_BYTES);
		l->guest_process_pool_gpa[i] = take(&next, LAYOUT_POOL_BYTES, LAYOUT_TABLE_BYTES);
	}
	return (uint32_t)((next - gpa) >> l->page_shift);
}

void layout_init(struct layout *l, const struct scenario_config *config)
{
	unsigned tables = SCENARIO_SLOTS_MAX - 1;
	uint32_t table_pages;

	*l = (struct layout){.page_shift = config->page == PAGE_64K ? 16 : 12, .slot_count = SCENARIO_SLOTS_MAX};
	l->page_size = 1u << l->page_shift;
	l->l1_page_shift = l->page_shift;
	if (config->l1page != L1PAGE_SAME)
		l->l1_page_shift = config->l1page == L1PAGE_64K ? 16 : 12;

	place_slot(l, 0, config->slot, 0);
	place_slot(l, 1, config->slot1, config->slot);
	/* Shifted, no huge page of the VMM's is one of L1's: the addresses differ by less than that. */
	if (config->slot1 && layout_slots_share(config))
		l->slots[1].hva = l->slots[0].hva + (config->kind1 == SLOT1_SHIFTED ? l->page_size : 0);
	if (config->slot1 && config->kind1 == SLOT1_FRAMES)
		l->slots[1].gpa = LAYOUT_FRAMES_GPA;
	l->slots[1].readonly = config->slot1 && config->kind1 == SLOT1_READONLY;
	l->data_pages = layout_data_pages(config);
	l->l2_pages = layout_l2_pages(config);

	table_pages = place_tables(l, config, tables * SLOT_GPA_STEP);
	place_slot(l, tables, table_pages, l->data_pages);
	l->total_pages = l->data_pages + table_pages;
}

uint32_t layout_lpage(const struct layout *l, uint64_t gpa)
{
	for (unsigned i = 0; i < SCENARIO_SLOTS_MAX; i++) {
		const struct layout_slot *slot = &l->slots[i];

		if (gpa >= slot->gpa && gpa - slot->gpa < (uint64_t)slot->pages << l->page_shift)
			return slot->first + (uint32_t)((gpa - slot->gpa) >> l->page_shift);
	}
	return LAYOUT_NONE;
}

uint32_t layout_slot_of(const struct layout *l, uint32_t lpage)
{
	assert(lpage < l->total_pages);
	if (lpage >= l->slots[2].first)
		return 2;
	return lpage >= l->slots[1].first ? 1 : 0;
}

uint64_t layout_gpa(const struct layout *l, uint32_t lpage)
{
	const struct layout_slot *slot = &l->slots[layout_slot_of(l, lpage)];

	return slot->gpa + ((uint64_t)(lpage - slot->first) << l->page_shift);
}

uint64_t layout_hva(const struct layout *l, uint32_t lpage)
{
	const struct layout_slot *slot = &l->slots[layout_slot_of(l, lpage)];

	return slot->hva + ((uint64_t)(lpage - slot->first) << l->page_shift);
}

uint64_t layout_size_bytes(const struct layout *l, unsigned size)
{
	switch (size) {
	case SIZE_2M:
		return 2u << 20;
	case SIZE_1G:
		return 1u << 30;
	case SIZE_4K:
		return 4096;
	case SIZE_64K:
		return 65536;
	default:
		return 1ull << l->l1_page_shift;
	}
}

uint32_t layout_size_pages(const struct layout *l, unsigned size)
{
	uint64_t pages = layout_size_bytes(l, size) >> l->page_shift;

	return pages ? (uint32_t)pages : 1;
}
