// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "ktap.h"

static unsigned int failures;

/**
 * ktap_fail() - the case that runs has failed
 * @file: where
 * @line: where
 * @what: what does not hold
 */
void ktap_fail(const char *file, int line, const char *what)
{
	if (failures++ < 10)
		printf("# %s:%d: not so: %s\n", file, line, what);
}

/**
 * ktap_run() - run cases and print their results
 * @prefix: goes before each name
 * @cases: the cases
 * @nr: how many
 *
 * Return: the process's exit status.
 */
int ktap_run(const char *prefix, const struct ktap_case *cases, unsigned int nr)
{
	unsigned int i;
	int status = 0;

	printf("KTAP version 1\n1..%u\n", nr);
	for (i = 0; i < nr; i++) {
		failures = 0;
		cases[i].run();
		printf("%sok %u %s: %s\n", failures ? "not " : "", i + 1, prefix, cases[i].name);
		status |= !!failures;
	}
	return status;
}
