/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which keys of which backend an admin can request, and what they are called.
 *
 * Pure: nothing here knows a store or a device.
 */
#ifndef XENFEATURE_KEYS_H
#define XENFEATURE_KEYS_H

#include <stdbool.h>
#include <stddef.h>

/**
 * enum feature_form - what values a key takes
 * @FEATURE_SWITCH: 0 or 1
 * @FEATURE_NUMBER: a decimal number of 32 bits
 */
enum feature_form {
	FEATURE_SWITCH,
	FEATURE_NUMBER,
};

/**
 * struct feature - one key that can be requested
 * @key: its name in the backend's directory
 * @alias: its short name
 * @front: the frontend's key that says how much of it is in use, or NULL if none does
 * @choices: the frontend's keys, also of each queue, with which it takes more of it than the
 *	least; frontends do not remove them when they connect anew and take less. Ended by NULL;
 *	NULL if there are none
 * @unused: what a missing @front stands for
 * @least: the smallest value that makes sense
 * @form: what values it takes
 * @denies: the key is a "no": 1 takes the capability away, and @alias means the opposite
 * @late: the backend decides when the frontend connects, not when the device is made
 * @what: one line for people
 */
struct feature {
	const char *key;
	const char *alias;
	const char *front;
	const char * const *choices;
	unsigned int unused;
	unsigned int least;
	enum feature_form form;
	bool denies;
	bool late;
	const char *what;
};

/**
 * struct fixed_key - one key that a backend publishes and nobody can request
 * @key: its name in the backend's directory
 * @why: the reason, and what to use in its place
 */
struct fixed_key {
	const char *key;
	const char *why;
};

/**
 * struct backend_kind - a type of backend that reads requests
 * @type: the directory below "backend" in xenstore, which is also the driver's name in sysfs
 * @features: what can be requested
 * @nr_features: how many those are
 * @fixed: keys that cannot be requested, ended by one without name
 * @rebinds: the driver can be bound anew under a connected frontend
 */
struct backend_kind {
	const char *type;
	const struct feature *features;
	size_t nr_features;
	const struct fixed_key *fixed;
	bool rebinds;
};

/**
 * backend_kind_find() - look up a type of backend
 * @type: the directory below "backend"
 *
 * Context: Any.
 * Return: the kind, or NULL if such backends read no requests
 */
const struct backend_kind *backend_kind_find(const char *type);

/**
 * feature_find() - look up a key
 * @kind: the type of backend
 * @name: key or short name
 * @len: its length
 * @short_name: set to whether it was the short name; may be NULL
 *
 * Context: Any.
 * Return: the feature, or NULL if @kind has no requestable key of that name
 */
const struct feature *feature_find(const struct backend_kind *kind, const char *name, size_t len,
				   bool *short_name);

/**
 * fixed_key_find() - why a key cannot be requested
 * @kind: the type of backend
 * @name: key
 * @len: its length
 *
 * Context: Any.
 * Return: the entry, or NULL if the key is not one that is known to be fixed
 */
const struct fixed_key *fixed_key_find(const struct backend_kind *kind, const char *name,
				       size_t len);

/**
 * feature_takes_away() - compare two values of a key
 * @feature: the key
 * @from: the value now
 * @to: the value after that
 *
 * Context: Any.
 * Return: true if @to allows less than @from
 */
bool feature_takes_away(const struct feature *feature, unsigned int from, unsigned int to);

#endif
