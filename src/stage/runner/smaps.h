/* SPDX-License-Identifier: GPL-2.0-only */
/* smaps.h: does the kernel map an address of this process with a huge entry? It says so in /proc/self/smaps. */
#ifndef RCFUZZ_STAGE_SMAPS_H
#define RCFUZZ_STAGE_SMAPS_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/*
 * Of the VMA that holds `addr`, in KiB: what huge entries map of its shared memory, private mappings of it included
 * (ShmemPmdMapped). -1: there is no such VMA, or the kernel does not say.
 */
static inline long smaps_huge_kib(FILE *smaps, uint64_t addr)
{
	char line[512];
	bool inside = false;

	while (fgets(line, sizeof(line), smaps)) {
		uint64_t start, end;
		long kib;

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &start, &end) == 2)
			inside = addr >= start && addr < end;
		else if (inside && sscanf(line, "ShmemPmdMapped: %ld kB", &kib) == 1)
			return kib;
	}
	return -1;
}

#endif
