// SPDX-License-Identifier: GPL-2.0-only
/* mail.c: see mail.h. */
#include "report/mail.h"

#include "report/record.h"

#include <stdbool.h>
#include <string.h>

#define SECURITY_LIST "security@kernel.org"
#define SUBJECT "Subject: [BUG] KVM: PPC: Book3S HV: "

/* Characters that end a line or hide something have no place in a header. */
static void print_plain(FILE *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fputc((unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i], out);
}

/* "Name <address> (role:SUBSYSTEM (more))": the role begins behind the address. */
static void print_recipient(FILE *out, const char *line, size_t n, bool lists)
{
	const char *at = memchr(line, '@', n), *role = at ? memmem(at, n - (size_t)(at - line), " (", 2) : NULL;
	size_t address = role ? (size_t)(role - line) : n;
	/* "(open list:SUBSYSTEM)", "(moderated list:...)", or only "(open list)". */
	bool list = role && (memmem(role, n - address, " list:", 6) || memmem(role, n - address, " list)", 6));

	if (!at || (list && !lists))
		return;
	fputs(list ? "Cc: " : "To: ", out);
	print_plain(out, line, address);
	fputc('\n', out);
}

/* Whose bug it is: the last one in the kernel's own lines. What has no file is a note, such as "other-lpid". */
static const char *blamed(const struct finding *finding)
{
	for (uint32_t i = finding->writer_count; i; i--) {
		if (finding->writers[i - 1].file[0])
			return finding->writers[i - 1].function;
	}
	return finding->writer_count ? finding->writers[0].function : "";
}

void mail_head(FILE *out, const struct finding *finding, const struct mail *mail)
{
	const char *function = blamed(finding);
	const char *class = class_info[finding->class].name;
	bool sensitive = mail->embargoed || record_embargo(finding);

	if (sensitive)
		fprintf(out, "To: %s\n", SECURITY_LIST);
	for (const char *line = mail->recipients ? mail->recipients : ""; *line; line += *line == '\n') {
		size_t n = strcspn(line, "\n");

		print_recipient(out, line, n, !sensitive);
		line += n;
	}
	fprintf(out, SUBJECT "%s", class);
	if (*function && strlen(SUBJECT) + strlen(class) + strlen(" in ") + strlen(function) <= MAIL_COLUMNS)
		fprintf(out, " in %s", function);
	fprintf(out, "\n\n");
}

void mail_tail(FILE *out, const struct mail *mail, const char *name)
{
	bool described = mail->describe && *mail->describe, fixes = mail->fixes && *mail->fixes;

	fputc('\n', out);
	if (described) {
		fputs("Seen on ", out);
		print_plain(out, mail->describe, strlen(mail->describe));
		fputs(" (git describe).\n", out);
	}
	if (fixes)
		fputs("A bisection ends at the commit below.\n", out);
	fprintf(out,
		"To see it, save the scenario above as %s and run\n\n"
		"   rcfuzz replay --kernel TREE %s\n\n",
		name, name);
	if (fixes) {
		fputs("Fixes: ", out);
		print_plain(out, mail->fixes, strlen(mail->fixes));
		fputc('\n', out);
	}
}
