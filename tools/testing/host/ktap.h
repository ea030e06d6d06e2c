/* SPDX-License-Identifier: GPL-2.0-only */
/* Cases and their results as KTAP. */
#ifndef HOST_KTAP_H
#define HOST_KTAP_H

#include <stdbool.h>

/**
 * struct ktap_case - a test
 * @name: what holds if it passes
 * @run: calls ktap_fail() if it does not
 */
struct ktap_case {
	const char *name;
	void (*run)(void);
};

void ktap_fail(const char *file, int line, const char *what);
int ktap_run(const char *prefix, const struct ktap_case *cases, unsigned int nr);

/* Note a failure and go on. */
#define expect(condition) do {						\
	if (!(condition))						\
		ktap_fail(__FILE__, __LINE__, #condition);		\
} while (0)

#endif /* HOST_KTAP_H */
