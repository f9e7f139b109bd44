"""What an instance knows of the router that is MASTER: its address, its priority, its interval. Source: §5 and §6.

Owns this knowledge and what is logged when it changes; what follows from it is the machine's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.vrrp.effects import Effect, Log

if TYPE_CHECKING:
    from keepalived_py.config.ast import IPAddress, Microseconds, VrrpInstance
    from keepalived_py.wire.vrrp import Packet

_MILLISECOND = 1_000


class KnownMaster:
    """The master as last heard; ``interval`` is our own configured one until a version 3 master teaches another."""

    def __init__(self, configuration: VrrpInstance) -> None:
        self.address: IPAddress | None = None
        self.priority = 0
        self.interval: Microseconds = configuration.advert_int
        self._configuration = configuration

    def change(self, configuration: VrrpInstance) -> None:
        """Use a new configuration: what was learnt holds unless the protocol's version or our interval changed."""
        old, self._configuration = self._configuration, configuration
        if (configuration.version, configuration.advert_int) != (old.version, old.advert_int):
            self.interval = configuration.advert_int

    def introduction(self, packet: Packet) -> Log:
        """Return the line about a packet from another address than before."""
        text = f"changed from {self.address} to" if self.address is not None else "set to"
        return Log(text=f"({self._configuration.name}) master {text} {packet.source}", detail=True)

    def accept(self, packet: Packet, out: list[Effect]) -> None:
        """Take the sender of an accepted advert for the master."""
        self.address, self.priority = packet.source, packet.priority
        # An interval of 0 would mean that the master is dead at once; nobody who means it can send that.
        if self._configuration.version == 3 and packet.interval not in (0, self.interval):
            old, new = self.interval // _MILLISECOND, packet.interval // _MILLISECOND
            text = f"advertisement interval updated from {old}ms to {new}ms by master"
            out.append(Log(text=f"({self._configuration.name}) {text}", detail=True))
            self.interval = packet.interval

    def forget_interval(self, out: list[Effect] | None = None) -> None:
        """Use our own interval again; said in ``out`` if given."""
        own = self._configuration.advert_int
        if out is not None and self.interval != own:
            old, new = self.interval // _MILLISECOND, own // _MILLISECOND
            text = f"changing advert interval from {old}ms to locally configured {new}ms"
            out.append(Log(text=f"({self._configuration.name}) {text}", detail=True))
        self.interval = own


def address_order(theirs: IPAddress, ours: IPAddress | None) -> int:
    """Return 1 if the sender's address is higher than ours, -1 if lower, 0 if equal, as unsigned numbers (§6)."""
    if ours is None or theirs.version != ours.version:
        return 0
    return (int(theirs) > int(ours)) - (int(theirs) < int(ours))
