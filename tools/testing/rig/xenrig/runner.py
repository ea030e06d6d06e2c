# SPDX-License-Identifier: GPL-2.0-only
"""Runs one cell: images, boots, verdict, files."""
import re
import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from . import accel, channel, images, lanes, qemu, report, resume
from .cells import Cell
from .paths import HYPERVISORS, Paths, RigError
from .scenario import Scenario, load
from .verdict import ERROR, FAIL, PASS, Run, Verdict, judge

Progress = Callable[[str], None]


@dataclass
class Outcome:
    """What became of a cell."""
    cell: Cell
    directory: Path
    verdict: Verdict
    seconds: float = 0.0
    accel: str = "tcg"
    inputs: str = ""
    kept: bool = False          # of an earlier run, see resume.py
    runs: list[Run] = field(default_factory=list)

    def as_expected(self) -> bool:
        """Is the verdict the one that the table wants, for the reason it wants?"""
        if self.kept:
            return True
        result, regex = self.cell.wanted()
        if self.verdict.result != result:
            return False
        return regex is None or bool(regex.search(self.evidence()))

    def evidence(self) -> str:
        """Everything that a reason can be found in."""
        logs = [text for run in self.runs for text in (run.console, run.channel)]
        return "\n".join([*self.verdict.reasons, *logs])


def check_xen(paths: Paths, scenario: Scenario) -> None:
    """Each image of Xen must be there."""
    for name in scenario.xens():
        image = paths.hypervisor(name)
        if not image.exists():
            raise RigError(f"{image} is missing, run: make {HYPERVISORS[name][1]}")


def make_initrd(paths: Paths, scenario: Scenario, kernel: str, env: dict[str, str],
                directory: Path) -> Path:
    """The image for one boot: base, kernel for guests, the scenario's files."""
    directory.mkdir(parents=True, exist_ok=True)
    own = directory / "scenario.gz"
    archive = scenario.archive(env)
    if scenario.xl:
        images.add_xl(archive, paths)
    archive.write(own)
    with lanes.alone(paths.images / "lock"):
        dom0, guest = images.base(paths)
        parts = [guest, own] if scenario.plain else [dom0, images.kernel(paths, kernel), own]
        if scenario.i386:
            parts.append(images.i386(paths))
        return images.join(directory / "initrd.gz", parts)


def boots_of(scenario: Scenario, cell: Cell) -> list[tuple[int, str]]:
    """Number and kernel of each boot."""
    if scenario.compare:
        return [(1, "pristine"), (2, "ours")]
    return [(number, cell.kernel) for number in range(1, scenario.runs + 1)]


def same_in_all(regex: str, runs: list[Run]) -> list[str]:
    """Problems, unless that is found in each log, the same each time."""
    found = [re.search(regex, run.console) for run in runs]
    texts = [match[0].strip() if match else "nothing" for match in found]
    if "nothing" in texts or len(set(texts)) != 1:
        return [f"compare: {' | '.join(texts)}"]
    return []


def silent_guests(scenario: Scenario, runs: list[Run]) -> list[str]:
    """Guests without a console: its bad lines would not be seen."""
    heard = {name for run in runs for name in channel.split(run.channel).consoles}
    return [f"nothing came from the console of {guest.name}"
            for guest in scenario.guests if guest.name not in heard]


def combine(verdicts: list[Verdict], further: list[str]) -> Verdict:
    """One verdict on several boots: the worst."""
    results = [verdict.result for verdict in verdicts]
    total = Verdict(ERROR if ERROR in results else FAIL if FAIL in results or further else PASS)
    for number, verdict in enumerate(verdicts, 1):
        prefix = f"boot {number}: " if len(verdicts) > 1 else ""
        total.reasons += [prefix + reason for reason in verdict.reasons]
        total.passed += verdict.passed
        total.failed += verdict.failed
        total.skipped += verdict.skipped
    total.reasons += further
    total.group = verdicts[-1].group
    return total


def write_consoles(directory: Path, run: Run) -> None:
    """A file for each guest's console."""
    for name, lines in channel.split(run.channel).consoles.items():
        (directory / f"console-{name}.log").write_text("\n".join(lines) + "\n")


def make_disk(path: Path, mebibytes: int) -> Path | None:
    """An empty disk, if the scenario has one."""
    if not mebibytes:
        return None
    with path.open("wb") as disk:
        disk.truncate(mebibytes << 20)
    return path


def one_boot(paths: Paths, cell: Cell, boot: qemu.Boot, kernel: str, progress: Progress) -> Run:
    """Prepares the image, boots, leaves the logs."""
    env = {"KERNEL": kernel.partition("-")[0], "RUN": str(boot.number),
           **boot.scenario.env, **cell.env}
    boot.initrd = make_initrd(paths, boot.scenario, kernel, env, boot.directory)
    run = qemu.run_boot(boot, paths, progress)
    write_consoles(boot.directory, run)
    return run


def run_boots(paths: Paths, cell: Cell, scenario: Scenario, outcome: Outcome,
              progress: Progress, on_line: Progress) -> None:
    """All boots of the cell, as far as they go."""
    disk = make_disk(outcome.directory / "disk.img", scenario.disk)
    boots = boots_of(scenario, cell)
    verdicts = []
    for number, kernel in boots:
        directory = outcome.directory / f"boot-{number}" if len(boots) > 1 else outcome.directory
        boot = qemu.Boot(scenario.of_run(number), paths.kernel(kernel),
                         directory / "initrd.gz", directory,
                         secrets.token_hex(8), outcome.accel, number, disk, on_line)
        run = one_boot(paths, cell, boot, kernel, progress)
        outcome.runs.append(run)
        outcome.seconds += run.seconds
        verdicts.append(judge(run))
        if verdicts[-1].result != PASS:
            break
    further = silent_guests(scenario, outcome.runs)
    if scenario.compare and len(outcome.runs) == len(boots):
        further = same_in_all(scenario.compare, outcome.runs)
    outcome.verdict = combine(verdicts, further)


def clean(outcome: Outcome) -> None:
    """Images are large and only needed to look into a failure."""
    if outcome.verdict.result == PASS:
        for pattern in ("**/*.gz", "disk.img"):
            for file in outcome.directory.glob(pattern):
                file.unlink()


def measure(paths: Paths, cell: Cell, scenario: Scenario, say: Progress,
            on_line: Progress = lambda line: None) -> tuple[str, list[str]]:
    """Runs what is no row of the table; its verdict, which is said, and its results."""
    outcome = run_cell(paths, cell, lambda what: say(f"{cell.name}: {what}"), scenario, on_line)
    verdict = outcome.verdict
    say(f"{cell.name}: {verdict.result} in {outcome.seconds:.0f} s")
    for reason in verdict.reasons[:report.MAX_REASONS]:
        say(f"  {reason}")
    return verdict.result, report.ktap_lines(outcome)


def make_room(directory: Path) -> None:
    """An empty one; the last run that was not as it should be stays beside it."""
    if resume.was_wrong(directory):
        last = directory.with_name(f"{directory.name}.red")
        shutil.rmtree(last, ignore_errors=True)
        directory.rename(last)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)


def run_cell(paths: Paths, cell: Cell, progress: Progress,
             scenario: Scenario | None = None,
             on_line: Progress = lambda line: None, go_on: bool = False) -> Outcome:
    """Runs it and leaves everything about it in its directory; going on, takes what an
    earlier run left there."""
    scenario = scenario or load(cell.scenario)
    check_xen(paths, scenario)
    kernel = paths.kernel(cell.kernel)
    if not kernel.exists():
        images.kernel(paths, cell.kernel)   # says what to do
    directory = paths.guest_out / cell.name
    inputs = resume.inputs(paths, cell, scenario)
    found = resume.earlier(directory, inputs) if go_on else None
    if found:
        seconds, ran_on, verdict = found
        return Outcome(cell, directory, verdict, seconds, ran_on, inputs, kept=True)
    make_room(directory)
    outcome = Outcome(cell, directory, Verdict(ERROR), inputs=inputs)
    if not scenario.plain and not scenario.icount:
        with lanes.alone(paths.images / "accel.lock"):
            outcome.accel = accel.choose(paths, kernel)
    run_boots(paths, cell, scenario, outcome, progress, on_line)
    report.write_cell(outcome)
    clean(outcome)
    return outcome
