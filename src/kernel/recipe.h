/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * recipe.h: a rule that repairs or breaks a kernel: in this function of this file, this text becomes that one. Less
 * brittle than a diff across versions, and with less kernel code in it.
 *
 * A recipe file is text, one or more rules:
 *
 *     # anything
 *     file: arch/powerpc/kvm/book3s_hv_nested.c
 *     function: kvmhv_nested_page_fault
 *     old: pte_dirty(pte)
 *     new: true
 *
 * The four keys come in this order. `old` and `new` take the rest of the line, without the blanks at its ends; more
 * lines of them follow as lines that begin with `|`, taken as they stand after it. `new:` may be empty. Blank lines,
 * and lines that begin with `#`, may stand between rules and keys. White space in `old` matches any white space, also
 * none where it stands next to punctuation. `old` must match exactly once in the definitions of the function (of
 * which there may be several, under #if).
 */
#ifndef RCFUZZ_RECIPE_H
#define RCFUZZ_RECIPE_H

#include <stdbool.h>
#include <stddef.h>

enum { RECIPE_BYTES_MAX = 1 << 20, RECIPE_RULES_MAX = 256 };

struct recipe_rule {
	char *file, *function, *old_text, *new_text;
	unsigned line; /* of the recipe, where the rule begins */
};

struct recipe {
	struct recipe_rule *rules;
	size_t count;
};

/*
 * Parse `size` bytes of text. `name` is used in messages. Returns 0, and the caller ends with recipe_free(); or
 * -EINVAL or -ENOMEM with one line in `error` (then there is nothing to free).
 */
int recipe_parse(struct recipe *recipe, const char *name, const char *text, size_t size, char *error,
		 size_t error_size);
void recipe_free(struct recipe *recipe);

/*
 * Apply a rule to the text of its file. Returns the new text, which the caller frees, or NULL with one line in
 * `error`: no such function, or not exactly one match.
 */
char *recipe_apply(const struct recipe_rule *rule, const char *name, const char *text, char *error, size_t error_size);

/* True if `path` is relative, has no `..`, `.` or empty component, and no character that a file name of a kernel lacks.
 */
bool tree_path_is_safe(const char *path);

#endif
