# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# N and KINDS are the module's parameters; without N only /proc is read.  What
# the programs print reaches the host as diagnostics.

measure_reading()
{
	/rig/selftests/xen/readcost > "$STATE/readcost" || return 1
	emit_lines "# " < "$STATE/readcost"
}

# Thousands of late EOIs must not be deferred, on any kernel.
measure_events()
{
	echo 1000 > /sys/module/xen/parameters/event_loop_timeout || return 1
	dmesg -c > /dev/null
	insmod /rig/modules/evtchn_bench.ko "n=$N" "kinds=$KINDS" || return 1
	dmesg | sed 's/^\[ *[0-9.]*\] //' | grep '^bench: ' > "$STATE/bench"
	emit_lines "# " < "$STATE/bench"
	grep -q '^bench: calibration .* exact=yes' "$STATE/bench" || { echo "not exact"; return 1; }
	grep -q '^bench: done .* failed=0 error=0$' "$STATE/bench"
}

plan 2
check "cost of reading /proc" measure_reading
if [ -n "$N" ]; then
	check "instructions per event" measure_events
else
	ok "no events to measure"
fi
