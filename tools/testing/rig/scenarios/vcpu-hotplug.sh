# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The guest follows xl downwards by itself; upwards it makes a vCPU present and
# somebody inside has to bring it online.
#
# GUESTS_RUN has "NAME:LAST-CPU" of each.

cpus_are()
{
	guest_exec "$1" "until_true 30 cpus_online $2" 60 && return
	guest_exec "$1" "value online \$(cat /sys/devices/system/cpu/online)" 20
	echo "online: $(guest_value "$1" online), should be $2"
	return 1
}

# each_works NAME LAST: every CPU up to LAST computes, ticks and answers CPU 0
each_works()
{
	hotplug_list=""
	for cpu in $(seq 0 "$2"); do
		hotplug_list="$hotplug_list work_on $cpu && timer_ticks $cpu &&"
		[ "$cpu" = 0 ] || hotplug_list="$hotplug_list ipis_between 0 $cpu &&"
	done
	guest_exec "$1" "{ $hotplug_list true; } > /tmp/works 2>&1" 120 && return
	guest_exec "$1" "value works \$(cat /tmp/works)" 20
	guest_value "$1" works
	return 1
}

set_inside()
{
	guest_exec "$1" "echo $3 > /sys/devices/system/cpu/cpu$2/online" 60
}

# An interrupt of a CPU that is away has to be away as well.
no_channels_of() { guest_exec "$1" "! grep -q ' timer$2\$' /proc/interrupts" 20; }

by_toolstack()
{
	check "$1: xl takes all but one" xl vcpu-set "$1" 1
	check "$1: one CPU left" cpus_are "$1" 0
	check "$1: it works" each_works "$1" 0
	check "$1: timer of CPU 1 is unbound" no_channels_of "$1" 1
	check "$1: xl gives all back" xl vcpu-set -i "$1" $(($2 + 1))
	for cpu in $(seq 1 "$2"); do
		check "$1: CPU $cpu goes online" wait_for 60 set_inside "$1" "$cpu" 1
	done
	check "$1: all CPUs online" cpus_are "$1" "0-$2"
	check "$1: all CPUs work again" each_works "$1" "$2"
}

from_inside()
{
	check "$1: CPU $2 goes offline from inside" set_inside "$1" "$2" 0
	check "$1: CPU $2 is offline" cpus_are "$1" "$3"
	check "$1: timer of CPU $2 is unbound" no_channels_of "$1" "$2"
	check "$1: CPU $2 goes online from inside" set_inside "$1" "$2" 1
	check "$1: CPU $2 and the others work" each_works "$1" "$2"
}

up() { guest_ready "$1" && has_ports "$1" "$(ports_by_name "$1")"; }

without_last()
{
	case $1 in
	1) echo 0 ;;
	*) echo "0-$(($1 - 1))" ;;
	esac
}

# one_guest NAME LAST-CPU
one_guest()
{
	check "$1: create" guest_create "$1" || return
	check "$1: up" up "$1" || return
	check "$1: all CPUs work" each_works "$1" "$2"
	by_toolstack "$1" "$2"
	from_inside "$1" "$2" "$(without_last "$2")"
	xl destroy "$1"
}

# One more for each CPU that goes online again.
planned=0
for guest in $GUESTS_RUN; do
	planned=$((planned + 3 + 7 + 5 + ${guest#*:}))
done
plan $planned
for guest in $GUESTS_RUN; do
	one_guest "${guest%:*}" "${guest#*:}"
done
