// SPDX-License-Identifier: GPL-2.0-only
/*
 * Feature control: a toolstack's requests in xenstore, and what the backend tells about them.
 *
 * All of it is one transaction: the requests are read, decided upon and answered as they are
 * at one moment.  The backend has written what it offers by itself before; what a request
 * changes of that is written over it here, still before InitWait, when the frontend reads.
 *
 * Requests are believed because of where they are: a guest can write to its own directory but
 * not to its backend's.  Nothing is read from the frontend's but to say that it has no effect.
 */

#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <xen/xenbus.h>
#include <xen/xenbus_feature.h>

#include "feature_rules.h"

/* Bytes of a value and of a name that a message shows. */
#define SHOWN_VALUE	16
#define SHOWN_NAME	64

static struct {
	bool ack_remove;	/* granted requests are removed */
} settings __ro_after_init;

module_param_named(feature_ack_remove, settings.ack_remove, bool, 0444);
MODULE_PARM_DESC(feature_ack_remove, "Remove a request-<key> node once it is granted");

/* One device's requests while they are settled. */
struct settle {
	struct xenbus_device *dev;
	const struct xenbus_feature_table *table;
	const u32 *caps;
	struct xenbus_transaction xbt;
	/* Names in the backend's directory, in one allocation. */
	char **nodes;
	unsigned int nr_nodes;
	/* By index of the table. */
	struct feature_text request[XENBUS_FEATURES_MAX];
	struct feature_answer answer[XENBUS_FEATURES_MAX];
	/* Bit n: the request was granted and removed by an earlier probe. */
	u32 remembered;
	bool strict;
	bool strict_invalid;
};

static void forget(struct settle *s)
{
	for (unsigned int i = 0; i < s->table->nr; i++)
		kfree(s->request[i].text);
	memset(s->request, 0, sizeof(s->request));
	kfree(s->nodes);
	s->nodes = NULL;
	s->nr_nodes = 0;
	s->remembered = 0;
}

static bool listed(const struct settle *s, const char *prefix, const char *key)
{
	const size_t len = strlen(prefix);

	for (unsigned int i = 0; i < s->nr_nodes; i++)
		if (!strncmp(s->nodes[i], prefix, len) && !strcmp(s->nodes[i] + len, key))
			return true;
	return false;
}

/* The caller frees the text. */
static int read_text(const struct settle *s, const char *dir, const char *node,
		     struct feature_text *text)
{
	unsigned int len;
	char *value = xenbus_read(s->xbt, dir, node, &len);

	if (IS_ERR(value))
		return PTR_ERR(value);
	text->text = value;
	text->len = len;
	return 0;
}

static int read_strict(struct settle *s)
{
	struct feature_text text = {};
	int err = read_text(s, s->dev->nodename, FEATURE_STRICT, &text);

	if (err)
		return err;
	s->strict_invalid = !feature_parse_strict(text, &s->strict);
	kfree(text.text);
	return 0;
}

static int read_requests(struct settle *s)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < s->nr_nodes; i++) {
		const char *key = feature_requested_key(s->nodes[i]);
		int index = key ? feature_index(s->table, key) : -1;

		if (index >= 0)
			err = read_text(s, s->dev->nodename, s->nodes[i], &s->request[index]);
		else if (!strcmp(s->nodes[i], FEATURE_STRICT))
			err = read_strict(s);
	}
	return err;
}

/* A status without request is of an earlier probe: the request was withdrawn, or granted. */
static int look_back(struct settle *s, const char *dir, const char *key)
{
	int index = feature_index(s->table, key);
	struct feature_text status = {};
	u32 value;
	int err;

	if (!settings.ack_remove || index < 0)
		return xenbus_rm(s->xbt, dir, key);
	err = read_text(s, dir, key, &status);
	if (err)
		return err;
	if (!feature_granted(status, &value)) {
		kfree(status.text);
		return xenbus_rm(s->xbt, dir, key);
	}
	kfree(status.text);
	s->request[index].text = kasprintf(GFP_KERNEL, "%u", value);
	if (!s->request[index].text)
		return -ENOMEM;
	s->request[index].len = strlen(s->request[index].text);
	s->remembered |= BIT(index);
	return 0;
}

static int read_statuses(struct settle *s)
{
	unsigned int nr;
	char **keys;
	char *dir;
	int err = 0;

	if (!listed(s, "", FEATURE_STATUS))
		return 0;
	keys = xenbus_directory(s->xbt, s->dev->nodename, FEATURE_STATUS, &nr);
	if (IS_ERR(keys))
		return PTR_ERR(keys);
	dir = kasprintf(GFP_KERNEL, "%s/" FEATURE_STATUS, s->dev->nodename);
	if (!dir)
		err = -ENOMEM;
	for (unsigned int i = 0; !err && i < nr; i++)
		if (!listed(s, FEATURE_REQUEST, keys[i]))
			err = look_back(s, dir, keys[i]);
	kfree(dir);
	kfree(keys);
	return err;
}

static int write_status(struct settle *s, const char *key, struct feature_answer answer)
{
	char text[FEATURE_STATUS_LEN];
	char *node = kasprintf(GFP_KERNEL, FEATURE_STATUS "/%s", key);
	int err;

	if (!node)
		return -ENOMEM;
	feature_status_text(text, sizeof(text), answer);
	err = xenbus_write(s->xbt, s->dev->nodename, node, text);
	kfree(node);
	return err;
}

/* A granted request goes, one that was granted once and is no longer comes back. */
static int acknowledge(struct settle *s, unsigned int index)
{
	bool granted = s->answer[index].result == FEATURE_GRANTED;
	bool there = !(s->remembered & BIT(index));
	char *node;
	int err = 0;

	if (!settings.ack_remove || granted != there)
		return 0;
	node = kasprintf(GFP_KERNEL, FEATURE_REQUEST "%s", s->table->features[index].key);
	if (!node)
		return -ENOMEM;
	if (granted)
		err = xenbus_rm(s->xbt, s->dev->nodename, node);
	else
		err = xenbus_write(s->xbt, s->dev->nodename, node, s->request[index].text);
	kfree(node);
	return err;
}

static int write_statuses(struct settle *s, bool refused)
{
	const struct feature_answer unsupported = { FEATURE_UNSUPPORTED, 0 };
	int err = 0;

	for (unsigned int i = 0; !err && i < s->table->nr; i++) {
		if (s->answer[i].result == FEATURE_NONE)
			continue;
		err = write_status(s, s->table->features[i].key, s->answer[i]);
		if (!err && !refused)
			err = acknowledge(s, i);
	}
	for (unsigned int i = 0; !err && i < s->nr_nodes; i++) {
		const char *key = feature_requested_key(s->nodes[i]);

		if (key && feature_index(s->table, key) < 0)
			err = write_status(s, key, unsupported);
	}
	return err;
}

/* A status that cannot be written is none: one of an earlier probe would not be true any more. */
static int remove_statuses(struct settle *s)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < s->nr_nodes; i++) {
		const char *key = feature_requested_key(s->nodes[i]);
		char *node;

		if (!key)
			continue;
		node = kasprintf(GFP_KERNEL, FEATURE_STATUS "/%s", key);
		if (!node)
			return -ENOMEM;
		err = xenbus_rm(s->xbt, s->dev->nodename, node);
		if (err == -ENOENT)
			err = 0;
		kfree(node);
	}
	return err;
}

/*
 * Backends write what they offer; the sign of a missing capability may be there from an
 * earlier probe only.
 */
static int write_keys(struct settle *s)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < s->table->nr; i++) {
		const struct xenbus_feature *feature = &s->table->features[i];
		bool stale = feature->kind == XENBUS_FEATURE_INVERTED &&
			     listed(s, "", feature->key);

		if (s->answer[i].value != s->caps[i] || stale)
			err = xenbus_printf(s->xbt, s->dev->nodename, feature->key, "%u",
					    s->answer[i].value);
	}
	return err;
}

/* The first request that costs the device; NULL if all can live with the answers. */
static const char *refused_request(const struct settle *s)
{
	if (s->strict_invalid)
		return FEATURE_STRICT;
	for (unsigned int i = 0; i < s->nr_nodes; i++) {
		const char *key = feature_requested_key(s->nodes[i]);
		int index = key ? feature_index(s->table, key) : -1;
		enum feature_result result = index < 0 ? FEATURE_UNSUPPORTED :
							 s->answer[index].result;

		if (key && feature_refuses(result, s->strict))
			return s->nodes[i];
	}
	for (unsigned int i = 0; i < s->table->nr; i++)
		if (s->remembered & BIT(i) && feature_refuses(s->answer[i].result, s->strict))
			return s->table->features[i].key;
	return NULL;
}

static int settle_within(struct settle *s, bool with_status)
{
	bool refused;
	int err;

	s->nodes = xenbus_directory(s->xbt, s->dev->nodename, "", &s->nr_nodes);
	if (IS_ERR(s->nodes)) {
		err = PTR_ERR(s->nodes);
		s->nodes = NULL;
		s->nr_nodes = 0;
		return err;
	}
	err = read_requests(s) ?: read_statuses(s);
	if (err)
		return err;
	feature_resolve_all(s->table, s->request, s->caps, s->answer);
	refused = refused_request(s);
	if (!refused)
		err = write_keys(s);
	if (!err)
		err = with_status ? write_statuses(s, refused) : remove_statuses(s);
	return err;
}

static int settle_once(struct settle *s, bool with_status)
{
	int err, end;

	do {
		forget(s);
		err = xenbus_transaction_start(&s->xbt);
		if (err)
			return err;
		err = settle_within(s, with_status);
		end = xenbus_transaction_end(s->xbt, err);
	} while (end == -EAGAIN);
	return err ?: end;
}

static const char *remedy(enum feature_result result)
{
	switch (result) {
	case FEATURE_CLAMPED:
		return "the backend does not allow it, ask for the value in force";
	case FEATURE_INVALID:
		return "no number, write 1 to 10 decimal digits";
	default:
		return "no such key to request, remove it";
	}
}

/* The toolstack is trusted, and makes many devices at once: no line of these may get lost. */
static void report(const struct settle *s)
{
	for (unsigned int i = 0; i < s->nr_nodes; i++) {
		const char *key = feature_requested_key(s->nodes[i]);
		int index = key ? feature_index(s->table, key) : -1;

		if (index >= 0 && feature_refuses(s->answer[index].result, true))
			dev_warn(&s->dev->dev, "%s is \"%*pE\": %s; in force: %u\n", s->nodes[i],
				 (int)min_t(size_t, s->request[index].len, SHOWN_VALUE),
				 s->request[index].text, remedy(s->answer[index].result),
				 s->answer[index].value);
		else if (key && index < 0)
			dev_warn(&s->dev->dev, "%.*s: %s\n", SHOWN_NAME, s->nodes[i],
				 remedy(FEATURE_UNSUPPORTED));
	}
}

static int refuse(const struct settle *s, const char *node)
{
	const char *key = feature_requested_key(node);
	int index = feature_index(s->table, key ? key : node);

	if (!strcmp(node, FEATURE_STRICT))
		xenbus_dev_fatal(s->dev, -EINVAL, FEATURE_STRICT " is neither 0 nor 1, mend it");
	else
		xenbus_dev_fatal(s->dev, -EINVAL, FEATURE_STRICT " is set, and %.*s: %s",
				 SHOWN_NAME, node,
				 remedy(index < 0 ? FEATURE_UNSUPPORTED : s->answer[index].result));
	return -EINVAL;
}

/* A guest may write what it likes into its own directory; an admin may have mistaken it. */
static void report_misplaced(const struct settle *s)
{
	unsigned int nr;
	char **nodes = xenbus_directory(XBT_NIL, s->dev->otherend, "", &nr);

	if (IS_ERR(nodes))
		return;
	for (unsigned int i = 0; i < nr; i++) {
		const char *key = feature_requested_key(nodes[i]);

		if (!key || feature_index(s->table, key) < 0)
			continue;
		dev_warn_ratelimited(&s->dev->dev,
				     "%s in %s has no effect, requests belong into %s\n",
				     nodes[i], s->dev->otherend, s->dev->nodename);
		break;
	}
	kfree(nodes);
}

static void put_in_force(const struct settle *s, struct xenbus_features *features)
{
	features->table = s->table;
	features->bounded = 0;
	features->told = 0;
	for (unsigned int i = 0; i < s->table->nr; i++) {
		enum feature_result result = s->answer[i].result;

		features->value[i] = s->answer[i].value;
		if (result == FEATURE_GRANTED || result == FEATURE_CLAMPED ||
		    features->value[i] != s->caps[i])
			features->bounded |= BIT(i);
	}
}

/**
 * xenbus_features_settle() - apply the toolstack's requests to a device
 * @dev: the backend's device
 * @table: the backend's keys
 * @caps: what the backend offers without requests, a value a key; it has written them
 * @features: where the values in force go
 *
 * Reads request-<key> for each key of @table, writes <key> where a request lowers it, and
 * feature-status/<key> for each request.  There are no statuses if xenstore takes the keys but
 * not them, as with a full quota; a granted request is then not removed either.
 *
 * Context: The backend's probe function, before InitWait.  Sleeps.
 * Return: 0; -EINVAL if the toolstack wants no device rather than this one; any error of
 * xenstore, -ENOMEM.  After an error the device is on its way to Closing, xenbus_dev_fatal() has
 * been called, @features is not touched and the caller's probe function fails.
 */
int xenbus_features_settle(struct xenbus_device *dev, const struct xenbus_feature_table *table,
			   const u32 *caps, struct xenbus_features *features)
{
	struct settle s = { .dev = dev, .table = table, .caps = caps };
	const char *refused;
	int err, first;

	if (WARN_ON_ONCE(table->nr > XENBUS_FEATURES_MAX))
		return -EINVAL;
	first = settle_once(&s, true);
	err = first ? settle_once(&s, false) : 0;
	if (first && !err)
		dev_warn_ratelimited(&dev->dev, "no " FEATURE_STATUS ": error %d from xenstore\n",
				     first);
	refused = err ? NULL : refused_request(&s);
	if (err) {
		xenbus_dev_fatal(dev, err, "settling the requests for features");
	} else if (refused) {
		err = refuse(&s, refused);
	} else {
		report(&s);
		report_misplaced(&s);
		put_in_force(&s, features);
	}
	forget(&s);
	return err;
}
EXPORT_SYMBOL_GPL(xenbus_features_settle);

/**
 * xenbus_feature_violated() - say that a frontend uses more than it was offered
 * @dev: the backend's device
 * @features: of the device, settled
 * @index: of the key that it ignores
 * @used: what the frontend uses
 *
 * A guest can make it come: it is one line for each key as long as @features lasts.  A backend
 * that keeps them no longer than a connection has a line each time that its frontend connects,
 * and so the rate of these is limited.
 *
 * Context: Any.
 * Return: -EACCES, for a caller that refuses the device.
 */
int xenbus_feature_violated(struct xenbus_device *dev, struct xenbus_features *features,
			    unsigned int index, u32 used)
{
	if (test_and_set_bit(index, &features->told))
		return -EACCES;
	dev_warn_ratelimited(&dev->dev,
			     "refused: frontend uses %u, but %s is %u; mend the guest's driver\n",
			     used, features->table->features[index].key, features->value[index]);
	return -EACCES;
}
EXPORT_SYMBOL_GPL(xenbus_feature_violated);
