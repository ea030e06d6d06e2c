/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the rules of feature control use of the kernel, in user space.
 */
#ifndef SHIM_H
#define SHIM_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint32_t u32;
typedef unsigned long long u64;

#define U32_MAX		UINT32_MAX
#define ARRAY_SIZE(a)	((int)(sizeof(a) / sizeof((a)[0])))

#endif
