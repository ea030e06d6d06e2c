# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Very many channels in one guest: bound, each delivered, closed; and one whose port is
# beyond those of depth 3, if the guest has so many.  While they are bound, Xen dumps the
# channels of all domains DUMPS times.  Meanwhile the guest's second VCPU binds and closes
# others and looks at its timer: it may wait for a part of a dump, never for a whole one.
#
# The dump runs on dom0's processor, and dom0 with it does nothing else.

GUEST=pv

right_abi() { guest_exec $GUEST "dmesg | grep -q 'Using $ABI ABI'" 60; }

# A test's own words are figures: they are wanted if it passed, too.
step()
{
	check "$1" core_test $GUEST "$1" 900 || return
	core_said $GUEST | emit_lines ""
}

milliseconds() { awk '{ print int($1 * 1000) }' /proc/uptime; }

dump_all()
{
	shortest=
	longest=0
	for _ in $(seq 1 "$DUMPS"); do
		begin=$(milliseconds)
		xl debug-keys e || return
		took=$(($(milliseconds) - begin))
		[ -n "$shortest" ] && [ "$shortest" -lt $took ] || shortest=$took
		[ "$longest" -gt $took ] || longest=$took
	done
}

# The ring keeps the end, which is about the guest: channels between domains, state 3.
ring_has_it()
{
	lines=$(xl dmesg | grep -c ' s=3 ')
	[ "$lines" -ge 100 ] || { echo "$lines lines of a dump"; return 1; }
}

churn_said()
{
	core_said $GUEST | sed -n "s/^# churn: .*$1 \([0-9]*\).*/\1/p"
}

# Where the lock is held for the whole dump these are as long as a dump, less what xl takes.
# Half a second is long for an emulated machine, too, however many channels there are.
bounded()
{
	bound=$((shortest / 4))
	[ $bound -lt 500 ] || bound=500
	[ -n "$2" ] && [ "$2" -lt $bound ] && return
	echo "$1: ${2:-not measured} ms, should be below $bound; a dump takes $shortest ms"
	return 1
}

dumps()
{
	step churn_start
	check "$DUMPS debug dumps" dump_all
	check "they are in Xen's ring" ring_has_it
	step churn_finish
	diag "a dump took $shortest to $longest ms"
	check "the timer's gaps are bounded" bounded gap "$(churn_said gap_ms)"
	check "so is a bind and close" bounded longest "$(churn_said longest_ms)"
}

plan $((4 + 3 + ${HIGH_PORT:-0} + (${DUMPS:-0} > 0 ? 6 : 0)))
check "module in the guest's image" guest_modules
check "created" guest_create $GUEST
check "up" guest_wait $GUEST "rig: READY" 180
check "ABI" right_abi
step scale_open
step scale_raise
[ "${DUMPS:-0}" = 0 ] || dumps
step scale_close
[ "${HIGH_PORT:-0}" = 0 ] || step high_port
xl destroy $GUEST
