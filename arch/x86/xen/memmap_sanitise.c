// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sanitise a memory map of Xen.
 *
 * Xen checks nothing of a map that a toolstack sets except its length: entries come
 * unsorted, overlapping, empty, wrapping, of any type, or not at all.  What leaves here is
 * sorted, disjoint and merged, and sanitising it again changes nothing.
 *
 * The entries become edges, where one starts or ends.  The edges are sorted and walked,
 * counting how many entries of each class are open.  The highest open class gives the type:
 * where entries contradict each other, the one wins which forbids more.  Of an entry whose end
 * wraps the size is certainly wrong.  If it is RAM of a PV domain it fills what no other entry
 * describes, else it goes: what no entry describes is a hole without it, and in a PVH domain
 * RAM must not be where no frame is.
 *
 * Pure: runs in early boot and in user space alike.
 */

#include <linux/errno.h>
#include <linux/init.h>
#include <linux/minmax.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/types.h>

#include "memmap.h"

#define ADDR_END		(XMAP_MAX_PFN << XMAP_PAGE_SHIFT)
#define LOW_END			(XMAP_LOW_PFN << XMAP_PAGE_SHIFT)
#define HOLE_END		(XMAP_4G_PFN << XMAP_PAGE_SHIFT)
/* Where Xen does not tell, this much may be ballooned in beyond what was there at boot. */
#define BALLOON_SLACK		0x800000ULL

/* Precedence of entries, the higher one wins. */
enum {
	CLASS_WRAPPED_RAM,
	CLASS_RAM,
	CLASS_UNUSABLE,
	CLASS_PRAM,
	CLASS_PMEM,
	CLASS_ACPI,
	CLASS_NVS,
	CLASS_RESERVED,
	NR_CLASSES,
};

static const u32 class_type[NR_CLASSES] = {
	[CLASS_WRAPPED_RAM]	= XMAP_RAM,
	[CLASS_RAM]		= XMAP_RAM,
	[CLASS_UNUSABLE]	= XMAP_UNUSABLE,
	[CLASS_PRAM]		= XMAP_PRAM,
	[CLASS_PMEM]		= XMAP_PMEM,
	[CLASS_ACPI]		= XMAP_ACPI,
	[CLASS_NVS]		= XMAP_NVS,
	[CLASS_RESERVED]	= XMAP_RESERVED,
};

/* The edges of a map while it is collected. */
struct edges {
	struct xmap_edge *edge;
	unsigned int nr;
};

static int __init class_of(u32 type, enum xmap_view view, struct xmap *map)
{
	switch (type) {
	case XMAP_RAM:
		return CLASS_RAM;
	case XMAP_RESERVED:
		map->pci_possible = true;
		return CLASS_RESERVED;
	case XMAP_ACPI:
		return CLASS_ACPI;
	case XMAP_NVS:
		return CLASS_NVS;
	case XMAP_UNUSABLE:
		return view == XMAP_PV_DOM0 ? CLASS_RAM : CLASS_UNUSABLE;
	case XMAP_PMEM:
		return view == XMAP_PV_DOMU ? CLASS_RESERVED : CLASS_PMEM;
	case XMAP_PRAM:
		return view == XMAP_PV_DOMU ? CLASS_RESERVED : CLASS_PRAM;
	default:
		map->notes |= 1U << XMAP_NOTE_TYPE;
		return CLASS_RESERVED;
	}
}

static void __init add_edges(struct edges *e, u64 start, u64 end, int class)
{
	if (start >= end)
		return;

	e->edge[e->nr++] = (struct xmap_edge){ .at = start, .class = class, .step = 1 };
	e->edge[e->nr++] = (struct xmap_edge){ .at = end, .class = class, .step = -1 };
}

/* The end of an entry, or 0 if it wraps or is no physical address. */
static u64 __init end_of(const struct xmap_raw *raw)
{
	u64 end = raw->addr + raw->size;

	return end < raw->addr || end > ADDR_END ? 0 : end;
}

static bool __init is_ram(const struct xmap_raw *raw, enum xmap_view view)
{
	return raw->type == XMAP_RAM || (view == XMAP_PV_DOM0 && raw->type == XMAP_UNUSABLE);
}

/* Does an entry say anything about addresses that exist? */
static bool __init has_meaning(const struct xmap_raw *raw, enum xmap_view view)
{
	if (!raw->size || raw->addr >= ADDR_END)
		return false;
	return end_of(raw) || (view != XMAP_PVH && is_ram(raw, view));
}

/* Note an entry that is left out, or cut where it ends. */
static void __init note_extent(const struct xmap_raw *raw, struct xmap *map)
{
	if (!raw->size || raw->addr >= ADDR_END)
		map->notes |= 1U << XMAP_NOTE_EMPTY;
	else if (!end_of(raw))
		map->notes |= 1U << XMAP_NOTE_WRAP;
}

static void __init add_raw(struct edges *e, const struct xmap_raw *raw, enum xmap_view view,
			   struct xmap *map)
{
	u64 end = end_of(raw);
	int class;

	note_extent(raw, map);
	if (!has_meaning(raw, view))
		return;

	class = class_of(raw->type, view, map);
	if (end)
		add_edges(e, raw->addr, end, class);
	else
		add_edges(e, raw->addr, ADDR_END, CLASS_WRAPPED_RAM);
}

static int __init compare_edges(const void *a, const void *b)
{
	const struct xmap_edge *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return 0;
}

/* The type of what is open, XMAP_GAP if nothing is. */
static u32 __init open_type(const unsigned int *open)
{
	int class;

	for (class = NR_CLASSES - 1; class >= 0; class--) {
		if (open[class])
			return class_type[class];
	}
	return XMAP_GAP;
}

static u64 __init page_up(u64 addr)
{
	return (addr + XMAP_PAGE_SIZE - 1) & ~(XMAP_PAGE_SIZE - 1);
}

static u64 __init page_down(u64 addr)
{
	return addr & ~(XMAP_PAGE_SIZE - 1);
}

/* Add what is known to follow all that is there. */
static int __init push(struct xmap *map, u64 start, u64 end, u32 type)
{
	struct xmap_entry *last = map->entry + map->nr - 1;

	if (type == XMAP_RAM) {
		start = page_up(start);
		end = page_down(end);
	}
	if (type == XMAP_GAP || start >= end)
		return 0;
	if (map->nr && last->end == start && last->type == type) {
		last->end = end;
		return 0;
	}
	if (map->nr == map->max)
		return -ENOSPC;

	map->entry[map->nr++] = (struct xmap_entry){ .start = start, .end = end, .type = type };
	return 0;
}

/*
 * In a PVH domain UNUSABLE is where extra memory can be.  A page that it has a part of only is
 * for nobody.
 */
static int __init push_unusable(struct xmap *map, u64 start, u64 end)
{
	u64 lo = min(page_up(start), end), hi = max(page_down(end), lo);
	int rc = push(map, start, lo, XMAP_RESERVED);

	if (!rc)
		rc = push(map, lo, hi, XMAP_UNUSABLE);
	return rc ?: push(map, hi, end, XMAP_RESERVED);
}

static int __init push_as(struct xmap *map, u64 start, u64 end, u32 type, enum xmap_view view)
{
	if (view == XMAP_PVH && type == XMAP_UNUSABLE)
		return push_unusable(map, start, end);
	return push(map, start, end, type);
}

/* From edges to entries. */
static int __init sweep(struct edges *e, struct xmap *map, enum xmap_view view)
{
	unsigned int open[NR_CLASSES] = {};
	u32 type = XMAP_GAP, next;
	unsigned int i = 0;
	u64 start = 0, at;
	int rc;

	sort(e->edge, e->nr, sizeof(*e->edge), compare_edges, NULL);

	map->nr = 0;
	while (i < e->nr) {
		at = e->edge[i].at;
		for (; i < e->nr && e->edge[i].at == at; i++)
			open[e->edge[i].class] += e->edge[i].step;

		next = open_type(open);
		if (next == type)
			continue;
		rc = push_as(map, start, at, type, view);
		if (rc)
			return rc;
		start = at;
		type = next;
	}
	return 0;
}

static void __init reset(struct xmap *map)
{
	map->nr = 0;
	map->notes = 0;
	map->authoritative = false;
	map->pci_possible = false;
}

/**
 * xmap_sanitise() - make any list of entries a memory map
 * @raw: the entries
 * @nr: how many; those beyond XMAP_MAX_RAW are disregarded
 * @view: whose map it is
 * @low_reserved: RESERVED from this byte to 1 MiB, 0 for none
 * @edges: scratch of XMAP_MAX_EDGES elements
 * @map: result; the caller sets the array and its size
 *
 * Judges nothing: the map may be without RAM and gets no hole.  xmap_build() does that.
 *
 * Context: Early boot; PVH calls it for the map of its start info.
 * Return:
 * * 0		- @map is valid
 * * -ENOSPC	- the array of @map is too short; XMAP_MAX_ENTRIES is not, and for XMAP_PVH
 *		  three entries for each edge are not
 */
int __init xmap_sanitise(const struct xmap_raw *raw, unsigned int nr, enum xmap_view view,
			 u64 low_reserved, struct xmap_edge *edges, struct xmap *map)
{
	struct edges e = { .edge = edges };
	unsigned int i;

	reset(map);
	nr = min_t(unsigned int, nr, XMAP_MAX_RAW);
	for (i = 0; i < nr; i++)
		add_raw(&e, &raw[i], view, map);
	if (low_reserved)
		add_edges(&e, low_reserved, LOW_END, CLASS_RESERVED);

	return sweep(&e, map, view);
}

static bool __init has_ram(const struct xmap *map)
{
	unsigned int i;

	for (i = 0; i < map->nr; i++) {
		if (map->entry[i].type == XMAP_RAM)
			return true;
	}
	return false;
}

static enum xmap_view __init view_of(const struct xmap_source *src)
{
	return src->dom0 ? XMAP_PV_DOM0 : XMAP_PV_DOMU;
}

/* How many entries say something, and which is the first of them?  Others are noted. */
static unsigned int __init count_entries(const struct xmap_source *src, struct xmap *map,
					 const struct xmap_raw **first)
{
	unsigned int i, nr = 0;

	for (i = 0; i < min_t(unsigned int, src->nr, XMAP_MAX_RAW); i++) {
		note_extent(&src->raw[i], map);
		if (!has_meaning(&src->raw[i], view_of(src)))
			continue;
		if (!nr++)
			*first = &src->raw[i];
	}
	return nr;
}

/*
 * Where a hole of our own starts.  A domU gets one if its admin says so.  A dom0 needs one in
 * any case: it has devices, and nothing said where.
 */
static u64 __init hole_start(const struct xmap_source *src, struct xmap *map)
{
	u64 want = src->pci_hole ?: (src->dom0 ? XMAP_BLIND_HOLE : 0);
	u64 start = max(want, src->fixed_end);

	if (!want)
		return HOLE_END;
	if (start > HOLE_END - XMAP_PAGE_SIZE) {
		map->notes |= 1U << XMAP_NOTE_HOLE_IGNORED;
		return HOLE_END;
	}
	if (src->fixed_end > want)
		map->notes |= 1U << XMAP_NOTE_HOLE_RAISED;
	map->notes |= 1U << XMAP_NOTE_HOLE_MADE;
	map->pci_possible = true;
	return (start + XMAP_PAGE_SIZE - 1) & ~(XMAP_PAGE_SIZE - 1);
}

/* RAM [start, end) and a hole from @hole to 4 GiB; what the hole takes goes on behind it. */
static void __init add_layout(struct edges *e, u64 start, u64 end, u64 hole)
{
	u64 moved = 0;

	add_edges(e, hole, HOLE_END, CLASS_RESERVED);
	if (start >= HOLE_END || hole == HOLE_END) {
		add_edges(e, start, end, CLASS_RAM);
		return;
	}

	if (end > hole)
		moved = end - max(start, hole);
	add_edges(e, start, min(end, hole), CLASS_RAM);
	if (moved)
		add_edges(e, HOLE_END, min(HOLE_END + moved, ADDR_END), CLASS_RAM);
}

/*
 * Make a map where Xen had none worth the name: RAM from 0 on, or what the single entry
 * says.
 */
static int __init build_own(const struct xmap_source *src, const struct xmap_raw *only,
			    struct xmap_edge *edges, struct xmap *map)
{
	u64 pages = min(src->nr_pages, XMAP_MAX_PFN);
	struct edges e = { .edge = edges };
	u64 start = 0, end;

	end = min((pages << XMAP_PAGE_SHIFT) + BALLOON_SLACK, ADDR_END);
	if (only) {
		start = only->addr;
		end = end_of(only) ?: ADDR_END;
	}

	add_layout(&e, start, end, hole_start(src, map));
	if (src->low_reserved)
		add_edges(&e, src->low_reserved, LOW_END, CLASS_RESERVED);

	return sweep(&e, map, view_of(src));
}

/* A map without a page of RAM cannot be meant, and is made as if there was none. */
static int __init build_anew(const struct xmap_source *src, struct xmap_edge *edges,
			     struct xmap *map)
{
	u32 notes = map->notes;

	reset(map);
	map->notes = notes | 1U << XMAP_NOTE_NO_RAM;
	return build_own(src, NULL, edges, map);
}

/**
 * xmap_build() - make the domain's memory map from what Xen said, or did not say
 * @src: the reader's result
 * @edges: scratch of XMAP_MAX_EDGES elements
 * @map: result; the caller sets the array and its size
 *
 * Two or more entries that say something are authoritative: the layout is the toolstack's
 * or the host's, and no hole is added to it.  A single entry, no entry or an error leave
 * nothing to respect.  Then RAM is what the entry says, or as much as the builder gave and
 * 8 MiB, and a hole is made from xen.pci_hole= to 4 GiB, RAM going on behind it; in dom0 from
 * XMAP_BLIND_HOLE if nothing was asked for.  A map without a page of RAM cannot be meant, and
 * counts as none.
 *
 * Context: Early boot.
 * Return:
 * * 0		- @map is valid, @map->notes says what was met
 * * -ENOSPC	- the array of @map is too short; XMAP_MAX_ENTRIES is not
 */
int __init xmap_build(const struct xmap_source *src, struct xmap_edge *edges, struct xmap *map)
{
	const struct xmap_raw *only = NULL;
	unsigned int nr = 0;
	int rc;

	reset(map);
	if (!src->error && src->raw)
		nr = count_entries(src, map, &only);
	if (!nr) {
		map->notes |= 1U << XMAP_NOTE_NO_MAP;
		return build_own(src, NULL, edges, map);
	}
	if (nr == 1 && is_ram(only, view_of(src))) {
		rc = build_own(src, only, edges, map);
		return rc || has_ram(map) ? rc : build_anew(src, edges, map);
	}

	rc = xmap_sanitise(src->raw, src->nr, view_of(src), src->low_reserved, edges, map);
	if (rc)
		return rc;

	if (src->nr == src->capacity && src->capacity < XMAP_MAX_RAW)
		map->notes |= 1U << XMAP_NOTE_CUT;
	if (!has_ram(map))
		return build_anew(src, edges, map);

	map->authoritative = nr > 1;
	if (src->pci_hole)
		map->notes |= 1U << XMAP_NOTE_HOLE_IGNORED;
	return 0;
}

/* Join entry @i with the one behind it, if they touch and are RAM. */
static void __init join(struct xmap *map, unsigned int i)
{
	struct xmap_entry *e = &map->entry[i];

	if (i + 1 >= map->nr || e->end != e[1].start || e->type != XMAP_RAM ||
	    e[1].type != XMAP_RAM)
		return;

	e->end = e[1].end;
	memmove(e + 1, e + 2, (map->nr - i - 2) * sizeof(*e));
	map->nr--;
}

/**
 * xmap_set() - give a range of a map another type
 * @map: the map
 * @start: first byte
 * @end: first byte behind, larger than @start
 * @type: new type, XMAP_GAP to leave a gap; a range of RAM is in whole pages
 *
 * Entries that lie across an end of the range are cut there; RAM must be cut at a page.  What
 * touches is merged if it is RAM.  Regions of firmware are kept apart, for they may mean
 * different machine frames.
 *
 * Context: Any.
 * Return:
 * * 0		- done
 * * -ENOSPC	- no room for the two entries that this can add; nothing was changed
 */
int __init xmap_set(struct xmap *map, u64 start, u64 end, u32 type)
{
	struct xmap_entry *e = map->entry, piece[3];
	unsigned int lo = 0, hi, nr = 0;

	while (lo < map->nr && e[lo].end <= start)
		lo++;
	for (hi = lo; hi < map->nr && e[hi].start < end; hi++)
		;
	if (map->nr + 2 > map->max)
		return -ENOSPC;

	if (lo < hi && e[lo].start < start)
		piece[nr++] = (struct xmap_entry){ e[lo].start, start, e[lo].type };
	if (type != XMAP_GAP)
		piece[nr++] = (struct xmap_entry){ start, end, type };
	if (lo < hi && e[hi - 1].end > end)
		piece[nr++] = (struct xmap_entry){ end, e[hi - 1].end, e[hi - 1].type };

	memmove(&e[lo + nr], &e[hi], (map->nr - hi) * sizeof(*e));
	memcpy(&e[lo], piece, nr * sizeof(*e));
	map->nr = map->nr - (hi - lo) + nr;

	/* From behind, for joining moves what follows. */
	for (hi = lo + nr + 1; hi-- > lo;)
		join(map, hi);
	if (lo)
		join(map, lo - 1);
	return 0;
}

/**
 * xmap_hotplug_start() - from where on may memory be added?
 * @map: the sanitised map
 * @dom0: the domain sees all devices of the machine
 *
 * In a hole of the host below 4 GiB there may be BARs, which a guest cannot see.  What its map
 * says above 4 GiB is in the resource tree.
 *
 * Context: Early boot.
 * Return: first byte; 0 where the holes are nobody's, or all is seen.
 */
u64 __init xmap_hotplug_start(const struct xmap *map, bool dom0)
{
	return map->authoritative && !dom0 ? HOLE_END : 0;
}
