/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * provenance.h: for each page table entry, which kernel code mapped it last and
 * which cleared and set its R and C last, and for each word of an rmap or a dirty
 * bitmap, which wrote it and which cleared bits of it last; as chains of return
 * addresses, names come when asked for.
 */
#ifndef RCFUZZ_PROVENANCE_H
#define RCFUZZ_PROVENANCE_H

#include "finding.h"
#include "kernel/module.h"

#define PROVENANCE_SLOTS 8192u
#define PROVENANCE_SITES 4096u /* a kernel has some hundreds */

struct provenance_site {
	const void *callers[TARGET_CALLERS]; /* innermost first; [0] NULL: nothing known */
};

/* When something was done, a number that grows, and by which op of the scenario. */
struct provenance_moment {
	uint64_t at;
	uint16_t op;
};

struct provenance_entry {
	const void *entry;
	uint32_t world; /* of which world this is; others are stale */
	/* Who changed more than R and C last, who cleared them last, and who set them last; and when. NULL, 0: nobody.
	 */
	const struct provenance_site *mapped, *cleared_c, *cleared_r, *set_c, *set_r;
	/* When it came to be a leaf: what changes it later, permissions say, makes it no other translation. */
	uint64_t made_at;
	uint64_t mapped_at, cleared_c_at, cleared_r_at, set_c_at, set_r_at;
	/* Who made it lead elsewhere in place, since it was mapped. No TLB may see that, so no kernel means to. */
	const struct provenance_site *redirected;
	/* Who took it away, or permission, or made it lead elsewhere. */
	const struct provenance_site *narrowed;
	uint64_t narrowed_at;
	uint16_t cleared_c_op, cleared_r_op, set_c_op, set_r_op, narrowed_op;
};

/* Who wrote a word so that it changed last, and who cleared bits of it. */
struct provenance_word {
	const uint64_t *word;
	uint32_t world;
	uint64_t value;					 /* as it was when it was last looked at */
	const struct provenance_site *pending;		 /* has written it since, or is about to */
	const struct provenance_site *written, *cleared; /* NULL: nobody */
};

#define PROVENANCE_WORDS 4096u /* the rmaps and bitmaps of a scenario's slots are some hundreds */

struct provenance {
	uint32_t world;
	struct provenance_word words[PROVENANCE_WORDS];
	struct provenance_entry slots[PROVENANCE_SLOTS];
	/* Each site once, for as long as the module is loaded: what remembers one keeps a pointer. */
	struct provenance_site sites[PROVENANCE_SITES];
};

/* The one copy of a site. NULL: there is no room near where it belongs, so it stays unknown. */
const struct provenance_site *provenance_intern(struct provenance *p, const void *const callers[TARGET_CALLERS]);

/* Forget all entries, in O(1). */
void provenance_reset(struct provenance *p);
void provenance_note(struct provenance *p, const void *entry, uint64_t old_pte, uint64_t new_pte,
		     struct provenance_moment when, const void *const callers[TARGET_CALLERS]);
/* NULL: nothing is known of that entry. */
const struct provenance_entry *provenance_find(const struct provenance *p, const void *entry);

/*
 * A word is about to be written. What the write does is seen by the time the word is next noted or found: it is memory
 * of this process that can be read then.
 */
void provenance_before_word(struct provenance *p, const uint64_t *word, const void *const callers[TARGET_CALLERS]);
/*
 * It was just written. One that nothing is known of was zero before, as rmaps and dirty bitmaps are at first. The bits
 * that it has lost, as far as is known.
 */
uint64_t provenance_after_word(struct provenance *p, const uint64_t *word, const void *const callers[TARGET_CALLERS]);
/* NULL: nobody is known to have written it. */
const struct provenance_word *provenance_find_word(struct provenance *p, const uint64_t *word);

/* What a translation may have that the entry which it came from has no longer. */
enum provenance_loss { LOSS_ACCESS, LOSS_C, LOSS_R, LOSS_COUNT };
/*
 * Who made a translation stale that lacks nothing: took the entry or a permission away, or else cleared that bit.
 * The first to do so after the bit was set: whoever came later found the translation stale.
 */
struct provenance_change {
	const struct provenance_site *site; /* NULL: nobody */
	uint64_t at;
	uint16_t op;
};
struct provenance_change provenance_staled(const struct provenance_entry *entry, enum provenance_loss loss);

/*
 * The kernel function that a site (or NULL) stands for: the innermost one that is no mere accessor of an entry and
 * no helper of a header; and its callers. False: unknown.
 */
bool provenance_name(struct module *m, const struct provenance_site *site, struct finding_writer *out);
/* The same, but a function that maps or unmaps for its callers stands for itself: for what it does wrong for all. */
bool provenance_name_inner(struct module *m, const struct provenance_site *site, struct finding_writer *out);
/* The function itself, whatever it does for whom: only what is inlined of a header is passed over. */
bool provenance_name_place(struct module *m, const struct provenance_site *site, struct finding_writer *out);
/* The caller of a function that takes or gives back a reference for it. */
bool provenance_name_holder(struct module *m, const struct provenance_site *site, struct finding_writer *out);
/* Who had a tree of page tables taken down: which of its functions freed one depends on what was in the tree. */
bool provenance_name_freer(struct module *m, const struct provenance_site *site, struct finding_writer *out);
/* And so does one that uses the lists and trees of lib/, or copies from and to a guest, for what it makes them do. */
bool provenance_name_user(struct module *m, const struct provenance_site *site, struct finding_writer *out);
/* More callers of a function that is named: a site that begins at its return address. */
void provenance_add_callers(struct module *m, const struct provenance_site *site, struct finding_writer *out);

#endif
