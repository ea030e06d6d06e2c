# SPDX-License-Identifier: GPL-2.0-only
"""What a run's logs say: PASS, FAIL, or ERROR when the environment broke."""
import re
from dataclasses import dataclass, field

from . import channel, ktap

PASS, FAIL, ERROR = "PASS", "FAIL", "ERROR"

BAD = re.compile(r"\b(BUG|WARNING|Oops|Call Trace|[Pp]anic)\b")
# Echoes of a command line, where panic= is a wish.
ECHO = re.compile(r"\b[Cc]ommand line\b")
# What Xen always says of a PVH dom0; only this very line.
KNOWN = re.compile(r"^\(XEN\) WARNING: PVH is an experimental mode with limited functionality$")
# What a call trace is of stands above it: why, in which process, on which machine.
TRACE = re.compile(r"\bCall Trace\b")
TRACE_HEAD = 4
XEN_LIFE = re.compile(r"Xen version \d")
LINUX_LIFE = re.compile(r"Linux version \d")
# QEMU goes on for ever with a machine in which nothing runs.
XEN_HALT = re.compile(r"\(XEN\) .*: halting machine")
POWER_OFF = re.compile(r"reboot: Power (down|off)")
MAX_REASONS = 8


@dataclass
class Run:
    """Everything that one boot left behind."""
    nonce: str
    console: str = ""
    channel: str = ""
    error: str = ""             # why QEMU could not be started, or what it said
    alive: bool = False         # the sign of life came
    ended: bool = False         # QEMU ended by itself, or Xen halted the machine
    seconds: float = 0.0        # since the sign of life
    limit: float = 0.0
    paused: float = 0.0         # longest time that this machine itself stood still
    state: str = ""             # what QEMU did when its time was up


@dataclass
class Verdict:
    """A result and the reasons for it, most telling first."""
    result: str
    reasons: list[str] = field(default_factory=list)
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    group: ktap.Group = field(default_factory=ktap.Group)


def is_bad(line: str) -> bool:
    """No passing run has such a line."""
    return bool(BAD.search(line)) and not ECHO.search(line) and not KNOWN.search(line)


def bad_lines(name: str, lines: list[str]) -> list[str]:
    """Console lines that no passing run has, and the head of a call trace."""
    found = []
    for number, line in enumerate(lines):
        if not is_bad(line):
            continue
        if TRACE.search(line):
            found += [above for above in lines[max(0, number - TRACE_HEAD):number]
                      if not is_bad(above)]
        found.append(line)
    return [f"{name}: {line.strip()}" for line in found]


def console_problems(run: Run, parts: channel.Channel) -> list[str]:
    """Bad lines of all consoles."""
    found = bad_lines("console", channel.lines_of(run.console))
    for name, lines in sorted(parts.consoles.items()):
        found += bad_lines(f"console of {name}", lines)
    return found


def end_problems(run: Run, parts: channel.Channel) -> list[str]:
    """How the run ended, if not as it should."""
    found = []
    if not run.ended:
        found.append(f"timeout: still running {run.limit:.0f} s after the sign of life"
                     + (f"; {run.state}" if run.state else ""))
    elif XEN_HALT.search(run.console):
        found.append("no clean shutdown: Xen halted the machine")
    elif not POWER_OFF.search(run.console):
        found.append("no clean shutdown: QEMU ended without a power-off")
    if not parts.token_is_last(run.nonce):
        found.append("the token is not the last line of the result channel")
    return found


def judge(run: Run) -> Verdict:
    """The verdict on one boot."""
    if not run.alive:
        reason = run.error.strip().splitlines()[-1:] or ["no message of QEMU"]
        return Verdict(ERROR, [f"no sign of life: {reason[0]}"])

    if not run.ended and run.paused:
        return Verdict(ERROR, [f"this machine stood still for {run.paused:.0f} s, "
                               "and the time ran out: run it again"])

    parts = channel.split(run.channel)
    group = ktap.parse(parts.ktap())
    problems = console_problems(run, parts) + list(group.problems()) + end_problems(run, parts)
    leaves = list(group.leaves())
    return Verdict(
        result=FAIL if problems else PASS,
        reasons=problems,
        passed=sum(leaf.passed and leaf.skip is None for leaf in leaves),
        failed=sum(not leaf.passed and leaf.skip is None for leaf in leaves),
        skipped=sum(leaf.skip is not None for leaf in leaves),
        group=group)
