"""A tracked process: whether as many of it run as are wanted, and the patience with which that is judged.

Owns the quorum and its two delays; which processes count is ``process_table.py``'s. Source: reference/vrrp-behaviour.md §7.

The rules: a quorum that is gained by a fork counts after ``fork_delay``, one that is lost by an exit after ``terminate_delay``;
when the opposite happens meanwhile, nothing has happened. Any other change (a program replaced, a name changed) counts at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from keepalived_py.vrrp.effects import Effect, Log
from keepalived_py.vrrp.events import Counting, DeadlineReached, ProcessesCounted

if TYPE_CHECKING:
    from keepalived_py.config.ast import Microseconds, TrackProcess

ProcessEvent: TypeAlias = ProcessesCounted | DeadlineReached


class ProcessTracker:
    """One ``vrrp_track_process``. ``up`` is whether it has its quorum, as far as that counts yet."""

    def __init__(self, configuration: TrackProcess, count: int = 0) -> None:
        self.configuration = configuration
        self.name = configuration.name
        self.count = count
        self.up = self._has_quorum(count)
        self.deadline: Microseconds | None = None

    def handle(self, event: ProcessEvent, now: Microseconds) -> list[Effect]:
        """Take one event; return what is to be said. A changed ``up`` is for the caller to see."""
        out: list[Effect] = []
        match event:
            case DeadlineReached():
                if self.deadline is not None and now >= self.deadline:
                    self._settle(out)
            case ProcessesCounted(count=count, by=by):
                before, self.count = self.count, count
                crossed = self._has_quorum(before) != self._has_quorum(count)
                if by is Counting.LISTED and before != count:
                    out.append(self._recounted(before, crossed=crossed))
                if crossed:
                    self._cross(by, now, out)
        return out

    def inherit(self, old: ProcessTracker) -> None:
        """Go on over a reload where one of the same configuration was, a delay that runs included."""
        self.count, self.up, self.deadline = old.count, old.up, old.deadline

    def _cross(self, by: Counting, now: Microseconds, out: list[Effect]) -> None:
        delay = 0
        if by is Counting.FORK:
            delay = self.configuration.fork_delay
        elif by is Counting.EXIT:
            delay = self.configuration.terminate_delay
        elif by is Counting.LISTED:
            gained = self._has_quorum(self.count)
            delay = self.configuration.fork_delay if gained else self.configuration.terminate_delay
        if self.deadline is None and delay:
            self.deadline = now + delay
        else:
            self._settle(out)

    def _settle(self, out: list[Effect]) -> None:
        self.deadline = None
        is_up = self._has_quorum(self.count)
        if is_up is not self.up:
            self.up = is_up
            out.append(Log(text=f"Quorum {'gained' if is_up else 'lost'} for tracked process {self.name}"))

    def _has_quorum(self, count: int) -> bool:
        maximum = self.configuration.maximum
        return count >= self.configuration.quorum and (maximum is None or count <= maximum)

    def _recounted(self, before: int, *, crossed: bool) -> Log:
        ending = (", quorum up" if self._has_quorum(self.count) else ", quorum down") if crossed else ""
        return Log(
            text=f"Process {self.name}, number of current processes changed from {before} to {self.count}{ending}",
            detail=True,
        )
