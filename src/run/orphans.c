/* SPDX-License-Identifier: GPL-2.0-only */
/* orphans.c: see orphans.h. */
#include "orphans.h"

#include <string.h>

void orphans_reset(struct orphans *o)
{
	if (++o->world == 0) {
		memset(o->tables, 0, sizeof(o->tables));
		o->world = 1;
	}
	o->flushes = 0;
	memset(o->given_up, 0, sizeof(o->given_up));
}

void orphans_event(struct orphans *o, const struct event *event)
{
	bool flush = event->scope != SCOPE_PAGE;

	switch (event->kind) {
	case EV_L1_GUEST:
		o->given_up[event->guest - 1] |= !event->valid;
		break;
	case EV_L1_TLBIE_BEGIN:
		o->flushes += flush;
		break;
	case EV_L1_TLBIE_END:
		o->flushes -= flush && o->flushes;
		break;
	}
}

void orphans_look(struct orphans *o, int table, int found, enum evidence_request request)
{
	struct orphan_note *note = &o->tables[table];

	if (found == table) {
		*note = (struct orphan_note){.world = o->world};
	} else if (note->world == o->world && !note->lost) {
		note->lost = true;
		/* A flush that is under way may have lost it as well. */
		note->request = (uint8_t)(o->flushes ? REQUEST_NONE : request);
	}
}

const char *orphans_word(const struct orphans *o, unsigned guest, int table)
{
	const struct orphan_note *note = &o->tables[table];

	if (note->world != o->world)
		return o->given_up[guest - 1] ? NULL : "never-had-it";
	if (note->lost && (note->request == REQUEST_PAGE || note->request == REQUEST_RANGE))
		return evidence_request_word[note->request];
	return NULL;
}
