# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Each guest gets one target after the other.  What it has then, and what Xen counts as its
# pages, must have changed by exactly what the target has; every page must be one of its own;
# and a PV guest's P2M must be right.  Some targets come while memory is denied to the balloon's
# thread, and only to that.  It takes pages; were it to take slab objects, they would be denied,
# too.

export CORE_SCRIPT=p2m.sh
BOOT=192		# MiB, see the guests' configuration
MOST=384

# For the guest.  The thread gives up after some failures; here it does not, and tries again
# after a second each time.
balloon_functions()
{
	cat <<'EOF'
BALLOON=/sys/devices/system/xen_memory/xen_memory0
FAULTS=/sys/kernel/debug
SUPPLY=1000000
has_kb()
{
	[ "$(cat $BALLOON/info/current_kb) $(cat $BALLOON/target_kb)" = "$1 $1" ]
}
balloon_thread()
{
	for task in /proc/[0-9]*; do
		! grep -qx xen-balloon $task/comm || echo $task
	done 2> /dev/null
}
settings()
{
	(cd $FAULTS/$1 && echo 0 > verbose && echo Y > task-filter &&
		echo N > ignore-gfp-wait && echo $SUPPLY > times)
}
deny()
{
	echo 0 > $BALLOON/max_retry_count && echo 1 > $BALLOON/max_schedule_delay &&
		echo 1 > $(balloon_thread)/make-it-fail &&
		settings failslab && settings fail_page_alloc &&
		echo N > $FAULTS/fail_page_alloc/ignore-gfp-highmem &&
		echo 0 > $FAULTS/fail_page_alloc/min-order &&
		echo $1 > $FAULTS/failslab/probability &&
		echo $1 > $FAULTS/fail_page_alloc/probability
}
denied() { echo $((SUPPLY - $(cat $FAULTS/$1/times))); }
denied_pages() { [ $(denied fail_page_alloc) -ge $1 ]; }
allow()
{
	echo 0 > $FAULTS/failslab/probability && echo 0 > $FAULTS/fail_page_alloc/probability &&
		value denied $(denied fail_page_alloc) pages, $(denied failslab) slab objects
}
EOF
}

# Xen writes what it knows of each domain to its log.
xen_pages()
{
	xl dmesg -c > /dev/null
	xl debug-keys q
	xl dmesg | awk -v head="General information for domain $(xl domid "$1"):" '
		/General information for domain/ { mine = index($0, head) }
		mine && match($0, /nr_pages=[0-9]+/) {
			print substr($0, RSTART + 9, RLENGTH - 9)
			exit
		}'
}

# What the guest has at first: the target of a PVH guest is not its memory to the page.
first_size()
{
	guest_exec "$1" "until_true 60 eval 'has_kb \$(cat \$BALLOON/info/current_kb)'" 90 &&
		guest_exec "$1" "value kb \$(cat \$BALLOON/info/current_kb)" 30 || return
	first_kb=$(guest_value "$1" kb)
	first_pages=$(xen_pages "$1")
	[ "${first_kb:-0}" -gt 0 ] && [ "${first_pages:-0}" -gt 0 ]
}

# reaches NAME MIB: both sides agree that it has that much
reaches()
{
	size_kb=$((first_kb + ($2 - BOOT) * 1024))
	size_pages=$((first_pages + ($2 - BOOT) * 256))
	if ! guest_exec "$1" "until_true 60 has_kb $size_kb" 120; then
		guest_exec "$1" "value kb \$(cat \$BALLOON/info/current_kb)" 30
		echo "it has $(guest_value "$1" kb) KiB, wanted $size_kb"
		return 1
	fi
	xen_count=$(xen_pages "$1")
	[ "$xen_count" = $size_pages ] && return
	echo "Xen counts $xen_count pages, wanted $size_pages"
	return 1
}

resize() { xl mem-set "$1" "$2" && reaches "$1" "$2"; }

pages_right()
{
	guest_exec "$1" "/rig/selftests/xen/mem_pages > /dev/null" 120 || return
	case $1 in
	pv | pv-*) core_test "$1" "plan_later ram holes frames" ;;
	esac
}

# size NAME MIB
size()
{
	check "$1: $2 MiB" resize "$1" "$2"
	check "$1: pages at $2 MiB" pages_right "$1"
}

# denied NAME MIB PERCENT PAGES: so many pages are denied at least
denied()
{
	guest_exec "$1" "deny $3" 30 && xl mem-set "$1" "$2" &&
		guest_exec "$1" "until_true 60 denied_pages $4" 120
}

allowed()
{
	guest_exec "$1" allow 30 || return
	emit "# $1, on the way to $2 MiB: $(guest_value "$1" denied) were denied"
	reaches "$1" "$2"
}

# size_denied NAME MIB PERCENT PAGES
size_denied()
{
	check "$1: memory is denied on the way to $2 MiB" denied "$@"
	check "$1: $2 MiB" allowed "$1" "$2"
	check "$1: pages at $2 MiB" pages_right "$1"
}

# most NAME: to grow beyond its first size, only the P2M of a PV guest takes memory, a page each
# 2 MiB; all of them the first time.
most()
{
	case $1 in
	pv) size_denied "$1" $MOST 50 3 ;;
	*) size "$1" $MOST ;;
	esac
}

# The toolstack looks for the P2M's leaves when it begins, and the guest goes on growing until it
# is suspended: with a tenth of a CPU's time it does not grow too fast.
is_growing()
{
	mib=$(xl list "$1" | awk 'NR == 2 { print $3 }')
	[ "$mib" -lt $MOST ] || { echo "it has $mib MiB already: this proves nothing"; return 1; }
}

saved_while_it_grows()
{
	xl sched-credit2 -d "$1" -c 10 && xl mem-set "$1" $MOST && is_growing "$1" &&
		save_guest "$1" "/tmp/$1.save"
}

restore_with_all_time() { xl restore "/tmp/$1.save" && xl sched-credit2 -d "$1" -c 0; }

plan $((1 + 2 * (4 + 4 * 2 + 3) + 3 + 2 + 6 + 2))
check "module in the guests' image" guest_modules
for guest in pv pvh; do
	check "$guest: create" guest_create "$guest"
	check "$guest: up" guest_ready "$guest"
	check "$guest: prepared" guest_source "$guest" "$(balloon_functions)"
	check "$guest: first size" first_size "$guest"
	size "$guest" $((BOOT - 64))
	size "$guest" $BOOT
	most "$guest"
	size "$guest" $((BOOT + 64))
	size_denied "$guest" $((BOOT + 32)) 1 3
	size "$guest" $BOOT
	xl destroy "$guest"
done

check "pv-late: create" guest_create pv-late
check "pv-late: up" guest_ready pv-late
check "pv-late: prepared" guest_source pv-late "$(balloon_functions)"
check "pv-late: first size" first_size pv-late
check "pv-late: saved while it grows" saved_while_it_grows pv-late
check "pv-late: restore" restore_with_all_time pv-late
size pv-late $MOST
rm -f /tmp/pv-late.save
xl destroy pv-late
