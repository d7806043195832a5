// SPDX-License-Identifier: GPL-2.0-only
/* contents.c: see contents.h. */
#include "contents.h"

#include "module.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MAX 64u /* of blocks and inlined functions in one another */

struct contents {
	int fd;
	Dwarf *dwarf;
	struct contents_item *items; /* see contents_items */
	size_t item_count, item_room;
	const char **names; /* of symbols and inlined functions, sorted */
	size_t name_count, name_room;
	bool failed;
};

/* Room for one more; false: no memory. */
static bool has_room(struct contents *c, void **array, size_t count, size_t *room, size_t size)
{
	void *more;

	if (count < *room)
		return true;
	more = reallocarray(*array, *room ? 2 * *room : 1024, size);
	if (!more) {
		c->failed = true;
		return false;
	}
	*array = more;
	*room = *room ? 2 * *room : 1024;
	return true;
}

static void add_name(struct contents *c, const char *name)
{
	if (name && has_room(c, (void **)&c->names, c->name_count, &c->name_room, sizeof(*c->names)))
		c->names[c->name_count++] = name;
}

/* ---- symbols --------------------------------------------------------------------- */

static void add_symbols(struct contents *c, Elf *elf, Elf_Scn *scn, const GElf_Shdr *section)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t count = data && section->sh_entsize ? data->d_size / section->sh_entsize : 0;

	for (size_t i = 0; i < count && i < INT_MAX; i++) {
		GElf_Sym symbol;

		if (gelf_getsym(data, (int)i, &symbol) && symbol.st_shndx != SHN_UNDEF &&
		    (GELF_ST_TYPE(symbol.st_info) == STT_FUNC || GELF_ST_TYPE(symbol.st_info) == STT_OBJECT))
			add_name(c, elf_strptr(elf, section->sh_link, symbol.st_name));
	}
}

static void read_symbols(struct contents *c)
{
	Elf *elf = dwarf_getelf(c->dwarf);
	Elf_Scn *scn = NULL;
	GElf_Shdr section;

	while ((scn = elf_nextscn(elf, scn)) != NULL)
		if (gelf_getshdr(scn, &section) && section.sh_type == SHT_SYMTAB)
			add_symbols(c, elf, scn, &section);
}

/* ---- functions ------------------------------------------------------------------- */

static bool has_flag(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;
	bool set = false;

	return dwarf_formflag(dwarf_attr_integrate(die, name, &attribute), &set) == 0 && set;
}

/* libdw takes the number 0 for none, which is that of the unit's own file (DWARF 5, 6.2.4). */
static const char *file_of(Dwarf_Die *die)
{
	const char *file = dwarf_decl_file(die);
	Dwarf_Die unit;

	return file || !dwarf_diecu(die, &unit, NULL, NULL) ? file : dwarf_diename(&unit);
}

static void add_item(struct contents *c, Dwarf_Die *die, bool function)
{
	const char *name = dwarf_diename(die), *file = file_of(die);
	int line = 0;

	if (!name || !file || !has_room(c, (void **)&c->items, c->item_count, &c->item_room, sizeof(*c->items)))
		return;
	dwarf_decl_line(die, &line);
	c->items[c->item_count++] = (struct contents_item){.name = name,
							   .file = module_tree_path(file),
							   .line = (uint32_t)line,
							   .function = function,
							   .external = has_flag(die, DW_AT_external)};
}

/* What the linker has dropped lies at 0. */
static bool has_code(Dwarf_Die *function)
{
	Dwarf_Addr base, start, end;

	return dwarf_ranges(function, 0, &base, &start, &end) > 0 && start;
}

/* What is inlined in a function that is there. */
static void add_inlined(struct contents *c, Dwarf_Die *parent, unsigned depth)
{
	Dwarf_Die die;

	if (depth == DEPTH_MAX || dwarf_child(parent, &die) != 0)
		return;
	do {
		if (dwarf_tag(&die) == DW_TAG_inlined_subroutine) {
			add_item(c, &die, true);
			add_name(c, dwarf_diename(&die));
		} else if (dwarf_tag(&die) != DW_TAG_lexical_block) {
			continue;
		}
		add_inlined(c, &die, depth + 1);
	} while (dwarf_siblingof(&die, &die) == 0);
}

static void add_unit(struct contents *c, Dwarf_Die *unit)
{
	Dwarf_Die die;

	if (dwarf_child(unit, &die) != 0)
		return;
	do {
		if (dwarf_tag(&die) == DW_TAG_subprogram && has_code(&die)) {
			add_item(c, &die, true);
			add_inlined(c, &die, 0);
		} else if (dwarf_tag(&die) == DW_TAG_variable && dwarf_hasattr(&die, DW_AT_location)) {
			add_item(c, &die, false);
		}
	} while (dwarf_siblingof(&die, &die) == 0);
}

/* ---- all --------------------------------------------------------------------------- */

static int compare_items(const void *a, const void *b)
{
	const struct contents_item *x = a, *y = b;
	int order = y->function - x->function;

	if (!order)
		order = strcmp(x->file, y->file);
	if (!order)
		order = (x->line > y->line) - (x->line < y->line);
	return order ? order : strcmp(x->name, y->name);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool contents_has(const struct contents *c, const char *name)
{
	return bsearch(&name, c->names, c->name_count, sizeof(*c->names), compare_names) != NULL;
}

/* The linker may have dropped a variable, whose place is 0 then: its symbol is gone too. */
static void keep_each_once(struct contents *c)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->item_count; i++)
		if ((!kept || compare_items(&c->items[kept - 1], &c->items[i])) &&
		    (c->items[i].function || contents_has(c, c->items[i].name)))
			c->items[kept++] = c->items[i];
	c->item_count = kept;
}

static void read_all(struct contents *c)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;

	read_symbols(c);
	while (dwarf_get_units(c->dwarf, cu, &cu, NULL, NULL, &unit, NULL) == 0)
		add_unit(c, &unit);
	if (c->item_count)
		qsort(c->items, c->item_count, sizeof(*c->items), compare_items);
	if (c->name_count)
		qsort(c->names, c->name_count, sizeof(*c->names), compare_names);
	keep_each_once(c);
}

struct contents *contents_read(const char *path, char *error, size_t error_size)
{
	struct contents *c = calloc(1, sizeof(*c));

	if (!c) {
		snprintf(error, error_size, "out of memory");
		return NULL;
	}
	c->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (c->fd < 0)
		snprintf(error, error_size, "cannot read the module %s: %s", path, strerror(errno));
	else if (!(c->dwarf = dwarf_begin(c->fd, DWARF_C_READ)))
		snprintf(error, error_size, "%s: its debug information cannot be read; build it again", path);
	if (c->dwarf)
		read_all(c);
	if (c->failed)
		snprintf(error, error_size, "out of memory");
	if (c->dwarf && !c->failed)
		return c;
	contents_free(c);
	return NULL;
}

void contents_free(struct contents *c)
{
	if (!c)
		return;
	if (c->dwarf)
		dwarf_end(c->dwarf);
	if (c->fd >= 0)
		close(c->fd);
	free(c->items);
	free(c->names);
	free(c);
}

const struct contents_item *contents_items(const struct contents *c, size_t *count)
{
	*count = c->item_count;
	return c->items;
}
