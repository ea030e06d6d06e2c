// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is every page of memory a page of its own?
 *
 * Memory setup moves frames from hole to RAM.  A frame that got two places, or a place without
 * a frame, shows only when it is used: so nearly all memory that is free is filled, each page
 * with its own number at both ends, and read again.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"

#define PERCENT		90
#define CHUNK		(4UL << 20)
#define CHUNKS		65536

static uint64_t *chunk[CHUNKS];

/* What the kernel thinks can be had without harm, in bytes; 0 if it does not say. */
static size_t available(void)
{
	char line[128];
	size_t kib = 0;
	FILE *info = fopen("/proc/meminfo", "r");

	while (info && fgets(line, sizeof(line), info))
		if (sscanf(line, "MemAvailable: %zu kB", &kib) == 1)
			break;
	if (info)
		fclose(info);
	return kib << 10;
}

static uint64_t *page_at(size_t i, size_t page)
{
	size_t per_chunk = CHUNK / page;

	return chunk[i / per_chunk] + i % per_chunk * (page / sizeof(uint64_t));
}

static void fill(size_t nr, size_t page)
{
	for (size_t i = 0; i < nr; i++) {
		uint64_t *at = page_at(i, page);

		at[0] = i;
		at[page / sizeof(*at) - 1] = ~i;
	}
}

static size_t count_wrong(size_t nr, size_t page)
{
	size_t wrong = 0;

	for (size_t i = 0; i < nr; i++) {
		const uint64_t *at = page_at(i, page);

		if (at[0] == i && at[page / sizeof(*at) - 1] == ~i)
			continue;
		if (!wrong++)
			ksft_print_msg("page %zu has number %llu\n", i, (unsigned long long)at[0]);
	}
	return wrong;
}

int main(void)
{
	size_t page = sysconf(_SC_PAGESIZE), chunks, wrong;

	ksft_print_header();
	chunks = available() / 100 * PERCENT / CHUNK;
	if (chunks > CHUNKS)
		chunks = CHUNKS;
	if (!chunks)
		ksft_exit_skip("too little memory is free\n");
	ksft_set_plan(1);

	for (size_t i = 0; i < chunks; i++) {
		chunk[i] = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				-1, 0);
		if (chunk[i] == MAP_FAILED)
			ksft_exit_fail_msg("no address space for %zu chunks\n", chunks);
	}

	fill(chunks * (CHUNK / page), page);
	wrong = count_wrong(chunks * (CHUNK / page), page);
	ksft_print_msg("%zu pages, %zu of them wrong\n", chunks * (CHUNK / page), wrong);
	ksft_test_result(!wrong, "every page keeps its number\n");
	ksft_finished();
}
