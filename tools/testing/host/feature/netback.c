// SPDX-License-Identifier: GPL-2.0-only
/*
 * What network devices refuse: each key against packets of each kind.
 */
#include <kunit/test.h>

#include <xen/xenbus.h>

#include "features.h"

#define BACK	"backend/vif/1/0"

#define NONE	XEN_NETIF_GSO_TYPE_NONE
#define TCPV4	XEN_NETIF_GSO_TYPE_TCPV4
#define TCPV6	XEN_NETIF_GSO_TYPE_TCPV6

bool separate_tx_rx_irq = true;
bool provides_xdp_headroom = true;
unsigned int xenvif_max_queues = 4;

static struct xenbus_device device = { .nodename = BACK, .otherend = "/guest" };
static struct net_device netdev = { .num_tx_queues = 4 };
static struct backend_info be = { .dev = &device };
static struct xenvif vif = { .be = &be, .dev = &netdev };

/* A device of which one key was requested. */
static void settle(struct kunit *test, const char *key, const char *value)
{
	char node[64];

	memset(&store, 0, sizeof(store));
	be.vif = &vif;
	vif.multicast_control = false;
	xenbus_write(XBT_NIL, BACK, "state", "1");
	if (key) {
		snprintf(node, sizeof(node), "request-%s", key);
		xenbus_write(XBT_NIL, BACK, node, value);
	}
	KUNIT_EXPECT_EQ(test, 0, xenvif_settle_features(&be));
	store.lines = 0;
}

/* What a frontend sends: what it is, what it declares of it, and what netback makes of that. */
struct packet {
	uint16_t protocol;
	uint8_t gso;
	bool blank;		/* XEN_NETTXF_csum_blank */
	bool validated;		/* XEN_NETTXF_data_validated */
};

enum { REFUSED = -1 };

/* CHECKSUM_* with which the packet goes on, or REFUSED. */
static int send(const struct packet *packet)
{
	struct xen_netif_extra_info extras[XEN_NETIF_EXTRA_TYPE_MAX] = {};
	const struct xen_netif_tx_request slot = { 4096 };
	struct sk_buff skb = {
		.protocol = htons(packet->protocol),
		.gso = packet->gso != NONE,
		.ip_summed = packet->blank ? CHECKSUM_PARTIAL :
			     packet->validated ? CHECKSUM_UNNECESSARY : CHECKSUM_NONE,
	};

	if (skb.gso) {
		extras[XEN_NETIF_EXTRA_TYPE_GSO - 1].type = XEN_NETIF_EXTRA_TYPE_GSO;
		extras[XEN_NETIF_EXTRA_TYPE_GSO - 1].u.gso.type = packet->gso;
	}
	if (xenvif_tx_refused(&vif, extras, 0, &slot, NULL) || xenvif_offload_refused(&vif, &skb))
		return REFUSED;
	return skb.ip_summed;
}

static const struct packet packets[] = {
	{ ETH_P_IP }, { ETH_P_IP, .validated = true }, { ETH_P_IP, .blank = true },
	{ ETH_P_IP, TCPV4, true }, { ETH_P_IP, TCPV4 }, { ETH_P_IP, TCPV6, true },
	{ ETH_P_IP, TCPV6, .validated = true },
	{ ETH_P_IPV6 }, { ETH_P_IPV6, .validated = true }, { ETH_P_IPV6, .blank = true },
	{ ETH_P_IPV6, TCPV6, true }, { ETH_P_IPV6, TCPV6 }, { ETH_P_IPV6, TCPV4, true },
	{ ETH_P_IPV6, TCPV4, .validated = true },
	{ ETH_P_8021Q, .validated = true }, { ETH_P_8021Q },
};

/*
 * A letter a packet: T is taken as it is, V is taken but verified, X is refused.  The packets
 * are seven of IPv4, seven of IPv6, two of neither.
 */
static const struct {
	const char *key;
	const char *value;
	const char *want;
} cases_of_keys[] = {
	{ NULL, NULL,				"TTTTTTTTTTTTTTTT" },
	{ "feature-gso-tcpv4", "0",		"TTTXXXXTTTTTXXTT" },
	{ "feature-gso-tcpv6", "0",		"TTTTTXXTTTXXXXTT" },
	{ "feature-no-csum-offload", "1",	"TVXXXXXTTTTTXXVT" },
	{ "feature-ipv6-csum-offload", "0",	"TTTTTXXTVXXXXXVT" },
	{ "feature-sg", "0",			"TTTXXXXTTTXXXXTT" },
};

static char letter(const struct packet *packet)
{
	int before = packet->blank ? CHECKSUM_PARTIAL :
		     packet->validated ? CHECKSUM_UNNECESSARY : CHECKSUM_NONE;
	int after = send(packet);

	if (after == REFUSED)
		return 'X';
	return after == before ? 'T' : after == CHECKSUM_NONE ? 'V' : '?';
}

static void offloads(struct kunit *test)
{
	for (int i = 0; i < ARRAY_SIZE(cases_of_keys); i++) {
		char got[ARRAY_SIZE(packets) + 1] = "";

		settle(test, cases_of_keys[i].key, cases_of_keys[i].value);
		for (int j = 0; j < ARRAY_SIZE(packets); j++)
			got[j] = letter(&packets[j]);
		KUNIT_EXPECT_TRUE_MSG(test, !strcmp(got, cases_of_keys[i].want), "%s: %s, not %s",
				      cases_of_keys[i].key, got, cases_of_keys[i].want);
	}
}

/* A device says once of each key that it is ignored. */
static void lines(struct kunit *test)
{
	const struct packet blank = { ETH_P_IP, .blank = true };
	const struct packet large = { ETH_P_IP, TCPV4, true };

	settle(test, "feature-no-csum-offload", "1");
	for (int i = 0; i < 5; i++) {
		KUNIT_EXPECT_EQ(test, REFUSED, send(&blank));
		KUNIT_EXPECT_EQ(test, REFUSED, send(&large));
	}
	KUNIT_EXPECT_EQ(test, 2, store.lines);
	settle(test, "feature-no-csum-offload", "1");
	KUNIT_EXPECT_EQ(test, REFUSED, send(&blank));
	KUNIT_EXPECT_EQ(test, 1, store.lines);
}

/* Sizes of a packet's slots; netback has one for the others of them. */
static bool slots_refused(int frags, uint16_t first, uint16_t second)
{
	const struct xen_netif_extra_info extras[XEN_NETIF_EXTRA_TYPE_MAX] = {};
	const struct xen_netif_tx_request slot = { first };
	const struct xen_netif_tx_request rest[17] = { { second } };

	return xenvif_tx_refused(&vif, extras, frags, &slot, frags ? rest : NULL);
}

static void slots(struct kunit *test)
{
	settle(test, NULL, NULL);
	KUNIT_EXPECT_EQ(test, false, slots_refused(17, 4096, 4096));
	KUNIT_EXPECT_EQ(test, false, slots_refused(1, 4096, 4096));
	settle(test, "feature-sg", "0");
	KUNIT_EXPECT_EQ(test, false, slots_refused(0, 4096, 0));
	KUNIT_EXPECT_EQ(test, true, slots_refused(2, 14, 14));
	KUNIT_EXPECT_EQ(test, true, slots_refused(17, 4096, 4096));
	/* One buffer across a page boundary: a frame with two tags of VLANs, and a byte more. */
	KUNIT_EXPECT_EQ(test, false, slots_refused(1, 14, 1508));
	KUNIT_EXPECT_EQ(test, false, slots_refused(1, 1508, 14));
	KUNIT_EXPECT_EQ(test, true, slots_refused(1, 14, 1509));
	KUNIT_EXPECT_EQ(test, true, slots_refused(1, 4096, 4096));
	KUNIT_EXPECT_EQ(test, true, slots_refused(1, 65535, 65535));
}

static void queue_limit(struct kunit *test)
{
	settle(test, "multi-queue-max-queues", "2");
	KUNIT_EXPECT_EQ(test, 2, xenvif_queues_allowed(&be));
	settle(test, NULL, NULL);
	KUNIT_EXPECT_EQ(test, 4, xenvif_queues_allowed(&be));
	/* The interface was made when the parameter was less. */
	netdev.num_tx_queues = 3;
	KUNIT_EXPECT_EQ(test, 3, xenvif_queues_allowed(&be));
	netdev.num_tx_queues = 4;
}

static void connecting(struct kunit *test)
{
	settle(test, "feature-split-event-channels", "0");
	KUNIT_EXPECT_EQ(test, 0, xenvif_check_channels(&be, 5, 5));
	KUNIT_EXPECT_EQ(test, -EACCES, xenvif_check_channels(&be, 5, 6));
	KUNIT_EXPECT_EQ(test, 1, store.fatal);
	settle(test, "feature-multicast-control", "0");
	xenbus_write(XBT_NIL, "/guest", "request-multicast-control", "1");
	KUNIT_EXPECT_EQ(test, true, xenvif_multicast_fixed(&vif));
	KUNIT_EXPECT_EQ(test, false, vif.multicast_control);
	settle(test, "feature-dynamic-multicast-control", "0");
	xenbus_write(XBT_NIL, "/guest", "request-multicast-control", "1");
	KUNIT_EXPECT_EQ(test, true, xenvif_multicast_fixed(&vif));
	KUNIT_EXPECT_EQ(test, true, vif.multicast_control);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(offloads),
	KUNIT_CASE(lines),
	KUNIT_CASE(slots),
	KUNIT_CASE(queue_limit),
	KUNIT_CASE(connecting),
	{}
};

static struct kunit_suite suite = {
	.name = "netback",
	.test_cases = cases,
};

kunit_test_suite(suite);
