// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of a PV domain at boot: read, sanitise, plan, apply.
 *
 * This file knows the order, and what the rest of the kernel asks of it:
 *
 *	xen_memory_setup()	e820 is due: all four steps, as far as they can be done
 *	xen_chk_extra_mem()	until the P2M is complete: PFNs beyond the builder's list
 *	xen_remap_memory()	page tables are complete: the rest of the last step
 *
 * memmap.h says what each step is.
 */

#define pr_fmt(fmt) "xen: " fmt

#include <linux/init.h>
#include <linux/iscsi_ibft.h>
#include <linux/kernel.h>
#include <linux/memblock.h>
#include <linux/pfn.h>
#include <linux/pgtable.h>
#include <linux/printk.h>
#include <linux/sizes.h>

#include <asm/e820/types.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <asm/xen/hypervisor.h>
#include <asm/xen/page.h>

#include <xen/hotplug.h>
#include <xen/hvc-console.h>
#include <xen/page.h>
#include <xen/xen.h>

#include "memory_boot.h"
#include "p2m_layout.h"
#include "xen-ops.h"

/* Entries of the e820 table that are left to the kernel, which splits some at boot. */
#define E820_SPARE	8

/* The map has a region that may be a PCI device's: swiotlb-xen is needed. */
bool xen_pv_pci_possible;

/* Where hot-plug may begin, in bytes; the map that says it is gone after boot. */
static u64 hotplug_start __ro_after_init;

static struct xen_mem_boot boot __initdata = {
	.map = { .entry = boot.map_entry, .max = XMAP_MAX_ENTRIES },
	.plan = {
		.e820 = { .entry = boot.e820_entry, .max = XMAP_MAX_ENTRIES },
		.p2m = boot.p2m,
		.max_p2m = XMAP_MAX_RANGES,
		.action = boot.action,
		.max_action = XMAP_MAX_RANGES,
	},
	.dom = {
		.object = boot.object,
		.max_extra = XEN_EXTRA_MEM_MAX_REGIONS,
		.max_e820 = E820_MAX_ENTRIES - E820_SPARE,
	},
};

static struct xmap_object __init *add_object(const char *name, phys_addr_t start,
					     phys_addr_t size)
{
	struct xmap_object *obj = &boot.object[boot.dom.nr_objects];

	if (boot.dom.nr_objects == XMAP_MAX_OBJECTS)
		panic("xen: more boot data than planned for: %s", name);
	boot.dom.nr_objects++;
	obj->name = name;
	obj->pfn = PFN_DOWN(start);
	obj->nr = size ? PFN_UP(start + size) - obj->pfn : 0;
	return obj;
}

static void __init add_shared_page(const char *name, unsigned long mfn)
{
	if (mfn)
		add_object(name, PFN_PHYS(mfn_to_pfn(mfn)), PAGE_SIZE);
}

/* Pages of the P2M list and of page tables to map it; none is shared with anything else. */
static u64 __init p2m_list_pages(void)
{
	u64 size = xen_start_info->nr_pages * sizeof(unsigned long);

	return DIV_ROUND_UP(size, PAGE_SIZE) + DIV_ROUND_UP(size, PMD_SIZE) +
	       DIV_ROUND_UP(size, PUD_SIZE) + DIV_ROUND_UP(size, P4D_SIZE);
}

static void __init add_p2m_list(void)
{
	phys_addr_t start, size;
	struct xmap_object *obj;

	if (xen_start_info->mfn_list < __START_KERNEL_map) {
		start = PFN_PHYS(xen_start_info->first_p2m_pfn);
		size = PFN_PHYS(xen_start_info->nr_p2m_frames);
	} else {
		start = __pa(xen_start_info->mfn_list);
		size = xen_start_info->nr_pages * sizeof(unsigned long);
	}

	obj = add_object("P2M list", start, size);
	obj->movable = true;
	obj->need = p2m_list_pages();
	memblock_reserve(PFN_PHYS(obj->pfn), PFN_PHYS(obj->nr));
}

/* What the boot depends on.  Start info stays, for nobody could read it at another place yet. */
static void __init collect_objects(void)
{
	phys_addr_t kernel = __pa_symbol(_text);

	add_object("kernel", kernel, __pa_symbol(_end) - kernel);
	add_object("start info", __pa(xen_start_info), PAGE_SIZE);
	xen_pt_check_e820();
	add_shared_page("xenstore page", xen_start_info->store_mfn);
	if (!xen_initial_domain())
		add_shared_page("console page", xen_guest_console()->mfn);
	add_p2m_list();
	add_object("initrd", xen_initrd_start(), xen_start_info->mod_len)->movable = true;
}

/**
 * xen_chk_is_e820_usable() - have RAM where something is that cannot move
 * @start: first byte
 * @size: bytes
 * @component: what it is, for messages
 *
 * It is taken into account by the plan that is about to be made.  If there is no such plan, the
 * boot ends.
 *
 * Context: Early boot, called back by xen_pt_check_e820().
 */
void __init xen_chk_is_e820_usable(phys_addr_t start, phys_addr_t size, const char *component)
{
	add_object(component, start, size);
}

/* Where the highest thing ends that cannot move, in bytes. */
static u64 __init find_fixed_end(void)
{
	u64 end = 0;
	unsigned int i;

	for (i = 0; i < boot.dom.nr_objects; i++) {
		const struct xmap_object *obj = &boot.object[i];

		if (!obj->movable)
			end = max_t(u64, end, PFN_PHYS(obj->pfn + obj->nr));
	}
	return end;
}

/* Pages that the kernel can address, and that it may. */
static u64 __init find_limit(void)
{
	if (!xen_initial_domain() && boot.opt.limit_512gb)
		return min_t(u64, PFN_DOWN(MAXMEM), SZ_512G >> PAGE_SHIFT);
	return PFN_DOWN(MAXMEM);
}

/* iBFT is looked for in what may be RAM in the host's map. */
static u64 __init low_reserved(void)
{
	if (xen_initial_domain() && IS_ENABLED(CONFIG_ISCSI_IBFT_FIND))
		return SZ_512K;
	return ISA_START_ADDRESS;
}

static void __init read_and_sanitise(void)
{
	struct xmap_source src = {
		.dom0 = xen_initial_domain(),
		.nr_pages = xen_start_info->nr_pages,
		.low_reserved = low_reserved(),
		.pci_hole = boot.opt.pci_hole,
		.fixed_end = find_fixed_end(),
	};

	xen_read_memory_map(&boot, &src);
	/* The arrays are as long as they ever need to be, so that this does not fail. */
	if (xmap_build(&src, boot.edges, &boot.map))
		panic("xen: the memory map is too complex");
	xen_pv_pci_possible = boot.map.pci_possible;
	hotplug_start = xmap_hotplug_start(&boot.map, xen_initial_domain());
}

/* Page structures, page tables of the direct map and the P2M grow with memory. */
static void __init add_boot_memory(void)
{
	struct xmap_object obj;

	if (xmap_boot_memory(&boot.map, &boot.dom, sizeof(struct page) + 3 * sizeof(u64), &obj))
		add_object(obj.name, PFN_PHYS(obj.pfn), PFN_PHYS(obj.nr));
}

static void __init make_plan(void)
{
	struct xmap_domain *dom = &boot.dom;

	dom->dom0 = xen_initial_domain();
	dom->passthrough = !dom->dom0 && boot.map.pci_possible;
	dom->nr_pages = xen_start_info->nr_pages;
	dom->limit_pfn = find_limit();
	dom->mem_pfn = PFN_DOWN(boot.opt.mem_limit);
	dom->max_pages = xen_read_max_pages(dom->limit_pfn);
	add_boot_memory();
	if (xmap_make_plan(&boot.map, dom, &boot.plan)) {
		xen_mem_last_words(&boot.plan);
		panic("xen: no kernel can have this memory map");
	}
}

/**
 * xen_memory_setup() - set up the memory of a PV domain
 *
 * Hook x86_init.resources.memory_setup.
 *
 * Context: Early boot: no allocator, no direct map beyond the builder's, no console.
 * Return: where the e820 comes from, for the log.
 */
char __init *xen_memory_setup(void)
{
	xen_read_mem_options(boot_command_line, &boot.opt);
	collect_objects();
	read_and_sanitise();
	make_plan();
	xen_log_plan(&boot.plan);

	xen_apply_plan(&boot);
	pr_info("released %lu pages\n", boot.released);
	return "Xen";
}

/**
 * xen_hotplug_start() - find from where on memory may be added
 *
 * Context: Any, from xen_memory_setup() on.
 * Return: the first physical address; 0 for any, which it is if this is no PV domain.
 */
u64 xen_hotplug_start(void)
{
	return hotplug_start;
}

/**
 * xen_boot_plan() - look at the plan that the boot follows
 *
 * Context: From xen_memory_setup() until initdata is freed.
 * Return: the plan; empty if this is no PV domain.
 */
const struct xmap_plan __init *xen_boot_plan(void)
{
	return &boot.plan;
}

/**
 * xen_find_free_area() - find memory to move the P2M list to
 * @size: bytes
 *
 * Context: Early boot, called back by xen_relocate_p2m().
 * Return: physical address of memory that is reserved and can be used now, 0 if there is none.
 */
phys_addr_t __init xen_find_free_area(phys_addr_t size)
{
	if (!boot.granted || size > boot.granted_size)
		return 0;
	memblock_reserve(boot.granted, size);
	return boot.granted;
}

/**
 * xen_chk_extra_mem() - look up a PFN beyond the builder's P2M list
 * @pfn: the PFN
 *
 * Context: Early boot, between xen_memory_setup() and the complete P2M.
 * Return: what the P2M will say, INVALID_P2M_ENTRY where a frame is still to come.
 */
unsigned long __ref xen_chk_extra_mem(unsigned long pfn)
{
	return p2m_planned_entry(&boot.plan, pfn);
}

/**
 * xen_remap_memory() - have all frames at the PFNs that are planned for them
 *
 * Context: Early boot, when direct map and P2M are complete.
 */
void __init xen_remap_memory(void)
{
	xen_finish_plan(&boot);
}
