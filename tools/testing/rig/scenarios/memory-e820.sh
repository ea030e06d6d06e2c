# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The host's holes in a guest's map, from the toolstack (e820_host=1) and from the
# kernel itself (xen.pci_hole=), cost no memory: neither frames, by Xen's own count, nor what
# Linux makes of them.

word() { guest_lines "$1" | sed -n "s/^# $2: \(.*\)\$/\1/p"; }

run_guest()
{
	check "$1: created" guest_create "$1"
	check "$1: finished" guest_finished "$1" 200
	check "$1: gone" wait_gone "$1" 60
	guest_result "$1"
}

# MiB that the guest has less than it was given: kernel, page structures.
missing() { echo $(($2 - $(word "$1" total | cut -d ' ' -f 1))); }

# Structures of pages take 1.6 %, for a hole too if it is in the midst of memory, and nothing
# else grows with memory.
same_memory()
{
	[ "$(missing "$1" "$3")" -le $(($(missing "$2" "$3") + $3 / 50)) ] && return
	echo "$1: $(missing "$1" "$3") MiB missing, $(missing "$2" "$3") without holes"
	return 1
}

# What Xen answers when test "frames" of p2m.sh asks.
frames()
{
	guest_lines "$1" | sed -n 's/^.*# [0-9]* frames in the P2M, Xen says \([0-9]*\)$/\1/p'
}

# has_frames NAME MIB: as many as it was given, none went back
has_frames()
{
	[ "$(frames "$1")" = $(($2 * 256)) ] && return
	echo "$1: $(frames "$1") frames, not $(($2 * 256))"
	return 1
}

has_hole() { word "$1" map | grep -q "$2"; }

no_hole() { ! word "$1" map | grep -v '^a0000-fffff' | grep -q reserved; }

plan $((1 + 5 * 4 + 6 + 2 + 5))
check "module in the guests' image" guest_modules
for guest in plain holes large above made; do
	run_guest "$guest"
done
check "plain: no hole" no_hole plain
check "holes: reserved below 4 GiB" has_hole holes 'fec00000-fec.* reserved'
check "above: reserved below 4 GiB" has_hole above 'fec00000-fec.* reserved'
check "above: RAM above 4 GiB" has_hole above '^100000000-.* usable'
check "made: RAM up to the hole" has_hole made '^100000-fffffff usable'
check "made: RAM above 4 GiB" has_hole made '^100000000-.* usable'
check "the same memory with holes" same_memory holes plain 256
check "the same memory with holes, above" same_memory above large 2304
for guest in plain holes; do
	check "$guest: 256 MiB of frames" has_frames $guest 256
done
for guest in large above; do
	check "$guest: 2304 MiB of frames" has_frames $guest 2304
done
check "made: 512 MiB of frames" has_frames made 512
