/* SPDX-License-Identifier: GPL-2.0-only */
/* words.h: what an op of a timeline did, in sentences. */
#ifndef RCFUZZ_WORDS_H
#define RCFUZZ_WORDS_H

#include "report/timeline.h"

#define WORDS_MAX 1024u
#define WORDS_HARVEST 32u

/* "L2 of guest 1 stores to its page 0." */
void words_op(const struct scenario_op *op, char *text, size_t size);

/*
 * What became of the entries of the watched page: who changed what, what the
 * TLB and L1's entry have now, what came of it. "" if nothing did; cut at `size`.
 */
void words_effect(const struct timeline *t, uint32_t op, char *text, size_t size);

/*
 * Of a loss that shows when the scenario is over: the harvest that, behind the last op, does not name the page
 * ("host harvest slot=0"). "" for what shows before, or in no harvest.
 */
void words_last_harvest(const struct finding *f, const struct scenario *s, char *text, size_t size);

/* What a saved scenario says of itself: the title, and that harvest if it takes one to see it. No newline at the end.
 */
void words_story(const struct finding *f, const struct scenario *s, char *text, size_t size);

/* What the loss is about, once the ops are told: which access, and who should have seen it. "" without a finding. */
void words_conclusion(const struct timeline *t, char *text, size_t size);

#endif
