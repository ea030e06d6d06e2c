// SPDX-License-Identifier: GPL-2.0-only
/* Coverage-guided fuzzing: libFuzzer's bytes into the planner, judged by the oracle. */

#include <stdlib.h>

#include "oracle.h"

/* FUZZ_ENTRY is the name that libFuzzer calls. */
int FUZZ_ENTRY(const u8 *data, size_t size);

/**
 * FUZZ_ENTRY() - plan and judge one input
 * @data: bytes of the fuzzer
 * @size: how many
 *
 * Context: Any.
 * Return: 0, or not at all.
 */
int FUZZ_ENTRY(const u8 *data, size_t size)
{
	static struct subject s;
	static struct input in;
	const char *what;

	gen_from_bytes(&in, data, size);
	subject_run(&s, &in);
	what = oracle(&in, &s);
	if (what) {
		gen_print(&in);
		subject_print(&s);
		printf("found: %s\n", what);
		abort();
	}
	return 0;
}
