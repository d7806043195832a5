// SPDX-License-Identifier: GPL-2.0-only
/* confirmation_test.c: what came of a run on an unmodified kernel is kept with the finding, and told as it is. */
#include "report/confirmation.h"

#include "report/record.h"
#include "report/sarif.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct confirmation example(void)
{
	return (struct confirmation){
		.kernel = "6.12-64k",
		.package = "linux-image-x 1",
		.release = "6.12",
		.qemu = "10.0.2",
		.cpus = 1,
		.seen = 3,
		.runs = 3,
		.effect = "page 1 has changed",
		.decisive = "g host harvest slot=0",
		.controls = {{.what = "without it", .runs = 3},
			     {.what = "plain", .not_run = "there is no L2"},
			     {.what = "swapped", .not_run = CONFIRMATION_NO_SUCH_CONTROL}},
		.control_count = 3,
	};
}

/* One line of words. */
static char *text_of(const struct confirmation *c)
{
	cJSON *json = confirmation_json(c);
	char *text;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	assert_non_null(json);
	confirmation_text(out, json, 0, 100000);
	fclose(out);
	cJSON_Delete(json);
	return text;
}

static void assert_says(const struct confirmation *c, const char *words)
{
	char *text = text_of(c);

	if (!strstr(text, words))
		fail_msg("'%s' is not in: %s", words, text);
	free(text);
}

static void a_paragraph_says_what_was_seen(void **state)
{
	struct confirmation c = example();

	(void)state;
	assert_true(confirmation_holds(&c));
	assert_says(&c, "Seen in 3 of 3 runs. The first time: page 1 has changed.");
	assert_says(&c, "without it: seen in 0 of 3; plain: not run, there is no L2; all clean.");
	/* Whether it was seen or not, and for programs too. */
	for (c.seen = 0; c.seen < 2; c.seen++) {
		cJSON *json = confirmation_json(&c);

		assert_says(&c, CONFIRMATION_LIMITS);
		assert_string_equal(record_string(json, "limits"), CONFIRMATION_LIMITS);
		cJSON_Delete(json);
	}
}

static void assert_verdict(const struct confirmation *c, const char *verdict)
{
	cJSON *json = confirmation_json(c);

	assert_string_equal(confirmation_verdict(json), verdict);
	assert_int_equal(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "confirmed")), confirmation_holds(c));
	assert_int_equal(!strcmp(verdict, "confirmed"), confirmation_holds(c));
	cJSON_Delete(json);
}

static void without_a_control_nothing_is_confirmed(void **state)
{
	struct confirmation c = example();

	(void)state;
	assert_verdict(&c, "confirmed");
	c.controls[0].runs = 0;
	assert_verdict(&c, "seen, not confirmed");
	assert_says(&c, "none could be run, so what was seen is not confirmed.");
	c.controls[0].not_run = "on our machine it shows there too";
	assert_verdict(&c, "seen, not confirmed");
	c.seen = 0;
	assert_verdict(&c, "not confirmed");
}

static void a_control_that_shows_it_spoils_it(void **state)
{
	struct confirmation c = example();

	(void)state;
	c.controls[0].seen = 1;
	assert_verdict(&c, "seen, not confirmed");
	assert_says(&c, "NOT CLEAN");
}

static void not_seen_proves_nothing(void **state)
{
	struct confirmation c = example();

	(void)state;
	c.seen = 0;
	assert_false(confirmation_holds(&c));
	assert_says(&c, "Not seeing something there proves nothing.");
	c.needs_tlb = true;
	assert_says(&c, "keeps a translation across a change of LPIDR");
}

static void a_race_says_how_far_it_was_swept(void **state)
{
	struct confirmation c = example();

	(void)state;
	c.cpus = 2;
	c.races = true;
	c.swept_ms = 2.5;
	c.asked_tlbie = true;
	assert_says(&c, "two CPUs");
	assert_says(&c, "began up to 2.5 ms apart.");
	assert_says(&c, "A tlbie of L1 does not bring it back, in 3 of 3.");
	c.restored = 2;
	assert_says(&c, "After a tlbie of L1 the log names the page, in 2 of 3.");
}

static void lines_are_no_longer_than_asked(void **state)
{
	struct confirmation c = example();
	cJSON *json = confirmation_json(&c);
	char *text, *line, *rest;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	(void)state;
	confirmation_text(out, json, 3, 60);
	fclose(out);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		assert_true(strlen(line) <= 60);
		assert_memory_equal(line, "   ", 3);
	}
	free(text);
	cJSON_Delete(json);
}

static void a_record_has_one_for_each_kernel(void **state)
{
	cJSON *record = cJSON_CreateObject(), *array;
	struct confirmation c = example();

	(void)state;
	assert_true(confirmation_add(record, confirmation_json(&c)));
	c.kernel = "6.1-64k";
	assert_true(confirmation_add(record, confirmation_json(&c)));
	c.seen = 1;
	assert_true(confirmation_add(record, confirmation_json(&c)));
	array = cJSON_GetObjectItemCaseSensitive(record, "confirm");
	assert_int_equal(cJSON_GetArraySize(array), 2);
	assert_string_equal(record_string(cJSON_GetArrayItem(array, 1), "kernel"), "6.1-64k");
	assert_int_equal(record_number(cJSON_GetArrayItem(array, 1), "seen"), 1);
	cJSON_Delete(record);
}

static void a_page_escapes_what_it_shows(void **state)
{
	cJSON *record = cJSON_CreateObject();
	struct confirmation c = example();
	char *text;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	(void)state;
	c.effect = "<script>";
	assert_true(confirmation_add(record, confirmation_json(&c)));
	confirmation_html(out, cJSON_GetObjectItemCaseSensitive(record, "confirm"));
	fclose(out);
	assert_non_null(strstr(text, "On 6.12-64k: confirmed."));
	assert_null(strstr(text, "<script>"));
	free(text);
	cJSON_Delete(record);
}

/* For code review tools: a property of the result. */
static void a_sarif_result_has_it(void **state)
{
	static const char text[] = "{\"schema\":1,\"id\":\"warn-1\",\"class\":\"warn\"}\n";
	struct confirmation c = example();
	size_t bad;
	cJSON *records = record_read_lines(text, sizeof(text) - 1, &bad), *sarif, *at;

	(void)state;
	assert_true(confirmation_add(records->child, confirmation_json(&c)));
	sarif = sarif_report(records);
	at = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(sarif, "runs")->child, "results")->child;
	at = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(at, "properties"), "confirm");
	assert_int_equal(cJSON_GetArraySize(at), 1);
	assert_string_equal(record_string(at->child, "kernel"), "6.12-64k");
	assert_string_equal(record_string(at->child, "limits"), CONFIRMATION_LIMITS);
	cJSON_Delete(sarif);
	cJSON_Delete(records);
}

/* A later run of the fuzzer writes its own record of the finding: it knows of no confirmation. */
static void a_later_record_keeps_it(void **state)
{
	static const char text[] =
		"{\"schema\":1,\"id\":\"warn-1\",\"class\":\"warn\",\"confirm\":[{\"kernel\":\"6.1-64k\"}]}\n"
		"{\"schema\":1,\"id\":\"warn-1\",\"class\":\"warn\",\"count\":7}\n";
	size_t bad;
	cJSON *records = record_read_lines(text, sizeof(text) - 1, &bad), *record = cJSON_GetArrayItem(records, 0);

	(void)state;
	assert_int_equal(cJSON_GetArraySize(records), 1);
	assert_int_equal(record_number(record, "count"), 7);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(record, "confirm")), 1);
	cJSON_Delete(records);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_paragraph_says_what_was_seen),
		cmocka_unit_test(a_control_that_shows_it_spoils_it),
		cmocka_unit_test(not_seen_proves_nothing),
		cmocka_unit_test(a_race_says_how_far_it_was_swept),
		cmocka_unit_test(lines_are_no_longer_than_asked),
		cmocka_unit_test(a_record_has_one_for_each_kernel),
		cmocka_unit_test(without_a_control_nothing_is_confirmed),
		cmocka_unit_test(a_sarif_result_has_it),
		cmocka_unit_test(a_page_escapes_what_it_shows),
		cmocka_unit_test(a_later_record_keeps_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
