/* SPDX-License-Identifier: GPL-2.0-only */
/* Judge maps and plans. */
#ifndef HOST_MEMORY_ORACLE_H
#define HOST_MEMORY_ORACLE_H

#include "gen.h"

/**
 * struct subject - the code under test, its arrays and results
 * @dom:	the input's domain, with all objects
 * @object:	array of @dom
 * @map:	of xmap_build()
 * @plan:	of xmap_make_plan()
 * @rc:		what xmap_make_plan() returned
 * @entry:	array of @map
 * @e820:	array of @plan->e820
 * @p2m:	array of @plan
 * @action:	array of @plan
 */
struct subject {
	struct xmap_domain dom;
	struct xmap_object object[XMAP_MAX_OBJECTS];
	struct xmap map;
	struct xmap_plan plan;
	int rc;
	struct xmap_entry entry[XMAP_MAX_ENTRIES];
	struct xmap_entry e820[XMAP_MAX_ENTRIES];
	struct xmap_range p2m[XMAP_MAX_RANGES];
	struct xmap_range action[XMAP_MAX_RANGES];
};

/* What a page of memory costs a 64-bit kernel while it boots. */
#define BYTES_PER_PAGE	88ULL

int subject_run(struct subject *s, const struct input *in);
void subject_print(const struct subject *s);
const char *oracle(const struct input *in, const struct subject *s);

#endif /* HOST_MEMORY_ORACLE_H */
