# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# A guest that ignores each limit of its devices in turn, in xenstore by hand and in its rings by
# a module of its own.  After each offence its own disk goes on, and so does the network of the
# other guest, data compared.  A device that may do the same shows that it would work.

XVDB=51728
XVDC=51744
OTHER=10.0.0.3
# Of 64 KiB, in each half of the own disk: all of it is written and read for each offence.
# shellcheck disable=SC2034 # for lib-io.sh
BLOCKS=4
ROUND_NUMBER=0
STRANGER=10.0.0.129	# where packets of the module come from

# A load that went on by itself would take the one processor from all else.
own_disk()
{
	ROUND_NUMBER=$((ROUND_NUMBER + 1))
	guest_exec hostile "one_round $ROUND_NUMBER" 60
}

interface() { echo "vif$(xl domid hostile).$1"; }

created()
{
	check "hostile: created" guest_create hostile -p
	check "vif 0 is limited" xenfeature set hostile vif/0 queues=1 split-channels=0 sg=0 \
		tso4=0 tso6=0 csum=0 csum6=0 multicast=0 dynamic-multicast=0 xdp-headroom=0 \
		ctrl-ring=0
	check "vif 1 is limited in part" xenfeature set hostile vif/1 tso4=0 dynamic-multicast=0
	check "xvdb is limited" xenfeature set hostile xvdb queues=1 ring-order=0 \
		indirect-segments=20 persistent=0
	check "other: created" guest_create other
	check "hostile: unpaused" guest_unpause hostile
}

ready()
{
	check "hostile: up" guest_ready hostile 300 || return
	check "hostile: prepared" guest_source hostile "$(load_functions)"
	check "hostile: has its module" hostile_ready hostile || return
	check "hostile: own disk" own_disk
	check "other: up" guest_ready other 300 || return
	check "other: prepared" guest_source other "$(disk_functions)"
	check "other: net up" net_up other $OTHER
	check "other: multicast" guest_exec other "ip route add 224.0.0.0/4 dev eth0" 30
}

# check_others WHAT: what is read is what was written, and the sums of what TCP moves are the same
check_others()
{
	check "$1: own disk goes on" own_disk
	check "$1: other's network goes on" tcp_to_guest other
}

no_access()
{
	access_vif=$(back hostile vif 0)
	access_vbd=$(back hostile vbd $XVDB)
	check "vif's request: not to be read" \
		denied hostile "xs_read_six $access_vif/request-feature-sg"
	check "vif's request: not to be written" \
		denied hostile "xs_write_six $access_vif/request-feature-sg"
	check "vif's key: not to be written" denied hostile "xs_write_six $access_vif/feature-sg"
	check "vif's strictness: not to be set" \
		denied hostile "xs_write_six $access_vif/request-strict"
	check "disk's request: not to be read" \
		denied hostile "xs_read_six $access_vbd/request-max-ring-page-order"
	check "disk's request: not to be written" \
		denied hostile "xs_write_six $access_vbd/request-max-ring-page-order"
	check "disk's new request: not to be made" \
		denied hostile "xs_write_six $access_vbd/request-nonsense"
}

# chosen TYPE NUMBER STATE NODE VALUE...: refused, and it stays that way
chosen()
{
	chosen_back=$(back hostile "$1" "$2")
	chosen_front=$(front hostile "$1" "$2")
	chosen_dir=device/$1/$2
	chosen_state=$3
	shift 3
	guest_exec hostile "says $chosen_dir state 1" 40 || return
	wait_for 20 state_is "$chosen_back" 2 || { xenstore-ls "$chosen_back"; return 1; }
	log_begins
	guest_exec hostile "says $chosen_dir $* state $chosen_state" 90
	wait_for 20 state_is "$chosen_back" 5
	sleep 2
	state_is "$chosen_back" 5
	chosen_rc=$?
	[ $chosen_rc = 0 ] || xenstore-ls "$chosen_back"
	guest_exec hostile "says $chosen_dir state 6" 40
	wait_for 20 state_is "$chosen_back" 6 || chosen_rc=1
	while [ $# -gt 0 ]; do
		xenstore-rm "$chosen_front/$1"
		shift 2
	done
	return $chosen_rc
}

# One line: refusals of a key, or of the driver where that has always had one
one_line()
{
	[ "$(dmesg | grep -c "$1")" = 1 ] && return
	dmesg
	return 1
}

# choice WHAT REGEX TYPE NUMBER STATE NODE VALUE...
choice()
{
	choice_what=$1
	choice_line=$2
	shift 2
	check "$choice_what: device refused" chosen "$@"
	check "$choice_what: one line" one_line "$choice_line"
	check_others "$choice_what"
}

choices_net()
{
	check "vif 0: without driver" guest_exec hostile "unbind vif vif-0" 90
	choice "vif queues" "guest requested 2 queues, but valid range is 1 - 1" vif 0 4 \
		multi-queue-num-queues 2
	choice "vif channels" "uses 1, but feature-split-event-channels is 0" vif 0 4 \
		request-rx-copy 1 tx-ring-ref 8 rx-ring-ref 9 event-channel-tx 5 \
		event-channel-rx 6
	choice "vif control ring" "uses 1, but feature-ctrl-ring is 0" vif 0 4 \
		request-rx-copy 1 ctrl-ring-ref 10 event-channel-ctrl 7
}

choices_disk()
{
	check "xvdb: without driver" guest_exec hostile "unbind vbd vbd-$XVDB" 90
	choice "disk queues" "guest requested 2 queues, exceeding the maximum of 1" vbd $XVDB 3 \
		multi-queue-num-queues 2
	choice "disk ring order" "requested ring page order 1 exceed max:0" vbd $XVDB 3 \
		ring-page-order 1 ring-ref0 8 ring-ref1 9 event-channel 5
}

arrived() { cat "/sys/class/net/$(interface "$1")/statistics/rx_packets"; }
has_arrived() { [ "$(arrived "$1")" = "$2" ]; }

# packets VIF FILE ANSWER ARRIVE: what the backend answers, and how many of TIMES come in
packets()
{
	packets_want=$(($(arrived "$1") + $4))
	answers hostile "vif-$1" "$2" "$3" || return
	[ "$4" != 0 ] || sleep 2
	wait_for 20 has_arrived "$1" $packets_want && return
	echo "$(arrived "$1") packets, not $packets_want"
	return 1
}

# offence VIF FILE ANSWER ARRIVE LINES [REGEX]
offence()
{
	log_begins
	check "vif $1, $2: $3, $4 arrive" packets "$1" "$2" "$3" "$4"
	check "vif $1, $2: lines of log" log_has "$5" "refused: frontend uses 1, but ${6-none}"
	check_others "vif $1, $2"
}

checksum_errors()
{
	awk '/^Tcp: / && !n { for (i = 1; i <= NF; i++) if ($i == "InCsumErrors") n = i; next }
		/^Tcp: / { print $n }' /proc/net/snmp
}

# verified ERRORS COMMAND...: packets that arrive, but are not believed
verified()
{
	verified_want=$(($(checksum_errors) + $1))
	shift
	"$@" || return
	sleep 1
	same "$verified_want" "$(checksum_errors)"
}

# heard VIF REGEX COMMAND...: what the frontend receives meanwhile
heard()
{
	heard_vif=$1
	heard_regex=$2
	shift 2
	guest_exec hostile "act vif-$heard_vif received 1" 40 || return
	"$@"
	guest_exec hostile "act vif-$heard_vif received 1" 40 || return
	guest_value hostile act | grep "$heard_regex" && return
	echo "it received: $(guest_value hostile act)"
	return 1
}

# Nobody answers, so ping fails.
multicast() { guest_exec other "ping -c 3 -w 6 224.1.1.1 || true" 30; }

# stranger_is VIF: whom dom0 takes for the sender of the module's packets
stranger_is()
{
	arp -i br0 -s $STRANGER "$(xenstore-read "$(front hostile vif "$1")/mac")"
}
unicast() { ping -c 3 -w 6 $STRANGER > /dev/null; }

# Both wishes of the frontend are above the limits: the device connects without them.
wishes()
{
	log_begins
	check "vif 0: a frontend of its own" guest_exec hostile "bind hostile_vif vif-0" 90
	check "vif 0: headroom, one line" one_line "uses 1, but feature-xdp-headroom is 0"
	check "vif 0: multicast control, one line" \
		one_line "uses 1, but feature-multicast-control is 0"
	check "vif 0: known" stranger_is 0
	check "vif 0: no headroom" heard 0 "unicast [1-9].* headroom 0" unicast
	check "vif 0: no filter" heard 0 "multicast [1-9]" multicast
}

packets_limited()
{
	offence 0 plain okay "$TIMES" 0
	offence 0 slots error 0 1 "feature-sg is 0"
	offence 0 gso4 error 0 1 "feature-gso-tcpv4 is 0"
	offence 0 gso6 error 0 1 "feature-gso-tcpv6 is 0"
	offence 0 blank4 okay 0 1 "feature-no-csum-offload is 1"
	offence 0 blank6 okay 0 1 "feature-ipv6-csum-offload is 0"
	offence 0 list error 0 0
	check "vif 0, vouched: not believed" verified "$TIMES" packets 0 vouched okay "$TIMES"
	check_others "vif 0, vouched"
}

# What is a crime for one is right for the other.
packets_free()
{
	check "vif 1: a frontend of its own" changes_hands hostile vif-1 vif hostile_vif
	check "vif 1: known" stranger_is 1
	check "vif 1: headroom" heard 1 "unicast [1-9].* headroom [1-9]" unicast
	check "vif 1: filter" heard 1 "multicast 0" multicast
	check "vif 1: wants no filter any more" guest_exec hostile \
		"says device/vif/1 request-multicast-control 0" 40
	check "vif 1: is not heard" heard 1 "multicast 0" multicast
	check "vif 1, plain" packets 1 plain okay "$TIMES"
	check "vif 1, slots" packets 1 slots okay "$TIMES"
	check "vif 1, blank4" packets 1 blank4 okay "$TIMES"
	check "vif 1, blank6" packets 1 blank6 okay "$TIMES"
	check "vif 1, gso6" packets 1 gso6 okay "$TIMES"
	check "vif 1, vouched: believed" verified 0 packets 1 vouched okay "$TIMES"
	offence 1 gso4_as_6 okay 0 1 "feature-gso-tcpv4 is 0"
	offence 1 gso4 error 0 0
	check "vif 1, list" packets 1 list okay 0
	check "vif 1: group of its list" heard 1 "multicast [1-9]" multicast
}

# disk_offence NUMBER FILE ANSWER LINES [REGEX]
disk_offence()
{
	log_begins
	check "vbd $1, $2: $3" answers hostile "vbd-$1" "$2" "$3"
	check "vbd $1, $2: lines of log" log_has "$4" "refused: frontend uses ${5-none}"
	check_others "vbd $1, $2"
}

# No key that can be requested bounds these.
answered()
{
	guest_exec hostile "act vbd-$1 $2 $TIMES" $((TIMES * 25)) || return
	guest_value hostile act | grep -xE 'okay|error|unsupported' && return
	guest_value hostile act
	return 1
}

disks()
{
	check "xvdb: a frontend of its own" guest_exec hostile "bind hostile_vbd vbd-$XVDB" 90
	check "xvdb: is not persistent" holds hostile vbd $XVDB feature-persistent=0
	disk_offence $XVDB read okay 0
	disk_offence $XVDB indirect_most okay 0
	disk_offence $XVDB indirect_over error 1 "21, but feature-max-indirect-segments is 20"
	disk_offence $XVDB grant released 0
	check "vbd $XVDB, flush: answered" answered $XVDB flush
	check "vbd $XVDB, discard: answered" answered $XVDB discard
	check_others "vbd $XVDB, flush and discard"
	check "xvdc: a frontend of its own" changes_hands hostile vbd-$XVDC vbd hostile_vbd
	disk_offence $XVDC indirect_most okay 0
	disk_offence $XVDC indirect_over error 1 "257, but feature-max-indirect-segments is 256"
	check "xvdc: grants" answers hostile vbd-$XVDC grant kept
	check "xvdc: reads on" answers hostile vbd-$XVDC read okay
}

# The device was refused and misused; an honest driver gets it again.
honest_again()
{
	check "vif 0: Linux' own driver again" changes_hands hostile vif-0 hostile_vif vif
	check "vif 0: connected" connected hostile vif/0
	check "vif 0: up" guest_exec hostile \
		"ip link set eth0 up; ip addr add 10.0.0.2/24 dev eth0" 40
	check "vif 0: works" wait_for 40 ping -c 1 -w 2 10.0.0.2
}

PLAN_XENSTORE=$((7 + (1 + 3 * 4) + (1 + 2 * 4)))
PLAN_RINGS=$((6 + (7 * 4 + 3) + (14 + 2 * 4) + (5 + 6 * 4 + 4)))
plan $((2 + 6 + 8 + PLAN_XENSTORE + PLAN_RINGS + 4 + 1))
check "module in the guests' image" guest_modules
check "bridge" bridge_up
ip link set br0 address "$HOST_MAC"
mkfifo /tmp/hold
dd if=/dev/urandom of=/tmp/data bs=64k count=4 2> /dev/null
created
ready
no_access
choices_net
choices_disk
wishes
packets_limited
packets_free
disks
honest_again
check "data on the own disk" round_there /dev/ram0 $ROUND_NUMBER
xl destroy hostile
xl destroy other
