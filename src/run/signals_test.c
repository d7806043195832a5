/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * signals_test.c: whose fault a signal is, and when a loop is endless. The module is a page of machine code; what it
 * would become is what a child exits with.
 */
#include "signals.c"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { FINDING_CRASH = 11, FINDING_HANG = 12, CAME_BACK = 13, STILL_RUNS = 14 };

static char *code;

bool module_has(const struct module *m, const void *address)
{
	(void)m;
	return (const char *)address >= code && (const char *)address < code + 4096;
}

struct stack world_stack(const struct world *w)
{
	(void)w;
	return (struct stack){0};
}

void finding_stopped(struct runner *r, enum finding_class class, const char *role, const char *title,
		     const void *const callers[TARGET_CALLERS])
{
	(void)r, (void)role, (void)title, (void)callers;
	_exit(class == CLASS_HANG ? FINDING_HANG : FINDING_CRASH);
}

void world_abort(struct world *w)
{
	(void)w;
	_exit(99);
}

/* ---- what the module does: code(first, second) --------------------------------------- */

#define READS "\x48\x8b\x07\xc3"			     /* mov (%rdi),%rax; ret */
#define CALLS "\x48\x83\xec\x08\xff\xd6\x48\x83\xc4\x08\xc3" /* sub $8,%rsp; call *%rsi; add $8,%rsp; ret */
#define LOOPS "\xeb\xfe"				     /* jmp . */
#define LOOPS_WITH_STEPS "\x48\xff\x0f\xeb\xfb"		     /* decq (%rdi); jmp back */

static volatile long here;

static void reads(const volatile long *address)
{
	here = *address;
}

static void has_libc_read(const char *address)
{
	size_t (*length)(const char *) = (size_t(*)(const char *))(uintptr_t)dlsym(RTLD_NEXT, "strlen");

	here = (long)length(address);
}

/* What becomes of a process in which the module runs that. */
static int run(const char *bytes, size_t size, bool in_world, const volatile void *first, const void *second)
{
	int status;
	pid_t pid;

	memcpy(code, bytes, size);
	pid = fork();
	if (!pid) {
		struct runner *r = calloc(1, sizeof(*r));

		assert_true(r && freopen("/dev/null", "w", stderr) && signals_install());
		r->frame = __builtin_frame_address(0);
		r->budget_ms = 100;
		signals_watch(r);
		r->in_world = in_world;
		if (!first)
			first = &r->world.services.steps_left;
		((void (*)(const volatile void *, const void *))(uintptr_t)code)(first, second);
		_exit(CAME_BACK);
	}
	for (int i = 0; i < 15; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
		usleep(100000);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return STILL_RUNS;
}

#define RUN(bytes, ...) run(bytes, sizeof(bytes) - 1, __VA_ARGS__)
#define NOWHERE ((const void *)8)
#define FUNCTION(f) ((const void *)(uintptr_t)(f))

static void a_fault_is_the_kernels_where_its_code_did_it(void **state)
{
	(void)state;
	assert_int_equal(RUN(READS, true, &here, NULL), CAME_BACK);
	assert_int_equal(RUN(READS, true, NOWHERE, NULL), FINDING_CRASH);
	assert_int_equal(RUN(CALLS, true, NOWHERE, dlsym(RTLD_NEXT, "strlen")), FINDING_CRASH);
	assert_int_equal(RUN(CALLS, true, NOWHERE, NOWHERE), FINDING_CRASH);
}

static void a_fault_of_ours_is_an_internal_error(void **state)
{
	(void)state;
	assert_int_equal(RUN(READS, false, NOWHERE, NULL), INTERNAL_EXIT);
	/* The kernel has called us, and we have called libc. */
	assert_int_equal(RUN(CALLS, true, NOWHERE, FUNCTION(reads)), INTERNAL_EXIT);
	assert_int_equal(RUN(CALLS, true, NOWHERE, FUNCTION(has_libc_read)), INTERNAL_EXIT);
}

static void a_loop_without_a_step_is_endless(void **state)
{
	(void)state;
	assert_int_equal(RUN(LOOPS, false, &here, NULL), STILL_RUNS);
	assert_int_equal(RUN(LOOPS_WITH_STEPS, true, NULL, NULL), STILL_RUNS);
	/* A busy machine lets it wait. */
	for (int tries = 0; tries < 20; tries++)
		if (RUN(LOOPS, true, &here, NULL) == FINDING_HANG)
			return;
	fail();
}

static int setup(void **state)
{
	(void)state;
	code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return code == MAP_FAILED ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_is_the_kernels_where_its_code_did_it),
		cmocka_unit_test(a_fault_of_ours_is_an_internal_error),
		cmocka_unit_test(a_loop_without_a_step_is_endless),
	};

	return cmocka_run_group_tests_name("signals", tests, setup, NULL);
}
