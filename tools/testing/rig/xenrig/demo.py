# SPDX-License-Identifier: GPL-2.0-only
"""The demo: boots dom0 and two guests, and says in a few lines what came of it."""
import re
import subprocess
from typing import Callable, Iterator

from . import channel, ktap, qemu, runner
from .cells import Cell
from .paths import Paths
from .verdict import PASS

CELL = Cell(scenario="demo", kernel="ours")
TITLES = {"own tests": "dom0", "pv": "guest pv", "pvh": "guest pvh"}
ABI_TEXT = {"FIFO-based": "FIFO", "2-level": "2-level"}


def facts_of(group: ktap.Group) -> dict[str, list[str]]:
    """The "key: value" notes of one domain."""
    facts: dict[str, list[str]] = {}
    for note in group.notes:
        key, separator, value = note.partition(": ")
        if separator:
            facts.setdefault(key, []).append(value)
    return facts


def size_text(size: int) -> str:
    """In the largest unit that leaves a number of at least 1."""
    for shift, unit in ((40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")):
        if size >= 1 << shift:
            return f"{size / (1 << shift):.4g} {unit}"
    return f"{size} B"


def map_lines(entries: list[str]) -> Iterator[str]:
    """The memory map, with what lies between its entries."""
    following = 0
    for entry in entries:
        span, _, kind = entry.partition(" ")
        start, end = (int(number, 16) for number in span.split("-"))
        if start > following:
            yield f"{following:11x}-{start - 1:010x}  {size_text(start - following):>10}  hole"
        yield f"{start:11x}-{end:010x}  {size_text(end + 1 - start):>10}  {kind}"
        following = end + 1


def describe(title: str, facts: dict[str, list[str]], passed: bool) -> Iterator[str]:
    """One domain."""
    def first(key: str, default: str = "?") -> str:
        return facts.get(key, [default])[0]

    abi = ABI_TEXT.get(first("abi"), first("abi"))
    yield f"{title}: {first('type')}, {first('vcpus')} vCPUs: {'ok' if passed else 'NOT OK'}"
    yield f"  event channels  {abi} ABI, {first('channels')} in use"
    yield f"  nr_irqs         {first('nr_irqs')}"
    yield f"  asked for       {first('wanted', 'nothing (the platform said no number)')}"
    yield "  memory map"
    yield from (f"    {line}" for line in map_lines(facts.get("map", [])))


def xen_version(console: str) -> str:
    """From Xen's own banner."""
    match = re.search(r"Xen version (\S+)", console)
    return match[1] if match else "of unknown version"


def linux_version(console: str) -> str:
    """From dom0's banner."""
    match = re.search(r"Linux version (\S+)", console)
    return match[1] if match else "of unknown version"


def qemu_version() -> str:
    """From the program."""
    done = subprocess.run([qemu.QEMU, "--version"], capture_output=True, text=True, check=False)
    match = re.search(r"version (\S+)", done.stdout)
    return match[1] if match else "of unknown version"


def accel_text(accel: str) -> str:
    """Which one, and why."""
    if accel == "kvm":
        return "KVM"
    return "TCG (Xen did not boot on KVM here)" if qemu.kvm_there() else "TCG (no KVM here)"


def domains(outcome: runner.Outcome) -> Iterator[str]:
    """Each domain whose results came."""
    for run in outcome.runs:
        group = ktap.parse(channel.split(run.channel).ktap())
        for result in group.results:
            if result.name in TITLES and result.group:
                yield ""
                yield from describe(TITLES[result.name], facts_of(result.group), result.passed)


def demo(paths: Paths, say: Callable[[str], None]) -> int:
    """0 if everything went well."""
    say("demo: booting Xen with our kernel as dom0 and in two guests, about a minute")
    outcome = runner.run_cell(paths, CELL, lambda what: say(f"demo: {what}"),
                              on_line=lambda line: say(f"demo: {line}"))
    console = outcome.runs[0].console if outcome.runs else ""
    print(f"\nXen {xen_version(console)} in QEMU {qemu_version()} with "
          f"{accel_text(outcome.accel)}, Linux {linux_version(console)}")
    for line in domains(outcome):
        print(line)
    passed = outcome.verdict.result == PASS
    print(f"\nresult: {outcome.verdict.result} in {outcome.seconds:.0f} s")
    for reason in outcome.verdict.reasons[:4]:
        print(f"  {reason}")
    print(f"logs: {outcome.directory}")
    return 0 if passed else 1
