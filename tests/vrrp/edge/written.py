"""A log that keeps its lines, for the edges' tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keepalived_py.log import Level


class Written:
    """The lines in order, detail or not."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, _level: Level, text: str, *, detail: bool = False) -> None:  # noqa: ARG002 - what a log takes
        """Keep a line."""
        self.lines.append(text)

    def detail(self, text: str) -> None:
        """Keep a line of -D."""
        self.lines.append(text)
