/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * controls.h: variants of a finding's scenario in which it must not show. When
 * one shows it all the same, the scenario does not show what it says.
 */
#ifndef RCFUZZ_CONTROLS_H
#define RCFUZZ_CONTROLS_H

#include "run/finding.h"
#include "scenario/scenario.h"

/* X(ID, "what differs", "why there is none of some scenarios"; NULL: it is about races, and others have none) */
#define CONTROLS(X)                                                                                                    \
	X(CONTROL_WITHOUT, "without the decisive op", "no op is")                                                      \
	X(CONTROL_PLAIN, "a plain L1 instead of L2", "L2 accesses no page that L1 maps")                               \
	X(CONTROL_SWAPPED, "order swapped", "no access follows")                                                       \
	X(CONTROL_SERIAL, "one op after the other", NULL)
#define CONTROL_MEMBER(id, word, why_not) id,
enum control { CONTROLS(CONTROL_MEMBER) CONTROL_COUNT };
extern const char *const control_name[CONTROL_COUNT];
extern const char *const control_why_not[CONTROL_COUNT];

/* The op without which the finding should not show: its index. */
unsigned control_decisive(const struct scenario *s, const struct finding *f);

/*
 * Make one of s (canonical, shows f). Its ops keep their labels. False: s has nothing to vary in that way.
 */
bool control_make(enum control control, const struct scenario *s, const struct finding *f, struct scenario *out);

#endif
