/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * touches.h: what the ops of a schedule touch at their yield points, and where two of them meet.
 *
 * Kernel memory and locks by their addresses. What the hardware and the host's memory management look at is two
 * things more, each as a whole.
 */
#ifndef RCFUZZ_TOUCHES_H
#define RCFUZZ_TOUCHES_H

#include "kernel/target.h"
#include "scenario/aims.h"
#include "scenario/scenario.h"

#define TOUCHES_MAX 8192u
#define TOUCHES_OPS 8u	     /* ops of one schedule that are told apart */
#define TOUCHES_SLOTS 16384u /* a power of two */

struct touch {
	uintptr_t what;
	uint16_t nth;	    /* yield point of the op */
	uint8_t op;	    /* from the schedule's first on */
	bool write, memory; /* memory: of the kernel, and not a lock */
};

struct touches {
	uint32_t count, generation;
	uint32_t of_op[TOUCHES_OPS], of_op_max; /* each op has its share: a long one leaves room for the others */
	struct touch list[TOUCHES_MAX];		/* more are left out, */
	uint32_t word_count; /* but what was touched is known of half as many words as there are slots */
	/* By what: which ops read and write it, a bit each. */
	struct touched {
		uintptr_t what;
		uint32_t generation;
		uint8_t readers, writers;
	} slots[TOUCHES_SLOTS];
};

/* ops: of the schedule. */
void touches_begin(struct touches *t, uint32_t ops);
/* Before the op does that at its yield point `nth`. variable as in host_services.point. */
void touches_note(struct touches *t, unsigned op, uint32_t nth, enum target_point kind, const void *variable);
/* *aims is overwritten. labels: of the schedule's ops, TOUCHES_OPS at most. */
void touches_aims(struct touches *t, const uint16_t *labels, struct scenario_aims *aims);

#endif
