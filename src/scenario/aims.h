/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * aims.h: where preempting may matter, for the mutator: yield points of an op right before it touches what another op
 * touches too, one of them to change it. One run of a scenario tells them (run_scheduled), for this scenario only.
 */
#ifndef RCFUZZ_AIMS_H
#define RCFUZZ_AIMS_H

#include <stdint.h>

#define AIMS_MAX 64u

struct scenario_aims {
	uint32_t count;
	uint32_t met;	 /* all there were: of more than AIMS_MAX some, evenly spread, are kept */
	uint32_t shared; /* of them, how many are about memory of the kernel, and not a lock: such ops can harm each
			    other */
	struct scenario_aim {
		uint16_t victim, child; /* labels: the op that touches it there, and the other */
		uint16_t nth;		/* yield point of the victim, as in struct scenario_point */
	} aims[AIMS_MAX];
};

#endif
