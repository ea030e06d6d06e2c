/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XEN_EVTCHN_CHANNELS_H
#define _XEN_EVTCHN_CHANNELS_H

/* Before there are event channels: how many could the ABI have that will be tried first? */
unsigned int xen_evtchn_channels(void);

/* For those who ask Xen for a port themselves, and are told -ENOSPC. */
void xen_evtchn_no_port_left(const char *what);

#endif /* _XEN_EVTCHN_CHANNELS_H */
