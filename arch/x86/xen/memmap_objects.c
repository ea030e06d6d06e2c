// SPDX-License-Identifier: GPL-2.0-only
/*
 * Have RAM where the boot needs it: kernel, start info, page tables, initrd, P2M list.
 *
 * Kernel, start info and page tables stay where the builder put them, so the map gives way:
 * firmware regions move elsewhere in dom0, which needs them; a domU needs none and uses its
 * frames as RAM.  initrd and P2M list are copied where there is room, and are treated like the
 * kernel where there is not.
 *
 * The only effect is on the planner's map, its list of aliases, and the actions that say so.
 *
 * Pure: runs in early boot and in user space alike.
 */

#include <linux/errno.h>
#include <linux/init.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#include "memmap_plan.h"

static bool __init overlaps(u64 pfn, u64 nr, u64 pfn2, u64 nr2)
{
	return pfn < pfn2 + nr2 && pfn2 < pfn + nr;
}

/**
 * xmap_busy_until() - look for what is not to be written over
 * @p: planner
 * @pfn: first PFN
 * @nr: pages
 *
 * Context: Early boot.
 * Return: the end of such an object, or copy of one, in [@pfn, @pfn + @nr); 0 if there is none.
 */
u64 __init xmap_busy_until(const struct xmap_planner *p, u64 pfn, u64 nr)
{
	const struct xmap_plan *plan = p->plan;
	unsigned int i;

	for (i = 0; i < p->dom->nr_objects; i++) {
		const struct xmap_object *obj = &p->object[i];

		if (obj->nr && overlaps(pfn, nr, obj->pfn, obj->nr))
			return obj->pfn + obj->nr;
	}
	for (i = 0; i < plan->nr_action; i++) {
		const struct xmap_range *r = &plan->action[i];

		if (r->kind == XMAP_COPY && overlaps(pfn, nr, r->to, r->nr))
			return r->to + r->nr;
	}
	return 0;
}

/* The copy that the plan makes of an object, or NULL. */
static const struct xmap_range __init *find_copy(const struct xmap_plan *plan, unsigned int object)
{
	unsigned int i;

	for (i = 0; i < plan->nr_action; i++) {
		if (plan->action[i].kind == XMAP_COPY && plan->action[i].object == object)
			return &plan->action[i];
	}
	return NULL;
}

/**
 * xmap_keeps_object() - look for what the kernel uses once the plan has been carried out
 * @p: planner
 * @pfn: first PFN
 * @nr: pages
 *
 * Copies are made before frames move, so what an object is copied from need not stay.
 *
 * Context: Early boot, after xmap_settle_objects().
 * Return: true if part of an object ends up in [@pfn, @pfn + @nr).
 */
bool __init xmap_keeps_object(const struct xmap_planner *p, u64 pfn, u64 nr)
{
	unsigned int i;

	for (i = 0; i < p->dom->nr_objects; i++) {
		const struct xmap_object *obj = &p->object[i];
		const struct xmap_range *copy = find_copy(p->plan, i);

		if (copy && overlaps(pfn, nr, copy->to, copy->nr))
			return true;
		if (!copy && obj->nr && overlaps(pfn, nr, obj->pfn, obj->nr))
			return true;
	}
	return false;
}

/* The lowest @nr free pages in a piece, or 0. */
static u64 __init fit(const struct xmap_planner *p, const struct xmap_range *r, u64 nr)
{
	u64 pfn = max(r->pfn, XMAP_LOW_PFN), end = r->pfn + r->nr, busy;

	while (pfn < end && end - pfn >= nr) {
		busy = xmap_busy_until(p, pfn, nr);
		if (!busy)
			return pfn;
		pfn = busy;
	}
	return 0;
}

/* Free memory that can be written to at once: RAM that has frames and keeps them. */
static u64 __init find_memory(const struct xmap_planner *p, u64 nr)
{
	struct xmap_walk w = {};
	struct xmap_range r;
	u64 pfn;

	while (xmap_next_piece(p, &w, &r)) {
		pfn = r.kind == XMAP_KEEP ? fit(p, &r, nr) : 0;
		if (pfn)
			return pfn;
	}
	return 0;
}

/*
 * PFNs for a region of firmware.  Those without frames are taken first, as nothing is to be
 * moved from there; mem= does not matter, as this is no RAM.
 */
static u64 __init find_pfns(const struct xmap_planner *p, u64 nr, bool populated)
{
	u64 hard = p->dom->limit_pfn ?: XMAP_MAX_PFN;
	struct xmap_walk w = {};
	struct xmap_range r;
	bool has_frames;
	u64 pfn;

	while (xmap_next_piece(p, &w, &r)) {
		if (r.kind != XMAP_KEEP && r.kind != XMAP_EXTRA && r.kind != XMAP_UNUSED)
			continue;
		has_frames = r.pfn < p->dom->nr_pages;
		if (has_frames != populated)
			continue;
		pfn = fit(p, &r, nr);
		if (pfn && pfn + nr <= hard)
			return pfn;
	}
	return 0;
}

/* Is part of these pages not RAM?  If so, @what is the first such entry or gap. */
static bool __init find_conflict(const struct xmap *map, u64 pfn, u64 nr, struct xmap_entry *what)
{
	u64 at = to_addr(pfn), end = to_addr(pfn + nr);
	unsigned int i;

	for (i = 0; i < map->nr && at < end; i++) {
		const struct xmap_entry *e = &map->entry[i];

		if (e->end <= at)
			continue;
		if (e->start > at) {
			end = min(end, e->start);
			break;
		}
		if (e->type != XMAP_RAM) {
			*what = *e;
			return true;
		}
		at = e->end;
	}
	if (at >= end)
		return false;
	*what = (struct xmap_entry){ .start = at, .end = end, .type = XMAP_GAP };
	return true;
}

/* The first entry in these pages that is not RAM. */
static const struct xmap_entry __init *find_firmware(const struct xmap *map, u64 pfn, u64 nr)
{
	unsigned int i;

	for (i = 0; i < map->nr && map->entry[i].start < to_addr(pfn + nr); i++) {
		if (map->entry[i].end > to_addr(pfn) && map->entry[i].type != XMAP_RAM)
			return &map->entry[i];
	}
	return NULL;
}

/* Make pages RAM whatever they were, and note where that changed something. */
static int __init force_ram(struct xmap_planner *p, const struct xmap_object *obj)
{
	struct xmap_range r = { .kind = XMAP_FORCE, .object = obj - p->object };
	struct xmap_entry first;
	u64 pfn;
	int rc;

	if (!find_conflict(p->map, obj->pfn, obj->nr, &first))
		return 0;

	pfn = max(obj->pfn, pfn_down(first.start));
	r.pfn = pfn;
	r.nr = obj->pfn + obj->nr - pfn;
	if (xmap_set(p->map, to_addr(r.pfn), to_addr(r.pfn + r.nr), XMAP_RAM))
		return xmap_give_up(p, XMAP_FAIL_TABLE, obj, 0, NULL);

	rc = xmap_add_action(p, &r);
	if (p->dom->passthrough)
		p->plan->notes |= 1U << XMAP_NOTE_BAR_RISK;
	return rc;
}

/*
 * Give a region of firmware other PFNs, at the same offset in a page.  Its pages become RAM,
 * but for those at the ends which it shares with others.
 */
static int __init move_firmware(struct xmap_planner *p, const struct xmap_object *obj,
				const struct xmap_entry *e)
{
	struct xmap_entry old = *e;
	u64 mfn = pfn_down(old.start), nr = pfn_up(old.end) - mfn;
	u64 lo = to_addr(pfn_up(old.start)), hi = to_addr(pfn_down(old.end));
	struct xmap_range r = { .nr = nr, .to = mfn, .kind = XMAP_ALIAS };
	u64 start;

	if (p->nr_alias == XMAP_MAX_ALIAS)
		return xmap_give_up(p, XMAP_FAIL_COLLISION, obj, 0, &old);
	r.object = obj - p->object;
	r.pfn = find_pfns(p, nr, false) ?: find_pfns(p, nr, true);
	if (!r.pfn)
		return xmap_give_up(p, XMAP_FAIL_ROOM, obj, nr, &old);

	start = to_addr(r.pfn) + (old.start & (XMAP_PAGE_SIZE - 1));
	if (xmap_set(p->map, old.start, old.end, XMAP_GAP) ||
	    (lo < hi && xmap_set(p->map, lo, hi, XMAP_RAM)) ||
	    xmap_set(p->map, to_addr(r.pfn), to_addr(r.pfn + nr), XMAP_GAP) ||
	    xmap_set(p->map, start, start + (old.end - old.start), old.type))
		return xmap_give_up(p, XMAP_FAIL_TABLE, obj, 0, NULL);

	p->alias[p->nr_alias++] = (struct xmap_alias){ .pfn = r.pfn, .nr = nr, .mfn = mfn };
	return xmap_add_action(p, &r);
}

/*
 * Have RAM where an object lies.  Nothing but a device that lies there could miss the hole
 * in a domU; dom0 owns the machine, so that firmware regions have to be moved, and a
 * RESERVED one is a device or firmware that is reached by its address alone.
 */
static int __init make_ram(struct xmap_planner *p, const struct xmap_object *obj)
{
	const struct xmap_entry *e;
	int rc;

	while (p->dom->dom0) {
		e = find_firmware(p->map, obj->pfn, obj->nr);
		if (!e)
			break;
		if (e->type != XMAP_NVS && e->type != XMAP_ACPI)
			return xmap_give_up(p, XMAP_FAIL_COLLISION, obj, 0, e);
		rc = move_firmware(p, obj, e);
		if (rc)
			return rc;
	}
	return force_ram(p, obj);
}

/* What cannot move has RAM around it, whatever it takes. */
static int __init settle_fixed(struct xmap_planner *p, const struct xmap_object *obj)
{
	u64 end = obj->pfn + obj->nr;

	if (end > p->limit)
		return xmap_give_up(p, XMAP_FAIL_LIMIT, obj, end, NULL);
	return make_ram(p, obj);
}

static int __init settle_movable(struct xmap_planner *p, const struct xmap_object *obj)
{
	struct xmap_range r = { .pfn = obj->pfn, .kind = XMAP_COPY };
	struct xmap_entry what = {};
	int rc;

	if (!find_conflict(p->map, obj->pfn, obj->nr, &what) &&
	    obj->pfn + obj->nr <= p->limit)
		return 0;

	r.object = obj - p->object;
	r.nr = max(obj->need, obj->nr);
	r.to = find_memory(p, r.nr);
	if (r.to)
		return xmap_add_action(p, &r);

	if (obj->pfn + obj->nr > p->limit)
		return xmap_give_up(p, XMAP_FAIL_ROOM, obj, r.nr, &what);
	rc = make_ram(p, obj);
	if (rc != -EBUSY)
		return rc;
	/* It is not what lies there that is to blame. */
	what = p->plan->error.entry;
	return xmap_give_up(p, XMAP_FAIL_ROOM, obj, r.nr, &what);
}

/* Find memory for all objects of one sort. */
static int __init settle(struct xmap_planner *p, bool movable)
{
	unsigned int i;
	int rc;

	for (i = 0; i < p->dom->nr_objects; i++) {
		const struct xmap_object *obj = &p->object[i];

		if (!obj->nr || obj->movable != movable)
			continue;
		rc = movable ? settle_movable(p, obj) : settle_fixed(p, obj);
		if (rc)
			return rc;
	}
	return 0;
}

/**
 * xmap_settle_objects() - change the map until all objects have RAM
 * @p: planner; its map, aliases and actions are changed
 *
 * What cannot move goes first, for the rest can go around it.
 *
 * Context: Early boot.
 * Return: 0, or the error of xmap_make_plan().
 */
int __init xmap_settle_objects(struct xmap_planner *p)
{
	int rc = settle(p, false);

	return rc ?: settle(p, true);
}
