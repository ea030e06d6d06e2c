# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What it costs guests to boot.  A guest's kernel powers off as soon as it is up, and Xen keeps
# the domain, to be asked what it took.  Each of $MEASURE is booted as NAME for its time, and as
# NAME-traced for its hypercalls, as tracing takes time, too.  What is found reaches the host as
# diagnostics.

COST=/rig/selftests/xen/domain_cost
# vCPUs that come and go, and entries of PV domains to Xen.
EVENTS=0x221000
# Of 4 KiB each, for each processor.
BUFFERS=1024

# xl has a letter for each property of a domain: running, blocked, paused, shut down, ...
is_off() { xl list "$1" | grep -q ' [r-][b-][p-]s'; }

boots_and_stops()
{
	guest_create "$1" -p && guest_unpause "$1" || return
	wait_for 300 is_off "$1" && return
	xl list
	return 1
}

# found NAME KEY=VALUE...
found()
{
	emit "# cost: guest=$1 $2"
}

# What the guest's kernel said; Linux's own memory setup has other words than ours.
found_on_console()
{
	tr -d '\r' < "$(console_log "$1")" > "$STATE/log"
	found "$1" "available=$(sed -n 's/.* Memory: \([0-9]*\)K.*/\1/p' "$STATE/log")"
	found "$1" "regions=$(grep -c '\] Xen: \[mem ' "$STATE/log")"
	found "$1" "moved=$(sed -n 's/.*moved \([0-9]*\) pages.*/\1/p
		s/.*Remapped \([0-9]*\) page(s).*/\1/p' "$STATE/log")"
	found "$1" "released=$(sed -n 's/.*[Rr]eleased \([0-9]*\) page.*/\1/p' "$STATE/log")"
}

measure_time()
{
	boots_and_stops "$1" || return
	nanoseconds=$($COST time "$(xl domid "$1")") || return
	found "$1" "ns=$nanoseconds"
	found_on_console "$1"
	xl destroy "$1"
}

stop_tracing()
{
	kill -INT "$tracer" && wait "$tracer"
}

measure_hypercalls()
{
	xentrace -D -e $EVENTS -S $BUFFERS "$STATE/trace" &
	tracer=$!
	boots_and_stops "$1-traced"
	booted=$?
	stop_tracing
	[ $booted = 0 ] || return
	calls=$($COST hypercalls "$(xl domid "$1-traced")" "$STATE/trace") || return
	for call in $calls; do
		found "$1" "$call"
	done
	rm "$STATE/trace"
	xl destroy "$1-traced"
}

# shellcheck disable=SC2086 # names
plan $(($(echo $MEASURE | wc -w) * 2))
for guest in $MEASURE; do
	check "$guest: time" measure_time "$guest"
	check "$guest: hypercalls" measure_hypercalls "$guest"
done
