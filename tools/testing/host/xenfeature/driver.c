// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands between xenfeature and the files of a backend's driver: a write to one of them runs the
 * model of that driver, and fails with what the model ends with, as a write to sysfs would.
 *
 * And between xenfeature and the end of its first transaction, where somebody else writes to the
 * node that COLLIDE names.
 */
#include "driver.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* "bind" or "unbind" if @fd is such a file of a driver, else NULL. */
static const char *driver_file(int fd, char *path, size_t size)
{
	char link[64];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, size - 1);
	if (len <= 0)
		return NULL;
	path[len] = '\0';
	return strstr(path, "/sysfs/drivers/") ? strrchr(path, '/') + 1 : NULL;
}

ssize_t __wrap_write(int fd, const void *data, size_t size)
{
	char path[PATH_MAX], command[512];
	const char *file = driver_file(fd, path, sizeof(path));
	int status;

	if (!file)
		return __real_write(fd, data, size);
	snprintf(command, sizeof(command), "exec %s %s %.*s", getenv("DRIVER_MODEL"), file,
		 (int)size, (const char *)data);
	status = system(command);
	if (status == 0)
		return size;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
	return -1;
}

bool __wrap_xs_transaction_end(struct xs_handle *xs, xs_transaction_t t, bool abort)
{
	const char *node = getenv("COLLIDE");
	char command[512];

	if (node && !abort) {
		snprintf(command, sizeof(command), "xenstore-write %s made-by-another", node);
		unsetenv("COLLIDE");
		if (system(command))
			fprintf(stderr, "%s failed\n", command);
	}
	return __real_xs_transaction_end(xs, t, abort);
}
