"""The table that this host should have: what to send so that the kernel gets there, and what its refusals mean.

Owns the wanted table; pure, without I/O. The rules:

* Services that were never ours are not touched. Of ours, only differences are sent: a running service is never taken down to be put
  up again, so connections live through a restart of the daemon.
* Commands go out in the order of the changes; within a service first what is added or changed, then what is removed.
* What exists already (EEXIST) is logged and brought to the wanted parameters; what is gone already (ENOENT) is logged; a change of
  something that is not there adds it. A service that vanished (``ipvsadm -C``) is put back with all its servers.
* Anything else is logged and reported, and the rest goes on.

Source: reference/ipvs.md §7 and §8; where it differs from the reference, docs/differences.md says why.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from keepalived_py.ipvs.errors import error_line, error_text, seen_by_reference
from keepalived_py.ipvs.events import (
    Apply,
    ChangesWanted,
    ClearWanted,
    Command,
    CommandsAnswered,
    Log,
    Operation,
    Refused,
    TableWanted,
)
from keepalived_py.ipvs.names import key_text
from keepalived_py.runtime.messages import (
    AddDestination,
    AddService,
    DeleteDestination,
    DeleteService,
    SetDestination,
    SetService,
    WantedService,
)
from keepalived_py.wire.ipvs import METHOD_LOCAL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.config.ast import Microseconds
    from keepalived_py.ipvs.events import TableEffect, TableEvent
    from keepalived_py.runtime.messages import TableChange
    from keepalived_py.wire.ipvs import Destination, DestinationKey, Service, ServiceKey

_TOLERATED = {
    (Operation.ADD, errno.EEXIST),
    (Operation.ADDDEST, errno.EEXIST),
    (Operation.DEL, errno.ENOENT),
    (Operation.DELDEST, errno.ENOENT),
}
_TO_WANTED_PARAMETERS = {Operation.ADD: Operation.EDIT, Operation.ADDDEST: Operation.EDITDEST}
_WARNING = 4


@dataclass(slots=True)
class _Wanted:
    service: Service
    destinations: dict[DestinationKey, Destination] = field(default_factory=dict)


class IpvsTable:
    """The wanted table. It has no deadline: it only reacts."""

    deadline: Microseconds | None = None

    def __init__(self) -> None:
        self._services: dict[ServiceKey, _Wanted] = {}
        #: Services that the kernel would not take; their servers need no rescue.
        self._impossible: set[ServiceKey] = set()

    def handle(self, event: TableEvent, now: Microseconds) -> list[TableEffect]:
        """Return what must be sent, logged and reported because of ``event``."""
        del now
        match event:
            case TableWanted():
                commands = self._replace(event)
            case ChangesWanted(changes=changes):
                commands = [self._change(change) for change in changes]
            case ClearWanted():
                commands = self._clear(event)
            case CommandsAnswered(answers=answers):
                return self._answered(answers)
        return [Apply(commands=tuple(commands))] if commands else []

    def wanted(self) -> tuple[WantedService, ...]:
        """Return the wanted table."""
        return tuple(
            WantedService(service=wanted.service, destinations=tuple(wanted.destinations.values()))
            for wanted in self._services.values()
        )

    # --- the whole table ----------------------------------------------------------------------------------------------

    def _replace(self, event: TableWanted) -> list[Command]:
        commands: list[Command] = []
        kernel = {entry.service.key: entry for entry in event.kernel}
        if event.flush:
            commands.append(Command(operation=Operation.FLUSH))
            kernel.clear()
        former, self._services = self._services, {}
        self._impossible.clear()
        for entry in event.services:
            key = entry.service.key
            wanted = _Wanted(entry.service, {destination.key: destination for destination in entry.destinations})
            self._services[key] = wanted
            present = kernel.get(key)
            if present is None:
                commands += _add(wanted)
                continue
            if present.service != entry.service:
                commands.append(Command(operation=Operation.EDIT, service=entry.service, key=key))
            commands += _difference(key, present.destinations, wanted.destinations)
        for key in former:
            if key not in self._services and key in kernel:
                commands += _remove(key, kernel[key].destinations)
        return commands

    def _clear(self, event: ClearWanted) -> list[Command]:
        if event.flush:
            self._services.clear()
            return [Command(operation=Operation.FLUSH)]
        commands = [self._change(change) for change in event.changes]
        for key, wanted in self._services.items():
            commands += _remove(key, wanted.destinations.values())
        self._services.clear()
        return commands

    # --- single changes -----------------------------------------------------------------------------------------------

    def _change(self, change: TableChange) -> Command:
        match change:
            case AddService(service=service):
                self._services[service.key] = _Wanted(service)
                return Command(operation=Operation.ADD, service=service, key=service.key, change=change)
            case SetService(service=service):
                if (wanted := self._services.get(service.key)) is not None:
                    wanted.service = service
                return Command(operation=Operation.EDIT, service=service, key=service.key, change=change)
            case DeleteService(service=service):
                self._services.pop(service.key, None)
                return Command(operation=Operation.DEL, key=service.key, change=change)
            case AddDestination(service=key, destination=destination):
                operation = Operation.ADDDEST
            case SetDestination(service=key, destination=destination):
                operation = Operation.EDITDEST
            case DeleteDestination(service=key, destination=destination):
                operation = Operation.DELDEST
        if (wanted := self._services.get(key)) is not None:
            if operation is Operation.DELDEST:
                wanted.destinations.pop(destination.key, None)
            else:
                wanted.destinations[destination.key] = destination
        return Command(operation=operation, key=key, destination=destination, change=change)

    # --- answers ------------------------------------------------------------------------------------------------------

    def _answered(self, answers: Iterable[tuple[Command, int]]) -> list[TableEffect]:
        effects: list[TableEffect] = []
        follow_ups: list[Command] = []
        rescued: set[ServiceKey] = set()
        for command, number in answers:
            if number:
                self._refusal(command, number, effects, follow_ups, rescued)
            elif command.operation is Operation.ADD and command.key is not None:
                self._impossible.discard(command.key)
        if follow_ups:
            effects.append(Apply(commands=tuple(follow_ups)))
        return effects

    def _refusal(
        self,
        command: Command,
        number: int,
        effects: list[TableEffect],
        follow_ups: list[Command],
        rescued: set[ServiceKey],
    ) -> None:
        operation, key = command.operation, command.key
        shown = seen_by_reference(number)
        if number == errno.ESRCH and operation in {Operation.ADDDEST, Operation.EDITDEST} and key is not None:
            if key in rescued:
                return
            if not command.follow_up and key in self._services and key not in self._impossible:
                rescued.add(key)
                effects.append(
                    Log(level=_WARNING, text=f"IPVS: service {key_text(key)} is missing in the kernel, restoring it")
                )
                follow_ups += self._restore(self._services[key], command)
                return
        if operation is Operation.EDITDEST and shown == errno.ENOENT and not command.follow_up:
            follow_ups.append(replace(command, operation=Operation.ADDDEST, follow_up=True))
            return
        effects.append(Log(text=error_line(command, shown)))
        if (operation, shown) in _TOLERATED:
            if operation in _TO_WANTED_PARAMETERS and not command.follow_up:
                follow_ups.append(replace(command, operation=_TO_WANTED_PARAMETERS[operation], follow_up=True))
            return
        if operation is Operation.ADD and key is not None:
            self._impossible.add(key)
        if command.change is not None:
            effects.append(Refused(change=command.change, errno=number, text=error_text(operation, shown)))

    def _restore(self, wanted: _Wanted, refused: Command) -> list[Command]:
        """Put a vanished service back; the change that found it missing is still to be answered if that fails."""
        asked_for = refused.destination
        return [
            replace(command, follow_up=True, change=refused.change if command.destination == asked_for else None)
            for command in _add(wanted)
        ]


def _add(wanted: _Wanted) -> list[Command]:
    key = wanted.service.key
    return [
        Command(operation=Operation.ADD, service=wanted.service, key=key),
        *(
            Command(operation=Operation.ADDDEST, key=key, destination=destination)
            for destination in wanted.destinations.values()
        ),
    ]


def _remove(key: ServiceKey, destinations: Iterable[Destination]) -> list[Command]:
    return [
        *(Command(operation=Operation.DELDEST, key=key, destination=destination) for destination in destinations),
        Command(operation=Operation.DEL, key=key),
    ]


def _difference(
    key: ServiceKey, present: Iterable[Destination], wanted: dict[DestinationKey, Destination]
) -> list[Command]:
    there = {destination.key: destination for destination in present}
    commands: list[Command] = []
    for destination_key, destination in wanted.items():
        if (found := there.get(destination_key)) is None:
            commands.append(Command(operation=Operation.ADDDEST, key=key, destination=destination))
        elif not _same(found, destination):
            commands.append(Command(operation=Operation.EDITDEST, key=key, destination=destination))
    commands += (
        Command(operation=Operation.DELDEST, key=key, destination=destination)
        for destination_key, destination in there.items()
        if destination_key not in wanted
    )
    return commands


def _same(found: Destination, wanted: Destination) -> bool:
    """Tell whether nothing needs to be sent: the kernel shows a server on this host as local, whatever was asked."""
    if found == wanted:
        return True
    return (
        found.forwarding_method == METHOD_LOCAL and replace(found, forwarding_method=wanted.forwarding_method) == wanted
    )
