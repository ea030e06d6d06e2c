// SPDX-License-Identifier: GPL-2.0-only
/*
 * A frontend of disks that takes more than it was offered.
 */

#include <linux/module.h>

#include <xen/events.h>
#include <xen/grant_table.h>
#include <xen/page.h>

#include <xen/interface/io/blkif.h>
#include <xen/interface/io/protocols.h>

#include "hostile.h"

/* Sectors of 512 bytes in a page. */
#define PAGE_SECTORS	(XEN_PAGE_SIZE / 512)

enum vbd_page { VBD_RING, VBD_DATA, VBD_LIST, VBD_PAGES };

/**
 * struct hostile_vbd - a disk
 * @fe:		the device
 * @ring:	requests to the backend, one at a time
 */
struct hostile_vbd {
	struct hostile_frontend fe;
	struct blkif_front_ring ring;
};

/**
 * struct vbd_act - a request to commit
 * @act:	its file
 * @operation:	of blkif.h; BLKIF_OP_INDIRECT is a read
 * @over:	segments of an indirect request beyond what was offered
 */
struct vbd_act {
	struct hostile_act act;
	u8 operation;
	u8 over;
};

static struct hostile_vbd *to_vbd(struct hostile_frontend *fe)
{
	return container_of(fe, struct hostile_vbd, fe);
}

/* All of what is read or written is the same page. */
static struct blkif_request_segment whole_page(grant_ref_t ref)
{
	return (struct blkif_request_segment) {
		.gref = ref,
		.first_sect = 0,
		.last_sect = PAGE_SECTORS - 1,
	};
}

/* Returns a response's status; 1 if none comes. */
static int answer(struct hostile_vbd *vbd)
{
	struct blkif_response response;
	int notify;

	vbd->ring.req_prod_pvt++;
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&vbd->ring, notify);
	if (notify)
		notify_remote_via_irq(vbd->fe.channel.irq);
	if (!hostile_reached(&vbd->ring.sring->rsp_prod, vbd->ring.req_prod_pvt))
		return 1;
	RING_COPY_RESPONSE(&vbd->ring, vbd->ring.rsp_cons, &response);
	vbd->ring.rsp_cons++;
	return response.status;
}

static const char *word(int status)
{
	switch (status) {
	case BLKIF_RSP_OKAY:
		return "okay";
	case BLKIF_RSP_ERROR:
		return "error";
	case BLKIF_RSP_EOPNOTSUPP:
		return "unsupported";
	default:
		return "silence";
	}
}

static struct blkif_request *next_request(struct hostile_vbd *vbd, u8 operation)
{
	struct blkif_request *request = RING_GET_REQUEST(&vbd->ring, vbd->ring.req_prod_pvt);

	memset(request, 0, sizeof(*request));
	request->operation = operation;
	return request;
}

static int read_page(struct hostile_vbd *vbd, grant_ref_t ref)
{
	struct blkif_request *request = next_request(vbd, BLKIF_OP_READ);

	request->u.rw.nr_segments = 1;
	request->u.rw.seg[0] = whole_page(ref);
	return answer(vbd);
}

/*
 * A backend that keeps pages mapped takes each grant for one segment of a request, not for more.
 * Returns how many segments the list has.
 */
static unsigned int fill_list(struct hostile_vbd *vbd, struct blkif_request_segment *list,
			      unsigned int segments)
{
	unsigned long gfn = virt_to_gfn(hostile_page(&vbd->fe, VBD_DATA));
	unsigned int i;

	for (i = 0; i < segments; i++) {
		int ref = gnttab_grant_foreign_access(vbd->fe.dev->otherend_id, gfn, 0);

		if (ref < 0)
			break;
		list[i] = whole_page(ref);
	}
	return i;
}

/* What the backend still has goes once it is done with it. */
static void empty_list(const struct blkif_request_segment *list, unsigned int segments)
{
	while (segments--)
		gnttab_end_foreign_access(list[segments].gref, NULL);
}

static int read_indirect(struct hostile_vbd *vbd, unsigned int segments)
{
	struct blkif_request_segment *list = hostile_page(&vbd->fe, VBD_LIST);
	struct blkif_request *request;
	unsigned int filled;
	int status = 1;

	if (segments > XEN_PAGE_SIZE / sizeof(*list))
		return 1;
	filled = fill_list(vbd, list, segments);
	if (filled == segments) {
		request = next_request(vbd, BLKIF_OP_INDIRECT);
		request->u.indirect.indirect_op = BLKIF_OP_READ;
		request->u.indirect.nr_segments = segments;
		request->u.indirect.indirect_grefs[0] = vbd->fe.refs[VBD_LIST];
		status = answer(vbd);
	}
	empty_list(list, filled);
	return status;
}

static int discard(struct hostile_vbd *vbd)
{
	next_request(vbd, BLKIF_OP_DISCARD)->u.discard.nr_sectors = PAGE_SECTORS;
	return answer(vbd);
}

static unsigned int offered(const struct hostile_vbd *vbd)
{
	return xenbus_read_unsigned(vbd->fe.dev->otherend, "feature-max-indirect-segments", 0);
}

static void commit_request(struct hostile_frontend *fe, const struct hostile_act *act,
			   struct seq_file *out)
{
	const struct vbd_act *wanted = container_of(act, struct vbd_act, act);
	struct hostile_vbd *vbd = to_vbd(fe);
	int status;

	switch (wanted->operation) {
	case BLKIF_OP_INDIRECT:
		status = read_indirect(vbd, offered(vbd) + wanted->over);
		break;
	case BLKIF_OP_DISCARD:
		status = discard(vbd);
		break;
	case BLKIF_OP_FLUSH_DISKCACHE:
		next_request(vbd, BLKIF_OP_FLUSH_DISKCACHE);
		status = answer(vbd);
		break;
	default:
		status = read_page(vbd, vbd->fe.refs[VBD_DATA]);
		break;
	}
	seq_printf(out, "%s\n", word(status));
}

/* Does the backend keep a page mapped after it has answered? */
static void commit_grant(struct hostile_frontend *fe, const struct hostile_act *act,
			 struct seq_file *out)
{
	unsigned long gfn = virt_to_gfn(hostile_page(fe, VBD_DATA));
	int ref = gnttab_grant_foreign_access(fe->dev->otherend_id, gfn, 0);
	int status;

	if (ref < 0) {
		seq_printf(out, "no grant: %d\n", ref);
		return;
	}
	status = read_page(to_vbd(fe), ref);
	if (gnttab_try_end_foreign_access(ref)) {
		seq_printf(out, "%s\n", status ? word(status) : "released");
		return;
	}
	/* It goes once the backend is done with it. */
	gnttab_end_foreign_access(ref, NULL);
	seq_printf(out, "%s\n", status ? word(status) : "kept");
}

static const struct vbd_act vbd_acts[] = {
	{ { "read", commit_request }, BLKIF_OP_READ },
	{ { "indirect_most", commit_request }, BLKIF_OP_INDIRECT },
	{ { "indirect_over", commit_request }, BLKIF_OP_INDIRECT, 1 },
	{ { "flush", commit_request }, BLKIF_OP_FLUSH_DISKCACHE },
	{ { "discard", commit_request }, BLKIF_OP_DISCARD },
	{ { "grant", commit_grant } },
};

static int introduce(struct hostile_frontend *fe)
{
	return hostile_say_number(fe, "ring-ref", fe->refs[VBD_RING]) ?:
	       hostile_say_number(fe, "event-channel", fe->channel.port) ?:
	       hostile_say(fe, "protocol", XEN_IO_PROTO_ABI_NATIVE) ?:
	       hostile_say_number(fe, "multi-queue-num-queues", 1) ?:
	       hostile_say_number(fe, "feature-persistent", 1) ?:
	       hostile_become(fe, XenbusStateInitialised, XenbusStateConnected) ?:
	       hostile_become(fe, XenbusStateConnected, XenbusStateConnected);
}

static int connect(struct hostile_frontend *fe)
{
	struct hostile_vbd *vbd = to_vbd(fe);
	struct blkif_sring *sring = hostile_page(fe, VBD_RING);

	XEN_FRONT_RING_INIT(&vbd->ring, sring, XEN_PAGE_SIZE);
	return introduce(fe);
}

static const struct xenbus_device_id vbd_ids[] = { { "vbd" }, { "" } };

struct hostile_driver hostile_vbd_driver = {
	.xenbus = {
		.name	= "hostile_vbd",
		.ids	= vbd_ids,
		.probe	= hostile_probe,
		.remove	= hostile_remove,
	},
	.size		= sizeof(struct hostile_vbd),
	.nr_pages	= VBD_PAGES,
	.connect	= connect,
	.acts		= &vbd_acts[0].act,
	.act_size	= sizeof(vbd_acts[0]),
	.nr_acts	= ARRAY_SIZE(vbd_acts),
};
