// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a plan means for the P2M, and how to carry it out in batches.
 *
 * The P2M is one array, 8 bytes for each PFN of an area that is far larger than the domain.
 * Most of its pages, the leaves, would say the same for all of their 512 PFNs: missing, or
 * identity.  Those are one shared page each, and where 512 such leaves follow each other,
 * one shared page table.  As the plan consists of ranges, all this is found by division.
 *
 * Pure: runs in early boot and in user space alike.
 */

#include <linux/errno.h>
#include <linux/init.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "memmap.h"

/**
 * struct leaf_list - leaves while they are planned
 * @out:	array of the caller
 * @max:	its size
 * @nr:		elements in use
 */
struct leaf_list {
	struct xmap_leaves *out;
	unsigned int max;
	unsigned int nr;
};

/* How a leaf would be backed all of whose PFNs are of one kind. */
static u32 leaf_kind(u16 kind)
{
	switch (kind) {
	case XMAP_IDENTITY:
		return XMAP_LEAF_IDENTITY;
	case XMAP_EXTRA:
	case XMAP_UNUSED:
		return XMAP_LEAF_MISSING;
	default:
		return XMAP_LEAF_OWN;
	}
}

static int add_leaves(struct leaf_list *list, u64 leaf, u64 nr, u32 kind)
{
	struct xmap_leaves *last = list->out + list->nr - 1;

	if (!nr)
		return 0;
	if (list->nr && last->kind == kind && last->leaf + last->nr == leaf) {
		last->nr += nr;
		return 0;
	}
	if (list->nr == list->max)
		return -ENOSPC;
	list->out[list->nr++] = (struct xmap_leaves){ .leaf = leaf, .nr = nr, .kind = kind };
	return 0;
}

/* Leaves [@leaf, @end) of one kind; whole page tables of shared ones are shared as well. */
static int add_run(struct leaf_list *list, u64 leaf, u64 end, u32 kind)
{
	u64 lo = (leaf + XMAP_PMD_LEAVES - 1) / XMAP_PMD_LEAVES * XMAP_PMD_LEAVES;
	u64 hi = end / XMAP_PMD_LEAVES * XMAP_PMD_LEAVES;
	int rc;

	if (kind == XMAP_LEAF_OWN || lo >= hi)
		return add_leaves(list, leaf, end - leaf, kind);

	rc = add_leaves(list, leaf, lo - leaf, kind);
	if (!rc)
		rc = add_leaves(list, lo, hi - lo,
				kind == XMAP_LEAF_MISSING ? XMAP_PMD_MISSING : XMAP_PMD_IDENTITY);
	if (!rc)
		rc = add_leaves(list, hi, end - hi, kind);
	return rc;
}

/*
 * PFNs up to @end are of one kind, all before @pfn is done but for the leaf at @leaf, which
 * has begun if @leaf is not at @pfn.  Returns the leaf that comes next.
 */
static int add_pfns(struct leaf_list *list, u64 *leaf, u64 pfn, u64 end, u32 kind)
{
	u64 first = (pfn + XMAP_LEAF_PFNS - 1) / XMAP_LEAF_PFNS;
	u64 last = end / XMAP_LEAF_PFNS;
	int rc;

	/* A leaf in which a kind begins or ends is of its own. */
	if (kind == XMAP_LEAF_OWN) {
		first = pfn / XMAP_LEAF_PFNS;
		last = (end + XMAP_LEAF_PFNS - 1) / XMAP_LEAF_PFNS;
	}
	first = max(first, *leaf);
	last = max(last, first);

	rc = add_leaves(list, *leaf, first - *leaf, XMAP_LEAF_OWN);
	if (!rc && last > first)
		rc = add_run(list, first, last, kind);
	*leaf = last;
	return rc;
}

/**
 * xmap_plan_leaves() - say how each page of the P2M is backed
 * @plan: the plan
 * @area_pfns: PFNs that the P2M's area is for, a multiple of 262,144 (512 leaves)
 * @out: result, sorted and without gaps from leaf 0 to the end of the area
 * @max: size of @out, XMAP_MAX_LEAVES suffices for any plan
 *
 * An own leaf is filled from the ranges of plan->p2m that meet it, and with identity beyond
 * plan->p2m_pfns.
 *
 * Context: Early boot.
 * Return: the number of elements in @out, or
 * * -EINVAL	- the area is no multiple of 262,144 or smaller than plan->p2m_pfns
 * * -ENOSPC	- @out is too short
 */
int __init xmap_plan_leaves(const struct xmap_plan *plan, u64 area_pfns, struct xmap_leaves *out,
			    unsigned int max)
{
	struct leaf_list list = { .out = out, .max = max };
	u64 leaf = 0, pfn = 0;
	unsigned int i = 0;
	int rc = 0;

	if (area_pfns % (XMAP_LEAF_PFNS * XMAP_PMD_LEAVES) || area_pfns < plan->p2m_pfns)
		return -EINVAL;

	while (pfn < area_pfns && !rc) {
		u32 kind = i < plan->nr_p2m ? leaf_kind(plan->p2m[i].kind) : XMAP_LEAF_IDENTITY;
		u64 end = i < plan->nr_p2m ? 0 : area_pfns;

		for (; i < plan->nr_p2m && leaf_kind(plan->p2m[i].kind) == kind; i++)
			end = plan->p2m[i].pfn + plan->p2m[i].nr;
		if (i == plan->nr_p2m && kind == XMAP_LEAF_IDENTITY)
			end = area_pfns;
		rc = add_pfns(&list, &leaf, pfn, end, kind);
		pfn = end;
	}
	return rc ?: (int)list.nr;
}

/**
 * xmap_find() - find the state of a PFN
 * @plan: the plan
 * @pfn: PFN
 *
 * Context: Any.
 * Return: the range of plan->p2m that @pfn is in, NULL beyond plan->p2m_pfns, where all is
 * identity.
 */
const struct xmap_range *xmap_find(const struct xmap_plan *plan, u64 pfn)
{
	unsigned int lo = 0, hi = plan->nr_p2m, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (pfn < plan->p2m[mid].pfn)
			hi = mid;
		else if (pfn - plan->p2m[mid].pfn >= plan->p2m[mid].nr)
			lo = mid + 1;
		else
			return &plan->p2m[mid];
	}
	return NULL;
}

/**
 * xmap_is_bare() - is a range of PFNs neither RAM nor frames of the domain?
 * @plan: the plan
 * @pfn: first PFN
 * @nr: pages, at least 1
 *
 * Context: Early boot.
 * Return: true if no PFN of the range needs a mapping when the plan is carried out.
 */
bool __init xmap_is_bare(const struct xmap_plan *plan, u64 pfn, u64 nr)
{
	const struct xmap_range *r = xmap_find(plan, pfn);
	const struct xmap_range *end = plan->p2m + plan->nr_p2m;

	for (; r && r < end && r->pfn < pfn + nr; r++) {
		if (r->kind != XMAP_IDENTITY && r->kind != XMAP_ALIAS && r->kind != XMAP_UNUSED)
			return false;
	}
	return true;
}

/**
 * xmap_next_within() - find the next pages of a kind within a stretch of PFNs
 * @plan: the plan
 * @kind: what it calls them
 * @pfn: where the stretch begins; for the next call, where the result ends
 * @end: first PFN behind the stretch
 * @part: result; only pfn and nr are set
 *
 * Context: Early boot.
 * Return: true if @part is valid, false if there are no more.
 */
bool __init xmap_next_within(const struct xmap_plan *plan, enum xmap_kind kind, u64 *pfn, u64 end,
			     struct xmap_range *part)
{
	const struct xmap_range *r = *pfn < end ? xmap_find(plan, *pfn) : NULL;
	const struct xmap_range *stop = plan->p2m + plan->nr_p2m;

	for (; r && r < stop && r->pfn < end; r++) {
		if (r->kind != kind)
			continue;
		part->pfn = max(*pfn, r->pfn);
		*pfn = min(end, r->pfn + r->nr);
		part->nr = *pfn - part->pfn;
		return true;
	}
	return false;
}

/**
 * xmap_next_segment() - find what goes next into a batch
 * @plan: the plan
 * @kind: XMAP_MOVE or XMAP_RELEASE
 * @cursor: how far it is done, all 0 before the first call
 * @room: pages for which the batch has room, at least 1
 * @seg: result
 *
 * Fill a batch by calling until there is no room left, and issue it; segments of different
 * actions share a batch, so that only the last one is not full.
 *
 * Context: Any.
 * Return: true if @seg is valid, false if all is done.
 */
bool xmap_next_segment(const struct xmap_plan *plan, enum xmap_kind kind,
		       struct xmap_cursor *cursor, u64 room, struct xmap_segment *seg)
{
	const struct xmap_range *r = NULL;

	while (cursor->index < plan->nr_action) {
		r = &plan->action[cursor->index];
		if (r->kind == kind && cursor->done < r->nr)
			break;
		cursor->index++;
		cursor->done = 0;
	}
	if (cursor->index >= plan->nr_action || !r)
		return false;

	seg->pfn = r->pfn + cursor->done;
	seg->to = kind == XMAP_MOVE ? r->to + cursor->done : 0;
	seg->nr = min(room, r->nr - cursor->done);
	cursor->done += seg->nr;
	return true;
}

static bool same_ranges(const struct xmap_range *a, const struct xmap_range *b, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (a[i].pfn != b[i].pfn || a[i].nr != b[i].nr || a[i].to != b[i].to ||
		    a[i].kind != b[i].kind || a[i].object != b[i].object)
			return false;
	}
	return true;
}

static bool same_map(const struct xmap *a, const struct xmap *b)
{
	unsigned int i;

	if (a->nr != b->nr)
		return false;
	for (i = 0; i < a->nr; i++) {
		if (a->entry[i].start != b->entry[i].start ||
		    a->entry[i].end != b->entry[i].end || a->entry[i].type != b->entry[i].type)
			return false;
	}
	return true;
}

/**
 * xmap_same_plan() - do two plans say the same?
 * @a: a plan
 * @b: another one
 *
 * Context: Any.
 * Return: true if e820, states and actions agree; notes do not matter.
 */
bool xmap_same_plan(const struct xmap_plan *a, const struct xmap_plan *b)
{
	return a->nr_p2m == b->nr_p2m && a->nr_action == b->nr_action &&
	       same_map(&a->e820, &b->e820) && same_ranges(a->p2m, b->p2m, a->nr_p2m) &&
	       same_ranges(a->action, b->action, a->nr_action);
}
