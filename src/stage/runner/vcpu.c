// SPDX-License-Identifier: GPL-2.0-only
/*
 * vcpu.c: a vCPU of the real KVM behind the actors' idea of one.
 *
 * Guests run a few instructions at a time, in real mode. L1's end with an hcall
 * that the kernel does not know, which comes to us; L2's with `sc 1`, which ends
 * L2. So, unlike in a real hypervisor, L2 does not stay entered between ops: a
 * vCPU that the actors see in L2 is in L1, and enters L2 again, with a state area
 * of ours, for each access. The state area that L1 gave to H_ENTER_NESTED is used
 * when L2 leaves as far as the actors can see, so that the kernel writes it then;
 * and for the entry itself, where that shows nothing: L1 has just written to it.
 */
#include "l2_wait.h"
#include "runner.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define H_ENTER_NESTED 0xf804
#define H_FUNCTION (-2)
#define H_AUTHORITY (-10)
#define H_PARAMETER (-4)
#define H_INTERRUPT (-69)
#define H_OURS 0xf010u /* an hcall that nobody knows */

#define TRAP_SYSCALL 0xc00u
#define TRAP_HDSI 0xe00u
#define TRAP_HISI 0xe20u

#define MSR_SF (1ull << 63)
#define MSR_ME 0x1000ull
#define MSR_IR 0x20ull
#define MSR_DR 0x10ull
#define MSR_LE 0x1ull

#define PROCESS_PID 1

/* A guest that does not come back even then is a hang, the kernel's or ours. */
#define HANG_MS 40000u

/* ---- code -------------------------------------------------------------------- */

#define SC_1 0x44000022u
#define MR_4_3 0x7c641b78u  /* mr r4,r3 */
#define STD_4_3 0xf8830000u /* std r4,0(r3) */
#define LD_4_3 0xe8830000u  /* ld r4,0(r3) */
#define LI_3_0 0x38600000u  /* li r3,0 */
#define MTCTR_14 0x7dc903a6u
#define MTCTR_17 0x7e2903a6u
#define BCTR 0x4e800420u
/* While r14 is left: the doubleword at r13+8 to where the one at r13 says. */
#define STORE_ALL MTCTR_14, 0xe9ed0000u, 0xea0d0008u, 0xfa0f0000u, 0x39ad0010u, 0x4200fff0u
#define ORI_3_OURS (0x60630000u | H_OURS)
#define OUT LI_3_0, ORI_3_OURS, SC_1

static const uint32_t code[] = {
	/* L1: an hcall; a load; a store; what came of it is in r4, the first argument of the hcall that comes to us */
	SC_1, MR_4_3, OUT, 0, 0, 0, LD_4_3, OUT, 0, 0, 0, 0, STD_4_3, OUT, 0, 0, 0, 0,
	/* L2: a load; a store; nothing */
	LD_4_3, SC_1, 0, 0, STD_4_3, SC_1, 0, 0, SC_1, 0, 0, 0,
	/* L1: stores, then on to r17; nothing */
	STORE_ALL, MTCTR_17, BCTR, OUT};

enum {
	CODE_L1_HCALL = 0,
	CODE_L1_LOAD = 0x20,
	CODE_L1_STORE = 0x40,
	CODE_L2_LOAD = 0x60,
	CODE_L2_STORE = 0x70,
	CODE_L2_NOTHING = 0x80,
	CODE_L1_STORES = 0x90,
	CODE_L1_NOTHING = 0xb0
};
#define CODE_BIG_ENDIAN 0x1000u /* the same in the other byte order */
#define CODE_OFFSET 0xfffu

void vcpu_code(uint8_t *at)
{
	for (size_t i = 0; i < sizeof(code) / sizeof(code[0]); i++) {
		uint32_t swapped = __builtin_bswap32(code[i]);

		memcpy(at + 4 * i, &code[i], 4);
		memcpy(at + CODE_BIG_ENDIAN + 4 * i, &swapped, 4);
	}
}

/* ---- running L1 ---------------------------------------------------------------- */

static bool little(const struct world *w)
{
	return w->config->endian == ENDIAN_LITTLE;
}

static uint64_t order64(const struct world *w, uint64_t value)
{
	return little(w) ? value : __builtin_bswap64(value);
}

static void put64(const struct world *w, uint8_t *at, uint64_t value)
{
	value = order64(w, value);
	memcpy(at, &value, sizeof(value));
}

static uint64_t get64(const struct world *w, const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return order64(w, value);
}

static _Thread_local timer_t watchdog;
static _Thread_local pid_t me; /* the thread */

void vcpu_watchdog(bool on)
{
	sigset_t alarms;
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM};

	if (!on) {
		timer_delete(watchdog);
		return;
	}
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	sigprocmask(SIG_BLOCK, &alarms, NULL);
	me = gettid();
	event._sigev_un._tid = me;
	if (timer_create(CLOCK_MONOTONIC, &event, &watchdog) != 0)
		runner_die("no timer: %s", strerror(errno));
}

static _Thread_local unsigned period_ms; /* between its signals; 0: there are none */

static void set_watchdog(unsigned ms)
{
	const struct timespec period = {.tv_sec = ms / 1000, .tv_nsec = 1000000l * (ms % 1000)};
	const struct itimerspec often = {period, period};

	period_ms = ms;
	timer_settime(watchdog, 0, &often, NULL);
}

/*
 * Stores of L1 that wait for its next KVM_RUN, which begins with them: most are edits of its tables before an hcall,
 * and to enter and leave L1 takes far longer than to store. Nothing lies between that could tell: the host's ops and
 * other vCPUs come after vcpu_settle, and bytes that a touch leaves never wait.
 */
#define WAITING_MAX 64u
static struct {
	unsigned v, count;
	uint64_t gpa[WAITING_MAX];
} waiting;

/* The thread that a vCPU ran on last. */
static pid_t owner[SCENARIO_VCPUS_MAX];

void vcpu_begin(void)
{
	memset(owner, 0, sizeof(owner));
	waiting.count = 0;
}

/* KVM waits for a grace period when a vCPU comes to another thread: not while others race. */
static void adopt(unsigned v)
{
	struct kvm_run *run = vm_vcpu_run(v);

	if (owner[v] == me)
		return;
	owner[v] = me;
	run->immediate_exit = 1;
	ioctl(vm_vcpu_fd(v), KVM_RUN, 0);
	run->immediate_exit = 0;
}

/* What has interrupted KVM_RUN stays pending. */
static void take_alarm(void)
{
	const struct timespec none = {0};
	sigset_t alarms;

	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	sigtimedwait(&alarms, NULL, &none);
}

/* Run until L1 says that it is done. False: it has touched what is no memory. */
static bool run_until_out(unsigned v)
{
	struct kvm_run *run = vm_vcpu_run(v);
	unsigned waited_ms = 0;

	for (;;) {
		int result, error;

		kernel_begins();
		result = ioctl(vm_vcpu_fd(v), KVM_RUN, 0);
		error = errno;
		kernel_ends();
		errno = error;
		if (result != 0) {
			if (errno == EINTR && waited_ms < HANG_MS) {
				waited_ms += period_ms;
				take_alarm();
				continue;
			}
			if (errno == EFAULT)
				return false;
			runner_die("KVM_RUN: %s%s", strerror(errno), errno == EINTR ? " (the guest hangs)" : "");
		}
		switch (run->exit_reason) {
		case KVM_EXIT_PAPR_HCALL:
			if (run->papr_hcall.nr == H_OURS)
				return true;
			run->papr_hcall.ret = (uint64_t)H_FUNCTION;
			break;
		case KVM_EXIT_MMIO:
			return false;
		default:
			runner_die("KVM_RUN ended with exit reason %u", run->exit_reason);
		}
	}
}

/* r13, r14, r17: see CODE_L1_STORES. Each stores what is there. */
static void put_stores(const struct world *w, struct kvm_regs *regs)
{
	uint8_t *list = (uint8_t *)CONTROL_HVA + CONTROL_STORES;

	for (unsigned i = 0; i < waiting.count; i++) {
		put64(w, list + 16 * i, waiting.gpa[i]);
		memcpy(list + 16 * i + 8, vm_address(waiting.gpa[i]), 8);
	}
	regs->gpr[13] = CONTROL_GPA + CONTROL_STORES;
	regs->gpr[14] = waiting.count;
	regs->gpr[17] = regs->pc;
	regs->pc += CODE_L1_STORES - (regs->pc & CODE_OFFSET);
	waiting.count = 0;
}

/* Run L1's code with r3 and what follows it; *result gets r4. */
static bool run_l1(struct world *w, unsigned v, uint32_t entry, const uint64_t *args, unsigned count, uint64_t *result)
{
	struct kvm_run *run = vm_vcpu_run(v);
	struct kvm_regs regs = {.msr = MSR_SF | MSR_ME | (little(w) ? MSR_LE : 0)};

	if (waiting.count && waiting.v != v)
		vcpu_settle(w);
	adopt(v);
	regs.pc = CONTROL_GPA + CONTROL_CODE + entry + (little(w) ? 0 : CODE_BIG_ENDIAN);
	if (waiting.count)
		put_stores(w, &regs);
	memcpy(&regs.gpr[3], args, count * sizeof(args[0]));
	/* If the last exit was an hcall, the next KVM_RUN ends it by loading r3 to r12 from here. */
	run->papr_hcall.ret = regs.gpr[3];
	memcpy((void *)run->papr_hcall.args, &regs.gpr[4], sizeof(run->papr_hcall.args));
	if (ioctl(vm_vcpu_fd(v), KVM_SET_REGS, &regs) != 0)
		runner_die("KVM_SET_REGS: %s", strerror(errno));
	if (!run_until_out(v))
		return false;
	*result = run->papr_hcall.args[0];
	return true;
}

void vcpu_settle(struct world *w)
{
	uint64_t ignored;

	if (waiting.count && !run_l1(w, waiting.v, CODE_L1_NOTHING, NULL, 0, &ignored))
		runner_die("L1 cannot store to its memory");
}

/* ---- entering L2 ------------------------------------------------------------------ */

/* Offsets in struct hv_guest_state and struct pt_regs (kernel: asm/hvcall.h, asm/ptrace.h). */
enum {
	STATE_VERSION = 0,
	STATE_LPID = 8,
	STATE_HDEC_EXPIRY = 88,
	STATE_HDAR = 128,
	STATE_HDSISR = 136,
	STATE_ASDR = 152,
	STATE_PIDR = 208,
	STATE_BYTES = 248,
	REGS_NIP = 256,
	REGS_MSR = 264,
	REGS_BYTES = 352,
};
#define STATE_REGS_OFFSET 2048

/* What L2 is to do. */
struct l2_work {
	uint64_t nip, msr, addr, value;
	bool process;
};

static void write_l2(struct world *w, uint8_t *state, uint8_t *regs, const struct l2_work *work)
{
	put64(w, state + STATE_HDEC_EXPIRY, INT64_MAX);
	put64(w, state + STATE_PIDR, work->process ? PROCESS_PID : 0);
	memset(regs, 0, REGS_BYTES);
	put64(w, regs + 8 * 3, work->addr);
	put64(w, regs + 8 * 4, work->value);
	put64(w, regs + REGS_NIP, work->nip);
	put64(w, regs + REGS_MSR, work->msr | MSR_SF | MSR_ME | MSR_LE);
}

static const struct l2_work nothing = {.nip = CONTROL_GPA + CODE_L2_NOTHING};

/* How L2 left. */
#define TRAP_NEVER INT64_MIN /* the hcall did not come back to L1: its access was emulated */
struct l2_exit {
	int64_t trap;
	uint64_t nip, asdr, hdsisr;
	uint64_t value; /* in r4: what it has loaded, say */
};

/* By a signal, after or before it has run. */
static bool was_interrupted(const struct l2_exit *exit)
{
	return exit->trap == H_INTERRUPT || exit->trap == 0;
}

static struct l2_exit enter_l2(struct world *w, unsigned v, uint64_t state_gpa, uint64_t regs_gpa,
			       const struct l2_work *work)
{
	uint8_t *state = vm_address(state_gpa), *regs = vm_address(regs_gpa);
	uint64_t args[3] = {H_ENTER_NESTED, state_gpa, regs_gpa}, result;
	struct l2_wait wait = l2_wait_begin(vm_instruction_loads(v));
	struct l2_exit exit = {.trap = TRAP_NEVER};

	runner_follow_trees(w);
	do {
		set_watchdog(wait.ms);
		if (state && regs)
			write_l2(w, state, regs, work);
		exit.trap = run_l1(w, v, CODE_L1_HCALL, args, 3, &result) ? (int64_t)result : TRAP_NEVER;
	} while (was_interrupted(&exit) && l2_wait_again(&wait, vm_instruction_loads(v)));
	set_watchdog(0);
	if (!state || !regs || exit.trap == TRAP_NEVER)
		return exit;
	exit.nip = get64(w, regs + REGS_NIP);
	exit.value = get64(w, regs + 8 * 4);
	exit.asdr = get64(w, state + STATE_ASDR);
	exit.hdsisr = get64(w, state + STATE_HDSISR);
	return exit;
}

/* The state that L1 gave, in our own area: the kernel then writes nothing that the scenario can see. */
static struct l2_exit enter_l2_hidden(struct world *w, unsigned v, const struct l2_work *work)
{
	return enter_l2(w, v, CONTROL_GPA + CONTROL_STATE(v), CONTROL_GPA + CONTROL_STATE(v) + STATE_REGS_OFFSET, work);
}

/* H_ENTER_NESTED did not enter it. */
static bool was_refused(const struct l2_exit *exit)
{
	return exit->trap < 0 && exit->trap != TRAP_NEVER && exit->trap != H_INTERRUPT;
}

/* L2 could not fetch our code: L1's tree for it is empty, gone, or nonsense, and nothing that L2 does would work. */
static bool could_not_begin(const struct l2_exit *exit)
{
	return exit->trap == TRAP_HISI && exit->nip >= CONTROL_GPA && exit->nip < CONTROL_GPA + CONTROL_BYTES;
}

/* Where L1 keeps the state of the L2 that the vCPU is in. */
static struct {
	uint64_t state_gpa, regs_gpa;
	bool done;	     /* its first access has been tried when it entered, with that state: */
	struct l2_exit exit; /* this came of it */
} entered[SCENARIO_VCPUS_MAX];

static void record(enum wire_kind kind, unsigned v, uint32_t n, int64_t status)
{
	runner_record((struct event){.kind = (uint8_t)kind, .vcpu = (uint8_t)v, .n = n, .status = (int32_t)status},
		      NULL, 0);
}

static void record_left(unsigned v, int64_t trap, const struct l2_exit *why)
{
	struct event e = {.kind = WIRE_L2_LEFT, .vcpu = (uint8_t)v, .status = (int32_t)trap};

	if (why && trap == why->trap)
		wire_fault(&e, why->asdr, why->hdsisr);
	runner_record(e, NULL, 0);
}

/* L2 has left as far as the actors can see; trap 0: it was taken out. why: what L1 hears of it; NULL: nothing, or what
 * L2 has not done. */
static void has_left(struct world *w, unsigned v, int64_t trap, const struct l2_exit *why)
{
	w->vcpus[v].mode = VCPU_L1;
	w->vcpus[v].guest = 0;
	w->vcpus[v].entry.r3 = (uint64_t)trap;
	record_left(v, trap, why);
}

/* L2 leaves, and the kernel writes its state. */
static void leave_l2(struct world *w, unsigned v, int64_t trap, const struct l2_exit *why)
{
	struct l2_exit exit = enter_l2(w, v, entered[v].state_gpa, entered[v].regs_gpa, &nothing);

	/* Its state area has gone meanwhile: what fails here is the entry, and would be the kernel's writing back. */
	has_left(w, v, exit.trap == H_PARAMETER ? H_AUTHORITY : trap, why);
}

static struct l2_work access_work(const struct machine_access *access)
{
	bool store = access->kind == MACHINE_STORE, fetch = access->kind == MACHINE_FETCH;

	return (struct l2_work){
		.nip = fetch ? access->addr + STAGE_FETCH_OFFSET : CONTROL_GPA + (store ? CODE_L2_STORE : CODE_L2_LOAD),
		.msr = access->process ? fetch ? MSR_IR : MSR_DR : 0,
		.addr = access->addr + (store ? STAGE_STAMP_OFFSET : STAGE_NAME_OFFSET),
		.value = runner_next_stamp(),
		.process = access->process,
	};
}

/* What the guest will do first of all when it is in: the access of the op that enters it, or nothing. */
static struct l2_work first_work(const struct world *w, unsigned guest)
{
	const struct scenario_op *op = w->task->what;
	struct machine_access access = {.addr = ((uint64_t)op->n << w->layout.page_shift) +
						LAYOUT_PART_BYTES * op->part,
					.process = op->via == VIA_PROCESS};

	if (op->guest != guest || (op->kind != OP_L2_LOAD && op->kind != OP_L2_STORE && op->kind != OP_L2_FETCH))
		return nothing;
	access.kind = op->kind == OP_L2_STORE ? MACHINE_STORE : op->kind == OP_L2_FETCH ? MACHINE_FETCH : MACHINE_LOAD;
	return access_work(&access);
}

static int64_t try_enter(struct world *w, unsigned v, uint64_t state_gpa, uint64_t regs_gpa)
{
	struct vcpu *vcpu = &w->vcpus[v];
	const uint8_t *state = vm_address(state_gpa);
	struct l2_work work;
	struct l2_exit exit;
	unsigned guest;
	uint32_t lpid;

	/* What the kernel refuses it refuses here. */
	if (!state || !vm_address(regs_gpa) || get64(w, state + STATE_VERSION) - 1 > 1)
		return enter_l2(w, v, state_gpa, regs_gpa, &nothing).trap;
	memcpy(&lpid, state + STATE_LPID, sizeof(lpid));
	guest = l1_guest_of_lpid(w, little(w) ? lpid : __builtin_bswap32(lpid));
	memcpy((uint8_t *)CONTROL_HVA + CONTROL_STATE(v), state, STATE_BYTES);
	work = first_work(w, guest);
	exit = enter_l2(w, v, state_gpa, regs_gpa, &work);
	if (was_refused(&exit))
		return exit.trap;
	vcpu->mode = VCPU_L2;
	vcpu->guest = guest;
	entered[v].state_gpa = state_gpa;
	entered[v].regs_gpa = regs_gpa;
	entered[v].done = work.addr != 0;
	entered[v].exit = exit;
	return exit.trap;
}

/* ---- what the actors call ------------------------------------------------------------ */

void vcpu_exit(struct world *w, unsigned v)
{
	struct vcpu *vcpu = &w->vcpus[v];
	const uint64_t *gpr = vcpu->exit.gpr;
	uint64_t result = 0;

	/* Any other exit of L1 is one that the kernel brings about by itself here. */
	if (vcpu->exit.trap != TRAP_SYSCALL)
		return;
	if (gpr[0] == H_ENTER_NESTED)
		result = (uint64_t)try_enter(w, v, gpr[1], gpr[2]);
	else if (!run_l1(w, v, CODE_L1_HCALL, gpr, 7, &result))
		result = (uint64_t)H_FUNCTION;
	vcpu->entry.r3 = result;
	if (vcpu->mode == VCPU_L1)
		record(WIRE_HCALL, v, (uint32_t)gpr[0], (int64_t)result);
}

bool vcpu_to_l1(struct world *w, unsigned v)
{
	if (w->vcpus[v].mode == VCPU_L2)
		leave_l2(w, v, 0, NULL);
	w->vcpus[v].mode = VCPU_L1;
	return true;
}

void vcpu_stop_all(struct world *w)
{
	for (unsigned v = 0; v < w->config->vcpus; v++)
		if (w->vcpus[v].mode == VCPU_L2)
			vcpu_to_l1(w, v);
}

/*
 * May a store wait? Its bytes are there before: not in a page to which something has happened, which the store then
 * might find otherwise. Nor while others run.
 */
static bool may_wait(struct world *w, unsigned v, const uint8_t *at)
{
	if (w->scenario->point_count || !memory_is_at_home(w->machine, at))
		return false;
	if (waiting.count && (waiting.v != v || waiting.count == WAITING_MAX))
		vcpu_settle(w);
	return true;
}

/* Where it got to, which should have been hva; value: what it has loaded or stored. */
static uint64_t reached(struct world *w, const struct machine_access *access, uint64_t hva, uint64_t value)
{
	unsigned part = world_part(w, access->addr);

	switch (access->kind) {
	case MACHINE_STORE:
		return frames_stored(w->machine, hva, value);
	case MACHINE_FETCH:
		return frames_fetched(w->machine, hva, part, value);
	default:
		return frames_loaded(w->machine, hva, part, value);
	}
}

/* Where L1's tables lead it; 0: nowhere. */
static uint64_t wanted_by_l1(struct world *w, unsigned guest, uint64_t addr)
{
	uint32_t n = (uint32_t)(addr >> w->layout.page_shift), lpage;
	const struct l1_entry *entry = n < w->layout.l2_pages ? l1_find(w, guest, n) : NULL;

	if (!entry || entry->lpage == LAYOUT_NONE)
		return 0;
	lpage = entry->lpage + (n - entry->base_n);
	return lpage < w->layout.total_pages ? layout_hva(&w->layout, lpage) : 0;
}

static enum access_result access_l1(struct world *w, unsigned v, struct machine_access *access)
{
	uint8_t *at = vm_address(access->addr);
	uint32_t lpage = layout_lpage(&w->layout, access->addr);
	bool store = access->kind == MACHINE_STORE;
	/* A touch names a part of a page; any other store is followed by its bytes, and is one of what is there. */
	bool touch = access->addr % LAYOUT_PART_BYTES == 0 && lpage < w->layout.data_pages;
	uint64_t value = 0, result, args[2] = {access->addr};

	if (touch)
		args[0] += store ? STAGE_STAMP_OFFSET : STAGE_NAME_OFFSET;
	if (touch && store)
		value = runner_next_stamp();
	else if (at)
		memcpy(&value, at, sizeof(value));
	args[1] = order64(w, value);
	access->hpa = (uintptr_t)at;
	if (store && !touch && at && may_wait(w, v, at)) {
		waiting.v = v;
		waiting.gpa[waiting.count++] = access->addr;
		return ACCESS_DONE;
	}
	if (!run_l1(w, v, store ? CODE_L1_STORE : CODE_L1_LOAD, args, 2, &result))
		return ACCESS_FAILED;
	if (touch)
		access->hpa = reached(w, access, layout_hva(&w->layout, lpage), order64(w, store ? args[1] : result));
	if (touch && store)
		runner_stamped();
	return ACCESS_DONE;
}

/* Where the kernel has L2's process table: in the partition table entry that L1 gave it, if that can be read. */
static uint64_t process_table(const struct world *w)
{
	return w->ptcr_set ? LAYOUT_PROCESS_L2_GPA : 0;
}

static enum access_result access_l2(struct world *w, unsigned v, struct machine_access *access)
{
	bool store = access->kind == MACHINE_STORE, fetch = access->kind == MACHINE_FETCH;
	struct l2_work work = access_work(access);
	uint64_t out = work.nip + (fetch ? 12 : 8);
	bool first = entered[v].done;
	struct l2_exit exit = first ? entered[v].exit : enter_l2_hidden(w, v, &work);
	const struct l2_exit *why = &exit;

	entered[v].done = false;
	if (exit.trap == TRAP_SYSCALL && exit.nip == out) {
		access->hpa = reached(w, access, wanted_by_l1(w, w->vcpus[v].guest, access->addr), exit.value);
		if (store)
			runner_stamped();
		return ACCESS_DONE;
	}
	/* L0 has given L2 an interrupt, or has emulated its access as one to a device. */
	if (exit.trap == TRAP_SYSCALL || exit.trap == TRAP_NEVER || was_interrupted(&exit))
		return ACCESS_FAILED;
	access->gpa = exit.asdr;
	access->dsisr = store ? DSISR_HW_STORE : 0;
	if (could_not_begin(&exit)) {
		why = NULL;
		/* It would have faulted as well on what it was to do: on a table of L1's that cannot be read, or else
		 * first of all on its own tables, if it has any. */
		if (exit.asdr >= CONTROL_GPA && exit.asdr < CONTROL_GPA + CONTROL_BYTES)
			access->gpa = access->process ? process_table(w) : access->addr;
		exit.trap = fetch ? TRAP_HISI : TRAP_HDSI;
	}
	if (first)
		has_left(w, v, exit.trap, why);
	else
		leave_l2(w, v, exit.trap, why);
	return ACCESS_LEFT;
}

enum access_result vcpu_access(struct world *w, unsigned v, struct machine_access *access)
{
	return w->vcpus[v].mode == VCPU_L2 ? access_l2(w, v, access) : access_l1(w, v, access);
}
