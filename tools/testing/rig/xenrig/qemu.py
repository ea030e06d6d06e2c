# SPDX-License-Identifier: GPL-2.0-only
"""QEMU: its command line, and one boot from start to end."""
import os
import re
import shlex
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from . import clock, lanes
from .paths import Paths
from .scenario import Scenario
from .verdict import LINUX_LIFE, XEN_HALT, XEN_LIFE, Run

QEMU = "qemu-system-x86_64"
POLL = 0.2
# Asked of a QEMU that ran out of time; the answers are in monitor.log.
QUESTIONS = b"info status\ninfo cpus\ninfo registers -a\ninfo pic\n"
# Between two looks at QEMU; longer, and it was this machine that stood still.
PAUSE = 30.0
KVM = Path("/dev/kvm")
# Whatever ends this program, no QEMU stays behind.
LEASH = ["setpriv", "--pdeathsig", "KILL"]
TCG_CPU = "qemu64,+svm,+npt"
# Everything that Xen and guests have to say.
XEN_OPTIONS = "loglvl=all guest_loglvl=all"
# Who has the first serial port.  It is slow: what Xen says by the megabyte needs a Xen
# that only writes to its ring.
CONSOLES = {"xen": ("console=com1 com1=115200,8n1", "console=hvc0"),
            "dom0": ("console=none", "console=ttyS0,115200")}
# QEMU's emulation of SVM changes a CPU's word of interrupt requests without its big
# lock; a request that the timer's thread makes at that moment is lost: a halted CPU,
# interrupts on, the vector in its APIC's IRR, and nobody wakes it.  With the PIT as
# clock source Xen leaves its interrupt on, and the next of these, 10 ms later at
# most, makes the request again.  With icount both are one thread.
XEN_TICK = "clocksource=pit"


@dataclass
class Boot:
    """The files and options of one boot."""
    scenario: Scenario
    kernel: Path
    initrd: Path
    directory: Path
    nonce: str
    accel: str = "tcg"
    number: int = 1
    disk: Path | None = None
    on_line: Callable[[str], None] = lambda line: None
    console: Path = field(init=False)
    channel: Path = field(init=False)

    def __post_init__(self) -> None:
        self.console = self.directory / "console.log"
        self.channel = self.directory / "channel.log"


def processors(boot: Boot) -> int:
    """How many the machine has; counting instructions works with one only."""
    return 1 if boot.scenario.icount else boot.scenario.smp


def accel_options(boot: Boot) -> list[str]:
    """The accelerator with the CPUs that go with it."""
    smp = ["-smp", str(processors(boot))]
    if boot.scenario.icount:
        return ["-accel", "tcg,thread=single", "-cpu", TCG_CPU, *smp,
                "-icount", "shift=1,sleep=off"]
    if boot.accel == "kvm":
        return ["-accel", "kvm", "-cpu", "host", *smp]
    return ["-accel", "tcg,thread=multi", "-cpu", TCG_CPU, *smp]


def machine_options(boot: Boot) -> list[str]:
    """Machine, devices, serial ports."""
    scenario = boot.scenario
    memory = scenario.memory or {"pv": "3G", "pvh": "4G", "none": "1G"}[scenario.dom0]
    options = ["-machine", scenario.machine, "-m", memory, "-display", "none", "-no-reboot",
               "-monitor", "stdio", "-net", "none",
               "-serial", f"file:{boot.console}", "-serial", f"file:{boot.channel}"]
    if scenario.dom0 == "pvh":
        options += ["-device", "amd-iommu"]
    if scenario.disk:
        options += ["-drive", f"file={boot.disk},if=none,id=carried,format=raw,cache=unsafe",
                    "-device", "ide-hd,drive=carried,bus=ide.0"]
    return options + list(scenario.qemu)


def kernel_options(boot: Boot, paths: Paths) -> list[str]:
    """What is booted: Xen with the kernel as first module, or the kernel alone."""
    scenario = boot.scenario
    common = f"panic=-1 printk.devkmsg=on rig.token={boot.nonce} rig.run={boot.number}"
    cmdline = f"{common} {scenario.cmdline}".strip()
    if scenario.plain:
        return ["-kernel", str(boot.kernel), "-initrd", str(boot.initrd),
                "-append", f"console=ttyS0,115200 rig.mode=plain {cmdline}"]
    console, module_console = CONSOLES[scenario.console]
    xen = f"{console} {XEN_OPTIONS} dom0_mem={scenario.dom0_mem}"
    if boot.accel == "tcg" and not scenario.icount:
        xen += f" {XEN_TICK}"
    if scenario.dom0 == "pvh":
        xen += " dom0=pvh"
    # A comma ends a module's description unless it stands there twice.
    module = f"{boot.kernel} {module_console} {cmdline}".replace(",", ",,")
    return ["-kernel", str(paths.hypervisor(scenario.hypervisor)),
            "-append", f"{xen} {scenario.xen}".strip(),
            "-initrd", f"{module},{boot.initrd}"]


def command(boot: Boot, paths: Paths) -> list[str]:
    """The whole command line."""
    return [QEMU, *accel_options(boot), *machine_options(boot), *kernel_options(boot, paths)]


def read(path: Path) -> str:
    """A log as text, whatever bytes are in it."""
    return path.read_bytes().decode(errors="replace") if path.exists() else ""


def wait(process: subprocess.Popen, seconds: float, done: Callable[[], bool],
         paused: Callable[[float], None] = lambda gap: None) -> bool:
    """Waits until something is true; false when QEMU ended or time is up before.  Time that
    was stolen from this machine does not count."""
    last = time.monotonic()
    end = clock.now() + seconds
    while not done():
        lanes.check_stop()
        now = time.monotonic()
        if now - last > PAUSE:
            paused(now - last)
        if process.poll() is not None:
            return done()
        if clock.now() > end:
            return False
        last = now
        time.sleep(POLL)
    return True


def cpu_seconds(process: subprocess.Popen) -> float:
    """Processor time that QEMU used so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1]
    user, system = fields.split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def interview(process: subprocess.Popen, seconds: float = 5.0) -> str:
    """Asks a QEMU that ran out of time where it stands; says how busy it was meanwhile."""
    before = cpu_seconds(process)
    try:
        process.stdin.write(QUESTIONS)
        process.stdin.flush()
    except OSError:
        return "QEMU does not listen"
    time.sleep(seconds)
    return f"QEMU used {cpu_seconds(process) - before:.1f} s of CPU time in {seconds:.0f} s"


class Follower:
    """Tells a listener of each result as it comes."""

    RESULT = re.compile(r"^(ok|not ok) \d+ (.*)$")

    def __init__(self, path: Path, listener: Callable[[str], None]) -> None:
        self.path, self.listener, self.seen = path, listener, 0

    def poll(self) -> None:
        """Looks for lines that are new and whole."""
        lines = read(self.path).replace("\r", "").split("\n")[:-1]
        for line in lines[self.seen:]:
            match = self.RESULT.match(line)
            if match:
                self.listener(f"{match[2]}: {match[1]}")
        self.seen = len(lines)


def kvm_there() -> bool:
    """Is there a /dev/kvm that we may open?"""
    return os.access(KVM, os.R_OK | os.W_OK)


def watch(process: subprocess.Popen, boot: Boot, run: Run, progress: Callable[[str], None]) -> None:
    """From the start of QEMU to its end or the end of its time."""
    silent = boot.scenario.plain or boot.scenario.console != "xen"
    sign = LINUX_LIFE if silent else XEN_LIFE
    begin, stolen = time.monotonic(), clock.stolen()
    run.alive = wait(process, boot.scenario.life,
                     lambda: bool(sign.search(read(boot.console))))
    if not run.alive:
        run.error = f"nothing on the console in {boot.scenario.life} s"
        return
    start = time.monotonic()
    progress(f"up after {start - begin:.0f} s")
    run.limit = boot.scenario.timeout
    follower = Follower(boot.channel, boot.on_line)

    def ended() -> bool:
        follower.poll()
        return process.poll() is not None or bool(XEN_HALT.search(read(boot.console)))

    def paused(gap: float) -> None:
        run.paused = max(run.paused, gap)
        progress(f"this machine stood still for {gap:.0f} s")

    run.ended = wait(process, run.limit, ended, paused)
    run.seconds = time.monotonic() - start
    if clock.stolen() - stolen > run.seconds / 4:
        progress(f"{clock.stolen() - stolen:.0f} s were stolen from this machine")
    if not run.ended and process.poll() is None:
        run.state = interview(process)


def run_boot(boot: Boot, paths: Paths, progress: Callable[[str], None]) -> Run:
    """Boots, waits, and collects the logs; QEMU is gone when this returns."""
    run = Run(boot.nonce)
    argv = command(boot, paths)
    boot.directory.mkdir(parents=True, exist_ok=True)
    (boot.directory / "qemu.cmd").write_text(shlex.join(argv) + "\n")
    errors = boot.directory / "qemu.log"
    monitor = boot.directory / "monitor.log"
    with (lanes.hold(paths, processors(boot)), errors.open("wb") as log,
          monitor.open("wb") as answers):
        process = subprocess.Popen([*LEASH, *argv], stdin=subprocess.PIPE, stdout=answers,
                                   stderr=log)
        try:
            watch(process, boot, run, progress)
        finally:
            process.kill()
            process.wait()
    if not run.alive:
        run.error = read(errors).strip() or run.error
        if not shutil.which(QEMU):
            run.error += "; run: make setup"
    run.console, run.channel = read(boot.console), read(boot.channel)
    return run
