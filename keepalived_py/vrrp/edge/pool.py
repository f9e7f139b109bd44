"""Sockets that several instances share: one pair an interface and group, or an interface and unicast source, and a protocol.

Owns what is remembered of a pair, and its buffer's size; opening and watching it is the worker's. Source:
reference/vrrp-behaviour.md §4.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keepalived_py.wire.ip import PROTOCOL_VRRP

if TYPE_CHECKING:
    from keepalived_py.config.ast import IPAddress
    from keepalived_py.kernel.sockets import VrrpSockets

#: What the kernel may charge for one small packet, whatever the driver puts it into, twice over.
_ROOM_FOR_ADVERT = 8192
_SO_RCVBUFFORCE = 33


@dataclass(slots=True, eq=False)
class Pool:
    """A pair of sockets, who uses it, and what was already complained of."""

    sockets: VrrpSockets
    interface: str
    local: IPAddress
    protocol: int = PROTOCOL_VRRP
    instances: set[str] = field(default_factory=set)
    complained: set[str] = field(default_factory=set)

    def join(self, instance: str) -> None:
        """Let one more instance use it, with room for its advert beside everybody's.

        A master of many instances sends them in one burst, and one that is lost looks like silence.
        """
        self.instances.add(instance)
        wanted = _ROOM_FOR_ADVERT * len(self.instances)
        receive = self.sockets.receive
        if receive.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) < wanted:
            try:
                receive.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, wanted)
            except PermissionError:
                receive.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, wanted)

    def describe(self, interface_index: int) -> str:
        """Return the line that the reference logs about it with -D."""
        sockets = self.sockets
        kind = "multicast" if sockets.group is not None else ", unicast"
        return (
            f"VRRP sockpool: [ifindex({interface_index:3}), family(IPv{self.local.version}), proto({self.protocol}),"
            f" fd({sockets.receive.fileno()},{sockets.send.fileno()}) {kind}, address({self.local})]"
        )
