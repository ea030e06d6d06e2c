/* SPDX-License-Identifier: MIT */
/*
 * The N-level event-channel ABI: ports in a tree of bitmaps whose depth the guest
 * chooses.
 *
 * The protocol in prose, with its ordering argument: Documentation/virt/xen/event-nlevel.rst.
 *
 * A word has b bits, 64 or 32, see evtchn_nlevel_query.word_bits.  Of a tree with N
 * levels,
 *
 * - level 0 is the root: vcpu_info.evtchn_pending_sel, one word per VCPU;
 * - levels 1 to N - 2 are the selectors, which each VCPU has of its own;
 * - level N - 1 are the leaves, of which the domain has one set: a pending and a mask
 *   bit for each port.
 *
 * Bit i of level k says that there may be a bit set in word i of level k + 1, and is
 * for the b^(N-1-k) ports from i * b^(N-1-k) on.  Bits are counted through a level as
 * they lie in memory, least significant first: bit i is in the word i / b.
 *
 * The ops are commands of HYPERVISOR_event_channel_op.  A hypervisor without them
 * answers -ENOSYS.  They are for the calling domain alone.  Frames are of 4 KiB, whatever the
 * guest's own page size is; a guest that is not translated gives machine frames, as it
 * does for FIFO.  A structure is the same for 32- and 64-bit guests.  After an error nothing
 * has changed, and nothing of the argument was written.  Where several errors apply, any of
 * them may be returned.
 *
 * All ops: -EFAULT for an argument that cannot be read or written.
 *
 * The includer provides uint32_t and uint64_t.
 */
#ifndef __XEN_PUBLIC_EVENT_NLEVEL_H__
#define __XEN_PUBLIC_EVENT_NLEVEL_H__

/* A range of its own, far from the numbers that Xen gives out. */
#define EVTCHNOP_nlevel_query		0x4e4c00
#define EVTCHNOP_nlevel_init		0x4e4c01
#define EVTCHNOP_nlevel_add_leaf	0x4e4c02
#define EVTCHNOP_nlevel_set_selector	0x4e4c03

/* The least depth; with 2 it would be the 2-level ABI, which needs no pages. */
#define EVTCHN_NLEVEL_MIN_LEVELS	3

/* Bytes of a page of leaves or selectors, and ports that a page of leaves has. */
#define EVTCHN_NLEVEL_PAGE_BYTES	4096
#define EVTCHN_NLEVEL_LEAF_PORTS	32768

/**
 * struct evtchn_nlevel_query - EVTCHNOP_nlevel_query: what is there, and what is in use
 * @max_levels: OUT: the greatest depth, from EVTCHN_NLEVEL_MIN_LEVELS; every depth from
 *	there to here is there
 * @word_bits: OUT: b, bits of a word: 32 or 64. For an HVM or PVH domain it is what fits
 *	the mode of the VCPU that asks, which EVTCHNOP_nlevel_init by that VCPU would settle;
 *	asking settles nothing. While N-level is in use it is what that op has settled
 * @max_ports: OUT: the most ports that this domain may have at depth @max_levels, in
 *	ports; includes port 0, which is never used.  It is the smaller of what the
 *	hypervisor can have and of what the toolstack allows (max_event_channels).
 *	At a lesser depth it is the smaller of this and b^depth
 * @levels: OUT: depth in use, 0 while the domain uses another ABI
 * @nr_ports: OUT: as it was given to EVTCHNOP_nlevel_init, 0 as above
 * @nr_leaves: OUT: pairs of pages that EVTCHNOP_nlevel_add_leaf has added, 0 as above
 *
 * May be issued under any ABI, and any number of times.
 */
struct evtchn_nlevel_query {
	uint32_t max_levels;
	uint32_t word_bits;
	uint32_t max_ports;
	uint32_t levels;
	uint32_t nr_ports;
	uint32_t nr_leaves;
};

/**
 * struct evtchn_nlevel_init - EVTCHNOP_nlevel_init: switch from 2-level to N-level
 * @levels: IN: depth N, EVTCHN_NLEVEL_MIN_LEVELS to evtchn_nlevel_query.max_levels
 * @nr_ports: IN: how many ports there are to be, port 0 included, in ports; from 1 to the
 *	smaller of evtchn_nlevel_query.max_ports and b^@levels, any number between.  It
 *	bounds the leaves and the selectors, and cannot be changed later
 *
 * From then on the domain has no leaves and no VCPU has selectors.  Each port that is
 * bound counts as pending: events are kept as EVTCHNOP_nlevel_add_leaf says.  Pending and
 * mask bits of the 2-level ABI are used no more.
 *
 * If it succeeds it settles the word size of an HVM or PVH domain, by the mode of the VCPU that
 * runs, for all that the domain shares with the hypervisor, as setting a callback does.
 *
 * Errors:
 * -EEXIST	N-level is in use already; only EVTCHNOP_reset ends it
 * -EBUSY	FIFO is in use; or the domain is being reset or destroyed
 * -EDOM	@levels is none that is there
 * -ERANGE	@nr_ports is 0 or too great, or a port that the guest has bound is not below it
 * -ENOMEM	the hypervisor has no memory for it
 *
 * While N-level is in use EVTCHNOP_init_control (FIFO) returns -EBUSY, and
 * EVTCHNOP_set_priority -ENOSYS.
 */
struct evtchn_nlevel_init {
	uint32_t levels;
	uint32_t nr_ports;
};

/**
 * struct evtchn_nlevel_add_leaf - EVTCHNOP_nlevel_add_leaf: leaves for the next ports
 * @pending_gfn: IN: frame of the pending bits, all 0
 * @mask_gfn: IN: frame of the mask bits, all 1; another frame than @pending_gfn
 * @index: IN: number of this pair, which has the EVTCHN_NLEVEL_LEAF_PORTS ports from
 *	@index * EVTCHN_NLEVEL_LEAF_PORTS on; must be the number of pairs there are, as
 *	pairs are added in the order of ports
 * @pad: IN: 0
 *
 * Bit i of the frame is for port @index * EVTCHN_NLEVEL_LEAF_PORTS + i.  Bits of ports that are
 * not below nr_ports are not used.  A port that has no leaf yet can be bound, sent to and
 * closed: it counts as masked, EVTCHNOP_unmask does nothing with it, and an event for it is
 * kept by the hypervisor, which sets the pending bit when it gets the leaf.
 *
 * The frames must be ordinary, writable RAM of the domain.  They stay in use until EVTCHNOP_reset.
 *
 * Errors:
 * -EOPNOTSUPP	N-level is not in use
 * -EINVAL	@pad is not 0, or @index is greater than the number of pairs
 * -EEXIST	pair @index is there already, or one of the frames is in use as a leaf or
 *		for selectors, or both are the same
 * -ENOSPC	no port below nr_ports would be in it
 * -ENXIO	a frame is none of this domain's ordinary, writable RAM
 * -ENOMEM	the hypervisor has no memory for it
 */
struct evtchn_nlevel_add_leaf {
	uint64_t pending_gfn;
	uint64_t mask_gfn;
	uint32_t index;
	uint32_t pad;
};

/**
 * struct evtchn_nlevel_set_selector - EVTCHNOP_nlevel_set_selector: a level of a VCPU
 * @gfn: IN: frame in which the words are
 * @vcpu: IN: number of the VCPU, as for VCPUOP calls; it may be the caller, another, or one
 *	that is not online
 * @level: IN: 1 to levels - 2
 * @index: IN: which part of the level: 0, and up to the number of parts less one
 * @offset: IN: of the words in the frame, in bytes, a multiple of 8; they must not cross
 *	the frame's end
 *
 * Level k has as many words as its bits need, one for each b^(levels-k) ports: nr_ports
 * divided by that, rounded up.  A level of more than EVTCHN_NLEVEL_PAGE_BYTES is given in
 * parts of that size, @offset being 0, the last part as long as what is left; of any other
 * there is only part 0.  Words of several VCPUs and levels may share a frame.  They must
 * be 0.  The bit for port p is bit p / b^(levels-1-k) of the level.
 *
 * Levels and parts of a VCPU may come in any order.  While any is missing, events for this VCPU
 * set only pending bits.  With the last of them the hypervisor sets all that leads
 * to pending ports which are not masked, whichever VCPU they are for.  If that sets a bit of the
 * root which was clear, it sends an upcall, as for any event.  The selectors stay while the VCPU
 * is offline and comes back, and until EVTCHNOP_reset.
 *
 * Errors:
 * -EOPNOTSUPP	N-level is not in use
 * -ENOENT	there is no such VCPU
 * -EDOM	@level has no selectors
 * -ERANGE	@index: the level has no such part
 * -EINVAL	@offset is no multiple of 8, or the words would cross the frame's end
 * -EEXIST	the VCPU has this part already, or the frame is in use as a leaf
 * -ENXIO	the frame is none of this domain's ordinary, writable RAM
 * -ENOMEM	the hypervisor has no memory for it
 */
struct evtchn_nlevel_set_selector {
	uint64_t gfn;
	uint32_t vcpu;
	uint32_t level;
	uint32_t index;
	uint32_t offset;
};

#endif /* __XEN_PUBLIC_EVENT_NLEVEL_H__ */
