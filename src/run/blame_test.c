/* SPDX-License-Identifier: GPL-2.0-only */
/* blame_test.c: what tells two causes apart that end in the same loss, or in the same access. */
#include "blame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct provenance_site mapper, setter, clearer, narrower, redirecter, taker;

static const struct {
	const struct provenance_site *site;
	const char *name;
} names[] = {
	{&mapper, "mapper"},	 {&setter, "setter"},	      {&clearer, "clearer"},
	{&narrower, "narrower"}, {&redirecter, "redirecter"}, {&taker, "taker"},
};

static struct layout layout;
static struct blame_facts facts;

/* ---- what is blamed, as a signature has it ------------------------------------------ */

static const char *layers[] = {
#define WORD(id, word) [id] = word,
	FINDING_LAYERS(WORD)
#undef WORD
};

static const char *name_of(const struct blame_item *item)
{
	if (item->word)
		return item->word;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].site == item->site)
			return names[i].name;
	return "nobody";
}

static void expect(const struct oracle_verdict *v, const struct store_mark *mark, const char *expected)
{
	const struct blame b = blame_of(v, mark, &facts);
	char text[128];
	int n = snprintf(text, sizeof(text), "%s", layers[b.layer]);

	for (uint32_t i = 0; i < b.count; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, ":%s", name_of(&b.items[i]));
	assert_string_equal(text, expected);
}

/* ---- how things stood ---------------------------------------------------------------- */

#define L1_PAGE 3u

static int setup(void **state)
{
	const struct scenario_config config = {.page = PAGE_64K, .cpus = 1, .vcpus = 1, .guests = 1, .slot = 16};

	(void)state;
	layout_init(&layout, &config);
	facts = (struct blame_facts){.layout = &layout};
	return 0;
}

static struct oracle_verdict verdict(enum finding_class class)
{
	return (struct oracle_verdict){
		.class = class, .guest = 1, .access = ACCESS_STORE, .writer = WRITER_L2, .n = 0, .lpage = L1_PAGE};
}

/* An access of L2 through a shadow entry that was made at 10, which the page's rmap lists, with all R and C there. */
static struct store_mark mark_of_l2(void)
{
	return (struct store_mark){
		.bits = {.has_l1 = true,
			 .l1_r = true,
			 .l1_c = true,
			 .has_shadow = true,
			 .shadow_r = true,
			 .shadow_c = true},
		.guest = 1,
		.store = true,
		.lpage = L1_PAGE,
		.through = L1_PAGE,
		.rmap = RMAP_LISTED,
		.first_rmap = RMAP_LISTED,
		.unmap_rmap = RMAP_LISTED,
		.l0 = {.made_at = 5, .mapped_at = 5, .mapped = &mapper},
		.shadow = {.made_at = 10, .mapped_at = 10, .mapped = &mapper, .set_c_at = 10, .set_c = &setter},
	};
}

/* The same after the host has unmapped the page at 20, which has left the shadow entry. */
static struct store_mark unmapped(void)
{
	struct store_mark mark = mark_of_l2();

	mark.host_changed = 20;
	mark.rmap = RMAP_EMPTY; /* that is how an unmap leaves it */
	return mark;
}

/* ---- what the host's unmap should have reached ------------------------------------------ */

static void an_unmap_that_finds_an_entry_and_leaves_it_is_to_blame(void **state)
{
	const struct oracle_verdict stale = verdict(CLASS_STALE_ACCESS), lost = verdict(CLASS_LOST_DIRTY_HOST);
	struct store_mark mark = unmapped();

	(void)state;
	expect(&stale, &mark, "shadow-pte:host-unmap");
	expect(&lost, &mark, "rmap:host-unmap");
	/* An unmap that does not come to the page's rmap leaves the entry in that as well. */
	mark.rmap = RMAP_LISTED;
	expect(&stale, &mark, "shadow-pte:host-unmap:rmap-kept");
	mark.rmap = RMAP_EMPTY;
	mark.rmap_of_first = true;
	expect(&stale, &mark, "shadow-pte:host-unmap:rmap-kept");
	mark.rmap_of_first = false;
	/* What widens it afterwards makes it no new entry. */
	mark.shadow.mapped_at = 30;
	expect(&stale, &mark, "shadow-pte:host-unmap");
	/* But whoever gives a permission that was taken away is to blame for that. */
	mark.shadow.made_at = 10;
	expect(&(struct oracle_verdict){.class = CLASS_OVER_PERMISSION, .guest = 1, .writer = WRITER_L2, .n = 0}, &mark,
	       "shadow-pte:mapper");
}

static void an_entry_that_was_made_afterwards_is_its_makers(void **state)
{
	const struct oracle_verdict stale = verdict(CLASS_STALE_ACCESS);
	struct store_mark mark = unmapped();

	(void)state;
	mark.shadow.made_at = mark.shadow.mapped_at = 30;
	expect(&stale, &mark, "shadow-pte:mapper");
}

static void an_rmap_that_never_had_it_says_what_it_had(void **state)
{
	static const struct {
		enum target_rmap first;
		const char *stale, *lost;
	} rows[] = {
		{RMAP_EMPTY, "shadow-pte:host-unmap:rmap-empty", "rmap:mapper:rmap-empty"},
		{RMAP_OTHERS, "shadow-pte:host-unmap:rmap-others", "rmap:mapper:rmap-others"},
	};
	const struct oracle_verdict stale = verdict(CLASS_STALE_ACCESS), lost = verdict(CLASS_LOST_DIRTY_HOST);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_mark mark = unmapped();

		mark.first_rmap = mark.unmap_rmap = rows[i].first;
		expect(&stale, &mark, rows[i].stale);
		expect(&lost, &mark, rows[i].lost);
	}
}

static void an_rmap_that_was_emptied_for_another_page_says_so(void **state)
{
	const struct oracle_verdict stale = verdict(CLASS_STALE_ACCESS), lost = verdict(CLASS_LOST_DIRTY_HOST);
	struct store_mark mark = unmapped();

	(void)state;
	mark.rmap_emptied = true;
	expect(&stale, &mark, "shadow-pte:rmap-emptied");
	expect(&lost, &mark, "rmap:rmap-emptied");
	mark.host_changed = 0; /* nobody has unmapped the page itself */
	expect(&lost, &mark, "rmap:rmap-emptied");
	/* It cannot have lost what it never had. */
	mark.first_rmap = RMAP_EMPTY;
	expect(&lost, &mark, "rmap:mapper:rmap-empty");
}

/* A harvest or an aging of the page looks under the page itself. */
static void an_entry_under_the_first_page_of_a_huge_one_is_not_found(void **state)
{
	const struct oracle_verdict lost = verdict(CLASS_LOST_REF_HOST);
	struct store_mark mark = mark_of_l2();

	(void)state;
	mark.rmap = RMAP_EMPTY;
	mark.rmap_of_first = true;
	expect(&lost, &mark, "rmap:mapper:rmap-of-first");
}

static void an_entry_of_l1_that_stays_too_is_what_was_missed(void **state)
{
	const struct oracle_verdict stale = verdict(CLASS_STALE_ACCESS);
	struct store_mark mark = unmapped();

	(void)state;
	mark.l0_agrees = true;
	expect(&stale, &mark, "l0-pte:host-unmap");
	mark.l0.made_at = 25; /* it was taken away, and there is a new one */
	expect(&stale, &mark, "shadow-pte:host-unmap");
	mark.l0.made_at = 5;
	mark.through = L1_PAGE + 1; /* the shadow entry was made for another page */
	expect(&stale, &mark, "shadow-pte:host-unmap");
}

static void what_was_made_of_a_wrong_entry_of_l1_is_not_to_blame(void **state)
{
	const struct oracle_verdict stale = verdict(CLASS_STALE_ACCESS), lost = verdict(CLASS_LOST_DIRTY_HOST);
	struct store_mark mark = mark_of_l2();

	(void)state;
	/* L1's entry for the page that L2 asked for leads to another one's memory, which L2 had before. */
	mark.through = L1_PAGE + 1;
	mark.l1_refuses = mark.l0_agrees = true;
	mark.l1 = (struct evidence_page){.changed = 8, .told = 9, .request = REQUEST_PAGE};
	expect(&stale, &mark, "shadow-pte:mapper");
	mark.l0_wrong = true;
	expect(&stale, &mark, "l0-pte:mapper");
	/* Or it should have gone, and the shadow entry was made of it afterwards. */
	mark = mark_of_l2();
	mark.host_changed = 8;
	mark.l0_agrees = mark.l0_stale = true;
	expect(&stale, &mark, "l0-pte:host-unmap");
	expect(&lost, &mark, "l0-pte:host-unmap");
	mark.l0_stale = false;
	expect(&stale, &mark, "shadow-pte:mapper");
}

/* An access of L1 itself. */
static void an_entry_of_l1_follows_the_host_only(void **state)
{
	struct oracle_verdict v = {
		.class = CLASS_STALE_ACCESS, .writer = WRITER_L1, .n = LAYOUT_NONE, .lpage = L1_PAGE};
	struct store_mark mark = unmapped();

	(void)state;
	expect(&v, &mark, "l0-pte:host-unmap");
	mark.l0.made_at = 30;
	expect(&v, &mark, "l0-pte:mapper");
	/* No mapping ever gave it that page: whenever it was made, it was made wrong. */
	v.class = CLASS_WRONG_PAGE;
	mark.l0.made_at = 5;
	expect(&v, &mark, "l0-pte:mapper");
}

/* ---- what L1 asked for -------------------------------------------------------------------- */

static void what_l1_asked_for_and_did_not_get_names_the_request(void **state)
{
	const struct oracle_verdict stale = verdict(CLASS_STALE_ACCESS), lost = verdict(CLASS_LOST_DIRTY_L1);
	struct store_mark mark = mark_of_l2();

	(void)state;
	mark.bits.l1_c = false;
	mark.l1 = (struct evidence_page){.changed = 15, .told = 16, .request = REQUEST_RANGE};
	mark.l1_refuses = true;
	expect(&stale, &mark, "shadow-pte:rpt-range");
	expect(&lost, &mark, "shadow-pte:rpt-range");
	mark.host_changed = 20; /* L1's was the first that should have taken it away */
	expect(&stale, &mark, "shadow-pte:rpt-range");
	mark.shadow.set_c_at = 17;
	expect(&lost, &mark, "shadow-pte:setter");
}

/* ---- tables, TLBs, bitmaps ------------------------------------------------------------------ */

static void an_orphan_and_a_redirected_entry_say_so(void **state)
{
	const struct oracle_verdict stale = verdict(CLASS_STALE_ACCESS), lost = verdict(CLASS_LOST_DIRTY_HOST);
	const struct oracle_verdict wrong = verdict(CLASS_WRONG_PAGE);
	struct store_mark mark = unmapped();

	(void)state;
	mark.shadow.redirected = &redirecter;
	expect(&stale, &mark, "shadow-pte:redirecter:redirected");
	mark.orphan = true;
	expect(&stale, &mark, "shadow-pte:orphan");
	expect(&lost, &mark, "shadow-pte:orphan");
	expect(&wrong, &mark, "shadow-pte:redirecter:redirected"); /* it never was where it leads now */
	mark.orphan_word = "tlbie-page";
	expect(&stale, &mark, "shadow-pte:orphan:tlbie-page");
	expect(&lost, &mark, "shadow-pte:orphan:tlbie-page");
}

static void a_permission_for_another_page_is_mixed_in(void **state)
{
	const struct oracle_verdict over = verdict(CLASS_OVER_PERMISSION);
	struct store_mark mark = mark_of_l2();

	(void)state;
	mark.shadow.mapped_at = 30;
	mark.l1 = (struct evidence_page){.changed = 20};
	expect(&over, &mark, "shadow-pte:mapper"); /* L1 has changed its entry, but not where it leads */
	mark.lpage = L1_PAGE + 1;
	expect(&over, &mark, "shadow-pte:mapper:mixed");
	mark.lpage = L1_PAGE;
	mark.l1.tainted = 20;
	expect(&over, &mark, "shadow-pte:mapper:mixed");
	mark.shadow.made_at = 25; /* it was made for what L1 wants now */
	expect(&over, &mark, "shadow-pte:mapper");
}

/* In l0-pte it was set for the page that L1's entry names, in shadow-pte for the one that it named before. */
static void c_for_another_page_is_mixed_in(void **state)
{
	const struct oracle_verdict lost = verdict(CLASS_LOST_DIRTY_HOST);
	struct store_mark mark = mark_of_l2();

	(void)state;
	mark.shadow.set_c_op = 5;
	mark.l0.set_c_op = 4;
	expect(&lost, &mark, "shadow-pte:setter"); /* it still names that one */
	mark.lpage = L1_PAGE + 1;
	expect(&lost, &mark, "shadow-pte:setter"); /* it was made with C, for this page */
	mark.shadow.set_c_at = 11;
	expect(&lost, &mark, "shadow-pte:setter:mixed");
	mark.l0.set_c_op = 5; /* set for this page, and cleared since */
	expect(&lost, &mark, "shadow-pte:setter");
	/* In a table that L1 has spoilt, what it names is not known. */
	mark.lpage = L1_PAGE;
	mark.l1.tainted = 20;
	expect(&lost, &mark, "shadow-pte:setter");
	mark.l0.set_c_op = 4;
	expect(&lost, &mark, "shadow-pte:setter:mixed");
}

static void a_large_entry_ends_with_the_slot(void **state)
{
	const struct oracle_verdict stale = verdict(CLASS_STALE_ACCESS), wrong = verdict(CLASS_WRONG_PAGE);
	struct store_mark mark = unmapped();

	(void)state;
	mark.beyond_slot = true;
	expect(&stale, &mark, "shadow-pte:mapper:beyond-slot");
	expect(&wrong, &mark, "shadow-pte:mapper:beyond-slot");
}

static void a_translation_that_only_a_tlb_has_is_the_tlbs(void **state)
{
	const struct oracle_verdict stale = verdict(CLASS_STALE_ACCESS), lost = verdict(CLASS_LOST_DIRTY_HOST);
	struct store_mark mark = unmapped();

	(void)state;
	mark.only_tlb = true; /* although there is an entry again, with C */
	mark.tlb = (struct provenance_entry){.narrowed = &narrower, .narrowed_at = 20};
	expect(&stale, &mark, "tlb:narrower:no-tlbie");
	expect(&lost, &mark, "tlb:narrower:no-tlbie");
	mark.instead[LOSS_ACCESS] = mark.instead[LOSS_C] = INSTEAD_LPID;
	expect(&stale, &mark, "tlb:narrower:other-lpid");
	mark.tlb_freed = true;
	expect(&stale, &mark, "tlb:freed");
	expect(&lost, &mark, "tlb:freed");
}

static void a_table_that_was_freed_says_how(void **state)
{
	const struct oracle_verdict stale = verdict(CLASS_STALE_ACCESS), lost = verdict(CLASS_LOST_DIRTY_L1);
	struct store_mark mark = unmapped();

	(void)state;
	mark.only_tlb = mark.tlb_freed = true;
	expect(&stale, &mark, "tlb:freed");
	mark.freed_alone = true; /* a large page takes its place */
	expect(&stale, &mark, "tlb:freed:one-table");
	mark.bits.l1_c = false;
	expect(&lost, &mark, "tlb:freed:one-table");
	mark.freed_meanwhile = true; /* who freed it may invalidate yet */
	expect(&stale, &mark, "tlb:freed:meanwhile");
}

static void who_takes_c_may_not_have_told_of_it_yet(void **state)
{
	const struct oracle_verdict lost = verdict(CLASS_LOST_DIRTY_HOST);
	struct store_mark mark = mark_of_l2();

	(void)state;
	mark.bits.has_l0 = mark.bits.l0_c = true;
	facts.taken = (struct provenance_change){.site = &taker, .at = 20};
	expect(&lost, &mark, "dirty-bitmap:taker");
	facts.taker_under_way = true;
	expect(&lost, &mark, "dirty-bitmap:taker:meanwhile");
}

static void what_the_kernel_wrote_names_who_wrote_it(void **state)
{
	const struct oracle_verdict lost = {
		.class = CLASS_LOST_DIRTY_HOST, .writer = WRITER_KERNEL, .n = LAYOUT_NONE, .lpage = L1_PAGE};
	const struct store_mark mark = mark_of_l2();

	(void)state;
	expect(&lost, &mark, "dirty-bitmap");
	facts.kernel_writer = "writer";
	expect(&lost, &mark, "dirty-bitmap:writer");
}

/* L1 may map its page to memory that another page of it has as well. */
static void another_pages_memory_is_the_mappers_fault(void **state)
{
	struct oracle_verdict lost = verdict(CLASS_LOST_DIRTY_HOST);
	struct store_mark mark = mark_of_l2();

	(void)state;
	mark.l0_agrees = true;
	mark.shadow.set_c_at = 1;
	mark.l0.cleared_c_at = 15;
	mark.l0.cleared_c = &clearer;
	expect(&lost, &mark, "shadow-pte:clearer");
	lost.lpage = L1_PAGE + 1;
	expect(&lost, &mark, "l0-pte:mapper");
}

static void two_slots_on_one_memory_are_nobodys_fault(void **state)
{
	const struct scenario_config config = {
		.page = PAGE_64K, .cpus = 1, .vcpus = 1, .guests = 1, .slot = 16, .slot1 = 16, .kind1 = SLOT1_ALIAS};
	struct oracle_verdict lost = verdict(CLASS_LOST_REF_HOST);
	struct store_mark mark = mark_of_l2();

	(void)state;
	layout_init(&layout, &config);
	assert_int_equal(layout_hva(&layout, 0), layout_hva(&layout, layout.slots[1].first));
	mark.l0_agrees = true;
	mark.lpage = mark.through = layout.slots[1].first;
	mark.shadow.set_r_at = 10;
	mark.shadow.set_r = &setter;
	lost.lpage = 0;
	expect(&lost, &mark, "shadow-pte:setter");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(an_unmap_that_finds_an_entry_and_leaves_it_is_to_blame),
		TEST(an_entry_that_was_made_afterwards_is_its_makers),
		TEST(an_rmap_that_never_had_it_says_what_it_had),
		TEST(an_rmap_that_was_emptied_for_another_page_says_so),
		TEST(an_entry_under_the_first_page_of_a_huge_one_is_not_found),
		TEST(an_entry_of_l1_that_stays_too_is_what_was_missed),
		TEST(what_was_made_of_a_wrong_entry_of_l1_is_not_to_blame),
		TEST(an_entry_of_l1_follows_the_host_only),
		TEST(what_l1_asked_for_and_did_not_get_names_the_request),
		TEST(an_orphan_and_a_redirected_entry_say_so),
		TEST(a_permission_for_another_page_is_mixed_in),
		TEST(c_for_another_page_is_mixed_in),
		TEST(a_large_entry_ends_with_the_slot),
		TEST(a_translation_that_only_a_tlb_has_is_the_tlbs),
		TEST(a_table_that_was_freed_says_how),
		TEST(who_takes_c_may_not_have_told_of_it_yet),
		TEST(what_the_kernel_wrote_names_who_wrote_it),
		TEST(another_pages_memory_is_the_mappers_fault),
		TEST(two_slots_on_one_memory_are_nobodys_fault),
	};

	return cmocka_run_group_tests_name("blame", tests, NULL, NULL);
}
