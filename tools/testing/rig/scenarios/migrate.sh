# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Each guest moves from this host to this host, twice in a row.  It runs while its memory is
# copied, and writes to its disk, and has a program that holds event channels.  The load ends
# before the rest is tested, as in save-restore.

export CORE_SCRIPT=p2m.sh

# The PV guest moves frames when it boots, and is moved with what came of that.
create()
{
	# shellcheck disable=SC2086 # words of a map
	case $1 in
	pv) create_with_map pv $MAP ;;
	*) guest_create "$1" ;;
	esac
}

# The log is named when the domain has its first name, and that of the receiving end is
# another: let both be one file.
one_log() { ln -s "guest-$1.log" "$CONSOLES/guest-$1--incoming.log"; }

# Without a host, "xl migrate" runs the receiving end itself.
moves()
{
	moved_from=$(xl domid "$1")
	xl migrate -s '' "$1" 'xl migrate-receive' && is_other_domain "$1" "$moved_from"
}

load_again()
{
	guest_exec "$1" "rm -f /tmp/stop /tmp/stopped /tmp/rounds; load_start" 90
}

hold_ports()
{
	guest_exec "$1" "rm -f /tmp/held; \
		/rig/selftests/xen/evtchn_hold > /tmp/held & echo \$! > /tmp/holder; \
		until_true 20 grep -q held /tmp/held" 60
}

# A process that dies of a BUG() in the kernel stays in the table.
close_ports()
{
	guest_exec "$1" "kill \$(cat /tmp/holder); \
		until_true 20 [ ! -d /proc/\$(cat /tmp/holder) ]" 60
}

p2m_right() { core_test "$1" "plan ram holes frames tools"; }

# once NAME PHASE
once()
{
	check "$1 $2: disk load" load_again "$1"
	check "$1 $2: a program holds ports" hold_ports "$1"
	check "$1 $2: moves" moves "$1"
	check "$1 $2: disk load goes on" guest_exec "$1" load_goes_on 90
	check "$1 $2: data on the disk" load_is_right "$1" /dev/ram0
	check "$1 $2: no channel stays masked" no_channel_stays_masked "$1"
	check_live "$1" "$2"
	check "$1 $2: the program ends" close_ports "$1"
	[ "$1" != pv ] || check "$1 $2: P2M" p2m_right "$1"
}

plan $((1 + 2 * (5 + 2 * (7 + LIVE_CHECKS)) + 1 + 2))
check "module in the guests' image" guest_modules
for guest in pv pvh; do
	check "$guest: create" create "$guest"
	check "$guest: one log" one_log "$guest"
	check "$guest: up" guest_ready "$guest"
	[ "$guest" != pv ] || check "pv: frames have moved" has_moved pv
	check "$guest: disk connected" connected "$guest" vbd/51712
	check "$guest: prepared" guest_source "$guest" "$(load_functions)"
	once "$guest" first
	once "$guest" second
	xl destroy "$guest"
done
