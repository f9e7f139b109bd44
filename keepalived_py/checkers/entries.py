"""What one virtual server has in the kernel's table: its services, and the servers in each of them.

Owns the mirror of what the kernel was asked to hold, from which WantedService is made. Which server belongs in, and when, is
decided in ``quorum.py``. A virtual server with an address or a mark is one service; that of a group is one for every address and
every mark of the group, and all of them hold the same servers: only the ports of these may differ from service to service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.checkers.destinations import destination_of
from keepalived_py.runtime.messages import (
    AddDestination,
    AddService,
    DeleteDestination,
    DeleteService,
    SetDestination,
    WantedService,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from keepalived_py.checkers.destinations import Server
    from keepalived_py.runtime.messages import TableChange
    from keepalived_py.wire.ipvs import Destination, DestinationKey, Service


class TableEntries:
    """The entries of one virtual server. What changes them returns what must be sent to the kernel for it."""

    def __init__(self, services: Sequence[Service]) -> None:
        self.services = tuple(services)
        #: Services with one port hold equal destinations, so that thousands of addresses cost one set of them.
        self._held: dict[int, dict[DestinationKey, Destination]] = {service.port: {} for service in services}

    def wanted(self, servers: Iterable[Server]) -> tuple[WantedService, ...]:
        """Return the services as the table should hold them now, their destinations in the order of ``servers``."""
        order = list(servers)
        destinations = {}
        for port, held in self._held.items():
            keys = dict.fromkeys(destination_of(port, server, 0).key for server in order)
            destinations[port] = tuple(held[key] for key in keys if key in held)
        return tuple(
            WantedService(service=service, destinations=destinations[service.port]) for service in self.services
        )

    def share_entries(self, one: Server, other: Server) -> bool:
        """Tell whether two servers are the same to the kernel, in every service."""
        return all(destination_of(port, one, 0).key == destination_of(port, other, 0).key for port in self._held)

    def is_entry_of(self, key: DestinationKey, server: Server) -> bool:
        """Tell whether a destination's key is that of ``server`` in one of the services."""
        return any(destination_of(port, server, 0).key == key for port in self._held)

    def hold(self, server: Server, weight: int) -> None:
        """Take the kernel as holding ``server``: nothing is to be sent."""
        for port, held in self._held.items():
            destination = destination_of(port, server, weight)
            held[destination.key] = destination

    def forget(self, server: Server) -> None:
        """Take the kernel as not holding ``server``: nothing is to be sent."""
        for port, held in self._held.items():
            held.pop(destination_of(port, server, 0).key, None)

    def clear(self) -> None:
        """Take the kernel as holding no server."""
        for held in self._held.values():
            held.clear()

    def begin(self) -> tuple[TableChange, ...]:
        """Make the services known."""
        return tuple(AddService(service=service) for service in self.services)

    def end(self) -> tuple[TableChange, ...]:
        """Remove the services with all that is in them."""
        self.clear()
        return tuple(DeleteService(service=service) for service in self.services)

    def add(self, server: Server, weight: int) -> tuple[TableChange, ...]:
        """Put a server in; where another one with the same entry is there already, it gets this one's weight."""
        return self._put(server, weight, is_there=False)

    def change(self, server: Server, weight: int) -> tuple[TableChange, ...]:
        """Give a server that is there another weight."""
        return self._put(server, weight, is_there=True)

    def remove(self, server: Server) -> tuple[TableChange, ...]:
        """Take a server out where it is."""
        gone = {}
        for port, held in self._held.items():
            destination = destination_of(port, server, 0)
            if held.pop(destination.key, None) is not None:
                gone[port] = destination
        return tuple(
            DeleteDestination(service=service.key, destination=gone[service.port])
            for service in self.services
            if service.port in gone
        )

    def _put(self, server: Server, weight: int, *, is_there: bool) -> tuple[TableChange, ...]:
        put = {}
        for port, held in self._held.items():
            destination = destination_of(port, server, weight)
            put[port] = (SetDestination if is_there or destination.key in held else AddDestination, destination)
            held[destination.key] = destination
        changes: list[TableChange] = []
        for service in self.services:
            verb, destination = put[service.port]
            changes.append(verb(service=service.key, destination=destination))
        return tuple(changes)
