/* SPDX-License-Identifier: GPL-2.0-only */
/* kmem_test.c: the kernel's memory: what is live, what was freed, what was overrun, and that nothing stays. */
#include "test_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const int site_a, site_b; /* addresses to tell callers apart */

static void *get(struct machine *m, size_t size, size_t align)
{
	return machine_kmem_alloc(m, size, align, true, TEST_KIND, &site_a);
}

static uint64_t at(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static enum kmem_state state_of(const struct machine *m, uint64_t addr, size_t n)
{
	return machine_kmem_state(m, addr, n, NULL, NULL);
}

/* The machine's code may look into redzones and freed memory; the tests' must not be stopped by ASan. */
__attribute__((no_sanitize("address"))) static unsigned char byte_at(uint64_t addr)
{
	return *(volatile unsigned char *)(uintptr_t)addr;
}

__attribute__((no_sanitize("address"))) static void set_byte(uint64_t addr, unsigned char value)
{
	*(volatile unsigned char *)(uintptr_t)addr = value;
}

static void memory_is_aligned_and_zero_or_garbage(void **state)
{
	struct machine *m = *state;

	for (size_t align = 1; align <= 65536; align *= 2) {
		unsigned char *zero = machine_kmem_alloc(m, 100, align, true, TEST_KIND, NULL);
		unsigned char *garbage = machine_kmem_alloc(m, 100, align, false, TEST_KIND, NULL);

		assert_int_equal(at(zero) % align, 0);
		assert_int_equal(at(garbage) % align, 0);
		for (int i = 0; i < 100; i++) {
			assert_int_equal(zero[i], 0);
			assert_int_equal(garbage[i], 0xa5);
		}
	}
}

static void absurd_sizes_and_exhaustion_give_null(void **state)
{
	struct machine *m = *state;
	unsigned n = 0;

	assert_null(get(m, 0, 8));
	assert_null(get(m, (size_t)-1, 8));
	assert_null(get(m, MACHINE_KMEM_BYTES, 8));
	while (get(m, 1u << 20, 8))
		n++;
	assert_in_range(n, 44, 48);
	while (get(m, 1, 1))
		n++;
	assert_null(get(m, 1, 1));
}

/* What the target's instrumented accesses are held against: the same as the state of each byte, by doublewords. */
static void lines_say_what_is_allocated(void **state)
{
	static const size_t sizes[] = {1, 8, 63, 64, 65, 256, 4096, 24, 65536, 5000, 20};
	enum { COUNT = sizeof(sizes) / sizeof(sizes[0]) };
	struct machine *m = *state;
	const uint8_t *lines = machine_kmem_lines(m);
	void *p[COUNT];

	for (unsigned i = 0; i < COUNT; i++)
		p[i] = get(m, sizes[i], 8);
	assert_null(machine_kmem_free(m, p[4], TEST_KIND, &site_b));
	for (uint64_t word = 0; word < machine_kmem_used(m); word += 8) {
		uint8_t line = lines[word / MACHINE_KMEM_LINE];
		bool live = state_of(m, MACHINE_KMEM_BASE + word, 1) == KMEM_LIVE;
		struct machine_kmem_object object;

		assert_int_equal(word % MACHINE_KMEM_LINE / 8 < line >> 4, live);
		if (!live)
			continue;
		assert_true(machine_kmem_object(m, MACHINE_KMEM_BASE + word, &object));
		assert_int_equal(line & 15u, object.kind);
	}
}

static void an_object_is_found_by_any_byte_of_it(void **state)
{
	struct machine *m = *state;
	struct machine_kmem_object object;
	void *p = get(m, 100, 8);

	assert_false(machine_kmem_object(m, MACHINE_KMEM_BASE + MACHINE_KMEM_BYTES - 8, &object));
	assert_true(machine_kmem_object(m, at(p) + 99, &object));
	assert_ptr_equal(object.start, p);
	assert_int_equal(object.size, 100);
	assert_int_equal(object.kind, TEST_KIND);
	assert_false(object.freed);
	assert_ptr_equal(object.alloc_site, &site_a);
	assert_null(machine_kmem_free(m, p, TEST_KIND, &site_b));
	assert_true(machine_kmem_object(m, at(p), &object));
	assert_true(object.freed);
	assert_ptr_equal(object.free_site, &site_b);
}

static void every_byte_has_a_state(void **state)
{
	struct machine *m = *state;
	/* Odd sizes, small and large, page tables, several to a page and several pages each. */
	static const size_t sizes[] = {1, 8, 63, 64, 65, 256, 4096, 24, 65536, 5000, 16384, 7, 16385, 64};
	enum { COUNT = sizeof(sizes) / sizeof(sizes[0]) };
	void *p[COUNT];

	for (unsigned i = 0; i < COUNT; i++)
		p[i] = get(m, sizes[i], i % 3 ? 8 : sizes[i] & -sizes[i]);
	for (unsigned i = 0; i < COUNT; i++) {
		uint64_t start = at(p[i]), end = start + sizes[i];

		assert_int_equal(state_of(m, start, sizes[i]), KMEM_LIVE);
		assert_int_equal(state_of(m, end - 1, 1), KMEM_LIVE);
		assert_int_equal(state_of(m, start + sizes[i] / 2, 1), KMEM_LIVE);
		for (unsigned d = 1; d <= 16; d++) {
			assert_int_equal(state_of(m, start - d, 1), KMEM_REDZONE);
			assert_int_equal(state_of(m, end + d - 1, 1), KMEM_REDZONE);
		}
		assert_int_equal(state_of(m, end - 1, 2), KMEM_REDZONE);
		assert_int_equal(machine_kmem_size(m, p[i]), sizes[i]);
		assert_int_equal(machine_kmem_size(m, (char *)p[i] + 1), 0);
	}
	assert_int_equal(state_of(m, MACHINE_KMEM_BASE + machine_kmem_used(m), 1), KMEM_OUTSIDE);
	assert_int_equal(state_of(m, MACHINE_KMEM_BASE - 1, 1), KMEM_OUTSIDE);
	assert_int_equal(state_of(m, MACHINE_FRAMES_BASE, 1), KMEM_OUTSIDE);
	assert_int_equal(state_of(m, 0, 1), KMEM_OUTSIDE);
	assert_int_equal(state_of(m, MACHINE_KMEM_BASE, 1), KMEM_REDZONE);
}

static void the_walk_reads_whole_live_words(void **state)
{
	struct machine *m = *state;
	void *p = get(m, 20, 8);

	assert_true(kmem_is_live_word(&m->kmem, at(p)));
	assert_true(kmem_is_live_word(&m->kmem, at(p) + 8));
	assert_false(kmem_is_live_word(&m->kmem, at(p) + 16));
	assert_false(kmem_is_live_word(&m->kmem, at(p) - 8));
	assert_null(machine_kmem_free(m, p, TEST_KIND, NULL));
	assert_false(kmem_is_live_word(&m->kmem, at(p)));
}

static void wrong_frees_are_told(void **state)
{
	struct machine *m = *state;
	char *p = get(m, 100, 8);
	int local;

	assert_string_equal(machine_kmem_free(m, p + 8, TEST_KIND, &site_b), "not an allocation");
	assert_string_equal(machine_kmem_free(m, &local, TEST_KIND, &site_b), "not an allocation");
	assert_string_equal(machine_kmem_free(m, p, TEST_KIND + 1, &site_b), "freed as another kind");
	assert_int_equal(state_of(m, at(p), 100), KMEM_LIVE);
	assert_null(machine_kmem_free(m, p, TEST_KIND, &site_b));
	assert_string_equal(machine_kmem_free(m, p, TEST_KIND, &site_b), "double free");
}

static void freed_memory_is_poisoned_not_reused_and_says_by_whom(void **state)
{
	struct machine *m = *state;
	const void *alloc_site, *free_site;
	char *p = get(m, 64, 8), *q;

	assert_int_equal(machine_kmem_state(m, at(p) + 63, 1, &alloc_site, &free_site), KMEM_LIVE);
	assert_ptr_equal(alloc_site, &site_a);
	assert_null(free_site);
	assert_null(machine_kmem_free(m, p, TEST_KIND, &site_b));
	assert_int_equal(machine_kmem_state(m, at(p) + 63, 1, &alloc_site, &free_site), KMEM_FREED);
	assert_ptr_equal(alloc_site, &site_a);
	assert_ptr_equal(free_site, &site_b);
	assert_int_equal(byte_at(at(p)), 0x6b);
	assert_int_equal(byte_at(at(p) + 63), 0x6b);
	assert_int_equal(machine_kmem_size(m, p), 0);
	q = get(m, 64, 8);
	assert_ptr_not_equal(p, q);
	assert_int_equal(state_of(m, at(p), 8), KMEM_FREED);
}

static void a_written_redzone_is_found_on_either_side(void **state)
{
	struct machine *m = *state;
	char *p = get(m, 100, 8), *q = get(m, 4096, 4096);

	assert_null(machine_kmem_overflow(m));
	assert_int_equal(machine_kmem_overrun(m, p), 0);
	set_byte(at(p) + 100, 0);
	assert_ptr_equal(machine_kmem_overflow(m), p);
	assert_int_equal(machine_kmem_overrun(m, p), 1);
	set_byte(at(p) + 115, 0);
	assert_int_equal(machine_kmem_overrun(m, p), 16);
	set_byte(at(p) + 115, 0xcd);
	set_byte(at(p) + 100, 0xcd);
	assert_null(machine_kmem_overflow(m));
	set_byte(at(q) - 1, 0);
	assert_ptr_equal(machine_kmem_overflow(m), q);
	assert_int_equal(machine_kmem_overrun(m, q), 0);
	set_byte(at(q) - 1, 0xcd);
	set_byte(at(q) + 4096 + 15, 0);
	assert_ptr_equal(machine_kmem_overflow(m), q);
}

struct seen {
	unsigned count;
	size_t bytes;
};

static void count_live(void *ctx, const void *p, size_t size, unsigned kind, const void *caller)
{
	struct seen *seen = ctx;

	assert_non_null(p);
	assert_int_equal(kind, TEST_KIND);
	assert_ptr_equal(caller, &site_a);
	seen->count++;
	seen->bytes += size;
}

/* The machine's own tables (the host's page directory) are no leak. */
static void each_live_names_what_was_not_freed(void **state)
{
	struct machine *m = *state;
	struct seen seen = {0, 0};
	void *p = get(m, 10, 8);

	get(m, 20, 8);
	assert_null(machine_kmem_free(m, p, TEST_KIND, NULL));
	machine_kmem_each_live(m, count_live, &seen);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.bytes, 20);
}

static void fill(struct machine *m)
{
	unsigned char *dense = get(m, 20000, 8);
	uint64_t *sparse = get(m, 65536, 65536), *freed = get(m, 65536, 65536), *untold = get(m, 65536, 65536);

	for (int i = 0; i < 300; i++)
		memset(get(m, (size_t)i * 7 % 500 + 1, 8), 0xff, (size_t)i * 7 % 500 + 1);
	memset(dense, 0xee, 20000);
	for (int i = 0; i < 8192; i += 711) {
		sparse[i] = freed[i] = 1;
		machine_kmem_note_write(m, &sparse[i]);
		machine_kmem_note_write(m, &sparse[i]);
		machine_kmem_note_write(m, (char *)&freed[i] + 3);
	}
	untold[4711] = 1;
	assert_null(machine_kmem_free(m, freed, TEST_KIND, NULL));
	assert_int_equal(byte_at(at(&freed[711])), 0x6b);
	assert_null(machine_kmem_free(m, untold, TEST_KIND, NULL));
	machine_kmem_note_write(m, &untold[1]); /* too late to be all that is to be zeroed */
	machine_kmem_note_write(m, dense - 1);	/* redzones, other memory: no effect */
	machine_kmem_note_write(m, dense + 20000 + 64);
	machine_kmem_note_write(m, m);
}

/* test_reset checks that all is zero, see check_reset. */
static void a_reset_leaves_nothing_behind(void **state)
{
	struct machine *m = *state;
	size_t used;
	void *p;

	for (int i = 0; i < 3; i++) {
		fill(m);
		used = machine_kmem_used(m);
		test_reset(m, 16, false);
		assert_true(machine_kmem_used(m) < used);
		assert_int_equal(m->kmem.note_count, 0);
	}
	/* Not vacuous: a large table with one word told and one not. */
	p = get(m, 65536, 65536);
	((uint64_t *)p)[1] = ((uint64_t *)p)[2] = 1;
	machine_kmem_note_write(m, (uint64_t *)p + 1);
	kmem_reset(&m->kmem);
	assert_false(kmem_is_zero(&m->kmem, 1u << 20));
	MACHINE_UNPOISON(p, 65536);
	memset(p, 0, 65536);
	MACHINE_POISON(p, 65536);
	assert_true(kmem_is_zero(&m->kmem, 1u << 20));
}

/* A word of a large table that nobody told of, one between two allocations, and one where nothing was ever taken. */
static void a_reset_looks_everywhere_when_it_is_told_to(void **state)
{
	struct machine *m = *state;
	uint64_t small = at(get(m, 100, 8)), sparse = at(get(m, 65536, 65536));
	const uint64_t wild[] = {sparse + 4711, small + 256, sparse + 400000};

	machine_kmem_note_write(m, (void *)(uintptr_t)sparse);
	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++)
		set_byte(wild[i], 1);
	machine_distrust(m);
	test_reset(m, 16, false);
	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++)
		assert_int_equal(byte_at(wild[i]), 0);
	assert_false(m->distrusted);
}

static void addresses_are_the_same_in_every_world(void **state)
{
	struct machine *m = *state;
	void *p = get(m, 100, 8), *q = get(m, 65536, 65536);

	test_reset(m, 16, false);
	assert_ptr_equal(get(m, 100, 8), p);
	assert_ptr_equal(get(m, 65536, 65536), q);
}

static void asan_sees_redzones_and_freed_memory(void **state)
{
#ifdef MACHINE_ASAN
	struct machine *m = *state;
	char *p = get(m, 100, 8);

	assert_null(__asan_region_is_poisoned(p, 100));
	assert_true(__asan_address_is_poisoned(p - 1));
	assert_true(__asan_address_is_poisoned(p + 100));
	assert_null(machine_kmem_free(m, p, TEST_KIND, NULL));
	assert_true(__asan_address_is_poisoned(p));
	p = get(m, 100, 8);
	test_reset(m, 16, false);
	assert_true(__asan_address_is_poisoned(p));
#else
	(void)state;
	skip();
#endif
}

static const struct CMUnitTest tests[] = {
	TEST(memory_is_aligned_and_zero_or_garbage),
	TEST(absurd_sizes_and_exhaustion_give_null),
	TEST(lines_say_what_is_allocated),
	TEST(an_object_is_found_by_any_byte_of_it),
	TEST(every_byte_has_a_state),
	TEST(the_walk_reads_whole_live_words),
	TEST(wrong_frees_are_told),
	TEST(freed_memory_is_poisoned_not_reused_and_says_by_whom),
	TEST(a_written_redzone_is_found_on_either_side),
	TEST(each_live_names_what_was_not_freed),
	TEST(a_reset_leaves_nothing_behind),
	TEST(a_reset_looks_everywhere_when_it_is_told_to),
	TEST(addresses_are_the_same_in_every_world),
	TEST(asan_sees_redzones_and_freed_memory),
};
TEST_MAIN()
