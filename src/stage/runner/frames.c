// SPDX-License-Identifier: GPL-2.0-only
/*
 * frames.c: which memory an access of a guest got to. Each 4 KiB of the file has a name, its number in the file, in a
 * word that loads read, and in the instructions that fetches run; a store leaves a number that no other one does.
 * So a frame, as the actors and the oracle know it, is a page of the file. What the kernel has copied on write has the
 * name of what it is a copy of, and is told apart by where it is.
 *
 * A page of L1's tables loses its names: there it counts what its words are now.
 */
#include "memory.h"

#include <string.h>
#include <unistd.h>

/* In the first byte, which no valid entry of a radix table (big-endian) has: names lie in unused tables, too. */
#define NAME_BYTE 0x4eu
#define PARTS_MAX (1u << 18)

/* lis r4,INDEX >> 14; ori r4,r4,INDEX & 0x3fff; sc 1 */
#define LIS_4 0x3c800000u
#define ORI_4_4 0x60840000u
#define SC_1 0x44000022u
#define FETCH_LOW 14u

/* Frames beyond those of the file are copies. */
#define FRAME_COPY (1u << 20)
/* "Real addresses" that only frames.c makes. */
#define FRAME_HPA (1ull << 62)

static uint64_t name_of(uint64_t index)
{
	return index << 8 | NAME_BYTE;
}

void frames_name(struct machine *m, uint64_t offset)
{
	for (uint64_t at = offset; at < offset + m->page_size; at += LAYOUT_PART_BYTES) {
		uint64_t index = at / LAYOUT_PART_BYTES, name = name_of(index);
		const uint32_t fetched[] = {LIS_4 | (uint32_t)(index >> FETCH_LOW),
					    ORI_4_4 | (uint32_t)(index & ((1u << FETCH_LOW) - 1)), SC_1};

		memcpy(m->view + at + STAGE_NAME_OFFSET, &name, sizeof(name));
		memcpy(m->view + at + STAGE_FETCH_OFFSET, fetched, sizeof(fetched));
	}
}

uint32_t frames_number(const struct machine *m, uint64_t offset, bool copied)
{
	return (uint32_t)(offset / m->page_size) | (copied ? FRAME_COPY : 0);
}

uint32_t machine_hostmm_frame(const struct machine *m, uint64_t hva)
{
	struct memory_state state = {.frame = MACHINE_FRAME_NONE};

	memory_states((struct machine *)m, hva, 1, &state);
	return state.frame;
}

uint32_t machine_frame_number(const struct machine *m, uint64_t hpa)
{
	if (hpa & FRAME_HPA)
		return (uint32_t)((hpa & ~FRAME_HPA) / m->page_size);
	/* An address of this process. */
	return machine_hostmm_frame(m, (hpa - runner_hva(0)) & ~(uint64_t)(m->page_size - 1));
}

static uint64_t hpa_of(const struct machine *m, uint32_t frame, unsigned part)
{
	return FRAME_HPA | ((uint64_t)frame * m->page_size + (uint64_t)part * LAYOUT_PART_BYTES);
}

static uint64_t word_at(const uint8_t *page, unsigned part, uint32_t offset)
{
	uint64_t word;

	memcpy(&word, page + (size_t)part * LAYOUT_PART_BYTES + offset, sizeof(word));
	return word;
}

/* Has a part of the page that word? Then *hpa is where. */
static bool has_word(struct machine *m, uint64_t hva, uint32_t offset, uint64_t word, uint64_t *hpa)
{
	const uint8_t *page = memory_content(m, hva);

	for (unsigned part = 0; part < m->page_size / LAYOUT_PART_BYTES; part++)
		if (word_at(page, part, offset) == word) {
			*hpa = hpa_of(m, machine_hostmm_frame(m, hva), part);
			return true;
		}
	return false;
}

/* Has any page that is mapped now? */
static bool is_mapped_somewhere(struct machine *m, uint32_t offset, uint64_t word, uint64_t *hpa)
{
	for (uint32_t i = 0; i < m->vma_count; i++)
		for (uint32_t at = 0; at < m->vma[i].pages; at++)
			if (has_word(m, m->vma[i].hva + (uint64_t)at * m->page_size, offset, word, hpa))
				return true;
	return false;
}

/* Whatever of the file was ever mapped. */
static bool is_in_file(struct machine *m, uint32_t offset, uint64_t word, uint64_t *hpa)
{
	for (off_t at = HUGE_BYTES; (at = lseek(m->file, at, SEEK_DATA)) >= 0 && (uint64_t)at < m->next;
	     at += LAYOUT_PART_BYTES)
		if (word_at(m->view + at / LAYOUT_PART_BYTES * LAYOUT_PART_BYTES, 0, offset) == word) {
			*hpa = hpa_of(m, frames_number(m, (uint64_t)at, false),
				      (unsigned)((uint64_t)at % m->page_size / LAYOUT_PART_BYTES));
			return true;
		}
	return false;
}

/* By what the right part has, by what anything mapped has, by what was mapped once; else it is memory of nobody's. */
static uint64_t find(struct machine *m, uint64_t hva, uint32_t offset, uint64_t word)
{
	uint64_t hpa;

	if ((hva && has_word(m, hva, offset, word, &hpa)) || is_mapped_somewhere(m, offset, word, &hpa) ||
	    is_in_file(m, offset, word, &hpa))
		return hpa;
	return hpa_of(m, MACHINE_FRAME_NONE, 0);
}

uint64_t frames_loaded(struct machine *m, uint64_t hva, unsigned part, uint64_t name)
{
	if (hva && word_at(memory_content(m, hva), part, STAGE_NAME_OFFSET) == name)
		return hpa_of(m, machine_hostmm_frame(m, hva), part);
	return find(m, hva, STAGE_NAME_OFFSET, name);
}

uint64_t frames_stored(struct machine *m, uint64_t hva, uint64_t stamp)
{
	return find(m, hva, STAGE_STAMP_OFFSET, stamp);
}

uint64_t frames_fetched(struct machine *m, uint64_t hva, unsigned part, uint64_t told)
{
	uint64_t index = (told >> 16) << FETCH_LOW | (told & 0xffff);

	return frames_loaded(m, hva, part, name_of(index));
}

uint32_t frames_lpage(const struct world *w, uint32_t frame, uint32_t asked)
{
	const struct layout *l = &w->layout;

	if (asked < l->total_pages && machine_hostmm_frame(w->machine, layout_hva(l, asked)) == frame)
		return asked;
	for (uint32_t lpage = 0; lpage < l->total_pages; lpage++)
		if (machine_hostmm_frame(w->machine, layout_hva(l, lpage)) == frame)
			return lpage;
	return LAYOUT_NONE;
}
