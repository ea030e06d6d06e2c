# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What a guest can see of defects in Linux's own event channel code.  Each test
# ends as it should on a kernel without the defect; the last line tells which of
# them were seen.  Those that damage the kernel come last.
#
#   R1  after a restore the timer has lost its priority
#   R3  late EOIs that a CPU holds back are lost when it goes and comes back
#   R4  events that wait for a CPU are dropped when it goes
#   R6  a second bind that is turned away takes the channel from its owner
#   R7  a port that cannot be set up is closed twice, and that is a BUG()

DEFECTS=""

# defect NAME GUEST TEST: a test that shows the defect if it fails
defect()
{
	check "$2: $3 ($1)" core_test "$2" "$3" && return
	case " $DEFECTS " in
	*" $1 "*) ;;
	*) DEFECTS="$DEFECTS $1" ;;
	esac
}

# start NAME
start()
{
	check "$1: create" guest_create "$1" && check "$1: up" guest_ready "$1"
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

plan $((1 + 2 + 6 + 2 + 1 + 2 + 2 + 1))
check "module in the guests' image" guest_modules
if start pv; then
	over_restore pv
	defect R4 pv dead_cpu_edge
	defect R4 pv dead_cpu_lateeoi
	defect R3 pv deferred_eoi
	defect R6 pv double_bind
	defect R6 pv double_virq
	xl destroy pv
fi
start full && defect R7 full full_array
diag "defects seen:$DEFECTS"
