# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Is a guest alive, and every part of it?  The functions of the here-document
# run in the guest, which has busybox only; guest_helpers puts them there over
# its console.  The rest runs in dom0.

guest_functions()
{
	cat <<'EOF'
# How often the interrupt with this name came, all CPUs together.
irqs()
{
	awk -v name="$1" '$NF == name {
		for (i = 2; $i ~ /^[0-9]+$/; i++)
			sum += $i
	}
	END { print sum + 0 }' /proc/interrupts
}

# until_true SECONDS COMMAND...
until_true()
{
	left=$(($1 * 10))
	shift
	until "$@"; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		sleep 0.1
	done
}

above() { [ "$(irqs "$1")" -gt "$2" ]; }

# A busy CPU has ticks; an idle one need not.
timer_ticks()
{
	before=$(irqs "timer$1")
	taskset $((1 << $1)) sh -c 'while :; do :; done' &
	busy=$!
	until_true 20 above "timer$1" $((before + 4))
	rc=$?
	kill $busy
	wait $busy
	[ $rc = 0 ] || echo "timer$1 stays at $(irqs "timer$1")"
	return $rc
}

cpus_online() { [ "$(cat /sys/devices/system/cpu/online)" = "$1" ]; }

# A real computation, its result compared, by a process that is on that CPU.
work_on()
{
	got=$(taskset $((1 << $1)) sh -c '
		seq 4000 | sha256sum | cut -c1-16
		awk "{ print \$39 }" /proc/self/stat')
	want=$(printf '%s\n' "b5522725f65691de" "$1")
	[ "$got" = "$want" ] || { echo "CPU $1 gave $got"; return 1; }
}

ipis()
{
	echo $(($(irqs "resched$1") + $(irqs "callfunc$1") + $(irqs "callfuncsingle$1")))
}

# Lines to and fro between two CPUs: each hand-over wakes the other one.
pingpong()
{
	rm -f /tmp/ping /tmp/pong
	mkfifo /tmp/ping /tmp/pong
	taskset $((1 << $2)) sh -c '
		while read -r n; do echo $((n + 1)); done < /tmp/ping > /tmp/pong' &
	taskset $((1 << $1)) sh -c '
		exec 3> /tmp/ping 4< /tmp/pong
		n=0
		while [ $n -lt 100 ]; do echo $n >&3; read -r n <&4 || exit 1; done'
}

ipis_between()
{
	from=$(ipis "$1") to=$(ipis "$2")
	pingpong "$1" "$2" || { echo "no answer between CPU $1 and $2"; return 1; }
	[ "$(ipis "$1")" -gt "$from" ] && [ "$(ipis "$2")" -gt "$to" ] && return
	echo "IPIs stay at $(ipis "$1") and $(ipis "$2")"
	return 1
}

# xenstore's own protocol: op 11 writes, op 2 reads, 16 bytes of header.
xs_request()
{
	# Three octal digits each: a digit of the payload may follow.
	word='\000\000\000'
	printf "\\$1$word\\001$word\\000$word\\$(printf %03o "$3")$word$2"
}

xs_write()
{
	exec 9<> /dev/xen/xenbus
	xs_request 013 "$1\\000$2" $((${#1} + 1 + ${#2})) >&9
	reply=$(timeout 20 head -c 19 <&9 | tail -c 3 | tr -d '\000')
	exec 9>&-
	[ "$reply" = OK ] && return
	value xenstore "'$reply'"
	return 1
}

# One process keeps counting, and a file keeps its contents.
live_start()
{
	(n=0; while :; do n=$((n + 1)); echo $n > /tmp/count.new
	 mv /tmp/count.new /tmp/count; sleep 0.05; done) &
	dd if=/dev/urandom of=/tmp/data bs=64k count=64 2> /dev/null
	sha256sum /tmp/data > /tmp/data.sum
}

count_moved() { [ "$(cat /tmp/count)" -gt "$1" ]; }
counter_goes_on() { until_true 20 count_moved "$(cat /tmp/count)"; }
data_intact() { sha256sum -c /tmp/data.sum; }

# value KEY VALUE...: tells dom0
value()
{
	key=$1
	shift
	echo "<5>rig-value: $key=$*" > /dev/kmsg
}

# live_checks PHASE: all of the above, a line each for dom0 to read
live_checks()
{
	while read -r what; do
		if out=$($what 2>&1 < /dev/null); then
			echo "<5>rig-live: $1: $what: ok" > /dev/kmsg
		else
			echo "<5>rig-live: $1: $what: $out (failed)" > /dev/kmsg
		fi
	done < /tmp/live
}
EOF
}

# guest_put NAME FILE TEXT: a file for /tmp of the guest, packed because one line
# of its console has to carry it.
guest_put()
{
	put_packed=$(printf '%s\n' "$3" | gzip -9 | base64 -w 0)
	guest_exec "$1" "echo $put_packed | base64 -d | gunzip > /tmp/$2" 60
}

guest_source() { guest_put "$1" source "$2" && guest_exec "$1" ". /tmp/source" 30; }

xenstore_answers()
{
	xs_nonce=$(cat /proc/sys/kernel/random/uuid)
	xs_key=/local/domain/$(xl domid "$1")/data/rig
	if ! guest_exec "$1" "xs_write data/rig $xs_nonce" 40; then
		echo "its answer: $(guest_value "$1" xenstore)"
		return 1
	fi
	xs_got=$(xenstore-read "$xs_key" 2>&1)
	[ "$xs_got" = "$xs_nonce" ] || { echo "$xs_key: $xs_got"; return 1; }
}

# What the guest runs, a line each; and how many checks check_live makes of it.
LIVE='counter_goes_on
data_intact
timer_ticks 0
timer_ticks 1
work_on 0
work_on 1
ipis_between 0 1
ipis_between 1 0'
# shellcheck disable=SC2034 # for the plans of scenario scripts
LIVE_CHECKS=10

# What the guest said last with "value KEY"
guest_value()
{
	tr -d '\r' < "$(console_log "$1")" | sed -n "s/.*rig-value: $2=//p" | tail -n 1
}

live_result()
{
	live_line=$(sed -n "s/.*rig-live: $1: $2: //p" "$live_log" | tr -d "\r" | tail -n 1)
	[ "$live_line" = ok ] || { echo "${live_line:-no answer}"; return 1; }
}

# check_live NAME PHASE: two vCPUs, each part of the guest
check_live()
{
	live_log=$(console_log "$1")
	check "$1 $2: commands run" guest_exec "$1" "live_checks $2" 120
	while read -r live_what; do
		check "$1 $2: $live_what" live_result "$2" "$live_what"
	done <<-EOF
		$LIVE
	EOF
	check "$1 $2: xenstore answers" xenstore_answers "$1"
}

# A guest in shell mode, with its functions, its counter and its data
guest_ready()
{
	guest_wait "$1" "rig: READY" "${2-120}" || return 1
	guest_put "$1" live "$LIVE" &&
		guest_put "$1" lib "$(guest_functions)" &&
		guest_exec "$1" ". /tmp/lib && live_start" 60
}

save_guest()
{
	xl save "$1" "$2" || return 1
	wait_gone "$1" 20 || { echo "$1 is still there"; return 1; }
}

is_other_domain() { other=$(xl domid "$1") && [ "$other" != "$2" ]; }

# The log starts anew, or what the guest said before would be taken for what it says after.
reboot_guest()
{
	reboot_from=$(xl domid "$1")
	: > "$(console_log "$1")"
	guest_cmd "$1" "reboot -f"
	rm "$STATE/sent-$1"
	wait_for 60 is_other_domain "$1" "$reboot_from"
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

# A channel whose EOI never comes stays masked.  Those to other domains (s=3) are
# masked for no other reason, and not for long.
no_channel_masked()
{
	channels_in_xen "$1" > /tmp/channels
	! grep ' s=3 ' /tmp/channels | grep '\[[01]/1/'
}

no_channel_stays_masked()
{
	wait_for 20 no_channel_masked "$1" || { cat /tmp/channels; return 1; }
}
