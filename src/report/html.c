// SPDX-License-Identifier: GPL-2.0-only
/* html.c: the page of a finding; its picture is in html_timeline.c. */
#include "report/html.h"

#include "report/confirmation.h"
#include "report/markup.h"
#include "report/record.h"
#include "report/source.h"
#include "report/words.h"
#include "scenario/text.h"

#include <stdlib.h>
#include <string.h>

/* ---- pieces ------------------------------------------------------------------------------ */

static void element(FILE *out, const char *tag, const char *text)
{
	fprintf(out, "<%s>", tag);
	markup_text(out, text);
	fprintf(out, "</%s>\n", tag);
}

/* A row of a list of facts. */
static void fact(FILE *out, const char *name, const char *value)
{
	fprintf(out, "<div><dt>%s</dt><dd>", name);
	markup_text(out, value);
	fprintf(out, "</dd></div>\n");
}

static void fact_code(FILE *out, const char *name, const char *value)
{
	fprintf(out, "<div><dt>%s</dt><dd><code>", name);
	/* It may be wrapped behind each part, and can still be copied whole. */
	for (; *value; value += strcspn(value, ":") + (strchr(value, ':') != NULL)) {
		markup_format(out, "%.*s", (int)(strcspn(value, ":") + (strchr(value, ':') != NULL)), value);
		fprintf(out, "<wbr>");
	}
	fprintf(out, "</code></dd></div>\n");
}

/* ---- sections ------------------------------------------------------------------------------ */

static void print_head(FILE *out, const struct timeline *t)
{
	fprintf(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
		     "'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
		     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		     "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" "
		     "content=\"no-referrer\">\n"
		     "<meta name=\"generator\" content=\"rcfuzz " RCFUZZ_VERSION "\">\n<title>");
	markup_format(out, "%s: %s", t->has_finding ? class_info[t->finding.class].name : "no finding",
		      t->has_finding ? t->finding.title : "rcfuzz");
	fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n", html_style);
}

static void print_finding(FILE *out, const struct timeline *t)
{
	const struct finding *f = &t->finding;

	if (!t->has_finding) {
		fprintf(out, "<header>\n<p class=\"class\"><span>no finding</span></p>\n"
			     "<h1>Every store that was owed to a log was seen</h1>\n</header>\n");
		return;
	}
	fprintf(out, "<header>\n<p class=\"class %s\"><span>%s</span> %s</p>\n<h1>",
		severity_name[class_info[f->class].severity], class_info[f->class].name,
		severity_name[class_info[f->class].severity]);
	/* A title begins in lower case, as in a log. */
	markup_format(out, "%c%s", f->title[0] >= 'a' && f->title[0] <= 'z' ? f->title[0] - 32 : f->title[0],
		      f->title[0] ? f->title + 1 : "");
	fprintf(out, "</h1>\n<p class=\"meaning\">");
	markup_format(out, "%s: %s.", class_info[f->class].name, class_info[f->class].meaning);
	fprintf(out, "</p>\n</header>\n");
	if (timeline_embargo(t))
		fprintf(out,
			"<p class=\"embargo\"><b>Not for a public place.</b> %s Such findings go to the kernel's "
			"security list, security@kernel.org, first; see "
			"Documentation/process/security-bugs.rst in the kernel tree.</p>\n",
			timeline_embargo(t));
}

static void print_facts(FILE *out, const struct timeline *t, const char *target_info)
{
	const struct finding *f = &t->finding;
	char target[512];

	report_text_target(target, sizeof(target), target_info);
	fprintf(out, "<dl class=\"facts\">\n");
	fact(out, "Kernel", target);
	if (t->has_finding) {
		if (f->layer != LAYER_NONE)
			fact(out, "Layer", layer_name[f->layer]);
		fact(out, "L1",
		     f->needs_wild_l1 ? "misbehaving: the scenario needs an L1 that breaks the rules"
				      : "well-behaved: a correct L1 hypervisor meets this");
		if (f->assertion_only)
			fact(out, "Note", "only an assertion shows this (CONFIG_DEBUG_VM=y)");
		fact_code(out, "Signature", f->signature);
	}
	fprintf(out, "</dl>\n");
}

static void print_picture(FILE *out, const struct timeline *t)
{
	fprintf(out, "<section class=\"picture\">\n<h2>Timeline");
	if (t->watch_guest && t->watch_n != LAYOUT_NONE)
		fprintf(out, " of page %u of guest %u", t->watch_n, t->watch_guest);
	if (t->watch_lpage != LAYOUT_NONE)
		fprintf(out, "%s page %u of L1", t->watch_guest ? ", which is" : " of", t->watch_lpage);
	fprintf(out, "</h2>\n");
	html_timeline(out, t);
	if (timeline_watches(t))
		fprintf(out,
			"<p class=\"legend\"><span><i class=\"r\"></i>R set</span> <span><i class=\"c\"></i>C "
			"set</span> "
			"<span><i class=\"clear\"></i>clear</span> <span><i class=\"none\"></i>no entry</span> "
			"<span>The bits change where the op happens. A square: kernel code changes an entry; a ring: "
			"the TLB changes.</span></p>\n"
			"<p class=\"legend\"><span>l1-pte: L1's entry, L2 page to L1 page.</span> <span>l0-pte: the "
			"host's, L1 page to host frame.</span> <span>shadow-pte: the host's, L2 page to host frame, "
			"which the hardware walks.</span> <span>TLB: what a CPU remembers.</span></p>\n");
	fprintf(out, "</section>\n");
}

/* What the author of the scenario says, if it is more than what a run writes into each file. */
static void print_authors_story(FILE *out, const struct timeline *t, const char *story)
{
	static const char prefix[] = "story: ";

	if (!story || !*story || (t->has_finding && !strncmp(story, t->finding.title, strlen(t->finding.title))))
		return;
	if (!strncmp(story, prefix, sizeof(prefix) - 1))
		story += sizeof(prefix) - 1;
	element(out, "blockquote", story);
}

static void print_story(FILE *out, const struct timeline *t, const char *story)
{
	char text[WORDS_MAX], label[SCENARIO_LABEL_MAX];

	fprintf(out, "<section>\n<h2>In words</h2>\n");
	print_authors_story(out, t, story);
	fprintf(out, "<ol class=\"story\">\n");
	for (uint32_t i = 0; i < t->scenario.op_count; i++) {
		scenario_label_text(t->scenario.ops[i].label, label);
		fprintf(out, "<li class=\"%s\"><b>%s</b><span>", i == t->part ? "is-part" : "plain", label);
		if (t->steps[i].parent != LAYOUT_NONE)
			fprintf(out, "Meanwhile: ");
		words_op(&t->scenario.ops[i], text, sizeof(text));
		markup_text(out, text);
		words_effect(t, i, text, sizeof(text));
		markup_text(out, text);
		if (i == t->part) {
			fprintf(out, " <strong>");
			markup_format(out, t->parts ? "From here on %s." : "This is the op to look at: %s.",
				      t->part_text);
			fprintf(out, "</strong>");
		}
		fprintf(out, "</span></li>\n");
	}
	fprintf(out, "</ol>\n");
	words_conclusion(t, text, sizeof(text));
	if (*text)
		element(out, "p", text);
	fprintf(out, "</section>\n");
}

static void print_callers(FILE *out, const struct finding_writer *w)
{
	for (uint32_t i = 0; i < w->caller_count; i++) {
		const struct finding_caller *caller = &w->callers[i];

		fprintf(out, "%s<li>from <code>", i ? "" : "<ol class=\"callers\">");
		markup_text(out, caller->function);
		fprintf(out, "</code> <code class=\"place\">");
		markup_format(out, "%s:%u", caller->file, caller->line);
		fprintf(out, "</code></li>%s", i + 1 == w->caller_count ? "</ol>" : "");
	}
}

static void print_places(FILE *out, const struct finding *f, const char *target_info)
{
	if (!f->writer_count)
		return;
	fprintf(out, "<section>\n<h2>In the kernel</h2>\n<ul class=\"kernel\">\n");
	for (uint32_t i = 0; i < f->writer_count; i++) {
		const struct finding_writer *w = &f->writers[i];

		fprintf(out, "<li><span>");
		markup_text(out, w->what);
		fprintf(out, "</span> <code class=\"function\">");
		markup_text(out, w->function);
		fprintf(out, "</code>");
		if (w->file[0]) {
			fprintf(out, " <code class=\"place\">");
			markup_format(out, w->line ? "%s:%u" : "%s", w->file, w->line);
			fprintf(out, "</code>");
			source_html(out, target_info, w->file, w->line);
		}
		print_callers(out, w);
		fprintf(out, "</li>\n");
	}
	fprintf(out, "</ul>\n</section>\n");
}

static void print_scenario(FILE *out, const struct timeline *t, const char *name)
{
	size_t n = scenario_text_write_bare(&t->scenario, NULL, 0);
	char *text = malloc(n + 1);

	fprintf(out,
		"<section>\n<h2>Scenario</h2>\n<p>One click selects it all. Save it, then <code>rcfuzz replay --kernel "
		"TREE ");
	markup_text(out, name && *name ? name : "FILE");
	fprintf(out, "</code> shows this on any kernel tree, and <code>git bisect run rcfuzz check --bisect --kernel . "
		     "FILE</code> finds where it came from.</p>\n<pre class=\"scenario\" tabindex=\"0\">");
	if (text) {
		scenario_text_write_bare(&t->scenario, text, n + 1);
		markup_text(out, text);
	}
	fprintf(out, "</pre>\n</section>\n");
	free(text);
}

static void print_others(FILE *out, const struct timeline *t)
{
	uint32_t others = 0;

	for (uint32_t i = 0; i < t->outcome.finding_count; i++) {
		const struct finding *f = &t->outcome.findings[i];

		if (!t->has_finding || !strcmp(f->signature, t->finding.signature))
			continue;
		if (!others++)
			fprintf(out, "<section>\n<h2>The same run also shows</h2>\n<ul class=\"others\">\n");
		fprintf(out, "<li><b>%s</b> ", class_info[f->class].name);
		markup_text(out, f->title);
		fprintf(out, "</li>\n");
	}
	if (others)
		fprintf(out, "</ul>\n</section>\n");
}

static void print_target(FILE *out, const struct timeline *t, const char *target_info)
{
	static const char *const members[] = {"patches", "recipes"};
	cJSON *target = record_json_target(target_info);
	const cJSON *patch;
	char hash[24];

	snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)t->outcome.trace_hash);
	fprintf(out, "<footer>\n<dl class=\"facts\">\n");
	fact(out, "Made by", "rcfuzz " RCFUZZ_VERSION);
	fact_code(out, "Module", record_string(target, "hash"));
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		cJSON_ArrayForEach(patch, cJSON_GetObjectItemCaseSensitive(target, members[i]))
		{
			if (cJSON_IsString(patch))
				fact(out, "Patched with", patch->valuestring);
		}
	}
	fact_code(out, "Trace", hash);
	fprintf(out, "</dl>\n</footer>\n");
	cJSON_Delete(target);
}

void report_html(FILE *out, const struct timeline *t, const char *target_info, const char *name, const char *story,
		 const cJSON *confirm)
{
	print_head(out, t);
	print_finding(out, t);
	print_facts(out, t, target_info);
	print_picture(out, t);
	print_story(out, t, story);
	if (t->has_finding)
		print_places(out, &t->finding, target_info);
	confirmation_html(out, confirm);
	print_scenario(out, t, name);
	print_others(out, t);
	print_target(out, t, target_info);
	fprintf(out, "</main>\n</body>\n</html>\n");
}
