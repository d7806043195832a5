/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * evidence.h: in which order things were changed, asked for and invalidated, to
 * tell what did not reach an entry from what made it wrong: L1's invalidations by
 * L2 page, the host's changes by L1 page, and the last invalidations that the
 * kernel gave the hardware. Times are numbers that only grow, over all worlds.
 */
#ifndef RCFUZZ_EVIDENCE_H
#define RCFUZZ_EVIDENCE_H

#include "actor/world.h"

#define EVIDENCE_TLBIES                                                                                                \
	4096u /* each at the time of the change before it: older ones of the same place are forgotten                  \
	       */

/* How L1 asked for an invalidation that covers a page. */
#define EVIDENCE_REQUESTS(X)                                                                                           \
	X(REQUEST_NONE, "no-request")                                                                                  \
	X(REQUEST_PAGE, "tlbie-page")                                                                                  \
	X(REQUEST_RANGE, "rpt-range")                                                                                  \
	X(REQUEST_LPID, "tlbie-lpid")                                                                                  \
	X(REQUEST_ALL, "tlbie-all")
#define EVIDENCE_REQUEST_MEMBER(id, word) id,
enum evidence_request { EVIDENCE_REQUESTS(EVIDENCE_REQUEST_MEMBER) REQUEST_COUNT };
extern const char *const evidence_request_word[REQUEST_COUNT];
/* Of an EV_L1_TLBIE_END. */
enum evidence_request evidence_request_of(const struct event *event);

/* What the kernel invalidated after a change of an entry. */
#define EVIDENCE_INSTEAD(X)                                                                                            \
	X(INSTEAD_NOTHING, "no-tlbie")                                                                                 \
	X(INSTEAD_LPID, "other-lpid")                                                                                  \
	X(INSTEAD_ADDRESS, "other-address")
enum evidence_instead { EVIDENCE_INSTEAD(EVIDENCE_REQUEST_MEMBER) INSTEAD_COUNT };
extern const char *const evidence_instead_word[INSTEAD_COUNT];

struct evidence_tlbie {
	uint64_t after; /* the change of an entry by the same op before it, with no other invalidation in between */
	uint64_t addr, end;
	uint32_t lpid;
};

struct evidence_page {
	uint64_t changed; /* L1 made its entry mean something else: not R and C */
	uint64_t meaning; /* a number for what it means */
	uint64_t told;	  /* L1's last invalidation that covers it returned */
	uint64_t tainted; /* L1 last did something to the guest from which on its table may say anything */
	uint8_t request;  /* enum evidence_request: which one that was */
};

struct evidence {
	uint64_t now, begin; /* what is older than begin belongs to other worlds */
	struct evidence_page l1[SCENARIO_GUESTS_MAX][WORLD_L2_PAGES];
	uint64_t tainted[SCENARIO_GUESTS_MAX];
	uint64_t host[WORLD_LPAGES];		 /* the host took its mapping away, or had the kernel flush it */
	uint64_t slot_began[SCENARIO_SLOTS_MAX]; /* the last ioctl that changes the slot */
	bool logging[SCENARIO_SLOTS_MAX];
	uint64_t changed[TARGET_TASKS]; /* by the op that runs as that task, and nothing was invalidated since */
	struct evidence_tlbie tlbies[EVIDENCE_TLBIES];
};

/* A new world: O(1). */
void evidence_reset(struct evidence *e);
/* The next moment. */
uint64_t evidence_tick(struct evidence *e);
void evidence_event(struct evidence *e, const struct event *event, const struct layout *layout);
/* A task's kernel code changes an entry: the moment. */
uint64_t evidence_change(struct evidence *e, unsigned task);
/* It invalidated [addr, end) of an LPID in the TLBs. */
void evidence_tlbie(struct evidence *e, unsigned task, uint32_t lpid, uint64_t addr, uint64_t end);

/* What happened to a page in this world; all zero if nothing did. */
struct evidence_page evidence_of_l2(const struct evidence *e, unsigned guest, uint32_t n);
uint64_t evidence_of_host(const struct evidence *e, uint32_t lpage);
/* Directly after the change at `at`: did the kernel invalidate something else than addr of lpid? */
enum evidence_instead evidence_instead(const struct evidence *e, uint64_t at, uint32_t lpid, uint64_t addr);

#endif
