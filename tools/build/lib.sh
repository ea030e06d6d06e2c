# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Where things are, and how the build scripts speak.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=$(realpath -m "${BUILD:-$TOP/build}")
OUT=$(realpath -m "${OUT:-$TOP/out}")
PRISTINE=$BUILD/linux-pristine
LINUX=$BUILD/linux
TARBALL=${TARBALL:-/usr/src/linux-source-6.12.tar.xz}
JOBS=${JOBS:-$(nproc)}

# What the caller's make and shell say is not meant for the kernel's make.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES ARCH CROSS_COMPILE KBUILD_OUTPUT

# An interruption is one line, by the outermost of these scripts.
nested=${BUILD_SCRIPT:-}
how_to_go_on="run it again to go on"
export BUILD_SCRIPT=yes
trap interrupted INT TERM

interrupted() {
	trap '' INT TERM
	[ -n "$nested" ] || printf '%s: interrupted; %s\n' "${0##*/}" "$how_to_go_on" >&2
	exit 1
}

# to_go_on TEXT: what to do after an interruption instead
to_go_on() {
	how_to_go_on=$*
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

say() {
	printf '%s\n' "$*"
}

# need COMMAND PACKAGE: one line instead of a failure in the middle
need() {
	command -v "$1" > /dev/null || die "$1 is missing: run 'make setup' (package $2)"
}

# full: is a disk so full that even a log may have lost its end?
full() {
	local directory
	for directory in "$BUILD" "$OUT"; do
		[ ! -d "$directory" ] ||
			[ "$(df -Pk "$directory" | awk 'NR == 2 { print $4 }')" -ge 64 ] || return 0
	done
	return 1
}

# failure LOG TEXT: what went wrong, from a log, and where to read on
failure() {
	if grep -qE 'No space left on device|enough free space' "$1" || full; then
		die "the disk is full: make room, then run it again"
	fi
	grep -m 5 -E '(^|[^-])[Ee]rror[: ]|^E: |\*\*\*|Unmet' "$1" >&2 || tail -n 3 "$1" >&2
	die "$2, see $1"
}

# progress NAME LOG [OF]: until the script ends, tell how far the build in LOG has
# come, by kbuild's lines or the compiler's.  The sleep outlives the script: it must not
# hold a pipe that the script writes to, nor its locks.
progress() {
	: > "$2"
	{
		local steps last=0 start=$SECONDS
		while sleep 15 > /dev/null 2>&1 8>&- 9>&-; do
			steps=$(grep -cE '^  [A-Z]|^[^ ]*gcc .* -c ' "$2" || true)
			[ "$steps" = "$last" ] ||
				say "$1, $steps${3:-} steps, $((SECONDS - start)) s (log: $2)"
			last=$steps
		done
	} &
	# shellcheck disable=SC2064 # now, not then
	trap "kill $! 2> /dev/null || true" EXIT
}

# space MEBIBYTES DIRECTORY
space() {
	local free
	free=$(df -Pm "$2" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$1" ] ||
		die "$2 has $free MiB free, $1 are needed: make room or set BUILD elsewhere"
}

# own_apt DIRECTORY TYPE: Debian's repositories as this machine has them, asked for packages of
# TYPE, deb or deb-src, with DIRECTORY/conf; more can be said there.  apt's own lists and caches
# stay as they are.
own_apt() {
	local apt=$1 file
	rm -rf "$apt"
	mkdir -p "$apt/parts" "$apt/lists/partial"
	# shellcheck disable=SC2016 # apt's variable
	apt-get indextargets --format '$(SOURCESENTRY)' 'Created-By: Packages' 'Origin: Debian' |
		sed 's/:[0-9]*$//' | sort -u | while read -r file; do
			sed -e "s/^Types:.*/Types: $2/" -e "s/^deb[[:space:]]/$2 /" \
				"$file" > "$apt/parts/${file##*/}"
		done
	cat > "$apt/conf" <<-CONF
		Dir::Etc::SourceList "/dev/null";
		Dir::Etc::SourceParts "$apt/parts";
		Dir::State::Lists "$apt/lists";
		Dir::Cache::srcpkgcache "";
		Dir::Cache::pkgcache "";
		APT::Sandbox::User "";
	CONF
}

# object_dir KERNEL: pristine, ours, each with -bench, and ours-i386
object_dir() {
	case $1 in
	ours) echo "$BUILD/kbuild" ;;
	ours-*) echo "$BUILD/kbuild-${1#ours-}" ;;
	*) echo "$BUILD/kbuild-$1" ;;
	esac
}

source_dir() {
	case $1 in
	pristine*) echo "$PRISTINE" ;;
	*) echo "$LINUX" ;;
	esac
}

fragments() {
	local config=$TOP/tools/testing/rig/config
	case $1 in
	*-i386) echo "$config/i386.config" ;;
	*) echo "$config/kernel.config" ;;
	esac
	case $1 in
	*-bench) echo "$config/bench.config" ;;
	ours) echo "$config/tests.config" ;;
	esac
}
