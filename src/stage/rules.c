// SPDX-License-Identifier: GPL-2.0-only
/*
 * rules.c: in what the stage and our side may differ.
 *
 * The emulated CPU drops all translations when LPIDR is written, at each entry and exit of a guest. Hardware may forget
 * at any time, so that is right; but what needs a CPU that remembers cannot be compared. So our machine forgets as
 * often (model.c), and evictions and moves between CPUs mean nothing there.
 *
 * A WARN of the kernel there must be a finding of ours in the same scenario, by its function or its line. The other way
 * round it is not asked: a kernel warns of the same place _ONCE a boot, ours once a scenario, and VM_WARN_ON is not
 * compiled in there. If our side ended early, what is warned of later there is not ours to know. Other alarms of the
 * log (hung tasks, lockups) come from a busy machine: they are told, not compared; a kernel that dies is (conform.c).
 *
 * From the op on in which an assertion of the kernel has failed on our side, nothing else is compared: it holds no
 * longer what it relies on. Its entry for a page may then be two addresses in one, say, and where that leads depends on
 * the numbers of the frames.
 *
 * A verdict of the oracle there (runner/judge.c) must be a finding of ours, of the same class in the same op. The other
 * way round it is not asked: the accesses are compared, and where they got to.
 *
 * WIRE_LOST is not compared: it follows from the harvests and the bytes, which are. What it adds are the kernel's own
 * stores, and there the sides differ: a page has changed there if its bytes have (a store of the same bytes is none),
 * here if it was stored to.
 *
 * Where and why L2 has faulted, as L1 hears of it, is not compared where L1's tables do not even let L2 fetch the code
 * with which it would have begun there: what it is told then is about that. That it faults, and how, is.
 *
 * Of an access that failed its reason (event.h: status) is not compared: it says what excuses the kernel on our
 * machine.
 *
 * What is unshared is an anonymous page that a child had, too (runner/share.c). A page of the file that is read back
 * from where it was paged out to is none, and to make it one is to copy it, of which KVM would hear: that is left out,
 * and so are huge pages.
 *
 * Of an aging it is not compared whether a page was young: nobody tells user space. Two pages are aged where one is
 * meant, on both sides: DAMON has no finer means (runner/age.c). A huge page it ages with as much beyond it, so that is
 * left out. Reclaim alone calls clear_flush_young; what is compared is clear_young, which KVM does the same way.
 *
 * Numbers of frames are the host's own affair, and LPIDs are chosen by the kernel: neither is compared.
 */
#include "rules.h"

#include "scenario/layout.h"

#include <stddef.h>
#include <string.h>

/* What rules_play adds at most. */
#define PLAY_OPS_MAX (3u * SCENARIO_SLOTS_MAX + 1u + SCENARIO_GUESTS_MAX + 2u)

unsigned rules_ops_compared(const struct run_outcome *ours)
{
	unsigned ops = ours->ops_run;

	for (uint32_t i = 0; i < ours->finding_count; i++)
		if (ours->findings[i].class == CLASS_WARN && ours->findings[i].op_effect < ops)
			ops = ours->findings[i].op_effect;
	return ops;
}

/* Ops that are not compared. */
static const struct {
	uint8_t kind;  /* enum op_kind */
	bool playable; /* the stage has it */
	const char *why;
} left_out[] = {
	{OP_HOST_AGE, false,
	 "Debian's kernels have no idle page tracking, and DAMON, in some, ages two pages at least"},
	{OP_HOST_TEST_AGE, false, "Debian's kernels have no idle page tracking, and DAMON does not ask without aging"},
	{OP_L1_COPY, false,
	 "QEMU 10.0 walks L2's own tree for a quadrant access as if it lay in host memory: no copy succeeds"},
	{OP_L1_ABANDON, false, "L2 does not stay entered between ops there (runner/vcpu.c)"},
	{OP_L2_SIGNAL, false, "L2 does not stay entered between ops there (runner/vcpu.c)"},
	{OP_HOST_NOMEM, false, "nothing makes an allocation of the kernel fail there"},
	/* The hcall's result could be compared, but what it leaves is a page that later harvests name there and not
	 * here, and which pages these are then depends on all entries before. */
	{OP_L1_VPA, true, "the kernel marks a VPA dirty at each entry, and those of the stage are more"},
};

/* The row for an op, or NULL. */
static const char *why_left_out(const struct scenario_op *op, bool *playable)
{
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++) {
		*playable = left_out[i].playable;
		if (op->kind == left_out[i].kind)
			return left_out[i].why;
	}
	return NULL;
}

/* L2's registers are the runner's own there. */
static bool is_nonsense_state(const struct scenario_op *op)
{
	return op->kind == OP_L1_NONSENSE && op->hcall == HCALL_STATE;
}

static void set_stage(struct scenario_config *config)
{
	config->rc = RCMODE_FAULT;
	config->teardown = NO;
	/* No access of the kernel can be seen there. */
	config->level = LEVEL_SYNC;
	/* The machine there has its frames where guests have their memory, as all have; and no memory so high up. */
	if (config->kind1 == SLOT1_FRAMES)
		config->kind1 = SLOT1_PLAIN;
}

/* kvmhv_write_guest_state_and_regs takes the version of a big-endian L1 after it was swapped back, and fails:
 * H_ENTER_NESTED returns H_AUTHORITY whatever L2 did, and what L2 did cannot be seen. But for that itself. */
static void set_endian(struct scenario_config *config, const struct finding *f)
{
	if (!f || f->class != CLASS_NO_PROGRESS)
		config->endian = ENDIAN_LITTLE;
}

/* QEMU 10.0 reports a fault on L2's own tables as one of data even for a fetch (HDSI; the kernel, as the ISA, knows
 * a HISI with HSRR1 bit 46), so L1 need not let its guest execute there. */
static void fetch_in_real_mode(struct scenario *s)
{
	for (uint32_t i = 0; i < s->op_count; i++)
		if (s->ops[i].kind == OP_L2_FETCH)
			s->ops[i].via = VIA_REAL;
}

/* Can a page of it be huge? */
static bool may_be_huge(const struct scenario *s)
{
	for (uint32_t i = 0; i < s->op_count; i++)
		if (s->ops[i].kind == OP_HOST_COLLAPSE)
			return true;
	return s->config.backing == BACKING_HUGE;
}

/* Does the host page out the page at hva in one of the first ops? */
static bool was_paged_out(const struct scenario *s, uint32_t ops, uint64_t hva)
{
	struct layout l;

	layout_init(&l, &s->config);
	for (uint32_t i = 0; i < ops; i++) {
		const struct scenario_op *op = &s->ops[i];
		uint64_t start = layout_hva(&l, op->g);

		if (op->kind == OP_HOST_UNMAP && hva >= start && (hva - start) >> l.page_shift < op->count)
			return true;
	}
	return false;
}

/* What the stage shares is an anonymous page (runner/share.c). NULL: it can. */
static const char *why_not_unshared(const struct scenario *s, uint32_t ops_before, const struct scenario_op *op)
{
	struct layout l;

	if (op->kind != OP_HOST_UNSHARE)
		return NULL;
	if (may_be_huge(s))
		return "the stage shares no huge pages";
	layout_init(&l, &s->config);
	if (was_paged_out(s, ops_before, layout_hva(&l, op->g)))
		return "a page that is read back from where it was paged out to is always copied there";
	return NULL;
}

/* What is on the stage, but not like that. L1 has memory for a few trees of a guest, and a race runs hundreds of times
 * in one VM. */
static const char *why_not_so(const struct scenario *s, uint32_t op)
{
	if (s->point_count && s->ops[op].tree == TREE_NEW)
		return "L1 has no memory for new tables in each run of a race";
	return why_not_unshared(s, op, &s->ops[op]);
}

/* Made one that can be compared, and then it is. */
static bool is_aging(struct scenario_op *op, bool possible)
{
	if (op->kind != OP_HOST_AGE || !possible)
		return false;
	op->flush = FLUSH_NO;
	if (op->count < 2)
		op->count = 2;
	return true;
}

/* Nothing interrupts an op there: those that do it here come after it. */
static void one_after_another(struct scenario *s)
{
	s->point_count = 0;
}

static void append(struct scenario *s, struct scenario_op op)
{
	op.label = scenario_fresh_label(s);
	s->ops[s->op_count++] = op;
}

static void append_harvests(struct scenario *s)
{
	for (unsigned slot = 0; slot < SCENARIO_SLOTS_MAX; slot++)
		append(s, (struct scenario_op){.kind = OP_HOST_HARVEST, .guest = 1, .slot = (uint8_t)slot});
}

/* As it was at first, or nearly: a race is tried again and again in one VM. */
static void append_cleanup(struct scenario *s)
{
	const uint16_t pages[] = {s->config.slot, s->config.slot1};

	for (unsigned slot = 0; slot < SCENARIO_SLOTS_MAX; slot++)
		append(s, (struct scenario_op){.kind = OP_HOST_LOG_STOP, .guest = 1, .slot = (uint8_t)slot});
	for (unsigned guest = 1; guest <= s->config.guests; guest++)
		append(s, (struct scenario_op){.kind = OP_L1_DESTROY, .guest = (uint8_t)guest});
	for (unsigned slot = 0, g = 0; slot < 2; g += pages[slot++])
		if (pages[slot])
			append(s, (struct scenario_op){
					  .kind = OP_HOST_UNMAP, .guest = 1, .g = (uint16_t)g, .count = pages[slot]});
}

static void make_room(struct scenario *s, unsigned ops)
{
	if (s->op_count > SCENARIO_OPS_MAX - ops)
		s->op_count = SCENARIO_OPS_MAX - ops;
}

void rules_compare(struct scenario *s, bool ages)
{
	bool playable, aging = ages && !may_be_huge(s);
	uint32_t kept = 0;

	scenario_canonicalize(s);
	set_stage(&s->config);
	set_endian(&s->config, NULL);
	one_after_another(s);
	for (uint32_t i = 0; i < s->op_count; i++)
		if ((is_aging(&s->ops[i], aging) || !why_left_out(&s->ops[i], &playable)) &&
		    !is_nonsense_state(&s->ops[i]) && !why_not_unshared(s, kept, &s->ops[i]))
			s->ops[kept++] = s->ops[i];
	s->op_count = kept;
	fetch_in_real_mode(s);
	make_room(s, SCENARIO_SLOTS_MAX);
	append_harvests(s);
	scenario_canonicalize(s);
}

void rules_cut_endless(struct scenario *s, const struct run_outcome *ours)
{
	unsigned ops = s->op_count;

	/* One that is refused is in no layer. */
	for (uint32_t i = 0; i < ours->finding_count; i++)
		if (ours->findings[i].class == CLASS_NO_PROGRESS && ours->findings[i].layer != LAYER_NONE &&
		    ours->findings[i].op_effect < ops)
			ops = ours->findings[i].op_effect;
	if (ops == s->op_count)
		return;
	s->op_count = (uint16_t)ops;
	make_room(s, SCENARIO_SLOTS_MAX);
	append_harvests(s);
	scenario_canonicalize(s);
}

bool rules_ask_tlbie(const struct finding *f)
{
	return f->class == CLASS_LOST_DIRTY_HOST && f->guest;
}

const char *rules_play(struct scenario *s, const struct finding *f, unsigned *op)
{
	for (*op = 0; *op < s->op_count; (*op)++) {
		bool playable;
		const char *why = why_left_out(&s->ops[*op], &playable);

		if (why && !playable)
			return why;
		if (why_not_so(s, *op))
			return why_not_so(s, *op);
	}
	set_stage(&s->config);
	set_endian(&s->config, f);
	make_room(s, PLAY_OPS_MAX);
	append_harvests(s);
	if (f && f->class == CLASS_LOST_DIRTY_L1)
		append(s, (struct scenario_op){.kind = OP_L1_HARVEST, .guest = f->guest});
	if (f && rules_ask_tlbie(f)) {
		append(s, (struct scenario_op){.kind = OP_L1_TLBIE, .guest = f->guest, .scope = SCOPE_LPID});
		append_harvests(s);
	}
	if (s->point_count)
		append_cleanup(s);
	scenario_canonicalize(s);
	return NULL;
}
