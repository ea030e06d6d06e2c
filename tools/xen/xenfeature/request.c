// SPDX-License-Identifier: GPL-2.0-only
#include "request.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Longest part of an argument that an error message repeats. */
#define SHOWN 40

static int shown(size_t len)
{
	return len < SHOWN ? (int)len : SHOWN;
}

static bool is_word(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && !memcmp(text, word, len);
}

bool number_parse(const char *text, size_t len, unsigned int *value)
{
	unsigned long long number = 0;

	if (!len)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		number = number * 10 + (unsigned int)(text[i] - '0');
		if (number > UINT_MAX)
			return false;
	}
	*value = number;
	return true;
}

static bool switch_parse(const char *text, size_t len, unsigned int *value)
{
	if (is_word(text, len, "0") || is_word(text, len, "off"))
		*value = 0;
	else if (is_word(text, len, "1") || is_word(text, len, "on"))
		*value = 1;
	else
		return false;
	return true;
}

static enum request_result parse_value(const char *text, size_t len, bool opposite,
				       struct request_list *list, struct request *request)
{
	const struct feature *feature = request->feature;

	request->withdraw = is_word(text, len, "default");
	if (request->withdraw)
		return REQUEST_OK;
	if (feature->form == FEATURE_SWITCH) {
		if (!switch_parse(text, len, &request->value)) {
			snprintf(list->error, sizeof(list->error),
				 "%s is 0, 1, on, off or default, not '%.*s'",
				 opposite ? feature->alias : feature->key, shown(len), text);
			return REQUEST_BAD;
		}
		request->value ^= opposite;
		return REQUEST_OK;
	}
	if (!number_parse(text, len, &request->value) || request->value < feature->least) {
		snprintf(list->error, sizeof(list->error),
			 "%s is a decimal number from %u to %u or default, not '%.*s'",
			 feature->key, feature->least, UINT_MAX, shown(len), text);
		return REQUEST_BAD;
	}
	return REQUEST_OK;
}

static enum request_result unknown_key(const struct backend_kind *kind, const char *name,
				       size_t len, struct request_list *list)
{
	const struct fixed_key *fixed = fixed_key_find(kind, name, len);
	size_t used;

	if (fixed) {
		snprintf(list->error, sizeof(list->error), "%s cannot be requested: %s",
			 fixed->key, fixed->why);
		return REQUEST_FIXED;
	}
	used = snprintf(list->error, sizeof(list->error), "'%.*s' is no key of a %s backend, try",
			shown(len), name, kind->type);
	for (size_t i = 0; i < kind->nr_features && used < sizeof(list->error); i++)
		used += snprintf(list->error + used, sizeof(list->error) - used, " %s",
				 kind->features[i].alias);
	return REQUEST_BAD;
}

static bool is_repeated(const struct request_list *list, const struct feature *feature)
{
	for (size_t i = 0; i < list->nr; i++) {
		if (list->entries[i].feature == feature)
			return true;
	}
	return false;
}

/* One KEY, separator, VALUE. */
static enum request_result parse_pair(const struct backend_kind *kind, const char *text,
				      size_t len, char separator, struct request_list *list)
{
	const char *end = memchr(text, separator, len);
	struct request *request = &list->entries[list->nr];
	enum request_result result;
	bool short_name;
	size_t name;

	if (!end || end == text) {
		snprintf(list->error, sizeof(list->error), "'%.*s' is not KEY%cVALUE",
			 shown(len), text, separator);
		return REQUEST_BAD;
	}
	name = end - text;
	*request = (struct request){ .feature = feature_find(kind, text, name, &short_name) };
	if (!request->feature)
		return unknown_key(kind, text, name, list);
	if (is_repeated(list, request->feature)) {
		snprintf(list->error, sizeof(list->error), "%s is given twice",
			 request->feature->key);
		return REQUEST_BAD;
	}
	result = parse_value(end + 1, len - name - 1, short_name && request->feature->denies,
			     list, request);
	if (result == REQUEST_OK)
		list->nr++;
	return result;
}

enum request_result request_parse(const struct backend_kind *kind, const char *argument,
				  struct request_list *list)
{
	enum request_result result;

	if (strchr(argument, '='))
		return parse_pair(kind, argument, strlen(argument), '=', list);
	do {
		size_t len = strcspn(argument, ";");

		result = parse_pair(kind, argument, len, ':', list);
		if (result != REQUEST_OK)
			return result;
		argument += len;
		/* One semicolon may end the list. */
		argument += *argument == ';';
	} while (*argument);
	return REQUEST_OK;
}
