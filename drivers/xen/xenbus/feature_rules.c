// SPDX-License-Identifier: GPL-2.0-only
/*
 * Feature control: what a request means, and what is in force with it.
 */

#include <linux/limits.h>
#include <linux/sprintf.h>
#include <linux/string.h>

#include "feature_rules.h"

/* Digits of U32_MAX. */
#define DIGITS_MAX	10

static const char * const result_names[] = {
	[FEATURE_NONE] = "none",
	[FEATURE_GRANTED] = "granted",
	[FEATURE_CLAMPED] = "clamped",
	[FEATURE_INVALID] = "invalid",
	[FEATURE_UNSUPPORTED] = "unsupported",
};

/**
 * feature_parse() - read a number
 * @text: 1 to 10 decimal digits and nothing else
 * @value: where it goes; not touched on failure
 *
 * Sign, blank, newline, base prefix and NUL are no digits.
 *
 * Context: Any.
 * Return: Whether it is a number of at most 32 bits.
 */
bool feature_parse(struct feature_text text, u32 *value)
{
	u64 number = 0;

	if (!text.text || !text.len || text.len > DIGITS_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.text[i] < '0' || text.text[i] > '9')
			return false;
		number = number * 10 + (text.text[i] - '0');
	}
	if (number > U32_MAX)
		return false;
	*value = number;
	return true;
}

/**
 * feature_parse_strict() - read request-strict
 * @text: "0" or "1", or not there, which is 0
 * @strict: where it goes; not touched on failure
 *
 * Context: Any.
 * Return: Whether it is one of these.
 */
bool feature_parse_strict(struct feature_text text, bool *strict)
{
	u32 value = 0;

	if (text.text && (!feature_parse(text, &value) || value > 1))
		return false;
	*strict = value;
	return true;
}

/**
 * feature_granted() - read a status back
 * @status: what an earlier probe wrote
 * @value: where the value goes that it granted; not touched on failure
 *
 * Context: Any.
 * Return: Whether a request was granted.
 */
bool feature_granted(struct feature_text status, u32 *value)
{
	static const char word[] = "granted ";
	const size_t len = sizeof(word) - 1;

	if (!status.text || status.len < len || memcmp(status.text, word, len))
		return false;
	status.text += len;
	status.len -= len;
	return feature_parse(status, value);
}

/**
 * feature_offers() - does a value offer anything
 * @feature: the key
 * @value: a value of it
 *
 * Context: Any.
 * Return: Whether the capability is there with this value.
 */
bool feature_offers(const struct xenbus_feature *feature, u32 value)
{
	return (feature->kind == XENBUS_FEATURE_INVERTED) == !value;
}

static u32 lowest(const struct xenbus_feature *feature, u32 cap)
{
	u32 low = feature->kind == XENBUS_FEATURE_INVERTED ? cap : feature->min;

	return low < cap ? low : cap;
}

static u32 highest(const struct xenbus_feature *feature, u32 cap)
{
	return feature->kind == XENBUS_FEATURE_INVERTED ? 1 : cap;
}

/**
 * feature_resolve() - decide on one key
 * @feature: the key
 * @request: its request
 * @cap: what the backend offers by itself
 *
 * Of an inverted key more means less, so that its cap is what a request cannot go below.
 *
 * Context: Any.
 * Return: The result, and the value in force; never a capability that @cap has not.
 */
struct feature_answer feature_resolve(const struct xenbus_feature *feature,
				      struct feature_text request, u32 cap)
{
	struct feature_answer answer = { FEATURE_NONE, cap };
	u32 low = lowest(feature, cap);
	u32 high = highest(feature, cap);
	u32 wish;

	if (!request.text)
		return answer;
	answer.result = FEATURE_INVALID;
	if (!feature_parse(request, &wish))
		return answer;
	answer.result = wish < low || wish > high ? FEATURE_CLAMPED : FEATURE_GRANTED;
	answer.value = wish < low ? low : wish > high ? high : wish;
	return answer;
}

/**
 * feature_resolve_all() - decide on all keys of a device
 * @table: the backend's keys
 * @requests: a request a key
 * @caps: what the backend offers by itself, a value a key
 * @answers: where the decisions go, one a key
 *
 * A key whose needs are not met offers nothing, requested or not.
 *
 * Context: Any.
 */
void feature_resolve_all(const struct xenbus_feature_table *table,
			 const struct feature_text *requests, const u32 *caps,
			 struct feature_answer *answers)
{
	u32 offered = 0;

	for (unsigned int i = 0; i < table->nr; i++) {
		const struct xenbus_feature *feature = &table->features[i];
		u32 cap = caps[i];

		if (feature->needs & ~offered)
			cap = feature->kind == XENBUS_FEATURE_INVERTED;
		answers[i] = feature_resolve(feature, requests[i], cap);
		if (feature_offers(feature, answers[i].value))
			offered |= 1U << i;
	}
}

/**
 * feature_refuses() - does a result cost the device
 * @result: what became of a request
 * @strict: whether the toolstack wants what it asked for or no device
 *
 * Context: Any.
 * Return: Whether the device must not come up.
 */
bool feature_refuses(enum feature_result result, bool strict)
{
	return strict && result != FEATURE_NONE && result != FEATURE_GRANTED;
}

/**
 * feature_status_text() - what the toolstack is told
 * @buf: where the text goes
 * @size: of @buf, FEATURE_STATUS_LEN is enough
 * @answer: to a request
 *
 * Context: Any.
 * Return: Length of the text.
 */
int feature_status_text(char *buf, size_t size, struct feature_answer answer)
{
	return snprintf(buf, size, "%s %u", result_names[answer.result], answer.value);
}

/**
 * feature_requested_key() - the key that a node requests
 * @node: name of a node
 *
 * Context: Any.
 * Return: The key within @node, NULL if it requests none.
 */
const char *feature_requested_key(const char *node)
{
	const size_t len = sizeof(FEATURE_REQUEST) - 1;

	if (strncmp(node, FEATURE_REQUEST, len) || !node[len] || !strcmp(node, FEATURE_STRICT))
		return NULL;
	return node + len;
}

/**
 * feature_index() - find a key
 * @table: the backend's keys
 * @key: name of one
 *
 * Context: Any.
 * Return: Its index, -1 if the backend has no such key to request.
 */
int feature_index(const struct xenbus_feature_table *table, const char *key)
{
	for (unsigned int i = 0; i < table->nr; i++)
		if (!strcmp(table->features[i].key, key))
			return i;
	return -1;
}
