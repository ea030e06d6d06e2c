// SPDX-License-Identifier: GPL-2.0-only
/*
 * A frontend of PV calls that takes more than it was offered: a ring for a socket's data that is
 * larger than the backend allows.
 */

#include <linux/in.h>
#include <linux/module.h>
#include <linux/string.h>

#include <xen/events.h>
#include <xen/page.h>

#include <xen/interface/io/pvcalls.h>

#include "hostile.h"

/* A ring that is larger than any backend takes has some of its pages twice. */
enum pvcalls_page {
	PVCALLS_RING,
	PVCALLS_INDEXES,
	PVCALLS_DATA,
	PVCALLS_PAGES = PVCALLS_DATA + XENBUS_MAX_RING_GRANTS
};

static_assert(PVCALLS_PAGES <= HOSTILE_PAGES);

static const char greeting[] = "a socket of PV calls\n";

/**
 * struct hostile_pvcalls - a device for sockets
 * @fe:		the device
 * @ring:	requests to the backend, one at a time
 */
struct hostile_pvcalls {
	struct hostile_frontend fe;
	struct xen_pvcalls_front_ring ring;
};

/**
 * struct pvcalls_act - a socket to connect
 * @act:	its file
 * @over:	pages that its ring has beyond what was offered, as an order
 */
struct pvcalls_act {
	struct hostile_act act;
	u8 over;
};

static struct hostile_pvcalls *to_pvcalls(struct hostile_frontend *fe)
{
	return container_of(fe, struct hostile_pvcalls, fe);
}

static struct xen_pvcalls_request *next_request(struct hostile_pvcalls *pvcalls, u32 command)
{
	struct xen_pvcalls_request *request = RING_GET_REQUEST(&pvcalls->ring,
							       pvcalls->ring.req_prod_pvt);

	memset(request, 0, sizeof(*request));
	request->cmd = command;
	return request;
}

/* Returns what the call returned; 1 if there is no response. */
static int answer(struct hostile_pvcalls *pvcalls)
{
	struct xen_pvcalls_response response;
	int notify;

	pvcalls->ring.req_prod_pvt++;
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&pvcalls->ring, notify);
	if (notify)
		notify_remote_via_irq(pvcalls->fe.channel.irq);
	if (!hostile_reached(&pvcalls->ring.sring->rsp_prod, pvcalls->ring.req_prod_pvt))
		return 1;
	RING_COPY_RESPONSE(&pvcalls->ring, pvcalls->ring.rsp_cons, &response);
	pvcalls->ring.rsp_cons++;
	return response.ret;
}

static int call_socket(struct hostile_pvcalls *pvcalls)
{
	struct xen_pvcalls_request *request = next_request(pvcalls, PVCALLS_SOCKET);

	request->u.socket.domain = AF_INET;
	request->u.socket.type = SOCK_STREAM;
	return answer(pvcalls);
}

static void fill_indexes(struct hostile_pvcalls *pvcalls, unsigned int order)
{
	struct pvcalls_data_intf *indexes = hostile_page(&pvcalls->fe, PVCALLS_INDEXES);

	memset(indexes, 0, XEN_PAGE_SIZE);
	indexes->ring_order = order;
	for (unsigned int i = 0; i < 1U << order; i++)
		indexes->ref[i] = pvcalls->fe.refs[PVCALLS_DATA + i % XENBUS_MAX_RING_GRANTS];
}

static int call_connect(struct hostile_pvcalls *pvcalls, const struct hostile_port *channel)
{
	struct xen_pvcalls_request *request = next_request(pvcalls, PVCALLS_CONNECT);
	struct sockaddr_in to = { .sin_family = AF_INET };

	to.sin_port = htons(hostile_settings.tcp_port);
	memcpy(&to.sin_addr, hostile_settings.ip, sizeof(to.sin_addr));
	memcpy(request->u.connect.addr, &to, sizeof(to));
	request->u.connect.len = sizeof(to);
	request->u.connect.ref = pvcalls->fe.refs[PVCALLS_INDEXES];
	request->u.connect.evtchn = channel->port;
	return answer(pvcalls);
}

/* The second half of the data pages goes out. */
static const char *send_greeting(struct hostile_pvcalls *pvcalls, unsigned int order,
				 const struct hostile_port *channel)
{
	struct pvcalls_data_intf *indexes = hostile_page(&pvcalls->fe, PVCALLS_INDEXES);

	memcpy(hostile_page(&pvcalls->fe, PVCALLS_DATA) + XEN_FLEX_RING_SIZE(order), greeting,
	       strlen(greeting));
	virt_wmb();	/* the data before the index */
	WRITE_ONCE(indexes->out_prod, strlen(greeting));
	notify_remote_via_irq(channel->irq);
	return hostile_reached(&indexes->out_cons, strlen(greeting)) ? "okay" : "silence";
}

static const char *use_socket(struct hostile_pvcalls *pvcalls, unsigned int order,
			      const struct hostile_port *channel)
{
	const char *word;
	int err = call_socket(pvcalls);

	fill_indexes(pvcalls, order);
	err = err ?: call_connect(pvcalls, channel);
	if (err)
		return err < 0 ? "error" : "silence";
	word = send_greeting(pvcalls, order, channel);
	next_request(pvcalls, PVCALLS_RELEASE);
	return answer(pvcalls) ? "not released" : word;
}

static void commit_socket(struct hostile_frontend *fe, const struct hostile_act *act,
			  struct seq_file *out)
{
	const struct pvcalls_act *wanted = container_of(act, struct pvcalls_act, act);
	unsigned int order = wanted->over +
			     xenbus_read_unsigned(fe->dev->otherend, "max-page-order", 0);
	struct hostile_port channel;

	if (order > XENBUS_MAX_RING_GRANT_ORDER + 1 || hostile_port_open(fe->dev, &channel)) {
		seq_puts(out, "not tried\n");
		return;
	}
	seq_printf(out, "%s\n", use_socket(to_pvcalls(fe), order, &channel));
	hostile_port_close(fe->dev, &channel);
}

static const struct pvcalls_act pvcalls_acts[] = {
	{ { "ring_most", commit_socket } },
	{ { "ring_over", commit_socket }, 1 },
};

static int introduce(struct hostile_frontend *fe)
{
	return hostile_say(fe, "version", "1") ?:
	       hostile_say_number(fe, "ring-ref", fe->refs[PVCALLS_RING]) ?:
	       hostile_say_number(fe, "port", fe->channel.port) ?:
	       hostile_become(fe, XenbusStateInitialised, XenbusStateConnected) ?:
	       hostile_become(fe, XenbusStateConnected, XenbusStateConnected);
}

static int connect(struct hostile_frontend *fe)
{
	struct hostile_pvcalls *pvcalls = to_pvcalls(fe);
	struct xen_pvcalls_sring *sring = hostile_page(fe, PVCALLS_RING);

	XEN_FRONT_RING_INIT(&pvcalls->ring, sring, XEN_PAGE_SIZE);
	return introduce(fe);
}

static const struct xenbus_device_id pvcalls_ids[] = { { "pvcalls" }, { "" } };

struct hostile_driver hostile_pvcalls_driver = {
	.xenbus = {
		.name	= "hostile_pvcalls",
		.ids	= pvcalls_ids,
		.probe	= hostile_probe,
		.remove	= hostile_remove,
	},
	.size		= sizeof(struct hostile_pvcalls),
	.nr_pages	= PVCALLS_PAGES,
	.connect	= connect,
	.acts		= &pvcalls_acts[0].act,
	.act_size	= sizeof(pvcalls_acts[0]),
	.nr_acts	= ARRAY_SIZE(pvcalls_acts),
};
