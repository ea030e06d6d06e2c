#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What /proc and /sys show of the interrupts behind event channels: the names
# that irqbalance and administrators go by, the number of IRQs, and in dom0 that
# dynamic IRQs and those of real interrupt lines keep out of each other's way.
#
# Each check is a function that prints what is wrong, and nothing when all is
# well.  Needs a POSIX shell with awk; busybox is enough.

set -eu

DIR=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$DIR/../kselftest/ktap_helpers.sh"

LOG=$(mktemp)
trap 'rm -f "$LOG"' EXIT

# "IRQ CHIP HANDLER" of each IRQ that has a chip.
each_irq()
{
	for irq in /sys/kernel/irq/*; do
		chip=$(cat "$irq/chip_name")
		if [ -n "$chip" ] && [ "$chip" != none ]; then
			echo "${irq##*/} $chip $(cat "$irq/name")"
		fi
	done
}

names_in_sysfs()
{
	each_irq | awk '
		$2 !~ /^xen-/ { next }
		$2 == "xen-percpu" && ($3 == "ipi" || $3 == "virq") { next }
		$2 == "xen-dyn" && ($3 == "event" || $3 == "virq") { next }
		$2 == "xen-dyn-lateeoi" && $3 == "event" { next }
		$2 == "xen-pirq" && $3 != "" { next }
		{ print "IRQ " $1 " has chip " $2 " and handler " $3 }'
}

# irqbalance looks for the chip, white space and "-event" in one line.
names_in_proc()
{
	awk '
		!/ xen-/ { next }
		/ xen-percpu +-(ipi|virq) +[^ ]/ { next }
		/ xen-dyn(-lateeoi)? +-event +[^ ]/ { next }
		/ xen-dyn +-virq +[^ ]/ { next }
		/ xen-pirq +-[^ ]/ { next }
		{ print "odd line: " $0 }' /proc/interrupts
}

xenstore_channel()
{
	grep -Eq ' xen-dyn(-lateeoi)? +-event +xenbus$' /proc/interrupts ||
		echo "no xen-dyn -event line for xenbus"
}

# The columns of /proc/interrupts are the CPUs that are online.
online_cpus()
{
	head -n 1 /proc/interrupts | tr -s ' ' '\n' | sed -n 's/^CPU//p'
}

timer_of_each_cpu()
{
	for cpu in $(online_cpus); do
		awk -v name="timer$cpu" '
			$NF == name && / xen-percpu +-virq / {
				for (i = 2; $i ~ /^[0-9]+$/; i++)
					sum += $i
			}
			END { if (!sum) print name " never ticked" }
		' /proc/interrupts
	done
}

ipis_of_each_cpu()
{
	for cpu in $(online_cpus); do
		for ipi in resched callfunc callfuncsingle; do
			grep -Eq " xen-percpu +-ipi +$ipi$cpu\$" \
				/proc/interrupts || echo "no IPI $ipi$cpu"
		done
	done
}

# For Xen's debug key.  Linux's own code has it with 2-level only; where there is a table of
# channels, the core is ours, which can tell about them with every ABI.
debug_virq_of_each_cpu()
{
	[ -e /sys/kernel/debug/xen-events/channels ] || return 0
	for cpu in $(online_cpus); do
		grep -Eq " xen-percpu +-virq +debug$cpu\$" /proc/interrupts ||
			echo "no VIRQ debug$cpu"
	done
}

# One field of /proc/stat for each number below nr_irqs, after the sum.
nr_irqs_now()
{
	awk '$1 == "intr" { print NF - 2 }' /proc/stat
}

nr_irqs_at_boot()
{
	sed -n 's/.*NR_IRQS: .*, nr_irqs: \([0-9]*\), preallocated.*/\1/p' "$LOG"
}

irqs_below_nr_irqs()
{
	limit=$(nr_irqs_now)
	each_irq | awk -v limit="$limit" '
		$1 >= limit { print "IRQ " $1 " is not below " limit }'
}

# The number may only grow while the system runs.
nr_irqs_line()
{
	boot=$(nr_irqs_at_boot)
	now=$(nr_irqs_now)
	if [ -z "$boot" ]; then
		echo "no line with nr_irqs in the kernel log"
	elif [ "$boot" -lt 1 ] || [ "$now" -lt "$boot" ]; then
		echo "$boot IRQs at boot, $now now"
	fi
}

# Of the ABI that the parameters name, whether Xen has it or not.
channels_of_first_abi()
{
	case " $(cat /proc/cmdline) " in
	*" xen.evtchn_abi=2l "*) echo 4096 ;;
	*" xen.evtchn_abi=fifo "*) echo 131072 ;;
	*" xen.evtchn_abi=nlevel "* | *" xen.evtchn_abi=nlevel:3 "*) echo 262144 ;;
	*" xen.fifo_events=0 "*) echo 4096 ;;
	*) echo 131072 ;;
	esac
}

# What is asked for beyond GSIs and MSIs, as in "... 48 with MSIs, 80 extra, 128 in all".
irqs_asked_for()
{
	# A kernel without the parameter has no such line.
	grep -q ' nr_irqs: .* extra, ' "$LOG" || return 0
	wish=$(sed -n 's/.*xen\.nr_irqs_extra=\([^ ]*\).*/\1/p' /proc/cmdline)
	case $wish in
	max)
		wish=$(channels_of_first_abi)
		;;
	esac
	awk -v wish="$wish" -v boot="$(nr_irqs_at_boot)" '
		!/ nr_irqs: .* extra, / { next }
		{ sub(/.* nr_irqs: [0-9]* GSIs, /, ""); msis = $1; extra = $4; all = $6 }
		msis + extra != all || all != boot { print $0 ", and " boot " at boot" }
		wish ~ /^[0-9]+$/ && extra != wish { print extra " extra, should be " wish }
		' "$LOG"
	case $wish in
	*[!0-9]*)
		grep -q "xen\.nr_irqs_extra=$wish ignored" "$LOG" ||
			echo "xen.nr_irqs_extra=$wish: no warning"
		;;
	esac
}

parameters()
{
	dir=/sys/module/xen/parameters
	for name in event_loop_timeout event_eoi_delay; do
		value=$(cat "$dir/$name" 2>&1) || true
		case $value in
		''|*[!0-9]*)
			echo "$name: $value"
			;;
		*)
			echo "$value" > "$dir/$name" ||
				echo "$name cannot be written"
			;;
		esac
	done
	[ ! -e "$dir/fifo_events" ] || echo "fifo_events is in sysfs"
}

# The first number above those of all I/O APIC pins.
gsi_top()
{
	sed -n 's/.*IOAPIC\[[0-9]*\]: .* GSI [0-9]*-\([0-9]*\).*/\1/p' "$LOG" |
		sort -n | tail -n 1 | awk '{ print $1 + 1 }'
}

dynamic_irqs_above_gsis()
{
	top=$(gsi_top)
	if [ -z "$top" ]; then
		echo "no I/O APIC in the kernel log"
		return
	fi
	each_irq | awk -v top="$top" '
		$2 == "xen-pirq" && $3 ~ /^ioapic-/ { next }
		$2 ~ /^xen-/ && $1 < top {
			print "IRQ " $1 " (" $2 " " $3 ") is a GSI"
		}'
}

# PV: the kernel logs each GSI that it binds; PVH has none behind channels.
gsi_irqs_equal_gsis()
{
	awk '/ irq=[0-9]+ \(gsi=[0-9]+\)/ {
		irq = gsi = $0
		sub(/.* irq=/, "", irq)
		sub(/.*gsi=/, "", gsi)
		print irq + 0, gsi + 0
	}' "$LOG" > "$LOG.gsis"
	awk '$1 != $2 { print "GSI " $2 " has IRQ " $1 }' "$LOG.gsis"
	each_irq | while read -r irq chip name; do
		case "$chip $name" in
		"xen-pirq ioapic-"*)
			grep -q "^$irq $irq\$" "$LOG.gsis" ||
				echo "IRQ $irq ($name) is not that GSI"
			;;
		esac
	done
	rm -f "$LOG.gsis"
}

# The ACPI tables name the GSI of one device: that of ACPI itself.
sci_has_its_gsi()
{
	sci=$(od -An -tu2 -j46 -N2 /sys/firmware/acpi/tables/FACP | tr -d ' ')
	gsi=$(sed -n "s/.*INT_SRC_OVR (bus 0 bus_irq $sci global_irq \([0-9]*\) .*/\1/p" "$LOG")
	gsi=${gsi:-$sci}
	grep -Eq "^ *$gsi: .* acpi\$" /proc/interrupts ||
		echo "the ACPI interrupt is not IRQ $gsi"
}

run_check()
{
	wrong=$($1)
	if [ -z "$wrong" ]; then
		ktap_test_pass "$1"
		return
	fi
	echo "$wrong" | while read -r line; do
		ktap_print_msg "$1: $line"
	done
	ktap_test_fail "$1"
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

dmesg > "$LOG"
checks="names_in_sysfs names_in_proc xenstore_channel timer_of_each_cpu
	ipis_of_each_cpu debug_virq_of_each_cpu irqs_below_nr_irqs nr_irqs_line
	irqs_asked_for parameters"
if [ "$(cat /sys/hypervisor/start_flags/initdomain 2>/dev/null)" = 1 ]; then
	checks="$checks dynamic_irqs_above_gsis gsi_irqs_equal_gsis
		sci_has_its_gsi"
fi

# shellcheck disable=SC2086 # a list of words
set -- $checks
ktap_set_plan $#
for check in "$@"; do
	run_check "$check"
done
ktap_finished
