"""How long a better router listens to a worse master before it takes over (preempt_delay). Source: reference/vrrp-behaviour.md §6.

Owns the delay: it begins with the first lower-priority advert in BACKUP, and an advert of at least our priority cancels it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.vrrp.effects import Effect, Log

if TYPE_CHECKING:
    from keepalived_py.config.ast import Microseconds, VrrpInstance


class PreemptDelay:
    """The delay of one instance."""

    def __init__(self, configuration: VrrpInstance) -> None:
        self._name = configuration.name
        self._delay = configuration.preempt_delay
        self._until: Microseconds | None = None

    def listens(self, now: Microseconds) -> bool:
        """Whether a lower-priority master is still listened to: the delay runs, or has yet to begin."""
        return self._delay > 0 and (self._until is None or self._until > now)

    def heard(self, now: Microseconds, out: list[Effect], *, lower: bool) -> None:
        """Take note of an accepted advert."""
        if not self._delay:
            return
        if lower and self._until is None:
            self._until = now + self._delay
            seconds, microseconds = divmod(self._delay, 1_000_000)
            out.append(Log(text=f"({self._name}) start preempt delay ({seconds}.{microseconds:06d})", detail=True))
        elif not lower and self._until is not None:
            self._until = None
            out.append(Log(text=f"({self._name}) stop preempt delay", detail=True))

    def reset(self) -> None:
        """BACKUP begins: the delay has yet to begin."""
        self._until = None
