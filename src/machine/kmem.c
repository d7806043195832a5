/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmem.c: the kernel's own memory: a bump arena in which nothing is reused
 * within a world, so that every address tells what it is or was.
 *
 * Why not malloc: addresses must be the same in every run, the hardware's walk
 * must be able to ask whether a table is still allocated, and a fresh world must
 * cost microseconds. With ASan, redzones and freed memory are poisoned by hand.
 *
 * An allocation starts at a multiple of 64 bytes; at least 16 bytes before and
 * behind it are redzone. The arena is zero where it was never used; a reset
 * zeroes what was. Allocations of 16 KiB and more are mostly page directories
 * with a handful of entries: of those, only the words that
 * machine_kmem_note_write told of are zeroed, and all if it told of none.
 */
#include "internal.h"

#include <string.h>

#define REDZONE_BYTES 16u
/* Odd: what takes a word of it for a tagged pointer (an rmap's) goes on, so that all that it writes shows. */
#define REDZONE_BYTE 0xcd
#define REDZONE_WORD 0xcdcdcdcdcdcdcdcdull
#define FREED_BYTE 0x6b
#define GARBAGE_BYTE 0xa5 /* in memory that nobody asked to be zeroed */
#define GARBAGE_MAX 4096u
#define LARGE_MIN 16384u
#define ALIGN_MAX (1u << SHIFT_2M)
#define SPAN_GAP_MAX 512u /* closer allocations are zeroed in one go */

#define NO_ASAN __attribute__((no_sanitize("address")))

static unsigned char *arena(uint32_t offset)
{
	return (unsigned char *)(uintptr_t)(MACHINE_KMEM_BASE + offset);
}

static uint64_t align_up(uint64_t n, uint64_t align)
{
	return (n + align - 1) & ~(align - 1);
}

/* Where the redzone behind an allocation ends, and the next may start. */
static uint32_t alloc_end(const struct kmem_alloc *a)
{
	return (uint32_t)align_up((uint64_t)a->start + a->size + REDZONE_BYTES, KMEM_GRANULE);
}

void kmem_init(struct kmem *kmem)
{
	kmem->cursor = KMEM_GRANULE;
	MACHINE_POISON(arena(0), MACHINE_KMEM_BYTES);
}

/* ---- finding ------------------------------------------------------------------ */

/* The allocation that an offset belongs to, its redzones included; NULL: none. */
static const struct kmem_alloc *find(const struct kmem *kmem, uint64_t offset)
{
	uint32_t i;

	if (offset >= kmem->cursor || kmem->count == 0)
		return NULL;
	i = kmem->first[offset >> 12];
	while (i + 1 < kmem->count && kmem->alloc[i + 1].start <= offset)
		i++;
	return &kmem->alloc[i];
}

static const struct kmem_alloc *find_start(const struct machine *m, const void *p)
{
	uint64_t offset = (uint64_t)(uintptr_t)p - MACHINE_KMEM_BASE;
	const struct kmem_alloc *a = find(&m->kmem, offset);

	return a && a->start == offset ? a : NULL;
}

bool kmem_is_live_word(const struct kmem *kmem, uint64_t addr)
{
	uint64_t offset = addr - MACHINE_KMEM_BASE;
	const struct kmem_alloc *a = find(kmem, offset);

	return a && !a->freed && offset >= a->start && offset + 8 <= (uint64_t)a->start + a->size;
}

enum kmem_state machine_kmem_state(const struct machine *m, uint64_t addr, size_t n, const void **alloc_site,
				   const void **free_site)
{
	uint64_t offset = addr - MACHINE_KMEM_BASE;
	const struct kmem_alloc *a = find(&m->kmem, offset);

	if (alloc_site)
		*alloc_site = a ? a->alloc_site : NULL;
	if (free_site)
		*free_site = a ? a->free_site : NULL;
	if (offset >= m->kmem.cursor)
		return KMEM_OUTSIDE;
	if (!a || offset < a->start || offset + n > (uint64_t)a->start + a->size)
		return KMEM_REDZONE;
	return a->freed ? KMEM_FREED : KMEM_LIVE;
}

bool machine_kmem_object(const struct machine *m, uint64_t addr, struct machine_kmem_object *object)
{
	const struct kmem_alloc *a = find(&m->kmem, addr - MACHINE_KMEM_BASE);

	if (!a)
		return false;
	*object = (struct machine_kmem_object){.start = arena(a->start),
					       .size = a->size,
					       .kind = a->kind,
					       .freed = a->freed,
					       .alloc_site = a->alloc_site,
					       .free_site = a->free_site};
	return true;
}

size_t machine_kmem_size(const struct machine *m, const void *p)
{
	const struct kmem_alloc *a = find_start(m, p);

	return a && !a->freed ? a->size : 0;
}

/* ---- lines ----------------------------------------------------------------------- */

const uint8_t *machine_kmem_lines(const struct machine *m)
{
	return m->kmem.lines;
}

static void set_lines(struct kmem *kmem, const struct kmem_alloc *a)
{
	uint8_t *line = &kmem->lines[a->start / MACHINE_KMEM_LINE];
	uint32_t whole = a->size / MACHINE_KMEM_LINE, rest = a->size % MACHINE_KMEM_LINE;

	memset(line, (int)(MACHINE_KMEM_LINE / 8 << 4 | a->kind), whole);
	if (rest)
		line[whole] = (uint8_t)((rest + 7) / 8 << 4 | a->kind);
}

static void clear_lines(struct kmem *kmem, const struct kmem_alloc *a)
{
	memset(&kmem->lines[a->start / MACHINE_KMEM_LINE], 0, (a->size + MACHINE_KMEM_LINE - 1) / MACHINE_KMEM_LINE);
}

/* ---- allocation --------------------------------------------------------------- */

static void index_pages(struct kmem *kmem, uint32_t i)
{
	const struct kmem_alloc *a = &kmem->alloc[i];

	for (; kmem->pages << 12 < kmem->cursor; kmem->pages++)
		kmem->first[kmem->pages] = i;
	if (!a->large)
		return;
	for (uint32_t page = a->start >> 12; page << 12 < a->start + a->size; page++)
		kmem->large[page] = i + 1;
}

void *machine_kmem_alloc(struct machine *m, size_t size, size_t align, bool zero, unsigned kind, const void *site)
{
	struct kmem *kmem = &m->kmem;
	struct kmem_alloc *a = &kmem->alloc[kmem->count];
	uint64_t start;

	assert((align & (align - 1)) == 0 && align <= ALIGN_MAX);
	assert(kind >= 1 && kind <= KMEM_KIND_MACHINE);
	if (size == 0 || size > MACHINE_KMEM_BYTES)
		return NULL;
	if (align < KMEM_GRANULE)
		align = KMEM_GRANULE;
	if (size >= LARGE_MIN && align < 4096)
		align = 4096; /* so that a page belongs to one large allocation at most */
	start = align_up(kmem->cursor, align);
	if (start + size + KMEM_GRANULE + REDZONE_BYTES > MACHINE_KMEM_BYTES)
		return NULL;

	*a = (struct kmem_alloc){.start = (uint32_t)start,
				 .size = (uint32_t)size,
				 .kind = (uint8_t)kind,
				 .large = size >= LARGE_MIN,
				 .alloc_site = site};
	kmem->cursor = alloc_end(a);
	kmem->count++;
	index_pages(kmem, kmem->count - 1);
	set_lines(kmem, a);

	MACHINE_UNPOISON(arena(a->start) - REDZONE_BYTES, kmem->cursor - a->start + REDZONE_BYTES);
	memset(arena(a->start) - REDZONE_BYTES, REDZONE_BYTE, REDZONE_BYTES);
	memset(arena(a->start) + a->size, REDZONE_BYTE, kmem->cursor - a->start - a->size);
	if (!zero && size <= GARBAGE_MAX)
		memset(arena(a->start), GARBAGE_BYTE, size);
	MACHINE_POISON(arena(a->start) - REDZONE_BYTES, REDZONE_BYTES);
	MACHINE_POISON(arena(a->start) + a->size, kmem->cursor - a->start - a->size);
	return arena(a->start);
}

static void poison_noted_words(const struct kmem *kmem, const struct kmem_alloc *a)
{
	for (uint32_t word = a->start >> 3; word < (a->start + a->size) >> 3; word++) {
		if (kmem->note_map[word / 64] == 0)
			word |= 63; /* none of these 64 */
		else if (kmem->note_map[word / 64] >> (word % 64) & 1)
			memset(arena(word << 3), FREED_BYTE, 8);
	}
}

const char *machine_kmem_free(struct machine *m, void *p, unsigned kind, const void *site)
{
	struct kmem_alloc *a = (struct kmem_alloc *)find_start(m, p);

	if (!a)
		return "not an allocation";
	if (a->freed)
		return "double free";
	if (a->kind != kind)
		return "freed as another kind";
	a->freed = true;
	clear_lines(&m->kmem, a);
	a->free_site = site;
	if (a->noted > 0) {
		poison_noted_words(&m->kmem, a);
	} else {
		a->dense = true;
		memset(p, FREED_BYTE, a->size);
	}
	MACHINE_POISON(p, a->size);
	return NULL;
}

void machine_kmem_note_write(struct machine *m, const void *word)
{
	struct kmem *kmem = &m->kmem;
	uint64_t offset = (uint64_t)(uintptr_t)word - MACHINE_KMEM_BASE;
	struct kmem_alloc *a;
	uint64_t bit;

	if (offset >= kmem->cursor || kmem->large[offset >> 12] == 0)
		return;
	a = &kmem->alloc[kmem->large[offset >> 12] - 1];
	offset >>= 3;
	bit = 1ull << (offset % 64);
	if (offset >= (a->start + a->size + 7) >> 3 || kmem->note_map[offset / 64] & bit)
		return;
	kmem->note_map[offset / 64] |= bit;
	kmem->note[kmem->note_count++] = (uint32_t)offset;
	a->noted++;
}

/* ---- at the end of a world ------------------------------------------------------ */

void machine_kmem_each_live(const struct machine *m,
			    void (*fn)(void *ctx, const void *p, size_t size, unsigned kind, const void *site),
			    void *ctx)
{
	for (uint32_t i = 0; i < m->kmem.count; i++) {
		const struct kmem_alloc *a = &m->kmem.alloc[i];

		if (!a->freed && a->kind != KMEM_KIND_MACHINE)
			fn(ctx, arena(a->start), a->size, a->kind, a->alloc_site);
	}
}

/* Reads what is poisoned, hence without ASan. */
NO_ASAN static bool is_redzone(const unsigned char *p, uint32_t n)
{
	uint64_t word;

	for (; n >= sizeof(word); p += sizeof(word), n -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		if (word != REDZONE_WORD)
			return false;
	}
	for (; n; p++, n--) {
		if (*p != REDZONE_BYTE)
			return false;
	}
	return true;
}

const void *machine_kmem_overflow(const struct machine *m)
{
	for (uint32_t i = 0; i < m->kmem.count; i++) {
		const struct kmem_alloc *a = &m->kmem.alloc[i];
		uint32_t end = a->start + a->size;

		if (!is_redzone(arena(a->start) - REDZONE_BYTES, REDZONE_BYTES) ||
		    !is_redzone(arena(end), alloc_end(a) - end))
			return arena(a->start);
	}
	return NULL;
}

NO_ASAN size_t machine_kmem_overrun(const struct machine *m, const void *p)
{
	const struct kmem_alloc *a = find(&m->kmem, (uintptr_t)p - MACHINE_KMEM_BASE);
	uint32_t end = a ? a->start + a->size : 0, last = a ? alloc_end(a) : 0;

	while (last > end && arena(last)[-1] == REDZONE_BYTE)
		last--;
	return last - end;
}

size_t machine_kmem_used(const struct machine *m)
{
	return m->kmem.cursor;
}

/* ---- reset ------------------------------------------------------------------------ */

static void zero_large(struct kmem *kmem, const struct kmem_alloc *a)
{
	uint32_t end = a->start + a->size;

	if (a->dense || a->noted == 0)
		memset(arena(a->start), 0, a->size);
	memset(arena(a->start) - REDZONE_BYTES, 0, REDZONE_BYTES);
	memset(arena(end), 0, alloc_end(a) - end);
	for (uint32_t page = a->start >> 12; page << 12 < end; page++)
		kmem->large[page] = 0;
}

static void zero_allocations(struct kmem *kmem)
{
	uint32_t from = KMEM_GRANULE, to = KMEM_GRANULE;

	for (uint32_t i = 0; i < kmem->count; i++) {
		const struct kmem_alloc *a = &kmem->alloc[i];

		if (a->large) {
			zero_large(kmem, a);
			continue;
		}
		if (a->start - REDZONE_BYTES > to + SPAN_GAP_MAX) {
			memset(arena(from), 0, to - from);
			from = a->start - REDZONE_BYTES;
		}
		to = alloc_end(a);
	}
	memset(arena(from), 0, to - from);
}

static void zero_notes(struct kmem *kmem)
{
	for (uint32_t i = 0; i < kmem->note_count; i++) {
		uint32_t word = kmem->note[i];

		memset(arena(word << 3), 0, 8);
		kmem->note_map[word / 64] = 0;
	}
	kmem->note_count = 0;
}

void kmem_reset(struct kmem *kmem)
{
	MACHINE_UNPOISON(arena(0), kmem->cursor);
	zero_allocations(kmem);
	zero_notes(kmem);
	MACHINE_POISON(arena(0), kmem->cursor);
	memset(kmem->lines, 0, kmem->cursor / MACHINE_KMEM_LINE);
	kmem->cursor = KMEM_GRANULE;
	kmem->count = 0;
	kmem->pages = 0;
}

NO_ASAN bool kmem_is_zero(const struct kmem *kmem, size_t bytes)
{
	const uint64_t *words = (const uint64_t *)(uintptr_t)MACHINE_KMEM_BASE;

	for (size_t i = 0; i < bytes / 8; i++) {
		if (words[i])
			return false;
	}
	for (size_t i = 0; i < bytes >> 12; i++) {
		if (kmem->large[i])
			return false;
	}
	for (size_t i = 0; i < (bytes >> 3) / 64; i++) {
		if (kmem->note_map[i])
			return false;
	}
	for (size_t i = 0; i < bytes / MACHINE_KMEM_LINE; i++) {
		if (kmem->lines[i])
			return false;
	}
	return true;
}
