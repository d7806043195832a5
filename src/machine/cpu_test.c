/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cpu_test.c: accesses: what they need, how they fail, what they change. Each
 * test cites its rule in Power ISA 3.1, Book III.
 */
#include "test_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define LPID 5u
#define GPA 0x10000ull
#define PAGE 0x10000ull

struct fixture {
	struct machine *m;
	uint64_t *root, *entry;
	uint64_t hpa;
	uint32_t frame;
};

static struct fixture with_page(void **state, uint64_t bits)
{
	struct fixture f = {.m = *state};

	f.root = test_partition(f.m, LPID);
	f.frame = machine_frame_alloc(f.m, false);
	f.hpa = machine_frame_hpa(f.m, f.frame);
	f.entry = test_map(f.m, f.root, GPA, 16, f.hpa, bits);
	return f;
}

static void set_bits(const struct fixture *f, uint64_t bits)
{
	test_store(f->m, f->entry, RADIX_V | RADIX_LEAF | f->hpa | bits);
}

static struct machine_access try_access(struct machine *m, uint64_t addr, enum machine_access_kind kind)
{
	struct machine_access access = {.lpid = LPID, .addr = addr, .kind = kind};
	enum machine_status status = machine_access(m, &access);

	assert_int_equal(status, access.status);
	return access;
}

static uint32_t dsisr_of(struct machine *m, uint64_t addr, enum machine_access_kind kind)
{
	struct machine_access access = try_access(m, addr, kind);

	return access.status == MACHINE_DONE ? 0 : access.dsisr;
}

/* ---- what an access needs --------------------------------------------------- */

/* Said again, on purpose not as cpu.c says it: 6.7.13 protection, then 6.7.12 R and C. */
static uint32_t expected_dsisr(unsigned eaa, bool r, bool c, enum machine_access_kind kind)
{
	bool read = eaa & 4, write = eaa & 2, execute = eaa & 1;

	if (kind == MACHINE_LOAD && !(read || write))
		return 0x08000000;
	if (kind == MACHINE_STORE && !write)
		return 0x08000000 | 0x02000000;
	if (kind == MACHINE_FETCH && !execute)
		return 0x10000000;
	if (kind == MACHINE_STORE && !(r && c))
		return 0x00040000 | 0x02000000;
	return r ? 0 : 0x00040000;
}

/* 6.7.13, 6.7.12. */
static void every_combination_of_rights_r_c_and_access(void **state)
{
	struct fixture f = with_page(state, 0);

	for (unsigned i = 0; i < 16 * 4 * 3; i++) {
		unsigned eaa = i % 16;
		bool r = i / 16 & 1, c = i / 32 & 1;
		enum machine_access_kind kind = (enum machine_access_kind)(i / 64);

		set_bits(&f, eaa | (r ? 0x100 : 0) | (c ? 0x80 : 0));
		machine_tlbie_page(f.m, MACHINE_CPUS, LPID, GPA, 16);
		assert_int_equal(dsisr_of(f.m, GPA, kind), expected_dsisr(eaa, r, c, kind));
	}
}

/* The same through a TLB that was filled by another kind of access, whatever the entry was then. */
static void a_fault_is_never_raised_from_the_tlb(void **state)
{
	struct fixture f = with_page(state, 0);

	for (unsigned i = 0; i < 8 * 4 * 3; i++) {
		uint64_t bits = i % 8 | (i / 8 & 1 ? 0x100 : 0) | (i / 16 & 1 ? 0x80 : 0);
		enum machine_access_kind kind = (enum machine_access_kind)(i / 32);
		bool allowed = expected_dsisr(i % 8, i / 8 & 1, i / 16 & 1, kind) == 0;

		for (int first = MACHINE_LOAD; first <= MACHINE_FETCH; first++) {
			set_bits(&f, bits);
			machine_tlbie_page(f.m, MACHINE_CPUS, LPID, GPA, 16);
			try_access(f.m, GPA, (enum machine_access_kind)first);
			set_bits(&f, TEST_RWX | TEST_RC);
			assert_int_equal(dsisr_of(f.m, GPA, kind), 0);
			/* What was allowed then is still allowed when the page has gone meanwhile. */
			set_bits(&f, bits);
			machine_tlbie_page(f.m, MACHINE_CPUS, LPID, GPA, 16);
			try_access(f.m, GPA, kind);
			test_store(f.m, f.entry, 0);
			assert_int_equal(dsisr_of(f.m, GPA, kind) == 0, allowed);
		}
	}
}

/* 7.5.3, 7.5.5, and so the hypervisor's: there is no translation, and a store is told as one. */
static void no_translation_is_told_with_the_kind_of_access(void **state)
{
	struct fixture f = with_page(state, TEST_RWX | TEST_RC);

	assert_int_equal(dsisr_of(f.m, GPA + PAGE, MACHINE_LOAD), DSISR_HW_NO_TRANSLATION);
	assert_int_equal(dsisr_of(f.m, GPA + PAGE, MACHINE_STORE), DSISR_HW_NO_TRANSLATION | DSISR_HW_STORE);
	assert_int_equal(dsisr_of(f.m, GPA + PAGE, MACHINE_FETCH), DSISR_HW_NO_TRANSLATION);
	assert_int_equal(dsisr_of(f.m, GPA | 1ull << 52, MACHINE_LOAD), DSISR_HW_NO_TRANSLATION);
}

/* 7.5.3, the hypervisor's: ASDR holds bits 4:51 of the guest real address. */
static void a_fault_tells_the_guest_real_address(void **state)
{
	struct fixture f = with_page(state, TEST_RWX | TEST_RC);
	struct machine_access access = try_access(f.m, GPA + PAGE + 0x3456, MACHINE_LOAD);

	assert_int_equal(access.status, MACHINE_FAULT);
	assert_int_equal(access.asdr, GPA + PAGE + 0x3000);
	assert_int_equal(access.gpa, GPA + PAGE + 0x3456);
	assert_false(access.tlb_hit);
}

static void a_store_changes_its_frame_once_and_a_load_nothing(void **state)
{
	struct fixture f = with_page(state, TEST_RWX | TEST_RC);
	uint64_t before = *f.entry;

	for (int i = 1; i <= 3; i++) {
		struct machine_access access = try_access(f.m, GPA + 0x123, MACHINE_STORE);

		assert_int_equal(access.hpa, f.hpa + 0x123);
		assert_int_equal(access.gpa, GPA + 0x123);
		assert_int_equal(access.tlb_hit, i > 1);
		try_access(f.m, GPA, MACHINE_LOAD);
		try_access(f.m, GPA, MACHINE_FETCH);
		assert_int_equal(machine_frame_version(f.m, f.frame), i);
	}
	assert_int_equal(*f.entry, before);
	set_bits(&f, TEST_RWX | RADIX_R);
	machine_tlbie_page(f.m, MACHINE_CPUS, LPID, GPA, 16);
	assert_int_equal(try_access(f.m, GPA, MACHINE_STORE).status, MACHINE_FAULT);
	assert_int_equal(machine_frame_version(f.m, f.frame), 3);
}

/* ---- R and C ------------------------------------------------------------------ */

/* 6.7.12: a store through an entry with C=0 looks at the PTE again; the entry is replaced. */
static void a_store_through_an_entry_without_c_walks_again(void **state)
{
	struct fixture f = with_page(state, TEST_RWX | RADIX_R);

	assert_int_equal(dsisr_of(f.m, GPA, MACHINE_LOAD), 0);
	assert_int_equal(dsisr_of(f.m, GPA, MACHINE_STORE), DSISR_HW_SET_RC | DSISR_HW_STORE);
	assert_true(try_access(f.m, GPA, MACHINE_LOAD).tlb_hit); /* the fault has not made it forget */
	set_bits(&f, TEST_RWX | TEST_RC);
	assert_false(try_access(f.m, GPA, MACHINE_STORE).tlb_hit);
	assert_true(try_access(f.m, GPA, MACHINE_STORE).tlb_hit);
	assert_true(machine_peek_tlb(f.m, 0, LPID, GPA).c);
}

/* 6.7.12, and the heart of the matter: C cleared in memory and no tlbie. The store leaves no trace in the PTE. */
static void a_store_through_an_entry_with_c_sets_nothing(void **state)
{
	struct fixture f = with_page(state, TEST_RWX | TEST_RC);

	assert_int_equal(dsisr_of(f.m, GPA, MACHINE_STORE), 0);
	set_bits(&f, TEST_RWX);
	assert_int_equal(dsisr_of(f.m, GPA, MACHINE_STORE), 0);
	assert_int_equal(be64toh(*f.entry) & TEST_RC, 0);
	machine_tlbie_page(f.m, MACHINE_CPUS, LPID, GPA, 16);
	assert_int_equal(dsisr_of(f.m, GPA, MACHINE_STORE), DSISR_HW_SET_RC | DSISR_HW_STORE);
}

/* 6.7.13: before it faults for protection it looks again too. */
static void a_store_through_a_read_only_entry_walks_again(void **state)
{
	struct fixture f = with_page(state, RADIX_READ | TEST_RC);

	assert_int_equal(dsisr_of(f.m, GPA, MACHINE_LOAD), 0);
	assert_int_equal(dsisr_of(f.m, GPA, MACHINE_STORE), DSISR_HW_PROTECTION | DSISR_HW_STORE);
	set_bits(&f, TEST_RW | TEST_RC);
	assert_int_equal(dsisr_of(f.m, GPA, MACHINE_STORE), 0);
	/* The other way round needs a tlbie. */
	set_bits(&f, RADIX_READ | TEST_RC);
	assert_int_equal(dsisr_of(f.m, GPA, MACHINE_STORE), 0);
}

/* 6.7.12: an implementation may set R and C itself. */
static void with_rc_hw_the_hardware_sets_r_and_c(void **state)
{
	const struct machine_config config = {.page_shift = 16, .cpus = 1, .rc_hw = true};
	struct fixture f;

	machine_reset(*state, &config);
	f = with_page(state, TEST_RW);
	assert_int_equal(dsisr_of(f.m, GPA, MACHINE_LOAD), 0);
	assert_int_equal(be64toh(*f.entry), RADIX_V | RADIX_LEAF | f.hpa | TEST_RW | RADIX_R);
	assert_false(machine_peek_tlb(f.m, 0, LPID, GPA).c);
	assert_int_equal(dsisr_of(f.m, GPA, MACHINE_STORE), 0);
	assert_int_equal(be64toh(*f.entry), RADIX_V | RADIX_LEAF | f.hpa | TEST_RW | TEST_RC);
	assert_true(machine_peek_tlb(f.m, 0, LPID, GPA).c);
	/* Only where the access is permitted. */
	set_bits(&f, RADIX_READ);
	machine_tlbie_page(f.m, MACHINE_CPUS, LPID, GPA, 16);
	assert_int_equal(dsisr_of(f.m, GPA, MACHINE_STORE), DSISR_HW_PROTECTION | DSISR_HW_STORE);
	assert_int_equal(be64toh(*f.entry) & TEST_RC, 0);
}

/* ---- sizes ---------------------------------------------------------------------- */

/* 6.7.10.2: of a large leaf, the RPN's bits within the page do not count. */
static void a_huge_leaf_maps_all_of_its_2_mib(void **state)
{
	struct machine *m = *state;
	uint64_t hpa = machine_frame_hpa(m, machine_frame_alloc(m, true));

	test_map(m, test_partition(m, LPID), 2ull << 21, 21, hpa | 0x30000, TEST_RWX | TEST_RC);
	assert_int_equal(try_access(m, (2ull << 21) + 0x1fffff, MACHINE_LOAD).hpa, hpa + 0x1fffff);
	assert_int_equal(try_access(m, 2ull << 21, MACHINE_STORE).hpa, hpa);
	assert_int_equal(machine_frame_version(m, machine_frame_of(m, hpa)), 1);
	assert_int_equal(dsisr_of(m, 3ull << 21, MACHINE_LOAD), DSISR_HW_NO_TRANSLATION);
}

/* 6.10: after a split without tlbie both sizes are remembered; either may answer. */
static void entries_of_two_sizes_live_side_by_side(void **state)
{
	struct machine *m = *state;
	uint64_t *root = test_partition(m, LPID);
	uint64_t run = machine_frame_hpa(m, machine_frame_alloc(m, true));
	uint64_t small = machine_frame_hpa(m, machine_frame_alloc(m, false));
	uint64_t *pmd = test_map(m, root, 0, 21, run, RADIX_READ | TEST_RC);

	assert_int_equal(try_access(m, 0, MACHINE_LOAD).hpa, run);
	test_store(m, pmd, 0);
	test_map(m, root, 0, 16, small, TEST_RW | TEST_RC);
	assert_int_equal(try_access(m, 8, MACHINE_STORE).hpa, small + 8); /* the huge one does not suffice */
	assert_int_equal(try_access(m, 8, MACHINE_LOAD).hpa, small + 8);
	machine_tlbie_page(m, MACHINE_CPUS, LPID, 0, 16);
	assert_int_equal(try_access(m, 8, MACHINE_LOAD).hpa, run + 8);
	machine_tlbie_page(m, MACHINE_CPUS, LPID, 0, 21);
	assert_int_equal(try_access(m, 8, MACHINE_LOAD).hpa, small + 8);
}

/* Not the ISA's but ours: there is no memory. */
static void a_leaf_that_points_out_of_the_frames_is_a_bad_walk(void **state)
{
	struct fixture f = with_page(state, TEST_RWX | TEST_RC);
	struct machine_access access;

	test_store(f.m, f.entry, RADIX_V | RADIX_LEAF | (MACHINE_FRAMES_BASE - PAGE) | TEST_RWX | TEST_RC);
	access = try_access(f.m, GPA + 0x10, MACHINE_STORE);
	assert_int_equal(access.status, MACHINE_BAD_WALK);
	assert_int_equal(access.bad_address, MACHINE_FRAMES_BASE - PAGE + 0x10);
	assert_int_equal(access.bad_state, KMEM_OUTSIDE);
	set_bits(&f, TEST_RWX | TEST_RC);
	assert_int_equal(try_access(f.m, GPA, MACHINE_STORE).status, MACHINE_DONE);
}

/* ---- the process-scoped dimension -------------------------------------------------- */

/*
 * A guest of 64 KiB pages, identity mapped to frames 0.. of its memory:
 * gpa page 1 process table, 2 root, 3..5 tables, 8.. data. EA page n is data page 8 + n.
 */
#define PROCESS_TABLE (1 * PAGE)
#define GUEST_ROOT (2 * PAGE)
#define GUEST_DATA (8 * PAGE)
#define GUEST_PAGES 16u
#define PID 3u

struct guest {
	struct machine *m;
	uint64_t *root;
	uint64_t *entry[GUEST_PAGES];
	uint64_t hpa[GUEST_PAGES];
};

static uint64_t guest_hpa(const struct guest *g, uint64_t gpa)
{
	return g->hpa[gpa / PAGE] + gpa % PAGE;
}

static void guest_write(const struct guest *g, uint64_t gpa, uint64_t value)
{
	uint64_t big_endian = htobe64(value);

	machine_write(g->m, guest_hpa(g, gpa), &big_endian, 8);
}

static void guest_map(const struct guest *g, uint64_t n, uint64_t bits)
{
	guest_write(g, 5 * PAGE + n * 8, RADIX_V | RADIX_LEAF | (GUEST_DATA + n * PAGE) | bits);
}

static struct guest with_guest(void **state)
{
	struct guest g = {.m = *state};

	g.root = test_table(g.m, 13);
	machine_partition_entry(g.m, LPID, test_dw0(g.root),
				RADIX_V | PROCESS_TABLE); /* PRTS 0: 4 KiB, 256 processes */
	for (unsigned i = 0; i < GUEST_PAGES; i++) {
		g.hpa[i] = machine_frame_hpa(g.m, machine_frame_alloc(g.m, false));
		g.entry[i] = test_map(g.m, g.root, i * PAGE, 16, g.hpa[i], TEST_RWX | TEST_RC);
	}
	guest_write(&g, PROCESS_TABLE + PID * 16, TEST_RTS_52 | GUEST_ROOT | 13);
	guest_write(&g, GUEST_ROOT, RADIX_V | 3 * PAGE | 9);
	guest_write(&g, 3 * PAGE, RADIX_V | 4 * PAGE | 9);
	guest_write(&g, 4 * PAGE, RADIX_V | 5 * PAGE | 5);
	for (unsigned n = 0; n < 4; n++)
		guest_map(&g, n, TEST_RWX | TEST_RC);
	return g;
}

static struct machine_access try_process(struct machine *m, uint64_t ea, enum machine_access_kind kind)
{
	struct machine_access access = {.lpid = LPID, .addr = ea, .kind = kind, .process = true, .pid = PID};

	machine_access(m, &access);
	return access;
}

/* 6.7.6.2 and the translation process: partition table -> process table -> the process's tree -> guest real -> host
 * real. */
static void an_effective_address_is_translated_twice(void **state)
{
	struct guest g = with_guest(state);
	struct machine_access access = try_process(g.m, 2 * PAGE + 0x88, MACHINE_STORE);

	assert_int_equal(access.status, MACHINE_DONE);
	assert_int_equal(access.gpa, GUEST_DATA + 2 * PAGE + 0x88);
	assert_int_equal(access.hpa, guest_hpa(&g, GUEST_DATA + 2 * PAGE + 0x88));
	assert_int_equal(machine_frame_version(g.m, machine_frame_of(g.m, access.hpa)), 1);
	assert_false(access.tlb_hit);
	assert_true(try_process(g.m, 2 * PAGE, MACHINE_STORE).tlb_hit);
	assert_false(try_process(g.m, 3 * PAGE, MACHINE_STORE).tlb_hit);
}

/* Quadrants: the top two bits of an effective address say the quadrant, and are no part of what is translated. */
static void the_quadrant_is_not_translated(void **state)
{
	struct guest g = with_guest(state);

	assert_int_equal(try_process(g.m, 1ull << 62 | PAGE, MACHINE_LOAD).gpa, GUEST_DATA + PAGE);
	assert_int_equal(try_process(g.m, 2ull << 62 | PAGE, MACHINE_LOAD).gpa, GUEST_DATA + PAGE);
}

/* 7.5.3, 7.5.5: what is wrong in the guest's own tables is the guest's interrupt. */
static void faults_of_the_process_tables_go_to_the_guest(void **state)
{
	struct guest g = with_guest(state);
	struct machine_access access = {.lpid = LPID, .addr = 0, .kind = MACHINE_LOAD, .process = true};

	access = try_process(g.m, 4 * PAGE, MACHINE_STORE);
	assert_int_equal(access.status, MACHINE_GUEST_FAULT);
	assert_int_equal(access.dsisr, DSISR_HW_NO_TRANSLATION | DSISR_HW_STORE);
	assert_int_equal(try_process(g.m, 1ull << 52, MACHINE_LOAD).status, MACHINE_GUEST_FAULT);

	guest_map(&g, 0, RADIX_READ | TEST_RC);
	access = try_process(g.m, 0, MACHINE_STORE);
	assert_int_equal(access.status, MACHINE_GUEST_FAULT);
	assert_int_equal(access.dsisr, DSISR_HW_PROTECTION | DSISR_HW_STORE);
	guest_map(&g, 0, TEST_RWX | RADIX_R);
	assert_int_equal(try_process(g.m, 0, MACHINE_LOAD).status, MACHINE_DONE);
	access = try_process(g.m, 0, MACHINE_STORE);
	assert_int_equal(access.status, MACHINE_GUEST_FAULT);
	assert_int_equal(access.dsisr, DSISR_HW_SET_RC | DSISR_HW_STORE);
	guest_map(&g, 0, TEST_RWX | TEST_RC);
	assert_int_equal(try_process(g.m, 0, MACHINE_STORE).status, MACHINE_DONE);

	guest_write(&g, 4 * PAGE, RADIX_V | 5 * PAGE | 7);
	access = try_process(g.m, PAGE, MACHINE_LOAD);
	assert_int_equal(access.status, MACHINE_GUEST_FAULT);
	assert_int_equal(access.dsisr, DSISR_HW_BAD_CONFIG);
	guest_write(&g, PROCESS_TABLE + PID * 16, 0);
	assert_int_equal(try_process(g.m, PAGE, MACHINE_LOAD).dsisr, DSISR_HW_BAD_CONFIG);
}

/* 6.7.6.2: the process table has 2^(12 + PRTS) bytes of 16-byte entries. */
static void a_pid_beyond_the_process_table_is_the_guests_fault(void **state)
{
	struct guest g = with_guest(state);
	struct machine_access access = {.lpid = LPID, .kind = MACHINE_LOAD, .process = true, .pid = 256};

	guest_write(&g, PROCESS_TABLE + 256 * 16, TEST_RTS_52 | GUEST_ROOT | 13);
	assert_int_equal(machine_access(g.m, &access), MACHINE_GUEST_FAULT);
	assert_int_equal(access.dsisr, DSISR_HW_NO_TRANSLATION);
	machine_partition_entry(g.m, LPID, test_dw0(g.root), RADIX_V | PROCESS_TABLE | 1);
	machine_evict_pate(g.m, 0);
	assert_int_equal(machine_access(g.m, &access), MACHINE_DONE);
}

/*
 * Hypervisor data storage interrupt: a fault in the access to a table of the guest
 * has bit 46, and ASDR has the table's address. It is a load, whatever the access was.
 */
static void tables_of_the_guest_are_translated_too(void **state)
{
	static const uint64_t tables[] = {PROCESS_TABLE, GUEST_ROOT, 3 * PAGE, 4 * PAGE, 5 * PAGE};
	struct guest g = with_guest(state);
	struct machine_access access;

	for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		uint64_t *entry = g.entry[tables[i] / PAGE], pte = be64toh(*entry);

		test_store(g.m, entry, 0);
		machine_tlbie_lpid(g.m, MACHINE_CPUS, LPID, 0);
		access = try_process(g.m, 0, MACHINE_STORE);
		assert_int_equal(access.status, MACHINE_FAULT);
		assert_int_equal(access.dsisr, DSISR_HW_NO_TRANSLATION | DSISR_HW_TABLE_ACCESS);
		assert_int_equal(access.asdr, tables[i]);
		assert_int_equal(access.gpa & ~(PAGE - 1), tables[i]);
		test_store(g.m, entry, pte & ~RADIX_R);
		assert_int_equal(try_process(g.m, 0, MACHINE_FETCH).dsisr, DSISR_HW_SET_RC | DSISR_HW_TABLE_ACCESS);
		test_store(g.m, entry, pte & ~(RADIX_C | RADIX_WRITE)); /* read only, not changed: enough for a load */
		assert_int_equal(try_process(g.m, 0, MACHINE_STORE).status, MACHINE_DONE);
		test_store(g.m, entry, pte);
	}
	assert_int_equal(machine_frame_version(g.m, machine_frame_of(g.m, g.hpa[5])), 4); /* as they were written */
}

/* Not so the page itself. */
static void a_fault_of_the_page_itself_is_an_ordinary_one(void **state)
{
	struct guest g = with_guest(state);
	struct machine_access access;

	test_store(g.m, g.entry[9], RADIX_V | RADIX_LEAF | g.hpa[9] | TEST_RWX | RADIX_R);
	access = try_process(g.m, PAGE + 0x2345, MACHINE_STORE);
	assert_int_equal(access.status, MACHINE_FAULT);
	assert_int_equal(access.dsisr, DSISR_HW_SET_RC | DSISR_HW_STORE);
	assert_int_equal(access.asdr, GUEST_DATA + PAGE + 0x2000);
	assert_int_equal(try_process(g.m, PAGE, MACHINE_LOAD).status, MACHINE_DONE);
}

static void a_guest_table_out_of_memory_is_no_translation(void **state)
{
	struct guest g = with_guest(state);
	struct machine_access access;

	guest_write(&g, GUEST_ROOT, RADIX_V | 1ull << 40 | 9);
	access = try_process(g.m, 0, MACHINE_LOAD);
	assert_int_equal(access.status, MACHINE_FAULT);
	assert_int_equal(access.dsisr, DSISR_HW_NO_TRANSLATION | DSISR_HW_TABLE_ACCESS);
	assert_int_equal(access.asdr, 1ull << 40);
}

/* Combined translations: remembered, and gone with what they derive from (6.9.3.3). */
static void a_partition_scoped_tlbie_takes_what_derives_from_it(void **state)
{
	struct guest g = with_guest(state);

	try_process(g.m, PAGE, MACHINE_STORE);
	try_process(g.m, 2 * PAGE, MACHINE_STORE);
	test_store(g.m, g.entry[9], 0);
	test_store(g.m, g.entry[10], 0);
	machine_tlbie_page(g.m, MACHINE_CPUS, LPID, GUEST_DATA, 16);
	machine_tlbie_page(g.m, MACHINE_CPUS, LPID, PAGE, 16); /* the effective address means nothing here */
	machine_tlbie_page(g.m, MACHINE_CPUS, LPID, GUEST_DATA + PAGE, 12);
	assert_true(try_process(g.m, PAGE, MACHINE_STORE).tlb_hit);
	machine_tlbie_page(g.m, MACHINE_CPUS, LPID, GUEST_DATA + PAGE, 16);
	assert_int_equal(try_process(g.m, PAGE, MACHINE_STORE).status, MACHINE_FAULT);
	assert_true(try_process(g.m, 2 * PAGE, MACHINE_STORE).tlb_hit);
	machine_tlbie_lpid(g.m, MACHINE_CPUS, LPID, 0);
	assert_int_equal(try_process(g.m, 2 * PAGE, MACHINE_STORE).status, MACHINE_FAULT);
}

/* The two translations of one page live side by side, and an access tells which it went through, and what that had. */
static void an_access_tells_the_translation_that_it_went_through(void **state)
{
	const uint64_t data = GUEST_DATA + PAGE;
	struct guest g = with_guest(state);
	struct machine_access access;

	guest_map(&g, 1, TEST_RWX | TEST_RC);
	access = try_process(g.m, PAGE, MACHINE_STORE);
	assert_true(access.c);
	assert_ptr_equal(access.entry, g.entry[9]);
	/* C is cleared without a tlbie, and the partition-scoped translation is made anew for a permission. */
	test_store(g.m, g.entry[9], RADIX_V | RADIX_LEAF | g.hpa[9] | RADIX_READ | RADIX_WRITE | TEST_RC);
	machine_tlbie_page(g.m, 0, LPID, data, 16);
	assert_true(try_process(g.m, PAGE, MACHINE_STORE).c);
	test_store(g.m, g.entry[9], RADIX_V | RADIX_LEAF | g.hpa[9] | TEST_RWX | RADIX_R);
	access = try_access(g.m, data, MACHINE_FETCH);
	assert_false(access.tlb_hit);
	assert_false(access.c);
	assert_false(machine_peek_tlb(g.m, 0, LPID, data).c);
	access = try_process(g.m, PAGE, MACHINE_STORE);
	assert_true(access.tlb_hit);
	assert_true(access.c);
	assert_ptr_equal(access.entry, g.entry[9]);
	assert_true(machine_peek_process_tlb(g.m, 0, LPID, data).c);
	assert_false(machine_peek_process_tlb(g.m, 0, LPID, data + PAGE).present);
	assert_false(machine_peek_process_tlb(g.m, 1, LPID, data).present);
	access = try_access(g.m, data, MACHINE_LOAD);
	assert_true(access.tlb_hit);
	assert_false(access.c);
}

/* 6.9.3.3, PRS=1: only what came through the process-scoped tables. */
static void a_process_scoped_flush_spares_partition_scoped_entries(void **state)
{
	struct guest g = with_guest(state);

	for (unsigned ric = 0; ric <= 2; ric++) {
		try_process(g.m, PAGE, MACHINE_LOAD);
		assert_true(try_process(g.m, PAGE, MACHINE_LOAD).tlb_hit);
		machine_tlbie_process(g.m, MACHINE_CPUS, LPID + 1, ric);
		machine_tlbie_process(g.m, 1, LPID, ric);
		assert_true(try_process(g.m, PAGE, MACHINE_LOAD).tlb_hit);
		machine_tlbie_process(g.m, MACHINE_CPUS, LPID, ric);
		assert_int_equal(try_process(g.m, PAGE, MACHINE_LOAD).tlb_hit, ric == 1);
		assert_true(machine_peek_tlb(g.m, 0, LPID, GUEST_DATA + PAGE).present);
	}
	machine_evict_tlb(g.m, 0);
	assert_false(try_process(g.m, PAGE, MACHINE_LOAD).tlb_hit);
}

/* The smaller page of the two dimensions, the rights of both. */
static void a_combined_entry_has_the_smaller_size_and_both_rights(void **state)
{
	struct guest g = with_guest(state);

	/* EA 2 MiB at 0 -> gpa 0, in 64 KiB pages of the host. */
	guest_write(&g, 4 * PAGE, RADIX_V | RADIX_LEAF | RADIX_READ | RADIX_R);
	assert_int_equal(try_process(g.m, 9 * PAGE + 5, MACHINE_LOAD).hpa, g.hpa[9] + 5);
	assert_int_equal(try_process(g.m, 10 * PAGE + 5, MACHINE_LOAD).hpa, g.hpa[10] + 5);
	assert_true(try_process(g.m, 10 * PAGE + 6, MACHINE_LOAD).tlb_hit);
	assert_int_equal(try_process(g.m, 10 * PAGE, MACHINE_STORE).status, MACHINE_GUEST_FAULT);
	machine_tlbie_page(g.m, MACHINE_CPUS, LPID, 9 * PAGE, 16);
	assert_false(try_process(g.m, 9 * PAGE, MACHINE_LOAD).tlb_hit);
	assert_true(try_process(g.m, 10 * PAGE, MACHINE_LOAD).tlb_hit);
	/* A store wants more than was remembered: walked again in both. */
	guest_write(&g, 4 * PAGE, RADIX_V | RADIX_LEAF | TEST_RW | TEST_RC);
	assert_int_equal(try_process(g.m, 10 * PAGE, MACHINE_STORE).status, MACHINE_DONE);
	assert_true(try_process(g.m, 10 * PAGE, MACHINE_STORE).tlb_hit);
}

static void processes_and_partitions_are_told_apart(void **state)
{
	struct guest g = with_guest(state);
	struct machine_access other = {.lpid = LPID, .addr = 0, .process = true, .pid = PID + 1};

	try_process(g.m, 0, MACHINE_LOAD);
	assert_int_equal(machine_access(g.m, &other), MACHINE_GUEST_FAULT);
	other.pid = PID;
	other.lpid = LPID + 1;
	assert_int_equal(machine_access(g.m, &other), MACHINE_FAULT);
	assert_int_equal(other.dsisr, DSISR_HW_BAD_CONFIG);
}

/* ---- copies --------------------------------------------------------------------------- */

static void a_copy_goes_page_by_page_through_both_dimensions(void **state)
{
	struct guest g = with_guest(state);
	unsigned char in[70000], out[70000];
	struct machine_access fault;

	for (unsigned i = 0; i < sizeof(in); i++)
		in[i] = (unsigned char)(i * 7);
	guest_map(&g, 0, TEST_RW | TEST_RC);
	assert_int_equal(machine_guest_copy(g.m, 0, LPID, true, PID, PAGE - 100, in, sizeof(in), true, &fault), 0);
	assert_memory_equal((void *)(uintptr_t)(g.hpa[8] + PAGE - 100), in, 100);
	assert_memory_equal((void *)(uintptr_t)g.hpa[9], in + 100, PAGE);
	assert_memory_equal((void *)(uintptr_t)g.hpa[10], in + 100 + PAGE, sizeof(in) - 100 - PAGE);
	for (unsigned i = 8; i <= 10; i++)
		assert_int_equal(machine_frame_version(g.m, machine_frame_of(g.m, g.hpa[i])), 1);
	assert_int_equal(machine_guest_copy(g.m, 1, LPID, true, PID, PAGE - 100, out, sizeof(out), false, &fault), 0);
	assert_memory_equal(in, out, sizeof(in));
	/* The same bytes by guest real address. */
	memset(out, 0, sizeof(out));
	assert_int_equal(
		machine_guest_copy(g.m, 1, LPID, false, 0, GUEST_DATA + PAGE - 100, out, sizeof(out), false, NULL), 0);
	assert_memory_equal(in, out, sizeof(in));
}

/* A write reaches to the end of its frame, however large the leaf. */
static void a_copy_through_a_huge_leaf_goes_frame_by_frame(void **state)
{
	struct machine *m = *state;
	uint32_t run = machine_frame_alloc(m, true);
	unsigned char bytes[3 * PAGE] = {1};

	test_map(m, test_partition(m, LPID), 0, 21, machine_frame_hpa(m, run), TEST_RWX | TEST_RC);
	assert_int_equal(machine_guest_copy(m, 0, LPID, false, 0, PAGE - 1, bytes, PAGE + 2, true, NULL), 0);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(machine_frame_version(m, run + i), i < 3);
}

static void a_copy_stops_at_a_fault_and_tells_it(void **state)
{
	struct guest g = with_guest(state);
	unsigned char bytes[0x20000] = {0};
	struct machine_access fault;

	test_store(g.m, g.entry[9], RADIX_V | RADIX_LEAF | g.hpa[9] | TEST_RW | RADIX_R);
	assert_int_equal(machine_guest_copy(g.m, 0, LPID, true, PID, PAGE - 16, bytes, 100, true, &fault), 84);
	assert_int_equal(fault.status, MACHINE_FAULT);
	assert_int_equal(fault.addr, PAGE);
	assert_int_equal(fault.dsisr, DSISR_HW_SET_RC | DSISR_HW_STORE);
	assert_int_equal(machine_frame_version(g.m, machine_frame_of(g.m, g.hpa[8])), 1);
	assert_int_equal(machine_frame_version(g.m, machine_frame_of(g.m, g.hpa[9])), 0);
	assert_int_equal(machine_guest_copy(g.m, 0, LPID, true, PID, 3 * PAGE, bytes, 2 * PAGE, false, &fault), PAGE);
	assert_int_equal(fault.status, MACHINE_GUEST_FAULT);
	assert_int_equal(fault.dsisr, DSISR_HW_NO_TRANSLATION);
	assert_int_equal(fault.addr, 4 * PAGE);
}

static const struct CMUnitTest tests[] = {
	TEST(every_combination_of_rights_r_c_and_access),
	TEST(a_fault_is_never_raised_from_the_tlb),
	TEST(no_translation_is_told_with_the_kind_of_access),
	TEST(a_fault_tells_the_guest_real_address),
	TEST(a_store_changes_its_frame_once_and_a_load_nothing),
	TEST(a_store_through_an_entry_without_c_walks_again),
	TEST(a_store_through_an_entry_with_c_sets_nothing),
	TEST(a_store_through_a_read_only_entry_walks_again),
	TEST(with_rc_hw_the_hardware_sets_r_and_c),
	TEST(a_huge_leaf_maps_all_of_its_2_mib),
	TEST(entries_of_two_sizes_live_side_by_side),
	TEST(a_leaf_that_points_out_of_the_frames_is_a_bad_walk),
	TEST(an_effective_address_is_translated_twice),
	TEST(the_quadrant_is_not_translated),
	TEST(faults_of_the_process_tables_go_to_the_guest),
	TEST(a_pid_beyond_the_process_table_is_the_guests_fault),
	TEST(tables_of_the_guest_are_translated_too),
	TEST(a_fault_of_the_page_itself_is_an_ordinary_one),
	TEST(a_guest_table_out_of_memory_is_no_translation),
	TEST(a_partition_scoped_tlbie_takes_what_derives_from_it),
	TEST(an_access_tells_the_translation_that_it_went_through),
	TEST(a_process_scoped_flush_spares_partition_scoped_entries),
	TEST(a_combined_entry_has_the_smaller_size_and_both_rights),
	TEST(processes_and_partitions_are_told_apart),
	TEST(a_copy_goes_page_by_page_through_both_dimensions),
	TEST(a_copy_through_a_huge_leaf_goes_frame_by_frame),
	TEST(a_copy_stops_at_a_fault_and_tells_it),
};
TEST_MAIN()
