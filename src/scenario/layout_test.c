// SPDX-License-Identifier: GPL-2.0-only
/* layout_test.c: nothing overlaps, everything is aligned, and indices and addresses agree, in every configuration. */
#include "scenario/layout.h"

#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct scenario_config random_config(struct rng *rng)
{
	struct scenario_config config;

	for (unsigned i = 0; i < CONFIG_COUNT; i++)
		scenario_field_set(&config, &config_info[i], (unsigned)rng_next(rng));
	scenario_config_canonicalize(&config);
	return config;
}

static void check_area(const struct layout *l, uint64_t gpa, uint64_t bytes, uint64_t align, uint8_t *taken)
{
	assert_true(gpa % align == 0);
	for (uint64_t at = gpa; at < gpa + bytes; at += 4096) {
		uint32_t lpage = layout_lpage(l, at);
		uint64_t unit = (at - l->slots[2].gpa) / 4096;

		assert_true(lpage != LAYOUT_NONE);
		assert_int_equal(layout_slot_of(l, lpage), 2);
		assert_true(unit < 4096);
		assert_false(taken[unit]);
		taken[unit] = 1;
	}
}

static void check_tables(const struct layout *l, const struct scenario_config *config)
{
	uint8_t taken[4096] = {0};

	check_area(l, l->partition_table_gpa, LAYOUT_TABLE_BYTES, 65536, taken);
	for (unsigned i = 0; i < SCENARIO_VCPUS_MAX; i++)
		check_area(l, l->state_gpa[i], l->page_size, l->page_size, taken);
	for (unsigned i = 0; i < SCENARIO_GUESTS_MAX; i++) {
		if (i >= config->guests) {
			assert_true(l->guest_root_gpa[i][0] == 0);
			continue;
		}
		for (unsigned root = 0; root < LAYOUT_ROOTS; root++)
			check_area(l, l->guest_root_gpa[i][root], LAYOUT_TABLE_BYTES, 65536, taken);
		check_area(l, l->guest_pool_gpa[i], l->guest_pool_size, 65536, taken);
		check_area(l, l->guest_process_gpa[i], LAYOUT_TABLE_BYTES, 65536, taken);
		check_area(l, l->guest_process_root_gpa[i], LAYOUT_TABLE_BYTES, 65536, taken);
		check_area(l, l->guest_process_pool_gpa[i], l->guest_pool_size, 65536, taken);
	}
}

static void check_pages(const struct layout *l, const struct scenario_config *config)
{
	for (uint32_t lpage = 0; lpage < l->total_pages; lpage++) {
		uint64_t gpa = layout_gpa(l, lpage);

		assert_int_equal(layout_lpage(l, gpa), lpage);
		assert_int_equal(layout_lpage(l, gpa + l->page_size - 1), lpage);
		assert_true(layout_hva(l, lpage) >= 0x7e0000000000ull);
		if (layout_slot_of(l, lpage) == 1 && config->kind1 == SLOT1_ALIAS)
			assert_true(layout_hva(l, lpage) == layout_hva(l, lpage - l->slots[1].first));
		else if (layout_slot_of(l, lpage) == 1 && config->kind1 == SLOT1_SHIFTED)
			assert_true(layout_hva(l, lpage) == layout_hva(l, lpage - l->slots[1].first + 1));
		else if (layout_slot_of(l, lpage) == 1 && config->kind1 == SLOT1_FRAMES)
			assert_true(layout_hva(l, lpage) == 0x7e0040000000ull + gpa - LAYOUT_FRAMES_GPA);
		else
			assert_true(layout_hva(l, lpage) == 0x7e0000000000ull + gpa);
	}
	for (unsigned i = 0; i < SCENARIO_SLOTS_MAX; i++) {
		assert_true(l->slots[i].gpa % (2u << 20) == 0);
		assert_true(l->slots[i].hva % (2u << 20) ==
			    (i == 1 && config->slot1 && config->kind1 == SLOT1_SHIFTED ? l->page_size : 0));
		assert_int_equal(layout_lpage(l, l->slots[i].gpa + (uint64_t)l->slots[i].pages * l->page_size),
				 LAYOUT_NONE);
	}
}

static void test_random_configs(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 7);
	for (int i = 0; i < 3000; i++) {
		struct scenario_config config = random_config(&rng);
		struct layout l;

		layout_init(&l, &config);
		assert_int_equal(l.page_size, config.page == PAGE_64K ? 65536 : 4096);
		assert_int_equal(l.data_pages, config.slot + config.slot1);
		assert_true(l.l2_pages <= 1024 && l.l2_pages <= l.data_pages);
		assert_true(l.slots[0].pages >= 4);
		assert_int_equal(l.slots[1].readonly, config.kind1 == SLOT1_READONLY);
		check_pages(&l, &config);
		check_tables(&l, &config);
	}
}

static void test_default(void **state)
{
	static struct scenario s;
	struct layout l;

	(void)state;
	scenario_init(&s);
	layout_init(&l, &s.config);
	assert_int_equal(l.data_pages, 16);
	assert_int_equal(l.total_pages, 16 + 1 + 4 + 6);
	assert_true(l.partition_table_gpa == 2ull << 30);
	assert_int_equal(layout_lpage(&l, 0), 0);
	assert_int_equal(layout_lpage(&l, 1ull << 30), LAYOUT_NONE);
	assert_int_equal(layout_lpage(&l, UINT64_MAX), LAYOUT_NONE);
}

static void test_sizes(void **state)
{
	static struct scenario s;
	struct layout l;

	(void)state;
	scenario_init(&s);
	s.config.l1page = L1PAGE_4K;
	layout_init(&l, &s.config);
	assert_true(layout_size_bytes(&l, SIZE_BASE) == 4096);
	assert_int_equal(layout_size_pages(&l, SIZE_BASE), 1);
	assert_int_equal(layout_size_pages(&l, SIZE_2M), 32);
	assert_int_equal(layout_size_pages(&l, SIZE_1G), 16384);
	s.config.page = PAGE_4K;
	s.config.l1page = L1PAGE_64K;
	layout_init(&l, &s.config);
	assert_int_equal(layout_size_pages(&l, SIZE_BASE), 16);
	assert_int_equal(layout_size_pages(&l, SIZE_4K), 1);
	assert_int_equal(layout_size_pages(&l, SIZE_2M), 512);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_configs),
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
