# SPDX-License-Identifier: GPL-2.0-only
"""Where things are: the environment's word, else the usual place in the repository."""
import errno
import os
from dataclasses import dataclass
from pathlib import Path

RIG = Path(__file__).resolve().parent.parent
ROOT = RIG.parents[2]


# Images of Xen: the field of Paths, and what "make" builds it.
HYPERVISORS = {"stock": ("xen", "xen-stock"), "nlevel": ("xen_nlevel", "xen"),
               "nlevel-debug": ("xen_nlevel_debug", "xen-debug")}
# Kernels that are booted first: what "make" builds each. Those for figures have no hooks of
# tests, can add memory, and have options built in.
KERNELS = {"ours": "kernel", "pristine": "pristine-kernel",
           "ours-bench": "kernel-bench", "pristine-bench": "pristine-kernel-bench"}
IMAGE = "arch/x86/boot/bzImage"


class RigError(Exception):
    """Something the user can mend; the message is one line that says how."""


def explain(error: RigError | OSError) -> str:
    """What went wrong, in one line with the remedy."""
    if not isinstance(error, OSError):
        return str(error)
    if error.errno == errno.ENOSPC:
        return "the disk is full: make room, or set BUILD and OUT elsewhere"
    return ": ".join(str(part) for part in (error.filename, error.strerror or error) if part)


@dataclass(frozen=True)
class Paths:
    """The same names, in lower case, as those that "make -s paths" prints."""
    build: Path
    linux: Path
    kbuild: Path
    kbuild_pristine: Path
    bzimage: Path
    bzimage_pristine: Path
    xen: Path
    xen_nlevel: Path
    xen_nlevel_debug: Path
    images: Path
    selftests: Path     # installed kselftests
    tools: Path         # what an admin runs
    out: Path
    lock: Path          # see lanes.py

    def kernel(self, name: str) -> Path:
        """The kernel image called so, see KERNELS."""
        usual = {"ours": self.bzimage, "pristine": self.bzimage_pristine}
        return usual.get(name) or self.build / f"kbuild-{name.removeprefix('ours-')}" / IMAGE

    def hypervisor(self, name: str) -> Path:
        """The image of Xen called so, see HYPERVISORS."""
        return getattr(self, HYPERVISORS[name][0])

    def modules(self, name: str) -> Path:
        """Test modules for that kernel; may be absent."""
        return self.build / f"modules-{name}"

    @property
    def kernel_i386(self) -> Path:
        """The kernel of 32 bits, for guests only."""
        return self.build / "kbuild-i386" / IMAGE

    @property
    def modules_i386(self) -> Path:
        """Test modules for that."""
        return self.build / "modules-ours-i386"

    @property
    def busybox_i386(self) -> Path:
        """And a program that it can run."""
        return self.build / "busybox-i386/bin/busybox"

    @property
    def guest_out(self) -> Path:
        """Logs and results of cells, a directory each."""
        return self.out / "guest"


def find() -> Paths:
    """The environment's paths, each with its default."""
    def get(name: str, default: Path) -> Path:
        return Path(os.environ.get(name) or default).absolute()

    build = get("BUILD", ROOT / "build")
    kbuild = get("KBUILD", build / "kbuild")
    kbuild_pristine = get("KBUILD_PRISTINE", build / "kbuild-pristine")
    return Paths(
        build=build,
        linux=get("LINUX", build / "linux"),
        kbuild=kbuild,
        kbuild_pristine=kbuild_pristine,
        bzimage=get("BZIMAGE", kbuild / IMAGE),
        bzimage_pristine=get("BZIMAGE_PRISTINE", kbuild_pristine / IMAGE),
        xen=get("XEN", build / "xen/xen"),
        xen_nlevel=get("XEN_NLEVEL", build / "xen/xen-nlevel"),
        xen_nlevel_debug=get("XEN_NLEVEL_DEBUG", build / "xen/xen-nlevel-debug"),
        images=get("IMAGES", build / "images"),
        selftests=get("SELFTESTS", build / "selftests"),
        tools=get("TOOLS", build / "tools"),
        out=get("OUT", ROOT / "out"),
        lock=get("RIG_LOCK", build / "qemu.lock"),
    )
