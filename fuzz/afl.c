// SPDX-License-Identifier: GPL-2.0-only
/*
 * afl.c: AFL++ persistent entry, a program of its own (rcfuzz-afl).
 *
 *   afl-fuzz -i seeds -o out -- rcfuzz-afl MODULE.so
 *   rcfuzz-afl MODULE.so < input
 *
 * AFL++'s instrumentation of this program is not needed: the coverage of the
 * loaded module (its inline counters) and the states that were met are copied
 * into AFL++'s map after each run. `rcfuzz run --engine afl` starts it with the
 * descriptors of its link; without them a finding that matters aborts, so that
 * AFL++ keeps the input as a crash.
 */
#include "fuzz/entry.h"
#include "fuzz/strategy.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* AFL++'s runtime (afl-compiler-rt.o). */
extern unsigned char *__afl_area_ptr, *__afl_fuzz_ptr;
extern unsigned int *__afl_fuzz_len;
void __afl_manual_init(void);
int __afl_persistent_loop(unsigned int count);
extern int __afl_sharedmem_fuzzing;
int __afl_sharedmem_fuzzing = 1;

/* afl-fuzz looks for these words in the program. */
const char *volatile afl_persistent = "##SIG_AFL_PERSISTENT##";
const char *volatile afl_deferred = "##SIG_AFL_DEFER_FORKSRV##";

#define RUNS_PER_PROCESS 100000u
/* The lower half of AFL++'s default map is for code, the upper for states. */
#define MAP_HALF 32768u

/* ---- what a module built with coverage calls ------------------------------------ */

#define REGIONS_MAX 16u
static struct {
	uint8_t *begin, *end;
} regions[REGIONS_MAX];
static unsigned region_count;

/* The module finds them in this program: not hidden. */
#define FOR_MODULE __attribute__((visibility("default")))
FOR_MODULE void __sanitizer_cov_8bit_counters_init(uint8_t *begin, uint8_t *end);
FOR_MODULE void __sanitizer_cov_pcs_init(const uintptr_t *begin, const uintptr_t *end);
FOR_MODULE void __sanitizer_cov_trace_div4(uint32_t value);
FOR_MODULE void __sanitizer_cov_trace_div8(uint64_t value);
FOR_MODULE void __sanitizer_cov_trace_gep(uintptr_t index);
FOR_MODULE void __sanitizer_cov_trace_pc_indir(uintptr_t callee);

void __sanitizer_cov_8bit_counters_init(uint8_t *begin, uint8_t *end)
{
	if (region_count < REGIONS_MAX && begin < end) {
		regions[region_count].begin = begin;
		regions[region_count++].end = end;
	}
}

void __sanitizer_cov_pcs_init(const uintptr_t *begin, const uintptr_t *end)
{
	(void)begin, (void)end;
}

void __sanitizer_cov_trace_div4(uint32_t value)
{
	(void)value;
}

void __sanitizer_cov_trace_div8(uint64_t value)
{
	(void)value;
}

void __sanitizer_cov_trace_gep(uintptr_t index)
{
	(void)index;
}

void __sanitizer_cov_trace_pc_indir(uintptr_t callee)
{
	(void)callee;
}

/* ---- coverage into the map --------------------------------------------------------- */

static void add_saturating(uint8_t *counter, uint8_t n)
{
	*counter = *counter + n > 255 ? 255 : (uint8_t)(*counter + n);
}

/* Copies and clears the module's counters; *edges counts those ever met. */
static void feed_code(uint32_t *edges)
{
	static uint8_t met[MAP_HALF];
	size_t at = 0;

	for (unsigned r = 0; r < region_count; r++) {
		for (uint8_t *c = regions[r].begin; c < regions[r].end; c++, at++) {
			if (!*c)
				continue;
			add_saturating(&__afl_area_ptr[at % MAP_HALF], *c);
			*edges += !met[at % MAP_HALF];
			met[at % MAP_HALF] = 1;
		}
		memset(regions[r].begin, 0, (size_t)(regions[r].end - regions[r].begin));
	}
}

static void feed_states(uint8_t *states)
{
	for (uint32_t i = 0; i < RUN_STATES; i += 8) {
		uint64_t word;

		memcpy(&word, states + i, sizeof(word));
		for (uint32_t k = i; word && k < i + 8; k++) {
			if (states[k])
				add_saturating(&__afl_area_ptr[MAP_HALF + k % MAP_HALF], states[k]);
		}
	}
	memset(states, 0, RUN_STATES);
}

/* What a strategy does beside an input is not the input's coverage. */
static void forget(uint8_t *states)
{
	for (unsigned r = 0; r < region_count; r++)
		memset(regions[r].begin, 0, (size_t)(regions[r].end - regions[r].begin));
	memset(states, 0, RUN_STATES);
}

/* ---- the program ---------------------------------------------------------------------- */

struct options {
	const char *module;
	int page_fd, channel_fd;
	struct entry_limits limits;
	uint64_t execs_max;
};

static bool parse(struct options *options, int argc, char **argv)
{
	*options = (struct options){.page_fd = -1, .channel_fd = -1};
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (!strcmp(argv[i], "--well-behaved"))
			options->limits.well_behaved = true;
		else if (!strcmp(argv[i], "--preempt"))
			options->limits.preempt = true, options->limits.level = (uint8_t)atoi(value), i++;
		else if (!strcmp(argv[i], "--schedule"))
			options->limits.strategy = (uint8_t)atoi(value), i++;
		else if (!strcmp(argv[i], "--verify"))
			options->limits.verify = true;
		else if (!strcmp(argv[i], "--page-fd"))
			options->page_fd = atoi(value), i++;
		else if (!strcmp(argv[i], "--channel-fd"))
			options->channel_fd = atoi(value), i++;
		else if (!strcmp(argv[i], "--max-ops"))
			options->limits.ops_max = (uint32_t)strtoul(value, NULL, 10), i++;
		else if (!strcmp(argv[i], "--execs"))
			options->execs_max = strtoull(value, NULL, 10), i++;
		else if (argv[i][0] != '-' && !options->module)
			options->module = argv[i];
		else
			return false;
	}
	return options->module;
}

/* Say why there will be no run: to the supervisor, or else to the reader. */
static _Noreturn void give_up(const struct link *link, const char *why)
{
	static struct link_message message;

	fprintf(stderr, "rcfuzz-afl: %s\n", why);
	if (link) {
		message.kind = LINK_FAILED;
		snprintf(message.text, sizeof(message.text), "%s", why);
		link_send(link->fd, &message);
	}
	exit(66);
}

static struct entry *open_entry(const struct options *options, struct link *link)
{
	_Alignas(8) static uint8_t state_counters[RUN_STATES];
	struct entry *entry = calloc(1, sizeof(*entry));
	char error[512] = "out of memory";

	if (!entry)
		give_up(NULL, error);
	if (options->page_fd >= 0 && link_attach(link, options->page_fd, options->channel_fd))
		entry->link = link;
	entry->runner = runner_create(options->module, error, sizeof(error));
	if (!entry->runner) {
		free(entry);
		give_up(options->page_fd >= 0 ? link : NULL, error);
	}
	entry->counters = state_counters;
	entry->locks = lock_graph_create();
	entry->limits = options->limits;
	entry->execs_max = options->execs_max;
	return entry;
}

/* The mutator is in another process, which cannot know where ops meet: schedules are tried here, beside the input. */
static void run_by_strategy(struct entry *entry, const uint8_t *bytes, size_t n)
{
	struct rng rng;

	/* The same for the same input. */
	rng_seed(&rng, link_hash((const char *)bytes, n));
	if (entry_done(entry) || !strategy_wanted(entry, &rng, false))
		return;
	strategy_run(entry, &rng);
	forget(entry->counters);
}

static void run(struct entry *entry, const uint8_t *bytes, size_t n, uint32_t *edges)
{
	entry_run(entry, bytes, n);
	feed_code(edges);
	feed_states(entry->counters);
	if (entry->link) {
		atomic_store_explicit(&entry->link->page->coverage, *edges, memory_order_relaxed);
		run_by_strategy(entry, bytes, n);
		return;
	}
	for (uint32_t i = 0; i < entry->outcome.finding_count; i++) {
		const struct finding *finding = &entry->outcome.findings[i];

		if (class_info[finding->class].severity != SEVERITY_ADVISORY) {
			fprintf(stderr, "rcfuzz-afl: %s: %s\n", class_info[finding->class].name, finding->title);
			abort();
		}
	}
}

int main(int argc, char **argv)
{
	static uint8_t standard_input[CODEC_BYTES_MAX];
	struct options options;
	struct entry *entry;
	struct link link = {.page_fd = -1, .fd = -1};
	uint32_t edges = 0;

	if (!parse(&options, argc, argv)) {
		fprintf(stderr, "usage: rcfuzz-afl [--well-behaved] [--max-ops N] MODULE.so < input\n");
		return 64;
	}
	/* From here on in the child of AFL++'s fork server: timers are not inherited, so the runner is made here. */
	__afl_manual_init();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	entry = open_entry(&options, &link);
	while (__afl_persistent_loop(RUNS_PER_PROCESS)) {
		if (__afl_fuzz_ptr) {
			if (!entry_done(entry))
				run(entry, __afl_fuzz_ptr, *__afl_fuzz_len, &edges);
		} else {
			ssize_t n = read(STDIN_FILENO, standard_input, sizeof(standard_input));

			run(entry, standard_input, n > 0 ? (size_t)n : 0, &edges);
		}
	}
	runner_destroy(entry->runner);
	lock_graph_destroy(entry->locks);
	free(entry);
	return 0;
}
