// SPDX-License-Identifier: GPL-2.0-only
/*
 * html_timeline.c: the timeline as a picture. Time runs down. Each op is an item
 * of a list with its text in the middle, and an SVG strip behind it that is as
 * high as the text: on the left who acts, on the right the R and C of the four
 * places, before and after. The strips join into one picture that any width of
 * screen and any page break of a printer leaves whole; x is in percent for that.
 *
 * An op that another one interrupts has a second item behind the last of those,
 * where it goes on. While it is interrupted its lane shows a bar, from which an
 * arrow goes to each op that interrupts it.
 */
#include "report/html.h"
#include "report/markup.h"
#include "scenario/text.h"

#include <string.h>

#define NESTING_MAX SCENARIO_POINTS_MAX
#define NESTING_SHOWN 3u /* deeper ones stand below one another */
#define MIDDLE 16	 /* pixels from the top of a strip: where an op happens */

/* Percent of the width. The text lies between the lanes and the places: see html_style.c. */
#define LANE_FIRST 2.7
#define LANE_PITCH 5.5
#define NESTED_SHIFT 1.3
#define PLACE_FIRST 67.0
#define PLACE_PITCH 8.8
#define CELL_WIDTH 2.4
#define CELL_PITCH 3.1

enum lane { LANE_L2, LANE_L1, LANE_HOST, LANE_HARDWARE, LANE_COUNT };
static const char *const lane_words[LANE_COUNT] = {"L2", "L1", "host", "hw"};

#define PLACE_COUNT 4u
static const char *const place_names[PLACE_COUNT] = {"l1-pte", "l0-pte", "shadow-pte", "tlb"};
/* What is said of them where there is room: html_style.c knows where. */
static const char *const place_heads[PLACE_COUNT] = {"l1<tspan>-pte</tspan>", "l0<tspan>-pte</tspan>",
						     "shadow<tspan>-pte</tspan>", "TLB"};

/* One item of the list. */
struct item {
	uint32_t op;
	bool opens, goes_on; /* others interrupt it: the part before, the part after them */
	const struct run_bits *before, *after;
	uint32_t change_first, change_end; /* of the timeline's changes, those that were made in this part */
	uint32_t depth;
	const uint32_t *interrupted; /* depth ops, outermost first */
};

static enum lane lane_of(const struct timeline *t, uint32_t op)
{
	const char *actor = op_info[t->scenario.ops[op].kind % OP_COUNT].actor;

	if (!strcmp(actor, "l2"))
		return LANE_L2;
	if (!strcmp(actor, "l1"))
		return LANE_L1;
	return strcmp(actor, "hw") ? LANE_HOST : LANE_HARDWARE;
}

static double lane_x(enum lane lane, uint32_t depth)
{
	return LANE_FIRST + LANE_PITCH * (double)lane + NESTED_SHIFT * (depth < NESTING_SHOWN ? depth : NESTING_SHOWN);
}

static const char *bits_of(const struct run_bits *b, unsigned place)
{
	switch (place) {
	case 0:
		return timeline_bits_text(b->has_l1, b->l1_r, b->l1_c);
	case 1:
		return timeline_bits_text(b->has_l0, b->l0_r, b->l0_c);
	case 2:
		return timeline_bits_text(b->has_shadow, b->shadow_r, b->shadow_c);
	}
	return timeline_bits_text(b->has_tlb, b->tlb_r, b->tlb_c);
}

/* ---- the strip ------------------------------------------------------------------------ */

enum cell { CELL_NONE, CELL_CLEAR, CELL_SET };

static enum cell cell_of(const struct run_bits *b, unsigned place, unsigned bit)
{
	const char letter = bits_of(b, place)[bit];

	return letter == '.' ? CELL_NONE : letter == '-' ? CELL_CLEAR : CELL_SET;
}

/* A bit from y on, `height` high; what sticks out of the strip is not seen. */
static void print_cell(FILE *out, unsigned place, unsigned bit, enum cell cell, const char *when, int y,
		       const char *height)
{
	static const char *const states[] = {"none", "clear", "set"};
	double x = PLACE_FIRST + PLACE_PITCH * place + CELL_PITCH * bit;

	if (cell == CELL_NONE)
		x += CELL_WIDTH / 2 - 0.1;
	fprintf(out, "<rect class=\"cell %s %s\" data-place=\"%s\" data-when=\"%s\" x=\"%.2f%%\" y=\"%d\"",
		bit ? "c" : "r", states[cell], place_names[place], when, x, y);
	fprintf(out, " width=\"%.2f%%\" height=\"%s\"/>\n", cell == CELL_NONE ? 0.2 : CELL_WIDTH, height);
}

static void print_cells(FILE *out, const struct item *item)
{
	for (unsigned place = 0; place < PLACE_COUNT; place++) {
		for (unsigned bit = 0; bit < 2; bit++) {
			enum cell was = cell_of(item->before, place, bit), now = cell_of(item->after, place, bit);

			if (was == now) {
				print_cell(out, place, bit, now, "always", -9, "200%");
				continue;
			}
			print_cell(out, place, bit, was, "before", -9, "25");
			print_cell(out, place, bit, now, "after", MIDDLE, "200%");
		}
	}
}

static void print_bar(FILE *out, double x, const char *from, const char *to)
{
	fprintf(out, "<line class=\"busy\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%s\" y2=\"%s\"/>\n", x, x, from, to);
}

static void print_link(FILE *out, const char *class, double from, double to)
{
	fprintf(out, "<line class=\"%s\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\"/>\n", class, from, to, MIDDLE,
		MIDDLE);
}

/* Did kernel code change an entry of the watched page here? */
static bool kernel_changes(const struct timeline *t, const struct item *item)
{
	for (uint32_t i = item->change_first; i < item->change_end; i++) {
		if (t->changes[i].op == item->op && t->changes[i].function[0] && timeline_change_shows(&t->changes[i]))
			return true;
	}
	return false;
}

/* From who acts to whom it reaches: the kernel where it changes an entry, the hardware where the TLB changes. */
static void print_reach(FILE *out, const struct timeline *t, const struct item *item, double x)
{
	enum lane lane = lane_of(t, item->op);

	if (strcmp(bits_of(item->before, 3), bits_of(item->after, 3)) != 0 && lane != LANE_HARDWARE) {
		print_link(out, "link", x, lane_x(LANE_HARDWARE, 0));
		fprintf(out, "<circle class=\"touched\" cx=\"%.2f%%\" cy=\"%d\" r=\"3.5\"/>\n",
			lane_x(LANE_HARDWARE, 0), MIDDLE);
	}
	if (kernel_changes(t, item) && lane != LANE_HOST) {
		print_link(out, "link", x, lane_x(LANE_HOST, 0));
		fprintf(out,
			"<svg class=\"anchor\" x=\"%.2f%%\" y=\"%d\"><rect class=\"kernel\" x=\"-4\" y=\"-4\" "
			"width=\"8\" "
			"height=\"8\"/></svg>\n",
			lane_x(LANE_HOST, 0), MIDDLE);
	}
}

static void print_actor(FILE *out, const struct timeline *t, const struct item *item)
{
	static const char *const classes[LANE_COUNT] = {"l2", "l1", "host", "hw"};
	enum lane lane = lane_of(t, item->op);
	double x = lane_x(lane, item->depth);

	for (uint32_t i = 0; i < item->depth; i++)
		print_bar(out, lane_x(lane_of(t, item->interrupted[i]), i), "0", "100%");
	if (item->goes_on) {
		print_bar(out, x, "0", "16");
		print_reach(out, t, item, x);
		return;
	}
	if (item->opens)
		print_bar(out, x, "16", "100%");
	if (item->depth) {
		uint32_t parent = item->interrupted[item->depth - 1];
		double from = lane_x(lane_of(t, parent), item->depth - 1);

		print_link(out, "preempts", from, x);
		/* The head of the arrow, its point beside the marker. */
		fprintf(out,
			"<svg class=\"anchor\" x=\"%.2f%%\" y=\"%d\"><path class=\"arrow\" d=\"M%d-4L%d 0L%d "
			"4z\"/></svg>\n",
			x, MIDDLE, from < x ? -13 : 13, from < x ? -6 : 6, from < x ? -13 : 13);
	}
	if (!t->steps[item->op].ran)
		return;
	print_reach(out, t, item, x);
	fprintf(out, "<circle class=\"actor %s\" cx=\"%.2f%%\" cy=\"%d\" r=\"5\"/>\n", classes[lane], x, MIDDLE);
}

static void print_strip(FILE *out, const struct timeline *t, const struct item *item)
{
	fprintf(out, "<svg class=\"strip\" role=\"img\"><title>");
	for (unsigned place = 0; timeline_watches(t) && place < PLACE_COUNT; place++) {
		const char *was = bits_of(item->before, place), *now = bits_of(item->after, place);

		markup_format(out, strcmp(was, now) ? "%s%s %s, then %s" : "%s%s %s", place ? "; " : "",
			      place_names[place], was, now);
	}
	fprintf(out, "</title>\n");
	for (unsigned lane = 0; lane < LANE_COUNT; lane++)
		fprintf(out, "<line class=\"lane\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"100%%\"/>\n",
			lane_x((enum lane)lane, 0), lane_x((enum lane)lane, 0));
	if (timeline_watches(t))
		print_cells(out, item);
	print_actor(out, t, item);
	fprintf(out, "</svg>\n");
}

/* ---- the text --------------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* A long name may be wrapped behind its underscores and colons. */
static void print_name(FILE *out, const char *name)
{
	while (*name) {
		size_t n = strcspn(name, "_:");

		n += strspn(name + n, "_:");
		markup_format(out, "%.*s", (int)n, name);
		name += n;
		fputs(*name ? "<wbr>" : "", out);
	}
}

static void print_place(FILE *out, const char *file, uint32_t line)
{
	if (!file[0])
		return;
	fprintf(out, " <span class=\"where\">");
	markup_format(out, "%s:%u", base_name(file), line);
	fprintf(out, "</span>");
}

static void print_callers(FILE *out, const struct finding_caller *callers, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		fprintf(out, " <span class=\"where\">from</span> <code>");
		print_name(out, callers[i].function);
		fprintf(out, "</code>");
		print_place(out, callers[i].file, callers[i].line);
	}
}

/* "interrupts e at" a yield point, and where in the kernel that is. */
static void print_stop(FILE *out, const char *verb, const char *parent, const char *rest,
		       const struct timeline_stop *stop)
{
	const struct finding_writer *where = &stop->where;

	fprintf(out, "<p class=\"at\">%s %s %s <code>", verb, parent, rest);
	print_name(out, stop->yield_point);
	fprintf(out, "</code>");
	if (stop->came && !where->function[0])
		fprintf(out, " in no kernel code");
	if (stop->came && where->function[0]) {
		fprintf(out, " in <code>");
		print_name(out, where->function);
		fprintf(out, "</code>");
		print_place(out, where->file, where->line);
		print_callers(out, where->callers, where->caller_count);
	}
	fprintf(out, "</p>\n");
}

/* Which op it interrupts, and where it lets that one go on. */
static void print_stops(FILE *out, const struct timeline *t, const struct item *item)
{
	char parent[SCENARIO_LABEL_MAX];

	scenario_label_text(t->scenario.ops[item->interrupted[item->depth - 1]].label, parent);
	print_stop(out, "interrupts", parent, "at", &t->steps[item->op].stop);
	for (uint32_t i = 0; i < t->return_count; i++) {
		const struct timeline_return *r = &t->returns[i];

		if (r->op == item->op)
			print_stop(out, r->stop.came ? "lets" : "would let", parent, "go on at", &r->stop);
	}
}

/* With their callers at the op where the bits part. */
static void print_changes(FILE *out, const struct timeline *t, const struct item *item)
{
	bool part = item->op == t->part;

	for (uint32_t i = item->change_first; i < item->change_end; i++) {
		const struct timeline_change *c = &t->changes[i];

		if (c->op != item->op || !timeline_change_shows(c))
			continue;
		fprintf(out, "<p class=\"change\"><b>");
		markup_format(out, "%s %s", c->place,
			      !c->word	   ? timeline_pte_text(c->old_pte)
			      : c->cleared ? "cleared"
					   : "written");
		if (!c->word) {
			fprintf(out, "&#8201;&rarr;&#8201;");
			markup_text(out, timeline_pte_text(c->new_pte));
		}
		fprintf(out, "</b> <code>");
		print_name(out, c->function[0] ? c->function : "L1, or the host's own tables");
		fprintf(out, "</code>");
		print_place(out, c->file, c->line);
		if (part)
			print_callers(out, c->callers, c->caller_count);
		fprintf(out, "</p>\n");
	}
}

static void print_mark(FILE *out, const char *class, const char *text)
{
	fprintf(out, "<p class=\"mark %s\">", class);
	markup_text(out, text);
	fprintf(out, "</p>\n");
}

/* Which of the moments that matter an op is; an op may be several. */
static bool is_cause(const struct timeline *t, uint32_t op)
{
	return t->has_finding && op == t->finding.op_cause && op != t->part;
}

static bool is_effect(const struct timeline *t, uint32_t op)
{
	return t->has_finding && op == t->finding.op_effect && op != t->finding.op_cause && op != t->part;
}

static const char *cause_words(enum finding_class class)
{
	switch (class) {
	case CLASS_LOST_DIRTY_HOST:
	case CLASS_LOST_DIRTY_L1:
		return "this store is lost";
	case CLASS_LOST_REF_HOST:
	case CLASS_LOST_REF_L1:
		return "this access is not seen";
	default:
		return "the access concerned";
	}
}

static void print_marks(FILE *out, const struct timeline *t, uint32_t op)
{
	if (op == t->part)
		print_mark(out, "part", t->part_text);
	if (is_cause(t, op))
		print_mark(out, "cause", cause_words(t->finding.class));
	if (is_effect(t, op))
		print_mark(out, "effect", "here it shows");
}

/* "e  host harvest slot=0": the label stands out, and columns are for terminals. */
static void print_op(FILE *out, const struct timeline *t, uint32_t op)
{
	char text[256], label[SCENARIO_LABEL_MAX], *word, *rest = text;
	bool first = true;

	scenario_op_text(&t->scenario.ops[op], text, sizeof(text));
	scenario_label_text(t->scenario.ops[op].label, label);
	fprintf(out, "<p class=\"op\"><b>");
	markup_text(out, strsep(&rest, " "));
	fprintf(out, "</b><code>");
	while ((word = strsep(&rest, " "))) {
		if (!*word)
			continue;
		fprintf(out, "%s<span>", first ? "" : " ");
		markup_text(out, word);
		fprintf(out, "</span>");
		first = false;
	}
	fprintf(out, "</code></p>\n");
}

static void print_item(FILE *out, const struct timeline *t, const struct item *item)
{
	const struct timeline_step *step = &t->steps[item->op];
	char label[SCENARIO_LABEL_MAX];

	scenario_label_text(t->scenario.ops[item->op].label, label);
	fprintf(out, "<li class=\"%s%s%s%s\" data-op=\"%s\">\n", item->goes_on ? "goes-on" : "begins",
		!item->opens && item->op == t->part ? " is-part" : "",
		!item->opens && is_cause(t, item->op) ? " is-cause" : "",
		!item->opens && is_effect(t, item->op) ? " is-effect" : "", label);
	print_strip(out, t, item);
	fprintf(out, "<div class=\"text\">\n");
	if (item->goes_on) {
		fprintf(out, "<p class=\"op\"><b>%s</b>goes on</p>\n", label);
	} else {
		print_op(out, t, item->op);
		if (item->depth)
			print_stops(out, t, item);
	}
	print_changes(out, t, item);
	/* What came of an op is known when it ends. */
	if (!item->opens && step->ran) {
		if (step->note[0])
			print_mark(out, "note", step->note);
		print_marks(out, t, item->op);
	} else if (!step->ran) {
		print_mark(out, "note", "did not run");
	}
	fprintf(out, "</div>\n</li>\n");
}

/* ---- the list ----------------------------------------------------------------------------- */

static void print_head(FILE *out, const struct timeline *t)
{
	fprintf(out, "<li class=\"heads\" aria-hidden=\"true\"><svg class=\"strip\">\n");
	for (unsigned lane = 0; lane < LANE_COUNT; lane++)
		fprintf(out, "<text x=\"%.2f%%\" y=\"26\">%s</text>\n", lane_x((enum lane)lane, 0), lane_words[lane]);
	for (unsigned place = 0; timeline_watches(t) && place < PLACE_COUNT; place++) {
		double x = PLACE_FIRST + PLACE_PITCH * place, half = CELL_WIDTH / 2;

		fprintf(out, "<text x=\"%.2f%%\" y=\"11\">%s</text>\n", x + (CELL_PITCH + CELL_WIDTH) / 2,
			place_heads[place]);
		fprintf(out, "<text class=\"bit\" x=\"%.2f%%\" y=\"26\">R</text>\n", x + half);
		fprintf(out, "<text class=\"bit\" x=\"%.2f%%\" y=\"26\">C</text>\n", x + half + CELL_PITCH);
	}
	fprintf(out, "</svg></li>\n");
}

void html_timeline(FILE *out, const struct timeline *t)
{
	uint32_t open[NESTING_MAX], depth = 0, count = t->scenario.op_count;

	fprintf(out, "<ol class=\"timeline\">\n");
	print_head(out, t);
	for (uint32_t i = 0; i <= count; i++) {
		uint32_t parent = i < count ? t->steps[i].parent : LAYOUT_NONE;
		const struct timeline_step *step = &t->steps[i < count ? i : 0];

		/* Those that the op before was the last to interrupt go on. */
		while (depth && open[depth - 1] != parent) {
			const struct timeline_step *ended = &t->steps[open[--depth]];
			struct item item = {.op = open[depth],
					    .goes_on = true,
					    .before = &t->steps[i - 1].after,
					    .after = &ended->after,
					    .change_first = t->steps[open[depth] + 1].change_first,
					    .change_end = t->change_count,
					    .depth = depth,
					    .interrupted = open};

			print_item(out, t, &item);
		}
		if (i == count)
			break;
		bool opens = i + 1 < count && t->steps[i + 1].parent == i && depth < NESTING_MAX;
		struct item item = {.op = i,
				    .opens = opens,
				    .before = &step->before,
				    .after = opens ? &t->steps[i + 1].before : &step->after,
				    .change_end = opens ? t->steps[i + 1].change_first : t->change_count,
				    .depth = depth,
				    .interrupted = open};

		print_item(out, t, &item);
		if (opens)
			open[depth++] = i;
	}
	fprintf(out, "</ol>\n");
	if (t->changes_dropped)
		fprintf(out, "<p class=\"more\">%u more changes of entries are not shown.</p>\n", t->changes_dropped);
}
