// SPDX-License-Identifier: GPL-2.0-only
/* services_test.c: what the kernel stores through pinned pages is told, and forgotten. Without a kernel. */
#include "actor/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define AREA_BYTES 960u

static struct scenario s;
static struct world *w;
static struct event events[16];
static unsigned count;

static void take_event(void *ctx, const struct event *event)
{
	(void)ctx;
	events[count++ % 16] = *event;
}

static int setup(void **state)
{
	const struct machine_config config = {.page_shift = 16, .cpus = 1};

	(void)state;
	setenv("RCFUZZ_CHECK_RESET", "1", 1);
	scenario_init(&s);
	w = calloc(1, sizeof(*w));
	if (!w)
		return -1;
	w->machine = machine_create();
	if (!w->machine)
		return -1;
	machine_reset(w->machine, &config);
	w->scenario = &s;
	w->config = &s.config;
	layout_init(&w->layout, &s.config);
	w->hooks.event = take_event;
	w->task = &w->tasks[0];
	w->task->running = 0;
	world_services(w);
	count = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	machine_destroy(w->machine);
	free(w);
	return 0;
}

static void stores_to_pinned_pages_do_not_outlive_the_world(void **state)
{
	const struct machine_config config = {.page_shift = 16, .cpus = 1};
	uint32_t frame = machine_frame_alloc(w->machine, false), version = machine_frame_version(w->machine, frame);
	uint64_t hpa = machine_frame_hpa(w->machine, frame) + 2048;

	(void)state;
	w->services.kernel_writes(w, layout_gpa(&w->layout, 3), hpa, AREA_BYTES);
	memset((void *)(uintptr_t)hpa, 0x5a, AREA_BYTES);
	assert_int_equal(machine_frame_version(w->machine, frame), version + 1);
	machine_reset(w->machine, &config); /* asserts that nothing is left of it */
}

static void tell(uint32_t lpage)
{
	uint64_t hpa = machine_frame_hpa(w->machine, 0);

	w->services.kernel_writes(w, layout_gpa(&w->layout, lpage), hpa, AREA_BYTES);
}

static void stores_in_a_row_are_one(void **state)
{
	struct event other = {.kind = EV_HARVEST_END};

	(void)state;
	tell(3);
	tell(4);
	tell(3);
	assert_int_equal(count, 2);
	assert_int_equal(events[0].kind, EV_KERNEL_STORE);
	assert_int_equal(events[0].lpage, 3);
	assert_int_equal(events[1].lpage, 4);
	/* Something has come between. */
	world_emit(w, &other);
	tell(3);
	assert_int_equal(count, 4);
	assert_int_equal(events[3].kind, EV_KERNEL_STORE);
	assert_int_equal(events[3].lpage, 3);
	/* Another vCPU's are its own. */
	w->task->running = 1;
	tell(3);
	assert_int_equal(count, 5);
	assert_int_equal(events[4].vcpu, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(stores_to_pinned_pages_do_not_outlive_the_world, setup, teardown),
		cmocka_unit_test_setup_teardown(stores_in_a_row_are_one, setup, teardown),
	};

	return cmocka_run_group_tests_name("actor/services", tests, NULL, NULL);
}
