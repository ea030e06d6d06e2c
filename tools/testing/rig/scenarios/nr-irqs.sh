# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh

plan 2
/rig/describe | emit_lines "# "
check "this is no Xen domain" sh -c '! dmesg | grep -q "Hypervisor detected: Xen"'
check "the kernel tells its number of IRQs" sh -c 'dmesg | grep "NR_IRQS: "'
