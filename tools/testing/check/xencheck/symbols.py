# SPDX-License-Identifier: GPL-2.0-only
"""Would every configuration link?  What is ours in one must be there in each that
uses it; a whole kernel need not be linked to see that."""

from functools import cache
from pathlib import Path

from .command import need, run
from .compile import built_sources, require_compiled
from .kbuild import Config, load_configs
from .tree import CheckError, Tree

DEFINED = set("ABCDRTVW")


def objects_of(tree: Tree, config: Config) -> list[Path]:
    """Every object that make compiled of a source of the kernel."""
    found = [path for name in ("arch", "drivers")
             for path in (config.objects(tree) / name).rglob("*.o")]
    return [path for path in found if has_source(tree.linux / path.relative_to(
        config.objects(tree)))]


def has_source(path: Path) -> bool:
    """An object that was linked of others has none."""
    return any(path.with_suffix(suffix).exists() for suffix in (".c", ".S"))


def parse(output: str) -> tuple[set[str], set[str]]:
    """Symbols that nm found defined, and those it found wanted."""
    rows = [line.split() for line in output.splitlines()]
    defined = {row[2] for row in rows if len(row) == 3 and row[1] in DEFINED}
    wanted = {row[1] for row in rows if len(row) == 2 and row[0] == "U"}
    return defined, wanted


def symbols(tree: Tree, config: Config, objects: list[Path]) -> tuple[set[str], set[str]]:
    """Defined and wanted by these objects."""
    if not objects:
        return set(), set()
    tool = need(f"{config.cross}nm", "binutils")
    status, output = run([tool, *map(str, objects)], cwd=tree.root)
    if status:
        raise CheckError(f"{tool} failed: {output.splitlines()[-1]}")
    return parse(output)


@cache
def ours(tree: Tree) -> frozenset[str]:
    """What our sources define in any configuration."""
    found: set[str] = set()
    for config in load_configs():
        names = [config.objects(tree) / name for name in built_sources(tree, config)]
        found |= symbols(tree, config, [name.with_suffix(".o") for name in names])[0]
    return frozenset(found)


def missing(defined: set[str], wanted: set[str], own: frozenset[str]) -> list[str]:
    """What is ours, is wanted, and is not there."""
    return sorted((wanted & own) - defined)


def check_symbols(tree: Tree) -> list[str]:
    """Nothing of ours is used where it is not compiled."""
    found = []
    for config in load_configs():
        require_compiled(tree, config)
        defined, wanted = symbols(tree, config, objects_of(tree, config))
        found += [f"{config.name}: {name} is used and nothing defines it"
                  for name in missing(defined, wanted, ours(tree))]
    return found
