/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blame.h: from what the oracle says of an access, and how things stood when it
 * completed, to where the bit went missing and who is to blame: the layer and the
 * words of the signature. It knows no module: who did something is a site, which
 * gets its name elsewhere.
 */
#ifndef RCFUZZ_BLAME_H
#define RCFUZZ_BLAME_H

#include "mark.h"
#include "oracle/oracle.h"

#define BLAME_ITEMS 3u

/* How a site is named. */
enum blame_name {
	BLAME_CALLER, /* provenance_name */
	BLAME_INNER,  /* provenance_name_inner */
};

/* What is known besides the verdict and the access. */
struct blame_facts {
	const struct layout *layout;
	struct provenance_change taken; /* of the bit from l0-pte, after the access; all zero: nobody */
	bool taker_under_way;		/* whose op has not ended: it may still tell others of the bit */
	const char *kernel_writer;	/* the function that wrote the page for a guest last; NULL: kvm_write_guest */
};

struct blame_item {
	const char *what; /* "mapped shadow-pte", "the rmap" */
	const char *word; /* NULL: the site tells */
	const struct provenance_site *site;
	enum blame_name name;
};

struct blame {
	enum finding_layer layer;
	uint32_t count;
	struct blame_item items[BLAME_ITEMS];
};

/* The access went through a shadow table: the kernel copies to and from L2 through it too (quadrants). */
bool blame_is_through_shadow(const struct oracle_verdict *v);
/* It should not have gone where it went; otherwise it is one that is lost. */
bool blame_is_reach(const struct oracle_verdict *v);
/* It is R that is lost. */
bool blame_is_about_r(const struct oracle_verdict *v);

/* v: of a class that the two above tell apart. */
struct blame blame_of(const struct oracle_verdict *v, const struct store_mark *mark, const struct blame_facts *facts);

#endif
