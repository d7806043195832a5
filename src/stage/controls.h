/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * controls.h: variants of a finding's scenario in which it must not show. When
 * one shows it all the same, the scenario does not show what it says.
 */
#ifndef RCFUZZ_CONTROLS_H
#define RCFUZZ_CONTROLS_H

#include "run/finding.h"
#include "scenario/scenario.h"

/* X(ID, "what differs") */
#define CONTROLS(X)                                                                                                    \
	X(CONTROL_WITHOUT, "without the decisive op")                                                                  \
	X(CONTROL_PLAIN, "a plain L1 instead of L2")                                                                   \
	X(CONTROL_SWAPPED, "order swapped")                                                                            \
	X(CONTROL_SERIAL, "one op after the other")
#define CONTROL_MEMBER(id, word) id,
enum control { CONTROLS(CONTROL_MEMBER) CONTROL_COUNT };
extern const char *const control_name[CONTROL_COUNT];

/*
 * Make one of s (canonical, shows f). Its ops keep their labels. False: s has nothing to vary in that way.
 */
bool control_make(enum control control, const struct scenario *s, const struct finding *f, struct scenario *out);

#endif
