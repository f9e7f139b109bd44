"""Notify scripts in the order of what they tell: those of a change do not start before those of the change before have ended.

Owns the waiting, object by object (an instance, a group). keepalived starts every script at once, so that two changes in quick
succession may be told the wrong way round. A script that takes long holds up nobody for ever: after ``_PATIENCE`` from its start
the next ones start beside it. Source of what is run when: reference/cli-and-process.md §9.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keepalived_py.config.ast import Command, Microseconds
    from keepalived_py.notify.script import ScriptRunner

_PATIENCE = 5.0  # seconds
#: So many changes of one object may wait; beyond that the oldest of them is told at once.
_MOST_WAITING = 16

#: What is run for one change, side by side: programs and the arguments they get in addition.
Batch: TypeAlias = "Sequence[tuple[Command, Sequence[str]]]"


@dataclass(slots=True, eq=False)
class _Lane:
    """The scripts of one object: how many of the last change run, since when, and what waits behind them."""

    running: int = 0
    started: float = 0.0
    generation: int = 0
    waiting: deque[Batch] = field(default_factory=deque)
    timer: asyncio.TimerHandle | None = None


class ScriptSequence:
    """The lanes of one process; needs a running event loop."""

    def __init__(self, scripts: ScriptRunner) -> None:
        self._scripts = scripts
        self._lanes: dict[str, _Lane] = {}

    def start(self, lane_name: str, batch: Batch) -> None:
        """Run the scripts of a change when those of the object's change before have ended."""
        if batch:
            self._lanes.setdefault(lane_name, _Lane()).waiting.append(batch)
            self._advance(lane_name)

    def start_last(self, lane_name: str, batch: Batch, *, limit: Microseconds) -> None:
        """Run the scripts of an object's end: now, after whatever waited; each is killed after ``limit``."""
        self._flush(lane_name)
        for command, arguments in batch:
            self._scripts.start(command, arguments, limit=limit)

    def flush(self) -> None:
        """Start whatever waits: there is no more time to wait."""
        for lane_name in list(self._lanes):
            self._flush(lane_name)

    def _flush(self, lane_name: str) -> None:
        lane = self._lanes.get(lane_name)
        if lane is not None:
            while lane.waiting:
                self._run(lane_name, lane)
            self._advance(lane_name)

    def _advance(self, lane_name: str) -> None:
        lane = self._lanes[lane_name]
        if lane.timer is not None:
            lane.timer.cancel()
            lane.timer = None
        loop = asyncio.get_running_loop()
        while lane.waiting and (
            not lane.running or len(lane.waiting) > _MOST_WAITING or loop.time() >= lane.started + _PATIENCE
        ):
            self._run(lane_name, lane)
        if lane.waiting:
            lane.timer = loop.call_at(lane.started + _PATIENCE, self._advance, lane_name)
        elif not lane.running:
            del self._lanes[lane_name]

    def _run(self, lane_name: str, lane: _Lane) -> None:
        lane.generation += 1
        lane.running = 0
        lane.started = asyncio.get_running_loop().time()
        generation = lane.generation
        for command, arguments in lane.waiting.popleft():
            ended = self._scripts.start(command, arguments)
            if ended is not None:
                lane.running += 1
                ended.add_done_callback(lambda _ended: self._ended(lane_name, lane, generation))

    def _ended(self, lane_name: str, lane: _Lane, generation: int) -> None:
        if generation == lane.generation:
            lane.running -= 1
            if not lane.running:
                self._advance(lane_name)
