/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of event channels, a file in debugfs each: to read it is to run the test.  It prints
 * what there is to say, a line each behind "# ", and ends with a line "pass", "fail" or "skip".
 * Each module that includes this has a directory of its own; evtchn_core.sh makes KTAP of it.
 */
#ifndef EVTCHN_TESTS_H
#define EVTCHN_TESTS_H

#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>

#include <asm/xen/hypercall.h>

#include <xen/interface/event_channel.h>
#include <xen/interface/xen.h>

/* Lines about what is wrong in one test; the rest is counted only. */
#define TEST_LINES	8

/**
 * struct test_run - a test while it runs
 * @out: where its lines go
 * @failures: what went wrong so far
 * @skip: why it was not run, or NULL
 */
struct test_run {
	struct seq_file	*out;
	unsigned int	failures;
	const char	*skip;
};

/**
 * struct test_case - a test
 * @name: of its file
 * @run: runs it
 */
struct test_case {
	const char	*name;
	void		(*run)(struct test_run *run);
};

/* One test at a time. */
static DEFINE_MUTEX(test_lock);

static __printf(2, 3) void test_fail(struct test_run *run, const char *fmt, ...)
{
	va_list args;

	if (run->failures++ >= TEST_LINES)
		return;

	va_start(args, fmt);
	seq_puts(run->out, "# ");
	seq_vprintf(run->out, fmt, args);
	seq_putc(run->out, '\n');
	va_end(args);
}

static int test_show(struct seq_file *out, void *unused)
{
	const struct test_case *test = out->private;
	struct test_run run = { .out = out };

	mutex_lock(&test_lock);
	test->run(&run);
	mutex_unlock(&test_lock);

	if (run.failures)
		seq_puts(out, "fail\n");
	else if (run.skip)
		seq_printf(out, "# %s\nskip\n", run.skip);
	else
		seq_puts(out, "pass\n");
	return 0;
}

/* Room for all lines: seq_file would run the test anew for a larger buffer. */
static int test_open(struct inode *inode, struct file *file)
{
	return single_open_size(file, test_show, inode->i_private, SZ_16K);
}

static const struct file_operations test_fops = {
	.owner		= THIS_MODULE,
	.open		= test_open,
	.read		= seq_read,
	.llseek		= seq_lseek,
	.release	= single_release,
};

/* The directory of the files, to be removed with the module. */
static struct dentry *test_files(const char *name, const struct test_case *cases,
				 unsigned int nr)
{
	struct dentry *dir = debugfs_create_dir(name, NULL);
	unsigned int i;

	for (i = 0; i < nr; i++)
		debugfs_create_file(cases[i].name, 0400, dir, (void *)&cases[i], &test_fops);
	return dir;
}

static inline int evtchn_op(int cmd, void *op)
{
	return HYPERVISOR_event_channel_op(cmd, op);
}

/* A port for a peer in this domain, or an error. */
static inline int port_open(void)
{
	struct evtchn_alloc_unbound op = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };

	return evtchn_op(EVTCHNOP_alloc_unbound, &op) ?: op.port;
}

/* A port whose events arrive at another domain's port, and the reverse; or an error. */
static inline int port_connect(domid_t dom, evtchn_port_t port)
{
	struct evtchn_bind_interdomain op = { .remote_dom = dom, .remote_port = port };

	return evtchn_op(EVTCHNOP_bind_interdomain, &op) ?: op.local_port;
}

static inline int port_close(evtchn_port_t port)
{
	struct evtchn_close op = { .port = port };

	return evtchn_op(EVTCHNOP_close, &op);
}

static inline int port_send(evtchn_port_t port)
{
	struct evtchn_send op = { .port = port };

	return evtchn_op(EVTCHNOP_send, &op);
}

/* Xen's view of a port of this domain. */
static inline int port_ask(evtchn_port_t port, struct evtchn_status *status)
{
	status->dom = DOMID_SELF;
	status->port = port;
	return evtchn_op(EVTCHNOP_status, status);
}

#endif /* EVTCHN_TESTS_H */
