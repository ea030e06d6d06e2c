# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What carries a saved guest from one boot to the next is a disk without a file system: a
# record in the first block of a guest's slot says how long its image is, its checksum, and
# how many lines dom0 had typed to the guest.

DISK=/dev/sda
SLOT=256		# MiB for each guest

record_of() { dd if=$DISK bs=1M skip="$1" count=1 2> /dev/null | head -n 1 | tr -d '\000'; }

# put_image FILE SLOT TYPED
put_image()
{
	size=$(stat -c %s "$1")
	[ "$size" -lt $(((SLOT - 1) << 20)) ] || { echo "$size bytes do not fit"; return 1; }
	echo "$size $(sha256sum < "$1" | cut -c 1-64) $3" > /tmp/record
	dd if="$1" of=$DISK bs=1M seek=$(($2 + 1)) conv=fsync &&
		dd if=/tmp/record of=$DISK bs=1M seek="$2" conv=fsync
}

# get_image FILE SLOT
get_image()
{
	# shellcheck disable=SC2046 # three words
	set -- "$1" "$2" $(record_of "$2")
	[ $# = 5 ] || { echo "no record on the disk"; return 1; }
	dd if=$DISK bs=1M skip=$(($2 + 1)) 2> /dev/null | head -c "$3" > "$1"
	[ "$(sha256sum < "$1" | cut -c 1-64)" = "$4" ] || { echo "the image is damaged"; return 1; }
}

# carry_out NAME SLOT: two checks
carry_out()
{
	check "$1: save" save_guest "$1" /tmp/image || return
	check "$1: image on disk" put_image /tmp/image "$2" "$(cat "$STATE/sent-$1")"
	rm /tmp/image
}

# carry_in NAME SLOT: two checks
carry_in()
{
	check "$1: image from disk" get_image /tmp/image "$2" || return
	record_of "$2" | cut -d ' ' -f 3 > "$STATE/sent-$1"
	stream_console "$1"
	check "$1: restore" xl restore /tmp/image || return
	rm /tmp/image
}
