/* SPDX-License-Identifier: GPL-2.0-only */
/* provenance_test.c: who changed an entry or a word last, whether it is told before the write or after it. */
#include "provenance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define VALID (1ull << 63)
#define WRITABLE 2ull
#define R 0x100ull
#define C 0x80ull

static const char code[8];
static const void *const A[TARGET_CALLERS] = {&code[1]};
static const void *const B[TARGET_CALLERS] = {&code[2]};
static const void *const D[TARGET_CALLERS] = {&code[3]};
#define AT(n) ((struct provenance_moment){.at = (n), .op = (uint16_t)(100 + (n))})
static uint64_t word;

/* A world in which nothing is known. */
static void begin(struct provenance *p)
{
	provenance_reset(p);
	word = 0;
}

static int setup(void **state)
{
	struct provenance *p = calloc(1, sizeof(*p));

	if (!p)
		return -1;
	begin(p);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static const void *who(const struct provenance_site *site)
{
	return site ? site->callers[0] : NULL;
}

/* ---- entries ---------------------------------------------------------------------- */

/* As many as a world has, at addresses that lie as those of a radix table do: none takes the place of another. */
static void no_entry_of_a_table_is_forgotten(void **state)
{
	struct provenance *p = *state;
	static uint64_t table[1024];

	for (unsigned i = 0; i < 1024; i++)
		provenance_note(p, &table[i], 0, VALID, AT(1 + i), A);
	for (unsigned i = 0; i < 1024; i++) {
		assert_non_null(provenance_find(p, &table[i]));
		assert_int_equal(provenance_find(p, &table[i])->mapped_at, 1 + i);
	}
}

/* Words of two bitmaps, so far from each other that they belong at the same place. */
static void no_word_of_a_bitmap_is_forgotten(void **state)
{
	struct provenance *p = *state;
	static uint64_t words[2 * PROVENANCE_WORDS];

	for (unsigned i = 0; i < 2; i++) {
		provenance_before_word(p, &words[i * PROVENANCE_WORDS], A);
		words[i * PROVENANCE_WORDS] = 1;
	}
	for (unsigned i = 0; i < 2; i++) {
		assert_non_null(provenance_find_word(p, &words[i * PROVENANCE_WORDS]));
		assert_ptr_equal(who(provenance_find_word(p, &words[i * PROVENANCE_WORDS])->written), A[0]);
	}
}

#define LEAF (1ull << 62)
#define PAGE(n) (VALID | LEAF | (uint64_t)(n) << 16)

/* The address of an entry in use has got bits, and lost none: that is a change of where it leads, and staleness. */
static void who_redirects_an_entry_in_use_is_told(void **state)
{
	struct provenance *p = *state;
	const struct provenance_entry *e;

	provenance_note(p, &word, 0, PAGE(4), AT(1), A);
	assert_null(provenance_find(p, &word)->redirected);
	provenance_note(p, &word, PAGE(4), PAGE(5) | C, AT(2), B);
	e = provenance_find(p, &word);
	assert_ptr_equal(who(e->redirected), B[0]);
	assert_ptr_equal(who(provenance_staled(e, LOSS_ACCESS).site), B[0]);
	assert_int_equal(provenance_staled(e, LOSS_ACCESS).at, 2);
	assert_int_equal(provenance_staled(e, LOSS_ACCESS).op, 102);
	provenance_note(p, &word, PAGE(5) | C, PAGE(5) | WRITABLE, AT(3), D); /* is no redirection */
	assert_ptr_equal(who(provenance_find(p, &word)->redirected), B[0]);
	provenance_note(p, &word, PAGE(5) | WRITABLE, 0, AT(4), D);
	provenance_note(p, &word, 0, PAGE(6), AT(5), A);
	assert_null(provenance_find(p, &word)->redirected);
	/* An entry that leads to a table gives way to one that maps: no translation led through its address. */
	provenance_note(p, &word, PAGE(6), 0, AT(6), A);
	provenance_note(p, &word, 0, PAGE(7) & ~LEAF, AT(7), A);
	provenance_note(p, &word, PAGE(7) & ~LEAF, PAGE(8), AT(8), A);
	assert_null(provenance_find(p, &word)->redirected);
}

/* What widens it or takes from it what it permits leaves it the translation that it was; a table is none. */
static void an_entry_is_made_when_it_begins_to_map(void **state)
{
	struct provenance *p = *state;

	provenance_note(p, &word, 0, PAGE(4) & ~LEAF, AT(1), A);
	assert_int_equal(provenance_find(p, &word)->made_at, 0);
	provenance_note(p, &word, PAGE(4) & ~LEAF, PAGE(4), AT(2), A);
	provenance_note(p, &word, PAGE(4), PAGE(4) | WRITABLE | C, AT(3), B);
	provenance_note(p, &word, PAGE(4) | WRITABLE | C, PAGE(4), AT(4), B);
	assert_int_equal(provenance_find(p, &word)->made_at, 2);
	assert_int_equal(provenance_find(p, &word)->mapped_at, 4);
	provenance_note(p, &word, PAGE(4), 0, AT(5), D);
	assert_int_equal(provenance_find(p, &word)->made_at, 2);
	provenance_note(p, &word, 0, PAGE(4), AT(6), A);
	assert_int_equal(provenance_find(p, &word)->made_at, 6);
}

/* ---- words -------------------------------------------------------------------------- */

static void write_then_tell(struct provenance *p, uint64_t value, const void *const *callers)
{
	word = value;
	provenance_after_word(p, &word, callers);
}

static void tell_then_write(struct provenance *p, uint64_t value, const void *const *callers)
{
	provenance_before_word(p, &word, callers);
	word = value;
}

typedef void writes(struct provenance *p, uint64_t value, const void *const *callers);
static writes *const ways[] = {write_then_tell, tell_then_write};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

static void expect_word(struct provenance *p, const void *written, const void *cleared)
{
	const struct provenance_word *w = provenance_find_word(p, &word);

	assert_non_null(w);
	assert_ptr_equal(who(w->written), written);
	assert_ptr_equal(who(w->cleared), cleared);
}

static void who_clears_a_word_is_who_did(void **state)
{
	for (size_t i = 0; i < WAYS; i++) {
		begin(*state);
		ways[i](*state, 1, A);
		ways[i](*state, 0, B);
		expect_word(*state, B[0], B[0]);
	}
}

static void a_word_says_what_it_has_lost(void **state)
{
	word = 1;
	assert_int_equal(provenance_after_word(*state, &word, A), 0);
	word = 6;
	assert_int_equal(provenance_after_word(*state, &word, A), 1);
	word = 0;
	assert_int_equal(provenance_after_word(*state, &word, B), 6);
	assert_int_equal(provenance_after_word(*state, &word, B), 0);
	/* Told before as well, as each write is at the level access. */
	tell_then_write(*state, 3, A);
	tell_then_write(*state, 0, B);
	assert_int_equal(provenance_after_word(*state, &word, B), 3);
}

static void neither_who_set_it_nor_who_came_between(void **state)
{
	for (size_t i = 0; i < WAYS; i++) {
		begin(*state);
		ways[i](*state, 1, A);
		ways[i](*state, 3, D);
		expect_word(*state, D[0], NULL);
		ways[i](*state, 0, B);
		expect_word(*state, B[0], B[0]);
		ways[i](*state, 1, A);
		expect_word(*state, A[0], B[0]);
	}
}

static void a_write_that_changes_nothing_is_nobodys(void **state)
{
	for (size_t i = 0; i < WAYS; i++) {
		begin(*state);
		ways[i](*state, 1, A);
		ways[i](*state, 1, B);
		expect_word(*state, A[0], NULL);
	}
}

/* A module of the flavour `access` tells of most writes twice. */
static void told_before_and_after_is_one_write(void **state)
{
	tell_then_write(*state, 3, A);
	provenance_after_word(*state, &word, A);
	expect_word(*state, A[0], NULL);
	tell_then_write(*state, 1, B);
	provenance_after_word(*state, &word, B);
	expect_word(*state, B[0], B[0]);
}

/* What was in memory when a word is first told of was nobody's that is known. */
static void a_word_need_not_begin_with_zero(void **state)
{
	word = 6;
	tell_then_write(*state, 6, A);
	expect_word(*state, NULL, NULL);
	tell_then_write(*state, 2, B);
	expect_word(*state, B[0], B[0]);
}

static void another_world_has_other_words(void **state)
{
	write_then_tell(*state, 1, A);
	provenance_reset(*state);
	assert_null(provenance_find_word(*state, &word));
	assert_null(provenance_find_word(*state, NULL));
}

/* ---- entries ------------------------------------------------------------------------- */

static void each_change_of_an_entry_has_its_own_site(void **state)
{
	struct provenance *p = *state;
	const struct provenance_entry *e;

	provenance_note(p, &word, 0, VALID | WRITABLE, AT(1), A);
	provenance_note(p, &word, VALID | WRITABLE, VALID | WRITABLE | R | C, AT(2), B);
	provenance_note(p, &word, VALID | WRITABLE | R | C, VALID | WRITABLE | R, AT(3), D);
	e = provenance_find(p, &word);
	assert_non_null(e);
	assert_ptr_equal(who(e->mapped), A[0]);
	assert_int_equal(e->mapped_at, 1);
	assert_ptr_equal(who(e->set_r), B[0]);
	assert_ptr_equal(who(e->set_c), B[0]);
	assert_int_equal(e->set_c_at, 2);
	assert_int_equal(e->set_c_op, 102);
	assert_int_equal(e->set_r_op, 102);
	assert_ptr_equal(who(e->cleared_c), D[0]);
	assert_int_equal(e->cleared_c_at, 3);
	assert_null(e->cleared_r);
	assert_null(e->narrowed);
	provenance_note(p, &word, VALID | WRITABLE | R, VALID | R, AT(4), B);
	assert_ptr_equal(who(e->narrowed), B[0]);
	assert_ptr_equal(who(e->mapped), B[0]);
	assert_int_equal(e->narrowed_at, 4);
	assert_null(provenance_find(p, &code));
	provenance_reset(p);
	assert_null(provenance_find(p, &word));
}

/* The first that made a translation stale after the bit was set, not the last. */
static void the_first_to_make_a_translation_stale_did_it(void **state)
{
	struct provenance *p = *state;
	const struct provenance_entry *e;

	provenance_note(p, &word, 0, VALID | WRITABLE | R | C, AT(1), A);
	e = provenance_find(p, &word);
	assert_non_null(e);
	assert_null(provenance_staled(e, LOSS_C).site);
	provenance_note(p, &word, VALID | WRITABLE | R | C, VALID | WRITABLE | R, AT(2), B);
	assert_ptr_equal(who(provenance_staled(e, LOSS_C).site), B[0]);
	assert_null(provenance_staled(e, LOSS_R).site);
	provenance_note(p, &word, VALID | WRITABLE | R, 0, AT(3), D);
	assert_ptr_equal(who(provenance_staled(e, LOSS_C).site), B[0]);
	assert_int_equal(provenance_staled(e, LOSS_C).at, 2);
	assert_int_equal(provenance_staled(e, LOSS_C).op, 102);
	assert_ptr_equal(who(provenance_staled(e, LOSS_ACCESS).site), D[0]);
	assert_ptr_equal(who(provenance_staled(e, LOSS_R).site), D[0]);
	assert_int_equal(provenance_staled(e, LOSS_R).op, 103);
	/* It is set again: what was before says nothing. */
	provenance_note(p, &word, 0, VALID | WRITABLE | R | C, AT(4), A);
	provenance_note(p, &word, VALID | WRITABLE | R | C, VALID | R | C, AT(5), D);
	provenance_note(p, &word, VALID | R | C, VALID | R, AT(6), B);
	assert_ptr_equal(who(provenance_staled(e, LOSS_C).site), D[0]);
}

/* What keeps a site for as long as an allocation lives keeps a pointer, and a chain is more than its innermost. */
static void a_chain_is_kept_once(void **state)
{
	struct provenance *p = *state;
	const void *const deeper[TARGET_CALLERS] = {&code[1], &code[2]};
	const struct provenance_site *a = provenance_intern(p, A);

	assert_ptr_equal(a->callers[0], A[0]);
	assert_ptr_not_equal(provenance_intern(p, deeper), a);
	begin(p);
	assert_ptr_equal(provenance_intern(p, A), a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_entry_of_a_table_is_forgotten, setup, teardown),
		cmocka_unit_test_setup_teardown(no_word_of_a_bitmap_is_forgotten, setup, teardown),
		cmocka_unit_test_setup_teardown(who_redirects_an_entry_in_use_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(an_entry_is_made_when_it_begins_to_map, setup, teardown),
		cmocka_unit_test_setup_teardown(a_word_says_what_it_has_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(who_clears_a_word_is_who_did, setup, teardown),
		cmocka_unit_test_setup_teardown(neither_who_set_it_nor_who_came_between, setup, teardown),
		cmocka_unit_test_setup_teardown(a_write_that_changes_nothing_is_nobodys, setup, teardown),
		cmocka_unit_test_setup_teardown(told_before_and_after_is_one_write, setup, teardown),
		cmocka_unit_test_setup_teardown(a_word_need_not_begin_with_zero, setup, teardown),
		cmocka_unit_test_setup_teardown(another_world_has_other_words, setup, teardown),
		cmocka_unit_test_setup_teardown(each_change_of_an_entry_has_its_own_site, setup, teardown),
		cmocka_unit_test_setup_teardown(the_first_to_make_a_translation_stale_did_it, setup, teardown),
		cmocka_unit_test_setup_teardown(a_chain_is_kept_once, setup, teardown),
	};

	return cmocka_run_group_tests_name("provenance", tests, NULL, NULL);
}
