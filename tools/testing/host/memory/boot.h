/* SPDX-License-Identifier: GPL-2.0-only */
/* What setup.c begins with. */
#ifndef HOST_MEMORY_BOOT_H
#define HOST_MEMORY_BOOT_H

#include "memory_boot.h"

/* No map and no plan yet, and room for both. */
static inline void boot_init(struct xen_mem_boot *boot)
{
	memset(boot, 0, sizeof(*boot));
	boot->map = (struct xmap){ .entry = boot->map_entry, .max = XMAP_MAX_ENTRIES };
	boot->plan = (struct xmap_plan){
		.e820 = { .entry = boot->e820_entry, .max = XMAP_MAX_ENTRIES },
		.p2m = boot->p2m, .max_p2m = XMAP_MAX_RANGES,
		.action = boot->action, .max_action = XMAP_MAX_RANGES,
	};
}

#endif /* HOST_MEMORY_BOOT_H */
