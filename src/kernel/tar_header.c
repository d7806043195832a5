// SPDX-License-Identifier: GPL-2.0-only
/* tar_header.c: see tar_header.h. */
#include "tar_header.h"

#include <stdio.h>
#include <string.h>

/* Fields: where they begin and how long they are (POSIX.1-2017, pax, "ustar Interchange Format"). */
enum {
	NAME = 0,
	NAME_BYTES = 100,
	CHECKSUM = 148,
	CHECKSUM_BYTES = 8,
	TYPE = 156,
	MAGIC = 257,
	MAGIC_BYTES = 6,
	PREFIX = 345,
	PREFIX_BYTES = 155,
};

static bool checksum_holds(const unsigned char *block)
{
	unsigned int sum = 0, said = 0;
	int at = CHECKSUM;

	for (int i = 0; i < TAR_BLOCK_BYTES; i++)
		sum += i >= CHECKSUM && i < CHECKSUM + CHECKSUM_BYTES ? ' ' : block[i];
	while (at < CHECKSUM + CHECKSUM_BYTES && block[at] == ' ')
		at++;
	for (; at < CHECKSUM + CHECKSUM_BYTES && block[at] >= '0' && block[at] <= '7'; at++)
		said = said * 8 + (block[at] - '0');
	return sum == said;
}

bool tar_header_read(struct tar_header *header, const unsigned char block[TAR_BLOCK_BYTES])
{
	/* GNU's own format has a space behind "ustar", and other things where POSIX has the prefix. */
	bool posix = memcmp(block + MAGIC, "ustar", MAGIC_BYTES) == 0;

	if (memcmp(block + MAGIC, "ustar", MAGIC_BYTES - 1) != 0 || !checksum_holds(block))
		return false;
	header->names_next = strchr("xgLK", block[TYPE]) && block[TYPE];
	if (posix && block[PREFIX])
		snprintf(header->path, sizeof(header->path), "%.*s/%.*s", PREFIX_BYTES, (const char *)block + PREFIX,
			 NAME_BYTES, (const char *)block + NAME);
	else
		snprintf(header->path, sizeof(header->path), "%.*s", NAME_BYTES, (const char *)block + NAME);
	return true;
}
