// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words for maps and plans: log, debugfs and the last words of a boot that cannot go on.
 *
 * Pure: no printing here, the caller knows which console works.
 */

#include <linux/sprintf.h>
#include <linux/types.h>

#include "memmap.h"

static const char * const kind_name[XMAP_NR_KINDS] = {
	[XMAP_KEEP]	= "keep",
	[XMAP_HELD]	= "held",
	[XMAP_TARGET]	= "target",
	[XMAP_EXTRA]	= "extra",
	[XMAP_UNUSED]	= "unused",
	[XMAP_IDENTITY]	= "identity",
	[XMAP_ALIAS]	= "alias",
	[XMAP_FORCE]	= "force",
	[XMAP_COPY]	= "copy",
	[XMAP_MOVE]	= "move",
	[XMAP_RELEASE]	= "release",
};

static const char * const note_text[XMAP_NR_NOTES] = {
	[XMAP_NOTE_NO_MAP]	= "Xen has no memory map for this domain, made one",
	[XMAP_NOTE_NO_RAM]	= "the memory map has no RAM, made another one",
	[XMAP_NOTE_CUT]		= "the memory map may be cut, frames may go back to Xen",
	[XMAP_NOTE_EMPTY]	= "disregarded empty entries of the memory map",
	[XMAP_NOTE_WRAP]	= "entries of the memory map wrap: out, but RAM of PV fills gaps",
	[XMAP_NOTE_TYPE]	= "entries of the memory map are of unknown type, took as reserved",
	[XMAP_NOTE_HOLE_MADE]	= "made a hole for PCI devices below 4 GiB",
	[XMAP_NOTE_HOLE_RAISED]	= "the hole starts above kernel and boot data, not where asked",
	[XMAP_NOTE_HOLE_IGNORED] = "xen.pci_hole= ignored: the map has a layout, or START is high",
	[XMAP_NOTE_APPENDED]	= "added RAM to the memory map, which had too little",
	[XMAP_NOTE_RELEASED]	= "memory went back to Xen: the map or mem= has no place for it",
	[XMAP_NOTE_EXTRA_CUT]	= "too many regions of memory to balloon in, dropped some",
	[XMAP_NOTE_SHORTENED]	= "the memory map is too long, left out its smallest regions",
	[XMAP_NOTE_BAR_RISK]	= "RAM in a hole of the host: a device there would not work",
};

static const char *type_name(u32 type)
{
	switch (type) {
	case XMAP_GAP:
		return "gap";
	case XMAP_RAM:
		return "RAM";
	case XMAP_RESERVED:
		return "RESERVED";
	case XMAP_ACPI:
		return "ACPI";
	case XMAP_NVS:
		return "NVS";
	case XMAP_UNUSABLE:
		return "UNUSABLE";
	case XMAP_PMEM:
		return "PMEM";
	case XMAP_PRAM:
		return "PRAM";
	default:
		return "unknown";
	}
}

/**
 * xmap_format_range() - write one line of a plan
 * @buf: where to, without a newline
 * @size: bytes in @buf
 * @range: a state or an action
 *
 * Context: Any.
 * Return: characters written, without the terminator.
 */
int xmap_format_range(char *buf, size_t size, const struct xmap_range *range)
{
	const char *name = range->kind < XMAP_NR_KINDS ? kind_name[range->kind] : "unknown";
	u64 last = range->pfn + range->nr - 1;

	switch (range->kind) {
	case XMAP_COPY:
	case XMAP_MOVE:
		return scnprintf(buf, size, "%-8s pfn %#llx-%#llx to pfn %#llx (%llu pages)", name,
				 range->pfn, last, range->to, range->nr);
	case XMAP_ALIAS:
		return scnprintf(buf, size, "%-8s pfn %#llx-%#llx is mfn %#llx (%llu pages)", name,
				 range->pfn, last, range->to, range->nr);
	default:
		return scnprintf(buf, size, "%-8s pfn %#llx-%#llx (%llu pages)", name, range->pfn,
				 last, range->nr);
	}
}

/**
 * xmap_format_entry() - write one line of a map
 * @buf: where to, without a newline
 * @size: bytes in @buf
 * @entry: the entry
 *
 * Context: Any.
 * Return: characters written, without the terminator.
 */
int xmap_format_entry(char *buf, size_t size, const struct xmap_entry *entry)
{
	return scnprintf(buf, size, "[mem 0x%016llx-0x%016llx] %s", entry->start, entry->end - 1,
			 type_name(entry->type));
}

/* What the admin can change. */
static const char *advice(const struct xmap_error *error)
{
	switch (error->fail) {
	case XMAP_FAIL_COLLISION:
		return "use a kernel with another CONFIG_PHYSICAL_START, or dom0=pvh";
	case XMAP_FAIL_ROOM:
		if (error->dom0)
			return "give dom0 more memory, or a smaller initrd";
		return "give the guest more memory, or a smaller initrd, or a larger mem=";
	case XMAP_FAIL_LIMIT:
		if (error->mem)
			return "give a larger mem=, or none";
		if (error->dom0)
			return "give dom0 less memory, or a smaller initrd";
		return "give xen_512gb_limit=0, or the guest less memory, or a smaller initrd";
	case XMAP_FAIL_TABLE:
		if (error->dom0)
			return "use a kernel with a larger CONFIG_NODES_SHIFT, or dom0=pvh";
		return "use a simpler memory map (e820_host=0)";
	default:
		return "check the domain's memory settings";
	}
}

static int format_reason(char *buf, size_t size, const struct xmap_error *error)
{
	const struct xmap_entry *e = &error->entry;
	const char *type = type_name(e->type);
	int n;

	switch (error->fail) {
	case XMAP_FAIL_COLLISION:
		return scnprintf(buf, size, " collides with %s at [mem %#llx-%#llx]",
				 type, e->start, e->end - 1);
	case XMAP_FAIL_ROOM:
		if (e->start == e->end)
			return scnprintf(buf, size, " must move, no room for its %llu pages",
					 error->need);
		n = scnprintf(buf, size, " collides with %s at [mem %#llx-%#llx]", type, e->start,
			      e->end - 1);
		return n + scnprintf(buf + n, size - n, ", no room to move %llu pages",
				     error->need);
	case XMAP_FAIL_LIMIT:
		return scnprintf(buf, size, " lies beyond the limit, needs RAM up to %#llx",
				 error->need << XMAP_PAGE_SHIFT);
	case XMAP_FAIL_TABLE:
		return scnprintf(buf, size, ": too many ranges");
	default:
		return scnprintf(buf, size, ": nothing to plan for");
	}
}

/**
 * xmap_format_error() - write why there is no plan, and what to change
 * @buf: where to, without a newline; 256 bytes suffice
 * @size: bytes in @buf
 * @error: plan->error after xmap_make_plan() failed
 *
 * Context: Any.
 * Return: characters written, without the terminator.
 */
int xmap_format_error(char *buf, size_t size, const struct xmap_error *error)
{
	u64 start = error->pfn << XMAP_PAGE_SHIFT;
	int len;

	if (error->object)
		len = scnprintf(buf, size, "memory setup: %s at [mem %#llx-%#llx]", error->object,
				start, start + (error->nr << XMAP_PAGE_SHIFT) - 1);
	else
		len = scnprintf(buf, size, "memory setup");

	len += format_reason(buf + len, size - len, error);
	len += scnprintf(buf + len, size - len, "; %s", advice(error));
	return len;
}

/**
 * xmap_note_text() - words for what was met
 * @note: bit number in xmap->notes or plan->notes
 *
 * Context: Any.
 * Return: a sentence without a full stop; "" for an unknown note.
 */
const char *xmap_note_text(enum xmap_note note)
{
	return (unsigned int)note < XMAP_NR_NOTES ? note_text[note] : "";
}
