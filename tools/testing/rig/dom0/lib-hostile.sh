# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Guests that take more than their devices were offered: by hand in xenstore, or by the test
# module xen_hostile, which has frontends of its own.  To read a file of it is to do something to
# a backend, and the answer is one word.

TIMES=5			# a guest that does something once can do it often
# shellcheck disable=SC2034 # for scenario scripts
HOST_MAC=02:00:00:00:00:01

# For the guest
hostile_functions()
{
	cat <<'EOT'
ANSWERS=/sys/kernel/debug/xen_hostile
# xs_six OP PAYLOAD BYTES: the first six bytes of xenstore's answer, as many as EACCES has
xs_six()
{
	exec 9<> /dev/xen/xenbus
	xs_request "$1" "$2" "$3" >&9
	value six "$(timeout 20 head -c 22 <&9 | tail -c 6)"
	exec 9>&-
}
xs_read_six() { xs_six 002 "$1\\000" $((${#1} + 1)); }
xs_write_six() { xs_six 013 "$1\\0001" $((${#1} + 2)); }
# says DIRECTORY NODE VALUE...: of a frontend
says()
{
	says_to=$1
	shift
	while [ $# -gt 0 ]; do
		xs_write "$says_to/$1" "$2" || return
		shift 2
	done
}
unbind() { echo "$2" > "/sys/bus/xen/drivers/$1/unbind"; }
bind() { echo "$2" > "/sys/bus/xen/drivers/$1/bind"; }
# act DEVICE FILE TIMES: all different answers
act()
{
	value act "$(seq "$3" | while read -r _; do cat "$ANSWERS/$1/$2"; done | sort -u)"
}
EOT
}

# hostile_ready NAME: after it is up; its module is there
hostile_ready()
{
	guest_source "$1" "$(hostile_functions)" &&
		guest_exec "$1" "insmod /rig/modules/xen_hostile.ko ip=$(echo "$HOST" | tr . ,) \
mac=0x$(echo "$HOST_MAC" | sed 's/:/,0x/g')" 60
}

# changes_hands NAME DEVICE FROM TO: of the guest's drivers
changes_hands()
{
	guest_exec "$1" "unbind $3 $2" 90 && guest_exec "$1" "bind $4 $2" 90
}

# answers NAME DEVICE FILE ANSWER: each time
answers()
{
	guest_exec "$1" "act $2 $3 $TIMES" $((TIMES * 25)) || return
	same "$4" "$(guest_value "$1" act)"
}

# denied NAME COMMAND: what the guest asks xenstore for
denied()
{
	guest_exec "$1" "$2" 40 || return
	same EACCES "$(guest_value "$1" six)"
}

# The log has nothing about refusals any more.
log_begins() { dmesg -c > /dev/null; }

# log_has LINES REGEX: so many lines about refusals since then, and all of them like that
log_has()
{
	dmesg > /tmp/log
	log_all=$(grep -c "refused: " /tmp/log)
	log_these=$(grep -c "$2" /tmp/log)
	[ "$log_all $log_these" = "$1 $1" ] && return
	cat /tmp/log
	echo "$log_all refusals, $log_these lines like '$2'; wanted $1"
	return 1
}
