# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# A waiter for a PV spinlock polls an IPI's channel that nobody may ever handle:
# its handler is a BUG().  So that channel is masked for good, also after a
# restore, where a PVH guest finds a new shared info page in which nothing is
# masked.  Xen is asked whether it is, and then each vCPU waits for a lock that
# the other holds, until it is kicked.

# Among IPIs (s=6) the ones of spinlocks, and only these, are masked: one a vCPU.
spinlock_ipis_masked()
{
	channels_in_xen "$1" > /tmp/channels
	masked=$(grep ' s=6 ' /tmp/channels | grep -c '\[[01]/1/')
	[ "$masked" = 2 ] && return
	echo "$masked IPIs are masked, should be 2:"
	cat /tmp/channels
	return 1
}

# A kick leaves a masked channel pending until that vCPU has to wait again.
kicks() { channels_in_xen "$1" | grep ' s=6 ' | grep -c '\[1/'; }

survives_kicks()
{
	if ! core_test "$1" spin_kick 60; then
		! guest_is_gone "$1" > /dev/null 2>&1 || echo "the guest is gone"
		return 1
	fi
	[ "$(kicks "$1")" != 0 ] && return
	echo "no vCPU got a kick: this proves nothing"
	return 1
}

save_restore_kick()
{
	check "$1 $2: save" save_guest "$1" /tmp/r18.save &&
		check "$1 $2: restore" xl restore /tmp/r18.save &&
		check "$1 $2: spinlock IPIs are masked" spinlock_ipis_masked "$1"
	rm -f /tmp/r18.save
	check "$1 $2: survives spinlock kicks" survives_kicks "$1"
}

# one_guest NAME ROUNDS
one_guest()
{
	check "$1: create" guest_create "$1" || return
	check "$1: up" guest_ready "$1" || return
	check "$1: spinlock IPIs are masked" spinlock_ipis_masked "$1"
	check "$1: survives spinlock kicks" survives_kicks "$1" || return
	round=1
	while [ $round -le "$2" ]; do
		save_restore_kick "$1" $round || return
		round=$((round + 1))
	done
	xl destroy "$1"
}

plan $((1 + 2 * 4 + 4 * (3 + 1)))
check "module in the guests' image" guest_modules
one_guest pvh-2l 3 && one_guest pvh-fifo 1
