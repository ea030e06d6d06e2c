/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Feature control: what a toolstack allows one PV device to offer.
 *
 * The toolstack writes request-<key> into a backend's directory before the backend probes.
 * The backend takes it as the value of <key>, as far as it can: a request takes capabilities
 * away and never adds one.  The values in force belong to the device, and the backend holds
 * its frontend to them.
 *
 * The backend calls xenbus_features_settle() in its probe function, after it has written its
 * keys and before it switches to InitWait, and asks xenbus_feature_value() ever after.
 */
#ifndef _XEN_XENBUS_FEATURE_H
#define _XEN_XENBUS_FEATURE_H

#include <linux/types.h>

/* Keys of one backend. */
#define XENBUS_FEATURES_MAX	16

struct xenbus_device;

/**
 * enum xenbus_feature_kind - what the value of a key means
 * @XENBUS_FEATURE_BOOL: 1 offers the capability, 0 does not
 * @XENBUS_FEATURE_INVERTED: 1 says that the capability is missing, 0 that it is there
 * @XENBUS_FEATURE_NUMBER: a limit, more is more
 */
enum xenbus_feature_kind {
	XENBUS_FEATURE_BOOL,
	XENBUS_FEATURE_INVERTED,
	XENBUS_FEATURE_NUMBER,
};

/**
 * struct xenbus_feature - a key that a toolstack may request of a backend
 * @key: its name in the backend's directory
 * @kind: what its value means
 * @min: least value of a number with which the device still works
 * @needs: other keys, bit n for entry n of the table, without which it offers nothing; they
 *	come earlier in the table
 */
struct xenbus_feature {
	const char *key;
	enum xenbus_feature_kind kind;
	u32 min;
	u32 needs;
};

/**
 * struct xenbus_feature_table - the keys of a backend
 * @features: an entry a key; the backend names them by their index
 * @nr: number of entries, at most XENBUS_FEATURES_MAX
 */
struct xenbus_feature_table {
	const struct xenbus_feature *features;
	unsigned int nr;
};

/**
 * struct xenbus_features - the values in force for one device
 * @table: the backend's keys
 * @value: by index of @table
 * @bounded: bit n: value n is bounded by a request, not by the backend alone
 * @told: bit n: the log has it that the frontend ignores value n
 *
 * Part of the backend's own structure for a device, nothing in it is to be freed.  Written by
 * xenbus_features_settle() before the frontend can connect, or by a backend that has such a
 * structure only while it is connected, from what was published.  Constant from then on but for
 * @told, whose bits are set atomically.
 */
struct xenbus_features {
	const struct xenbus_feature_table *table;
	u32 value[XENBUS_FEATURES_MAX];
	u32 bounded;
	unsigned long told;
};

/**
 * xenbus_feature_value() - the value in force
 * @features: of the device, settled
 * @index: of the key in the backend's table
 *
 * Context: Any.
 * Return: What the backend published as the key.
 */
static inline u32 xenbus_feature_value(const struct xenbus_features *features, unsigned int index)
{
	return features->value[index];
}

/**
 * xenbus_feature_bound() - the value in force of what the backend decides when it connects
 * @features: of the device, settled
 * @index: of a key in the backend's table that is not inverted
 * @cap: what the backend offers by itself now
 *
 * Context: Any.
 * Return: @cap, or less if a request bounds it.
 */
static inline u32 xenbus_feature_bound(const struct xenbus_features *features,
				       unsigned int index, u32 cap)
{
	u32 value = features->value[index];

	return features->bounded & (1U << index) && value < cap ? value : cap;
}

/**
 * xenbus_feature_allows() - may a frontend use this much
 * @features: of the device, settled
 * @index: of the key in the backend's table
 * @used: a number; of a capability 1 if the frontend uses it and 0 if not
 *
 * Context: Any.
 * Return: Whether the value in force covers it.
 */
static inline bool xenbus_feature_allows(const struct xenbus_features *features,
					 unsigned int index, u32 used)
{
	u32 value = features->value[index];

	if (features->table->features[index].kind == XENBUS_FEATURE_INVERTED)
		return !used || !value;
	return used <= value;
}

int xenbus_features_settle(struct xenbus_device *dev, const struct xenbus_feature_table *table,
			   const u32 *caps, struct xenbus_features *features);
int xenbus_feature_violated(struct xenbus_device *dev, struct xenbus_features *features,
			    unsigned int index, u32 used);

/**
 * xenbus_feature_check() - hold a frontend to what it was offered
 * @dev: the backend's device
 * @features: of the device, settled
 * @index: of the key in the backend's table
 * @used: as for xenbus_feature_allows()
 *
 * Says so if it is too much, once for each key.
 *
 * Context: Any.
 * Return: 0, or -EACCES if the value in force does not cover it.
 */
static inline int xenbus_feature_check(struct xenbus_device *dev,
				       struct xenbus_features *features,
				       unsigned int index, u32 used)
{
	if (xenbus_feature_allows(features, index, used))
		return 0;
	return xenbus_feature_violated(dev, features, index, used);
}

#endif /* _XEN_XENBUS_FEATURE_H */
