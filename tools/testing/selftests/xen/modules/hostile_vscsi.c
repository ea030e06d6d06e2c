// SPDX-License-Identifier: GPL-2.0-only
/*
 * A frontend of SCSI devices that takes more than it was offered: LUN 0 of target 0 on channel 0,
 * read with blocks of 512 bytes.
 */

#include <linux/dma-direction.h>
#include <linux/module.h>
#include <linux/unaligned.h>

#include <scsi/scsi_proto.h>

#include <xen/events.h>
#include <xen/page.h>

#include <xen/interface/io/vscsiif.h>

#include "hostile.h"

#define BLOCK	512

enum vscsi_page { VSCSI_RING, VSCSI_DATA, VSCSI_LIST, VSCSI_PAGES };

/**
 * struct hostile_vscsi - a SCSI host
 * @fe:		the device
 * @ring:	requests to the backend, one at a time
 */
struct hostile_vscsi {
	struct hostile_frontend fe;
	struct vscsiif_front_ring ring;
};

/**
 * struct vscsi_act - a command to send
 * @act:	its file
 * @operation:	TEST_UNIT_READY or READ_10
 * @over:	segments of a read beyond what was offered
 */
struct vscsi_act {
	struct hostile_act act;
	u8 operation;
	u8 over;
};

static struct hostile_vscsi *to_vscsi(struct hostile_frontend *fe)
{
	return container_of(fe, struct hostile_vscsi, fe);
}

/* One block a segment, and all of them the same one.  The list is in a page of its own. */
static void add_segments(struct hostile_vscsi *vscsi, struct vscsiif_request *request,
			 unsigned int segments)
{
	struct scsiif_request_segment *list = hostile_page(&vscsi->fe, VSCSI_LIST);

	for (unsigned int i = 0; i < segments; i++) {
		list[i].gref = vscsi->fe.refs[VSCSI_DATA];
		list[i].offset = 0;
		list[i].length = BLOCK;
	}
	put_unaligned_be16(segments, &request->cmnd[7]);
	request->sc_data_direction = DMA_FROM_DEVICE;
	request->nr_segments = VSCSIIF_SG_GRANT | 1;
	request->seg[0].gref = vscsi->fe.refs[VSCSI_LIST];
	request->seg[0].length = segments * sizeof(*list);
}

static void answer(struct hostile_vscsi *vscsi, struct seq_file *out)
{
	struct vscsiif_response response;
	int notify;

	vscsi->ring.req_prod_pvt++;
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&vscsi->ring, notify);
	if (notify)
		notify_remote_via_irq(vscsi->fe.channel.irq);
	if (!hostile_reached(&vscsi->ring.sring->rsp_prod, vscsi->ring.req_prod_pvt)) {
		seq_puts(out, "silence\n");
		return;
	}
	RING_COPY_RESPONSE(&vscsi->ring, vscsi->ring.rsp_cons, &response);
	vscsi->ring.rsp_cons++;
	if (XEN_VSCSIIF_RSLT_HOST(response.rslt) == XEN_VSCSIIF_RSLT_HOST_ERROR)
		seq_puts(out, "error\n");
	else if (response.rslt || response.residual_len)
		seq_printf(out, "result %#x, %u bytes missing\n", response.rslt,
			   response.residual_len);
	else
		seq_puts(out, "okay\n");
}

static void commit_command(struct hostile_frontend *fe, const struct hostile_act *act,
			   struct seq_file *out)
{
	const struct vscsi_act *command = container_of(act, struct vscsi_act, act);
	unsigned int offered = xenbus_read_unsigned(fe->dev->otherend, "feature-sg-grant", 0);
	struct hostile_vscsi *vscsi = to_vscsi(fe);
	struct vscsiif_request *request = RING_GET_REQUEST(&vscsi->ring, vscsi->ring.req_prod_pvt);

	if (offered + command->over > VSCSIIF_SG_PER_PAGE) {
		seq_puts(out, "too many to list\n");
		return;
	}
	memset(request, 0, sizeof(*request));
	request->act = VSCSIIF_ACT_SCSI_CDB;
	request->cmd_len = command->operation == READ_10 ? 10 : 6;
	request->cmnd[0] = command->operation;
	request->sc_data_direction = DMA_NONE;
	if (command->operation == READ_10)
		add_segments(vscsi, request, offered + command->over);
	answer(vscsi, out);
}

static const struct vscsi_act vscsi_acts[] = {
	{ { "ready", commit_command }, TEST_UNIT_READY },
	{ { "list_most", commit_command }, READ_10 },
	{ { "list_over", commit_command }, READ_10, 1 },
};

static int introduce(struct hostile_frontend *fe)
{
	return hostile_say_number(fe, "ring-ref", fe->refs[VSCSI_RING]) ?:
	       hostile_say_number(fe, "event-channel", fe->channel.port) ?:
	       hostile_become(fe, XenbusStateInitialised, XenbusStateConnected) ?:
	       hostile_become(fe, XenbusStateConnected, XenbusStateConnected);
}

static int connect(struct hostile_frontend *fe)
{
	struct hostile_vscsi *vscsi = to_vscsi(fe);
	struct vscsiif_sring *sring = hostile_page(fe, VSCSI_RING);

	XEN_FRONT_RING_INIT(&vscsi->ring, sring, XEN_PAGE_SIZE);
	return introduce(fe);
}

static const struct xenbus_device_id vscsi_ids[] = { { "vscsi" }, { "" } };

struct hostile_driver hostile_vscsi_driver = {
	.xenbus = {
		.name	= "hostile_vscsi",
		.ids	= vscsi_ids,
		.probe	= hostile_probe,
		.remove	= hostile_remove,
	},
	.size		= sizeof(struct hostile_vscsi),
	.nr_pages	= VSCSI_PAGES,
	.connect	= connect,
	.acts		= &vscsi_acts[0].act,
	.act_size	= sizeof(vscsi_acts[0]),
	.nr_acts	= ARRAY_SIZE(vscsi_acts),
};
