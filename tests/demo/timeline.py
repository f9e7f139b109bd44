"""The lines that the demonstration prints: one an event, with the time since the scene began; colour on a terminal only."""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
import textwrap
import time

_COLOURS = {
    "master": "1;32",
    "backup": "36",
    "fault": "1;31",
    "bad": "31",
    "good": "32",
    "action": "1;33",
    "result": "1;35",
    "quiet": "2",
    "title": "1",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One line: when (time.monotonic() seconds), who, what, and how it looks."""

    when: float
    who: str
    text: str
    style: str = ""


class Timeline:
    """Prints entries."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        terminal = sys.stdout.isatty()
        self._colour = terminal and "NO_COLOR" not in os.environ
        self._width = max(shutil.get_terminal_size().columns, 60) if terminal else 1000

    def scene(self, title: str) -> None:
        """Begin a scene: its clock starts at zero."""
        self._began = time.monotonic()
        self.line()
        self.line(title, "title")

    def line(self, text: str = "", style: str = "") -> None:
        """Print a line without a time."""
        sys.stdout.write(self._styled(text, style) + "\n")
        sys.stdout.flush()

    def show(self, entry: Entry) -> None:
        """Print an entry."""
        head = f"{max(entry.when - self._began, 0):7.2f} s  {entry.who:<11} "
        for text in textwrap.wrap(entry.text, max(self._width - len(head), 20)):
            self.line(head + self._styled(text, entry.style))
            head = " " * len(head)

    def _styled(self, text: str, style: str) -> str:
        return f"\033[{_COLOURS[style]}m{text}\033[0m" if self._colour and style in _COLOURS else text
