/* SPDX-License-Identifier: GPL-2.0-only */
/* module.c: see module.h. */
#include "module.h"

#include "member.h"

#include <dlfcn.h>
#include <elf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <dwarf.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AREAS_MAX 64
#define PLACES_MAX 8
#define CACHE_SLOTS 4096u

struct area {
	char *start;
	size_t size;
	char *saved;
};

struct cached {
	const void *address;
	size_t count;
	struct module_place places[PLACES_MAX];
};

#define MEMBERS_MAX 256u
struct member {
	char structure[32], name[64];
	size_t offset;
};

struct module {
	void *handle;
	const struct target *target;
	uintptr_t base, text_start, text_end;
	struct area areas[AREAS_MAX];
	size_t area_count;
	Dwfl *dwfl;
	Dwfl_Module *dwfl_module;
	struct cached *cache;
	uint32_t member_count;
	struct member members[MEMBERS_MAX];
};

/* Sections that a world's reset must not touch: counters of engines, the linker's tables, what the shim keeps. */
static bool is_kept(const char *name)
{
	static const char *const prefixes[] = {"__sancov",     "rcfuzz_keep", ".got",	      ".dynamic",
					       ".init_array",  ".fini_array", ".data.rel.ro", "__llvm_prf",
					       "asan_globals", ".tm_clone",   ".ctors",	      ".dtors"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

static bool add_area(struct module *m, const GElf_Shdr *section)
{
	struct area *last = m->area_count ? &m->areas[m->area_count - 1] : NULL;
	char *start = (char *)(m->base + section->sh_addr);

	if (last && start >= last->start && start <= last->start + last->size + 64) {
		last->size = (size_t)(start + section->sh_size - last->start);
		return true;
	}
	if (m->area_count == AREAS_MAX)
		return false;
	m->areas[m->area_count++] = (struct area){.start = start, .size = section->sh_size};
	return true;
}

/* Find the module's writable data and its code in its section table. */
static bool read_sections(struct module *m, Elf *elf)
{
	Elf_Scn *scn = NULL;
	size_t names;
	bool gap = true;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return false;
	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		GElf_Shdr section;
		const char *name;

		if (!gelf_getshdr(scn, &section) || !(section.sh_flags & SHF_ALLOC))
			continue;
		name = elf_strptr(elf, names, section.sh_name);
		if (section.sh_flags & SHF_EXECINSTR) {
			uintptr_t start = m->base + section.sh_addr, end = start + section.sh_size;

			if (!m->text_start || start < m->text_start)
				m->text_start = start;
			if (end > m->text_end)
				m->text_end = end;
		}
		if (!(section.sh_flags & SHF_WRITE) || !name || is_kept(name) || section.sh_size == 0) {
			gap = true;
			continue;
		}
		if (gap && m->area_count < AREAS_MAX)
			m->areas[m->area_count++] =
				(struct area){.start = (char *)(m->base + section.sh_addr), .size = section.sh_size};
		else if (!add_area(m, &section))
			return false;
		gap = false;
	}
	return m->text_start != 0;
}

static bool open_dwarf(struct module *m, const char *path)
{
	static char *debuginfo_path;
	static const Dwfl_Callbacks callbacks = {
		.find_elf = dwfl_build_id_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.debuginfo_path = &debuginfo_path,
	};

	m->dwfl = dwfl_begin(&callbacks);
	if (!m->dwfl)
		return false;
	dwfl_report_begin(m->dwfl);
	m->dwfl_module = dwfl_report_elf(m->dwfl, "target", path, -1, m->base, false);
	dwfl_report_end(m->dwfl, NULL, NULL);
	return m->dwfl_module != NULL;
}

static bool inspect(struct module *m, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf;
	bool ok = false;

	if (fd < 0)
		return false;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf) {
		ok = read_sections(m, elf);
		elf_end(elf);
	}
	close(fd);
	return ok && open_dwarf(m, path);
}

static bool symbols_need_asan(Elf *elf, Elf_Scn *scn, const GElf_Shdr *section)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t count = data && section->sh_entsize ? data->d_size / section->sh_entsize : 0;

	for (size_t i = 0; i < count && i < INT_MAX; i++) {
		GElf_Sym symbol;
		const char *name;

		if (!gelf_getsym(data, (int)i, &symbol) || symbol.st_shndx != SHN_UNDEF)
			continue;
		name = elf_strptr(elf, section->sh_link, symbol.st_name);
		if (name && !strcmp(name, "__asan_init"))
			return true;
	}
	return false;
}

bool module_needs_asan(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	Elf_Scn *scn = NULL;
	GElf_Shdr section;
	bool needs = false;
	Elf *elf;

	if (fd < 0)
		return false;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	while (!needs && (scn = elf_nextscn(elf, scn)) != NULL)
		needs = gelf_getshdr(scn, &section) && section.sh_type == SHT_DYNSYM &&
			symbols_need_asan(elf, scn, &section);
	elf_end(elf);
	close(fd);
	return needs;
}

static struct module *fail(struct module *m, char *error, size_t error_size, const char *path, const char *why)
{
	snprintf(error, error_size, "cannot load target %s: %s", path, why);
	module_unload(m);
	return NULL;
}

struct module *module_load(const char *path, char *error, size_t error_size)
{
	struct module *m = calloc(1, sizeof(*m));
	struct link_map *map;
	struct stat info;
	char absolute[4096];

	if (!m)
		return fail(m, error, error_size, path, "out of memory");
	/* A name without a slash must not be searched for in the library path. */
	if (!realpath(path, absolute))
		return fail(m, error, error_size, path, "no such file; build one with 'rcfuzz build'");
	if (stat(absolute, &info) || !S_ISREG(info.st_mode))
		return fail(m, error, error_size, path, "it is no file; build one with 'rcfuzz build'");
	m->handle = dlopen(absolute, RTLD_NOW | RTLD_LOCAL);
	if (!m->handle)
		return fail(m, error, error_size, path, dlerror());
	m->target = dlsym(m->handle, "rcfuzz_target");
	if (!m->target)
		return fail(m, error, error_size, path, "it is no target module; build one with 'rcfuzz build'");
	if (m->target->abi != TARGET_ABI)
		return fail(m, error, error_size, path, "it belongs to another version of rcfuzz; build it again");
	if (dlinfo(m->handle, RTLD_DI_LINKMAP, &map) != 0)
		return fail(m, error, error_size, path, dlerror());
	m->base = map->l_addr;
	m->cache = calloc(CACHE_SLOTS, sizeof(*m->cache));
	if (!m->cache || !inspect(m, absolute))
		return fail(m, error, error_size, path,
			    "its sections or debug information cannot be read; build it again");
	return m;
}

void module_unload(struct module *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->area_count; i++)
		free(m->areas[i].saved);
	if (m->dwfl)
		dwfl_end(m->dwfl);
	if (m->handle)
		dlclose(m->handle);
	free(m->cache);
	free(m);
}

const struct target *module_target(const struct module *m)
{
	return m->target;
}

bool module_save(struct module *m)
{
	for (size_t i = 0; i < m->area_count; i++) {
		struct area *a = &m->areas[i];

		if (!a->saved)
			a->saved = malloc(a->size);
		if (!a->saved)
			return false;
		memcpy(a->saved, a->start, a->size);
	}
	return true;
}

void module_restore(struct module *m)
{
	for (size_t i = 0; i < m->area_count; i++)
		memcpy(m->areas[i].start, m->areas[i].saved, m->areas[i].size);
}

bool module_has(const struct module *m, const void *address)
{
	return (uintptr_t)address >= m->text_start && (uintptr_t)address < m->text_end;
}

/* ---- names ------------------------------------------------------------------ */

const char *module_tree_path(const char *path)
{
	static const char *const tops[] = {"/arch/", "/virt/", "/include/", "/lib/", "/src/kernel/"};
	const char *best = NULL;

	for (size_t i = 0; path && i < sizeof(tops) / sizeof(tops[0]); i++)
		for (const char *at = strstr(path, tops[i]); at; at = strstr(at + 1, tops[i]))
			if (!best || at < best)
				best = at;
	return best ? best + 1 : path ? path : "";
}

static const char *call_file(Dwarf_Die *inlined, Dwarf_Die *cu)
{
	Dwarf_Attribute attribute;
	Dwarf_Word index;
	Dwarf_Files *files;
	size_t count;

	if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &index) != 0 ||
	    dwarf_getsrcfiles(cu, &files, &count) != 0 || index >= count)
		return NULL;
	return dwarf_filesrc(files, index, NULL, NULL);
}

static uint32_t call_line(Dwarf_Die *inlined)
{
	Dwarf_Attribute attribute;
	Dwarf_Word line;

	return dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &line) == 0 ? (uint32_t)line : 0;
}

/* scopes: innermost first; blocks are passed over, an inlined subroutine names where it was called from. */
static size_t places_of_scopes(Dwarf_Die *scopes, int count, Dwarf_Die *cu, struct module_place place,
			       struct module_place *out)
{
	size_t n = 0;

	for (int i = 0; i < count && n < PLACES_MAX; i++) {
		int tag = dwarf_tag(&scopes[i]);

		if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram)
			continue;
		place.function = dwarf_diename(&scopes[i]);
		out[n++] = place;
		if (tag == DW_TAG_subprogram)
			break;
		place.file = module_tree_path(call_file(&scopes[i], cu));
		place.line = call_line(&scopes[i]);
	}
	return n;
}

/* The compilation unit that has the address; clang writes no .debug_aranges, so each is asked. */
static Dwarf_Die *find_unit(struct module *m, uintptr_t address, Dwarf_Addr *bias)
{
	Dwarf_Die *cu = NULL;

	while ((cu = dwfl_module_nextcu(m->dwfl_module, cu, bias)) != NULL)
		if (dwarf_haspc(cu, address - *bias) == 1)
			return cu;
	return NULL;
}

/* The line of a row, if it has one and is of that file; 0: not so. */
static int line_of(Dwarf_Line *row, const char *file)
{
	const char *its_file = row ? dwarf_linesrc(row, NULL, NULL) : NULL;
	bool ends = true;
	int number = 0;

	if (its_file && !strcmp(its_file, file) && dwarf_lineendsequence(row, &ends) == 0 && !ends)
		dwarf_lineno(row, &number);
	return number;
}

static bool is_within(Dwarf_Die *function, Dwarf_Line *row)
{
	Dwarf_Addr address;

	return row && dwarf_lineaddr(row, &address) == 0 && dwarf_haspc(function, address) == 1;
}

/*
 * The row has line 0: the compiler has made one instruction of several lines, or invented it (DWARF 5, 6.2.2). The next
 * line of that file in the function, or else the one before; 0: there is none.
 */
static uint32_t nearby_line(Dwarf_Die *cu, Dwarf_Die *function, Dwarf_Line *row)
{
	const char *file = dwarf_linesrc(row, NULL, NULL);
	size_t count, at = 0;
	Dwarf_Lines *lines;
	int number = 0;

	if (!file || dwarf_getsrclines(cu, &lines, &count) != 0)
		return 0;
	while (at < count && dwarf_onesrcline(lines, at) != row)
		at++;
	for (size_t i = at + 1; i < count && !number && is_within(function, dwarf_onesrcline(lines, i)); i++)
		number = line_of(dwarf_onesrcline(lines, i), file);
	for (size_t i = at; i-- > 0 && !number && is_within(function, dwarf_onesrcline(lines, i));)
		number = line_of(dwarf_onesrcline(lines, i), file);
	return (uint32_t)number;
}

/* The innermost function of these scopes, inlined or not. */
static Dwarf_Die *function_of(Dwarf_Die *scopes, int count)
{
	for (int i = 0; i < count; i++)
		if (dwarf_tag(&scopes[i]) == DW_TAG_inlined_subroutine || dwarf_tag(&scopes[i]) == DW_TAG_subprogram)
			return &scopes[i];
	return NULL;
}

static size_t look_up(struct module *m, uintptr_t address, struct module_place *out)
{
	Dwarf_Addr bias;
	Dwarf_Die *cu = find_unit(m, address, &bias), *scopes = NULL, *inlined = NULL;
	struct module_place place = {.file = ""};
	Dwarf_Line *line;
	int scope_count, inlined_count, number = 0;
	size_t n = 0;

	if (!cu)
		return 0;
	line = dwarf_getsrc_die(cu, address - bias);
	if (line) {
		place.file = module_tree_path(dwarf_linesrc(line, NULL, NULL));
		dwarf_lineno(line, &number);
		place.line = (uint32_t)number;
	}
	scope_count = dwarf_getscopes(cu, address - bias, &scopes);
	if (scope_count > 0) {
		/* dwarf_getscopes does not give the inlining chain; the DIE tree does. */
		inlined_count = dwarf_getscopes_die(&scopes[0], &inlined);
		if (line && !place.line && function_of(inlined, inlined_count))
			place.line = nearby_line(cu, function_of(inlined, inlined_count), line);
		if (inlined_count > 0)
			n = places_of_scopes(inlined, inlined_count, cu, place, out);
	}
	free(scopes);
	free(inlined);
	return n;
}

size_t module_places(struct module *m, const void *address, struct module_place *places, size_t max)
{
	struct cached *c = &m->cache[((uintptr_t)address ^ (uintptr_t)address >> 12) % CACHE_SLOTS];
	size_t n;

	if (!module_has(m, address))
		return 0;
	if (c->address != address) {
		c->address = address;
		/* A return address may be the first byte of the next line: look at the call. */
		c->count = look_up(m, (uintptr_t)address - 1, c->places);
	}
	n = c->count < max ? c->count : max;
	memcpy(places, c->places, n * sizeof(*places));
	return n;
}

/* Stops at the function that *name, a const char *, is the name of. */
static int is_named(Dwarf_Die *function, void *name)
{
	const char *its = dwarf_diename(function), *wanted = *(const char **)name;
	bool cut = strlen(wanted) == MODULE_NAME_CUT;

	if (!its || dwarf_hasattr(function, DW_AT_declaration))
		return DWARF_CB_OK;
	return (cut ? strncmp(its, wanted, MODULE_NAME_CUT) : strcmp(its, wanted)) ? DWARF_CB_OK : DWARF_CB_ABORT;
}

bool module_has_function(struct module *m, const char *name)
{
	Dwarf_Die *cu = NULL;
	Dwarf_Addr bias;

	while ((cu = dwfl_module_nextcu(m->dwfl_module, cu, &bias)) != NULL)
		if (dwarf_getfuncs(cu, is_named, &name, 0) > 0)
			return true;
	return false;
}

const char *module_member(struct module *m, const char *structure, size_t offset)
{
	struct member *member;

	for (uint32_t i = 0; i < m->member_count; i++) {
		member = &m->members[i];
		if (member->offset == offset && !strcmp(member->structure, structure))
			return member->name;
	}
	if (m->member_count == MEMBERS_MAX)
		return "";
	member = &m->members[m->member_count++];
	member->offset = offset;
	snprintf(member->structure, sizeof(member->structure), "%s", structure);
	member_name(m->dwfl_module, structure, offset, member->name, sizeof(member->name));
	return member->name;
}
