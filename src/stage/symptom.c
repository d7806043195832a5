// SPDX-License-Identifier: GPL-2.0-only
/* symptom.c: see symptom.h. */
#include "symptom.h"

#include <stdio.h>
#include <string.h>

/* What the kernel's log says when it dies, and when something in it does not go on. */
static const char *const crash_words[] = {"Oops: ", "kernel BUG at ", "BUG: Kernel ", "BUG: Unable to handle ",
					  "BUG: unable to handle "};
static const char *const hang_words[] = {"soft lockup", "hard LOCKUP", "blocked for more than", "self-detected stall",
					 "detected stalls"};
#define COUNT(words) (sizeof(words) / sizeof(words[0]))

unsigned symptom_kind(enum finding_class class)
{
	switch (class) {
	case CLASS_LOST_DIRTY_HOST:
	case CLASS_LOST_DIRTY_L1:
		return WIRE_LOST;
	case CLASS_WRONG_PAGE:
	case CLASS_STALE_ACCESS:
	case CLASS_OVER_PERMISSION:
	case CLASS_NO_PROGRESS:
		return WIRE_VERDICT;
	case CLASS_WARN:
		return WIRE_LOG;
	case CLASS_CRASH:
	case CLASS_DEADLOCK:
	case CLASS_HANG:
		return SYMPTOM_ENDS;
	default:
		return 0;
	}
}

/* ---- records ------------------------------------------------------------------------ */

static bool is_at(uint32_t wanted, uint32_t at)
{
	return wanted == LAYOUT_NONE || wanted == at;
}

/* "WARNING: CPU: 0 PID: 1 at arch/.../book3s_64_mmu_radix.c:771 kvmppc_create_pte+0xa34/0xa58 [kvm_hv]" */
struct warning {
	char place[64];	   /* "book3s_64_mmu_radix.c:771" */
	char function[64]; /* "kvmppc_create_pte" */
};

static bool parse_warning(const char *text, size_t n, struct warning *w)
{
	char line[512], path[256];
	const char *at, *slash;

	*w = (struct warning){0};
	snprintf(line, sizeof(line), "%.*s", (int)n, text);
	at = strstr(line, "WARNING: ");
	if (!at)
		return false;
	at = strstr(at, " at ");
	if (at && sscanf(at, " at %255s %63[^+ \n]", path, w->function) >= 1) {
		slash = strrchr(path, '/');
		snprintf(w->place, sizeof(w->place), "%s", slash ? slash + 1 : path);
	}
	return true;
}

/* A word of the text, whole. */
static bool has_word(const char *text, const char *word)
{
	static const char more[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	size_t n = strlen(word);

	for (const char *at = text; n && (at = strstr(at, word)); at++)
		if ((at == text || !strchr(more, at[-1])) && (!at[n] || !strchr(more, at[n])))
			return true;
	return false;
}

/* By its function, since lines move from release to release, or by its line: a function may have been inlined. The
 * title names both (finding_from_report), the writers say who called. */
static bool is_of_finding(const struct warning *w, const struct finding *f)
{
	if (has_word(f->title, w->function) || has_word(f->title, w->place))
		return true;
	for (uint32_t i = 0; i < f->writer_count; i++)
		if (*w->function && !strcmp(f->writers[i].function, w->function))
			return true;
	return false;
}

static bool is_warning_of(const struct observed *r, const struct finding *f)
{
	struct warning w;

	return parse_warning((const char *)r->payload, r->bytes, &w) && is_of_finding(&w, f);
}

/* Of the same class, about the same access or the same hcall. */
static bool is_verdict_of(const struct event *e, const struct finding *f)
{
	if ((enum finding_class)e->status != f->class || e->guest != f->guest)
		return false;
	if (e->hcall)
		return true;
	return e->access == f->access && (f->guest ? is_at(f->n, e->n) : is_at(f->lpage, e->lpage));
}

bool symptom_in_record(const struct finding *f, const struct observed *r)
{
	if (r->event.kind != symptom_kind(f->class))
		return false;
	switch (f->class) {
	case CLASS_WARN:
		return is_warning_of(r, f);
	case CLASS_LOST_DIRTY_HOST:
		return !r->event.guest && is_at(f->lpage, r->event.lpage);
	case CLASS_LOST_DIRTY_L1:
		return r->event.guest && f->guest == r->event.guest && is_at(f->n, r->event.n);
	case CLASS_WRONG_PAGE:
	case CLASS_STALE_ACCESS:
	case CLASS_OVER_PERMISSION:
	case CLASS_NO_PROGRESS:
		return is_verdict_of(&r->event, f);
	default:
		return false;
	}
}

bool symptom_verdict_differs(const struct run_outcome *ours, unsigned ops, const struct records *theirs,
			     struct difference *d)
{
	struct observed r;

	for (size_t at = 0; !ours->world_ended && records_next(theirs, &at, &r);) {
		bool known = r.event.kind != WIRE_VERDICT || r.event.op >= ops;

		for (uint32_t i = 0; i < ours->finding_count && !known; i++)
			known = ours->findings[i].op_effect == r.event.op &&
				is_verdict_of(&r.event, &ours->findings[i]);
		if (known)
			continue;
		*d = (struct difference){.op = r.event.op, .our_kind = -1, .their_kind = WIRE_VERDICT};
		snprintf(d->ours, sizeof(d->ours), "no such verdict");
		record_text(&r, d->theirs, sizeof(d->theirs));
		return true;
	}
	return false;
}

bool symptom_warn_differs(const struct run_outcome *ours, const struct records *theirs, struct difference *d)
{
	struct observed r;

	for (size_t at = 0; !ours->world_ended && records_next(theirs, &at, &r);) {
		struct warning w;
		bool known = r.event.kind != WIRE_LOG || !parse_warning((const char *)r.payload, r.bytes, &w);

		for (uint32_t i = 0; i < ours->finding_count && !known; i++)
			known = ours->findings[i].class == CLASS_WARN && is_warning_of(&r, &ours->findings[i]);
		if (known)
			continue;
		*d = (struct difference){.op = r.event.op, .our_kind = -1, .their_kind = WIRE_LOG};
		snprintf(d->ours, sizeof(d->ours), "no such warning");
		record_text(&r, d->theirs, sizeof(d->theirs));
		return true;
	}
	return false;
}

/* ---- consoles ----------------------------------------------------------------------- */

/* The first line that has one of the words; NULL: none has. */
static const char *find_line(const char *console, const char *const words[], size_t count, char *line, size_t size)
{
	for (const char *at = console; *at; at += strspn(at, "\r\n")) {
		size_t n = strcspn(at, "\r\n");

		snprintf(line, size, "%.*s", (int)(n < size ? n : size - 1), at);
		for (size_t i = 0; i < count; i++)
			if (strstr(line, words[i]))
				return at;
		at += n;
	}
	return NULL;
}

/* Is one of its functions in what follows, the registers and the call trace? */
static bool names_function(const struct finding *f, const char *trace)
{
	for (uint32_t i = 0; i < f->writer_count; i++)
		if (has_word(trace, f->writers[i].function))
			return true;
	return !f->writer_count;
}

bool symptom_in_console(const struct finding *f, const char *console, char *line, size_t size)
{
	const char *at;

	if (f->class == CLASS_CRASH) {
		at = find_line(console, crash_words, COUNT(crash_words), line, size);
		return at && names_function(f, at);
	}
	/* The console has no trace of tasks that wait. */
	return symptom_kind(f->class) == SYMPTOM_ENDS && find_line(console, hang_words, COUNT(hang_words), line, size);
}

bool symptom_of_death(const char *console, char *line, size_t size)
{
	return find_line(console, crash_words, COUNT(crash_words), line, size);
}
