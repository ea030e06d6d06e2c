# SPDX-License-Identifier: GPL-2.0-only
#
# What a person types.  The work is done by the scripts named here.

MAKEFLAGS += --no-print-directory
SHELL := /bin/bash
BUILD_TOOLS := tools/build
RIG := tools/testing/rig/rig

.DEFAULT_GOAL := help
.PHONY: help setup sources kernel pristine-kernel kernel-bench kernel-i386 \
	pristine-kernel-bench overlay modules install-tools series \
	series-check deb xen xen-debug xen-stock xl paths check contract \
	test-overlay test-host kunit test-guest test matrix nightly bench \
	memory-cost p2m-cost demo clean packages grafted guest-parts
# The steps share directories, and use every processor themselves.
.NOTPARALLEL:

help:
	@sed -n 's/^#: \{0,1\}//p' Makefile

#: Try it
#:   demo             Xen, dom0, a PV and a PVH guest with our kernel, and what they saw
demo: guest-parts
	@$(RIG) demo

#:
#: Build
#:   kernel           the grafted kernel, in build/kbuild
#:   pristine-kernel  the same configuration without the overlay, to compare
#:                    (and kernel-bench, pristine-kernel-bench: what bench boots)
#:   kernel-i386      a small one of 32 bits for PVH guests, with its modules
#:   overlay LINUX=d  graft an unpacked 6.12.y tree, or refresh a grafted one
#:   modules KDIR=d   the loadable part, against headers or a build tree
#:   install-tools [DESTDIR=d] [prefix=p]  what an admin runs, xenfeature
#:   series           the overlay as a patch series, in out/series
#:   series-check     each of its patches builds, and the end is the grafted tree
#:   deb [CONFIG=f]   kernel packages to install, in out/deb
#:   xen              Debian's Xen with N-level event channels, from its source
#:   xen-debug        the same with Xen's assertions
#:   xl               Debian's xl with requests for features, from its source
#:   setup            install the Debian packages that are missing
#:   paths            where things are, KEY=value (make -s paths)
#:   clean            remove what was built and what the tests left, in build/ and out/
#:                    (BUILD=d, OUT=d: these directories instead, for every target)
setup:
	@$(BUILD_TOOLS)/setup $(BUILD_TOOLS)/packages $(BUILD_TOOLS)/packages-check

# What building and booting needs, without the cross compilers of make check.
packages:
	@$(BUILD_TOOLS)/setup

sources: packages
	@$(BUILD_TOOLS)/sources

grafted: sources
	@$(BUILD_TOOLS)/overlay

kernel: packages
	@$(BUILD_TOOLS)/kernel ours

pristine-kernel: packages
	@$(BUILD_TOOLS)/kernel pristine

kernel-bench: packages
	@$(BUILD_TOOLS)/kernel ours-bench
	@$(BUILD_TOOLS)/modules ours-bench

pristine-kernel-bench: packages
	@$(BUILD_TOOLS)/kernel pristine-bench
	@$(BUILD_TOOLS)/modules pristine-bench

kernel-i386: packages
	@$(BUILD_TOOLS)/kernel ours-i386
	@$(BUILD_TOOLS)/modules ours-i386
	@$(BUILD_TOOLS)/busybox-i386

overlay:
	@[ -n "$(LINUX)" ] || { echo "overlay: name the tree: make overlay LINUX=dir" >&2; exit 1; }
	@$(BUILD_TOOLS)/overlay "$(LINUX)"

modules:
	@[ -n "$(KDIR)" ] || { echo "modules: name the kernel: make modules KDIR=dir" >&2; exit 1; }
	@$(BUILD_TOOLS)/modules "$(KDIR)"

install-tools:
	@$(BUILD_TOOLS)/admin-tools install

series: sources
	@$(BUILD_TOOLS)/series

series-check: kernel
	@$(BUILD_TOOLS)/series --check

deb: packages
	@$(BUILD_TOOLS)/deb $(if $(CONFIG),"$(CONFIG)")

# What a boot needs beside the kernel, unless its scenario names another Xen.
guest-parts: kernel xen-stock
	@$(BUILD_TOOLS)/selftests
	@$(BUILD_TOOLS)/admin-tools
	@$(BUILD_TOOLS)/modules ours

xen-stock: packages
	@$(BUILD_TOOLS)/xen

xen: packages
	@$(BUILD_TOOLS)/xen-nlevel

xen-debug: packages
	@$(BUILD_TOOLS)/xen-nlevel debug

xl: packages
	@$(BUILD_TOOLS)/xl

paths:
	@$(BUILD_TOOLS)/paths

clean:
	@$(BUILD_TOOLS)/clean

#:
#: Test (each tier ends with "N passed, N failed")
#:   test             a selection of every ring, 35 minutes on 2 cores
#:   matrix           every cell, the pristine kernel too, but save-carry, which takes long
#:   nightly          that as well, and what else takes hours
#:                    (RESUME=1: go on after an interruption; cells that were as they
#:                    should be on the same kernel, Xen and files are kept)
test matrix nightly: setup
	@RESUME=$(RESUME) $(BUILD_TOOLS)/tier $@

#:
#: Rings, one at a time
#:   check            style, sparse, kernel-doc, lint, licences, architectures
#:   contract         exported symbols and their licence, pristine against ours
#:   test-overlay     the overlay's own promises
#:   test-host        pure code and the rig's verdict, in user space
#:   kunit            KUnit suites, in a plain boot and in dom0
#:   test-guest [SCENARIO=name [KERNEL=pristine]]  scenarios on real Xen; one on our
#:                    kernel unless the other is asked for
#:   bench            instructions per event, pristine against ours, and N-level
#:   memory-cost      a guest's boot without and with the host's holes, both kernels
#:   p2m-cost         a guest's P2M at boot, both kernels
check: setup grafted
	@$(BUILD_TOOLS)/ring check

contract: kernel
	@$(BUILD_TOOLS)/ring contract

test-overlay: sources
	@$(BUILD_TOOLS)/ring overlay

test-host: setup
	@$(BUILD_TOOLS)/ring host

kunit: guest-parts
	@$(BUILD_TOOLS)/ring kunit

test-guest: guest-parts
	@$(BUILD_TOOLS)/test-guest $(if $(SCENARIO),"$(SCENARIO)" $(KERNEL))

bench: guest-parts xen kernel-bench pristine-kernel-bench
	@$(RIG) bench

memory-cost: guest-parts kernel-bench pristine-kernel-bench
	@tools/testing/rig/memory-cost

p2m-cost: guest-parts kernel-bench pristine-kernel-bench
	@tools/testing/rig/p2m-cost
