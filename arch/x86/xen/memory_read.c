// SPDX-License-Identifier: GPL-2.0-only
/*
 * What there is to know before the memory of a PV domain is planned: the memory map and the
 * limits of Xen, and the options of the command line.
 *
 * Runs before parse_early_param(), so that the options are looked up by hand.  By then
 * setup_arch() has put built-in options into boot_command_line.
 */

#define pr_fmt(fmt) "xen: " fmt

#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/string.h>

#include <asm/cmdline.h>
#include <asm/xen/hypercall.h>

#include <xen/interface/memory.h>
#include <xen/xen.h>

#include "memory_boot.h"

static_assert(sizeof(struct xmap_raw) == 20, "an entry of Xen's memory map has 20 bytes");

static bool __init find_bool(const char *cmdline, const char *option, bool value)
{
	char arg[16];

	if (cmdline_find_option(cmdline, option, arg, sizeof(arg)) < 0)
		return value || cmdline_find_option_bool(cmdline, option);
	if (kstrtobool(arg, &value))
		pr_warn("%s=%s not understood, give 0 or 1\n", option, arg);
	return value;
}

static u64 __init find_pci_hole(const char *cmdline)
{
	char arg[32], *end;
	u64 start;

	if (cmdline_find_option(cmdline, "xen.pci_hole", arg, sizeof(arg)) < 0)
		return 0;
	start = memparse(arg, &end);
	if (*end || !start) {
		pr_warn("xen.pci_hole=%s not understood, give the start of the hole, as in 3G\n",
			arg);
		return 0;
	}
	return start;
}

/**
 * xen_read_mem_options() - look up the options that matter for planning
 * @cmdline: the command line, built-in options included
 * @opt: result
 *
 * Context: Early boot.
 */
void __init xen_read_mem_options(char *cmdline, struct xen_mem_options *opt)
{
	opt->mem_limit = xmap_mem_limit(cmdline);
	opt->pci_hole = find_pci_hole(cmdline);
	opt->limit_512gb = find_bool(cmdline, "xen_512gb_limit", IS_ENABLED(CONFIG_XEN_512GB));
}

/* The host's map can be asked for its length, which tells why it could not be had. */
static void __init tell_length(void)
{
	struct xen_memory_map query = {};
	int rc;

	set_xen_guest_handle(query.buffer, NULL);
	rc = HYPERVISOR_memory_op(XENMEM_machine_memory_map, &query);
	if (rc)
		pr_warn("nor its length: error %d\n", rc);
	else
		pr_warn("it has %u entries, the kernel takes %u\n", query.nr_entries,
			XMAP_MAX_RAW);
}

/**
 * xen_read_memory_map() - read the domain's memory map
 * @boot: the map goes to @boot->raw
 * @src: raw, nr, capacity and error are set
 *
 * dom0 needs to know the machine's.  Xen takes at most XMAP_MAX_RAW entries from a toolstack
 * or from the firmware, so that a guest's map never is longer than the buffer.  A map that
 * cannot be had is no reason to stop: xmap_build() makes one.
 *
 * Context: Early boot.
 */
void __init xen_read_memory_map(struct xen_mem_boot *boot, struct xmap_source *src)
{
	unsigned int op = xen_initial_domain() ? XENMEM_machine_memory_map : XENMEM_memory_map;
	struct xen_memory_map arg = { .nr_entries = XMAP_MAX_RAW };

	set_xen_guest_handle(arg.buffer, boot->raw);
	src->error = HYPERVISOR_memory_op(op, &arg);
	src->raw = boot->raw;
	src->capacity = XMAP_MAX_RAW;
	src->nr = src->error ? 0 : min_t(unsigned int, arg.nr_entries, XMAP_MAX_RAW);

	if (src->error)
		pr_info("Xen gives no memory map: error %d\n", src->error);
	if (src->error && xen_initial_domain())
		tell_length();
}

/**
 * xen_read_max_pages() - read how many pages the domain may ever have
 * @limit: pages that can be addressed
 *
 * In dom0 that is Xen's word.  For a guest Xen knows what it may have now, while the map says
 * what it may be given later: there is no limit but that.
 *
 * Context: Early boot.
 * Return: pages, at most @limit.
 */
u64 __init xen_read_max_pages(u64 limit)
{
	domid_t self = DOMID_SELF;
	long max;

	if (!xen_initial_domain())
		return limit;

	max = HYPERVISOR_memory_op(XENMEM_maximum_reservation, &self);
	if (max > 0)
		return min_t(u64, max, limit);
	pr_warn("cannot read the maximum reservation, error %ld, ballooning up is not limited\n",
		max);
	return limit;
}
