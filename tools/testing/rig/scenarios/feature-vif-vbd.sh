# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Requests for features.  A backend reads them when it probes, and has done so when
# xl create -p returns: the devices of the paused guest are bound anew.  "few" gets
# less of everything, "many" is asked for too much and for nonsense.  "hostile"
# never runs: dom0 writes what a frontend would that ignores its limits.

VBD=51712		# xvda

one_channel() { xenstore-exists "$(front "$1" vif 0)/event-channel"; }

no_persistence()
{
	guest_exec "$1" "dmesg | grep 'persistent grants: disabled; indirect .*: disabled;'" 30
}

data_moves()
{
	check "$1: up" guest_ready "$1" || return
	check "$1: prepared" guest_source "$1" "$(disk_functions)"
	check "$1: disk connected" connected "$1" vbd/$VBD
	check "$1: disk to guest" disk_to_guest "$1" "$2"
	check "$1: disk from guest" disk_from_guest "$1" "$2"
	check "$1: net up" net_up "$1" "$3"
	check "$1: net connected" connected "$1" vif/0
	check "$1: TCP to guest" tcp_to_guest "$1"
	check "$1: TCP from guest" tcp_from_guest "$1"
}

few()
{
	dd if=/dev/urandom of=/dev/ram0 bs=64k count="$BLOCKS" oflag=direct 2> /dev/null
	check "few: created" guest_create few -p || return
	request few vif 0 feature-sg=0 feature-no-csum-offload=1 feature-ipv6-csum-offload=0 \
		feature-xdp-headroom=0 feature-multicast-control=0 \
		feature-split-event-channels=0 multi-queue-max-queues=1 feature-ctrl-ring=0
	request few vbd $VBD feature-max-indirect-segments=0 multi-queue-max-queues=1 \
		max-ring-page-order=0 feature-persistent=0
	check "few: net bound" bound few vif 0
	check "few: disk bound" bound few vbd $VBD
	check "few: net published" holds few vif 0 feature-sg=0 feature-no-csum-offload=1 \
		feature-ipv6-csum-offload=0 feature-gso-tcpv4=0 feature-gso-tcpv6=0 \
		feature-xdp-headroom=0 feature-multicast-control=0 \
		feature-dynamic-multicast-control=0 feature-split-event-channels=0 \
		multi-queue-max-queues=1 feature-ctrl-ring=0 feature-rx-copy=1
	check "few: net granted" holds few vif 0 "feature-status/feature-sg=granted 0" \
		"feature-status/feature-no-csum-offload=granted 1" \
		"feature-status/multi-queue-max-queues=granted 1"
	check "few: disk published" holds few vbd $VBD feature-max-indirect-segments=0 \
		multi-queue-max-queues=1 max-ring-page-order=0
	check "few: disk granted" holds few vbd $VBD \
		"feature-status/feature-persistent=granted 0" \
		"feature-status/max-ring-page-order=granted 0"
	check "few: unpaused" guest_unpause few
	data_moves few /dev/ram0 10.0.0.2 || return
	check "few: one queue" queues few 1
	check "few: one channel" one_channel few
	check "few: nothing persistent" holds few vbd $VBD feature-persistent=0
	check "few: the guest knows" no_persistence few
}

many()
{
	dd if=/dev/urandom of=/dev/ram1 bs=64k count="$BLOCKS" oflag=direct 2> /dev/null
	check "many: created" guest_create many -p || return
	request many vif 0 feature-sg=0x0 feature-ipv6-csum-offload=2 \
		multi-queue-max-queues=9999 feature-nonsense=1 feature-rx-copy=0 strict=1
	request many vbd $VBD multi-queue-max-queues=0 max-ring-page-order=9 \
		feature-max-indirect-segments=4294967296 feature-persistent=
	check "many: strict, refused" refused_to_bind many vif 0
	xenstore-rm "$(back many vif 0)/request-strict"
	check "many: net bound" bound many vif 0
	check "many: net bounded" holds many vif 0 feature-sg=1 multi-queue-max-queues=2 \
		"feature-status/feature-sg=invalid 1" feature-rx-copy=1 \
		"feature-status/feature-ipv6-csum-offload=clamped 1" \
		"feature-status/multi-queue-max-queues=clamped 2" \
		"feature-status/feature-nonsense=unsupported 0" \
		"feature-status/feature-rx-copy=unsupported 0"
	check "many: disk bound" bound many vbd $VBD
	check "many: disk bounded" holds many vbd $VBD max-ring-page-order=4 \
		multi-queue-max-queues=1 "feature-status/max-ring-page-order=clamped 4" \
		"feature-status/multi-queue-max-queues=clamped 1" \
		"feature-status/feature-max-indirect-segments=invalid 256" \
		"feature-status/feature-persistent=invalid 1"
	xenstore-rm "$(back many vbd $VBD)/request-multi-queue-max-queues"
	check "many: disk bound again" bound many vbd $VBD
	check "many: request withdrawn" withdrawn many vbd $VBD multi-queue-max-queues=2
	check "many: unpaused" guest_unpause many
	data_moves many /dev/ram1 10.0.0.3 || return
	check "many: two queues" queues many 2
}

# withdrawn NAME TYPE DEVICE KEY=VALUE
withdrawn()
{
	holds "$@" && ! xenstore-exists "$(back "$1" "$2" "$3")/feature-status/${4%=*}"
}

# refuses TYPE DEVICE STATE KEY=VALUE...: what the hostile frontend says
refuses()
{
	refuses_front=$(front hostile "$1" "$2")
	refuses_back=$(back hostile "$1" "$2")
	bound hostile "$1" "$2" || return
	refuses_state=$3
	shift 3
	for pair in "$@"; do
		xenstore-write "$refuses_front/${pair%%=*}" "${pair#*=}"
	done
	xenstore-write "$refuses_front/state" "$refuses_state"
	wait_for 20 state_is "$refuses_back" 5
	refuses_rc=$?
	sleep 1
	state_is "$refuses_back" 5 || refuses_rc=1
	[ $refuses_rc = 0 ] || xenstore-ls "$refuses_back"
	xenstore-write "$refuses_front/state" 1
	for pair in "$@"; do
		xenstore-rm "$refuses_front/${pair%%=*}"
	done
	return $refuses_rc
}

# vif_most COMMAND...: each key of a vif at its maximum; but two, which depend on each other
vif_most()
{
	"$@" feature-sg=1 feature-ipv6-csum-offload=1 feature-gso-tcpv6=1 \
		feature-xdp-headroom=1 feature-multicast-control=1 \
		feature-dynamic-multicast-control=1 feature-split-event-channels=1 \
		multi-queue-max-queues=2 feature-ctrl-ring=1
}

vbd_most()
{
	"$@" multi-queue-max-queues=2 max-ring-page-order=4 feature-max-indirect-segments=256 \
		feature-persistent=1
}

# asked MORE TYPE DEVICE KEY=VALUE...: so much more than each value
asked()
{
	asked_more=$1
	asked_type=$2
	asked_device=$3
	shift 3
	for asked in "$@"; do
		request hostile "$asked_type" "$asked_device" \
			"${asked%%=*}=$((${asked#*=} + asked_more))" || return
	done
}

# answered WORD TYPE DEVICE KEY=VALUE...: these values are in force
answered()
{
	answered_word=$1
	answered_type=$2
	answered_device=$3
	shift 3
	for answered in "$@"; do
		holds hostile "$answered_type" "$answered_device" "${answered%%=*}=${answered#*=}" \
			"feature-status/${answered%%=*}=$answered_word ${answered#*=}" || return
	done
}

# Persistent grants are published when the disk connects.
disk_answered()
{
	answered "$1" vbd $VBD multi-queue-max-queues=2 max-ring-page-order=4 \
		feature-max-indirect-segments=256 &&
		holds hostile vbd $VBD "feature-status/feature-persistent=$1 1"
}

# unasked TYPE DEVICE KEY=VALUE...
unasked()
{
	unasked_dir=$(back hostile "$1" "$2")
	shift 2
	for unasked in "$@"; do
		xenstore-rm "$unasked_dir/request-${unasked%%=*}"
	done
}

maxima()
{
	vif_most asked 0 vif 0
	request hostile vif 0 feature-gso-tcpv4=1 feature-no-csum-offload=0
	check "net at its maximum: bound" bound hostile vif 0
	check "net at its maximum: granted" vif_most answered granted vif 0
	check "net at its maximum: with checksums" holds hostile vif 0 \
		"feature-status/feature-gso-tcpv4=granted 1" \
		"feature-status/feature-no-csum-offload=granted 0"
	vif_most asked 1 vif 0
	request hostile vif 0 feature-gso-tcpv4=2 feature-no-csum-offload=2
	check "net above: bound" bound hostile vif 0
	check "net above: clamped" vif_most answered clamped vif 0
	check "net above: without checksums" holds hostile vif 0 feature-no-csum-offload=1 \
		"feature-status/feature-gso-tcpv4=clamped 0" \
		"feature-status/feature-no-csum-offload=clamped 1"
	vif_most unasked vif 0
	unasked vif 0 feature-gso-tcpv4=1 feature-no-csum-offload=0
	vbd_most asked 0 vbd $VBD
	check "disk at its maximum: bound" bound hostile vbd $VBD
	check "disk at its maximum: granted" disk_answered granted
	vbd_most asked 1 vbd $VBD
	check "disk above: bound" bound hostile vbd $VBD
	check "disk above: clamped" disk_answered clamped
	vbd_most unasked vbd $VBD
}

# One line each, which shows the start of a long value only
nonsense_told()
{
	nonsense_line="vif-$(xl domid hostile)-0: request-.*: no number"
	dmesg | grep "$nonsense_line" > /tmp/nonsense
	cat /tmp/nonsense
	[ "$(wc -l < /tmp/nonsense)" = 5 ] && ! grep -q '.\{220\}' /tmp/nonsense
}

# xenstore-write makes a newline of \n.
nonsense()
{
	nonsense_dir=$(back hostile vif 0)
	check "nonsense: written" xenstore-write -- "$nonsense_dir/request-feature-sg" -1 \
		"$nonsense_dir/request-feature-ipv6-csum-offload" +1 \
		"$nonsense_dir/request-multi-queue-max-queues" '2\n' \
		"$nonsense_dir/request-feature-ctrl-ring" "$(printf '\377\376')" \
		"$nonsense_dir/request-feature-split-event-channels" "$(printf '%01000d' 0)"
	check "nonsense: bound" bound hostile vif 0
	check "nonsense: invalid" answered invalid vif 0 feature-sg=1 feature-ipv6-csum-offload=1 \
		multi-queue-max-queues=2 feature-ctrl-ring=1 feature-split-event-channels=1
	check "nonsense: five short lines" nonsense_told
	vif_most unasked vif 0 2> /dev/null
}

hostile()
{
	check "hostile: created" guest_create hostile -p || return
	maxima
	nonsense
	request hostile vif 0 multi-queue-max-queues=1 feature-split-event-channels=0 \
		feature-ctrl-ring=0
	request hostile vbd $VBD multi-queue-max-queues=1 max-ring-page-order=0
	check "hostile: net queues" refuses vif 0 4 multi-queue-num-queues=2
	check "hostile: net channels" refuses vif 0 4 request-rx-copy=1 tx-ring-ref=8 \
		rx-ring-ref=9 event-channel-tx=5 event-channel-rx=6
	check "hostile: control ring" refuses vif 0 4 request-rx-copy=1 ctrl-ring-ref=10 \
		event-channel-ctrl=7
	check "hostile: disk queues" refuses vbd $VBD 3 multi-queue-num-queues=2
	check "hostile: ring order" refuses vbd $VBD 3 ring-page-order=1 event-channel=5 \
		ring-ref0=8 ring-ref1=9
	request_misplaced=$(front hostile vif 0)/request-feature-sg
	xenstore-write "$request_misplaced" 0
	check "hostile: request of its own" bound hostile vif 0
	check "hostile: has no effect" holds hostile vif 0 feature-sg=1
	check "hostile: is told" told "request-feature-sg in .* has no effect"
	xl destroy hostile
}

plan $((1 + 8 + 9 + 4 + 9 + 9 + 1 + 9 + (10 + 4) + 5))
check "bridge" bridge_up
mkfifo /tmp/hold
dd if=/dev/urandom of=/tmp/data bs=64k count=16 2> /dev/null
few
many
hostile
check "few: still there" ping -c 3 -w 20 10.0.0.2
check "many: still there" ping -c 3 -w 20 10.0.0.3
check "values are shown" told 'request-feature-sg is "0x0": no number'
check "unknown keys are told" told "request-feature-nonsense: no such key"
check "channels are told" told "refused: frontend uses 1, but feature-split-event-channels is 0"
xl destroy few
xl destroy many
