// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory map of a PVH domain, put in order.
 *
 * It describes frames that exist, so that nothing is to be planned.  But it comes from the same
 * toolstack or host, unchecked, and e820__update_table() leaves a map alone one of whose
 * entries wraps.
 */

#define pr_fmt(fmt) "xen: " fmt

#include <linux/build_bug.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/printk.h>

#include <asm/bootparam.h>

#include "memmap.h"
#include "xen-ops.h"

#define MAX_RAW		E820_MAX_ENTRIES_ZEROPAGE
#define MAX_EDGES	(2 * (MAX_RAW + XMAP_MAX_ADDED))

static_assert(sizeof(struct xmap_raw) == sizeof(struct boot_e820_entry), "one layout for both");

/*
 * There is no allocator yet.  Every entry ends a range and starts another, so that there are
 * never more ranges than edges; and one of them may be cut in three.
 */
static struct {
	struct xmap_raw raw[MAX_RAW];
	struct xmap_edge edges[MAX_EDGES];
	struct xmap_entry entry[3 * MAX_EDGES];
} scratch __initdata;

/* As many as there is room for; the e820 code sorts them. */
static unsigned int __init put_entries(struct boot_params *params, const struct xmap *map,
				       bool ram)
{
	unsigned int i, dropped = 0;

	for (i = 0; i < map->nr; i++) {
		const struct xmap_entry *e = &map->entry[i];
		bool is_ram = e->type == XMAP_RAM;

		if (is_ram != ram)
			continue;
		if (params->e820_entries == MAX_RAW) {
			dropped++;
			continue;
		}
		params->e820_table[params->e820_entries++] = (struct boot_e820_entry){
			.addr = e->start,
			.size = e->end - e->start,
			.type = e->type,
		};
	}
	return dropped;
}

/**
 * xen_pvh_sanitise_map() - put the memory map of the boot parameters in order
 * @params: e820_table and e820_entries are changed
 *
 * Before anybody makes use of it: what memory is extra is found in it, too.  RAM goes first, for
 * if there is no room for a region that is none, it is a gap, which is no RAM either.
 *
 * Context: Early boot, no allocator.
 */
void __init xen_pvh_sanitise_map(struct boot_params *params)
{
	struct xmap map = { .entry = scratch.entry, .max = ARRAY_SIZE(scratch.entry) };
	unsigned int i, dropped;

	for (i = 0; i < params->e820_entries && i < MAX_RAW; i++)
		scratch.raw[i] = (struct xmap_raw){
			.addr = params->e820_table[i].addr,
			.size = params->e820_table[i].size,
			.type = params->e820_table[i].type,
		};
	if (xmap_sanitise(scratch.raw, i, XMAP_PVH, 0, scratch.edges, &map))
		return;

	params->e820_entries = 0;
	dropped = put_entries(params, &map, true);
	dropped += put_entries(params, &map, false);
	if (dropped)
		pr_warn("the memory map is too long, %u entries dropped\n", dropped);
	for (i = 0; i < XMAP_NR_NOTES; i++) {
		if (map.notes & (1U << i))
			pr_info("%s\n", xmap_note_text(i));
	}
}
