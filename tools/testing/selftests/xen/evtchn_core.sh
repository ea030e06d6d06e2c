#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# evtchn_core.sh [TEST...]: what event channels promise, see
# modules/evtchn_test.c, where most of the tests are; evtchn_scale.c has those
# about very many channels, evtchn_reset.c that about the reset of all of them, and
# evtchn_spin.c that about those with which CPUs wait for spinlocks.
# Without arguments, those that need nothing but a domain of their own and leave
# no trace in it.  A module's parameters are what the kernel's command line says of
# it, as in evtchn_scale.channels=1000.
#
# Needs a POSIX shell; that of busybox is enough.

set -eu

DIR=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$DIR/../kselftest/ktap_helpers.sh"

FILES=/sys/kernel/debug
PARAMETERS=/sys/module/xen/parameters

LOG=$(mktemp)
trap 'rm -f "$LOG" "$LOG".*' EXIT

module_of()
{
	case $1 in
	scale_* | high_port | churn_*) echo evtchn_scale ;;
	reset) echo evtchn_reset ;;
	spin_kick) echo evtchn_spin ;;
	*) echo evtchn_test ;;
	esac
}

# load_module NAME: from beside this script, or where the test rig has the modules of
# the kernel.
load_module()
{
	[ ! -d "$FILES/xen_$1" ] || return 0
	tr ' ' '\n' < /proc/cmdline | sed -n "s/^$1\.//p" > "$LOG.parameters"
	for dir in "$DIR" "$DIR/modules" /rig/modules; do
		if [ -e "$dir/$1.ko" ]; then
			xargs insmod "$dir/$1.ko" < "$LOG.parameters"
			return
		fi
	done
	modprobe "$1"
}

test_file() { echo "$FILES/xen_$(module_of "$1")/$1"; }

# read_test FILE: to read it is to run it.  The last line is the result.
read_test() { cat "$(test_file "$1")" >> "$LOG"; }

cpu_file() { echo "/sys/devices/system/cpu/cpu$1/online"; }

two_cpus() { grep -q '^processor.*: 1$' /proc/cpuinfo && [ -e "$(cpu_file 1)" ]; }

# The tests that can be run here.
default_tests()
{
	echo many_edge many_lateeoi raised_before_eoi priority
	! two_cpus || echo affinity_edge affinity_lateeoi hotplug_edge hotplug_lateeoi \
		held_over_offline
}

skip()
{
	echo "# $1" >> "$LOG"
	echo skip >> "$LOG"
}

# move_all CPU: by /proc, as irqbalance does
move_all()
{
	while read -r irq; do
		echo $((1 << $1)) > "/proc/irq/$irq/smp_affinity" ||
			echo "# IRQ $irq does not go to CPU $1" >> "$LOG.stuck"
	done < "$LOG.irqs"
}

# with_load KIND COMMAND FINISH: while events are sent; $LOG.irqs has the IRQs
with_load()
{
	two_cpus || { skip "needs two CPUs"; return; }
	read_test "load_$1_start"
	sed -n 's/^irq //p' "$LOG" > "$LOG.irqs"
	[ -s "$LOG.irqs" ] || return 0
	sed -i '/^irq /d; /^pass$/d' "$LOG"
	"$2"
	read_test "$3"
	[ -s "$LOG.stuck" ] || return 0
	cat "$LOG.stuck" >> "$LOG"
	echo fail >> "$LOG"
}

walk()
{
	for _ in $(seq 1 100); do
		move_all 1
		move_all 0
	done
}

# Nothing is lost; an event that is under way when its channel moves may come on
# both CPUs.
test_affinity_edge() { with_load edge walk load_finish; }
test_affinity_lateeoi() { with_load lateeoi walk load_finish; }

# Nor that.
test_once_edge() { with_load edge walk load_finish_once; }
test_once_lateeoi() { with_load lateeoi walk load_finish_once; }

offline_and_online()
{
	for _ in 1 2 3 4 5; do
		move_all 1
		sleep 0.2
		echo 0 > "$(cpu_file 1)"
		sleep 0.2
		echo 1 > "$(cpu_file 1)"
	done
}

test_hotplug_edge() { with_load edge offline_and_online load_finish; }
test_hotplug_lateeoi() { with_load lateeoi offline_and_online load_finish; }

# Every late EOI after many events is deferred, and for ten seconds or so.
test_deferred_eoi()
{
	timeout=$(cat $PARAMETERS/event_loop_timeout)
	delay=$(cat $PARAMETERS/event_eoi_delay)
	echo 0 > $PARAMETERS/event_loop_timeout
	echo 2500 > $PARAMETERS/event_eoi_delay
	read_test deferred_eoi
	echo "$timeout" > $PARAMETERS/event_loop_timeout
	echo "$delay" > $PARAMETERS/event_eoi_delay
}

# A port that the kernel cannot set up is an error for user space, no more.
test_full_array()
{
	read_test fill_array
	[ "$(tail -n 1 "$LOG")" = pass ] || return 0
	if "$DIR/evtchn_full" >> "$LOG"; then
		echo pass >> "$LOG"
	else
		echo "# evtchn_full: $?" >> "$LOG"
		echo fail >> "$LOG"
	fi
}

run_test()
{
	: > "$LOG"
	: > "$LOG.stuck"
	if type "test_$1" > /dev/null 2>&1; then
		"test_$1" || true
	elif [ -e "$(test_file "$1")" ]; then
		read_test "$1" || true
	else
		echo "# no such test" >> "$LOG"
	fi
	grep '^#' "$LOG" || true
	case $(tail -n 1 "$LOG") in
	pass) ktap_test_pass "$1" ;;
	skip) ktap_test_skip "$1" ;;
	*) ktap_test_fail "$1" ;;
	esac
}

ktap_print_header

if [ "$(cat /sys/hypervisor/type 2>/dev/null)" != xen ]; then
	ktap_skip_all "not a Xen domain, or no CONFIG_XEN_SYS_HYPERVISOR"
	exit "$KSFT_SKIP"
fi
if [ "$(id -u)" -ne 0 ]; then
	ktap_skip_all "needs root"
	exit "$KSFT_SKIP"
fi

# shellcheck disable=SC2046 # a list of words
[ $# -gt 0 ] || set -- $(default_tests)
for name in "$@"; do
	load_module "$(module_of "$name")" || ktap_exit_fail_msg "no module $(module_of "$name")"
done
ktap_set_plan $#
for name in "$@"; do
	run_test "$name"
done
ktap_finished
