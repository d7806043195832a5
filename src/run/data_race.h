/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * data_race.h: two ops access the same memory, at least one of them writes, at
 * least one of them does it without a mark (READ_ONCE, WRITE_ONCE, an atomic),
 * and nothing orders them: the compiler, or another CPU, may do with that what it
 * likes (the kernel's tools/memory-model, "data race").
 *
 * A vector clock for each op that is under way: locks, grace periods, wake-ups,
 * what actors hold, and marked accesses (a marked write before each marked read of
 * the same word that comes later) order what they do. That is more order than the
 * kernel's barriers give: what is reported is unordered whatever barriers there are.
 * All that was before an op that is no child is ordered before it.
 *
 * Knows numbers only, so it is the same in every process: memory is an offset, what
 * orders is a key. All tables have a fixed size: keys that there is no room
 * for share one and order more, of words that meet in one place the older accesses
 * are forgotten, so that races are missed and none is made up.
 */
#ifndef RCFUZZ_DATA_RACE_H
#define RCFUZZ_DATA_RACE_H

#include "kernel/module.h"

#include <stdbool.h>
#include <stdint.h>

#define DATA_RACE_OPS 33u     /* an op, and as many as a scenario has preemptions */
#define DATA_RACE_WORDS 4096u /* doublewords that are remembered at a time */
#define DATA_RACE_CELLS 4u    /* accesses to each */
#define DATA_RACE_ORDERS 2048u

struct data_race_access {
	const void *callers[TARGET_CALLERS]; /* the code that does it; [0] NULL: no access */
	uint32_t clock;			     /* of its op then */
	uint8_t op;			     /* number of its op, in the order in which they began */
	uint8_t bytes;			     /* which of the doubleword */
	bool write, marked;
};

struct data_race_word {
	uint64_t generation;
	uint32_t word; /* which doubleword this is about */
	uint32_t turn; /* the cell to forget next */
	struct data_race_access cells[DATA_RACE_CELLS];
};

struct data_race_order {
	uint64_t generation, key;
	uint32_t clock[DATA_RACE_OPS];
};

struct data_races {
	uint64_t generation;			      /* of the ops that overlap now: older entries are empty */
	uint32_t count;				      /* of them */
	uint32_t clock[DATA_RACE_OPS][DATA_RACE_OPS]; /* [a][b]: up to where b's steps happened before a */
	struct data_race_access found;
	struct data_race_order orders[DATA_RACE_ORDERS];
	struct data_race_word words[DATA_RACE_WORDS];
};

/* An op begins that is no child: no other is under way. O(1). */
void data_races_begin(struct data_races *d);
/* One begins that may overlap with those since data_races_begin, the first included: its number. */
unsigned data_races_op(struct data_races *d);
/* What op has done until `released` has happened for those that later come to `acquired` of the same key. */
void data_races_acquired(struct data_races *d, unsigned op, uint64_t key);
void data_races_released(struct data_races *d, unsigned op, uint64_t key);
/*
 * An access to size bytes of memory from an offset on, with access->callers, op, write and marked: an earlier access
 * that it races with, until the next call; NULL: none.
 */
const struct data_race_access *data_races_access(struct data_races *d, const struct data_race_access *access,
						 uint64_t offset, uint64_t size);

#endif
