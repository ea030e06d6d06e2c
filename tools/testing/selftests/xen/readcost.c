// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one full read of the files costs that grow with the number of IRQs.
 *
 * A read is what a monitoring tool does each time: open, read to the end,
 * close.  Prints the median of several reads in TSC ticks.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <x86intrin.h>

#include "../kselftest.h"

#define ROUNDS		15
#define BUFFER_SIZE	65536

static char buffer[BUFFER_SIZE];

/* The fence keeps the time stamp behind all that came before it. */
static __u64 now(void)
{
	_mm_lfence();
	return __rdtsc();
}

static long read_all(const char *path)
{
	long total = 0;
	ssize_t got;
	int fd;

	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -errno;

	do {
		got = read(fd, buffer, sizeof(buffer));
		if (got > 0)
			total += got;
	} while (got > 0);
	if (got < 0)
		total = -errno;
	close(fd);

	return total;
}

/* /proc/stat: "intr TOTAL", then one number for each IRQ. */
static long count_irqs(void)
{
	char *line = NULL;
	size_t size = 0;
	long spaces = 0;
	FILE *file;
	char *c;

	file = fopen("/proc/stat", "r");
	if (!file)
		return -errno;

	while (!spaces && getline(&line, &size, file) > 0) {
		if (strncmp(line, "intr ", 5))
			continue;
		for (c = line; *c; c++)
			spaces += *c == ' ';
	}
	free(line);
	fclose(file);

	return spaces ? spaces - 1 : -ENODATA;
}

static int compare(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a;
	__u64 y = *(const __u64 *)b;

	return x < y ? -1 : x > y;
}

static int measure(const char *path, long nr_irqs)
{
	__u64 ticks[ROUNDS], start;
	long bytes = 0;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		start = now();
		bytes = read_all(path);
		ticks[i] = now() - start;
		if (bytes < 0) {
			fprintf(stderr, "%s: %s\n", path, strerror(-bytes));
			return KSFT_FAIL;
		}
	}
	qsort(ticks, ROUNDS, sizeof(ticks[0]), compare);
	printf("bench: file=%s nr_irqs=%ld ticks=%llu bytes=%ld\n", path,
	       nr_irqs, (unsigned long long)ticks[ROUNDS / 2], bytes);

	return KSFT_PASS;
}

int main(void)
{
	static const char * const paths[] = { "/proc/stat", "/proc/interrupts" };
	long nr_irqs = count_irqs();
	unsigned int i;

	if (nr_irqs < 0) {
		fprintf(stderr, "/proc/stat: no number of IRQs: %s\n",
			strerror(-nr_irqs));
		return KSFT_FAIL;
	}
	for (i = 0; i < ARRAY_SIZE(paths); i++)
		if (measure(paths[i], nr_irqs))
			return KSFT_FAIL;

	return KSFT_PASS;
}
