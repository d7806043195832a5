// SPDX-License-Identifier: GPL-2.0-only
/* known.c: the list of findings that are no news. */
#include "triage/known.h"

#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEPTH_MAX 8u

struct known_entry {
	struct scenario_expectation expectation;
	struct scenario_expectation expected; /* what its file is about; EXPECT_PASS: an embargoed one says nothing */
	char name[96];
};

struct known {
	size_t count;
	struct known_entry *entries;
	char left_out[1024]; /* of the first bad entry: what tell got */
	/* While loading: */
	const struct scenario_kernel *kernel;
	void (*tell)(const char *message);
	char *error;
	size_t error_size;
};

/* expected: what the file is expected to show, NULL: nothing. */
static bool add(struct known *known, const struct scenario_expectation *expectation,
		const struct scenario_expectation *expected, const char *name)
{
	struct known_entry *entries = reallocarray(known->entries, known->count + 1, sizeof(*entries));

	if (!entries)
		return false;
	known->entries = entries;
	entries[known->count].expectation = *expectation;
	entries[known->count].expected = expected ? *expected : (struct scenario_expectation){0};
	snprintf(entries[known->count].name, sizeof(entries->name), "%s", name);
	known->count++;
	return true;
}

static void leave_out(struct known *known, const char *path, const struct scenario_error *error)
{
	char message[4096];

	/* What could not be read says its path itself. */
	if (error->line)
		snprintf(message, sizeof(message), "%s:%u:%u: %s", path, error->line, error->column, error->message);
	else
		snprintf(message, sizeof(message), "%s", error->message);
	if (!*known->left_out)
		snprintf(known->left_out, sizeof(known->left_out), "%s", message);
	if (known->tell)
		known->tell(message);
}

/* A secret is kept even if the rest of its entry makes no sense. */
static bool add_embargoed(struct known *known, const struct scenario_file *file, const char *name)
{
	for (uint32_t i = 0; i < file->expectation_count; i++) {
		if (file->expectations[i].kind == EXPECT_EMBARGOED && !add(known, &file->expectations[i], NULL, name))
			return false;
	}
	return true;
}

static bool load_file(struct known *known, const char *path, const char *name, struct scenario_file *file)
{
	const struct scenario_expectation *expectation;
	struct scenario_error error;
	bool expected, listed = false;

	/* If it cannot be read at all, nothing may be left of the file before. */
	file->expectation_count = 0;
	if (scenario_file_load(path, file, &error)) {
		leave_out(known, path, &error);
		return add_embargoed(known, file, name);
	}
	expectation = scenario_file_expectation(file, known->kernel);
	expected = expectation && expectation->kind == EXPECT_FINDING;
	for (uint32_t i = 0; i < file->expectation_count; i++) {
		const struct scenario_expectation *e = &file->expectations[i];

		listed |= e->kind == EXPECT_SIGNATURE;
		if (expected && e->kind == EXPECT_SIGNATURE && !add(known, e, expectation, name))
			return false;
	}
	return add_embargoed(known, file, name) && (!expected || listed || add(known, expectation, expectation, name));
}

static bool load_folder(struct known *known, const char *folder, unsigned depth, struct scenario_file *file)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, NULL, alphasort);
	bool loaded = count >= 0;

	if (!loaded)
		snprintf(known->error, known->error_size, "cannot read the folder %s: %s", folder, strerror(errno));
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		char path[4096];
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", folder, name);
		if (loaded && name[0] != '.' && !lstat(path, &st)) {
			if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
				loaded = load_folder(known, path, depth + 1, file);
			else if (S_ISREG(st.st_mode) && strlen(name) > 4 && !strcmp(name + strlen(name) - 4, ".txt"))
				loaded = load_file(known, path, name, file);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return loaded;
}

struct known *known_load(const char *folder, const struct scenario_kernel *kernel, void (*tell)(const char *message),
			 char *error, size_t error_size)
{
	struct known *known = calloc(1, sizeof(*known));
	struct scenario_file *file = malloc(sizeof(*file));
	bool loaded = false;

	snprintf(error, error_size, "out of memory");
	if (known && file) {
		known->kernel = kernel;
		known->tell = tell;
		known->error = error;
		known->error_size = error_size;
		loaded = load_folder(known, folder, 0, file);
	}
	free(file);
	if (loaded) {
		*error = '\0';
		return known;
	}
	known_free(known);
	return NULL;
}

void known_free(struct known *known)
{
	if (known)
		free(known->entries);
	free(known);
}

static bool lists(const struct known_entry *entry, const struct finding *finding)
{
	const struct scenario_expectation *e = &entry->expectation;

	return e->kind == EXPECT_FINDING ? scenario_expectation_covers(e, finding->coarse)
					 : !strcmp(e->signature, finding->signature);
}

/* class:layer of a coarse signature. */
static size_t without_role(const char *coarse)
{
	size_t n = strcspn(coarse, ":");

	return n + (coarse[n] ? 1 + strcspn(coarse + n + 1, ":") : 0);
}

/*
 * Whose access it was, the role, differs from input to input of one signature, and so does not count: but where the
 * layer is none it says what was wrong.
 */
static bool is_about(const struct known_entry *entry, const struct finding *finding)
{
	const struct scenario_expectation *expected = &entry->expected;
	size_t n = without_role(finding->coarse);

	if (scenario_expectation_covers(expected, finding->coarse))
		return true;
	return expected->kind == EXPECT_FINDING && finding->layer != LAYER_NONE &&
	       without_role(expected->signature) == n && !strncmp(expected->signature, finding->coarse, n);
}

/* Room is kept for ", " before a name and ", and 999 more" behind it. */
#define MORE_MAX 18u

size_t known_match(const struct known *known, const struct finding *finding, char *names, size_t size)
{
	size_t count = 0, left_out = 0;
	const char *last = NULL;
	bool about = false;

	*names = '\0';
	for (size_t i = 0; known && i < known->count; i++)
		about |= lists(&known->entries[i], finding) && is_about(&known->entries[i], finding);
	for (size_t i = 0; known && i < known->count; i++) {
		const struct known_entry *entry = &known->entries[i];

		/* An entry may list it more than once. */
		if (!lists(entry, finding) || is_about(entry, finding) != about || (last && !strcmp(last, entry->name)))
			continue;
		last = entry->name;
		if (count++ && strlen(names) + strlen(last) + MORE_MAX > size)
			left_out++;
		else
			text_append(names, size, "%s%s", count > 1 ? ", " : "", last);
	}
	if (left_out)
		text_append(names, size, ", and %zu more", left_out);
	return count;
}

bool known_embargoed(const struct known *known, const struct finding *finding)
{
	for (size_t i = 0; known && i < known->count; i++) {
		const struct scenario_expectation *e = &known->entries[i].expectation;

		if (e->kind == EXPECT_EMBARGOED && !strcmp(e->signature, finding->signature))
			return true;
	}
	return false;
}

void known_mark_embargoed(const struct known *known, struct finding *findings, size_t count)
{
	for (size_t i = 0; i < count; i++)
		findings[i].embargoed |= known_embargoed(known, &findings[i]);
}

const char *known_left_out(const struct known *known)
{
	return *known->left_out ? known->left_out : NULL;
}
