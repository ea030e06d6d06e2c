// SPDX-License-Identifier: GPL-2.0-only
/*
 * The methods that ABIs with a bitmap tree share.
 */
#include <linux/smp.h>
#include <xen/interface/event_channel.h>
#include <xen/xen.h>

#include "abi_tree.h"

/**
 * tree_abi_mask() - set the mask bit
 * @data: struct tree_abi
 * @port: has leaves
 *
 * Context: As struct xen_evtchn_abi's mask().
 */
void tree_abi_mask(void *data, evtchn_port_t port)
{
	struct tree_abi *ta = data;

	tree_set_mask(&ta->tree, port);
}

/*
 * A PV guest makes its own upcall: Xen looks at the flag whenever it returns to the
 * guest, and irq_enable() does.  For HVM a flag that is set already keeps Xen from
 * injecting the interrupt, so there only Xen may set it.
 */
static void unmask_locally(struct tree_abi *ta, evtchn_port_t port)
{
	struct vcpu_info *vcpu = __this_cpu_read(xen_vcpu);

	if (tree_unmask_local(&ta->tree, tree_abi_this_cpu(ta), port))
		WRITE_ONCE(vcpu->evtchn_upcall_pending, 1);
}

/**
 * tree_abi_unmask() - clear the mask bit, and have a pending event delivered
 * @data: struct tree_abi
 * @port: has leaves
 * @cpu: the VCPU that it is placed on
 *
 * Context: As struct xen_evtchn_abi's unmask().
 */
void tree_abi_unmask(void *data, evtchn_port_t port, unsigned int cpu)
{
	struct evtchn_unmask op = { .port = port };
	struct tree_abi *ta = data;

	if (xen_pv_domain() && cpu == smp_processor_id())
		unmask_locally(ta, port);
	else if (tree_unmask(&ta->tree, port))
		xen_evtchn_op(EVTCHNOP_unmask, &op);
}

/**
 * tree_abi_set_pending() - set the pending bit
 * @data: struct tree_abi
 * @port: has leaves
 *
 * Context: As struct xen_evtchn_abi's set_pending().
 */
void tree_abi_set_pending(void *data, evtchn_port_t port)
{
	struct tree_abi *ta = data;

	tree_set_pending(&ta->tree, port);
}

/**
 * tree_abi_clear_pending() - clear the pending bit
 * @data: struct tree_abi
 * @port: has leaves
 *
 * Context: Any.
 */
void tree_abi_clear_pending(void *data, evtchn_port_t port)
{
	struct tree_abi *ta = data;

	tree_clear_pending(&ta->tree, port);
}

/**
 * tree_abi_is_pending() - read the pending bit
 * @data: struct tree_abi
 * @port: has leaves
 *
 * Context: Any.
 * Return: true if it is set.
 */
bool tree_abi_is_pending(void *data, evtchn_port_t port)
{
	struct tree_abi *ta = data;

	return tree_test_pending(&ta->tree, port);
}

/**
 * tree_abi_is_masked() - read the mask bit
 * @data: struct tree_abi
 * @port: has leaves
 *
 * Context: Any.
 * Return: true if it is set.
 */
bool tree_abi_is_masked(void *data, evtchn_port_t port)
{
	struct tree_abi *ta = data;

	return tree_test_mask(&ta->tree, port);
}

/**
 * tree_abi_cpu_dead() - a VCPU is gone
 * @data: struct tree_abi
 * @ec: that VCPU
 *
 * Nothing to do: a VCPU's selectors only tell where to look.  What was pending was
 * looked at again when its channel was moved.
 *
 * Context: CPU hot-unplug.
 */
void tree_abi_cpu_dead(void *data, struct xen_evtchn_cpu *ec)
{
}
