/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * l2_wait.h: is an L2 that does not end stuck, or only slow?
 *
 * L2 in real mode that touches what is no memory faults for ever: the kernel cannot read its instruction to emulate it
 * (kvmhv_load_from_eaddr knows translated addresses only), and tries again. A signal ends L2, and if the kernel has
 * tried that often meanwhile, it is that; otherwise L2 was only slow, begins again, and has twice as long: on a busy
 * machine a fixed time may be over each time before L2 has run at all.
 */
#ifndef RCFUZZ_STAGE_L2_WAIT_H
#define RCFUZZ_STAGE_L2_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#define L2_WAIT_MS 20u
#define L2_WAIT_MS_MAX 1280u
#define L2_WAIT_LOADS 30u

struct l2_wait {
	unsigned ms;	/* until the signal; and between it and the next ones */
	uint64_t loads; /* reads of an instruction by the kernel, before L2 was entered */
};

static inline struct l2_wait l2_wait_begin(uint64_t loads)
{
	return (struct l2_wait){L2_WAIT_MS, loads};
}

/* A signal has ended L2; so many reads there were by now. True: it was only slow, and is to begin again. */
static inline bool l2_wait_again(struct l2_wait *wait, uint64_t loads)
{
	wait->ms = 2 * wait->ms < L2_WAIT_MS_MAX ? 2 * wait->ms : L2_WAIT_MS_MAX;
	return loads - wait->loads < L2_WAIT_LOADS;
}

#endif
