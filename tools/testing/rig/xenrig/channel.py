# SPDX-License-Identifier: GPL-2.0-only
"""The result channel: takes dom0's results and the guests' consoles apart."""
import re
from dataclasses import dataclass, field

CONSOLE = re.compile(r"^@([A-Za-z0-9_.-]+): ?(.*)$")
TOKEN = "RIG-TOKEN "


@dataclass
class Channel:
    """What came over it."""
    results: list[str] = field(default_factory=list)
    consoles: dict[str, list[str]] = field(default_factory=dict)
    last: str = ""

    def token_is_last(self, nonce: str) -> bool:
        """Is this run's token there once, and the last line of all?"""
        tokens = [line for line in self.results if line.startswith(TOKEN)]
        return self.last == TOKEN + nonce and len(tokens) == 1

    def ktap(self) -> list[str]:
        """The results without the token."""
        return [line for line in self.results if not line.startswith(TOKEN)]


def lines_of(text: str) -> list[str]:
    """Lines as a console has them, with carriage returns and all."""
    return [line.rstrip("\r") for line in text.replace("\r\n", "\n").split("\n")]


def split(text: str) -> Channel:
    """Takes a channel's log apart."""
    channel = Channel()
    for line in lines_of(text):
        if not line:
            continue
        channel.last = line
        match = CONSOLE.match(line)
        if match:
            channel.consoles.setdefault(match[1], []).append(match[2])
        else:
            channel.results.append(line)
    return channel
