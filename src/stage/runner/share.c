// SPDX-License-Identifier: GPL-2.0-only
/*
 * share.c: a page that another process shares, as after fork, and then does not any more (host unshare): a write then
 * makes it writable where it is (mm/memory.c, wp_page_reuse), of which no notifier tells. A private page of the file
 * is not enough for that: the kernel always copies it.
 *
 * So the page is written to, which makes it anonymous, and a child is forked, which gets nothing else of a guest's
 * memory (MADV_DONTFORK) and ends at once: that leaves the page read-only here. What keeps the kernel from using it in
 * place is a reference in a pipe, for as long as it is to be shared.
 */
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static void fork_once(void)
{
	pid_t child = _Fork();
	int status;

	if (child == 0)
		_exit(0);
	while (child > 0 && waitpid(child, &status, __WALL) < 0 && errno == EINTR)
		;
	if (child < 0)
		runner_die("fork: %s", strerror(errno));
}

static void advise(void *at, size_t n, int advice)
{
	if (madvise(at, n, advice) != 0)
		runner_die("madvise: %s", strerror(errno));
}

void share_page(struct machine *m, struct page *page, uint64_t hva)
{
	const struct iovec bytes = {memory_real(hva), m->page_size};
	int fds[2];

	memory_write(hva);
	advise(bytes.iov_base, bytes.iov_len, MADV_DOFORK);
	fork_once();
	advise(bytes.iov_base, bytes.iov_len, MADV_DONTFORK);
	if (pipe2(fds, O_CLOEXEC) != 0 || vmsplice(fds[1], &bytes, 1, 0) != (ssize_t)bytes.iov_len)
		runner_die("vmsplice: %s", strerror(errno));
	close(fds[1]);
	page->sharer = fds[0];
	page->frame = memory_pagemap(m, hva) & PAGEMAP_FRAME;
	if (memory_pagemap(m, hva) & PAGEMAP_FILE)
		runner_die("a private page that was written to is still the file's");
}

static bool is_same(struct machine *m, const struct page *page, uint64_t hva)
{
	return (memory_pagemap(m, hva) & PAGEMAP_FRAME) == page->frame;
}

bool share_holds(struct machine *m, const struct page *page, uint64_t hva)
{
	return page->sharer && is_same(m, page, hva);
}

bool share_has_ended(const struct machine *m, const struct page *page, uint64_t hva)
{
	return page->frame && !page->sharer && machine_hostmm_version(m, hva) == page->version;
}

void share_ends(struct machine *m, struct page *page, uint64_t hva)
{
	bool copied = !is_same(m, page, hva);

	close(page->sharer);
	page->sharer = 0;
	page->version = machine_hostmm_version(m, hva);
	if (copied)
		page->frame = 0;
	else
		memory_drain();
}

void share_forget(struct page *page)
{
	if (page->sharer)
		close(page->sharer);
	page->sharer = 0;
	page->frame = 0;
}

void share_follow(struct machine *m, struct page *page, uint64_t hva)
{
	if (!page->frame || page->sharer)
		return;
	if (!is_same(m, page, hva))
		runner_die("the kernel has copied a page that nobody shares");
	/* KVM marks what it maps as accessed, which may put it into a batch. */
	if (share_has_ended(m, page, hva))
		memory_drain();
	else
		page->frame = 0;
}
