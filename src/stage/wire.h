/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wire.h: what rcfuzz and the runner on the stage say to each other, over a
 * virtio-serial port, and the records by which the two sides are compared.
 *
 * rcfuzz sends a scenario: a head, then its binary form (codec.h). The runner
 * answers with a head and records, one for each thing that can be seen from
 * outside. All is little-endian; both sides are.
 */
#ifndef RCFUZZ_WIRE_H
#define RCFUZZ_WIRE_H

#include "scenario/event.h"
#include "scenario/layout.h"

#include <stddef.h>
#include <stdint.h>

#define WIRE_MAGIC 0x31667a72u /* "rzf1" */
/* The runner's first words: no scenario, the payload is "release pagesize language", and " ages" where it can age
 * pages. */
#define WIRE_HELLO UINT32_MAX
#define WIRE_BYTES_MAX (16u << 20)
#define WIRE_DELAYS_MAX 64u

struct wire_head {
	uint32_t magic, id, bytes; /* of what follows */
	/*
	 * Question: so many delays (int32_t, in ns) come before the scenario. For each of them its ops run once more,
	 * in the same VM, and those that interrupt others begin by so much later than these. 0: they run once. Answer:
	 * 0, or -errno: the VM could not be made.
	 */
	int32_t status;
};

/* Kinds of records beyond those of events. */
enum wire_kind {
	/* an L1 page's bytes changed in this op: lpage, part, count = what the last store there left */
	WIRE_CONTENT = EV_COUNT,
	/* an hcall of L1 returned: vcpu, n = its number, status = r3 */
	WIRE_HCALL,
	/* L2 left to L1: vcpu, status = the trap; 0: it was taken out; of a fault also what wire_fault says, if L2 got
	   so far (else count is 0) */
	WIRE_L2_LEFT,
	/* slot, lpage: its bytes have changed since it was last copied, and the harvest that just ended does not name
	   it; or guest, n: L2 has stored to it since L1 last named it, and L1's harvest does not */
	WIRE_LOST,
	/* a line of the kernel's log that is alarming; the payload is its text */
	WIRE_LOG,
	/* the ops have run for one delay: n, count = how many ns an op and the one that interrupted it took; 0: unknown
	 */
	WIRE_RACE,
	/* an access or an hcall that should not have ended as it did (runner/judge.c): status = enum finding_class;
	   vcpu, guest, access, n, lpage of it, or hcall and result; count = the L1 page that it got to */
	WIRE_VERDICT,
	WIRE_KIND_END
};

/*
 * A number for what both sides have to mean by the same words: ops, fields, events, classes. A stage that was prepared
 * by another rcfuzz would run other ops than those that are asked for.
 */
uint32_t wire_language(void);

/* Followed by `payload` bytes: the bitmap of a harvest, or a text. */
struct wire_record {
	uint8_t event[offsetof(struct event, bitmap)];
	uint32_t payload;
};

/* Does it say which page it got to? (field count: of L1; LAYOUT_NONE: none is there now) */
static inline bool wire_reaches(const struct event *e)
{
	return e->kind == EV_L1_ACCESS || e->kind == EV_L2_ACCESS;
}

/* What L1 hears of a fault: n = where (ASDR, in 4 KiB), count = why (HDSISR; 1: of a fetch it is not told there). */
static inline void wire_fault(struct event *left, uint64_t asdr, uint64_t hdsisr)
{
	if (left->status != 0xe00 && left->status != 0xe20)
		return;
	left->n = (uint32_t)(asdr >> 12);
	left->count = left->status == 0xe00 ? (uint32_t)hdsisr : 1;
}

/* Is that event seen from outside, on both sides alike? */
static inline bool wire_visible(const struct event *e)
{
	switch (e->kind) {
	case EV_HOST_MAP:     /* frames have other numbers there, */
	case EV_HOST_UNMAP:   /* and the notifier is the kernel's own */
	case EV_KERNEL_STORE: /* shows in the harvests */
	case EV_KERNEL_WRITE:
	case EV_HCALL_FAILED: /* WIRE_HCALL says it of every hcall */
	case EV_HCALL_DONE:
	case EV_END:
		return false;
	default:
		return !e->quadrant; /* shows in the bytes and in the hcall's result */
	}
}

/* Bytes of the bitmap that an event carries: 0 if none. */
static inline uint32_t wire_bitmap_bytes(const struct event *e, const struct layout *l)
{
	if (!e->bitmap)
		return 0;
	return ((e->kind == EV_L1_HARVEST_END ? l->l2_pages : l->slots[e->slot].pages) + 7) / 8;
}

/*
 * Where in 4 KiB an access of a guest goes on the stage. The ops name pages and parts of them;
 * the areas that the kernel writes (VPA, DTL, H_ENTER_NESTED's state, the
 * buffer of H_COPY_TOFROM_GUEST) keep clear of these, and so does a 4 KiB page.
 */
#define STAGE_STAMP_OFFSET 0x640u /* stores: each leaves a number of its own */
#define STAGE_NAME_OFFSET 0x648u  /* loads: which memory it is (runner/frames.c) */
#define STAGE_FETCH_OFFSET 0x680u /* fetches: instructions that tell the same, and end L2 */
/* In each part of it (field part). */
#define STAGE_PARTS_MAX 16u

static inline unsigned stage_parts(const struct layout *l)
{
	return l->page_size / LAYOUT_PART_BYTES;
}

/* Where that number lies in the page. */
static inline uint32_t stage_stamp_at(unsigned part)
{
	return part * LAYOUT_PART_BYTES + STAGE_STAMP_OFFSET;
}

#endif
