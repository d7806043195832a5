// SPDX-License-Identifier: GPL-2.0-only
/* records.c: the records of both sides, and the first difference between them. */
#include "records.h"

#include "scenario/class.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENT_WORD(id, word) [id] = word,
static const char *const words[] = {
	EVENT_KINDS(EVENT_WORD)[WIRE_CONTENT] = "content",
	[WIRE_HCALL] = "hcall",
	[WIRE_L2_LEFT] = "l2.left",
	[WIRE_LOST] = "lost",
	[WIRE_LOG] = "log",
	[WIRE_RACE] = "race",
};

void records_free(struct records *r)
{
	free(r->bytes);
	*r = (struct records){0};
}

uint8_t *records_extend(struct records *r, size_t n)
{
	if (r->size + n >= r->room) {
		size_t room = 2 * r->room + n + 64;
		uint8_t *bytes = realloc(r->bytes, room);

		if (!bytes)
			return NULL;
		r->bytes = bytes;
		r->room = room;
	}
	r->size += n;
	return r->bytes + r->size - n;
}

bool records_add(struct records *r, const struct event *e, const void *payload, uint32_t bytes)
{
	struct wire_record head = {.payload = bytes};
	uint8_t *at = records_extend(r, sizeof(head) + bytes);

	if (!at)
		return false;
	memcpy(head.event, e, sizeof(head.event));
	memcpy(at, &head, sizeof(head));
	if (bytes)
		memcpy(at + sizeof(head), payload, bytes);
	return true;
}

bool records_next(const struct records *r, size_t *at, struct observed *record)
{
	struct wire_record head;

	if (r->size - *at < sizeof(head))
		return false;
	memcpy(&head, r->bytes + *at, sizeof(head));
	if (r->size - *at - sizeof(head) < head.payload)
		return false;
	*record = (struct observed){.payload = r->bytes + *at + sizeof(head), .bytes = head.payload};
	memcpy(&record->event, head.event, sizeof(head.event));
	*at += sizeof(head) + head.payload;
	return true;
}

struct text {
	char *at;
	size_t left;
};

static void __attribute__((format(printf, 2, 3))) say(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->at, t->left, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= t->left)
		n = t->left ? (int)t->left - 1 : 0;
	t->at += n;
	t->left -= (size_t)n;
}

static const char *const access_word[] = {"load", "store", "fetch"};
#define HCALL_NAME(id, number, name, word) [id] = name,
static const char *const hcall_name[] = {EVENT_HCALLS(HCALL_NAME)};

static void say_lpage(struct text *t, uint32_t lpage)
{
	if (lpage == LAYOUT_NONE)
		say(t, " memory that no slot shows");
	else
		say(t, " page %u of L1", lpage);
}

static void say_verdict(struct text *t, const struct event *e)
{
	say(t, "%s: ", (uint32_t)e->status < CLASS_COUNT ? class_info[e->status].name : "nonsense");
	if (e->hcall && e->hcall < EVENT_HCALL_COUNT) {
		say(t, "%s of vcpu %u returns %d", hcall_name[e->hcall], e->vcpu, e->result);
		return;
	}
	if (e->guest)
		say(t, "a %s of guest %u to its page %u", access_word[e->access % 3], e->guest, e->n);
	else
		say(t, "a %s of L1 to page %u", access_word[e->access % 3], e->lpage);
	if (e->status == CLASS_NO_PROGRESS) {
		say(t, " is refused");
		return;
	}
	say(t, " got to");
	say_lpage(t, e->count);
}

void record_text(const struct observed *record, char *text, size_t size)
{
	const struct event *e = &record->event;
	struct text t = {text, size};

	if (e->kind == WIRE_VERDICT) {
		say_verdict(&t, e);
		return;
	}
	say(&t, "%s", e->kind < sizeof(words) / sizeof(words[0]) ? words[e->kind] : "nonsense");
	switch (e->kind) {
	case WIRE_CONTENT:
		say(&t, " of page %u part %u: store %u", e->lpage, e->part, e->count);
		return;
	case WIRE_HCALL:
		say(&t, " %#x of vcpu %u: %d", e->n, e->vcpu, e->status);
		return;
	case WIRE_L2_LEFT:
		say(&t, " vcpu %u: %s%#x", e->vcpu, e->status < 0 ? "-" : "trap ", (unsigned)abs(e->status));
		if (e->count)
			say(&t, ", HDSISR %#x, ASDR 0x%x000", e->count, e->n);
		return;
	case WIRE_LOG:
		say(&t, " %.*s", (int)record->bytes, (const char *)record->payload);
		return;
	case WIRE_RACE:
		say(&t, ": %u ns, the op that interrupts %u ns", e->n, e->count);
		return;
	case WIRE_LOST:
		if (e->guest)
			say(&t, ": guest %u has stored to its page %u, L1's harvest does not name it", e->guest, e->n);
		else
			say(&t, ": page %u has changed, slot %u's harvest does not name it", e->lpage, e->slot);
		return;
	case EV_L1_ACCESS:
		say(&t, " vcpu %u: %s page %u part %u, got to part %u of", e->vcpu, access_word[e->access % 3],
		    e->lpage, e->part, e->reached);
		say_lpage(&t, e->count);
		return;
	case EV_L2_ACCESS:
		say(&t, " vcpu %u: %s guest %u n %u part %u, got to part %u of", e->vcpu, access_word[e->access % 3],
		    e->guest, e->n, e->part, e->reached);
		say_lpage(&t, e->count);
		return;
	case EV_ACCESS_FAILED:
		say(&t, " vcpu %u: %s guest %u n %u part %u", e->vcpu, access_word[e->access % 3], e->guest, e->n,
		    e->part);
		return;
	case EV_L1_PTE:
		say(&t, " guest %u n %u: %s page %u%s%s perm %u", e->guest, e->n, e->valid ? "valid" : "none", e->lpage,
		    e->r ? " r" : "", e->c ? " c" : "", e->perm);
		return;
	default:
		break;
	}
	say(&t, " vcpu %u guest %u slot %u n %u count %u lpage %u status %d", e->vcpu, e->guest, e->slot, e->n,
	    e->count, e->lpage, e->status);
	if (record->bytes)
		say(&t, ":");
	for (uint32_t i = 0; i < 8 * record->bytes; i++)
		if (record->payload[i / 8] >> i % 8 & 1)
			say(&t, " %u", i);
}

static bool equal(const struct observed *a, const struct observed *b)
{
	struct event x = a->event, y = b->event;

	/* Frames have other numbers there; which page one is of is in count. */
	x.frame = y.frame = 0;
	/* Which of its own parts an access failed in, each side knows of itself alone. */
	if (x.kind == EV_ACCESS_FAILED && y.kind == EV_ACCESS_FAILED)
		x.status = y.status = 0;
	/* L2 did not get so far as to fault by itself there. */
	if (x.kind == WIRE_L2_LEFT && y.kind == WIRE_L2_LEFT && (!x.count || !y.count))
		x.n = y.n = x.count = y.count = 0;
	/* Whether a page that was aged was young is not told there. */
	if (x.kind == EV_AGE && y.kind == EV_AGE)
		x.status = y.status = 0;
	return !memcmp(&x, &y, offsetof(struct event, bitmap)) && a->bytes == b->bytes &&
	       (!a->bytes || !memcmp(a->payload, b->payload, a->bytes));
}

/* The next record that is compared here; rules.c says why the others are not, symptom.c compares warnings and verdicts.
 */
static bool next_compared(const struct records *r, size_t *at, struct observed *record)
{
	while (records_next(r, at, record))
		if (record->event.kind != WIRE_LOG && record->event.kind != WIRE_LOST &&
		    record->event.kind != WIRE_RACE && record->event.kind != WIRE_VERDICT)
			return true;
	return false;
}

bool records_differ(const struct records *ours, const struct records *theirs, unsigned ops, struct difference *d)
{
	size_t at = 0, there = 0;

	for (;;) {
		struct observed a, b;
		bool has_a = next_compared(ours, &at, &a), has_b = next_compared(theirs, &there, &b);

		has_a = has_a && a.event.op < ops;
		has_b = has_b && b.event.op < ops;
		if (!has_a && !has_b)
			return false;
		if (has_a && has_b && equal(&a, &b))
			continue;
		*d = (struct difference){.op = has_a ? a.event.op : b.event.op,
					 .our_kind = has_a ? a.event.kind : -1,
					 .their_kind = has_b ? b.event.kind : -1};
		snprintf(d->ours, sizeof(d->ours), "nothing");
		snprintf(d->theirs, sizeof(d->theirs), "nothing");
		if (has_a)
			record_text(&a, d->ours, sizeof(d->ours));
		if (has_b)
			record_text(&b, d->theirs, sizeof(d->theirs));
		return true;
	}
}
