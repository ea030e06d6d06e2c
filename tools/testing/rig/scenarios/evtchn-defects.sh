# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What a guest can see of defects in Linux's own event channel code.  Each test
# ends as it should on a kernel without the defect; the last line tells which of
# them were seen.  Those that damage the kernel come last.
#
# PARTS has the guests, if not all of them; where it is an ABI that a guest is told to use,
# the number of ports tells that it does.
#
#   R1     after a restore the timer has lost its priority
#   R3     late EOIs that a CPU holds back are lost when it goes and comes back
#   R4     events that wait for a CPU are dropped when it goes: PVH on FIFO, because
#          a PV guest's CPU turns interrupts on once more
#   R6     a second bind that is turned away takes the channel from its owner
#   R7     a port that cannot be set up is closed twice, and that is a BUG()
#   reopen an event for a channel without a handler goes to the CPU where the channel was, which
#          is gone by the time that there is a handler: on FIFO
#   twice  an event is handled on both CPUs when its channel moves meanwhile
#   R15    Xen's debug key makes a guest on FIFO say nothing
#   R12    a channel without late EOI that has event after event takes its CPU
#   R16    a program that holds ports over a restore ends in a BUG() when it closes them
#   share  a program that leaves a port to another takes its events with it
#   rebind a program that binds ports again after a restore, and gets the same numbers,
#          loses track of those it has
#   R11    an EOI that is held back over a restore makes the channel lose an event

DEFECTS=""

# seen NAME
seen()
{
	case " $DEFECTS " in
	*" $1 "*) ;;
	*) DEFECTS="$DEFECTS $1" ;;
	esac
}

# defect NAME GUEST TEST: a test that shows the defect if it fails
defect() { check "$2: $3 ($1)" core_test "$2" "$3" 80 || seen "$1"; }

up()
{
	guest_ready "$1" 300 || return 1
	case $(cat "$GUESTS/$1.cfg") in
	*evtchn_abi=nlevel:4*) has_ports "$1" "$(ports_of 4)" ;;
	*evtchn_abi=nlevel*) has_ports "$1" "$(ports_of 3)" ;;
	esac
}

# start NAME
start()
{
	check "$1: create" guest_create "$1" && check "$1: up" up "$1"
}

# Linux's own dump has a line "vcpu 0", ours one for each VCPU.
dumped()
{
	xl debug-keys q
	dump="dmesg | grep -Eq 'events: vcpu 0:|[]] *vcpu 0'"
	guest_exec "$1" "until_true 20 sh -c \"$dump\"" 40
}

# What the kernel says of it is our own message.  That names the setting where more channels
# would help, see domu.sh: here it is Xen's table that is full.
refusal_is_told()
{
	[ "$KERNEL" = ours ] || return 0
	wait_for 20 grep -Eq 'events: cannot .*: (error -28|no channel left)' "$(console_log "$1")"
}

save_and_restore()
{
	check "$1: save" save_guest "$1" "/tmp/$1.save" &&
		check "$1: restore" xl restore "/tmp/$1.save"
	rm -f "/tmp/$1.save"
}

over_restore()
{
	check "$1: priority before" core_test "$1" priority
	check "$1: EOIs outstanding" core_test "$1" hold_start
	save_and_restore "$1"
	check "$1: EOIs outstanding over a restore" core_test "$1" hold_finish
	defect R1 "$1" priority
}

# The console is the late EOI channel that keeps its IRQ over a restore.  A line
# comes while its CPU is in a long upcall, which defers the EOI for 40 s.
defer_console()
{
	guest_exec "$1" "insmod /rig/modules/evtchn_test.ko" 30 &&
		guest_exec "$1" "cd /sys/module/xen/parameters && \
			echo 0 > event_loop_timeout && echo 4000 > event_eoi_delay" 30 || return 1
	guest_cmd "$1" "cat /sys/kernel/debug/xen_evtchn_test/long_upcall"
	guest_wait "$1" "the flood begins" 60 || return 1
	sleep 1
	guest_exec "$1" true 30
}

# What the kernel prints brings events for the console as well: no more of it.  And who
# writes to it also reads: all that was said is out by now.
quiet_console()
{
	sleep 5
	guest_cmd "$1" "echo 1 > /proc/sys/kernel/printk; xs_write data/rig early"
	sleep 2
	! wrote "$1" early || { echo "the EOI is not deferred"; return 1; }
}

wrote()
{
	[ "$(xenstore-read "/local/domain/$(xl domid "$1")/data/rig" 2> /dev/null)" = "$2" ]
}

# The console's own thread reads the line of before once it is thawed.  After that
# nothing but the event tells of a line.
late_line()
{
	wait_for 80 wrote "$1" early || { echo "the line of before was not read"; return 1; }
	guest_cmd "$1" "xs_write data/rig late"
	wait_for 80 wrote "$1" late || { echo "the line of after was not read"; return 1; }
}

works_on()
{
	guest_cmd "$1" "echo 7 > /proc/sys/kernel/printk"
	guest_exec "$1" true 60
}

console_over_restore()
{
	check "$1: a line during a long upcall" defer_console "$1" || return
	check "$1: the EOI is deferred" quiet_console "$1" || return
	save_and_restore "$1"
	check "$1: console after a restore (R11)" late_line "$1" || seen R11
	check "$1: console works on" works_on "$1"
}

hold_ports()
{
	guest_exec "$1" "/rig/selftests/xen/evtchn_hold > /tmp/held & echo \$! > /tmp/holder; \
		sleep 3; grep held /tmp/held" 60
}

# A process that dies of a BUG() in the kernel stays in the table.
close_ports()
{
	guest_exec "$1" "kill \$(cat /tmp/holder); \
		sleep 5; [ ! -d /proc/\$(cat /tmp/holder) ]" 60
}

ports_over_restore()
{
	check "$1: a program holds ports" hold_ports "$1" || return
	save_and_restore "$1"
	check "$1: it is killed after a restore (R16)" close_ports "$1" || seen R16
}

bind_again()
{
	guest_exec "$1" "kill -USR1 \$(cat /tmp/holder); sleep 3; cat /tmp/held; \
		grep 'bound again' /tmp/held" 60
}

# The handlers are named after the program.
handlers_are_gone()
{
	close_ports "$1" || return
	guest_exec "$1" "! grep evtchn_hold /proc/interrupts" 60
}

bind_again_over_restore()
{
	check "$1: a program holds ports" hold_ports "$1" || return
	save_and_restore "$1"
	check "$1: it binds ports again (rebind)" bind_again "$1" || seen rebind
	check "$1: they are all closed with it" handlers_are_gone "$1"
}

part_pv()
{
	over_restore pv
	defect twice pv once_edge
	defect twice pv once_lateeoi
	check "pv: a dump at Xen's debug key (R15)" dumped pv || seen R15
	defect R12 pv storm
	defect R3 pv deferred_eoi
	defect R6 pv double_bind
	defect R6 pv double_virq
}

part_full()
{
	defect R7 full full_array
	check "full: the refusal is told" refusal_is_told full
}

part_console() { console_over_restore console; }

part_stale()
{
	ports_over_restore stale
	check "stale: a port that two files share (share)" \
		guest_exec stale "/rig/selftests/xen/evtchn_share" 90 || seen share
}

part_again() { bind_again_over_restore again; }

part_restored() { over_restore restored; }

part_pvh()
{
	defect R4 pvh dead_cpu_edge
	defect R4 pvh dead_cpu_lateeoi
	defect reopen pvh reopened_edge
	defect reopen pvh reopened_lateeoi
}

# results_of PART: how many, without those of its start
results_of()
{
	case $1 in
	pv) echo 13 ;;
	console | restored) echo 6 ;;
	stale | again) echo 5 ;;
	pvh) echo 4 ;;
	*) echo 2 ;;
	esac
}

PARTS=${PARTS-pv full console stale again restored pvh}
planned=1
for part in $PARTS; do
	planned=$((planned + 2 + $(results_of "$part")))
done
plan $planned
check "module in the guests' image" guest_modules
for part in $PARTS; do
	if start "$part"; then
		"part_$part"
		xl destroy "$part"
	fi
done
diag "defects seen:$DEFECTS"
