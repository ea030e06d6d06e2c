// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ABIs there are, in the order in which "auto" tries them.  The last is the one
 * that every Xen has, and that a restored guest can always go on with.
 */
#include <linux/kernel.h>

#include "abi.h"
#include "abi_list.h"

const struct xen_evtchn_abi *const xen_evtchn_abis[] = {
	&xen_evtchn_fifo,
	&xen_evtchn_nlevel,
	&xen_evtchn_nlevel_3,
	&xen_evtchn_nlevel_4,
	&xen_evtchn_2l,
};

const unsigned int xen_evtchn_nr_abis = ARRAY_SIZE(xen_evtchn_abis);
