"""Silence after the start: ``vrrp_startup_delay`` and ``vrrp_delay_after_boot``. Source: reference/vrrp-behaviour.md §6.

Owns when it ends and what is said about it. States are entered meanwhile, but nothing is sent, what is heard does not count, and
deadlines count from the end. It begins once, at the start; a reload may only move its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.vrrp.effects import Log

if TYPE_CHECKING:
    from keepalived_py.config.ast import Configuration, Microseconds
    from keepalived_py.vrrp.effects import Effect
    from keepalived_py.vrrp.events import DeadlineReached

_SECOND = 1_000_000


class StartUpDelay:
    """The delay of one process. ``deadline`` is its end while it runs."""

    def __init__(self) -> None:
        self._began: Microseconds | None = None
        self.deadline: Microseconds | None = None

    def begin(self, configuration: Configuration, now: Microseconds) -> list[Effect]:
        """Begin, if anything is configured. ``now`` is the monotonic clock, which counts from the boot."""
        self._began = now
        delay = _delay(configuration, now)
        if not delay:
            return []
        self.deadline = now + delay
        return [Log(text=f"Delaying startup for {delay / _SECOND:g} seconds")]

    def change(self, configuration: Configuration, now: Microseconds) -> list[Effect]:
        """Move the end of a running delay to what a new configuration says."""
        if self.deadline is None or self._began is None:
            return []
        wanted = self._began + _delay(configuration, self._began)
        if wanted == self.deadline:
            return []
        if wanted <= now:
            self.deadline = None
            return [Log(text="Reduced delayed start passed")]
        self.deadline = wanted
        return [Log(text=f"Delaying startup for a further {(wanted - now) / _SECOND:g} seconds")]

    def handle(self, _event: DeadlineReached, now: Microseconds) -> list[Effect]:
        """End if the time has come."""
        if self.deadline is None or now < self.deadline:
            return []
        self.deadline = None
        return [Log(text="Delayed start completed")]

    def not_before(self, now: Microseconds) -> Microseconds:
        """Return the time that counts for an instance: the end of the delay while it runs."""
        return now if self.deadline is None else max(now, self.deadline)


def _delay(configuration: Configuration, now: Microseconds) -> Microseconds:
    settings = configuration.global_defs.vrrp
    return max(settings.startup_delay, settings.delay_after_boot - now, 0)
