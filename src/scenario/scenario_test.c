// SPDX-License-Identifier: GPL-2.0-only
/* scenario_test.c: the tables agree with the structs, and the canonical form is what scenario.h promises. */
#include "scenario/scenario.h"

#include "base/rng.h"
#include "scenario/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct scenario s, copy;

static void random_scenario(struct rng *rng)
{
	uint8_t *bytes = (uint8_t *)&s;

	for (size_t i = 0; i < sizeof(s); i++)
		bytes[i] = (uint8_t)rng_next(rng);
	for (unsigned i = 0; i < CONFIG_COUNT && rng_chance(rng, 50); i++)
		scenario_field_set(&s.config, &config_info[i], config_info[i].def);
	s.op_count = rng_chance(rng, 5) ? (uint32_t)rng_next(rng) : rng_below(rng, 80);
}

/* Each field within what the configuration has; written a second time, without canonicalize's tables. */
static void check_op(const struct scenario *c, const struct scenario_op *op)
{
	uint32_t fields = op_info[op->kind].fields;
	struct layout l;

	layout_init(&l, &c->config);
	assert_true(op->kind < OP_COUNT && op->label);
	for (unsigned i = 0; i < FIELD_COUNT; i++) {
		unsigned value = scenario_field_get(op, &field_info[i]);

		if (fields & 1u << i)
			assert_in_range(value, field_info[i].min, field_info[i].max);
		else
			assert_int_equal(value, i == FIELD_guest ? 1 : 0);
	}
	assert_true(op->vcpu < c->config.vcpus && op->cpu < c->config.cpus && op->guest <= c->config.guests);
	assert_true(op->n < l.l2_pages && op->g < l.data_pages);
	assert_true(l.slots[op->slot].pages > 0);
	if (c->config.l1 == L1_WELL_BEHAVED)
		assert_false(op_info[op->kind].flags & OPF_WILD);
	if (op->kind == OP_HOST_UNMAP)
		assert_true(op->g + op->count <= (int)l.data_pages);
	if (op->kind == OP_L1_MAP) {
		uint64_t bytes = layout_size_bytes(&l, op->size), gpa = layout_gpa(&l, op->g);

		assert_true(op->size == SIZE_BASE || op->size == SIZE_2M || op->size == SIZE_1G);
		assert_true(gpa % bytes == 0 || bytes < l.page_size);
		assert_true(((uint64_t)op->n << l.page_shift) % bytes == 0 || bytes < l.page_size);
	}
}

static void check_labels(const struct scenario *c)
{
	static uint8_t seen[65536];

	memset(seen, 0, sizeof(seen));
	for (uint32_t i = 0; i < c->op_count; i++)
		assert_false(seen[c->ops[i].label]++);
}

static void test_canonical(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 3);
	for (int round = 0; round < 20000; round++) {
		random_scenario(&rng);
		scenario_canonicalize(&s);
		assert_true(s.op_count <= SCENARIO_OPS_MAX);
		for (unsigned i = 0; i < CONFIG_COUNT; i++)
			assert_in_range(scenario_field_get(&s.config, &config_info[i]), config_info[i].min,
					config_info[i].max);
		for (uint32_t i = 0; i < s.op_count; i++)
			check_op(&s, &s.ops[i]);
		check_labels(&s);
		copy = s;
		scenario_canonicalize(&s);
		assert_true(scenario_equal(&s, &copy));
	}
}

static void test_config_rules(void **state)
{
	(void)state;
	scenario_init(&s);
	s.config.slot = 1000;
	s.config.slot1 = 900;
	s.config.kind1 = SLOT1_ALIAS;
	scenario_config_canonicalize(&s.config);
	assert_int_equal(s.config.slot, 160);
	assert_int_equal(s.config.slot1, 160);
	s.config.slot = 5;
	scenario_config_canonicalize(&s.config);
	assert_int_equal(s.config.slot1, 5);
	s.config.kind1 = SLOT1_SHIFTED;
	scenario_config_canonicalize(&s.config);
	assert_int_equal(s.config.slot1, 4);
	s.config.kind1 = SLOT1_ALIAS;
	s.config.backing = BACKING_HUGE;
	s.config.l1page = L1PAGE_64K;
	scenario_config_canonicalize(&s.config);
	assert_int_equal(s.config.slot, 32);
	assert_int_equal(s.config.slot1, 32);
	assert_int_equal(s.config.l1page, L1PAGE_SAME);
	s.config.slot1 = 0;
	scenario_config_canonicalize(&s.config);
	assert_int_equal(s.config.kind1, SLOT1_PLAIN);
	s.config.page = PAGE_4K;
	s.config.slot = 1000;
	scenario_config_canonicalize(&s.config);
	assert_int_equal(s.config.slot, 1024);
}

static void test_pages_wrap(void **state)
{
	struct scenario_op op = {.kind = OP_L2_STORE, .guest = 1, .n = 18, .vcpu = 3, .g = 9};

	(void)state;
	scenario_init(&s);
	scenario_op_canonicalize(&op, &s.config);
	assert_int_equal(op.n, 2);
	assert_int_equal(op.vcpu, 1);
	assert_int_equal(op.g, 0);
}

/* Only a page of 64K has parts that an access can tell apart. */
static void test_parts(void **state)
{
	struct scenario_op op = {.kind = OP_L1_STORE, .guest = 1, .part = 15};

	(void)state;
	scenario_init(&s);
	scenario_op_canonicalize(&op, &s.config);
	assert_int_equal(op.part, 15);
	s.config.page = PAGE_4K;
	scenario_op_canonicalize(&op, &s.config);
	assert_int_equal(op.part, 0);
}

static void test_well_behaved(void **state)
{
	(void)state;
	scenario_init(&s);
	s.config.l1 = L1_WELL_BEHAVED;
	s.op_count = 3;
	s.ops[0] = (struct scenario_op){.kind = OP_L1_REPOINT, .label = 9};
	s.ops[1] = (struct scenario_op){.kind = OP_L1_TLBIE, .size = SIZE_4K, .label = 8};
	s.ops[2] = (struct scenario_op){.kind = OP_L1_DROP, .label = 7};
	scenario_canonicalize(&s);
	assert_int_equal(s.op_count, 1);
	assert_int_equal(s.ops[0].label, 8);
	assert_int_equal(s.ops[0].size, SIZE_BASE);
}

static void test_labels(void **state)
{
	(void)state;
	scenario_init(&s);
	assert_int_equal(scenario_fresh_label(&s), 1);
	s.op_count = 4;
	memset(s.ops, 0, 4 * sizeof(s.ops[0]));
	s.ops[0].label = 2;
	s.ops[2].label = 2;
	s.ops[3].label = 65535;
	scenario_canonicalize(&s);
	assert_int_equal(s.ops[0].label, 2);
	assert_int_equal(s.ops[1].label, 1);
	assert_int_equal(s.ops[2].label, 3);
	assert_int_equal(s.ops[3].label, 65535);
	assert_int_equal(scenario_fresh_label(&s), 4);
	s.op_count = 3;
	assert_int_equal(scenario_fresh_label(&s), 4);
}

static void test_equal(void **state)
{
	(void)state;
	scenario_init(&s);
	s.op_count = 2;
	memset(s.ops, 0, 2 * sizeof(s.ops[0]));
	scenario_canonicalize(&s);
	copy = s;
	assert_true(scenario_equal(&s, &copy));
	copy.ops[1].label = 50;
	assert_false(scenario_equal(&s, &copy));
	copy = s;
	copy.config.endian = ENDIAN_BIG;
	assert_false(scenario_equal(&s, &copy));
	copy = s;
	copy.op_count--;
	assert_false(scenario_equal(&s, &copy));
}

static void test_tables(void **state)
{
	(void)state;
	for (unsigned i = 0; i < OP_COUNT; i++) {
		assert_non_null(op_info[i].help);
		for (unsigned j = 0; j < i; j++)
			assert_true(strcmp(op_info[i].actor, op_info[j].actor) ||
				    strcmp(op_info[i].name, op_info[j].name));
	}
	for (unsigned i = 0; i < FIELD_COUNT; i++)
		assert_true(field_info[i].def == field_info[i].min);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_canonical),    cmocka_unit_test(test_config_rules),
		cmocka_unit_test(test_pages_wrap),   cmocka_unit_test(test_parts),
		cmocka_unit_test(test_well_behaved), cmocka_unit_test(test_labels),
		cmocka_unit_test(test_equal),	     cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
