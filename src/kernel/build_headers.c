// SPDX-License-Identifier: GPL-2.0-only
/* build_headers.c: the few headers that the kernel's own build would generate. */
#include "build_parts.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recipe.h"

static const struct feature {
	const char *name, *file, *word;
} features[] = {
#define RCFUZZ_FEATURE(name, file, word) {#name, file, word},
#include "build.def"
};
enum { FEATURES = sizeof(features) / sizeof(features[0]) };

static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word)) {
		char before = at > text ? at[-1] : ' ', then = at[length];

		if (!isalnum((unsigned char)before) && before != '_' && !isalnum((unsigned char)then) && then != '_')
			return true;
	}
	return false;
}

/* The private copy if there is one, else the tree's file, which becomes an input. */
static int read_tree_file(struct build *b, const char *name, char **text, size_t *size)
{
	char path[PATH_MAX];

	if (!build_private_file(b, path, name))
		return -ENAMETOOLONG;
	if (access(path, F_OK) != 0) {
		if (!build_tree_file(b, path, name))
			return -ENAMETOOLONG;
		textlist_add(&b->read, "%s", path);
	}
	return build_read(b, path, text, size);
}

static int write_generated(struct build *b, const char *name, const char *data, size_t size)
{
	char path[PATH_MAX];

	text_add(&b->generated, "%s\n%.*s", name, (int)size, data);
	if (b->generated.failed)
		return build_fail_memory(b);
	return build_join(b, path, b->work_dir, name) ? build_write(b, path, data, size) : -ENAMETOOLONG;
}

/* features.h: what this tree has. */
static int generate_features(struct build *b)
{
	struct text text = {0};
	int result = 0;

	text_add(&text, "/* generated: what the kernel tree has, see build.def */\n");
	for (size_t i = 0; i < FEATURES && !result; i++) {
		char *file, from[PATH_MAX];
		size_t size;

		if (!build_tree_file(b, from, features[i].file))
			result = -ENAMETOOLONG;
		else if (access(from, F_OK) != 0)
			textlist_add(&b->absent, "%s", from);
		else
			result = read_tree_file(b, features[i].file, &file, &size);
		if (result || access(from, F_OK) != 0)
			continue;
		if (has_word(file, features[i].word))
			textlist_add(&b->features, "%s", features[i].name);
		free(file);
	}
	for (size_t i = 0; i < b->features.count; i++)
		text_add(&text, "#define RCFUZZ_HAVE_%s 1\n", b->features.items[i]);
	if (!result && (text.failed || b->features.failed))
		result = build_fail_memory(b);
	if (!result)
		result = write_generated(b, "generated/features.h", text.data, text.size);
	text_free(&text);
	return result;
}

/* asm/NAME for a header that the architecture leaves to asm-generic, as the kernel's scripts/Makefile.asm-generic does.
 */
static int generate_wrapper(struct build *b, const char *name)
{
	static const char *const own[] = {"arch/powerpc/include/asm", "arch/powerpc/include/uapi/asm"};
	char path[PATH_MAX], relative[256], text[256];

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		snprintf(relative, sizeof(relative), "%s/%s", own[i], name);
		if (!build_tree_file(b, path, relative))
			return -ENAMETOOLONG;
		if (access(path, F_OK) == 0 || textlist_has(&b->touched, relative))
			return 0;
		textlist_add(&b->absent, "%s", path);
	}
	snprintf(relative, sizeof(relative), "generated/asm/%s", name);
	snprintf(text, sizeof(text), "#include <asm-generic/%s>\n", name);
	return write_generated(b, relative, text, strlen(text));
}

/* The wrappers that a Kbuild file asks for: lines `generic-y += name.h` and `mandatory-y += name.h`. */
static int generate_wrappers(struct build *b, const char *kbuild)
{
	char *text, *line, *save = NULL, kind[16], name[64];
	size_t size;
	int result = read_tree_file(b, kbuild, &text, &size);

	if (result)
		return result;
	for (line = strtok_r(text, "\n", &save); line && !result; line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "%15s += %63s", kind, name) != 2 ||
		    (strcmp(kind, "generic-y") != 0 && strcmp(kind, "mandatory-y") != 0))
			continue;
		if (tree_path_is_safe(name) && !strchr(name, '/'))
			result = generate_wrapper(b, name);
	}
	free(text);
	return result;
}

int build_generate_headers(struct build *b)
{
	static const char *const kbuilds[] = {"include/asm-generic/Kbuild", "include/uapi/asm-generic/Kbuild",
					      "arch/powerpc/include/asm/Kbuild",
					      "arch/powerpc/include/uapi/asm/Kbuild"};
	int result = generate_features(b);

	for (size_t i = 0; i < sizeof(kbuilds) / sizeof(kbuilds[0]) && !result; i++)
		result = generate_wrappers(b, kbuilds[i]);
	return result;
}
