/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event.h: what happened, as the oracle and the trace see it. Actors emit
 * events in the order in which they took effect; nothing here names a kernel
 * structure, a TLB or a shadow table.
 *
 * Units: lpage is an L1 page index (layout.h), n an L2 page index, both in host
 * pages; frame is the number of a host frame (machine), the same for as long as
 * the frame holds the same page; slot as in the scenario; guest from 1.
 */
#ifndef RCFUZZ_EVENT_H
#define RCFUZZ_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(ID, "word") */
#define EVENT_KINDS(X)                                                                                                 \
	/* an op of the scenario begins or ends; op = its index, status = its result */                                \
	X(EV_OP_BEGIN, "op.begin")                                                                                     \
	X(EV_OP_END, "op.end")                                                                                         \
	/* an access of L1 completed at `frame`: vcpu, access, lpage, part, reached */                                 \
	X(EV_L1_ACCESS, "l1.access")                                                                                   \
	/* an access of L2 completed at `frame`: vcpu, guest, access, n, part, reached */                              \
	X(EV_L2_ACCESS, "l2.access")                                                                                   \
	/* an access gave up, nothing was read or written: vcpu, guest and n or lpage, access; status = 0, or an       \
	   errno for what explains it (an allocation failed, the vCPU was gone before) */                              \
	X(EV_ACCESS_FAILED, "access.failed")                                                                           \
	/* an hcall of L1 that is in order was answered with an error: vcpu, hcall, guest (0: about none in            \
	   particular), lpage (that L0 needs for it; LAYOUT_NONE: none), scope of an invalidation, result;             \
	   status as above */                                                                                          \
	X(EV_HCALL_FAILED, "hcall.failed")                                                                             \
	/* the kernel stores to guest memory for a guest, now or soon: vcpu, lpage */                                  \
	X(EV_KERNEL_STORE, "kernel.store")                                                                             \
	/* and has returned since: vcpu, lpage, frame */                                                               \
	X(EV_KERNEL_WRITE, "kernel.write")                                                                             \
	/* the VMM wrote to guest memory: lpage, frame */                                                              \
	X(EV_USER_WRITE, "user.write")                                                                                 \
	/* L1's entry for (guest, n) now is: valid, lpage, size_pages, perm, r, c, part. An                            \
	   entry covers size_pages L2 pages from n. Emitted after its store completed. */                              \
	X(EV_L1_PTE, "l1.pte")                                                                                         \
	/* L1 wrote the partition table entry of guest: valid */                                                       \
	X(EV_L1_GUEST, "l1.guest")                                                                                     \
	/* an L1 tlbie: hcall, guest (0: all), scope, ric, n and count (pages) when scope=page. END when the hcall     \
	   returned: status = its answer, 0 if it was accepted; valid: it is sure to reach what is mapped there.       \
	   Only what is both is owed. */                                                                               \
	X(EV_L1_TLBIE_BEGIN, "l1.tlbie.begin")                                                                         \
	X(EV_L1_TLBIE_END, "l1.tlbie.end")                                                                             \
	/* L1 misbehaved towards guest (0: all of them): its tables prove nothing from now on */                       \
	X(EV_L1_TAINT, "l1.taint")                                                                                     \
	/* L1's migration of guest: START returned (full copy taken); a round: BEGIN, then                             \
	   END with bitmap = the n that had C (copied after it); STOP ends it */                                       \
	X(EV_L1_LOG_START, "l1.log.start")                                                                             \
	X(EV_L1_HARVEST_BEGIN, "l1.harvest.begin")                                                                     \
	X(EV_L1_HARVEST_END, "l1.harvest.end")                                                                         \
	X(EV_L1_LOG_STOP, "l1.log.stop")                                                                               \
	/* the host's mapping of lpage now is: frame, valid, perm. Emitted when the                                    \
	   notifier's begin has returned (valid=0), and when the new mapping stands. */                                \
	X(EV_HOST_MAP, "host.map")                                                                                     \
	/* the host takes lpage..+count away: its notifier's begin runs from now on (valid), or has returned */        \
	X(EV_HOST_UNMAP, "host.unmap")                                                                                 \
	/* slot: exists (valid) from now on */                                                                         \
	X(EV_SLOT, "slot")                                                                                             \
	/* slot: the ioctl that changes it, or its log, runs from now on (valid), or has returned */                   \
	X(EV_SLOT_CHANGE, "slot.change")                                                                               \
	/* dirty logging of slot: START/STOP returned with status; a harvest: BEGIN, then                              \
	   END with status and bitmap = the pages of the slot that it named */                                         \
	X(EV_LOG_START, "log.start")                                                                                   \
	X(EV_LOG_STOP, "log.stop")                                                                                     \
	X(EV_HARVEST_BEGIN, "harvest.begin")                                                                           \
	X(EV_HARVEST_END, "harvest.end")                                                                               \
	/* the age of lpage..+count was cleared (flush) or only read (EV_TEST_AGE);                                    \
	   status = was it young */                                                                                    \
	X(EV_AGE, "age")                                                                                               \
	X(EV_TEST_AGE, "test-age")                                                                                     \
	/* the migration compared lpage (or guest, n for L1's): status 0 the same, 1 differs */                        \
	X(EV_COMPARE, "compare")                                                                                       \
	X(EV_L1_COMPARE, "l1.compare")                                                                                 \
	/* the scenario is over: everything still owed must be visible now. bitmap-less;                               \
	   the runner has harvested each tracked slot and L1's tables before it. */                                    \
	X(EV_END, "end")                                                                                               \
	/* H_COPY_TOFROM_GUEST was answered without an error: vcpu, hcall, guest and n, lpage, access: what that does  \
	   to n */                                                                                                     \
	X(EV_HCALL_DONE, "hcall.done")

#define EVENT_MEMBER(id, word) id,
enum event_kind { EVENT_KINDS(EVENT_MEMBER) EV_COUNT };

/* Hcalls of L1 (PAPR): X(ID, number, "NAME", "word") */
#define EVENT_HCALLS(X)                                                                                                \
	X(EVENT_HCALL_NONE, 0, "none", "none")                                                                         \
	X(EVENT_HCALL_REGISTER_VPA, 0xdc, "H_REGISTER_VPA", "h-register-vpa")                                          \
	X(EVENT_HCALL_RPT, 0x448, "H_RPT_INVALIDATE", "h-rpt-invalidate")                                              \
	X(EVENT_HCALL_PTCR, 0xf800, "H_SET_PARTITION_TABLE", "h-set-partition-table")                                  \
	X(EVENT_HCALL_ENTER, 0xf804, "H_ENTER_NESTED", "h-enter-nested")                                               \
	X(EVENT_HCALL_TLBIE, 0xf808, "H_TLB_INVALIDATE", "h-tlb-invalidate")                                           \
	X(EVENT_HCALL_COPY, 0xf80c, "H_COPY_TOFROM_GUEST", "h-copy-tofrom-guest")

#define EVENT_HCALL_MEMBER(id, number, name, word) id,
enum event_hcall { EVENT_HCALLS(EVENT_HCALL_MEMBER) EVENT_HCALL_COUNT };

enum event_access { ACCESS_LOAD, ACCESS_STORE, ACCESS_FETCH };

/* Permission bits of events; the oracle's and everyone's words, no hardware's. */
enum { EVP_READ = 1, EVP_WRITE = 2, EVP_EXEC = 4 };

struct event {
	uint8_t kind;	/* enum event_kind */
	uint8_t access; /* enum event_access */
	uint8_t vcpu;
	uint8_t guest; /* from 1; 0: none, or all */
	uint8_t slot;
	uint8_t scope; /* enum scenario_SCOPE */
	uint8_t ric;   /* enum scenario_RIC */
	uint8_t perm;  /* EVP_ bits */
	bool valid, r, c, flush;
	bool quadrant;	/* EV_L2_ACCESS by the kernel for L1 (H_COPY_TOFROM_GUEST): owes nothing to L1's R and C */
	uint8_t hcall;	/* enum event_hcall */
	uint16_t op;	/* index of the op that caused it */
	int32_t result; /* of an hcall */
	uint32_t lpage;
	uint32_t n;
	uint32_t count; /* size_pages of an entry, or length of a range, in pages */
	uint32_t frame;
	int32_t status;
	uint8_t part;	 /* which 4K of its page an access asks for; of an entry, how many of them it maps (0: all) */
	uint8_t reached; /* which 4K of the frame the access got to */
	uint8_t unused[6];
	const uint8_t *bitmap; /* bit i = page i of the slot, or L2 page i; borrowed */
};
/* Traces are hashes of events: no byte before the pointer is without a value. */
_Static_assert(offsetof(struct event, bitmap) == 48, "an event has padding");

#endif
