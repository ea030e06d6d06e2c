// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware regions that gave way to memory that cannot move.
 *
 * Kernel, page tables and start info lie where the domain builder put them.  If the host's
 * firmware has a region of ACPI memory there, that region appears at other PFNs, and its own
 * are RAM.  ACPI knows it by its machine address: that is diverted, and not taken for the RAM
 * of the same number.
 */

#include <linux/acpi.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/printk.h>

#include <xen/acpi_table.h>

#include <asm/xen/page.h>

#include "memmap.h"
#include "xen-ops.h"

/**
 * struct nonram_alias - a region that appears elsewhere, with all of its first and last page
 * @maddr:	first byte, machine address
 * @paddr:	where it appears, pseudo-physical address
 * @size:	bytes
 */
struct nonram_alias {
	phys_addr_t maddr;
	phys_addr_t paddr;
	unsigned long size;
};

/**
 * struct nonram_aliases - all of them; written at boot only
 * @alias:	the regions
 * @nr:		elements in use
 */
static struct nonram_aliases {
	struct nonram_alias alias[XMAP_MAX_ALIAS];
	unsigned int nr;
} nonram __ro_after_init;

#ifdef CONFIG_ACPI
/* The region that has all of these bytes. */
static const struct nonram_alias *find_alias(u64 phys, u64 size)
{
	unsigned int i;

	for (i = 0; i < nonram.nr; i++) {
		const struct nonram_alias *a = &nonram.alias[i];
		u64 offset = phys - a->maddr;

		if (phys >= a->maddr && offset < a->size && size <= a->size - offset)
			return a;
	}
	return NULL;
}

/**
 * xen_acpi_table_address() - find where an ACPI table can be mapped
 * @phys: the table's machine address, as other tables have it
 *
 * That is for early_memremap(). What ACPI maps later goes through acpi_os_ioremap(), which is
 * diverted, for xen_acpi_moved() keeps it from being taken for RAM.
 *
 * Context: Early boot, from xen_memory_setup() on.
 * Return: the address that stands for @phys; @phys itself unless the table gave way.
 */
u64 __init xen_acpi_table_address(u64 phys)
{
	const struct nonram_alias *a = find_alias(phys, 1);

	return a ? phys - a->maddr + a->paddr : phys;
}

/**
 * xen_acpi_moved() - does a frame of firmware appear at another PFN?
 * @mfn: the machine frame, as ACPI knows it
 *
 * RAM with that number as its PFN is something else then: the kernel, or what took its place.
 *
 * Context: Any, from xen_memory_setup() on.
 * Return: true if acpi_os_ioremap() is what maps it.
 */
bool xen_acpi_moved(unsigned long mfn)
{
	return find_alias(PFN_PHYS(mfn), 1);
}

/* A mapping follows the PFNs: what begins or ends in a region and has more cannot be had. */
static void __iomem *acpi_ioremap_alias(acpi_physical_address phys, acpi_size size)
{
	const struct nonram_alias *a = find_alias(phys, size);

	if (a)
		return x86_acpi_os_ioremap(phys - a->maddr + a->paddr, size);
	if (!xen_acpi_moved(PFN_DOWN(phys)) && !xen_acpi_moved(PFN_DOWN(phys + size - 1)))
		return x86_acpi_os_ioremap(phys, size);
	pr_err_ratelimited("xen: ACPI wants [mem %#llx-%#llx], and part of it gave way; %s\n", phys,
			   phys + size - 1,
			   "use a kernel with another CONFIG_PHYSICAL_START, or dom0=pvh");
	return NULL;
}

static void __init divert_acpi(void)
{
	acpi_os_ioremap = acpi_ioremap_alias;
}
#else
static void __init divert_acpi(void)
{
}
#endif

/**
 * xen_add_remap_nonram() - note that a region of firmware shall appear elsewhere
 * @maddr: first byte, machine address
 * @paddr: first byte where it shall appear, at PFNs that are not RAM; frames that they had are
 *	   moved or given back by the plan
 * @size: bytes
 *
 * Whole pages appear there, as Xen knows nothing less, and as ACPI maps them. A region that
 * cannot be noted stays unreachable, with a message. xen_do_remap_nonram() carries it out.
 *
 * Context: Early boot, no allocation.
 */
void __init xen_add_remap_nonram(phys_addr_t maddr, phys_addr_t paddr, unsigned long size)
{
	unsigned long offset = offset_in_page(maddr);

	if (nonram.nr == ARRAY_SIZE(nonram.alias)) {
		pr_err("xen: firmware region at %pa: more than %zu in the way of the kernel\n",
		       &maddr, ARRAY_SIZE(nonram.alias));
		return;
	}
	if (offset != offset_in_page(paddr)) {
		pr_err("xen: firmware region at %pa cannot be at %pa: another offset in the page\n",
		       &maddr, &paddr);
		return;
	}
	if (!nonram.nr)
		divert_acpi();
	nonram.alias[nonram.nr++] = (struct nonram_alias){
		.maddr = maddr - offset,
		.paddr = paddr - offset,
		.size = PAGE_ALIGN(offset + size),
	};
}

/**
 * xen_do_remap_nonram() - let regions of firmware appear where they shall
 *
 * Context: Boot, after xen_vmalloc_p2m_tree(). Takes p2m_state.lock.
 */
void __init xen_do_remap_nonram(void)
{
	unsigned long pages = 0;
	unsigned int i;

	for (i = 0; i < nonram.nr; i++) {
		const struct nonram_alias *a = &nonram.alias[i];
		unsigned long mfn = PFN_DOWN(a->maddr);
		unsigned long pfn = PFN_DOWN(a->paddr);
		unsigned long end = pfn + PFN_DOWN(a->size);

		for (; pfn < end; pfn++, mfn++, pages++) {
			if (set_phys_to_machine(pfn, mfn))
				continue;
			pr_err("xen: no P2M entry %#lx for firmware %#lx; dom0 needs more memory\n",
			       pfn, mfn);
			break;
		}
	}

	pr_info("Remapped %lu non-RAM page(s)\n", pages);
}
