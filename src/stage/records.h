/* SPDX-License-Identifier: GPL-2.0-only */
/* records.h: what was seen of a scenario from outside, on the stage or on our side, one record after the other. */
#ifndef RCFUZZ_RECORDS_H
#define RCFUZZ_RECORDS_H

#include "wire.h"

#include <stdbool.h>

/* A growing buffer of wire records; all zero is an empty one. */
struct records {
	uint8_t *bytes;
	size_t size, room;
};

void records_free(struct records *r);
/* Room for n more bytes at the end, counted as used; NULL: no memory. */
uint8_t *records_extend(struct records *r, size_t n);
/* Append one. False: no memory. */
bool records_add(struct records *r, const struct event *e, const void *payload, uint32_t bytes);

struct observed {
	struct event event;	/* bitmap: NULL */
	const uint8_t *payload; /* of the buffer */
	uint32_t bytes;
};
/* The record at *at, which moves on. False: the end, or what is there is none. */
bool records_next(const struct records *r, size_t *at, struct observed *record);

/* One line for people: "harvest.end slot 0: pages 1 3". */
void record_text(const struct observed *record, char *text, size_t size);

/*
 * The first record in which two runs differ, what only the stage tells (logs, losses) left aside, within the first
 * `ops` ops. False: they are the same. *ours, *theirs (texts) and *op say what and where.
 */
struct difference {
	unsigned op;
	int our_kind, their_kind; /* of the records; -1: there is none */
	char ours[256], theirs[256];
};
bool records_differ(const struct records *ours, const struct records *theirs, unsigned ops, struct difference *d);

#endif
