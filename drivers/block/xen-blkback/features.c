// SPDX-License-Identifier: GPL-2.0-only
/*
 * Feature control of block devices: what a toolstack may request, and holding the frontend
 * to it.
 *
 * Flushes, barriers and discards are no features to request: what they say is true of the
 * storage, and a guest that is told less would lose data.
 */

#include <xen/xenbus_feature.h>

#include "features.h"

static const struct xenbus_feature vbd_features[XEN_BLKIF_NR_FEATURES] = {
	[XEN_BLKIF_INDIRECT_SEGMENTS] = { "feature-max-indirect-segments", XENBUS_FEATURE_NUMBER },
	[XEN_BLKIF_QUEUES] = { "multi-queue-max-queues", XENBUS_FEATURE_NUMBER, .min = 1 },
	[XEN_BLKIF_RING_ORDER] = { "max-ring-page-order", XENBUS_FEATURE_NUMBER },
	[XEN_BLKIF_PERSISTENT] = { "feature-persistent" },
};

static const struct xenbus_feature_table vbd_table = { vbd_features, XEN_BLKIF_NR_FEATURES };

/**
 * xen_blkif_settle_features() - apply the toolstack's requests
 * @blkif: the device, while it is probed
 * @dev: the same for xenbus
 * @persistent: whether the backend keeps grants mapped where a frontend wants that
 *
 * Context: After the keys are written, before InitWait.  Sleeps.
 * Return: 0, or an error of xenbus_features_settle(), whose consequences hold.
 */
int xen_blkif_settle_features(struct xen_blkif *blkif, struct xenbus_device *dev,
			      bool persistent)
{
	const u32 caps[XEN_BLKIF_NR_FEATURES] = {
		[XEN_BLKIF_INDIRECT_SEGMENTS] = MAX_INDIRECT_SEGMENTS,
		[XEN_BLKIF_QUEUES] = xenblk_max_queues,
		[XEN_BLKIF_RING_ORDER] = xen_blkif_max_ring_order,
		[XEN_BLKIF_PERSISTENT] = persistent,
	};

	return xenbus_features_settle(dev, &vbd_table, caps, &blkif->features);
}

/**
 * xen_blkif_refuses_indirect() - is an indirect request larger than was offered
 * @blkif: the device
 * @segments: of the request
 *
 * Context: The device's thread.
 * Return: Whether the request is to be answered with an error; it is reported, once.
 */
bool xen_blkif_refuses_indirect(struct xen_blkif *blkif, unsigned int segments)
{
	return xenbus_feature_check(xen_blkbk_xenbus(blkif->be), &blkif->features,
				    XEN_BLKIF_INDIRECT_SEGMENTS, segments);
}
