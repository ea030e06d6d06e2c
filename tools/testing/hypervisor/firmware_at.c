// SPDX-License-Identifier: GPL-2.0-only
/*
 * firmware-at=START-END:TYPE, for tests: RAM that is memory of the firmware.
 *
 * Shows what dom0 does about firmware where its kernel lies, on machines that have none there.
 * START and END are in KiB, or have one of Xen's units; TYPE is "acpi", for tables, or "nvs".
 * Each word there is the number of its frame.  Without the option nothing is done.
 */

#include <xen/errno.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/param.h>
#include <xen/pfn.h>
#include <xen/string.h>
#include <xen/vmap.h>
#include <asm/e820.h>

/**
 * struct firmware_region - what an option says
 * @start: first byte
 * @end: the byte behind the last one; @start if the map does not allow it
 * @type: that of the memory map
 */
struct firmware_region {
	unsigned long start;
	unsigned long end;
	unsigned int type;
};

static struct firmware_region region[4] __initdata;
static unsigned int nr_regions __initdata;

static int __init cf_check parse_region(const char *s)
{
	struct firmware_region *r = &region[nr_regions];

	if (nr_regions == ARRAY_SIZE(region))
		return -ENOSPC;
	r->start = parse_size_and_unit(s, &s);
	if (*s++ != '-')
		return -EINVAL;
	r->end = parse_size_and_unit(s, &s);
	if (*s++ != ':')
		return -EINVAL;
	if (strcmp(s, "acpi") && strcmp(s, "nvs"))
		return -EINVAL;
	r->type = *s == 'a' ? E820_ACPI : E820_NVS;
	nr_regions++;
	return 0;
}

custom_param("firmware-at", parse_region);

/**
 * make_firmware() - change the memory map as firmware-at= says
 *
 * What is not all RAM stays as it is, with a message.
 *
 * Context: Boot, before memory is taken by the map.
 */
void __init make_firmware(void)
{
	unsigned int i;

	for (i = 0; i < nr_regions; i++) {
		struct firmware_region *r = &region[i];

		if (e820_change_range_type(&e820, r->start, r->end, E820_RAM, r->type))
			continue;
		printk("firmware-at: %#lx-%#lx is not all RAM\n", r->start, r->end);
		r->end = r->start;
	}
}

static int __init fill_page(mfn_t mfn)
{
	unsigned long *word = vmap(&mfn, 1);
	unsigned int i;

	if (!word)
		return -ENOMEM;
	for (i = 0; i < PAGE_SIZE / sizeof(*word); i++)
		word[i] = mfn_x(mfn);
	vunmap(word);
	return 0;
}

static int __init cf_check fill_firmware(void)
{
	unsigned long at;
	unsigned int i;
	int rc = 0;

	for (i = 0; i < nr_regions; i++) {
		for (at = region[i].start & PAGE_MASK; !rc && at < region[i].end; at += PAGE_SIZE)
			rc = fill_page(maddr_to_mfn(at));
	}
	return rc;
}
presmp_initcall(fill_firmware);
