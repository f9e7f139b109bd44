"""Two routers that both claim priority 255. Source: reference/vrrp-behaviour.md §6 (2.3.3).

Owns the watch on the other owner; the machine asks it what to do. The one with the lower address yields at once. The one with the
higher address sends two more adverts, then waits a bit more than an advert interval: if the other is still heard after that, it
gives way with priority 254.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.vrrp.effects import Effect, Log
from keepalived_py.vrrp.timing import rogue_wait

if TYPE_CHECKING:
    from keepalived_py.config.ast import Microseconds, VrrpInstance
    from keepalived_py.wire.vrrp import Packet

_ADVERTS_BEFORE_WAITING = 2


class OtherOwner:
    """The watch. ``deadline`` is set while the last chance of the other owner runs."""

    def __init__(self, configuration: VrrpInstance) -> None:
        self._name = configuration.name
        self._interval = configuration.advert_int
        self._adverts = 0
        self._other_interval: Microseconds = 0
        self.deadline: Microseconds | None = None

    def heard(self, packet: Packet, order: int, out: list[Effect]) -> bool:
        """Take an advert of another owner while we are MASTER as owner; True: reduce our priority.

        ``order`` is positive if its address is higher than ours.
        """
        conflict = f"CONFIGURATION ERROR: local instance and {packet.source} are both configured as address owner"
        if order > 0:
            out.append(Log(text=f"({self._name}) {conflict}, please resolve"))
            return False
        if self.deadline is not None:
            still = f"{packet.source} is still advertising as address owner, please resolve - reducing our priority"
            out.append(Log(text=f"({self._name}) {still}"))
            self.deadline = None
            return True
        self._other_interval = packet.interval
        if not self._adverts:
            out.append(Log(text=f"({self._name}) {conflict}, please resolve"))
            self._adverts = _ADVERTS_BEFORE_WAITING
        return False

    def advert_sent(self, now: Microseconds) -> None:
        """We sent a regular advert."""
        if self._adverts:
            self._adverts -= 1
            if not self._adverts:
                self.deadline = now + rogue_wait(self._interval, self._other_interval)

    def due(self, now: Microseconds, out: list[Effect]) -> None:
        """See whether the other's chance has passed without a word."""
        if self.deadline is not None and self.deadline <= now:
            self.deadline = None
            out.append(Log(text=f"({self._name}): rogue address owner appears to have stopped advertising"))

    def left_master(self) -> None:
        """We are no longer MASTER."""
        if self.deadline is not None:
            self.deadline = None
        else:
            self._adverts = 0
