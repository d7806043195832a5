/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * link.h: between the supervisor of a run and its worker processes.
 *
 * A worker may die at any instruction: an engine ends its process when it is
 * done, and the code under test may take it down. So what must survive it lies
 * elsewhere: counters and the scenario that runs now in a shared page that only
 * the worker writes (but for `stop` and `skip`), findings in messages of a
 * SOCK_SEQPACKET socket, which arrive whole or not at all.
 */
#ifndef RCFUZZ_LINK_H
#define RCFUZZ_LINK_H

#include "report/record.h"
#include "run/run.h"
#include "scenario/codec.h"

#include <stdatomic.h>

#define LINK_SEEN 1024u
#define LINK_SKIP 64u
#define LINK_TEXT 512u

/* A signature that this worker has met, by its hash. */
struct link_seen {
	_Atomic uint64_t hash, count;
};

struct link_page {
	_Atomic uint64_t execs, ops, accesses, faults, spurious, named;
	_Atomic uint64_t too_slow;   /* scenarios that were cut */
	_Atomic uint64_t dropped;    /* findings whose signature did not fit into `seen` */
	_Atomic uint32_t coverage;   /* edges of the code under test; 0: not counted */
	_Atomic uint32_t corpus;     /* inputs that the engine keeps */
	_Atomic uint32_t stop;	     /* supervisor: end as soon as the scenario that runs is done */
	_Atomic uint32_t input_size; /* of the scenario that runs; 0: none does */
	uint8_t input[CODEC_BYTES_MAX];
	_Atomic uint32_t skip_count; /* supervisor: inputs that killed a worker are not run again */
	_Atomic uint64_t skip[LINK_SKIP];
	_Atomic uint32_t seen_count;
	struct link_seen seen[LINK_SEEN];
	_Alignas(8) uint8_t states[RUN_STATES]; /* union of all state counters */
};

enum link_kind {
	LINK_FINDING, /* worker: a finding and its scenario */
	LINK_FAILED,  /* worker: cannot work, text says why */
	LINK_LOCKS, /* worker, and on to the triager: this scenario takes locks in an order that is new to the worker */
	LINK_MINIMIZE, /* supervisor to triager: shrink this scenario; text = the output folder */
	LINK_VERIFY,   /* supervisor to triager: did this scenario really kill a worker? */
	LINK_DONE,     /* triager: the answer, with the smaller scenario */
};

struct link_message {
	uint32_t kind;
	uint32_t size; /* bytes of scenario */
	uint64_t execs;
	uint32_t reproduced; /* LINK_DONE: 1 if so */
	struct finding finding;
	char text[LINK_TEXT];
	char id[RECORD_ID];		   /* LINK_MINIMIZE: of the finding */
	uint8_t scenario[CODEC_BYTES_MAX]; /* last: only `size` bytes travel */
};

/* One end of a link. */
struct link {
	struct link_page *page; /* shared */
	int page_fd;		/* memfd of it, for a program that inherits it */
	int fd;			/* socket */
};

/* Make a page and a socket pair; reading from `own` does not block, `theirs` does. False: errno. */
bool link_create(struct link *own, struct link *theirs);
/* Attach to descriptors that were inherited. False: errno. */
bool link_attach(struct link *link, int page_fd, int fd);
void link_close(struct link *link);

/* True when sent; false: the other side is gone. Blocks while its buffer is full. */
bool link_send(int fd, const struct link_message *message);
/* 1: a message, 0: the other side is gone, -1: none now (a socket that does not block). Bad ones are left out. */
int link_receive(int fd, struct link_message *message);

uint64_t link_hash(const void *bytes, size_t n);

#endif
