# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Disks and networks with two queues: data as in lib-io.sh, and what the rings are.
# GUESTS_RUN has the guests, which come one after the other.  With MAP, that is their memory
# map, and frames must have moved when they are up.

two_queues()
{
	front=/local/domain/$(xl domid "$1")/device/$2
	queues=$(xenstore-read "$front/multi-queue-num-queues")
	xenstore-ls "$front"
	[ "$queues" = 2 ] && xenstore-exists "$front/queue-0" "$front/queue-1"
}

# The net device has one channel for each direction of each queue.
split_channels()
{
	front=/local/domain/$(xl domid "$1")/device/vif/0
	ports=$(for queue in 0 1; do
		xenstore-read "$front/queue-$queue/event-channel-tx" \
			"$front/queue-$queue/event-channel-rx"
	done | sort -u | wc -l)
	[ "$ports" = 4 ] || { xenstore-ls "$front"; return 1; }
}

create()
{
	[ -n "${MAP-}" ] || { guest_create "$1"; return; }
	# shellcheck disable=SC2086 # words of a map
	create_with_map "$1" $MAP
}

up()
{
	guest_ready "$1" || return
	[ -z "${MAP-}" ] || has_moved "$1"
}

one_guest()
{
	dd if=/dev/urandom of="$2" bs=64k count="$BLOCKS" oflag=direct 2> /dev/null
	check "$1: create" create "$1" || return
	check "$1: up" up "$1" || return
	check "$1: prepared" guest_source "$1" "$(disk_functions)"
	check "$1: disk connected" connected "$1" vbd/51712
	check "$1: disk has two queues" two_queues "$1" vbd/51712
	check "$1: disk to guest" disk_to_guest "$1" "$2"
	check "$1: disk from guest" disk_from_guest "$1" "$2"
	check "$1: net up" net_up "$1" "$3"
	check "$1: net connected" connected "$1" vif/0
	check "$1: net has two queues" two_queues "$1" vif/0
	check "$1: net has a channel for each direction" split_channels "$1"
	check "$1: ping both ways" ping_both_ways "$1" "$3"
	check "$1: TCP to guest" tcp_to_guest "$1"
	check "$1: TCP from guest" tcp_from_guest "$1"
	xl destroy "$1"
}

# shellcheck disable=SC2086 # a list of words
set -- $GUESTS_RUN
plan $((1 + $# * 14))
check "bridge" bridge_up
mkfifo /tmp/hold
dd if=/dev/urandom of=/tmp/data bs=64k count=16 2> /dev/null
for guest; do
	case $guest in
	pvh*) one_guest "$guest" /dev/ram1 10.0.0.3 ;;
	*) one_guest "$guest" /dev/ram0 10.0.0.2 ;;
	esac
done
