// SPDX-License-Identifier: GPL-2.0-only
/*
 * hot_path_test.c: once all is warm, a scenario that shows nothing is decoded and run without an allocation and without
 * a system call, however many ops it has. On the newest packaged kernel with all of corpus/fixes, since on another one
 * long scenarios do show something; skipped where there is none.
 */
#include "base/rng.h"
#include "kernel/build.h"
#include "run/run.h"
#include "scenario/codec.h"
#include "scenario/generate.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__)
#define WITH_SANITIZERS 1 /* which have allocations and system calls of their own */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_SANITIZERS 1
#endif
#endif

#define SCENARIOS 40u
#define KILLED 1000 /* by a system call */

static unsigned long allocations;

#ifndef WITH_SANITIZERS
/* In the place of libc's, for all that the process has loaded. */
#define LIBC(type, name, parameters) extern type __libc_##name parameters;
LIBC(void *, malloc, (size_t))
LIBC(void *, calloc, (size_t, size_t))
LIBC(void *, realloc, (void *, size_t))

__attribute__((visibility("default"))) void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t size)
{
	allocations++;
	return __libc_calloc(count, size);
}

__attribute__((visibility("default"))) void *realloc(void *p, size_t size)
{
	allocations++;
	return __libc_realloc(p, size);
}
#endif

static struct runner *runner;
static struct run_outcome outcome;
static struct scenario scenario;
static struct {
	size_t size;
	uint8_t bytes[CODEC_BYTES_MAX];
} encoded[SCENARIOS];
static unsigned count, ops_least, ops_most;

/* As an engine has it: bytes. */
static void run(unsigned i)
{
	scenario_decode(&scenario, encoded[i].bytes, encoded[i].size);
	run_scenario(runner, &scenario, NULL, &outcome);
}

/* Scenarios that show nothing, half of them with ops that interrupt others. Each was run: all is warm. */
static void generate(void)
{
	struct rng rng;

	rng_seed(&rng, 1);
	ops_least = UINT_MAX;
	for (unsigned tries = 0; tries < 4000 && count < SCENARIOS; tries++) {
		const struct generate_options options = {.ops_max = tries % 2 ? 16 : 200,
							 .page = PAGE_64K,
							 .l1 = L1_WELL_BEHAVED,
							 .preempt = tries % 4 > 1,
							 .level = LEVEL_SYNC};

		scenario_generate(&scenario, &rng, &options);
		encoded[count].size = scenario_encode(&scenario, encoded[count].bytes, CODEC_BYTES_MAX);
		run(count);
		if (outcome.finding_count)
			continue;
		ops_least = scenario.op_count < ops_least ? scenario.op_count : ops_least;
		ops_most = scenario.op_count > ops_most ? scenario.op_count : ops_most;
		count++;
	}
}

static int build(char module[PATH_MAX], char *error, size_t error_size)
{
#ifdef WITH_SANITIZERS
	(void)module;
	snprintf(error, error_size, "not with sanitizers");
	return -ENOENT;
#else
	struct kernel_build_request request = {.page_size = BUILD_PAGE_64K};
	glob_t fixes;
	int result;

	assert_int_equal(glob("corpus/fixes/*.recipe", 0, NULL, &fixes), 0);
	request.recipes = (const char *const *)fixes.gl_pathv;
	request.recipe_count = fixes.gl_pathc;
	result = kernel_build(&request, module, PATH_MAX, error, error_size);
	globfree(&fixes);
	return result;
#endif
}

static int setup(void **state)
{
	char module[PATH_MAX] = "", error[1024];
	int result = build(module, error, sizeof(error));

	(void)state;
	if (result == -ENOENT) {
		print_message("nothing is run: %s\n", error);
		return 0;
	}
	runner = result ? NULL : runner_create(module, error, sizeof(error));
	if (!runner) {
		print_error("%s\n", error);
		return -1;
	}
	generate();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	runner_destroy(runner);
	return 0;
}

static void need_a_kernel(void)
{
	if (!runner)
		skip();
	assert_int_equal(count, SCENARIOS);
	assert_true(ops_most > 4 * ops_least);
}

static void nothing_is_allocated(void **state)
{
	void *volatile some;

	(void)state;
	need_a_kernel();
	for (unsigned i = 0; i < count; i++) {
		allocations = 0;
		run(i);
		assert_int_equal(allocations, 0);
	}
	/* The counter counts. */
	some = calloc(1, 8);
	assert_int_equal(allocations, 1);
	free(some);
}

/* From here on a system call ends the process; but for the end of a signal's handler, the timer's, and of the process.
 */
static bool forbid_system_calls(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_rt_sigreturn, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_exit_group, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void run_all(void)
{
	for (unsigned i = 0; i < count; i++)
		run(i);
}

static void asks_for_its_parent(void)
{
	syscall(SYS_getppid);
}

/* The exit code of a process that does that without a system call, or KILLED. */
static int fate_of(void (*does)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		runner_forked();
		if (!forbid_system_calls())
			_exit(77);
		does();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : KILLED;
}

static void no_system_call_is_made(void **state)
{
	int fate;

	(void)state;
	need_a_kernel();
	fate = fate_of(asks_for_its_parent);
	if (fate == 77)
		skip(); /* a kernel without seccomp */
	assert_int_equal(fate, KILLED);
	assert_int_equal(fate_of(run_all), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_allocated),
		cmocka_unit_test(no_system_call_is_made),
	};

	return cmocka_run_group_tests_name("hot_path", tests, setup, teardown);
}
