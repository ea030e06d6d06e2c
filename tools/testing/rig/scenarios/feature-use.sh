# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# One guest three times: with requests, after a reboot, which leaves them behind, and after a
# restore, with requests again.  Each time there is load, and what the devices took is counted
# afterwards.

VBD=51712		# xvda
FEATURES="tx-checksum-ipv4 tx-checksum-ipv6 tx-tcp-segmentation tx-tcp6-segmentation"
FEATURES="$FEATURES tx-scatter-gather"
NET=10.0.0.2

# For the guest
use_functions()
{
	disk_functions
	load_functions
	cat <<EOF
features() { value features \$(/rig/selftests/xen/net_features eth0 $FEATURES); }
sent_data() { dd if=/dev/urandom of=/tmp/out bs=64k count=16 && value disk \$(sum < /tmp/out); }
# rebind DRIVER DEVICE
rebind()
{
	echo \$2 > /sys/bus/xen/drivers/\$1/unbind && echo \$2 > /sys/bus/xen/drivers/\$1/bind
}
disk_unbind() { echo vbd-$VBD > /sys/bus/xen/drivers/vbd/unbind; }
# disk_says NODE VALUE
disk_says() { xs_write device/vbd/$VBD/\$1 \$2; }
EOF
}

channels_of()
{
	cat "/sys/bus/xen-backend/devices/$1-$(xl domid used)-$2/xenbus/event_channels"
}

# Pages of rings, as the frontend wrote them down
pages_of() { xenstore-ls "$(front used "$1" "$2")" | grep -c 'ring-ref[0-9]* = '; }

# Grants of the guest that are mapped just now, whoever maps them
mapped()
{
	xl dmesg -c > /dev/null
	xl debug-keys g
	xl dmesg > /tmp/grants
	awk -v head="^d$(xl domid used) " '
		/grant-table for remote / { sub(/.*remote d(omain: *)?/, "d"); mine = $0 ~ head }
		mine && /\[0x/ { count++ }
		END { print count + 0 }' /tmp/grants
}

# taken: disk's and network's channels, both rings' pages, and all grants that are mapped
taken()
{
	echo "$(channels_of vbd $VBD) $(channels_of vif 0)" \
		"$(pages_of vbd $VBD) $(pages_of vif 0) $(mapped)"
}

# taken_now PHASE DISK-CHANNELS NET-CHANNELS DISK-PAGES NET-PAGES
taken_now()
{
	taken > "/tmp/taken-$1"
	same "$2 $3 $4 $5" "$(cut -d ' ' -f 1-4 "/tmp/taken-$1")"
}

grants() { cut -d ' ' -f 5 "/tmp/taken-$1"; }

# Rings make a difference of 33 pages; persistent grants come on top of that.
fewer_grants()
{
	[ "$(grants "$1")" -gt 0 ] && [ "$(($(grants "$2") - $(grants "$1")))" -gt 33 ] && return
	echo "$1: $(grants "$1"), $2: $(grants "$2")"
	head -n 40 /tmp/grants
	return 1
}

show_taken()
{
	for phase in requested plain restored; do
		diag "$phase: channels vbd, vif; pages of rings vbd, vif; grants mapped:" \
			"$(cat "/tmp/taken-$phase")"
	done
}

features_are()
{
	guest_exec used features 30 || return
	features_want=$(for feature in $FEATURES; do echo "$feature=$1"; done)
	same "$(echo "$features_want" | tr '\n' ' ' | sed 's/ $//')" "$(guest_value used features)"
}

requests()
{
	request used vif 0 multi-queue-max-queues=1 feature-split-event-channels=0 \
		feature-no-csum-offload=1 feature-ipv6-csum-offload=0 feature-sg=0
	request used vbd $VBD multi-queue-max-queues=1 max-ring-page-order=0 feature-persistent=0
}

requests_hold()
{
	check "$1: net is bounded" holds used vif 0 multi-queue-max-queues=1 \
		feature-split-event-channels=0 feature-no-csum-offload=1 feature-gso-tcpv4=0 \
		feature-sg=0 \
		"feature-status/feature-no-csum-offload=granted 1"
	check "$1: disk is bounded" holds used vbd $VBD multi-queue-max-queues=1 \
		max-ring-page-order=0 "feature-status/feature-persistent=granted 0"
}

strict()
{
	request used vbd $VBD max-ring-page-order=9 strict=1
	check "strict: disk refused" refused_to_bind used vbd $VBD
	check "strict: why" holds used vbd $VBD "feature-status/max-ring-page-order=clamped 4"
	check "strict: why, in the log" told \
		"request-strict is set, and request-max-ring-page-order"
	requests
	check "strict: disk granted" bound used vbd $VBD
	check "strict: disk waits" holds used vbd $VBD state=2
	check "net bound" bound used vif 0
}

# ready PHASE: after each boot
ready()
{
	check "$1: up" guest_ready used || return
	check "$1: prepared" guest_source used "$(use_functions)"
	check "$1: disk connected" connected used vbd/$VBD
	check "$1: net up" net_up used $NET
}

# worked PHASE: data through the network while the disk is loaded, then both compared
worked()
{
	check "$1: disk load" guest_exec used load_start 90
	check "$1: data" guest_exec used sent_data 60
	check "$1: TCP to guest" tcp_to_guest used
	check "$1: TCP from guest" tcp_from_guest used
	check "$1: disk load goes on" guest_exec used load_goes_on 90
	check "$1: data on the disk" load_is_right used /dev/ram0
}

reconnected()
{
	check "reconnect: net" guest_exec used "rebind vif vif-0" 60
	check "reconnect: net up" net_up used $NET
	check "reconnect: net connected" connected used vif/0
	requests_hold "reconnect"
	check "reconnect: queues" queues used 1
	check "reconnect: off-loads" features_are off
	check "reconnect: TCP from guest" tcp_from_guest used
}

no_requests()
{
	for dir in "$(back used vif 0)" "$(back used vbd $VBD)"; do
		! xenstore-exists "$dir/feature-status" || return
	done
	holds used vif 0 multi-queue-max-queues=2 && holds used vbd $VBD max-ring-page-order=4
}

requested()
{
	check "created" guest_create used -p || return
	strict
	requests_hold "requested"
	check "unpaused" guest_unpause used
	ready "requested" || return
	check "requested: queues" queues used 1
	check "requested: off-loads" features_are off
	worked "requested"
	check "requested: taken" taken_now requested 1 1 1 2
	check "no grant was left mapped" guest_said_not "not unmapped grant"
	reconnected
}

# Linux' own frontend of disks does not connect again, so the guest speaks for one by hand.
disk_reconnected()
{
	disk_back=$(back used vbd $VBD)
	check "disk: unbound" guest_exec used disk_unbind 60
	check "disk: closed" wait_for 20 state_is "$disk_back" 6
	check "disk: comes again" guest_exec used "disk_says state 1" 40
	check "disk: is awaited" wait_for 20 state_is "$disk_back" 2
	check "disk: is bounded" holds used vbd $VBD max-ring-page-order=0 multi-queue-max-queues=1
	check "disk: takes too much" guest_exec used \
		"disk_says ring-page-order 1 && disk_says state 3" 60
	check "disk: is refused" wait_for 20 state_is "$disk_back" 5
	check "disk: why" told "requested ring page order 1 exceed max:0"
	check "net goes on" ping -c 3 -w 20 $NET
}

guest_said_not() { ! grep "$1" "$(console_log used)"; }

plain()
{
	check "reboot" reboot_guest used
	ready "plain" || return
	check "plain: no requests" no_requests
	check "plain: queues" queues used 2
	check "plain: off-loads" features_are on
	worked "plain"
	check "plain: taken" taken_now plain 2 4 32 4
}

restored()
{
	check "save" save_guest used /tmp/image || return
	check "restore" xl restore -p /tmp/image
	check "restored: no requests" no_requests
	requests
	check "restored: disk bound" bound used vbd $VBD
	check "restored: net bound" bound used vif 0
	check "restored: unpaused" guest_unpause used
	check "restored: disk connected" connected used vbd/$VBD
	check "restored: net is up" wait_for 30 ping -c 1 -w 2 $NET
	requests_hold "restored"
	check "restored: off-loads" features_are off
	check "restored: TCP from guest" tcp_from_guest used
	check "restored: disk load" guest_exec used "rm /tmp/stop /tmp/stopped; load_start" 90
	check "restored: disk load goes on" guest_exec used load_goes_on 90
	check "restored: data on the disk" load_is_right used /dev/ram0
	check "restored: taken" taken_now restored 1 1 1 2
}

plan $((1 + 1 + 6 + 2 + 1 + 4 + 2 + 6 + 2 + 8 + 1 + 4 + 3 + 6 + 1 + 3 + 5 + 2 + 6 + 9 + 2))
check "bridge" bridge_up
mkfifo /tmp/hold
dd if=/dev/urandom of=/tmp/data bs=64k count=16 2> /dev/null
requested
plain
restored
disk_reconnected
show_taken
check "requests save grants" fewer_grants requested plain
check "they do after a restore" fewer_grants restored plain
xl destroy used
