// SPDX-License-Identifier: GPL-2.0-only
/*
 * seeds_test.c: every seed of corpus/seeds is canonical text, tells a story, and
 * survives the binary form; together they show every op and every word. Every
 * entry of corpus/known says by which signatures its finding is known. Runs in the
 * source folder.
 */
#include "base/file.h"
#include "scenario/codec.h"
#include "scenario/scenario_file.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER "corpus/seeds"
#define SEEDS_MIN 36
#define KNOWN "corpus/known"
#define KNOWN_MIN 20

static struct scenario_file file;
static struct scenario_error error;
static struct scenario again;
static uint8_t bytes[CODEC_BYTES_MAX];
static char text[SCENARIO_TEXT_MAX];

static unsigned ops_seen[OP_COUNT], stories;
static uint32_t field_words_seen[FIELD_COUNT], config_words_seen[CONFIG_COUNT];

static void check_story(const char *name)
{
	unsigned lines = 1;

	if (strncmp(file.story, "story: ", 7))
		fail_msg("%s: does not begin with `# story: `", name);
	for (const char *c = file.story; *c; c++)
		lines += *c == '\n';
	if (lines < 2 || lines > 4)
		fail_msg("%s: the story has %u lines", name, lines);
	stories++;
}

static void check_text(const char *name, const char *path)
{
	size_t size, length = scenario_text_write(&file, text, sizeof(text));
	char *data;

	assert_int_equal(file_read(path, SCENARIO_FILE_BYTES_MAX, &data, &size, error.message, 160), 0);
	if (size != length || memcmp(data, text, size))
		fail_msg("%s is not canonical, this would be:\n%s", name, text);
	free(data);
}

static void count_words(void)
{
	const struct scenario *s = &file.scenario;

	for (unsigned i = 0; i < CONFIG_COUNT; i++)
		config_words_seen[i] |= 1u << (scenario_field_get(&s->config, &config_info[i]) % 32);
	for (uint32_t at = 0; at < s->op_count; at++) {
		ops_seen[s->ops[at].kind]++;
		for (unsigned i = 0; i < FIELD_COUNT; i++) {
			if (op_info[s->ops[at].kind].fields & 1u << i)
				field_words_seen[i] |= 1u << (scenario_field_get(&s->ops[at], &field_info[i]) % 32);
		}
	}
}

static void check_seed(const char *name)
{
	char path[512];
	size_t size;

	snprintf(path, sizeof(path), "%s/%s", FOLDER, name);
	if (scenario_file_load(path, &file, &error))
		fail_msg("%s:%u:%u: %s", path, error.line, error.column, error.message);
	assert_in_range(file.scenario.op_count, 3, 24);
	assert_int_equal(file.scenario.config.rc, RCMODE_FAULT);
	check_story(name);
	check_text(name, path);
	size = scenario_encode(&file.scenario, bytes, sizeof(bytes));
	scenario_decode(&again, bytes, size);
	assert_true(scenario_equal(&file.scenario, &again));
	/* With the other page size it is another scenario, but still a whole one. */
	again.config.page ^= 1;
	scenario_canonicalize(&again);
	assert_int_equal(again.op_count, file.scenario.op_count);
	count_words();
}

static void test_each_seed(void **state)
{
	DIR *folder = opendir(FOLDER);

	(void)state;
	assert_non_null(folder);
	for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
		if (entry->d_name[0] != '.')
			check_seed(entry->d_name);
	}
	closedir(folder);
	assert_true(stories >= SEEDS_MIN);
}

static void check_words(const struct field_info *info, uint32_t seen)
{
	for (unsigned i = 0; info->words && i <= info->max; i++) {
		if (!(seen & 1u << i))
			fail_msg("no seed has %s=%s", info->name, info->words[i]);
	}
}

static void test_together(void **state)
{
	(void)state;
	for (unsigned i = 0; i < OP_COUNT; i++) {
		if (!ops_seen[i])
			fail_msg("no seed has %s %s", op_info[i].actor, op_info[i].name);
	}
	for (unsigned i = 0; i < FIELD_COUNT; i++)
		check_words(&field_info[i], field_words_seen[i]);
	for (unsigned i = 0; i < CONFIG_COUNT; i++) {
		if (i != CONFIG_rc)
			check_words(&config_info[i], config_words_seen[i]);
	}
}

/* By a coarse signature alone, --known would take what is new for what is known. */
static bool expects_a_finding(const char *name)
{
	const struct scenario_expectation *e = file.expectations;
	bool expects = false, lists = false;

	for (uint32_t i = 0; i < file.expectation_count; i++) {
		expects |= e[i].kind == EXPECT_FINDING;
		lists |= e[i].kind == EXPECT_SIGNATURE;
	}
	if (expects && !lists)
		fail_msg("%s/%s: expects a finding, and lists no signature", KNOWN, name);
	return expects;
}

static void test_known_lists_signatures(void **state)
{
	DIR *folder = opendir(KNOWN);
	unsigned findings = 0;
	char path[512];

	(void)state;
	assert_non_null(folder);
	for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", KNOWN, entry->d_name);
		if (scenario_file_load(path, &file, &error))
			fail_msg("%s:%u:%u: %s", path, error.line, error.column, error.message);
		findings += expects_a_finding(entry->d_name);
	}
	closedir(folder);
	assert_true(findings >= KNOWN_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_seed),
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_known_lists_signatures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
