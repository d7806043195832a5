/* SPDX-License-Identifier: GPL-2.0-only */
/* seeds.h: the inputs that a run begins with. */
#ifndef RCFUZZ_SEEDS_H
#define RCFUZZ_SEEDS_H

#include <stdint.h>

/*
 * Fill OUT/seeds with the binary form of all scenarios below `corpus` (NULL:
 * corpus/seeds here or where rcfuzz was installed; none there: generated ones).
 * What an earlier run has put there goes. Bad files are told of and left out; one
 * line tells that some are for kernels of another page size than the module's
 * (page_shift), but of corpus/seeds, which are for both. 0, or an exit code after
 * cli_error.
 */
int seeds_prepare(const char *corpus, const char *out, uint32_t seed, unsigned page_shift);

#endif
