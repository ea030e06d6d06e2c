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

plan $((4 * (5 + LIVE_CHECKS)))
for guest in $GUESTS_SAVED; do
	check "$guest: create" guest_create "$guest"
	check "$guest: up" guest_ready "$guest"
	check "$guest: ABI" abi_of "$guest"
	save_and_restore "$guest"
	check_live "$guest" after
	xl destroy "$guest"
done
