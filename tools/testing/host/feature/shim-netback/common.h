/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What feature control uses of netback, in user space.
 */
#ifndef SHIM_COMMON_H
#define SHIM_COMMON_H

#include "../shim/store.h"

#include <xen/xenbus_feature.h>

#define ETH_P_IP		0x0800
#define ETH_P_8021Q		0x8100
#define ETH_P_IPV6		0x86dd
#define ETH_FRAME_LEN		1514
#define VLAN_HLEN		4
#define htons(n)		__builtin_bswap16(n)

enum { CHECKSUM_NONE, CHECKSUM_UNNECESSARY, CHECKSUM_COMPLETE, CHECKSUM_PARTIAL };
enum { XEN_NETIF_GSO_TYPE_NONE, XEN_NETIF_GSO_TYPE_TCPV4, XEN_NETIF_GSO_TYPE_TCPV6 };
enum { XEN_NETIF_EXTRA_TYPE_GSO = 1, XEN_NETIF_EXTRA_TYPE_MAX = 6 };

#define unlikely(x)		(x)
#define min(a, b) ({		\
	typeof(a) a_ = (a);	\
	typeof(b) b_ = (b);	\
				\
	a_ < b_ ? a_ : b_;	\
})

struct sk_buff {
	uint16_t protocol;
	uint8_t ip_summed;
	bool gso;
};

struct net_device {
	unsigned int num_tx_queues;
};

struct backend_info;

struct xenvif {
	struct backend_info *be;
	struct net_device *dev;
	bool multicast_control;
};

struct backend_info {
	struct xenbus_device *dev;
	struct xenvif *vif;
	struct xenbus_features features;
};

struct xen_netif_tx_request {
	uint16_t size;
};

struct xen_netif_extra_info {
	uint8_t type;
	union {
		struct {
			uint8_t type;
		} gso;
	} u;
};

extern bool separate_tx_rx_irq;
extern bool provides_xdp_headroom;
extern unsigned int xenvif_max_queues;

static inline bool skb_is_gso(const struct sk_buff *skb)
{
	return skb->gso;
}

#endif
