// SPDX-License-Identifier: GPL-2.0-only
/*
 * The 2-level ABI: the bitmap tree at depth 2, in the pages that every domain has.
 *
 * Pending and mask bits of all ports are in the shared info page; a word in each
 * VCPU's vcpu_info, the root, says which words of pending bits to look at.  What is
 * done with them is in bitmap_tree.h and abi_tree.c; here is where they are.
 */
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <xen/interface/event_channel.h>

#include "abi_list.h"
#include "abi_tree.h"

/* All of it. */
struct two_level {
	struct tree_abi base;
	struct tree_leaf leaf;
};

static void two_level_exit(void *data)
{
	struct two_level *tl = data;

	free_percpu(tl->base.cpus);
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

	err = tree_init(&tl->base.tree, TREE_MIN_DEPTH, &tl->leaf, 1);
	if (!err)
		err = tree_add_leaf(&tl->base.tree, (tree_word_t *)info->evtchn_pending,
				    (tree_word_t *)info->evtchn_mask);
	if (!err)
		mask_all(info);
	return err;
}

static void *two_level_init(struct xen_evtchn *ev)
{
	struct two_level *tl = kzalloc(sizeof(*tl), GFP_KERNEL);
	int err = -ENOMEM;

	if (!tl)
		return ERR_PTR(-ENOMEM);
	tl->base.cpus = alloc_percpu(struct bitmap_tree_cpu);
	if (tl->base.cpus)
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

static int two_level_reserve(void *data, unsigned int ports)
{
	return 0;
}

static int two_level_prepare(void *data, evtchn_port_t port)
{
	tree_abi_mask(data, port);
	return 0;
}

static void two_level_deliver(void *data, struct xen_evtchn_cpu *ec)
{
	tree_abi_deliver(data, TREE_MIN_DEPTH, ec);
}

const struct xen_evtchn_abi xen_evtchn_2l = {
	.name		= "2-level",
	.keyword	= "2l",
	.channels	= EVTCHN_2L_NR_CHANNELS,
	.init		= two_level_init,
	.exit		= two_level_exit,
	.max_ports	= two_level_max_ports,
	.resume		= two_level_resume,
	.cpu_up		= two_level_cpu_up,
	.cpu_dead	= tree_abi_cpu_dead,
	.reserve	= two_level_reserve,
	.prepare	= two_level_prepare,
	.mask		= tree_abi_mask,
	.unmask		= tree_abi_unmask,
	.set_pending	= tree_abi_set_pending,
	.clear_pending	= tree_abi_clear_pending,
	.is_pending	= tree_abi_is_pending,
	.is_masked	= tree_abi_is_masked,
	.deliver	= two_level_deliver,
};
