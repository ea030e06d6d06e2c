/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ABIs, for the table of them.
 */
#ifndef XEN_EVENTS_ABI_LIST_H
#define XEN_EVENTS_ABI_LIST_H

extern const struct xen_evtchn_abi xen_evtchn_fifo;
extern const struct xen_evtchn_abi xen_evtchn_nlevel;
extern const struct xen_evtchn_abi xen_evtchn_nlevel_3;
extern const struct xen_evtchn_abi xen_evtchn_nlevel_4;
extern const struct xen_evtchn_abi xen_evtchn_2l;

#endif /* XEN_EVENTS_ABI_LIST_H */
