# SPDX-License-Identifier: GPL-2.0-only
"""The bench: the same measurements on the pristine kernel and on ours, one boot
each, under instruction counting; and on ours with N-level against 2-level, both on
the Xen that has N-level."""
import re
from dataclasses import asdict, dataclass, field, replace
from typing import Callable, Iterator

from . import lanes, report, runner
from .cells import Cell
from .paths import Paths, RigError
from .scenario import Scenario, load
from .verdict import PASS

FIGURE = re.compile(r"bench: abi=(\w+) kind=(\w+) n=(\d+) vcpus=(\d+) median=(\d+)")
READING = re.compile(r"bench: file=(\S+) nr_irqs=(\d+) ticks=(\d+) bytes=(\d+)")
CALIBRATION = re.compile(r"bench: calibration instructions=(\d+) ticks=(\d+)")
KERNELS = ("pristine", "ours")
ABIS = {"fifo": "", "2l": "xen.fifo_events=0"}
PARAMETERS = {**ABIS, "nlevel": "xen.evtchn_abi=nlevel"}
NLEVEL_ABIS = ("2l", "nlevel")
VCPUS = (1, 2)
KINDS = ("edge", "lateeoi", "bind", "unbind")
# What delivers events, and the limits for it: ours of the pristine kernel's instructions, with so
# many channels; N-level of 2-level's, with any number.
EVENTS = ("edge", "lateeoi")
MOST_OF_PRISTINE, LIMITED = 0.7, (64, 1024)
MOST_OF_2L = 1.1
EXTRA_IRQS = (0, 1024, 8192, 32768, 131072)
# Ticks of the TSC for an instruction with -icount shift=1 (1 GHz: 2 ns each),
# used where the module's own calibration is not at hand.
TICKS = 2.0


@dataclass
class Boot:
    """What one boot measured."""
    kernel: str
    abi: str
    vcpus: int
    extra: int | None = None
    xen: str = "stock"
    figures: dict[str, int] = field(default_factory=dict)   # "kind n" -> instructions
    readings: list[dict] = field(default_factory=list)
    verdict: str = ""

    @property
    def name(self) -> str:
        """That of its scenario."""
        if self.extra is not None:
            return f"bench-irqs-{self.extra}"
        host = "" if self.xen == "stock" else f"-on-{self.xen}"
        return f"bench-{self.abi}-{self.vcpus}{host}"


def measured(kernel: str) -> str:
    """The name of that kernel in the form that is measured."""
    return f"{kernel}-bench"


def apart(paths: Paths) -> Paths:
    """Logs away from those of cells, which may be of the same name."""
    return replace(paths, out=paths.out / "bench")


def check_parts(paths: Paths) -> None:
    """Everything there before hours of boots begin?"""
    kernels = [measured(kernel) for kernel in KERNELS]
    needed = [paths.modules(kernel) / "evtchn_bench.ko" for kernel in kernels]
    needed += map(paths.kernel, kernels)
    for file in [*needed, paths.hypervisor("nlevel"), paths.selftests / "xen/readcost"]:
        if not file.exists():
            raise RigError(f"{file} is missing, run: make bench")


def plan() -> list[Boot]:
    """Every boot of a bench run."""
    boots = [Boot(kernel, abi, vcpus) for abi in ABIS for vcpus in VCPUS for kernel in KERNELS]
    boots += [Boot("ours", abi, vcpus, xen="nlevel") for abi in NLEVEL_ABIS for vcpus in VCPUS]
    return boots + [Boot("ours", "fifo", 1, extra) for extra in EXTRA_IRQS]


def scenario_of(boot: Boot) -> Scenario:
    """The bench scenario for that boot."""
    base = load("bench")
    cmdline = f"kunit.enable=0 {PARAMETERS[boot.abi]}"
    env = base.env
    if boot.extra is not None:
        cmdline += f" xen.nr_irqs_extra={boot.extra}"
        env = {**env, "N": ""}
    # dom0 counts the CPUs of the machine's tables; one that is not there yet will do.
    return replace(base, name=boot.name, cmdline=cmdline.strip(), env=env, script="bench.sh",
                   hypervisor=boot.xen,
                   xen=f"dom0_max_vcpus={boot.vcpus}", qemu=("-smp", f"1,maxcpus={boot.vcpus}"))


def collect(boot: Boot, lines: list[str]) -> None:
    """Figures from a boot's results."""
    text = "\n".join(lines)
    calibration = CALIBRATION.search(text)
    ticks = int(calibration[2]) / int(calibration[1]) if calibration else TICKS
    for abi, kind, n, vcpus, median in FIGURE.findall(text):
        if (abi, int(vcpus)) != (boot.abi, boot.vcpus):
            raise RigError(f"{boot.name}: measured {abi} with {vcpus} vCPUs instead")
        boot.figures[f"{kind} {n}"] = int(median)
    for file, nr_irqs, taken, size in READING.findall(text):
        boot.readings.append({"file": file, "nr_irqs": int(nr_irqs), "bytes": int(size),
                              "instructions": round(int(taken) / ticks)})


def measure(paths: Paths, boot: Boot, say: Callable[[str], None]) -> Boot:
    """One boot, and it with its figures."""
    cell = Cell(scenario=boot.name, kernel=measured(boot.kernel))
    boot.verdict, lines = runner.measure(paths, cell, scenario_of(boot), say)
    collect(boot, lines)
    return boot


def find(boots: list[Boot], kernel: str, abi: str, vcpus: int, xen: str = "stock") -> Boot:
    """The boot with these properties."""
    return next(boot for boot in boots if boot.extra is None
                and (boot.kernel, boot.abi, boot.vcpus, boot.xen) == (kernel, abi, vcpus, xen))


def pair_text(old: int | None, new: int | None) -> str:
    """Both figures and their ratio."""
    if old is None or new is None:
        return f"{old or '-':>7} {new or '-':>7}      -"
    return f"{old:7} {new:7}  {new / old:5.3f}"


def kind_table(sides: list[tuple[Boot, Boot]], kind: str) -> Iterator[str]:
    """A line for each number of channels, each pair of boots side by side."""
    keys = {key for pair in sides for boot in pair for key in boot.figures}
    numbers = sorted(int(key.split()[1]) for key in keys if key.split()[0] == kind)
    for n in numbers:
        cells = [pair_text(*(boot.figures.get(f"{kind} {n}") for boot in pair)) for pair in sides]
        yield f"{kind:8} {n:7}   " + "   ".join(cells)


def event_tables(boots: list[Boot]) -> Iterator[str]:
    """The figures for events, a table for each number of vCPUs."""
    for vcpus in VCPUS:
        yield f"Guest instructions per event, {vcpus} vCPU{'s' if vcpus > 1 else ''}"
        yield f"{'':19}{'FIFO':24}{'2-level':24}".rstrip()
        columns = "   ".join([f"{'prist.':>7} {'ours':>7}  ratio"] * len(ABIS))
        yield f"{'kind':8} {'n':>7}   {columns}"
        sides = [(find(boots, "pristine", abi, vcpus), find(boots, "ours", abi, vcpus))
                 for abi in ABIS]
        for kind in KINDS:
            yield from kind_table(sides, kind)
        yield ""


def nlevel_tables(boots: list[Boot]) -> Iterator[str]:
    """N-level of depth 3 against 2-level, a table for each number of vCPUs."""
    for vcpus in VCPUS:
        yield (f"The same of our kernel on the built Xen, {vcpus} vCPU{'s' if vcpus > 1 else ''}: "
               "2-level and N-level of depth 3")
        yield f"{'kind':8} {'n':>7}   {'2-level':>7} {'N-level':>7}  ratio"
        old, new = (find(boots, "ours", abi, vcpus, "nlevel") for abi in NLEVEL_ABIS)
        for kind in KINDS:
            yield from kind_table([(old, new)], kind)
        yield ""


def excess(sides: list[tuple[Boot, Boot]], most: float, numbers: tuple[int, ...] = ()
           ) -> Iterator[str]:
    """A line for each event that takes more than so much of what it takes on the other side."""
    for old, new in sides:
        for key, instructions in new.figures.items():
            kind, n = key.split()
            if kind not in EVENTS or numbers and int(n) not in numbers:
                continue
            if key not in old.figures or instructions > most * old.figures[key]:
                yield (f"{new.kernel} {new.name}, {kind} n={n}: {instructions} against "
                       f"{old.figures.get(key, 'nothing')}, more than {most}")


def exceeded(boots: list[Boot]) -> list[str]:
    """What does not keep the limits."""
    kernels = [(find(boots, "pristine", abi, vcpus), find(boots, "ours", abi, vcpus))
               for abi in ABIS for vcpus in VCPUS]
    depths = [tuple(find(boots, "ours", abi, vcpus, "nlevel") for abi in NLEVEL_ABIS)
              for vcpus in VCPUS]
    return [*excess(kernels, MOST_OF_PRISTINE, LIMITED), *excess(depths, MOST_OF_2L)]


def reading_table(boots: list[Boot]) -> Iterator[str]:
    """What nr_irqs costs those who read /proc."""
    yield "Instructions to read a file once (ours, 1 vCPU)"
    yield f"{'nr_irqs':>8}  {'file':18} {'instructions':>12} {'bytes':>9}"
    for boot in boots:
        if boot.extra is None:
            continue
        for reading in boot.readings:
            yield (f"{reading['nr_irqs']:8}  {reading['file']:18} "
                   f"{reading['instructions']:12} {reading['bytes']:9}")


def bench(paths: Paths, say: Callable[[str], None]) -> int:
    """0 if everything could be measured and keeps the limits."""
    check_parts(paths)
    boots = list(lanes.each(lambda boot: measure(apart(paths), boot, say), plan(),
                            lambda boot: 0))
    for line in [*event_tables(boots), *nlevel_tables(boots), *reading_table(boots)]:
        print(line)
    report.write_json(paths.out / "bench.json", [asdict(boot) for boot in boots])
    over = exceeded(boots)
    for line in over:
        print(f"EXCEEDED: {line}")
    print(f"\nlimits: {'EXCEEDED' if over else 'kept'}; figures: {paths.out / 'bench.json'}")
    return 0 if not over and all(boot.verdict == PASS for boot in boots) else 1
