# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# xenstore bounds what a domain may own, except dom0: the backends are in a driver domain.
# "client" never runs.  dom0 makes the devices by hand, as libxl would, and all nodes of a
# backend are the driver domain's own.

VBD=51712		# xvda
# xenstored's bound by default is 1000 nodes.  It counts those that dom0 makes and gives away,
# but does not keep dom0 from making them.
NODES=1100

driver_back() { echo "/local/domain/$DRIVER/backend/$1/$CLIENT/$2"; }
fill() { echo "/local/domain/$DRIVER/data/fill"; }

# made TYPE NUMBER [NODE VALUE]...: a device; two transactions, for the client does not run
made()
{
	made_back=$(driver_back "$1" "$2")
	made_front=/local/domain/$CLIENT/device/$1/$2
	made_number=$2
	shift 2
	xenstore-write "$made_front/backend" "$made_back" "$made_front/backend-id" "$DRIVER" \
		"$made_front/state" 1 &&
		xenstore-chmod -r "$made_front" "n$CLIENT" "r$DRIVER" || return
	set -- frontend "$made_front" frontend-id "$CLIENT" online 1 handle "$made_number" \
		"$@" state 1
	made_pairs=""
	while [ $# -gt 0 ]; do
		made_pairs="$made_pairs $made_back/$1 $2"
		shift 2
	done
	# shellcheck disable=SC2086 # a list of words
	xenstore-write $made_pairs
}

net_made() { made vif "$1" script /none mac "00:16:3e:00:00:0$1"; }

# Its node physical-device is what a hot-plug script would write.
disk_made()
{
	disk_number=$1
	shift
	made vbd "$disk_number" mode w type phy params /dev/ram0 physical-device 1:0 "$@"
}

# state TYPE NUMBER STATE
state()
{
	wait_for 20 state_is "$(driver_back "$1" "$2")" "$3" && return
	xenstore-ls "$(driver_back "$1" "$2")"
	return 1
}

quota_full()
{
	# shellcheck disable=SC2046 # a list of words
	xenstore-write $(seq $NODES | sed "s|.*|$(fill)/& 1|") || return
	! guest_exec driver "xs_write data/one more" 40 && guest_value driver xenstore
}

quota_free() { xenstore-rm "$(fill)" && guest_exec driver "xs_write data/one more" 40; }

# bound_anew TYPE NUMBER
bound_anew()
{
	anew_device=$1-$CLIENT-$2
	guest_exec driver "cd /sys/bus/xen-backend/drivers/$1 && \
{ [ ! -e $anew_device ] || echo $anew_device > unbind; } && echo $anew_device > bind" 60
}

# driver_told REGEX LINES: so many lines in the log of the driver domain
driver_told()
{
	told_lines=$(tr -d '\r' < "$(console_log driver)" | grep -c "$1")
	[ "$told_lines" = "$2" ] && return
	grep "vif\|vbd" "$(console_log driver)"
	return 1
}

# absent TYPE NUMBER NODE
absent() { ! xenstore-exists "$(driver_back "$1" "$2")/$3"; }

before()
{
	check "first net" net_made 0
	check "first net waits" state vif 0 2
	check "first disk" disk_made $VBD
	check "first disk waits" state vbd $VBD 2
}

# What is there can be changed, but nothing added.
full()
{
	check "quota is full" quota_full
	xenstore-write "$(driver_back vif 0)/request-multi-queue-max-queues" 1 \
		"$(driver_back vbd $VBD)/request-max-ring-page-order" 0
	check "first net bound anew" bound_anew vif 0
	check "its request holds" nodes_hold "$(driver_back vif 0)" state=2 \
		multi-queue-max-queues=1
	check "its status is missing" absent vif 0 feature-status
	check "that is said once" driver_told "vif-$CLIENT-0: no feature-status: error -28" 1
	check "first disk bound anew" bound_anew vbd $VBD
	check "its request holds, too" nodes_hold "$(driver_back vbd $VBD)" state=2 \
		max-ring-page-order=0
	check "that is said once, too" driver_told "vbd-$CLIENT-$VBD: no feature-status" 1
	check "new net" net_made 1
	check "new net is refused" state vif 1 5
	check "why" driver_told "vif-$CLIENT-1: 28 writing feature-sg" 1
	check "new disk" disk_made 51728 request-max-ring-page-order 0
	check "new disk is refused" state vbd 51728 5
	check "why, too" driver_told "vbd-$CLIENT-51728: 28 settling the requests" 1
	check "new disk without request" disk_made 51744
	check "it has nothing to offer" state vbd 51744 2
	check "no key" absent vbd 51744 max-ring-page-order
	check "first net is as before" nodes_hold "$(driver_back vif 0)" state=2
	check "first disk is as before" nodes_hold "$(driver_back vbd $VBD)" state=2
}

after()
{
	check "quota is free" quota_free
	check "refused net bound" bound_anew vif 1
	check "refused net waits" state vif 1 2
	check "refused disk bound" bound_anew vbd 51728
	check "refused disk waits" state vbd 51728 2
	check "refused disk has its status" nodes_hold "$(driver_back vbd 51728)" \
		max-ring-page-order=0 "feature-status/max-ring-page-order=granted 0"
	check "first net bound" bound_anew vif 0
	check "first net has its status" nodes_hold "$(driver_back vif 0)" \
		multi-queue-max-queues=1 "feature-status/multi-queue-max-queues=granted 1"
}

plan $((4 + 4 + 19 + 8))
check "driver: created" guest_create driver
check "driver: up" guest_ready driver
check "client: created" guest_create client -p
DRIVER=$(xl domid driver)
CLIENT=$(xl domid client)
check "directory of backends" xenstore-write "/local/domain/$DRIVER/backend" ""
xenstore-chmod "/local/domain/$DRIVER/backend" "n$DRIVER" "r$CLIENT"
before
full
after
xl destroy client
xl destroy driver
