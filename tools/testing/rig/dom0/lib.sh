# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What a scenario script can call.  Results go to the result channel as KTAP,
# one write a line; the console log of each guest is copied there behind
# "@NAME: ".  Needs nothing but busybox until a guest is made.

RESULT=${RESULT:-/dev/ttyS1}
CONSOLES=${CONSOLES:-/var/log/xen/console}
GUESTS=/scenario/guests
STATE=${STATE:-/tmp/rig}

rig_number=0
rig_plan=0
rig_token=$(sed -n 's/.*rig\.token=\([^ ]*\).*/\1/p' /proc/cmdline)

mkdir -p "$STATE"
# shellcheck disable=SC1091 # KEY='value' lines that the host made
[ ! -e /scenario/env ] || . /scenario/env

# Waits until the port has sent everything.  In a process of its own: the end of a child
# would interrupt this shell's wait.
drain() { stty -F "$RESULT" raw -echo 2> /dev/null; }

drain
# Who closes the port last waits for it, too, and loses what is left if a child ends
# meanwhile.  So it stays open.
exec 8> "$RESULT"

put() { printf '%s\n' "$*" >&8; }

# A write to a terminal is not made if a child of the writer ends at that moment, and this
# shell is told of each daemon's parent that ends, too.  So whoever writes has no children.
emit() { (put "$*"); }

# Lines of standard input, each behind $1
emit_lines()
(
	while IFS= read -r emit_line; do
		put "$1$emit_line"
	done
)

# diag TEXT: one or more lines
diag() { printf '%s\n' "$*" | emit_lines "# "; }

plan()
{
	rig_plan=$1
	emit "KTAP version 1"
	emit "1..$1"
}

ok()
{
	rig_number=$((rig_number + 1))
	emit "ok $rig_number $1"
}

not_ok()
{
	rig_number=$((rig_number + 1))
	[ -z "${2-}" ] || diag "$2"
	emit "not ok $rig_number $1"
}

# check NAME COMMAND...: ok if the command succeeds, else its output tells why.
# The output goes to a file: a daemon that xl leaves behind would keep a pipe.
check()
{
	check_name=$1
	shift
	if "$@" > "$STATE/check" 2>&1 < /dev/null; then
		ok "$check_name"
	else
		not_ok "$check_name" "$* failed with $?: $(cat "$STATE/check")"
		return 1
	fi
}

# wait_for SECONDS COMMAND...: true as soon as the command is
wait_for()
{
	wait_end=$(($(cut -d . -f 1 /proc/uptime) + $1))
	shift
	until "$@" > /dev/null 2>&1; do
		[ "$(cut -d . -f 1 /proc/uptime)" -lt "$wait_end" ] || return 1
		sleep 0.2
	done
}

toolstack_up()
{
	mount -t xenfs xenfs /proc/xen &&
		xenstored --pid-file /var/run/xenstored.pid &&
		xen-init-dom0 > /dev/null &&
		xenconsoled --log=guest --pid-file=/var/run/xenconsoled.pid
}

console_log() { echo "$CONSOLES/guest-$1.log"; }

# The line that ends a console log; finish() writes it, see there.
END_OF_LOG="rig-end-of-log"

stream_console()
{
	[ ! -e "$STATE/stream-$1" ] || return 0
	: > "$STATE/stream-$1"
	: >> "$(console_log "$1")"
	tail -n +1 -f "$(console_log "$1")" < /dev/null 2> /dev/null |
	while IFS= read -r stream_line; do
		if [ "$stream_line" = "$END_OF_LOG" ]; then
			rm "$STATE/stream-$1"
			break
		fi
		printf '@%s: %s\n' "$1" "$stream_line" >&8
	done > /dev/null 2>&1 &
}

# guest_create NAME [-p]
guest_create()
{
	stream_console "$1"
	rm -f "$STATE/sent-$1"
	xl create ${2+"$2"} "$GUESTS/$1.cfg" > "$STATE/create-$1" 2>&1 < /dev/null ||
		{ cat "$STATE/create-$1"; return 1; }
}

guest_unpause() { xl unpause "$1"; }

# guest_map NAME ENTRY...: its memory map, three words an entry: start, size, type
guest_map()
{
	map_domain=$(xl domid "$1")
	shift
	/rig/selftests/xen/memory_map set "$map_domain" "$@"
}

# create_with_map NAME ENTRY...: the guest starts with that map
create_with_map()
{
	guest_create "$1" -p && guest_map "$@" && guest_unpause "$1"
}

# guest_wait NAME REGEX SECONDS: for a line of the guest's console
guest_wait()
{
	wait_for "$3" grep -Eq "$2" "$(console_log "$1")" && return
	echo "no line like '$2' in $3 s; the console of $1 ends with:"
	tail -n 3 "$(console_log "$1")"
	return 1
}

# The map had RAM elsewhere than the frames were.
has_moved() { guest_wait "$1" 'xen: moved [1-9][0-9]* pages' 5; }

guest_is_gone() { ! xl domid "$1"; }

# wait_gone NAME SECONDS
wait_gone() { wait_for "$2" guest_is_gone "$1"; }

# A domain of which Xen keeps a page never goes away, though its name does.
no_zombie() { ! xl list | grep -F '(null)'; }

guest_tty() { xenstore-read "/local/domain/$(xl domid "$1")/console/tty"; }

# guest_cmd NAME LINE: types a line into the guest's console, by a process as emit() has it
guest_cmd()
{
	guest_sent=$(cat "$STATE/sent-$1" 2> /dev/null)
	echo $((${guest_sent:-0} + 1)) > "$STATE/sent-$1"
	guest_terminal=$(guest_tty "$1")
	(printf '%s\n' "$2" > "$guest_terminal")
}

# guest_exec NAME LINE SECONDS: runs a line in the guest, returns its status
guest_exec()
{
	guest_cmd "$1" "$2"
	guest_done="rig: DONE $(cat "$STATE/sent-$1") rc="
	guest_wait "$1" "$guest_done" "$3" || return 124
	return "$(sed -n "s/.*$guest_done\([0-9]*\).*/\1/p" "$(console_log "$1")" |
		tail -n 1)"
}

# What the guest said to the rig, without the kernel's own lines.
guest_lines()
{
	tr -d '\r' < "$(console_log "$1")" |
		sed -n 's/^\(<[0-9]*>\)\{0,1\}\[ *[0-9.]*\] rig: //p'
}

# guest_result NAME: the guest's own results as a subtest
guest_result()
{
	guest_lines "$1" > "$STATE/ktap"
	sed '/^DONE /d; /^READY$/d; /^RIG-TOKEN /d' "$STATE/ktap" | emit_lines "  "
	if [ "$(tail -n 1 "$STATE/ktap")" != "RIG-TOKEN $1" ]; then
		not_ok "$1" "the guest's token is not its last line"
	elif grep -q '^ *not ok' "$STATE/ktap"; then
		not_ok "$1"
	elif ! grep -q '^ok' "$STATE/ktap"; then
		not_ok "$1" "no result"
	else
		ok "$1"
	fi
}

# guest_said NAME REGEX: such a line, whole, is in the guest's description of itself
guest_said() { guest_lines "$1" | grep -qx "# $2" || { echo "no line '$2'"; return 1; }; }

# A guest's name can end with the ABI that it must find itself to use, and VCPUs behind that.
# Those on N-level may have 300,000 ports: with depth 3 they find 262,144.
abi_by_name()
{
	case $1 in
	*-2l | *-2l-*) echo 2-level ;;
	*-nl[34] | *-nl[34]-*) echo N-level ;;
	*) echo FIFO-based ;;
	esac
}

# ports_of DEPTH: a regular expression
ports_of()
{
	case $1 in
	3) echo 262144 ;;
	4) echo '30000[01]' ;;
	esac
}

# Nothing for a name without a depth.
ports_by_name()
{
	case $1 in
	*-nl3 | *-nl3-*) ports_of 3 ;;
	*-nl4 | *-nl4-*) ports_of 4 ;;
	esac
}

# A guest that has described itself: ABI and ports are what its name says.
said_abi_by_name()
{
	guest_said "$1" "abi: $(abi_by_name "$1")" || return
	name_ports=$(ports_by_name "$1")
	[ -z "$name_ports" ] || guest_said "$1" "ports: $name_ports"
}

# has_ports NAME REGEX: a guest in shell mode; without a regular expression, any will do
has_ports() { [ -z "$2" ] || guest_exec "$1" "/rig/describe | grep -qx 'ports: $2'" 60; }

# guest_finished NAME SECONDS: the guest came to the end of its tests
guest_finished() { guest_wait "$1" "rig: RIG-TOKEN $1" "$2"; }

guest_shutdown() { xl shutdown -F "$1"; }

# own_tests NAME...: kselftests here, in this domain, as one subtest
own_tests()
{
	/rig/describe | emit_lines "  # "
	/rig/run-tests "$@" > "$STATE/own" 2>&1
	emit_lines "  " < "$STATE/own"
	if grep -q '^ *not ok' "$STATE/own"; then
		not_ok "own tests"
	else
		ok "own tests"
	fi
}

# kunit_suites: the kernel's own tests, as it logged them at boot
kunit_suites()
{
	dmesg | sed 's/^\[ *[0-9.]*\] //' |
		sed -n '/^KTAP version 1$/,$p' |
		grep -E '^ *(KTAP version|1\.\.[0-9]|ok [0-9]|not ok [0-9]|# )'
}

# kunit_result SUITES: a subtest, ok with at least so many suites
kunit_result()
{
	kunit_suites > "$STATE/kunit"
	emit_lines "  " < "$STATE/kunit"
	kunit_ran=$(grep -Ec '^(not )?ok ' "$STATE/kunit")
	if ! grep -q '^1\.\.' "$STATE/kunit"; then
		not_ok "kunit" "the kernel has no KUnit, or did not run it"
	elif grep -q '^ *not ok' "$STATE/kunit"; then
		not_ok "kunit"
	elif [ "$kunit_ran" -lt "$1" ]; then
		not_ok "kunit" "$kunit_ran suites, wanted at least $1"
	else
		ok "kunit: $kunit_ran suites"
	fi
}

# Not by "ls": it fails for a stream that ends while others go on.
streams_done()
{
	for stream in "$STATE"/stream-*; do
		[ ! -e "$stream" ] || return 1
	done
}

# The line that ends a log tells the stream that it has copied all of it.  Nobody could say that
# a console has nothing bad on it whose end was not seen.
end_streams()
{
	for stream in "$STATE"/stream-*; do
		[ -e "$stream" ] || continue
		printf '\n%s\n' "$END_OF_LOG" >> "$(console_log "${stream#*/stream-}")"
	done
	wait_for "${STREAM_SECONDS:-20}" streams_done && return
	diag "a guest's console was not copied to its end"
	return 1
}

# The token says that the script came to its end, so it comes after everything.
finish()
{
	if [ "$rig_number" != "$rig_plan" ]; then
		end_streams
		diag "planned $rig_plan results, $rig_number came"
	elif end_streams; then
		emit "RIG-TOKEN $rig_token"
	fi
	drain
	sync
	poweroff -f
}
