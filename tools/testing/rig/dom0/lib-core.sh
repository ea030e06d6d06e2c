# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Test modules in guests.  Modules belong to a kernel and the guest's image does
# not, so they are put behind it here, before a guest boots.

guest_modules()
{
	(
		cd / || exit
		find rig/modules |
			cpio -o -H newc 2> /dev/null | gzip >> /k/guest.gz
	)
}

# What the test said last: the lines of its output, without KTAP's own.
core_said()
{
	tr -d '\r' < "$(console_log "$1")" | sed -n 's/.*rig-core: //p' |
		awk '/^TAP version/ { said = "" }
			/^(#|not ok)/ && !/^# Totals/ { said = said $0 "\n" }
			END { printf "%s", said }'
}

# core_test NAME TESTS [SECONDS]: tests of evtchn_core.sh, or of another script if CORE_SCRIPT
# names it, in a guest in shell mode
core_test()
{
	core_line="/rig/selftests/xen/${CORE_SCRIPT-evtchn_core.sh} $2 > /tmp/core 2>&1; core=\$?;"
	core_line="$core_line while read -r line; do echo \"<5>rig-core: \$line\" > /dev/kmsg;"
	core_line="$core_line done < /tmp/core; [ \$core = 0 ]"
	guest_exec "$1" "$core_line" "${3-120}" && return
	core_said "$1"
	return 1
}
