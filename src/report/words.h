/* SPDX-License-Identifier: GPL-2.0-only */
/* words.h: what an op of a timeline did, in sentences. */
#ifndef RCFUZZ_WORDS_H
#define RCFUZZ_WORDS_H

#include "report/timeline.h"

#define WORDS_MAX 1024u

/* "L2 of guest 1 stores to its page 0." */
void words_op(const struct scenario_op *op, char *text, size_t size);

/*
 * What became of the entries of the watched page: who changed what, what the
 * TLB and L1's entry have now, what came of it. "" if nothing did; cut at `size`.
 */
void words_effect(const struct timeline *t, uint32_t op, char *text, size_t size);

/* What the loss is about, once the ops are told: which access, and who should have seen it. "" without a finding. */
void words_conclusion(const struct timeline *t, char *text, size_t size);

#endif
