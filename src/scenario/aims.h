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
	uint32_t met; /* all there were: of more than AIMS_MAX some, evenly spread, are kept */
	/* How many of them are about memory of the kernel that is no lock, by which ops can harm each other; */
	uint32_t shared;
	uint32_t around; /* and about what is around the kernel: translations, the host's own mapping. */
	struct scenario_aim {
		uint16_t victim, child; /* labels: the op that touches it there, and the other */
		uint16_t nth;		/* yield point of the victim, as in struct scenario_point */
	} aims[AIMS_MAX];
};

#endif
