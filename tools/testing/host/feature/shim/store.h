/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A xenstore of one backend's and one frontend's directory, which fails on demand.
 */
#ifndef SHIM_STORE_H
#define SHIM_STORE_H

#include <errno.h>
#include <stdlib.h>

#include "shim.h"

#define GFP_KERNEL		0
#define __ro_after_init
#define BIT(n)			(1U << (n))
#define IS_ERR(p)		((uintptr_t)(p) >= (uintptr_t)-4095)
#define PTR_ERR(p)		((int)(intptr_t)(p))
#define WARN_ON_ONCE(c)		(c)
#define min_t(type, a, b) ({		\
	type a_ = (a), b_ = (b);	\
					\
	a_ < b_ ? a_ : b_;		\
})

static inline bool test_and_set_bit(unsigned int nr, unsigned long *bits)
{
	bool was = *bits & (1UL << nr);

	*bits |= 1UL << nr;
	return was;
}

struct device {
	int unused;
};

struct xenbus_device {
	struct device dev;
	const char *nodename;
	const char *otherend;
};

struct xenbus_transaction {
	int id;
};

#define XBT_NIL			((struct xenbus_transaction){ 0 })

#define STORE_NODES		64

struct node {
	char path[96];
	char value[32];
};

/* What the test sets and what it finds. */
struct store {
	struct node nodes[STORE_NODES];
	struct node before[STORE_NODES];	/* for a transaction that is given up */
	unsigned int lines;			/* written to the log */
	unsigned int fatal;			/* of these by xenbus_dev_fatal() */
	unsigned int busy;			/* commits that end with -EAGAIN */
	unsigned int operations;
	unsigned int fail_at;			/* this operation fails */
	bool full;				/* no new nodes */
};

extern struct store store;
extern bool *const param_feature_ack_remove;

/* What feature.c calls, in the order of the alphabet. */
void dev_warn(const struct device *dev, const char *format, ...);
void dev_warn_ratelimited(const struct device *dev, const char *format, ...);
char *kasprintf(int gfp, const char *format, ...);
void kfree(const void *p);
void xenbus_dev_fatal(struct xenbus_device *dev, int err, const char *format, ...);
char **xenbus_directory(struct xenbus_transaction t, const char *dir, const char *node,
			unsigned int *num);
int xenbus_printf(struct xenbus_transaction t, const char *dir, const char *node,
		  const char *format, ...);
void *xenbus_read(struct xenbus_transaction t, const char *dir, const char *node,
		  unsigned int *len);
unsigned int xenbus_read_unsigned(const char *dir, const char *node, unsigned int missing);
int xenbus_rm(struct xenbus_transaction t, const char *dir, const char *node);
int xenbus_transaction_end(struct xenbus_transaction t, int abort);
int xenbus_transaction_start(struct xenbus_transaction *t);
int xenbus_write(struct xenbus_transaction t, const char *dir, const char *node,
		 const char *value);

#endif
