# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Each guest is saved, restored and checked in every part; one after the other,
# because the emulated machine has one CPU.  What is checked works before a save:
# other scenarios show that.
#
# GUESTS_SAVED has the guests; a name ends with the ABI.

# Each line about the ABI in use is true until the next one.
uses()
{
	guest_exec "$1" "dmesg | grep 'xen:events: Using' | tail -n 1 | grep -q 'Using $2 ABI'" 30
}

abi_of() { uses "$1" "$(abi_by_name "$1")" && has_ports "$1" "$(ports_by_name "$1")"; }

# What dom0 counts of the channels of the guest's disk.
counter() { cat "/sys/bus/xen-backend/devices/vbd-$(xl domid "$1")-51712/xenbus/$2"; }

# events_above NAME NUMBER: all four are there, and events came since then
events_above()
{
	for kind in events spurious_events jiffies_eoi_delayed spurious_threshold; do
		number=$(counter "$1" $kind)
		case $number in
		'' | *[!0-9]*)
			echo "$kind: $number"
			return 1
			;;
		esac
	done
	[ "$(counter "$1" events)" -gt "$2" ] || { echo "events: $2 before and after"; return 1; }
}

# Where nothing but the order of ports would bring the timer to the front, the ABI does.
# With FIFO it is a priority that Xen has to be told again: see evtchn-defects.  And r18 tells
# why a pristine PVH guest had better do little after a restore.
timer_is_tested()
{
	case "$KERNEL $1" in
	*-fifo | "pristine pvh-"*) return 1 ;;
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
	events=$(counter "$1" events)
	check "$1: disk load goes on" guest_exec "$1" load_goes_on 90
	check "$1: the disk's events are counted" events_above "$1" "${events:-0}"
	check "$1: data on the disk" load_is_right "$1" /dev/ram0
	check "$1: no channel stays masked" no_channel_stays_masked "$1"
}

planned=1
for guest in $GUESTS_SAVED; do
	planned=$((planned + 5 + LIVE_CHECKS + 3 + 5))
	! timer_is_tested "$guest" || planned=$((planned + 1))
done
plan $planned
check "module in the guests' image" guest_modules
for guest in $GUESTS_SAVED; do
	check "$guest: create" guest_create "$guest"
	check "$guest: up" guest_ready "$guest"
	check "$guest: ABI" abi_of "$guest"
	disk_load "$guest"
	save_and_restore "$guest"
	disk_after "$guest"
	check_live "$guest" after
	check "$guest: ABI after" abi_of "$guest"
	! timer_is_tested "$guest" ||
		check "$guest: the timer comes first" core_test "$guest" priority
	xl destroy "$guest"
done
