#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# nlevel_abi.sh: what Xen promises of N-level event channels, see modules/nlevel_abi.c.
# For a domain with two VCPUs, on a Xen that has N-level, booted with nr_cpus=1 and
# xen.evtchn_abi=2l; elsewhere skipped.
#
# Needs a POSIX shell; that of busybox is enough.

set -eu

DIR=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$DIR/../kselftest/ktap_helpers.sh"

module()
{
	for dir in "$DIR" "$DIR/modules" /rig/modules; do
		if [ -e "$dir/nlevel_abi.ko" ]; then
			echo "$dir/nlevel_abi.ko"
			return
		fi
	done
	return 1
}

lines() { dmesg | sed -n 's/.*nlevel_abi: //p'; }

if ! module > /dev/null; then
	ktap_skip_all "the module is missing"
	exit "$KSFT_SKIP"
fi

if insmod "$(module)"; then
	rmmod nlevel_abi
fi
lines > /tmp/nlevel_abi
if ! grep -q '^1\.\.' /tmp/nlevel_abi; then
	ktap_skip_all "$(cat /tmp/nlevel_abi)"
	exit "$KSFT_SKIP"
fi
ktap_print_header
cat /tmp/nlevel_abi
! grep -q '^not ok' /tmp/nlevel_abi
