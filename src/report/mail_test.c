// SPDX-License-Identifier: GPL-2.0-only
/* mail_test.c: who gets a mail, and that nothing from a tree can add a header. */
#include "report/mail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAINTAINERS                                                                                                    \
	"Some Body <some@body.example> (maintainer:KERNEL VIRTUAL MACHINE FOR POWERPC (KVM/powerpc))\n"                \
	"linuxppc-dev@lists.example (open list:KERNEL VIRTUAL MACHINE FOR POWERPC (KVM/powerpc))\n"                    \
	"kvm@vger.example (open list:KERNEL VIRTUAL MACHINE (KVM))\n"                                                  \
	"no address here\n"

static struct finding example(enum finding_class class)
{
	struct finding f = {.class = class, .writer_count = 2};

	snprintf(f.writers[0].function, sizeof(f.writers[0].function), "first");
	snprintf(f.writers[0].file, sizeof(f.writers[0].file), "arch/a.c");
	snprintf(f.writers[1].function, sizeof(f.writers[1].function), "second");
	snprintf(f.writers[1].file, sizeof(f.writers[1].file), "arch/b.c");
	return f;
}

static char *head(const struct finding *f, const struct mail *mail)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	mail_head(out, f, mail);
	fclose(out);
	return text;
}

static char *tail(const struct mail *mail)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	mail_tail(out, mail, "story.txt");
	fclose(out);
	return text;
}

static void goes_to_people_and_lists(void **state)
{
	const struct finding f = example(CLASS_WARN);
	const struct mail mail = {.recipients = MAINTAINERS}, unknown = {0};
	char *text = head(&f, &mail);

	(void)state;
	assert_string_equal(text, "To: Some Body <some@body.example>\n"
				  "Cc: linuxppc-dev@lists.example\n"
				  "Cc: kvm@vger.example\n"
				  "Subject: [BUG] KVM: PPC: Book3S HV: warn in second\n\n");
	free(text);
	text = head(&f, &unknown);
	assert_string_equal(text, "Subject: [BUG] KVM: PPC: Book3S HV: warn in second\n\n");
	free(text);
}

/* A guest that reaches what is not its own is no matter for a public list. */
static void secrets_go_to_the_security_list(void **state)
{
	static const enum finding_class classes[] = {CLASS_WRONG_PAGE, CLASS_STALE_ACCESS, CLASS_OVER_PERMISSION,
						     CLASS_MEMORY};
	const struct mail mail = {.recipients = MAINTAINERS};

	(void)state;
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		const struct finding f = example(classes[i]);
		char *text = head(&f, &mail);

		assert_ptr_equal(strstr(text, "To: security@kernel.org\n"), text);
		assert_non_null(strstr(text, "some@body.example"));
		assert_null(strstr(text, "lists.example"));
		assert_null(strstr(text, "vger.example"));
		free(text);
	}
}

/* Nor is what the corpus lists as embargoed, whatever its class. */
static void what_is_embargoed_goes_to_the_security_list(void **state)
{
	const struct mail mail = {.recipients = MAINTAINERS};
	struct finding f = example(CLASS_LOST_DIRTY_HOST);
	char *text;

	(void)state;
	f.embargoed = true;
	text = head(&f, &mail);
	assert_ptr_equal(strstr(text, "To: security@kernel.org\n"), text);
	assert_non_null(strstr(text, "some@body.example"));
	assert_null(strstr(text, "lists.example"));
	free(text);
}

/* The scenario in the mail shows another finding, which is not for a list. */
static void neither_does_what_comes_with_a_secret(void **state)
{
	const struct mail mail = {.recipients = MAINTAINERS, .embargoed = true};
	const struct finding f = example(CLASS_WARN);
	char *text = head(&f, &mail);

	(void)state;
	assert_ptr_equal(strstr(text, "To: security@kernel.org\n"), text);
	assert_null(strstr(text, "lists.example"));
	free(text);
}

static void the_subject_names_a_function(void **state)
{
	struct finding f = example(CLASS_WARN);
	const struct mail mail = {0};
	char *text;

	(void)state;
	/* What was invalidated instead, say. */
	snprintf(f.writers[1].function, sizeof(f.writers[1].function), "other-lpid");
	f.writers[1].file[0] = '\0';
	text = head(&f, &mail);
	assert_string_equal(text, "Subject: [BUG] KVM: PPC: Book3S HV: warn in first\n\n");
	free(text);
	f.writers[0].file[0] = '\0'; /* nor does this kernel name its lines */
	text = head(&f, &mail);
	assert_string_equal(text, "Subject: [BUG] KVM: PPC: Book3S HV: warn in first\n\n");
	free(text);
}

static void long_subjects_are_cut_at_a_word(void **state)
{
	struct finding f = example(CLASS_LOST_DIRTY_HOST);
	const struct mail mail = {0};
	char *text;

	(void)state;
	memset(f.writers[1].function, 'x', sizeof(f.writers[1].function) - 1);
	text = head(&f, &mail);
	assert_string_equal(text, "Subject: [BUG] KVM: PPC: Book3S HV: lost-dirty-host\n\n");
	free(text);
}

static void nothing_adds_a_header(void **state)
{
	const struct finding f = example(CLASS_WARN);
	const struct mail mail = {
		.recipients = "A\rBcc: <a@b> (maintainer)\n", .describe = "v6.12\nBcc: x", .fixes = "123 (\"a\nb\")"};
	char *text = head(&f, &mail);

	(void)state;
	assert_non_null(strstr(text, "To: A?Bcc: <a@b>\nSubject"));
	free(text);
	text = tail(&mail);
	assert_non_null(strstr(text, "Seen on v6.12?Bcc: x (git describe).\n"));
	assert_non_null(strstr(text, "Fixes: 123 (\"a?b\")\n"));
	free(text);
}

static void says_since_when_if_it_is_known(void **state)
{
	const struct mail known = {.describe = "v6.12-3-gabcdef", .fixes = "1234567890ab (\"KVM: x\")"}, unknown = {0};
	char *text = tail(&known);

	(void)state;
	assert_non_null(strstr(text, "\nSeen on v6.12-3-gabcdef (git describe).\n"));
	assert_non_null(strstr(text, "\nFixes: 1234567890ab (\"KVM: x\")\n"));
	free(text);
	text = tail(&unknown);
	assert_null(strstr(text, "Seen on"));
	assert_null(strstr(text, "Fixes"));
	assert_null(strstr(text, "isection"));
	assert_non_null(strstr(text, "rcfuzz replay --kernel TREE story.txt"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_to_people_and_lists),
		cmocka_unit_test(secrets_go_to_the_security_list),
		cmocka_unit_test(long_subjects_are_cut_at_a_word),
		cmocka_unit_test(nothing_adds_a_header),
		cmocka_unit_test(says_since_when_if_it_is_known),
		cmocka_unit_test(what_is_embargoed_goes_to_the_security_list),
		cmocka_unit_test(neither_does_what_comes_with_a_secret),
		cmocka_unit_test(the_subject_names_a_function),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
