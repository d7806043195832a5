// SPDX-License-Identifier: GPL-2.0-only
/* build.c: see build.h: the whole of a build; its parts are in build_*.c (build_parts.h). */
#include "build_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { MODULE_BYTES_MAX = 256 << 20 };

static int find_sources(struct build *b)
{
	const char *const candidates[] = {
		b->request->source_dir,
		getenv("RCFUZZ_SHARE"),
#ifdef RCFUZZ_SHARE_DIR
		RCFUZZ_SHARE_DIR,
#endif
#ifdef RCFUZZ_INSTALL_SHARE_DIR
		RCFUZZ_INSTALL_SHARE_DIR,
#endif
	};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		if (!candidates[i] || !realpath(candidates[i], b->source_dir))
			continue;
		if (build_join(b, path, b->source_dir, "src/kernel/shim/include/prelude.h") && access(path, R_OK) == 0)
			return 0;
		if (i == 0)
			break;
	}
	return build_fail(b, ENOENT,
			  "the sources of the shim (src/kernel) are not there: set RCFUZZ_SHARE to their folder");
}

static int build_cold(struct build *b)
{
	struct stat info;
	int result;

	if (!build_join(b, b->work_dir, b->cache_dir, "work/XXXXXX"))
		return -ENAMETOOLONG;
	if (!mkdtemp(b->work_dir) || stat(b->work_dir, &info))
		return build_fail(b, errno, "%s: %s", b->work_dir, strerror(errno));
	b->begin = info.st_mtim;
	build_tell(b, "building linux %s, %s pages, %s, with %s", b->tree.version,
		   build_page_size_names[b->request->page_size], build_flavour_names[b->request->flavour], b->compiler);
	result = build_copy_files(b);
	if (!result)
		result = build_generate_headers(b);
	if (!result)
		result = build_take_objects(b);
	if (!result)
		result = build_compile_preludes(b);
	if (!result)
		result = build_compile_all(b);
	if (!result)
		result = build_collect_inputs(b);
	if (!result)
		result = build_make_info(b);
	if (!result)
		result = build_link(b);
	if (!result)
		result = build_store(b);
	if (!result)
		build_keep_objects(b);
	if (!getenv("RCFUZZ_KEEP_WORK"))
		remove_folder(b->work_dir);
	build_remove_stale(b);
	return result;
}

/* The module goes to its output in one step. */
static int deliver(struct build *b, char *out_path, size_t out_size)
{
	char path[PATH_MAX], *data;
	size_t size;
	int result = 0;

	build_cache_path(b, path, "so");
	if (b->request->output) {
		result = file_read(path, MODULE_BYTES_MAX, &data, &size, b->error, b->error_size);
		if (!result)
			result = file_write_atomic(b->request->output, data, size, b->error, b->error_size);
		if (!result)
			free(data);
	}
	if (!result &&
	    snprintf(out_path, out_size, "%s", b->request->output ? b->request->output : path) >= (int)out_size)
		result = build_fail(b, ENAMETOOLONG, "the path of the module is too long");
	return result;
}

int kernel_build(const struct kernel_build_request *request, char *out_path, size_t out_size, char *error,
		 size_t error_size)
{
	struct build *b = calloc(1, sizeof(*b));
	int result;

	if (!b) {
		snprintf(error, error_size, "out of memory");
		return -ENOMEM;
	}
	b->request = request;
	b->error = error;
	b->error_size = error_size;
	result = build_find_cache(b);
	if (!result)
		result = find_sources(b);
	if (!result)
		result = kernel_tree_find(&b->tree, request->tree, b->cache_dir, request->progress,
					  request->progress_context, error, error_size);
	if (!result)
		result = build_find_compiler(b);
	if (!result)
		result = build_make_key(b);
	if (!result && (request->rebuild || !build_cache_has(b)))
		result = build_cold(b);
	if (!result)
		result = deliver(b, out_path, out_size);
	textlist_free(&b->read);
	textlist_free(&b->absent);
	textlist_free(&b->touched);
	textlist_free(&b->features);
	text_free(&b->generated);
	text_free(&b->record);
	free(b);
	return result;
}
