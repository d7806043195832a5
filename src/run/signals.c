/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * signals.c: a fault in kernel code, or kernel code that loops without a step, is a finding and not the end.
 *
 * The handler makes the interrupted code go on at a function that reports and leaves the world, so that the
 * leaving happens outside of signal context.
 */
#include "base/internal.h"
#include "runner.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>

#define ALT_STACK_BYTES 65536
#define TICK_MS 50

static struct runner *watched;
static struct {
	unsigned all;  /* since the world began */
	unsigned idle; /* that found kernel code running, since the last that found that it had done a step */
	uint64_t epochs, steps_left; /* of the world, then */
} ticks;
static struct {
	int signal;
	const void *callers[TARGET_CALLERS]; /* where it was, behind the instruction, and return addresses */
} fault;
static char alt_stack[ALT_STACK_BYTES];

static const char *signal_words(int number)
{
	switch (number) {
	case SIGSEGV:
	case SIGBUS:
		return "a bad memory access";
	case SIGFPE:
		return "a division whose result does not fit";
	case SIGILL:
	case SIGTRAP:
		return "a trap instruction";
	default:
		return "an abort";
	}
}

/* Runs on the stack that faulted, after the handler. */
static void leave_world(void)
{
	struct runner *r = watched;
	char title[FINDING_TEXT];

	if (fault.signal == SIGVTALRM) {
		finding_stopped(r, CLASS_HANG, "time", "the kernel loops without a step", fault.callers);
	} else {
		snprintf(title, sizeof(title), "the kernel code faulted: %s", signal_words(fault.signal));
		finding_stopped(r, CLASS_CRASH, "fault", title, fault.callers);
	}
	world_abort(&r->world);
}

/*
 * Who called what was stopped, as far as frame pointers tell, which the module has and others may not. The stack may be
 * what is broken: nothing outside of it is read, and what lies there is believed only if it is an address of the
 * module.
 */
__attribute__((no_sanitize("address"))) static void take_callers(const greg_t *regs)
{
	const struct stack stack = world_stack(&watched->world);
	uintptr_t low = (uintptr_t)regs[REG_RSP], frame = (uintptr_t)regs[REG_RBP];
	uintptr_t high = stack.base ? (uintptr_t)stack.base + stack.size : (uintptr_t)watched->frame;
	unsigned count = 1;

	memset(fault.callers, 0, sizeof(fault.callers));
	fault.callers[0] = (const char *)(uintptr_t)regs[REG_RIP] + 1;
	if (stack.base && low < (uintptr_t)stack.base)
		return;
	while (count < TARGET_CALLERS && frame >= low && frame < high && high - frame >= 16 && frame % 8 == 0) {
		const uintptr_t *words = (const uintptr_t *)frame;

		if (module_has(watched->module, (const void *)words[1]))
			fault.callers[count++] = (const void *)words[1];
		low = frame + 16;
		frame = words[0];
	}
}

static void go_to_leave_world(ucontext_t *context)
{
	greg_t *regs = context->uc_mcontext.gregs;
	struct stack used = world_stack(&watched->world);
	uintptr_t stack = (uintptr_t)regs[REG_RSP] - 256, base = (uintptr_t)used.base;

	/* The stack may be what has run out: its frames are given up anyway. */
	if (base && (stack < base || stack - base < 16384))
		stack = base + used.size - 4096;
	/* As after a call: the stack pointer is 8 below a multiple of 16. */
	regs[REG_RSP] = (greg_t)((stack & ~15ul) - 8);
	regs[REG_RIP] = (greg_t)(uintptr_t)leave_world;
}

/* Of the linker: where the program's own code lies. */
extern const char __executable_start[], etext[];

static bool is_ours(const void *at)
{
	return (const char *)at >= __executable_start && (const char *)at < etext;
}

/*
 * Did the module do it, or what it has called that is neither its nor ours: libc, or an address that is no code? Who
 * has called that is the first on the stack who is one of both.
 */
__attribute__((no_sanitize("address"))) static bool is_the_modules(const greg_t *regs)
{
	const void *at = (const void *)(uintptr_t)regs[REG_RIP];
	const struct stack stack = world_stack(&watched->world);
	uintptr_t low = (uintptr_t)regs[REG_RSP] & ~7ul;
	uintptr_t high = stack.base ? (uintptr_t)stack.base + stack.size : (uintptr_t)watched->frame;

	if (module_has(watched->module, at) || is_ours(at))
		return !is_ours(at);
	if (stack.base && low < (uintptr_t)stack.base)
		return false;
	for (; low < high; low += sizeof(void *)) {
		at = *(const void *const *)low;
		if (module_has(watched->module, at) || is_ours(at))
			return !is_ours(at);
	}
	return false;
}

static void on_fault(int number, siginfo_t *info, void *context)
{
	ucontext_t *c = context;

	(void)info;
	if (!watched || !watched->in_world || !is_the_modules(c->uc_mcontext.gregs))
		internal_error("%s outside of the kernel's code", signal_words(number));
	fault.signal = number;
	watched->in_world = false;
	take_callers(c->uc_mcontext.gregs);
	go_to_leave_world(c);
}

/* Since this was asked last: a step of the kernel, or a new op. */
static bool has_done_a_step(void)
{
	const struct world *w = &watched->world;
	bool has = ticks.epochs != w->epochs || ticks.steps_left != w->services.steps_left;

	ticks.epochs = w->epochs;
	ticks.steps_left = w->services.steps_left;
	return has;
}

static void on_tick(int number, siginfo_t *info, void *context)
{
	ucontext_t *c = context;
	const void *at = (const void *)(uintptr_t)c->uc_mcontext.gregs[REG_RIP];

	(void)info;
	if (!watched || !watched->in_world)
		return;
	if (++ticks.all > RUN_TIME_MS / TICK_MS) {
		watched->overdue = true;
		watched->world.services.steps_left = 0;
	}
	if (has_done_a_step()) {
		ticks.idle = 0;
		return;
	}
	/* Only kernel code can be left like this, and what ours takes is not its fault. */
	if (!module_has(watched->module, at) || ++ticks.idle <= watched->budget_ms / TICK_MS)
		return;
	fault.signal = number;
	take_callers(c->uc_mcontext.gregs);
	watched->in_world = false;
	go_to_leave_world(c);
}

bool signals_install(void)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
	struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
	const stack_t stack = {.ss_sp = alt_stack, .ss_size = sizeof(alt_stack)};
	const struct itimerval tick = {.it_interval = {.tv_usec = TICK_MS * 1000},
				       .it_value = {.tv_usec = TICK_MS * 1000}};

	if (sigaltstack(&stack, NULL) != 0)
		return false;
	action.sa_sigaction = on_fault;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (sigaction(faults[i], &action, NULL) != 0)
			return false;
	action.sa_sigaction = on_tick;
	action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
	return sigaction(SIGVTALRM, &action, NULL) == 0 && setitimer(ITIMER_VIRTUAL, &tick, NULL) == 0;
}

void signals_watch(struct runner *r)
{
	watched = r;
	ticks.all = ticks.idle = 0;
	if (r)
		r->overdue = false;
}
