/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * orphans.h: which shadow tables the kernel finds by L1's LPID. A vCPU may go on with one that it does not find any
 * more; this keeps at whose request it was lost, to tell apart why.
 */
#ifndef RCFUZZ_ORPHANS_H
#define RCFUZZ_ORPHANS_H

#include "evidence.h"

struct orphan_note {
	uint32_t world; /* of which world this is; others are stale: the table was never found */
	bool lost;
	uint8_t request; /* enum evidence_request: that was answered last before it was lost */
};

struct orphans {
	uint32_t world;
	uint32_t flushes; /* requests for a whole guest, or for all of them, that are under way */
	bool given_up[SCENARIO_GUESTS_MAX];
	struct orphan_note tables[MACHINE_LPIDS];
};

/* A new world: O(1). */
void orphans_reset(struct orphans *o);
/* L1 gives guests up, and has requests answered. */
void orphans_event(struct orphans *o, const struct event *event);
/* A vCPU is in that table; by L1's LPID the kernel finds `found` (-1: none). request: that was just answered, if any.
 */
void orphans_look(struct orphans *o, int table, int found, enum evidence_request request);
/*
 * What tells this orphan from one whose guest L1 has given up, or has asked to be flushed whole, for which the kernel
 * takes it out of its index: a word, or NULL if there is nothing.
 */
const char *orphans_word(const struct orphans *o, unsigned guest, int table);

#endif
