// SPDX-License-Identifier: GPL-2.0-only
/*
 * generate.c: random scenarios that tell a story. See generate.h.
 *
 * A template is a function that writes a few ops to a script. What it writes is
 * not made canonical here; scenario_canonicalize() does that once at the end.
 */
#include "generate.h"

#include "mutate.h"

#include "layout.h"

#include <assert.h>

/* A template under construction. */
struct script {
	const struct cast *cast;
	struct rng *rng;
	unsigned count;
	struct scenario_op *ops; /* TEMPLATE_OPS_MAX */
};

#define PICK(rng, array) ((array)[rng_below(rng, sizeof(array) / sizeof((array)[0]))])

/* ---- one random op ------------------------------------------------------- */

/* How likely a random op of each kind is; the others have 1. */
static const uint8_t extra_weight[OP_COUNT] = {
	[OP_L2_ENTER] = 1,	  [OP_L2_STORE] = 14, [OP_L2_LOAD] = 4,	   [OP_L2_FETCH] = 1,  [OP_L1_STORE] = 2,
	[OP_L1_MAP] = 6,	  [OP_L1_UNMAP] = 2,  [OP_L1_PROTECT] = 2, [OP_L1_CLEAR] = 2,  [OP_L1_CLEAN] = 4,
	[OP_L1_TLBIE] = 4,	  [OP_L1_RPT] = 2,    [OP_L1_HARVEST] = 2, [OP_L1_COPY] = 1,   [OP_HOST_HARVEST] = 7,
	[OP_HOST_LOG_START] = 3,  [OP_HOST_AGE] = 3,  [OP_HOST_UNMAP] = 2, [OP_HOST_MOVE] = 2, [OP_HOST_PROTECT] = 2,
	[OP_MIGRATION_ROUND] = 2,
};

static unsigned kind_weight(const struct cast *cast, unsigned kind)
{
	if (cast->config->l1 == L1_WELL_BEHAVED && (op_info[kind].flags & OPF_WILD))
		return 0;
	return 1u + extra_weight[kind];
}

static uint8_t random_kind(const struct cast *cast, struct rng *rng)
{
	unsigned total = 0, at, kind = 0;

	for (unsigned i = 0; i < OP_COUNT; i++)
		total += kind_weight(cast, i);
	for (at = rng_below(rng, total); at >= kind_weight(cast, kind); kind++)
		at -= kind_weight(cast, kind);
	return (uint8_t)kind;
}

static uint16_t hot_n(const struct cast *cast, struct rng *rng)
{
	return rng_chance(rng, 88) ? PICK(rng, cast->n) : (uint16_t)rng_below(rng, cast->l2_pages);
}

static uint16_t hot_g(const struct cast *cast, struct rng *rng)
{
	return rng_chance(rng, 88) ? PICK(rng, cast->g) : (uint16_t)rng_below(rng, cast->data_pages);
}

static uint8_t some_guest(const struct cast *cast, struct rng *rng)
{
	return rng_chance(rng, 80) ? cast->guest : (uint8_t)rng_between(rng, 1, cast->config->guests);
}

static uint8_t some_vcpu(const struct cast *cast, struct rng *rng)
{
	return rng_chance(rng, 70) ? 0 : (uint8_t)rng_below(rng, cast->config->vcpus);
}

static uint8_t some_perm(struct rng *rng)
{
	static const uint8_t perms[] = {PERM_RW, PERM_RW, PERM_RW, PERM_RWX, PERM_RWX, PERM_R, PERM_R, PERM_RX};

	/* The others are rare in real tables. */
	return rng_chance(rng, 10) ? (uint8_t)rng_below(rng, PERM_COUNT) : PICK(rng, perms);
}

/*
 * 1G is 262144 pages of 4K, and kvmhv_emulate_tlbie_tlb_addr() looks at each of them under a lock: one such tlbie costs
 * as much as a hundred other scenarios.
 */
static uint8_t some_size(const struct cast *cast, struct rng *rng)
{
	uint8_t size = SIZE_2M;

	if (rng_chance(rng, 80))
		return SIZE_BASE;
	if (rng_chance(rng, 30))
		size = (uint8_t)rng_below(rng, SIZE_COUNT);
	if (size == SIZE_1G && cast->config->page == PAGE_4K && !rng_chance(rng, 5))
		size = SIZE_2M;
	return size;
}

/* The default twice as often as each of the others. */
static uint8_t some_word(struct rng *rng, unsigned count)
{
	unsigned word = rng_below(rng, count + 1);

	return (uint8_t)(word == count ? 0 : word);
}

struct scenario_op cast_op_of_kind(const struct cast *cast, struct rng *rng, uint8_t kind)
{
	return (struct scenario_op){
		.kind = kind,
		.vcpu = some_vcpu(cast, rng),
		.guest = some_guest(cast, rng),
		.slot = rng_chance(rng, 75) ? 0 : (uint8_t)rng_below(rng, SCENARIO_SLOTS_MAX),
		.cpu = (uint8_t)rng_below(rng, cast->config->cpus),
		.n = hot_n(cast, rng),
		.g = hot_g(cast, rng),
		.count = (uint16_t)(rng_chance(rng, 60) ? 1 : rng_between(rng, 1, cast->data_pages)),
		.size = some_size(cast, rng),
		.perm = some_perm(rng),
		.rc = some_word(rng, RC_COUNT),
		.scope = some_word(rng, SCOPE_COUNT),
		.ric = some_word(rng, RIC_COUNT),
		.via = rng_chance(rng, 90) ? VIA_REAL : VIA_PROCESS,
		.dir = (uint8_t)rng_below(rng, DIR_COUNT),
		.area = (uint8_t)rng_below(rng, AREA_COUNT),
		.flush = (uint8_t)rng_below(rng, FLUSH_COUNT),
		.hcall = (uint8_t)rng_below(rng, HCALL_COUNT),
		.table = some_word(rng, TABLE_COUNT),
		.junk = (uint8_t)rng_below(rng, JUNK_COUNT),
		.part = rng_chance(rng, 75) ? 0 : (uint8_t)rng_below(rng, 16),
		.tree = rng_chance(rng, 75) ? TREE_SAME : TREE_NEW,
	};
}

struct scenario_op cast_op(const struct cast *cast, struct rng *rng)
{
	return cast_op_of_kind(cast, rng, random_kind(cast, rng));
}

/* ---- templates ----------------------------------------------------------- */

/* Append a random op of that kind; the caller then sets what matters. Always returns a place to write to. */
static struct scenario_op *say(struct script *script, unsigned kind)
{
	unsigned at = script->count < TEMPLATE_OPS_MAX ? script->count++ : TEMPLATE_OPS_MAX - 1;

	script->ops[at] = cast_op_of_kind(script->cast, script->rng, (uint8_t)kind);
	return &script->ops[at];
}

/* The same on hot page i, of the usual guest. */
static struct scenario_op *say_page(struct script *script, unsigned kind, unsigned i)
{
	struct scenario_op *op = say(script, kind);

	op->guest = script->cast->guest;
	op->n = script->cast->n[i];
	op->g = script->cast->g[i];
	return op;
}

static unsigned some_page(const struct script *script)
{
	return rng_below(script->rng, CAST_PAGES);
}

static void say_map(struct script *script, unsigned i)
{
	struct scenario_op *op = say_page(script, OP_L1_MAP, i);

	/* Usually writable, and without R and C: the kernel has to set them. */
	if (rng_chance(script->rng, 75))
		op->perm = rng_chance(script->rng, 50) ? PERM_RW : PERM_RWX;
	if (rng_chance(script->rng, 50))
		op->rc = RC_NONE;
}

/* L2 comes back to a page: mostly a store. */
static void say_access(struct script *script, unsigned i)
{
	static const uint8_t kinds[] = {OP_L2_STORE, OP_L2_STORE, OP_L2_STORE, OP_L2_LOAD, OP_L2_FETCH};

	say_page(script, rng_chance(script->rng, 80) ? OP_L2_STORE : PICK(script->rng, kinds), i);
}

/* An op that may take R or C away, or the translation, without L1 or L2 meaning to. */
static void say_disturbance(struct script *script, unsigned i)
{
	static const uint8_t kinds[] = {
		OP_HOST_HARVEST, OP_HOST_HARVEST,  OP_HOST_AGE,	    OP_HOST_UNMAP, OP_HOST_MOVE,    OP_HOST_PROTECT,
		OP_HOST_SPLIT,	 OP_HOST_COLLAPSE, OP_L1_CLEAN,	    OP_L1_CLEAN,   OP_L1_TLBIE,	    OP_L1_RPT,
		OP_L1_HARVEST,	 OP_L1_PROTECT,	   OP_HW_EVICT_TLB, OP_HW_MOVE,	   OP_L1_LOG_START, OP_HOST_LOG_START,
	};
	struct scenario_op *op = say_page(script, PICK(script->rng, kinds), i);

	if (op->kind == OP_HOST_HARVEST && rng_chance(script->rng, 90))
		op->slot = 0;
}

static void template_touch(struct script *script)
{
	for (unsigned i = rng_between(script->rng, 1, 5); i; i--)
		say_access(script, some_page(script));
}

static void template_prologue(struct script *script)
{
	say_page(script, OP_L1_CREATE, 0)->vcpu = 0;
	for (unsigned i = 0; i < CAST_PAGES; i++) {
		say_map(script, i);
		if (rng_chance(script->rng, 60))
			say_access(script, i);
	}
}

/* Store, disturb, store again, look: most lost bits need no more. */
static void template_disturb(struct script *script)
{
	unsigned i = some_page(script);

	say_access(script, i);
	for (unsigned times = rng_between(script->rng, 1, 3); times; times--)
		say_disturbance(script, i);
	say_access(script, i);
	if (rng_chance(script->rng, 70))
		say(script, rng_chance(script->rng, 75) ? OP_HOST_HARVEST : OP_L1_HARVEST);
}

static void template_host_log(struct script *script)
{
	unsigned slot = rng_chance(script->rng, 80) ? 0 : rng_below(script->rng, SCENARIO_SLOTS_MAX);

	say(script, OP_HOST_LOG_START)->slot = (uint8_t)slot;
	for (unsigned times = rng_between(script->rng, 1, 3); times; times--) {
		template_touch(script);
		say(script, OP_HOST_HARVEST)->slot = (uint8_t)slot;
	}
	if (rng_chance(script->rng, 20))
		say(script, OP_HOST_LOG_STOP)->slot = (uint8_t)slot;
}

static void template_host_migration(struct script *script)
{
	say(script, OP_MIGRATION_START);
	for (unsigned rounds = rng_between(script->rng, 0, 2); rounds; rounds--) {
		say_access(script, some_page(script));
		if (rng_chance(script->rng, 40))
			say_disturbance(script, some_page(script));
		say(script, OP_MIGRATION_ROUND);
	}
	say_access(script, some_page(script));
	say(script, OP_MIGRATION_FINISH);
}

static void template_l1_migration(struct script *script)
{
	say_page(script, OP_L1_LOG_START, 0);
	for (unsigned rounds = rng_between(script->rng, 0, 2); rounds; rounds--) {
		say_access(script, some_page(script));
		if (rng_chance(script->rng, 40))
			say_disturbance(script, some_page(script));
		say_page(script, OP_L1_HARVEST, 0);
	}
	say_access(script, some_page(script));
	say_page(script, OP_L1_FINISH, 0);
}

/* Clear bits first, invalidate later: what lies between proves nothing, what follows must. */
static void template_clear_then_tlbie(struct script *script)
{
	unsigned i = some_page(script);

	say_access(script, i);
	say_page(script, OP_L1_CLEAR, i);
	if (rng_chance(script->rng, 50))
		say_access(script, i);
	say_page(script, rng_chance(script->rng, 70) ? OP_L1_TLBIE : OP_L1_RPT, i)->size = SIZE_BASE;
	say_access(script, i);
}

/* The same L2 page on another L1 page, or another L2 page (or guest) on the same one. */
static void template_remap(struct script *script)
{
	unsigned i = some_page(script), other = some_page(script);
	struct scenario_op *op;

	if (rng_chance(script->rng, 40))
		say_page(script, OP_L1_UNMAP, i);
	op = say_page(script, OP_L1_MAP, i);
	if (rng_chance(script->rng, 50))
		op->g = script->cast->g[other];
	else
		op->n = script->cast->n[other];
	if (rng_chance(script->rng, 30))
		op->guest = (uint8_t)rng_between(script->rng, 1, script->cast->config->guests);
	say_access(script, i);
	say_access(script, other);
}

/* Permissions go down and up again, the way copy on write and write tracking do it. */
static void template_protect(struct script *script)
{
	unsigned i = some_page(script);

	say_page(script, OP_L1_PROTECT, i)->perm = PERM_R;
	say_page(script, OP_L2_LOAD, i);
	if (rng_chance(script->rng, 30))
		say_page(script, OP_L2_STORE, i);
	say_page(script, OP_L1_PROTECT, i)->perm = PERM_RW;
	say_page(script, OP_L2_STORE, i);
}

/* Whatever L1 permits, and what the host does: each kind of access asks for both. */
static void template_permissions(struct script *script)
{
	static const uint8_t kinds[] = {OP_L2_STORE, OP_L2_LOAD, OP_L2_FETCH};
	unsigned i = some_page(script);

	say_page(script, OP_L1_MAP, i)->perm = (uint8_t)rng_below(script->rng, PERM_COUNT);
	if (rng_chance(script->rng, 50))
		say_page(script, OP_HOST_PROTECT, i);
	for (unsigned times = rng_between(script->rng, 1, 3); times; times--)
		say_page(script, PICK(script->rng, kinds), i);
}

/* The host shares a page and has it back: a write makes it writable where it is, and nobody tells KVM. */
static void template_shared_and_back(struct script *script)
{
	unsigned i = some_page(script);

	say_page(script, OP_HOST_PROTECT, i);
	if (rng_chance(script->rng, 70))
		say_page(script, rng_chance(script->rng, 60) ? OP_L2_LOAD : OP_L1_LOAD, i);
	say_page(script, OP_HOST_UNSHARE, i);
	if (rng_chance(script->rng, 30))
		say_disturbance(script, i);
	say_access(script, i);
	if (rng_chance(script->rng, 50))
		say(script, OP_HOST_HARVEST)->slot = 0;
}

/* L1 and L2 write to the same page; the host sees both, L1's C bit only one. */
static void template_shared_page(struct script *script)
{
	unsigned i = some_page(script);

	say_page(script, OP_L1_STORE, i);
	say_access(script, i);
	say(script, OP_HOST_HARVEST)->slot = 0;
	say_page(script, rng_chance(script->rng, 50) ? OP_L1_STORE : OP_L2_STORE, i);
	say_page(script, rng_chance(script->rng, 50) ? OP_HOST_WRITE : OP_L1_COPY, i);
}

static void template_huge(struct script *script)
{
	unsigned i = some_page(script);

	say_page(script, OP_L1_MAP, i)->size = SIZE_2M;
	say_access(script, i);
	say_page(script, rng_chance(script->rng, 50) ? OP_HOST_SPLIT : OP_HOST_COLLAPSE, i);
	say_access(script, i);
	if (rng_chance(script->rng, 50)) {
		say_map(script, i);
		say_access(script, i);
	}
}

static void template_guest_life(struct script *script)
{
	say_page(script, OP_L1_DESTROY, 0);
	if (rng_chance(script->rng, 30))
		say_access(script, some_page(script));
	say_page(script, OP_L1_CREATE, 0)->tree = rng_chance(script->rng, 50) ? TREE_SAME : TREE_NEW;
	if (rng_chance(script->rng, 50))
		say_access(script, 0);
	say_map(script, 0);
	say_access(script, 0);
}

static void template_slot_life(struct script *script)
{
	unsigned slot = rng_chance(script->rng, 60) ? 0 : rng_below(script->rng, SCENARIO_SLOTS_MAX);

	say(script, OP_HOST_SLOT_DELETE)->slot = (uint8_t)slot;
	if (rng_chance(script->rng, 50))
		say_access(script, some_page(script));
	say(script, OP_HOST_SLOT_CREATE)->slot = (uint8_t)slot;
	say_access(script, some_page(script));
}

/* The kernel writes to L1's memory itself: VPA, DTL, and the state of an L2 that leaves. */
static void template_kernel_writes(struct script *script)
{
	say(script, OP_L1_VPA)->area = AREA_VPA;
	if (rng_chance(script->rng, 50))
		say(script, OP_L1_VPA)->area = AREA_DTL;
	say_access(script, some_page(script));
	say(script, rng_chance(script->rng, 75) ? OP_L2_EXIT : OP_L2_SIGNAL);
	say(script, OP_HOST_HARVEST);
}

static unsigned pages_of_huge(const struct scenario_config *config)
{
	return config->page == PAGE_64K ? 32 : 512;
}

static void say_age(struct script *script, unsigned i)
{
	say_page(script, OP_HOST_AGE, i)->flush = rng_chance(script->rng, 70) ? FLUSH_YES : FLUSH_NO;
}

/*
 * Page reclaim: use a page, let it grow old, use it or not, and ask; R is to tell the truth as C is. Pages of a huge
 * one have one R, and grow old one after the other.
 */
static void template_reclaim(struct script *script)
{
	bool huge = script->cast->config->backing == BACKING_HUGE && rng_chance(script->rng, 60);
	unsigned i = huge ? 0 : some_page(script);
	bool by_l1 = rng_chance(script->rng, huge ? 20 : 40);

	for (unsigned times = 2; times; times--) {
		if (by_l1)
			say_page(script, rng_chance(script->rng, 50) ? OP_L1_LOAD : OP_L1_STORE, i);
		else
			say_page(script, rng_chance(script->rng, 50) ? OP_L2_LOAD : OP_L2_STORE, i);
		if (times == 2 && huge) {
			say_age(script, i);
			script->ops[script->count - 1].g ^= (uint16_t)rng_between(script->rng, 1, 15);
		}
		if (times == 2)
			say_age(script, i);
	}
	say_page(script, OP_HOST_TEST_AGE, i);
}

static void template_two_vcpus(struct script *script)
{
	unsigned i = some_page(script);
	uint8_t last = (uint8_t)(script->cast->config->vcpus - 1);

	say_page(script, OP_L2_STORE, i)->vcpu = 0;
	say_page(script, OP_L2_STORE, i)->vcpu = last;
	say_disturbance(script, i);
	say_page(script, OP_L2_STORE, i)->vcpu = last;
	say_page(script, OP_L2_STORE, i)->vcpu = 0;
}

static void template_wild(struct script *script)
{
	static const uint8_t kinds[] = {OP_L1_REPOINT, OP_L1_DROP, OP_L1_ABANDON, OP_L1_NONSENSE};
	static const uint8_t accesses[] = {OP_L2_STORE, OP_L2_STORE, OP_L2_LOAD, OP_L2_FETCH};
	unsigned i = some_page(script);

	say_access(script, i);
	if (script->cast->config->l1 != L1_WELL_BEHAVED)
		say_page(script, PICK(script->rng, kinds), i);
	/* Each kind of access asks for another permission. */
	say_page(script, PICK(script->rng, accesses), i);
	if (rng_chance(script->rng, 50))
		say_page(script, OP_L1_TLBIE, i);
}

/*
 * L1 changes its mind: an entry names another page that is in use as well, or permits something else, and nobody is
 * told (well-behaved, L1 maps it anew). Then the old and the new meet: whose page, whose bits?
 */
static void template_change_of_mind(struct script *script)
{
	static const uint8_t accesses[] = {OP_L2_STORE, OP_L2_STORE, OP_L2_LOAD, OP_L2_FETCH};
	bool wild = script->cast->config->l1 != L1_WELL_BEHAVED;
	unsigned i = some_page(script), other = some_page(script);
	struct scenario_op *op;

	say_access(script, i);
	if (rng_chance(script->rng, 60))
		say_page(script, rng_chance(script->rng, 50) ? OP_L1_STORE : OP_L2_STORE, other);
	op = say_page(script, wild ? OP_L1_REPOINT : OP_L1_MAP, i);
	if (rng_chance(script->rng, 80))
		op->g = script->cast->g[other];
	if (rng_chance(script->rng, 50))
		op->perm = PERM_RWX;
	/* The host looks what was written through the old entry, or something else happens. */
	if (rng_chance(script->rng, 25))
		say(script, OP_HOST_HARVEST)->slot = 0;
	else if (rng_chance(script->rng, 40))
		say_disturbance(script, rng_chance(script->rng, 50) ? i : other);
	say_page(script, PICK(script->rng, accesses), i);
	if (rng_chance(script->rng, 50))
		say_disturbance(script, rng_chance(script->rng, 50) ? i : other);
	say_access(script, i);
	if (rng_chance(script->rng, 50))
		say(script, OP_HOST_HARVEST)->slot = 0;
}

/* An L2 page that a huge mapping around page i has as well. */
static void say_neighbour(struct script *script, unsigned kind, unsigned i)
{
	say_page(script, kind, i)->n ^= (uint16_t)rng_between(script->rng, 1, 15);
}

/* Small and huge entries of one range take turns, and L1 may tell nobody: what is left of those that went? */
static void template_sizes(struct script *script)
{
	bool wild = script->cast->config->l1 != L1_WELL_BEHAVED && rng_chance(script->rng, 60);
	unsigned i = some_page(script);
	struct scenario_op *op;

	if (rng_chance(script->rng, 40))
		say_page(script, OP_HOST_COLLAPSE, i);
	say_map(script, i);
	say_access(script, i);
	op = say_page(script, wild ? OP_L1_CORRUPT : OP_L1_MAP, i);
	op->size = SIZE_2M;
	op->table = TABLE_PMD;
	op->junk = JUNK_LEAF;
	say_neighbour(script, OP_L2_STORE, i);
	for (unsigned times = rng_below(script->rng, 3); times; times--)
		say_disturbance(script, i);
	say_access(script, i);
	if (rng_chance(script->rng, 50))
		say(script, OP_HOST_HARVEST)->slot = 0;
	if (rng_chance(script->rng, 50)) {
		say_map(script, i);
		say_access(script, i);
	}
}

/* L1 takes away a guest, which may go on running on one vCPU, and makes it anew: one number, two guests. */
static void template_successor(struct script *script)
{
	bool wild = script->cast->config->l1 != L1_WELL_BEHAVED;
	uint8_t last = (uint8_t)(script->cast->config->vcpus - 1);
	unsigned i = some_page(script);

	say_page(script, OP_L2_STORE, i)->vcpu = 0;
	say_page(script, wild ? OP_L1_ABANDON : OP_L1_DESTROY, i)->vcpu = last;
	say_page(script, OP_L1_CREATE, i)->vcpu = last;
	if (rng_chance(script->rng, 50))
		say_page(script, OP_L2_STORE, i)->vcpu = last;
	say_page(script, OP_L2_STORE, i)->vcpu = 0;
	say_disturbance(script, i);
	if (rng_chance(script->rng, 40))
		say(script, OP_L2_EXIT)->vcpu = rng_chance(script->rng, 50) ? 0 : last;
	say_page(script, OP_L2_STORE, i)->vcpu = rng_chance(script->rng, 70) ? 0 : last;
}

/* L1 overwrites an entry; a tlbie may follow, then L2 meets it, and L1 may put it right again. */
static void template_corrupt(struct script *script)
{
	unsigned i = some_page(script);

	say_access(script, i);
	if (script->cast->config->l1 != L1_WELL_BEHAVED)
		say_page(script, OP_L1_CORRUPT, i);
	if (rng_chance(script->rng, 70))
		say_page(script, OP_L1_TLBIE, i);
	say_access(script, i);
	if (rng_chance(script->rng, 50)) {
		say_map(script, i);
		say_access(script, i);
	}
}

/* An allocation fails in the middle of something that makes entries, tables, guests or slots. */
static void template_no_memory(struct script *script)
{
	static const uint8_t kinds[] = {OP_L1_CREATE,	     OP_HOST_LOG_START, OP_HOST_SLOT_DELETE, OP_MIGRATION_START,
					OP_HOST_SLOT_CREATE, OP_L2_STORE,	OP_L2_STORE};
	unsigned i = some_page(script);

	if (rng_chance(script->rng, 40))
		say_page(script, rng_chance(script->rng, 50) ? OP_L1_DESTROY : OP_HOST_UNMAP, i);
	say(script, OP_HOST_NOMEM)->count = (uint16_t)rng_between(script->rng, 1, 6);
	if (rng_chance(script->rng, 40))
		say_page(script, PICK(script->rng, kinds), i);
	say_map(script, i);
	say_access(script, i);
	say_access(script, i);
}

static void template_noise(struct script *script)
{
	for (unsigned times = rng_between(script->rng, 1, 4); times; times--)
		say(script, random_kind(script->cast, script->rng));
}

static const struct {
	void (*write)(struct script *script);
	unsigned weight;
} templates[] = {
	{template_touch, 10},		{template_prologue, 3},	      {template_disturb, 20},
	{template_host_log, 8},		{template_host_migration, 6}, {template_l1_migration, 7},
	{template_clear_then_tlbie, 8}, {template_remap, 8},	      {template_protect, 5},
	{template_shared_page, 4},	{template_huge, 5},	      {template_guest_life, 3},
	{template_slot_life, 3},	{template_kernel_writes, 3},  {template_reclaim, 5},
	{template_two_vcpus, 5},	{template_wild, 7},	      {template_corrupt, 4},
	{template_change_of_mind, 12},	{template_sizes, 8},	      {template_successor, 5},
	{template_no_memory, 3},	{template_noise, 24},	      {template_shared_and_back, 4},
	{template_permissions, 3},
};
#define TEMPLATE_COUNT (sizeof(templates) / sizeof(templates[0]))

unsigned cast_template(const struct cast *cast, struct rng *rng, struct scenario_op ops[TEMPLATE_OPS_MAX])
{
	struct script script = {.cast = cast, .rng = rng, .ops = ops};
	unsigned total = 0, at, i = 0;

	for (unsigned j = 0; j < TEMPLATE_COUNT; j++)
		total += templates[j].weight;
	for (at = rng_below(rng, total); at >= templates[i].weight; i++)
		at -= templates[i].weight;
	templates[i].write(&script);
	assert(script.count > 0 && script.count <= TEMPLATE_OPS_MAX);
	return script.count;
}

/* ---- configuration and cast ---------------------------------------------- */

/* LPID numbers live in two worlds, L0's and L1's. Most bugs need them to be equal, or to differ. */
static void generate_lpids(struct scenario_config *config, struct rng *rng)
{
	switch (rng_below(rng, 6)) {
	case 0:
	case 1: /* L1's number for guest 1 is that of its shadow table: a kernel that takes one for the other is right
		 */
		config->l1lpid = config->shadow;
		break;
	case 2: /* L1's number for guest 1 is L1's own in L0 */
		config->l1lpid = config->lpid;
		break;
	case 3: /* guest 1 has the number of guest 2's shadow table, or the other way round */
		config->l1lpid = (uint8_t)(config->shadow + 1);
		break;
	case 4:
		config->lpid = (uint8_t)rng_between(rng, 1, 63);
		config->shadow = (uint8_t)rng_between(rng, 1, 63);
		config->l1lpid = (uint8_t)rng_between(rng, 1, 63);
		break;
	default:
		break;
	}
}

/* Mostly few, so that ops meet. From 32 on there is room for a huge page of 64K pages. */
static uint16_t some_slot_pages(const struct scenario_config *config, struct rng *rng)
{
	static const uint16_t sizes[] = {4, 8, 16, 16, 32, 32, 64};

	/* More than a dirty bitmap has in its first word. */
	if (rng_chance(rng, 6))
		return (uint16_t)rng_between(rng, 65, config->page == PAGE_64K ? 160 : 1024);
	return PICK(rng, sizes);
}

static void generate_slots(struct scenario_config *config, struct rng *rng)
{
	config->slot = some_slot_pages(config, rng);
	if (rng_chance(rng, 20)) {
		config->slot1 = some_slot_pages(config, rng);
		config->kind1 = (uint8_t)rng_below(rng, SLOT1_COUNT);
	}
	if (rng_chance(rng, 15))
		config->backing = BACKING_HUGE;
}

static void generate_config(struct scenario_config *config, struct rng *rng, const struct generate_options *options)
{
	static const uint8_t few[] = {1, 2, 2, 2, 3, 4};

	config->page = options->page;
	if (rng_chance(rng, 15))
		config->l1page = (uint8_t)rng_below(rng, L1PAGE_COUNT);
	config->cpus = PICK(rng, few);
	config->vcpus = PICK(rng, few);
	config->guests = rng_chance(rng, 65) ? 1 : (uint8_t)rng_between(rng, 2, SCENARIO_GUESTS_MAX);
	generate_slots(config, rng);
	config->l1 = options->l1 == L1_WELL_BEHAVED || rng_chance(rng, 50) ? L1_WELL_BEHAVED : L1_ANY;
	generate_lpids(config, rng);
	config->endian = rng_chance(rng, 25) ? ENDIAN_BIG : ENDIAN_LITTLE;
	config->teardown = rng_chance(rng, 20) ? YES : NO;
	config->level = options->level;
	config->flush = rng_chance(rng, 30) ? FLUSHBY_RPT : FLUSHBY_TLBIE;
	scenario_config_canonicalize(config);
}

void cast_init(struct cast *cast, struct rng *rng, const struct scenario_config *config)
{
	struct layout layout;

	layout_init(&layout, config);
	*cast = (struct cast){
		.config = config,
		.l2_pages = layout.l2_pages,
		.data_pages = layout.data_pages,
		.guest = (uint8_t)rng_between(rng, 1, config->guests),
	};
	/* Neighbours half of the time: they share cache lines of the walk and huge mappings. */
	for (unsigned i = 0; i < CAST_PAGES; i++) {
		bool near = i && rng_chance(rng, 50);

		cast->n[i] = (uint16_t)((near ? cast->n[i - 1] + 1u : rng_next(rng) >> 33) % layout.l2_pages);
		cast->g[i] = (uint16_t)((near ? cast->g[i - 1] + 1u : rng_next(rng) >> 33) % layout.data_pages);
		/* The first page of a huge one stands for all of it. */
		if (i == 0 && config->backing == BACKING_HUGE && rng_chance(rng, 40))
			cast->g[0] -= (uint16_t)(cast->g[0] % pages_of_huge(config));
	}
}

/* ---- a whole scenario ----------------------------------------------------- */

static void append(struct scenario *s, const struct scenario_op *ops, unsigned count, unsigned limit)
{
	for (unsigned i = 0; i < count && s->op_count < limit; i++) {
		s->ops[s->op_count] = ops[i];
		s->ops[s->op_count].label = (uint16_t)(s->op_count + 1);
		s->op_count++;
	}
}

static void append_epilogue(struct scenario *s, const struct cast *cast, struct rng *rng, unsigned limit)
{
	static const uint8_t kinds[] = {OP_MIGRATION_FINISH, OP_MIGRATION_FINISH, OP_HOST_HARVEST, OP_L1_FINISH,
					OP_L1_HARVEST};
	struct scenario_op op;

	if (!rng_chance(rng, 60))
		return;
	op = cast_op_of_kind(cast, rng, PICK(rng, kinds));
	if (op.kind == OP_HOST_HARVEST)
		op.slot = 0;
	append(s, &op, 1, limit);
}

void scenario_generate(struct scenario *s, struct rng *rng, const struct generate_options *options)
{
	struct scenario_op ops[TEMPLATE_OPS_MAX];
	struct script prologue = {.rng = rng, .ops = ops};
	unsigned limit = SCENARIO_OPS_MAX, length;
	struct cast cast;

	if (options->ops_max && options->ops_max < limit)
		limit = options->ops_max;
	length = rng_chance(rng, 80) ? rng_between(rng, 8, 32) : rng_between(rng, 33, 64);
	if (length > limit)
		length = limit;

	scenario_init(s);
	generate_config(&s->config, rng, options);
	cast_init(&cast, rng, &s->config);
	prologue.cast = &cast;
	if (rng_chance(rng, 95)) {
		if (rng_chance(rng, 30))
			say(&prologue, OP_HOST_LOG_START)->slot = 0;
		template_prologue(&prologue);
		append(s, ops, prologue.count, limit);
	}
	while (s->op_count < length) {
		if (cast.config->guests > 1 && rng_chance(rng, 20))
			cast.guest = (uint8_t)rng_between(rng, 1, cast.config->guests);
		append(s, ops, cast_template(&cast, rng, ops), limit);
	}
	append_epilogue(s, &cast, rng, limit);
	scenario_canonicalize(s);
	if (options->preempt && rng_chance(rng, 50))
		scenario_preempt(s, rng);
}
