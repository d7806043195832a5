// SPDX-License-Identifier: GPL-2.0-only
/* build_link.c: objects become a module that needs nothing but its services; or which symbol is missing. */
#include "build_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "link_report.h"
#include "spawn.h"

/* info.c, which has rcfuzz_build_info; compiled alone, since the hash is known only after the rest. */
int build_make_info(struct build *b)
{
	char path[PATH_MAX],
		*argv[] = {(char *)b->compiler, "-fPIC", "-fvisibility=hidden", "-c", "info.c", "-o", "info.o", NULL};
	struct text json = {0}, text = {0};
	int result;

	build_describe(b, &json);
	text_add(&text, "/* generated */\nextern const char rcfuzz_build_info[];\nconst char rcfuzz_build_info[] = {");
	for (size_t i = 0; i <= json.size; i++)
		text_add(&text, "%s%u,", i % 24 ? "" : "\n\t", json.data ? (unsigned char)json.data[i] : 0);
	text_add(&text, "\n};\n");
	result = json.failed || text.failed ? build_fail_memory(b) : 0;
	if (!result && build_join(b, path, b->work_dir, "info.c"))
		result = build_write(b, path, text.data, text.size);
	text_free(&json);
	text_free(&text);
	if (result)
		return result;
	result = spawn_run(argv, b->work_dir, NULL);
	return result ? build_fail(b, result < 0 ? -result : EIO, "%s cannot compile a table of numbers", b->compiler)
		      : 0;
}

/* "kernel tree X: book3s_hv_nested.c needs `foo`, which the shim does not know" */
static int unknown_symbols(struct build *b, const struct textlist *unknown)
{
	const char *first = unknown->items[0], *object = strchr(first, ' ') + 1, *file = object;
	struct text more = {0};
	char name[64];

	for (size_t i = 0; i < BUILD_SOURCES; i++) {
		build_object_name(&build_sources[i], name, sizeof(name));
		if (strcmp(name, object) == 0)
			file = build_sources[i].kernel_file ? strrchr(build_sources[i].kernel_file, '/') + 1
							    : build_sources[i].path;
	}
	for (size_t i = 1; i < unknown->count && i <= 8; i++)
		text_add(&more, "%s%.*s", i == 1 ? "; nor " : ", ", (int)strcspn(unknown->items[i], " "),
			 unknown->items[i]);
	if (unknown->count > 9)
		text_add(&more, " and %zu more", unknown->count - 9);
	build_fail(b, ENOEXEC, "kernel tree %s: %s needs `%.*s`, which the shim does not know%s", b->tree.path, file,
		   (int)strcspn(first, " "), first, more.data ? more.data : "");
	text_free(&more);
	return -ENOEXEC;
}

static int check_link(struct build *b, const char *log, int status)
{
	struct textlist unknown = {0};
	char *text, *line;
	size_t size;
	int result = file_read(log, LOG_BYTES_MAX, &text, &size, b->error, b->error_size);

	if (result)
		return result;
	link_report_unknown(&unknown, text);
	if (unknown.count) {
		result = unknown_symbols(b, &unknown);
	} else if (status && build_is_full(b, text)) {
		result = build_fail_full(b);
	} else if (status) {
		line = strstr(text, "multiple definition");
		line = line ? line : strstr(text, "error: ");
		line = line ? line : text;
		while (line > text && line[-1] != '\n')
			line--;
		result = build_fail(b, ENOEXEC, "kernel tree %s: the module does not link: %.*s", b->tree.path,
				    (int)strcspn(line, "\n"), line);
	}
	textlist_free(&unknown);
	free(text);
	return result;
}

int build_link(struct build *b)
{
	static const char exports[] = "{ global: rcfuzz_target; local: *; };\n";
	char path[PATH_MAX], log[PATH_MAX], name[64];
	struct textlist argv = {0};
	int result;

	if (!build_join(b, path, b->work_dir, "exports.map") || !build_join(b, log, b->work_dir, "link.log"))
		return -ENAMETOOLONG;
	result = build_write(b, path, exports, strlen(exports));
	if (result)
		return result;
	textlist_add(&argv, "%s", b->compiler);
	textlist_add(&argv, "-shared");
	textlist_add(&argv, "-o");
	textlist_add(&argv, "module.so");
	for (size_t i = 0; i < BUILD_SOURCES; i++) {
		build_object_name(&build_sources[i], name, sizeof(name));
		textlist_add(&argv, "%s.o", name);
	}
	textlist_add(&argv, "info.o");
	textlist_add(&argv, "-Wl,--version-script=exports.map");
	textlist_add(&argv, "-Wl,--gc-sections");
	textlist_add(&argv, "-Wl,-z,start-stop-gc"); /* counters of dropped functions go too */
	textlist_add(&argv, "-Wl,-Bsymbolic");
	textlist_add(&argv, "-Wl,-z,defs");
	textlist_add(&argv, "-Wl,--warn-unresolved-symbols");
	if (b->request->flavour == BUILD_PROFILE)
		textlist_add(&argv, "-fprofile-instr-generate"); /* the runtime */
	result = argv.failed ? -ENOMEM : spawn_run(argv.items, b->work_dir, log);
	textlist_free(&argv);
	if (result < 0)
		return build_fail(b, -result, "%s: %s", b->compiler, strerror(-result));
	return check_link(b, log, result);
}
