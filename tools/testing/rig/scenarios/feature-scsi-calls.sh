# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Requests for SCSI devices (vscsi) and sockets (pvcalls).  xl makes none of these here; dom0 does,
# by hand, and the disk behind them is one of the kernel's target core.  The guest's own driver has
# the first SCSI host, within its limit; xen_hostile has the others.

LIMIT=30		# segments of a request
ORDER=3			# of a socket's ring
PORT=5002
TARGET=/sys/kernel/config/target
NEXUS=naa.60014050000000a1
PORTAL=naa.60014050000000a2

# A RAM disk of 8 MiB, as LUN 0 and 1
target_up()
{
	mount -t configfs configfs /sys/kernel/config &&
		mkdir -p $TARGET/core/rd_mcp_0/ram &&
		echo rd_pages=2048 > $TARGET/core/rd_mcp_0/ram/control &&
		echo 1 > $TARGET/core/rd_mcp_0/ram/enable &&
		mkdir -p $TARGET/xen-pvscsi/$PORTAL/tpgt_1 &&
		echo $NEXUS > $TARGET/xen-pvscsi/$PORTAL/tpgt_1/nexus &&
		lun_up 0 && lun_up 1
}

lun_up()
{
	mkdir $TARGET/xen-pvscsi/$PORTAL/tpgt_1/lun/lun_"$1" &&
		ln -s $TARGET/core/rd_mcp_0/ram $TARGET/xen-pvscsi/$PORTAL/tpgt_1/lun/lun_"$1"/ram
}

# made TYPE NUMBER [NODE VALUE]...: both sides begin when both are complete
made()
{
	made_back=$(back guest "$1" "$2")
	made_front=$(front guest "$1" "$2")
	made_guest=$(xl domid guest)
	shift 2
	xenstore-write "$made_front/backend" "$made_back" "$made_front/backend-id" 0 \
		"$made_back/frontend" "$made_front" "$made_back/frontend-id" "$made_guest" \
		"$made_back/online" 1 || return
	while [ $# -gt 0 ]; do
		xenstore-write "$made_back/$1" "$2" || return
		shift 2
	done
	xenstore-chmod -r "$made_front" "n$made_guest" r0 &&
		xenstore-chmod -r "$made_back" n0 "r$made_guest" || return
	for node in $(xenstore-list "$made_back" | grep '^request-'); do
		xenstore-chmod "$made_back/$node" n0 || return
	done
	xenstore-write "$made_back/state" 1 "$made_front/state" 1
}

# scsi_made NUMBER [NODE VALUE]...: LUN 0 of the guest is a LUN of the target
scsi_made()
{
	scsi_number=$1
	shift
	made vscsi "$scsi_number" feature-host 0 vscsi-devs/dev-0/p-dev "$PORTAL:$scsi_number" \
		vscsi-devs/dev-0/v-dev 0:0:0:0 vscsi-devs/dev-0/state 1 "$@"
}

# state_of TYPE NUMBER STATE
state_of()
{
	wait_for 30 state_is "$(back guest "$1" "$2")" "$3" && return
	xenstore-ls "$(back guest "$1" "$2")"
	return 1
}

# For the guest
scsi_functions()
{
	cat <<'EOT'
has_disk() { [ -b /dev/sda ]; }
segments() { value segments "$(cat /sys/class/scsi_host/host*/sg_tablesize)"; }
# What is written is what is read.
disk_holds()
{
	dd if=/dev/urandom of=/tmp/disk bs=64k count=64 2> /dev/null &&
		dd if=/tmp/disk of=/dev/sda bs=256k oflag=direct 2> /dev/null &&
		dd if=/dev/sda bs=256k count=16 iflag=direct 2> /dev/null | cmp - /tmp/disk
}
# by_hand: from now on devices wait for "bind"
by_hand() { echo 0 > /sys/bus/xen/drivers_autoprobe; }
# takes DRIVER DEVICE
takes()
{
	until_true 30 [ -e "/sys/bus/xen/devices/$2" ] && bind "$1" "$2"
}
EOT
}

ready()
{
	check "guest: created" guest_create guest || return
	check "guest: up" guest_ready guest 300 || return
	check "guest: has its module" hostile_ready guest
	check "guest: prepared" guest_source guest "$(scsi_functions)"
}

segments_are()
{
	guest_exec guest segments 30 && same "$1" "$(guest_value guest segments)"
}

scsi_honest()
{
	check "SCSI: made" scsi_made 0 request-feature-sg-grant $LIMIT
	check "SCSI: connected" state_of vscsi 0 4
	check "SCSI: published" holds guest vscsi 0 feature-sg-grant=$LIMIT \
		"feature-status/feature-sg-grant=granted $LIMIT"
	check "SCSI: disk" guest_exec guest "until_true 60 has_disk" 80
	check "SCSI: the guest keeps to it" segments_are $LIMIT
	check "SCSI: data" guest_exec guest disk_holds 120
}

scsi_refused()
{
	check "hostile SCSI: made" scsi_made 1 request-feature-sg-grant $LIMIT
	check "hostile SCSI: waits" state_of vscsi 1 2
	check "hostile SCSI: connects" guest_exec guest "takes hostile_vscsi vscsi-1" 90
	# The first command of all may be told what has changed meanwhile.
	guest_exec guest "act vscsi-1 ready 1" 60
	check "hostile SCSI: ready" answers guest vscsi-1 ready okay
	log_begins
	check "hostile SCSI: as much as was offered" answers guest vscsi-1 list_most okay
	check "hostile SCSI: that is right" log_has 0 "frontend uses"
	check "hostile SCSI: more" answers guest vscsi-1 list_over error
	check "hostile SCSI: one line" log_has 1 \
		"frontend uses $((LIMIT + 1)), but feature-sg-grant is $LIMIT"
	check "hostile SCSI: goes on" answers guest vscsi-1 list_most okay
	check "SCSI: data beside it" guest_exec guest disk_holds 120
}

# A request above what there is, and one that makes no sense
scsi_bounded()
{
	check "SCSI, too much: made" scsi_made 2 request-feature-sg-grant 999 \
		request-feature-nonsense 1
	check "SCSI, too much: waits" state_of vscsi 2 2
	check "SCSI, too much: bounded" holds guest vscsi 2 feature-sg-grant=128 \
		"feature-status/feature-sg-grant=clamped 128" \
		"feature-status/feature-nonsense=unsupported 0"
	check "SCSI, strict: made" scsi_made 3 request-feature-sg-grant 0x8 request-strict 1
	check "SCSI, strict: refused" state_of vscsi 3 5
	check "SCSI, strict: why" told "request-strict is set, and request-feature-sg-grant"
}

# The whole greeting, and then the end
greeted() { [ "$(cat /tmp/greeting)" = "a socket of PV calls" ]; }

# socket_with DEVICE FILE ANSWER: somebody listens each time, until the socket is closed
socket_with()
{
	timeout 60 nc -l -p $PORT > /tmp/greeting 0<> /tmp/hold &
	socket_pid=$!
	wait_for 10 listening $PORT || { echo "nc does not listen"; return 1; }
	guest_exec guest "act $1 $2 1" 60
	wait $socket_pid
	same "$3" "$(guest_value guest act)"
}

sockets_refused()
{
	for _ in $(seq "$TIMES"); do
		socket_with "$1" ring_over error || return
	done
}

calls()
{
	check "calls: made" made pvcalls 0 request-max-page-order $ORDER
	check "calls: wait" state_of pvcalls 0 2
	check "calls: published" holds guest pvcalls 0 max-page-order=$ORDER \
		"feature-status/max-page-order=granted $ORDER"
	check "calls: connect" guest_exec guest "takes hostile_pvcalls pvcalls-0" 90
	log_begins
	check "calls: as much as was offered" socket_with pvcalls-0 ring_most okay
	check "calls: data" greeted
	check "calls: that is right" log_has 0 "frontend uses"
	check "calls: more" sockets_refused pvcalls-0
	check "calls: one line" log_has 1 \
		"frontend uses $((ORDER + 1)), but max-page-order is $ORDER"
	check "calls: go on" socket_with pvcalls-0 ring_most okay
	check "calls: data again" greeted
	check "SCSI: data beside that" guest_exec guest disk_holds 120
}

calls_free()
{
	check "free calls: made" made pvcalls 1
	check "free calls: wait" state_of pvcalls 1 2
	check "free calls: connect" guest_exec guest "takes hostile_pvcalls pvcalls-1" 90
	check "free calls: order 4" socket_with pvcalls-1 ring_most okay
	check "free calls: data" greeted
	check "free calls: more" socket_with pvcalls-1 ring_over error
}

plan $((3 + 4 + 6 + 1 + 10 + 6 + 12 + 6))
check "module in the guests' image" guest_modules
check "bridge" bridge_up
mkfifo /tmp/hold
check "target" target_up
ready
scsi_honest
check "guest: binds by hand" guest_exec guest by_hand 30
scsi_refused
scsi_bounded
calls
calls_free
xl destroy guest
