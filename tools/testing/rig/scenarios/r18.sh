# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# A waiter for a PV spinlock polls an IPI's channel that nobody may ever handle:
# its handler is a BUG().  So that channel is masked for good, also after a
# restore, where a PVH guest finds a new shared info page in which nothing is
# masked.  Xen is asked whether it is, and then both vCPUs fight for a lock:
# they share one CPU here, so holders are preempted, waiters poll, and get kicked.

SECONDS_OF_CONTENTION=5

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

# The channels of a guest as Xen sees them: "PORT [PENDING/MASKED/STATE]: s=..."
channels_in_xen()
{
	xl dmesg -c > /dev/null
	xl debug-keys e
	xl dmesg | awk -v head="Event channel information for domain $(xl domid "$1"):" '
		/Event channel information for domain/ { mine = index($0, head) }
		mine && / s=/ { sub(/^\(XEN\) */, ""); print }'
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

# A kick leaves its mark: nobody takes back the last event of a masked channel.
kicks_came()
{
	channels_in_xen "$1" | grep ' s=6 ' | grep '\[1/1/' && return
	echo "no spinlock channel is pending in Xen"
	return 1
}

survives()
{
	guest_exec "$1" "contend $SECONDS_OF_CONTENTION" $((SECONDS_OF_CONTENTION + 30))
}

save_restore_contend()
{
	check "$1 $2: save" save_guest "$1" /tmp/r18.save &&
		check "$1 $2: restore" xl restore /tmp/r18.save &&
		check "$1 $2: spinlock IPIs are masked" spinlock_ipis_masked "$1"
	rm -f /tmp/r18.save
	check "$1 $2: contention" survives "$1"
}

# one_guest NAME ROUNDS
one_guest()
{
	check "$1: create" guest_create "$1" || return
	check "$1: up" guest_ready "$1" || return
	check "$1: prepared" guest_source "$1" "$(contention)"
	check "$1: spinlock IPIs are masked" spinlock_ipis_masked "$1"
	check "$1: contention" survives "$1"
	check "$1: spinlock kicks came" kicks_came "$1"
	round=1
	while [ $round -le "$2" ]; do
		save_restore_contend "$1" $round || return
		round=$((round + 1))
	done
	xl destroy "$1"
}

plan $((2 * 6 + 4 * (3 + 1)))
one_guest pvh-2l 3
one_guest pvh-fifo 1
