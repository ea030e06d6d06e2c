/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the planner share; of no use outside. */
#ifndef _XEN_MEMMAP_PLAN_H
#define _XEN_MEMMAP_PLAN_H

#include <linux/types.h>

#include "memmap.h"

/**
 * struct xmap_alias - a region of firmware that gave way
 * @pfn:	new place
 * @nr:		pages
 * @mfn:	machine frame, which is the old place too
 */
struct xmap_alias {
	u64 pfn;
	u64 nr;
	u64 mfn;
};

/**
 * struct xmap_planner - a plan in the making
 * @dom:	the domain
 * @plan:	the plan
 * @map:	the plan's e820, with all RAM of the map until trim_ram()
 * @limit:	no RAM at this PFN and beyond
 * @target_end:	first PFN beyond those to which frames move
 * @object:	the domain's objects, as far as they lie in its frames
 * @alias:	firmware that gave way
 * @nr_alias:	elements of @alias in use
 */
struct xmap_planner {
	const struct xmap_domain *dom;
	struct xmap_plan *plan;
	struct xmap *map;
	u64 limit;
	u64 target_end;
	struct xmap_object object[XMAP_MAX_OBJECTS];
	struct xmap_alias alias[XMAP_MAX_ALIAS];
	unsigned int nr_alias;
};

/**
 * struct xmap_walk - position on the way through all PFNs
 * @pfn:	where the next piece starts
 * @index:	first entry of the map that may matter there
 */
struct xmap_walk {
	u64 pfn;
	unsigned int index;
};

static inline u64 pfn_up(u64 addr)
{
	return (addr + XMAP_PAGE_SIZE - 1) >> XMAP_PAGE_SHIFT;
}

static inline u64 pfn_down(u64 addr)
{
	return addr >> XMAP_PAGE_SHIFT;
}

static inline u64 to_addr(u64 pfn)
{
	return pfn << XMAP_PAGE_SHIFT;
}

int xmap_give_up(struct xmap_planner *p, enum xmap_fail fail, const struct xmap_object *obj,
		 u64 need, const struct xmap_entry *entry);
int xmap_add_action(struct xmap_planner *p, const struct xmap_range *r);
bool xmap_next_piece(const struct xmap_planner *p, struct xmap_walk *w, struct xmap_range *r);
int xmap_settle_objects(struct xmap_planner *p);
u64 xmap_busy_until(const struct xmap_planner *p, u64 pfn, u64 nr);
bool xmap_keeps_object(const struct xmap_planner *p, u64 pfn, u64 nr);
int xmap_fit(struct xmap_planner *p, unsigned int excess);

#endif /* _XEN_MEMMAP_PLAN_H */
