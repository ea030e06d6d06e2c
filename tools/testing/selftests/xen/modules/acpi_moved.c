// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does ACPI reach memory of the firmware that lies where a PV dom0 has its kernel?
 *
 *	insmod acpi_moved.ko at=ADDRESS size=BYTES
 *
 * maps that as ACPI does, reads it, writes to it, and looks at the RAM that the kernel has at
 * PFNs of the same numbers.  Xen's option firmware-at= made the memory, so that each of its
 * words is the number of its frame.  The module is loaded if all was well, and the log has the
 * reason if not.  Nothing is written before the mapping is known to be right.
 */

#define pr_fmt(fmt) "acpi_moved: " fmt

#include <linux/acpi.h>
#include <linux/align.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pfn.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <asm/xen/page.h>

#include <xen/xen.h>

static unsigned long at;
module_param(at, ulong, 0);
MODULE_PARM_DESC(at, "machine address");

static unsigned long size;
module_param(size, ulong, 0);
MODULE_PARM_DESC(size, "bytes");

static int is_firmware(void *map)
{
	unsigned long i;

	for (i = 0; i < size; i++) {
		phys_addr_t maddr = arbitrary_virt_to_machine(map + i).maddr;

		if (maddr == at + i)
			continue;
		pr_info("%#lx is mapped to machine address %pa\n", at + i, &maddr);
		return -EIO;
	}
	return 0;
}

/* Each word is the number of its frame, or the complement of it if it was written to. */
static int has_words(void *map, unsigned long mask)
{
	unsigned long i, word;

	for (i = ALIGN(at, sizeof(word)) - at; i + sizeof(word) <= size; i += sizeof(word)) {
		word = READ_ONCE(*(unsigned long *)(map + i));
		if (word == (PFN_DOWN(at + i) ^ mask))
			continue;
		pr_info("%#lx has %#lx\n", at + i, word);
		return -EIO;
	}
	return 0;
}

static void write_words(void *map, unsigned long mask)
{
	unsigned long i, word;

	for (i = ALIGN(at, sizeof(word)) - at; i + sizeof(word) <= size; i += sizeof(word))
		WRITE_ONCE(*(unsigned long *)(map + i), PFN_DOWN(at + i) ^ mask);
}

static int use_mapping(void *map)
{
	int rc = is_firmware(map) ?: has_words(map, 0);

	if (rc)
		return rc;
	write_words(map, ~0UL);
	rc = has_words(map, ~0UL);
	write_words(map, 0);
	return rc;
}

static int try_mapping(void)
{
	void *map = acpi_os_map_memory(at, size);
	int rc;

	if (!map) {
		pr_info("%#lx bytes at %#lx cannot be mapped\n", size, at);
		return -ENXIO;
	}
	rc = use_mapping(map);
	acpi_os_unmap_memory(map, size);
	return rc;
}

/* The kernel has RAM there, which stays as it is. */
static int __init acpi_moved_init(void)
{
	void *ram = __va(at), *before;
	int rc;

	if (!xen_initial_domain() || !xen_pv_domain() || !size)
		return -EINVAL;
	if (!page_is_ram(PFN_DOWN(at)) || !page_is_ram(PFN_DOWN(at + size - 1))) {
		pr_info("no RAM at %#lx, it is not the kernel's\n", at);
		return -EINVAL;
	}
	before = kmemdup(ram, size, GFP_KERNEL);
	if (!before)
		return -ENOMEM;

	rc = try_mapping();
	if (memcmp(before, ram, size)) {
		pr_info("RAM at %#lx has changed\n", at);
		rc = -EIO;
	}
	kfree(before);
	return rc;
}
module_init(acpi_moved_init);

/* Nothing is left, but without this it could not be unloaded. */
static void __exit acpi_moved_exit(void)
{
}
module_exit(acpi_moved_exit);

MODULE_DESCRIPTION("Does ACPI reach firmware that lies where dom0 has its kernel?");
MODULE_LICENSE("GPL");
