/* SPDX-License-Identifier: GPL-2.0-only */
/* What "ld --wrap=write" makes of write(): the first is libc's, the second takes its place. */
#ifndef XENFEATURE_TEST_DRIVER_H
#define XENFEATURE_TEST_DRIVER_H

#include <sys/types.h>

ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);

#endif
