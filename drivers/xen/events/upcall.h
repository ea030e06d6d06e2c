/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How an upcall reaches the core, which is a matter of the architecture.
 */
#ifndef XEN_EVENTS_UPCALL_H
#define XEN_EVENTS_UPCALL_H

#ifdef CONFIG_X86
void xen_upcall_init(void);
#else
/* A PPI, which arch/arm/xen/enlighten.c requests. */
static inline void xen_upcall_init(void)
{
}
#endif

#endif /* XEN_EVENTS_UPCALL_H */
