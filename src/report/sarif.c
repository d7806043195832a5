// SPDX-License-Identifier: GPL-2.0-only
/* sarif.c: findings as SARIF 2.1.0. */
#include "report/sarif.h"

#include "report/record.h"

#include <stdio.h>
#include <string.h>

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

static bool add_text(cJSON *object, const char *name, const char *text)
{
	cJSON *message = cJSON_AddObjectToObject(object, name);

	return message && cJSON_AddStringToObject(message, "text", text);
}

static const char *level(enum severity severity)
{
	return severity == SEVERITY_ADVISORY ? "note" : severity == SEVERITY_HIGH ? "warning" : "error";
}

/* All classes, in the order of the enum: a result refers to its rule by index. */
static bool add_rules(cJSON *driver)
{
	cJSON *rules = cJSON_AddArrayToObject(driver, "rules");
	bool done = rules;

	for (int i = 0; done && i < CLASS_COUNT; i++) {
		cJSON *rule = cJSON_CreateObject(), *configuration;

		done = rule && cJSON_AddItemToArray(rules, rule) &&
		       cJSON_AddStringToObject(rule, "id", class_info[i].name) &&
		       add_text(rule, "shortDescription", class_info[i].meaning);
		configuration = done ? cJSON_AddObjectToObject(rule, "defaultConfiguration") : NULL;
		done = configuration && cJSON_AddStringToObject(configuration, "level", level(class_info[i].severity));
	}
	return done;
}

static bool add_location(cJSON *locations, const cJSON *writer)
{
	cJSON *location = cJSON_CreateObject(), *physical, *artifact, *region, *logical_list, *logical;
	double line = record_number(writer, "line");

	if (!location || !cJSON_AddItemToArray(locations, location))
		return false;
	physical = cJSON_AddObjectToObject(location, "physicalLocation");
	artifact = cJSON_AddObjectToObject(physical, "artifactLocation");
	if (!artifact || !cJSON_AddStringToObject(artifact, "uri", record_string(writer, "file")) ||
	    !cJSON_AddStringToObject(artifact, "uriBaseId", "SRCROOT"))
		return false;
	region = line >= 1 ? cJSON_AddObjectToObject(physical, "region") : NULL;
	if (region)
		cJSON_AddNumberToObject(region, "startLine", line);
	logical_list = cJSON_AddArrayToObject(location, "logicalLocations");
	logical = cJSON_CreateObject();
	return cJSON_AddItemToArray(logical_list, logical) &&
	       cJSON_AddStringToObject(logical, "name", record_string(writer, "function")) &&
	       cJSON_AddStringToObject(logical, "kind", "function") &&
	       add_text(location, "message", record_string(writer, "what"));
}

static bool add_locations(cJSON *result, const cJSON *record)
{
	cJSON *locations = cJSON_AddArrayToObject(result, "locations"), *related = NULL;
	const cJSON *writer;
	bool done = locations;

	cJSON_ArrayForEach(writer, cJSON_GetObjectItemCaseSensitive(record, "writers"))
	{
		if (!done || !*record_string(writer, "file"))
			continue;
		/* The first is the place; the others are related ones. */
		if (cJSON_GetArraySize(locations) && !related)
			related = cJSON_AddArrayToObject(result, "relatedLocations");
		done = add_location(related ? related : locations, writer);
	}
	return done;
}

static bool add_properties(cJSON *result, const cJSON *record)
{
	static const char *const members[] = {"id",	  "severity", "coarse", "layer",     "l1",
					      "scenario", "target",   "known",	"embargoed", "confirm"};
	cJSON *properties = cJSON_AddObjectToObject(result, "properties");

	for (size_t i = 0; properties && i < sizeof(members) / sizeof(members[0]); i++) {
		const cJSON *value = cJSON_GetObjectItemCaseSensitive(record, members[i]);

		if (value && !cJSON_AddItemToObject(properties, members[i], cJSON_Duplicate(value, true)))
			return false;
	}
	return properties;
}

/* A finding that the corpus lists is shown, but suppressed. */
static bool add_suppression(cJSON *result, const cJSON *record)
{
	cJSON *suppressions, *suppression;

	if (!*record_string(record, "known"))
		return true;
	suppressions = cJSON_AddArrayToObject(result, "suppressions");
	suppression = cJSON_CreateObject();
	return cJSON_AddItemToArray(suppressions, suppression) &&
	       cJSON_AddStringToObject(suppression, "kind", "external") &&
	       cJSON_AddStringToObject(suppression, "justification", record_string(record, "known"));
}

static bool add_result(cJSON *results, const cJSON *record)
{
	cJSON *result = cJSON_CreateObject(), *fingerprints;
	int class = class_from_name(record_string(record, "class"));
	char text[600];

	snprintf(text, sizeof(text), "%s%s", record_string(record, "title"), record_json_embargo_remark(record));
	if (!result || !cJSON_AddItemToArray(results, result) ||
	    !cJSON_AddStringToObject(result, "ruleId", class_info[class].name) ||
	    !cJSON_AddNumberToObject(result, "ruleIndex", class) ||
	    !cJSON_AddStringToObject(result, "level", level(class_info[class].severity)) ||
	    !add_text(result, "message", text))
		return false;
	fingerprints = cJSON_AddObjectToObject(result, "partialFingerprints");
	return fingerprints &&
	       cJSON_AddStringToObject(fingerprints, "rcfuzzSignature/v1", record_string(record, "signature")) &&
	       add_locations(result, record) && add_suppression(result, record) && add_properties(result, record);
}

static bool fill(cJSON *sarif, const cJSON *records)
{
	cJSON *run = cJSON_CreateObject(), *driver, *results;
	const cJSON *record;
	bool done;

	if (!cJSON_AddStringToObject(sarif, "$schema", SCHEMA) || !cJSON_AddStringToObject(sarif, "version", "2.1.0") ||
	    !cJSON_AddItemToArray(cJSON_AddArrayToObject(sarif, "runs"), run))
		return false;
	driver = cJSON_AddObjectToObject(cJSON_AddObjectToObject(run, "tool"), "driver");
	results = cJSON_AddArrayToObject(run, "results");
	done = driver && results && cJSON_AddStringToObject(driver, "name", "rcfuzz") &&
	       cJSON_AddStringToObject(driver, "version", RCFUZZ_VERSION) && add_rules(driver);
	cJSON_ArrayForEach(record, records)
	{
		if (done && class_from_name(record_string(record, "class")) >= 0)
			done = add_result(results, record);
	}
	return done;
}

cJSON *sarif_report(const cJSON *records)
{
	cJSON *sarif = cJSON_CreateObject();

	if (sarif && fill(sarif, records))
		return sarif;
	cJSON_Delete(sarif);
	return NULL;
}
