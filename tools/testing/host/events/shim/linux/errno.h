/* SPDX-License-Identifier: GPL-2.0-only */
/* The C library includes this one as well. */
#include_next <linux/errno.h>
