// SPDX-License-Identifier: GPL-2.0-only
/* symptom_test.c: what the stage shows counts for a finding only where it is that finding's. */
#include "symptom.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct finding warn = {
	.class = CLASS_WARN,
	.title = "WARN: (pte_val(*ptep) ^ pte_val(pte)) & PTE_BITS_MUST_MATCH at book3s_64_mmu_radix.c:772 "
		 "(kvmppc_create_pte) in __kvmhv_nested_page_fault",
	.writer_count = 1,
	.writers = {{.function = "__kvmhv_nested_page_fault"}},
};
#define AT "WARNING: CPU: 0 PID: 135 at arch/powerpc/kvm/book3s_64_mmu_radix.c:"

static struct observed line_of(const char *text)
{
	return (struct observed){
		.event = {.kind = WIRE_LOG}, .payload = (const uint8_t *)text, .bytes = (uint32_t)strlen(text)};
}

static void a_warning_is_the_findings_own(void **state)
{
	static const struct {
		const char *line;
		bool its;
	} rows[] = {
		{AT "771 kvmppc_create_pte+0xa34/0xa58 [kvm_hv]", true},	 /* another release, other lines */
		{AT "772 somebody_who_inlines_it+0xa34/0xa58 [kvm_hv]", true},	 /* the same line */
		{AT "771 __kvmhv_nested_page_fault+0x4/0xa58 [kvm_hv]", true},	 /* inlined into its caller */
		{AT "7721 kvmppc_create_pte_more+0xa34/0xa58 [kvm_hv]", false},	 /* another one */
		{AT "500 kvmppc_unmap_pte+0xa34/0xa58 [kvm_hv]", false},	 /* another one */
		{"BUG: soft lockup - CPU#0 stuck in kvmppc_create_pte", false},	 /* a busy machine */
		{"INFO: task kvmppc_create_pte:1 blocked for more than", false}, /* a busy machine */
		{"WARNING: suspicious RCU usage", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct observed r = line_of(rows[i].line);

		if (symptom_in_record(&warn, &r) != rows[i].its)
			fail_msg("%s", rows[i].line);
	}
}

static void a_loss_is_of_the_findings_page(void **state)
{
	struct finding f = {.class = CLASS_LOST_DIRTY_HOST, .lpage = 3};
	struct observed r = {.event = {.kind = WIRE_LOST, .lpage = 4}};

	(void)state;
	assert_false(symptom_in_record(&f, &r));
	r.event.lpage = 3;
	assert_true(symptom_in_record(&f, &r));
	/* A finding that names none. */
	f.lpage = LAYOUT_NONE;
	assert_true(symptom_in_record(&f, &r));
	r.event.kind = WIRE_CONTENT;
	assert_false(symptom_in_record(&f, &r));
}

static void a_loss_of_l1_is_of_the_findings_guest_and_page(void **state)
{
	const struct finding f = {.class = CLASS_LOST_DIRTY_L1, .guest = 2, .n = 5};
	struct finding host = {.class = CLASS_LOST_DIRTY_HOST, .lpage = 0};
	struct observed r = {.event = {.kind = WIRE_LOST, .guest = 2, .n = 5}};

	(void)state;
	assert_true(symptom_in_record(&f, &r));
	/* The host has lost nothing then; nor has L1 what the host has. */
	assert_false(symptom_in_record(&host, &r));
	r.event.guest = 0;
	assert_false(symptom_in_record(&f, &r));
	assert_true(symptom_in_record(&host, &r));
	r.event.guest = 1;
	assert_false(symptom_in_record(&f, &r));
	r.event.guest = 2;
	r.event.n = 4;
	assert_false(symptom_in_record(&f, &r));
}

static void a_verdict_is_of_the_findings_access(void **state)
{
	const struct finding f = {.class = CLASS_STALE_ACCESS, .guest = 1, .access = ACCESS_STORE, .n = 3, .lpage = 9};
	const struct finding of_l1 = {.class = CLASS_WRONG_PAGE, .access = ACCESS_LOAD, .n = LAYOUT_NONE, .lpage = 9};
	const struct event its = {
		.kind = WIRE_VERDICT, .status = CLASS_STALE_ACCESS, .guest = 1, .access = ACCESS_STORE, .n = 3};
	struct observed r = {.event = its};

	(void)state;
	assert_int_equal(symptom_kind(CLASS_OVER_PERMISSION), WIRE_VERDICT);
	assert_true(symptom_in_record(&f, &r));
	r.event.n = 4;
	assert_false(symptom_in_record(&f, &r));
	r.event = its;
	r.event.access = ACCESS_LOAD;
	assert_false(symptom_in_record(&f, &r));
	r.event = its;
	r.event.guest = 2;
	assert_false(symptom_in_record(&f, &r));
	r.event = its;
	r.event.status = CLASS_OVER_PERMISSION;
	assert_false(symptom_in_record(&f, &r));
	r.event = (struct event){.kind = WIRE_VERDICT, .status = CLASS_WRONG_PAGE, .n = LAYOUT_NONE, .lpage = 9};
	assert_true(symptom_in_record(&of_l1, &r));
	r.event.lpage = 8;
	assert_false(symptom_in_record(&of_l1, &r));
}

static void a_verdict_there_is_one_here(void **state)
{
	static struct run_outcome ours;
	const struct event e = {.kind = WIRE_VERDICT, .status = CLASS_NO_PROGRESS, .guest = 1, .n = 3, .op = 7};
	struct records theirs = {0};
	struct difference d;

	(void)state;
	assert_true(records_add(&theirs, &e, NULL, 0));
	assert_true(symptom_verdict_differs(&ours, 8, &theirs, &d));
	assert_int_equal(d.op, 7);
	assert_int_equal(d.their_kind, WIRE_VERDICT);
	assert_non_null(strstr(d.theirs, "no-progress"));
	/* An assertion has failed before, or our side has ended. */
	assert_false(symptom_verdict_differs(&ours, 7, &theirs, &d));
	ours.world_ended = true;
	assert_false(symptom_verdict_differs(&ours, 8, &theirs, &d));
	ours.world_ended = false;
	ours.finding_count = 1;
	ours.findings[0] = (struct finding){.class = CLASS_NO_PROGRESS, .guest = 1, .n = 3, .op_effect = 7};
	assert_false(symptom_verdict_differs(&ours, 8, &theirs, &d));
	/* Of the same page, but in another op. */
	ours.findings[0].op_effect = 5;
	assert_true(symptom_verdict_differs(&ours, 8, &theirs, &d));
	records_free(&theirs);
}

#define OOPS "[    9.1] Oops: Kernel access of bad area, sig: 11 [#1]\r\n[    9.1] NIP [c0001] "

static void a_crash_is_an_oops_in_the_findings_function(void **state)
{
	const struct finding f = {
		.class = CLASS_CRASH, .writer_count = 1, .writers = {{.function = "kvmhv_remove_nest_rmap"}}};
	char line[80];

	(void)state;
	assert_true(symptom_in_console(&f, "booted\n" OOPS "kvmhv_remove_nest_rmap+0x4/0x80\n", line, sizeof(line)));
	assert_non_null(strstr(line, "Oops: Kernel access of bad area"));
	assert_null(strchr(line, '\r'));
	/* Another crash, none, and what a busy machine says. */
	assert_false(symptom_in_console(&f, OOPS "kvmhv_remove_nest_rmap_range+0x4/0x80\n", line, sizeof(line)));
	assert_false(symptom_in_console(&f, "kvmhv_remove_nest_rmap+0x4 Oops: early\n", line, 10));
	assert_false(symptom_in_console(&f, "booted\n", line, sizeof(line)));
	assert_false(symptom_in_console(&f, "BUG: soft lockup in kvmhv_remove_nest_rmap\n", line, sizeof(line)));
	/* But a crash it is. */
	assert_true(symptom_of_death(OOPS "kvmhv_remove_nest_rmap_range+0x4/0x80\n", line, sizeof(line)));
	assert_false(symptom_of_death("BUG: soft lockup - CPU#0\n", line, sizeof(line)));
}

static void a_hang_is_told_by_a_watchdog(void **state)
{
	struct finding f = {.class = CLASS_DEADLOCK};
	char line[80];

	(void)state;
	assert_true(symptom_in_console(&f, "INFO: task vcpu:7 blocked for more than 120 seconds.\n", line, 80));
	assert_false(symptom_in_console(&f, OOPS "\n", line, sizeof(line)));
	f.class = CLASS_HANG;
	assert_true(symptom_in_console(&f, "watchdog: BUG: soft lockup - CPU#0 stuck for 26s!\n", line, 80));
	assert_false(symptom_in_console(&f, "", line, sizeof(line)));
	/* Of a finding that does not end the kernel a console says nothing. */
	f.class = CLASS_WARN;
	assert_false(symptom_in_console(&f, "watchdog: BUG: soft lockup\n", line, 80));
}

static void a_warning_there_is_one_here(void **state)
{
	static struct run_outcome ours;
	const struct event at_end = {.kind = WIRE_LOG, .op = 7};
	static const char text[] = AT "771 kvmppc_create_pte+0xa34/0xa58 [kvm_hv]", lockup[] = "BUG: soft lockup";
	struct records theirs = {0};
	struct difference d;

	(void)state;
	assert_true(records_add(&theirs, &at_end, lockup, sizeof(lockup)));
	assert_false(symptom_warn_differs(&ours, &theirs, &d));
	assert_true(records_add(&theirs, &at_end, text, sizeof(text)));
	assert_true(symptom_warn_differs(&ours, &theirs, &d));
	assert_int_equal(d.op, 7);
	assert_int_equal(d.their_kind, WIRE_LOG);
	assert_non_null(strstr(d.theirs, "kvmppc_create_pte"));
	/* Ours ended before: it may have come later there. */
	ours.world_ended = true;
	assert_false(symptom_warn_differs(&ours, &theirs, &d));
	ours.world_ended = false;
	ours.finding_count = 1;
	ours.findings[0] = warn;
	assert_false(symptom_warn_differs(&ours, &theirs, &d));
	ours.findings[0].class = CLASS_CRASH;
	assert_true(symptom_warn_differs(&ours, &theirs, &d));
	records_free(&theirs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_warning_is_the_findings_own),
		cmocka_unit_test(a_loss_is_of_the_findings_page),
		cmocka_unit_test(a_loss_of_l1_is_of_the_findings_guest_and_page),
		cmocka_unit_test(a_crash_is_an_oops_in_the_findings_function),
		cmocka_unit_test(a_hang_is_told_by_a_watchdog),
		cmocka_unit_test(a_warning_there_is_one_here),
		cmocka_unit_test(a_verdict_is_of_the_findings_access),
		cmocka_unit_test(a_verdict_there_is_one_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
