#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# p2m.sh [TEST...]: does the P2M say what the memory map says, see
# modules/p2m_test.c.  Without arguments, all that Linux's own P2M survives and passes.
#
# Needs a POSIX shell; that of busybox is enough.

set -eu

DIR=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$DIR/../kselftest/ktap_helpers.sh"

FILES=/sys/kernel/debug/xen_p2m_test

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

run_test()
{
	cat "$FILES/$1" > "$LOG" || true
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

[ $# -gt 0 ] || set -- ram holes frames later_use
ktap_set_plan $#
for name in "$@"; do
	run_test "$name"
done
ktap_finished
