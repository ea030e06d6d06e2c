# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# A guest has been idle for some time when it is suspended, so that its CPUs have no timer.  What
# is wrong with that, the guest's console says, and the verdict reads it.

looked_at() { guest_exec "$1" "[ \$(cat /sys/module/xen_resume/parameters/resumes) = $2 ]" 30; }

# resume NAME NUMBER
resume()
{
	check "$1 $2: save" save_guest "$1" "/tmp/$1.save" &&
		check "$1 $2: restore" xl restore "/tmp/$1.save" &&
		check "$1 $2: CPUs were idle" looked_at "$1" "$2"
	rm -f "/tmp/$1.save"
}

plan $((1 + 2 * (3 + 2 * 3)))
check "module in the guests' image" guest_modules
for guest in pv pvh; do
	check "$guest: create" guest_create "$guest"
	check "$guest: up" guest_ready "$guest"
	check "$guest: module" guest_exec "$guest" "insmod /rig/modules/xen_resume.ko" 30
	resume "$guest" 1
	resume "$guest" 2
	xl destroy "$guest"
done
