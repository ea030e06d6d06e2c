// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the KUnit suite in user space, as KTAP.
 */
#include <kunit/test.h>

int main(void)
{
	unsigned int nr = 0, failed = 0;

	for (struct kunit_case *c = kunit_the_suite->test_cases; c->run; c++)
		nr++;
	printf("KTAP version 1\n1..%u\n", nr);
	nr = 0;
	for (struct kunit_case *c = kunit_the_suite->test_cases; c->run; c++) {
		struct kunit test = {};

		c->run(&test);
		failed += !!test.failures;
		printf("%sok %u %s: %s\n", test.failures ? "not " : "", ++nr,
		       kunit_the_suite->name, c->name);
	}
	return !!failed;
}
