/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * store.h: the output folder of a run: findings.jsonl, findings/ (scenarios) and
 * reports/ (text, written by who has the kernel at hand).
 *
 * A finding is on the disk before anything else happens to it: its scenario
 * first (findings/ID.raw.txt, atomic), then its record, synced. Once it is
 * minimised, the small scenario (findings/ID.txt) and a second record with the
 * same id follow; readers take the last. What is written is never lost again,
 * not by another run into the same folder either: a finding that it has of the
 * same module keeps its smaller scenario, what was confirmed of it, and its
 * count; of another module it is another finding.
 */
#ifndef RCFUZZ_STORE_H
#define RCFUZZ_STORE_H

#include "report/record.h"
#include "scenario/scenario.h"

#include <stddef.h>

/* An earlier findings.jsonl may have so many bytes. */
#define STORE_BYTES_MAX (64u << 20)
/* Distinct signatures kept in memory; more are only counted. */
#define STORE_FINDINGS_MAX 1024u

struct store;

/*
 * Open D, making it if need be. target_info is kept as a copy. NULL: *error says
 * what failed (nothing was written). errno is set.
 */
struct store *store_open(const char *folder, const char *target_info, char *error, size_t error_size);
void store_close(struct store *store);

/* The record with this signature that this run has made; NULL: none. Owned by the store, valid until store_close. */
struct record *store_find(struct store *store, const char *signature);

/*
 * Save a finding that this run has not met yet: fills record->id, ->scenario and ->ops from the finding
 * and its scenario, or from what an earlier run has left of it: then ->kept, and perhaps ->minimized. Returns the
 * store's record; NULL: nothing could be written (store_error says why), or the store is full (then store_error is "").
 */
struct record *store_add(struct store *store, const struct record *record, const struct scenario *raw);

/* Save the minimised scenario and the finding as it shows there. False: store_error says why. */
bool store_minimized(struct store *store, struct record *record, const struct finding *finding,
		     const struct scenario *small);

/* Append the record as it is now (counts). False: store_error says why. */
bool store_update(struct store *store, const struct record *record);

const char *store_error(const struct store *store);
size_t store_count(const struct store *store);
struct record *store_at(struct store *store, size_t index);
/* Findings that earlier runs have left in the folder, and that this one has not met (yet). */
size_t store_count_earlier(const struct store *store);
/* Findings that were met after the store was full. */
uint64_t store_dropped(const struct store *store);

#endif
