# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What ACPI asks for by its machine address is the firmware's, and not the kernel's memory there.
# TABLES is the number of tests of tables, where there are any beside NVS.

# reaches ADDRESS BYTES
reaches()
{
	insmod /rig/modules/acpi_moved.ko "at=$1" "size=$2" && rmmod acpi_moved && return
	dmesg | grep acpi_moved: | tail -n 1
	return 1
}

# Behind a region there is the kernel's memory.
refuses()
{
	reaches "$1" "$2" && return 1
	dmesg | grep 'xen: ACPI wants .* gave way'
}

ioremaps() { grep -c x86_acpi_os_ioremap /proc/vmallocinfo; }

# ACPI unmaps later.
as_many_ioremaps() { [ "$(ioremaps)" = "$1" ] || { ioremaps; return 1; }; }

p2m_is_right() { /rig/selftests/xen/p2m.sh plan ram frames; }

plan $((8 + ${TABLES:-0}))
before=$(ioremaps)
check "NVS: part of a page" reaches 0x1301010 0x20
check "NVS: parts of two pages" reaches 0x1301ff0 0x20
check "NVS: all of it" reaches 0x1300800 0x3400
check "NVS: the end and what is behind it in its page" reaches 0x1303bf0 0x20
check "NVS: what is before it in its page" reaches 0x1300000 0x810
check "NVS: beyond the last page" refuses 0x1303ff0 0x20
if [ "${TABLES:-0}" -gt 0 ]; then
	check "tables: all of them" reaches 0x1200000 0x2400
	check "tables: the end and what is behind it in its page" reaches 0x12023f8 0x10
fi
check "nothing stays mapped" wait_for 10 as_many_ioremaps "$before"
check "P2M" p2m_is_right
