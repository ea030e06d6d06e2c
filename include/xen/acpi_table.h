/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XEN_ACPI_TABLE_H
#define _XEN_ACPI_TABLE_H

#include <linux/types.h>

/*
 * A PV dom0 may have ACPI tables at other addresses than the machine: where they would lie is
 * the kernel.  Where to map what has this machine address?
 */
#if defined(CONFIG_XEN_PV) && defined(CONFIG_ACPI)
u64 xen_acpi_table_address(u64 phys);
#else
static inline u64 xen_acpi_table_address(u64 phys)
{
	return phys;
}
#endif

#endif /* _XEN_ACPI_TABLE_H */
