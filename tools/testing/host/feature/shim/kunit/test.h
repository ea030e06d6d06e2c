/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of KUnit as the suite uses: it prints what failed, and goes on.
 */
#ifndef SHIM_KUNIT_TEST_H
#define SHIM_KUNIT_TEST_H

#include "../shim.h"

struct kunit {
	unsigned int failures;
};

struct kunit_case {
	void (*run)(struct kunit *test);
	const char *name;
};

struct kunit_suite {
	const char *name;
	struct kunit_case *test_cases;
};

extern struct kunit_suite *const kunit_the_suite;

#define KUNIT_CASE(function)		{ .run = function, .name = #function }
#define kunit_test_suite(s)		struct kunit_suite *const kunit_the_suite = &(s)

#define KUNIT_FAIL(test, format, ...) do {					\
	(test)->failures++;							\
	printf("# %s:%d: " format "\n", __func__, __LINE__, ##__VA_ARGS__);	\
} while (0)

#define KUNIT_EXPECT_TRUE_MSG(test, condition, format, ...) do {		\
	if (!(condition))							\
		KUNIT_FAIL(test, #condition " is not so: " format, ##__VA_ARGS__); \
} while (0)

#define KUNIT_EXPECT_FALSE_MSG(test, condition, ...)				\
	KUNIT_EXPECT_TRUE_MSG(test, !(condition), __VA_ARGS__)
#define KUNIT_EXPECT_EQ_MSG(test, left, right, ...)				\
	KUNIT_EXPECT_TRUE_MSG(test, (left) == (right), __VA_ARGS__)
#define KUNIT_EXPECT_EQ(test, left, right)					\
	KUNIT_EXPECT_EQ_MSG(test, left, right, "values differ")
#define KUNIT_EXPECT_NULL(test, pointer)					\
	KUNIT_EXPECT_TRUE_MSG(test, !(pointer), "pointer")
#define KUNIT_EXPECT_STREQ(test, left, right)					\
	KUNIT_EXPECT_TRUE_MSG(test, !strcmp(left, right), "strings differ")

#endif
