"""``interface_up_down_delays``: an interface that goes up or down counts only when it stays so for a while.

Owns one interface's delays and the report that waits. Source: reference/vrrp-behaviour.md §7.

The rules: a report that the interface is again as it was cancels the one that waits. An interface that has never been up is
believed at once. A delay may not be as long as a BACKUP's patience: at most (down_timer_adverts - 1) intervals less a skew.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from keepalived_py.vrrp.effects import Effect, Log
from keepalived_py.vrrp.events import DeadlineReached, InterfaceChanged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.config.ast import InterfaceDelays, Microseconds, VrrpInstance

DebounceEvent: TypeAlias = InterfaceChanged | DeadlineReached


class Debounce:
    """The delays of one interface. ``settled`` is the last report that counts, once there is one that does not wait."""

    def __init__(self, delays: InterfaceDelays, *, is_up: bool, flags: int = 0) -> None:
        self.delays = delays
        self.name = delays.name
        self.deadline: Microseconds | None = None
        self.settled = InterfaceChanged(name=delays.name, is_up=is_up, flags=flags)
        self._seen_up = is_up
        #: The report that may come to count.
        self.waiting: InterfaceChanged | None = None

    def handle(self, event: DebounceEvent, now: Microseconds) -> list[Effect]:
        """Take a report, or the end of a delay; ``settled`` may be another report afterwards."""
        if isinstance(event, InterfaceChanged):
            return self._report(event, now)
        if self.waiting is not None and self.deadline is not None and now >= self.deadline:
            self._settle(self.waiting)
        return []

    def inherit(self, old: Debounce) -> None:
        """Go on over a reload: what waits goes on waiting."""
        self.deadline, self.settled = old.deadline, old.settled
        self._seen_up, self.waiting = old._seen_up, old.waiting

    def forget(self) -> None:
        """Take in that the interface is gone: nothing waits any more."""
        self._settle(replace(self.settled, is_up=False))

    def _report(self, event: InterfaceChanged, now: Microseconds) -> list[Effect]:
        out: list[Effect] = []
        if self.waiting is not None:
            if self.waiting.is_up == event.is_up:
                self.waiting = event
                return out
            if event.flags != self.settled.flags:  # exactly as before: not a word, as in the reference
                out.append(Log(text=f"Delay timer for {self.name} cancelled"))
            self.waiting = self.deadline = None
        if event.is_up == self.settled.is_up:
            return out
        delay = self.delays.up if event.is_up else self.delays.down
        if delay and self._seen_up:
            self.waiting, self.deadline = event, now + delay
            flags = f"from 0x{self.settled.flags:x} to 0x{event.flags:x}"
            out.append(Log(text=f"{self.name}: Adding flags change {flags} delay by {delay}"))
        else:
            self._settle(event)
        return out

    def _settle(self, event: InterfaceChanged) -> None:
        self.settled = event
        self._seen_up = self._seen_up or event.is_up
        self.waiting = self.deadline = None


def limited(
    configured: Iterable[InterfaceDelays], instances: Iterable[VrrpInstance], out: list[Effect]
) -> list[InterfaceDelays]:
    """Return the delays in force: those on an instance's interface end before the instance would lose its patience."""
    delays = {each.name: each for each in configured}
    for instance in instances:
        own = delays.get(instance.interface)
        if own is None or not (own.up or own.down):
            continue
        if instance.down_timer_adverts == 1:
            out.append(
                Log(
                    text=f"{instance.name}: cannot use debounce timers with down_timer_adverts = 1 - resetting",
                )
            )
            delays[own.name] = replace(own, up=0, down=0)
            continue
        delays[own.name] = shortened(own, instance, instance.advert_int)
        if delays[own.name] != own:
            out.append(
                Log(
                    text=f"{instance.name}: interface {own.name} debounce timer(s) not less that"
                    f" {instance.down_timer_adverts - 1} * advert_int - resetting"
                )
            )
    return list(delays.values())


def shortened(delays: InterfaceDelays, instance: VrrpInstance, interval: Microseconds) -> InterfaceDelays:
    """Return the delays that an instance allows on its interface while its master advertises every ``interval``.

    The delay of a return follows that of a loss only where both are the same.
    """
    longest = (instance.down_timer_adverts - 1) * interval - interval // 256
    if instance.down_timer_adverts == 1 or delays.down <= longest:
        return delays
    return replace(delays, up=longest if delays.up == delays.down else delays.up, down=longest)
