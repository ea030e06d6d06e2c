// SPDX-License-Identifier: GPL-2.0-only
#include "store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "util.h"

#define REQUEST	"request-"
#define STRICT	"request-strict"
#define STATUS	"feature-status"
#define QUEUE	"queue-"

/* Transactions fail while others write to the same nodes; they get through in the end. */
#define ATTEMPTS 1000

static char *read_node(const struct store *store, xs_transaction_t t, const char *dir,
		       const char *name)
{
	char *path = make_string("%s/%s", dir, name);
	char *value = xs_read(store->xs, t, path, NULL);

	free(path);
	return value;
}

static unsigned int read_number(const struct store *store, xs_transaction_t t, const char *dir,
				const char *name, unsigned int missing)
{
	char *text = dir ? read_node(store, t, dir, name) : NULL;
	unsigned int number = missing;

	if (text)
		number_parse(text, strlen(text), &number);
	free(text);
	return number;
}

static char **list_nodes(const struct store *store, xs_transaction_t t, const char *dir,
			 unsigned int *nr)
{
	char **names = xs_directory(store->xs, t, dir, nr);

	if (!names)
		*nr = 0;
	return names;
}

int store_open(struct store *store)
{
	char *domid;

	errno = 0;
	store->xs = xs_open(0);
	if (!store->xs)
		return errno ? -errno : -EIO;
	domid = xs_read(store->xs, XBT_NULL, "domid", NULL);
	store->self = 0;
	if (domid)
		number_parse(domid, strlen(domid), &store->self);
	free(domid);
	return 0;
}

void store_close(struct store *store)
{
	xs_close(store->xs);
}

static int domain_by_number(const struct store *store, unsigned int domid)
{
	char *path = make_string("/local/domain/%u", domid);
	unsigned int nr;
	char **names = list_nodes(store, XBT_NULL, path, &nr);

	free(path);
	if (!names && store->self == 0)
		return -ENOENT;
	free(names);
	return 0;
}

int store_domain(const struct store *store, const char *name, unsigned int *domid)
{
	unsigned int nr;
	char **domains;
	int ret = -ENOENT;

	if (number_parse(name, strlen(name), domid))
		return domain_by_number(store, *domid);
	domains = list_nodes(store, XBT_NULL, "/local/domain", &nr);
	for (unsigned int i = 0; i < nr && ret; i++) {
		char *path = make_string("/local/domain/%s", domains[i]);
		char *found = read_node(store, XBT_NULL, path, "name");

		if (found && !strcmp(found, name) &&
		    number_parse(domains[i], strlen(domains[i]), domid))
			ret = 0;
		free(found);
		free(path);
	}
	free(domains);
	return ret;
}

/*
 * The frontend's directory, and its type.  The node belongs to the backend's domain, which must
 * not make us read what is not the frontend's.
 */
static void load_front(const struct store *store, xs_transaction_t t, struct device *device)
{
	char *root = make_string("/local/domain/%u/device/", device->place.front_domid);
	char *front = read_node(store, t, device->back, "frontend");
	size_t len = strlen(root);
	size_t type = 0;

	/* People see the type: no more than what types consist of. */
	if (front && !strncmp(front, root, len))
		type = strspn(front + len, "abcdefghijklmnopqrstuvwxyz0123456789_-");
	if (type && front[len + type] == '/') {
		device->type = strndup(front + len, type);
		device->front = front;
	} else {
		device->type = strdup(device->place.type);
		free(front);
	}
	free(root);
}

/* Where the backend's kernel complains about the device. */
static char *error_dir(const struct device *device)
{
	const struct backend_place *place = &device->place;

	return make_string("/local/domain/%u/error/backend/%s/%u/%u", place->domid, place->type,
			   place->front_domid, place->devid);
}

static char *read_error(const struct store *store, xs_transaction_t t,
			const struct device *device)
{
	char *dir = error_dir(device);
	char *error = read_node(store, t, dir, "error");

	free(dir);
	return error;
}

static struct feature_view *add_view(struct device *device)
{
	size_t size = (device->nr_views + 1) * sizeof(*device->views);
	struct feature_view *views = realloc(device->views, size);

	if (!views)
		abort();
	device->views = views;
	views += device->nr_views++;
	*views = (struct feature_view){ };
	return views;
}

static void load_request(const struct store *store, xs_transaction_t t,
			 const struct device *device, struct feature_view *view)
{
	char *request = make_string(REQUEST "%s", view->key);
	char *status = make_string(STATUS "/%s", view->key);

	view->requested = read_node(store, t, device->back, request);
	view->status = read_node(store, t, device->back, status);
	free(request);
	free(status);
}

static void load_known(const struct store *store, xs_transaction_t t, struct device *device)
{
	for (size_t i = 0; i < device->kind->nr_features; i++) {
		const struct feature *feature = &device->kind->features[i];
		struct feature_view *view = add_view(device);

		view->feature = feature;
		view->key = strdup(feature->key);
		view->offered = read_node(store, t, device->back, feature->key);
		load_request(store, t, device, view);
		if (feature->front && device->front)
			view->front = read_node(store, t, device->front, feature->front);
	}
}

/* Requests that somebody made for keys which are not requestable. */
static void load_unknown(const struct store *store, xs_transaction_t t, struct device *device)
{
	unsigned int nr;
	char **names = list_nodes(store, t, device->back, &nr);

	for (unsigned int i = 0; i < nr; i++) {
		const char *key = names[i] + strlen(REQUEST);
		struct feature_view *view;

		if (strncmp(names[i], REQUEST, strlen(REQUEST)) || !strcmp(names[i], STRICT) ||
		    feature_find(device->kind, key, strlen(key), NULL))
			continue;
		view = add_view(device);
		view->key = strdup(key);
		view->offered = read_node(store, t, device->back, key);
		load_request(store, t, device, view);
	}
	free(names);
}

static void load_strict(const struct store *store, xs_transaction_t t, struct device *device)
{
	char *text = read_node(store, t, device->back, STRICT);
	unsigned int number = 0;

	device->strict_bad = text && (!number_parse(text, strlen(text), &number) || number > 1);
	device->strict = number;
	free(text);
}

/* Everything below @device->back and @device->place. */
static void load_device(const struct store *store, xs_transaction_t t, struct device *device)
{
	load_front(store, t, device);
	device->kind = backend_kind_find(device->place.type);
	device->back_state = read_number(store, t, device->back, "state", STATE_UNKNOWN);
	device->front_state = read_number(store, t, device->front, "state", STATE_UNKNOWN);
	device->label = read_node(store, t, device->back, "dev");
	load_strict(store, t, device);
	device->error = read_error(store, t, device);
	if (!device->kind)
		return;
	load_known(store, t, device);
	load_unknown(store, t, device);
}

/* One view of xenstore at one moment; -ENOENT if the path is no backend's, or gone. */
static int load_path(const struct store *store, const char *path, struct device *device)
{
	xs_transaction_t t;
	char *front;

	*device = (struct device){ };
	if (!backend_place_parse(path, &device->place))
		return -ENOENT;
	t = xs_transaction_start(store->xs);
	device->back = strdup(path);
	front = read_node(store, t, path, "frontend");
	if (front)
		load_device(store, t, device);
	if (t != XBT_NULL)
		xs_transaction_end(store->xs, t, true);
	if (front) {
		free(front);
		return 0;
	}
	device_free(device);
	return -ENOENT;
}

/**
 * struct device_list - devices as they are found
 * @devices: the array
 * @nr: how many
 */
struct device_list {
	struct device *devices;
	size_t nr;
};

static void add_device(const struct store *store, const char *path, unsigned int domid,
		       struct device_list *list)
{
	struct device device;
	struct device *devices;

	if (load_path(store, path, &device))
		return;
	if (device.place.front_domid != domid) {
		device_free(&device);
		return;
	}
	devices = realloc(list->devices, (list->nr + 1) * sizeof(*devices));
	if (!devices)
		abort();
	list->devices = devices;
	devices[list->nr++] = device;
}

/* What libxl noted: DIR/TYPE/NUMBER/backend. */
static void add_recorded(const struct store *store, const char *dir, char **types,
			 unsigned int nr_types, unsigned int domid, struct device_list *list)
{
	for (unsigned int i = 0; i < nr_types; i++) {
		char *type = make_string("%s/%s", dir, types[i]);
		unsigned int nr;
		char **ids = list_nodes(store, XBT_NULL, type, &nr);

		for (unsigned int j = 0; j < nr; j++) {
			char *node = make_string("%s/%s", type, ids[j]);
			char *path = read_node(store, XBT_NULL, node, "backend");

			if (path)
				add_device(store, path, domid, list);
			free(path);
			free(node);
		}
		free(ids);
		free(type);
	}
}

/* All backends of domain @back that serve domain @domid. */
static void add_served(const struct store *store, const char *back, unsigned int domid,
		       struct device_list *list)
{
	char *root = make_string("/local/domain/%s/backend", back);
	unsigned int nr_types;
	char **types = list_nodes(store, XBT_NULL, root, &nr_types);

	for (unsigned int i = 0; i < nr_types; i++) {
		char *dir = make_string("%s/%s/%u", root, types[i], domid);
		unsigned int nr;
		char **ids = list_nodes(store, XBT_NULL, dir, &nr);

		for (unsigned int j = 0; j < nr; j++) {
			char *path = make_string("%s/%s", dir, ids[j]);

			add_device(store, path, domid, list);
			free(path);
		}
		free(ids);
		free(dir);
	}
	free(types);
	free(root);
}

static void add_all_served(const struct store *store, unsigned int domid,
			   struct device_list *list)
{
	unsigned int nr;
	char **domains;

	if (store->self) {
		char *self = make_string("%u", store->self);

		add_served(store, self, domid, list);
		free(self);
		return;
	}
	domains = list_nodes(store, XBT_NULL, "/local/domain", &nr);
	for (unsigned int i = 0; i < nr; i++)
		add_served(store, domains[i], domid, list);
	free(domains);
}

static int compare_devices(const void *left, const void *right)
{
	const struct device *a = left;
	const struct device *b = right;
	int order = strcmp(a->type, b->type);

	if (order)
		return order;
	return (a->place.devid > b->place.devid) - (a->place.devid < b->place.devid);
}

int store_devices(const struct store *store, unsigned int domid, struct device **devices,
		  size_t *nr)
{
	char *dir = make_string("/libxl/%u/device", domid);
	struct device_list list = { };
	unsigned int nr_types;
	char **types = list_nodes(store, XBT_NULL, dir, &nr_types);

	if (types)
		add_recorded(store, dir, types, nr_types, domid, &list);
	else
		add_all_served(store, domid, &list);
	free(types);
	free(dir);
	if (list.nr)
		qsort(list.devices, list.nr, sizeof(*list.devices), compare_devices);
	*devices = list.devices;
	*nr = list.nr;
	return 0;
}

int store_reload(const struct store *store, struct device *device)
{
	struct device fresh;
	int err = load_path(store, device->back, &fresh);

	if (err)
		return err;
	device_free(device);
	*device = fresh;
	return 0;
}

static bool write_node(const struct store *store, xs_transaction_t t, const char *path,
		       unsigned int value)
{
	char *text = make_string("%u", value);
	bool done = xs_write(store->xs, t, path, text, strlen(text));

	free(text);
	return done;
}

static bool remove_node(const struct store *store, xs_transaction_t t, const char *path)
{
	return xs_rm(store->xs, t, path) || errno == ENOENT;
}

static bool write_request(const struct store *store, xs_transaction_t t,
			  const struct device *device, const struct request *request)
{
	const char *key = request->feature->key;
	char *path = make_string("%s/" REQUEST "%s", device->back, key);
	char *status = make_string("%s/" STATUS "/%s", device->back, key);
	bool done = remove_node(store, t, status);

	if (done && request->withdraw)
		done = remove_node(store, t, path);
	else if (done)
		done = write_node(store, t, path, request->value);
	free(status);
	free(path);
	return done;
}

static bool write_strict(const struct store *store, xs_transaction_t t,
			 const struct device *device, bool strict)
{
	char *path = make_string("%s/" STRICT, device->back);
	bool done = strict ? write_node(store, t, path, 1) : remove_node(store, t, path);

	free(path);
	return done;
}

/* The directory's owner keeps all rights on each request in it; nobody else gets any. */
static bool hide_requests(const struct store *store, xs_transaction_t t,
			  const struct device *device, unsigned int owner)
{
	struct xs_permissions permissions = { .id = owner, .perms = XS_PERM_NONE };
	unsigned int nr;
	char **names = list_nodes(store, t, device->back, &nr);
	bool done = names;

	for (unsigned int i = 0; done && i < nr; i++) {
		char *path;

		if (strncmp(names[i], REQUEST, strlen(REQUEST)))
			continue;
		path = make_string("%s/%s", device->back, names[i]);
		done = xs_set_permissions(store->xs, t, path, &permissions, 1);
		free(path);
	}
	free(names);
	return done;
}

static bool write_requests(const struct store *store, xs_transaction_t t,
			   const struct device *device, const struct request_list *list,
			   bool strict)
{
	unsigned int nr;
	struct xs_permissions *old = xs_get_permissions(store->xs, t, device->back, &nr);
	unsigned int owner;

	if (!old)
		return false;
	owner = old[0].id;
	free(old);
	for (size_t i = 0; i < list->nr; i++) {
		if (!write_request(store, t, device, &list->entries[i]))
			return false;
	}
	return write_strict(store, t, device, strict) && hide_requests(store, t, device, owner);
}

/* In another domain than dom0 this directory may not be ours to write to. */
static bool drop_node(const struct store *store, xs_transaction_t t, const char *dir,
		      const char *name)
{
	char *path = make_string("%s/%s", dir, name);
	bool done = remove_node(store, t, path) || (store->self && errno == EACCES);

	free(path);
	return done;
}

/* In a directory of the frontend, its own or that of a queue. */
static bool drop_choices_in(const struct store *store, xs_transaction_t t,
			    const struct device *device, const char *dir,
			    const struct request_list *standing)
{
	for (size_t i = 0; i < standing->nr; i++) {
		const struct request *request = &standing->entries[i];
		const char * const *choice = request->feature->choices;

		if (!choice || !device_conflict(device, request))
			continue;
		for (; *choice; choice++) {
			if (!drop_node(store, t, dir, *choice))
				return false;
		}
	}
	return true;
}

static bool drop_choices(const struct store *store, xs_transaction_t t,
			 const struct device *device, const struct request_list *standing)
{
	unsigned int nr;
	char **names;
	bool done;

	if (!device->front)
		return true;
	names = list_nodes(store, t, device->front, &nr);
	done = drop_choices_in(store, t, device, device->front, standing);
	for (unsigned int i = 0; i < nr && done; i++) {
		char *dir;

		if (strncmp(names[i], QUEUE, strlen(QUEUE)))
			continue;
		dir = make_string("%s/%s", device->front, names[i]);
		done = drop_choices_in(store, t, device, dir, standing);
		free(dir);
	}
	free(names);
	return done;
}

static bool write_all(const struct store *store, xs_transaction_t t,
		      const struct device *device, const struct store_change *change)
{
	char *error = error_dir(device);
	bool done = drop_node(store, t, error, "error");

	free(error);
	if (done && change->list)
		done = write_requests(store, t, device, change->list, change->strict);
	if (done && change->dropped)
		done = drop_choices(store, t, device, change->dropped);
	return done;
}

int store_write(const struct store *store, const struct device *device,
		const struct store_change *change)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		xs_transaction_t t = xs_transaction_start(store->xs);
		int err;

		if (t == XBT_NULL)
			return -errno;
		if (!write_all(store, t, device, change)) {
			err = errno;
			xs_transaction_end(store->xs, t, true);
			return -err;
		}
		if (xs_transaction_end(store->xs, t, false))
			return 0;
		if (errno != EAGAIN)
			return -errno;
	}
	return -EAGAIN;
}

enum xenbus_state store_state(const struct store *store, const struct device *device)
{
	return read_number(store, XBT_NULL, device->back, "state", STATE_UNKNOWN);
}

char *store_backend_node(const struct store *store, const struct device *device,
			 const char *name)
{
	return read_node(store, XBT_NULL, device->back, name);
}

bool store_runs_scripts(const struct store *store, const struct device *device)
{
	char *path = make_string("/libxl/%u/device/%s/%u", device->place.front_domid,
				 device->type, device->place.devid);
	char *back = read_node(store, XBT_NULL, path, "backend");
	bool recorded = back;

	free(back);
	free(path);
	return recorded;
}
