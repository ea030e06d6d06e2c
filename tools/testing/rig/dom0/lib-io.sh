# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Random data through a guest's disk and network, both ways; each side makes its own
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

# A round's data, half a disk of it; the program is for dom0 and the guest.
ROUND='BEGIN {
	block = sprintf("round %09d\n", n)
	while (length(block) < 65536)
		block = block block
	while (blocks--)
		printf "%s", block
}'

# For the guest: each round is written to one half of the disk and read back, the other
# half has the round before.
load_functions()
{
	cat <<EOF
ROUND='$ROUND'
one_round()
{
	awk -v n=\$1 -v blocks=$BLOCKS "\$ROUND" > /tmp/round
	half=\$((\$1 % 2 * $BLOCKS))
	dd if=/tmp/round of=/dev/xvda bs=64k oflag=direct seek=\$half 2> /dev/null &&
		dd if=/dev/xvda bs=64k iflag=direct skip=\$half count=$BLOCKS 2> /dev/null |
		cmp - /tmp/round
}
rounds()
{
	n=0
	while [ ! -e /tmp/stop ] && one_round \$((n + 1)); do
		n=\$((n + 1))
		echo \$n > /tmp/rounds.new
		mv /tmp/rounds.new /tmp/rounds
	done
	touch /tmp/stopped
}
rounds_above() { [ "\$(cat /tmp/rounds)" -gt "\$1" ]; }
load_start() { rounds & until_true 60 rounds_above 0; }
load_goes_on() { until_true 60 rounds_above \$((\$(cat /tmp/rounds) + 1)); }
load_stop()
{
	touch /tmp/stop
	until_true 60 [ -e /tmp/stopped ] && value rounds \$(cat /tmp/rounds)
}
EOF
}

# round_there DEVICE ROUND
round_there()
{
	load_got=$(dd if="$1" bs=64k skip=$(($2 % 2 * BLOCKS)) count=$BLOCKS iflag=direct \
		2> /dev/null | sum)
	same "$load_got" "$(awk -v n="$2" -v blocks=$BLOCKS "$ROUND" | sum)"
}

# load_is_right NAME DEVICE: the last two rounds are what the disk has
load_is_right()
{
	guest_exec "$1" "load_stop" 90 || return 1
	load_last=$(guest_value "$1" rounds)
	round_there "$2" "$load_last" && round_there "$2" $((load_last - 1))
}

bridge_up()
{
	ip link add br0 type bridge &&
		ip addr add $HOST/24 dev br0 &&
		ip link set br0 up
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
