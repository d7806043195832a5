/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_world.h: for the oracle's tests. A small world, and one line an event.
 *
 * Slot 0 holds L1 pages 0..15, slot 1 pages 16..23 (its kind is the test's), the
 * tables slot begins at TABLES. Page p lies in frame FRAME(p), read-write; an
 * alias shares the frame of its partner. Guests 1 and 2 exist, nothing is mapped
 * to them, nothing is tracked. Each event is an op of its own: `op` counts them.
 */
#ifndef RCFUZZ_ORACLE_TEST_WORLD_H
#define RCFUZZ_ORACLE_TEST_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "oracle/oracle.h"

#define VERDICTS 16u
#define SLOT1 16u
#define TABLES 24u
#define ALIAS_OF(p) ((p) + SLOT1) /* with slot1=alias */
#define FRAME(p) (100u + (p))
#define RW (EVP_READ | EVP_WRITE)
#define RWX (RW | EVP_EXEC)
#define BITMAP_BYTES 64u /* bytes of a bitmap */

struct world {
	struct oracle *oracle;
	struct scenario_config config;
	struct layout layout;
	struct oracle_verdict verdicts[VERDICTS];
	size_t count;
	uint16_t op; /* of the last event */
};

/* ---- what a test expects ---- */

/* The one verdict since the last check. */
static inline struct oracle_verdict expect_at(struct world *w, enum finding_class class, const char *file, int line)
{
	if (w->count != 1 || w->verdicts[0].class != class) {
		print_error("expected %s once; got %zu:", class_info[class].name, w->count);
		for (size_t i = 0; i < w->count && i < VERDICTS; i++)
			print_error(" %s", class_info[w->verdicts[i].class].name);
		print_error("\n");
		_fail(file, line);
	}
	w->count = 0;
	return w->verdicts[0];
}

static inline void quiet_at(struct world *w, const char *file, int line)
{
	for (size_t i = 0; i < w->count && i < VERDICTS; i++)
		print_error("unexpected %s\n", class_info[w->verdicts[i].class].name);
	if (w->count)
		_fail(file, line);
	assert_null(oracle_inconsistency(w->oracle));
}

#define expect(w, class) expect_at(w, class, __FILE__, __LINE__)
#define quiet(w) quiet_at(w, __FILE__, __LINE__)

/* ---- events ---- */

/* Feed it as part of an op that began before. */
static inline void feed_within(struct world *w, uint16_t op, struct event event)
{
	event.op = op;
	assert_true(w->count < VERDICTS);
	w->count += oracle_event(w->oracle, &event, w->verdicts + w->count, VERDICTS - w->count);
}

static inline uint16_t begin_op(struct world *w)
{
	/* A long test has more events than a scenario has ops. */
	struct event begin = {.kind = EV_OP_BEGIN, .op = w->op = (uint16_t)(w->op % SCENARIO_OPS_MAX + 1)};

	assert_int_equal(oracle_event(w->oracle, &begin, NULL, 0), 0);
	return w->op;
}

static inline void end_op(struct world *w, uint16_t op)
{
	struct event end = {.kind = EV_OP_END, .op = op};

	assert_int_equal(oracle_event(w->oracle, &end, NULL, 0), 0);
}

/* Feed it. Returns its op. */
static inline uint16_t feed(struct world *w, struct event event)
{
	uint16_t op = begin_op(w);

	feed_within(w, op, event);
	end_op(w, op);
	return op;
}

#define FEED(w, k, ...) feed(w, (struct event){.kind = k, __VA_ARGS__})

static inline void host_map(struct world *w, uint32_t lpage, uint32_t frame, uint8_t perm)
{
	FEED(w, EV_HOST_MAP, .lpage = lpage, .frame = frame, .perm = perm, .valid = true);
}

static inline void host_unmap(struct world *w, uint32_t lpage)
{
	FEED(w, EV_HOST_MAP, .lpage = lpage);
}

static inline void slot_set(struct world *w, uint8_t slot, bool valid)
{
	FEED(w, EV_SLOT, .slot = slot, .valid = valid);
}

static inline uint16_t l1_access(struct world *w, uint8_t access, uint32_t lpage, uint32_t frame)
{
	return FEED(w, EV_L1_ACCESS, .access = access, .lpage = lpage, .frame = frame);
}

static inline uint16_t l1_store(struct world *w, uint32_t lpage)
{
	return l1_access(w, ACCESS_STORE, lpage, FRAME(lpage));
}

static inline uint16_t l2_access(struct world *w, uint8_t access, uint8_t guest, uint32_t n, uint32_t frame)
{
	return FEED(w, EV_L2_ACCESS, .access = access, .guest = guest, .n = n, .frame = frame);
}

static inline uint16_t l2_store(struct world *w, uint8_t guest, uint32_t n, uint32_t frame)
{
	return l2_access(w, ACCESS_STORE, guest, n, frame);
}

static inline uint16_t kernel_write(struct world *w, uint32_t lpage)
{
	return FEED(w, EV_KERNEL_WRITE, .lpage = lpage, .frame = FRAME(lpage));
}

static inline void user_write(struct world *w, uint32_t lpage)
{
	FEED(w, EV_USER_WRITE, .lpage = lpage, .frame = FRAME(lpage));
}

/* What L1's entry of one page says; rc as "rc", "r", "c", "". */
static inline void pte_sized(struct world *w, uint8_t guest, uint32_t n, uint32_t count, uint32_t lpage, uint8_t perm,
			     const char *rc)
{
	FEED(w, EV_L1_PTE, .guest = guest, .n = n, .count = count, .lpage = lpage, .perm = perm, .valid = true,
	     .r = strchr(rc, 'r') != NULL, .c = strchr(rc, 'c') != NULL);
}

static inline void pte(struct world *w, uint8_t guest, uint32_t n, uint32_t lpage, uint8_t perm, const char *rc)
{
	pte_sized(w, guest, n, 1, lpage, perm, rc);
}

static inline void pte_remove(struct world *w, uint8_t guest, uint32_t n)
{
	FEED(w, EV_L1_PTE, .guest = guest, .n = n, .count = 1);
}

static inline void l1_guest(struct world *w, uint8_t guest, bool valid)
{
	FEED(w, EV_L1_GUEST, .guest = guest, .valid = valid);
}

static inline void tlbie_begin(struct world *w)
{
	FEED(w, EV_L1_TLBIE_BEGIN, .guest = 0);
}

static inline void tlbie_end(struct world *w, struct event event)
{
	event.kind = EV_L1_TLBIE_END;
	event.valid = true;
	feed(w, event);
}

/* A whole tlbie that is sure to reach what it names: TLBIE(w, .guest = 1, .scope = SCOPE_LPID, ...) */
static inline void tlbie(struct world *w, struct event event)
{
	tlbie_begin(w);
	tlbie_end(w, event);
}
#define TLBIE(w, ...) tlbie(w, (struct event){__VA_ARGS__})

static inline void tlbie_page(struct world *w, uint8_t guest, uint32_t n)
{
	TLBIE(w, .guest = guest, .scope = SCOPE_PAGE, .ric = RIC_TLB, .n = n, .count = 1);
}

static inline void taint(struct world *w, uint8_t guest)
{
	FEED(w, EV_L1_TAINT, .guest = guest);
}

static inline void log_start(struct world *w, uint8_t slot)
{
	FEED(w, EV_LOG_START, .slot = slot);
}

/* ---- harvests: the pages that are named, then -1 ---- */

struct bitmap {
	uint8_t bytes[BITMAP_BYTES];
};

static inline struct bitmap bitmap_of(const int *named)
{
	struct bitmap bitmap = {{0}};

	for (; *named >= 0; named++)
		bitmap.bytes[*named / 8] |= (uint8_t)(1u << *named % 8);
	return bitmap;
}

#define NAMES(...) ((const int[]){__VA_ARGS__ __VA_OPT__(, ) - 1})

static inline uint16_t harvest_end(struct world *w, uint8_t slot, const int *named)
{
	struct bitmap bitmap = bitmap_of(named);

	return FEED(w, EV_HARVEST_END, .slot = slot, .bitmap = bitmap.bytes);
}

static inline uint16_t harvest(struct world *w, uint8_t slot, const int *named)
{
	FEED(w, EV_HARVEST_BEGIN, .slot = slot);
	return harvest_end(w, slot, named);
}

static inline uint16_t l1_harvest_end(struct world *w, uint8_t guest, const int *named)
{
	struct bitmap bitmap = bitmap_of(named);

	return FEED(w, EV_L1_HARVEST_END, .guest = guest, .bitmap = bitmap.bytes);
}

static inline uint16_t l1_harvest(struct world *w, uint8_t guest, const int *named)
{
	FEED(w, EV_L1_HARVEST_BEGIN, .guest = guest);
	return l1_harvest_end(w, guest, named);
}

/* ---- the world ---- */

static inline void world_begin(struct world *w, unsigned kind1, unsigned rc)
{
	w->config = (struct scenario_config){
		.page = PAGE_64K,
		.cpus = 1,
		.vcpus = 1,
		.guests = 2,
		.slot = 16,
		.slot1 = 8,
		.kind1 = (uint8_t)kind1,
		.rc = (uint8_t)rc,
		.lpid = 1,
		.shadow = 2,
		.l1lpid = 5,
	};
	layout_init(&w->layout, &w->config);
	assert_int_equal(w->layout.slots[1].first, SLOT1);
	assert_int_equal(w->layout.slots[2].first, TABLES);
	w->count = 0;
	w->op = 0;
	oracle_begin(w->oracle, &w->config, &w->layout);
	for (uint8_t slot = 0; slot < SCENARIO_SLOTS_MAX; slot++)
		slot_set(w, slot, true);
	for (uint32_t lpage = 0; lpage < w->layout.total_pages; lpage++) {
		bool shares = layout_slots_share(&w->config) && lpage >= SLOT1 && lpage < TABLES;
		uint32_t home = lpage - SLOT1 + (kind1 == SLOT1_SHIFTED);

		host_map(w, lpage, FRAME(shares ? home : lpage), RW);
	}
	l1_guest(w, 1, true);
	l1_guest(w, 2, true);
	quiet(w);
}

static inline int world_setup(void **state)
{
	static struct world w;

	w.oracle = oracle_create();
	assert_non_null(w.oracle);
	world_begin(&w, SLOT1_PLAIN, RCMODE_FAULT);
	*state = &w;
	return 0;
}

static inline int world_teardown(void **state)
{
	oracle_destroy(((struct world *)*state)->oracle);
	return 0;
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

#endif
