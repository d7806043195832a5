// SPDX-License-Identifier: GPL-2.0-only
/* embargo.c: see embargo.h. */
#include "cli/embargo.h"

#include "cli/cli.h"
#include "report/record.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOT_SURE "so what is embargoed is not known: mend it, or name another folder with --known"

static void tell_left_out(const char *message)
{
	cli_error(0, "a known finding cannot be read, so whether it is embargoed is not known: %s", message);
}

static int read_folder(struct embargo *embargo, const char *folder, bool sure)
{
	/* Embargoed entries hold for every kernel. */
	static const struct scenario_kernel any = {"", PAGE_64K, NULL};
	char error[512];
	struct known *known = known_load(folder, &any, sure ? NULL : tell_left_out, error, sizeof(error));

	if (!known)
		return cli_error(CLI_NO_INPUT, "%s, " NOT_SURE, error);
	embargo->lists[embargo->count++] = known;
	if (sure && known_left_out(known))
		return cli_error(CLI_BAD_INPUT, "%s, " NOT_SURE, known_left_out(known));
	return 0;
}

/* Is it there, and none of those before under another name? */
static bool is_another(const char *const folders[], size_t i)
{
	struct stat it, other;

	if (stat(folders[i], &it))
		return errno != ENOENT && errno != ENOTDIR;
	for (size_t before = 0; before < i; before++) {
		if (!stat(folders[before], &other) && other.st_dev == it.st_dev && other.st_ino == it.st_ino)
			return false;
	}
	return true;
}

int embargo_read(struct embargo *embargo, const char *const folders[], size_t count, bool sure)
{
	size_t found = 0;
	int code = 0;

	*embargo = (struct embargo){0};
	for (size_t i = 0; !code && i < count && i < EMBARGO_FOLDERS; i++) {
		if (!is_another(folders, i))
			continue;
		found++;
		code = read_folder(embargo, folders[i], sure);
	}
	if (!found)
		cli_error(0,
			  "no corpus/known is here, nor where rcfuzz was built or installed: only what is embargoed by "
			  "its class is marked");
	return code;
}

int embargo_open(struct embargo *embargo, const char *known, bool sure)
{
	static const char *const shared[EMBARGO_FOLDERS] = {"corpus/known", RCFUZZ_SHARE_DIR "/corpus/known",
							    RCFUZZ_INSTALL_SHARE_DIR "/corpus/known"};

	if (!known)
		return embargo_read(embargo, shared, EMBARGO_FOLDERS, sure);
	*embargo = (struct embargo){0};
	return read_folder(embargo, known, sure);
}

void embargo_close(struct embargo *embargo)
{
	for (size_t i = 0; i < embargo->count; i++)
		known_free(embargo->lists[i]);
	embargo->count = 0;
}

void embargo_mark(const struct embargo *embargo, struct finding *findings, size_t count)
{
	for (size_t i = 0; i < embargo->count; i++)
		known_mark_embargoed(embargo->lists[i], findings, count);
}

void embargo_mark_timeline(const struct embargo *embargo, struct timeline *t)
{
	embargo_mark(embargo, &t->finding, 1);
	embargo_mark(embargo, t->outcome.findings, t->outcome.finding_count);
}

bool embargo_mark_records(const struct embargo *embargo, cJSON *records)
{
	cJSON *record;

	cJSON_ArrayForEach(record, records)
	{
		struct finding finding = {0};

		snprintf(finding.signature, sizeof(finding.signature), "%s", record_string(record, "signature"));
		embargo_mark(embargo, &finding, 1);
		if (!finding.embargoed)
			continue;
		cJSON_DeleteItemFromObjectCaseSensitive(record, "embargoed");
		if (!cJSON_AddBoolToObject(record, "embargoed", true))
			return false;
	}
	return true;
}

void embargo_say(FILE *out, const struct finding *finding, const cJSON *record)
{
	struct finding marked = *finding;
	struct embargo embargo;

	marked.embargoed |= record && record_json_embargo(record);
	if (!embargo_open(&embargo, NULL, false))
		embargo_mark(&embargo, &marked, 1);
	embargo_close(&embargo);
	if (record_embargo(&marked))
		fprintf(out, "\n%s Tell security@kernel.org first, no public list.\n", record_embargo(&marked));
}
