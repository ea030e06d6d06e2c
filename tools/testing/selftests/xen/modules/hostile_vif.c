// SPDX-License-Identifier: GPL-2.0-only
/*
 * A frontend of network interfaces that takes more than it was offered.
 *
 * Its packets are TCP segments for a port where nobody listens; dom0 counts them.  It says that
 * it has headroom for XDP and wants multicast control, whatever the backend offers.
 */

#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/tcp.h>

#include <net/checksum.h>
#include <net/ip6_checksum.h>

#include <xen/events.h>
#include <xen/page.h>

#include <xen/interface/io/netif.h>

#include "hostile.h"

#define RX_BUFFERS	16
#define HEADROOM	256
#define DISCARD_PORT	9
#define OWN_PORT	4242

/* Bytes: what a packet of one slot carries, what each further slot adds, a part of a large one. */
#define PAYLOAD		64
#define SLOT		400
#define GSO_SIZE	200

enum vif_page { VIF_TX, VIF_RX, VIF_PACKET, VIF_BUFFERS, VIF_PAGES = VIF_BUFFERS + RX_BUFFERS };
static_assert(VIF_PAGES <= HOSTILE_PAGES);

static const u8 group[ETH_ALEN] = { 0x01, 0x00, 0x5e, 0x01, 0x01, 0x01 };

/**
 * struct hostile_vif - a network interface
 * @fe:		the device
 * @tx:		packets to the backend, one at a time
 * @rx:		packets from the backend; request number n has buffer n modulo RX_BUFFERS
 * @mac:	own address
 */
struct hostile_vif {
	struct hostile_frontend fe;
	struct xen_netif_tx_front_ring tx;
	struct xen_netif_rx_front_ring rx;
	u8 mac[ETH_ALEN];
};

/**
 * struct vif_act - a packet to send
 * @act:	its file
 * @slots:	how many it lies in
 * @flags:	XEN_NETTXF_csum_blank and XEN_NETTXF_data_validated
 * @gso:	XEN_NETIF_GSO_TYPE_ that it is declared as
 * @ipv6:	it is IPv6, and has no checksum
 * @wrong:	its checksum is wrong
 * @list:	it is none, but an address for the list of multicast control
 */
struct vif_act {
	struct hostile_act act;
	u8 slots;
	u8 flags;
	u8 gso;
	bool ipv6;
	bool wrong;
	bool list;
};

static struct hostile_vif *to_vif(struct hostile_frontend *fe)
{
	return container_of(fe, struct hostile_vif, fe);
}

static void fill_ipv4(struct iphdr *ip, unsigned int len)
{
	memset(ip, 0, sizeof(*ip));
	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->tot_len = htons(sizeof(*ip) + len);
	ip->ttl = 64;
	ip->protocol = IPPROTO_TCP;
	memcpy(&ip->daddr, hostile_settings.ip, sizeof(ip->daddr));
	/* Some neighbour. */
	ip->saddr = ip->daddr ^ htonl(0x80);
	ip->check = ip_fast_csum(ip, ip->ihl);
}

static void fill_ipv6(struct ipv6hdr *ip, unsigned int len)
{
	memset(ip, 0, sizeof(*ip));
	ip->version = 6;
	ip->payload_len = htons(len);
	ip->nexthdr = IPPROTO_TCP;
	ip->hop_limit = 64;
	ip->saddr.s6_addr32[0] = htonl(0xfe800000);
	ip->saddr.s6_addr32[3] = htonl(2);
	ip->daddr.s6_addr32[0] = htonl(0xfe800000);
	ip->daddr.s6_addr32[3] = htonl(1);
}

static void fill_tcp(struct tcphdr *tcp, unsigned int payload)
{
	memset(tcp, 0, sizeof(*tcp));
	tcp->source = htons(OWN_PORT);
	tcp->dest = htons(DISCARD_PORT);
	tcp->doff = sizeof(*tcp) / 4;
	tcp->ack = 1;
	memset(tcp + 1, 0, payload);
}

/* Who leaves the checksum to the other side has that of the pseudo header there. */
static __sum16 ipv4_check(const struct iphdr *ip, const struct tcphdr *tcp, unsigned int len,
			  const struct vif_act *packet)
{
	__sum16 check;

	if (packet->flags & XEN_NETTXF_csum_blank)
		return ~csum_tcpudp_magic(ip->saddr, ip->daddr, len, IPPROTO_TCP, 0);
	check = csum_tcpudp_magic(ip->saddr, ip->daddr, len, IPPROTO_TCP,
				  csum_partial(tcp, len, 0));
	return packet->wrong ? (__force __sum16)((__force u16)check ^ 1) : check;
}

static struct tcphdr *fill_ip(void *start, unsigned int len, bool ipv6)
{
	if (ipv6) {
		fill_ipv6(start, len);
		return start + sizeof(struct ipv6hdr);
	}
	fill_ipv4(start, len);
	return start + sizeof(struct iphdr);
}

/* Returns the bytes of the packet. */
static unsigned int fill_packet(struct hostile_vif *vif, const struct vif_act *packet)
{
	const unsigned int payload = PAYLOAD + (packet->slots - 1) * SLOT;
	const unsigned int len = sizeof(struct tcphdr) + payload;
	void *start = hostile_page(&vif->fe, VIF_PACKET);
	struct ethhdr *eth = start;
	struct tcphdr *tcp = fill_ip(eth + 1, len, packet->ipv6);

	ether_addr_copy(eth->h_dest, hostile_settings.mac);
	ether_addr_copy(eth->h_source, vif->mac);
	eth->h_proto = htons(packet->ipv6 ? ETH_P_IPV6 : ETH_P_IP);
	fill_tcp(tcp, payload);
	if (packet->ipv6) {
		const struct ipv6hdr *ip = (void *)(eth + 1);

		tcp->check = ~csum_ipv6_magic(&ip->saddr, &ip->daddr, len, IPPROTO_TCP, 0);
	} else {
		tcp->check = ipv4_check((void *)(eth + 1), tcp, len, packet);
	}
	return (void *)tcp - start + len;
}

static void add_extra(struct hostile_vif *vif, const struct vif_act *packet)
{
	struct xen_netif_extra_info *extra = (void *)RING_GET_REQUEST(&vif->tx,
								      vif->tx.req_prod_pvt++);

	memset(extra, 0, sizeof(*extra));
	if (packet->list) {
		extra->type = XEN_NETIF_EXTRA_TYPE_MCAST_ADD;
		ether_addr_copy(extra->u.mcast.addr, group);
	} else {
		extra->type = XEN_NETIF_EXTRA_TYPE_GSO;
		extra->u.gso.type = packet->gso;
		extra->u.gso.size = GSO_SIZE;
	}
}

/* The first slot has the size of all, and what the others leave of the data. */
static void add_slots(struct hostile_vif *vif, const struct vif_act *packet, unsigned int len)
{
	const bool extra = packet->list || packet->gso;

	for (unsigned int i = 0; i < packet->slots; i++) {
		struct xen_netif_tx_request *slot = RING_GET_REQUEST(&vif->tx,
								     vif->tx.req_prod_pvt++);

		slot->gref = vif->fe.refs[VIF_PACKET];
		slot->offset = i ? len - (packet->slots - i) * SLOT : 0;
		slot->size = i ? SLOT : len;
		slot->id = i;
		slot->flags = i + 1 < packet->slots ? XEN_NETTXF_more_data : 0;
		if (i)
			continue;
		slot->flags |= packet->flags | (extra ? XEN_NETTXF_extra_info : 0);
		if (extra)
			add_extra(vif, packet);
	}
}

static void tell(struct hostile_vif *vif)
{
	int notify;

	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&vif->tx, notify);
	if (notify)
		notify_remote_via_irq(vif->fe.channel.irq);
}

/* "error" if any slot got one */
static const char *answer(struct hostile_vif *vif)
{
	const char *word = "okay";

	if (!hostile_reached(&vif->tx.sring->rsp_prod, vif->tx.req_prod_pvt))
		return "silence";
	while (vif->tx.rsp_cons != vif->tx.req_prod_pvt) {
		struct xen_netif_tx_response response;

		RING_COPY_RESPONSE(&vif->tx, vif->tx.rsp_cons, &response);
		vif->tx.rsp_cons++;
		if (response.status == XEN_NETIF_RSP_ERROR)
			word = "error";
	}
	return word;
}

static void commit_packet(struct hostile_frontend *fe, const struct hostile_act *act,
			  struct seq_file *out)
{
	const struct vif_act *packet = container_of(act, struct vif_act, act);
	struct hostile_vif *vif = to_vif(fe);

	add_slots(vif, packet, fill_packet(vif, packet));
	tell(vif);
	seq_printf(out, "%s\n", answer(vif));
}

/* All that the backend has filled are to be filled again. */
static void post_buffers(struct hostile_vif *vif)
{
	int notify;

	while (vif->rx.req_prod_pvt - vif->rx.rsp_cons < RX_BUFFERS) {
		unsigned int buffer = vif->rx.req_prod_pvt % RX_BUFFERS;
		struct xen_netif_rx_request *slot = RING_GET_REQUEST(&vif->rx,
								     vif->rx.req_prod_pvt++);

		slot->id = buffer;
		slot->gref = vif->fe.refs[VIF_BUFFERS + buffer];
	}
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&vif->rx, notify);
	if (notify)
		notify_remote_via_irq(vif->fe.channel.irq);
}

/* With headroom, and only then, a packet has extra information. */
static bool has_headroom(const struct xen_netif_rx_response *slot)
{
	return slot->flags & XEN_NETRXF_extra_info;
}

static const struct ethhdr *received(const struct hostile_vif *vif, RING_IDX index,
				     const struct xen_netif_rx_response *slot)
{
	return hostile_page(&vif->fe, VIF_BUFFERS + index % RX_BUFFERS) +
	       (has_headroom(slot) ? HEADROOM : 0);
}

/* What came since the last time: packets for this address, for groups, and with headroom */
static void commit_received(struct hostile_frontend *fe, const struct hostile_act *act,
			    struct seq_file *out)
{
	unsigned int unicast = 0, multicast = 0, headroom = 0;
	struct hostile_vif *vif = to_vif(fe);
	RING_IDX end = READ_ONCE(vif->rx.sring->rsp_prod);

	virt_rmb();	/* the index before what it says is there */
	while ((s32)(end - vif->rx.rsp_cons) > 0) {
		struct xen_netif_rx_response slot;
		const u8 *to;

		RING_COPY_RESPONSE(&vif->rx, vif->rx.rsp_cons, &slot);
		to = received(vif, vif->rx.rsp_cons, &slot)->h_dest;
		unicast += ether_addr_equal_unaligned(to, vif->mac);
		multicast += ether_addr_equal_unaligned(to, group);
		headroom += has_headroom(&slot);
		vif->rx.rsp_cons += has_headroom(&slot) ? 2 : 1;
	}
	post_buffers(vif);
	seq_printf(out, "unicast %u multicast %u headroom %u\n", unicast, multicast, headroom);
}

#define NO_CHECKSUM	(XEN_NETTXF_csum_blank | XEN_NETTXF_data_validated)

static const struct vif_act vif_acts[] = {
	{ { "plain", commit_packet }, .slots = 1 },
	{ { "slots", commit_packet }, .slots = 3 },
	{ { "blank4", commit_packet }, .slots = 1, .flags = NO_CHECKSUM },
	{ { "blank6", commit_packet }, .slots = 1, .flags = NO_CHECKSUM, .ipv6 = true },
	{ { "vouched", commit_packet }, .slots = 1, .flags = XEN_NETTXF_data_validated,
	  .wrong = true },
	{ { "gso4", commit_packet }, .slots = 2, .flags = NO_CHECKSUM,
	  .gso = XEN_NETIF_GSO_TYPE_TCPV4 },
	{ { "gso6", commit_packet }, .slots = 2, .flags = NO_CHECKSUM,
	  .gso = XEN_NETIF_GSO_TYPE_TCPV6, .ipv6 = true },
	{ { "gso4_as_6", commit_packet }, .slots = 2, .flags = NO_CHECKSUM,
	  .gso = XEN_NETIF_GSO_TYPE_TCPV6 },
	{ { "list", commit_packet }, .slots = 1, .list = true },
	{ { "received", commit_received } },
};

static int read_mac(struct hostile_vif *vif)
{
	char *text = xenbus_read(XBT_NIL, vif->fe.dev->nodename, "mac", NULL);
	bool valid;

	if (IS_ERR(text))
		return PTR_ERR(text);
	valid = mac_pton(text, vif->mac);
	kfree(text);
	return valid ? 0 : -EINVAL;
}

/* The kernel's own driver may have left other wishes behind. */
static int introduce(struct hostile_vif *vif)
{
	struct hostile_frontend *fe = &vif->fe;

	return read_mac(vif) ?:
	       hostile_say_number(fe, "tx-ring-ref", fe->refs[VIF_TX]) ?:
	       hostile_say_number(fe, "rx-ring-ref", fe->refs[VIF_RX]) ?:
	       hostile_say_number(fe, "event-channel", fe->channel.port) ?:
	       hostile_say_number(fe, "multi-queue-num-queues", 1) ?:
	       hostile_say_number(fe, "request-rx-copy", 1) ?:
	       hostile_say_number(fe, "feature-rx-notify", 0) ?:
	       hostile_say_number(fe, "request-multicast-control", 1) ?:
	       hostile_say_number(fe, "xdp-headroom", HEADROOM) ?:
	       hostile_become(fe, XenbusStateConnected, XenbusStateConnected);
}

static int connect(struct hostile_frontend *fe)
{
	struct hostile_vif *vif = to_vif(fe);
	struct xen_netif_tx_sring *tx = hostile_page(fe, VIF_TX);
	struct xen_netif_rx_sring *rx = hostile_page(fe, VIF_RX);
	int err;

	XEN_FRONT_RING_INIT(&vif->tx, tx, XEN_PAGE_SIZE);
	XEN_FRONT_RING_INIT(&vif->rx, rx, XEN_PAGE_SIZE);
	err = introduce(vif);
	if (!err)
		post_buffers(vif);
	return err;
}

static const struct xenbus_device_id vif_ids[] = { { "vif" }, { "" } };

struct hostile_driver hostile_vif_driver = {
	.xenbus = {
		.name	= "hostile_vif",
		.ids	= vif_ids,
		.probe	= hostile_probe,
		.remove	= hostile_remove,
	},
	.size		= sizeof(struct hostile_vif),
	.nr_pages	= VIF_PAGES,
	.connect	= connect,
	.acts		= &vif_acts[0].act,
	.act_size	= sizeof(vif_acts[0]),
	.nr_acts	= ARRAY_SIZE(vif_acts),
};
