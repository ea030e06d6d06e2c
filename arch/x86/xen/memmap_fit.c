// SPDX-License-Identifier: GPL-2.0-only
/*
 * Make a map as short as the kernel's e820 table.
 *
 * The table has a fixed size, and Xen's map may be longer.  What does not get into it must not be
 * RAM in the P2M either, so that the map is shortened before frames are planned.  What goes is
 * what is missed least:
 *
 * 1. regions that touch become one, RESERVED and UNUSABLE ones only: nothing is lost;
 * 2. the smallest RESERVED and UNUSABLE regions, up to 1 MiB: they become gaps, which are
 *    identity, too;
 * 3. the smallest regions of RAM: their frames move, or go back to Xen;
 * 4. the smallest of all that is no RAM.
 *
 * RAM at PFN 0 or where a boot object ends up, and firmware that gave way, stay in any case.
 *
 * Pure: runs in early boot and in user space alike.
 */

#include <linux/errno.h>
#include <linux/init.h>
#include <linux/string.h>
#include <linux/types.h>

#include "memmap_plan.h"

/* A region up to so many bytes is missed least. */
#define TINY		0x100000ULL

/* What may go, in this order. */
enum fit_class {
	FIT_TINY,
	FIT_RAM,
	FIT_REGION,
	FIT_NR_CLASSES,
};

static bool __init is_plain(const struct xmap_entry *e)
{
	return e->type == XMAP_RESERVED || e->type == XMAP_UNUSABLE;
}

static void __init drop(struct xmap *map, unsigned int i)
{
	memmove(&map->entry[i], &map->entry[i + 1], (map->nr - i - 1) * sizeof(*map->entry));
	map->nr--;
}

/* Join plain regions that touch, until @excess are gone.  Returns what is left of @excess. */
static unsigned int __init join_plain(struct xmap *map, unsigned int excess)
{
	unsigned int i = 0;

	while (excess && i + 1 < map->nr) {
		struct xmap_entry *e = &map->entry[i];

		if (!is_plain(e) || !is_plain(e + 1) || e->end != e[1].start) {
			i++;
			continue;
		}
		e->end = e[1].end;
		e->type = XMAP_RESERVED;
		drop(map, i + 1);
		excess--;
	}
	return excess;
}

static bool __init is_of_class(const struct xmap_entry *e, enum fit_class class)
{
	switch (class) {
	case FIT_TINY:
		return is_plain(e) && e->end - e->start <= TINY;
	case FIT_RAM:
		return e->type == XMAP_RAM;
	default:
		return e->type != XMAP_RAM;
	}
}

static bool __init is_needed(const struct xmap_planner *p, const struct xmap_entry *e)
{
	u64 pfn = pfn_down(e->start), end = pfn_up(e->end);
	unsigned int i;

	if (e->type == XMAP_RAM)
		return !pfn || xmap_keeps_object(p, pfn, end - pfn);
	for (i = 0; i < p->nr_alias; i++) {
		if (pfn < p->alias[i].pfn + p->alias[i].nr && p->alias[i].pfn < end)
			return true;
	}
	return false;
}

/* The smallest entry of a class that is not needed, or map->nr. */
static unsigned int __init find_smallest(const struct xmap_planner *p, enum fit_class class)
{
	const struct xmap_entry *e = p->map->entry;
	unsigned int i, best = p->map->nr;

	for (i = 0; i < p->map->nr; i++) {
		if (!is_of_class(&e[i], class))
			continue;
		if (best < p->map->nr && e[i].end - e[i].start >= e[best].end - e[best].start)
			continue;
		if (!is_needed(p, &e[i]))
			best = i;
	}
	return best;
}

/**
 * xmap_fit() - shorten the map
 * @p: planner; its map and notes are changed
 * @excess: entries that have to go, at least 1
 *
 * Context: Early boot, after xmap_settle_objects().
 * Return: 0, or -ENOSPC if what cannot go is too much.
 */
int __init xmap_fit(struct xmap_planner *p, unsigned int excess)
{
	enum fit_class class = FIT_TINY;
	unsigned int i;

	p->plan->notes |= 1U << XMAP_NOTE_SHORTENED;
	excess = join_plain(p->map, excess);
	while (excess && class < FIT_NR_CLASSES) {
		i = find_smallest(p, class);
		if (i == p->map->nr) {
			class++;
			continue;
		}
		drop(p->map, i);
		excess--;
	}
	return excess ? xmap_give_up(p, XMAP_FAIL_TABLE, NULL, 0, NULL) : 0;
}
