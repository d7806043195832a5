// SPDX-License-Identifier: GPL-2.0-only
/* runner.c: takes scenarios from a virtio-serial port, runs them, and tells what was seen. */
#include "runner.h"
#include "scenario/codec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#define PORT "/dev/vport0p1"
#define IN_BYTES (256u << 10)
#define OUT_BYTES (64u << 10) /* that wait to be sent, about */
#define PORT_TRIES 50	      /* the device appears when its driver is ready */

static struct {
	int port, log;
	/* Questions and answers in bulk: each trip through the emulated device waits for the host. */
	uint8_t in[IN_BYTES];
	size_t in_at, in_bytes;
	uint8_t *out;
	size_t out_bytes, out_room;
	size_t out_head; /* where the answer that is being made begins */
	uint64_t stamp;	 /* that the last store left */
	struct world world;
	uint64_t seen[WORLD_LPAGES][STAGE_PARTS_MAX];	  /* stamps, as last told */
	bool stored[SCENARIO_GUESTS_MAX][WORLD_L2_PAGES]; /* by L2, and L1's harvests have not named it since */
	uint64_t pud[SCENARIO_GUESTS_MAX];		  /* of each guest, that our code is mapped in last */
	bool by_user[WORLD_LPAGES]; /* the VMM has written to it since it was copied: it knows, and copies again */
} runner = {.log = -1};

_Noreturn void runner_die(const char *format, ...)
{
	va_list args;

	fputs("rcfuzz-runner: ", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	exit(1);
}

uint64_t runner_next_stamp(void)
{
	return runner.stamp + 1;
}

void runner_stamped(void)
{
	runner.stamp++;
}

struct machine *runner_machine(void)
{
	return runner.world.machine;
}

/* ---- answers ------------------------------------------------------------------ */

static void put(const void *bytes, size_t n)
{
	if (runner.out_bytes + n > runner.out_room) {
		runner.out_room = 2 * runner.out_room + n;
		runner.out = realloc(runner.out, runner.out_room);
		if (!runner.out)
			runner_die("out of memory");
	}
	memcpy(runner.out + runner.out_bytes, bytes, n);
	runner.out_bytes += n;
}

void runner_record(struct event e, const void *payload, uint32_t bytes)
{
	struct wire_record record = {.payload = bytes};

	e.op = runner.world.task->op;
	memcpy(record.event, &e, sizeof(record.event));
	put(&record, sizeof(record));
	if (bytes)
		put(payload, bytes);
}

static void tell_part(uint32_t lpage, const uint8_t *page, unsigned part)
{
	uint64_t stamp;

	memcpy(&stamp, page + stage_stamp_at(part), sizeof(stamp));
	if (stamp == runner.seen[lpage][part])
		return;
	runner.seen[lpage][part] = stamp;
	runner_record(
		(struct event){.kind = WIRE_CONTENT, .lpage = lpage, .part = (uint8_t)part, .count = (uint32_t)stamp},
		NULL, 0);
}

/* Which pages' bytes the op has changed. */
static void tell_content(void)
{
	const struct layout *l = &runner.world.layout;

	for (uint32_t lpage = 0; lpage < l->data_pages; lpage++) {
		const uint8_t *page;

		if (l->slots[layout_slot_of(l, lpage)].readonly)
			continue;
		page = memory_content(runner.world.machine, layout_hva(l, lpage));
		for (unsigned part = 0; part < stage_parts(l); part++)
			tell_part(lpage, page, part);
	}
}

/* A migration would now hold old bytes of these pages. The actors have just noted what was copied. */
static void tell_losses(const struct event *harvest)
{
	const struct world *w = &runner.world;
	const struct layout_slot *slot = &w->layout.slots[harvest->slot];

	for (uint32_t i = 0; i < slot->pages; i++) {
		uint32_t lpage = slot->first + i;
		bool named = harvest->bitmap[i / 8] >> i % 8 & 1;

		if (!named && !runner.by_user[lpage] &&
		    machine_hostmm_version(w->machine, layout_hva(&w->layout, lpage)) != w->copied[lpage])
			runner_record((struct event){.kind = WIRE_LOST, .slot = harvest->slot, .lpage = lpage}, NULL,
				      0);
		runner.by_user[lpage] &= !named;
	}
}

/* L2 pages that L2 has stored to and that L1 does not know of. */
static void tell_l1_losses(const struct event *harvest)
{
	bool *stored = runner.stored[harvest->guest - 1];

	for (uint32_t n = 0; n < runner.world.layout.l2_pages; n++) {
		bool named = harvest->bitmap[n / 8] >> n % 8 & 1;

		stored[n] &= !named;
		if (stored[n])
			runner_record((struct event){.kind = WIRE_LOST, .guest = harvest->guest, .n = n}, NULL, 0);
	}
}

/* What L1 has to hear of: from the last time on that it named the page, or took all of it, or mapped it. */
static void follow_l1(const struct event *e)
{
	bool *stored = e->guest ? runner.stored[e->guest - 1] : NULL;

	if (e->kind == EV_L2_ACCESS && e->access == ACCESS_STORE && !e->quadrant)
		stored[e->n] = true;
	if (e->kind == EV_L1_PTE && !e->valid)
		memset(&stored[e->n], 0, e->count ? e->count : 1);
	if (e->kind == EV_L1_LOG_START)
		memset(stored, 0, sizeof(runner.stored[0]));
	if (e->kind == EV_L1_HARVEST_END)
		tell_l1_losses(e);
}

static void record_event(struct event e)
{
	const struct world *w = &runner.world;

	if (wire_reaches(&e))
		e.count = frames_lpage(w, e.frame, e.kind == EV_L1_ACCESS ? e.lpage : LAYOUT_NONE);
	runner_record(e, e.bitmap, wire_bitmap_bytes(&e, &w->layout));
}

static void on_event(void *ctx, const struct event *e)
{
	const struct world *w = &runner.world;

	(void)ctx;
	judge_event(w, e);
	follow_l1(e);
	if (e->kind == EV_USER_WRITE)
		runner.by_user[e->lpage] = true;
	if (e->kind == EV_LOG_START)
		memset(&runner.by_user[w->layout.slots[e->slot].first], 0, w->layout.slots[e->slot].pages);
	if (e->kind == EV_HARVEST_END && e->status == 0)
		tell_losses(e);
	if (e->kind == EV_OP_END) {
		memory_op_end(w->machine);
		runner_follow_trees(w);
		tell_content();
	}
	if (wire_visible(e))
		record_event(*e);
}

/* The line of a report that says what it is; not its registers and stack. */
static bool is_alarming(const char *text)
{
	static const char *const words[] = {"WARNING: ", "BUG: ", "kernel BUG", "Oops: ", "INFO: task"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(text, words[i]))
			return true;
	return false;
}

/* Such lines of the kernel's log since the last time. */
static void tell_log(void)
{
	char line[2048];
	ssize_t n;

	while ((n = read(runner.log, line, sizeof(line) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		const char *text;

		if (n < 0)
			continue;
		line[n] = '\0';
		text = strchr(line, ';');
		if (text && is_alarming(text))
			runner_record((struct event){.kind = WIRE_LOG}, text + 1, (uint32_t)strcspn(text + 1, "\n"));
	}
}

static void send_all(const void *bytes, size_t n)
{
	for (const uint8_t *at = bytes; n;) {
		ssize_t sent = write(runner.port, at, n);

		if (sent <= 0)
			runner_die("write to %s: %s", PORT, strerror(errno));
		at += sent;
		n -= (size_t)sent;
	}
}

static void flush_answers(void)
{
	send_all(runner.out, runner.out_bytes);
	runner.out_bytes = runner.out_head = 0;
}

static void begin_answer(void)
{
	const struct wire_head head = {.magic = WIRE_MAGIC};

	runner.out_head = runner.out_bytes;
	put(&head, sizeof(head));
}

static void end_answer(uint32_t id, int status)
{
	struct wire_head head = {.magic = WIRE_MAGIC, .id = id, .status = status};

	head.bytes = (uint32_t)(runner.out_bytes - runner.out_head - sizeof(head));
	memcpy(runner.out + runner.out_head, &head, sizeof(head));
	if (runner.out_bytes >= OUT_BYTES)
		flush_answers();
}

/* ---- questions ------------------------------------------------------------------ */

/* Is there nothing more to read now? */
static bool port_is_idle(void)
{
	struct pollfd fd = {.fd = runner.port, .events = POLLIN};

	return poll(&fd, 1, 0) <= 0 || !(fd.revents & POLLIN);
}

/* Fill the buffer, whatever there is; what was said so far has to be sent before a wait. */
static void fill(void)
{
	ssize_t got;

	if (port_is_idle())
		flush_answers();
	got = read(runner.port, runner.in, sizeof(runner.in));
	if (got < 0)
		runner_die("read from %s: %s", PORT, strerror(errno));
	if (got == 0) /* nobody is there yet, or any more */
		usleep(1000);
	runner.in_at = 0;
	runner.in_bytes = (size_t)got;
}

static void receive(void *bytes, size_t n)
{
	for (uint8_t *at = bytes; n;) {
		size_t part;

		if (runner.in_at == runner.in_bytes)
			fill();
		part = runner.in_bytes - runner.in_at < n ? runner.in_bytes - runner.in_at : n;
		memcpy(at, runner.in + runner.in_at, part);
		runner.in_at += part;
		at += part;
		n -= part;
	}
}

/* L1's tables map our code into each of its guests: from this PUD page on. */
static void map_control(uint64_t pud_gpa)
{
	const struct layout *l = &runner.world.layout;
	const uint64_t valid = 1ull << 63, leaf = 1ull << 62, bits = 0x100 | 0x80 | 4 | 1, shift = l->page_shift;
	const unsigned pte_bits = 21 - (unsigned)shift;
	uint64_t pmd_gpa = CONTROL_GPA + CONTROL_TABLES, pte_gpa = pmd_gpa + 0x1000;
	uint64_t *pmd = (void *)(CONTROL_HVA + CONTROL_TABLES), *pte = pmd + 0x1000 / 8;
	uint64_t *pud = vm_address(pud_gpa);

	pud[CONTROL_GPA >> 30] = __builtin_bswap64(valid | pmd_gpa | 9);
	pmd[0] = __builtin_bswap64(valid | pte_gpa | pte_bits);
	for (uint64_t at = 0; at < CONTROL_TABLES; at += 1ull << shift)
		pte[at >> shift] = __builtin_bswap64(valid | leaf | (CONTROL_GPA + at) | bits);
}

void runner_follow_trees(const struct world *w)
{
	for (unsigned guest = 0; guest < w->config->guests; guest++) {
		uint64_t pud = w->guests[guest].pud;

		if (!pud || pud == runner.pud[guest])
			continue;
		map_control(pud);
		runner.pud[guest] = pud;
		/* L1 has stored to that page in the same op. */
		runner.by_user[layout_lpage(&w->layout, pud)] = true;
	}
}

/* An op interrupts another one at that one's first kernel call, or as much later as the question says (threads.c). */
static void set_points(struct scenario *s, bool race)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < s->point_count && race; i++) {
		if (!s->points[i].child)
			continue;
		s->points[kept] = s->points[i];
		memset(s->points[kept].name, 0, sizeof(s->points[kept].name));
		s->points[kept++].nth = 1;
	}
	s->point_count = kept;
}

static void tell_race(void)
{
	struct race_times times = {0};

	race_times(&times);
	runner_record(
		(struct event){.kind = WIRE_RACE, .n = (uint32_t)times.victim_ns, .count = (uint32_t)times.child_ns},
		NULL, 0);
}

/* Is it an op of a guest, and of nobody else? */
static bool is_guest_op(const struct scenario_op *op)
{
	const char *actor = op_info[op->kind].actor;

	return !strcmp(actor, "l1") || !strcmp(actor, "l2");
}

static void run_ops(struct world *w, const struct scenario *s)
{
	memset(runner.stored, 0, sizeof(runner.stored));
	for (uint32_t i = 0; i < s->op_count; i++) {
		if (scenario_point_of(s, s->ops[i].label))
			continue;
		if (!is_guest_op(&s->ops[i]))
			vcpu_settle(w);
		world_op(w, i);
	}
	vcpu_settle(w);
	tell_log();
}

static bool has_op(const struct scenario *s, enum op_kind kind)
{
	for (uint32_t i = 0; i < s->op_count; i++)
		if (s->ops[i].kind == kind)
			return true;
	return false;
}

static int run(const struct scenario *s, const int32_t *delays, uint32_t count)
{
	struct world *w = &runner.world;
	int status;

	memset((void *)CONTROL_HVA, 0, CONTROL_BYTES);
	vcpu_code((uint8_t *)CONTROL_HVA + CONTROL_CODE);
	memset(runner.seen, 0, sizeof(runner.seen));
	memset(runner.by_user, 0, sizeof(runner.by_user));
	runner.stamp = 0;
	vcpu_begin();
	judge_begin();
	race_begin(w, false, 0);
	memory_expect_collapse(w->machine, has_op(s, OP_HOST_COLLAPSE));
	status = world_begin(w, s);
	if (status != 0)
		return status;
	for (uint32_t i = 0; i < s->op_count; i++)
		if (s->ops[i].kind == OP_HOST_UNSHARE)
			memory_expect_unshare(w->machine, layout_hva(&w->layout, s->ops[i].g));
	/* The first ones begin where the pool does: so no L2 is without it before L1 has made tables. */
	for (unsigned guest = 0; guest < s->config.guests; guest++) {
		runner.pud[guest] = w->layout.guest_pool_gpa[guest];
		map_control(runner.pud[guest]);
	}
	for (uint32_t i = 0; i < count; i++) {
		world_tasks_begin(w);
		race_begin(w, false, 0);
		memory_again(w->machine);
		race_begin(w, s->point_count, delays[i]);
		run_ops(w, s);
		tell_race();
	}
	if (!count)
		run_ops(w, s);
	return 0;
}

static void serve(void)
{
	static struct scenario scenario;
	static uint8_t bytes[CODEC_BYTES_MAX];
	int32_t delays[WIRE_DELAYS_MAX];
	struct wire_head head;
	uint32_t count, before;
	int status;

	receive(&head, sizeof(head));
	count = (uint32_t)head.status;
	before = count * (uint32_t)sizeof(delays[0]);
	if (head.magic != WIRE_MAGIC || count > WIRE_DELAYS_MAX || head.bytes < before ||
	    head.bytes - before > sizeof(bytes))
		runner_die("what comes through %s is no scenario", PORT);
	receive(delays, before);
	receive(bytes, head.bytes - before);
	scenario_decode(&scenario, bytes, head.bytes - before);
	set_points(&scenario, count > 0);
	begin_answer();
	status = run(&scenario, delays, count);
	end_answer(head.id, status);
}

/* ---- the beginning ---------------------------------------------------------------- */

static void on_alarm(int signal)
{
	(void)signal; /* only ends KVM_RUN */
}

static void open_port(void)
{
	for (int tries = 0; tries < PORT_TRIES; tries++) {
		runner.port = open(PORT, O_RDWR | O_CLOEXEC);
		if (runner.port >= 0)
			return;
		usleep(100000);
	}
	runner_die("%s: %s", PORT, strerror(errno));
}

static void say_hello(void)
{
	struct utsname name;
	char text[160];
	int n;

	uname(&name);
	n = snprintf(text, sizeof(text), "%s %ld %08x%s", name.release, sysconf(_SC_PAGESIZE), wire_language(),
		     age_possible() ? " ages" : "");
	begin_answer();
	put(text, (size_t)n);
	end_answer(WIRE_HELLO, 0);
}

int main(void)
{
	const struct sigaction alarm_action = {.sa_handler = on_alarm};
	const struct world_hooks hooks = {.event = on_event};
	static struct target target;

	setvbuf(stdout, NULL, _IONBF, 0);
	sigaction(SIGALRM, &alarm_action, NULL);
	target = vm_target;
	target.page_shift = sysconf(_SC_PAGESIZE) == 4096 ? 12 : 16;
	if (!vm_open())
		runner_die("this kernel has no kvm-hv (/dev/kvm: %s): run ci/stage for one that has", strerror(errno));
	if (mmap((void *)CONTROL_HVA, CONTROL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) == MAP_FAILED ||
	    !world_create(&runner.world, &target, &hooks) || !judge_create())
		runner_die("no memory: %s", strerror(errno));
	runner.log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	lseek(runner.log, 0, SEEK_END);
	threads_begin();
	vcpu_watchdog(true);
	open_port();
	say_hello();
	for (;;)
		serve();
}
