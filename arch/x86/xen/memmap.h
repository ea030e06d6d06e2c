/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XEN_MEMMAP_H
#define _XEN_MEMMAP_H

#include <linux/types.h>

/*
 * Memory of a PV domain at boot: from Xen's map to a plan.
 *
 * The domain builder gives a PV domain nr_pages frames, at PFN 0 and up without a gap.
 * Xen's memory map says something else: where RAM shall be, and where the host has
 * devices, firmware or nothing.  What the map calls RAM becomes e820 RAM; a PFN of
 * anything else, gaps included, shall mean the machine frame of the same number, so that
 * drivers find their devices.  Frames that the builder put there move to PFNs that are
 * RAM and have no frame yet.  If there are none, they go back to Xen.
 *
 *	read      hypercalls; the reader's
 *	sanitise  xmap_build(): whatever Xen said -> sorted disjoint entries
 *	plan      xmap_make_plan(): entries and domain -> who gets which PFN
 *	apply     hypercalls, P2M and page tables; the applier's
 *
 * What is declared here is the middle: no hypercall, no allocation, no state of its own,
 * no loop over PFNs.  All arrays belong to the caller.  n entries cost O(n log n), and O(n)
 * more for each boot object that lies in a hole.
 *
 * Of the reader is expected:
 *
 * - a buffer of XMAP_MAX_RAW entries: Xen accepts no longer map, so that none is cut;
 * - the errno of the hypercall, whatever it was, for xmap_build() knows how to go on;
 * - the objects that the boot depends on, in PFNs: kernel, page tables, start info, pages of
 *   xenstore and console, initrd, P2M list.  What it can copy is marked movable, the less is
 *   fixed the better; start info is a page with a pointer to it.  They lie in the builder's
 *   memory: what goes beyond nr_pages is disregarded.  All else may be written over.  In a
 *   guest xmap_boot_memory() may add one, which is memory to boot with;
 * - mem= and memmap= from the command line, which has not been parsed at that time, see
 *   xmap_mem_limit().
 *
 * Of the applier is expected, in this order:
 *
 * 1. XMAP_COPY, while the P2M is still the builder's: copy the object, use the copy.  The
 *    new place has frames, stays RAM, and nothing of the plan touches it later.
 * 2. Hand plan->e820 to the e820 code and reserve in memblock what is XMAP_EXTRA.  Frames
 *    arrive at XMAP_TARGET only in step 4: reserve that, too, or allocate nothing before.
 * 3. Build the P2M from plan->p2m, from leaf ranges that xmap_plan_leaves() finds.
 *    A PFN of XMAP_TARGET, XMAP_EXTRA and XMAP_UNUSED is INVALID_P2M_ENTRY.  The leaves of
 *    XMAP_TARGET are private already, for its entries follow in step 4.  A PFN outside all
 *    ranges is identity, which RAM without use at the end of the map is, too.
 * 4. XMAP_MOVE: for each page, the frame of ->pfn gets the PFN ->to in P2M, M2P and direct
 *    map.  Contents need not be kept.  The old mapping of ->pfn goes first.
 * 5. XMAP_RELEASE: unmap and XENMEM_decrease_reservation.
 *
 * Then max_mem_size is plan->ram_end, xen_max_p2m_pfn is plan->p2m_pfns, xen_released_pages is
 * plan->pages[XMAP_RELEASE], and xen_pv_pci_possible is map->pci_possible.  xen_extra_mem is what
 * is XMAP_EXTRA as far as there are page structures: memmap= may take some of it away.
 *
 * xmap_next_segment() cuts steps 4 and 5 in pieces that fill a batch of a hypercall.
 * XMAP_FORCE and the XMAP_ALIAS among the actions say what was changed in the map for a
 * boot object: they are to be logged, and the ACPI code needs to know of an alias.  No
 * step may assume that frames of neighbouring PFNs are neighbours.
 */

#define XMAP_PAGE_SHIFT		12
#define XMAP_PAGE_SIZE		0x1000ULL

/* As many entries as Xen takes from a toolstack. */
#define XMAP_MAX_RAW		1024
/* Entries that sanitising adds at most: low memory and a hole of our own. */
#define XMAP_MAX_ADDED		8
/* Every entry starts and ends a range; 64 are for what a plan changes. */
#define XMAP_MAX_ENTRIES	(2 * (XMAP_MAX_RAW + XMAP_MAX_ADDED) + 64)
#define XMAP_MAX_RANGES		(XMAP_MAX_ENTRIES + 512)
/* Regions of firmware that give way to boot objects. */
#define XMAP_MAX_ALIAS		8
/* Objects that a boot depends on. */
#define XMAP_MAX_OBJECTS	12
/* A PFN has 40 bits: physical addresses end at 2^52. */
#define XMAP_MAX_PFN		0x10000000000ULL
/* The first PFN beyond the first MiB, and at 4 GiB. */
#define XMAP_LOW_PFN		0x100ULL
#define XMAP_4G_PFN		0x100000ULL
/* Extra memory is at most so many times the memory at boot. */
#define XMAP_EXTRA_RATIO	10
/* PFNs in a page of the P2M, and such pages in a page of page table. */
#define XMAP_LEAF_PFNS		512ULL
#define XMAP_PMD_LEAVES		512ULL
/* Where a hole starts that a dom0 without a usable map makes for itself, in bytes. */
#define XMAP_BLIND_HOLE		0x40000000ULL

/**
 * enum xmap_type - type of an entry, numbered like those of E820
 * @XMAP_GAP: what no entry covers
 * @XMAP_RAM: memory
 * @XMAP_RESERVED: a device, firmware, or unknown
 * @XMAP_ACPI: tables that could be given free, but dom0 needs them
 * @XMAP_NVS: memory of the firmware
 * @XMAP_UNUSABLE: memory that is bad or taken
 * @XMAP_PMEM: persistent memory
 * @XMAP_PRAM: persistent memory, the older number
 */
enum xmap_type {
	XMAP_GAP	= 0,
	XMAP_RAM	= 1,
	XMAP_RESERVED	= 2,
	XMAP_ACPI	= 3,
	XMAP_NVS	= 4,
	XMAP_UNUSABLE	= 5,
	XMAP_PMEM	= 7,
	XMAP_PRAM	= 12,
};

/**
 * enum xmap_view - whose map is it?
 * @XMAP_PV_DOMU: a guest's; it cannot reach the host's persistent memory, which is RESERVED
 * @XMAP_PV_DOM0: the machine's; UNUSABLE is RAM that Xen took for itself and no device, so that
 *	dom0 can have frames there
 * @XMAP_PVH: a PVH domain's, dom0 or not; it describes frames that exist, and types stay, but
 *	UNUSABLE is in whole pages and what it leaves of a page is RESERVED
 */
enum xmap_view {
	XMAP_PV_DOMU,
	XMAP_PV_DOM0,
	XMAP_PVH,
};

/**
 * struct xmap_raw - an entry as the hypercall delivers it
 * @addr:	first byte; a machine address in dom0, a pseudo-physical one else
 * @size:	bytes; may be 0, odd, or so large that the end wraps
 * @type:	any number
 *
 * The layout is that of struct e820_entry and of Xen's ABI.
 */
struct xmap_raw {
	u64 addr;
	u64 size;
	u32 type;
} __packed;

/**
 * struct xmap_entry - a sanitised entry, the bytes [@start, @end)
 * @start:	first byte
 * @end:	first byte behind, larger than @start
 * @type:	one of enum xmap_type, but not XMAP_GAP
 */
struct xmap_entry {
	u64 start;
	u64 end;
	u32 type;
};

/**
 * enum xmap_note - what sanitising or planning met, for the log
 * @XMAP_NOTE_NO_MAP: the hypercall failed or returned no entry
 * @XMAP_NOTE_NO_RAM: the map has no page of RAM
 * @XMAP_NOTE_CUT: the buffer is full and shorter than Xen's limit
 * @XMAP_NOTE_EMPTY: entries of size 0, or beyond 2^52
 * @XMAP_NOTE_WRAP: entries whose end wraps or lies beyond 2^52
 * @XMAP_NOTE_TYPE: entries of unknown type
 * @XMAP_NOTE_HOLE_MADE: a hole of our own was put in
 * @XMAP_NOTE_HOLE_RAISED: it starts higher than asked for: boot objects
 * @XMAP_NOTE_HOLE_IGNORED: xen.pci_hole= where the map is authoritative, or above 4 GiB
 * @XMAP_NOTE_APPENDED: RAM was added to the map for frames without a place
 * @XMAP_NOTE_RELEASED: frames go back to Xen
 * @XMAP_NOTE_EXTRA_CUT: more regions of extra memory than the caller can hold
 * @XMAP_NOTE_SHORTENED: the map did not fit in dom->max_e820 entries
 * @XMAP_NOTE_BAR_RISK: RAM forced into a hole of a guest that may get PCI devices
 * @XMAP_NR_NOTES: number of notes
 *
 * xmap_note_text() has the words.
 */
enum xmap_note {
	XMAP_NOTE_NO_MAP,
	XMAP_NOTE_NO_RAM,
	XMAP_NOTE_CUT,
	XMAP_NOTE_EMPTY,
	XMAP_NOTE_WRAP,
	XMAP_NOTE_TYPE,
	XMAP_NOTE_HOLE_MADE,
	XMAP_NOTE_HOLE_RAISED,
	XMAP_NOTE_HOLE_IGNORED,
	XMAP_NOTE_APPENDED,
	XMAP_NOTE_RELEASED,
	XMAP_NOTE_EXTRA_CUT,
	XMAP_NOTE_SHORTENED,
	XMAP_NOTE_BAR_RISK,
	XMAP_NR_NOTES,
};

/**
 * struct xmap - a sanitised memory map
 * @entry:		sorted, disjoint, neighbours of one type merged; RAM in whole pages,
 *			everything else to the byte.  Array of the caller
 * @max:		size of the array, XMAP_MAX_ENTRIES suffices for any input
 * @nr:			entries in use
 * @notes:		bits 1 << enum xmap_note
 * @authoritative:	the toolstack or the host made this layout, gaps have a meaning
 * @pci_possible:	there is a RESERVED entry of Xen or a hole of our own, which is what
 *			makes PCI passthrough conceivable
 */
struct xmap {
	struct xmap_entry *entry;
	unsigned int max;
	unsigned int nr;
	u32 notes;
	bool authoritative;
	bool pci_possible;
};

/**
 * struct xmap_edge - where an entry starts or ends; scratch of xmap_build()
 * @at:		byte
 * @class:	precedence of the entry, internal
 * @step:	1 where it starts, -1 where it ends
 */
struct xmap_edge {
	u64 at;
	int class;
	int step;
};

/* Elements of struct xmap_edge that xmap_build() needs. */
#define XMAP_MAX_EDGES		(2 * (XMAP_MAX_RAW + XMAP_MAX_ADDED))

/**
 * struct xmap_source - what the reader brought
 * @raw:		entries, NULL where there are none
 * @nr:			entries in @raw; those beyond XMAP_MAX_RAW are disregarded
 * @capacity:		entries for which the reader's buffer had room
 * @error:		0 or the negative errno of the hypercall, then @nr does not count
 * @dom0:		the map is the machine's
 * @nr_pages:		frames of the builder, at PFN 0 and up
 * @low_reserved:	RESERVED up to 1 MiB from this byte; 0xa0000, or 0x80000 if
 *			iBFT is looked for there; 0 leaves low memory as it is
 * @pci_hole:		xen.pci_hole= in bytes, 0 for none
 * @fixed_end:		byte behind the highest object that cannot move; a hole of our
 *			own starts there or higher
 */
struct xmap_source {
	const struct xmap_raw *raw;
	unsigned int nr;
	unsigned int capacity;
	int error;
	bool dom0;
	u64 nr_pages;
	u64 low_reserved;
	u64 pci_hole;
	u64 fixed_end;
};

/**
 * struct xmap_object - memory that the boot depends on
 * @name:	for messages: "kernel", "initrd", ...
 * @pfn:	first page
 * @nr:		pages; 0 if there is no such object
 * @need:	pages that a new place must have, 0 for @nr; the P2M list needs some more
 *		for page tables
 * @movable:	the applier can copy it to another place
 */
struct xmap_object {
	const char *name;
	u64 pfn;
	u64 nr;
	u64 need;
	bool movable;
};

/**
 * struct xmap_domain - what a plan must know of the domain
 * @dom0:	the map is the machine's; firmware regions are needed
 * @passthrough: a domU that may be given PCI devices: map->pci_possible, unless more is known
 * @nr_pages:	frames of the builder, at PFN 0 and up
 * @max_pages:	XENMEM_maximum_reservation, pages; may be absurdly high
 * @limit_pfn:	first PFN that the kernel or its P2M cannot address; 0 for no limit
 * @mem_pfn:	first PFN beyond what mem= or memmap= leave; 0 for no limit
 * @max_extra:	regions of extra memory that the caller can hold
 * @max_e820:	entries that the kernel's e820 can hold; 0 for no limit
 * @object:	what the boot depends on
 * @nr_objects:	elements of @object, at most XMAP_MAX_OBJECTS
 */
struct xmap_domain {
	bool dom0;
	bool passthrough;
	u64 nr_pages;
	u64 max_pages;
	u64 limit_pfn;
	u64 mem_pfn;
	unsigned int max_extra;
	unsigned int max_e820;
	const struct xmap_object *object;
	unsigned int nr_objects;
};

/**
 * enum xmap_kind - what happens with a range of PFNs
 * @XMAP_KEEP: RAM with the builder's frames
 * @XMAP_HELD: not RAM, but with the builder's frames: first MiB of a domU
 * @XMAP_TARGET: RAM whose frames come from elsewhere
 * @XMAP_EXTRA: RAM without frames, for ballooning up
 * @XMAP_UNUSED: RAM in the map but not in e820: no frames, free for hot-plug
 * @XMAP_IDENTITY: the machine frame of the same number
 * @XMAP_ALIAS: firmware that gave way: the machine frames at ->to
 * @XMAP_FORCE: a hole that became RAM, for a boot object lies there
 * @XMAP_COPY: an object is copied to ->to
 * @XMAP_MOVE: frames go to the PFNs at ->to
 * @XMAP_RELEASE: frames go back to Xen
 * @XMAP_NR_KINDS: number of kinds
 *
 * Up to XMAP_ALIAS these are states after applying, found in plan->p2m.  The rest are steps,
 * found in plan->action, where also XMAP_ALIAS stands.
 */
enum xmap_kind {
	XMAP_KEEP,
	XMAP_HELD,
	XMAP_TARGET,
	XMAP_EXTRA,
	XMAP_UNUSED,
	XMAP_IDENTITY,
	XMAP_ALIAS,
	XMAP_FORCE,
	XMAP_COPY,
	XMAP_MOVE,
	XMAP_RELEASE,
	XMAP_NR_KINDS,
};

/**
 * struct xmap_range - the PFNs [@pfn, @pfn + @nr)
 * @pfn:	first PFN
 * @nr:		pages, at least 1; XMAP_COPY: pages of the new place, at least the object's
 * @to:		XMAP_COPY, XMAP_MOVE: first PFN of the new place; XMAP_ALIAS: first machine
 *		frame; else 0
 * @kind:	one of enum xmap_kind
 * @object:	XMAP_COPY, XMAP_FORCE, XMAP_ALIAS as action: index of the object in
 *		struct xmap_domain; else 0
 */
struct xmap_range {
	u64 pfn;
	u64 nr;
	u64 to;
	u16 kind;
	u16 object;
};

/**
 * enum xmap_fail - why there is no plan
 * @XMAP_OK: there is
 * @XMAP_FAIL_INPUT: no frames, or too many frames or objects
 * @XMAP_FAIL_COLLISION: what cannot move lies over what cannot move
 * @XMAP_FAIL_ROOM: there is no free place for an object or a region
 * @XMAP_FAIL_LIMIT: what cannot move lies beyond mem= or the kernel's limit
 * @XMAP_FAIL_TABLE: an array of the caller is too short
 */
enum xmap_fail {
	XMAP_OK,
	XMAP_FAIL_INPUT,
	XMAP_FAIL_COLLISION,
	XMAP_FAIL_ROOM,
	XMAP_FAIL_LIMIT,
	XMAP_FAIL_TABLE,
};

/**
 * struct xmap_error - why there is no plan
 * @fail:	one of enum xmap_fail
 * @dom0:	for the advice
 * @mem:	for the advice: the limit is that of mem= or memmap=, not the kernel's
 * @object:	name of the object, or NULL
 * @pfn:	first page of the object
 * @nr:		pages of the object
 * @need:	pages without a place, or the PFN behind the object (XMAP_FAIL_LIMIT)
 * @entry:	what it collides with; type XMAP_GAP where the map says nothing
 */
struct xmap_error {
	enum xmap_fail fail;
	bool dom0;
	bool mem;
	const char *object;
	u64 pfn;
	u64 nr;
	u64 need;
	struct xmap_entry entry;
};

/**
 * struct xmap_plan - what shall become of every page and every PFN
 * @e820:	the map for the kernel; array of the caller, not that of the map planned from
 * @p2m:	states, sorted and without gaps from PFN 0 on; array of the caller
 * @max_p2m:	its size, XMAP_MAX_RANGES suffices for any map
 * @nr_p2m:	ranges in use
 * @action:	steps, in order; array of the caller
 * @max_action:	its size, XMAP_MAX_RANGES suffices for any map
 * @nr_action:	steps in use
 * @p2m_pfns:	first PFN beyond @p2m; from here on all is identity
 * @ram_end:	first PFN beyond RAM, extra memory included
 * @pages:	pages in @p2m and @action by kind
 * @notes:	bits 1 << enum xmap_note, those of the map included
 * @error:	valid if xmap_make_plan() failed
 *
 * Plans can be compared (xmap_same_plan()) and printed (xmap_format_range()).
 */
struct xmap_plan {
	struct xmap e820;
	struct xmap_range *p2m;
	unsigned int max_p2m;
	unsigned int nr_p2m;
	struct xmap_range *action;
	unsigned int max_action;
	unsigned int nr_action;
	u64 p2m_pfns;
	u64 ram_end;
	u64 pages[XMAP_NR_KINDS];
	u32 notes;
	struct xmap_error error;
};

/**
 * struct xmap_segment - part of an action that fits in a batch
 * @pfn:	first PFN
 * @to:		first PFN of the new place (XMAP_MOVE)
 * @nr:		pages
 */
struct xmap_segment {
	u64 pfn;
	u64 to;
	u64 nr;
};

/**
 * struct xmap_cursor - how far actions are done; all 0 at the start
 * @index:	action
 * @done:	pages of it
 */
struct xmap_cursor {
	unsigned int index;
	u64 done;
};

/**
 * enum xmap_leaf_kind - how a page of the P2M, a leaf, is backed
 * @XMAP_LEAF_OWN: a page of its own
 * @XMAP_LEAF_MISSING: the shared leaf of missing pages
 * @XMAP_LEAF_IDENTITY: the shared leaf of identity pages
 * @XMAP_PMD_MISSING: 512 leaves: the shared page table of missing leaves
 * @XMAP_PMD_IDENTITY: 512 leaves: the shared page table of identity leaves
 * @XMAP_NR_LEAF_KINDS: number of kinds
 *
 * Both shared leaves are full of INVALID_P2M_ENTRY; what backs a PFN tells missing from
 * identity.
 */
enum xmap_leaf_kind {
	XMAP_LEAF_OWN,
	XMAP_LEAF_MISSING,
	XMAP_LEAF_IDENTITY,
	XMAP_PMD_MISSING,
	XMAP_PMD_IDENTITY,
	XMAP_NR_LEAF_KINDS,
};

/**
 * struct xmap_leaves - neighbouring leaves of the P2M that are backed alike
 * @leaf:	first leaf; leaf n has the PFNs from n * 512
 * @nr:		leaves; of XMAP_PMD_* a multiple of 512, @leaf too
 * @kind:	one of enum xmap_leaf_kind
 */
struct xmap_leaves {
	u64 leaf;
	u64 nr;
	u32 kind;
};

/* Elements that xmap_plan_leaves() needs: own, shared, PMD, shared of each range. */
#define XMAP_MAX_LEAVES		(4 * (XMAP_MAX_RANGES + 1))

int xmap_sanitise(const struct xmap_raw *raw, unsigned int nr, enum xmap_view view,
		  u64 low_reserved, struct xmap_edge *edges, struct xmap *map);
int xmap_build(const struct xmap_source *src, struct xmap_edge *edges, struct xmap *map);
int xmap_set(struct xmap *map, u64 start, u64 end, u32 type);
u64 xmap_hotplug_start(const struct xmap *map, bool dom0);
u64 xmap_mem_limit(char *cmdline);

bool xmap_boot_memory(const struct xmap *map, const struct xmap_domain *dom, u64 bytes_per_page,
		      struct xmap_object *obj);
int xmap_make_plan(const struct xmap *map, const struct xmap_domain *dom,
		   struct xmap_plan *plan);
bool xmap_same_plan(const struct xmap_plan *a, const struct xmap_plan *b);
const struct xmap_range *xmap_find(const struct xmap_plan *plan, u64 pfn);
bool xmap_is_bare(const struct xmap_plan *plan, u64 pfn, u64 nr);
bool xmap_next_within(const struct xmap_plan *plan, enum xmap_kind kind, u64 *pfn, u64 end,
		      struct xmap_range *part);
bool xmap_next_segment(const struct xmap_plan *plan, enum xmap_kind kind,
		       struct xmap_cursor *cursor, u64 room, struct xmap_segment *seg);
int xmap_plan_leaves(const struct xmap_plan *plan, u64 area_pfns, struct xmap_leaves *out,
		     unsigned int max);

int xmap_format_range(char *buf, size_t size, const struct xmap_range *range);
int xmap_format_entry(char *buf, size_t size, const struct xmap_entry *entry);
int xmap_format_error(char *buf, size_t size, const struct xmap_error *error);
const char *xmap_note_text(enum xmap_note note);

#endif /* _XEN_MEMMAP_H */
