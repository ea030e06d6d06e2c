// SPDX-License-Identifier: GPL-2.0-only
/*
 * Upcalls on x86: a PV guest registers a function, which arch/x86/xen/setup.c does; an
 * HVM or PVH guest names a vector, one for each VCPU where Xen knows how to send it
 * like an interrupt of the local APIC, else one for all.
 */
#define pr_fmt(fmt) "xen:events: " fmt

#include <linux/init.h>
#include <linux/printk.h>
#include <asm/apic.h>
#include <asm/desc.h>
#include <asm/idtentry.h>
#include <asm/irq_vectors.h>
#include <asm/xen/cpuid.h>
#include <asm/xen/hypervisor.h>
#include <asm/xen/pci.h>
#include <xen/events.h>
#include <xen/features.h>
#include <xen/hvm.h>
#include <xen/interface/hvm/hvm_op.h>
#include <xen/interface/hvm/params.h>
#include <xen/xen.h>
#include <xen/xen-ops.h>

#include "channel.h"
#include "upcall.h"

/**
 * xen_setup_callback_vector() - one vector for all VCPUs
 *
 * Where Xen refuses, xen_have_vector_callback becomes false, and upcalls come by the
 * interrupt of the platform PCI device.
 *
 * Context: Boot or resume of an HVM or PVH guest.
 */
void xen_setup_callback_vector(void)
{
	if (!xen_have_vector_callback)
		return;
	if (xen_set_callback_via(HVM_CALLBACK_VECTOR(HYPERVISOR_CALLBACK_VECTOR))) {
		pr_err("Xen refuses a vector for upcalls\n");
		xen_have_vector_callback = false;
	}
}

/**
 * xen_set_upcall_vector() - a vector for upcalls to one VCPU
 * @cpu: Linux's number
 *
 * Context: Bring-up of the VCPU, or resume.
 * Return: 0, or what Xen said.
 */
int xen_set_upcall_vector(unsigned int cpu)
{
	struct xen_hvm_evtchn_upcall_vector op = {
		.vector = HYPERVISOR_CALLBACK_VECTOR,
		.vcpu = per_cpu(xen_vcpu_id, cpu),
	};
	int err;

	err = HYPERVISOR_hvm_op(HVMOP_set_evtchn_upcall_vector, &op);
	if (err)
		return err;
	/* Old ways of asking whether there are upcalls want to see some value here. */
	return cpu ? 0 : xen_set_callback_via(1);
}

/* The boot VCPU tells whether Xen can do it; the others set theirs as they come up. */
static void __init choose_vector(void)
{
	bool percpu = cpuid_eax(xen_cpuid_base() + 4) & XEN_HVM_CPUID_UPCALL_VECTOR;

	if (!xen_have_vector_callback)
		return;
	if (percpu && !xen_set_upcall_vector(0))
		xen_percpu_upcall = true;
	else if (xen_feature(XENFEAT_hvm_callback_vector))
		xen_setup_callback_vector();
	else
		xen_have_vector_callback = false;
	if (!xen_have_vector_callback)
		return;
	pr_info("Xen HVM callback vector for event delivery is enabled\n");
	sysvec_install(HYPERVISOR_CALLBACK_VECTOR, sysvec_xen_hvm_callback);
}

/**
 * xen_upcall_init() - let upcalls come
 *
 * Context: Boot.
 */
void __init xen_upcall_init(void)
{
	if (xen_pv_domain()) {
		if (xen_initial_domain())
			pci_xen_initial_domain();
		xen_pirq_init();
		xen_have_vector_callback = false;
		return;
	}
	choose_vector();
	native_init_IRQ();
	/* After it: this takes over GSIs from it. */
	pci_xen_hvm_init();
}
