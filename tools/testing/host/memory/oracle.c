// SPDX-License-Identifier: GPL-2.0-only
/*
 * Judge maps and plans without knowing how they are made.
 *
 * Maps are compared with what each stretch between two ends of entries must be, found by
 * asking all entries.  Plans are judged by what they say as sets of PFNs: of each set it
 * is checked what it must equal, contain or avoid.
 */

#include <stdlib.h>

#include "oracle.h"

#define MAX_IV		16384
#define END		(XMAP_MAX_PFN << XMAP_PAGE_SHIFT)

/* A set of numbers as intervals [a, b). */
struct iv {
	u64 a, b;
};

struct set {
	struct iv iv[MAX_IV];
	unsigned int nr;
};

/* What was found first, or nothing. */
static char finding[256];

static void judge(bool holds, const char *where, const char *what)
{
	if (!holds && !*finding)
		snprintf(finding, sizeof(finding), "%s: %s", where, what);
}

/* Note a violation and go on. */
#define check(condition) judge(condition, __func__, #condition)

static void put(struct set *s, u64 a, u64 b)
{
	if (a >= b)
		return;
	if (s->nr == MAX_IV)
		abort();
	s->iv[s->nr++] = (struct iv){ a, b };
}

static int compare_iv(const void *a, const void *b)
{
	const struct iv *x = a, *y = b;

	return x->a < y->a ? -1 : x->a > y->a;
}

/* Sort and merge.  Returns false if members were there twice. */
static bool tidy(struct set *s)
{
	bool disjoint = true;
	unsigned int i, nr = 0;

	qsort(s->iv, s->nr, sizeof(*s->iv), compare_iv);
	for (i = 0; i < s->nr; i++) {
		if (nr && s->iv[i].a < s->iv[nr - 1].b)
			disjoint = false;
		if (nr && s->iv[i].a <= s->iv[nr - 1].b)
			s->iv[nr - 1].b = max(s->iv[nr - 1].b, s->iv[i].b);
		else
			s->iv[nr++] = s->iv[i];
	}
	s->nr = nr;
	return disjoint;
}

static u64 count(const struct set *s)
{
	unsigned int i;
	u64 sum = 0;

	for (i = 0; i < s->nr; i++)
		sum += s->iv[i].b - s->iv[i].a;
	return sum;
}

/* What is in both tidy sets. */
static void intersect(const struct set *x, const struct set *y, struct set *out)
{
	unsigned int i = 0, j = 0;

	out->nr = 0;
	while (i < x->nr && j < y->nr) {
		put(out, max(x->iv[i].a, y->iv[j].a), min(x->iv[i].b, y->iv[j].b));
		if (x->iv[i].b < y->iv[j].b)
			i++;
		else
			j++;
	}
}

static bool apart(const struct set *x, const struct set *y)
{
	static struct set both;

	intersect(x, y, &both);
	return !both.nr;
}

static bool within(const struct set *x, const struct set *y)
{
	static struct set both;

	intersect(x, y, &both);
	return count(&both) == count(x);
}

static bool equal(const struct set *x, const struct set *y)
{
	return x->nr == y->nr && !memcmp(x->iv, y->iv, x->nr * sizeof(*x->iv));
}

static void join_sets(struct set *x, const struct set *y)
{
	unsigned int i;

	for (i = 0; i < y->nr; i++)
		put(x, y->iv[i].a, y->iv[i].b);
	tidy(x);
}

static bool has(const struct set *s, u64 a, u64 b)
{
	static struct set one;

	one.nr = 0;
	put(&one, a, b);
	return within(&one, s);
}

static bool meets(const struct set *s, u64 a, u64 b)
{
	static struct set one;

	one.nr = 0;
	put(&one, a, b);
	return !apart(&one, s);
}

/* Pages that are wholly RAM. */
static void ram_of(const struct xmap *map, struct set *s)
{
	unsigned int i;

	s->nr = 0;
	for (i = 0; i < map->nr; i++) {
		if (map->entry[i].type == XMAP_RAM)
			put(s, (map->entry[i].start + 0xfff) >> 12, map->entry[i].end >> 12);
	}
	tidy(s);
}

/* Pages that are touched by entries of a type, or by all that is not RAM for XMAP_GAP. */
static void touched_by(const struct xmap *map, u32 type, struct set *s)
{
	unsigned int i;

	s->nr = 0;
	for (i = 0; i < map->nr; i++) {
		const struct xmap_entry *e = &map->entry[i];

		if (type == XMAP_GAP ? e->type != XMAP_RAM : e->type == type)
			put(s, e->start >> 12, (e->end + 0xfff) >> 12);
	}
	tidy(s);
}

static void ranges_of(const struct xmap_range *r, unsigned int nr, enum xmap_kind kind,
		      struct set *s)
{
	s->nr = 0;
	for (; nr--; r++) {
		if (r->kind == kind)
			put(s, r->pfn, r->pfn + r->nr);
	}
}

static void check_shape(const struct xmap *map, bool merged)
{
	unsigned int i;

	check(map->nr <= map->max);
	for (i = 0; i < map->nr; i++) {
		const struct xmap_entry *e = &map->entry[i];

		check(e->start < e->end && e->end <= END);
		check(e->type != XMAP_GAP);
		check(e->type != XMAP_RAM || !((e->start | e->end) & 0xfff));
		check(!i || e[-1].end <= e->start);
		check(!i || e[-1].end < e->start || e[-1].type != e->type ||
		      (!merged && e->type != XMAP_RAM));
	}
}

/* Which type wins, from the weakest; 0 for what has no say. */
static unsigned int strength(const struct xmap_raw *raw, bool dom0, u32 *type)
{
	bool wraps = raw->addr + raw->size < raw->addr || raw->addr + raw->size > END;

	*type = raw->type;
	switch (raw->type) {
	case XMAP_UNUSABLE:
		if (!dom0)
			return wraps ? 0 : 3;
		*type = XMAP_RAM;
		return wraps ? 1 : 2;
	case XMAP_RAM:
		return wraps ? 1 : 2;
	case XMAP_PRAM:
	case XMAP_PMEM:
		if (dom0)
			return wraps ? 0 : raw->type == XMAP_PRAM ? 4 : 5;
		break;
	case XMAP_ACPI:
		return wraps ? 0 : 6;
	case XMAP_NVS:
		return wraps ? 0 : 7;
	}
	*type = XMAP_RESERVED;
	return wraps ? 0 : 8;
}

static u32 expected_type(const struct xmap_raw *raw, unsigned int nr, bool dom0, u64 low, u64 at)
{
	unsigned int best = 0, s;
	u32 type = XMAP_GAP, t;

	if (low && at >= low && at < 0x100000)
		return XMAP_RESERVED;
	for (; nr--; raw++) {
		u64 end = raw->addr + raw->size;

		if (!raw->size || at < raw->addr || (end > raw->addr && at >= end))
			continue;
		s = strength(raw, dom0, &t);
		if (s > best) {
			best = s;
			type = t;
		}
	}
	return type;
}

static int compare_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* The map that must come out, the slow way. */
static void expected_map(const struct xmap_raw *raw, unsigned int nr, bool dom0, u64 low,
			 struct xmap *map)
{
	static u64 ends[2 * XMAP_MAX_RAW + 4];
	unsigned int i, n = 0;
	struct xmap_entry *e = NULL;

	for (i = 0; i < nr; i++) {
		u64 end = raw[i].addr + raw[i].size;

		if (!raw[i].size || raw[i].addr >= END)
			continue;
		ends[n++] = raw[i].addr;
		ends[n++] = end < raw[i].addr || end > END ? END : end;
	}
	if (low) {
		ends[n++] = low;
		ends[n++] = 0x100000;
	}
	qsort(ends, n, sizeof(*ends), compare_u64);

	map->nr = 0;
	for (i = 0; i + 1 < n; i++) {
		u32 type;

		if (ends[i] == ends[i + 1])
			continue;
		type = expected_type(raw, nr, dom0, low, ends[i]);
		if (type == XMAP_GAP)
			continue;
		if (e && e->end == ends[i] && e->type == type) {
			e->end = ends[i + 1];
			continue;
		}
		e = &map->entry[map->nr++];
		*e = (struct xmap_entry){ ends[i], ends[i + 1], type };
	}

	for (i = 0, n = 0; i < map->nr; i++) {
		e = &map->entry[n];
		*e = map->entry[i];
		if (e->type == XMAP_RAM) {
			e->start = (e->start + 0xfff) & ~0xfffULL;
			e->end &= ~0xfffULL;
		}
		n += e->start < e->end;
	}
	map->nr = n;
}

static bool same_entries(const struct xmap *x, const struct xmap *y)
{
	unsigned int i;

	if (x->nr != y->nr)
		return false;
	for (i = 0; i < x->nr; i++) {
		if (x->entry[i].start != y->entry[i].start || x->entry[i].end != y->entry[i].end ||
		    x->entry[i].type != y->entry[i].type)
			return false;
	}
	return true;
}

static void check_sanitised(const struct input *in, const struct xmap *built)
{
	static struct xmap_entry entry[XMAP_MAX_ENTRIES], slow[XMAP_MAX_ENTRIES];
	static struct xmap_entry again[XMAP_MAX_ENTRIES];
	static struct xmap_edge edges[XMAP_MAX_EDGES];
	static struct xmap_raw raw[XMAP_MAX_RAW];
	static unsigned int long_maps;
	enum xmap_view view = in->dom.dom0 ? XMAP_PV_DOM0 : XMAP_PV_DOMU;
	struct xmap map = { .entry = entry, .max = XMAP_MAX_ENTRIES };
	struct xmap map2 = { .entry = again, .max = XMAP_MAX_ENTRIES };
	struct xmap want = { .entry = slow, .max = XMAP_MAX_ENTRIES };
	unsigned int i;

	check(!xmap_sanitise(in->raw, in->src.nr, view, in->src.low_reserved, edges, &map));
	check_shape(&map, true);
	/* The slow way is too slow for every long map. */
	if (in->src.nr <= 64 || !(long_maps++ % 16)) {
		expected_map(in->raw, in->src.nr, in->dom.dom0, in->src.low_reserved, &want);
		check(same_entries(&map, &want));
	}
	check(!built->authoritative || same_entries(&map, built));

	if (map.nr > XMAP_MAX_RAW)
		return;
	for (i = 0; i < map.nr; i++)
		raw[i] = (struct xmap_raw){ entry[i].start, entry[i].end - entry[i].start,
					    entry[i].type };
	check(!xmap_sanitise(raw, map.nr, view, in->src.low_reserved, edges, &map2));
	check(same_entries(&map, &map2));
}

/* All that a plan says, as sets of PFNs. */
static struct set state[XMAP_NR_KINDS], step[XMAP_NR_KINDS];
static struct set to, copies, gave, ram, map_ram, objects, tmp, tmp2;

static bool read_plan(const struct input *in, const struct subject *s)
{
	const struct xmap_plan *plan = &s->plan;
	bool disjoint = true;
	unsigned int i;

	to.nr = 0;
	copies.nr = 0;
	gave.nr = 0;
	objects.nr = 0;
	for (i = 0; i < XMAP_NR_KINDS; i++) {
		ranges_of(plan->p2m, plan->nr_p2m, i, &state[i]);
		ranges_of(plan->action, plan->nr_action, i, &step[i]);
		disjoint &= tidy(&state[i]);
		if (i != XMAP_COPY)
			disjoint &= tidy(&step[i]);
	}
	for (i = 0; i < plan->nr_action; i++) {
		const struct xmap_range *r = &plan->action[i];

		if (r->kind == XMAP_MOVE)
			put(&to, r->to, r->to + r->nr);
		else if (r->kind == XMAP_COPY)
			put(&copies, r->to, r->to + r->nr);
		else if (r->kind == XMAP_ALIAS)
			put(&gave, r->to, r->to + r->nr);
	}
	tidy(&gave);
	for (i = 0; i < s->dom.nr_objects; i++)
		put(&objects, min(s->object[i].pfn, in->dom.nr_pages),
		    min(s->object[i].pfn + s->object[i].nr, in->dom.nr_pages));
	disjoint &= tidy(&to);
	disjoint &= tidy(&copies);
	tidy(&objects);
	ram_of(&plan->e820, &ram);
	ram_of(&s->map, &map_ram);
	return disjoint;
}

/* Nothing is said twice. */
static void check_disjoint(const struct input *in, const struct subject *s)
{
	check(read_plan(in, s));
}

static u64 limit_of(const struct input *in)
{
	u64 hard = in->dom.limit_pfn ?: XMAP_MAX_PFN, mem = in->dom.mem_pfn ?: XMAP_MAX_PFN;

	return min(hard, mem);
}

/* Is there a gap of @nr pages above 4 GiB? */
static bool has_gap(const struct xmap *map, u64 nr)
{
	u64 pfn = XMAP_4G_PFN;
	unsigned int i;

	for (i = 0; i < map->nr; i++) {
		if (map->entry[i].start >> 12 >= pfn + nr)
			return true;
		pfn = max(pfn, (map->entry[i].end + 0xfff) >> 12);
	}
	return XMAP_MAX_PFN - pfn >= nr;
}

/* Was something left out of the map, which e820 is too short for? */
static bool shortened(const struct subject *s)
{
	return s->plan.notes & 1U << XMAP_NOTE_SHORTENED;
}

/* Each frame stays, moves or goes, and each PFN with a frame got exactly one. */
static void check_frames(const struct input *in, const struct subject *s)
{
	u64 nr = in->dom.nr_pages;

	tmp.nr = 0;
	put(&tmp, 0, nr);
	tmp2.nr = 0;
	join_sets(&tmp2, &state[XMAP_KEEP]);
	join_sets(&tmp2, &state[XMAP_HELD]);
	check(apart(&tmp2, &step[XMAP_MOVE]) && apart(&tmp2, &step[XMAP_RELEASE]));
	check(apart(&step[XMAP_MOVE], &step[XMAP_RELEASE]));
	join_sets(&tmp2, &step[XMAP_MOVE]);
	join_sets(&tmp2, &step[XMAP_RELEASE]);
	check(equal(&tmp, &tmp2));

	check(equal(&to, &state[XMAP_TARGET]));
	check(!meets(&state[XMAP_TARGET], 0, nr) && !meets(&state[XMAP_EXTRA], 0, nr));
	check(!state[XMAP_HELD].nr || !in->dom.dom0);
	check(!state[XMAP_HELD].nr || state[XMAP_HELD].iv[state[XMAP_HELD].nr - 1].b <= 0x100);

	/* Not given back while there is a place. */
	tmp.nr = 0;
	join_sets(&tmp, &state[XMAP_UNUSED]);
	if (step[XMAP_RELEASE].nr) {
		check(!state[XMAP_EXTRA].nr);
		check(nr >= limit_of(in) || !meets(&tmp, nr, limit_of(in)));
		check(shortened(s) || in->dom.dom0 || limit_of(in) < XMAP_MAX_PFN ||
		      !has_gap(&s->map, nr));
	}
}

/* The states are without a gap, and agree with the kernel's map. */
static void check_states(const struct input *in, const struct subject *s)
{
	const struct xmap_plan *plan = &s->plan;
	u64 pfn = 0, budget, owned = in->dom.nr_pages - plan->pages[XMAP_RELEASE];
	unsigned int i;

	for (i = 0; i < plan->nr_p2m; i++) {
		check(plan->p2m[i].nr && plan->p2m[i].pfn == pfn);
		check(plan->p2m[i].kind < XMAP_FORCE);
		pfn += plan->p2m[i].nr;
	}
	check(pfn == plan->p2m_pfns);

	tmp.nr = 0;
	join_sets(&tmp, &state[XMAP_KEEP]);
	join_sets(&tmp, &state[XMAP_TARGET]);
	join_sets(&tmp, &state[XMAP_EXTRA]);
	check(equal(&tmp, &ram));
	check(!ram.nr || ram.iv[ram.nr - 1].b <= limit_of(in));
	check(plan->ram_end == (ram.nr ? ram.iv[ram.nr - 1].b : 0));

	/* What is not RAM in Xen's map is identity; nothing else is. */
	tmp.nr = 0;
	join_sets(&tmp, &map_ram);
	join_sets(&tmp, &gave);
	check(within(&state[XMAP_UNUSED], &tmp));
	check(shortened(s) || apart(&state[XMAP_IDENTITY], &map_ram));
	check(in->dom.dom0 || !meets(&state[XMAP_IDENTITY], 0,
				     min(in->dom.nr_pages, XMAP_LOW_PFN)));

	budget = in->dom.max_pages > owned ? in->dom.max_pages - owned : 0;
	budget = min(budget, 10 * in->dom.nr_pages);
	check(count(&state[XMAP_EXTRA]) <= budget);
	check(state[XMAP_EXTRA].nr <= in->dom.max_extra);
	if (count(&state[XMAP_EXTRA]) < budget && !(plan->notes & 1U << XMAP_NOTE_EXTRA_CUT))
		check(!meets(&state[XMAP_UNUSED], in->dom.nr_pages,
			     max(limit_of(in), in->dom.nr_pages)));
}

/* Map and e820 differ only where the plan says so. */
static void check_map(const struct input *in, const struct subject *s)
{
	const struct xmap_plan *plan = &s->plan;
	static struct set allowed;
	unsigned int i, j;

	check_shape(&plan->e820, false);

	allowed.nr = 0;
	check(!gave.nr || in->dom.dom0);
	check(within(&step[XMAP_FORCE], &objects));

	join_sets(&allowed, &map_ram);
	join_sets(&allowed, &step[XMAP_FORCE]);
	join_sets(&allowed, &gave);
	if (plan->notes & 1U << XMAP_NOTE_APPENDED) {
		touched_by(&s->map, XMAP_GAP, &tmp);
		check(!in->dom.dom0);
		for (i = 0, j = 0; i <= tmp.nr; i++) {
			u64 a = i ? tmp.iv[i - 1].b : 0;
			u64 b = i < tmp.nr ? tmp.iv[i].a : XMAP_MAX_PFN;

			if (s->map.authoritative)
				a = max(a, XMAP_4G_PFN);
			put(&allowed, a, b);
		}
		tidy(&allowed);
	}
	check(within(&ram, &allowed));

	/* dom0: what is reserved stays so. */
	if (in->dom.dom0) {
		touched_by(&s->map, XMAP_RESERVED, &tmp);
		check(apart(&tmp, &ram));
		touched_by(&s->map, XMAP_PMEM, &tmp);
		check(apart(&tmp, &ram));
	}

	/* Entries without RAM are where they were, or where the plan says. */
	for (i = 0, j = 0; i < s->map.nr && !shortened(s); i++) {
		const struct xmap_entry *e = &s->map.entry[i];

		if (e->type == XMAP_RAM || meets(&step[XMAP_FORCE], e->start >> 12,
						 (e->end + 0xfff) >> 12) ||
		    meets(&gave, e->start >> 12, (e->end + 0xfff) >> 12))
			continue;
		while (j < plan->e820.nr && plan->e820.entry[j].start < e->start)
			j++;
		check(j < plan->e820.nr && plan->e820.entry[j].start == e->start &&
		      plan->e820.entry[j].end == e->end && plan->e820.entry[j].type == e->type);
	}
}

/* All of e820 has room in the kernel's table, and nothing is left out without need. */
static void check_room(const struct input *in, const struct subject *s)
{
	static struct subject all;
	static struct input without;

	check(!in->dom.max_e820 || s->plan.e820.nr <= in->dom.max_e820);
	if (!shortened(s))
		return;
	without = *in;
	without.src.raw = without.raw;
	without.dom.object = without.object;
	without.dom.max_e820 = 0;
	check(!subject_run(&all, &without));
	check(all.plan.e820.nr > in->dom.max_e820);
	check(!shortened(&all));
}

static bool has_entry(const struct xmap *map, u64 start, u64 end, u32 type)
{
	unsigned int i;

	for (i = 0; i < map->nr; i++) {
		if (map->entry[i].start == start && map->entry[i].end == end)
			return map->entry[i].type == type;
	}
	return false;
}

/* Is a region of firmware in the map of which @e820 has a copy, as the alias says? */
static bool has_copy(const struct xmap *map, const struct xmap *e820, const struct xmap_range *r)
{
	unsigned int i;

	for (i = 0; i < map->nr; i++) {
		const struct xmap_entry *e = &map->entry[i];
		u64 start = (r->pfn << 12) + (e->start & 0xfff);

		if (e->type != XMAP_NVS && e->type != XMAP_ACPI)
			continue;
		if (e->start >> 12 != r->to || (e->end + 0xfff) >> 12 != r->to + r->nr)
			continue;
		if (has_entry(e820, start, start + (e->end - e->start), e->type))
			return true;
	}
	return false;
}

/* The machine frame of an alias. */
static u64 means(const struct xmap_plan *plan, u64 pfn)
{
	const struct xmap_range *r = xmap_find(plan, pfn);

	return r ? r->to + (pfn - r->pfn) : pfn;
}

/* Firmware that gave way is whole in its new place. */
static void check_aliases(const struct input *in, const struct subject *s)
{
	const struct xmap_plan *plan = &s->plan;
	unsigned int i;

	(void)in;
	for (i = 0; i < plan->nr_action; i++) {
		const struct xmap_range *r = &plan->action[i];

		if (r->kind != XMAP_ALIAS)
			continue;
		check(has(&state[XMAP_ALIAS], r->pfn, r->pfn + r->nr));
		check(means(plan, r->pfn) == r->to);
		check(!meets(&objects, r->pfn, r->pfn + r->nr));
		check(!meets(&copies, r->pfn, r->pfn + r->nr));
		check(r->object < s->dom.nr_objects);
		check(has_copy(&s->map, &plan->e820, r));
	}
	for (i = 0; i < plan->nr_p2m; i++)
		check(plan->p2m[i].kind == XMAP_ALIAS || !plan->p2m[i].to);
}

/* Boot objects have memory, and theirs alone. */
static void check_objects(const struct input *in, const struct subject *s)
{
	const struct xmap_plan *plan = &s->plan;
	unsigned int i, j;

	for (i = 0; i < s->dom.nr_objects; i++) {
		const struct xmap_object *obj = &s->object[i];
		u64 end = min(obj->pfn + obj->nr, in->dom.nr_pages);
		const struct xmap_range *copy = NULL;

		for (j = 0; j < plan->nr_action; j++) {
			if (plan->action[j].kind == XMAP_COPY && plan->action[j].object == i)
				copy = &plan->action[j];
		}
		if (!copy) {
			check(obj->pfn >= end || has(&state[XMAP_KEEP], obj->pfn, end));
			continue;
		}
		check(obj->movable && copy->pfn == obj->pfn);
		check(copy->nr >= end - obj->pfn && copy->nr >= obj->need);
		check(has(&state[XMAP_KEEP], copy->to, copy->to + copy->nr));
		check(!meets(&objects, copy->to, copy->to + copy->nr));
		check(copy->to >= 0x100);
	}
}

/*
 * A guest has RAM with frames for its objects and to boot with, or all that its frames allow
 * behind its objects.
 */
static void check_boot_memory(const struct input *in, const struct subject *s)
{
	u64 limit = limit_of(in), frames = min(in->dom.nr_pages, limit);
	u64 used = 0, end = 0, need;
	unsigned int i;

	if (!in->boot_memory || in->dom.dom0 || shortened(s))
		return;
	for (i = 0; i < in->dom.nr_objects; i++) {
		used += in->object[i].nr;
		end = max(end, in->object[i].pfn + in->object[i].nr);
	}
	tmp.nr = 0;
	put(&tmp, 0, limit);
	intersect(&map_ram, &tmp, &tmp2);
	need = min(count(&ram), max(in->dom.nr_pages, count(&tmp2))) * BYTES_PER_PAGE / 4096;
	check(count(&state[XMAP_KEEP]) >= used + need + 16 * 256 ||
	      has(&state[XMAP_KEEP], end, frames));
}

static void check_batches(const struct input *in, const struct subject *s)
{
	static const enum xmap_kind kinds[] = { XMAP_MOVE, XMAP_RELEASE };
	const struct xmap_plan *plan = &s->plan;
	u64 room;
	unsigned int i;

	(void)in;
	for (i = 0; i < 2; i++) {
		struct xmap_cursor cursor = {};
		struct xmap_segment seg;
		u64 sum = 0, segments = 0;

		/* Cheap, but not for hundreds of millions of pages. */
		room = 256;
		if (plan->pages[kinds[i]] > 1 << 16)
			room = 1 << 16;
		while (xmap_next_segment(plan, kinds[i], &cursor, room, &seg)) {
			check(seg.nr && seg.nr <= room);
			sum += seg.nr;
			segments++;
		}
		check(sum == plan->pages[kinds[i]] && sum == count(&step[kinds[i]]));
		check(segments <= sum / room + plan->nr_action);
	}
}

/* What a PFN is for the P2M: own 0, missing 1, identity 2. */
static void check_leaves(const struct input *in, const struct subject *s)
{
	static struct xmap_leaves leaves[XMAP_MAX_LEAVES];
	static struct set missing, identity, own;
	const struct xmap_plan *plan = &s->plan;
	const u64 pmd = 512 * 512;
	u64 area = (plan->p2m_pfns + 3 * pmd) / pmd * pmd, leaf = 0;
	unsigned int i;
	int nr;

	(void)in;
	nr = xmap_plan_leaves(plan, area, leaves, XMAP_MAX_LEAVES);
	check(nr > 0);
	missing.nr = 0;
	join_sets(&missing, &state[XMAP_EXTRA]);
	join_sets(&missing, &state[XMAP_UNUSED]);
	identity.nr = 0;
	put(&identity, plan->p2m_pfns, area);
	join_sets(&identity, &state[XMAP_IDENTITY]);

	own.nr = 0;
	for (i = 0; i < (unsigned int)nr; i++) {
		const struct xmap_leaves *l = &leaves[i];
		u64 a = l->leaf * 512, b = a + l->nr * 512;

		check(l->nr && l->leaf == leaf);
		leaf += l->nr;
		if (l->kind == XMAP_PMD_MISSING || l->kind == XMAP_PMD_IDENTITY)
			check(!(l->leaf % 512) && !(l->nr % 512));
		if (l->kind == XMAP_LEAF_MISSING || l->kind == XMAP_PMD_MISSING)
			check(has(&missing, a, b));
		else if (l->kind == XMAP_LEAF_IDENTITY || l->kind == XMAP_PMD_IDENTITY)
			check(has(&identity, a, b));
		else
			put(&own, a, b);
	}
	check(leaf * 512 == area);

	/* No page is spent where a shared one would do. */
	tidy(&own);
	tmp.nr = 0;
	for (i = 0; i < missing.nr; i++)
		put(&tmp, (missing.iv[i].a + 511) / 512 * 512, missing.iv[i].b / 512 * 512);
	for (i = 0; i < identity.nr; i++)
		put(&tmp, (identity.iv[i].a + 511) / 512 * 512, identity.iv[i].b / 512 * 512);
	tidy(&tmp);
	check(apart(&own, &tmp));
}

static void check_totals(const struct input *in, const struct subject *s)
{
	const struct xmap_plan *plan = &s->plan;
	unsigned int i;

	for (i = 0; i < XMAP_FORCE; i++)
		check(plan->pages[i] == count(&state[i]));
	check(plan->pages[XMAP_KEEP] + plan->pages[XMAP_HELD] + plan->pages[XMAP_MOVE] +
	      plan->pages[XMAP_RELEASE] == in->dom.nr_pages);
	check(plan->pages[XMAP_TARGET] == plan->pages[XMAP_MOVE]);
	for (i = 0; i < plan->nr_p2m; i += 1 + plan->nr_p2m / 8)
		check(xmap_find(plan, plan->p2m[i].pfn + plan->p2m[i].nr - 1) == &plan->p2m[i]);
	check(!xmap_find(plan, plan->p2m_pfns));
}

/* Where there is no plan, was there really no way? */
static void check_failure(const struct input *in, const struct subject *s)
{
	const struct xmap_error *error = &s->plan.error;
	bool limited = limit_of(in) < XMAP_MAX_PFN;
	unsigned int i, moved = 0;
	char text[256];

	check(xmap_format_error(text, sizeof(text), error) > 20);
	check(error->fail != XMAP_OK && error->fail != XMAP_FAIL_TABLE);
	check(error->fail != XMAP_FAIL_INPUT);
	check(in->dom.dom0 || limited);
	if (error->fail == XMAP_FAIL_LIMIT) {
		check(limited && error->need > limit_of(in));
	} else if (error->fail == XMAP_FAIL_COLLISION) {
		check(in->dom.dom0 && error->object);
		touched_by(&s->map, error->entry.type, &tmp);
		check(meets(&tmp, error->pfn, error->pfn + error->nr));
		if (error->entry.type == XMAP_NVS || error->entry.type == XMAP_ACPI) {
			/* RAM may have been forced around objects before. */
			for (i = 0; i < s->plan.nr_action; i++)
				moved += s->plan.action[i].kind == XMAP_ALIAS;
			check(moved == XMAP_MAX_ALIAS);
		}
	} else {
		check(error->need && error->object);
	}
}

/* Without a layout to respect, none but an own one is found in the map. */
static void check_own_map(const struct input *in, const struct subject *s)
{
	const struct xmap *map = &s->map;
	bool hole = map->notes & 1U << XMAP_NOTE_HOLE_MADE;

	if (map->authoritative)
		return;
	ram_of(map, &tmp);
	touched_by(map, XMAP_RESERVED, &tmp2);
	check(hole || !meets(&tmp2, 0x100, XMAP_MAX_PFN));
	check(hole || in->src.low_reserved || !tmp2.nr);
	check(!hole || in->src.pci_hole || in->dom.dom0);
	if (hole) {
		check(!meets(&tmp, 0xfffff, 0x100000));
		check(meets(&tmp2, 0xfffff, 0x100000));
		check(map->pci_possible);
	}
	/* The domain's own memory has its place, whatever Xen said. */
	if (map->notes & 1U << XMAP_NOTE_NO_MAP || map->notes & 1U << XMAP_NOTE_NO_RAM)
		check(count(&tmp) >= in->dom.nr_pages);
}

/**
 * subject_run() - call the code under test
 * @s: its arrays and results
 * @in: the input
 *
 * Context: Any.
 * Return: what xmap_make_plan() returned, also in s->rc.
 */
int subject_run(struct subject *s, const struct input *in)
{
	static struct xmap_edge edges[XMAP_MAX_EDGES];

	s->map = (struct xmap){ .entry = s->entry, .max = XMAP_MAX_ENTRIES };
	s->plan = (struct xmap_plan){
		.e820 = { .entry = s->e820, .max = XMAP_MAX_ENTRIES },
		.p2m = s->p2m, .max_p2m = XMAP_MAX_RANGES,
		.action = s->action, .max_action = XMAP_MAX_RANGES,
	};
	s->dom = in->dom;
	s->dom.object = s->object;
	memcpy(s->object, in->object, sizeof(in->object));
	s->rc = xmap_build(&in->src, edges, &s->map);
	if (!s->rc && in->boot_memory &&
	    xmap_boot_memory(&s->map, &s->dom, BYTES_PER_PAGE, &s->object[in->dom.nr_objects]))
		s->dom.nr_objects++;
	if (!s->rc)
		s->rc = xmap_make_plan(&s->map, &s->dom, &s->plan);
	return s->rc;
}

/**
 * subject_print() - print map and plan
 * @s: after subject_run()
 *
 * Context: Any.
 */
void subject_print(const struct subject *s)
{
	char line[256];
	unsigned int i;

	for (i = 0; i < s->map.nr; i++) {
		xmap_format_entry(line, sizeof(line), &s->map.entry[i]);
		printf("# map    %s\n", line);
	}
	for (i = 0; i < XMAP_NR_NOTES; i++) {
		if (s->plan.notes & 1U << i)
			printf("# note   %s\n", xmap_note_text(i));
	}
	if (s->rc) {
		xmap_format_error(line, sizeof(line), &s->plan.error);
		printf("# error  %s\n", line);
		return;
	}
	for (i = 0; i < s->plan.e820.nr; i++) {
		xmap_format_entry(line, sizeof(line), &s->plan.e820.entry[i]);
		printf("# e820   %s\n", line);
	}
	for (i = 0; i < s->plan.nr_action; i++) {
		xmap_format_range(line, sizeof(line), &s->plan.action[i]);
		printf("# action %s\n", line);
	}
	for (i = 0; i < s->plan.nr_p2m; i++) {
		xmap_format_range(line, sizeof(line), &s->plan.p2m[i]);
		printf("# state  %s\n", line);
	}
}

typedef void (*part_fn)(const struct input *in, const struct subject *s);

/**
 * oracle() - judge a result
 * @in: the input
 * @s: after subject_run()
 *
 * Context: Any.
 * Return: NULL, or what is wrong with it.
 */
const char *oracle(const struct input *in, const struct subject *s)
{
	static const part_fn parts[] = {
		check_disjoint, check_frames, check_states, check_map, check_room, check_aliases,
		check_objects, check_boot_memory, check_batches, check_leaves, check_totals,
	};
	unsigned int i;

	*finding = 0;
	check(s->rc != -ENOSPC);
	check_shape(&s->map, true);
	check_sanitised(in, &s->map);
	check_own_map(in, s);
	if (s->rc)
		check_failure(in, s);
	for (i = 0; i < ARRAY_SIZE(parts) && !s->rc && !*finding; i++)
		parts[i](in, s);

	return *finding ? finding : NULL;
}
