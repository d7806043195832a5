/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * run.h: one scenario through kernel, machine and oracle -> an outcome and a trace.
 *
 * A runner owns a loaded target, a machine, an oracle and the vCPU stacks, and
 * is reused for any number of scenarios. Same scenario, same module: same trace.
 */
#ifndef RCFUZZ_RUN_H
#define RCFUZZ_RUN_H

#include "finding.h"
#include "scenario/aims.h"
#include "scenario/event.h"
#include "scenario/scenario.h"

#include <stddef.h>
#include <stdint.h>

#define RUN_FINDINGS_MAX 16u

struct runner;

struct run_outcome {
	uint32_t finding_count; /* at most RUN_FINDINGS_MAX; the rest only in findings_dropped */
	uint32_t findings_dropped;
	struct finding findings[RUN_FINDINGS_MAX];
	uint64_t trace_hash; /* of all events */
	uint64_t events, accesses, faults, kernel_steps;
	uint32_t ops_run; /* less than op_count when the world ended early (crash, hang), or too_slow */
	uint64_t spurious_dirty, named;
	uint32_t points_reached; /* bit i: the scenario's point i was */
	bool world_ended;	 /* a crash, BUG, hang or undefined behaviour ended it */
	bool too_slow;		 /* it was cut: RUN_STEPS_MAX, RUN_TIME_MS */
};

/* The R and C of the four places for one page, for the timeline. */
struct run_bits {
	bool has_l1, l1_r, l1_c;
	bool has_l0, l0_r, l0_c;
	bool has_shadow, shadow_r, shadow_c;
	bool has_tlb, tlb_r, tlb_c; /* of any CPU */
};

/* One of the two bits in each of the four places: C, else R. */
struct run_places {
	bool l1, l0, shadow, tlb;
};
struct run_places run_places_of(const struct run_bits *bits, bool c);

/* Called for each event in order (event.bitmap is valid during the call only). */
struct run_observer {
	void *ctx;
	void (*event)(void *ctx, const struct event *event);
	/* Around each op: the bits of the page that the op, or else the watched finding, concerns. */
	void (*op)(void *ctx, unsigned op_index, bool after, const struct run_bits *bits);
	/* Each change of an entry: by which op, which place, old, new, the kernel function ("": none). And, in the
	 * place "tlb", what an invalidation by the kernel takes from the TLBs, as far as it has to do with the watched
	 * page: only these bits.
	 */
#define RUN_TLB_VALID (1ull << 63)
#define RUN_TLB_R 0x100ull
#define RUN_TLB_C 0x80ull
	void (*pte)(void *ctx, unsigned op_index, const char *place, uint64_t old_pte, uint64_t new_pte,
		    const struct finding_writer *writer);
	/* Each write to the rmap and to the dirty bitmap of the L1 page: by which op, which of both, whether it is
	 * known to have emptied the rmap or taken bits from the bitmap, the kernel function.
	 */
	void (*word)(void *ctx, unsigned op_index, const char *place, bool cleared,
		     const struct finding_writer *writer);
	/* Each yield point of each op: the op, its number in it, its name (until the run ends). */
	void (*point)(void *ctx, unsigned op_index, uint32_t number, const char *name);
	/* Each point of the scenario that is reached: its index, and the kernel function and line at which it is
	 * ("": at none, in the hardware or the host's own code), with those that had called it.
	 */
	void (*reached)(void *ctx, uint32_t point, const struct finding_writer *where);
	/* Each finding, the moment it is made: the code that it is about may be on the stack. */
	void (*finding)(void *ctx, const struct finding *finding);
	/* The page to watch: L2 page (guest, n) and L1 page. guest 0: only the L1 page. */
	uint8_t watch_guest;
	uint32_t watch_n, watch_lpage;
};

/* Load a target and make a runner for it. NULL: *error says what to do. Many runners may exist, only one runs at a
 * time. */
struct runner *runner_create(const char *module_path, char *error, size_t error_size);
void runner_destroy(struct runner *r);
/* JSON of the module (target.h). */
const char *runner_target_info(const struct runner *r);
uint32_t runner_page_shift(const struct runner *r);
/* Does the kernel in it have a function of that name, as names of yield points have it? */
bool runner_has_function(struct runner *r, const char *name);

/*
 * Run a canonical scenario. The module's page size wins over config.page.
 * *outcome is overwritten. Never fails: whatever goes wrong is a finding, or
 * ends the program if it is a fault of ours.
 * observer may be NULL (the fast path).
 */
void run_scenario(struct runner *r, const struct scenario *s, const struct run_observer *observer,
		  struct run_outcome *outcome);

/*
 * A schedule: which ops a chooser (sched/choose.h) lets interrupt one another: `count` of them, from index `first` on.
 * It is asked in which order they begin, if none of them has points, and then at each of their yield points.
 */
struct chooser;
struct run_schedule {
	struct chooser *chooser;    /* ready for a run */
	uint32_t first, count;	    /* within the scenario */
	uint32_t preemptions;	    /* at most so many */
	struct scenario_aims *aims; /* NULL, or becomes where two of the ops touch the same */
	/* NULL, or called when *s has got one more point, before it is acted on: the run may be the process's last. */
	void (*decided)(void *ctx);
	void *ctx;
};

/*
 * Run *s, a canonical scenario of the module's page size, by a schedule. It becomes the scenario that was run: the ops
 * in their order, and what was decided as preemptions; canonical. run_scenario() with that gives the same trace.
 */
void run_scheduled(struct runner *r, struct scenario *s, const struct run_schedule *schedule,
		   struct run_outcome *outcome);

/* How many yield points an op of that kind has, as far as schedules have shown; 0: not known. */
uint32_t run_usual_points(const struct runner *r, uint8_t kind);

/*
 * Give the points of *s, which were reached by number, the names that they have in this module, so that they say where
 * they are and survive another build of it. Runs the scenario. False: nothing was changed, since it then would not run
 * the same.
 */
bool run_name_points(struct runner *r, struct scenario *s);

/* State coverage: RUN_STATES bytes, counters of (op, bits of l1-pte, l0-pte, shadow, TLB) met; fed to engines. */
#define RUN_STATES 32768u
void runner_state_counters(struct runner *r, uint8_t *counters);

/*
 * For measurements: the kernel and the machine only, none of what the runner itself does with an event: no oracle,
 * no trace hash, no marks, no provenance, no state coverage. The outcome of such a run says nothing.
 */
void runner_bare(struct runner *r, bool bare);

/* To call once in a child process that goes on with its parent's runner: timers are not inherited. */
void runner_forked(void);

/*
 * When does the kernel loop? An op that takes too many steps (host_services.steps_left) does: that is decided by the
 * scenario alone. Code that takes none is left when it has run for so many milliseconds of CPU time.
 */
#define RUN_BUDGET_MS 1000u /* the default */
void runner_time_limit(struct runner *r, unsigned budget_ms);

/*
 * All of a scenario may take so many steps: no op begins after that. If the time is over before, which is for kernels
 * that nobody has seen, the op that runs is left. In both cases what was cut is no finding.
 */
#define RUN_STEPS_MAX 64000000u
#define RUN_TIME_MS 10000u /* of CPU time */

#endif
