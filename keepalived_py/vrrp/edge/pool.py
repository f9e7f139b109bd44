"""Sockets that several instances share: one pair an interface and group, or an interface and unicast source, and a protocol.

Owns what is remembered of a pair, and its buffer's size; opening and watching it is the worker's. Source:
reference/vrrp-behaviour.md §4.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keepalived_py.kernel.receive_buffer import enlarge, resize
from keepalived_py.wire.ip import PROTOCOL_VRRP

if TYPE_CHECKING:
    from keepalived_py.config.ast import IPAddress
    from keepalived_py.kernel.sockets import VrrpSockets
    from keepalived_py.vrrp.events import AdvertisementReceived

#: What the kernel may charge for one small packet, whatever the driver puts it into, twice over.
_ROOM_FOR_ADVERT = 8192


@dataclass(slots=True, eq=False)
class Pool:
    """A pair of sockets, who uses it, and what was already complained of."""

    sockets: VrrpSockets
    interface: str
    local: IPAddress
    protocol: int = PROTOCOL_VRRP
    instances: set[str] = field(default_factory=set)
    complained: set[str] = field(default_factory=set)
    shares: dict[str, int] = field(default_factory=dict)
    #: What adverts that are heard again and again tell the router, by the identity of the packet.
    events: dict[int, AdvertisementReceived] = field(default_factory=dict)

    def join(self, instance: str, share: int = 0) -> None:
        """Let one more instance use it, with room for its advert beside everybody's.

        A master of many instances sends them in one burst, and one that is lost looks like silence. ``share`` is the room in bytes
        that the configuration gives this instance, 0 if it does not say: what is configured is what there is. Raises OSError.
        """
        self.instances.add(instance)
        self.shares[instance] = share
        configured = sum(self.shares.get(name, 0) for name in self.instances)
        if configured:
            resize(self.sockets.receive, configured, force=False)
        else:
            enlarge(self.sockets.receive, _ROOM_FOR_ADVERT * len(self.instances))

    def describe(self, interface_index: int) -> str:
        """Return the line that the reference logs about it with -D."""
        sockets = self.sockets
        kind = "multicast" if sockets.group is not None else ", unicast"
        return (
            f"VRRP sockpool: [ifindex({interface_index:3}), family(IPv{self.local.version}), proto({self.protocol}),"
            f" fd({sockets.receive.fileno()},{sockets.send.fileno()}) {kind}, address({self.local})]"
        )
