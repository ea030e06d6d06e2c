# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Two guests boot and power off.  The time in their logs is all instructions of the machine, so
# nothing else shall run meanwhile: this shell sleeps until a guest is long off.

# xl has a letter for each property of a domain: running, blocked, paused, shut down, ...
is_off() { xl list "$1" | grep -q ' [r-][b-][p-]s'; }

boots_and_stops()
{
	guest_create "$1" -p && guest_unpause "$1" || return
	sleep 10
	wait_for 60 is_off "$1" && xl destroy "$1"
}

plan 2
for guest in small large; do
	check "$guest: boots and stops" boots_and_stops "$guest"
done
