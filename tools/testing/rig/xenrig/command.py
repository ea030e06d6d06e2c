# SPDX-License-Identifier: GPL-2.0-only
"""What each command that measures does around its own work."""
import sys
from typing import Callable

from . import paths as paths_module
from .paths import Paths, RigError, explain


def command(name: str, run: Callable[[Paths, Callable[[str], None]], int]) -> int:
    """Runs it; errors that the user can mend are one line."""
    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    try:
        return run(paths_module.find(), say)
    except (RigError, OSError) as error:
        say(f"{name}: {explain(error)}")
    except KeyboardInterrupt:
        say(f"{name}: interrupted")
    return 1
