// SPDX-License-Identifier: GPL-2.0-only
#include "keys.h"

#include <string.h>

#include "util.h"

static const char * const queue_choices[] = { "multi-queue-num-queues", NULL };
static const char * const order_choices[] = { "ring-page-order", NULL };
static const char * const channel_choices[] = { "event-channel-tx", "event-channel-rx", NULL };

static const struct feature vif_features[] = {
	{ .key = "multi-queue-max-queues", .alias = "queues", .form = FEATURE_NUMBER, .least = 1,
	  .front = "multi-queue-num-queues", .choices = queue_choices, .unused = 1,
	  .what = "pairs of rings that the frontend may use" },
	{ .key = "feature-split-event-channels", .alias = "split-channels",
	  .choices = channel_choices,
	  .what = "an event channel for each direction" },
	{ .key = "feature-sg", .alias = "sg",
	  .what = "packets from the guest in more than one piece" },
	{ .key = "feature-gso-tcpv4", .alias = "tso4",
	  .what = "large TCP packets over IPv4 from the guest" },
	{ .key = "feature-gso-tcpv6", .alias = "tso6",
	  .what = "large TCP packets over IPv6 from the guest" },
	{ .key = "feature-no-csum-offload", .alias = "csum", .denies = true,
	  .what = "packets over IPv4 without checksum from the guest" },
	{ .key = "feature-ipv6-csum-offload", .alias = "csum6",
	  .what = "packets over IPv6 without checksum from the guest" },
	{ .key = "feature-multicast-control", .alias = "multicast",
	  .what = "the guest chooses its multicast groups" },
	{ .key = "feature-dynamic-multicast-control", .alias = "dynamic-multicast",
	  .what = "the same, switched on and off while connected" },
	{ .key = "feature-xdp-headroom", .alias = "xdp-headroom",
	  .what = "room before each packet for the guest's XDP programs" },
	{ .key = "feature-ctrl-ring", .alias = "ctrl-ring",
	  .what = "a control ring, on which the guest sets up hashing" },
};

static const struct fixed_key vif_fixed[] = {
	{ "feature-rx-copy", "frontends do not work without it" },
	{ "feature-rx-flip", "no backend has offered it for years" },
	{ }
};

static const struct feature vbd_features[] = {
	{ .key = "multi-queue-max-queues", .alias = "queues", .form = FEATURE_NUMBER, .least = 1,
	  .front = "multi-queue-num-queues", .choices = queue_choices, .unused = 1,
	  .what = "rings that the frontend may use" },
	{ .key = "max-ring-page-order", .alias = "ring-order", .form = FEATURE_NUMBER,
	  .front = "ring-page-order", .choices = order_choices,
	  .what = "pages of a ring, as a power of two" },
	{ .key = "feature-max-indirect-segments", .alias = "indirect-segments",
	  .form = FEATURE_NUMBER,
	  .what = "segments of an indirect request; 0 turns these off" },
	{ .key = "feature-persistent", .alias = "persistent", .late = true,
	  .front = "feature-persistent",
	  .what = "grants that stay mapped" },
};

static const struct fixed_key vbd_fixed[] = {
	{ "feature-flush-cache", "without it, data in a volatile cache would be lost" },
	{ "feature-barrier", "without it, data in a volatile cache would be lost" },
	{ "feature-discard", "xl's disk option \"no-discard\" turns it off" },
	{ "discard-granularity", "it is a property of the disk" },
	{ "discard-alignment", "it is a property of the disk" },
	{ "discard-secure", "it is a property of the disk" },
	{ "sectors", "it is a property of the disk" },
	{ "sector-size", "it is a property of the disk" },
	{ "physical-sector-size", "it is a property of the disk" },
	{ "info", "it is a property of the disk" },
	{ }
};

static const struct feature vscsi_features[] = {
	{ .key = "feature-sg-grant", .alias = "sg-segments", .form = FEATURE_NUMBER,
	  .what = "segments in a request's lists; 26 without lists are always allowed" },
};

static const struct fixed_key no_fixed[] = {
	{ }
};

static const struct feature pvcalls_features[] = {
	{ .key = "max-page-order", .alias = "ring-order", .form = FEATURE_NUMBER,
	  .what = "pages of a socket's ring, as a power of two; Linux needs 4" },
};

static const struct fixed_key pvcalls_fixed[] = {
	{ "versions", "it names the protocol" },
	{ "function-calls", "it names the protocol" },
	{ }
};

static const struct backend_kind kinds[] = {
	{ "vif", vif_features, ARRAY_SIZE(vif_features), vif_fixed, true },
	{ "vbd", vbd_features, ARRAY_SIZE(vbd_features), vbd_fixed, true },
	{ "vscsi", vscsi_features, ARRAY_SIZE(vscsi_features), no_fixed, false },
	{ "pvcalls", pvcalls_features, ARRAY_SIZE(pvcalls_features), pvcalls_fixed, false },
};

static bool is_name(const char *name, const char *word, size_t len)
{
	return strlen(name) == len && !memcmp(name, word, len);
}

const struct backend_kind *backend_kind_find(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(kinds[i].type, type))
			return &kinds[i];
	}
	return NULL;
}

const struct feature *feature_find(const struct backend_kind *kind, const char *name, size_t len,
				   bool *short_name)
{
	for (size_t i = 0; i < kind->nr_features; i++) {
		const struct feature *feature = &kind->features[i];
		bool by_alias = is_name(feature->alias, name, len);

		if (!by_alias && !is_name(feature->key, name, len))
			continue;
		if (short_name)
			*short_name = by_alias;
		return feature;
	}
	return NULL;
}

const struct fixed_key *fixed_key_find(const struct backend_kind *kind, const char *name,
				       size_t len)
{
	for (const struct fixed_key *fixed = kind->fixed; fixed->key; fixed++) {
		if (is_name(fixed->key, name, len))
			return fixed;
	}
	return NULL;
}

bool feature_takes_away(const struct feature *feature, unsigned int from, unsigned int to)
{
	return feature->denies ? to > from : to < from;
}
