// SPDX-License-Identifier: GPL-2.0-only
/*
 * age.c: pages of this process become old, as KVM's notifier is told of it (clear_young). User space has no system call
 * for that; but DAMON, where the kernel has it, makes old whatever it is about to watch: at the beginning of each of
 * its sampling intervals one address of each of its regions (mm/damon/vaddr.c, damon_va_prepare_access_checks). So
 * a page is a region, the interval is longer than anything here, and DAMON is stopped as soon as it sleeps in it;
 * what it then does is only to look (mmu_notifier_test_young).
 *
 * The address is a random one of the page, and what is told to KVM begins there and is as long as a page: it is that
 * page and the next; but for the one address that is the page's first, so it is done twice.
 *
 * It passes over pages that are on no LRU list, and new ones wait for that in a batch of their CPU. So this is emptied
 * before, and that each page was made old is seen in its flags.
 */
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ADMIN "/sys/kernel/mm/damon/admin/kdamonds"
#define CONTEXT "0/contexts/0"
#define SLEEPS_TRIES 100000
#define SLEEPS_WAIT_US 100
/* Documentation/admin-guide/mm/pagemap.rst */
#define KPF_IDLE (1ull << 25)

static struct {
	bool prepared;
	int page_flags;
} damon;

bool age_possible(void)
{
	return access(ADMIN, F_OK) == 0;
}

__attribute__((format(printf, 2, 3))) static void tell(const char *file, const char *format, ...)
{
	char path[160], text[64];
	va_list args;
	int fd, n;

	snprintf(path, sizeof(path), ADMIN "/%s", file);
	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, (size_t)n) != n)
		runner_die("%s: %s: %s", path, text, strerror(errno));
	close(fd);
}

static void prepare(void)
{
	if (damon.prepared)
		return;
	damon.page_flags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	if (damon.page_flags < 0)
		runner_die("/proc/kpageflags: %s", strerror(errno));
	tell("nr_kdamonds", "1");
	tell("0/contexts/nr_contexts", "1");
	/* Regions that stay as they are. */
	tell(CONTEXT "/operations", "fvaddr");
	tell(CONTEXT "/monitoring_attrs/intervals/aggr_us", "1000000000");
	tell(CONTEXT "/monitoring_attrs/intervals/update_us", "1000000000");
	tell(CONTEXT "/monitoring_attrs/intervals/sample_us", "1000000000");
	tell(CONTEXT "/targets/nr_targets", "1");
	tell(CONTEXT "/targets/0/pid_target", "%d", getpid());
	damon.prepared = true;
}

static void set_regions(const struct machine *m, uint64_t start, uint32_t pages)
{
	tell(CONTEXT "/targets/0/regions/nr_regions", "%u", pages);
	for (uint32_t i = 0; i < pages; i++) {
		uint64_t at = runner_hva(start) + (uint64_t)i * m->page_size;
		char file[80];

		snprintf(file, sizeof(file), CONTEXT "/targets/0/regions/%u/start", i);
		tell(file, "%llu", (unsigned long long)at);
		snprintf(file, sizeof(file), CONTEXT "/targets/0/regions/%u/end", i);
		tell(file, "%llu", (unsigned long long)at + m->page_size);
	}
}

static bool read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return n > 0;
}

/* The only sleep that /proc calls I (TASK_IDLE) is that of the interval. */
static bool is_sleeping(int pid)
{
	char path[64], text[256];
	const char *state;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (!read_text(path, text, sizeof(text)))
		runner_die("DAMON's thread has ended: %s: %s", path, strerror(errno));
	state = strrchr(text, ')');
	return state && !strncmp(state, ") I", 3);
}

static void sample_once(void)
{
	char text[32];
	int pid;

	tell("0/state", "on");
	if (!read_text(ADMIN "/0/pid", text, sizeof(text)) || sscanf(text, "%d", &pid) != 1 || pid <= 0)
		runner_die("DAMON does not say which thread is its own");
	for (int tries = 0; !is_sleeping(pid); tries++) {
		if (tries == SLEEPS_TRIES)
			runner_die("DAMON does not get to sleep");
		usleep(SLEEPS_WAIT_US);
	}
	tell("0/state", "off");
}

static void check_old(struct machine *m, uint64_t hva)
{
	uint64_t frame = memory_pagemap(m, hva) & PAGEMAP_FRAME, flags;

	if (pread(damon.page_flags, &flags, sizeof(flags), (off_t)(frame * sizeof(flags))) != sizeof(flags))
		runner_die("/proc/kpageflags: %s", strerror(errno));
	if (!(flags & KPF_IDLE))
		runner_die("DAMON has passed over a page: its flags are %#llx", (unsigned long long)flags);
}

void age_pages(struct machine *m, uint64_t start, uint32_t pages)
{
	uint32_t sampled = pages > 1 ? pages - 1 : 1;
	bool absent[WORLD_LPAGES] = {false};

	/* Nothing is told of a page that is not there. To have it there for so long is not seen by KVM. */
	for (uint32_t i = 0; i < sampled; i++) {
		uint64_t hva = start + (uint64_t)i * m->page_size;

		absent[i] = !(memory_pagemap(m, hva) & PAGEMAP_PRESENT);
		if (absent[i])
			memory_read(hva);
	}
	prepare();
	set_regions(m, start, sampled);
	memory_drain();
	sample_once();
	sample_once();
	for (uint32_t i = 0; i < sampled; i++) {
		uint64_t hva = start + (uint64_t)i * m->page_size;

		check_old(m, hva);
		if (absent[i] && madvise(memory_real(hva), m->page_size, MADV_DONTNEED) != 0)
			runner_die("madvise: %s", strerror(errno));
	}
}
