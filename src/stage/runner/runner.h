/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * runner.h: the runner on the stage: a static ppc64le program that runs
 * scenarios on the real KVM.
 *
 * It is the actors of src/actor, compiled as they are, on other ground: here
 * `struct target` is KVM's ioctls (vm.c), the machine's host memory is this
 * process's own (memory.c), and a vCPU is a vCPU (vcpu.c). So both sides do the
 * same by construction, and tell it in the same events.
 */
#ifndef RCFUZZ_STAGE_RUNNER_H
#define RCFUZZ_STAGE_RUNNER_H

#include "actor/world.h"
#include "stage/wire.h"

#include <linux/kvm.h>

/*
 * A memslot that the scenario does not know, at a place that it does not use
 * (the fourth GiB, of L1 and of each L2): code, and L1's state areas for the
 * entries into L2 that the scenario does not know of either.
 */
#define CONTROL_SLOT 10u
#define CONTROL_GPA (3ull << 30)
#define CONTROL_HVA 0x3d0000000000ull
#define CONTROL_CODE 0x0u
#define CONTROL_STORES 0x2000u			/* of L1, that wait: address and value */
#define CONTROL_STATE(v) (0x10000u * (1 + (v))) /* hv_guest_state; pt_regs at +2048 */
#define CONTROL_TABLES 0x50000u			/* L1's PMD and PTE pages that map all this into L2 */
#define CONTROL_BYTES 0x60000u

/* vm.c: the virtual machine. */
extern const struct target vm_target;
/* Opens /dev/kvm. False: there is none, or it makes no VMs as kvm-hv does; errno. */
bool vm_open(void);
struct kvm_run *vm_vcpu_run(unsigned v);
int vm_vcpu_fd(unsigned v);
/* How often the kernel has read guest memory for a vCPU's instruction, to emulate it. */
uint64_t vm_instruction_loads(unsigned v);
/* Close the VM, if there is one. */
void vm_close(void);
/* The VMM's address of an L1 real address, or NULL outside of all slots. */
void *vm_address(uint64_t gpa);

/* vcpu.c: write what guests run, in both byte orders, to where CONTROL_CODE lies. */
void vcpu_code(uint8_t *at);
/* A new VM: no vCPU has run yet. */
void vcpu_begin(void);
/* L1 makes the stores that wait for its next run: before anyone else does anything. */
void vcpu_settle(struct world *w);
/* Interrupt the calling thread's KVM_RUN now and then, so that it can be seen whether a guest gets anywhere. */
void vcpu_watchdog(bool on);

/* threads.c: ops that are under way at the same time. */
/* Once, in the thread that runs all ops but those that interrupt others. */
void threads_begin(void);
/*
 * The ops are to run from the first one on. overlap: some interrupt others; they begin delay_ns later (negative:
 * earlier) than their victims.
 */
void race_begin(struct world *w, bool overlap, int64_t delay_ns);
/* Do they? */
bool race_overlaps(void);
/* How long the victim and the op that interrupted it took, from the beginning of the first kernel call on. */
struct race_times {
	int64_t victim_ns, child_ns;
	bool victim_ended;
};
/* False: nothing has interrupted anything. */
bool race_times(struct race_times *times);
/* Around each call of the kernel in which others may be under way. */
void kernel_begins(void);
void kernel_ends(void);

/* memory.c: the VMM's memory. Where an address of the layout lies in this process, in this scenario. */
uint64_t runner_hva(uint64_t layout_hva);
/* Before a scenario begins: does it make small pages huge? */
void memory_expect_collapse(struct machine *m, bool expected);
/* After it has begun: an op is to unshare that page, an address of the layout. */
void memory_expect_unshare(struct machine *m, uint64_t hva);
/* An op has ended: what the kernel has done to memory meanwhile is followed. */
void memory_op_end(struct machine *m);
/* The same ops run once more in this VM: all pages are there, as at first, and what was huge is again. */
void memory_again(struct machine *m);
/* The bytes of a page as they are, wherever they lie: looking leaves no trace in the page tables. */
const uint8_t *memory_content(struct machine *m, uint64_t hva);
/* Has nothing happened to the page at that address of ours but accesses? */
bool memory_is_at_home(struct machine *m, const void *at);

/* What the host has at each of these pages, from that address of the layout on. */
struct memory_state {
	bool present, writable;
	uint32_t frame;
};
void memory_states(struct machine *m, uint64_t hva, uint32_t pages, struct memory_state *states);

/*
 * frames.c: where an access of a guest got to, as what machine_frame_number takes: by the name that it loaded, the
 * number that it stored, or what the code that it fetched told. hva: where it should have got to, of the layout; 0:
 * that is not known.
 */
uint64_t frames_loaded(struct machine *m, uint64_t hva, unsigned part, uint64_t name);
uint64_t frames_stored(struct machine *m, uint64_t hva, uint64_t stamp);
uint64_t frames_fetched(struct machine *m, uint64_t hva, unsigned part, uint64_t told);
/* The L1 page that is in that frame now; `asked` if it is, else the first one; LAYOUT_NONE: none is. */
uint32_t frames_lpage(const struct world *w, uint32_t frame, uint32_t asked);

/* judge.c: what the naive oracle says of what happens here. False: no memory. */
bool judge_create(void);
/* A new VM. */
void judge_begin(void);
void judge_event(const struct world *w, const struct event *e);

/* age.c: make old what KVM has mapped of small pages. Has the kernel what it takes? */
bool age_possible(void);
/* All of [start, start + pages), addresses of the layout; more than one page, or the last one of a slot. */
void age_pages(struct machine *m, uint64_t start, uint32_t pages);

/* runner.c */
/* Of this process. */
struct machine *runner_machine(void);
/* The number that the next store of a guest leaves, and that it has left it. */
uint64_t runner_next_stamp(void);
void runner_stamped(void);
/* L1 may have made new tables for a guest: map our code there too, before the guest is entered. */
void runner_follow_trees(const struct world *w);
/* A record beside the events. */
void runner_record(struct event e, const void *payload, uint32_t bytes);
/* The runner cannot go on: says why on the console and ends. */
_Noreturn void runner_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
