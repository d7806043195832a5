// SPDX-License-Identifier: GPL-2.0-only
/* text_test.c: a report is made of what the timeline holds, in 80 columns. */
#include "report/timeline.h"
#include "scenario/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define INFO                                                                                                           \
	"{\"tree\":\"/usr/src/linux-source-6.12\",\"version\":\"6.12.73-dirty-and-very-long\",\"page_size\":65536,"    \
	"\"describe\":\"v6.12.73-7-g8cfb18d\","                                                                        \
	"\"compiler\":\"clang version 14.0.6\",\"hash\":\"0123456789abcdef\",\"patches\":[\"fix.patch\"],"             \
	"\"recipes\":[\"more.recipe\"]}"

static const char story[] = "rcfuzz-scenario 1\nconfig page=64k\na l1 map guest=1 n=3 g=4\nb l2 store guest=1 n=3\n"
			    "c host harvest slot=0\nd l1 repoint guest=1 n=3 g=4 perm=rwx rc=none vcpu=1\n";

static void set_bits(struct timeline *t)
{
	const struct run_bits good = {.has_l1 = true,
				      .l1_r = true,
				      .l1_c = true,
				      .has_l0 = true,
				      .l0_r = true,
				      .l0_c = true,
				      .has_shadow = true,
				      .shadow_r = true,
				      .shadow_c = true};
	struct run_bits lost = good;

	lost.l0_c = false;
	for (uint32_t i = 0; i < 3; i++)
		t->steps[i].ran = true;
	t->steps[1].after = t->steps[2].before = good;
	t->steps[2].after = lost;
}

static struct timeline *example(void)
{
	struct timeline *t = calloc(1, sizeof(*t));
	struct scenario_file *file = calloc(1, sizeof(*file));
	struct scenario_error error;
	struct finding *f = &t->finding;

	if (!scenario_text_parse(story, sizeof(story) - 1, file, &error))
		fail_msg("%u:%u: %s", error.line, error.column, error.message);
	t->scenario = file->scenario;
	free(file);
	t->has_finding = true;
	f->class = CLASS_WRONG_PAGE;
	f->layer = LAYER_L0_PTE;
	f->writer_count = 1;
	snprintf(f->title, sizeof(f->title),
		 "the store of guest 1 to its page 3 in op b is not named by the harvest in op c, "
		 "although it was complete before that began");
	memset(f->signature, 'x', sizeof(f->signature) - 1);
	f->signature[50] = '+';
	snprintf(f->writers[0].what, sizeof(f->writers[0].what), "cleared C in l0-pte");
	snprintf(f->writers[0].function, sizeof(f->writers[0].function), "kvm_radix_clear");
	snprintf(f->writers[0].file, sizeof(f->writers[0].file), "arch/powerpc/kvm/book3s_64_mmu_radix.c");
	f->writers[0].line = 42;
	t->watch_guest = 1;
	t->watch_n = 3;
	t->watch_lpage = 4;
	for (uint32_t i = 0; i < SCENARIO_OPS_MAX; i++)
		t->steps[i].parent = LAYOUT_NONE;
	set_bits(t);
	t->part = 2;
	snprintf(t->part_text, sizeof(t->part_text), "shadow-pte has C, l0-pte has not");
	t->change_count = 1;
	f->writers[0].caller_count = FINDING_CALLERS;
	for (uint32_t i = 0; i < FINDING_CALLERS; i++)
		memset(f->writers[0].callers[i].function, 'x', 20 + 7 * i);
	t->changes[0] = (struct timeline_change){.op = 2,
						 .line = 1123,
						 .old_pte = 1ull << 63 | 0x180,
						 .new_pte = 1ull << 63 | 0x100,
						 .place = "l0-pte",
						 .function = "a_function_with_a_name_of_some_length",
						 .file = "arch/powerpc/kvm/book3s_64_mmu_radix.c"};
	t->changes[0].caller_count = FINDING_CALLERS;
	for (uint32_t i = 0; i < FINDING_CALLERS; i++) {
		snprintf(f->writers[0].callers[i].file, sizeof(f->writers[0].callers[i].file), "arch/powerpc/kvm/a.c");
		t->changes[0].callers[i] = f->writers[0].callers[i];
	}
	return t;
}

static char *print(const struct timeline *t)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	report_text(out, t, INFO, "story.txt");
	fclose(out);
	return text;
}

static void eighty_columns(void **state)
{
	struct timeline *t = example();
	char *text = print(t), *rest = text;

	(void)state;
	for (char *line; (line = strsep(&rest, "\n"));) {
		if (strlen(line) > 80)
			fail_msg("%zu columns: %s", strlen(line), line);
	}
	free(text);
	free(t);
}

/* Of a finding's functions, and of the changes at the op where the bits part. */
static void callers_are_told(void **state)
{
	static const char at_the_change[] = "\n                             from outer b.c:9\n";
	struct timeline *t = example();
	struct finding_caller outer = {"outer", "arch/b.c", 9};
	char *text;

	(void)state;
	t->finding.writers[0].callers[0] = t->changes[0].callers[0] = outer;
	t->finding.writers[0].caller_count = t->changes[0].caller_count = 1;
	text = print(t);
	assert_non_null(strstr(text, ":42\n      from outer b.c:9\n"));
	assert_non_null(strstr(text, at_the_change));
	free(text);
	t->part = 1;
	text = print(t);
	assert_non_null(strstr(text, ":42\n      from outer b.c:9\n"));
	assert_null(strstr(text, at_the_change));
	free(text);
	free(t);
}

/* Which function is interrupted at which line, and who had called it: also where the scenario has a number only. */
static void tells_where_it_interrupts(void **state)
{
	static const struct finding_writer where = {
		.function = "fault",
		.file = "arch/powerpc/kvm/nested.c",
		.line = 7,
		.caller_count = 1,
		.callers = {{"outer", "arch/b.c", 9}},
	};
	struct timeline *t = example();
	char *text;

	(void)state;
	t->steps[2].parent = 1;
	snprintf(t->steps[2].stop.yield_point, sizeof(t->steps[2].stop.yield_point), "*#12");
	text = print(t);
	assert_non_null(strstr(text, "        interrupts b at\n          *#12\n        l0-pte"));
	free(text);
	t->steps[2].stop.came = true;
	text = print(t);
	assert_non_null(strstr(text, "          *#12\n          in no kernel code\n        l0-pte"));
	free(text);
	t->steps[2].stop.where = where;
	text = print(t);
	assert_non_null(strstr(text, "          *#12\n          in fault nested.c:7\n          from outer b.c:9\n"));
	free(text);
	memset(t->steps[2].stop.where.function, 'x', sizeof(where.function) - 1);
	text = print(t);
	assert_non_null(strstr(text, "x\n              nested.c:7\n          from outer b.c:9\n"));
	free(text);
	t->return_count = 2;
	t->returns[0] = (struct timeline_return){1, {.yield_point = "*#3"}}; /* of another op */
	t->returns[1] = (struct timeline_return){2, {.yield_point = "*#13"}};
	text = print(t);
	assert_null(strstr(text, "*#3\n"));
	assert_non_null(strstr(text, "          from outer b.c:9\n        would let b go on at\n          *#13\n"));
	free(text);
	t->returns[1].stop.came = true;
	t->returns[1].stop.where = where;
	text = print(t);
	assert_non_null(strstr(text, "        lets b go on at\n          *#13\n          in fault nested.c:7\n"));
	free(text);
	free(t);
}

/* A word of an rmap or of a dirty bitmap has no R and C. */
static void a_written_word_has_no_bits(void **state)
{
	struct timeline *t = example();
	char *text;

	(void)state;
	t->changes[t->change_count++] = (struct timeline_change){
		.op = 2, .word = true, .line = 7, .place = "rmap", .function = "f", .file = "arch/powerpc/kvm/g.c"};
	text = print(t);
	assert_non_null(strstr(text, "\n        rmap       written   f g.c:7\n"));
	free(text);
	t->changes[t->change_count - 1].cleared = true;
	text = print(t);
	assert_non_null(strstr(text, "\n        rmap       cleared   f g.c:7\n"));
	free(text);
	free(t);
}

/* In a mail, and with nothing that a reader would take for a quotation. */
static void a_mail_is_narrower(void **state)
{
	struct timeline *t = example();
	char *text = NULL, *rest;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	(void)state;
	report_text_mail(out, t, INFO, "story.txt");
	fclose(out);
	rest = text;
	assert_non_null(strstr(text, "=> c host  harvest"));
	for (char *line; (line = strsep(&rest, "\n"));) {
		if (strlen(line) > 72)
			fail_msg("%zu columns: %s", strlen(line), line);
		assert_int_not_equal(*line, '>');
	}
	free(text);
	free(t);
}

static void tells_what_it_knows(void **state)
{
	static const char *const parts[] = {
		"wrong-page (critical)",
		"Linux 6.12.73-dirty-and-very-long, 64k pages",
		"linux-source-6.12 v6.12.73-7-g8cfb18d,",
		"patched    fix.patch\npatched    more.recipe\n",
		"kvm_radix_clear",
		"arch/powerpc/kvm/book3s_64_mmu_radix.c:42",
		"security@kernel.org",
		"rcfuzz replay story.txt",
		"   a l1    map       guest=1 n=3 g=4\n",
		">> c host  harvest",
		"^ shadow-pte has C, l0-pte has not",
		"l0-pte     rc -> r-",
		"page 3 of guest 1, which is page 4 of L1",
		"did not run",
	};
	struct timeline *t = example();
	char *text = print(t);

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!strstr(text, parts[i]))
			fail_msg("no '%s' in:\n%s", parts[i], text);
	}
	free(text);
	t->finding.class = CLASS_LOST_DIRTY_L1;
	text = print(t);
	assert_null(strstr(text, "security@kernel.org"));
	free(text);
	t->steps[2].parent = 1;
	snprintf(t->steps[2].stop.yield_point, sizeof(t->steps[2].stop.yield_point), "fault:lock:tlb_lock#1");
	text = print(t);
	assert_non_null(strstr(text, "        interrupts b at\n          fault:lock:tlb_lock#1\n"));
	free(text);
	t->has_finding = false;
	t->outcome.finding_count = 0;
	text = print(t);
	assert_non_null(strstr(text, "no finding"));
	free(text);
	free(t);
}

/* No op of the scenario reads what was lost. */
static void the_end_has_a_row(void **state)
{
	struct timeline *t = example();
	char *text;

	(void)state;
	t->finding.op_cause = 1;
	text = print(t);
	assert_null(strstr(text, "   (then "));
	free(text);
	t->finding.op_effect = (uint16_t)t->scenario.op_count;
	t->finding.class = CLASS_LOST_DIRTY_HOST;
	text = print(t);
	assert_non_null(strstr(text, "   (then host harvest slot=0)\n        does not name the page\n"));
	free(text);
	t->finding.class = CLASS_LOST_DIRTY_L1;
	t->finding.guest = 1;
	text = print(t);
	assert_non_null(strstr(text, "   (then l1 harvest guest=1)\n        does not name the page\n"));
	free(text);
	/* What no harvest names. */
	t->finding.class = CLASS_WRONG_PAGE;
	text = print(t);
	assert_null(strstr(text, "   (then "));
	free(text);
	free(t);
}

static void json_says_the_same(void **state)
{
	struct timeline *t = example();
	cJSON *json, *step, *where, *told;

	(void)state;
	t->finding.op_cause = 1;
	t->finding.op_effect = (uint16_t)t->scenario.op_count;
	t->steps[2].parent = 1;
	snprintf(t->steps[2].stop.yield_point, sizeof(t->steps[2].stop.yield_point), "fault:lock:tlb_lock#1");
	t->steps[2].stop.came = true;
	t->steps[2].stop.where =
		(struct finding_writer){.function = "fault", .file = "arch/nested.c", .line = 7, .caller_count = 1};
	t->return_count = 2;
	t->returns[0] = (struct timeline_return){1, {.yield_point = "*#3"}};
	t->returns[1] = (struct timeline_return){2, {"*#13", .came = true, .where = t->steps[2].stop.where}};
	t->outcome.finding_count = 1;
	t->outcome.findings[0] = t->finding;
	json = report_json(t, INFO, "story.txt");
	step = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "timeline"), 2);
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(step, "part")));
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetObjectItem(step, "before"), "l0-pte")),
			    "rc");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetObjectItem(step, "after"), "l0-pte")),
			    "r-");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetObjectItem(step, "after"), "tlb")), "..");
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(step, "changes")), 1);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "findings")), 1);
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(step, "label")), "c");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(step, "parent")), "b");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(step, "at")), "fault:lock:tlb_lock#1");
	where = cJSON_GetObjectItem(step, "where");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(where, "function")), "fault");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(where, "file")), "arch/nested.c");
	assert_int_equal(cJSON_GetNumberValue(cJSON_GetObjectItem(where, "line")), 7);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(where, "callers")), 1);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(step, "returns")), 1);
	step = cJSON_GetArrayItem(cJSON_GetObjectItem(step, "returns"), 0);
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(step, "at")), "*#13");
	where = cJSON_GetObjectItem(step, "where");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(where, "function")), "fault");
	step = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "timeline"), 1);
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(step, "parent")));
	told = cJSON_GetObjectItem(json, "told");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(told, "signature")), t->finding.signature);
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(told, "cause")), "b");
	/* Behind the last op: it shows when all is over. */
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(told, "effect")));
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(told, "last_harvest")));
	cJSON_Delete(json);
	t->finding.class = CLASS_LOST_DIRTY_HOST;
	json = report_json(t, INFO, "story.txt");
	told = cJSON_GetObjectItem(json, "told");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(told, "last_harvest")), "host harvest slot=0");
	cJSON_Delete(json);
	free(t);
}

/* The scenario shows the other one too, whoever wrote it down for this one. */
static void another_finding_makes_it_a_secret(void **state)
{
	struct timeline *t = example();
	struct finding *other = &t->outcome.findings[1];

	(void)state;
	assert_non_null(timeline_embargo(t));
	t->finding.class = CLASS_LOST_DIRTY_HOST;
	t->outcome.finding_count = 2;
	t->outcome.findings[0] = t->finding;
	*other = t->finding;
	strcpy(other->signature, "lost-dirty-l1:tlb:f");
	assert_null(timeline_embargo(t));
	other->class = CLASS_STALE_ACCESS;
	assert_non_null(timeline_embargo(t));
	other->class = CLASS_LOST_DIRTY_L1;
	other->embargoed = true;
	assert_non_null(timeline_embargo(t));
	t->finding.embargoed = true;
	assert_non_null(strstr(timeline_embargo(t), "this one"));
	free(t);
}

static void a_report_says_whose_secret_it_shows(void **state)
{
	struct timeline *t = example();
	char *text;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	(void)state;
	t->finding.class = CLASS_LOST_DIRTY_HOST;
	t->outcome.finding_count = 1;
	t->outcome.findings[0].class = CLASS_MEMORY;
	report_text(out, t, INFO, NULL);
	fclose(out);
	assert_non_null(strstr(text, "security@kernel.org"));
	free(text);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_finding_makes_it_a_secret),
		cmocka_unit_test(a_report_says_whose_secret_it_shows),
		cmocka_unit_test(eighty_columns),
		cmocka_unit_test(callers_are_told),
		cmocka_unit_test(tells_where_it_interrupts),
		cmocka_unit_test(a_written_word_has_no_bits),
		cmocka_unit_test(a_mail_is_narrower),
		cmocka_unit_test(tells_what_it_knows),
		cmocka_unit_test(the_end_has_a_row),
		cmocka_unit_test(json_says_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
