#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# p2m.sh [TEST...]: does the P2M say what the memory map says, see
# modules/p2m_test.c.  Without arguments, all that Linux's own P2M survives and passes.
#
# Two more tests are of what our kernel shows in debugfs: "plan" compares the P2M with the plan
# that the boot followed; "plan_later" is for a domain that grew or shrank since.
#
# Needs a POSIX shell; that of busybox is enough.

set -eu

DIR=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$DIR/../kselftest/ktap_helpers.sh"

FILES=/sys/kernel/debug/xen_p2m_test
PLAN=${PLAN:-/sys/kernel/debug/xen/memory_plan}
P2M=${P2M:-/sys/kernel/debug/xen/mmu/p2m}

LOG=$(mktemp)
trap 'rm -f "$LOG"' EXIT

# Beside this script, or where the test rig has the modules of the kernel.
load_module()
{
	[ ! -d "$FILES" ] || return 0
	for dir in "$DIR" "$DIR/modules" /rig/modules; do
		if [ -e "$dir/p2m_test.ko" ]; then
			insmod "$dir/p2m_test.ko"
			return
		fi
	done
	modprobe p2m_test
}

# All states of the plan against the ranges of the P2M.  Memory of the plan has frames, extra and
# unused memory has none, all else is identity.  What was ballooned since can be memory that has
# no frame, or extra memory that has one.  What is wrong is shown by the files' own lines, for not
# each awk prints large numbers in base 16.
compare()
{
	awk -v later="$1" -v digits=0123456789abcdef '
		function hex(text,    value, i) {
			for (i = 3; i <= length(text); i++)
				value = value * 16 + index(digits, substr(text, i, 1)) - 1
			return value + 0
		}
		function wrong(text) {
			if (++failures <= 8)
				print "# " text
		}
		function wanted(kind) {
			if (kind == "identity")
				return "identity"
			if (kind == "unused")
				return "missing"
			if (kind == "extra")
				return later ? "missing memory foreign" : "missing"
			if (kind == "held" || kind == "alias" || !later)
				return "memory"
			return "memory missing foreign"
		}
		NR == FNR {
			split($1, at, /[^0-9a-fx]+/)
			first[++nr] = hex(at[2])
			end[nr] = hex(at[3])
			type[nr] = $2
			line[nr] = $0
			next
		}
		$1 == "state" {
			states++
			split($4, at, "-")
			state_first = hex(at[1])
			state_last = hex(at[2])
			want = " " wanted($2) " "
			while (i < nr && end[i + 1] <= state_first)
				i++
			for (j = i + 1; j <= nr && first[j] <= state_last; j++) {
				if (!index(want, " " type[j] " "))
					wrong($0 ", but the P2M has" line[j])
			}
			# Behind its end all is identity for the kernel, whatever the map says.
			if (end[nr] <= state_last && $2 != "identity" && $2 != "unused")
				wrong($0 " is beyond the P2M")
		}
		END {
			if (!states || !nr)
				wrong("no state or no P2M was seen")
			print "# " states + 0 " states of the plan, " nr + 0 " ranges of the P2M"
			print failures ? "fail" : "pass"
		}' "$P2M" "$PLAN"
}

test_plan()
{
	if [ -e "$PLAN" ]; then
		compare "$1"
	else
		echo "# this kernel shows no plan"
		echo skip
	fi
}

# To the module a hole is what is not in /proc/iomem; unused memory is not either, and the plan
# says so.
test_holes()
{
	if grep -q '^state unused' "$PLAN" 2> /dev/null; then
		echo "# the map has memory that is not used, see test plan"
		echo skip
	else
		cat "$FILES/holes"
	fi
}

run_test()
{
	case $1 in
	plan) test_plan 0 ;;
	plan_later) test_plan 1 ;;
	holes) test_holes ;;
	*) cat "$FILES/$1" ;;
	esac > "$LOG" || true
	grep '^#' "$LOG" || true
	case $(tail -n 1 "$LOG") in
	pass) ktap_test_pass "$1" ;;
	skip) ktap_test_skip "$1" ;;
	*) ktap_test_fail "$1" ;;
	esac
}

ktap_print_header

if [ "$(cat /sys/hypervisor/guest_type 2>/dev/null)" != PV ]; then
	ktap_skip_all "not a Xen PV domain, or no CONFIG_XEN_SYS_HYPERVISOR"
	exit "$KSFT_SKIP"
fi
if [ "$(id -u)" -ne 0 ]; then
	ktap_skip_all "needs root"
	exit "$KSFT_SKIP"
fi
load_module || ktap_exit_fail_msg "no module p2m_test"

[ $# -gt 0 ] || set -- plan ram holes frames later_use
ktap_set_plan $#
for name in "$@"; do
	run_test "$name"
done
ktap_finished
