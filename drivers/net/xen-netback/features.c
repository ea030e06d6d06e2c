// SPDX-License-Identifier: GPL-2.0-only
/*
 * Feature control of network devices: what a toolstack may request, and holding the frontend
 * to it.
 *
 * A packet that uses what was not offered is refused, not its device: after a reconnect with
 * fewer capabilities an honest frontend may still have such packets in its queues.  What is
 * agreed upon while connecting (queues, channels, control ring) refuses the device.
 */

#include "features.h"

#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/minmax.h>

#include <xen/xenbus_feature.h>

/*
 * Without scatter-gather a packet is one buffer, of no more than an Ethernet frame, with two tags
 * of VLANs.  It can lie across a page boundary, and is two slots then.
 */
#define LINEAR_FRAGS	1
#define LINEAR_SIZE	(ETH_FRAME_LEN + 2 * VLAN_HLEN)

static const struct xenbus_feature vif_features[XENVIF_NR_FEATURES] = {
	[XENVIF_SG] = { "feature-sg" },
	[XENVIF_NO_CSUM] = { "feature-no-csum-offload", XENBUS_FEATURE_INVERTED },
	[XENVIF_IPV6_CSUM] = { "feature-ipv6-csum-offload" },
	[XENVIF_GSO_TCPV4] = { "feature-gso-tcpv4",
			       .needs = BIT(XENVIF_SG) | BIT(XENVIF_NO_CSUM) },
	[XENVIF_GSO_TCPV6] = { "feature-gso-tcpv6",
			       .needs = BIT(XENVIF_SG) | BIT(XENVIF_IPV6_CSUM) },
	[XENVIF_XDP_HEADROOM] = { "feature-xdp-headroom" },
	[XENVIF_MCAST] = { "feature-multicast-control" },
	[XENVIF_DYNAMIC_MCAST] = { "feature-dynamic-multicast-control",
				   .needs = BIT(XENVIF_MCAST) },
	[XENVIF_SPLIT_CHANNELS] = { "feature-split-event-channels" },
	[XENVIF_QUEUES] = { "multi-queue-max-queues", XENBUS_FEATURE_NUMBER, .min = 1 },
	[XENVIF_CTRL_RING] = { "feature-ctrl-ring" },
};

static const struct xenbus_feature_table vif_table = { vif_features, XENVIF_NR_FEATURES };

/**
 * xenvif_settle_features() - apply the toolstack's requests
 * @be: the device, while it is probed
 *
 * Context: After the keys are written, before InitWait.  Sleeps.
 * Return: 0, or an error of xenbus_features_settle(), whose consequences hold.
 */
int xenvif_settle_features(struct backend_info *be)
{
	const u32 caps[XENVIF_NR_FEATURES] = {
		[XENVIF_SG] = 1,
		[XENVIF_NO_CSUM] = 0,
		[XENVIF_IPV6_CSUM] = 1,
		[XENVIF_GSO_TCPV4] = 1,
		[XENVIF_GSO_TCPV6] = 1,
		[XENVIF_XDP_HEADROOM] = provides_xdp_headroom,
		[XENVIF_MCAST] = 1,
		[XENVIF_DYNAMIC_MCAST] = 1,
		[XENVIF_SPLIT_CHANNELS] = separate_tx_rx_irq,
		[XENVIF_QUEUES] = xenvif_max_queues,
		[XENVIF_CTRL_RING] = 1,
	};

	return xenbus_features_settle(be->dev, &vif_table, caps, &be->features);
}

/**
 * xenvif_queues_allowed() - how many queues the frontend may have
 * @be: the device, its interface created
 *
 * The module parameter may have changed since the number was published.
 *
 * Context: Any.
 * Return: The number.
 */
unsigned int xenvif_queues_allowed(const struct backend_info *be)
{
	return min(xenbus_feature_value(&be->features, XENVIF_QUEUES), be->vif->dev->num_tx_queues);
}

/**
 * xenvif_check_channels() - may the frontend have these event channels for a queue
 * @be: the device
 * @tx: port for transmission
 * @rx: port for reception
 *
 * Context: Sleeps.
 * Return: 0, or -EACCES, with the device refused by xenbus_dev_fatal().
 */
int xenvif_check_channels(struct backend_info *be, unsigned int tx, unsigned int rx)
{
	int err = xenbus_feature_check(be->dev, &be->features, XENVIF_SPLIT_CHANNELS, tx != rx);

	if (err)
		xenbus_dev_fatal(be->dev, err, "two event channels for a queue");
	return err;
}

/**
 * xenvif_multicast_fixed() - decide on multicast control where it cannot change later
 * @vif: the device, while it connects
 *
 * If the frontend was offered to change it at any time, nothing is done.
 *
 * Context: Sleeps.
 * Return: Whether it is decided for as long as the device is connected.
 */
bool xenvif_multicast_fixed(struct xenvif *vif)
{
	const struct backend_info *be = vif->be;
	bool wish;

	if (xenbus_feature_value(&be->features, XENVIF_DYNAMIC_MCAST))
		return false;
	wish = xenbus_read_unsigned(be->dev->otherend, "request-multicast-control", 0);
	vif->multicast_control = wish && !xenvif_check_feature(vif, XENVIF_MCAST);
	return true;
}

static bool gso_refused(struct xenvif *vif, const struct xen_netif_extra_info *gso)
{
	switch (gso->type ? gso->u.gso.type : XEN_NETIF_GSO_TYPE_NONE) {
	case XEN_NETIF_GSO_TYPE_TCPV4:
		return xenvif_check_feature(vif, XENVIF_GSO_TCPV4);
	case XEN_NETIF_GSO_TYPE_TCPV6:
		return xenvif_check_feature(vif, XENVIF_GSO_TCPV6);
	default:
		return false;
	}
}

/* Sizes are those of the slots, not of the packet. */
static bool is_scattered(int frags, const struct xen_netif_tx_request *first,
			 const struct xen_netif_tx_request *rest)
{
	if (frags != LINEAR_FRAGS)
		return frags > LINEAR_FRAGS;
	return first->size + rest->size > LINEAR_SIZE;
}

/**
 * xenvif_tx_refused() - does a packet from the frontend use what it was not offered
 * @vif: the device
 * @extras: its extra information, by type less 1; type 0 where there is none
 * @frags: its slots after the first
 * @first: its first slot, the size its own
 * @rest: the @frags others
 *
 * Context: NAPI.
 * Return: Whether the packet is to be answered with an error, and not taken.
 */
bool xenvif_tx_refused(struct xenvif *vif, const struct xen_netif_extra_info *extras, int frags,
		       const struct xen_netif_tx_request *first,
		       const struct xen_netif_tx_request *rest)
{
	if (is_scattered(frags, first, rest) && xenvif_check_feature(vif, XENVIF_SG))
		return true;
	return gso_refused(vif, &extras[XEN_NETIF_EXTRA_TYPE_GSO - 1]);
}

/* To say that a checksum was looked at is to leave it to the backend as well. */
static void distrust(struct xenvif *vif, struct sk_buff *skb, enum xenvif_feature csum)
{
	if (!xenbus_feature_allows(&vif->be->features, csum, 1))
		skb->ip_summed = CHECKSUM_NONE;
}

/* What a packet of one protocol leaves to the backend.  Each part of a large one is checksummed. */
static bool refused_by(struct xenvif *vif, struct sk_buff *skb, enum xenvif_feature gso,
		       enum xenvif_feature csum)
{
	if (skb_is_gso(skb) && xenvif_check_feature(vif, gso))
		return true;
	if (skb_is_gso(skb) || skb->ip_summed == CHECKSUM_PARTIAL)
		return xenvif_check_feature(vif, csum);
	distrust(vif, skb, csum);
	return false;
}

/**
 * xenvif_offload_refused() - does a packet leave to the backend what the frontend had to do
 * @vif: the device
 * @skb: the packet, its protocol known; its checksum is no longer taken for a good one where
 *	the frontend was not offered to vouch for that
 *
 * What the packet is decides, not what the frontend declared it to be.  Of other protocols than
 * IP, netback takes neither large packets nor such without checksum.
 *
 * Context: NAPI.
 * Return: Whether the packet is to be dropped.
 */
bool xenvif_offload_refused(struct xenvif *vif, struct sk_buff *skb)
{
	switch (skb->protocol) {
	case htons(ETH_P_IP):
		return refused_by(vif, skb, XENVIF_GSO_TCPV4, XENVIF_NO_CSUM);
	case htons(ETH_P_IPV6):
		return refused_by(vif, skb, XENVIF_GSO_TCPV6, XENVIF_IPV6_CSUM);
	default:
		break;
	}
	/* IP may be inside, as in a VLAN. */
	if (skb->ip_summed == CHECKSUM_UNNECESSARY) {
		distrust(vif, skb, XENVIF_NO_CSUM);
		distrust(vif, skb, XENVIF_IPV6_CSUM);
	}
	return false;
}
