// SPDX-License-Identifier: GPL-2.0-only
/* stage_test.c: whatever the emulator does: one message says what it was, and nothing waits for ever. */
#include "stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>

#include <cmocka.h>

static char folder[64];

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0700), 0);
}

/* In the place of an emulator: opens the console and the port that it is told of, then does as `body` says. */
static void write_boot(const char *body)
{
	static const char head[] =
		"#!/usr/bin/env python3\n"
		"import socket, struct, sys, time\n"
		"a = sys.argv\n"
		"path = [x for x in a if x.startswith('socket,')][0].split('path=')[1].split(',')[0]\n"
		"console = open([x for x in a if x.startswith('file:')][0][5:], 'w')\n"
		"s = socket.socket(socket.AF_UNIX)\n"
		"s.bind(path)\n"
		"s.listen(1)\n"
		"c = s.accept()[0]\n"
		"def say(text): print(text, file=console, flush=True)\n"
		"def answer(id, payload, status=0):\n"
		"    c.sendall(struct.pack('<IIIi', 0x31667a72, id, len(payload), status) + payload)\n"
		"def hello(): answer(0xffffffff, ('6.12-test 65536 ' + language).encode())\n";
	char text[2048];

	snprintf(text, sizeof(text), "%slanguage = '%08x'\n%s", head, wire_language(), body);
	write_file("boot", text);
}

static int make_stage(void **state)
{
	char path[128];

	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/rcfuzz-stage-test-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/kernel", folder);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/kernel/6.12-64k", folder);
	mkdir(path, 0700);
	write_file("kernel/6.12-64k/package", "linux-image-test 1\n");
	write_file("qemu-version", "10.0.2\n");
	setenv("RCFUZZ_STAGE", folder, 1);
	setenv("RCFUZZ_STAGE_PATIENCE", "1", 1);
	return 0;
}

static int remove_stage(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

/* It does not start, and says so. */
static void assert_refused(const char *kernel, const char *words)
{
	char error[2048] = "";
	struct stage *s = stage_start(kernel, 1, NULL, error, sizeof(error));

	assert_null(s);
	if (!strstr(error, words))
		fail_msg("'%s' is not in: %s", words, error);
}

static void assert_not_refused_with(const char *words)
{
	char error[2048] = "";

	assert_null(stage_start("6.12-64k", 1, NULL, error, sizeof(error)));
	assert_null(strstr(error, words));
}

static void a_kernel_that_is_not_there(void **state)
{
	(void)state;
	assert_refused("6.1-64k", "no kernel 6.1-64k on the stage: run ci/stage 6.1-64k first");
}

static void a_qemu_that_is_too_old(void **state)
{
	(void)state;
	write_file("qemu-version", "7.2.15\n");
	assert_refused("6.12-64k", "QEMU 7.2.15 on the stage is too old, 10 or newer is needed");
}

static void an_emulator_that_does_not_start(void **state)
{
	(void)state;
	write_file("boot", "#!/bin/sh\necho no such machine >&2\nexit 1\n");
	assert_refused("6.12-64k", "does not start");
	assert_refused("6.12-64k", "no such machine");
}

static void a_kernel_without_kvm(void **state)
{
	(void)state;
	write_boot("say('no module kvm-hv')\nsay('rcfuzz-runner: no kvm-hv: run ci/stage')\n"
		   "say('rcfuzz-runner: exit 1')\nsay('reboot: Power down')\n");
	assert_refused("6.12-64k", "the emulator ended: rcfuzz-runner: no kvm-hv: run ci/stage");
	/* One line, and nothing else. */
	assert_not_refused_with("reboot");
	/* A runner that does not say why. */
	write_boot("say('Killed')\nsay('rcfuzz-runner: exit 137')\n");
	assert_refused("6.12-64k", "its console ends:\nKilled\nrcfuzz-runner: exit 137");
}

/* How it ended is told: what a signal cut off needs another look than a panic. */
static void an_emulator_that_crashes_while_it_boots(void **state)
{
	(void)state;
	write_boot("say('firmware')\nprint('qemu: oh', file=sys.stderr, flush=True)\n"
		   "import os\nos.kill(os.getpid(), 11)\n");
	assert_refused("6.12-64k", "the emulator ended by signal 11: qemu: oh; its console ends:\nfirmware");
	write_boot("print('qemu: no', file=sys.stderr)\nsys.exit(3)\n");
	assert_refused("6.12-64k", "the emulator ended with exit 3: qemu: no");
}

/* Once may be the emulator's doing. */
static void an_emulator_that_crashes_once(void **state)
{
	char error[2048] = "";
	struct stage *s;

	(void)state;
	write_boot("import os\nonce = os.path.dirname(a[0]) + '/once'\n"
		   "if not os.path.exists(once):\n"
		   "    open(once, 'w')\n"
		   "    os.kill(os.getpid(), 11)\n"
		   "hello()\ntime.sleep(60)\n");
	s = stage_start("6.12-64k", 2, NULL, error, sizeof(error));
	if (!s)
		fail_msg("%s", error);
	stage_stop(s);
}

static void a_kernel_that_never_gets_there(void **state)
{
	(void)state;
	write_boot("say('[    1.2,5] INIT: Starting kernel')\nsay('[    1.4] Kernel panic')\nsay('[    1.5,2] PHB')\n"
		   "time.sleep(60)\n");
	assert_refused("6.12-64k", "the guest hangs");
	assert_refused("6.12-64k", "its console ends:\n[    1.4] Kernel panic\n");
	assert_not_refused_with("PHB");
	write_boot("say('[    1.2,5] INIT: Starting kernel')\ntime.sleep(60)\n");
	assert_refused("6.12-64k", "the kernel has not said a word");
}

static void a_runner_that_talks_nonsense(void **state)
{
	(void)state;
	write_boot("c.sendall(bytes(64))\ntime.sleep(60)\n");
	assert_refused("6.12-64k", "no answer");
	write_boot("answer(7, b'6.12 65536')\ntime.sleep(60)\n");
	assert_refused("6.12-64k", "does not say who it is");
}

/* Its ops may have other numbers. */
static void a_runner_of_another_version(void **state)
{
	(void)state;
	write_boot("answer(0xffffffff, b'6.12-test 65536')\ntime.sleep(60)\n");
	assert_refused("6.12-64k", "the stage was prepared by another rcfuzz");
	write_boot("language = '0badc0de'\nhello()\ntime.sleep(60)\n");
	assert_refused("6.12-64k", "(0badc0de, this is ");
	assert_refused("6.12-64k", "run ci/stage 6.12-64k");
}

/* One scenario on a stage that has come up. */
static void assert_lost(const char *body, const char *words)
{
	static struct scenario scenario;
	struct records records = {0};
	char error[2048] = "", text[1024], *console;
	struct stage *s;

	snprintf(text, sizeof(text), "hello()\n%s", body);
	write_boot(text);
	s = stage_start("6.12-64k", 1, NULL, error, sizeof(error));
	if (!s)
		fail_msg("%s", error);
	assert_string_equal(stage_facts(s)->release, "6.12-test");
	assert_int_equal(stage_facts(s)->page_shift, 16);
	assert_false(stage_facts(s)->ages);
	scenario_init(&scenario);
	assert_false(stage_run(s, &scenario, &records, error, sizeof(error)));
	if (!strstr(error, words))
		fail_msg("'%s' is not in: %s", words, error);
	console = stage_console(s);
	assert_non_null(console);
	free(console);
	stage_stop(s);
	records_free(&records);
}

static void a_guest_that_hangs(void **state)
{
	(void)state;
	assert_lost("say('rcu: INFO: stall')\ntime.sleep(60)\n", "the guest hangs");
	assert_lost("say('rcu: INFO: stall')\ntime.sleep(60)\n", "rcu: INFO: stall");
}

static void a_guest_that_oopses(void **state)
{
	(void)state;
	assert_lost("c.recv(1)\nsay('Oops: Kernel access of bad area')\n", "the emulator ended");
	assert_lost("c.recv(1)\nsay('Oops: Kernel access of bad area')\n", "Oops: Kernel access of bad area");
}

static void a_vm_that_cannot_be_made(void **state)
{
	(void)state;
	assert_lost("answer(0, b'', -22)\ntime.sleep(60)\n", "Invalid argument");
}

static void an_answer_that_is_too_long(void **state)
{
	(void)state;
	assert_lost("c.sendall(struct.pack('<IIIi', 0x31667a72, 0, 0x7fffffff, 0))\ntime.sleep(60)\n", "no answer");
}

static void a_kernel_that_ages_says_so(void **state)
{
	char error[2048] = "";
	struct stage *s;

	(void)state;
	write_boot("answer(0xffffffff, ('6.12-test 4096 ' + language + ' ages').encode())\ntime.sleep(60)\n");
	s = stage_start("6.12-64k", 1, NULL, error, sizeof(error));
	if (!s)
		fail_msg("%s", error);
	assert_int_equal(stage_facts(s)->page_shift, 12);
	assert_true(stage_facts(s)->ages);
	stage_stop(s);
}

/* What a scenario that works looks like from here. */
static void an_answer(void **state)
{
	static struct scenario scenario;
	const int32_t delays[] = {-5, 7};
	struct records records = {0};
	char error[2048] = "";
	struct stage *s;

	(void)state;
	/* It gets both delays before the scenario. */
	write_boot("hello()\n"
		   "head = c.recv(16, socket.MSG_WAITALL)\n"
		   "magic, id, n, count = struct.unpack('<IIIi', head)\n"
		   "body = c.recv(n, socket.MSG_WAITALL)\n"
		   "ok = count == 2 and struct.unpack('<ii', body[:8]) == (-5, 7)\n"
		   "answer(id, b'yes' if ok else b'no')\n"
		   "time.sleep(60)\n");
	s = stage_start("6.12-64k", 1, NULL, error, sizeof(error));
	if (!s)
		fail_msg("%s", error);
	scenario_init(&scenario);
	assert_true(stage_send(s, &scenario, delays, 2, error, sizeof(error)));
	assert_true(stage_receive(s, &records, error, sizeof(error)));
	assert_int_equal(records.size, 3);
	assert_memory_equal(records.bytes, "yes", 3);
	stage_stop(s);
	records_free(&records);
}

static volatile sig_atomic_t stop;

static void on_alarm(int signal)
{
	(void)signal;
	stop = 1;
}

/* Within a second, where it would wait for one or two of them otherwise. */
static void assert_stops_soon(const char *body, bool has_booted)
{
	static struct scenario scenario;
	const struct itimerval soon = {.it_value = {.tv_usec = 300000}};
	struct timespec began, ended;
	struct records records = {0};
	char error[2048] = "";
	struct stage *s;

	setenv("RCFUZZ_STAGE_PATIENCE", "30", 1);
	write_boot(body);
	stop = 0;
	clock_gettime(CLOCK_MONOTONIC, &began);
	signal(SIGALRM, on_alarm);
	if (!has_booted)
		setitimer(ITIMER_REAL, &soon, NULL);
	s = stage_start("6.12-64k", 1, &stop, error, sizeof(error));
	assert_int_equal(s != NULL, has_booted);
	if (s) {
		setitimer(ITIMER_REAL, &soon, NULL);
		scenario_init(&scenario);
		assert_false(stage_run(s, &scenario, &records, error, sizeof(error)));
	}
	clock_gettime(CLOCK_MONOTONIC, &ended);
	assert_string_equal(error, "interrupted");
	assert_true(ended.tv_sec - began.tv_sec < 15);
	stage_stop(s);
	records_free(&records);
}

static void whoever_interrupts_waits_for_nothing(void **state)
{
	(void)state;
	assert_stops_soon("time.sleep(60)\n", false);
	assert_stops_soon("hello()\ntime.sleep(60)\n", true);
}

/* The runner answers at length, and takes no question before that was taken. */
static void answers_that_wait_while_questions_are_sent(void **state)
{
	enum { QUESTIONS = 32, OPS = 1000 };
	static struct scenario scenario;
	struct records records = {0};
	char error[2048] = "";
	struct stage *s;

	(void)state;
	write_boot("hello()\n"
		   "for id in range(32):\n"
		   "    magic, id, n, count = struct.unpack('<IIIi', c.recv(16, socket.MSG_WAITALL))\n"
		   "    c.recv(n, socket.MSG_WAITALL)\n"
		   "    answer(id, bytes([id]) * 1000000)\n"
		   "time.sleep(60)\n");
	setenv("RCFUZZ_STAGE_PATIENCE", "10", 1);
	s = stage_start("6.12-64k", 1, NULL, error, sizeof(error));
	if (!s)
		fail_msg("%s", error);
	scenario_init(&scenario);
	for (unsigned i = 0; i < OPS; i++)
		scenario.ops[i] = (struct scenario_op){.label = i + 1, .kind = OP_L1_STORE, .guest = 1};
	scenario.op_count = OPS;
	scenario_canonicalize(&scenario);
	for (unsigned i = 0; i < QUESTIONS; i++)
		if (!stage_send(s, &scenario, NULL, 0, error, sizeof(error)))
			fail_msg("%s", error);
	for (unsigned i = 0; i < QUESTIONS; i++) {
		assert_true(stage_receive(s, &records, error, sizeof(error)));
		assert_int_equal(records.size, 1000000);
		assert_int_equal(records.bytes[0], i);
		assert_int_equal(records.bytes[999999], i);
	}
	stage_stop(s);
	records_free(&records);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_stage, remove_stage)
	const struct CMUnitTest tests[] = {
		TEST(a_kernel_that_is_not_there),
		TEST(a_qemu_that_is_too_old),
		TEST(an_emulator_that_does_not_start),
		TEST(a_kernel_without_kvm),
		TEST(an_emulator_that_crashes_while_it_boots),
		TEST(an_emulator_that_crashes_once),
		TEST(a_kernel_that_never_gets_there),
		TEST(a_runner_that_talks_nonsense),
		TEST(a_runner_of_another_version),
		TEST(a_guest_that_hangs),
		TEST(a_guest_that_oopses),
		TEST(a_vm_that_cannot_be_made),
		TEST(an_answer_that_is_too_long),
		TEST(a_kernel_that_ages_says_so),
		TEST(an_answer),
		TEST(whoever_interrupts_waits_for_nothing),
		TEST(answers_that_wait_while_questions_are_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
