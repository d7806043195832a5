/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * module.h: a loaded target module: its table, its writable memory (saved after
 * load, put back for each world), and its code's names.
 */
#ifndef RCFUZZ_MODULE_H
#define RCFUZZ_MODULE_H

#include "target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct module;

/* A place in the kernel's source. Strings belong to the module. */
struct module_place {
	const char *function; /* NULL: unknown */
	const char *file;     /* path in the tree, "" unknown */
	uint32_t line;	      /* 0: unknown */
};

/* True if it is a module (of the flavour asan) that loads only into a program with ASan's runtime. Loads nothing. */
bool module_needs_asan(const char *path);

/*
 * Of the path of a source file in DWARF that in the tree: what follows the last of the folders that a kernel tree has
 * at its top. NULL gives "".
 */
const char *module_tree_path(const char *path);

/* Load a target. NULL: error says what is wrong and what to do. */
struct module *module_load(const char *path, char *error, size_t error_size);
void module_unload(struct module *m);
const struct target *module_target(const struct module *m);

/* Keep the writable memory as it is now as what module_restore goes back to. */
bool module_save(struct module *m);
void module_restore(struct module *m);

/* Is that address in the module's code? */
bool module_has(const struct module *m, const void *address);
/*
 * The functions that an address of code lies in, innermost inlined one first,
 * by the module's DWARF. Returns how many, at most max. Results are cached.
 */
size_t module_places(struct module *m, const void *address, struct module_place *places, size_t max);

/* Does its code have a function of that name, inlined or not? A name of that many characters may be cut. */
#define MODULE_NAME_CUT 40
bool module_has_function(struct module *m, const char *name);

/*
 * What lies at an offset of a structure of the kernel: "arch.l1_ptcr" for one into "kvm". "": unknown, such as of what
 * is no structure. Results are cached; the string is the module's until it is unloaded.
 */
const char *module_member(struct module *m, const char *structure, size_t offset);

#endif
