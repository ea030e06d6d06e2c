// SPDX-License-Identifier: GPL-2.0-only
/*
 * EVTCHNOP_reset while the kernel runs.  Xen closes all channels of the domain and returns to
 * 2-level.  What follows is what a domain finds that was restored: there are channels to
 * xenstore and the console, with the ports that they had, and no others.  The kernel goes the way
 * that it goes after a restore, and must go on with the ABI and all IRQs that it had.
 *
 * All is done with every other VCPU stopped, as there.  What a restored domain does not lack is
 * made up for afterwards: IPIs that were under way are sent again, and timers that were set
 * fall due at once.
 */
#define pr_fmt(fmt) "evtchn_reset: " fmt

#include <linux/module.h>
#include <linux/smp.h>
#include <linux/stop_machine.h>

#include <asm/xen/hypercall.h>

#include <xen/events.h>
#include <xen/interface/event_nlevel.h>
#include <xen/interface/vcpu.h>
#include <xen/xen-ops.h>
#include <xen/xen.h>

#include "evtchn_tests.h"

#define RESET_NAME	"evtchn_reset"

/* Channels to other domains that a guest without devices has: xenstore and the console. */
#define MOST_KEPT	2

/**
 * struct reset_chan - a channel to another domain
 * @port: ours
 * @irq: of @port
 * @dom: the other domain
 * @remote: its port
 */
struct reset_chan {
	evtchn_port_t	port;
	int		irq;
	domid_t		dom;
	evtchn_port_t	remote;
};

/**
 * struct reset - one reset
 * @kept: channels that are bound again, in the order of their ports
 * @nr: how many
 * @step: what was being done
 */
struct reset {
	struct reset_chan	kept[MOST_KEPT];
	unsigned int		nr;
	const char		*step;
};

/* The channels to other domains, as Xen has them; all of them must be the kernel's. */
static int remember(struct reset *r)
{
	struct evtchn_status status;
	evtchn_port_t port;

	r->step = "ask for channels";
	for (port = 1; !port_ask(port, &status); port++) {
		if (status.status != EVTCHNSTAT_interdomain)
			continue;
		if (r->nr == MOST_KEPT || irq_from_evtchn(port) <= 0)
			return -EBUSY;
		r->kept[r->nr++] = (struct reset_chan) {
			.port = port,
			.irq = irq_from_evtchn(port),
			.dom = status.u.interdomain.dom,
			.remote = status.u.interdomain.port,
		};
	}
	return r->nr ? 0 : -ENOENT;
}

static const struct reset_chan *kept_at(const struct reset *r, evtchn_port_t port)
{
	unsigned int i;

	for (i = 0; i < r->nr; i++)
		if (r->kept[i].port == port)
			return &r->kept[i];
	return NULL;
}

/* Xen gives the lowest free port: those in between are opened, too, and closed again. */
static int open_kept(struct reset *r)
{
	evtchn_port_t last = r->kept[r->nr - 1].port, port;

	r->step = "open the channels kept";
	for (port = 1; port <= last; port++) {
		const struct reset_chan *ch = kept_at(r, port);
		int got = ch ? port_connect(ch->dom, ch->remote) : port_open();

		if (got != port)
			return got < 0 ? got : -EINVAL;
	}
	for (port = 1; port < last; port++)
		if (!kept_at(r, port))
			port_close(port);
	return 0;
}

static void send_ipis(void)
{
	struct evtchn_status status;
	evtchn_port_t port;

	for (port = 1; !port_ask(port, &status); port++)
		if (status.status == EVTCHNSTAT_ipi)
			port_send(port);
}

/* All other VCPUs are stopped. */
static int reset_and_resume(void *data)
{
	struct evtchn_reset op = { .dom = DOMID_SELF };
	struct reset *r = data;
	int err;

	r->step = "reset";
	err = evtchn_op(EVTCHNOP_reset, &op);
	if (err)
		return err;
	err = open_kept(r);
	if (err)
		return err;
	xen_irq_resume();
	send_ipis();
	return 0;
}

static void timer_now(void *unused)
{
	struct vcpu_set_singleshot_timer op = { .timeout_abs_ns = 0 };

	HYPERVISOR_vcpu_op(VCPUOP_set_singleshot_timer, xen_vcpu_nr(smp_processor_id()), &op);
}

static int reset_all(struct reset *r)
{
	unsigned int i;
	int err = remember(r);

	if (err)
		return err;
	err = stop_machine(reset_and_resume, r, NULL);
	if (err)
		return err;
	on_each_cpu(timer_now, NULL, true);
	for (i = 0; i < r->nr; i++)
		rebind_evtchn_irq(r->kept[i].port, r->kept[i].irq);
	return 0;
}

static void same_as_before(struct test_run *run, const struct evtchn_nlevel_query *before)
{
	struct evtchn_nlevel_query now = {};
	int err = evtchn_op(EVTCHNOP_nlevel_query, &now);

	seq_printf(run->out, "# levels: %u, then %u; leaves: %u, then %u\n", before->levels,
		   now.levels, before->nr_leaves, now.nr_leaves);
	if (err || !now.levels || !now.nr_leaves)
		test_fail(run, "N-level is not in use: %d", err);
	else if (now.levels != before->levels || now.nr_ports != before->nr_ports)
		test_fail(run, "%u levels and %u ports, not %u and %u", now.levels, now.nr_ports,
			  before->levels, before->nr_ports);
}

static void reset(struct test_run *run)
{
	struct evtchn_nlevel_query before = {};
	struct reset r = {};
	unsigned int i;
	int err;

	if (evtchn_op(EVTCHNOP_nlevel_query, &before) || !before.levels) {
		run->skip = "not the N-level ABI";
		return;
	}
	err = reset_all(&r);
	if (err) {
		test_fail(run, "%s: %d", r.step, err);
		return;
	}
	for (i = 0; i < r.nr; i++)
		seq_printf(run->out, "# port %u, IRQ %d: again to port %u of domain %u\n",
			   r.kept[i].port, r.kept[i].irq, r.kept[i].remote, r.kept[i].dom);
	same_as_before(run, &before);
}

static const struct test_case reset_tests[] = {
	{ "reset", reset },
};

static struct dentry *reset_dir;

static int __init evtchn_reset_init(void)
{
	if (!xen_domain() || xen_initial_domain())
		return -ENODEV;
	reset_dir = test_files("xen_" RESET_NAME, reset_tests, ARRAY_SIZE(reset_tests));
	return 0;
}
module_init(evtchn_reset_init);

static void __exit evtchn_reset_exit(void)
{
	debugfs_remove(reset_dir);
}
module_exit(evtchn_reset_exit);

MODULE_DESCRIPTION("EVTCHNOP_reset under a running kernel");
MODULE_LICENSE("GPL");
MODULE_INFO(test, "Y");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
