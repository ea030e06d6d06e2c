# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# libxl writes the requests when it makes the device, so no backend is bound anew here.

VBD=51712		# xvda

requests_hold()
{
	check "$1: disk" holds asks vbd $VBD multi-queue-max-queues=1 max-ring-page-order=0 \
		"feature-status/max-ring-page-order=granted 0"
	check "$1: net" holds asks vif 0 multi-queue-max-queues=1 feature-sg=0 \
		"feature-status/feature-sg=granted 0"
}

# One queue of each, and data through both.
devices_work()
{
	check "$1: disk connected" connected asks vbd/$VBD
	check "$1: disk from guest" disk_from_guest asks /dev/ram0
	check "$1: net up" net_up asks 10.0.0.2
	check "$1: TCP from guest" tcp_from_guest asks
	check "$1: queues" queues asks 1
}

# refused NAME REQUESTS REASON: what is wrong is named, and there is no such guest
refused()
{
	sed -e "s/^name = .*/name = \"$1\"/" -e '/^vif/d' -e 's/ram0/ram1/' \
		-e "s/requests=[^\"]*/requests=$2/" "$GUESTS/asks.cfg" > "/tmp/$1.cfg"
	if xl create "/tmp/$1.cfg" > /tmp/refused 2>&1 < /dev/null; then
		echo "it was created"
		xl destroy "$1"
		return 1
	fi
	cat /tmp/refused
	grep -q "$3" /tmp/refused && ! xl domid "$1"
}

attached_later()
{
	xl network-attach asks bridge=br0 "requests=feature-sg:0;multi-queue-max-queues:1" &&
		holds asks vif 1 feature-sg=0 "feature-status/feature-sg=granted 0"
}

plan $((1 + 2 + 2 + 5 + 1 + 4 + 2 + 2 + 1 + 2))
check "bridge" bridge_up
mkfifo /tmp/hold
check "asks: create" guest_create asks
check "asks: up" guest_ready asks
requests_hold "first"
guest_source asks "$(disk_functions)"
devices_work "first"
check "attached later" attached_later
check "asks: reboot" reboot_guest asks
check "rebooted: up" guest_ready asks
requests_hold "rebooted"
check "asks: save" save_guest asks /tmp/image
check "asks: restore" xl restore /tmp/image
requests_hold "restored"
check "restored: disk connected" connected asks vbd/$VBD
check "typo: refused" refused typo queues=1 'requests: "queues=1" is not KEY:NUMBER'
check "strict: refused" refused strict "strict:1;feature-nonsense:1" "unable to add"
xl destroy asks
