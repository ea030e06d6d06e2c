# SPDX-License-Identifier: GPL-2.0-only
"""Scenarios: a TOML file, and the script that runs in dom0."""
import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from .cpio import Cpio
from .paths import HYPERVISORS, RIG, RigError

DIRECTORY = RIG / "scenarios"
DOM0_KINDS = ("pv", "pvh", "none")
GUEST_KINDS = ("pv", "pvh", "hvm")
MODES = ("shell", "tests")
GUEST_KERNELS = ("", "i386")
CONSOLES = ("xen", "dom0")
# A guest has no UART, and each look for one is an exit to Xen; where the processor
# is emulated together with its virtualization, that and the calibration of the
# second CPU's delay loop take half a minute. KUnit has scenarios of its own.
SPEED = "8250.nr_uarts=0 lpj=25000000 kunit.enable=0"


@dataclass(frozen=True)
class Guest:
    """One guest; its name is used once a boot."""
    name: str
    type: str = "pv"
    vcpus: int = 2
    memory: int = 192
    cmdline: str = ""
    kernel: str = ""            # that of dom0; or "i386", ours with 32 bits
    config: str = ""            # further lines for xl
    mode: str = "shell"
    run: tuple[str, ...] = ()   # kselftests; makes the mode "tests"

    def xl(self) -> str:
        """The configuration file for xl."""
        mode = "tests" if self.run else self.mode
        options = [f"console=hvc0 printk.devkmsg=on panic=-1 rig.name={self.name}",
                   f"{SPEED} rig.mode={mode}"]
        if self.run:
            options.append(f"rig.run={','.join(self.run)}")
        options.append(self.cmdline)
        kind = f"-{self.kernel}" if self.kernel else ""
        lines = [f'name = "{self.name}"', f'type = "{self.type}"', f"vcpus = {self.vcpus}",
                 f"memory = {self.memory}", f'kernel = "/k/bzImage{kind}"',
                 f'ramdisk = "/k/guest{kind}.gz"',
                 f'extra = "{" ".join(options).strip()}"', 'on_crash = "destroy"',
                 'on_reboot = "destroy"', self.config]
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Scenario:
    """What to boot, and how."""
    name: str
    description: str
    dom0: str = "pv"            # "none" boots the kernel without Xen
    smp: int = 1
    memory: str = ""            # of the machine; default by kind
    dom0_mem: str = "1G"
    timeout: int = 120          # seconds after the sign of life
    life: int = 120             # seconds until then
    machine: str = "q35"
    qemu: tuple[str, ...] = ()  # further options for QEMU
    disk: int = 0               # MiB of a disk that lasts over all runs; /dev/sda
    runs: int = 1               # boots one after the other
    icount: bool = False
    hypervisor: str = "stock"   # which image of Xen
    hypervisors: tuple[str, ...] = ()   # one for each run instead
    console: str = "xen"        # whose the console log is; or "dom0", and Xen is silent
    xl: bool = False            # dom0 has the xl that "make xl" builds
    xen: str = ""               # further options for Xen
    cmdline: str = ""           # further options for the kernel booted first
    script: str = ""
    compare: str = ""           # runs on both kernels; what must be the same in both logs
    env: dict[str, str] = field(default_factory=dict)
    guests: tuple[Guest, ...] = ()

    @property
    def plain(self) -> bool:
        """Without Xen?"""
        return self.dom0 == "none"

    @property
    def i386(self) -> bool:
        """Is there a guest of 32 bits?"""
        return any(guest.kernel == "i386" for guest in self.guests)

    def of_run(self, number: int) -> "Scenario":
        """The scenario as one of its runs has it, counted from 1."""
        if not self.hypervisors:
            return self
        return replace(self, hypervisor=self.hypervisors[number - 1])

    def xens(self) -> list[str]:
        """Every image of Xen that its runs boot."""
        if self.plain:
            return []
        return sorted({self.of_run(number).hypervisor for number in range(1, self.runs + 1)})

    def script_path(self) -> Path:
        """The script for dom0."""
        return DIRECTORY / (self.script or f"{self.name}.sh")

    def archive(self, env: dict[str, str]) -> Cpio:
        """The scenario's own files for dom0's image."""
        image = Cpio()
        image.copy(self.script_path(), "scenario/run.sh", 0o644)
        image.text("scenario/env", "".join(f"{key}='{value}'\n" for key, value in env.items()))
        for guest in self.guests:
            image.text(f"scenario/guests/{guest.name}.cfg", guest.xl())
        return image


ALIASES = {"dom0_cmdline": "cmdline"}


def from_table(cls, table: dict, where: str):
    """An object of these settings; an unknown one is a mistake of the file."""
    known = {entry.name for entry in fields(cls)}
    values = {}
    for key, value in table.items():
        key = ALIASES.get(key, key)
        if key not in known:
            raise RigError(f"{where}: unknown setting {key}")
        values[key] = tuple(value) if isinstance(value, list) else value
    return cls(**values)


def check(scenario: Scenario, where: str) -> None:
    """Mistakes that would otherwise show as a strange boot."""
    if scenario.dom0 not in DOM0_KINDS:
        raise RigError(f"{where}: dom0 is {scenario.dom0}, must be one of {DOM0_KINDS}")
    for hypervisor in (scenario.hypervisor, *scenario.hypervisors):
        if hypervisor not in HYPERVISORS:
            raise RigError(f"{where}: hypervisor is {hypervisor}, "
                           f"must be one of {tuple(HYPERVISORS)}")
    if scenario.hypervisors and len(scenario.hypervisors) != scenario.runs:
        raise RigError(f"{where}: {len(scenario.hypervisors)} hypervisors for "
                       f"{scenario.runs} runs")
    if scenario.console not in CONSOLES:
        raise RigError(f"{where}: console is {scenario.console}, must be one of {CONSOLES}")
    for guest in scenario.guests:
        if guest.type not in GUEST_KINDS or guest.mode not in MODES:
            raise RigError(f"{where}: guest {guest.name}: bad type or mode")
        if guest.kernel not in GUEST_KERNELS:
            raise RigError(f"{where}: guest {guest.name}: kernel is {guest.kernel}, "
                           f"must be one of {GUEST_KERNELS}")
        if guest.kernel and guest.type != "pvh":
            raise RigError(f"{where}: guest {guest.name}: that kernel is for PVH guests")
    if not scenario.script_path().exists():
        raise RigError(f"{where}: {scenario.script_path().name} is missing")


def load(name: str) -> Scenario:
    """The scenario of that name."""
    path = DIRECTORY / f"{name}.toml"
    if not path.exists():
        raise RigError(f"no scenario {name}; run: {RIG.name} list")
    table = tomllib.loads(path.read_text())
    guests = tuple(from_table(Guest, guest, path.name) for guest in table.pop("guests", []))
    scenario = from_table(Scenario, {**table, "name": name, "guests": guests}, path.name)
    check(scenario, path.name)
    return scenario


def names() -> list[str]:
    """All scenarios."""
    return sorted(path.stem for path in DIRECTORY.glob("*.toml"))
