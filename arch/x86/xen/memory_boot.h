/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of a PV domain at boot: what the files share that act on a plan. */
#ifndef _XEN_MEMORY_BOOT_H
#define _XEN_MEMORY_BOOT_H

#include <linux/types.h>

#include <asm/page_types.h>
#include <asm/xen/hypervisor.h>

#include <xen/interface/xen.h>

#include "memmap.h"

/* Pages whose frames change hands in one hypercall. */
#define XEN_MEM_BATCH		1024
/* Pages of a ledger that are mapped at a time. */
#define XEN_LEDGER_PAGES	16
#define XEN_LEDGER_WORDS	(XEN_LEDGER_PAGES * (PAGE_SIZE / sizeof(u64)))

/**
 * struct xen_mem_options - what the command line says of memory
 * @mem_limit:	bytes that mem= or memmap= leave, 0 for no limit
 * @pci_hole:	start of the hole that xen.pci_hole= asks for, in bytes; 0 for none
 * @limit_512gb: a domU keeps below 512 GiB
 */
struct xen_mem_options {
	u64 mem_limit;
	u64 pci_hole;
	bool limit_512gb;
};

/**
 * struct xen_mem_batch - updates of page tables and M2P that wait for their hypercall
 * @req:	requests; two for a page, its M2P entry and its PTE
 * @nr:		requests that wait
 * @failed:	requests that Xen refused, in all
 * @calls:	hypercalls to move and release pages, those of ledger and releases included
 */
struct xen_mem_batch {
	struct mmu_update req[2 * XEN_MEM_BATCH];
	unsigned int nr;
	unsigned long failed;
	unsigned long calls;
};

/**
 * struct xen_ledger - where the frames are noted that have lost their PFN
 * @mfn:	frames of the block that was written last
 * @pages:	how many there are, 0 if no block was written
 */
struct xen_ledger {
	u64 mfn[XEN_LEDGER_PAGES];
	unsigned int pages;
};

/**
 * struct xen_mem_boot - all that memory setup knows, from the first hypercall on
 * @raw:	the map as it came from Xen; of no use once @map is made
 * @edges:	scratch of xmap_build()
 * @window:	shares the space of both: addresses to map frames at that have no PFN
 * @map_entry:	array of @map
 * @e820_entry:	array of @plan.e820
 * @p2m:	array of @plan.p2m
 * @action:	array of @plan.action
 * @object:	what the boot depends on
 * @opt:	the command line
 * @map:	the sanitised map
 * @dom:	the domain, as the planner sees it
 * @plan:	what becomes of it
 * @granted:	where the P2M list is about to be copied to, 0 otherwise
 * @granted_size: bytes that are free there
 * @batch:	requests for mmu_update
 * @frame:	frames on their way to Xen
 * @nr_frames:	how many wait for their hypercall
 * @ledger:	frames between two PFNs
 * @released:	pages that Xen took back
 * @lost:	pages that Xen did not take back, and which have no PFN any more
 *
 * There is no allocator when this is filled, so that it must be static.  It is used until the
 * page tables are complete and not later: initdata, which goes back to the domain.
 */
struct xen_mem_boot {
	union {
		struct {
			struct xmap_raw raw[XMAP_MAX_RAW];
			struct xmap_edge edges[XMAP_MAX_EDGES];
		};
		u64 window[XEN_LEDGER_WORDS] __aligned(PAGE_SIZE);
	};
	struct xmap_entry map_entry[XMAP_MAX_ENTRIES];
	struct xmap_entry e820_entry[XMAP_MAX_ENTRIES];
	struct xmap_range p2m[XMAP_MAX_RANGES];
	struct xmap_range action[XMAP_MAX_RANGES];
	struct xmap_object object[XMAP_MAX_OBJECTS];
	struct xen_mem_options opt;
	struct xmap map;
	struct xmap_domain dom;
	struct xmap_plan plan;
	phys_addr_t granted;
	phys_addr_t granted_size;
	struct xen_mem_batch batch;
	xen_pfn_t frame[XEN_MEM_BATCH];
	unsigned int nr_frames;
	struct xen_ledger ledger;
	unsigned long released;
	unsigned long lost;
};

/**
 * struct xen_guest_console - the console of a guest, as start_info has it
 * @mfn:	frame of the ring
 * @port:	event channel to the console daemon
 */
struct xen_guest_console {
	unsigned long mfn;
	u32 port;
};

/* Only a guest has this; start_info of dom0 has something else there. */
static inline const struct xen_guest_console *xen_guest_console(void)
{
	return (const void *)&xen_start_info->console;
}

phys_addr_t xen_initrd_start(void);
const struct xmap_plan *xen_boot_plan(void);

void xen_read_mem_options(char *cmdline, struct xen_mem_options *opt);
void xen_read_memory_map(struct xen_mem_boot *boot, struct xmap_source *src);
u64 xen_read_max_pages(u64 limit);

void xen_apply_plan(struct xen_mem_boot *boot);
void xen_finish_plan(struct xen_mem_boot *boot);
void xen_note_frames(struct xen_mem_boot *boot);
unsigned long xen_place_frames(struct xen_mem_boot *boot);
void xen_release_frames(struct xen_mem_boot *boot);
void xen_release_frame(struct xen_mem_boot *boot, unsigned long mfn);
void xen_flush_releases(struct xen_mem_boot *boot);

pte_t *xen_boot_pte(unsigned long pfn);
void xen_zap_pages(struct xen_mem_boot *boot, unsigned long pfn, unsigned long nr);
void xen_drop_tables(struct xen_mem_boot *boot);
void xen_queue_update(struct xen_mem_boot *boot, u64 ptr, u64 val);
void xen_flush_updates(struct xen_mem_boot *boot);

void xen_log_plan(const struct xmap_plan *plan);
void xen_mem_last_words(const struct xmap_plan *plan);

#endif /* _XEN_MEMORY_BOOT_H */
