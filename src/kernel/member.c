/* SPDX-License-Identifier: GPL-2.0-only */
/* member.c: see member.h. */
#include "member.h"

#include "base/text.h"

#include <dwarf.h>
#include <string.h>

static bool is_aggregate(Dwarf_Die *type)
{
	int tag = dwarf_tag(type);

	return tag == DW_TAG_structure_type || tag == DW_TAG_union_type;
}

static bool find_structure(Dwfl_Module *module, const char *name, Dwarf_Die *found)
{
	Dwarf_Die *cu = NULL;
	Dwarf_Addr bias;

	while ((cu = dwfl_module_nextcu(module, cu, &bias)) != NULL) {
		int more = dwarf_child(cu, found);

		for (; more == 0; more = dwarf_siblingof(found, found)) {
			const char *its_name = dwarf_diename(found);

			/* A declaration has no size. */
			if (dwarf_tag(found) == DW_TAG_structure_type && its_name && !strcmp(its_name, name) &&
			    dwarf_bytesize(found) > 0)
				return true;
		}
	}
	return false;
}

static Dwarf_Word place_of(Dwarf_Die *member)
{
	Dwarf_Attribute attribute;
	Dwarf_Word place = 0;

	if (dwarf_formudata(dwarf_attr(member, DW_AT_data_member_location, &attribute), &place) == 0)
		return place;
	if (dwarf_formudata(dwarf_attr(member, DW_AT_data_bit_offset, &attribute), &place) == 0)
		return place / 8;
	return 0; /* of a union */
}

/* The type of a member, without names and qualifiers, and its size. */
static bool type_of(Dwarf_Die *member, Dwarf_Die *type, Dwarf_Word *size)
{
	Dwarf_Attribute attribute;

	return dwarf_formref_die(dwarf_attr(member, DW_AT_type, &attribute), type) &&
	       dwarf_peel_type(type, type) == 0 && dwarf_aggregate_size(type, size) == 0;
}

/* The member that the offset lies in. */
static bool find_member(Dwarf_Die *structure, Dwarf_Word offset, Dwarf_Die *member, Dwarf_Die *type, Dwarf_Word *place)
{
	int more = dwarf_child(structure, member);

	for (; more == 0; more = dwarf_siblingof(member, member)) {
		Dwarf_Word size;

		if (dwarf_tag(member) != DW_TAG_member || !type_of(member, type, &size))
			continue;
		*place = place_of(member);
		if (offset - *place < size)
			return true;
	}
	return false;
}

/* From an array to its element, and to the offset in that. */
static void enter_array(Dwarf_Die *type, Dwarf_Word *offset)
{
	Dwarf_Die element;
	Dwarf_Word size;

	while (dwarf_tag(type) == DW_TAG_array_type && type_of(type, &element, &size) && size) {
		*type = element;
		*offset %= size;
	}
}

bool member_name(Dwfl_Module *module, const char *structure, size_t offset, char *text, size_t size)
{
	Dwarf_Die type, member, inner;
	Dwarf_Word place, at = offset;
	bool found = find_structure(module, structure, &type);
	char path[512] = "";

	while (found && is_aggregate(&type) && find_member(&type, at, &member, &inner, &place)) {
		if (dwarf_diename(&member))
			text_append(path, sizeof(path), "%s%s", *path ? "." : "", dwarf_diename(&member));
		at -= place;
		type = inner;
		enter_array(&type, &at);
	}
	text_fit_name(text, size, path);
	return *text != '\0';
}
