# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# A waiter for a PV spinlock polls an IPI's channel that nobody may ever handle:
# its handler is a BUG().  So that channel is masked for good, also after a
# restore, where a PVH guest finds a new shared info page in which nothing is
# masked.  Xen is asked whether it is, and then both vCPUs fight for a lock:
# they share one CPU here, so holders are preempted, waiters poll, and get kicked.

SECONDS_OF_CONTENTION=8

# /proc/zoneinfo is written with the lock of the zone taken and interrupts off.
contention()
{
	cat <<'EOF'
contend()
{
	files=$(yes /proc/zoneinfo | head -n 200 | tr '\n' ' ')
	contenders=
	for cpu in 0 1; do
		taskset $((1 << cpu)) timeout $1 sh -c "while :; do cat $files; done" > /dev/null &
		contenders="$contenders $!"
	done
	wait $contenders
	true # timeout ended them
}
EOF
}

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
kick_seen() { channels_in_xen "$1" | grep ' s=6 ' | grep -q '\[1/'; }

over() { guest_is_gone "$1" || grep -q "rig: DONE $2 rc=" "$(console_log "$1")"; }

# contend_once NAME: sets kick; false if the guest did not live through it
contend_once()
{
	guest_cmd "$1" "contend $SECONDS_OF_CONTENTION"
	wait_for "$SECONDS_OF_CONTENTION" kick_seen "$1" && kick=yes
	wait_for 60 over "$1" "$(cat "$STATE/sent-$1")"
	if guest_is_gone "$1" > /dev/null 2>&1; then
		echo "the guest is gone"
	elif ! guest_exec "$1" true 60; then
		echo "the guest answers no more"
	else
		return 0
	fi
	return 1
}

# Lets the vCPUs fight until there was a kick, which is a matter of chance; true if
# there was one and the guest goes on.
survives_kicks()
{
	kick=no
	for _ in 1 2 3 4 5 6; do
		contend_once "$1" || return 1
		[ $kick = no ] || return 0
	done
	echo "no vCPU got a kick: this proves nothing"
	return 1
}

save_restore_contend()
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
	check "$1: prepared" guest_source "$1" "$(contention)"
	check "$1: spinlock IPIs are masked" spinlock_ipis_masked "$1"
	check "$1: survives spinlock kicks" survives_kicks "$1" || return
	round=1
	while [ $round -le "$2" ]; do
		save_restore_contend "$1" $round || return
		round=$((round + 1))
	done
	xl destroy "$1"
}

plan $((2 * 5 + 4 * (3 + 1)))
one_guest pvh-2l 3 && one_guest pvh-fifo 1
