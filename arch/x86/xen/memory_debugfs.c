// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plan for a PV domain's memory, to be read while the domain runs: xen/memory_plan in
 * debugfs, a line for each step and then a line for each state.
 */

#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/overflow.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <xen/xen.h>

#include "memory_boot.h"
#include "xen-ops.h"

#define LINE_SIZE	96

/**
 * struct kept_plan - the lines of a plan; what it was made from is gone after boot
 * @nr_action:	steps, which come first
 * @nr:		steps and states
 * @range:	both
 */
struct kept_plan {
	unsigned int nr_action;
	unsigned int nr;
	struct xmap_range range[] __counted_by(nr);
};

static int memory_plan_show(struct seq_file *m, void *unused)
{
	const struct kept_plan *kept = m->private;
	char line[LINE_SIZE];
	unsigned int i;

	for (i = 0; i < kept->nr; i++) {
		xmap_format_range(line, sizeof(line), &kept->range[i]);
		seq_printf(m, "%s %s\n", i < kept->nr_action ? "step" : "state", line);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(memory_plan);

static int __init keep_memory_plan(void)
{
	const struct xmap_plan *plan = xen_boot_plan();
	unsigned int nr = plan->nr_action + plan->nr_p2m;
	struct kept_plan *kept;

	if (!xen_pv_domain())
		return 0;
	kept = kmalloc(struct_size(kept, range, nr), GFP_KERNEL);
	if (!kept)
		return -ENOMEM;

	kept->nr = nr;
	kept->nr_action = plan->nr_action;
	memcpy(kept->range, plan->action, plan->nr_action * sizeof(*plan->action));
	memcpy(kept->range + plan->nr_action, plan->p2m, plan->nr_p2m * sizeof(*plan->p2m));
	debugfs_create_file("memory_plan", 0400, xen_init_debugfs(), kept, &memory_plan_fops);
	return 0;
}
fs_initcall(keep_memory_plan);
