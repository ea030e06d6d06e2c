# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Guests with maps that no toolstack should make, one after the other.  Each gets
# its map between creation and start, must come up with the memory that it was
# given, have the P2M that was planned, and find each page to be one of its own.  All but "small"
# have extra memory, which is made use of.

export CORE_SCRIPT=p2m.sh
M=0x100000
SHORTENED="xen: the memory map is too long, left out its smallest"

# series NR START STEP SIZE TYPE
series()
{
	left=$1
	start=$(($2))
	while [ "$left" -gt 0 ]; do
		echo "$start" "$4" "$5"
		start=$((start + $3))
		left=$((left - 1))
	done
}

# What a row of the table puts into the guest's map: ADDRESS SIZE TYPE ...
map_of()
{
	case $1 in
	hole-1g) echo 0 0x8000000 1 0x40000000 0x40000000 2 0x80000000 0x10000000 1 ;;
	low-hole) echo 0 0xa0000 1 0xa0000 0x60000 2 $M 0x14000000 1 ;;
	unsorted) echo 0xc000000 0xc000000 1 0x20000000 0x10000 2 0 0x8000000 1 ;;
	overlap) echo 0 0x10000000 1 0x8000000 0x4000000 2 0x7000000 0x2000000 5 0 0x18000000 1 ;;
	wrap-ram) echo 0 0x8000000 1 0x20000000 0xffffffffffffffff 1 ;;
	wrap) echo 0 0x14000000 1 0x20000000 0xffffffffffffffff 2 ;;
	zero) echo 0 0 1 0 0x14000000 1 0x30000000 0 2 0x40000000 0x10000 2 ;;
	odd) echo 0 0x8000123 1 0x8000123 0x1fff 2 0x9000800 0x10000000 1 ;;
	types) echo 0 0x8000000 1 0x8000000 $M 0 0x8100000 $M 12 0x8200000 $M 0xefffffff \
		0x8300000 $M 128 0x8400000 $M 0xffffffff 0x9000000 0x10000000 1 ;;
	no-ram) echo 0x40000000 0x10000 2 0x50000000 0x10000 3 ;;
	small) echo 0 0x4000000 1 0xe0000000 0x10000000 2 ;;
	# Over everything that the builder made, P2M list and initrd too.
	kernel) echo 0 0x800000 1 0x800000 0x4000000 4 0x4800000 0x10000000 1 ;;
	reserved) echo 0 0x1000000 1 0x1000000 0x1000000 2 0x2000000 0x10000000 1 ;;
	unusable) echo 0 0x4000000 1 0x4000000 0x4000000 5 0x8000000 0x10000000 1 ;;
	above-4g) echo 0x100000000 0x10000000 1 0xe0000000 0x1000 2 ;;
	hole-512m) echo 0 0x20000000 1 0x20000000 0xe0000000 2 0x100000000 0x14000000 1 ;;
	empty) ;;
	twice) echo 0 0x14000000 1 0x20000000 0x10000 2 0x20000000 0x10000 2 0 0x14000000 1 ;;
	far) echo 0 0x14000000 1 0x400000000000 0x10000000 2 0x10000000000000 0x10000000 1 \
		0xfffffffffffff000 0x1000 2 ;;
	# As many as Xen takes; and more regions of RAM than the kernel's own table has.
	full) echo 0 0x14000000 1; series 1023 0x40000000 0x2000 0x1000 2 ;;
	pieces) echo 0 0x4000000 1; series 180 0x4200000 0x400000 0x200000 1 ;;
	esac
}

set_map()
{
	# shellcheck disable=SC2046 # words of a table
	guest_map "$1" $(map_of "$1")
}

total_of()
{
	case $1 in
	hole-512m) echo 690 ;;
	# So much extra memory that its page structures take a part.
	wrap-ram) echo 185 ;;
	*) echo "$TOTAL" ;;
	esac
}

# log_of MAP: what it does to a guest, lest it does nothing one day: lines of the console
log_of()
{
	case $1 in
	hole-1g) says "$(moves 32768)" ;;
	hole-512m) says "$(moves 65536)" ;;
	low-hole) says "$(moves 0)" 'rig: # map: a0000-fffff reserved' ;;
	unsorted) says "$(moves 16384)" ;;
	overlap) says "$(moves 20480)" 'rig: # map: 8000000-bffffff reserved' ;;
	wrap) says 'xen: entries of the memory map wrap' ;;
	wrap-ram) says 'xen: entries of the memory map wrap' "$(moves 32768)" ;;
	zero | far) says 'xen: disregarded empty entries' ;;
	odd) says "$(moves 4097)" ;;
	types) says 'xen: entries of the memory map are of unknown type' "$(moves 4096)" ;;
	no-ram) says 'xen: the memory map has no RAM, made another one' ;;
	small) says 'xen: added RAM to the memory map' "$(moves '[1-9][0-9]*')" ;;
	kernel) says 'xen: P2M list moved to' 'xen: initrd copied from' 'xen: force *pfn' ;;
	reserved) says 'xen: RAM in a hole of the host' 'xen: force *pfn' ;;
	unusable) says "$(moves '[1-9][0-9]*')" 'rig: # map: .* unusable' ;;
	above-4g) says 'xen: force *pfn' "$(moves '[1-9][0-9]*')" ;;
	empty) says 'xen: Xen has no memory map for this domain, made one' ;;
	twice) says "$(moves 0)" 'rig: # map: 20000000-2000ffff reserved' ;;
	full) says "$SHORTENED" ;;
	# Its log level shows the plan, too.
	pieces) says "$SHORTENED" 'xen: state keep' 'xen: state: [1-9][0-9]* more lines' ;;
	esac
}

says() { printf '%s\n' "$@"; }
moves() { echo "xen: moved $1 pages out of holes, gave back 0, lost 0"; }

has_logged()
{
	log_of "$1" > /tmp/lines
	[ -s /tmp/lines ] || { echo "nothing to look for"; return 1; }
	while IFS= read -r line; do
		grep -q "$line" "$(console_log "$1")" && continue
		echo "no line '$line'"
		return 1
	done < /tmp/lines
}

has_its_memory()
{
	guest_lines "$1" | sed -n 's/^# total: \([0-9]*\) MiB$/\1/p' > /tmp/total
	[ "$(cat /tmp/total)" -ge "$(total_of "$1")" ] || { cat /tmp/total; return 1; }
}

one_map()
{
	check "$1: created" guest_create "$1" -p
	check "$1: map set" set_map "$1"
	check "$1: started" guest_unpause "$1"
	if check "$1: finished" guest_finished "$1" 150; then
		check "$1: gone" wait_gone "$1" 60
		check "$1: has its memory" has_its_memory "$1"
		check "$1: did what it is for" has_logged "$1"
		guest_result "$1"
	else
		check "$1: destroyed" xl destroy "$1"
		not_ok "$1: has its memory"
		not_ok "$1: did what it is for"
		not_ok "$1"
	fi
}

small_has_its_memory()
{
	guest_exec small \
		"[ \$(awk '/^MemTotal/ { print \$2 }' /proc/meminfo) -ge $((TOTAL * 1024)) ]" 20 &&
		has_logged small
}

small_is_gone()
{
	guest_cmd small "poweroff -f"
	wait_gone small 60
}

# With less RAM in the map than it was given, a guest has no extra memory to use.
small_map()
{
	check "small: created" guest_create small -p
	check "small: map set" set_map small
	check "small: started" guest_unpause small
	check "small: up" guest_wait small "rig: READY" 150
	check "small: has its memory, which it says" small_has_its_memory
	check "small: P2M" core_test small "plan ram holes frames"
	check "small: its pages" guest_exec small "/rig/selftests/xen/mem_pages > /dev/null" 120
	check "small: gone" small_is_gone
}

# Frames up to 256 MiB, and most of what the guest may grow to is taken away by memmap=: whole
# sections have no page structures.  It grows by what is left.
trimmed_grows() { xl mem-set trimmed 300 && wait_for 60 trimmed_has 255; }

trimmed_has()
{
	guest_exec trimmed \
		"[ \$(awk '/^MemTotal/ { print \$2 }' /proc/meminfo) -ge $(($1 * 1024)) ]" 20
}

trimmed_is_gone()
{
	guest_cmd trimmed "poweroff -f"
	wait_gone trimmed 60
}

trimmed_map()
{
	check "trimmed: created" guest_create trimmed
	check "trimmed: up" guest_wait trimmed "rig: READY" 150
	check "trimmed: has its memory" trimmed_has "$TOTAL"
	check "trimmed: P2M" core_test trimmed "plan ram frames"
	check "trimmed: grows" trimmed_grows
	check "trimmed: P2M of the larger guest" core_test trimmed "plan_later ram frames"
	check "trimmed: its pages" guest_exec trimmed "/rig/selftests/xen/mem_pages > /dev/null" 120
	check "trimmed: gone" trimmed_is_gone
}

# A guest without room for its kernel must say so where the admin looks.
says_why()
{
	guest_wait "$1" 'memory setup: kernel at .* lies beyond the limit.*give a larger mem=' 30
}

# Its end is a crash to the toolstack, and no reboot over and over.
ends_by_crash()
{
	wait_gone "$1" 30 && grep 'has shut down, reason code 3 ' "/var/log/xen/xl-$1.log"
}

# shellcheck disable=SC2086 # names
plan $((1 + $(echo $MAPS | wc -w) * 8 + 3))
check "module in the guests' image" guest_modules
for map in $MAPS; do
	case $map in
	small) small_map ;;
	trimmed) trimmed_map ;;
	*) one_map "$map" ;;
	esac
done
check "too small a mem=: created" guest_create tiny
check "too small a mem=: last words" says_why tiny
check "too small a mem=: crashed" ends_by_crash tiny
