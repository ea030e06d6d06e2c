// SPDX-License-Identifier: GPL-2.0-only
/*
 * xenbus_features_settle() on a store of its own: what it leaves there, for the first probe
 * and the next ones, with and without failures.
 */
#include <kunit/test.h>

#include <xen/xenbus.h>
#include <xen/xenbus_feature.h>

#define BACK	"backend/vif/1/0"
#define FRONT	"/local/domain/1/device/vif/0"

enum { SG, NO_CSUM, QUEUES, NR };

static const struct xenbus_feature features[NR] = {
	[SG] = { "sg", XENBUS_FEATURE_BOOL },
	[NO_CSUM] = { "no-csum", XENBUS_FEATURE_INVERTED },
	[QUEUES] = { "queues", XENBUS_FEATURE_NUMBER, .min = 1 },
};

static const struct xenbus_feature_table table = { features, NR };

static struct xenbus_device device = { .nodename = BACK, .otherend = FRONT };
static struct xenbus_features in_force;

static void put(const char *node, const char *value)
{
	xenbus_write(XBT_NIL, BACK, node, value);
}

static const char *get(const char *node)
{
	static char value[32];
	unsigned int len;
	char *text = xenbus_read(XBT_NIL, BACK, node, &len);

	if (IS_ERR(text))
		return "(none)";
	snprintf(value, sizeof(value), "%s", text);
	kfree(text);
	return value;
}

/* As a backend does it: its keys, then the requests. */
static int probe(u32 queues)
{
	const u32 caps[NR] = { 1, 0, queues };

	unsigned int fail_at = store.fail_at;

	store.fail_at = 0;
	put("sg", "1");
	xenbus_printf(XBT_NIL, BACK, "queues", "%u", queues);
	memset(&in_force, 0xff, sizeof(in_force));
	store.operations = 0;
	store.fail_at = fail_at;
	store.lines = 0;
	store.fatal = 0;
	return xenbus_features_settle(&device, &table, caps, &in_force);
}

static void fresh(bool acknowledge)
{
	memset(&store, 0, sizeof(store));
	*param_feature_ack_remove = acknowledge;
	put("state", "1");
}

static void nothing_requested(struct kunit *test)
{
	fresh(false);
	KUNIT_EXPECT_EQ(test, 0, probe(4));
	KUNIT_EXPECT_EQ(test, 4, xenbus_feature_value(&in_force, QUEUES));
	KUNIT_EXPECT_EQ(test, 0, in_force.bounded);
	KUNIT_EXPECT_STREQ(test, "(none)", get("no-csum"));
	KUNIT_EXPECT_EQ(test, 0, store.lines);
}

static void requested(struct kunit *test)
{
	fresh(false);
	put("request-queues", "2");
	put("request-no-csum", "1");
	put("request-sg", "7");
	put("request-nonsense", "1");
	store.busy = 3;
	KUNIT_EXPECT_EQ(test, 0, probe(4));
	KUNIT_EXPECT_EQ(test, 2, xenbus_feature_value(&in_force, QUEUES));
	KUNIT_EXPECT_STREQ(test, "2", get("queues"));
	KUNIT_EXPECT_STREQ(test, "1", get("no-csum"));
	KUNIT_EXPECT_STREQ(test, "granted 2", get("feature-status/queues"));
	KUNIT_EXPECT_STREQ(test, "clamped 1", get("feature-status/sg"));
	KUNIT_EXPECT_STREQ(test, "unsupported 0", get("feature-status/nonsense"));
	KUNIT_EXPECT_STREQ(test, "2", get("request-queues"));
	KUNIT_EXPECT_EQ(test, 2, store.lines);

	/* Withdrawn: the next probe leaves nothing of them. */
	xenbus_rm(XBT_NIL, BACK, "request-queues");
	xenbus_rm(XBT_NIL, BACK, "request-no-csum");
	xenbus_rm(XBT_NIL, BACK, "request-nonsense");
	KUNIT_EXPECT_EQ(test, 0, probe(4));
	KUNIT_EXPECT_STREQ(test, "4", get("queues"));
	KUNIT_EXPECT_STREQ(test, "0", get("no-csum"));
	KUNIT_EXPECT_STREQ(test, "(none)", get("feature-status/queues"));
	KUNIT_EXPECT_STREQ(test, "(none)", get("feature-status/nonsense"));
}

static void refused(struct kunit *test)
{
	fresh(true);
	put("request-strict", "1");
	put("request-queues", "2");
	KUNIT_EXPECT_EQ(test, 0, probe(4));
	put("request-queues", "9");
	KUNIT_EXPECT_EQ(test, -EINVAL, probe(4));
	KUNIT_EXPECT_EQ(test, 1, store.lines);
	KUNIT_EXPECT_EQ(test, 1, store.fatal);
	KUNIT_EXPECT_STREQ(test, "clamped 4", get("feature-status/queues"));
	put("request-queues", "2");
	put("request-strict", "yes");
	KUNIT_EXPECT_EQ(test, -EINVAL, probe(4));
}

static void acknowledged(struct kunit *test)
{
	fresh(true);
	put("request-queues", "2");
	put("request-sg", "9");
	KUNIT_EXPECT_EQ(test, 0, probe(4));
	KUNIT_EXPECT_STREQ(test, "(none)", get("request-queues"));
	KUNIT_EXPECT_STREQ(test, "9", get("request-sg"));
	for (int again = 0; again < 3; again++) {
		KUNIT_EXPECT_EQ(test, 0, probe(4));
		KUNIT_EXPECT_STREQ(test, "2", get("queues"));
		KUNIT_EXPECT_STREQ(test, "granted 2", get("feature-status/queues"));
	}

	/* It is granted no longer: the request is back, and so is the bound later. */
	KUNIT_EXPECT_EQ(test, 0, probe(1));
	KUNIT_EXPECT_STREQ(test, "clamped 1", get("feature-status/queues"));
	KUNIT_EXPECT_STREQ(test, "2", get("request-queues"));
	KUNIT_EXPECT_EQ(test, 0, probe(4));
	KUNIT_EXPECT_STREQ(test, "2", get("queues"));
	KUNIT_EXPECT_STREQ(test, "(none)", get("request-queues"));
}

static void quota(struct kunit *test)
{
	fresh(true);
	put("request-queues", "2");
	put("queues", "4");
	put("sg", "1");
	store.full = true;
	KUNIT_EXPECT_EQ(test, 0, probe(4));
	KUNIT_EXPECT_STREQ(test, "2", get("queues"));
	KUNIT_EXPECT_STREQ(test, "(none)", get("feature-status/queues"));
	KUNIT_EXPECT_STREQ(test, "2", get("request-queues"));
	KUNIT_EXPECT_EQ(test, 1, store.lines);

	/* Statuses of an earlier probe would lie; without request they are an earlier grant. */
	store.full = false;
	put("feature-status/queues", "granted 3");
	put("feature-status/nonsense", "clamped 3");
	put("feature-status/sg", "granted 0");
	put("request-nonsense", "1");
	put("request-no-csum", "0");
	store.full = true;
	KUNIT_EXPECT_EQ(test, 0, probe(4));
	KUNIT_EXPECT_STREQ(test, "2", get("queues"));
	KUNIT_EXPECT_STREQ(test, "0", get("sg"));
	KUNIT_EXPECT_STREQ(test, "(none)", get("feature-status/queues"));
	KUNIT_EXPECT_STREQ(test, "(none)", get("feature-status/nonsense"));
	KUNIT_EXPECT_STREQ(test, "granted 0", get("feature-status/sg"));

	/* A key that has no room: refused. */
	store.full = false;
	xenbus_rm(XBT_NIL, BACK, "request-nonsense");
	put("request-no-csum", "1");
	store.full = true;
	KUNIT_EXPECT_EQ(test, -ENOSPC, probe(4));
	KUNIT_EXPECT_EQ(test, 1, store.fatal);
	KUNIT_EXPECT_EQ(test, 1, store.lines);
}

static void misplaced(struct kunit *test)
{
	fresh(false);
	xenbus_write(XBT_NIL, FRONT, "request-queues", "1");
	xenbus_write(XBT_NIL, FRONT, "request-rx-copy", "1");
	KUNIT_EXPECT_EQ(test, 0, probe(4));
	KUNIT_EXPECT_EQ(test, 4, xenbus_feature_value(&in_force, QUEUES));
	KUNIT_EXPECT_EQ(test, 1, store.lines);
}

/* What was bounded stays so when the backend can do more later. */
static void clamped(struct kunit *test)
{
	fresh(false);
	put("request-queues", "9");
	KUNIT_EXPECT_EQ(test, 0, probe(4));
	KUNIT_EXPECT_EQ(test, 4, xenbus_feature_bound(&in_force, QUEUES, 8));
	put("request-queues", "nonsense");
	KUNIT_EXPECT_EQ(test, 0, probe(4));
	KUNIT_EXPECT_EQ(test, 8, xenbus_feature_bound(&in_force, QUEUES, 8));
}

/* A guest that goes on and on is worth a line for each key, and a device bound anew as well. */
static void violated(struct kunit *test)
{
	fresh(false);
	put("request-queues", "2");
	put("request-sg", "0");
	for (int again = 0; again < 2; again++) {
		KUNIT_EXPECT_EQ(test, 0, probe(4));
		KUNIT_EXPECT_EQ(test, 0, xenbus_feature_check(&device, &in_force, QUEUES, 2));
		for (int i = 0; i < 20; i++) {
			KUNIT_EXPECT_EQ(test, -EACCES,
					xenbus_feature_check(&device, &in_force, QUEUES, 3 + i));
			KUNIT_EXPECT_EQ(test, -EACCES,
					xenbus_feature_check(&device, &in_force, SG, 1));
		}
		KUNIT_EXPECT_EQ(test, 2, store.lines);
	}
}

/* Each operation fails once: the device is refused, or has what was asked for. */
static void failures(struct kunit *test)
{
	for (unsigned int at = 1; at < 60; at++) {
		int err;

		fresh(at % 2);
		put("request-queues", "2");
		put("request-nonsense", "1");
		put("feature-status/sg", "granted 0");
		store.fail_at = at;
		err = probe(4);
		store.fail_at = 0;
		KUNIT_EXPECT_TRUE_MSG(test, err < 0 ? store.fatal == 1 :
				      xenbus_feature_value(&in_force, QUEUES) == 2 &&
				      !strcmp("2", get("queues")), "failure at %u", at);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(nothing_requested),
	KUNIT_CASE(requested),
	KUNIT_CASE(refused),
	KUNIT_CASE(acknowledged),
	KUNIT_CASE(quota),
	KUNIT_CASE(misplaced),
	KUNIT_CASE(clamped),
	KUNIT_CASE(violated),
	KUNIT_CASE(failures),
	{}
};

static struct kunit_suite suite = {
	.name = "effects",
	.test_cases = cases,
};

kunit_test_suite(suite);
