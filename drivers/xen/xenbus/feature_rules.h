/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Feature control: the rules, from values alone.
 *
 * These files know nothing of Xen's headers, so that they also run in user space, see
 * tools/testing/host/feature.
 */
#ifndef _XENBUS_FEATURE_RULES_H
#define _XENBUS_FEATURE_RULES_H

#include <linux/types.h>

#include <xen/xenbus_feature.h>

#define FEATURE_REQUEST		"request-"
#define FEATURE_STRICT		"request-strict"
#define FEATURE_STATUS		"feature-status"

/* Room for the text of a status: its longest word, a blank, a number and the NUL. */
#define FEATURE_STATUS_LEN	24

/**
 * enum feature_result - what became of a request
 * @FEATURE_NONE: there is none
 * @FEATURE_GRANTED: the value asked for is in force
 * @FEATURE_CLAMPED: the nearest value that is allowed is in force
 * @FEATURE_INVALID: it is no number; what the backend offers by itself is in force
 * @FEATURE_UNSUPPORTED: the backend has no such key to request
 */
enum feature_result {
	FEATURE_NONE,
	FEATURE_GRANTED,
	FEATURE_CLAMPED,
	FEATURE_INVALID,
	FEATURE_UNSUPPORTED,
};

/**
 * struct feature_answer - the decision on one key
 * @result: what became of its request
 * @value: what is in force, with or without a request
 */
struct feature_answer {
	enum feature_result result;
	u32 value;
};

/**
 * struct feature_text - a value as xenstore gave it
 * @text: the bytes, NULL if the node is not there
 * @len: how many; xenstore allows any byte, NUL too
 */
struct feature_text {
	const char *text;
	size_t len;
};

bool feature_parse(struct feature_text text, u32 *value);
bool feature_parse_strict(struct feature_text text, bool *strict);
bool feature_granted(struct feature_text status, u32 *value);
bool feature_offers(const struct xenbus_feature *feature, u32 value);
struct feature_answer feature_resolve(const struct xenbus_feature *feature,
				      struct feature_text request, u32 cap);
void feature_resolve_all(const struct xenbus_feature_table *table,
			 const struct feature_text *requests, const u32 *caps,
			 struct feature_answer *answers);
bool feature_refuses(enum feature_result result, bool strict);
int feature_status_text(char *buf, size_t size, struct feature_answer answer);
const char *feature_requested_key(const char *node);
int feature_index(const struct xenbus_feature_table *table, const char *key);

#endif /* _XENBUS_FEATURE_RULES_H */
