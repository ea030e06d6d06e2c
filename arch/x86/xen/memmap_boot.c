// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that a guest boots with.
 *
 * Page tables and page structures are made before frames arrive at their new PFNs: of what is
 * RAM there must be enough where the builder put frames.
 *
 * Pure: runs in early boot and in user space alike.
 */

#include <linux/init.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "memmap_plan.h"

/* What a boot needs besides what grows with memory: 16 MiB. */
#define BASE_PAGES	0x1000ULL

/* Pages of RAM in front of PFN @end. */
static u64 __init ram_below(const struct xmap *map, u64 end)
{
	unsigned int i;
	u64 nr = 0;

	for (i = 0; i < map->nr; i++) {
		const struct xmap_entry *e = &map->entry[i];

		if (e->type == XMAP_RAM && pfn_down(e->start) < end)
			nr += min(pfn_down(e->end), end) - pfn_down(e->start);
	}
	return nr;
}

/* Pages that the boot of @dom allocates if it gets as much memory as it may. */
static u64 __init boot_pages(const struct xmap *map, const struct xmap_domain *dom, u64 limit,
			     u64 bytes_per_page)
{
	u64 ram = ram_below(map, limit), most = (XMAP_EXTRA_RATIO + 1) * dom->nr_pages;

	/* RAM that the map lacks is added to it. */
	ram = min(max(min(ram, most), dom->nr_pages), limit);
	return ram * bytes_per_page / XMAP_PAGE_SIZE + BASE_PAGES;
}

/**
 * xmap_boot_memory() - find out where a guest must have RAM, lest it cannot boot
 * @map: a map of xmap_build()
 * @dom: what is known of the domain, its objects included
 * @bytes_per_page: what a page of memory costs: its structure, page tables and P2M
 * @obj: result: behind all objects, up to the last frame or the limit
 *
 * A guest's map may have next to no RAM where its frames are, or have it beyond mem=.  Then
 * there is nothing to boot with, whatever comes later; so RAM goes on behind what cannot move.
 * In dom0 there may be devices, but the machine's map has RAM where it needs some.
 *
 * Context: Early boot.
 * Return: true if @obj is to be an object of the domain, too.
 */
bool __init xmap_boot_memory(const struct xmap *map, const struct xmap_domain *dom,
			     u64 bytes_per_page, struct xmap_object *obj)
{
	u64 limit = min(dom->limit_pfn ?: XMAP_MAX_PFN, dom->mem_pfn ?: XMAP_MAX_PFN);
	u64 need = boot_pages(map, dom, limit, bytes_per_page);
	u64 frames = min(dom->nr_pages, limit);
	u64 used = 0, end = 0;
	unsigned int i;

	for (i = 0; i < dom->nr_objects; i++) {
		used += dom->object[i].nr;
		end = max(end, dom->object[i].pfn + dom->object[i].nr);
	}
	if (dom->dom0 || end >= frames || ram_below(map, frames) >= used + need)
		return false;

	*obj = (struct xmap_object){
		.name = "boot memory",
		.pfn = end,
		.nr = min(need, frames - end),
	};
	return true;
}
