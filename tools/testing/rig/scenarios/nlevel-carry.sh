# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Guests on N-level are saved under a Xen that has it, go on with 2-level under one that has
# not, are saved there, and go on under the first one again, still with 2-level.
#
# Each has a disk and a network, whose backends every boot makes anew, with the same names.

abi_is() { guest_exec "$1" "dmesg | grep 'xen:events: Using' | tail -n 1 | grep -q $2" 60; }

why_is_told() { guest_exec "$1" "dmesg | grep -q 'this host refuses the N-level ABI'" 60; }

net_is_still_up() { wait_for 60 ping -c 1 -w 2 "$2"; }

# begin NAME SLOT: under the first Xen
begin()
{
	check "$1: created" guest_create "$1" || return
	check "$1: up" guest_ready "$1" || return
	check "$1: on N-level" abi_is "$1" N-level
	check "$1: prepared" guest_source "$1" "$(disk_functions)"
	check "$1: disk connected" connected "$1" vbd/51712
	check "$1: net connected" connected "$1" vif/0
	check "$1: net up" net_up "$1" "$3"
	carry_out "$1" "$2"
}

# go_on NAME SLOT ADDRESS DEVICE
go_on()
{
	dd if=/dev/urandom of="$4" bs=64k count="$BLOCKS" oflag=direct 2> /dev/null
	carry_in "$1" "$2" || return
	check_live "$1" after
	check "$1: on 2-level" abi_is "$1" 2-level
	check "$1: it says why" why_is_told "$1"
	check "$1: disk connected" connected "$1" vbd/51712
	check "$1: disk to guest" disk_to_guest "$1" "$4"
	check "$1: disk from guest" disk_from_guest "$1" "$4"
	check "$1: net connected" connected "$1" vif/0
	check "$1: net is still up" net_is_still_up "$1" "$3"
	check "$1: ping both ways" ping_both_ways "$1" "$3"
	if [ "$RUN" = 2 ]; then
		carry_out "$1" "$2"
	else
		xl destroy "$1"
	fi
}

# RUN comes from the rig: the number of this boot
case $RUN in
1) plan $((1 + 2 * 9)) ;;
2) plan $((1 + 2 * (2 + LIVE_CHECKS + 8 + 2))) ;;
*) plan $((1 + 2 * (2 + LIVE_CHECKS + 8))) ;;
esac
check "bridge" bridge_up
if [ "$RUN" = 1 ]; then
	begin pv 0 10.0.0.2
	begin pvh "$SLOT" 10.0.0.3
else
	go_on pv 0 10.0.0.2 /dev/ram0
	go_on pvh "$SLOT" 10.0.0.3 /dev/ram1
fi
