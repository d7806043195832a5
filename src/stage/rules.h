/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rules.h: in what the stage and our side may differ, and why: one place, not a
 * tolerance in each comparison.
 */
#ifndef RCFUZZ_RULES_H
#define RCFUZZ_RULES_H

#include "run/run.h"
#include "scenario/scenario.h"

/*
 * Make a scenario one that can be compared: ops and settings that the stage has not, or that differ there by nature,
 * are left out (rules.c says which and why), and at the end each slot is harvested, so that what is in its log shows.
 * Canonical afterwards. ages: the kernel there has something that ages pages (stage.h).
 */
void rules_compare(struct scenario *s, bool ages);

/*
 * Take out of it the op in which an access has faulted for ever on our side, and all behind it but the last harvests:
 * the kernel there faults as well, and nobody ends it. Canonical afterwards.
 */
void rules_cut_endless(struct scenario *s, const struct run_outcome *ours);

/* How many of its ops can be compared, from the first on, after our side has run it: those before the world ended (and
 * rules.c). */
unsigned rules_ops_compared(const struct run_outcome *ours);

/*
 * Make a scenario one that the stage can run as it is meant: settings, and the last harvests; then what shows more of
 * the finding (NULL: none in particular): of a loss of L1's, L1's harvest; if rules_ask_tlbie, a tlbie of all of L1's
 * translations for the guest, and the harvests again. NULL: it is; otherwise why it cannot be, and *op is the op that
 * is missing there. Canonical afterwards. Its own ops keep their indices.
 */
const char *rules_play(struct scenario *s, const struct finding *f, unsigned *op);
/* Is it a loss that a tlbie of L1 may bring back? */
bool rules_ask_tlbie(const struct finding *f);

#endif
