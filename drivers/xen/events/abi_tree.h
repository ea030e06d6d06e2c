/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ABIs that are a bitmap tree have in common; of the core only abi.h is known.
 *
 * An ABI embeds struct tree_abi first in its data, so that it can use the methods of
 * here as they are.  It fills the tree and, of each VCPU, the selectors below the
 * root; the root is Xen's.
 */
#ifndef XEN_EVENTS_ABI_TREE_H
#define XEN_EVENTS_ABI_TREE_H

#include <linux/build_bug.h>
#include <linux/percpu.h>
#include <xen/xen-ops.h>
#include <asm/xen/hypervisor.h>

#include "abi.h"
#include "bitmap_tree.h"

/* The same width, though it may be another type. */
static_assert(sizeof(xen_ulong_t) == sizeof(tree_word_t));

/**
 * struct tree_abi - a bitmap tree that Xen knows
 * @tree: the tree
 * @cpus: of each VCPU
 */
struct tree_abi {
	struct bitmap_tree tree;
	struct bitmap_tree_cpu __percpu *cpus;
};

/**
 * struct tree_delivery - what offering a port to the core needs
 * @ta: tree
 * @ec: the VCPU that runs
 */
struct tree_delivery {
	struct tree_abi *ta;
	struct xen_evtchn_cpu *ec;
};

/* The root is where vcpu_info is, and that may be moved while the VCPU comes up. */
static inline struct bitmap_tree_cpu *tree_abi_this_cpu(struct tree_abi *ta)
{
	struct bitmap_tree_cpu *tc = this_cpu_ptr(ta->cpus);

	tc->selector[0] = (tree_word_t *)&__this_cpu_read(xen_vcpu)->evtchn_pending_sel;
	return tc;
}

static __always_inline void tree_abi_deliver_one(void *ctx, unsigned int port)
{
	struct tree_delivery *d = ctx;
	struct xen_channel *chan = xen_evtchn_claim(d->ec, port);

	if (likely(chan) && tree_take_pending(&d->ta->tree, port))
		xen_evtchn_run_claimed(d->ec, chan, port);
}

/**
 * tree_abi_deliver() - offer all that is pending to the core, the timer first
 * @ta: tree
 * @depth: its depth; a constant makes the code shorter
 * @ec: the VCPU that runs
 *
 * There are no priorities; the timer is looked at before everything else.
 *
 * Context: As struct xen_evtchn_abi's deliver().
 */
static __always_inline void tree_abi_deliver(struct tree_abi *ta, unsigned int depth,
					     struct xen_evtchn_cpu *ec)
{
	struct tree_delivery d = { .ta = ta, .ec = ec };
	evtchn_port_t timer = ec->timer_port;

	if (timer && tree_test_pending(&ta->tree, timer) && !tree_test_mask(&ta->tree, timer))
		tree_abi_deliver_one(&d, timer);
	tree_scan_depth(&ta->tree, depth, tree_abi_this_cpu(ta), tree_abi_deliver_one, &d);
}

void tree_abi_mask(void *data, evtchn_port_t port);
void tree_abi_unmask(void *data, evtchn_port_t port, unsigned int cpu);
void tree_abi_set_pending(void *data, evtchn_port_t port);
void tree_abi_clear_pending(void *data, evtchn_port_t port);
bool tree_abi_is_pending(void *data, evtchn_port_t port);
bool tree_abi_is_masked(void *data, evtchn_port_t port);
void tree_abi_cpu_dead(void *data, struct xen_evtchn_cpu *ec);

#endif /* XEN_EVENTS_ABI_TREE_H */
