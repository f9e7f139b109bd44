"""What a reload keeps: the state of virtual servers, real servers and checks that are in both configurations.

And what a worker that replaces a dead one can know: which real servers its predecessor had taken out of the table.

Pure: it carries state from old machines to new ones and says what must be told. It sends nothing to the table: after a reload the
whole table is sent, and the ipvs worker applies the difference. Where the reference takes the wrong turn (a quorum reported lost
that the new servers restore), this does not. Source: reference/checker-behaviour.md §18.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.checkers.destinations import destination_of, kernel_weight
from keepalived_py.checkers.events import Log
from keepalived_py.checkers.names import address_text, socket_text
from keepalived_py.checkers.quorum import wants_mail
from keepalived_py.config.ast import GroupMark, HttpGet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from keepalived_py.checkers.events import VirtualServerEffect
    from keepalived_py.checkers.machine import PolledChecker
    from keepalived_py.checkers.quorum import ServerState, VirtualServerMachine
    from keepalived_py.config.ast import CheckCommon, Checker, GroupRange, IPAddress, VirtualServerGroup
    from keepalived_py.runtime.messages import WantedService
    from keepalived_py.wire.ipvs import ServiceKey


def same_check(one: Checker, other: Checker) -> bool:
    """Tell whether two checks ask the same of the same place, whatever their timing."""
    if type(one) is not type(other) or _connection(one.common) != _connection(other.common):
        return False
    if isinstance(one, HttpGet) and isinstance(other, HttpGet):
        return (one.ssl, one.urls, one.virtualhost) == (other.ssl, other.urls, other.virtualhost)
    return True


def _connection(common: CheckCommon) -> tuple[object, ...]:
    return (
        common.connect_ip,
        common.connect_port,
        common.bindto,
        common.bind_port,
        common.bind_if,
        common.connect_timeout,
        common.fwmark,
    )


def carry_over_checks(
    new: Sequence[tuple[Checker, PolledChecker]], old: Sequence[tuple[Checker, PolledChecker]], *, server_was_up: bool
) -> int:
    """Carry over the checks of a real server that is in both configurations; return how many of the new ones are failed."""
    brought: list[PolledChecker] = []
    for configuration, machine in new:
        former = next((each for asked, each in old if same_check(configuration, asked)), None)
        if former is None:
            brought.append(machine)
        else:
            machine.carry_over(former)
    failed = sum(machine.has_run and not machine.is_up for _, machine in new)
    suspicious = bool(failed) or (not server_was_up and not any(machine.has_run for _, machine in new))
    for machine in brought:
        down = suspicious and machine.common.alpha
        machine.begin_new(is_up=not down, one_failure_is_enough=suspicious)
    return sum(not machine.is_up for _, machine in new)


def begin_checks(machines: Sequence[PolledChecker]) -> int:
    """Start the checks of a real server that the reload brought; return how many of them begin as failed (alpha)."""
    for machine in machines:
        machine.begin_new(is_up=not machine.common.alpha, one_failure_is_enough=False)
    return sum(not machine.is_up for machine in machines)


def absent_servers(service: VirtualServerMachine, held: Mapping[ServiceKey, WantedService]) -> frozenset[int]:
    """Return the real servers, by position, that the table a dead worker left does not use: it had judged them failed.

    A server without checks is not among them, since nothing would bring it back. All are if the sorry server is in their place:
    whoever is well returns with the next check. Of a group any service that was there tells, since all hold the same.
    """
    known = next((held[each.key] for each in service.services if each.key in held), None)
    if known is None:
        return frozenset()
    weights = {destination.key: destination.weight for destination in known.destinations}
    absent = set()
    for position, server in enumerate(service.configuration.real_servers):
        wanted = destination_of(known.service.port, server, server.weight)
        if server.checkers and (wanted.key not in weights or (wanted.weight and not weights[wanted.key])):
            absent.add(position)
    return frozenset(absent)


def remove_service(old: VirtualServerMachine) -> list[VirtualServerEffect]:
    """Tell that a virtual server is gone from the configuration."""
    group = old.configuration.group
    name = old.name if group is None else f"Group [{group}]"
    effects: list[VirtualServerEffect] = [Log(text=f"Removing Virtual Server {name}")]
    for server in old.servers:
        effects += _remove_server(old, server)
    if old.quorum_is_up:
        old.quorum_is_up = False
        effects.append(old.notify_virtual_server())
        if old.configuration.smtp_alert:
            quorum, hysteresis = old.configuration.quorum, old.configuration.hysteresis
            effects.append(old.mail_virtual_server(f"Lost quorum {quorum}+{hysteresis}={quorum - hysteresis} <= 0"))
    return effects


def carry_over_service(
    new: VirtualServerMachine, old: VirtualServerMachine, failed_checkers: Sequence[int]
) -> list[VirtualServerEffect]:
    """Go on with a virtual server that is in both configurations; used instead of Initialise.

    ``failed_checkers`` counts, for each real server of the new configuration, its failed checks.
    """
    effects: list[VirtualServerEffect] = [*_tell_group(new, old)]
    current = {_identity(server) for server in new.servers}
    for server in old.servers:
        if _identity(server) not in current:
            effects.append(Log(text=f"service {server.name} no longer exist"))
            effects += _remove_server(old, server)
    new.quorum_is_up = old.quorum_is_up
    effects += _carry_over_sorry_server(new, old)
    former = {_identity(server): server for server in old.servers}
    for server, failed in zip(new.servers, failed_checkers, strict=True):
        server.failed_checkers = failed
        if (before := former.get(_identity(server))) is not None:
            effects += _carry_over_server(new, server, before)
    new.rebuild()
    for server in new.servers:
        if not server.failed_checkers and not server.is_alive:
            effects += new.perform(server, alive=True) if _identity(server) in former else _begin_server(new, server)
        elif server.failed_checkers and server.inhibit and not server.inserted:
            new.insert(server)
    return effects + new.update_quorum(initial=True)


def _tell_group(new: VirtualServerMachine, old: VirtualServerMachine) -> list[Log]:
    if new.group is None or old.group is None:
        return []
    before, after = _members(old.group), _members(new.group)
    gone = [
        f"VS [{_entry_text(entry, old, mark='')}] in group {old.group.name} no longer exists"
        for entry in before
        if entry not in after
    ]
    brought = [
        f"VS [{_entry_text(entry, new, mark='FWM ')}] added into group {new.group.name}"
        for entry in after
        if entry not in before
    ]
    return [Log(text=text) for text in (*gone, *brought)]


def _members(group: VirtualServerGroup) -> dict[GroupRange | GroupMark, None]:
    return dict.fromkeys((*group.ranges, *group.marks))


def _entry_text(entry: GroupRange | GroupMark, service: VirtualServerMachine, *, mark: str) -> str:
    """Write an entry as the reference does; ``mark`` is how it calls a mark."""
    if isinstance(entry, GroupMark):
        return f"{mark}{entry.mark}"
    text = socket_text(entry.first, service.configuration.key.protocol, entry.port)
    return text if entry.last == entry.first else f"{text}-{address_text(entry.last)}"


def _identity(server: ServerState) -> tuple[IPAddress, int]:
    return (server.configuration.address, server.configuration.port)


def _carry_over_sorry_server(new: VirtualServerMachine, old: VirtualServerMachine) -> list[VirtualServerEffect]:
    before, after = old.sorry, new.sorry
    if before is None:
        return []
    if after is not None and _identity(after) == _identity(before):
        after.is_alive = before.is_alive
        after.inserted = before.is_alive or after.inhibit
        return []
    if not before.is_alive:
        return []
    effects: list[VirtualServerEffect] = [Log(text=f"Removing sorry server {before.name} from VS {old.name}")]
    if after is None:
        effects.append(Log(text=f"Adding alive servers to the pool for VS {new.name}"))
    return effects


def _carry_over_server(
    new: VirtualServerMachine, server: ServerState, before: ServerState
) -> list[VirtualServerEffect]:
    server.is_alive = before.is_alive
    # Whether it is in the table follows from its state; a failed one stays only with inhibit_on_failure.
    server.inserted = server.inhibit or (server.is_alive and new.real_servers_in_use())
    old_weight, new_weight = kernel_weight(before.weight), kernel_weight(server.weight)
    if old_weight == new_weight:
        return []
    activity = "active" if server.is_alive else "inactive"
    text = f"Changing weight from {old_weight} to {new_weight} for {activity} service {server.name} of VS {new.name}"
    return [Log(text=text)]


def _begin_server(new: VirtualServerMachine, server: ServerState) -> list[VirtualServerEffect]:
    if new.real_servers_in_use() or server.inhibit:
        new.insert(server)
    new.set_alive(server, alive=True)
    return [new.notify_real_server(server)] if new.settings.rs_init_notifies else []


def _remove_server(service: VirtualServerMachine, server: ServerState) -> list[VirtualServerEffect]:
    if not server.inserted and not server.is_alive:
        return []
    inhibited = "(inhibited) " if server.inhibit and not server.is_alive else ""
    effects: list[VirtualServerEffect] = [Log(text=f"Removing {inhibited}service {server.name} from VS {service.name}")]
    if server.is_alive:
        server.is_alive = False
        effects.append(service.notify_real_server(server))
        if wants_mail(server):
            effects.append(service.mail_real_server(server, "Removing"))
    return effects
