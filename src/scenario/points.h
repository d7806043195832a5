/* SPDX-License-Identifier: GPL-2.0-only */
/* points.h: the part of scenario_canonicalize() that is about preemptions. */
#ifndef RCFUZZ_POINTS_H
#define RCFUZZ_POINTS_H

#include "scenario.h"

/* The ops are canonical, their labels unique; the points may be anything. */
void scenario_points_canonicalize(struct scenario *s);

#endif
