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

#include "memmap.h"

/**
 * struct alias - a region of firmware that gave way
 * @pfn:	new place
 * @nr:		pages
 * @mfn:	machine frame, which is the old place too
 */
struct alias {
	u64 pfn;
	u64 nr;
	u64 mfn;
};

/**
 * struct planner - a plan in the making
 * @dom:	the domain
 * @plan:	the plan
 * @map:	the plan's e820, with all RAM of the map until trim_ram()
 * @limit:	no RAM at this PFN and beyond
 * @target_end:	first PFN beyond those to which frames move
 * @object:	the domain's objects, as far as they lie in its frames
 * @alias:	firmware that gave way
 * @nr_alias:	elements of @alias in use
 */
struct planner {
	const struct xmap_domain *dom;
	struct xmap_plan *plan;
	struct xmap *map;
	u64 limit;
	u64 target_end;
	struct xmap_object object[XMAP_MAX_OBJECTS];
	struct alias alias[XMAP_MAX_ALIAS];
	unsigned int nr_alias;
};

/**
 * struct walk - position on the way through all PFNs
 * @pfn:	where the next piece starts
 * @index:	first entry of the map that may matter there
 */
struct walk {
	u64 pfn;
	unsigned int index;
};

static const int fail_errno[] = {
	[XMAP_FAIL_INPUT]	= -EINVAL,
	[XMAP_FAIL_COLLISION]	= -EBUSY,
	[XMAP_FAIL_ROOM]	= -ENOMEM,
	[XMAP_FAIL_LIMIT]	= -ERANGE,
	[XMAP_FAIL_TABLE]	= -ENOSPC,
};

static u64 pfn_up(u64 addr)
{
	return (addr + XMAP_PAGE_SIZE - 1) >> XMAP_PAGE_SHIFT;
}

static u64 pfn_down(u64 addr)
{
	return addr >> XMAP_PAGE_SHIFT;
}

static u64 to_addr(u64 pfn)
{
	return pfn << XMAP_PAGE_SHIFT;
}

static int fail(struct planner *p, enum xmap_fail fail, const struct xmap_object *obj, u64 need,
		const struct xmap_entry *entry)
{
	struct xmap_error *error = &p->plan->error;

	memset(error, 0, sizeof(*error));
	error->fail = fail;
	error->dom0 = p->dom->dom0;
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

/* Does @r go on where @last ends, in every respect? */
static bool continues(const struct xmap_range *last, const struct xmap_range *r)
{
	if (last->kind != r->kind || last->pfn + last->nr != r->pfn)
		return false;
	if (r->kind != XMAP_MOVE && r->kind != XMAP_ALIAS)
		return true;
	return last->to + last->nr == r->to;
}

static int add_action(struct planner *p, const struct xmap_range *r)
{
	struct xmap_plan *plan = p->plan;
	struct xmap_range *last = plan->action + plan->nr_action - 1;
	bool frames = r->kind == XMAP_MOVE || r->kind == XMAP_RELEASE;

	/* Where an alias ends up is counted as a state. */
	if (r->kind != XMAP_ALIAS)
		plan->pages[r->kind] += r->nr;
	/* Objects and regions are told apart, frames are not. */
	if (plan->nr_action && frames && continues(last, r)) {
		last->nr += r->nr;
		return 0;
	}
	if (plan->nr_action == plan->max_action)
		return fail(p, XMAP_FAIL_TABLE, NULL, 0, NULL);
	plan->action[plan->nr_action++] = *r;
	return 0;
}

static int add_state(struct planner *p, const struct xmap_range *r)
{
	struct xmap_plan *plan = p->plan;
	struct xmap_range *last = plan->p2m + plan->nr_p2m - 1;

	plan->pages[r->kind] += r->nr;
	if (plan->nr_p2m && continues(last, r)) {
		last->nr += r->nr;
		return 0;
	}
	if (plan->nr_p2m == plan->max_p2m)
		return fail(p, XMAP_FAIL_TABLE, NULL, 0, NULL);
	plan->p2m[plan->nr_p2m++] = *r;
	return 0;
}

/* Where the piece that starts at @pfn must end, lest it have two meanings. */
static u64 cut(const struct planner *p, u64 pfn, u64 end)
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

static const struct alias *find_alias(const struct planner *p, u64 pfn)
{
	unsigned int i;

	for (i = 0; i < p->nr_alias; i++) {
		if (pfn >= p->alias[i].pfn && pfn < p->alias[i].pfn + p->alias[i].nr)
			return &p->alias[i];
	}
	return NULL;
}

/* What is a piece, from its first PFN?  RAM without frames is called XMAP_EXTRA for now. */
static void classify(const struct planner *p, struct xmap_range *r, bool ram)
{
	const struct alias *alias = find_alias(p, r->pfn);
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
static u64 last_pfn(const struct planner *p)
{
	const struct xmap *map = p->map;
	u64 end = map->nr ? pfn_up(map->entry[map->nr - 1].end) : 0;

	return max(end, p->dom->nr_pages);
}

/* The next piece of the PFN space that means one thing; false behind the last. */
static bool next_piece(const struct planner *p, struct walk *w, struct xmap_range *r)
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

/* Frames that cannot stay where they are. */
static bool is_displaced(const struct planner *p, const struct xmap_range *r)
{
	return r->pfn < p->dom->nr_pages && r->kind != XMAP_KEEP && r->kind != XMAP_HELD;
}

static bool overlaps(u64 pfn, u64 nr, u64 pfn2, u64 nr2)
{
	return pfn < pfn2 + nr2 && pfn2 < pfn + nr;
}

/* The end of something in [@pfn, @pfn + @nr) that is not to be written over, or 0. */
static u64 busy_until(const struct planner *p, u64 pfn, u64 nr)
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

/* The lowest @nr free pages in a piece, or 0. */
static u64 fit(const struct planner *p, const struct xmap_range *r, u64 nr)
{
	u64 pfn = max(r->pfn, XMAP_LOW_PFN), end = r->pfn + r->nr, busy;

	while (pfn < end && end - pfn >= nr) {
		busy = busy_until(p, pfn, nr);
		if (!busy)
			return pfn;
		pfn = busy;
	}
	return 0;
}

/* Free memory that can be written to at once: RAM that has frames and keeps them. */
static u64 find_memory(const struct planner *p, u64 nr)
{
	struct walk w = {};
	struct xmap_range r;
	u64 pfn;

	while (next_piece(p, &w, &r)) {
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
static u64 find_pfns(const struct planner *p, u64 nr, bool populated)
{
	u64 hard = p->dom->limit_pfn ?: XMAP_MAX_PFN;
	struct walk w = {};
	struct xmap_range r;
	bool has_frames;
	u64 pfn;

	while (next_piece(p, &w, &r)) {
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
static bool find_conflict(const struct xmap *map, u64 pfn, u64 nr, struct xmap_entry *what)
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
static const struct xmap_entry *find_firmware(const struct xmap *map, u64 pfn, u64 nr)
{
	unsigned int i;

	for (i = 0; i < map->nr && map->entry[i].start < to_addr(pfn + nr); i++) {
		if (map->entry[i].end > to_addr(pfn) && map->entry[i].type != XMAP_RAM)
			return &map->entry[i];
	}
	return NULL;
}

/* Make pages RAM whatever they were, and note where that changed something. */
static int force_ram(struct planner *p, const struct xmap_object *obj)
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
		return fail(p, XMAP_FAIL_TABLE, obj, 0, NULL);

	rc = add_action(p, &r);
	if (p->dom->passthrough)
		p->plan->notes |= 1U << XMAP_NOTE_BAR_RISK;
	return rc;
}

/*
 * Give a region of firmware other PFNs, at the same offset in a page.  Its pages become RAM,
 * but for those at the ends which it shares with others.
 */
static int move_firmware(struct planner *p, const struct xmap_object *obj,
			 const struct xmap_entry *e)
{
	struct xmap_entry old = *e;
	u64 mfn = pfn_down(old.start), nr = pfn_up(old.end) - mfn;
	u64 lo = to_addr(pfn_up(old.start)), hi = to_addr(pfn_down(old.end));
	struct xmap_range r = { .nr = nr, .to = mfn, .kind = XMAP_ALIAS };
	u64 start;

	if (p->nr_alias == XMAP_MAX_ALIAS)
		return fail(p, XMAP_FAIL_COLLISION, obj, 0, &old);
	r.object = obj - p->object;
	r.pfn = find_pfns(p, nr, false) ?: find_pfns(p, nr, true);
	if (!r.pfn)
		return fail(p, XMAP_FAIL_ROOM, obj, nr, &old);

	start = to_addr(r.pfn) + (old.start & (XMAP_PAGE_SIZE - 1));
	if (xmap_set(p->map, old.start, old.end, XMAP_GAP) ||
	    (lo < hi && xmap_set(p->map, lo, hi, XMAP_RAM)) ||
	    xmap_set(p->map, to_addr(r.pfn), to_addr(r.pfn + nr), XMAP_GAP) ||
	    xmap_set(p->map, start, start + (old.end - old.start), old.type))
		return fail(p, XMAP_FAIL_TABLE, obj, 0, NULL);

	p->alias[p->nr_alias++] = (struct alias){ .pfn = r.pfn, .nr = nr, .mfn = mfn };
	return add_action(p, &r);
}

/*
 * Have RAM where an object lies.  Nothing but a device that lies there could miss the hole
 * in a domU; dom0 owns the machine, so that firmware regions have to be moved, and a
 * RESERVED one is a device or firmware that is reached by its address alone.
 */
static int make_ram(struct planner *p, const struct xmap_object *obj)
{
	const struct xmap_entry *e;
	int rc;

	while (p->dom->dom0) {
		e = find_firmware(p->map, obj->pfn, obj->nr);
		if (!e)
			break;
		if (e->type != XMAP_NVS && e->type != XMAP_ACPI)
			return fail(p, XMAP_FAIL_COLLISION, obj, 0, e);
		rc = move_firmware(p, obj, e);
		if (rc)
			return rc;
	}
	return force_ram(p, obj);
}

/* What cannot move has RAM around it, whatever it takes. */
static int settle_fixed(struct planner *p, const struct xmap_object *obj)
{
	u64 end = obj->pfn + obj->nr;

	if (end > p->limit)
		return fail(p, XMAP_FAIL_LIMIT, obj, end, NULL);
	return make_ram(p, obj);
}

static int settle_movable(struct planner *p, const struct xmap_object *obj)
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
		return add_action(p, &r);

	if (obj->pfn + obj->nr > p->limit)
		return fail(p, XMAP_FAIL_ROOM, obj, r.nr, &what);
	rc = make_ram(p, obj);
	if (rc == -EBUSY)
		return fail(p, XMAP_FAIL_ROOM, obj, r.nr, &p->plan->error.entry);
	return rc;
}

/* Find memory for all objects of one sort. */
static int settle(struct planner *p, bool movable)
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

/* Frames without a place, once all RAM without frames is used. */
static u64 count_homeless(const struct planner *p)
{
	u64 displaced = 0, room = 0;
	struct walk w = {};
	struct xmap_range r;

	while (next_piece(p, &w, &r)) {
		if (is_displaced(p, &r))
			displaced += r.nr;
		else if (r.kind == XMAP_EXTRA)
			room += r.nr;
	}
	return displaced > room ? displaced - room : 0;
}

/* The first gap of @nr pages from @pfn on, the space behind the last entry included. */
static u64 find_gap(const struct xmap *map, u64 pfn, u64 nr)
{
	unsigned int i;

	for (i = 0; i < map->nr; i++) {
		u64 start = pfn_down(map->entry[i].start);

		if (start >= pfn && start - pfn >= nr)
			break;
		pfn = max(pfn, pfn_up(map->entry[i].end));
	}
	return pfn;
}

/*
 * A map with less RAM than the domain has frames would cost the domain memory.  Unless the
 * gaps of the map may hold BARs, there is room for RAM that the map does not know of: anywhere
 * if the layout is nobody's, else above 4 GiB.
 */
static int append_ram(struct planner *p)
{
	bool ours = !p->map->authoritative;
	u64 pfn, nr;

	if (p->dom->dom0 || (p->dom->passthrough && !ours) || p->dom->nr_pages >= p->limit)
		return 0;
	nr = count_homeless(p);
	if (!nr)
		return 0;

	pfn = find_gap(p->map, ours ? XMAP_LOW_PFN : XMAP_4G_PFN, nr);
	if (pfn >= p->limit || p->limit - pfn < nr)
		return 0;
	p->plan->notes |= 1U << XMAP_NOTE_APPENDED;
	if (xmap_set(p->map, to_addr(pfn), to_addr(pfn + nr), XMAP_RAM))
		return fail(p, XMAP_FAIL_TABLE, NULL, 0, NULL);
	return 0;
}

/* Pair one piece of displaced frames with room, what is left of which is in @room. */
static int place_frames(struct planner *p, const struct xmap_range *from, struct walk *w,
			struct xmap_range *room)
{
	u64 done = 0, nr;
	int rc;

	while (done < from->nr) {
		struct xmap_range r = { .pfn = from->pfn + done, .kind = XMAP_MOVE };

		while (!room->nr || room->kind != XMAP_EXTRA) {
			if (next_piece(p, w, room))
				continue;
			r.nr = from->nr - done;
			r.kind = XMAP_RELEASE;
			room->nr = 0;
			p->plan->notes |= 1U << XMAP_NOTE_RELEASED;
			return add_action(p, &r);
		}

		nr = min(from->nr - done, room->nr);
		r.nr = nr;
		r.to = room->pfn;
		rc = add_action(p, &r);
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
static int plan_frames(struct planner *p)
{
	struct walk from = {}, to = {};
	struct xmap_range r, room = {};
	int rc;

	while (next_piece(p, &from, &r)) {
		if (!is_displaced(p, &r))
			continue;
		rc = place_frames(p, &r, &to, &room);
		if (rc)
			return rc;
	}
	return 0;
}

/* How many pages may be ballooned in. */
static u64 extra_budget(const struct planner *p)
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
static u64 take_extra(struct planner *p, struct extra *x, const struct xmap_range *r)
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
static int add_room(struct planner *p, struct xmap_range r, struct extra *x)
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
static int plan_states(struct planner *p)
{
	struct extra x = { .pages = extra_budget(p), .regions = p->dom->max_extra };
	struct walk w = {};
	struct xmap_range r;
	int rc;

	while (next_piece(p, &w, &r)) {
		rc = r.kind == XMAP_EXTRA ? add_room(p, r, &x) : add_state(p, &r);
		if (rc)
			return rc;
	}
	return 0;
}

/* Pages at the end of a range that the P2M can do without. */
static u64 trimmable(const struct planner *p, const struct xmap_range *r)
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
static void trim_states(struct planner *p)
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

static bool is_ram(u16 kind)
{
	return kind == XMAP_KEEP || kind == XMAP_TARGET || kind == XMAP_EXTRA;
}

/*
 * RAM that is of no use goes.  All of it lies above what is of use: frames, targets and
 * extra memory follow each other in ascending order.
 */
static void trim_ram(struct planner *p)
{
	struct xmap_plan *plan = p->plan;
	struct xmap_entry *last;
	unsigned int i, nr = 0;

	for (i = plan->nr_p2m; i-- > 0 && !plan->ram_end;) {
		if (is_ram(plan->p2m[i].kind))
			plan->ram_end = plan->p2m[i].pfn + plan->p2m[i].nr;
	}

	for (i = 0; i < p->map->nr; i++) {
		last = &p->map->entry[nr];
		*last = p->map->entry[i];
		if (last->type == XMAP_RAM)
			last->end = min(last->end, to_addr(plan->ram_end));
		if (last->start < last->end)
			nr++;
	}
	p->map->nr = nr;
}

static bool valid_input(const struct xmap_domain *dom)
{
	return dom->nr_pages && dom->nr_pages <= XMAP_MAX_PFN &&
	       dom->nr_objects <= XMAP_MAX_OBJECTS;
}

/* Where an object has no frames, nothing can be kept. */
static void copy_objects(struct planner *p)
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

static void start_plan(struct planner *p, const struct xmap *map)
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

/**
 * xmap_make_plan() - say what shall become of a domain's memory
 * @map: a map of xmap_build()
 * @dom: what is known of the domain
 * @plan: result; the caller sets its arrays and their sizes
 *
 * No frame is lost or counted twice: each of dom->nr_pages stays, is moved, or is released,
 * and none is released while there is RAM below the limits that has no frame.  Objects keep
 * their pages or are copied.  In a domU nothing but the lack of memory or a limit makes this
 * fail.
 *
 * Context: Early boot.
 * Return:
 * * 0		- @plan is valid
 * * -EINVAL	- no frames, more than XMAP_MAX_PFN, or more than XMAP_MAX_OBJECTS objects
 * * -EBUSY	- dom0: an object that cannot move lies over a region that cannot either
 * * -ENOMEM	- no room for an object or a region that has to move
 * * -ERANGE	- an object that cannot move lies beyond mem= or dom->limit_pfn
 * * -ENOSPC	- an array of @plan is too short
 *
 * On an error plan->error tells the rest, and only that is valid.
 */
int __init xmap_make_plan(const struct xmap *map, const struct xmap_domain *dom,
			  struct xmap_plan *plan)
{
	struct planner p = { .dom = dom, .plan = plan, .map = &plan->e820 };
	int rc;

	if (!valid_input(dom))
		return fail(&p, XMAP_FAIL_INPUT, NULL, 0, NULL);
	if (map->nr > plan->e820.max)
		return fail(&p, XMAP_FAIL_TABLE, NULL, 0, NULL);
	start_plan(&p, map);

	rc = settle(&p, false);
	if (!rc)
		rc = settle(&p, true);
	if (!rc)
		rc = append_ram(&p);
	if (!rc)
		rc = plan_frames(&p);
	if (!rc)
		rc = plan_states(&p);
	if (rc)
		return rc;

	trim_states(&p);
	trim_ram(&p);
	return 0;
}
