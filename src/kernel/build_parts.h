/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * build_parts.h: one build, shared by the files that it is made of; build.h is the face of all. In the order of a
 * build: find the tree; look into the cache (build_cache.c); copy and change the files that patches touch
 * (build_copy.c); generate headers (build_headers.c); take the objects that are still good (build_objects.c); compile
 * the others (build_compile.c); hash what was read (build_origin.c); link (build_link.c); keep module and objects.
 *
 * Functions that can fail return 0, or a negative errno after build_fail() has set the message.
 */
#ifndef RCFUZZ_BUILD_PARTS_H
#define RCFUZZ_BUILD_PARTS_H

#include "build.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "inputs.h"
#include "kernel_tree.h"
#include "textlist.h"

enum { FILE_BYTES_MAX = 8 << 20, LOG_BYTES_MAX = 4 << 20 };

enum { SOURCE_KERNEL = 1, SOURCE_ASSEMBLY = 2, SOURCE_PRELUDE = 4 };
struct source {
	const char *path, *kernel_file;
	unsigned properties;
};
enum {
	BUILD_SOURCES = 0
#define RCFUZZ_SOURCE(source, kernel_file, properties) +1
#include "build.def"
};
extern const struct source build_sources[BUILD_SOURCES];
/*
 * The headers, precompiled: most of the time would go into reading them. Units of kernel code and the shim's have flags
 * of their own, and so a prelude of their own, of the same header.
 */
enum { BUILD_PRELUDES = 2 };
extern const struct source build_preludes[BUILD_PRELUDES];
/* The one that a source begins with; NULL: none. */
const struct source *build_prelude_of(const struct source *source);

extern const char *const build_page_size_names[], *const build_flavour_names[]; /* by their enums */

/* Where a folder of headers lies (build.def). */
enum place { PLACE_SOURCE, PLACE_GENERATED, PLACE_TREE };

struct build {
	const struct kernel_build_request *request;
	struct kernel_tree tree;
	const char *compiler;
	bool clang;
	char compiler_version[256];
	char source_dir[PATH_MAX]; /* has src/kernel */
	char cache_dir[PATH_MAX];
	char work_dir[PATH_MAX];		 /* temporary: patched/, generated/, objects */
	struct timespec begin;			 /* of the work folder, by the clock of files */
	bool edited;				 /* since then: what was read may be neither the old nor the new */
	char request_key[INPUTS_HASH_CHARS + 1]; /* of all that is asked for but patches and recipes */
	char key[INPUTS_HASH_CHARS + 1];	 /* of all that is asked for, but not of the tree's contents */
	char hash[INPUTS_HASH_CHARS + 1];	 /* of all contents */
	struct textlist read;			 /* absolute paths of files that the build was made from */
	struct textlist absent;			 /* paths that would have changed it */
	struct textlist touched;		 /* files of the tree with a private copy */
	struct textlist features;		 /* names of those that the tree has */
	struct text generated;			 /* all generated headers, with their names */
	bool taken[BUILD_SOURCES];		 /* the object comes from the cache */
	char object_keys[BUILD_SOURCES][INPUTS_HASH_CHARS + 1];
	struct text record;
	char *error;
	size_t error_size;
};

/* build_parts.c */
int build_fail(struct build *b, int code, const char *format, ...) __attribute__((format(printf, 3, 4))); /* -code */
int build_fail_memory(struct build *b);
/* Is a full file system the reason why a program failed that wrote this log? Then that is the message. */
bool build_is_full(const struct build *b, const char *log);
int build_fail_full(struct build *b);
void build_tell(struct build *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A path made of two parts; false (and an error) if it is too long. */
bool build_join(struct build *b, char path[PATH_MAX], const char *folder, const char *name);
int build_read(struct build *b, const char *path, char **text, size_t *size);
/* Writes a file of the work folder, which nobody else reads. */
int build_write(struct build *b, const char *path, const char *data, size_t size);
/* The name of a source's object and of what belongs to it: book3s_hv for unit/book3s_hv.c. */
void build_object_name(const struct source *source, char *name, size_t size);
/* Of a unit, or of none: a header is what others include. */
bool build_is_c_file(const char *kernel_file);

/* build_cache.c */
int build_find_cache(struct build *b);
int build_make_key(struct build *b);
void build_cache_path(const struct build *b, char path[PATH_MAX], const char *suffix);
bool build_cache_has(struct build *b);
/* Moves the module and the record of its inputs into the cache. */
int build_store(struct build *b);
/* Says that it is in use. */
void build_touch(const char *path);
/* Modules, objects and unpacked trees that nothing has used for a month, and what killed builds have left behind. */
void build_remove_stale(struct build *b);
/* Adds a line with the hash of a file's content. */
int build_add_content(struct build *b, struct text *text, const char *what, const char *path);

/* build_copy.c */
bool build_tree_file(struct build *b, char path[PATH_MAX], const char *name);
bool build_private_file(struct build *b, char path[PATH_MAX], const char *name);
int build_copy_files(struct build *b);

/* build_headers.c */
int build_generate_headers(struct build *b);

/* build_objects.c */
/* Takes what the cache has of this build: sets `taken`, and adds what those objects were made from to `read`. */
int build_take_objects(struct build *b);
/* After build_collect_inputs() and the link: the compiled objects, as far as there is room. */
void build_keep_objects(struct build *b);

/* build_compile.c */
int build_find_compiler(struct build *b);
/* Flags that say what is generated, without paths. */
void build_add_flags(const struct build *b, struct textlist *flags, unsigned properties);
/* Is a source to be compiled that begins with that prelude? */
bool build_has_prelude(const struct build *b, const struct source *prelude);
int build_compile_preludes(struct build *b);
int build_compile_all(struct build *b);

/* build_origin.c */
/* A patch's or recipe's name, as `rcfuzz info` shows it: what is behind the last slash. */
const char *build_base_name(const char *path);
/* Adds what a source that was compiled has read, that of the prelude included. */
int build_read_dependencies(struct build *b, const struct source *source, struct textlist *paths);
/* The name in the kernel's tree of a path, which is there or a private copy; NULL: it is none. */
const char *build_kernel_file(const struct build *b, const char *path);
int build_collect_inputs(struct build *b);
/* What `rcfuzz info` shows. */
void build_describe(struct build *b, struct text *json);

/* build_link.c */
/* info.c, which has rcfuzz_build_info; compiled alone, since the hash is known only after the rest. */
int build_make_info(struct build *b);
int build_link(struct build *b);

#endif
