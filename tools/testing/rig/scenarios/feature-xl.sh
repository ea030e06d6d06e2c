# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# libxl writes the requests when it makes the device, so no backend is bound anew here.

VBD=51712		# xvda

# hidden TYPE DEVICE KEY: the guest may read what is offered, and no request
hidden()
{
	hidden_dir=$(back asks "$1" "$2")
	xenstore-ls -fp "$hidden_dir" > /tmp/hidden
	cat /tmp/hidden
	grep -q "/request-$3 = \"[0-9]*\" *(n0)$" /tmp/hidden &&
		grep -q "/$3 = \"[0-9]*\" *(n0,r" /tmp/hidden &&
		! grep "/request-" /tmp/hidden | grep -v "(n0)$"
}

requests_hold()
{
	check "$1: disk" holds asks vbd $VBD multi-queue-max-queues=1 max-ring-page-order=0 \
		"feature-status/max-ring-page-order=granted 0"
	check "$1: net" holds asks vif 0 multi-queue-max-queues=1 feature-sg=0 \
		"feature-status/feature-sg=granted 0"
	check "$1: disk's requests are hidden" hidden vbd $VBD max-ring-page-order
	check "$1: net's requests are hidden" hidden vif 0 feature-sg
}

no_access()
{
	check "prepared" guest_source asks "$(hostile_functions)"
	check "disk's request: not to be read" \
		denied asks "xs_read_six $(back asks vbd $VBD)/request-max-ring-page-order"
	check "net's request: not to be read" \
		denied asks "xs_read_six $(back asks vif 0)/request-feature-sg"
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

plan $((1 + 2 + 4 + 3 + 5 + 1 + (2 + 4) + 2 + 4 + 1 + 2))
check "bridge" bridge_up
mkfifo /tmp/hold
check "asks: create" guest_create asks
check "asks: up" guest_ready asks
requests_hold "first"
no_access
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
