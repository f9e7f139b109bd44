"""A table like the kernel's, in memory: what ``--ipvs=dry-run`` programs instead of the kernel.

Pure; answers commands with the errnos that the kernel gives (reference/ipvs.md §7).
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from keepalived_py.ipvs.events import Operation
from keepalived_py.runtime.messages import WantedService

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.ipvs.events import Command
    from keepalived_py.wire.ipvs import Destination, DestinationKey, Service, ServiceKey


class MemoryTable:
    """Services and destinations by key, in the order in which they came."""

    def __init__(self) -> None:
        self._services: dict[ServiceKey, tuple[Service, dict[DestinationKey, Destination]]] = {}
        self._daemons: set[int] = set()

    def services(self) -> tuple[WantedService, ...]:
        """Return what the table holds."""
        return tuple(
            WantedService(service=service, destinations=tuple(destinations.values()))
            for service, destinations in self._services.values()
        )

    def apply(self, commands: Iterable[Command]) -> list[int]:
        """Carry out commands in order; return an errno, or 0, for each."""
        return [self._apply(command) for command in commands]

    def _apply(self, command: Command) -> int:
        if command.daemon is not None:
            return self._switch(command.daemon.state, start=command.operation is Operation.STARTDAEMON)
        if command.operation is Operation.FLUSH or command.key is None:
            self._services.clear()
            return 0
        present = self._services.get(command.key)
        if command.destination is not None:
            return (
                errno.ESRCH
                if present is None
                else _apply_destination(present[1], command.operation, command.destination)
            )
        if command.operation is Operation.ADD:
            if present is not None:
                return errno.EEXIST
            if command.service is not None:
                self._services[command.key] = (command.service, {})
            return 0
        if present is None:
            return errno.ESRCH
        if command.operation is Operation.DEL:
            del self._services[command.key]
        elif command.service is not None:
            self._services[command.key] = (command.service, present[1])
        return 0

    def _switch(self, role: int, *, start: bool) -> int:
        if start == (role in self._daemons):
            return errno.EEXIST if start else errno.ESRCH
        self._daemons ^= {role}
        return 0


def _apply_destination(
    destinations: dict[DestinationKey, Destination], operation: Operation, destination: Destination
) -> int:
    present = destination.key in destinations
    if operation is Operation.ADDDEST and present:
        return errno.EEXIST
    if operation is not Operation.ADDDEST and not present:
        return errno.ENOENT
    if operation is Operation.DELDEST:
        del destinations[destination.key]
    else:
        destinations[destination.key] = destination
    return 0
