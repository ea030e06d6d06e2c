# SPDX-License-Identifier: GPL-2.0-only
"""Does any configuration compile it?  A check of one configuration goes without a word
over what that one leaves out, so a file that all leave out has no check at all."""

from .compile import compiled, current_owned, require_compiled
from .graft import Owned
from .kbuild import Config, load_configs
from .tree import Tree


def kernel_sources(owned: Owned) -> list[str]:
    """C files of ours and those with seams, but for the tests in user space."""
    return [name for name in owned.sources() if not name.startswith("tools/")]


def uncovered(tree: Tree, owned: Owned, configs: list[Config]) -> list[str]:
    """The sources of which no configuration has an object."""
    names = kernel_sources(owned)
    covered = {name for config in configs for name in compiled(tree, config, names)}
    return [name for name in names if name not in covered]


def check_coverage(tree: Tree) -> list[str]:
    """Every C file with lines of ours is compiled somewhere."""
    configs = load_configs()
    for config in configs:
        require_compiled(tree, config)
    return [f"{name}: no configuration of configs.toml compiles it"
            for name in uncovered(tree, current_owned(tree), configs)]
