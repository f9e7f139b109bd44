"""How late the process gets to its timers, and what that may mean: it was not scheduled while masters were to be heard.

Pure: it is told times and answers with what is to be said. A process that was stopped, swapped out or starved wakes up with its
master down timers at their end and the adverts that it missed in its sockets: whoever uses this reads those first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.vrrp.events import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.config.ast import Microseconds
    from keepalived_py.vrrp.machine import Instance

#: How late a timer must be to count as this process not having been scheduled.
OVERSLEPT: Microseconds = 50_000
#: So often at most the log hears of it.
_REPEAT_REMARK: Microseconds = 10_000_000


class Lateness:
    """Counts since the start: ``times`` a timer came later than OVERSLEPT, ``longest`` of these delays, and ``overslept``.

    ``overslept`` is how many times a master down timer ended meanwhile, so that a master might have been taken for dead.
    """

    def __init__(self) -> None:
        self.times = 0
        self.overslept = 0
        self.longest: Microseconds = 0
        self._said_at: Microseconds | None = None
        self._unsaid = 0

    def note(self, late: Microseconds, now: Microseconds, instances: Iterable[Instance]) -> str | None:
        """Take in that timers were found ``late``, before anything else is done; return a line for the log."""
        self.times += 1
        self.longest = max(self.longest, late)
        ended = sum(_has_run_out(instance, now) for instance in instances)
        if not ended:
            return None
        self.overslept += ended
        if self._said_at is not None and now - self._said_at < _REPEAT_REMARK:
            self._unsaid += 1
            return None
        before = f" ({self._unsaid} times more since this was last said)" if self._unsaid else ""
        self._said_at, self._unsaid = now, 0
        masters = "a master down timer" if ended == 1 else f"{ended} master down timers"
        return (
            f"This process was not scheduled when {masters} ended, {seconds(late)} seconds late"
            f" - reading what has arrived before a master is taken for dead{before}"
        )

    def summary(self) -> str | None:
        """Return a line about all of it for the end; None if the process was always in time."""
        if not self.times:
            return None
        return (
            f"Timers were late {self.times} times, at most {seconds(self.longest)} seconds;"
            f" {self.overslept} master down timers ended meanwhile"
        )


def _has_run_out(instance: Instance, now: Microseconds) -> bool:
    return instance.state is State.BACKUP and instance.deadline is not None and instance.deadline <= now


def seconds(duration: Microseconds) -> str:
    """Write a duration as the reference does: seconds with six places."""
    return f"{duration // 1_000_000}.{duration % 1_000_000:06}"
