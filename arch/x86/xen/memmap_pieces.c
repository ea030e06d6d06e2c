// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walk the PFNs of a domain while its memory is planned.
 *
 * A piece is a range of PFNs that means one thing for the planner: RAM with or without frames,
 * a hole, firmware that gave way.  It ends where the map changes, and where the frames or a
 * limit end.
 *
 * Pure: runs in early boot and in user space alike.
 */

#include <linux/init.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "memmap_plan.h"

/* Where the piece that starts at @pfn must end, lest it have two meanings. */
static u64 __init cut(const struct xmap_planner *p, u64 pfn, u64 end)
{
	u64 bound[3 + 2 * XMAP_MAX_ALIAS];
	unsigned int i, nr = 0;

	bound[nr++] = p->dom->nr_pages;
	bound[nr++] = p->limit;
	bound[nr++] = XMAP_LOW_PFN;
	for (i = 0; i < p->nr_alias; i++) {
		bound[nr++] = p->alias[i].pfn;
		bound[nr++] = p->alias[i].pfn + p->alias[i].nr;
	}

	for (i = 0; i < nr; i++) {
		if (bound[i] > pfn && bound[i] < end)
			end = bound[i];
	}
	return end;
}

static const struct xmap_alias __init *find_alias(const struct xmap_planner *p, u64 pfn)
{
	unsigned int i;

	for (i = 0; i < p->nr_alias; i++) {
		if (pfn >= p->alias[i].pfn && pfn < p->alias[i].pfn + p->alias[i].nr)
			return &p->alias[i];
	}
	return NULL;
}

/* What is a piece, from its first PFN?  RAM without frames is called XMAP_EXTRA for now. */
static void __init classify(const struct xmap_planner *p, struct xmap_range *r, bool ram)
{
	const struct xmap_alias *alias = find_alias(p, r->pfn);
	bool populated = r->pfn < p->dom->nr_pages;

	r->to = 0;
	r->object = 0;
	if (alias) {
		r->kind = XMAP_ALIAS;
		r->to = alias->mfn + (r->pfn - alias->pfn);
	} else if (ram && r->pfn < p->limit) {
		r->kind = populated ? XMAP_KEEP : XMAP_EXTRA;
	} else if (ram) {
		r->kind = XMAP_UNUSED;
	} else if (!p->dom->dom0 && populated && r->pfn < XMAP_LOW_PFN) {
		/*
		 * The kernel maps the first MiB whatever e820 says, and Xen denies machine
		 * frames there to a domU.
		 */
		r->kind = XMAP_HELD;
	} else {
		r->kind = XMAP_IDENTITY;
	}
}

/* PFNs end with the last entry, or with the last frame. */
static u64 __init last_pfn(const struct xmap_planner *p)
{
	const struct xmap *map = p->map;
	u64 end = map->nr ? pfn_up(map->entry[map->nr - 1].end) : 0;

	return max(end, p->dom->nr_pages);
}

/**
 * xmap_next_piece() - find the next range of PFNs that means one thing
 * @p: planner
 * @w: position, all 0 before the first call
 * @r: result.  Its kind is a state; all RAM below the limits that has no frames is XMAP_EXTRA
 *
 * Context: Early boot.
 * Return: true if @r is valid, false behind the last entry and the last frame.
 */
bool __init xmap_next_piece(const struct xmap_planner *p, struct xmap_walk *w,
			    struct xmap_range *r)
{
	const struct xmap_entry *e = p->map->entry;
	u64 end = last_pfn(p);
	bool ram = false;

	if (w->pfn >= end)
		return false;

	while (w->index < p->map->nr &&
	       (e[w->index].type != XMAP_RAM || pfn_down(e[w->index].end) <= w->pfn))
		w->index++;
	if (w->index < p->map->nr) {
		e += w->index;
		ram = pfn_down(e->start) <= w->pfn;
		end = pfn_down(ram ? e->end : e->start);
	}

	r->pfn = w->pfn;
	w->pfn = cut(p, w->pfn, end);
	r->nr = w->pfn - r->pfn;
	classify(p, r, ram);
	return true;
}
