# SPDX-License-Identifier: GPL-2.0-only
"""The initramfs images: dom0 and guest from this machine's packages, and a
scenario's own files as a small archive behind them.  The kernel unpacks archives
that follow each other as one."""
import hashlib
import os
import subprocess
from pathlib import Path

from .cpio import Cpio
from .paths import KERNELS, RIG, Paths, RigError

TOOLSTACK = "/usr/lib/xen-4.17/bin"
TOOLS = ("xl", "xenstored", "xenconsoled", "xenconsole", "xen-init-dom0", "libxl-save-helper",
         "lsevtchn", "xenctx", "xentrace")
XENSTORE = ("read", "write", "rm", "ls", "list", "exists", "chmod", "watch")
# What hot-plug scripts and the rig call and busybox does not have (well enough).
PROGRAMS = ("/bin/bash", "/sbin/ip", "/usr/bin/flock", "/usr/bin/logger", "/usr/bin/taskset")
# Loaded by name at run time, so ldd does not list it.
LIBGCC = "/lib/x86_64-linux-gnu/libgcc_s.so.1"
HOTPLUG = Path("/etc/xen/scripts")
BUSYBOX = Path("/bin/busybox")
DOM0_DIRECTORIES = ("run/xen", "run/xenstored", "run/xen-hotplug", "var/lib/xen",
                    "var/lib/xenstored", "var/log/xen/console", "var/lock")
PACKAGES = "busybox-static xen-utils-4.17 xen-utils-common xenstore-utils iproute2 util-linux"


def host_programs() -> list[str]:
    """Everything of the host that dom0's image takes along with its libraries."""
    programs = [f"{TOOLSTACK}/{tool}" for tool in TOOLS]
    programs += [f"/usr/bin/xenstore-{verb}" for verb in XENSTORE]
    return programs + list(PROGRAMS)


def check_host() -> None:
    """Says in one line what the machine lacks."""
    for path in [str(BUSYBOX), LIBGCC, str(HOTPLUG), *host_programs()]:
        if not Path(path).exists():
            raise RigError(f"{path} is missing, install: {PACKAGES}")


def add_busybox(image: Cpio, busybox: Path) -> None:
    """busybox, and a link for each applet unless the real program is there. This machine's
    busybox says which: it may not run the other."""
    image.copy(busybox, "bin/busybox")
    names = {Path(path).name for path in image.entries}
    applets = subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, check=True)
    for applet in applets.stdout.split():
        if applet not in names:
            image.link(f"bin/{applet}", "busybox")


def add_common(image: Cpio, paths: Paths, busybox: Path = BUSYBOX) -> None:
    """What dom0 and guests share."""
    add_busybox(image, busybox)
    for name in ("dev", "proc", "sys", "tmp"):
        image.directory(name)
    image.text("etc/passwd", "root:x:0:0::/:/bin/sh\n")
    for name in ("mounts.sh", "describe", "run-tests"):
        image.copy(RIG / "guest" / name, f"rig/{name}")
    image.copy(RIG / "dom0/lib.sh", "rig/lib.sh")
    if paths.selftests.is_dir():
        image.tree(paths.selftests, "rig/selftests")


def guest_image(paths: Paths, busybox: Path = BUSYBOX) -> Cpio:
    """The userland of every guest, and of a kernel without Xen."""
    image = Cpio()
    add_common(image, paths, busybox)
    image.copy(RIG / "guest/init", "init", 0o755)
    return image


def admin_tools(paths: Paths) -> list[Path]:
    """This project's own tools for dom0."""
    return [file for file in files_below(paths.tools) if os.access(file, os.X_OK)]


def dom0_image(paths: Paths) -> Cpio:
    """dom0's userland: the toolstack and its helpers."""
    image = Cpio()
    for program in host_programs():
        image.program(program)
    for tool in admin_tools(paths):
        image.program(str(tool), f"usr/sbin/{tool.name}")
    image.copy(Path(LIBGCC), LIBGCC)
    image.tree(HOTPLUG, str(HOTPLUG))
    image.text("etc/xen/xl.conf", "")
    for name in DOM0_DIRECTORIES:
        image.directory(name)
    image.link("var/run", "../run")
    add_common(image, paths)
    for library in sorted((RIG / "dom0").glob("lib-*.sh")):
        image.copy(library, f"rig/{library.name}")
    image.copy(RIG / "dom0/init", "init", 0o755)
    return image


def xl_files(paths: Paths) -> list[Path]:
    """xl with requests for features, and its libraries."""
    names = ("xl", "libxenlight.so.4.17", "libxlutil.so.4.17")
    files = [paths.build / "xen/xl" / name for name in names]
    if not all(file.exists() for file in files):
        raise RigError(f"{files[0]} is missing, run: make xl")
    return files


def add_xl(image: Cpio, paths: Paths) -> None:
    """In the place of the one of the packages; it looks for its helpers elsewhere."""
    program, *libraries = xl_files(paths)
    image.copy(program, f"{TOOLSTACK}/xl", 0o755)
    for library in libraries:
        image.copy(library.resolve(), f"lib/x86_64-linux-gnu/{library.name}", 0o755)
    image.link("usr/lib/xen", "xen-4.17")


def add_modules(image: Cpio, modules: list[Path]) -> None:
    """Where tests look for them."""
    for module in modules:
        image.copy(module, f"rig/modules/{module.name}", 0o644)


def kernel_image(kernel: Path, guest: Path, modules: Path) -> Cpio:
    """What dom0 boots its guests with, and that kernel's modules."""
    image = Cpio()
    image.copy(kernel, "k/bzImage", 0o644)
    image.copy(guest, "k/guest.gz", 0o644)
    add_modules(image, sorted(modules.glob("*.ko")))
    return image


def i386_files(paths: Paths) -> list[Path]:
    """Kernel, busybox and modules of 32 bits."""
    for needed in (paths.kernel_i386, paths.busybox_i386, paths.modules_i386):
        if not needed.exists():
            raise RigError(f"{needed} is missing, run: make kernel-i386")
    return [paths.kernel_i386, paths.busybox_i386, *sorted(paths.modules_i386.glob("*.ko"))]


def i386_guest(paths: Paths) -> Cpio:
    """The userland of its guests. Nobody else boots with that, so the modules are in it."""
    _, busybox, *modules = i386_files(paths)
    image = guest_image(paths, busybox)
    add_modules(image, modules)
    return image


def i386_image(kernel_file: Path, guest: Path) -> Cpio:
    """What dom0 boots guests of 32 bits with."""
    image = Cpio()
    image.copy(kernel_file, "k/bzImage-i386", 0o644)
    image.copy(guest, "k/guest-i386.gz", 0o644)
    return image


def digest(files: list[Path], salt: str = "") -> str:
    """Changes when a file does: by size and time for the host's, which are many."""
    total = hashlib.sha256(salt.encode())
    for file in sorted(files):
        info = file.stat()
        total.update(f"{file} {info.st_size} {info.st_mtime_ns} {info.st_mode}\n".encode())
    return total.hexdigest()


def files_below(directory: Path) -> list[Path]:
    """All files, or none if there is no such directory."""
    return [file for file in directory.rglob("*") if file.is_file()]


def host_files() -> list[Path]:
    """What the images take from this machine."""
    return [Path(path) for path in [*host_programs(), str(BUSYBOX), LIBGCC]] + files_below(HOTPLUG)


def base_inputs(paths: Paths) -> list[Path]:
    """Every file that dom0's or the guest's image depends on."""
    own = [file for name in ("dom0", "guest") for file in files_below(RIG / name)]
    code = [RIG / "xenrig/images.py", RIG / "xenrig/cpio.py"]
    return own + code + host_files() + files_below(paths.selftests) + admin_tools(paths)


def current(target: Path, key: str) -> bool:
    """Is that image made from exactly these inputs?"""
    stamp = target.with_suffix(".key")
    return target.exists() and stamp.exists() and stamp.read_text() == key


def make(target: Path, key: str, build, level: int = 6) -> bool:
    """Builds an image unless it is current; the stamp comes last."""
    if current(target, key):
        return False
    stamp = target.with_suffix(".key")
    stamp.unlink(missing_ok=True)
    build().write(target, level)
    stamp.write_text(key)
    return True


def base(paths: Paths) -> tuple[Path, Path]:
    """dom0's and the guest's image, fresh."""
    check_host()
    key = digest(base_inputs(paths))
    guest, dom0 = paths.images / "guest.gz", paths.images / "dom0.gz"
    make(guest, key, lambda: guest_image(paths))
    make(dom0, key, lambda: dom0_image(paths))
    return dom0, guest


def kernel(paths: Paths, name: str) -> Path:
    """The archive with that kernel for guests; the kernel is compressed already."""
    image = paths.kernel(name)
    if not image.exists():
        raise RigError(f"{image} is missing, run: make {KERNELS[name]}")
    _, guest = base(paths)
    modules = paths.modules(name)
    key = digest([image, guest, *modules.glob("*.ko")])
    target = paths.images / f"kernel-{name}.gz"
    make(target, key, lambda: kernel_image(image, guest, modules), level=1)
    return target


def i386(paths: Paths) -> Path:
    """The archive with what guests of 32 bits need."""
    key = digest(base_inputs(paths) + i386_files(paths))
    guest, target = paths.images / "guest-i386.gz", paths.images / "kernel-i386.gz"
    make(guest, key, lambda: i386_guest(paths))
    make(target, key, lambda: i386_image(paths.kernel_i386, guest), level=1)
    return target


def join(target: Path, parts: list[Path]) -> Path:
    """One initramfs of several archives."""
    temporary = target.with_name(target.name + ".tmp")
    with temporary.open("wb") as out:
        for part in parts:
            out.write(part.read_bytes())
    temporary.rename(target)
    return target
