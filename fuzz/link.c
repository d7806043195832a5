// SPDX-License-Identifier: GPL-2.0-only
/* link.c: the shared page and the messages between supervisor and workers. */
#include "fuzz/link.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xxhash.h>

bool link_attach(struct link *link, int page_fd, int fd)
{
	void *page = mmap(NULL, sizeof(*link->page), PROT_READ | PROT_WRITE, MAP_SHARED, page_fd, 0);

	if (page == MAP_FAILED)
		return false;
	*link = (struct link){.page = page, .page_fd = page_fd, .fd = fd};
	return true;
}

bool link_create(struct link *own, struct link *theirs)
{
	int page_fd = memfd_create("rcfuzz-worker", MFD_CLOEXEC), fds[2] = {-1, -1}, error;

	if (page_fd >= 0 && !ftruncate(page_fd, sizeof(*own->page)) &&
	    !socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) && !fcntl(fds[0], F_SETFL, O_NONBLOCK) &&
	    link_attach(own, page_fd, fds[0])) {
		*theirs = (struct link){.page = own->page, .page_fd = page_fd, .fd = fds[1]};
		return true;
	}
	error = errno;
	if (page_fd >= 0)
		close(page_fd);
	if (fds[0] >= 0) {
		close(fds[0]);
		close(fds[1]);
	}
	errno = error;
	return false;
}

void link_close(struct link *link)
{
	munmap(link->page, sizeof(*link->page));
	close(link->page_fd);
	close(link->fd);
	*link = (struct link){.page_fd = -1, .fd = -1};
}

bool link_send(int fd, const struct link_message *message)
{
	size_t n = offsetof(struct link_message, scenario) + message->size;
	ssize_t sent;

	do
		sent = send(fd, message, n, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)n;
}

/* The other side may have been about to die: take nothing on trust. */
static bool message_is_sound(struct link_message *message, size_t n)
{
	struct finding *finding = &message->finding;

	if (n < offsetof(struct link_message, scenario) ||
	    n - offsetof(struct link_message, scenario) != message->size || finding->class >= CLASS_COUNT ||
	    finding->layer >= LAYER_COUNT || finding->writer_count > FINDING_FRAMES)
		return false;
	message->text[sizeof(message->text) - 1] = '\0';
	finding->title[sizeof(finding->title) - 1] = '\0';
	finding->signature[sizeof(finding->signature) - 1] = '\0';
	finding->coarse[sizeof(finding->coarse) - 1] = '\0';
	for (size_t i = 0; i < FINDING_FRAMES; i++) {
		struct finding_writer *writer = &finding->writers[i];

		writer->what[sizeof(writer->what) - 1] = '\0';
		writer->function[sizeof(writer->function) - 1] = '\0';
		writer->file[sizeof(writer->file) - 1] = '\0';
		if (writer->caller_count > FINDING_CALLERS)
			return false;
		for (size_t k = 0; k < FINDING_CALLERS; k++) {
			writer->callers[k].function[sizeof(writer->callers[k].function) - 1] = '\0';
			writer->callers[k].file[sizeof(writer->callers[k].file) - 1] = '\0';
		}
	}
	return true;
}

int link_receive(int fd, struct link_message *message)
{
	for (;;) {
		ssize_t n = recv(fd, message, sizeof(*message), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? -1 : 0;
		if (!n)
			return 0;
		if (message_is_sound(message, (size_t)n))
			return 1;
	}
}

uint64_t link_hash(const void *bytes, size_t n)
{
	return XXH3_64bits(bytes, n);
}
