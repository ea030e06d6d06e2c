// SPDX-License-Identifier: GPL-2.0-only
/*
 * The 2-level ABI: the bitmap tree at depth 2, in the pages that every domain has.
 *
 * Pending and mask bits of all ports are in the shared info page; a word in each
 * VCPU's vcpu_info, the root, says which words of pending bits to look at.  What is
 * done with them is in bitmap_tree.h; here is where they are, and the hypercalls.
 *
 * There are no priorities; the timer is looked at before everything else.
 */
#include <linux/build_bug.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <xen/interface/event_channel.h>
#include <xen/xen.h>
#include <xen/xen-ops.h>
#include <asm/xen/hypervisor.h>

#include "abi.h"
#include "abi_list.h"
#include "bitmap_tree.h"

/* The same width, though it may be another type. */
static_assert(sizeof(xen_ulong_t) == sizeof(tree_word_t));

/* All of it. */
struct two_level {
	struct bitmap_tree tree;
	struct tree_leaf leaf;
	struct bitmap_tree_cpu __percpu *cpus;
};

static void two_level_exit(void *data)
{
	struct two_level *tl = data;

	free_percpu(tl->cpus);
	kfree(tl);
}

/* What is pending stays so: the toolstack's channels may have had an event already. */
static void mask_all(struct shared_info *info)
{
	memset(info->evtchn_mask, 0xff, sizeof(info->evtchn_mask));
}

/* A restored domain has its page where it was, but not what was in it. */
static int two_level_resume(void *data)
{
	struct shared_info *info = HYPERVISOR_shared_info;
	struct two_level *tl = data;
	int err;

	err = tree_init(&tl->tree, TREE_MIN_DEPTH, &tl->leaf, 1);
	if (!err)
		err = tree_add_leaf(&tl->tree, (tree_word_t *)info->evtchn_pending,
				    (tree_word_t *)info->evtchn_mask);
	if (!err)
		mask_all(info);
	return err;
}

static void *two_level_init(struct xen_evtchn *ev)
{
	struct two_level *tl = kzalloc(sizeof(*tl), GFP_KERNEL);
	int err;

	if (!tl)
		return ERR_PTR(-ENOMEM);
	tl->cpus = alloc_percpu(struct bitmap_tree_cpu);
	if (!tl->cpus) {
		kfree(tl);
		return ERR_PTR(-ENOMEM);
	}
	err = two_level_resume(tl);
	if (err) {
		two_level_exit(tl);
		return ERR_PTR(err);
	}
	return tl;
}

static unsigned int two_level_max_ports(void *data)
{
	return EVTCHN_2L_NR_CHANNELS;
}

static int two_level_cpu_up(void *data, struct xen_evtchn_cpu *ec)
{
	return 0;
}

/* What was pending was looked at again when its channel was moved. */
static void two_level_cpu_dead(void *data, struct xen_evtchn_cpu *ec)
{
}

static int two_level_reserve(void *data, unsigned int ports)
{
	return 0;
}

static int two_level_prepare(void *data, evtchn_port_t port)
{
	struct two_level *tl = data;

	tree_set_mask(&tl->tree, port);
	return 0;
}

static void two_level_mask(void *data, evtchn_port_t port)
{
	struct two_level *tl = data;

	tree_set_mask(&tl->tree, port);
}

static void two_level_set_pending(void *data, evtchn_port_t port)
{
	struct two_level *tl = data;

	tree_set_pending(&tl->tree, port);
}

static void two_level_clear_pending(void *data, evtchn_port_t port)
{
	struct two_level *tl = data;

	tree_clear_pending(&tl->tree, port);
}

static bool two_level_is_pending(void *data, evtchn_port_t port)
{
	struct two_level *tl = data;

	return tree_test_pending(&tl->tree, port);
}

static bool two_level_is_masked(void *data, evtchn_port_t port)
{
	struct two_level *tl = data;

	return tree_test_mask(&tl->tree, port);
}

/* The root is where vcpu_info is, and that may be moved while the VCPU comes up. */
static struct bitmap_tree_cpu *this_tree_cpu(struct two_level *tl)
{
	struct bitmap_tree_cpu *tc = this_cpu_ptr(tl->cpus);

	tc->selector[0] = (tree_word_t *)&__this_cpu_read(xen_vcpu)->evtchn_pending_sel;
	return tc;
}

/*
 * A PV guest makes its own upcall: Xen looks at the flag whenever it returns to the
 * guest, and irq_enable() does.  For HVM a flag that is set already keeps Xen from
 * injecting the interrupt, so there only Xen may set it.
 */
static bool unmask_locally(struct two_level *tl, evtchn_port_t port)
{
	struct vcpu_info *vcpu = __this_cpu_read(xen_vcpu);

	if (tree_unmask_local(&tl->tree, this_tree_cpu(tl), port))
		WRITE_ONCE(vcpu->evtchn_upcall_pending, 1);
	return true;
}

static void two_level_unmask(void *data, evtchn_port_t port, unsigned int cpu)
{
	struct evtchn_unmask op = { .port = port };
	struct two_level *tl = data;

	if (xen_pv_domain() && cpu == smp_processor_id() && unmask_locally(tl, port))
		return;
	if (tree_unmask(&tl->tree, port))
		xen_evtchn_op(EVTCHNOP_unmask, &op);
}

struct delivery {
	struct two_level *tl;
	struct xen_evtchn_cpu *ec;
};

static __always_inline void deliver_one(void *ctx, unsigned int port)
{
	struct delivery *d = ctx;
	struct xen_channel *chan = xen_evtchn_claim(d->ec, port);

	if (likely(chan) && tree_take_pending(&d->tl->tree, port))
		xen_evtchn_run(d->ec, chan);
}

static void two_level_deliver(void *data, struct xen_evtchn_cpu *ec)
{
	struct delivery d = { .tl = data, .ec = ec };
	struct bitmap_tree *tree = &d.tl->tree;
	evtchn_port_t timer = ec->timer_port;

	if (timer && tree_test_pending(tree, timer) && !tree_test_mask(tree, timer))
		deliver_one(&d, timer);
	tree_scan_depth(tree, TREE_MIN_DEPTH, this_tree_cpu(d.tl), deliver_one, &d);
}

const struct xen_evtchn_abi xen_evtchn_2l = {
	.name		= "2-level",
	.keyword	= "2l",
	.init		= two_level_init,
	.exit		= two_level_exit,
	.max_ports	= two_level_max_ports,
	.resume		= two_level_resume,
	.cpu_up		= two_level_cpu_up,
	.cpu_dead	= two_level_cpu_dead,
	.reserve	= two_level_reserve,
	.prepare	= two_level_prepare,
	.mask		= two_level_mask,
	.unmask		= two_level_unmask,
	.set_pending	= two_level_set_pending,
	.clear_pending	= two_level_clear_pending,
	.is_pending	= two_level_is_pending,
	.is_masked	= two_level_is_masked,
	.deliver	= two_level_deliver,
};
