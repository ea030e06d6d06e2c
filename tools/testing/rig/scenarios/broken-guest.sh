# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh

plan 3
check "created" guest_create pv
check "up" guest_wait pv "rig: READY" 150
check "said it" guest_exec pv 'echo "<4>BUG: made up by the rig" > /dev/kmsg' 20
