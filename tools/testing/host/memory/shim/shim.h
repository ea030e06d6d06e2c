/* SPDX-License-Identifier: GPL-2.0-only */
/* What the memory map code uses of the kernel, for user space. */
#ifndef HOST_MEMORY_SHIM_H
#define HOST_MEMORY_SHIM_H

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;

#define __init
#define __packed		__attribute__((__packed__))
#define noinline		__attribute__((__noinline__))
#define __printf(a, b)		__attribute__((__format__(printf, a, b)))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))

#define min(a, b) ({							\
	__typeof__(a) min_a = (a);					\
	__typeof__(b) min_b = (b);					\
	(void)(&min_a == &min_b);					\
	min_a < min_b ? min_a : min_b;					\
})

#define max(a, b) ({							\
	__typeof__(a) max_a = (a);					\
	__typeof__(b) max_b = (b);					\
	(void)(&max_a == &max_b);					\
	max_a > max_b ? max_a : max_b;					\
})

unsigned long long memparse(const char *text, char **end);

#define min_t(type, a, b)	min((type)(a), (type)(b))

/* In place and without allocating, as in the kernel. */
static inline void sort(void *base, size_t num, size_t size,
			int (*cmp)(const void *, const void *),
			void (*swap)(void *, void *, int))
{
	extern void shim_sort(void *base, size_t num, size_t size,
			      int (*cmp)(const void *, const void *));

	(void)swap;
	shim_sort(base, num, size, cmp);
}

/* Returns what was written, not what would have been. */
static inline __printf(3, 4) int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, size, fmt, args);
	va_end(args);

	if (len < (int)size)
		return len;
	return size ? (int)size - 1 : 0;
}

#endif /* HOST_MEMORY_SHIM_H */
