# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the rig itself: that its verdict can be red, each way, and why.  Logs
are made up, QEMU is a shell script; no Xen is booted."""
import errno
import gzip
import os
import pty
import re
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Callable

from . import (accel, bench, cells, channel, clock, demo, images, ktap, lanes, p2m_cost, paths,
               qemu, report, resume, runner, scenario, verdict)
from .cpio import Cpio
from .verdict import ERROR, FAIL, PASS, Run

NONCE = "0123456789abcdef"
CONSOLE = """(XEN) Xen version 4.17.7 (Debian) debug=n
(XEN) Command line: console=com1 dom0_mem=1G
[    0.000000] Linux version 6.12.117 (gcc)
[    0.000000] Command line: console=hvc0 panic=-1 rig.token=x
[    0.839936] Kernel command line: console=hvc0 panic=-1 rig.token=x
[   60.339421] reboot: Power down
"""
CHANNEL = f"""KTAP version 1
1..3
ok 1 one
@pv: [    1.000000] Linux version 6.12.117 (gcc)
@pv: [    1.000000] Kernel command line: panic=-1
  # type: PV domU
  KTAP version 1
  1..2
    TAP version 13
    1..2
    # Starting 2 tests from 1 test cases.
    ok 1 evtchn.first
    ok 2 evtchn.second
  ok 1 evtchn_dev
  ok 2 boot
ok 2 pv
ok 3 three
RIG-TOKEN {NONCE}
"""

TESTS: list[Callable[[], None]] = []


def test(function: Callable[[], None]) -> Callable[[], None]:
    """Adds it to the list."""
    TESTS.append(function)
    return function


def good() -> Run:
    """A run with nothing wrong."""
    return Run(NONCE, CONSOLE, CHANNEL, alive=True, ended=True, limit=60)


def expect(run: Run, result: str, reason: str = "") -> None:
    """The verdict must be that one, and for that reason alone."""
    got = verdict.judge(run)
    assert got.result == result, f"{got.result}, not {result}: {got.reasons}"
    if reason:
        assert got.reasons and all(reason in text for text in got.reasons), got.reasons
    else:
        assert not got.reasons, got.reasons


def expect_error(part: str, function: Callable[[], object]) -> None:
    """A mistake that the user is told, with that in its line."""
    try:
        function()
    except paths.RigError as error:
        assert part in str(error) and "\n" not in str(error), error
        return
    raise AssertionError("accepted")


def changed(old: str, new: str) -> Run:
    """The good run with something else on the result channel."""
    assert old in CHANNEL
    return replace(good(), channel=CHANNEL.replace(old, new))


@test
def good_run_passes() -> None:
    expect(good(), PASS)
    assert verdict.judge(good()).passed == 5


@test
def carriage_returns_change_nothing() -> None:
    expect(replace(good(), channel=CHANNEL.replace("\n", "\r\n")), PASS)


@test
def missing_token_fails() -> None:
    expect(changed(f"RIG-TOKEN {NONCE}\n", ""), FAIL, "token")


@test
def token_of_another_run_fails() -> None:
    expect(changed(NONCE, "fedcba"), FAIL, "token")


@test
def token_before_a_result_fails() -> None:
    expect(changed(f"ok 3 three\nRIG-TOKEN {NONCE}\n", f"RIG-TOKEN {NONCE}\nok 3 three\n"),
           FAIL, "token")


@test
def token_before_a_console_line_fails() -> None:
    expect(replace(good(), channel=CHANNEL + "@pv: late\n"), FAIL, "token")


@test
def token_twice_fails() -> None:
    expect(replace(good(), channel=CHANNEL + f"RIG-TOKEN {NONCE}\n"), FAIL, "token")


@test
def plan_not_complete_fails() -> None:
    expect(changed("1..3", "1..4"), FAIL, "planned 4")


@test
def result_beyond_the_plan_fails() -> None:
    expect(changed("1..3", "1..2"), FAIL, "planned 2")


@test
def no_plan_fails() -> None:
    expect(changed("1..3\n", ""), FAIL, "no plan")


@test
def number_twice_fails() -> None:
    expect(changed("ok 3 three", "ok 2 three"), FAIL, "planned 3")


@test
def empty_channel_fails() -> None:
    got = verdict.judge(replace(good(), channel=""))
    assert got.result == FAIL and any("no plan" in text for text in got.reasons)


@test
def not_ok_fails() -> None:
    expect(changed("ok 3 three", "not ok 3 three"), FAIL, "three: not ok")


@test
def not_ok_deep_inside_fails() -> None:
    expect(changed("ok 2 evtchn.second", "not ok 2 evtchn.second"), FAIL,
           "pv > evtchn_dev > evtchn.second: not ok")


@test
def inner_plan_not_complete_fails() -> None:
    expect(changed("    ok 2 evtchn.second\n", ""), FAIL, "pv > evtchn_dev: planned 2")


@test
def inner_results_without_plan_fail() -> None:
    expect(changed("    1..2\n", ""), FAIL, "pv > evtchn_dev: no plan")


@test
def skipped_test_fails() -> None:
    expect(changed("ok 2 boot", "ok 2 boot # SKIP no such thing"), FAIL, "skipped no such thing")


@test
def bad_line_of_dom0_fails() -> None:
    for line in ("BUG: unable to handle page fault", "WARNING: CPU: 0 PID: 1 at x.c:1",
                 "Oops: 0000 [#1]", "Kernel panic - not syncing",
                 "(XEN) Panic on CPU 0:", "kernel BUG at spinlock.c:61!"):
        run = replace(good(), console=CONSOLE.replace("reboot:", f"x {line}\nreboot:"))
        expect(run, FAIL, line.split(":")[0][:10])


@test
def call_trace_fails_and_says_what_it_is_of() -> None:
    lines = ["too long ago", "xl: page allocation failure", "", "CPU: 0", "Hardware name: none",
             "Call Trace:", " dump_stack"]
    assert verdict.bad_lines("console", lines) == [
        f"console: {line}" for line in lines[1:-1]]
    # What is reported itself is not repeated.
    lines = ["WARNING: CPU: 0 PID: 1", "Call Trace:"]
    assert verdict.bad_lines("console", lines) == [f"console: {line}" for line in lines]


@test
def last_run_that_was_wrong_stays() -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name) / "cell"
        for run in (changed("ok 3 three", "not ok 3 three"), good()):
            runner.make_room(directory)
            ended = outcome("pass", run)
            ended.directory = directory
            report.write_cell(ended)
        runner.make_room(directory)
        assert not list(directory.iterdir())
        assert "not ok 3 three" in (Path(name) / "cell.red" / "ktap.txt").read_text()


@test
def bad_line_of_a_guest_fails() -> None:
    expect(changed("ok 2 pv", "@pv: [    2.0] BUG: made up\nok 2 pv"), FAIL,
           "console of pv: [    2.0] BUG: made up")


@test
def known_line_of_xen_is_the_only_warning_allowed() -> None:
    known = "(XEN) WARNING: PVH is an experimental mode with limited functionality"
    expect(replace(good(), console=CONSOLE.replace("[   60", f"{known}\n[   60")), PASS)
    for line in (known[6:], known + " today", known.replace("PVH", "PVX")):
        run = replace(good(), console=CONSOLE.replace("[   60", f"{line}\n[   60"))
        expect(run, FAIL, "WARNING")


@test
def bad_words_count_only_as_words() -> None:
    text = CONSOLE.replace("reboot:", "DEBUG panicky WARNINGS debug_BUG\nreboot:")
    expect(replace(good(), console=text), PASS)


@test
def panic_of_dom0_fails() -> None:
    text = CONSOLE.replace("reboot: Power down", "(XEN) Hardware Dom0 crashed: rebooting")
    expect(replace(good(), console=text), FAIL, "no clean shutdown")


@test
def halted_machine_fails() -> None:
    text = CONSOLE.replace("reboot: Power down", "(XEN) Hardware Dom0 halted: halting machine")
    expect(replace(good(), console=text), FAIL, "Xen halted the machine")


@test
def reboot_of_dom0_fails() -> None:
    text = CONSOLE.replace("reboot: Power down", "reboot: Restarting system")
    expect(replace(good(), console=text), FAIL, "no clean shutdown")


@test
def timeout_fails() -> None:
    expect(replace(good(), ended=False), FAIL, "timeout: still running 60 s")


@test
def pause_of_the_machine_is_an_error_only_if_time_ran_out() -> None:
    expect(replace(good(), paused=90.0), PASS)
    expect(replace(good(), paused=90.0, ended=False), ERROR, "this machine stood still for 90 s")


@test
def no_sign_of_life_is_an_error() -> None:
    expect(Run(NONCE, error="nothing on the console"), ERROR, "no sign of life: nothing on")


@test
def life_that_ends_at_once_is_a_failure() -> None:
    got = verdict.judge(Run(NONCE, CONSOLE.splitlines()[0], "", alive=True, ended=True))
    assert got.result == FAIL, got


@test
def ktap_of_kunit_is_understood() -> None:
    text = """KTAP version 1
1..1
    KTAP version 1
    # Subtest: xen_nr_irqs
    # module: xen_nr_irqs_kunit
    1..2
        KTAP version 1
        # Subtest: values
        ok 1 zero
        ok 2 max
    # values: pass:2 fail:0 skip:0 total:2
    ok 1 values
    ok 2 wish
# xen_nr_irqs: pass:2 fail:0 skip:0 total:2
# Totals: pass:3 fail:0 skip:0 total:3
ok 1 xen_nr_irqs"""
    group = ktap.parse(text.splitlines())
    assert not list(group.problems()), list(group.problems())
    assert [leaf.name for leaf in group.leaves()] == ["zero", "max", "wish"]


@test
def plan_of_nothing_is_complete() -> None:
    group = ktap.parse(["1..1", "  KTAP version 1", "  1..0", "ok 1 kunit"])
    assert not list(group.problems())
    assert len(list(group.leaves())) == 1


@test
def consoles_are_taken_apart() -> None:
    parts = channel.split("@pv-1: one\nok 1 x\n@pvh: @pv-1: odd\n@pv-1: \n")
    assert parts.consoles == {"pv-1": ["one", ""], "pvh": ["@pv-1: odd"]}
    assert parts.results == ["ok 1 x"]


@test
def bytes_that_are_no_text_are_read() -> None:
    with tempfile.TemporaryDirectory() as name:
        log = Path(name) / "log"
        log.write_bytes(b"ok 1 x\xff\xfe\n")
        assert qemu.read(log).startswith("ok 1 x")


def outcome(expected: str, run: Run) -> runner.Outcome:
    """What the table says of a cell with that run."""
    cell = cells.Cell(scenario="made-up", tiers=("test",), expect=expected)
    cells.check(cell)
    return runner.Outcome(cell, Path("nowhere"), verdict.judge(run), runs=[run])


@test
def cell_expected_red_passes_only_for_its_reason() -> None:
    bad = changed("ok 3 three", "not ok 3 three")
    assert outcome("red:three: not ok", bad).as_expected()
    assert not outcome("red:kernel BUG at", bad).as_expected()
    assert not outcome("red:ok", good()).as_expected()
    assert not outcome("pass", bad).as_expected()
    assert outcome("pass", good()).as_expected()


@test
def broken_environment_is_not_the_wanted_red() -> None:
    dead = Run(NONCE, error="no such device")
    assert not outcome("red:no such device", dead).as_expected()
    assert outcome("error:no such device", dead).as_expected()


@test
def counts_follow_the_table() -> None:
    bad = changed("ok 3 three", "not ok 3 three")
    unclean = replace(good(), ended=False)
    for expected, run, passed, failed in (
            ("pass", good(), 5, 0), ("pass", bad, 4, 1), ("pass", unclean, 5, 1),
            ("red:three", bad, 1, 0), ("red:four", bad, 0, 1), ("red:one", good(), 0, 1)):
        got = report.counts([outcome(expected, run)])
        assert got == {"passed": passed, "failed": failed}, (expected, got)


@test
def compared_boots_must_agree() -> None:
    a, b = Run("a", "NR_IRQS: 4352, nr_irqs: 256"), Run("b", "NR_IRQS: 4352, nr_irqs: 440")
    regex = r"NR_IRQS: \d+, nr_irqs: \d+"
    assert not runner.same_in_all(regex, [a, a])
    assert runner.same_in_all(regex, [a, b])
    assert runner.same_in_all(regex, [a, Run("c", "nothing here")])


@test
def guest_without_a_console_is_a_problem() -> None:
    guests = (scenario.Guest("pv"), scenario.Guest("other"))
    made_up = scenario.Scenario("made-up", "made up", guests=guests)
    assert runner.silent_guests(made_up, [good()]) == ["nothing came from the console of other"]


@test
def kernels_are_where_they_are_built() -> None:
    where = paths.find()
    names = [name for name in paths.KERNELS if name not in ("ours", "pristine")]
    script = f'. {paths.ROOT}/tools/build/lib.sh; for kernel; do object_dir "$kernel"; done'
    told = subprocess.run(["bash", "-c", script, "built", *names], capture_output=True,
                          text=True, check=True, env={**os.environ, "BUILD": str(where.build)})
    found = [str(where.kernel(name)) for name in names]
    assert [f"{place}/{paths.IMAGE}" for place in told.stdout.split()] == found, found


@test
def earlier_result_counts_only_if_nothing_changed() -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        own = replace(paths.find(), **{kind: directory / kind for kind in (
            "bzimage", "bzimage_pristine", "build", "xen", "selftests", "tools")})
        for file in (own.bzimage, own.bzimage_pristine, own.xen):
            file.write_text(file.name)
        cell = next(entry for entry in cells.load() if entry.name == "pv-dom0-ours")

        def key(changed_cell: cells.Cell = cell) -> str:
            return resume.inputs(own, changed_cell, scenario.load(changed_cell.scenario))

        first = key()
        assert first == key(replace(cell, tiers=("nightly",)))
        assert first != key(replace(cell, kernel="pristine"))
        assert first != key(replace(cell, env={"A": "b"}))
        fine = outcome("pass", good())
        fine.inputs, fine.directory = first, directory
        report.write_cell(fine)
        kept = resume.earlier(directory, key())
        assert kept and kept[2].result == PASS and kept[2].passed == fine.verdict.passed
        own.bzimage.write_text("another")
        assert not resume.earlier(directory, key())
        bad = outcome("pass", changed("ok 3 three", "not ok 3 three"))
        bad.inputs, bad.directory = key(), directory
        report.write_cell(bad)
        assert not resume.earlier(directory, key())
        assert not resume.earlier(directory / "absent", key())


@test
def several_boots_are_as_bad_as_the_worst() -> None:
    fine, bad = verdict.judge(good()), verdict.judge(changed("ok 3 three", "not ok 3 three"))
    assert runner.combine([fine, fine], []).result == PASS
    assert runner.combine([fine, bad], []).result == FAIL
    assert runner.combine([fine, fine], ["differs"]).result == FAIL
    assert runner.combine([bad, verdict.Verdict(ERROR)], []).result == ERROR


@test
def table_and_scenarios_are_sound() -> None:
    for cell in cells.load():
        scenario.load(cell.scenario)
    for name in scenario.names():
        scenario.load(name)


@test
def every_scenario_has_a_cell() -> None:
    known = {cell.scenario for cell in cells.load()}
    missing = set(scenario.names()) - known - {"bench", "memory-cost", "p2m-cost"}
    assert not missing, missing


@test
def p2m_is_counted_between_its_neighbours() -> None:
    lines = ["[    0.100000] On node 0, zone DMA: 96 pages in unavailable ranges",
             "[    0.100400] p2m virtual area at (____ptrval____), size is 40000000",
             "[    0.106000] xen: moved 0 pages"]
    assert p2m_cost.instructions(["[    0.000001] before", *lines]) == 3_000_000
    for number, line in enumerate(lines):
        other = lines.copy()
        other[number] = line[:15] + "something else"
        expect_error("no P2M", partial(p2m_cost.instructions, other))
    pristine, ours = p2m_cost.Cost(1_000, 513_000), p2m_cost.Cost(500, 1_024_500)
    assert (pristine.each, ours.each) == (1_000, 2_000)
    assert list(p2m_cost.table({"pristine": pristine, "ours": ours}))[3].split()[-2] == "2.000"


@test
def bench_compares_what_it_boots() -> None:
    boots = bench.plan()
    places = [(boot.name, boot.kernel) for boot in boots]
    assert len(set(places)) == len(places), places
    for boot in boots:
        assert bench.scenario_of(boot).hypervisor == boot.xen
        boot.figures = {"edge 8": 110 if boot.abi == "nlevel" else 100}
    lines = list(bench.nlevel_tables(boots))
    assert [line.split()[-1] for line in lines if line.startswith("edge")] == ["1.100", "1.100"]
    lines = list(bench.event_tables(boots))
    assert [line.split()[-1] for line in lines if line.startswith("edge")] == ["1.000", "1.000"]


@test
def bench_knows_its_limits() -> None:
    boots = bench.plan()
    for boot in boots:
        boot.figures = {"edge 1": 100, "edge 64": 70, "bind 64": 100}
        if boot.kernel == "pristine":
            boot.figures["edge 64"] = 100
        if boot.abi == "nlevel":
            boot.figures["edge 1"] = 110
    assert not bench.exceeded(boots), bench.exceeded(boots)
    bench.find(boots, "ours", "fifo", 2).figures["edge 64"] = 71
    bench.find(boots, "ours", "nlevel", 1, "nlevel").figures["edge 1"] = 111
    assert len(bench.exceeded(boots)) == 2, bench.exceeded(boots)


def chosen_accel(script: str, there: bool = True) -> str:
    """What is chosen where QEMU is a shell script that finds its log as $console."""
    real = qemu.QEMU, qemu.KVM, accel.SECONDS
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        program = directory / "qemu"
        program.write_text('#!/bin/sh\nfor word; do\ncase $word in file:*) console=${word#file:} ;;'
                           f" esac\ndone\n{script}\n")
        program.chmod(0o755)
        if there:
            (directory / "kvm").touch()
        qemu.QEMU, qemu.KVM, accel.SECONDS = str(program), directory / "kvm", 2
        try:
            own = replace(paths.find(), lock=directory / "lock", images=directory)
            found = {accel.choose(own, Path("bzImage")) for _ in "12"}
        finally:
            qemu.QEMU, qemu.KVM, accel.SECONDS = real
        assert len(found) == 1, found
        return found.pop()


ALIVE = f"echo '{accel.NESTED}' > $console; echo '[    0.000000] Linux version 6' >> $console"


@test
def kvm_is_chosen_if_xen_boots_on_it() -> None:
    # The second time nothing is tried: one that is there once is not there twice.
    assert chosen_accel(f"[ ! -e $0.was ] || exit 1; touch $0.was; {ALIVE}; exec sleep 60") == "kvm"


@test
def kvm_is_not_chosen_for_being_there() -> None:
    assert chosen_accel(ALIVE, there=False) == "tcg"
    assert chosen_accel(ALIVE.replace(accel.NESTED, "no HAP")) == "tcg"
    assert chosen_accel("echo 'KVM internal error' >&2; exec sleep 60") == "tcg"
    assert chosen_accel("exit 1") == "tcg"
    assert chosen_accel("exec sleep 60") == "tcg"


@test
def full_disk_is_told() -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    assert "make room" in paths.explain(full)
    assert paths.explain(FileNotFoundError(errno.ENOENT, "No such file", "x")) == "x: No such file"
    assert paths.explain(paths.RigError("so it is")) == "so it is"


@test
def mistakes_in_the_table_are_told() -> None:
    for cell in (cells.Cell("x", kernel="theirs", tiers=("test",)), cells.Cell("x"),
                 cells.Cell("x", tiers=("often",)), cells.Cell("x", tiers=("test",), expect="red")):
        try:
            cells.check(cell)
        except paths.RigError:
            continue
        raise AssertionError(cell)


@test
def unknown_setting_is_told() -> None:
    try:
        scenario.from_table(scenario.Guest, {"name": "x", "vcpu": 1}, "x.toml")
    except paths.RigError as error:
        assert "vcpu" in str(error)
        return
    raise AssertionError("accepted")


@test
def guest_of_32_bits_has_images_of_its_own() -> None:
    def made_up(*kernels: str) -> scenario.Scenario:
        guests = tuple(scenario.Guest(f"g{number}", "pvh", kernel=name)
                       for number, name in enumerate(kernels))
        return scenario.Scenario("made-up", "made up", script="domu.sh", guests=guests)

    mixed = made_up("", "i386")
    assert mixed.i386 and not made_up("").i386 and not made_up().i386
    usual, small = (guest.xl() for guest in mixed.guests)
    assert '"/k/bzImage"' in usual and '"/k/guest.gz"' in usual, usual
    assert '"/k/bzImage-i386"' in small and '"/k/guest-i386.gz"' in small, small
    scenario.check(mixed, "made-up")
    expect_error("must be one of", lambda: scenario.check(made_up("i486"), "made-up"))
    pv = replace(mixed, guests=(scenario.Guest("pv", kernel="i386"),))
    expect_error("for PVH", lambda: scenario.check(pv, "made-up"))


@test
def files_of_32_bits_count_only_where_they_are_used() -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        own = replace(paths.find(), **{kind: directory / kind for kind in (
            "bzimage", "build", "xen_nlevel", "xen", "selftests", "tools", "images")})
        for file in (own.bzimage, own.xen_nlevel, own.xen):
            file.write_text(file.name)
        user, other = (next(cell for cell in cells.load() if cell.name == wanted)
                       for wanted in ("nlevel-i386-ours", "domu-ours"))

        def key(cell: cells.Cell) -> str:
            return resume.inputs(own, cell, scenario.load(cell.scenario))

        before = key(other)
        for missing in (own.kernel_i386, own.busybox_i386, own.modules_i386 / "test.ko"):
            expect_error("run: make kernel-i386", lambda: key(user))
            expect_error("run: make kernel-i386", lambda: images.i386(own))
            missing.parent.mkdir(parents=True)
            missing.write_text(missing.name)
        first = key(user)
        assert "rig/modules/test.ko" in images.i386_guest(own).entries
        own.busybox_i386.write_text("another")
        assert key(user) != first and key(other) == before


@test
def archives_are_reproducible() -> None:
    with tempfile.TemporaryDirectory() as name:
        first, second = Path(name) / "1", Path(name) / "2"
        for target, order in ((first, ("a/x", "b")), (second, ("b", "a/x"))):
            image = Cpio()
            for path in order:
                image.text(path, f"this is {path}\n")
            image.write(target)
        assert first.read_bytes() == second.read_bytes()
        assert gzip.decompress(first.read_bytes()).startswith(b"070701")


@test
def commas_reach_the_kernel() -> None:
    boot = fake_boot(Path("d"), cmdline="a=1,2")
    text = " ".join(qemu.kernel_options(boot, paths.find()))
    assert "a=1,,2" in text


@test
def each_run_can_have_a_xen_of_its_own() -> None:
    made_up = scenario.Scenario("made-up", "made up", runs=3,
                                hypervisors=("nlevel", "stock", "nlevel"))
    boots = [qemu.Boot(made_up.of_run(number), Path("bzImage"), Path("initrd"), Path("d"), NONCE)
             for number in (1, 2, 3)]
    found = [qemu.kernel_options(boot, paths.find())[1].rpartition("/")[2] for boot in boots]
    assert found == ["xen-nlevel", "xen", "xen-nlevel"], found
    assert made_up.xens() == ["nlevel", "stock"]
    assert scenario.Scenario("made-up", "made up", dom0="none").xens() == []


@test
def xen_can_be_silent() -> None:
    text = " ".join(qemu.kernel_options(fake_boot(Path("d"), console="dom0"), paths.find()))
    assert "com1" not in text and "console=none" in text and "console=ttyS0,,115200" in text, text


@test
def silent_xen_is_not_waited_for() -> None:
    linux = COPY.replace("cat ", "sed '/Xen version/d' ", 1)
    assert fake_qemu(linux, console="dom0")[1].result == PASS
    assert fake_qemu(linux, life=2)[1].result == ERROR


@test
def holes_of_a_map_are_shown() -> None:
    lines = list(demo.map_lines(["0-9ffff usable", "100000-1fffff usable"]))
    assert [line.split()[-1] for line in lines] == ["usable", "hole", "usable"]
    assert "384 KiB" in lines[1]


def fake_boot(directory: Path, **settings) -> qemu.Boot:
    """A boot of a scenario that does not stand in a file."""
    made_up = scenario.Scenario("made-up", "made up", **settings)
    return qemu.Boot(made_up, Path("bzImage"), Path("initrd"), directory, NONCE)


def fake_qemu(script: str, **settings) -> tuple[Run, verdict.Verdict]:
    """Runs a shell script as QEMU: it finds its two logs as $console and $channel."""
    real = qemu.QEMU
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        boot = fake_boot(directory, **settings)
        program = directory / "qemu"
        program.write_text(f"#!/bin/sh\nconsole={boot.console}\nchannel={boot.channel}\n{script}\n")
        program.chmod(0o755)
        (directory / "good-console").write_text(CONSOLE)
        (directory / "good-channel").write_text(CHANNEL)
        qemu.QEMU = str(program) if script else str(directory / "absent")
        try:
            own = replace(paths.find(), lock=directory / "lock")
            run = qemu.run_boot(boot, own, lambda what: None)
        finally:
            qemu.QEMU = real
        return run, verdict.judge(run)


COPY = 'cat "${0%/*}/good-console" > $console; cat "${0%/*}/good-channel" > $channel'


@test
def boot_that_works_passes() -> None:
    _, got = fake_qemu(COPY)
    assert got.result == PASS, got.reasons


@test
def exit_status_of_qemu_says_nothing() -> None:
    assert fake_qemu(f"{COPY}; exit 3")[1].result == PASS
    assert fake_qemu("exit 0")[1].result == ERROR


@test
def qemu_that_is_not_there_is_an_error() -> None:
    run, got = fake_qemu("")
    assert got.result == ERROR and "No such file" in run.error, run.error


@test
def qemu_that_refuses_is_an_error() -> None:
    _, got = fake_qemu("echo no-such-device is no device >&2; exit 1")
    assert got.result == ERROR and "no-such-device" in got.reasons[0], got.reasons


@test
def silence_is_an_error() -> None:
    _, got = fake_qemu("echo SeaBIOS > $console; exec sleep 60", life=1)
    assert got.result == ERROR and "no sign of life" in got.reasons[0], got.reasons


@test
def clock_starts_at_the_sign_of_life() -> None:
    _, got = fake_qemu(f"sleep 3; {COPY}", life=20, timeout=2)
    assert got.result == PASS, got.reasons


@test
def boot_that_hangs_is_killed_and_fails() -> None:
    run, got = fake_qemu(f"{COPY}; exec sleep 60", timeout=1)
    assert got.result == FAIL and not run.ended, got.reasons
    assert re.fullmatch("timeout: still running 1 s after the sign of life; "
                        r"QEMU used 0\.\d s of CPU time in 5 s", got.reasons[0]), got.reasons


@test
def lanes_follow_the_machine() -> None:
    gib = 1 << 30
    assert [lanes.count(2, 24 * gib), lanes.count(2, 6 * gib), lanes.count(8, 24 * gib),
            lanes.count(1, gib)] == [2, 1, 4, 1]


def in_lanes(jobs: list[tuple[str, int]], there: int) -> list[str]:
    """Starts jobs (name, lanes) one after the other; what happened, in order."""
    happened: list[str] = []
    real = lanes.count
    lanes.count = lambda: there
    with tempfile.TemporaryDirectory() as name:
        own = replace(paths.find(), lock=Path(name) / "lock")

        def job(title: str, wanted: int) -> None:
            with lanes.hold(own, wanted):
                happened.append(f"{title} begins")
                time.sleep(1)
                happened.append(f"{title} ends")

        threads = [threading.Thread(target=job, args=entry) for entry in jobs]
        for thread in threads:
            thread.start()
            time.sleep(0.3)
        for thread in threads:
            thread.join()
    lanes.count = real
    return happened


@test
def one_lane_holds_one_job() -> None:
    assert in_lanes([("a", 1), ("b", 1)], 1) == ["a begins", "a ends", "b begins", "b ends"]
    assert in_lanes([("a", 2), ("b", 1)], 2) == ["a begins", "a ends", "b begins", "b ends"]
    assert in_lanes([("a", 9), ("b", 1)], 1) == ["a begins", "a ends", "b begins", "b ends"]


@test
def two_lanes_hold_two_jobs() -> None:
    assert in_lanes([("a", 1), ("b", 1)], 2) == ["a begins", "b begins", "a ends", "b ends"]


@test
def wide_job_is_not_overtaken() -> None:
    got = in_lanes([("a", 1), ("wide", 2), ("b", 1)], 2)
    assert got == ["a begins", "a ends", "wide begins", "wide ends", "b begins", "b ends"], got


@test
def results_come_in_order_and_errors_too() -> None:
    def work(number: int) -> int:
        if number == 7:
            raise ValueError("seven")
        time.sleep(0.1 / (number + 1))
        return number

    assert list(lanes.each(work, [0, 1, 2, 3], lambda number: -number)) == [0, 1, 2, 3]
    try:
        list(lanes.each(work, [0, 7, 1], lambda number: number))
    except ValueError:
        assert lanes.stopping.is_set()
        try:
            fake_qemu(COPY)
        except KeyboardInterrupt:
            return
        finally:
            lanes.stopping.clear()
    assert False, "nothing stopped"


@test
def stolen_time_does_not_count() -> None:
    real = clock.stolen
    begin = time.monotonic()
    clock.stolen = lambda: (time.monotonic() - begin) / 2
    try:
        run, got = fake_qemu(f"{COPY}; sleep 3", timeout=2)
    finally:
        clock.stolen = real
    assert got.result == PASS and run.seconds > 2, got.reasons
    assert 0 <= clock.stolen() < time.monotonic()


GUEST_LOG = """[    1.0] Linux version 6.12.117\r
[    2.0] rig: # type: PV domU\r
[    2.1] rig: KTAP version 1\r
[    2.2] rig: 1..1\r
[    2.3] rig: ok 1 boot\r
[    2.4] rig: RIG-TOKEN pv\r
[    2.5] reboot: Power down\r
"""


def library(script: str, guest_log: str = GUEST_LOG) -> ktap.Group:
    """What dom0's shell library makes of a scenario script, run here by busybox."""
    return ktap.parse(library_writes(script, guest_log))


def library_writes(script: str, guest_log: str = GUEST_LOG) -> list[str]:
    """Its results, line by line."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "guest-pv.log").write_text(guest_log)
        (directory / "result").touch()
        (directory / "script").write_text(
            f"RESULT={name}/appended STATE={name}/state CONSOLES={name}\n"
            f". {paths.RIG}/dom0/lib.sh\n"
            f"put() {{ printf '%s\\n' \"$*\" >> {name}/result; }}\n"
            + script)
        subprocess.run([images.BUSYBOX, "sh", directory / "script"], check=False, timeout=60,
                       stdin=subprocess.DEVNULL)
        return (directory / "result").read_text().splitlines()


def library_says(script: str, guest_log: str = GUEST_LOG) -> list[str]:
    """The problems of that script's results."""
    return list(library(script, guest_log).problems())


@test
def library_passes_on_what_is_ok() -> None:
    script = 'plan 2\ncheck "one" true\nguest_result pv\n'
    assert library_says(script) == []
    assert len(list(library(script).leaves())) == 2


@test
def library_tells_why_a_check_failed() -> None:
    group = library("plan 1\ncheck one sh -c 'echo reason; exit 7'\n")
    assert list(group.problems()) == ["one: not ok"]
    assert any("failed with 7: reason" in note for note in group.notes), group.notes


@test
def library_wants_the_token_of_a_guest() -> None:
    log = GUEST_LOG.replace("RIG-TOKEN pv", "READY")
    assert library_says("plan 1\nguest_result pv\n", log) == ["pv: not ok"]


@test
def library_wants_results_of_a_guest() -> None:
    log = GUEST_LOG.replace("rig: ok 1 boot", "ok 1 boot")
    assert "pv: not ok" in library_says("plan 1\nguest_result pv\n", log)


@test
def library_sees_a_failed_test_of_a_guest() -> None:
    log = GUEST_LOG.replace("rig: ok 1 boot", "rig: not ok 1 boot")
    assert library_says("plan 1\nguest_result pv\n", log) == ["pv: not ok", "pv > boot: not ok"]


@test
def library_wants_enough_kunit_suites() -> None:
    fake = "dmesg() { printf '%s\\n' '[ 1.0] KTAP version 1' '[ 1.1] 1..0'; }\n"
    assert library_says(fake + "plan 1\nkunit_result 0\n") == []
    assert library_says(fake + "plan 1\nkunit_result 1\n") == ["kunit: not ok"]
    assert library_says("dmesg() { :; }\nplan 1\nkunit_result 0\n") == ["kunit: not ok"]


@test
def library_gives_no_token_for_half_a_console() -> None:
    script = ("poweroff() { :; }\ndrain() { :; }\nrig_token=x STREAM_SECONDS=1\nmkdir -p $STATE\n"
              "plan 1\ncheck one true\n")
    assert library_writes(f"{script}finish\n")[-1] == "RIG-TOKEN x"
    lines = library_writes(f"{script}: > $STATE/stream-pv\nfinish\n")
    assert "RIG-TOKEN x" not in lines and "not copied" in lines[-1], lines


@test
def library_loses_no_line_when_children_end() -> None:
    """Of 3,000 lines written by the shell itself some are lost each time."""
    wanted = 3000
    ours, theirs = pty.openpty()
    with tempfile.TemporaryDirectory() as name, \
            subprocess.Popen(["timeout", "60", "cat"], stdin=ours, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL) as reader:
        subprocess.run([images.BUSYBOX, "sh", "-c", f"RESULT={os.ttyname(theirs)} STATE={name}\n"
                        f". {paths.RIG}/dom0/lib.sh\n"
                        f"for i in $(seq {wanted}); do (:) & emit line $i; done; wait"],
                       check=False, timeout=60, stdin=subprocess.DEVNULL)
        os.close(theirs)
        got = reader.communicate()[0].decode().splitlines()
    os.close(ours)
    assert got == [f"line {i + 1}" for i in range(wanted)], len(got)


@test
def library_gives_up_waiting() -> None:
    assert library_says('plan 1\ncheck one guest_wait pv "never said" 1\n') == ["one: not ok"]


def run_tests(output: Path | None) -> int:
    """All of them, as KTAP; 1 if one failed."""
    print(f"KTAP version 1\n1..{len(TESTS)}")
    failed = 0
    for number, function in enumerate(TESTS, 1):
        try:
            function()
            print(f"ok {number} {function.__name__}")
        except Exception:   # pylint: disable=broad-exception-caught
            failed += 1
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
            print(f"not ok {number} {function.__name__}")
        sys.stdout.flush()
    if output:
        report.write_json(output, {"passed": len(TESTS) - failed, "failed": failed})
    return 1 if failed else 0
