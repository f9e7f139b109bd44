"""The one timer of the process: rings when the router's next deadline comes, and knows how late it is.

Owns the timer, the measure of its lateness and what follows from that: the sockets are emptied before anybody's master is taken
for dead, the scheduling priority may be raised, and the log hears of it. It also gives the garbage collector its gaps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.log import Level
from keepalived_py.vrrp.lateness import OVERSLEPT, Lateness

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable

    from keepalived_py.config.ast import Microseconds
    from keepalived_py.runtime.collector import IdleCollector
    from keepalived_py.runtime.worker import WorkerContext
    from keepalived_py.vrrp.machine import Instance


class Alarm:
    """``ring(when)`` is called when the time ``when`` has come; ``catch_up()`` before that, if it came late.

    ``instances()`` are those whose timers these are.
    """

    def __init__(
        self,
        context: WorkerContext,
        collector: IdleCollector,
        *,
        ring: Callable[[Microseconds], None],
        catch_up: Callable[[], None],
        instances: Callable[[], Iterable[Instance]],
    ) -> None:
        self._context = context
        self._collector = collector
        self._ring = ring
        self._catch_up = catch_up
        self._instances = instances
        self._timer: asyncio.TimerHandle | None = None
        self._when: Microseconds | None = None
        self._noticed: Microseconds | None = None
        self.lateness = Lateness()
        self._beat: Microseconds = 0

    def set_beat(self, beat: Microseconds) -> None:
        """Ring only at multiples of ``beat``, so that a crowd of instances does not wake the process one by one; 0: any time."""
        self._beat = beat

    def set(self, when: Microseconds | None) -> None:
        """Set it nearer if need be; one that is too early finds nothing due and is set again."""
        if when is None or (self._when is not None and self._when <= when):
            return
        if self._beat:
            when += -when % self._beat
        if self._timer is not None:
            self._timer.cancel()
        self._when = when
        self._timer = self._context.loop.call_at(when / 1_000_000, self._due)

    def close(self) -> None:
        """Ring no more; tell how late it ever was."""
        if self._timer is not None:
            self._timer.cancel()
        if (summary := self.lateness.summary()) is not None:
            self._context.log.detail(summary)

    def look(self, now: Microseconds) -> bool:
        """Whether the timer should have gone off long ago. To be asked before any event is handled: that moves deadlines."""
        if self._when is None:
            return False
        late = now - self._when
        if late <= OVERSLEPT:
            return False
        if self._noticed != self._when:
            self._noticed = self._when
            if (line := self.lateness.note(late, now, self._instances())) is not None:
                self._context.log(Level.INFO, line)
            self._context.scheduling.was_late(late)
        return True

    def _due(self) -> None:
        late = self.look(self._context.now())
        when, self._timer, self._when = self._when or 0, None, None
        if late:
            # We were not scheduled: hear what the master said meanwhile before declaring it dead.
            self._catch_up()
        self._ring(when)
        self._collector.idle(None if self._when is None else self._when - self._context.now())
