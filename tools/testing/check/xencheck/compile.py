# SPDX-License-Identifier: GPL-2.0-only
"""Builds what is ours in every configuration, with compiler warnings and sparse."""

import shutil
from functools import cache
from pathlib import Path

from .command import need
from .diagnostics import broken, findings
from .graft import Owned, owned, require_current
from .kbuild import TRUSTED, Config, configure, drop_compiled, drop_objects, known_marks
from .kbuild import make, make_objects, marks_of
from .tree import CheckError, Tree

MODULES = "tools/testing/selftests/xen/modules"
SPARSE = ["C=2", "CF=-D__CHECK_ENDIAN__"]


@cache
def current_owned(tree: Tree) -> Owned:
    """What is ours, once it is certain that the kernel tree is up to date."""
    require_current(tree)
    return owned(tree)


def places(tree: Tree) -> dict[str, str]:
    """Where the tools see files of ours, and what those are called here."""
    return {f"{tree.linux}/": "", f"{tree.build}/modules/": f"{MODULES}/"}


def log_path(tree: Tree, check: str, config: Config) -> Path:
    """What make printed for a configuration."""
    return tree.logs / f"{check}-{config.name}.make.log"


def fresh_log(tree: Tree, check: str, config: Config) -> Path:
    """The same, emptied."""
    log = log_path(tree, check, config)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("")
    return log


def build(tree: Tree, config: Config, log: Path) -> list[str]:
    """Bring the objects up to date; the warnings of what was compiled."""
    ours = current_owned(tree)
    lost = configure(tree, config, log)
    if lost:
        return [f"{config.name}: option did not survive: {line}" for line in lost]
    trusted = config.objects(tree) / TRUSTED
    if not trusted.exists():
        drop_objects(tree, config)
    trusted.unlink(missing_ok=True)
    status, output = make_objects(tree, config, ["-k", "W=1"], config.targets)
    with log.open("a") as stream:
        stream.write(output)
    found = findings(output, ours.has, places(tree))
    if status:
        found = list(dict.fromkeys(found + broken(output, places(tree))))
    if found:
        # The next run is to find it again.
        drop_compiled(tree, config, output)
    trusted.touch()
    return found


def compiled(tree: Tree, config: Config, names: list[str]) -> list[str]:
    """Those of some sources that this configuration has objects of."""
    objects = config.objects(tree)
    return [name for name in names if (objects / name).with_suffix(".o").exists()]


def built_sources(tree: Tree, config: Config) -> list[str]:
    """The C files with lines of ours that this configuration compiles."""
    return compiled(tree, config, current_owned(tree).sources())


def require_compiled(tree: Tree, config: Config) -> None:
    """Complain unless the objects are those of this configuration, and all of them."""
    current = known_marks(tree, config) == marks_of(tree, config)
    if not current or not (config.objects(tree) / TRUSTED).exists():
        raise CheckError(f"{config.name} is not compiled: run the check compile first")


def module_objects(tree: Tree) -> list[str]:
    """Copy the test modules to where they may be built; the objects to make."""
    copy = tree.build / "modules"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(tree.root / MODULES, copy)
    return sorted(f"{path.stem}.o" for path in copy.glob("*.c"))


def build_modules(tree: Tree, config: Config, log: Path, extra: list[str]) -> list[str]:
    """Build the test modules' objects; every warning counts."""
    objects = module_objects(tree)
    if not objects:
        raise CheckError(f"no module in {MODULES}")
    return external(tree, config, log, tree.build / "modules", [*extra, *objects])


def external(tree: Tree, config: Config, log: Path, folder: Path,
             arguments: list[str]) -> list[str]:
    """Build in a directory outside the kernel tree, taking every warning."""
    status, output = make(tree, config, ["-k", "W=1", f"M={folder}", *arguments])
    with log.open("a") as stream:
        stream.write(output)
    where = places(tree) | {f"{folder}/": "" if folder.name != "modules" else f"{MODULES}/"}
    found = findings(output, lambda *_: True, where, strict=True)
    return found or (broken(output, where) if status else [])


def check_compile(tree: Tree, config: Config) -> list[str]:
    """No compiler warning in lines of ours at W=1."""
    log = fresh_log(tree, "compile", config)
    found = build(tree, config, log)
    if config.modules and not found:
        found = build_modules(tree, config, log, [])
    return found


def check_sparse(tree: Tree, config: Config) -> list[str]:
    """No sparse warning for sources of ours, none in the lines of a seam."""
    need("sparse", "sparse")
    log = fresh_log(tree, "sparse", config)
    found = build(tree, config, log)
    if found:
        raise CheckError(f"does not compile cleanly, see compile-{config.name}")
    ours = current_owned(tree)
    sources = built_sources(tree, config)
    groups = {True: [name for name in sources if name in ours.whole],
              False: [name for name in sources if name not in ours.whole]}
    for strict, names in groups.items():
        if names:
            found += sparse(tree, config, log, names, strict)
    if config.modules:
        found += build_modules(tree, config, log, SPARSE)
    return found


def sparse(tree: Tree, config: Config, log: Path, names: list[str],
           strict: bool) -> list[str]:
    """Run sparse on some sources, whether or not they are to be compiled."""
    objects = [str(Path(name).with_suffix(".o")) for name in names]
    status, output = make_objects(tree, config, ["-k", "W=1", *SPARSE], objects)
    with log.open("a") as stream:
        stream.write(output)
    found = findings(output, current_owned(tree).has, places(tree), strict=strict)
    return found or (broken(output, places(tree)) if status else [])
