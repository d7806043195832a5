/* SPDX-License-Identifier: GPL-2.0-only */
/* bad_access_test.c: what a finding says of memory that kernel code must not touch, by where it lies. Without a kernel.
 */
#include "test_runner.h"

static const char *object_name(const void *start, size_t size)
{
	(void)start;
	return size == 100 ? "kvm" : "object";
}

static const struct target target = {.object_name = object_name};
static const struct scenario_config config = {.vcpus = 0}; /* no vCPU runs: the host's task does */
static char ours[16];

static const struct finding *found(struct runner *r, const char *did, const void *address, size_t size)
{
	static const void *const callers[TARGET_CALLERS] = {NULL};

	r->world.target = &target;
	r->world.config = &config;
	outcome.finding_count = 0;
	finding_bad_access(r, did, address, size, callers);
	assert_int_equal(outcome.finding_count, 1);
	assert_int_equal(outcome.findings[0].class, CLASS_MEMORY);
	return &outcome.findings[0];
}

static void behind_an_object_it_is_overrun(void **state)
{
	struct runner *r = *state;
	char *p = machine_kmem_alloc(r->world.machine, 100, 8, true, KMEM_SLAB, NULL);
	const struct finding *f = found(r, "write", p + 96, 8);

	assert_string_equal(f->signature, "memory:none:overflow");
	assert_string_equal(f->title, "memory: a write of 8 bytes at offset 96 of a kvm of 100 bytes");
}

static void one_byte_of_an_object_is_told_so(void **state)
{
	struct runner *r = *state;
	char *p = machine_kmem_alloc(r->world.machine, 64, 8, true, KMEM_SLAB, NULL);

	assert_string_equal(found(r, "read", p + 64, 1)->title,
			    "memory: a read of 1 byte at offset 64 of an object of 64 bytes");
}

static void what_was_freed_is_named(void **state)
{
	struct runner *r = *state;
	char *p = machine_kmem_alloc(r->world.machine, 100, 8, true, KMEM_SLAB, NULL);

	assert_null(machine_kmem_free(r->world.machine, p, KMEM_SLAB, NULL));
	assert_string_equal(found(r, "read", p + 8, 8)->signature, "memory:none:freed-kvm");
}

static void on_the_stack_that_runs_it_is_a_variable(void **state)
{
	struct runner *r = *state;
	char variable[8] = {0};

	/* The process's own, up to where the world began; or a fiber's. */
	r->frame = __builtin_frame_address(0);
	assert_string_equal(found(r, "read", variable, 8)->signature, "memory:none:stack");
	assert_string_equal(found(r, "read", ours, 8)->signature, "memory:none:wild");
	r->world.sched.tasks[0].stack = (struct stack){ours, sizeof(ours)};
	assert_string_equal(found(r, "read", ours + 8, 8)->signature, "memory:none:stack");
	assert_string_equal(found(r, "read", variable, 8)->signature, "memory:none:wild");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(behind_an_object_it_is_overrun, setup_runner, teardown_runner),
		cmocka_unit_test_setup_teardown(one_byte_of_an_object_is_told_so, setup_runner, teardown_runner),
		cmocka_unit_test_setup_teardown(what_was_freed_is_named, setup_runner, teardown_runner),
		cmocka_unit_test_setup_teardown(on_the_stack_that_runs_it_is_a_variable, setup_runner, teardown_runner),
	};

	return cmocka_run_group_tests_name("bad_access", tests, NULL, NULL);
}
