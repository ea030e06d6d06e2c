// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is said of a plan: in the log, in debugfs, and where there is none on a console.
 */

/*
 * A plan is written before the options of dynamic debug are read: pr_debug() has to print by
 * itself.
 */
#define DEBUG

#define pr_fmt(fmt) "xen: " fmt

#include <linux/init.h>
#include <linux/io.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/string.h>

#include <asm/barrier.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>
#include <asm/xen/page.h>

#include <xen/hvc-console.h>
#include <xen/interface/event_channel.h>
#include <xen/interface/io/console.h>
#include <xen/xen.h>

#include "memory_boot.h"

#define LINE_SIZE	96
/* Of steps as of states: a map of many pieces must not push all else out of the log. */
#define MAX_LINES	64

/* In the words of debugfs. */
static void __init log_ranges(const char *what, const struct xmap_range *range, unsigned int nr)
{
	char line[LINE_SIZE];
	unsigned int i;

	for (i = 0; i < nr && i < MAX_LINES; i++) {
		xmap_format_range(line, sizeof(line), &range[i]);
		pr_debug("%s %s\n", what, line);
	}
	if (i < nr)
		pr_debug("%s: %u more lines, which xen/memory_plan in debugfs has\n", what, nr - i);
}

/* What a user of the machine should know of, as it changes what there is. */
static bool __init is_remarkable(u16 kind)
{
	return kind == XMAP_ALIAS || kind == XMAP_FORCE;
}

/**
 * xen_log_plan() - write a plan to the log
 * @plan: the plan
 *
 * Steps and states at debug level, as many as MAX_LINES of each; what was met and what was
 * changed in the map above it.
 *
 * Context: Early boot.
 */
void __init xen_log_plan(const struct xmap_plan *plan)
{
	char line[LINE_SIZE];
	unsigned int i;

	for (i = 0; i < XMAP_NR_NOTES; i++) {
		if (plan->notes & (1U << i))
			pr_info("%s\n", xmap_note_text(i));
	}
	for (i = 0; i < plan->nr_action; i++) {
		if (!is_remarkable(plan->action[i].kind))
			continue;
		xmap_format_range(line, sizeof(line), &plan->action[i]);
		pr_info("%s\n", line);
	}
	log_ranges("step", plan->action, plan->nr_action);
	log_ranges("state", plan->p2m, plan->nr_p2m);
}

/*
 * Write to the guest's own console, as far as there is room.  The other side is the console
 * daemon: it reads out_prod before what the ring holds, and sets out_cons after reading.
 */
static void __init write_ring(struct xencons_interface *ring, const char *text)
{
	XENCONS_RING_IDX prod = READ_ONCE(ring->out_prod);
	XENCONS_RING_IDX cons = READ_ONCE(ring->out_cons);

	/* What the daemon has read may be written over only after it said so. */
	virt_mb();
	for (; *text && prod - cons < sizeof(ring->out); text++)
		ring->out[MASK_XENCONS_IDX(prod++, ring->out)] = *text;
	/* The text, before the daemon is told of it. */
	virt_wmb();
	WRITE_ONCE(ring->out_prod, prod);
}

static void __init say_in_guest(const char *text)
{
	struct evtchn_send send = { .port = xen_guest_console()->port };
	struct xencons_interface *ring;
	unsigned long pfn = mfn_to_pfn(xen_guest_console()->mfn);

	ring = early_memremap(PFN_PHYS(pfn), PAGE_SIZE);
	if (!ring)
		return;
	write_ring(ring, text);
	early_memunmap(ring, PAGE_SIZE);
	HYPERVISOR_event_channel_op(EVTCHNOP_send, &send);
}

/**
 * xen_mem_last_words() - say why there is no plan
 * @plan: has the reason
 *
 * No console is set up yet.  dom0 uses Xen's, which a guest can only if Xen is built for
 * debugging, so that a guest uses its own.
 *
 * Context: Early boot, which ends with it.
 */
void __init xen_mem_last_words(const struct xmap_plan *plan)
{
	char text[256];

	xmap_format_error(text, sizeof(text) - 2, &plan->error);
	xen_raw_console_write(text);
	xen_raw_console_write("\n");
	if (!xen_initial_domain()) {
		say_in_guest("\r\n");
		say_in_guest(text);
		say_in_guest("\r\n");
	}
}
