// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store behind shim/store.h.
 */
#include <stdarg.h>

#include "shim/store.h"

struct store store;

static void *error(int err)
{
	return (void *)(intptr_t)err;
}

static bool fails(void)
{
	return ++store.operations == store.fail_at;
}

/* Formats are the kernel's: lines are counted, not printed. */
void dev_warn_ratelimited(const struct device *dev, const char *format, ...)
{
	(void)dev;
	(void)format;
	store.lines++;
}

void dev_warn(const struct device *dev, const char *format, ...)
{
	(void)dev;
	(void)format;
	store.lines++;
}

void kfree(const void *p)
{
	free((void *)p);
}

char *kasprintf(int gfp, const char *format, ...)
{
	char text[128];
	va_list args;

	(void)gfp;
	if (fails())
		return NULL;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return strdup(text);
}

static void join(char *path, size_t size, const char *dir, const char *node)
{
	snprintf(path, size, *node ? "%s/%s" : "%s", dir, node);
}

static struct node *find(const char *path)
{
	for (int i = 0; i < STORE_NODES; i++)
		if (!strcmp(store.nodes[i].path, path))
			return &store.nodes[i];
	return NULL;
}

/* Names right below a directory, each once, in one allocation as the kernel's. */
char **xenbus_directory(struct xenbus_transaction t, const char *dir, const char *node,
			unsigned int *num)
{
	char **names = malloc(STORE_NODES * (sizeof(*names) + sizeof(store.nodes[0].path)));
	char *text = (char *)(names + STORE_NODES);
	char path[96];
	size_t len;

	(void)t;
	if (fails()) {
		free(names);
		return error(-EIO);
	}
	join(path, sizeof(path), dir, node);
	len = strlen(path);
	*num = 0;
	for (int i = 0; i < STORE_NODES; i++) {
		const char *below = store.nodes[i].path;
		unsigned int j = 0;
		size_t size;

		if (strncmp(below, path, len) || below[len] != '/')
			continue;
		below += len + 1;
		size = strcspn(below, "/");
		memcpy(text, below, size);
		text[size] = 0;
		while (j < *num && strcmp(names[j], text))
			j++;
		if (j < *num)
			continue;
		names[(*num)++] = text;
		text += size + 1;
	}
	return names;
}

void *xenbus_read(struct xenbus_transaction t, const char *dir, const char *node,
		  unsigned int *len)
{
	struct node *found;
	char path[96];

	(void)t;
	if (fails())
		return error(-EIO);
	join(path, sizeof(path), dir, node);
	found = find(path);
	if (!found)
		return error(-ENOENT);
	*len = strlen(found->value);
	return strdup(found->value);
}

unsigned int xenbus_read_unsigned(const char *dir, const char *node, unsigned int missing)
{
	unsigned int len;
	char *text = xenbus_read(XBT_NIL, dir, node, &len);
	unsigned int value;

	if (IS_ERR(text))
		return missing;
	value = strtoul(text, NULL, 10);
	kfree(text);
	return value;
}

int xenbus_write(struct xenbus_transaction t, const char *dir, const char *node,
		 const char *value)
{
	struct node *found;
	char path[96];

	(void)t;
	if (fails())
		return -EIO;
	join(path, sizeof(path), dir, node);
	found = find(path);
	if (!found && store.full)
		return -ENOSPC;
	if (!found)
		found = find("");
	memcpy(found->path, path, sizeof(path));
	snprintf(found->value, sizeof(found->value), "%s", value);
	return 0;
}

int xenbus_printf(struct xenbus_transaction t, const char *dir, const char *node,
		  const char *format, ...)
{
	char text[32];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return xenbus_write(t, dir, node, text);
}

int xenbus_rm(struct xenbus_transaction t, const char *dir, const char *node)
{
	struct node *found;
	char path[96];

	(void)t;
	if (fails())
		return -EIO;
	join(path, sizeof(path), dir, node);
	found = find(path);
	if (!found)
		return -ENOENT;
	memset(found, 0, sizeof(*found));
	return 0;
}

int xenbus_transaction_start(struct xenbus_transaction *t)
{
	t->id = 1;
	if (fails())
		return -EIO;
	memcpy(store.before, store.nodes, sizeof(store.before));
	return 0;
}

int xenbus_transaction_end(struct xenbus_transaction t, int abort)
{
	int err = 0;

	(void)t;
	if (fails())
		err = -EIO;
	else if (!abort && store.busy && store.busy--)
		err = -EAGAIN;
	if (err || abort)
		memcpy(store.nodes, store.before, sizeof(store.before));
	return err;
}

void xenbus_dev_fatal(struct xenbus_device *dev, int err, const char *format, ...)
{
	(void)dev;
	(void)err;
	(void)format;
	store.lines++;
	store.fatal++;
}
