// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PV domain is set up, memory aside: where Xen enters the kernel, what the kernel must not
 * try, and what the command line and the initrd are.
 */

#define pr_fmt(fmt) "xen: " fmt

#include <linux/acpi.h>
#include <linux/cpufeature.h>
#include <linux/cpufreq.h>
#include <linux/cpuidle.h>
#include <linux/init.h>
#include <linux/minmax.h>
#include <linux/panic.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/wordpart.h>

#include <asm/idtentry.h>
#include <asm/numa.h>
#include <asm/proto.h>
#include <asm/setup.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>

#include <xen/hvc-console.h>
#include <xen/interface/callback.h>
#include <xen/interface/xen.h>
#include <xen/xen.h>

#include "memory_boot.h"
#include "xen-ops.h"

/* Have Xen enter the kernel at @entry, with events masked.  0, or what Xen says. */
static int set_entry(u16 type, const void *entry)
{
	struct callback_register arg = { .type = type, .flags = CALLBACKF_mask_events };

	arg.address = XEN_CALLBACK(__KERNEL_CS, entry);
	return HYPERVISOR_callback_op(CALLBACKOP_register, &arg);
}

/* An entry that 32-bit programs can do without: they are told by the CPU's features. */
static void set_compat_entry(unsigned int feature, u16 type, const void *entry)
{
	if (boot_cpu_has(feature) && set_entry(type, entry))
		setup_clear_cpu_cap(feature);
}

/**
 * xen_enable_sysenter() - have SYSENTER of 32-bit programs enter the kernel
 *
 * If Xen refuses, the CPU is treated as one without SYSENTER.
 *
 * Context: Boot of each CPU, on that CPU.
 */
void xen_enable_sysenter(void)
{
	set_compat_entry(X86_FEATURE_SYSENTER32, CALLBACKTYPE_sysenter,
			 xen_entry_SYSENTER_compat);
}

/**
 * xen_enable_syscall() - have SYSCALL enter the kernel
 *
 * If Xen refuses that of 32-bit programs, the CPU is treated as one without it.  64-bit
 * programs have no other way; the log must do.
 *
 * Context: Boot of each CPU, on that CPU.
 */
void xen_enable_syscall(void)
{
	int rc = set_entry(CALLBACKTYPE_syscall, xen_entry_SYSCALL_64);

	if (rc)
		pr_err("no system calls, Xen refused their entry: error %d\n", rc);
	set_compat_entry(X86_FEATURE_SYSCALL32, CALLBACKTYPE_syscall32,
			 xen_entry_SYSCALL_compat);
}

static void __init require_entry(u16 type, const void *entry, const char *what)
{
	int rc = set_entry(type, entry);

	if (!rc)
		return;
	xen_raw_printk("xen: no entry for %s, error %d\n", what, rc);
	panic("xen: Xen refused the entry for %s: error %d", what, rc);
}

/**
 * xen_initrd_start() - find the initrd
 *
 * boot_params has but 32 bits for it where it is filled.
 *
 * Context: Early boot.
 * Return: physical address, 0 if there is none.
 */
phys_addr_t __init xen_initrd_start(void)
{
	unsigned long start = xen_start_info->mod_start;

	if (!start || !xen_start_info->mod_len)
		return 0;
	if (xen_start_info->flags & SIF_MOD_START_PFN)
		return PFN_PHYS(start);
	return __pa(start);
}

/*
 * Built-in options, if there are any, have been put in front of Xen's by now, or in their
 * place.  Otherwise this is where the command line comes from.
 */
static void __init set_command_line(void)
{
	if (IS_ENABLED(CONFIG_CMDLINE_BOOL))
		return;
	strscpy(boot_command_line, xen_start_info->cmd_line,
		min_t(size_t, MAX_GUEST_CMDLINE, COMMAND_LINE_SIZE));
}

/* A CPU without work goes to Xen, which knows idle states and frequencies. */
static void __init set_idle(void)
{
	disable_cpuidle();
	disable_cpufreq();
	if (!xen_set_default_idle())
		return;
	pr_warn("idle CPUs do not go to Xen, another way to idle was set before\n");
}

/* The firmware's topology is that of the host. */
static void __init forget_numa(void)
{
#ifdef CONFIG_NUMA
	numa_off = 1;
#endif
}

/**
 * xen_arch_setup() - set up a PV domain, memory aside
 *
 * Hook x86_init.oem.arch_setup, of PV domains only.  What is reserved right after it includes
 * the initrd, wherever that is.
 *
 * Context: Early boot, before memory is set up.
 */
void __init xen_arch_setup(void)
{
	xen_panic_handler_init();
	HYPERVISOR_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);

	require_entry(CALLBACKTYPE_event, xen_asm_exc_xen_hypervisor_callback, "events");
	require_entry(CALLBACKTYPE_failsafe, xen_failsafe_callback, "failed returns");
	xen_enable_sysenter();
	xen_enable_syscall();

	if (!xen_initial_domain()) {
		pr_info("a guest has no ACPI\n");
		disable_acpi();
	}
	set_command_line();
	boot_params.ext_ramdisk_image = upper_32_bits(xen_initrd_start());
	boot_params.ext_ramdisk_size = upper_32_bits(xen_start_info->mod_len);
	set_idle();
	forget_numa();
}
