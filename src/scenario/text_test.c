// SPDX-License-Identifier: GPL-2.0-only
/* text_test.c: text and scenario are the same thing, and wrong text is refused with the place and the reason. */
#include "scenario/text.h"

#include "base/rng.h"
#include "scenario/generate.h"
#include "scenario/scenario_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct scenario_file file, again;
static struct scenario_error error;
static char text[SCENARIO_TEXT_MAX], other[SCENARIO_TEXT_MAX];

static bool parse(const char *input)
{
	return scenario_text_parse(input, strlen(input), &file, &error);
}

static void expect_good(const char *input)
{
	if (!parse(input))
		fail_msg("%u:%u: %s", error.line, error.column, error.message);
}

/* `body` follows the first line and is wrong at line:column, and the message contains `part`. */
static void expect_bad(const char *body, unsigned line, unsigned column, const char *part)
{
	snprintf(text, sizeof(text), "rcfuzz-scenario 1\n%s", body);
	if (parse(text))
		fail_msg("accepted: %s", body);
	if (error.line != line || error.column != column || !strstr(error.message, part))
		fail_msg("%u:%u: %s\nwanted %u:%u: ...%s...", error.line, error.column, error.message, line, column,
			 part);
}

static void test_example(void **state)
{
	static const char example[] = "rcfuzz-scenario 1\n"
				      "# story: what this shows,\n"
				      "#\n"
				      "#   and where it comes from\n"
				      "expect 6.12.* page=4k finding lost-dirty-host:tlb:host\n"
				      "expect 6.18+ has=nest-rmap-shadow-lpid pass\n"
				      "expect * pass\n"
				      "signature lost-dirty-host:tlb:f:other-lpid\n"
				      "config page=64k guests=2 slot=32 l1=well-behaved\n"
				      "a host  log.start slot=0\n"
				      "b l1    map       guest=2 n=3 g=4 perm=r rc=none\n"
				      "c l2    store     guest=1 n=3 vcpu=1\n"
				      "aa l1    tlbie     guest=1 n=0 ric=pwc\n"
				      "d migration finish\n"
				      "at hw    evict.tlb cpu=1\n"
				      "crxo l1    rpt       guest=1 n=3 count=5\n";

	(void)state;
	expect_good(example);
	assert_string_equal(file.story, "story: what this shows,\n\n  and where it comes from");
	assert_int_equal(file.expectation_count, 4);
	assert_true(file.expectations[0].page_given);
	assert_string_equal(file.expectations[0].has, "");
	assert_int_equal(file.expectations[0].page, PAGE_4K);
	assert_string_equal(file.expectations[0].pattern, "6.12.*");
	assert_string_equal(file.expectations[0].signature, "lost-dirty-host:tlb:host");
	assert_int_equal(file.expectations[1].kind, EXPECT_PASS);
	assert_string_equal(file.expectations[1].has, "nest-rmap-shadow-lpid");
	assert_int_equal(file.expectations[3].kind, EXPECT_SIGNATURE);
	assert_string_equal(file.expectations[3].signature, "lost-dirty-host:tlb:f:other-lpid");
	assert_int_equal(file.scenario.op_count, 7);
	assert_int_equal(file.scenario.ops[1].kind, OP_L1_MAP);
	assert_int_equal(file.scenario.ops[1].guest, 2);
	assert_int_equal(file.scenario.ops[1].rc, RC_NONE);
	assert_int_equal(file.scenario.ops[3].label, 27);
	assert_int_equal(file.scenario.ops[6].label, 65535);
	assert_int_equal(scenario_text_write(&file, text, sizeof(text)), sizeof(example) - 1);
	assert_string_equal(text, example);
}

/* What people write need not look like what we write. */
static void test_free_form(void **state)
{
	(void)state;
	expect_good(
		"rcfuzz-scenario 1 # comment\r\n\r\n\t# kept\r\n\r\n# not kept\nconfig page=64k # c\nconfig slot=8\n"
		"\n  b   l2\tstore   n=3 guest=1   # why\n# more\n a host harvest");
	scenario_text_write(&file, text, sizeof(text));
	assert_string_equal(text, "rcfuzz-scenario 1\n# kept\nconfig page=64k slot=8\nb l2    store     guest=1 n=3\n"
				  "a host  harvest   slot=0\n");
	expect_good("rcfuzz-scenario 1");
	assert_int_equal(file.scenario.op_count, 0);
	expect_good("rcfuzz-scenario 1\nconfig page=64k l1page=64k\na l1 map size=64k\n");
	assert_int_equal(file.scenario.config.l1page, L1PAGE_SAME);
	assert_int_equal(file.scenario.ops[0].size, SIZE_BASE);
	/* What is not given adapts itself. */
	expect_good("rcfuzz-scenario 1\nconfig backing=huge\n");
	assert_int_equal(file.scenario.config.slot, 32);
	/* A comment that could be taken for a word. */
	expect_good("rcfuzz-scenario 1\na l2 store #n=99999\n");
}

static void test_header_errors(void **state)
{
	(void)state;
	assert_false(parse(""));
	assert_int_equal(error.line, 1);
	assert_non_null(strstr(error.message, "rcfuzz-scenario 1"));
	assert_false(parse("rcfuzz-scenario"));
	assert_false(parse("rcfuzz-scenario 2\n"));
	assert_int_equal(error.column, 17);
	assert_false(parse("rcfuzz-scenario 1 2\n"));
	assert_int_equal(error.column, 19);
	assert_false(parse("# comment\nrcfuzz-scenario 1\n"));
	assert_false(scenario_text_parse(NULL, 0, &file, &error));
}

static void test_config_errors(void **state)
{
	(void)state;
	expect_bad("config page=8k\n", 2, 13, "page is 64k|4k, not `8k`");
	expect_bad("config colour=red\n", 2, 8, "no configuration field `colour`");
	expect_bad("config page\n", 2, 8, "expected field=value");
	expect_bad("config page=\n", 2, 13, "expected a value");
	expect_bad("config =4\n", 2, 8, "expected field=value");
	expect_bad("config cpus=5\n", 2, 13, "cpus is a number from 1 to 4, not `5`");
	expect_bad("config cpus=-1\n", 2, 13, "from 1 to 4");
	expect_bad("config cpus=99999999999999999999\n", 2, 13, "from 1 to 4");
	expect_bad("config cpus=1 cpus=2\n", 2, 15, "twice");
	expect_bad("config page=64k\nconfig slot=200\na l2 store\n", 3, 13,
		   "slot=200 is not possible with this configuration (slot=160 would be)");
	expect_bad("config slot=16 backing=huge\n", 2, 13, "slot=32 would be");
	expect_bad("config kind1=alias\n", 2, 14, "kind1=plain would be");
	expect_bad("a l2 store\nconfig cpus=1\n", 3, 1, "before the first op");
}

static void test_op_errors(void **state)
{
	(void)state;
	expect_bad("A l2 store\n", 2, 1, "expected a label");
	expect_bad("host harvest\n", 2, 1, "expected a label");
	expect_bad("crxp l2 store\n", 2, 1, "expected a label");
	expect_bad("a l2 store\n  a l2 load\n", 3, 3, "label a is given twice");
	expect_bad("a\n", 2, 2, "expected an actor (l2, l1, host, migration, hw)");
	expect_bad("a l3 store\n", 2, 3, "not `l3`");
	expect_bad("a l2 stor\n", 2, 6, "`stor` is nothing that l2 does: enter, exit, load, store, fetch");
	expect_bad("a l2\n", 2, 5, "expected what l2 does");
	expect_bad("a l2 store g=3\n", 2, 12, "l2 store has no field `g`, but vcpu, guest, n, via");
	expect_bad("a migration start n=3\n", 2, 19, "migration start has no field `n`");
	expect_bad("a l2 store n=16\n", 2, 14, "n=16 is not possible with this configuration and op (n=0 would be)");
	expect_bad("a l2 store n=1024\n", 2, 14, "n is a number from 0 to 1023");
	expect_bad("a l2 store n=1 n=1\n", 2, 16, "n is given twice");
	expect_bad("a l2 store n\n", 2, 12, "expected field=value");
	expect_bad("a l2 store vcpu=2\n", 2, 17, "not possible");
	expect_bad("a host harvest slot=1\n", 2, 21, "slot=0 would be");
	expect_bad("a l1 map n=3 size=2m\n", 2, 12, "n=0 would be");
	expect_bad("a l1 map size=4k\n", 2, 15, "size=4k is not possible");
	expect_bad("a host unmap g=14 count=3\n", 2, 25, "count=2 would be");
	expect_bad("config l1=well-behaved\na l1 drop\n", 3, 3, "well-behaved");
}

static void test_point_errors(void **state)
{
	(void)state;
	expect_bad("at f:lock:x#1\n", 2, 1, "interrupted above");
	expect_bad("at\n", 2, 1, "interrupted above");
	expect_bad("a l2 store\nat f:lock:x#1\n", 3, 1, "indented less");
	expect_bad("a l2 store\n  at f:lock:x\n", 3, 6, "expected a yield point");
	expect_bad("a l2 store\n  at f/g#1\n", 3, 6, "expected a yield point");
	expect_bad("a l2 store\n  at #1\n", 3, 6, "expected a yield point");
	expect_bad("a l2 store\n  at f:lo/ck#1\n", 3, 8, "one of lock unlock");
	expect_bad("a l2 store\n  at f:bogus:x#1\n", 3, 8,
		   "one of lock unlock alloc sleep tlbie pte user guest hw host "
		   "read write");
	expect_bad("a l2 store\n  at f:loc:x#1\n", 3, 8, "expected the kind of a yield point");
	expect_bad("a l2 store\n  at f:lock#1\n", 3, 12, "expected a variable");
	expect_bad("a l2 store\n  at f:lock:#1\n", 3, 13, "expected a variable");
	expect_bad("a l2 store\n  at f:lock:a/b#1\n", 3, 14, "expected a variable");
	expect_bad("a l2 store\n  at :lock:x#1\n", 3, 6, "expected a function");
	expect_bad("a l2 store\n  at f|:lock:x#1\n", 3, 7, "expected a function");
	expect_bad("a l2 store\n  at f/g:lock:x#1\n", 3, 7, "expected a function");
	expect_bad("a l2 store\n  at f:lock:"
		   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx#1\n",
		   3, 69, "too long");
	expect_bad("a l2 store\n  at f:lock:x#0\n", 3, 15, "from 1 to 65535");
	expect_bad("a l2 store\n  at f:lock:x#\n", 3, 15, "from 1 to 65535");
	expect_bad("a l2 store\n  at *#3 x\n", 3, 10, "end of the line");
	expect_bad("a l2 store\n  at *#3\n", 3, 1, "expected the op that runs");
	expect_bad("a l2 store\n  at *#3\n  at *#4\n", 4, 3, "expected the op that runs");
	expect_bad("a l2 store\n  at *#3\nb l2 load\n", 4, 1, "indented as that is");
	expect_bad("a l2 store\n  at *#3\n  return\n", 4, 3, "`return` belongs");
	expect_bad("a l2 store\nreturn\n", 3, 1, "`return` belongs");
}

/* What runs inside what comes from the indentation, also where an op is called `at`. */
static void test_points(void **state)
{
	static const char text[] = "rcfuzz-scenario 1\nconfig page=64k\n"
				   "a l2    store     guest=1 n=0\n"
				   "    at f:lock:x#2\n"
				   "    b host  harvest   slot=0\n"
				   "        at *#7\n"
				   "        at l1    load      g=0\n"
				   "        at g:tlbie:page#1\n"
				   "        return\n"
				   "    at f:unlock:x#1\n"
				   "    c l1    load      g=1\n"
				   "d l2    load      guest=1 n=0\n";
	char again[1024];

	(void)state;
	assert_true(scenario_text_parse(text, strlen(text), &file, &error));
	assert_int_equal(file.scenario.op_count, 5);
	assert_int_equal(file.scenario.point_count, 4);
	assert_int_equal(scenario_point_of(&file.scenario, 2)->victim, 1);
	assert_int_equal(scenario_point_of(&file.scenario, 46)->victim, 2);
	assert_int_equal(scenario_point_of(&file.scenario, 3)->victim, 1);
	assert_null(scenario_point_of(&file.scenario, 4));
	assert_int_equal(file.scenario.points[2].child, 0);
	scenario_text_write(&file, again, sizeof(again));
	assert_string_equal(again, text);
}

static void test_expectation_errors(void **state)
{
	char longest[300];

	(void)state;
	expect_bad("expect\n", 2, 7, "expected a pattern");
	expect_bad("expect *\n", 2, 9, "expected page=64k|4k, has=NAME, pass, or finding");
	expect_bad("expect * page=4k\n", 2, 17, "expected has=NAME, pass, or finding");
	expect_bad("expect * has=\n", 2, 14, "expected a value");
	expect_bad("expect * has=x page=4k pass\n", 2, 16, "expected pass, or finding");
	expect_bad("expect * page=5k pass\n", 2, 15, "page is 64k|4k");
	expect_bad("expect * maybe\n", 2, 10, "expected");
	expect_bad("expect * finding\n", 2, 17, "expected a coarse signature");
	expect_bad("expect * finding lost-dirt:x\n", 2, 18, "class of findings");
	expect_bad("expect 6.1*+ pass\n", 2, 8, "expected a version of numbers before the +, as in 6.18+, not `6.1*+`");
	expect_bad("expect + pass\n", 2, 8, "expected a version, as 6.12, 6.18+ or *, not `+`");
	expect_bad("expect nonsense pass\n", 2, 8, "expected a version");
	expect_bad("expect 6,12 pass\n", 2, 8, "expected a version");
	expect_bad("expect v pass\n", 2, 8, "expected a version");
	expect_bad("expect 6.18.+ pass\n", 2, 8, "before the +");
	expect_bad("expect * pass really\n", 2, 15, "end of the line");
	expect_bad("a l2 store\nexpect * pass\n", 3, 1, "before the first op");
	expect_bad("signature\n", 2, 10, "expected a signature");
	expect_bad("signature lost-dirt:tlb:f\n", 2, 11, "class of findings");
	expect_bad("signature warn:none\n", 2, 11, "expected a whole signature");
	expect_bad("signature warn:none:f g\n", 2, 23, "end of the line");
	expect_bad("a l2 store\nsignature warn:none:f\n", 3, 1, "before the first op");
	expect_bad("embargoed\n", 2, 10, "expected a signature");
	expect_bad("embargoed x\n", 2, 11, "class of findings");
	expect_bad("embargoed memory:none\n", 2, 11, "expected a whole signature");
	expect_bad("embargoed warn:none:f\na l2 store\n", 3, 1, "no scenario");
	expect_bad("embargoed warn:none:f\nconfig cpus=1\n", 3, 1, "no scenario");
	expect_bad("config cpus=1\nembargoed warn:none:f\n", 3, 1, "no scenario");
	snprintf(longest, sizeof(longest), "expect %0*d pass\n", 64, 1);
	expect_bad(longest, 2, 8, "at most 63 characters");
	snprintf(longest, sizeof(longest), "embargoed %0*d\n", 160, 1);
	expect_bad(longest, 2, 11, "at most 159 characters");
}

static void test_embargoed(void **state)
{
	static const char entry[] = "rcfuzz-scenario 1\n# told to the maintainers\nembargoed memory:rmap:abc\n";

	(void)state;
	expect_good(entry);
	assert_int_equal(file.expectations[0].kind, EXPECT_EMBARGOED);
	scenario_text_write(&file, text, sizeof(text));
	assert_string_equal(text, entry);
}

/* The module in which yield points are counted: kept in the text, and gone where the binary form has no room for it. */
static void test_module(void **state)
{
	static const char entry[] =
		"rcfuzz-scenario 1\nexpect * pass\nmodule 14cc30755552df6f1ca2cecaa695f9c9\n"
		"config page=64k\na host  harvest   slot=0\n    at *#5\n    b l1    load      g=0\n";
	static const uint8_t binary[64];

	(void)state;
	expect_good(entry);
	assert_string_equal(file.module, "14cc30755552df6f1ca2cecaa695f9c9");
	assert_true(scenario_has_numbers(&file.scenario));
	scenario_text_write(&file, text, sizeof(text));
	assert_string_equal(text, entry);
	assert_true(scenario_file_parse(binary, sizeof(binary), &file, &error));
	assert_string_equal(file.module, "");
	expect_good(
		"rcfuzz-scenario 1\nmodule 14cc3075\na host harvest slot=0\n    at f:lock:l#1\n    b l1 load g=0\n");
	assert_string_equal(file.module, "14cc3075");
	assert_false(scenario_has_numbers(&file.scenario));
	expect_good("rcfuzz-scenario 1\na l2 exit\n");
	assert_string_equal(file.module, "");
	expect_bad("module\n", 2, 7, "expected the hash of a module");
	expect_bad("module 14cc307\n", 2, 8, "expected 8 to 32 hexadecimal digits");
	expect_bad("module 14cc307x\n", 2, 8, "expected 8 to 32 hexadecimal digits");
	expect_bad("module 14cc30755552df6f1ca2cecaa695f9c90\n", 2, 8, "at most 32 characters");
	expect_bad("module 14cc3075 14cc3075\n", 2, 17, "end of the line");
	expect_bad("module 14cc3075\nmodule 14cc3075\n", 3, 1, "already");
	expect_bad("a l2 exit\nmodule 14cc3075\n", 3, 1, "before the first op");
}

static void test_garbage(void **state)
{
	(void)state;
	assert_false(scenario_text_parse("rcfuzz-scenario 1\n# a\0b\n", 24, &file, &error));
	assert_int_equal(error.line, 2);
	assert_int_equal(error.column, 4);
	assert_non_null(strstr(error.message, "0x00"));
	expect_bad("# \x1b[31m\n", 2, 3, "0x1b");
	expect_bad("\xff\xfe\n", 2, 1, "expected a label");
	for (const char *c = error.message; *c; c++)
		assert_in_range(*c, 0x20, 0x7e);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Long lines, many lines, many ops: refused at once, or parsed in no time. */
static void test_huge(void **state)
{
	size_t size = SCENARIO_FILE_BYTES_MAX;
	char *huge = malloc(size + 1);
	static const char *const fill[] = {"a", " ", "\n", "# a story\n", "\t", "=", "config ", "a l2 store\n", "x=y "};
	double start = seconds();

	(void)state;
	for (unsigned f = 0; f < sizeof(fill) / sizeof(fill[0]); f++) {
		size_t at = (size_t)sprintf(huge, "rcfuzz-scenario 1\n");

		for (; at < size; at++)
			huge[at] = fill[f][at % strlen(fill[f])];
		scenario_text_parse(huge, size, &file, &error);
		assert_false(scenario_text_parse(huge, size + 1, &file, &error));
		assert_non_null(strstr(error.message, "1024 KiB"));
	}
	assert_true(seconds() - start < 10);
	free(huge);
}

static void test_too_many_ops(void **state)
{
	size_t at = (size_t)sprintf(text, "rcfuzz-scenario 1\n");
	char label[SCENARIO_LABEL_MAX];

	(void)state;
	for (unsigned i = 1; i <= SCENARIO_OPS_MAX + 1; i++) {
		scenario_label_text((uint16_t)i, label);
		at += (size_t)sprintf(text + at, "%s l2 exit\n", label);
		assert_int_equal(scenario_text_parse(text, at, &file, &error), i <= SCENARIO_OPS_MAX);
	}
	assert_non_null(strstr(error.message, "at most 1024 ops"));
	assert_int_equal(error.line, SCENARIO_OPS_MAX + 2);
}

static void test_labels(void **state)
{
	char label[SCENARIO_LABEL_MAX];

	(void)state;
	for (unsigned i = 1; i <= 65535; i++) {
		scenario_label_text((uint16_t)i, label);
		assert_int_equal(scenario_label_parse(label, strlen(label)), i);
	}
	assert_int_equal(scenario_label_parse("", 0), 0);
	assert_int_equal(scenario_label_parse("a1", 2), 0);
	assert_int_equal(scenario_label_parse("crxp", 4), 0);
	assert_int_equal(scenario_label_parse("aaaaa", 5), 0);
}

/* A file like those that a corpus holds. */
static void random_file(struct rng *rng)
{
	static const char letters[] = "abc xyz#=\n\n \t'";
	struct generate_options options = {.page = (uint8_t)rng_below(rng, PAGE_COUNT), .l1 = L1_ANY};
	size_t length = rng_below(rng, 100);

	scenario_generate(&file.scenario, rng, &options);
	if (rng_chance(rng, 2))
		file.scenario.config.rc = RCMODE_HW;
	file.expectation_count = rng_below(rng, 4);
	for (uint32_t i = 0; i < file.expectation_count; i++) {
		struct scenario_expectation *e = &file.expectations[i];

		*e = (struct scenario_expectation){.kind = (uint8_t)rng_below(rng, EXPECT_EMBARGOED),
						   .pattern = "6.1.*"};
		if (e->kind != EXPECT_PASS)
			strcpy(e->signature, "wrong-page:shadow-pte:l2");
		if (e->kind == EXPECT_SIGNATURE) {
			memset(e->pattern, 0, sizeof(e->pattern));
			e->pattern[0] = '*';
			continue;
		}
		e->page_given = rng_chance(rng, 30);
		if (e->page_given)
			e->page = (uint8_t)rng_below(rng, PAGE_COUNT);
		if (rng_chance(rng, 30))
			strcpy(e->has, "some-recipe");
	}
	for (size_t i = 0; i < length; i++)
		file.story[i] = letters[rng_below(rng, sizeof(letters) - 1)];
	file.story[length] = 0;
}

static void test_round_trip(void **state)
{
	struct rng rng;
	size_t length;

	(void)state;
	rng_seed(&rng, 31);
	for (int round = 0; round < 10000; round++) {
		random_file(&rng);
		length = scenario_text_write(&file, text, sizeof(text));
		assert_true(length < sizeof(text));
		assert_int_equal(length, strlen(text));
		if (!scenario_text_parse(text, length, &again, &error))
			fail_msg("%u:%u: %s\n%s", error.line, error.column, error.message, text);
		assert_true(scenario_equal(&file.scenario, &again.scenario));
		assert_int_equal(file.expectation_count, again.expectation_count);
		assert_memory_equal(file.expectations, again.expectations,
				    file.expectation_count * sizeof(file.expectations[0]));
		/* Blanks at the ends of story lines are not kept; from then on the text stays as it is. */
		length = scenario_text_write(&again, text, sizeof(text));
		assert_true(scenario_text_parse(text, length, &file, &error));
		assert_string_equal(file.story, again.story);
		assert_int_equal(scenario_text_write(&file, other, sizeof(other)), length);
		assert_string_equal(text, other);
	}
}

/* The largest file fits into SCENARIO_TEXT_MAX. */
static void test_longest(void **state)
{
	(void)state;
	memset(&file, 0, sizeof(file));
	scenario_init(&file.scenario);
	for (unsigned i = 0; i < CONFIG_COUNT; i++)
		scenario_field_set(&file.scenario.config, &config_info[i], config_info[i].max);
	file.scenario.config.l1 = L1_ANY;
	file.scenario.op_count = SCENARIO_OPS_MAX;
	for (unsigned i = 0; i < SCENARIO_OPS_MAX; i++) {
		struct scenario_op *op = &file.scenario.ops[i];

		*op = (struct scenario_op){.kind = OP_L1_MAP, .label = (uint16_t)(60000 + i), .vcpu = 3, .guest = 3};
		op->n = op->g = 1000;
		op->size = SIZE_1G;
		op->perm = PERM_NONE;
		op->rc = RC_NONE;
	}
	memset(file.story, '\n', SCENARIO_STORY_MAX - 1);
	file.expectation_count = SCENARIO_EXPECTATIONS_MAX;
	for (unsigned i = 0; i < SCENARIO_EXPECTATIONS_MAX; i++) {
		memset(file.expectations[i].pattern, '*', SCENARIO_PATTERN_MAX - 1);
		memset(file.expectations[i].has, 'x', SCENARIO_PATTERN_MAX - 1);
		memset(file.expectations[i].signature, 'x', SCENARIO_SIGNATURE_MAX - 1);
		file.expectations[i].kind = EXPECT_FINDING;
		file.expectations[i].page_given = true;
	}
	assert_true(scenario_text_write(&file, NULL, 0) < SCENARIO_TEXT_MAX);
	/* Cut, but always a string. */
	assert_int_equal(scenario_text_write(&file, text, 100), scenario_text_write(&file, NULL, 0));
	assert_int_equal(strlen(text), 99);
}

static size_t mutate_text(struct rng *rng, size_t length)
{
	static const char bytes[] = " =#\n\r\t\0azAZ019.-:*/\x7f\x80\xff";

	for (unsigned times = rng_between(rng, 1, 3); times && length; times--) {
		size_t at = rng_below(rng, (uint32_t)length), n = rng_below(rng, 20);

		switch (rng_below(rng, 4)) {
		case 0:
			text[at] = bytes[rng_below(rng, sizeof(bytes) - 1)];
			break;
		case 1: /* remove */
			n = n < length - at ? n : length - at;
			memmove(text + at, text + at + n, length - at - n);
			length -= n;
			break;
		case 2: /* repeat a piece */
			n = n < length - at ? n : length - at;
			memmove(text + at + n, text + at, length - at);
			length += n;
			break;
		default:
			text[at] = (char)rng_next(rng);
		}
	}
	return length;
}

static void test_mutated_text(void **state)
{
	struct rng rng;
	unsigned good = 0;

	(void)state;
	rng_seed(&rng, 32);
	for (int round = 0; round < 40000; round++) {
		char *exact;
		size_t length;

		random_file(&rng);
		length = mutate_text(&rng, scenario_text_write(&file, text, sizeof(text) - 1000));
		/* In a block of its own, so that ASan sees a read too far. */
		exact = malloc(length + !length);
		memcpy(exact, text, length);
		if (scenario_text_parse(exact, length, &file, &error)) {
			good++;
			again = file;
			scenario_canonicalize(&again.scenario);
			assert_true(scenario_equal(&file.scenario, &again.scenario));
			assert_true(scenario_text_write(&file, text, sizeof(text)) < sizeof(text));
			assert_true(scenario_text_parse(text, strlen(text), &again, &error));
			assert_true(scenario_equal(&file.scenario, &again.scenario));
		} else {
			assert_true(error.line > 0 && error.column > 0);
			assert_true(strlen(error.message) > 8);
		}
		free(exact);
	}
	assert_in_range(good, 1000, 39000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),	      cmocka_unit_test(test_free_form),
		cmocka_unit_test(test_header_errors), cmocka_unit_test(test_config_errors),
		cmocka_unit_test(test_op_errors),     cmocka_unit_test(test_point_errors),
		cmocka_unit_test(test_points),	      cmocka_unit_test(test_expectation_errors),
		cmocka_unit_test(test_embargoed),     cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_module),	      cmocka_unit_test(test_huge),
		cmocka_unit_test(test_too_many_ops),  cmocka_unit_test(test_labels),
		cmocka_unit_test(test_round_trip),    cmocka_unit_test(test_longest),
		cmocka_unit_test(test_mutated_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
