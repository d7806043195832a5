// SPDX-License-Identifier: GPL-2.0-only
/* record.c: findings as JSON, and back. */
#include "report/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

void record_id(char id[RECORD_ID], const struct finding *finding)
{
	uint64_t hash = XXH3_64bits(finding->signature, strlen(finding->signature));

	snprintf(id, RECORD_ID, "%s-%08x", class_info[finding->class].name, (unsigned)(hash >> 32));
}

const char *record_embargo(const struct finding *finding)
{
	enum finding_class class = finding->class;

	if (class == CLASS_WRONG_PAGE || class == CLASS_STALE_ACCESS || class == CLASS_OVER_PERMISSION ||
	    class == CLASS_MEMORY)
		return "A guest may reach memory here that is not its own.";
	return finding->embargoed ? "The corpus of known findings lists this one as embargoed." : NULL;
}

const char *record_json_embargo(const cJSON *record)
{
	int class = class_from_name(record_string(record, "class"));
	const struct finding finding = {
		.class = class < 0 ? CLASS_WARN : (enum finding_class) class,
		.embargoed = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(record, "embargoed")),
	};

	return record_embargo(&finding);
}

const char *record_json_embargo_remark(const cJSON *record)
{
	return record_json_embargo(record) ? " (Report this to security@kernel.org before making it public.)" : "";
}

bool record_json_callers(cJSON *object, const struct finding_caller *callers, uint32_t count)
{
	cJSON *array = cJSON_AddArrayToObject(object, "callers");

	for (uint32_t i = 0; array && i < count && i < FINDING_CALLERS; i++) {
		cJSON *item = cJSON_CreateObject();

		if (!item || !cJSON_AddItemToArray(array, item) ||
		    !cJSON_AddStringToObject(item, "function", callers[i].function) ||
		    !cJSON_AddStringToObject(item, "file", callers[i].file) ||
		    !cJSON_AddNumberToObject(item, "line", callers[i].line))
			return false;
	}
	return array;
}

static bool add_writers(cJSON *object, const struct finding *finding)
{
	cJSON *array = cJSON_AddArrayToObject(object, "writers");

	for (uint32_t i = 0; array && i < finding->writer_count && i < FINDING_FRAMES; i++) {
		const struct finding_writer *writer = &finding->writers[i];
		cJSON *item = cJSON_CreateObject();

		if (!item || !cJSON_AddItemToArray(array, item) ||
		    !cJSON_AddStringToObject(item, "what", writer->what) ||
		    !cJSON_AddStringToObject(item, "function", writer->function) ||
		    !cJSON_AddStringToObject(item, "file", writer->file) ||
		    !cJSON_AddNumberToObject(item, "line", writer->line) ||
		    !record_json_callers(item, writer->callers, writer->caller_count))
			return false;
	}
	return array;
}

bool record_json_finding(cJSON *object, const struct finding *finding)
{
	const struct class_info *class = &class_info[finding->class];

	return cJSON_AddStringToObject(object, "class", class->name) &&
	       cJSON_AddStringToObject(object, "severity", severity_name[class->severity]) &&
	       cJSON_AddStringToObject(object, "signature", finding->signature) &&
	       cJSON_AddStringToObject(object, "coarse", finding->coarse) &&
	       cJSON_AddStringToObject(object, "title", finding->title) &&
	       cJSON_AddStringToObject(object, "layer", layer_name[finding->layer]) && add_writers(object, finding) &&
	       cJSON_AddStringToObject(object, "l1", finding->needs_wild_l1 ? "misbehaving" : "well-behaved") &&
	       cJSON_AddBoolToObject(object, "assertion_only", finding->assertion_only) &&
	       cJSON_AddBoolToObject(object, "embargoed", record_embargo(finding) != NULL);
}

cJSON *record_json_target(const char *target_info)
{
	static const char *const members[] = {"tree",	  "version", "describe", "page_size",
					      "compiler", "hash",    "patches",	 "recipes"};
	cJSON *info = target_info ? cJSON_Parse(target_info) : NULL, *target = cJSON_CreateObject();

	for (size_t i = 0; target && i < sizeof(members) / sizeof(members[0]); i++) {
		cJSON *value = info ? cJSON_DetachItemFromObjectCaseSensitive(info, members[i]) : NULL;

		bool list = !strcmp(members[i], "patches") || !strcmp(members[i], "recipes");

		if (!value)
			value = list ? cJSON_CreateArray() : cJSON_CreateNull();
		cJSON_AddItemToObject(target, members[i], value);
	}
	cJSON_Delete(info);
	return target;
}

char *record_properties(const cJSON *info)
{
	static const char *const members[] = {"features", "patches", "recipes"};
	size_t size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);
	bool failed;

	for (size_t i = 0; out && i < sizeof(members) / sizeof(members[0]); i++) {
		const cJSON *list = cJSON_GetObjectItemCaseSensitive(info, members[i]), *item;

		cJSON_ArrayForEach(item, list)
		{
			const char *name = cJSON_IsString(item) ? item->valuestring : "";
			const char *dot = i ? strrchr(name, '.') : NULL;

			fprintf(out, "%.*s\n", dot ? (int)(dot - name) : (int)strlen(name), name);
		}
	}
	failed = !out || ferror(out);
	if (out && fclose(out))
		failed = true;
	if (failed)
		free(text);
	return failed ? NULL : text;
}

static bool add_counts(cJSON *object, const struct record *record)
{
	return cJSON_AddStringToObject(object, "rcfuzz", RCFUZZ_VERSION) &&
	       cJSON_AddNumberToObject(object, "seed", (double)record->seed) &&
	       cJSON_AddNumberToObject(object, "count", (double)(record->count_before + record->count)) &&
	       cJSON_AddNumberToObject(object, "execs", (double)record->execs) &&
	       cJSON_AddNumberToObject(object, "seconds", (double)(int64_t)(record->seconds * 1000) / 1000) &&
	       cJSON_AddBoolToObject(object, "minimized", record->minimized) &&
	       (record->known[0] ? cJSON_AddStringToObject(object, "known", record->known)
				 : cJSON_AddNullToObject(object, "known"));
}

cJSON *record_json(const struct record *record, const char *target_info)
{
	cJSON *object = cJSON_CreateObject(), *target = record_json_target(target_info);
	bool done = object && target && cJSON_AddNumberToObject(object, "schema", 1) &&
		    cJSON_AddStringToObject(object, "id", record->id) &&
		    record_json_finding(object, &record->finding) &&
		    cJSON_AddStringToObject(object, "scenario", record->scenario) &&
		    cJSON_AddNumberToObject(object, "ops", record->ops) &&
		    cJSON_AddNumberToObject(object, "preemptions", record->preemptions) &&
		    cJSON_AddItemToObject(object, "target", target);

	if (done)
		target = NULL; /* owned by object now */
	if (!done || !add_counts(object, record)) {
		cJSON_Delete(target);
		cJSON_Delete(object);
		return NULL;
	}
	return object;
}

const char *record_string(const cJSON *record, const char *member)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(record, member));

	return text ? text : "";
}

double record_number(const cJSON *record, const char *member)
{
	const cJSON *number = cJSON_GetObjectItemCaseSensitive(record, member);

	return cJSON_IsNumber(number) ? number->valuedouble : 0;
}

static bool is_record(const cJSON *record)
{
	return cJSON_IsObject(record) && record_number(record, "schema") == 1 && *record_string(record, "id") &&
	       class_from_name(record_string(record, "class")) >= 0;
}

/* What `rcfuzz confirm` has added to a finding stays with it: who writes later knows nothing of it. */
static void keep_confirmations(cJSON *old, cJSON *record)
{
	if (!cJSON_GetObjectItemCaseSensitive(record, "confirm") && cJSON_GetObjectItemCaseSensitive(old, "confirm"))
		cJSON_AddItemToObject(record, "confirm", cJSON_DetachItemFromObjectCaseSensitive(old, "confirm"));
}

/* Put a record in the place of an earlier one with the same id, or at the end. */
static bool take_record(cJSON *records, cJSON *record)
{
	int at = 0;
	cJSON *old;

	cJSON_ArrayForEach(old, records)
	{
		if (!strcmp(record_string(old, "id"), record_string(record, "id"))) {
			keep_confirmations(old, record);
			cJSON_ReplaceItemInArray(records, at, record);
			return true;
		}
		at++;
	}
	return cJSON_AddItemToArray(records, record);
}

cJSON *record_read_lines(const char *text, size_t n, size_t *bad_lines)
{
	cJSON *records = cJSON_CreateArray();
	const char *end = text + n;

	*bad_lines = 0;
	while (records && text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text)), *line_end = newline ? newline : end;
		cJSON *record = cJSON_ParseWithLength(text, (size_t)(line_end - text));

		if (is_record(record)) {
			take_record(records, record);
		} else if (line_end > text) {
			cJSON_Delete(record);
			++*bad_lines;
		}
		text = line_end + 1;
	}
	return records;
}
