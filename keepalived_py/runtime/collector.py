"""Garbage collection when nothing else is to be done: never between a deadline and what it is for.

Python collects when enough objects have been made, which may be in the middle of a burst of adverts. Here that is switched off,
and its owner says when there is a gap. Only what reference counts cannot free waits for it: objects that point at each other.
"""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepalived_py.config.ast import Microseconds

#: Objects made and not freed, since the last collection, that make one worth its while.
_WORTH_WHILE = 700
#: So many that a collection is made whatever it gets in the way of: memory must not grow for ever in a process without gaps.
SAFETY_NET = 500_000
#: A gap is used when it is so many times as long as the same collection took last.
_MARGIN = 3
_ROUNDS_BEFORE_OLDER = 10
#: So many gaps in a row in which an older generation did not fit; then it is collected all the same.
_PATIENCE = 10_000
#: What is assumed of a generation that has not been collected yet.
_FIRST_GUESS: tuple[Microseconds, ...] = (1_000, 5_000, 100_000)


class IdleCollector:
    """Collects in gaps. ``planned`` and ``unplanned`` count collections, ``longest`` is the longest in microseconds of either.

    One a process. ``clock`` gives microseconds.
    """

    def __init__(self, clock: Callable[[], Microseconds] = lambda: time.perf_counter_ns() // 1000) -> None:
        self.planned = 0
        self.unplanned = 0
        self.longest: dict[str, Microseconds] = {"planned": 0, "unplanned": 0}
        self._clock = clock
        self._expected = list(_FIRST_GUESS)
        self._rounds = [0, 0, 0]
        self._too_short = 0
        self._in_gap = False
        self._began: Microseconds = 0

    def start(self) -> None:
        """Take over: what exists by now stays out of every later collection."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(SAFETY_NET, 1000, 1000)
        gc.enable()
        gc.callbacks.append(self._watch)

    def stop(self) -> None:
        """Let Python collect as before."""
        gc.callbacks.remove(self._watch)
        gc.set_threshold(700, 10, 10)

    def idle(self, gap: Microseconds | None) -> None:
        """Nothing is to be done for ``gap`` microseconds (None: for who knows how long): collect if it is worth it and fits."""
        if gc.get_count()[0] < _WORTH_WHILE:
            return
        generation = self._fitting(gap)
        if generation is None:
            return
        self._rounds[generation] += 1
        for younger in range(generation):
            self._rounds[younger] = 0
        self._in_gap = True
        began = self._clock()
        gc.collect(generation)
        self._in_gap = False
        self._expected[generation] = self._clock() - began

    def summary(self) -> str:
        """Return a line about all of it for the end."""
        return (
            f"Garbage collected {self.planned} times in gaps, at most {self.longest['planned'] / 1000:.3f} ms,"
            f" and {self.unplanned} times otherwise, at most {self.longest['unplanned'] / 1000:.3f} ms"
        )

    def _fitting(self, gap: Microseconds | None) -> int | None:
        """Give the oldest generation whose turn it is and whose collection fits; None if not even the youngest does."""
        wanted = 0
        while wanted < 2 and self._rounds[wanted] >= _ROUNDS_BEFORE_OLDER:
            wanted += 1
        fits = (
            range(wanted, -1, -1) if gap is None else [age for age in range(3) if self._expected[age] * _MARGIN <= gap]
        )
        if wanted in fits or self._too_short >= _PATIENCE:
            self._too_short = 0
            return wanted
        self._too_short += 1
        return max((age for age in fits if age <= wanted), default=None)

    def _watch(self, phase: str, _details: dict[str, int]) -> None:
        if phase == "start":
            self._began = self._clock()
            return
        kind = "planned" if self._in_gap else "unplanned"
        self.longest[kind] = max(self.longest[kind], self._clock() - self._began)
        if self._in_gap:
            self.planned += 1
        else:
            self.unplanned += 1
