/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a PVH kernel of 32 bits maps before it looks at what its loader left.
 *
 * Its first page tables end a little behind the kernel.  The loader puts the list of
 * modules and the memory map behind the modules, and a ramdisk is larger than that
 * little: reading them is a fault that nobody handles yet, and the guest is gone
 * without a word.
 */
#ifndef _XEN_PVH_EARLY_H
#define _XEN_PVH_EARLY_H

#include <linux/minmax.h>
#include <linux/types.h>
#include <xen/xen.h>

/**
 * pvh_early_end() - where what the loader left ends
 * @info: the loader's start info, or zeroes if the kernel was not entered as PVH
 * @limit: physical address up to which the first page tables map anyway
 * @most: physical address up to which they can
 *
 * xen/interface/hvm/start_info.h has the layout; the memory map came with version 1.
 *
 * Context: Paging is off, so nothing that is not inlined may be called.
 * Return: @limit, or what is to be mapped instead; never beyond @most.
 */
static __always_inline unsigned long pvh_early_end(const struct hvm_start_info *info,
						   unsigned long limit, unsigned long most)
{
	u64 modules = info->modlist_paddr +
		      (u64)info->nr_modules * sizeof(struct hvm_modlist_entry);
	u64 map = info->memmap_paddr +
		  (u64)info->memmap_entries * sizeof(struct hvm_memmap_table_entry);
	u64 end = limit;

	if (info->magic != XEN_HVM_START_MAGIC_VALUE)
		return limit;
	if (info->nr_modules && modules <= most)
		end = max(end, modules);
	if (info->version > 0 && map <= most)
		end = max(end, map);
	return end;
}

#endif /* _XEN_PVH_EARLY_H */
