/* SPDX-License-Identifier: GPL-2.0-only */
/* touches.c: see touches.h. */
#include "touches.h"

#include <string.h>

/* No addresses of kernel memory. */
enum { TRANSLATIONS = 1, HOST_MEMORY = 2 };

/* What a yield point is about, beside the variable itself. */
static const struct {
	bool variable, write; /* it changes */
	uint8_t also;
	bool also_write;
} touched_by[POINT_COUNT] = {
	[POINT_LOCK] = {.variable = true, .write = true},
	[POINT_UNLOCK] = {.variable = true, .write = true},
	[POINT_PTE] = {.variable = true, .write = true, .also = TRANSLATIONS, .also_write = true},
	[POINT_TLBIE] = {.also = TRANSLATIONS, .also_write = true},
	[POINT_HW] = {.also = TRANSLATIONS},
	[POINT_USER] = {.also = HOST_MEMORY},
	[POINT_HOST] = {.also = HOST_MEMORY, .also_write = true},
	[POINT_READ] = {.variable = true},
	[POINT_WRITE] = {.variable = true, .write = true},
};

void touches_begin(struct touches *t, uint32_t ops)
{
	t->of_op_max = TOUCHES_MAX / (ops < 1 ? 1 : ops < TOUCHES_OPS ? ops : TOUCHES_OPS);
	memset(t->of_op, 0, sizeof(t->of_op));
	t->count = t->word_count = 0;
	t->generation++;
}

/* NULL: new, and there is no room. */
static struct touched *find(struct touches *t, uintptr_t what)
{
	uint64_t hash = (uint64_t)what * 0x9e3779b97f4a7c15u >> 32;
	struct touched *slot;

	/* Half of the slots stay free: it ends. */
	for (;; hash++) {
		slot = &t->slots[hash % TOUCHES_SLOTS];
		if (slot->generation != t->generation) {
			if (t->word_count == TOUCHES_SLOTS / 2)
				return NULL;
			t->word_count++;
			*slot = (struct touched){.what = what, .generation = t->generation};
		}
		if (slot->what == what)
			return slot;
	}
}

static void add(struct touches *t, unsigned op, uint32_t nth, uintptr_t what, bool write, bool memory)
{
	struct touched *slot;

	if (op >= TOUCHES_OPS || nth > UINT16_MAX)
		return;
	slot = find(t, what);
	if (!slot)
		return;
	if (write)
		slot->writers |= (uint8_t)(1u << op);
	else
		slot->readers |= (uint8_t)(1u << op);
	/* Where the others could interrupt this one; where it can interrupt them is in theirs. */
	if (t->of_op[op] == t->of_op_max || t->count == TOUCHES_MAX)
		return;
	t->of_op[op]++;
	t->list[t->count++] = (struct touch){what, (uint16_t)nth, (uint8_t)op, write, memory};
}

void touches_note(struct touches *t, unsigned op, uint32_t nth, enum target_point kind, const void *variable)
{
	/* By words of 8 bytes: a byte of a bitmap word is the word. */
	if (touched_by[kind].variable && variable)
		add(t, op, nth, (uintptr_t)variable & ~(uintptr_t)7, touched_by[kind].write,
		    kind != POINT_LOCK && kind != POINT_UNLOCK);
	if (touched_by[kind].also)
		add(t, op, nth, touched_by[kind].also, touched_by[kind].also_write, false);
}

static void keep(struct scenario_aims *aims, const struct scenario_aim *aim)
{
	uint64_t spread = ++aims->met * 0x9e3779b97f4a7c15u >> 32;

	if (aims->count < AIMS_MAX)
		aims->aims[aims->count++] = *aim;
	else if (spread % aims->met < AIMS_MAX)
		aims->aims[spread % aims->met] = *aim;
}

void touches_aims(struct touches *t, const uint16_t *labels, struct scenario_aims *aims)
{
	struct scenario_aim last = {0};

	aims->count = aims->met = aims->shared = aims->around = 0;
	for (uint32_t i = 0; i < t->count; i++) {
		const struct touch *touch = &t->list[i];
		const struct touched *all = find(t, touch->what);
		unsigned others = (all->writers | (touch->write ? all->readers : 0u)) & ~(1u << touch->op);
		struct scenario_aim aim = {.victim = labels[touch->op], .nth = touch->nth};

		aims->shared += others && touch->memory;
		aims->around += others && touch->what <= HOST_MEMORY;
		for (; others; others &= others - 1) {
			aim.child = labels[__builtin_ctz(others)];
			/* A place touches many things, and a scan is at one place all the time. */
			if (aim.victim == last.victim && aim.child == last.child && aim.nth == last.nth)
				continue;
			keep(aims, &aim);
			last = aim;
		}
	}
}
