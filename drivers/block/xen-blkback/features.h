/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Feature control of block devices: what a frontend may use.
 */
#ifndef _XEN_BLKBACK_FEATURES_H
#define _XEN_BLKBACK_FEATURES_H

#include "common.h"

/**
 * enum xen_blkif_feature - keys that a toolstack may request
 * @XEN_BLKIF_INDIRECT_SEGMENTS: feature-max-indirect-segments
 * @XEN_BLKIF_QUEUES: multi-queue-max-queues
 * @XEN_BLKIF_RING_ORDER: max-ring-page-order
 * @XEN_BLKIF_PERSISTENT: feature-persistent
 * @XEN_BLKIF_NR_FEATURES: number of these
 */
enum xen_blkif_feature {
	XEN_BLKIF_INDIRECT_SEGMENTS,
	XEN_BLKIF_QUEUES,
	XEN_BLKIF_RING_ORDER,
	XEN_BLKIF_PERSISTENT,
	XEN_BLKIF_NR_FEATURES,
};

/**
 * xen_blkif_limit() - the value in force of a key
 * @blkif: the device, its features settled
 * @feature: the key
 *
 * Context: Any.
 * Return: The value.
 */
static inline unsigned int xen_blkif_limit(const struct xen_blkif *blkif,
					   enum xen_blkif_feature feature)
{
	return xenbus_feature_value(&blkif->features, feature);
}

int xen_blkif_settle_features(struct xen_blkif *blkif, struct xenbus_device *dev,
			      bool persistent);
bool xen_blkif_refuses_indirect(struct xen_blkif *blkif, unsigned int segments);

#endif /* _XEN_BLKBACK_FEATURES_H */
