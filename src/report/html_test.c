// SPDX-License-Identifier: GPL-2.0-only
/* html_test.c: the page shows what the timeline holds, and text in it stays text. */
#include "report/html.h"
#include "report/markup.h"
#include "report/source.h"
#include "report/words.h"
#include "scenario/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define INFO                                                                                                           \
	"{\"tree\":\"/usr/src/<b>tree</b>\",\"version\":\"6.12.73\",\"page_size\":\"64k\",\"compiler\":\"clang\","     \
	"\"hash\":\"0123456789abcdef\",\"patches\":[\"<i>fix</i>.patch\"],\"recipes\":[\"x.recipe\"]}"

/* c interrupts b, d interrupts c; then e interrupts b; f comes after them. */
static const char story[] = "rcfuzz-scenario 1\nconfig page=64k\na l1 map guest=1 n=3 g=4\nb l2 store guest=1 n=3\n"
			    "c host harvest slot=0\nd l1 load g=1\ne host age g=4\nf hw evict.tlb cpu=1\n";

static const struct run_bits mapped = {.has_l1 = true, .l1_r = true, .l1_c = true};
static const struct run_bits half = {.has_l1 = true, .l1_r = true, .l1_c = true, .has_l0 = true, .l0_r = true};
static const struct run_bits full = {
	.has_l1 = true, .l1_r = true, .l1_c = true, .has_l0 = true, .l0_r = true, .has_tlb = true, .tlb_c = true};

static struct timeline *example(void)
{
	struct timeline *t = calloc(1, sizeof(*t));
	struct scenario_file *file = calloc(1, sizeof(*file));
	struct scenario_error error;

	if (!scenario_text_parse(story, sizeof(story) - 1, file, &error))
		fail_msg("%u:%u: %s", error.line, error.column, error.message);
	t->scenario = file->scenario;
	free(file);
	for (uint32_t i = 0; i < SCENARIO_OPS_MAX; i++)
		t->steps[i].parent = LAYOUT_NONE;
	for (uint32_t i = 0; i < 6; i++)
		t->steps[i].ran = true;
	t->steps[0].after = t->steps[1].before = mapped;
	t->steps[2].before = t->steps[2].after = t->steps[3].before = t->steps[3].after = half;
	t->steps[4].before = t->steps[4].after = half;
	t->steps[1].after = t->steps[5].before = t->steps[5].after = full;
	t->has_finding = true;
	t->watch_guest = 1;
	t->watch_n = 3;
	t->watch_lpage = 4;
	t->part = 2;
	t->finding.op_cause = 1;
	t->finding.op_effect = 5;
	snprintf(t->part_text, sizeof(t->part_text), "the TLB has C, l0-pte has not");
	return t;
}

static void interrupt(struct timeline *t)
{
	t->steps[2].parent = t->steps[4].parent = 1;
	t->steps[3].parent = 2;
	snprintf(t->steps[2].stop.yield_point, sizeof(t->steps[2].stop.yield_point), "fault<1>:lock:tlb_lock#1");
	snprintf(t->steps[3].stop.yield_point, sizeof(t->steps[3].stop.yield_point), "harvest:read:map#2");
}

static char *print(const struct timeline *t, const char *name, const char *author)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	report_html(out, t, INFO, name, author, NULL);
	fclose(out);
	return text;
}

static unsigned count(const char *text, const char *part)
{
	unsigned n = 0;

	for (text = strstr(text, part); text; text = strstr(text + 1, part))
		n++;
	return n;
}

static char *escaped(const char *text)
{
	char *result = NULL;
	size_t n;
	FILE *out = open_memstream(&result, &n);

	markup_text(out, text);
	fclose(out);
	return result;
}

static void text_stays_text(void **state)
{
	static const struct {
		const char *text, *markup;
	} rows[] = {
		{"a<b>&\"c'", "a&lt;b&gt;&amp;&quot;c&#39;"},
		{"one\ttwo\nthree", "one\ttwo\nthree"},
		{"bell\a", "bell\xef\xbf\xbd"},
		{"M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x90\xa7", "M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x90\xa7"},
		/* No UTF-8: a byte that continues nothing, one cut short, one longer than need be, half a pair. */
		{"\x80|", "\xef\xbf\xbd|"},
		{"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xc0\xbc", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		/* What turns the direction of writing, or hides. */
		{"a\xe2\x80\xae"
		 "b\xe2\x80\x8b",
		 "a\xef\xbf\xbd"
		 "b\xef\xbf\xbd"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *markup = escaped(rows[i].text);

		assert_string_equal(markup, rows[i].markup);
		free(markup);
	}
}

/* Everything that others write holds a tag; none may arrive as one. */
static void nothing_from_outside_is_markup(void **state)
{
	static const char evil[] = "<img src=x>\"'><script>";
	struct timeline *t = example();
	struct finding_caller caller = {.line = 1};
	char *text;

	(void)state;
	interrupt(t);
	t->finding.class = CLASS_CRASH;
	t->finding.writer_count = 1;
	snprintf(t->finding.title, sizeof(t->finding.title), "%s", evil);
	snprintf(t->finding.signature, sizeof(t->finding.signature), "a:%s:b", evil);
	snprintf(t->finding.writers[0].what, sizeof(t->finding.writers[0].what), "%s", evil);
	snprintf(t->finding.writers[0].function, sizeof(t->finding.writers[0].function), "%s", evil);
	snprintf(t->finding.writers[0].file, sizeof(t->finding.writers[0].file), "%s", evil);
	t->finding.writers[0].caller_count = 1;
	snprintf(caller.function, sizeof(caller.function), "%s", evil);
	snprintf(caller.file, sizeof(caller.file), "%s", evil);
	t->finding.writers[0].callers[0] = caller;
	snprintf(t->part_text, sizeof(t->part_text), "%s", evil);
	t->outcome.finding_count = 1;
	t->outcome.findings[0] = t->finding;
	snprintf(t->outcome.findings[0].signature, sizeof(t->finding.signature), "another");
	t->change_count = 1;
	t->changes[0] = (struct timeline_change){.op = 3, .new_pte = 1ull << 63};
	snprintf(t->changes[0].place, sizeof(t->changes[0].place), "<img>");
	snprintf(t->changes[0].function, sizeof(t->changes[0].function), "%s", evil);
	snprintf(t->changes[0].file, sizeof(t->changes[0].file), "%s", evil);
	t->changes[0].caller_count = 1;
	t->changes[0].callers[0] = caller;
	t->part = t->changes[0].op;
	for (uint32_t i = 0; i < 6; i++) {
		snprintf(t->steps[i].note, sizeof(t->steps[i].note), "%s", evil);
		snprintf(t->steps[i].stop.yield_point, sizeof(t->steps[i].stop.yield_point), "%s", evil);
	}
	text = print(t, evil, evil);
	assert_int_equal(count(text, "<img"), 0);
	assert_int_equal(count(text, "<script"), 0);
	assert_int_equal(count(text, "<b>tree"), 0);
	assert_int_equal(count(text, "<i>fix"), 0);
	assert_true(count(text, "&lt;img") > 10);
	free(text);
	free(t);
}

/* Nothing is fetched, and nothing could be. */
static void needs_nothing_else(void **state)
{
	static const char *const parts[] = {"src=", "url(", "@import", "<link", "<script", "http:", "https:", "href"};
	struct timeline *t = example();
	char *text = print(t, "story.txt", "");

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		assert_int_equal(count(text, parts[i]), 0);
	assert_non_null(strstr(text, "default-src 'none'"));
	free(text);
	free(t);
}

static void tells_the_finding(void **state)
{
	struct timeline *t = example();
	char *text;

	(void)state;
	t->finding.class = CLASS_LOST_DIRTY_HOST;
	snprintf(t->finding.title, sizeof(t->finding.title), "a store is missing");
	text = print(t, "story.txt", "story: told by a person");
	assert_non_null(strstr(text, "<h1>A store is missing</h1>"));
	assert_non_null(strstr(text, "<blockquote>told by a person</blockquote>"));
	assert_non_null(strstr(text, "a l1    map       guest=1 n=3 g=4\n"));
	assert_non_null(strstr(text, "L1 maps page 3 of guest 1 to its own page 4."));
	assert_non_null(strstr(text, "&lt;i&gt;fix&lt;/i&gt;.patch"));
	assert_non_null(strstr(text, "x.recipe"));
	assert_int_equal(count(text, "this store is lost"), 1);
	assert_int_equal(count(text, "here it shows"), 1);
	assert_null(strstr(text, "security@kernel.org"));
	free(text);
	t->finding.class = CLASS_WRONG_PAGE;
	text = print(t, "story.txt", "a store is missing\nfound by rcfuzz");
	assert_non_null(strstr(text, "security@kernel.org"));
	assert_null(strstr(text, "<blockquote>"));
	free(text);
	t->has_finding = false;
	t->part = LAYOUT_NONE;
	text = print(t, "story.txt", NULL);
	assert_non_null(strstr(text, "no finding"));
	assert_null(strstr(text, "here it shows"));
	free(text);
	free(t);
}

/* The items of the picture in their order, "b+" where others follow in between, "+b" where it goes on. */
static void shows_who_interrupts_whom(void **state)
{
	struct timeline *t = example();
	char *text = print(t, "story.txt", ""), order[64] = "", *at;

	(void)state;
	assert_int_equal(count(text, "class=\"preempts\""), 0);
	assert_int_equal(count(text, "class=\"goes-on"), 0);
	free(text);
	interrupt(t);
	t->steps[3].stop.came = true;
	t->steps[3].stop.where = (struct finding_writer){.function = "get_log",
							 .file = "arch/powerpc/kvm/hv.c",
							 .line = 7,
							 .caller_count = 1,
							 .callers = {{"ioctl", "virt/kvm/main.c", 9}}};
	t->return_count = 1;
	t->returns[0] = (struct timeline_return){3, {.yield_point = "map:read:ptes#1"}};
	text = print(t, "story.txt", "");
	assert_int_equal(count(text, "would let c go on at <code>map:<wbr>read:<wbr>ptes#1</code></p>"), 1);
	for (at = strstr(text, " data-op=\""); at; at = strstr(at + 1, " data-op=\"")) {
		const char *item = at;

		while (item > text && *item != '<')
			item--;
		snprintf(order + strlen(order), sizeof(order) - strlen(order), "%s%c ",
			 strncmp(item, "<li class=\"goes-on", 18) ? "" : "+", at[10]);
	}
	assert_string_equal(order, "a b c d +c e +b f ");
	assert_int_equal(count(text, "class=\"preempts\""), 3);
	assert_int_equal(count(text, "class=\"arrow\""), 3);
	assert_non_null(strstr(text, "interrupts b at <code>fault&lt;1&gt;:<wbr>lock:<wbr>tlb_<wbr>lock#1</code>"));
	assert_non_null(strstr(text, "tlb_<wbr>lock#1</code></p>"));
	assert_non_null(strstr(text,
			       "interrupts c at <code>harvest:<wbr>read:<wbr>map#2</code> in <code>get_<wbr>log</code> "
			       "<span class=\"where\">hv.c:7</span> <span class=\"where\">from</span> "
			       "<code>ioctl</code> <span class=\"where\">main.c:9</span></p>"));
	/* What b came to belongs to its end, and the bits until then are those that c has met. */
	at = strstr(text, "<li class=\"goes-on is-cause\" data-op=\"b\"");
	assert_non_null(at);
	assert_non_null(strstr(at, "tlb .., then -c"));
	assert_true(strstr(text, "tlb .., then -c") > at);
	assert_int_equal(count(text, "class=\"touched\""), 1);
	assert_non_null(strstr(at, "class=\"touched\""));
	assert_true(strstr(text, "l0-pte .., then r-") < at);
	free(text);
	free(t);
}

/* A row of op_words that names a field its op has not, or an op without a row, would show. */
static void every_op_has_words(void **state)
{
	char text[WORDS_MAX];

	(void)state;
	for (unsigned kind = 0; kind < OP_COUNT; kind++) {
		struct scenario_op op = {.kind = (uint8_t)kind, .guest = 1, .count = 1};

		words_op(&op, text, sizeof(text));
		if (!*text || text[strlen(text) - 1] != '.' || strpbrk(text, "{}") || strstr(text, "  "))
			fail_msg("%s %s: %s", op_info[kind].actor, op_info[kind].name, text);
		if (strstr(text, op_info[kind].help))
			fail_msg("%s %s has no words of its own", op_info[kind].actor, op_info[kind].name);
	}
}

static void says_what_changed(void **state)
{
	struct timeline *t = example();
	char text[WORDS_MAX];

	(void)state;
	t->change_count = 2;
	t->changes[0] = (struct timeline_change){.op = 1,
						 .old_pte = 1ull << 63 | 0x180,
						 .new_pte = 1ull << 63 | 0x100,
						 .place = "l0-pte",
						 .function = "f"};
	t->changes[1] =
		(struct timeline_change){.op = 1, .old_pte = 1ull << 63, .place = "shadow-pte", .function = "g"};
	words_effect(t, 1, text, sizeof(text));
	assert_string_equal(text, " f clears C in l0-pte; g removes shadow-pte. The translation in the TLB now has C.");
	t->changes[1] = (struct timeline_change){.op = 1, .word = true, .place = "rmap", .function = "h"};
	words_effect(t, 1, text, sizeof(text));
	assert_string_equal(text, " f clears C in l0-pte; h writes the rmap. The translation in the TLB now has C.");
	t->changes[1].cleared = true;
	words_effect(t, 1, text, sizeof(text));
	assert_string_equal(text, " f clears C in l0-pte; h clears the rmap. The translation in the TLB now has C.");
	t->changes[1] = (struct timeline_change){
		.op = 1, .old_pte = RUN_TLB_VALID | RUN_TLB_R, .place = "tlb", .function = "h"};
	words_effect(t, 1, text, sizeof(text));
	assert_string_equal(text,
			    " f clears C in l0-pte; h removes the translation in the TLB. The translation in the TLB "
			    "now has C.");
	t->steps[1].after.has_tlb = false;
	words_effect(t, 1, text, sizeof(text));
	assert_string_equal(text, " f clears C in l0-pte; h removes the translation in the TLB.");
	t->steps[1].after.has_tlb = true;
	words_effect(t, 0, text, sizeof(text));
	assert_string_equal(text, " L1's entry now has R and C.");
	t->steps[5].ran = false;
	words_effect(t, 5, text, sizeof(text));
	assert_string_equal(text, " It did not run.");
	/* A store that hits the TLB asks nobody. */
	t->steps[1].before = t->steps[1].after;
	t->change_count = 0;
	words_effect(t, 1, text, sizeof(text));
	assert_non_null(strstr(text, "no walk"));
	free(t);
}

/* This file as a tree: the line, three on each side, and nothing from elsewhere. */
static char *source(const char *info, const char *file, uint32_t line)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	source_html(out, info, file, line);
	fclose(out);
	return text;
}

static void shows_lines_of_the_tree_only(void **state)
{
	static const char plain[] = "{\"tree\":\"src\",\"patches\":[],\"recipes\":[]}";
	static const char patched[] = "{\"tree\":\"src\",\"patches\":[\"x\"]}";
	static const struct {
		const char *info, *file;
		uint32_t line;
	} nothing[] = {
		{patched, "report/html_test.c", 2},   {plain, "report/html_test.c", 0}, {plain, "../README.md", 2},
		{plain, "report/../../README.md", 2}, {plain, "/etc/passwd", 1},	{plain, "", 1},
		{plain, "no/such/file.c", 1},	      {"{}", "report/html_test.c", 2},	{NULL, "report/html_test.c", 2},
	};
	char *text = source(plain, "report/html_test.c", 3);

	(void)state;
	assert_non_null(strstr(text, "<i>    1</i>  // SPDX-License-Identifier: GPL-2.0-only\n"));
	assert_non_null(strstr(text, "<b><i>    3</i>  #include &quot;report/html.h&quot;</b>\n"));
	assert_non_null(strstr(text, "<i>    6</i>"));
	assert_null(strstr(text, "<i>    7</i>"));
	free(text);
	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
		text = source(nothing[i].info, nothing[i].file, nothing[i].line);
		assert_string_equal(text, "");
		free(text);
	}
}

/* The scenario stands on the page, and shows another finding too. */
static void a_page_says_whose_secret_it_shows(void **state)
{
	struct timeline *t = example();
	char *text;

	(void)state;
	t->finding.class = CLASS_LOST_DIRTY_HOST;
	text = print(t, "x.txt", NULL);
	assert_int_equal(count(text, "class=\"embargo\""), 0);
	free(text);
	t->outcome.finding_count = 1;
	t->outcome.findings[0].class = CLASS_MEMORY;
	text = print(t, "x.txt", NULL);
	assert_int_equal(count(text, "class=\"embargo\""), 1);
	free(text);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_says_whose_secret_it_shows),
		cmocka_unit_test(text_stays_text),
		cmocka_unit_test(nothing_from_outside_is_markup),
		cmocka_unit_test(needs_nothing_else),
		cmocka_unit_test(tells_the_finding),
		cmocka_unit_test(shows_who_interrupts_whom),
		cmocka_unit_test(every_op_has_words),
		cmocka_unit_test(says_what_changed),
		cmocka_unit_test(shows_lines_of_the_tree_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
