/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XEN_HOTPLUG_H
#define _XEN_HOTPLUG_H

#include <linux/types.h>

/*
 * A PV guest with the host's memory map does not know what lies in the holes below 4 GiB: BARs of
 * a device that it may be given.  From which physical address on may it add memory?
 */
#ifdef CONFIG_XEN_PV
u64 xen_hotplug_start(void);
#else
static inline u64 xen_hotplug_start(void)
{
	return 0;
}
#endif

#endif /* _XEN_HOTPLUG_H */
