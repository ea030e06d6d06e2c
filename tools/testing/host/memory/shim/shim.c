// SPDX-License-Identifier: GPL-2.0-only
/* What the memory map code uses of the kernel's lib/, for user space. */

#include <stdlib.h>

#include "shim.h"

static void swap_elements(char *a, char *b, size_t size)
{
	char c[64];

	if (size > sizeof(c))
		abort();
	memcpy(c, a, size);
	memcpy(a, b, size);
	memcpy(b, c, size);
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
		swap_elements(base + root * size, base + child * size, size);
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
		swap_elements(base, (char *)base + i * size, size);
		sift(base, 0, i, size, cmp);
	}
}

/* A number with a unit, K to E. */
unsigned long long memparse(const char *text, char **end)
{
	static const char units[] = "KMGTPE";
	char *at;
	unsigned long long value = strtoull(text, &at, 0);
	const char *unit = *at ? strchr(units, toupper(*at)) : NULL;

	if (unit) {
		value <<= 10 * (unit - units + 1);
		at++;
	}
	if (end)
		*end = at;
	return value;
}
