/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guard.h: run the code under test in a child process, item by item, so that
 * one item that kills the process costs that item alone.
 */
#ifndef RCFUZZ_GUARD_H
#define RCFUZZ_GUARD_H

#include <stdbool.h>
#include <stddef.h>

struct guard {
	void *ctx;
	size_t count, result_size;
	/* In the child, once: prepare ctx (load modules). False: error says why, and nothing runs. */
	bool (*open)(void *ctx, char *error, size_t error_size);
	/* In the child: do item `index`, fill *result (zeroed, result_size bytes). */
	void (*run)(void *ctx, size_t index, void *result);
	/* In the parent, in order: the result; NULL: the process died with this wait status. False: no more. */
	bool (*take)(void *ctx, size_t index, const void *result, int status);
};

/* All items. 0, or an exit code after cli_error (open failed, no process). */
int guard_each(const struct guard *guard);

/* "signal 11 (Segmentation fault)" or "exit code 3", for messages. */
const char *guard_status_text(int status, char *text, size_t size);

#endif
