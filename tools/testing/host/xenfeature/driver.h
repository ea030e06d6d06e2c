/* SPDX-License-Identifier: GPL-2.0-only */
/* What "ld --wrap" makes of a function: __real_ is the library's, __wrap_ takes its place. */
#ifndef XENFEATURE_TEST_DRIVER_H
#define XENFEATURE_TEST_DRIVER_H

#include <sys/types.h>
#include <xenstore.h>

ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
bool __real_xs_transaction_end(struct xs_handle *xs, xs_transaction_t t, bool abort);
bool __wrap_xs_transaction_end(struct xs_handle *xs, xs_transaction_t t, bool abort);

#endif
