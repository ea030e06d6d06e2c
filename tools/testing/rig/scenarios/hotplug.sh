# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# A guest's kernel adds memory where its map has room.  One guest has room within what its P2M
# reaches; the next one's map is full up to there, so that the room it finds is beyond.  The last
# one has the host's holes: what is added, for memory or to map others' pages, must not lie in
# them, and all room below 4 GiB may be one.

export CORE_SCRIPT=p2m.sh
BOOT=192		# MiB, a guest's memory unless it says otherwise
MORE=320		# a section of memory more: Linux adds no less
BALLOON=/sys/devices/system/xen_memory/xen_memory0/info/current_kb

has_mib() { guest_exec "$1" "[ \$(cat $BALLOON) = $(($2 * 1024)) ]" 20; }

# More than a guest was made for has to be allowed first.
ask_for_more() { xl mem-max "$1" $MORE && xl mem-set "$1" $MORE; }

grows()
{
	ask_for_more "$1" && wait_for 60 has_mib "$1" $MORE &&
		guest_exec "$1" "/rig/selftests/xen/mem_pages > /dev/null" 120
}

# shrinks NAME MIB
shrinks() { xl mem-set "$1" "$2" && wait_for 60 has_mib "$1" "$2"; }

# RAM, and behind it all is reserved from 4 GiB up to 516 GiB.
full_map() { guest_map "$1" 0 $((BOOT << 20)) 1 0x100000000 0x8000000000 2; }

refused()
{
	ask_for_more "$1" && guest_wait "$1" "beyond 0x8000000, see XEN_MEMORY_HOTPLUG_LIMIT" 60 &&
		guest_wait "$1" "no memory added" 20
}

# all_high NAME WHAT: there is such a range, and none of them below 4 GiB, where addresses have no
# more than 8 digits; what the guest had at boot begins below 1 MiB, and there
all_high()
{
	guest_exec "$1" "grep -v -e ^00001000- -e ^00100000- /proc/iomem | grep ' : $2\$' \
		> /tmp/ranges" 20 || { echo "no range is $2"; return 1; }
	guest_exec "$1" "! grep -v '^ *[0-9a-f]\{9,\}-' /tmp/ranges" 20
}

plan $((1 + 4 + 7 + 8))
check "module in the guests' image" guest_modules

check "within: create" guest_create within
check "within: up" guest_ready within
check "within: memory is added" grows within
check "within: P2M" core_test within "ram holes"
xl destroy within

check "beyond: create" guest_create beyond -p
check "beyond: map" full_map beyond
check "beyond: starts" guest_unpause beyond
check "beyond: up" guest_ready beyond
check "beyond: memory is refused" refused beyond
check "beyond: P2M" core_test beyond "ram holes beyond"
check "beyond: still shrinks" shrinks beyond $((BOOT - 32))
xl destroy beyond

check "holes: create" guest_create holes
check "holes: up" guest_ready holes
check "holes: P2M" core_test holes "plan ram holes"
check "holes: a page to map others' at" core_test holes scratch
check "holes: it is above 4 GiB" all_high holes "Xen scratch"
check "holes: memory is added" grows holes
check "holes: it is above 4 GiB, too" all_high holes "System RAM"
check "holes: P2M with more memory" core_test holes ram
xl destroy holes
