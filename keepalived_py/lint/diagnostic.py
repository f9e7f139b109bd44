"""What a rule says: place, severity, what is wrong, what to do. Owns the shape only; prints nothing."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final


class Severity(enum.IntEnum):
    """How bad a finding is: an error certainly does not do what was meant."""

    INFO = 0
    WARNING = 1
    ERROR = 2

    @property
    def word(self) -> str:
        """The name people read and write."""
        return self.name.lower()


SEVERITIES: Final = {severity.word: severity for severity in Severity}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where in a file: line and columns counted from 1 in characters, ``end`` is the column after the last one.

    ``text`` is the physical line, what is no UTF-8 in it replaced.
    """

    file: str
    line: int
    start: int = 1
    end: int = 1
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One finding. ``span`` is None when it belongs to no line of ``file``; ``node`` names the machine in a cluster."""

    rule: str
    severity: Severity
    file: str
    message: str
    advice: str
    span: Span | None = None
    node: str = ""

    @property
    def place(self) -> tuple[str, int, int]:
        """What findings are sorted by."""
        if self.span is None:
            return self.file, 0, 0
        return self.span.file, self.span.line, self.span.start
