# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Each guest is saved, restored and checked in every part; one after the other,
# because the emulated machine has one CPU.  What is checked works before a save:
# other scenarios show that.

GUESTS_SAVED="pv-fifo pv-2l pvh-fifo pvh-2l"

abi_of()
{
	case $1 in
	*-2l) guest_exec "$1" 'dmesg | grep -q "Using 2-level ABI"' 30 ;;
	*) guest_exec "$1" 'dmesg | grep -q "Using FIFO-based ABI"' 30 ;;
	esac
}

save_and_restore()
{
	check "$1: save" save_guest "$1" "/tmp/$1.save" || return
	check "$1: restore" xl restore "/tmp/$1.save"
	rm -f "/tmp/$1.save"
}

disk_load()
{
	check "$1: prepared" guest_source "$1" "$(load_functions)"
	check "$1: disk connected" connected "$1" vbd/51712
	check "$1: disk load" guest_exec "$1" load_start 90
}

disk_after()
{
	check "$1: disk load goes on" guest_exec "$1" load_goes_on 90
	check "$1: data on the disk" load_is_right "$1" /dev/ram0
	check "$1: no channel stays masked" no_channel_stays_masked "$1"
}

plan $((4 * (5 + LIVE_CHECKS + 3 + 3)))
for guest in $GUESTS_SAVED; do
	check "$guest: create" guest_create "$guest"
	check "$guest: up" guest_ready "$guest"
	check "$guest: ABI" abi_of "$guest"
	disk_load "$guest"
	save_and_restore "$guest"
	disk_after "$guest"
	check_live "$guest" after
	xl destroy "$guest"
done
