# SPDX-License-Identifier: GPL-2.0-only
"""The test clock: it stands while the machine under this one runs something else."""
import os
import time
from pathlib import Path

STAT = Path("/proc/stat")
# Of the first line's fields: time that was wanted and not given.
STEAL = 8


def stolen() -> float:
    """Seconds that this machine was not run since its start, averaged over its processors."""
    fields = STAT.read_text(encoding="ascii").split("\n", 1)[0].split()
    return int(fields[STEAL]) / os.sysconf("SC_CLK_TCK") / (os.cpu_count() or 1)


def now() -> float:
    """Seconds since some time in the past, without those that were stolen."""
    return time.monotonic() - stolen()
