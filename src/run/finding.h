/* SPDX-License-Identifier: GPL-2.0-only */
/* finding.h: one thing that went wrong in one run of one scenario: plain data. */
#ifndef RCFUZZ_FINDING_H
#define RCFUZZ_FINDING_H

#include "scenario/class.h"

#include <stdbool.h>
#include <stdint.h>

#define FINDING_TEXT 160
#define FINDING_FRAMES 6
#define FINDING_CALLERS 5

/* In which entry the bit went missing. */
#define FINDING_LAYERS(X)                                                                                              \
	X(LAYER_NONE, "none")                                                                                          \
	X(LAYER_L1_PTE, "l1-pte")                                                                                      \
	X(LAYER_L0_PTE, "l0-pte")                                                                                      \
	X(LAYER_SHADOW_PTE, "shadow-pte")                                                                              \
	X(LAYER_TLB, "tlb")                                                                                            \
	X(LAYER_RMAP, "rmap")                                                                                          \
	X(LAYER_BITMAP, "dirty-bitmap")
#define LAYER_MEMBER(id, word) id,
enum finding_layer { FINDING_LAYERS(LAYER_MEMBER) LAYER_COUNT };
extern const char *const layer_name[LAYER_COUNT];

/* A function that was under way, and where in it the next inner one was called. */
struct finding_caller {
	char function[64];
	char file[64]; /* path in the tree */
	uint32_t line; /* 0: unknown */
};

/* A kernel function that last changed something, e.g. what = "cleared C in l0-pte", and for whom it did. */
struct finding_writer {
	char what[48];
	char function[64];
	char file[64]; /* path in the tree */
	uint32_t line; /* 0: unknown */
	uint32_t caller_count;
	struct finding_caller callers[FINDING_CALLERS]; /* innermost first */
};

struct finding {
	enum finding_class class;
	enum finding_layer layer;
	bool needs_wild_l1;	       /* the scenario has an op (or config) that only a misbehaving L1 does */
	bool assertion_only;	       /* only a VM_ assertion (CONFIG_DEBUG_VM) shows it */
	bool embargoed;		       /* a corpus entry says so (known_embargoed); a run does not know it */
	uint8_t guest, access, writer; /* enum oracle_writer */
	uint32_t n, lpage;	       /* LAYOUT_NONE: none */
	uint16_t op_cause, op_effect;  /* indices of ops */
	uint32_t writer_count;
	struct finding_writer writers[FINDING_FRAMES];
	char title[FINDING_TEXT];     /* one sentence: what was lost */
	char signature[FINDING_TEXT]; /* class:layer:functions - semantic, no addresses */
	char coarse[64];	      /* class:layer:role */
};

#endif
