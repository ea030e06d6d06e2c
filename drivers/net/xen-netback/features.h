/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Feature control of network devices: what a frontend may use.
 */
#ifndef _XEN_NETBACK_FEATURES_H
#define _XEN_NETBACK_FEATURES_H

#include "common.h"

/**
 * enum xenvif_feature - keys that a toolstack may request
 * @XENVIF_SG: feature-sg
 * @XENVIF_NO_CSUM: feature-no-csum-offload
 * @XENVIF_IPV6_CSUM: feature-ipv6-csum-offload
 * @XENVIF_GSO_TCPV4: feature-gso-tcpv4
 * @XENVIF_GSO_TCPV6: feature-gso-tcpv6
 * @XENVIF_XDP_HEADROOM: feature-xdp-headroom
 * @XENVIF_MCAST: feature-multicast-control
 * @XENVIF_DYNAMIC_MCAST: feature-dynamic-multicast-control
 * @XENVIF_SPLIT_CHANNELS: feature-split-event-channels
 * @XENVIF_QUEUES: multi-queue-max-queues
 * @XENVIF_CTRL_RING: feature-ctrl-ring
 * @XENVIF_NR_FEATURES: number of these
 */
enum xenvif_feature {
	XENVIF_SG,
	XENVIF_NO_CSUM,
	XENVIF_IPV6_CSUM,
	XENVIF_GSO_TCPV4,
	XENVIF_GSO_TCPV6,
	XENVIF_XDP_HEADROOM,
	XENVIF_MCAST,
	XENVIF_DYNAMIC_MCAST,
	XENVIF_SPLIT_CHANNELS,
	XENVIF_QUEUES,
	XENVIF_CTRL_RING,
	XENVIF_NR_FEATURES,
};

/**
 * xenvif_check_feature() - may the frontend use a capability
 * @vif: the device, its features settled
 * @feature: the key
 *
 * Context: Any.
 * Return: 0, or -EACCES if it may not, which is reported, once for each key.
 */
static inline int xenvif_check_feature(struct xenvif *vif, enum xenvif_feature feature)
{
	return xenbus_feature_check(vif->be->dev, &vif->be->features, feature, 1);
}

int xenvif_settle_features(struct backend_info *be);
unsigned int xenvif_queues_allowed(const struct backend_info *be);
int xenvif_check_channels(struct backend_info *be, unsigned int tx, unsigned int rx);
bool xenvif_multicast_fixed(struct xenvif *vif);
bool xenvif_tx_refused(struct xenvif *vif, const struct xen_netif_extra_info *extras, int frags,
		       const struct xen_netif_tx_request *first,
		       const struct xen_netif_tx_request *rest);
bool xenvif_offload_refused(struct xenvif *vif, struct sk_buff *skb);

#endif /* _XEN_NETBACK_FEATURES_H */
