"""What an instance has already complained of: each kind of bad packet is logged once, or its sender could fill the log.

Owns the memory of kinds; what is wrong with a packet is said by whoever found out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.vrrp.effects import Log

if TYPE_CHECKING:
    from keepalived_py.vrrp.effects import Effect


class Complaints:
    """The complaints of one instance, until ``forget()``: the master changed, or our own state did."""

    def __init__(self, name: str) -> None:
        self._name = name
        #: None until there is one: most instances never complain, and an empty set is 216 bytes.
        self._made: set[str] | None = None

    def make(self, kind: str, text: str, out: list[Effect], *, detail: bool = False) -> None:
        """Log a complaint unless one of its kind was made."""
        if self._made is None:
            self._made = set()
        if kind not in self._made:
            self._made.add(kind)
            out.append(Log(text=f"({self._name}) {text}", detail=detail))

    def forget(self) -> None:
        """Log every kind anew."""
        self._made = None
