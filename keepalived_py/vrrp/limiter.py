"""At most one gratuitous ARP, or one unsolicited neighbour advertisement, in a given time on an interface.

Owns the queue of what came too fast: each address waits in it once, with the number of messages it still wants (at most its
instance's garp_master_repeat). The interfaces of a ``garp_group`` share one gap, any other has its own of ``vrrp_garp_interval``
and ``vrrp_gna_interval``; a virtual interface counts as the one below it. Source: reference/vrrp-behaviour.md §9.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, TypeAlias

from keepalived_py.vrrp.effects import SendGratuitousArp, SendNeighbourAdvertisement, StateChanged
from keepalived_py.vrrp.events import DeadlineReached, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.config.ast import Configuration, Microseconds
    from keepalived_py.vrrp.agenda import Agenda
    from keepalived_py.vrrp.effects import Effect

Message: TypeAlias = SendGratuitousArp | SendNeighbourAdvertisement
_ARP, _NA = 4, 6


class AnnouncementLimiter:
    """The limit of one interface or group. ``deadline`` is when the next queued message may go."""

    def __init__(self, interval: Microseconds) -> None:
        self._interval = interval
        self._free_at: Microseconds = 0
        self._queue: deque[Message] = deque()
        self._pending: dict[Message, int] = {}

    @property
    def deadline(self) -> Microseconds | None:
        """When the next one may be sent; None if none waits."""
        return self._free_at if self._queue else None

    def passes(self, message: Message, now: Microseconds, *, most: int) -> bool:
        """Return whether the message may be sent at once; if not, it is queued, with at most so many of its address."""
        if not self._queue and now >= self._free_at:
            self._free_at = now + self._interval
            return True
        if message not in self._pending:
            self._queue.append(message)
        self._pending[message] = min(self._pending.get(message, 0) + 1, most)
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
        self._most = {wanted.name: wanted.garp.repeat for wanted in configuration.vrrp_instances}
        self._by_interface: dict[tuple[str, int], AnnouncementLimiter] = {}
        grouped: dict[tuple[str, int], AnnouncementLimiter] = {}
        named: set[str] = set()
        for group in configuration.garp_groups:
            named.update(group.interfaces)
            for kind, interval in ((_ARP, group.garp_interval), (_NA, group.gna_interval)):
                if interval:
                    limiter = AnnouncementLimiter(interval)
                    grouped.update(((name, kind), limiter) for name in group.interfaces)
        defaults = configuration.global_defs.vrrp
        for name, base in _interfaces(configuration):
            for kind, interval in ((_ARP, defaults.garp_interval), (_NA, defaults.gna_interval)):
                if interval and base not in named and (base, kind) not in grouped:
                    grouped[base, kind] = AnnouncementLimiter(interval)
                if (base, kind) in grouped:
                    self._by_interface[name, kind] = grouped[base, kind]
        self._limiters = list({id(each): each for each in self._by_interface.values()}.values())

    def hold_back(self, effects: list[Effect], now: Microseconds, agenda: Agenda) -> list[Effect]:
        """Keep announcements that come too fast for their interface, let go what has waited long enough."""
        if not self._limiters:
            return effects
        out: list[Effect] = []
        for effect in effects:
            if isinstance(effect, SendGratuitousArp | SendNeighbourAdvertisement):
                limiter = self._by_interface.get((effect.interface, effect.address.version))
                if limiter is not None and not limiter.passes(effect, now, most=self._most.get(effect.instance, 1)):
                    continue
            elif isinstance(effect, StateChanged) and effect.state is not State.MASTER:
                for limiter in self._limiters:
                    limiter.drop(effect.instance)
            out.append(effect)
        for limiter in self._limiters:
            out += limiter.handle(DeadlineReached(), now)
            agenda.update(limiter)
        return out


def _interfaces(configuration: Configuration) -> Iterator[tuple[str, str]]:
    """Each interface that may be announced on, and the one whose gap counts for it."""
    for wanted in configuration.vrrp_instances:
        yield wanted.interface, wanted.interface
        for address in (*wanted.virtual_addresses, *wanted.excluded_addresses):
            yield address.interface, address.base_interface or address.interface
