// SPDX-License-Identifier: GPL-2.0-only
/* text.c: a finding as a report for a terminal or a mail. */
#include "report/record.h"
#include "report/timeline.h"
#include "report/words.h"
#include "scenario/text.h"

#include <stdlib.h>
#include <string.h>

#define BITS_COLUMNS 34 /* was and now of four places, and the mark before the op */
#define CHANGES_PER_OP 12u

/* Where it goes, and how wide that is. */
struct sheet {
	FILE *out;
	int columns;
	const char *mark; /* of the op at which they part, two columns */
};

/* Words of text, wrapped, each line behind `indent` spaces. */
static void print_wrapped(const struct sheet *sheet, int indent, const char *text)
{
	FILE *out = sheet->out;
	int column = 0;

	while (*text) {
		int length = (int)strcspn(text, " ");

		if (column && column + 1 + length > sheet->columns) {
			fputc('\n', out);
			column = 0;
		}
		column += column ? fprintf(out, " %.*s", length, text)
				 : fprintf(out, "%*s%.*s", indent, "", length, text);
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

/* A long word (a signature), cut after + or : so that it can be pasted together again. */
static void print_long_word(const struct sheet *sheet, const char *head, const char *word)
{
	FILE *out = sheet->out;
	int room = sheet->columns - 11, length = (int)strlen(word);

	fprintf(out, "%-11s", head);
	while (length > room) {
		int cut = room;

		while (cut > 20 && !strchr("+:,;", word[cut - 1]))
			cut--;
		fprintf(out, "%.*s\n%11s", cut, word, "");
		word += cut;
		length -= cut;
	}
	fprintf(out, "%s\n", word);
}

/* ---- the target ------------------------------------------------------------------ */

static void value_text(const cJSON *value, char *text, size_t size)
{
	if (cJSON_IsNumber(value) && value->valuedouble >= 4096)
		snprintf(text, size, "%dk", (int)(value->valuedouble / 1024));
	else if (cJSON_IsString(value))
		snprintf(text, size, "%s", value->valuestring);
	else
		snprintf(text, size, "?");
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* "linux-source-6.12" out of ".../linux-source-6.12.tar.xz-90e49f8-6af85a61", the cache's name for an archive. */
static void tree_name(const char *tree, char *name, size_t size)
{
	char *archive;

	snprintf(name, size, "%s", base_name(tree));
	archive = strstr(name, ".tar");
	if (archive && archive != name)
		*archive = '\0';
}

void report_text_target(char *line, size_t size, const char *target_info)
{
	cJSON *target = record_json_target(target_info);
	const char *describe = record_string(target, "describe"); /* which commit of a checkout */
	char page[16], version[80], compiler[48], hash[24], tree[256], name[256];

	value_text(cJSON_GetObjectItemCaseSensitive(target, "page_size"), page, sizeof(page));
	value_text(cJSON_GetObjectItemCaseSensitive(target, "version"), version, sizeof(version));
	value_text(cJSON_GetObjectItemCaseSensitive(target, "compiler"), compiler, sizeof(compiler));
	value_text(cJSON_GetObjectItemCaseSensitive(target, "hash"), hash, sizeof(hash));
	value_text(cJSON_GetObjectItemCaseSensitive(target, "tree"), tree, sizeof(tree));
	tree_name(tree, name, sizeof(name));
	snprintf(line, size, "Linux %s, %s pages (%s%s%s, %s, module %.8s)", version, page, name, *describe ? " " : "",
		 describe, compiler, hash);
	cJSON_Delete(target);
}

static void print_patches(FILE *out, const char *target_info)
{
	static const char *const members[] = {"patches", "recipes"};
	cJSON *target = record_json_target(target_info);
	const cJSON *patch;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		cJSON_ArrayForEach(patch, cJSON_GetObjectItemCaseSensitive(target, members[i]))
		{
			if (cJSON_IsString(patch))
				fprintf(out, "patched    %s\n", patch->valuestring);
		}
	}
	cJSON_Delete(target);
}

/* ---- the timeline ------------------------------------------------------------------ */

static void print_bits(FILE *out, const struct run_bits *was, const struct run_bits *now)
{
#define PLACE(x)                                                                                                       \
	timeline_bits_text(was->has_##x, was->x##_r, was->x##_c),                                                      \
		timeline_bits_text(now->has_##x, now->x##_r, now->x##_c)
	fprintf(out, "  %s %s   %s %s   %s %s   %s %s\n", PLACE(l1), PLACE(l0), PLACE(shadow), PLACE(tlb));
#undef PLACE
}

/* Behind what has come to that column of the line: the file and the line, or both on a line of their own. */
static void print_place(const struct sheet *sheet, int column, int indent, const char *file, uint32_t line)
{
	char where[96] = "";

	if (file[0])
		snprintf(where, sizeof(where), "%s:%u", base_name(file), line);
	if (*where && column + 1 + (int)strlen(where) > sheet->columns)
		fprintf(sheet->out, "\n%*s%s", indent, "", where);
	else if (*where)
		fprintf(sheet->out, " %s", where);
	fputc('\n', sheet->out);
}

static void print_change(const struct sheet *sheet, const struct timeline_change *c)
{
	FILE *out = sheet->out;
	char change[32];
	int column;

	if (c->word)
		snprintf(change, sizeof(change), "%s", c->cleared ? "cleared" : "written");
	else
		snprintf(change, sizeof(change), "%s -> %s", timeline_pte_text(c->old_pte),
			 timeline_pte_text(c->new_pte));
	column = fprintf(out, "        %-10s %-8s  %s", c->place, change,
			 c->function[0] ? c->function : "(L1, or the host's own tables)");
	print_place(sheet, column, 29, c->file, c->line);
}

/* The callers of a function, innermost first. */
static void print_callers(const struct sheet *sheet, int indent, const struct finding_caller *callers, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		char where[96] = "";
		int room = sheet->columns - indent - 5;

		if (callers[i].file[0])
			snprintf(where, sizeof(where), " %s:%u", base_name(callers[i].file), callers[i].line);
		fprintf(sheet->out, "%*sfrom %.*s", indent, "", room, callers[i].function);
		if ((int)(strlen(callers[i].function) + strlen(where)) > room)
			fprintf(sheet->out, "\n%*s", indent + 4, "");
		fprintf(sheet->out, "%s\n", where);
	}
}

/* With their callers at the op where the bits part; elsewhere these would hide what happens. */
static void print_changes(const struct sheet *sheet, const struct timeline *t, uint32_t op)
{
	uint32_t printed = 0, more = 0;

	for (uint32_t i = 0; i < t->change_count; i++) {
		const struct timeline_change *c = &t->changes[i];

		if (c->op != op || !timeline_change_shows(c))
			continue;
		if (printed++ >= CHANGES_PER_OP) {
			more++;
			continue;
		}
		print_change(sheet, c);
		if (op == t->part)
			print_callers(sheet, 29, c->callers, c->caller_count);
	}
	if (more)
		fprintf(sheet->out, "        ... and %u more\n", more);
}

/* A yield point, and where in the kernel that is. */
static void print_stop(const struct sheet *sheet, const struct timeline_stop *stop)
{
	const struct finding_writer *where = &stop->where;
	int column;

	fprintf(sheet->out, "          %s\n", stop->yield_point);
	if (!stop->came)
		return;
	column = fprintf(sheet->out, "          in %s", where->function[0] ? where->function : "no kernel code");
	print_place(sheet, column, 14, where->file, where->line);
	print_callers(sheet, 10, where->callers, where->caller_count);
}

/* Which op this one interrupts, and where it lets that one go on. */
static void print_stops(const struct sheet *sheet, const struct timeline *t, uint32_t op)
{
	const struct timeline_step *step = &t->steps[op];
	char parent[SCENARIO_LABEL_MAX];

	if (step->parent == LAYOUT_NONE)
		return;
	scenario_label_text(t->scenario.ops[step->parent].label, parent);
	fprintf(sheet->out, "        interrupts %s at\n", parent);
	print_stop(sheet, &step->stop);
	for (uint32_t i = 0; i < t->return_count; i++) {
		if (t->returns[i].op != op)
			continue;
		fprintf(sheet->out, "        %s %s go on at\n", t->returns[i].stop.came ? "lets" : "would let", parent);
		print_stop(sheet, &t->returns[i].stop);
	}
}

static void print_step(const struct sheet *sheet, const struct timeline *t, uint32_t i)
{
	FILE *out = sheet->out;
	int op_columns = sheet->columns - BITS_COLUMNS;
	const struct timeline_step *step = &t->steps[i];
	char op[256];

	scenario_op_text(&t->scenario.ops[i], op, sizeof(op));
	fprintf(out, "%s %s", i == t->part ? sheet->mark : "  ", op);
	if (!step->ran) {
		fprintf(out, "\n        did not run\n");
		return;
	}
	if (!timeline_watches(t))
		fputc('\n', out);
	else if ((int)strlen(op) > op_columns - 1)
		fprintf(out, "\n%*s", op_columns + 2, "");
	else
		fprintf(out, "%*s", op_columns - 1 - (int)strlen(op), "");
	if (timeline_watches(t))
		print_bits(out, &step->before, &step->after);
	print_stops(sheet, t, i);
	if (step->note[0])
		fprintf(out, "        %s\n", step->note);
	print_changes(sheet, t, i);
	if (i == t->part)
		fprintf(out, "     ^ %s\n", t->part_text);
}

/* What shows only when the scenario is over, as long as nothing in it asks for it. */
static void print_end(FILE *out, const struct timeline *t)
{
	char harvest[WORDS_HARVEST];

	words_last_harvest(&t->finding, &t->scenario, harvest, sizeof(harvest));
	if (*harvest)
		fprintf(out, "   (then %s)\n        does not name the page\n", harvest);
}

static void print_timeline(const struct sheet *sheet, const struct timeline *t)
{
	int op_columns = sheet->columns - BITS_COLUMNS;

	if (timeline_watches(t)) {
		fprintf(sheet->out, "%*sl1-pte  l0-pte  shadow  tlb\n", op_columns + 4, "");
		fprintf(sheet->out, "   %-*swas now was now was now was now\n", op_columns, "op");
	}
	for (uint32_t i = 0; i < t->scenario.op_count; i++)
		print_step(sheet, t, i);
	if (t->has_finding)
		print_end(sheet->out, t);
	if (t->changes_dropped)
		fprintf(sheet->out, "   (%u more changes of entries are not shown)\n", t->changes_dropped);
}

static void print_watch(FILE *out, const struct timeline *t)
{
	fprintf(out, "timeline");
	if (t->watch_guest && t->watch_n != LAYOUT_NONE)
		fprintf(out, " of page %u of guest %u", t->watch_n, t->watch_guest);
	if (t->watch_lpage != LAYOUT_NONE)
		fprintf(out, "%s page %u of L1", t->watch_guest ? ", which is" : " of", t->watch_lpage);
	fprintf(out, "\n%s\n",
		timeline_watches(t) ? "   (r: referenced, c: changed, -: not, ..: no such entry;\n"
				      "    was, now: before and after the op)\n"
				    : "");
}

/* ---- the report ---------------------------------------------------------------------- */

static void print_writers(const struct sheet *sheet, const struct finding *f)
{
	FILE *out = sheet->out;

	if (f->writer_count)
		fprintf(out, "\nin the kernel\n");
	for (uint32_t i = 0; i < f->writer_count; i++) {
		const struct finding_writer *w = &f->writers[i];

		fprintf(out, "   %s: %s\n", w->what, w->function);
		if (w->file[0])
			fprintf(out, "      %s:%u\n", w->file, w->line);
		print_callers(sheet, 6, w->callers, w->caller_count);
	}
}

static void print_caveats(const struct sheet *sheet, const struct finding *f)
{
	FILE *out = sheet->out;

	fprintf(out, "L1         %s\n",
		f->needs_wild_l1 ? "misbehaving: the scenario needs an L1 that breaks the rules"
				 : "well-behaved: a correct L1 hypervisor meets this");
	if (f->assertion_only)
		fprintf(out, "note       only an assertion shows this (CONFIG_DEBUG_VM=y)\n");
}

static void print_embargo(const struct sheet *sheet, const struct timeline *t)
{
	const char *why = timeline_embargo(t);
	char text[320];

	if (!why)
		return;
	snprintf(text, sizeof(text),
		 "%s Such findings go to the kernel's security list, security@kernel.org, before they go "
		 "anywhere public (see Documentation/process/security-bugs.rst in the kernel tree).",
		 why);
	fputc('\n', sheet->out);
	print_wrapped(sheet, 0, text);
}

static void print_finding(const struct sheet *sheet, const struct finding *f)
{
	const struct class_info *class = &class_info[f->class];
	char head[256];

	snprintf(head, sizeof(head), "%s (%s): %s", class->name, severity_name[class->severity], class->meaning);
	print_wrapped(sheet, 0, head);
	fputc('\n', sheet->out);
	print_wrapped(sheet, 3, f->title);
	fputc('\n', sheet->out);
}

static void print_scenario(FILE *out, const struct timeline *t, const char *name)
{
	size_t n = scenario_text_write_bare(&t->scenario, NULL, 0);
	char *text = malloc(n + 1), *line = text, *rest;

	if (!text)
		return;
	scenario_text_write_bare(&t->scenario, text, n + 1);
	fprintf(out, "\nscenario   %u ops\n", t->scenario.op_count);
	if (name)
		fprintf(out, "           rcfuzz replay %s\n", name);
	fputc('\n', out);
	for (; *line; line = rest) {
		rest = strchrnul(line, '\n');
		if (*rest)
			*rest++ = '\0';
		fprintf(out, "   %s\n", line);
	}
	free(text);
}

static void print_others(const struct sheet *sheet, const struct timeline *t)
{
	char line[256];
	uint32_t others = 0;

	for (uint32_t i = 0; i < t->outcome.finding_count; i++) {
		const struct finding *f = &t->outcome.findings[i];

		if (!strcmp(f->signature, t->finding.signature))
			continue;
		if (!others++)
			fprintf(sheet->out, "\nthe same run also shows\n");
		snprintf(line, sizeof(line), "%s: %s", class_info[f->class].name, f->title);
		print_wrapped(sheet, 3, line);
	}
}

/* Two lines if one is too long. */
static void print_kernel(const struct sheet *sheet, char *target)
{
	char *built = (int)strlen(target) + 11 > sheet->columns ? strstr(target, " (") : NULL;

	if (built)
		*built = '\0';
	fprintf(sheet->out, "kernel     %s\n", target);
	if (built)
		print_wrapped(sheet, 11, built + 1);
}

static void print_report(const struct sheet *sheet, const struct timeline *t, const char *target_info, const char *name)
{
	FILE *out = sheet->out;
	char target[512];

	report_text_target(target, sizeof(target), target_info);
	if (t->has_finding)
		print_finding(sheet, &t->finding);
	else
		fprintf(out, "no finding: every store that was owed to a log was seen\n\n");
	print_kernel(sheet, target);
	print_patches(out, target_info);
	if (t->has_finding) {
		if (t->finding.layer != LAYER_NONE)
			fprintf(out, "layer      %s\n", layer_name[t->finding.layer]);
		print_long_word(sheet, "signature", t->finding.signature);
		print_caveats(sheet, &t->finding);
		print_embargo(sheet, t);
		print_writers(sheet, &t->finding);
	}
	print_scenario(out, t, name);
	fputc('\n', out);
	print_watch(out, t);
	print_timeline(sheet, t);
	if (t->has_finding)
		print_others(sheet, t);
}

void report_text(FILE *out, const struct timeline *t, const char *target_info, const char *name)
{
	const struct sheet sheet = {out, 80, ">>"};

	print_report(&sheet, t, target_info, name);
}

void report_text_mail(FILE *out, const struct timeline *t, const char *target_info, const char *name)
{
	const struct sheet sheet = {out, 72, "=>"};

	print_report(&sheet, t, target_info, name);
}
