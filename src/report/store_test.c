// SPDX-License-Identifier: GPL-2.0-only
/* store_test.c: findings on the disk, also when the disk does not want them; records, SARIF and KTAP of them. */
#include "report/store.h"

#include "base/file.h"
#include "report/ktap.h"
#include "report/sarif.h"
#include "scenario/scenario_file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#define INFO "{\"tree\":\"/usr/src/linux\",\"version\":\"6.12.73\",\"page_size\":65536,\"hash\":\"ab\",\"files\":[]}"

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/rcfuzz-store-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[300];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	return system(command);
}

static struct record example(enum finding_class class, const char *rest)
{
	struct record r = {.seed = 4294967295u, .count = 1, .execs = 12345678901ull, .seconds = 1.5};
	struct finding *f = &r.finding;

	f->class = class;
	f->layer = LAYER_SHADOW_PTE;
	f->writer_count = 2;
	snprintf(f->writers[0].what, sizeof(f->writers[0].what), "cleared C in l0-pte");
	snprintf(f->writers[0].function, sizeof(f->writers[0].function), "f");
	snprintf(f->writers[0].file, sizeof(f->writers[0].file), "arch/powerpc/kvm/a.c");
	f->writers[0].line = 7;
	f->writers[1] = f->writers[0];
	f->writers[1].line = 0;
	snprintf(f->title, sizeof(f->title), "a \"store\" is lost");
	snprintf(f->signature, sizeof(f->signature), "%s:%s", class_info[class].name, rest);
	snprintf(f->coarse, sizeof(f->coarse), "%s:shadow-pte:clear", class_info[class].name);
	return r;
}

static struct scenario some_scenario(unsigned ops)
{
	struct scenario s;

	scenario_init(&s);
	s.op_count = ops;
	for (unsigned i = 0; i < ops; i++)
		s.ops[i] = (struct scenario_op){.label = (uint16_t)(i + 1), .kind = OP_L2_STORE, .guest = 1};
	scenario_canonicalize(&s);
	return s;
}

static struct store *open_store_of(const char *info)
{
	char error[512] = "";
	struct store *store = store_open(folder, info, error, sizeof(error));

	if (!store)
		fail_msg("%s", error);
	return store;
}

static struct store *open_store(void)
{
	return open_store_of(INFO);
}

static cJSON *read_back(size_t *bad)
{
	char path[128], error[256], *text;
	cJSON *records;
	size_t n;

	snprintf(path, sizeof(path), "%s/findings.jsonl", folder);
	assert_int_equal(file_read(path, 1u << 24, &text, &n, error, sizeof(error)), 0);
	records = record_read_lines(text, n, bad);
	free(text);
	return records;
}

static void raw_first_then_minimised(void **state)
{
	const struct record record = example(CLASS_LOST_DIRTY_HOST, "tlb:x");
	const struct scenario raw = some_scenario(9), small = some_scenario(2);
	struct scenario_file file;
	struct scenario_error error;
	struct store *store = open_store();
	struct record *own;
	char path[256];
	cJSON *records;
	size_t bad;

	(void)state;
	own = store_add(store, &record, &raw);
	assert_non_null(own);
	snprintf(path, sizeof(path), "%s/%s", folder, own->scenario);
	assert_int_equal(scenario_file_load(path, &file, &error), 0);
	assert_true(scenario_equal(&file.scenario, &raw));
	records = read_back(&bad);
	assert_int_equal(cJSON_GetArraySize(records), 1);
	assert_int_equal(record_number(cJSON_GetArrayItem(records, 0), "ops"), 9);
	cJSON_Delete(records);

	assert_true(store_minimized(store, own, &record.finding, &small));
	assert_ptr_equal(store_find(store, record.finding.signature), own);
	snprintf(path, sizeof(path), "%s/%s", folder, own->scenario);
	assert_int_equal(scenario_file_load(path, &file, &error), 0);
	assert_true(scenario_equal(&file.scenario, &small));
	assert_int_equal(file.expectation_count, 2);
	assert_string_equal(file.expectations[0].pattern, "6.12.73");
	assert_int_equal(file.expectations[1].kind, EXPECT_SIGNATURE);
	assert_string_equal(file.expectations[1].signature, record.finding.signature);
	assert_true(scenario_expectation_covers(&file.expectations[0], record.finding.coarse));
	assert_null(strstr(file.story, "shows after"));
	records = read_back(&bad);
	assert_int_equal(cJSON_GetArraySize(records), 1); /* the same id: the last counts */
	assert_int_equal(record_number(cJSON_GetArrayItem(records, 0), "ops"), 2);
	assert_int_equal(bad, 0);
	cJSON_Delete(records);
	store_close(store);
}

/* It is seen when the scenario is over: what is saved says which harvest asks for it. */
static void a_late_loss_names_its_harvest(void **state)
{
	struct record record = example(CLASS_LOST_DIRTY_HOST, "tlb:late");
	const struct scenario raw = some_scenario(2);
	struct store *store = open_store();
	struct scenario_error error;
	struct scenario_file file;
	const struct record *own;
	char path[256];

	(void)state;
	record.finding.lpage = 1;
	record.finding.op_effect = 2;
	own = store_add(store, &record, &raw);
	assert_non_null(own);
	snprintf(path, sizeof(path), "%s/%s", folder, own->scenario);
	assert_int_equal(scenario_file_load(path, &file, &error), 0);
	assert_non_null(strstr(file.story, "shows after the last op: \"host harvest slot=0\" does not name the page"));
	store_close(store);
}

static void append(const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/findings.jsonl", folder);
	file = fopen(path, "a");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void assert_holds(const char *scenario, const struct scenario *s)
{
	struct scenario_error error;
	struct scenario_file file;
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, scenario);
	assert_int_equal(scenario_file_load(path, &file, &error), 0);
	assert_true(scenario_equal(&file.scenario, s));
}

/* One run: the finding in that scenario, met so often, made smaller if `small`. */
static void one_run(const char *info, const struct scenario *raw, const struct scenario *small, uint64_t count,
		    char id[RECORD_ID])
{
	struct record record = example(CLASS_LOST_DIRTY_HOST, "tlb:x");
	struct store *store = open_store_of(info);
	struct record *own;

	snprintf(record.finding.title, sizeof(record.finding.title), "title of %u ops", raw->op_count);
	own = store_add(store, &record, raw);
	assert_non_null(own);
	own->count = count;
	if (small && !own->minimized) {
		snprintf(record.finding.title, sizeof(record.finding.title), "title of %u ops", small->op_count);
		assert_true(store_minimized(store, own, &record.finding, small));
	}
	assert_true(store_update(store, own));
	snprintf(id, RECORD_ID, "%s", own->id);
	store_close(store);
}

/* A second run into the same folder, which was stopped before it could minimise. */
static void another_run_adds(void **state)
{
	const struct scenario first = some_scenario(9), small = some_scenario(2), second = some_scenario(7);
	char id[RECORD_ID], again[RECORD_ID], line[512];
	const cJSON *record;
	cJSON *records;
	size_t bad;

	(void)state;
	one_run(INFO, &first, &small, 5, id);
	snprintf(line, sizeof(line),
		 "{\"schema\":1,\"id\":\"%s\",\"class\":\"lost-dirty-host\",\"scenario\":\"findings/%s.txt\",\"ops\":2,"
		 "\"count\":5,\"minimized\":true,\"title\":\"title of 2 ops\",\"target\":{\"hash\":\"ab\"},"
		 "\"confirm\":[{\"seen\":3}]}\n{\"schema\":1,\"id\":\"torn",
		 id, id);
	append(line);
	one_run(INFO, &second, NULL, 3, again);
	assert_string_equal(again, id);
	records = read_back(&bad);
	assert_int_equal(cJSON_GetArraySize(records), 1);
	assert_int_equal(bad, 1);
	record = cJSON_GetArrayItem(records, 0);
	assert_true(record_number(record, "count") == 8);
	assert_true(record_number(record, "ops") == 2);
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(record, "minimized")));
	assert_string_equal(record_string(record, "title"), "title of 2 ops");
	assert_true(record_number(cJSON_GetArrayItem(cJSON_GetObjectItem(record, "confirm"), 0), "seen") == 3);
	assert_holds(record_string(record, "scenario"), &small);
	cJSON_Delete(records);
	snprintf(line, sizeof(line), "findings/%s.raw.txt", id);
	assert_holds(line, &first);
}

/* What is in the folder besides is told of: who starts a run there may have forgotten it. */
static void counts_what_it_has_not_met(void **state)
{
	const struct record host = example(CLASS_LOST_DIRTY_HOST, "tlb:x"), l1 = example(CLASS_LOST_DIRTY_L1, "tlb:x");
	const struct scenario raw = some_scenario(3);
	struct store *store = open_store();

	(void)state;
	assert_non_null(store_add(store, &host, &raw));
	assert_non_null(store_add(store, &l1, &raw));
	assert_int_equal(store_count_earlier(store), 0);
	store_close(store);
	store = open_store();
	assert_int_equal(store_count_earlier(store), 2);
	assert_non_null(store_add(store, &l1, &raw));
	assert_int_equal(store_count_earlier(store), 1);
	store_close(store);
	/* Of another module it is another finding. */
	store = open_store_of("{\"tree\":\"/usr/src/other\",\"hash\":\"0123456789abcdef\"}");
	assert_non_null(store_add(store, &l1, &raw));
	assert_int_equal(store_count_earlier(store), 2);
	store_close(store);
}

static void the_smaller_raw_one_stays(void **state)
{
	const struct scenario nine = some_scenario(9), seven = some_scenario(7), eight = some_scenario(8);
	char id[RECORD_ID], path[128];

	(void)state;
	one_run(INFO, &nine, NULL, 1, id);
	snprintf(path, sizeof(path), "findings/%s.raw.txt", id);
	one_run(INFO, &seven, NULL, 1, id);
	assert_holds(path, &seven);
	one_run(INFO, &eight, NULL, 1, id);
	assert_holds(path, &seven);
	/* Without its scenario, what the earlier runs have left is not enough. */
	snprintf(path, sizeof(path), "%s/findings/%s.raw.txt", folder, id);
	assert_int_equal(unlink(path), 0);
	one_run(INFO, &nine, NULL, 1, id);
	assert_holds(strstr(path, "findings/"), &nine);
}

static void another_kernel_has_its_own(void **state)
{
	static const char other[] = "{\"tree\":\"/usr/src/other\",\"hash\":\"0123456789abcdef\"}";
	const struct scenario first = some_scenario(9), small = some_scenario(2), second = some_scenario(7);
	char id[RECORD_ID], its[RECORD_ID], again[RECORD_ID], path[128];
	cJSON *records;
	size_t bad;

	(void)state;
	one_run(INFO, &first, &small, 5, id);
	one_run(other, &second, &second, 3, its);
	one_run(other, &second, NULL, 3, again);
	assert_string_not_equal(id, its);
	assert_string_equal(its, again);
	assert_memory_equal(its, id, strlen(id));
	records = read_back(&bad);
	assert_int_equal(cJSON_GetArraySize(records), 2);
	assert_true(record_number(cJSON_GetArrayItem(records, 0), "count") == 5);
	assert_true(record_number(cJSON_GetArrayItem(records, 1), "count") == 6);
	assert_string_equal(record_string(cJSON_GetArrayItem(records, 1), "id"), its);
	cJSON_Delete(records);
	snprintf(path, sizeof(path), "findings/%s.txt", id);
	assert_holds(path, &small);
	snprintf(path, sizeof(path), "findings/%s.txt", its);
	assert_holds(path, &second);
}

static void record_has_the_schema(void **state)
{
	static const char *const members[] = {"schema", "id",	       "class", "severity", "signature",
					      "coarse", "title",       "layer", "writers",  "scenario",
					      "ops",	"preemptions", "l1",	"target",   "rcfuzz",
					      "seed",	"count",       "execs", "seconds"};
	const struct record record = example(CLASS_LOST_DIRTY_L1, "y");
	cJSON *json = record_json(&record, INFO), *target;

	(void)state;
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (!cJSON_HasObjectItem(json, members[i]))
			fail_msg("no %s", members[i]);
	}
	assert_string_equal(record_string(json, "severity"), "critical");
	assert_string_equal(record_string(json, "l1"), "well-behaved");
	assert_true(record_number(json, "execs") == 12345678901.0);
	assert_true(record_number(json, "seed") == 4294967295.0);
	target = cJSON_GetObjectItem(json, "target");
	assert_string_equal(record_string(target, "version"), "6.12.73");
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(target, "compiler"))); /* the module does not say */
	cJSON_Delete(json);
	json = record_json(&record, "no JSON at all");
	assert_non_null(json);
	cJSON_Delete(json);
}

static void bad_lines_are_left_out(void **state)
{
	static const char text[] =
		"garbage\n"
		"{\"schema\":1,\"id\":\"a\",\"class\":\"warn\",\"count\":1}\n"
		"\n[]\n{\"schema\":2,\"id\":\"a\",\"class\":\"warn\"}\n{\"schema\":1,\"class\":\"warn\"}\n"
		"{\"schema\":1,\"id\":\"b\",\"class\":\"no-such\"}\n"
		"{\"schema\":1,\"id\":\"a\",\"class\":\"warn\",\"count\":5}\n"
		"{\"schema\":1,\"id\":\"a\",\"class\":\"wa";
	size_t bad;
	cJSON *records = record_read_lines(text, sizeof(text) - 1, &bad);

	(void)state;
	assert_int_equal(cJSON_GetArraySize(records), 1);
	assert_true(record_number(cJSON_GetArrayItem(records, 0), "count") == 5);
	assert_int_equal(bad, 6);
	cJSON_Delete(records);
}

/* A line that a crash cut short does not swallow the next record. */
static void half_a_line_is_ended(void **state)
{
	const struct record record = example(CLASS_WARN, "z");
	const struct scenario s = some_scenario(1);
	char path[128];
	struct store *store;
	cJSON *records;
	size_t bad;
	int fd;

	(void)state;
	store_close(open_store());
	snprintf(path, sizeof(path), "%s/findings.jsonl", folder);
	fd = open(path, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "{\"schema\":1,\"id", 15), 15);
	close(fd);
	store = open_store();
	assert_non_null(store_add(store, &record, &s));
	store_close(store);
	records = read_back(&bad);
	assert_int_equal(cJSON_GetArraySize(records), 1);
	assert_int_equal(bad, 1);
	cJSON_Delete(records);
}

/* No room: what is there stays whole, and the message says what happened. */
static void no_room_loses_nothing(void **state)
{
	struct rlimit old, small;
	struct record record = example(CLASS_WARN, "first");
	const struct scenario s = some_scenario(1);
	struct store *store = open_store();
	cJSON *records;
	size_t bad;

	(void)state;
	assert_non_null(store_add(store, &record, &s));
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small = (struct rlimit){1000, old.rlim_max};
	setrlimit(RLIMIT_FSIZE, &small);
	record = example(CLASS_WARN, "second");
	assert_null(store_add(store, &record, &s));
	assert_true(strlen(store_error(store)) > 0);
	setrlimit(RLIMIT_FSIZE, &old);

	assert_int_equal(store_count(store), 1);
	records = read_back(&bad);
	assert_int_equal(cJSON_GetArraySize(records), 1);
	assert_int_equal(bad, 0);
	cJSON_Delete(records);
	assert_non_null(store_add(store, &record, &s)); /* room again */
	store_close(store);
}

static void no_folder_is_an_error(void **state)
{
	char error[512] = "";

	(void)state;
	assert_null(store_open("/proc/rcfuzz-cannot", INFO, error, sizeof(error)));
	assert_non_null(strstr(error, "/proc/rcfuzz-cannot"));
	assert_null(store_open("/dev/null/below", INFO, error, sizeof(error)));
}

static void memory_is_bounded(void **state)
{
	const struct scenario s = some_scenario(1);
	struct store *store = open_store();
	char rest[32];

	(void)state;
	for (unsigned i = 0; i < STORE_FINDINGS_MAX + 3; i++) {
		struct record record;

		snprintf(rest, sizeof(rest), "n%u", i);
		record = example(CLASS_WARN, rest);
		assert_true(!store_add(store, &record, &s) == (i >= STORE_FINDINGS_MAX));
	}
	assert_int_equal(store_dropped(store), 3);
	assert_string_equal(store_error(store), "");
	store_close(store);
}

static void sarif_names_the_kernels_line(void **state)
{
	struct record record = example(CLASS_WRONG_PAGE, "s");
	cJSON *records = cJSON_CreateArray(), *sarif, *result, *location;

	(void)state;
	cJSON_AddItemToArray(records, record_json(&record, INFO));
	snprintf(record.known, sizeof(record.known), "entry.txt");
	cJSON_AddItemToArray(records, record_json(&record, INFO));
	sarif = sarif_report(records);
	assert_string_equal(record_string(sarif, "version"), "2.1.0");
	result = cJSON_GetArrayItem(cJSON_GetObjectItem(sarif, "runs"), 0);
	result = cJSON_GetArrayItem(cJSON_GetObjectItem(result, "results"), 0);
	assert_string_equal(record_string(result, "ruleId"), "wrong-page");
	assert_non_null(strstr(record_string(cJSON_GetObjectItem(result, "message"), "text"), "security@kernel.org"));
	assert_null(cJSON_GetObjectItem(result, "suppressions"));
	location = cJSON_GetArrayItem(cJSON_GetObjectItem(result, "locations"), 0);
	location = cJSON_GetObjectItem(location, "physicalLocation");
	assert_string_equal(record_string(cJSON_GetObjectItem(location, "artifactLocation"), "uri"),
			    "arch/powerpc/kvm/a.c");
	assert_true(record_number(cJSON_GetObjectItem(location, "region"), "startLine") == 7);
	assert_non_null(cJSON_GetObjectItem(result->next, "suppressions"));
	cJSON_Delete(sarif);
	cJSON_Delete(records);
}

static void ktap_follows_the_format(void **state)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);
	struct ktap ktap;

	(void)state;
	ktap_begin(&ktap, out, 5);
	ktap_result(&ktap, KTAP_PASS, "a", NULL);
	ktap_result(&ktap, KTAP_FAIL, "b # c", "why\nmore");
	ktap_result(&ktap, KTAP_XFAIL, "d", "known");
	ktap_result(&ktap, KTAP_XPASS, "e", NULL);
	ktap_result(&ktap, KTAP_SKIP, "f", "embargoed");
	assert_int_equal(ktap_end(&ktap), 1);
	fclose(out);
	assert_string_equal(text, "KTAP version 1\n1..5\nok 1 - a\nnot ok 2 - b _ c # why\nok 3 - d # XFAIL known\n"
				  "not ok 4 - e # XPASS\nok 5 - f # SKIP embargoed\n"
				  "# Totals: pass:1 fail:1 xfail:1 xpass:1 skip:1 error:0\n");
	free(text);
	ktap_begin(&ktap, NULL, 1);
	ktap_result(&ktap, KTAP_SKIP, "f", NULL);
	assert_int_equal(ktap_end(&ktap), 4);
	ktap_begin(&ktap, NULL, 2);
	ktap_result(&ktap, KTAP_SKIP, "f", NULL);
	ktap_result(&ktap, KTAP_XFAIL, "g", NULL);
	assert_int_equal(ktap_end(&ktap), 0);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(raw_first_then_minimised),
		WITH_FOLDER(a_late_loss_names_its_harvest),
		WITH_FOLDER(another_run_adds),
		WITH_FOLDER(counts_what_it_has_not_met),
		WITH_FOLDER(the_smaller_raw_one_stays),
		WITH_FOLDER(another_kernel_has_its_own),
		cmocka_unit_test(record_has_the_schema),
		cmocka_unit_test(bad_lines_are_left_out),
		WITH_FOLDER(half_a_line_is_ended),
		WITH_FOLDER(no_room_loses_nothing),
		cmocka_unit_test(no_folder_is_an_error),
		WITH_FOLDER(memory_is_bounded),
		cmocka_unit_test(sarif_names_the_kernels_line),
		cmocka_unit_test(ktap_follows_the_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
