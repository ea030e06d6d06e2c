// SPDX-License-Identifier: GPL-2.0-only
/*
 * Carry out a plan for the memory of a PV domain.
 *
 * In two parts, as there is neither an allocator nor a direct map when the e820 is due.  The
 * first part, xen_apply_plan(), leaves a correct e820 and a P2M in which holes are identity,
 * for firmware tables are read soon.  Frames that lay in holes are in the ledger meanwhile, and
 * their new PFNs are RAM in the e820 that nobody may allocate.  xen_finish_plan() brings both
 * together.
 */

#define pr_fmt(fmt) "xen: " fmt

#include <linux/init.h>
#include <linux/io.h>
#include <linux/memblock.h>
#include <linux/memory_hotplug.h>
#include <linux/minmax.h>
#include <linux/pfn.h>
#include <linux/pgtable.h>
#include <linux/printk.h>
#include <linux/string.h>

#include <asm/e820/api.h>
#include <asm/setup.h>
#include <asm/xen/hypervisor.h>
#include <asm/xen/page.h>

#include <xen/page.h>
#include <xen/xen.h>

#include "memory_boot.h"
#include "xen-ops.h"

/* early_memremap() takes no more. */
#define COPY_CHUNK	((phys_addr_t)NR_FIX_BTMAPS << PAGE_SHIFT)

/* Both start at a page. */
static void __init copy_pages(phys_addr_t to, phys_addr_t from, phys_addr_t size)
{
	phys_addr_t done, len;
	void *src, *dst;

	for (done = 0; done < size; done += len) {
		len = min(size - done, COPY_CHUNK);
		src = early_memremap(from + done, len);
		dst = early_memremap(to + done, len);
		memcpy(dst, src, len);
		early_memunmap(dst, len);
		early_memunmap(src, len);
	}
}

static void __init move_initrd(phys_addr_t to)
{
	phys_addr_t from = xen_initrd_start(), size = xen_start_info->mod_len;

	/* free_initrd_mem() gives whole pages to the allocator. */
	memblock_reserve(to, PAGE_ALIGN(size));
	copy_pages(to, from, size);
	memblock_phys_free(from, PAGE_ALIGN(size));
	boot_params.hdr.ramdisk_image = lower_32_bits(to);
	boot_params.ext_ramdisk_image = upper_32_bits(to);
	pr_info("initrd copied from [mem %#llx-%#llx] to %#llx\n", from, from + size - 1, to);
}

/* What has to be copied makes use of the new place by the way that its kind has. */
static void __init apply_copies(struct xen_mem_boot *boot)
{
	const struct xmap_plan *plan = &boot->plan;
	unsigned int i;

	for (i = 0; i < plan->nr_action; i++) {
		const struct xmap_range *r = &plan->action[i];

		if (r->kind != XMAP_COPY)
			continue;
		if (PFN_PHYS(boot->object[r->object].pfn) == xen_initrd_start()) {
			move_initrd(PFN_PHYS(r->to));
			continue;
		}
		/* xen_relocate_p2m() asks xen_find_free_area(). */
		boot->granted = PFN_PHYS(r->to);
		boot->granted_size = PFN_PHYS(r->nr);
		xen_relocate_p2m();
		boot->granted = 0;
		pr_info("P2M list moved to [mem %#llx-%#llx]\n", PFN_PHYS(r->to),
			PFN_PHYS(r->to + r->nr) - 1);
	}
}

/* The plan knows how many entries there is room for. */
static void __init fill_e820(const struct xmap *map)
{
	unsigned int i;

	for (i = 0; i < map->nr; i++) {
		const struct xmap_entry *e = &map->entry[i];

		e820__range_add(e->start, e->end - e->start, e->type);
	}
	e820__update_table(e820_table);
}

static bool __init has_no_frames(u16 kind)
{
	return kind == XMAP_TARGET || kind == XMAP_EXTRA;
}

/*
 * RAM without frames must not be allocated.  memblock cannot hold many regions yet, so that
 * all of it is one: RAM with frames lies below it, and holes do not matter.
 */
static void __init reserve_empty(const struct xmap_plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->nr_p2m; i++) {
		const struct xmap_range *r = &plan->p2m[i];

		if (!has_no_frames(r->kind))
			continue;
		memblock_reserve(PFN_PHYS(r->pfn), PFN_PHYS(plan->ram_end - r->pfn));
		break;
	}
}

/*
 * Tell the balloon driver and who maps grants of extra memory.  They go by page structures, which
 * are not there where memmap= took RAM away: memblock knows, once the command line is parsed.
 */
static void __init add_extra(const struct xen_mem_boot *boot)
{
	unsigned long start, end, last = 0, left_out = 0;
	unsigned int regions = 0;
	struct xmap_range r;
	u64 pfn;
	int i;

	for_each_mem_pfn_range(i, MAX_NUMNODES, &start, &end, NULL) {
		pfn = start;
		while (xmap_next_within(&boot->plan, XMAP_EXTRA, &pfn, end, &r)) {
			regions += r.pfn != last;
			last = r.pfn + r.nr;
			if (regions <= boot->dom.max_extra)
				xen_add_extra_mem(r.pfn, r.nr);
			else
				left_out += r.nr;
		}
	}
	if (left_out)
		pr_warn("%lu pages cannot be ballooned in: over %u regions, give fewer memmap=\n",
			left_out, boot->dom.max_extra);
}

/*
 * While booting no memory is added beyond the map; the balloon driver lifts that limit, to what
 * mem= says.  Neither limits what hot-plug adds once the boot is over: max_mem_size counts for
 * nothing then, see register_memory_resource().
 */
#if defined(CONFIG_MEMORY_HOTPLUG) && defined(CONFIG_XEN_BALLOON)
static void __init limit_hotplug(const struct xen_mem_boot *boot)
{
	xen_saved_max_mem_size = boot->opt.mem_limit ?: max_mem_size;
	max_mem_size = PFN_PHYS(boot->plan.ram_end);
}
#elif defined(CONFIG_MEMORY_HOTPLUG)
static void __init limit_hotplug(const struct xen_mem_boot *boot)
{
	max_mem_size = PFN_PHYS(boot->plan.ram_end);
}
#else
static void __init limit_hotplug(const struct xen_mem_boot *boot)
{
}
#endif

/* The machine frames of firmware that gave way, as far as the builder's list reaches. */
static void __init set_alias(const struct xmap_range *r)
{
	unsigned long end = min_t(unsigned long, r->pfn + r->nr, xen_p2m_size);
	unsigned long pfn;

	for (pfn = r->pfn; pfn < end; pfn++)
		__set_phys_to_machine(pfn, r->to + (pfn - r->pfn));
}

/* The builder's list says INVALID where it has no frame, and so do displaced frames. */
static void __init set_p2m(const struct xmap_plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->nr_p2m; i++) {
		const struct xmap_range *r = &plan->p2m[i];

		if (r->kind == XMAP_IDENTITY)
			set_phys_range_identity(r->pfn, r->pfn + r->nr);
		else if (r->kind == XMAP_ALIAS)
			set_alias(r);
	}
	set_phys_range_identity(plan->p2m_pfns, ~0UL);
	xen_max_p2m_pfn = plan->p2m_pfns;
}

/* ACPI looks for its regions at their machine addresses, and is led to their PFNs. */
static void __init register_aliases(const struct xmap_plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->nr_action; i++) {
		const struct xmap_range *r = &plan->action[i];

		if (r->kind == XMAP_ALIAS)
			xen_add_remap_nonram(PFN_PHYS(r->to), PFN_PHYS(r->pfn), PFN_PHYS(r->nr));
	}
}

/**
 * xen_apply_plan() - carry out the part of a plan that cannot wait
 * @boot: has the plan
 *
 * Afterwards e820 and the P2M are as planned but for XMAP_TARGET, whose PFNs are reserved in
 * memblock and have no frames.
 *
 * Context: Early boot, xen_memory_setup().
 */
void __init xen_apply_plan(struct xen_mem_boot *boot)
{
	const struct xmap_plan *plan = &boot->plan;

	apply_copies(boot);
	fill_e820(&plan->e820);
	reserve_empty(plan);
	limit_hotplug(boot);

	xen_note_frames(boot);
	xen_release_frames(boot);
	xen_drop_tables(boot);
	set_p2m(plan);
	register_aliases(plan);
	xen_released_pages = boot->released;
}

/* From now on memblock can hold every region: let the allocator have what has frames. */
static void __init unreserve_filled(const struct xmap_plan *plan)
{
	bool empty = false;
	unsigned int i;

	for (i = 0; i < plan->nr_p2m; i++) {
		const struct xmap_range *r = &plan->p2m[i];

		if (r->pfn >= plan->ram_end)
			break;
		empty |= has_no_frames(r->kind);
		if (empty && r->kind != XMAP_EXTRA)
			memblock_phys_free(PFN_PHYS(r->pfn), PFN_PHYS(r->nr));
	}
}

static bool __init is_usable(unsigned long pfn)
{
	pte_t *pte = xen_boot_pte(pfn);

	return get_phys_to_machine(pfn) != INVALID_P2M_ENTRY && (!pte || pte_present(*pte));
}

/* Some frames did not arrive.  Keep the allocator from their PFNs, and Xen has the frames. */
static unsigned long __init reserve_unfilled(struct xen_mem_boot *boot)
{
	const struct xmap_plan *plan = &boot->plan;
	unsigned long pfn, mfn, nr = 0;
	unsigned int i;

	for (i = 0; i < plan->nr_p2m; i++) {
		const struct xmap_range *r = &plan->p2m[i];

		if (r->kind != XMAP_TARGET)
			continue;
		for (pfn = r->pfn; pfn < r->pfn + r->nr; pfn++) {
			if (is_usable(pfn))
				continue;
			mfn = get_phys_to_machine(pfn);
			if (mfn != INVALID_P2M_ENTRY)
				xen_release_frame(boot, mfn);
			set_phys_to_machine(pfn, INVALID_P2M_ENTRY);
			memblock_reserve(PFN_PHYS(pfn), PAGE_SIZE);
			nr++;
		}
	}
	return nr;
}

/**
 * xen_finish_plan() - carry out the rest of a plan
 * @boot: has the plan
 *
 * Context: Early boot, when direct map, page structures and P2M are complete and memblock can
 * allocate.
 */
void __init xen_finish_plan(struct xen_mem_boot *boot)
{
	const struct xmap_plan *plan = &boot->plan;
	unsigned long placed = xen_place_frames(boot);

	unreserve_filled(plan);
	add_extra(boot);
	if (placed != plan->pages[XMAP_MOVE] || boot->batch.failed)
		pr_warn("%lu pages stay without memory: their frames could not be moved\n",
			reserve_unfilled(boot));
	xen_flush_releases(boot);
	xen_released_pages = boot->released;
	pr_info("moved %lu pages out of holes, gave back %lu, lost %lu, %lu hypercalls\n",
		placed, boot->released, boot->lost, boot->batch.calls);
	xen_do_remap_nonram();
}
