// SPDX-License-Identifier: GPL-2.0-only
/* codec_test.c: decoding is total and canonical, encoding loses nothing. */
#include "scenario/codec.h"

#include "base/rng.h"
#include "scenario/generate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct scenario a, b;
static uint8_t bytes[CODEC_BYTES_MAX + 64], again[CODEC_BYTES_MAX];

/* Whatever was decoded is canonical, and survives a round trip. */
static void check_decoded(void)
{
	size_t size;

	b = a;
	scenario_canonicalize(&b);
	assert_true(scenario_equal(&a, &b));
	size = scenario_encode(&a, again, sizeof(again));
	assert_int_equal(size, scenario_encoded_size(&a));
	memset(&b, 0x5a, sizeof(b));
	scenario_decode(&b, again, size);
	assert_true(scenario_equal(&a, &b));
}

static void test_random_bytes(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 11);
	for (int round = 0; round < 100000; round++) {
		size_t size = rng_chance(&rng, 1) ? rng_below(&rng, sizeof(bytes)) : rng_below(&rng, 400);

		for (size_t i = 0; i < size; i += 8) {
			uint64_t word = rng_next(&rng);

			memcpy(bytes + i, &word, size - i < 8 ? size - i : 8);
		}
		scenario_decode(&a, bytes, size);
		check_decoded();
		assert_int_equal(a.config.rc, RCMODE_FAULT);
	}
}

static void test_generated(void **state)
{
	struct generate_options options = {.page = PAGE_64K, .l1 = L1_ANY};
	struct rng rng;

	(void)state;
	rng_seed(&rng, 12);
	for (int round = 0; round < 20000; round++) {
		options.page = (uint8_t)rng_below(&rng, PAGE_COUNT);
		scenario_generate(&a, &rng, &options);
		if (rng_chance(&rng, 2))
			a.config.rc = RCMODE_HW;
		check_decoded();
	}
}

static void test_nothing(void **state)
{
	(void)state;
	scenario_decode(&a, NULL, 0);
	scenario_init(&b);
	assert_true(scenario_equal(&a, &b));
	/* Zeros are the defaults. */
	memset(bytes, 0, CODEC_CONFIG_BYTES);
	scenario_decode(&a, bytes, CODEC_CONFIG_BYTES);
	assert_true(scenario_equal(&a, &b));
}

static void test_truncated(void **state)
{
	struct generate_options options = {.page = PAGE_64K};
	struct rng rng;
	size_t size;

	(void)state;
	rng_seed(&rng, 13);
	scenario_generate(&a, &rng, &options);
	size = scenario_encode(&a, bytes, sizeof(bytes));
	for (size_t n = CODEC_CONFIG_BYTES; n <= size; n++) {
		scenario_decode(&b, bytes, n);
		assert_int_equal(b.op_count, (n - CODEC_CONFIG_BYTES) / CODEC_OP_BYTES);
		assert_memory_equal(b.ops, a.ops, b.op_count * sizeof(b.ops[0]));
	}
}

static void test_small_buffer(void **state)
{
	(void)state;
	scenario_init(&a);
	a.op_count = 3;
	memset(a.ops, 0, 3 * sizeof(a.ops[0]));
	scenario_canonicalize(&a);
	assert_int_equal(scenario_encode(&a, bytes, 31), 0);
	assert_int_equal(scenario_encode(&a, bytes, 32), 32);
	assert_int_equal(scenario_encode(&a, bytes, 32 + 47), 32 + 32);
	assert_int_equal(scenario_encode(&a, bytes, 32 + 48), 32 + 48);
}

static void test_too_many(void **state)
{
	(void)state;
	memset(bytes, 0, sizeof(bytes));
	scenario_decode(&a, bytes, sizeof(bytes));
	assert_int_equal(a.op_count, SCENARIO_OPS_MAX);
	check_decoded();
}

/* One flipped byte changes one op, or the configuration. */
static void test_locality(void **state)
{
	struct generate_options options = {.page = PAGE_64K};
	struct rng rng;
	size_t size;

	(void)state;
	rng_seed(&rng, 14);
	for (int round = 0; round < 2000; round++) {
		unsigned changed = 0;
		size_t at;

		scenario_generate(&a, &rng, &options);
		a.config.l1 = L1_ANY;
		size = scenario_encode(&a, bytes, sizeof(bytes));
		at = CODEC_CONFIG_BYTES + rng_below(&rng, (uint32_t)(size - CODEC_CONFIG_BYTES));
		if ((at - CODEC_CONFIG_BYTES) % CODEC_OP_BYTES / 2 == 1)
			continue; /* a label: may fall together with another */
		bytes[at] ^= (uint8_t)(1u << rng_below(&rng, 8));
		scenario_decode(&b, bytes, size);
		assert_int_equal(a.op_count, b.op_count);
		for (uint32_t i = 0; i < a.op_count; i++)
			changed += memcmp(&a.ops[i], &b.ops[i], sizeof(a.ops[i])) != 0;
		assert_true(changed <= 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_bytes), cmocka_unit_test(test_generated),
		cmocka_unit_test(test_nothing),	     cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_small_buffer), cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_locality),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
