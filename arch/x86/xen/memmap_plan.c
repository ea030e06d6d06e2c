// SPDX-License-Identifier: GPL-2.0-only
/*
 * Plan the memory of a PV domain.
 *
 * Three questions are answered one after the other, each by a walk over ranges:
 *
 * 1. What must the map be for this boot to go on?  Kernel, start info and page tables stay
 *    where the builder put them, so the map gives way: firmware regions move elsewhere in
 *    dom0, which needs them; a domU needs none and uses its frames as RAM.  initrd and P2M
 *    list are copied where there is room, and are treated like the kernel where there is not.
 * 2. Which frames lie where the map has no RAM, and which RAM has no frames?  The former move
 *    to the latter, both in ascending order.
 * 3. What is each PFN in the end?
 *
 * The only lasting effect of the first is on the map, so that the second and third need not
 * know of objects.
 *
 * Pure: runs in early boot and in user space alike.
 */

#include <linux/errno.h>
#include <linux/init.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#include "memmap_plan.h"

static const int fail_errno[] = {
	[XMAP_FAIL_INPUT]	= -EINVAL,
	[XMAP_FAIL_COLLISION]	= -EBUSY,
	[XMAP_FAIL_ROOM]	= -ENOMEM,
	[XMAP_FAIL_LIMIT]	= -ERANGE,
	[XMAP_FAIL_TABLE]	= -ENOSPC,
};

/**
 * xmap_give_up() - note why there is no plan
 * @p: planner
 * @fail: reason
 * @obj: object in question, or NULL
 * @need: pages without a place, or the PFN behind the object
 * @entry: what it collides with, or NULL
 *
 * Context: Early boot.
 * Return: the error of xmap_make_plan().
 */
int __init xmap_give_up(struct xmap_planner *p, enum xmap_fail fail,
			const struct xmap_object *obj, u64 need, const struct xmap_entry *entry)
{
	struct xmap_error *error = &p->plan->error;

	memset(error, 0, sizeof(*error));
	error->fail = fail;
	error->dom0 = p->dom->dom0;
	error->mem = p->dom->mem_pfn && p->dom->mem_pfn == p->limit;
	error->need = need;
	if (obj) {
		error->object = obj->name;
		error->pfn = obj->pfn;
		error->nr = obj->nr;
	}
	if (entry)
		error->entry = *entry;
	return fail_errno[fail];
}

/* Does @r go on where @last ends, in every respect?  Objects and regions are told apart. */
static bool __init continues(const struct xmap_range *last, const struct xmap_range *r)
{
	if (last->kind != r->kind || last->pfn + last->nr != r->pfn)
		return false;
	if (r->kind == XMAP_COPY || r->kind == XMAP_FORCE || r->kind == XMAP_ALIAS)
		return false;
	return r->kind != XMAP_MOVE || last->to + last->nr == r->to;
}

static int __init add_range(struct xmap_planner *p, struct xmap_range *list, unsigned int *nr,
			    unsigned int max, const struct xmap_range *r)
{
	if (*nr && continues(&list[*nr - 1], r)) {
		list[*nr - 1].nr += r->nr;
		return 0;
	}
	if (*nr == max)
		return xmap_give_up(p, XMAP_FAIL_TABLE, NULL, 0, NULL);

	list[(*nr)++] = *r;
	return 0;
}

/**
 * xmap_add_action() - add a step to the plan
 * @p: planner
 * @r: the step
 *
 * Context: Early boot.
 * Return: 0, or -ENOSPC if the caller's array is full.
 */
int __init xmap_add_action(struct xmap_planner *p, const struct xmap_range *r)
{
	struct xmap_plan *plan = p->plan;

	/* Where an alias ends up is counted as a state. */
	if (r->kind != XMAP_ALIAS)
		plan->pages[r->kind] += r->nr;
	return add_range(p, plan->action, &plan->nr_action, plan->max_action, r);
}

static int __init add_state(struct xmap_planner *p, const struct xmap_range *r)
{
	struct xmap_plan *plan = p->plan;

	plan->pages[r->kind] += r->nr;
	return add_range(p, plan->p2m, &plan->nr_p2m, plan->max_p2m, r);
}

/* Frames that cannot stay where they are. */
static bool __init is_displaced(const struct xmap_planner *p, const struct xmap_range *r)
{
	return r->pfn < p->dom->nr_pages && r->kind != XMAP_KEEP && r->kind != XMAP_HELD;
}

/* Frames without a place, once all RAM without frames is used. */
static u64 __init count_homeless(const struct xmap_planner *p)
{
	u64 displaced = 0, room = 0;
	struct xmap_walk w = {};
	struct xmap_range r;

	while (xmap_next_piece(p, &w, &r)) {
		if (is_displaced(p, &r))
			displaced += r.nr;
		else if (r.kind == XMAP_EXTRA)
			room += r.nr;
	}
	return displaced > room ? displaced - room : 0;
}

/*
 * The first gap of @want pages from @pfn on and below the limit, the space behind the last entry
 * included. If there is none, the largest.
 */
static struct xmap_range __init find_gap(const struct xmap_planner *p, u64 pfn, u64 want)
{
	const struct xmap *map = p->map;
	struct xmap_range gap = {};
	unsigned int i;

	for (i = 0; i <= map->nr && gap.nr < want; i++) {
		u64 end = i < map->nr ? min(pfn_down(map->entry[i].start), p->limit) : p->limit;

		if (end > pfn && end - pfn > gap.nr) {
			gap.pfn = pfn;
			gap.nr = min(end - pfn, want);
		}
		if (i < map->nr)
			pfn = max(pfn, pfn_up(map->entry[i].end));
	}
	return gap;
}

/*
 * A map with less RAM than the domain has frames would cost the domain memory.  There is room
 * for RAM that the map does not know of: anywhere if the layout is nobody's, else above 4 GiB,
 * where memory may be added later, too (xmap_hotplug_start()): what a guest cannot see of the
 * host's BARs lies below.  dom0 sees all, and a gap of its map may be anything.  What has no room
 * below the limits goes back to Xen.
 */
static int __init append_ram(struct xmap_planner *p)
{
	bool ours = !p->map->authoritative;
	struct xmap_range gap;

	if (p->dom->dom0 || p->dom->nr_pages >= p->limit)
		return 0;
	gap = find_gap(p, ours ? XMAP_LOW_PFN : XMAP_4G_PFN, count_homeless(p));
	if (!gap.nr)
		return 0;
	p->plan->notes |= 1U << XMAP_NOTE_APPENDED;
	if (xmap_set(p->map, to_addr(gap.pfn), to_addr(gap.pfn + gap.nr), XMAP_RAM))
		return xmap_give_up(p, XMAP_FAIL_TABLE, NULL, 0, NULL);
	return 0;
}

/* Pair one piece of displaced frames with room, what is left of which is in @room. */
static int __init place_frames(struct xmap_planner *p, const struct xmap_range *from,
			       struct xmap_walk *w, struct xmap_range *room)
{
	u64 done = 0, nr;
	int rc;

	while (done < from->nr) {
		struct xmap_range r = { .pfn = from->pfn + done, .kind = XMAP_MOVE };

		while (!room->nr || room->kind != XMAP_EXTRA) {
			if (xmap_next_piece(p, w, room))
				continue;
			r.nr = from->nr - done;
			r.kind = XMAP_RELEASE;
			room->nr = 0;
			p->plan->notes |= 1U << XMAP_NOTE_RELEASED;
			return xmap_add_action(p, &r);
		}

		nr = min(from->nr - done, room->nr);
		r.nr = nr;
		r.to = room->pfn;
		rc = xmap_add_action(p, &r);
		if (rc)
			return rc;
		done += nr;
		room->pfn += nr;
		room->nr -= nr;
		p->target_end = room->pfn;
	}
	return 0;
}

/* Find a place for all displaced frames. */
static int __init plan_frames(struct xmap_planner *p)
{
	struct xmap_walk from = {}, to = {};
	struct xmap_range r, room = {};
	int rc;

	while (xmap_next_piece(p, &from, &r)) {
		if (!is_displaced(p, &r))
			continue;
		rc = place_frames(p, &r, &to, &room);
		if (rc)
			return rc;
	}
	return 0;
}

/* How many pages may be ballooned in. */
static u64 __init extra_budget(const struct xmap_planner *p)
{
	u64 owned = p->dom->nr_pages - p->plan->pages[XMAP_RELEASE];
	u64 more = p->dom->max_pages > owned ? p->dom->max_pages - owned : 0;

	return min(more, XMAP_EXTRA_RATIO * p->dom->nr_pages);
}

/**
 * struct extra - how much extra memory may still be planned
 * @pages:	pages
 * @regions:	regions
 * @end:	where the last region ends
 */
struct extra {
	u64 pages;
	unsigned int regions;
	u64 end;
};

/* Take extra memory from the start of a piece of RAM without frames. */
static u64 __init take_extra(struct xmap_planner *p, struct extra *x, const struct xmap_range *r)
{
	u64 nr = min(x->pages, r->nr);

	if (!nr)
		return 0;
	if (r->pfn != x->end || !x->end) {
		if (!x->regions) {
			p->plan->notes |= 1U << XMAP_NOTE_EXTRA_CUT;
			x->pages = 0;
			return 0;
		}
		x->regions--;
	}
	x->pages -= nr;
	x->end = r->pfn + nr;
	return nr;
}

/* Note what becomes of RAM that had no frames: targets, then extra memory, then the rest. */
static int __init add_room(struct xmap_planner *p, struct xmap_range r, struct extra *x)
{
	u64 all = r.nr;
	int rc = 0;

	r.nr = p->target_end > r.pfn ? min(all, p->target_end - r.pfn) : 0;
	all -= r.nr;
	if (r.nr) {
		r.kind = XMAP_TARGET;
		rc = add_state(p, &r);
		r.pfn += r.nr;
	}

	r.nr = all;
	r.nr = take_extra(p, x, &r);
	all -= r.nr;
	if (r.nr && !rc) {
		r.kind = XMAP_EXTRA;
		rc = add_state(p, &r);
	}
	r.pfn += r.nr;

	r.nr = all;
	if (r.nr && !rc) {
		r.kind = XMAP_UNUSED;
		rc = add_state(p, &r);
	}
	return rc;
}

/* Note what every PFN will be. */
static int __init plan_states(struct xmap_planner *p)
{
	struct extra x = { .pages = extra_budget(p), .regions = p->dom->max_extra };
	struct xmap_walk w = {};
	struct xmap_range r;
	int rc;

	while (xmap_next_piece(p, &w, &r)) {
		rc = r.kind == XMAP_EXTRA ? add_room(p, r, &x) : add_state(p, &r);
		if (rc)
			return rc;
	}
	return 0;
}

/* Pages at the end of a range that the P2M can do without. */
static u64 __init trimmable(const struct xmap_planner *p, const struct xmap_range *r)
{
	u64 end = r->pfn + r->nr;

	if (r->kind == XMAP_IDENTITY)
		return r->nr;
	if (r->kind != XMAP_UNUSED || end <= p->dom->nr_pages)
		return 0;
	return min(r->nr, end - p->dom->nr_pages);
}

/*
 * Beyond the P2M all is identity.  So it ends with the last PFN that must be something else,
 * which RAM without use must only if the builder's list has a frame for it.
 */
static void __init trim_states(struct xmap_planner *p)
{
	struct xmap_plan *plan = p->plan;
	struct xmap_range *last;
	u64 nr;

	while (plan->nr_p2m) {
		last = &plan->p2m[plan->nr_p2m - 1];
		nr = trimmable(p, last);
		plan->pages[last->kind] -= nr;
		last->nr -= nr;
		plan->p2m_pfns = last->pfn + last->nr;
		if (last->nr)
			return;
		plan->nr_p2m--;
	}
}

static bool __init is_ram(u16 kind)
{
	return kind == XMAP_KEEP || kind == XMAP_TARGET || kind == XMAP_EXTRA;
}

static void __init find_ram_end(struct xmap_plan *plan)
{
	unsigned int i;

	plan->ram_end = 0;
	for (i = plan->nr_p2m; i-- > 0 && !plan->ram_end;) {
		if (is_ram(plan->p2m[i].kind))
			plan->ram_end = plan->p2m[i].pfn + plan->p2m[i].nr;
	}
}

/* Entries of the map for which the e820 has no room, when trim_ram() has done its work. */
static unsigned int __init count_excess(const struct xmap_planner *p)
{
	unsigned int i, nr = 0, max = p->dom->max_e820;

	for (i = 0; i < p->map->nr; i++) {
		const struct xmap_entry *e = &p->map->entry[i];

		nr += e->type != XMAP_RAM || e->start < to_addr(p->plan->ram_end);
	}
	return max && nr > max ? nr - max : 0;
}

/*
 * RAM that is of no use goes.  All of it lies above what is of use: frames, targets and
 * extra memory follow each other in ascending order.
 */
static void __init trim_ram(struct xmap_planner *p)
{
	struct xmap_plan *plan = p->plan;
	struct xmap_entry *e;
	unsigned int i, nr = 0;

	for (i = 0; i < p->map->nr; i++) {
		e = &p->map->entry[nr];
		*e = p->map->entry[i];
		if (e->type == XMAP_RAM)
			e->end = min(e->end, to_addr(plan->ram_end));
		if (e->start < e->end)
			nr++;
	}
	p->map->nr = nr;
}

static bool __init valid_input(const struct xmap_domain *dom)
{
	return dom->nr_pages && dom->nr_pages <= XMAP_MAX_PFN &&
	       dom->nr_objects <= XMAP_MAX_OBJECTS;
}

/* Where an object has no frames, nothing can be kept. */
static void __init copy_objects(struct xmap_planner *p)
{
	unsigned int i;

	for (i = 0; i < p->dom->nr_objects; i++) {
		struct xmap_object *obj = &p->object[i];

		*obj = p->dom->object[i];
		obj->pfn = min(obj->pfn, p->dom->nr_pages);
		obj->nr = min(obj->nr, p->dom->nr_pages - obj->pfn);
		obj->need = min(obj->need, XMAP_MAX_PFN);
	}
}

static void __init start_plan(struct xmap_planner *p, const struct xmap *map)
{
	struct xmap_plan *plan = p->plan;
	u64 mem = p->dom->mem_pfn ?: XMAP_MAX_PFN;

	p->limit = min(p->dom->limit_pfn ?: XMAP_MAX_PFN, mem);
	copy_objects(p);

	plan->nr_p2m = 0;
	plan->nr_action = 0;
	plan->p2m_pfns = 0;
	plan->ram_end = 0;
	plan->notes = map->notes;
	memset(plan->pages, 0, sizeof(plan->pages));
	memset(&plan->error, 0, sizeof(plan->error));

	plan->e820.nr = map->nr;
	plan->e820.notes = map->notes;
	plan->e820.authoritative = map->authoritative;
	plan->e820.pci_possible = map->pci_possible;
	memcpy(plan->e820.entry, map->entry, map->nr * sizeof(*map->entry));
}

/* Who gets which PFN, the map being what it is. */
static int __init plan_pfns(struct xmap_planner *p)
{
	int rc;

	p->plan->nr_p2m = 0;
	p->target_end = 0;
	rc = plan_frames(p);
	if (!rc)
		rc = plan_states(p);
	if (rc)
		return rc;

	trim_states(p);
	find_ram_end(p->plan);
	return 0;
}

/*
 * The e820 has to say the same as the P2M.  So a map that is too long for it gets shorter, and
 * all is planned anew but for the boot objects.  Each turn takes an entry at least.
 */
static int __init plan_and_fit(struct xmap_planner *p)
{
	struct xmap_plan *plan = p->plan;
	const struct xmap_plan settled = *plan;
	unsigned int excess;
	int rc;

	for (;;) {
		rc = plan_pfns(p);
		if (rc)
			return rc;
		excess = count_excess(p);
		if (!excess)
			return 0;
		/* The boot objects' actions are left, and tell xmap_fit() what has to stay. */
		plan->nr_action = settled.nr_action;
		rc = xmap_fit(p, excess);
		if (rc)
			return rc;
		plan->notes = settled.notes | 1U << XMAP_NOTE_SHORTENED;
		memcpy(plan->pages, settled.pages, sizeof(plan->pages));
	}
}

/**
 * xmap_make_plan() - say what shall become of a domain's memory
 * @map: a map of xmap_build()
 * @dom: what is known of the domain
 * @plan: result; the caller sets its arrays and their sizes
 *
 * No frame is lost or counted twice: each of dom->nr_pages stays, is moved, or is released,
 * and none is released while there is RAM below the limits that has no frame.  Objects keep
 * their pages or are copied.  A map that is longer than dom->max_e820 gets shorter: e820 and
 * states agree all the same, but frames may have to go back to Xen.  In a domU nothing but the
 * lack of memory, a limit or an e820 without room for what has to stay makes this fail.
 *
 * Context: Early boot.
 * Return:
 * * 0		- @plan is valid
 * * -EINVAL	- no frames, more than XMAP_MAX_PFN, or more than XMAP_MAX_OBJECTS objects
 * * -EBUSY	- dom0: an object that cannot move lies over a region that cannot either
 * * -ENOMEM	- no room for an object or a region that has to move
 * * -ERANGE	- an object that cannot move lies beyond mem= or dom->limit_pfn
 * * -ENOSPC	- an array of @plan is too short, or dom->max_e820 for what has to stay
 *
 * On an error plan->error tells the rest, and only that is valid.
 */
int __init xmap_make_plan(const struct xmap *map, const struct xmap_domain *dom,
			  struct xmap_plan *plan)
{
	struct xmap_planner p = { .dom = dom, .plan = plan, .map = &plan->e820 };
	int rc;

	if (!valid_input(dom))
		return xmap_give_up(&p, XMAP_FAIL_INPUT, NULL, 0, NULL);
	if (map->nr > plan->e820.max)
		return xmap_give_up(&p, XMAP_FAIL_TABLE, NULL, 0, NULL);
	start_plan(&p, map);

	rc = xmap_settle_objects(&p);
	if (!rc)
		rc = append_ram(&p);
	if (!rc)
		rc = plan_and_fit(&p);
	if (rc)
		return rc;

	trim_ram(&p);
	return 0;
}
