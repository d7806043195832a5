// SPDX-License-Identifier: GPL-2.0-only
/* embargo_test.c: no folder hides what another one lists, and what cannot be read is said. */
#include "cli/embargo.h"

#include "base/file.h"
#include "cli/cli.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SECRET "warn:none:secret"

static char top[] = "/tmp/rcfuzz-embargo-XXXXXX";
static char empty[64], full[64], bad[64], none[64], said[64];

static void put(const char *folder, const char *text)
{
	char path[128], error[256];

	snprintf(path, sizeof(path), "%s/one.txt", folder);
	if (file_write_atomic(path, text, strlen(text), error, sizeof(error)))
		fail_msg("%s", error);
}

static int make_folders(void **state)
{
	(void)state;
	if (!mkdtemp(top))
		return -1;
	snprintf(empty, sizeof(empty), "%s/empty", top);
	snprintf(full, sizeof(full), "%s/full", top);
	snprintf(bad, sizeof(bad), "%s/bad", top);
	snprintf(none, sizeof(none), "%s/none", top);
	snprintf(said, sizeof(said), "%s/said", top);
	if (mkdir(empty, 0777) || mkdir(full, 0777) || mkdir(bad, 0777))
		return -1;
	put(full, "rcfuzz-scenario 1\nembargoed " SECRET "\n");
	put(bad, "rcfuzz-scenario 1\nembargoed " SECRET "\nembargoed nonsense\n");
	return 0;
}

static int remove_folders(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", top);
	return system(command);
}

/* Reads folders; what goes to stderr meanwhile stands in `text`. */
static int read_all(struct embargo *embargo, const char *const folders[], size_t count, bool sure, char text[512])
{
	int saved = dup(STDERR_FILENO), to = open(said, O_CREAT | O_TRUNC | O_RDWR, 0600), code;
	ssize_t n;

	dup2(to, STDERR_FILENO);
	code = embargo_read(embargo, folders, count, sure);
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = pread(to, text, 511, 0);
	text[n < 0 ? 0 : n] = '\0';
	close(to);
	return code;
}

static bool is_marked(const struct embargo *embargo)
{
	struct finding f = {.signature = SECRET};

	embargo_mark(embargo, &f, 1);
	return f.embargoed;
}

static void no_folder_hides_another(void **state)
{
	const char *const folders[] = {empty, full, none};
	struct embargo embargo;
	char text[512];

	(void)state;
	assert_int_equal(read_all(&embargo, folders, 3, true, text), 0);
	assert_string_equal(text, "");
	assert_true(is_marked(&embargo));
	embargo_close(&embargo);
}

static void the_same_folder_is_read_once(void **state)
{
	const char *const folders[] = {full, full, full};
	struct embargo embargo;
	char text[512];

	(void)state;
	assert_int_equal(read_all(&embargo, folders, 3, true, text), 0);
	assert_int_equal(embargo.count, 1);
	embargo_close(&embargo);
}

static void a_bad_entry_is_told_or_an_error(void **state)
{
	const char *const folders[] = {bad};
	struct embargo embargo;
	char text[512];

	(void)state;
	assert_int_equal(read_all(&embargo, folders, 1, true, text), CLI_BAD_INPUT);
	assert_non_null(strstr(text, "one.txt:3:"));
	embargo_close(&embargo);
	assert_int_equal(read_all(&embargo, folders, 1, false, text), 0);
	assert_non_null(strstr(text, "one.txt:3:"));
	assert_true(is_marked(&embargo));
	embargo_close(&embargo);
}

static void it_is_said_that_there_is_none(void **state)
{
	const char *const folders[] = {none};
	struct embargo embargo;
	char text[512];

	(void)state;
	assert_int_equal(read_all(&embargo, folders, 1, true, text), 0);
	assert_non_null(strstr(text, "no corpus/known"));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_false(is_marked(&embargo));
	embargo_close(&embargo);
}

static void a_folder_that_is_named_has_to_be_there(void **state)
{
	struct embargo embargo;

	(void)state;
	assert_int_equal(embargo_open(&embargo, none, false), CLI_NO_INPUT);
	embargo_close(&embargo);
	assert_int_equal(embargo_open(&embargo, full, true), 0);
	assert_true(is_marked(&embargo));
	embargo_close(&embargo);
}

static void everything_of_a_run_is_marked(void **state)
{
	const char *const folders[] = {full};
	struct timeline *t = calloc(1, sizeof(*t));
	struct embargo embargo;
	char text[512];

	(void)state;
	assert_int_equal(read_all(&embargo, folders, 1, true, text), 0);
	t->has_finding = true;
	t->finding.class = CLASS_WARN;
	strcpy(t->finding.signature, "warn:none:other");
	t->outcome.finding_count = 2;
	t->outcome.findings[0] = t->finding;
	t->outcome.findings[1] = t->finding;
	strcpy(t->outcome.findings[1].signature, SECRET);
	assert_null(timeline_embargo(t));
	embargo_mark_timeline(&embargo, t);
	assert_false(t->finding.embargoed);
	assert_false(t->outcome.findings[0].embargoed);
	assert_true(t->outcome.findings[1].embargoed);
	assert_non_null(timeline_embargo(t));
	embargo_close(&embargo);
	free(t);
}

static void records_are_marked(void **state)
{
	const char *const folders[] = {full};
	cJSON *records =
		cJSON_Parse("[{\"signature\":\"" SECRET "\",\"embargoed\":false},"
			    "{\"signature\":\"warn:none:x\",\"embargoed\":true},{\"signature\":\"warn:none:y\"}]");
	static const bool want[] = {true, true, false};
	struct embargo embargo;
	char text[512];

	(void)state;
	assert_int_equal(read_all(&embargo, folders, 1, true, text), 0);
	assert_true(embargo_mark_records(&embargo, records));
	for (int i = 0; i < 3; i++)
		assert_int_equal(
			cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(records, i), "embargoed")),
			want[i]);
	cJSON_Delete(records);
	embargo_close(&embargo);
}

static char *say(enum finding_class class, const cJSON *record)
{
	const struct finding f = {.class = class, .signature = "warn:none:of no entry"};
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	embargo_say(out, &f, record);
	fclose(out);
	return text;
}

/* What is printed of a finding to be pasted elsewhere. */
static void it_is_said_of_one_finding(void **state)
{
	cJSON *record = cJSON_Parse("{\"class\":\"warn\",\"embargoed\":true}"),
	      *other = cJSON_Parse("{\"class\":\"warn\",\"embargoed\":false}");
	char *by_class = say(CLASS_MEMORY, NULL), *by_record = say(CLASS_WARN, record), *plain = say(CLASS_WARN, other);

	(void)state;
	assert_non_null(strstr(by_class, "security@kernel.org"));
	assert_non_null(strstr(by_record, "security@kernel.org"));
	assert_string_equal(plain, "");
	free(by_class);
	free(by_record);
	free(plain);
	cJSON_Delete(record);
	cJSON_Delete(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_folder_hides_another),
		cmocka_unit_test(the_same_folder_is_read_once),
		cmocka_unit_test(a_bad_entry_is_told_or_an_error),
		cmocka_unit_test(it_is_said_that_there_is_none),
		cmocka_unit_test(a_folder_that_is_named_has_to_be_there),
		cmocka_unit_test(everything_of_a_run_is_marked),
		cmocka_unit_test(records_are_marked),
		cmocka_unit_test(it_is_said_of_one_finding),
	};

	return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
