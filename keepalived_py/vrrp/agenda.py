"""The deadlines of many machines in one heap, cheap when most of them only ever move further away.

Owns when, not what: a BACKUP's deadline moves with every advert it hears, so a machine keeps one entry, and is asked again when
that entry comes up.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from keepalived_py.config.ast import Microseconds


class Timed(Protocol):
    """Whatever has a deadline."""

    @property
    def deadline(self) -> Microseconds | None:
        """When it wants to be woken; None: never."""


class Agenda:
    """Which machine is due, the earliest first; at equal times in the order of their arrival."""

    def __init__(self) -> None:
        self._heap: list[tuple[Microseconds, int, Timed]] = []
        self._entries: dict[int, tuple[Microseconds, int]] = {}
        self._order = 0

    def update(self, machine: Timed) -> None:
        """Look at a machine's deadline again. Needed after every event that may have brought it nearer."""
        when = machine.deadline
        if when is None:
            return
        entry = self._entries.get(id(machine))
        if entry is None:
            self._order += 1
            order = self._order
        elif entry[0] <= when:
            return
        else:
            order = entry[1]
        self._entries[id(machine)] = (when, order)
        heapq.heappush(self._heap, (when, order, machine))

    def clear(self) -> None:
        """Forget every machine."""
        self._heap.clear()
        self._entries.clear()

    @property
    def deadline(self) -> Microseconds | None:
        """The earliest deadline of all."""
        heap = self._heap
        while heap:
            when, order, machine = heap[0]
            if self._entries.get(id(machine)) != (when, order):
                heapq.heappop(heap)  # replaced by an earlier one
                continue
            wanted = machine.deadline
            if wanted == when:
                return when
            if wanted is None:
                heapq.heappop(heap)
                del self._entries[id(machine)]
            else:
                self._entries[id(machine)] = (wanted, order)
                heapq.heapreplace(heap, (wanted, order, machine))
        return None

    def pop_due(self, now: Microseconds) -> Timed | None:
        """Take the earliest machine off if it is due; ``update`` puts it on again."""
        earliest = self.deadline
        if earliest is None or earliest > now:
            return None
        _when, _order, machine = heapq.heappop(self._heap)
        del self._entries[id(machine)]
        return machine
