# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# With xenbus.feature_ack_remove=1 a granted request is removed, and its status stands for it
# from then on.

VBD=51712		# xvda

is_set() { [ "$(cat /sys/module/xenbus/parameters/feature_ack_remove)" = Y ]; }

# gone TYPE DEVICE KEY...: no such requests
gone()
{
	gone_dir=$(back acks "$1" "$2")
	shift 2
	for key in "$@"; do
		! xenstore-exists "$gone_dir/request-$key" || { echo "$key is there"; return 1; }
	done
}

# What was granted is gone and in force, and what was not granted is there.
net_settled()
{
	gone vif 0 multi-queue-max-queues &&
		holds acks vif 0 multi-queue-max-queues=1 request-feature-ipv6-csum-offload=9 \
			"feature-status/multi-queue-max-queues=granted 1" \
			"feature-status/feature-ipv6-csum-offload=clamped 1"
}

disk_settled()
{
	gone vbd $VBD multi-queue-max-queues feature-persistent &&
		holds acks vbd $VBD multi-queue-max-queues=1 request-max-ring-page-order=9 \
			max-ring-page-order=4 "feature-status/max-ring-page-order=clamped 4" \
			"feature-status/feature-persistent=granted 0"
}

# bound_devices WHAT: the second time there is nothing but statuses to go by
bound_devices()
{
	check "$1: net bound" bound acks vif 0
	check "$1: disk bound" bound acks vbd $VBD
	check "$1: net is bounded" net_settled
	check "$1: disk is bounded" disk_settled
}

connected_devices()
{
	check "unpaused" guest_unpause acks
	check "up" guest_ready acks
	check "disk connected" connected acks vbd/$VBD
	check "disk is not persistent" holds acks vbd $VBD feature-persistent=0
	check "net up" net_up acks 10.0.0.2
	check "one queue" queues acks 1
}

reconnected()
{
	check "net connects again" guest_exec acks \
		"cd /sys/bus/xen/drivers/vif && echo vif-0 > unbind && echo vif-0 > bind" 60
	check "again: net up" net_up acks 10.0.0.2
	check "again: net is bounded" net_settled
	check "again: one queue" queues acks 1
}

lifted()
{
	xenstore-rm "$(back acks vif 0)/feature-status/multi-queue-max-queues"
	check "status removed: net bound" bound acks vif 0
	check "status removed: no bound" holds acks vif 0 multi-queue-max-queues=2 \
		"feature-status/feature-ipv6-csum-offload=clamped 1"
	check "status removed: net works" wait_for 30 ping -c 1 -w 2 10.0.0.2
}

plan $((3 + 4 + 4 + 6 + 4 + 3))
check "parameter is set" is_set
check "bridge" bridge_up
check "created" guest_create acks -p
request acks vif 0 multi-queue-max-queues=1 feature-ipv6-csum-offload=9
request acks vbd $VBD multi-queue-max-queues=1 feature-persistent=0 max-ring-page-order=9
bound_devices "first"
bound_devices "anew"
connected_devices
reconnected
lifted
xl destroy acks
