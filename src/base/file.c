// SPDX-License-Identifier: GPL-2.0-only
/* file.c: read and write whole files. See file.h. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Format "path: what: reason"; returns -code. */
static int fail(char *error, size_t error_size, const char *path, const char *what, int code)
{
	snprintf(error, error_size, "%s: %s: %s", path, what, strerror(code));
	return -code;
}

/*
 * As read(2), of a file that was opened with O_NONBLOCK: waits for a pipe, but not for ever. `begun`: it has given
 * bytes before, so that no more of them are its end, and not a writer that has not come yet.
 */
static ssize_t read_some(int fd, void *bytes, size_t size, bool begun)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	struct stat info;
	ssize_t n = read(fd, bytes, size);
	bool empty = n == 0 && !begun && fstat(fd, &info) == 0 && S_ISFIFO(info.st_mode);
	int news;

	if (!empty && (n >= 0 || errno != EAGAIN))
		return n;
	news = poll(&ready, 1, FILE_WAIT_MS);
	if (!news)
		errno = ETIMEDOUT;
	return news > 0 ? read(fd, bytes, size) : -1;
}

/* Read from fd to the end or to `max` + 1 bytes. Returns 0 or an errno. */
static int read_all(int fd, size_t max, char **data, size_t *size)
{
	size_t room = 0, used = 0;
	char *bytes = NULL, *larger;
	int code;
	ssize_t n;

	do {
		if (used == room) {
			room = room ? room * 2 : 16384;
			if (room > max + 1)
				room = max + 1;
			larger = realloc(bytes, room + 1);
			if (!larger) {
				free(bytes);
				return ENOMEM;
			}
			bytes = larger;
		}
		n = read_some(fd, bytes + used, room - used, used > 0);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0) {
			code = errno;
			free(bytes);
			return code;
		}
		used += (size_t)n;
	} while (n && used <= max);
	bytes[used] = 0;
	*data = bytes;
	*size = used;
	return 0;
}

int file_read(const char *path, size_t max, char **data, size_t *size, char *error, size_t error_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), code;

	*data = NULL;
	*size = 0;
	if (fd < 0)
		return fail(error, error_size, path, "cannot be opened", errno);
	code = read_all(fd, max, data, size);
	close(fd);
	if (code)
		return fail(error, error_size, path, "cannot be read", code);
	if (*size > max) {
		free(*data);
		*data = NULL;
		*size = 0;
		snprintf(error, error_size, "%s: is larger than %zu KiB", path, max / 1024);
		return -EFBIG;
	}
	return 0;
}

/* Returns 0 or an errno. */
static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

static int write_directly(const char *path, const void *data, size_t size, char *error, size_t error_size)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), code;

	if (fd < 0)
		return fail(error, error_size, path, "cannot be opened", errno);
	code = write_all(fd, data, size);
	if (close(fd) && !code)
		code = errno;
	return code ? fail(error, error_size, path, "cannot be written", code) : 0;
}

/* The folder's own entry must reach the disk too. Not every file system can; that is no error. */
static void sync_folder(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int fd;

	if (slash)
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path) + 1, path);
	fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

/* A new file beside `path`; its name goes to `name`. -1 and errno when there is none. */
static int open_beside(const char *path, char name[PATH_MAX])
{
	for (unsigned i = 0; i < 1000; i++) {
		int fd;

		if (snprintf(name, PATH_MAX, "%s.%ld-%u.tmp", path, (long)getpid(), i) >= PATH_MAX) {
			errno = ENAMETOOLONG;
			return -1;
		}
		fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	errno = EEXIST;
	return -1;
}

static int replace(const char *path, const struct stat *old, const void *data, size_t size, char *error,
		   size_t error_size)
{
	char name[PATH_MAX];
	int fd = open_beside(path, name), code;

	if (fd < 0)
		return fail(error, error_size, path, "cannot be written", errno);
	code = write_all(fd, data, size);
	if (!code && old && fchmod(fd, old->st_mode & 07777))
		code = errno;
	if (!code && fsync(fd))
		code = errno;
	if (close(fd) && !code)
		code = errno;
	if (!code && rename(name, path))
		code = errno;
	if (code) {
		unlink(name);
		return fail(error, error_size, path, "cannot be written", code);
	}
	sync_folder(path);
	return 0;
}

int file_write_atomic(const char *path, const void *data, size_t size, char *error, size_t error_size)
{
	char target[PATH_MAX];
	struct stat old;

	if (stat(path, &old))
		return replace(path, NULL, data, size, error, error_size);
	if (!S_ISREG(old.st_mode))
		return write_directly(path, data, size, error, error_size);
	/* Through a symbolic link: the file changes, the link stays. */
	if (!realpath(path, target))
		return fail(error, error_size, path, "cannot be written", errno);
	return replace(target, &old, data, size, error, error_size);
}
