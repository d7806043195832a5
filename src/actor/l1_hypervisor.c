/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * l1_hypervisor.c: L1's partition table and its radix trees for its guests, real
 * bytes in L1's memory, and the hcalls that go with them.
 *
 * Every edit is an L1 store that goes through L1->L0 like any other. What L1
 * last wrote is mirrored in struct l1_guest, for nobody else writes there.
 */
#include "world.h"

#include <assert.h>
#include <string.h>

/* ISA 3.1, Book III, 6.7.10: radix entries; 6.7.6: partition table entries. */
#define ENTRY_VALID (1ull << 63)
#define ENTRY_LEAF (1ull << 62)
#define ENTRY_R 0x100ull
#define ENTRY_C 0x80ull
#define ENTRY_READ 4ull
#define ENTRY_WRITE 2ull
#define ENTRY_EXEC 1ull
#define PATE_HOST_RADIX (1ull << 63)
#define RADIX_52_BITS ((2ull << 61) | (5ull << 5)) /* RTS = 21: 52 bits */
#define ROOT_BITS 13
#define UPPER_BITS 9

#define VECTOR_HDSI 0xe00
#define SHIFT_2M 21
#define SHIFT_1G 30

/* L1's state area for H_ENTER_NESTED (PAPR v1 nesting; kernel: struct hv_guest_state, version 2). */
struct state_area {
	uint64_t version;
	uint32_t lpid, vcpu_token;
	uint64_t lpcr, pcr, amor, dpdes, hfscr, tb_offset, dawr0, dawrx0, ciabr, hdec_expiry;
	uint64_t purr, spurr, ic, vtb, hdar, hdsisr, heir, asdr;
	uint64_t srr0, srr1, sprg[4], pidr, cfar, ppr, dawr1, dawrx1;
};
#define STATE_VERSION 2
#define STATE_REGS_OFFSET 2048
#define PT_REGS_WORDS 44 /* those of struct pt_regs that userspace knows (user_pt_regs) */

static struct l1_guest *guest_of(struct world *w, unsigned guest)
{
	assert(guest >= 1 && guest <= SCENARIO_GUESTS_MAX);
	return &w->guests[guest - 1];
}

uint32_t l1_lpid(const struct world *w, unsigned guest)
{
	return w->config->l1lpid + guest - 1u;
}

unsigned l1_guest_of_lpid(const struct world *w, uint32_t lpid)
{
	for (unsigned guest = 1; guest <= w->config->guests; guest++)
		if (l1_lpid(w, guest) == lpid)
			return guest;
	return 0;
}

uint32_t l1_shift_of_size(const struct world *w, unsigned size)
{
	switch (size) {
	case SIZE_2M:
		return SHIFT_2M;
	case SIZE_1G:
		return SHIFT_1G;
	case SIZE_4K:
		return 12;
	case SIZE_64K:
		return 16;
	default:
		return w->layout.l1_page_shift;
	}
}

struct l1_entry *l1_find(struct world *w, unsigned guest, uint32_t n)
{
	struct l1_guest *g = guest_of(w, guest);
	struct l1_entry *e;

	if (n >= WORLD_L2_PAGES)
		return NULL;
	e = &g->entry[n];
	return e->valid ? &g->entry[e->base_n] : NULL;
}

/* ---- tables in L1's memory ------------------------------------------------ */

static int store_word(struct world *w, unsigned v, uint64_t gpa, uint64_t value)
{
	uint64_t big_endian = __builtin_bswap64(value);

	return l1_store(w, v, gpa, &big_endian, sizeof(big_endian));
}

static uint64_t root_gpa(const struct world *w, unsigned guest)
{
	return w->layout.guest_root_gpa[guest - 1][w->guests[guest - 1].root];
}

/* A fresh, aligned table from the guest's pool; 0: it is used up. */
static uint64_t pool_take(struct world *w, unsigned guest, uint32_t bytes)
{
	struct l1_guest *g = guest_of(w, guest);
	uint32_t at = (g->pool_used + bytes - 1) & ~(bytes - 1);

	if (at + bytes > w->layout.guest_pool_size)
		return 0;
	g->pool_used = at + bytes;
	return w->layout.guest_pool_gpa[guest - 1] + at;
}

/* Take the tables above all PTE pages, unless a tree that was overwritten is put right again; link them. */
static int link_upper_tables(struct world *w, unsigned v, unsigned guest)
{
	struct l1_guest *g = guest_of(w, guest);

	if (g->tree)
		return 0;
	if (!g->pud)
		g->pud = pool_take(w, guest, 4096);
	if (!g->pmd)
		g->pmd = pool_take(w, guest, 4096);
	if (!g->pud || !g->pmd || store_word(w, v, g->pud, ENTRY_VALID | g->pmd | UPPER_BITS) != 0 ||
	    store_word(w, v, root_gpa(w, guest), ENTRY_VALID | g->pud | UPPER_BITS) != 0)
		return -1;
	g->tree = true;
	return 0;
}

/* The PTE page for the 2 MiB around n_gpa, linked; 0: L1 has no memory for it, or a store failed. */
static uint64_t pte_page(struct world *w, unsigned v, unsigned guest, uint64_t n_gpa, unsigned shift)
{
	struct l1_guest *g = guest_of(w, guest);
	unsigned bits = SHIFT_2M - shift, index = (unsigned)(n_gpa >> SHIFT_2M);
	uint64_t *table = &g->pte_table[index];

	assert(index < sizeof(g->pte_table) / sizeof(g->pte_table[0]));
	if (*table)
		return *table;
	*table = pool_take(w, guest, 8u << bits);
	if (*table && store_word(w, v, g->pmd + 8 * index, ENTRY_VALID | *table | bits) != 0)
		*table = 0;
	return *table;
}

/* Write one leaf, or take it away (a value that is not valid). */
static int write_leaf(struct world *w, unsigned v, unsigned guest, uint64_t n_gpa, unsigned shift, uint64_t value)
{
	struct l1_guest *g = guest_of(w, guest);
	uint64_t page;

	if (link_upper_tables(w, v, guest) != 0)
		return -1;
	if (shift == SHIFT_1G)
		/* A cleared 1G leaf gives way to the table that was there. */
		return store_word(w, v, g->pud, value & ENTRY_VALID ? value : ENTRY_VALID | g->pmd | UPPER_BITS);
	if (shift == SHIFT_2M) {
		/* A PTE page below is given up: its entries are invalid by now. */
		g->pte_table[n_gpa >> SHIFT_2M] = 0;
		return store_word(w, v, g->pmd + 8 * (n_gpa >> SHIFT_2M), value);
	}
	page = pte_page(w, v, guest, n_gpa, shift);
	if (!page)
		return -1;
	return store_word(w, v, page + 8 * ((n_gpa >> shift) & ((1u << (SHIFT_2M - shift)) - 1)), value);
}

/* In an entry that is not valid all other bits are software's, and mean nothing to anybody else: L1 leaves them. */
static uint64_t leaf_value(const struct world *w, const struct l1_entry *e)
{
	bool r = e->r || !e->valid, c = e->c || !e->valid;

	return (e->valid ? ENTRY_VALID : 0) | ENTRY_LEAF | layout_gpa(&w->layout, e->lpage) | (r ? ENTRY_R : 0) |
	       (c ? ENTRY_C : 0) | (e->perm & EVP_READ && !e->no_read_bit ? ENTRY_READ : 0) |
	       (e->perm & EVP_WRITE ? ENTRY_WRITE : 0) | (e->perm & EVP_EXEC ? ENTRY_EXEC : 0);
}

/* L2 pages that an entry covers, as far as its memslot goes. */
static uint32_t entry_pages(const struct world *w, const struct l1_entry *e)
{
	const struct layout_slot *slot = &w->layout.slots[layout_slot_of(&w->layout, e->lpage)];
	uint32_t pages = e->shift > w->layout.page_shift ? 1u << (e->shift - w->layout.page_shift) : 1;
	uint32_t left = slot->first + slot->pages - e->lpage;

	if (pages > left)
		pages = left;
	return e->base_n + pages > w->layout.l2_pages ? w->layout.l2_pages - e->base_n : pages;
}

int l1_write_entry(struct world *w, unsigned v, unsigned guest, const struct l1_entry *entry)
{
	struct l1_guest *g = guest_of(w, guest);
	struct l1_entry e = *entry;
	uint32_t pages = entry_pages(w, &e);
	struct event event = {.kind = EV_L1_PTE,
			      .vcpu = (uint8_t)v,
			      .guest = (uint8_t)guest,
			      .valid = e.valid,
			      .r = e.r,
			      .c = e.c,
			      .perm = e.perm,
			      .n = e.base_n,
			      .lpage = e.lpage,
			      .count = pages,
			      .part = e.shift < w->layout.page_shift ? (uint8_t)(1u << (e.shift - 12)) : 0};

	if (write_leaf(w, v, guest, (uint64_t)e.base_n << w->layout.page_shift, e.shift, leaf_value(w, &e)) != 0)
		return -1;
	for (uint32_t i = 0; i < pages; i++)
		g->entry[e.base_n + i] = e;
	/* A large entry that now points nearer to the end of its slot leaves a tail that maps nothing. */
	for (uint32_t n = e.base_n + pages;
	     n < w->layout.l2_pages && g->entry[n].valid && g->entry[n].base_n == e.base_n; n++)
		g->entry[n].valid = false;
	world_emit(w, &event);
	return 0;
}

/* ---- entries that are nonsense ---------------------------------------------- */

/* Bits of a leaf that software or nobody may use (ISA: radix tree page table entry). */
#define ENTRY_RESERVED 0x3e00000000000e38ull
/* An address behind all memslots, aligned to what a leaf of any level maps. */
#define BEYOND_MEMORY (1ull << 40)

/* The entry of a level, as L1 wrote it last: where it lies (0: there is none), where it points to, what it maps. */
struct level {
	uint64_t gpa, table, next, flags;
	unsigned shift, bits;
};

static struct level find_level(const struct world *w, unsigned guest, uint64_t n_gpa, unsigned table)
{
	const struct l1_guest *g = &w->guests[guest - 1];
	uint64_t root = root_gpa(w, guest), partition = w->layout.partition_table_gpa;
	unsigned shift = w->layout.l1_page_shift, bits = SHIFT_2M - shift, index = (unsigned)(n_gpa >> SHIFT_2M);
	uint64_t pte = g->pte_table[index], at = pte ? pte + 8 * (n_gpa >> shift & ((1u << bits) - 1)) : 0;
	const struct level levels[TABLE_COUNT] = {
		[TABLE_PTE] = {at, pte, pte, 0, shift, 0},
		[TABLE_PMD] = {g->pmd + 8 * index, g->pmd, pte, 0, SHIFT_2M, bits},
		[TABLE_PUD] = {g->pud, g->pud, g->pmd, 0, SHIFT_1G, UPPER_BITS},
		[TABLE_ROOT] = {root, root, g->pud, 0, SHIFT_1G + UPPER_BITS, UPPER_BITS},
		[TABLE_PATE] = {partition + 16 * l1_lpid(w, guest), partition, root, RADIX_52_BITS,
				SHIFT_1G + UPPER_BITS, ROOT_BITS},
	};

	return levels[table];
}

static uint64_t junk_entry(const struct world *w, const struct level *level, unsigned junk, uint32_t lpage)
{
	const uint64_t leaf = ENTRY_VALID | ENTRY_LEAF | ENTRY_R | ENTRY_C | ENTRY_READ | ENTRY_WRITE | ENTRY_EXEC;
	const uint64_t table = ENTRY_VALID | level->flags;
	uint64_t gpa = layout_gpa(&w->layout, lpage), aligned = gpa & ~((1ull << level->shift) - 1);

	switch (junk) {
	case JUNK_LEAF:
		return leaf | aligned;
	case JUNK_LEAF_UNALIGNED:
		return leaf | gpa | 0x1000;
	case JUNK_LEAF_RESERVED:
		return leaf | aligned | ENTRY_RESERVED;
	case JUNK_LEAF_BEYOND:
		return leaf | BEYOND_MEMORY;
	case JUNK_TABLE_SIZE:
		return table | level->next | 7;
	case JUNK_TABLE_UNALIGNED:
		return table | level->next | 0x100 | level->bits;
	case JUNK_TABLE_BEYOND:
		return table | BEYOND_MEMORY | level->bits;
	case JUNK_TABLE_ITSELF:
		return table | level->table | level->bits;
	default:
		return 0;
	}
}

int l1_corrupt(struct world *w, unsigned v, unsigned guest, uint32_t n, unsigned table, unsigned junk, uint32_t lpage)
{
	struct l1_guest *g = guest_of(w, guest);
	uint64_t n_gpa = (uint64_t)n << w->layout.page_shift;
	const struct level at = find_level(w, guest, n_gpa, table);

	if (!at.gpa || (table != TABLE_PATE && !g->tree) ||
	    store_word(w, v, at.gpa, junk_entry(w, &at, junk, lpage)) != 0)
		return -1;
	/* L1 puts it right when it needs it next: l1_create, link_upper_tables, pte_page, or the entry itself. */
	if (table == TABLE_ROOT || table == TABLE_PUD)
		g->tree = false;
	else if (table == TABLE_PMD)
		g->pte_table[n_gpa >> SHIFT_2M] = 0;
	return 0;
}

/* ---- L2's own process table (layout.h) ------------------------------------ */

#define PROCESS_PID 1

/*
 * L2's boot loader, so to speak: write the table's bytes from outside, before L1 maps it. Once: what is there stays
 * when L2 gets other tables, and to write the same again would tell pages apart whose bytes are the same.
 */
static void write_process_table(struct world *w, unsigned guest)
{
	const struct layout *l = &w->layout;
	uint64_t l2_root = LAYOUT_PROCESS_L2_GPA + LAYOUT_TABLE_BYTES, l2_pud = l2_root + LAYOUT_TABLE_BYTES;
	const struct {
		uint64_t gpa, value;
	} words[] = {
		{l->guest_process_gpa[guest - 1] + 16 * PROCESS_PID, RADIX_52_BITS | l2_root | ROOT_BITS},
		{l->guest_process_root_gpa[guest - 1], ENTRY_VALID | l2_pud | UPPER_BITS},
		/* One 1 GiB leaf: effective addresses are L2 real addresses. */
		{l->guest_process_pool_gpa[guest - 1],
		 ENTRY_VALID | ENTRY_LEAF | ENTRY_R | ENTRY_C | ENTRY_READ | ENTRY_WRITE | ENTRY_EXEC},
	};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		uint32_t lpage = layout_lpage(l, words[i].gpa);
		uint64_t hva = layout_hva(l, lpage) + words[i].gpa - layout_gpa(l, lpage);
		uint64_t big_endian = __builtin_bswap64(words[i].value);
		struct event e = {.kind = EV_USER_WRITE, .lpage = lpage};

		machine_hostmm_copy(w->machine, hva, &big_endian, sizeof(big_endian), true);
		e.frame = machine_hostmm_frame(w->machine, hva);
		world_emit(w, &e);
	}
}

int l1_map_process_table(struct world *w, unsigned v, unsigned guest)
{
	struct l1_guest *g = guest_of(w, guest);
	unsigned shift = w->layout.l1_page_shift, bits = SHIFT_2M - shift;
	uint64_t gpa = w->layout.guest_process_gpa[guest - 1], pmd, pte;

	if (g->process)
		return 0;
	world_hold(w, &g->tables);
	if (g->process)
		return 0;
	if (!g->booted)
		write_process_table(w, guest);
	g->booted = true;
	if (!vcpu_to_l1(w, v) || link_upper_tables(w, v, guest) != 0)
		return -1;
	pmd = pool_take(w, guest, 4096);
	pte = pool_take(w, guest, 8u << bits);
	if (!pmd || !pte)
		return -1;
	for (uint64_t i = 0; i << shift < 3 * LAYOUT_TABLE_BYTES; i++)
		if (store_word(w, v, pte + 8 * i,
			       ENTRY_VALID | ENTRY_LEAF | (gpa + (i << shift)) | ENTRY_R | ENTRY_C | ENTRY_READ |
				       ENTRY_WRITE) != 0)
			return -1;
	if (store_word(w, v, pmd, ENTRY_VALID | pte | bits) != 0 ||
	    store_word(w, v, g->pud + 8 * (LAYOUT_PROCESS_L2_GPA >> SHIFT_1G), ENTRY_VALID | pmd | UPPER_BITS) != 0)
		return -1;
	g->process = true;
	return 0;
}

/* Its entries are in no table any more that the hardware or L0 may read from the next RIC=2 on. */
static void leave_tree(struct world *w, unsigned v, unsigned guest)
{
	struct l1_guest *g = guest_of(w, guest);

	for (uint32_t n = 0; n < w->layout.l2_pages; n++) {
		struct event e = {.kind = EV_L1_PTE, .vcpu = (uint8_t)v, .guest = (uint8_t)guest, .n = n};

		if (!g->entry[n].valid)
			continue;
		g->entry[n].valid = false;
		world_emit(w, &e);
	}
	memset(g->pte_table, 0, sizeof(g->pte_table));
	g->root = !g->root;
	g->pud = g->pmd = 0;
	g->tree = g->process = false;
}

int l1_create(struct world *w, unsigned v, unsigned guest, bool new_tree)
{
	uint64_t table = w->layout.partition_table_gpa;
	struct l1_guest *g = guest_of(w, guest);
	uint64_t root = w->layout.guest_root_gpa[guest - 1][g->root ^ new_tree];
	uint64_t entry[2] = {__builtin_bswap64(PATE_HOST_RADIX | RADIX_52_BITS | root | ROOT_BITS),
			     __builtin_bswap64(LAYOUT_PROCESS_L2_GPA | 4 /* 64 KiB */)};
	struct event e = {.kind = EV_L1_GUEST, .vcpu = (uint8_t)v, .guest = (uint8_t)guest, .valid = true};

	if (!w->ptcr_set) {
		const struct event ptcr = {
			.vcpu = (uint8_t)v, .hcall = EVENT_HCALL_PTCR, .lpage = layout_lpage(&w->layout, table)};

		if (l1_ask(w, ptcr, (const uint64_t[6]){table | 4 /* 64 KiB */}) != 0)
			return -1;
		w->ptcr_set = true;
	}
	/* What a root led to when it was in use last. */
	if ((new_tree && store_word(w, v, root, 0) != 0) ||
	    l1_store(w, v, table + 16 * l1_lpid(w, guest), entry, sizeof(entry)) != 0)
		return -1;
	if (new_tree)
		leave_tree(w, v, guest);
	g->created = true;
	world_emit(w, &e);
	return l1_flush(w, v, guest, RIC_ALL);
}

int l1_destroy(struct world *w, unsigned v, unsigned guest)
{
	static const uint64_t none[2];
	struct event e = {.kind = EV_L1_GUEST, .vcpu = (uint8_t)v, .guest = (uint8_t)guest, .valid = false};

	if (!guest_of(w, guest)->created ||
	    l1_store(w, v, w->layout.partition_table_gpa + 16 * l1_lpid(w, guest), none, sizeof(none)) != 0)
		return -1;
	guest_of(w, guest)->created = false;
	world_emit(w, &e);
	return l1_flush(w, v, guest, RIC_ALL);
}

/* ---- invalidation --------------------------------------------------------- */

/* The actual page size field AP of RB (ISA 3.1, Book III, 6.9.3.3). */
static uint64_t ap_of_shift(unsigned shift)
{
	switch (shift) {
	case 16:
		return 5;
	case SHIFT_2M:
		return 1;
	case SHIFT_1G:
		return 2;
	default:
		return 0;
	}
}

static struct event tlbie_event(enum event_hcall hcall, unsigned v, unsigned guest, unsigned scope, unsigned ric,
				uint32_t n, uint32_t count)
{
	return (struct event){.kind = EV_L1_TLBIE_BEGIN,
			      .vcpu = (uint8_t)v,
			      .hcall = (uint8_t)hcall,
			      .guest = (uint8_t)guest,
			      .scope = (uint8_t)scope,
			      .ric = (uint8_t)ric,
			      .n = n,
			      .count = count};
}

/*
 * Is an invalidation with that page size sure to reach what L2 may still use
 * for n? The size must be the entry's (ISA: AP must match); else nothing is owed.
 */
static bool certain(struct world *w, unsigned guest, uint32_t n, unsigned shift)
{
	const struct l1_entry *e = l1_find(w, guest, n);

	return n < WORLD_L2_PAGES && shift == (e ? e->shift : guest_of(w, guest)->entry[n].shift);
}

/* An invalidation that the kernel takes for none (kvmhv_emulate_priv_tlbie: IS=0 goes with RIC=0) is refused. */
static bool in_order(const struct event *e)
{
	return e->scope != SCOPE_PAGE || e->ric == RIC_TLB;
}

static int run_tlbie(struct world *w, struct event *e, bool sure, const uint64_t args[6])
{
	const struct event asked = {
		.vcpu = e->vcpu, .hcall = e->hcall, .guest = e->guest, .scope = e->scope, .lpage = LAYOUT_NONE};

	if (!vcpu_to_l1(w, e->vcpu))
		return -1;
	world_emit(w, e);
	e->status = in_order(e) ? l1_ask(w, asked, args) : l1_hcall(w, e->vcpu, e->hcall, args);
	e->kind = EV_L1_TLBIE_END;
	e->valid = sure;
	world_emit(w, e);
	return e->status == 0 ? 0 : -1;
}

int l1_tlbie(struct world *w, unsigned v, unsigned guest, unsigned scope, unsigned ric, uint32_t n, unsigned shift)
{
	uint64_t mask = scope == SCOPE_PAGE ? ~((1ull << shift) - 1) : 0;
	uint64_t addr = ((uint64_t)n << w->layout.page_shift) & mask;
	uint32_t pages = shift > w->layout.page_shift ? 1u << (shift - w->layout.page_shift) : 1;
	uint64_t instruction = (uint64_t)ric << 18 | 1u << 16; /* PRS=0 R=1 */
	uint64_t rb = scope == SCOPE_PAGE ? addr | ap_of_shift(shift) << 5 : scope == SCOPE_LPID ? 0x800 : 0xc00;
	struct event e = tlbie_event(EVENT_HCALL_TLBIE, v, scope == SCOPE_ALL ? 0 : guest, scope, ric,
				     (uint32_t)(addr >> w->layout.page_shift), pages);
	bool sure = scope != SCOPE_PAGE || certain(w, guest, n, shift);

	return run_tlbie(w, &e, sure, (const uint64_t[6]){instruction, l1_lpid(w, guest), rb});
}

/* H_RPT_INVALIDATE (PAPR): type bits and page sizes. */
#define RPT_NESTED 1u
#define RPT_TLB 2u
#define RPT_PWC 4u
#define RPT_PAT 8u

int l1_rpt(struct world *w, unsigned v, unsigned guest, unsigned scope, uint32_t n, uint32_t count, unsigned shift)
{
	uint64_t sizes = shift == 12 ? 1 : shift == 16 ? 2 : shift == SHIFT_2M ? 4 : 8;
	uint64_t type = RPT_NESTED | RPT_TLB | (scope == SCOPE_ALL ? RPT_PWC | RPT_PAT : 0);
	uint64_t start = scope == SCOPE_PAGE ? (uint64_t)n << w->layout.page_shift : 0;
	uint64_t end = scope == SCOPE_PAGE ? start + ((uint64_t)count << w->layout.page_shift) : ~0ull;
	struct event e = tlbie_event(EVENT_HCALL_RPT, v, guest, scope == SCOPE_PAGE ? SCOPE_PAGE : SCOPE_LPID,
				     scope == SCOPE_ALL ? RIC_ALL : RIC_TLB, n, count);
	bool sure = true;

	for (uint32_t i = 0; scope == SCOPE_PAGE && i < count && sure; i++)
		sure = certain(w, guest, n + i, shift);
	return run_tlbie(w, &e, sure,
			 (const uint64_t[6]){l1_lpid(w, guest), 1 /* all processors */, type, sizes, start, end});
}

int l1_flush_page(struct world *w, unsigned v, unsigned guest, uint32_t n, unsigned shift)
{
	uint32_t pages = shift > w->layout.page_shift ? 1u << (shift - w->layout.page_shift) : 1;

	return w->config->flush == FLUSHBY_RPT ? l1_rpt(w, v, guest, SCOPE_PAGE, n, pages, shift)
					       : l1_tlbie(w, v, guest, SCOPE_PAGE, RIC_TLB, n, shift);
}

int l1_flush(struct world *w, unsigned v, unsigned guest, unsigned ric)
{
	unsigned scope = ric == RIC_ALL ? SCOPE_ALL : SCOPE_LPID;

	return w->config->flush == FLUSHBY_RPT ? l1_rpt(w, v, guest, scope, 0, 0, w->layout.l1_page_shift)
					       : l1_tlbie(w, v, guest, SCOPE_LPID, ric, 0, 0);
}

/* ---- entering L2 ---------------------------------------------------------- */

static uint64_t guest_order64(const struct world *w, uint64_t value)
{
	return w->config->endian == ENDIAN_LITTLE ? value : __builtin_bswap64(value);
}

static uint32_t guest_order32(const struct world *w, uint32_t value)
{
	return w->config->endian == ENDIAN_LITTLE ? value : __builtin_bswap32(value);
}

int l1_enter(struct world *w, unsigned v, unsigned guest)
{
	struct vcpu *vcpu = &w->vcpus[v];
	uint64_t at = w->layout.state_gpa[v];
	struct state_area state = {
		.version = guest_order64(w, STATE_VERSION),
		.lpid = guest_order32(w, l1_lpid(w, guest)),
		.vcpu_token = guest_order32(w, v),
	};
	const struct event e = {.vcpu = (uint8_t)v,
				.hcall = EVENT_HCALL_ENTER,
				.guest = (uint8_t)guest,
				.lpage = layout_lpage(&w->layout, at)};

	if (vcpu->mode == VCPU_L2 && vcpu->guest == guest)
		return 0;
	if (!guest_of(w, guest)->created || guest_of(w, guest)->stopping || !vcpu_to_l1(w, v) ||
	    l1_store(w, v, at, &state, sizeof(state)) != 0)
		return -1;
	l1_ask(w, e, (const uint64_t[6]){at, at + STATE_REGS_OFFSET});
	return vcpu->mode == VCPU_L2 && vcpu->guest == guest ? 0 : -1;
}

int l1_enter_nonsense(struct world *w, unsigned v, unsigned guest, unsigned word, uint64_t value)
{
	/* Not where l1_enter writes, so that it does not stay there. */
	const uint64_t at = w->layout.state_gpa[v] + 1024, regs_at = w->layout.state_gpa[v] + 3072;
	struct {
		struct state_area state;
		uint64_t regs[PT_REGS_WORDS];
	} area = {.state = {.version = guest_order64(w, STATE_VERSION), .lpid = guest_order32(w, l1_lpid(w, guest))}};

	value = guest_order64(w, value);
	memcpy((char *)&area + word % (sizeof(area) / sizeof(value)) * sizeof(value), &value, sizeof(value));
	if (!vcpu_to_l1(w, v) || l1_store(w, v, at, &area.state, sizeof(area.state)) != 0 ||
	    l1_store(w, v, regs_at, area.regs, sizeof(area.regs)) != 0)
		return -1;
	return l1_hcall(w, v, EVENT_HCALL_ENTER, (const uint64_t[6]){at, regs_at});
}

void l1_hear_fault(const struct world *w, unsigned v, struct machine_access *access)
{
	uint64_t at = w->layout.state_gpa[v];
	uint32_t lpage = layout_lpage(&w->layout, at);
	uint32_t frame = machine_hostmm_frame(w->machine, layout_hva(&w->layout, lpage));
	struct state_area state;

	if (frame == MACHINE_FRAME_NONE)
		return;
	machine_read(w->machine, machine_frame_hpa(w->machine, frame) + at - layout_gpa(&w->layout, lpage), &state,
		     sizeof(state));
	access->gpa = guest_order64(w, state.asdr);
	/* Of a fetch SRR1 says what HDSISR does of others. */
	if (w->vcpus[v].entry.r3 == VECTOR_HDSI)
		access->dsisr = (uint32_t)guest_order64(w, state.hdsisr);
}

/* An entry that is smaller than a page of the host maps the beginning of one. */
static bool maps(const struct world *w, const struct l1_entry *e, uint64_t n_gpa)
{
	return e->shift >= w->layout.page_shift || (n_gpa & (w->layout.page_size - 1)) >> e->shift == 0;
}

bool l1_answer_fault(struct world *w, unsigned v, unsigned guest, const struct machine_access *access)
{
	uint32_t n = (uint32_t)(access->gpa >> w->layout.page_shift);
	struct l1_entry *found, e;
	bool store = access->dsisr & DSISR_HW_STORE;
	uint8_t need = store ? EVP_WRITE : access->kind == MACHINE_FETCH ? EVP_EXEC : EVP_READ;

	world_hold(w, &guest_of(w, guest)->tables);
	found = l1_find(w, guest, n);
	/* The partition-scoped fault of L2's own table walk is not answered: those entries have R and C. */
	if (!found || !maps(w, found, access->gpa) || !(found->perm & need))
		return false;
	e = *found;
	if (e.r && (e.c || !store))
		return true;
	e.r = true;
	e.c |= store;
	return l1_write_entry(w, v, guest, &e) == 0;
}
