// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware regions that gave way to memory that cannot move.
 *
 * Kernel, page tables and start info lie where the domain builder put them.  If the host's
 * firmware has a region of ACPI memory there, that region appears at another PFN.  ACPI
 * knows it by its machine address, so that its requests are diverted.
 */

#include <linux/acpi.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/printk.h>

#include <asm/xen/page.h>

#include "memmap.h"
#include "xen-ops.h"

/**
 * struct nonram_alias - a region that appears elsewhere
 * @maddr:	first byte, machine address
 * @paddr:	where it appears, pseudo-physical address with the same offset in its page
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
static void __iomem *acpi_ioremap_alias(acpi_physical_address phys, acpi_size size)
{
	unsigned int i;

	for (i = 0; i < nonram.nr; i++) {
		const struct nonram_alias *a = &nonram.alias[i];
		phys_addr_t offset = phys - a->maddr;

		if (phys >= a->maddr && offset < a->size && size <= a->size - offset)
			return x86_acpi_os_ioremap(a->paddr + offset, size);
	}
	return x86_acpi_os_ioremap(phys, size);
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
 * @paddr: first byte where it shall appear, in RAM without frames
 * @size: bytes
 *
 * xen_do_remap_nonram() carries it out. A region that cannot be noted stays unreachable,
 * with a message.
 *
 * Context: Early boot, no allocation.
 */
void __init xen_add_remap_nonram(phys_addr_t maddr, phys_addr_t paddr, unsigned long size)
{
	if (nonram.nr == ARRAY_SIZE(nonram.alias)) {
		pr_err("xen: firmware region at %pa: more than %zu in the way of the kernel\n",
		       &maddr, ARRAY_SIZE(nonram.alias));
		return;
	}
	if (offset_in_page(maddr) != offset_in_page(paddr)) {
		pr_err("xen: firmware region at %pa cannot be at %pa: another offset in the page\n",
		       &maddr, &paddr);
		return;
	}
	if (!nonram.nr)
		divert_acpi();
	nonram.alias[nonram.nr++] = (struct nonram_alias){
		.maddr = maddr,
		.paddr = paddr,
		.size = size,
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
		unsigned long end = PFN_UP(a->paddr + a->size);

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
