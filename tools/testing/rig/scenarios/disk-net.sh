# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Random data through disk and network, both ways; each side makes its own
# checksum.  O_DIRECT, or a page cache would answer instead of the device.

BLOCKS=32		# of 64 KiB: half of the RAM disk for each direction
HOST=10.0.0.1

sum() { sha256sum | cut -c 1-64; }

# For the guest; write_from CPU-MASK BLOCK writes a quarter of the disk.
disk_functions()
{
	cat <<EOF
mkfifo /tmp/hold
sum() { sha256sum | cut -c 1-64; }
write_from()
{
	taskset \$1 dd if=/tmp/out of=/dev/xvda bs=64k count=$((BLOCKS / 2)) oflag=direct \\
		skip=\$2 seek=\$(($BLOCKS + \$2))
}
EOF
}

bridge_up()
{
	ip link add br0 type bridge &&
		ip addr add $HOST/24 dev br0 &&
		ip link set br0 up
}

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

state_is() { [ "$(xenstore-read "$1/state")" = "$2" ]; }

connected()
{
	dir=/local/domain/$(xl domid "$1")/device/$2
	wait_for 20 state_is "$dir" 4 && return
	echo "$dir: state $(xenstore-read "$dir/state")"
	return 1
}

# disk_to_guest NAME DEVICE: the first half was written here
disk_to_guest()
{
	disk_sum=$(dd if="$2" bs=64k count=$BLOCKS iflag=direct 2> /dev/null | sum)
	guest_exec "$1" \
		"value read \$(dd if=/dev/xvda bs=64k count=$BLOCKS iflag=direct | sum)" 60 &&
		same "$disk_sum" "$(guest_value "$1" read)"
}

# The guest writes the second half, by both CPUs so that both queues work.
disk_from_guest()
{
	guest_exec "$1" "dd if=/dev/urandom of=/tmp/out bs=64k count=$BLOCKS" 60 &&
		guest_exec "$1" "write_from 1 0 & write_from 2 $((BLOCKS / 2)); wait \$!" 90 &&
		guest_exec "$1" "value disk \$(sum < /tmp/out)" 30 ||
		return
	disk_got=$(dd if="$2" bs=64k skip=$BLOCKS count=$BLOCKS iflag=direct 2> /dev/null | sum)
	same "$disk_got" "$(guest_value "$1" disk)"
}

same()
{
	[ -n "$1" ] && [ "$1" = "$2" ] && return
	echo "'$1' is not '$2'"
	return 1
}

net_up()
{
	guest_exec "$1" "ip link set eth0 up; ip addr add $2/24 dev eth0" 30 &&
		wait_for 30 ping -c 1 -w 2 "$2"
}

ping_both_ways()
{
	ping -c 10 -i 0.2 -w 60 "$2" &&
		guest_exec "$1" "ping -c 10 -i 0.2 -w 60 $HOST" 90
}

# nc ends when the other side has no more to say.  The receiver would say that
# at once with an empty input: it gets one that never ends, a FIFO open both ways.
listening() { netstat -ltn | grep -q ":$1 "; }

tcp_to_guest()
{
	nc -l -p 5000 < /tmp/data > /dev/null &
	wait_for 10 listening 5000 || { echo "nc does not listen"; return 1; }
	guest_exec "$1" "value tcp \$(timeout 90 nc $HOST 5000 0<> /tmp/hold | sum)" 100 || return
	same "$(sum < /tmp/data)" "$(guest_value "$1" tcp)"
}

tcp_from_guest()
{
	nc -l -p 5001 > /tmp/got 0<> /tmp/hold &
	nc_pid=$!
	wait_for 10 listening 5001 || { echo "nc does not listen"; return 1; }
	guest_exec "$1" "timeout 90 nc $HOST 5001 < /tmp/out" 100 || return
	wait $nc_pid
	same "$(sum < /tmp/got)" "$(guest_value "$1" disk)"
}

one_guest()
{
	dd if=/dev/urandom of="$2" bs=64k count=$BLOCKS oflag=direct 2> /dev/null
	check "$1: create" guest_create "$1" || return
	check "$1: up" guest_ready "$1" || return
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

plan $((1 + 2 * 14))
check "bridge" bridge_up
mkfifo /tmp/hold
dd if=/dev/urandom of=/tmp/data bs=64k count=16 2> /dev/null
one_guest pv /dev/ram0 10.0.0.2
one_guest pvh /dev/ram1 10.0.0.3
