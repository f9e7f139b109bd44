"""At most one gratuitous ARP in a given time on an interface (vrrp_garp_interval, garp_group).

Owns the queue of what came too fast: each address waits in it once, with the number of messages it still wants (at most
garp_master_repeat). Source: reference/vrrp-behaviour.md §9.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from keepalived_py.vrrp.events import DeadlineReached, SendGratuitousArp, State, StateChanged

if TYPE_CHECKING:
    from keepalived_py.config.ast import Configuration, Microseconds
    from keepalived_py.vrrp.agenda import Agenda
    from keepalived_py.vrrp.events import Effect


class AnnouncementLimiter:
    """The limit of one interface. ``deadline`` is when the next queued message may go."""

    def __init__(self, interval: Microseconds, most: int) -> None:
        self._interval = interval
        self._most = most
        self._free_at: Microseconds = 0
        self._queue: deque[SendGratuitousArp] = deque()
        self._pending: dict[SendGratuitousArp, int] = {}

    @property
    def deadline(self) -> Microseconds | None:
        """When the next one may be sent; None if none waits."""
        return self._free_at if self._queue else None

    def passes(self, message: SendGratuitousArp, now: Microseconds) -> bool:
        """Return whether the message may be sent at once; if not, it is queued."""
        if not self._queue and now >= self._free_at:
            self._free_at = now + self._interval
            return True
        if message not in self._pending:
            self._queue.append(message)
        self._pending[message] = min(self._pending.get(message, 0) + 1, self._most)
        return False

    def handle(self, _event: DeadlineReached, now: Microseconds) -> list[Effect]:
        """Send the next queued message if its time has come; addresses take turns."""
        if not self._queue or now < self._free_at:
            return []
        message = self._queue.popleft()
        self._pending[message] -= 1
        if self._pending[message]:
            self._queue.append(message)
        else:
            del self._pending[message]
        self._free_at = now + self._interval
        return [message]

    def drop(self, instance: str) -> None:
        """Forget what an instance had queued: it is no longer MASTER."""
        if any(message.instance == instance for message in self._pending):
            self._queue = deque(message for message in self._queue if message.instance != instance)
            self._pending = {message: count for message, count in self._pending.items() if message.instance != instance}


class Limits:
    """The limiters of all interfaces that have one."""

    def __init__(self, configuration: Configuration) -> None:
        self._by_interface = {
            address.interface: AnnouncementLimiter(wanted.garp.interval, wanted.garp.repeat)
            for wanted in reversed(configuration.vrrp_instances)
            if wanted.garp.interval
            for address in (*wanted.virtual_addresses, *wanted.excluded_addresses)
        }

    def hold_back(self, effects: list[Effect], now: Microseconds, agenda: Agenda) -> list[Effect]:
        """Keep gratuitous ARP that comes too fast for its interface, let go what has waited long enough."""
        if not self._by_interface:
            return effects
        out: list[Effect] = []
        for effect in effects:
            if isinstance(effect, SendGratuitousArp):
                limiter = self._by_interface.get(effect.interface)
                if limiter is not None and not limiter.passes(effect, now):
                    continue
            elif isinstance(effect, StateChanged) and effect.state is not State.MASTER:
                for limiter in self._by_interface.values():
                    limiter.drop(effect.instance)
            out.append(effect)
        for limiter in self._by_interface.values():
            out += limiter.handle(DeadlineReached(), now)
            agenda.update(limiter)
        return out
