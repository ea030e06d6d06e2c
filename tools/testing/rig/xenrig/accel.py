# SPDX-License-Identifier: GPL-2.0-only
"""KVM if Xen really boots on it, TCG otherwise.  That /dev/kvm is there proves
nothing: it may fail at the first instruction that matters."""
import subprocess
import tempfile
from pathlib import Path

from . import lanes, qemu
from .paths import Paths
from .verdict import LINUX_LIFE

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
SECONDS = 25
# PVH guests need nested paging.
NESTED = "Hardware Assisted Paging (HAP) detected"


def trial(paths: Paths, kernel: Path) -> bool:
    """Does a dom0 kernel come to life on Xen on KVM?"""
    with tempfile.TemporaryDirectory() as name:
        console, errors = Path(name) / "console", Path(name) / "errors"
        argv = [qemu.QEMU, "-accel", "kvm", "-cpu", "host", "-machine", "q35", "-m", "2G",
                "-display", "none", "-no-reboot", "-monitor", "none", "-net", "none",
                "-serial", f"file:{console}", "-kernel", str(paths.xen),
                "-append", "console=com1 com1=115200,8n1 dom0_mem=512M",
                "-initrd", f"{kernel} console=hvc0 panic=-1"]
        with errors.open("wb") as out:
            process = subprocess.Popen([*qemu.LEASH, *argv], stdin=subprocess.DEVNULL,
                                       stdout=out, stderr=out)
        try:
            # On an internal error of KVM QEMU stays, and does nothing any more.
            qemu.wait(process, SECONDS, lambda: bool(LINUX_LIFE.search(qemu.read(console)))
                      or "internal error" in qemu.read(errors))
        finally:
            process.kill()
            process.wait()
        log = qemu.read(console)
        return bool(LINUX_LIFE.search(log)) and NESTED in log


def choose(paths: Paths, kernel: Path) -> str:
    """"kvm" or "tcg"; tried once for each boot of the host."""
    if not qemu.kvm_there():
        return "tcg"
    cache = paths.images / "accel"
    boot_id = BOOT_ID.read_text().strip()
    if cache.exists():
        known, _, accel = cache.read_text().strip().partition(" ")
        if known == boot_id and accel in ("kvm", "tcg"):
            return accel
    with lanes.hold(paths, 1):
        accel = "kvm" if trial(paths, kernel) else "tcg"
    cache.parent.mkdir(parents=True, exist_ok=True)
    temporary = cache.with_suffix(".tmp")
    temporary.write_text(f"{boot_id} {accel}\n")
    temporary.rename(cache)
    return accel
