# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# dom0 with less memory than the host has RAM below its PCI hole, as much, or more.  MOVED,
# RELEASED and TOTAL come from the scenario: at least so many pages, at least so many MiB.
# KIND is "pvh" for a dom0 that has no frames to move, only memory.  P2M_TESTS are tests of
# p2m.sh, if not all: to "holes", memory that a limit leaves unused would be one.

PLAN=/sys/kernel/debug/xen/memory_plan

count() { dmesg | sed -n "s/.*xen: $1 \([0-9]*\) pages.*/\1/p"; }

# Linux's own setup has other words.
at_least()
{
	[ "$KERNEL" = ours ] || return 0
	[ "$(count "$1")" -ge "$2" ] || { echo "$1: $(count "$1"), not $2"; return 1; }
}

# What is moved or released goes in batches; a few pages need not fill one.
PAGES_PER_CALL=256
MANY=10000

hypercalls()
{
	dmesg | sed -n 's/.*xen: moved .*[^0-9]\([0-9][0-9]*\) hypercalls.*/\1/p'
}

few_hypercalls()
{
	[ "$KERNEL" = ours ] || return 0
	pages=$(($(count moved) + $(count released)))
	calls=$(hypercalls)
	echo "$pages pages, ${calls:-no number of} hypercalls"
	[ "$pages" -gt $MANY ] || return 0
	[ "${calls:-0}" -gt 0 ] && [ $((calls * PAGES_PER_CALL)) -le "$pages" ]
}

total_mib() { echo $(($(awk '/^MemTotal/ { print $2 }' /proc/meminfo) / 1024)); }

enough_memory() { [ "$(total_mib)" -ge "$TOTAL" ] || { total_mib; return 1; }; }

# dom0 lives by the machine's map; Xen has none that is dom0's.
has_no_map_of_its_own()
{
	/rig/selftests/xen/memory_map own 2>&1 | grep 'XENMEM_memory_map: Function not implemented'
}

# The plan as it was logged; these plans are short enough to be there as a whole.
logged_plan()
{
	dmesg | sed -n -e 's/.*xen: \(step .*\)/\1/p' -e 's/.*xen: \(state .*\)/\1/p'
}

# A line for each step of the plan; what was to be done was done.  The log says the same.
plan_is_readable()
{
	[ "$KERNEL" = ours ] || return 0
	[ "$(steps move) $(steps release)" = "$(count moved) $(count released)" ] &&
		[ -n "$(logged_plan)" ] && [ "$(logged_plan)" = "$(cat $PLAN)" ] && return
	echo "in debugfs:"
	cat $PLAN
	echo "in the log:"
	logged_plan
	return 1
}

steps()
{
	awk -v kind="$1" '$1 == "step" && $2 == kind { gsub(/.*\(| pages.*/, ""); n += $0 }
		END { print n + 0 }' $PLAN
}

# A test that is skipped would have shown nothing.
p2m_is_right()
{
	# shellcheck disable=SC2086 # names
	/rig/selftests/xen/p2m.sh ${P2M_TESTS-} > /tmp/p2m
	p2m_status=$?
	cat /tmp/p2m
	[ $p2m_status = 0 ] && ! grep -q SKIP /tmp/p2m
}

pv_dom0()
{
	plan 8
	check "frames were moved" at_least moved "$MOVED"
	check "frames went back to Xen" at_least released "$RELEASED"
	check "in few hypercalls" few_hypercalls
	check "dom0 has its memory" enough_memory
	check "dom0 has no map of its own" has_no_map_of_its_own
	check "the plan is in debugfs and in the log" plan_is_readable
	check "P2M" p2m_is_right
	own_tests boot mem_pages
}

pvh_dom0()
{
	plan 2
	check "dom0 has its memory" enough_memory
	own_tests boot mem_pages
}

case ${KIND-pv} in
pvh) pvh_dom0 ;;
*) pv_dom0 ;;
esac
