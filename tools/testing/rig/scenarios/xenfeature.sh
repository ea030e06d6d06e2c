# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# xenfeature in a real dom0.  A kernel that reads requests answers "granted"; ANSWER is "ignored"
# for one that does not, and then the guest has two queues.

HOST=10.0.0.1
GUEST=10.0.0.2

# try STATUS WORDS...: xenfeature ends with that status; output in $STATE/feature
try()
{
	try_want=$1
	shift
	xenfeature "$@" > "$STATE/feature" 2>&1
	try_got=$?
	cat "$STATE/feature"
	[ $try_got = "$try_want" ] && return
	echo "xenfeature $*: status $try_got, not $try_want"
	return 1
}

said()
{
	grep -Eq -- "$1" "$STATE/feature" && return
	echo "no '$1'"
	return 1
}

# What "set" ends with when nothing is wrong but, perhaps, the kernel too old.
answer_status()
{
	case $ANSWER in
	granted) echo 0 ;;
	*) echo 6 ;;
	esac
}

# And what it says of a value that such a kernel offers by itself
answer_in_force()
{
	case $ANSWER in
	granted) echo granted ;;
	*) echo unconfirmed ;;
	esac
}

bridge_up()
{
	ip link add br0 type bridge &&
		ip addr add $HOST/24 dev br0 &&
		ip link set br0 up
}

backend() { echo "/local/domain/0/backend/$1/$(xl domid pv)/$2"; }
frontend() { echo "/local/domain/$(xl domid pv)/device/$1/$2"; }

lists()
{
	try 0 list pv && said '^vif/0 +0 +waiting +initialising +-$' &&
		said '^vbd/51712 +0 +waiting' &&
		try 0 list "$(xl domid pv)" --json && said '"type": "vif", "id": 0'
}

shows()
{
	try 0 show pv vif/0 && said '^multi-queue-max-queues +queues +2 +- +- +-$' &&
		try 0 show pv xvda --json && said '"offered": "2"'
}

complains()
{
	try 3 list nobody && said 'no such domain' && try 3 show pv vif/7 &&
		try 4 set pv vif/0 feature-rx-copy=0 && try 1 set pv vif/0 queues=0x2
}

set_paused()
{
	try "$(answer_status)" set pv vif/0 queues=1 tso4=0 &&
		said "^multi-queue-max-queues: 1 $ANSWER" &&
		said "^feature-gso-tcpv4: 0 $ANSWER" &&
		try "$(answer_status)" set pv xvda "queues:1;max-ring-page-order:0" &&
		said "^max-ring-page-order: 0 $ANSWER"
}

# The toolstack's work on the interface was done again.
in_bridge()
{
	vif=vif$(xl domid pv).0
	ip link show "$vif" && ip link show "$vif" | grep -q "master br0" &&
		[ "$(xenstore-read "$(backend vif 0)/hotplug-status")" = connected ]
}

hidden()
{
	dir=$(backend vif 0)
	xenstore-ls -fp "$dir"
	xenstore-ls -fp "$dir" | grep -q "/request-multi-queue-max-queues = \"1\" *(n0)$" &&
		xenstore-ls -fp "$dir" | grep -q "/multi-queue-max-queues = .*(n0,r"
}

# For the guest: xenstore's own protocol, op 2 reads.
guest_reads()
{
	cat <<'EOF'
xs_read()
{
	exec 9<> /dev/xen/xenbus
	xs_request 002 "$1\\000" $((${#1} + 1)) >&9
	value answer "$(timeout 20 head -c "$2" <&9 | tail -c $(($2 - 16)))"
	exec 9>&-
}
EOF
}

# read_by_guest NODE ANSWER: of the backend's directory; what the guest gets
read_by_guest()
{
	guest_exec pv "xs_read $(backend vif 0)/$1 $((16 + ${#2}))" 40 || return
	read_got=$(guest_value pv answer)
	[ "$read_got" = "$2" ] || { echo "'$read_got'"; return 1; }
}

state_is() { [ "$(xenstore-read "$1/state")" = 4 ]; }

connected()
{
	wait_for 30 state_is "$1" && return
	echo "$1: state $(xenstore-read "$1/state")"
	return 1
}

queues()
{
	used=$(xenstore-read "$1/multi-queue-num-queues" || echo 1)
	case $ANSWER in
	granted) [ "$used" = 1 ] ;;
	*) [ "$used" = 2 ] ;;
	esac && return
	echo "$used queues"
	return 1
}

net_up()
{
	guest_exec pv "ip link set eth0 up; ip addr add $GUEST/24 dev eth0" 30 &&
		wait_for 30 ping -c 1 -w 2 $GUEST
}

busy()
{
	try 5 set pv vif/0 csum=0 && said busy &&
		! xenstore-exists "$(backend vif 0)/request-feature-no-csum-offload"
}

# set_running DEVICE LABEL REQUEST...: what the guest uses stays allowed, so it keeps the device
set_running()
{
	set_device=$1
	shift
	try "$(answer_status)" set pv "$@" && said "warning: I/O of $set_device pauses" &&
		said "^multi-queue-max-queues: 2 $(answer_in_force)" &&
		connected "$(frontend vbd 51712)" && connected "$(frontend vif 0)"
}

# O_DIRECT, or a page cache would answer instead of the device.
disk_works()
{
	dd if=/dev/urandom of=/dev/ram0 bs=64k count=16 oflag=direct
	guest_exec pv "value disk \$(dd if=/dev/xvda bs=64k count=16 iflag=direct | \
		sha256sum | cut -c 1-64)" 60 || return
	disk_want=$(dd if=/dev/ram0 bs=64k count=16 iflag=direct | sha256sum | cut -c 1-64)
	disk_got=$(guest_value pv disk)
	[ "$disk_got" = "$disk_want" ] || { echo "'$disk_got' is not '$disk_want'"; return 1; }
}

one_guest()
{
	check "create paused" guest_create pv -p || return
	check "list" lists
	check "show" shows
	check "errors" complains
	check "set, paused" set_paused
	check "interface is back in its bridge" in_bridge
	check "requests are hidden" hidden
	check "unpause" guest_unpause pv
	check "up" guest_ready pv || return
	check "guest prepared" guest_source pv "$(guest_reads)"
	check "guest cannot read a request" read_by_guest request-multi-queue-max-queues EACCES
	check "guest can read what is offered" read_by_guest feature-rx-copy 1
	check "net and disk connected" connected "$(frontend vif 0)"
	check "queues" queues "$(frontend vif 0)"
	check "net works" net_up
	check "busy" busy
	check "set, disk running" set_running vbd/51712 xvda queues=2
	check "disk works after that" disk_works
	check "set, net running" set_running vif/0 vif/0 queues=2 tso4=default
	check "net works after that" wait_for 30 ping -c 1 -w 2 $GUEST
	xl destroy pv
}

plan 22
check "bridge" bridge_up
check "nothing in dom0" try 0 list 0
one_guest
