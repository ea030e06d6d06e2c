// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the rules of feature control.  tools/testing/host/feature runs them in user space,
 * too.
 */
#include <kunit/test.h>

#include <linux/array_size.h>
#include <linux/limits.h>
#include <linux/string.h>

#include "../feature_rules.h"

#define UNTOUCHED	12345
#define FUZZ_ROUNDS	100000

enum { SG, NO_CSUM, GSO, QUEUES, NR };

static const struct xenbus_feature features[NR] = {
	[SG] = { "sg", XENBUS_FEATURE_BOOL },
	[NO_CSUM] = { "no-csum", XENBUS_FEATURE_INVERTED },
	[GSO] = { "gso", XENBUS_FEATURE_BOOL, .needs = 1 << SG | 1 << NO_CSUM },
	[QUEUES] = { "max-queues", XENBUS_FEATURE_NUMBER, .min = 1 },
};

static const struct xenbus_feature_table table = { features, NR };

struct parse_case {
	struct feature_text text;
	bool ok;
	u32 value;
};

#define TEXT(string)	{ (string), sizeof(string) - 1 }

static const struct parse_case parse_cases[] = {
	/*  1 */ { TEXT("0"), true, 0 },
	/*  2 */ { TEXT("1"), true, 1 },
	/*  3 */ { TEXT("256"), true, 256 },
	/*  4 */ { TEXT("4294967295"), true, U32_MAX },
	/*  5 */ { TEXT("0000000004"), true, 4 },
	/*  6 */ { TEXT("00000000004"), false, UNTOUCHED },
	/*  7 */ { TEXT("4294967296"), false, UNTOUCHED },
	/*  8 */ { TEXT("9999999999"), false, UNTOUCHED },
	/*  9 */ { TEXT("18446744073709551617"), false, UNTOUCHED },
	/* 10 */ { {}, false, UNTOUCHED },
	/* 11 */ { TEXT(""), false, UNTOUCHED },
	/* 12 */ { TEXT("-1"), false, UNTOUCHED },
	/* 13 */ { TEXT("+1"), false, UNTOUCHED },
	/* 14 */ { TEXT(" 1"), false, UNTOUCHED },
	/* 15 */ { TEXT("1 "), false, UNTOUCHED },
	/* 16 */ { TEXT("4\n"), false, UNTOUCHED },
	/* 17 */ { TEXT("0x4"), false, UNTOUCHED },
	/* 18 */ { TEXT("4\0"), false, UNTOUCHED },
	/* 19 */ { TEXT("\0004"), false, UNTOUCHED },
	/* 20 */ { TEXT("4.0"), false, UNTOUCHED },
	/* 21 */ { TEXT("2k"), false, UNTOUCHED },
	/* 22 */ { TEXT("\xff\xfe"), false, UNTOUCHED },
	/* 23 */ { TEXT("\xd9\xa4"), false, UNTOUCHED },	/* an Arabic-Indic digit */
	/* 24 */ { TEXT("on"), false, UNTOUCHED },
	/* 25 */ { TEXT("4;5"), false, UNTOUCHED },
	/* 26 */ { { "42", 1 }, true, 4 },
};

static void parse_numbers(struct kunit *test)
{
	for (int i = 0; i < ARRAY_SIZE(parse_cases); i++) {
		const struct parse_case *c = &parse_cases[i];
		u32 value = UNTOUCHED;
		bool ok = feature_parse(c->text, &value);

		KUNIT_EXPECT_EQ_MSG(test, c->ok, ok, "case %d", i + 1);
		KUNIT_EXPECT_EQ_MSG(test, c->value, value, "case %d", i + 1);
	}
}

/* Nearly as much as xenstore takes; without the zeros it would be a number. */
static void parse_huge(struct kunit *test)
{
	static char huge[3000];
	u32 value = UNTOUCHED;

	memset(huge, '0', sizeof(huge));
	huge[sizeof(huge) - 1] = '4';
	KUNIT_EXPECT_EQ(test, false,
			feature_parse((struct feature_text){ huge, sizeof(huge) }, &value));
	KUNIT_EXPECT_EQ(test, UNTOUCHED, value);
}

static struct feature_text text_of(const char *string)
{
	return (struct feature_text){ string, string ? strlen(string) : 0 };
}

struct strict_case {
	const char *text;
	bool ok;
	bool strict;
};

static const struct strict_case strict_cases[] = {
	{ NULL, true, false }, { "0", true, false }, { "1", true, true },
	{ "", false, false }, { "2", false, false }, { "yes", false, false },
};

static void parse_strict(struct kunit *test)
{
	for (int i = 0; i < ARRAY_SIZE(strict_cases); i++) {
		const struct strict_case *c = &strict_cases[i];
		bool strict = false;

		KUNIT_EXPECT_EQ_MSG(test, c->ok,
				    feature_parse_strict(text_of(c->text), &strict),
				    "case %d", i + 1);
		KUNIT_EXPECT_EQ_MSG(test, c->strict, strict, "case %d", i + 1);
	}
}

struct resolve_case {
	int index;
	u32 cap;
	const char *request;
	enum feature_result result;
	u32 value;
};

static const struct resolve_case resolve_cases[] = {
	/*  1 */ { SG, 1, NULL, FEATURE_NONE, 1 },
	/*  2 */ { SG, 1, "0", FEATURE_GRANTED, 0 },
	/*  3 */ { SG, 1, "1", FEATURE_GRANTED, 1 },
	/*  4 */ { SG, 1, "2", FEATURE_CLAMPED, 1 },
	/*  5 */ { SG, 0, "1", FEATURE_CLAMPED, 0 },
	/*  6 */ { SG, 0, "0", FEATURE_GRANTED, 0 },
	/*  7 */ { SG, 1, "off", FEATURE_INVALID, 1 },
	/*  8 */ { NO_CSUM, 0, NULL, FEATURE_NONE, 0 },
	/*  9 */ { NO_CSUM, 0, "1", FEATURE_GRANTED, 1 },
	/* 10 */ { NO_CSUM, 0, "0", FEATURE_GRANTED, 0 },
	/* 11 */ { NO_CSUM, 1, "0", FEATURE_CLAMPED, 1 },
	/* 12 */ { NO_CSUM, 0, "2", FEATURE_CLAMPED, 1 },
	/* 13 */ { NO_CSUM, 0, "", FEATURE_INVALID, 0 },
	/* 14 */ { QUEUES, 8, "2", FEATURE_GRANTED, 2 },
	/* 15 */ { QUEUES, 8, "8", FEATURE_GRANTED, 8 },
	/* 16 */ { QUEUES, 8, "9", FEATURE_CLAMPED, 8 },
	/* 17 */ { QUEUES, 8, "0", FEATURE_CLAMPED, 1 },
	/* 18 */ { QUEUES, 8, "4294967295", FEATURE_CLAMPED, 8 },
	/* 19 */ { QUEUES, 8, "4294967296", FEATURE_INVALID, 8 },
	/* 20 */ { QUEUES, 0, "1", FEATURE_CLAMPED, 0 },
};

static void resolve(struct kunit *test)
{
	for (int i = 0; i < ARRAY_SIZE(resolve_cases); i++) {
		const struct resolve_case *c = &resolve_cases[i];
		struct feature_answer answer = feature_resolve(&features[c->index],
							       text_of(c->request), c->cap);

		KUNIT_EXPECT_EQ_MSG(test, c->result, answer.result, "case %d", i + 1);
		KUNIT_EXPECT_EQ_MSG(test, c->value, answer.value, "case %d", i + 1);
	}
}

struct needs_case {
	const char *sg, *no_csum, *gso;
	enum feature_result result;
	u32 value;
};

static const struct needs_case needs_cases[] = {
	{ NULL, NULL, NULL, FEATURE_NONE, 1 },
	{ "0", NULL, NULL, FEATURE_NONE, 0 },
	{ NULL, "1", NULL, FEATURE_NONE, 0 },
	{ "0", NULL, "1", FEATURE_CLAMPED, 0 },
	{ "0", NULL, "0", FEATURE_GRANTED, 0 },
	{ "0", NULL, "x", FEATURE_INVALID, 0 },
	{ "1", "0", "1", FEATURE_GRANTED, 1 },
};

static void resolve_needs(struct kunit *test)
{
	static const u32 caps[NR] = { 1, 0, 1, 4 };

	for (int i = 0; i < ARRAY_SIZE(needs_cases); i++) {
		const struct needs_case *c = &needs_cases[i];
		struct feature_text requests[NR] = {
			text_of(c->sg), text_of(c->no_csum), text_of(c->gso),
		};
		struct feature_answer answers[NR];

		feature_resolve_all(&table, requests, caps, answers);
		KUNIT_EXPECT_EQ_MSG(test, c->result, answers[GSO].result, "case %d", i + 1);
		KUNIT_EXPECT_EQ_MSG(test, c->value, answers[GSO].value, "case %d", i + 1);
		KUNIT_EXPECT_EQ_MSG(test, 4, answers[QUEUES].value, "case %d", i + 1);
	}
}

struct status_case {
	struct feature_answer answer;
	const char *text;
	bool granted;
};

static const struct status_case status_cases[] = {
	{ { FEATURE_GRANTED, 4 }, "granted 4", true },
	{ { FEATURE_GRANTED, U32_MAX }, "granted 4294967295", true },
	{ { FEATURE_CLAMPED, 8 }, "clamped 8", false },
	{ { FEATURE_INVALID, 8 }, "invalid 8", false },
	{ { FEATURE_UNSUPPORTED, 0 }, "unsupported 0", false },
	{ { FEATURE_UNSUPPORTED, U32_MAX }, "unsupported 4294967295", false },
};

static void status(struct kunit *test)
{
	for (int i = 0; i < ARRAY_SIZE(status_cases); i++) {
		const struct status_case *c = &status_cases[i];
		char text[FEATURE_STATUS_LEN];
		u32 value = UNTOUCHED;

		KUNIT_EXPECT_EQ_MSG(test, (int)strlen(c->text),
				    feature_status_text(text, sizeof(text), c->answer),
				    "case %d", i + 1);
		KUNIT_EXPECT_STREQ(test, c->text, text);
		KUNIT_EXPECT_EQ_MSG(test, c->granted, feature_granted(text_of(text), &value),
				    "case %d", i + 1);
		KUNIT_EXPECT_EQ_MSG(test, c->granted ? c->answer.value : UNTOUCHED, value,
				    "case %d", i + 1);
	}
}

static void status_damaged(struct kunit *test)
{
	static const char * const damaged[] = {
		NULL, "", "granted", "granted ", "granted 4 ", "granted  4", "Granted 4", "grant 4",
		"granted -4", "granted 4294967296",
	};

	for (int i = 0; i < ARRAY_SIZE(damaged); i++) {
		u32 value = UNTOUCHED;

		KUNIT_EXPECT_FALSE_MSG(test, feature_granted(text_of(damaged[i]), &value),
				       "case %d", i + 1);
		KUNIT_EXPECT_EQ(test, UNTOUCHED, value);
	}
}

static void refusal(struct kunit *test)
{
	for (int result = FEATURE_NONE; result <= FEATURE_UNSUPPORTED; result++) {
		KUNIT_EXPECT_FALSE_MSG(test, feature_refuses(result, false), "result %d", result);
		KUNIT_EXPECT_EQ_MSG(test, result > FEATURE_GRANTED, feature_refuses(result, true),
				    "result %d", result);
	}
}

struct allow_case {
	int index;
	u32 value;
	u32 used;
	bool allowed;
};

static const struct allow_case allow_cases[] = {
	{ SG, 1, 1, true }, { SG, 1, 0, true }, { SG, 0, 0, true }, { SG, 0, 1, false },
	{ NO_CSUM, 0, 1, true }, { NO_CSUM, 0, 0, true },
	{ NO_CSUM, 1, 0, true }, { NO_CSUM, 1, 1, false },
	{ QUEUES, 4, 4, true }, { QUEUES, 4, 5, false }, { QUEUES, 0, 1, false },
	{ QUEUES, 1, U32_MAX, false },
};

static void enforcement(struct kunit *test)
{
	for (int i = 0; i < ARRAY_SIZE(allow_cases); i++) {
		const struct allow_case *c = &allow_cases[i];
		struct xenbus_features in_force = { .table = &table };

		in_force.value[c->index] = c->value;
		KUNIT_EXPECT_EQ_MSG(test, c->allowed,
				    xenbus_feature_allows(&in_force, c->index, c->used),
				    "case %d", i + 1);
	}
}

static void bounds(struct kunit *test)
{
	struct xenbus_features in_force = { &table, { [QUEUES] = 4 }, .bounded = 1 << QUEUES };

	KUNIT_EXPECT_EQ(test, 4, xenbus_feature_bound(&in_force, QUEUES, 8));
	KUNIT_EXPECT_EQ(test, 2, xenbus_feature_bound(&in_force, QUEUES, 2));
	in_force.bounded = 0;
	KUNIT_EXPECT_EQ(test, 8, xenbus_feature_bound(&in_force, QUEUES, 8));
}

static void names(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, "sg", feature_requested_key("request-sg"));
	KUNIT_EXPECT_STREQ(test, "strictly", feature_requested_key("request-strictly"));
	KUNIT_EXPECT_NULL(test, feature_requested_key("request-strict"));
	KUNIT_EXPECT_NULL(test, feature_requested_key("request-"));
	KUNIT_EXPECT_NULL(test, feature_requested_key("request"));
	KUNIT_EXPECT_NULL(test, feature_requested_key("Request-sg"));
	KUNIT_EXPECT_NULL(test, feature_requested_key("sg"));
	KUNIT_EXPECT_NULL(test, feature_requested_key(""));
	KUNIT_EXPECT_EQ(test, QUEUES, feature_index(&table, "max-queues"));
	KUNIT_EXPECT_EQ(test, -1, feature_index(&table, "max-queue"));
	KUNIT_EXPECT_EQ(test, -1, feature_index(&table, ""));
}

/* The same numbers every time. */
static u32 next(u64 *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 33;
}

/* A request of few and mostly telling bytes; no NUL behind it, so that a sanitizer sees reads. */
static size_t make_text(u64 *state, char *buf, size_t size)
{
	static const char bytes[] = "00112345678999 -+x\n\0\xff";
	size_t len = next(state) % (size + 1);

	for (size_t i = 0; i < len; i++) {
		if (next(state) % 4)
			buf[i] = '0' + next(state) % 10;
		else
			buf[i] = bytes[next(state) % sizeof(bytes)];
	}
	return len;
}

/* What feature_parse() does, by other means: from the right, in powers of ten. */
static bool expected(const char *text, size_t len, u32 *value)
{
	u64 number = 0, power = 1;

	for (size_t i = 0; i < len; i++, power *= 10)
		number += (u64)(unsigned char)(text[len - 1 - i] - '0') * power;
	for (size_t i = 0; i < len; i++)
		if (!memchr("0123456789", text[i], 10))
			return false;
	*value = number;
	return len && len <= 10 && number <= U32_MAX;
}

/* A bound may be lowered, and a capability go, but neither rises. */
static bool within(const struct xenbus_feature *feature, u32 value, u32 cap)
{
	if (feature->kind == XENBUS_FEATURE_INVERTED)
		return value >= cap && value <= 1;
	return value <= cap;
}

static void fuzz(struct kunit *test)
{
	u64 state = 1;

	for (int round = 0; round < FUZZ_ROUNDS; round++) {
		int index = next(&state) % NR;
		u32 cap = index == QUEUES ? next(&state) % 10 : next(&state) % 2;
		u32 wish = UNTOUCHED, value = UNTOUCHED;
		char buf[12];
		struct feature_text text = { buf, make_text(&state, buf, sizeof(buf)) };
		bool ok = expected(buf, text.len, &wish);
		struct feature_answer answer = feature_resolve(&features[index], text, cap);
		bool fine = feature_parse(text, &value) == ok && (!ok || value == wish) &&
			    within(&features[index], answer.value, cap) &&
			    (answer.result == FEATURE_INVALID) == !ok &&
			    (answer.result == FEATURE_GRANTED) == (ok && answer.value == wish);

		if (!fine) {
			KUNIT_FAIL(test, "round %d: '%.*s', cap %u: result %d, value %u", round,
				   (int)text.len, buf, cap, answer.result, answer.value);
			return;
		}
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(parse_numbers),
	KUNIT_CASE(parse_huge),
	KUNIT_CASE(parse_strict),
	KUNIT_CASE(resolve),
	KUNIT_CASE(resolve_needs),
	KUNIT_CASE(status),
	KUNIT_CASE(status_damaged),
	KUNIT_CASE(refusal),
	KUNIT_CASE(enforcement),
	KUNIT_CASE(bounds),
	KUNIT_CASE(names),
	KUNIT_CASE(fuzz),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_feature",
	.test_cases = cases,
};

kunit_test_suite(suite);
