// SPDX-License-Identifier: GPL-2.0-only
/* words.c: ops and what they changed, in sentences. */
#include "report/words.h"

#include "base/text.h"
#include "scenario/layout.h"
#include "scenario/text.h"

#include <stdio.h>
#include <string.h>

#define CHANGES_TOLD 6u

/* {field} stands for its value. An op without a row is told by its help in ops.def. */
static const char *const op_words[OP_COUNT] = {
	[OP_L2_ENTER] = "vCPU {vcpu} enters guest {guest}.",
	[OP_L2_EXIT] = "vCPU {vcpu} leaves L2 and goes on in L1.",
	[OP_L2_LOAD] = "Guest {guest} loads from its page {n}.",
	[OP_L2_STORE] = "Guest {guest} stores to its page {n}.",
	[OP_L2_FETCH] = "Guest {guest} fetches an instruction from its page {n}.",
	[OP_L1_LOAD] = "L1 loads from its page {g}.",
	[OP_L1_STORE] = "L1 stores to its page {g}.",
	[OP_L1_CREATE] = "L1 creates guest {guest}, with the {tree} tables.",
	[OP_L1_DESTROY] = "L1 stops and destroys guest {guest}.",
	[OP_L1_MAP] = "L1 maps page {n} of guest {guest} to its own page {g}.",
	[OP_L1_UNMAP] = "L1 unmaps page {n} of guest {guest}, with a tlbie.",
	[OP_L1_PROTECT] = "L1 changes the permissions of page {n} of guest {guest} to {perm}, with a tlbie.",
	[OP_L1_CLEAR] = "L1 clears {rc} in its entry for page {n} of guest {guest}, without a tlbie.",
	[OP_L1_CLEAN] = "L1 clears {rc} in its entry for page {n} of guest {guest}, then invalidates it.",
	[OP_L1_TLBIE] = "L1 invalidates by H_TLB_INVALIDATE (scope {scope}, guest {guest}, page {n}).",
	[OP_L1_RPT] = "L1 invalidates by H_RPT_INVALIDATE (scope {scope}, guest {guest}, {count} pages from {n}).",
	[OP_L1_LOG_START] = "L1 begins to migrate guest {guest}: it clears C everywhere and takes a full copy.",
	[OP_L1_HARVEST] = "L1 reads and clears the C bits of guest {guest}, and copies what was dirty.",
	[OP_L1_FINISH] = "L1 stops guest {guest}, copies what is still dirty, and compares every page.",
	[OP_L1_COPY] = "L1 copies between page {n} of guest {guest} and its own page {g} (H_COPY_TOFROM_GUEST, {dir}).",
	[OP_L1_VPA] = "L1 registers its page {g} with H_REGISTER_VPA ({area}).",
	[OP_L1_REPOINT] = "L1 points its entry for page {n} of guest {guest} at its page {g}, without a tlbie.",
	[OP_L1_DROP] = "L1 clears its entry for page {n} of guest {guest}, without a tlbie.",
	[OP_L1_ABANDON] = "L1 destroys guest {guest} while it goes on running.",
	[OP_L1_NONSENSE] = "L1 calls {hcall} with nonsense arguments.",
	[OP_HOST_LOG_START] = "The host starts dirty logging of memslot {slot} and takes a full copy.",
	[OP_HOST_LOG_STOP] = "The host stops dirty logging of memslot {slot}.",
	[OP_HOST_HARVEST] = "The host reads the dirty log of memslot {slot} and copies what it names.",
	[OP_HOST_AGE] = "The host ages L1's pages from {g}, {count} in number (flush: {flush}).",
	[OP_HOST_TEST_AGE] = "The host asks whether L1's page {g} was used.",
	[OP_HOST_UNMAP] = "The host pages out L1's pages from {g}, {count} in number.",
	[OP_HOST_MOVE] = "The host moves L1's page {g} to another frame.",
	[OP_HOST_PROTECT] = "The host write-protects L1's pages from {g}, {count} in number.",
	[OP_HOST_SPLIT] = "The host splits the huge page that holds L1's page {g}.",
	[OP_HOST_COLLAPSE] = "The host collapses the memory around L1's page {g} into a huge page.",
	[OP_HOST_WRITE] = "The VMM writes to L1's page {g} itself.",
	[OP_HOST_SLOT_DELETE] = "The host deletes memslot {slot}.",
	[OP_HOST_SLOT_CREATE] = "The host creates memslot {slot} again.",
	[OP_MIGRATION_START] = "The host begins to migrate L1: it logs all memslots and takes a full copy.",
	[OP_MIGRATION_ROUND] = "A round of the migration: the host reads all dirty logs and copies what they name.",
	[OP_MIGRATION_FINISH] = "The host stops the vCPUs, takes the last round, and compares every page.",
	[OP_HW_EVICT_TLB] = "CPU {cpu} forgets its TLB entries, as it may at any time.",
	[OP_HW_EVICT_PWC] = "CPU {cpu} forgets its page walk cache, as it may at any time.",
	[OP_HW_EVICT_PATE] = "CPU {cpu} forgets its partition table entries, as it may at any time.",
	[OP_HW_MOVE] = "vCPU {vcpu} goes on on CPU {cpu}.",
	[OP_L2_SIGNAL] = "A signal takes vCPU {vcpu} out of KVM_RUN; userspace calls it again.",
	[OP_HOST_NOMEM] = "Allocation number {count} of the kernel from now on fails.",
	[OP_HOST_UNSHARE] = "Who shared L1's page {g} exits: the next write keeps its frame.",
	[OP_L1_CORRUPT] = "L1 overwrites its {table} on the way to page {n} of guest {guest} with nonsense ({junk}).",
};

static void append_field(char *text, size_t size, const struct scenario_op *op, const char *name, int length)
{
	for (unsigned i = 0; i < FIELD_COUNT; i++) {
		const struct field_info *info = &field_info[i];
		unsigned value = scenario_field_get(op, info);

		if (strncmp(info->name, name, (size_t)length) || info->name[length])
			continue;
		if (info->words && value <= info->max)
			text_append(text, size, "%s", i == FIELD_rc && value == RC_RC ? "R and C" : info->words[value]);
		else
			text_append(text, size, "%u", value);
	}
}

void words_op(const struct scenario_op *op, char *text, size_t size)
{
	const struct op_info *info = &op_info[op->kind % OP_COUNT];
	const char *words = op_words[op->kind % OP_COUNT];

	*text = '\0';
	if (!words)
		text_append(text, size, "%s %s: %s.", info->actor, info->name, info->help);
	while (words && *words) {
		int plain = (int)strcspn(words, "{"), name = (int)strcspn(words + plain, "}");

		text_append(text, size, "%.*s", plain, words);
		words += plain;
		if (!*words)
			break;
		append_field(text, size, op, words + 1, name - 1);
		words += name + 1;
	}
}

/* ---- what became of it --------------------------------------------------------------- */

struct bits {
	bool present, r, c;
};

static const char *bits_words(bool r, bool c)
{
	return r && c ? "R and C" : r ? "R" : c ? "C" : "neither R nor C";
}

/* "clears C in", "maps ... with R": verb and place, from what an entry was to what it is. */
static void append_transition(char *text, size_t size, struct bits was, struct bits now, const char *place)
{
	bool cleared_r = was.r && !now.r, cleared_c = was.c && !now.c, set_r = now.r && !was.r, set_c = now.c && !was.c;

	if (!now.present) {
		text_append(text, size, "removes %s", place);
		return;
	}
	if (!was.present) {
		text_append(text, size, "makes %s with %s", place, bits_words(now.r, now.c));
		return;
	}
	if (cleared_r || cleared_c)
		text_append(text, size, "clears %s in %s", bits_words(cleared_r, cleared_c), place);
	if (set_r || set_c)
		text_append(text, size, "%ssets %s in %s", cleared_r || cleared_c ? " and " : "",
			    bits_words(set_r, set_c), place);
}

static struct bits bits_of_pte(uint64_t pte)
{
	const char *text = timeline_pte_text(pte);

	return (struct bits){.present = text[0] != '.', .r = text[0] == 'r', .c = text[1] == 'c'};
}

static void append_changes(const struct timeline *t, uint32_t op, char *text, size_t size)
{
	uint32_t told = 0, more = 0;

	for (uint32_t i = 0; i < t->change_count; i++) {
		const struct timeline_change *change = &t->changes[i];

		if (change->op != op || !timeline_change_shows(change))
			continue;
		if (told == CHANGES_TOLD) {
			more++;
			continue;
		}
		text_append(text, size, "%s%s ", told++ ? "; " : " ", *change->function ? change->function : "L1");
		if (change->word)
			text_append(text, size, "%s the %s", change->cleared ? "clears" : "writes", change->place);
		else
			append_transition(text, size, bits_of_pte(change->old_pte), bits_of_pte(change->new_pte),
					  strcmp(change->place, "tlb") != 0 ? change->place
									    : "the translation in the TLB");
	}
	if (more)
		text_append(text, size, "; and %u more changes", more);
	if (told)
		text_append(text, size, ".");
}

/* The kernel code that changed this place in this op is told already. */
static bool is_told(const struct timeline *t, uint32_t op, const char *place)
{
	for (uint32_t i = 0; i < t->change_count; i++) {
		const struct timeline_change *change = &t->changes[i];

		if (change->op == op && !strcmp(change->place, place) && timeline_change_shows(change))
			return true;
	}
	return false;
}

static void append_state(char *text, size_t size, const char *who, struct bits was, struct bits now)
{
	if (was.present == now.present && was.r == now.r && was.c == now.c)
		return;
	if (!now.present)
		text_append(text, size, " %s is gone.", who);
	else
		text_append(text, size, " %s now has %s.", who, bits_words(now.r, now.c));
}

/* What is different now without kernel code that would be known for it. */
static void append_states(const struct timeline *t, uint32_t op, char *text, size_t size)
{
	const struct run_bits *b = &t->steps[op].before, *a = &t->steps[op].after;

#define BITS(of, x) ((struct bits){of->has_##x, of->x##_r, of->x##_c})
	append_state(text, size, "L1's entry", BITS(b, l1), BITS(a, l1));
	if (!is_told(t, op, "l0-pte"))
		append_state(text, size, "l0-pte", BITS(b, l0), BITS(a, l0));
	if (!is_told(t, op, "shadow-pte"))
		append_state(text, size, "shadow-pte", BITS(b, shadow), BITS(a, shadow));
	/* It may have come back. */
	if (a->has_tlb || !is_told(t, op, "tlb"))
		append_state(text, size, "The translation in the TLB", BITS(b, tlb), BITS(a, tlb));
#undef BITS
}

/* An access that asks nobody: the heart of most losses. */
static bool is_silent_access(const struct timeline *t, uint32_t op)
{
	const struct scenario_op *o = &t->scenario.ops[op];
	const struct timeline_step *step = &t->steps[op];
	bool l2 = o->kind == OP_L2_LOAD || o->kind == OP_L2_STORE || o->kind == OP_L2_FETCH;
	bool l1 = o->kind == OP_L1_LOAD || o->kind == OP_L1_STORE;
	bool watched =
		l2 ? t->watch_guest == o->guest && t->watch_n == o->n : l1 && !t->watch_guest && t->watch_lpage == o->g;

	return watched && step->before.has_tlb && !memcmp(&step->before, &step->after, sizeof(step->before));
}

void words_effect(const struct timeline *t, uint32_t op, char *text, size_t size)
{
	const struct timeline_step *step = &t->steps[op];

	*text = '\0';
	if (!step->ran) {
		text_append(text, size, " It did not run.");
		return;
	}
	append_changes(t, op, text, size);
	append_states(t, op, text, size);
	if (is_silent_access(t, op))
		text_append(text, size, " The TLB has the translation: no walk, no fault, and no bit changes.");
	if (*step->note)
		text_append(text, size, " Outcome: %s.", step->note);
}

/* ---- the conclusion ------------------------------------------------------------------- */

static const char *label_of(const struct timeline *t, uint32_t op, char label[SCENARIO_LABEL_MAX])
{
	scenario_label_text(t->scenario.ops[op].label, label);
	return label;
}

void words_last_harvest(const struct finding *f, const struct scenario *s, char *text, size_t size)
{
	struct layout layout;

	*text = '\0';
	layout_init(&layout, &s->config);
	if (f->op_effect < s->op_count)
		return;
	if (f->class == CLASS_LOST_DIRTY_HOST && f->lpage < layout.total_pages)
		text_append(text, size, "host harvest slot=%u", layout_slot_of(&layout, f->lpage));
	else if (f->class == CLASS_LOST_DIRTY_L1 && f->guest)
		text_append(text, size, "l1 harvest guest=%u", f->guest);
}

void words_story(const struct finding *f, const struct scenario *s, char *text, size_t size)
{
	char harvest[WORDS_HARVEST];

	snprintf(text, size, "%s", f->title);
	words_last_harvest(f, s, harvest, sizeof(harvest));
	if (*harvest)
		text_append(text, size, "\nshows after the last op: \"%s\" does not name the page then", harvest);
}

void words_conclusion(const struct timeline *t, char *text, size_t size)
{
	uint32_t cause = t->finding.op_cause, effect = t->finding.op_effect, count = t->scenario.op_count;
	char label[SCENARIO_LABEL_MAX], harvest[WORDS_HARVEST];

	*text = '\0';
	if (!t->has_finding)
		return;
	words_last_harvest(&t->finding, &t->scenario, harvest, sizeof(harvest));
	if (cause < count)
		text_append(text, size, "The op concerned is %s. ", label_of(t, cause, label));
	if (*harvest)
		text_append(text, size, "It shows after the last op: \"%s\" does not name the page then. ", harvest);
	else if (effect >= count)
		text_append(text, size, "It shows after the last op, when all that is owed must be visible. ");
	else if (effect != cause)
		text_append(text, size, "It shows in %s. ", label_of(t, effect, label));
	text_append(text, size, "This is %s: %s.", class_info[t->finding.class].name,
		    class_info[t->finding.class].meaning);
}
