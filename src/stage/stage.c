// SPDX-License-Identifier: GPL-2.0-only
/* stage.c: QEMU with a kernel of the stage, and the port to the runner in it. */
#include "stage.h"

#include "base/file.h"
#include "scenario/codec.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How long an answer may take, and a boot twice as long: a guest that takes longer hangs. */
#define PATIENCE_SECONDS 60
#define PATIENCE_SECONDS_MAX 3600
/* Older ones set R and C in partition-scoped entries themselves, which POWER9 does not. */
#define QEMU_LEAST 10
#define CONSOLE_BYTES_MAX (8u << 20)
#define CONSOLE_LINES 12 /* of its end, in a message */

static const char emulator_ended[] = "the emulator ended";
static const char interrupted[] = "interrupted";
/* How long nobody looks whether to stop. */
#define STOP_MS 100
#define INBOX_BYTES (64u << 10) /* at a time */

struct stage {
	struct stage_facts facts;
	char folder[PATH_MAX];	/* of the stage */
	char scratch[PATH_MAX]; /* socket and console */
	pid_t qemu;		/* -1: none, or it has ended */
	int port;
	bool connected; /* its port was there */
	unsigned cpus;
	uint32_t sent, received;
	struct records inbox; /* what came while a question was being sent; */
	size_t inbox_at;      /* so much of it is taken */
	const volatile sig_atomic_t *stop;
};

/* A slow machine may need more: $RCFUZZ_STAGE_PATIENCE. */
static int patience(void)
{
	const char *own = getenv("RCFUZZ_STAGE_PATIENCE");
	int seconds = own ? atoi(own) : 0;

	return seconds > 0 && seconds <= PATIENCE_SECONDS_MAX ? seconds : PATIENCE_SECONDS;
}

bool stage_folder(char *path, size_t size)
{
	const char *own = getenv("RCFUZZ_STAGE"), *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	int n;

	if (own && *own)
		n = snprintf(path, size, "%s", own);
	else if (cache && *cache)
		n = snprintf(path, size, "%s/rcfuzz/stage", cache);
	else if (home && *home)
		n = snprintf(path, size, "%s/.cache/rcfuzz/stage", home);
	else
		return false;
	return n > 0 && (size_t)n < size;
}

/* "FOLDER/NAME" or "FOLDER/kernel/KERNEL/NAME". */
static bool stage_path(const struct stage *s, bool of_kernel, const char *name, char path[PATH_MAX])
{
	int n = of_kernel ? snprintf(path, PATH_MAX, "%s/kernel/%s/%s", s->folder, s->facts.kernel, name)
			  : snprintf(path, PATH_MAX, "%s/%s", s->folder, name);

	return n > 0 && n < PATH_MAX;
}

/* The first line of a file of the stage. */
static bool read_line(const struct stage *s, bool of_kernel, const char *name, char *line, size_t line_size)
{
	char path[PATH_MAX], error[256], *text = NULL;
	size_t size;

	if (!stage_path(s, of_kernel, name, path) || file_read(path, 4096, &text, &size, error, sizeof(error)) != 0)
		return false;
	snprintf(line, line_size, "%.*s", (int)strcspn(text, "\n"), text);
	free(text);
	return true;
}

/* ---- QEMU ------------------------------------------------------------------------ */

static _Noreturn void exec_qemu(const struct stage *s, pid_t parent)
{
	const char *cpus = s->cpus == 2 ? "2" : "1", *dtb = s->cpus == 2 ? "dtb-2" : "dtb-1";
	char boot[PATH_MAX], errors[PATH_MAX + 32], socket_arg[PATH_MAX + 64], console[PATH_MAX + 32];
	const char *const argv[] = {boot,	s->facts.kernel,
				    cpus,	dtb,
				    "-monitor", "none",
				    "-serial",	console,
				    "-chardev", socket_arg,
				    "-device",	"virtio-serial-pci,bus=pcie.0",
				    "-device",	"virtserialport,chardev=port,name=rcfuzz",
				    NULL};

	/* No emulator is left behind, whatever becomes of us; and ctrl-c is for us to hear. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	if (getppid() != parent || !stage_path(s, false, "boot", boot))
		_exit(127);
	snprintf(socket_arg, sizeof(socket_arg), "socket,id=port,path=%s/port,server=on,wait=off", s->scratch);
	snprintf(console, sizeof(console), "file:%s/console", s->scratch);
	snprintf(errors, sizeof(errors), "%s/errors", s->scratch);
	if (!freopen("/dev/null", "r", stdin) || !freopen(errors, "w", stderr))
		_exit(127);
	execv(boot, (char *const *)argv);
	_exit(127);
}

static bool is_stopped(const struct stage *s)
{
	return s->stop && *s->stop;
}

static bool connect_port(struct stage *s)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct timespec pause = {.tv_nsec = 20000000};

	int length = snprintf(address.sun_path, sizeof(address.sun_path), "%s/port", s->scratch);

	if (length < 0 || (size_t)length >= sizeof(address.sun_path))
		return false;
	s->port = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	for (int tries = 0; s->port >= 0 && tries < 500 && !is_stopped(s); tries++) {
		if (connect(s->port, (struct sockaddr *)&address, sizeof(address)) == 0)
			return true;
		if (waitpid(s->qemu, NULL, WNOHANG) == s->qemu) {
			s->qemu = -1;
			return false;
		}
		nanosleep(&pause, NULL);
	}
	return false;
}

/* The last lines of a file of the scratch folder. */
static void end_of(const struct stage *s, const char *name, int lines, char *text, size_t size)
{
	char path[PATH_MAX + 16], *bytes = NULL, ignored[64];
	size_t n;
	const char *from;

	snprintf(path, sizeof(path), "%s/%s", s->scratch, name);
	*text = '\0';
	if (file_read(path, CONSOLE_BYTES_MAX, &bytes, &n, ignored, sizeof(ignored)) != 0)
		return;
	from = bytes + n;
	for (int found = 0; from > bytes; from--) {
		found += from[-1] == '\n';
		if (found > lines)
			break;
	}
	snprintf(text, size, "%s", from);
	free(bytes);
}

/* How an emulator that has ended did so, and what it says about it: "" if it went by itself without a word. */
static void ended_how(struct stage *s, char *text, size_t size)
{
	const struct timespec pause = {.tv_nsec = 20000000};
	char words[256];
	int status;
	pid_t pid = 0;

	*text = '\0';
	/* Its socket may close a little earlier than it ends. */
	for (int tries = 0; s->qemu > 0 && pid == 0 && tries < 50; tries++) {
		pid = waitpid(s->qemu, &status, WNOHANG);
		if (pid == 0)
			nanosleep(&pause, NULL);
	}
	if (pid <= 0)
		return;
	s->qemu = -1;
	end_of(s, "errors", 1, words, sizeof(words));
	words[strcspn(words, "\n")] = '\0';
	if (!WIFSIGNALED(status) && WEXITSTATUS(status) == 0)
		return;
	snprintf(text, size, " %s %d%s%s", WIFSIGNALED(status) ? "by signal" : "with exit",
		 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), *words ? ": " : "", words);
}

/* Lines of the firmware ("[    1.391488589,2] NVRAM: ...") say nothing of what is tested: they go. */
static void drop_firmware(char *text)
{
	char *to = text;

	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n");
		char level;

		n += line[n] == '\n';
		if (sscanf(line, "[%*[ 0-9].%*[0-9],%c]", &level) != 1) {
			memmove(to, line, n);
			to += n;
		}
		line += n;
	}
	*to = '\0';
}

/* Why the runner has ended, in its own words: a line of the console. NULL: it does not say. */
static char *runner_says(char *console)
{
	static const char name[] = "rcfuzz-runner: ";
	char *at = strstr(console, name);

	/* The first one is the reason; then init says how it ended. */
	if (!at || !strncmp(at + strlen(name), "exit ", 5))
		return NULL;
	at[strcspn(at, "\r\n")] = '\0';
	return at;
}

/* The end of the stage: what happened, and why the runner gave up or the console's last words. */
static bool lost(struct stage *s, const char *what, char *error, size_t error_size)
{
	char console[1024], how[320] = "", *reason;

	if (what == interrupted) {
		snprintf(error, error_size, "%s", what);
		return false;
	}
	if (what == emulator_ended)
		ended_how(s, how, sizeof(how));
	end_of(s, "console", CONSOLE_LINES, console, sizeof(console));
	drop_firmware(console);
	reason = runner_says(console);
	if (reason)
		snprintf(error, error_size, "%s: %s%s: %s", s->facts.kernel, what, how, reason);
	else if (!*console)
		snprintf(error, error_size, "%s: %s%s; the kernel has not said a word", s->facts.kernel, what, how);
	else
		snprintf(error, error_size, "%s: %s%s; its console ends:\n%s", s->facts.kernel, what, how, console);
	return false;
}

char *stage_console(const struct stage *s)
{
	char path[PATH_MAX + 16], *bytes = NULL, ignored[64];
	size_t n;

	snprintf(path, sizeof(path), "%s/console", s->scratch);
	file_read(path, CONSOLE_BYTES_MAX, &bytes, &n, ignored, sizeof(ignored));
	return bytes;
}

/* ---- the port --------------------------------------------------------------------- */

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t deadline_in(int seconds)
{
	return now_ms() + 1000ll * seconds;
}

/* Wait for one of these events of poll(2): *ready. NULL, or what went wrong. */
static const char *await(const struct stage *s, short events, int64_t deadline, short *ready)
{
	struct pollfd fd = {.fd = s->port, .events = events};

	for (;;) {
		int64_t left = deadline - now_ms();

		if (is_stopped(s))
			return interrupted;
		if (left <= 0)
			return "the guest hangs (a slow machine? RCFUZZ_STAGE_PATIENCE=seconds)";
		if (poll(&fd, 1, (int)(left < STOP_MS ? left : STOP_MS)) > 0)
			break;
	}
	*ready = fd.revents;
	return NULL;
}

static bool would_wait(ssize_t result)
{
	return result < 0 && (errno == EINTR || errno == EAGAIN);
}

static const char *receive_bytes(struct stage *s, void *bytes, size_t n, int64_t deadline)
{
	uint8_t *at = bytes;
	size_t kept = s->inbox.size - s->inbox_at;

	if (kept > n)
		kept = n;
	if (kept)
		memcpy(at, s->inbox.bytes + s->inbox_at, kept);
	s->inbox_at += kept;
	if (s->inbox_at == s->inbox.size)
		s->inbox.size = s->inbox_at = 0;
	while (kept < n) {
		short ready;
		const char *wrong = await(s, POLLIN, deadline, &ready);
		ssize_t got = wrong ? 0 : recv(s->port, at + kept, n - kept, MSG_DONTWAIT);

		if (wrong)
			return wrong;
		if (would_wait(got))
			continue;
		if (got <= 0)
			return emulator_ended;
		kept += (size_t)got;
	}
	return NULL;
}

/* The runner may wait until its answers are taken, and takes no question before that. */
static const char *take_answers(struct stage *s)
{
	uint8_t *at = records_extend(&s->inbox, INBOX_BYTES);
	ssize_t got;

	if (!at)
		return "out of memory";
	got = recv(s->port, at, INBOX_BYTES, MSG_DONTWAIT);
	s->inbox.size -= INBOX_BYTES - (got > 0 ? (size_t)got : 0);
	return got > 0 || would_wait(got) ? NULL : emulator_ended;
}

static const char *send_bytes(struct stage *s, const uint8_t *bytes, size_t n, int64_t deadline)
{
	while (n) {
		short ready = 0;
		const char *wrong = await(s, POLLIN | POLLOUT, deadline, &ready);
		ssize_t sent = 0;

		if (!wrong && (ready & ~POLLOUT))
			wrong = take_answers(s);
		if (wrong)
			return wrong;
		if (ready & POLLOUT)
			sent = send(s->port, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && !would_wait(sent))
			return emulator_ended;
		bytes += sent > 0 ? sent : 0;
		n -= sent > 0 ? (size_t)sent : 0;
	}
	return NULL;
}

static const char *receive_answer(struct stage *s, struct wire_head *head, struct records *records, int seconds)
{
	int64_t deadline = deadline_in(seconds);
	const char *wrong = receive_bytes(s, head, sizeof(*head), deadline);
	uint8_t *at;

	if (wrong)
		return wrong;
	if (head->magic != WIRE_MAGIC || head->bytes > WIRE_BYTES_MAX)
		return "what the runner says is no answer";
	records->size = 0;
	at = records_extend(records, head->bytes);
	return at ? receive_bytes(s, at, head->bytes, deadline) : "out of memory";
}

static bool greet(struct stage *s, char *error, size_t error_size)
{
	struct records hello = {0};
	struct wire_head head;
	const char *wrong = receive_answer(s, &head, &hello, 2 * patience());
	char text[160], more[16] = "";
	unsigned page_size = 0, language = 0;

	if (!wrong && head.id != WIRE_HELLO)
		wrong = "the runner does not say who it is";
	if (wrong) {
		records_free(&hello);
		return lost(s, wrong, error, error_size);
	}
	snprintf(text, sizeof(text), "%.*s", (int)hello.size, (const char *)hello.bytes);
	records_free(&hello);
	if (sscanf(text, "%95s %u %x %15s", s->facts.release, &page_size, &language, more) < 2)
		return lost(s, "the runner does not say who it is", error, error_size);
	if (language != wire_language()) {
		snprintf(error, error_size,
			 "the stage was prepared by another rcfuzz (%08x, this is %08x): run ci/stage %s", language,
			 wire_language(), s->facts.kernel);
		return false;
	}
	s->facts.page_shift = page_size == 4096 ? 12 : 16;
	s->facts.ages = !strcmp(more, "ages");
	return true;
}

/* One boot, up to the runner's first word. False: *error says why; `qemu` is -1 if the emulator has ended. */
static bool boot(struct stage *s, char *error, size_t error_size)
{
	const char *tmp = getenv("TMPDIR");
	pid_t parent = getpid();

	snprintf(s->scratch, sizeof(s->scratch), "%s/rcfuzz-stage-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(s->scratch)) {
		snprintf(error, error_size, "cannot make %s: %s", s->scratch, strerror(errno));
		*s->scratch = '\0';
		return false;
	}
	s->qemu = fork();
	if (s->qemu == 0)
		exec_qemu(s, parent);
	s->connected = s->qemu > 0 && connect_port(s);
	if (!s->connected && is_stopped(s))
		return lost(s, interrupted, error, error_size);
	if (!s->connected) {
		char why[512];

		end_of(s, "errors", 1, why, sizeof(why));
		snprintf(error, error_size, "%s/boot does not start; run ci/stage (or a shorter TMPDIR): %s", s->folder,
			 why);
		return false;
	}
	return greet(s, error, error_size);
}

/* End the emulator and remove its folder. */
static void clear_up(struct stage *s)
{
	static const char *const files[] = {"port", "console", "errors"};
	char path[PATH_MAX + 16];

	if (s->port >= 0)
		close(s->port);
	s->port = -1;
	if (s->qemu > 0) {
		kill(s->qemu, SIGKILL);
		waitpid(s->qemu, NULL, 0);
	}
	s->qemu = -1;
	s->inbox.size = s->inbox_at = 0;
	if (!*s->scratch)
		return;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", s->scratch, files[i]);
		unlink(path);
	}
	rmdir(s->scratch);
	*s->scratch = '\0';
}

struct stage *stage_start(const char *kernel, unsigned cpus, const volatile sig_atomic_t *stop, char *error,
			  size_t error_size)
{
	struct stage *s = calloc(1, sizeof(*s));

	if (!s || !stage_folder(s->folder, sizeof(s->folder))) {
		snprintf(error, error_size, "no folder for the stage: set RCFUZZ_STAGE or HOME");
		free(s);
		return NULL;
	}
	s->port = -1;
	s->qemu = -1;
	s->cpus = cpus;
	s->stop = stop;
	snprintf(s->facts.kernel, sizeof(s->facts.kernel), "%s", kernel);
	if (!read_line(s, true, "package", s->facts.package, sizeof(s->facts.package)) ||
	    !read_line(s, false, "qemu-version", s->facts.qemu, sizeof(s->facts.qemu))) {
		snprintf(error, error_size, "no kernel %s on the stage: run ci/stage %s first", kernel, kernel);
		stage_stop(s);
		return NULL;
	}
	if (atoi(s->facts.qemu) < QEMU_LEAST) {
		snprintf(error, error_size,
			 "QEMU %s on the stage is too old, %d or newer is needed: remove %s/qemu, run ci/stage",
			 s->facts.qemu, QEMU_LEAST, s->folder);
		stage_stop(s);
		return NULL;
	}
	for (int boots = 0; boots < 2; boots++) {
		if (boot(s, error, error_size))
			return s;
		if (!s->connected || s->qemu > 0)
			break;
		/* It came up and went away. Once that may be the emulator's doing, which is not what we are after. */
		if (boots == 0)
			fprintf(stderr, "rcfuzz: booting again: %.*s\n", (int)strcspn(error, ";\n"), error);
		clear_up(s);
	}
	stage_stop(s);
	return NULL;
}

void stage_stop(struct stage *s)
{
	if (s) {
		clear_up(s);
		records_free(&s->inbox);
	}
	free(s);
}

const struct stage_facts *stage_facts(const struct stage *s)
{
	return &s->facts;
}

bool stage_send(struct stage *s, const struct scenario *scenario, const int32_t *delays, unsigned count, char *error,
		size_t error_size)
{
	uint8_t bytes[sizeof(struct wire_head) + WIRE_DELAYS_MAX * sizeof(*delays) + CODEC_BYTES_MAX];
	struct wire_head head = {.magic = WIRE_MAGIC, .id = s->sent++, .status = (int32_t)count};
	size_t before = count * sizeof(*delays), n;
	const char *wrong;

	assert(count <= WIRE_DELAYS_MAX);
	if (count)
		memcpy(bytes + sizeof(head), delays, before);
	head.bytes = (uint32_t)(before + scenario_encode(scenario, bytes + sizeof(head) + before, CODEC_BYTES_MAX));
	memcpy(bytes, &head, sizeof(head));
	n = sizeof(head) + head.bytes;
	wrong = send_bytes(s, bytes, n, deadline_in(patience()));
	return !wrong || lost(s, wrong, error, error_size);
}

bool stage_receive(struct stage *s, struct records *records, char *error, size_t error_size)
{
	struct wire_head head;
	const char *wrong = receive_answer(s, &head, records, patience());

	if (!wrong && head.id != s->received++)
		wrong = "an answer to another question";
	if (!wrong && head.status != 0)
		wrong = strerror(-head.status);
	return !wrong || lost(s, wrong, error, error_size);
}

bool stage_run(struct stage *s, const struct scenario *scenario, struct records *records, char *error,
	       size_t error_size)
{
	return stage_send(s, scenario, NULL, 0, error, error_size) && stage_receive(s, records, error, error_size);
}
