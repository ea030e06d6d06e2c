# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Requests for features of virtual disks (vbd) and networks (vif).

back() { echo "/local/domain/0/backend/$2/$(xl domid "$1")/$3"; }
front() { echo "/local/domain/$(xl domid "$1")/device/$2/$3"; }

# bound NAME TYPE DEVICE: binds the driver anew
bound()
{
	driver=/sys/bus/xen-backend/drivers/$2
	device=$2-$(xl domid "$1")-$3
	[ ! -e "$driver/$device" ] || echo "$device" > "$driver/unbind"
	echo "$device" > "$driver/bind" || return
	[ "$2" = vbd ] || plugged "$1"
}

# The interface is a new one, and libxl has plugged in the old one.
plugged()
{
	vif=vif$(xl domid "$1").0 XENBUS_PATH=$(back "$1" vif 0) \
		/etc/xen/scripts/vif-bridge online type_if=vif
}

refused_to_bind()
{
	! bound "$1" "$2" "$3" && holds "$1" "$2" "$3" state=5
}

# request NAME TYPE DEVICE KEY=VALUE...
request()
{
	request_dir=$(back "$1" "$2" "$3")
	shift 3
	for pair in "$@"; do
		xenstore-write "$request_dir/request-${pair%%=*}" "${pair#*=}" || return
	done
}

# nodes_hold DIRECTORY NODE=VALUE...
nodes_hold()
{
	holds_dir=$1
	shift
	for pair in "$@"; do
		holds_got=$(xenstore-read "$holds_dir/${pair%%=*}" 2>&1)
		[ "$holds_got" = "${pair#*=}" ] ||
			{ echo "$pair, but: $holds_got"; xenstore-ls "$holds_dir"; return 1; }
	done
}

# holds NAME TYPE DEVICE NODE=VALUE...: in the backend's directory
holds()
{
	holds_back=$(back "$1" "$2" "$3")
	shift 3
	nodes_hold "$holds_back" "$@"
}

# queues NAME NUMBER: what the guest made of both devices
queues()
{
	guest_exec "$1" "value queues \$(ls /sys/block/xvda/mq | wc -l) \
\$(ls -d /sys/class/net/eth0/queues/tx-* | wc -l)" 30 || return
	same "$2 $2" "$(guest_value "$1" queues)"
}

told() { dmesg | grep -q "$1"; }
