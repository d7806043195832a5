// SPDX-License-Identifier: GPL-2.0-only
/* supervisor_test.c: runs with a runner whose rules are known: findings, deaths, signals, a disk that fails; links and
 * the entry. */
#include "fuzz/supervisor.h"

#include "base/file.h"
#include "fuzz/strategy.h"
#include "report/folder.h"
#include "scenario/codec.h"
#include "triage/test_runner.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];
static bool lose_findings_folder;

static int make_folder(void **state)
{
	static const char *const below[] = {"corpus", "seeds", "log", "crashes"};
	char path[128], error[256];

	(void)state;
	test_runner_dies_at = OP_COUNT;
	test_runner_schedules_lie = false;
	snprintf(folder, sizeof(folder), "/tmp/rcfuzz-run-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, below[i]);
		if (!folder_make(path, error, sizeof(error)))
			return -1;
	}
	return 0;
}

static int remove_folder(void **state)
{
	char command[300];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	return system(command);
}

static struct run_plan plan(void)
{
	return (struct run_plan){
		.module = "fake",
		.target_info = TEST_RUNNER_INFO,
		.engine = ENGINE_RANDOM,
		.jobs = 2,
		.seed = 1,
		.execs = 4000,
		.out = folder,
		.limits = {.ops_max = 64},
		.fail_classes = 1u << CLASS_LOST_DIRTY_L1,
	};
}

/* Run with stderr put aside. */
static enum run_error run(const struct run_plan *p, struct store **store, struct run_totals *totals, char error[512])
{
	int saved = dup(STDERR_FILENO);
	enum run_error result;
	char path[128];

	*store = store_open(folder, TEST_RUNNER_INFO, error, 512);
	assert_non_null(*store);
	snprintf(path, sizeof(path), "%s/findings", folder);
	if (lose_findings_folder)
		assert_int_equal(rmdir(path), 0);
	snprintf(path, sizeof(path), "%s/stderr", folder);
	fflush(stderr);
	assert_non_null(freopen(path, "w", stderr));
	result = supervise(p, *store, totals, error, 512);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	return result;
}

static cJSON *read_records(void)
{
	char path[128], error[256], *text;
	cJSON *records;
	size_t n, bad;

	snprintf(path, sizeof(path), "%s/findings.jsonl", folder);
	assert_int_equal(file_read(path, 1u << 24, &text, &n, error, sizeof(error)), 0);
	records = record_read_lines(text, n, &bad);
	assert_int_equal(bad, 0);
	free(text);
	return records;
}

static void finds_stores_minimises(void **state)
{
	struct run_plan p = plan();
	struct run_totals totals;
	struct record *record;
	struct store *store;
	char error[512] = "", path[256];
	cJSON *records;

	(void)state;
	p.jobs = 1;
	assert_int_equal(run(&p, &store, &totals, error), RUN_OK);
	assert_true(totals.execs == p.execs);
	assert_true(totals.ops > totals.execs && totals.states > 10);
	assert_true(totals.failed);
	assert_false(totals.interrupted);
	record = store_find(store, "lost-dirty-l1:shadow-pte:kvm_radix_clear_dirty");
	assert_non_null(record);
	assert_true(record->minimized && record->ops == 3 && record->count > 1);
	snprintf(path, sizeof(path), "%s/reports/%s.txt", folder, record->id);
	assert_int_equal(access(path, R_OK), 0);
	assert_non_null(store_find(store, "warn:none:warn"));
	records = read_records();
	assert_int_equal(cJSON_GetArraySize(records), 2);
	assert_true(record_number(cJSON_GetArrayItem(records, 0), "count") > 1);
	cJSON_Delete(records);
	store_close(store);
}

/* Neither of two workers meets both orders of two locks. */
static void orders_of_all_workers_meet(void **state)
{
	struct run_plan p = plan();
	struct run_totals totals;
	struct store *store;
	char error[512] = "";

	(void)state;
	p.execs = 200;
	p.jobs = 1;
	assert_int_equal(run(&p, &store, &totals, error), RUN_OK);
	assert_null(store_find(store, "lock-discipline:shadow-pte:order"));
	store_close(store);
	p.jobs = 2;
	assert_int_equal(run(&p, &store, &totals, error), RUN_OK);
	assert_non_null(store_find(store, "lock-discipline:shadow-pte:order"));
	store_close(store);
}

/* One seed of one op. */
static void write_seed(void)
{
	static struct scenario s;
	static uint8_t bytes[CODEC_BYTES_MAX];
	char path[128], error[256];

	scenario_init(&s);
	s.op_count = 1;
	s.ops[0].kind = OP_L2_STORE;
	scenario_canonicalize(&s);
	snprintf(path, sizeof(path), "%s/seeds/one", folder);
	assert_int_equal(
		file_write_atomic(path, bytes, scenario_encode(&s, bytes, sizeof(bytes)), error, sizeof(error)), 0);
}

/* No new scenario is cut to the length of the seeds. */
static void libfuzzer_runs_whole_scenarios(void **state)
{
	struct run_plan p = plan();
	struct run_totals totals;
	struct store *store;
	char error[512] = "";

	(void)state;
	write_seed();
	p.engine = ENGINE_LIBFUZZER;
	p.execs = 300;
	p.memory_mb = 2048;
	assert_int_equal(run(&p, &store, &totals, error), RUN_OK);
	assert_true(totals.execs == p.execs);
	assert_true(totals.ops > 5 * totals.execs);
	store_close(store);
}

/* A schedule that does not replay is our mistake, and ends the run; the scenario is kept. */
static void schedules_are_verified(void **state)
{
	struct run_plan p = plan();
	struct run_totals totals;
	struct store *store;
	char error[512] = "", path[128], *text;
	size_t n;

	(void)state;
	p.jobs = 1;
	p.limits.preempt = p.limits.verify = true;
	p.limits.strategy = STRATEGY_PCT;
	assert_int_equal(run(&p, &store, &totals, error), RUN_OK);
	assert_true(totals.execs >= p.execs);
	store_close(store);
	test_runner_schedules_lie = true;
	assert_int_equal(run(&p, &store, &totals, error), RUN_ERROR_INTERNAL);
	assert_non_null(strstr(error, "another trace"));
	store_close(store);
	snprintf(path, sizeof(path), "%s/log/worker-0.log", folder);
	assert_int_equal(file_read(path, 1u << 20, &text, &n, error, sizeof(error)), 0);
	assert_memory_equal(text, "rcfuzz-scenario 1\n", 18);
	free(text);
	test_runner_schedules_lie = false;
	test_runner_schedules_show_more = true;
	assert_int_equal(run(&p, &store, &totals, error), RUN_ERROR_INTERNAL);
	assert_non_null(strstr(error, "other findings"));
	store_close(store);
	test_runner_schedules_show_more = false;
}

/* Its ops may overlap: a store, 1, and harvests. The caller's to free, with the runner. */
static struct entry *preempted_entry(uint16_t ops)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	assert_non_null(entry);
	entry->runner = runner_create("fake", NULL, 0);
	entry->limits.preempt = true;
	scenario_init(&entry->scenario);
	for (uint16_t i = 0; i < ops; i++)
		entry->scenario.ops[entry->scenario.op_count++] =
			(struct scenario_op){.label = i + 1, .kind = i ? OP_HOST_HARVEST : OP_L2_STORE};
	scenario_canonicalize(&entry->scenario);
	return entry;
}

/* Which scenarios go to a chooser; those whose ops share memory are run again with a preemption there. */
static void strategies_are_used(void **state)
{
	struct entry *entry = preempted_entry(2);
	unsigned wanted[STRATEGY_COUNT] = {0};
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	for (unsigned i = 0; i < 1000 * STRATEGY_COUNT; i++) {
		entry->limits.strategy = (uint8_t)(i % STRATEGY_COUNT);
		wanted[i % STRATEGY_COUNT] += strategy_wanted(entry, &rng, false);
	}
	assert_in_range(wanted[STRATEGY_MIX], 50, 500);
	assert_in_range(wanted[STRATEGY_SCENARIO], 50, 500);
	assert_int_equal(wanted[STRATEGY_RANDOM], 1000);
	assert_int_equal(wanted[STRATEGY_PCT], 1000);
	entry->limits.strategy = STRATEGY_RANDOM;
	test_runner_runs = test_runner_schedules = 0;
	strategy_run(entry, &rng);
	assert_int_equal(test_runner_schedules, 1);
	assert_int_equal(test_runner_runs, 2);
	assert_int_equal(entry->scenario.points[0].victim, 1);
	assert_int_equal(entry->scenario.points[0].child, 2);
	entry->limits.preempt = false;
	assert_false(strategy_wanted(entry, &rng, true));
	runner_destroy(entry->runner);
	free(entry);
}

/* The engine's own schedule: what the scenario says stays, and one preemption is aimed at what the ops share. */
static void scenarios_are_aimed_at(void **state)
{
	struct entry *entry = preempted_entry(3);
	struct scenario *s = &entry->scenario;
	unsigned aimed, kept, met[2] = {0};
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	entry->limits.strategy = STRATEGY_SCENARIO;
	s->points[s->point_count++] = (struct scenario_point){.victim = 1, .child = 2, .nth = 7};
	scenario_canonicalize(s);
	for (unsigned i = 0; i < 20; i++) {
		struct scenario before = *s;

		test_runner_runs = test_runner_schedules = 0;
		strategy_run(entry, &rng);
		assert_int_equal(test_runner_schedules, 1);
		assert_int_equal(test_runner_runs, 2);
		/* 1 and 2 share memory at the first yield point, where 2 runs then, or 2 and 3 do. */
		aimed = kept = 0;
		for (uint32_t k = 0; k < s->point_count; k++) {
			aimed += s->points[k].nth == 1;
			kept += s->points[k].victim == 1 && s->points[k].child == 2 && s->points[k].nth == 7;
		}
		assert_int_equal(aimed, 1);
		assert_int_equal(aimed + kept, s->point_count);
		met[kept]++;
		*s = before;
	}
	assert_true(met[0] && met[1]);
	runner_destroy(entry->runner);
	free(entry);
}

static void limits_hold(void **state)
{
	struct run_plan p = plan();
	struct run_totals totals;
	struct store *store;
	char error[512];

	(void)state;
	p.limits.well_behaved = true;
	p.limits.ops_max = 3;
	p.jobs = 1;
	p.execs = 500;
	assert_int_equal(run(&p, &store, &totals, error), RUN_OK);
	assert_null(store_find(store, "warn:none:warn")); /* needs an L1 that misbehaves */
	assert_true(totals.execs == 500 && totals.ops <= 1500);
	store_close(store);
}

static void stops_on_first(void **state)
{
	struct run_plan p = plan();
	struct run_totals totals;
	struct store *store;
	char error[512];

	(void)state;
	p.execs = 0;
	p.seconds = 60;
	p.stop_on_first = true;
	assert_int_equal(run(&p, &store, &totals, error), RUN_OK);
	assert_true(totals.failed && totals.seconds < 30);
	store_close(store);
}

static void goes_on_after_a_death(void **state)
{
	struct run_plan p = plan();
	struct run_totals totals;
	struct record *record;
	struct store *store;
	char error[512];

	(void)state;
	test_runner_dies_at = OP_HW_EVICT_PATE;
	p.execs = 1000;
	assert_int_equal(run(&p, &store, &totals, error), RUN_OK);
	assert_true(totals.deaths > 0);
	record = store_find(store, "crash:none:process:signal9");
	assert_non_null(record);
	assert_non_null(store_find(store, "lost-dirty-l1:shadow-pte:kvm_radix_clear_dirty"));
	assert_true(totals.execs == p.execs);
	store_close(store);
}

/* While it minimises, too: what it has not done is counted, and it is started again. */
static void a_stuck_triager_is_killed(void **state)
{
	struct run_plan p = plan();
	struct run_totals totals;
	struct store *store;
	char error[512] = "";

	(void)state;
	test_runner_triager_stops = true;
	p.hang_seconds = 1;
	p.execs = 0;
	p.seconds = 8;
	p.jobs = 1;
	assert_int_equal(run(&p, &store, &totals, error), RUN_OK);
	test_runner_triager_stops = false;
	assert_non_null(store_find(store, "warn:none:warn"));
	assert_true(totals.unminimized >= 2);
	assert_true(totals.seconds < 20);
	store_close(store);
}

/* A mistake of ours is no finding: it ends the run, which says what to send; what was found before stays. */
static void a_mistake_of_ours_ends_the_run(void **state)
{
	struct run_plan p = plan();
	struct run_totals totals;
	struct store *store;
	char error[512] = "", *path, *bytes;
	size_t n;

	(void)state;
	test_runner_fails_at = OP_HW_EVICT_PATE;
	p.execs = 0;
	p.seconds = 60;
	assert_int_equal(run(&p, &store, &totals, error), RUN_ERROR_INTERNAL);
	test_runner_fails_at = OP_COUNT;
	assert_true(totals.seconds < 30);
	assert_ptr_equal(strstr(error, "internal error: a test; "), error);
	path = strstr(error, folder);
	assert_non_null(path);
	path[strcspn(path, " ")] = '\0';
	assert_int_equal(file_read(path, CODEC_BYTES_MAX, &bytes, &n, error, sizeof(error)), 0);
	free(bytes);
	for (size_t i = 0; i < store_count(store); i++)
		assert_int_not_equal(store_at(store, i)->finding.class, CLASS_CRASH);
	store_close(store);
}

static void missing_module_is_one_message(void **state)
{
	struct run_plan p = plan();
	struct run_totals totals;
	struct store *store;
	char error[512] = "";

	(void)state;
	p.module = "missing";
	assert_int_equal(run(&p, &store, &totals, error), RUN_ERROR_INTERNAL);
	assert_string_equal(error, "missing: no such module");
	store_close(store);
}

/* The folder for findings goes away: the run ends and says so. */
static void lost_folder_ends_the_run(void **state)
{
	struct run_plan p = plan();
	struct run_totals totals;
	struct store *store;
	char error[512] = "";

	(void)state;
	p.execs = 0;
	p.seconds = 60;
	lose_findings_folder = true;
	assert_int_equal(run(&p, &store, &totals, error), RUN_ERROR_IO);
	lose_findings_folder = false;
	assert_non_null(strstr(error, folder));
	assert_true(totals.seconds < 30);
	store_close(store);
}

/* In a process of its own, so that a signal can be sent to it. Returns its exit code. */
static int run_and_signal(unsigned signals)
{
	struct run_plan p = plan();
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		struct run_totals totals;
		struct store *store;
		char error[512];

		p.execs = 0;
		p.seconds = 60;
		_exit(run(&p, &store, &totals, error) == RUN_ERROR_IO ? 99 : totals.interrupted + 2 * totals.failed);
	}
	for (unsigned i = 0; i < signals; i++) {
		usleep(700000);
		kill(pid, SIGINT);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void interrupt_keeps_findings(void **state)
{
	time_t begin = time(NULL);
	cJSON *records;

	(void)state;
	assert_int_equal(run_and_signal(1), 3);
	assert_true(time(NULL) - begin < 30);
	records = read_records();
	assert_true(cJSON_GetArraySize(records) >= 1);
	cJSON_Delete(records);
}

static void skips_what_killed(void **state)
{
	struct entry *entry = calloc(1, sizeof(*entry));
	struct link own, theirs;
	const uint8_t input[CODEC_CONFIG_BYTES] = {0};
	char error[64];

	(void)state;
	assert_true(link_create(&own, &theirs));
	entry->runner = runner_create("fake", error, sizeof(error));
	entry->link = &theirs;
	entry_run(entry, input, sizeof(input));
	assert_int_equal(atomic_load(&own.page->execs), 1);
	atomic_store(&own.page->skip[0], link_hash(input, sizeof(input)));
	atomic_store(&own.page->skip_count, 1);
	entry_run(entry, input, sizeof(input));
	assert_int_equal(atomic_load(&own.page->execs), 1);
	entry_run(entry, NULL, 0);
	assert_int_equal(atomic_load(&own.page->execs), 2);
	assert_false(entry_done(entry));
	atomic_store(&own.page->stop, 1);
	assert_true(entry_done(entry));
	runner_destroy(entry->runner);
	free(entry);
	close(theirs.fd);
	link_close(&own);
}

/* The runs that a strategy makes are what a process died of while they run, and not after; and are not run again. */
static void strategies_skip_what_killed(void **state)
{
	struct entry *entry = calloc(1, sizeof(*entry));
	struct link own, theirs;
	struct scenario s;
	struct rng rng;
	char error[64];

	(void)state;
	assert_true(link_create(&own, &theirs));
	rng_seed(&rng, 1);
	entry->runner = runner_create("fake", error, sizeof(error));
	entry->link = &theirs;
	entry->limits.preempt = true;
	entry->limits.strategy = STRATEGY_RANDOM;
	scenario_init(&s);
	for (uint16_t i = 0; i < 2; i++)
		s.ops[s.op_count++] = (struct scenario_op){.label = i + 1, .kind = i ? OP_HOST_HARVEST : OP_L2_STORE};
	scenario_canonicalize(&s);
	entry->scenario = s;
	strategy_run(entry, &rng);
	assert_int_equal(atomic_load(&own.page->execs), 2);
	assert_int_equal(atomic_load(&own.page->input_size), 0);
	/* The last one, at the place where the ops meet. */
	atomic_store(&own.page->skip[0], link_hash(own.page->input, scenario_encode(&entry->scenario, own.page->input,
										    sizeof(own.page->input))));
	atomic_store(&own.page->skip_count, 1);
	assert_false(entry_run_noted(entry));
	assert_int_equal(atomic_load(&own.page->execs), 2);
	assert_int_equal(atomic_load(&own.page->input_size), 0);
	/* What a chooser is given. */
	entry->scenario = s;
	atomic_store(&own.page->skip[0],
		     link_hash(own.page->input, scenario_encode(&s, own.page->input, sizeof(own.page->input))));
	strategy_run(entry, &rng);
	assert_int_equal(atomic_load(&own.page->execs), 2);
	runner_destroy(entry->runner);
	free(entry);
	close(theirs.fd);
	link_close(&own);
}

static void broken_messages_are_left_out(void **state)
{
	struct link_message *m = calloc(1, sizeof(*m)), *got = calloc(1, sizeof(*got));
	struct link own, theirs;

	(void)state;
	assert_true(link_create(&own, &theirs));
	assert_int_equal(link_receive(own.fd, got), -1);
	assert_int_equal(send(theirs.fd, "short", 5, 0), 5);
	m->size = 3;
	m->finding.class = CLASS_COUNT;
	assert_true(link_send(theirs.fd, m));
	m->finding.class = CLASS_WARN;
	memset(m->finding.title, 'x', sizeof(m->finding.title));
	memset(m->scenario, 'a', 3);
	assert_true(link_send(theirs.fd, m));
	assert_int_equal(link_receive(own.fd, got), 1); /* only the last */
	assert_int_equal(strlen(got->finding.title), sizeof(got->finding.title) - 1);
	assert_memory_equal(got->scenario, "aaa", 3);
	close(theirs.fd);
	assert_int_equal(link_receive(own.fd, got), 0);
	assert_false(link_send(own.fd, m));
	link_close(&own);
	free(m);
	free(got);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(finds_stores_minimises),
		WITH_FOLDER(orders_of_all_workers_meet),
		WITH_FOLDER(libfuzzer_runs_whole_scenarios),
		WITH_FOLDER(schedules_are_verified),
		cmocka_unit_test(strategies_are_used),
		cmocka_unit_test(scenarios_are_aimed_at),
		WITH_FOLDER(limits_hold),
		WITH_FOLDER(stops_on_first),
		WITH_FOLDER(goes_on_after_a_death),
		WITH_FOLDER(a_stuck_triager_is_killed),
		WITH_FOLDER(a_mistake_of_ours_ends_the_run),
		WITH_FOLDER(missing_module_is_one_message),
		WITH_FOLDER(lost_folder_ends_the_run),
		WITH_FOLDER(interrupt_keeps_findings),
		cmocka_unit_test(skips_what_killed),
		cmocka_unit_test(strategies_skip_what_killed),
		cmocka_unit_test(broken_messages_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
