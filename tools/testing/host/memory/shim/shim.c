// SPDX-License-Identifier: GPL-2.0-only
/* What the memory map code uses of the kernel's lib/, for user space. */

#include "shim.h"

static void swap_bytes(char *a, char *b, size_t size)
{
	while (size--) {
		char c = *a;

		*a++ = *b;
		*b++ = c;
	}
}

static void sift(char *base, size_t root, size_t num, size_t size,
		 int (*cmp)(const void *, const void *))
{
	size_t child;

	while ((child = 2 * root + 1) < num) {
		if (child + 1 < num && cmp(base + child * size, base + (child + 1) * size) < 0)
			child++;
		if (cmp(base + root * size, base + child * size) >= 0)
			return;
		swap_bytes(base + root * size, base + child * size, size);
		root = child;
	}
}

void shim_sort(void *base, size_t num, size_t size, int (*cmp)(const void *, const void *));

/* A heap sort, which like the kernel's does not keep the order of equal elements. */
void shim_sort(void *base, size_t num, size_t size, int (*cmp)(const void *, const void *))
{
	size_t i;

	for (i = num / 2; i-- > 0;)
		sift(base, i, num, size, cmp);
	for (i = num; i-- > 1;) {
		swap_bytes(base, (char *)base + i * size, size);
		sift(base, 0, i, size, cmp);
	}
}
