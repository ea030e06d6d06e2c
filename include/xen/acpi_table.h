/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XEN_ACPI_TABLE_H
#define _XEN_ACPI_TABLE_H

#include <linux/types.h>

/*
 * A PV dom0 may have ACPI tables, and memory of the firmware, at other addresses than the
 * machine: where they would lie is the kernel.  Where to map what has this machine address?
 * And is this machine frame one of them, so that RAM of that number is none of ACPI's?
 */
#if defined(CONFIG_XEN_PV) && defined(CONFIG_ACPI)
u64 xen_acpi_table_address(u64 phys);
bool xen_acpi_moved(unsigned long mfn);
#else
static inline u64 xen_acpi_table_address(u64 phys)
{
	return phys;
}

static inline bool xen_acpi_moved(unsigned long mfn)
{
	return false;
}
#endif

#endif /* _XEN_ACPI_TABLE_H */
