# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# A guest whose words have 32 bits, on each ABI: a tree of depth 3 then has 32,768 ports, and
# 2-level 1,024.  The last guest binds more channels than 2-level has ports with any word.

has_abi()
{
	case $1 in
	nl3) guest_said "$1" "abi: N-level" && guest_said "$1" "ports: 32768" ;;
	fifo) guest_said "$1" "abi: FIFO-based" && guest_said "$1" "ports: 131072" ;;
	2l) guest_said "$1" "abi: 2-level" && guest_said "$1" "ports: 1024" ;;
	esac
}

is_as_configured()
{
	guest_said "$1" "type: PVH domU" && guest_said "$1" "vcpus: 2" && has_abi "$1"
}

# one_guest NAME: one at a time, as the emulated machine has one CPU
one_guest()
{
	check "$1: created" guest_create "$1"
	check "$1: finished" guest_finished "$1" 700
	check "$1: gone" wait_gone "$1" 60
	check "$1: type, CPUs, ABI and ports" is_as_configured "$1"
	guest_result "$1"
}

right_abi() { guest_exec "$1" "dmesg | grep -q 'Using N-level ABI'" 60; }

port_is_high()
{
	port=$(core_said "$1" | sed -n 's/^# highest port: //p')
	[ "${port:-0}" -gt 4096 ] || { echo "highest port: $port"; return 1; }
}

high_ports()
{
	check "high: created" guest_create high
	check "high: up" guest_wait high "rig: READY" 180
	check "high: ABI" right_abi high
	check "high: channels bound" core_test high scale_open 300
	check "high: a port beyond 4,096" port_is_high high
	check "high: each is delivered once" core_test high scale_raise 300
	check "high: closed" core_test high scale_close 300
	xl destroy high
}

plan $(($(echo "$GUESTS_RUN" | wc -w) * 5 + 7))
for guest in $GUESTS_RUN; do
	one_guest "$guest"
done
high_ports
