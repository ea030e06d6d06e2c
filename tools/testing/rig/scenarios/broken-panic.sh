# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The end of PID 1 is the kernel's end.

plan 1
ok "fine"
# shellcheck disable=SC2154 # of lib.sh
emit "RIG-TOKEN $rig_token"
drain
exit 1
