# SPDX-License-Identifier: GPL-2.0-only
"""Small kernel configurations, each in an object directory of its own."""

import hashlib
import os
import re
import shutil
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .command import need, run
from .graft import patched_files
from .tree import CheckError, Tree

HERE = Path(__file__).resolve().parent.parent
STAMP = ".check-configured"
TRUSTED = ".check-trusted"
# What says which options there are, and which objects they make.
RULES = ("Kconfig", "Kbuild", "Makefile")
# arch/x86/Kbuild enters platform/ and platform/pvh/ side by side, and for a single object of the
# latter both of them compile it: into one file, at the same time if they may.
ENTERED_TWICE = "arch/x86/platform/pvh/"
COMPILED = re.compile(r"^  CC +(?:\[M\] +)?(\S+\.o)$", re.MULTILINE)
OPTION = re.compile(r"^(?:(CONFIG_\w+)=(.*)|# (CONFIG_\w+) is not set)$")


@dataclass(frozen=True)
class Config:
    """One kernel configuration and what is built in it."""

    name: str
    arch: str
    cross: str
    fragments: tuple[str, ...]
    targets: tuple[str, ...]
    modules: bool = False

    def fragment_paths(self) -> list[Path]:
        """The files that are merged over tinyconfig."""
        return [HERE / "configs" / f"{name}.config" for name in self.fragments]

    def objects(self, tree: Tree) -> Path:
        """Its object directory."""
        return tree.build / self.name


def load_configs() -> list[Config]:
    """The table of configurations."""
    table = tomllib.loads((HERE / "configs.toml").read_text())
    return [Config(name, row["arch"], row.get("cross", ""), tuple(row["fragments"]),
                   tuple(row["targets"]), row.get("modules", False))
            for name, row in table.items()]


def options(text: str) -> dict[str, str]:
    """The options of a .config or a fragment, one that is off as n."""
    matches = (OPTION.match(line) for line in text.splitlines())
    return {match[1] or match[3]: match[2] or "n" for match in matches if match}


def lost(config: str, wanted: str) -> list[str]:
    """The options of a fragment that a configuration does not have."""
    have = options(config)
    return [f"{name} is {have.get(name, 'n')}, not {value}"
            for name, value in options(wanted).items() if have.get(name, "n") != value]


def wanted_options(config: Config) -> str:
    """All fragments; the last word on an option counts."""
    return "\n".join(path.read_text() for path in config.fragment_paths())


def compiler(config: Config) -> str:
    """Where its compiler is."""
    package = f"gcc-{config.cross.rstrip('-')}" if config.cross else "gcc"
    return need(f"{config.cross}gcc", package)


def make(tree: Tree, config: Config, arguments: Sequence[str],
         jobs: int = os.cpu_count() or 1) -> tuple[int, str]:
    """Run make in the kernel tree for one configuration."""
    command = [need("make", "make"), "-C", str(tree.linux), f"O={config.objects(tree)}",
               f"ARCH={config.arch}", f"CROSS_COMPILE={config.cross}",
               f"-j{jobs}", "-Otarget",
               "HOSTCFLAGS=-O0", "V=0", *arguments]
    # make hands its own options down to us when it runs the checks.
    return run(command, cwd=tree.root, env={"MAKEFLAGS": "", "MAKELEVEL": ""})


def make_objects(tree: Tree, config: Config, options: Sequence[str],
                 targets: Sequence[str]) -> tuple[int, str]:
    """Compile; one after the other what would be compiled twice at the same time."""
    twice = [target for target in targets if target.startswith(ENTERED_TWICE)]
    once = [target for target in targets if target not in twice]
    status, output = make(tree, config, [*options, *once]) if once else (0, "")
    if twice:
        status2, output2 = make(tree, config, [*options, *twice], jobs=1)
        status, output = status or status2, output + output2
    return status, output


def digest(*parts: str) -> str:
    """A short form of some texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def fingerprint(tree: Tree, config: Config) -> str:
    """Changes when the object directory has to be made anew."""
    _, version = run([compiler(config), "--version"], cwd=tree.root)
    return digest(str(tree.linux), repr(config), version, wanted_options(config))


def rules_fingerprint(tree: Tree) -> str:
    """Changes with the options and objects that there are, as far as that is our doing."""
    names = {name for name in (*tree.grafted(), *patched_files(tree))
             if Path(name).name.startswith(RULES)}
    return digest(*((tree.linux / name).read_text() for name in sorted(names)))


def step(tree: Tree, config: Config, arguments: Sequence[str], log: Path) -> None:
    """A make that has to succeed before anything can be checked."""
    status, output = make(tree, config, arguments)
    with log.open("a") as stream:
        stream.write(output)
    if status:
        raise CheckError(f"make {arguments[0]} failed, see {log}")


def marks_of(tree: Tree, config: Config) -> list[str]:
    """What an object directory has to be made for."""
    return [fingerprint(tree, config), rules_fingerprint(tree)]


def known_marks(tree: Tree, config: Config) -> list[str]:
    """What an object directory was made for."""
    stamp = config.objects(tree) / STAMP
    return stamp.read_text().split() if stamp.exists() else []


def configure(tree: Tree, config: Config, log: Path) -> list[str]:
    """Make the object directory unless it is there; the options it lacks."""
    objects = config.objects(tree)
    stamp = objects / STAMP
    marks = marks_of(tree, config)
    known = known_marks(tree, config)
    if known != marks:
        if known[:1] != marks[:1]:
            shutil.rmtree(objects, ignore_errors=True)
        objects.mkdir(parents=True, exist_ok=True)
        stamp.unlink(missing_ok=True)
        # What these rules do not make any more is not to be taken for made.
        (objects / TRUSTED).unlink(missing_ok=True)
        step(tree, config, ["tinyconfig"], log)
        fragment = objects / "wanted.config"
        fragment.write_text(wanted_options(config))
        merge = [str(tree.linux / "scripts/kconfig/merge_config.sh"), "-m", "-Q",
                 "-O", str(objects), str(objects / ".config"), str(fragment)]
        status, output = run(merge, cwd=objects)
        if status:
            raise CheckError("merge_config.sh: " + output.strip().split("\n")[-1])
        step(tree, config, ["olddefconfig"], log)
        stamp.write_text("\n".join(marks))
    return lost((objects / ".config").read_text(), wanted_options(config))


def drop_objects(tree: Tree, config: Config) -> None:
    """
    Have everything under check compiled again.

    A warning is printed once, by the compilation that finds it, so what was
    built by a run that did not end is not trusted.
    """
    for target in config.targets:
        place = config.objects(tree) / target
        for path in place.rglob("*.o") if target.endswith("/") else [place]:
            path.unlink(missing_ok=True)


def drop_compiled(tree: Tree, config: Config, log: str) -> None:
    """Have the objects compiled again of which a build said that it made them."""
    for name in COMPILED.findall(log):
        (config.objects(tree) / name).unlink(missing_ok=True)
