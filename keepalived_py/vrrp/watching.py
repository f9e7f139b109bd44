"""What the world means for instances: which faults they have, which priority, which source address.

Owns the picture of interfaces and everything else that is tracked, together with who follows what. It changes no instance: the
router asks, compares and tells. Source: reference/vrrp-behaviour.md §4, §7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.vrrp.conflicts import find_conflicts
from keepalived_py.vrrp.effects import WARNING, Effect, Log, StopScript
from keepalived_py.vrrp.events import (
    FaultCause,
    FaultKind,
    FileRead,
    InterfaceChanged,
    ProcessesCounted,
    SessionChanged,
    Start,
)
from keepalived_py.vrrp.interfaces import Interfaces
from keepalived_py.vrrp.possessions import static_interfaces
from keepalived_py.vrrp.processes import ProcessTracker
from keepalived_py.vrrp.scripts import ScriptTracker
from keepalived_py.vrrp.tracking import Tracked, TrackerKind, Tracking, file_status, standing, tracking_of
from keepalived_py.vrrp.virtual_interfaces import wanted_interfaces

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.config.ast import Configuration, IPAddress, Microseconds, VrrpInstance
    from keepalived_py.vrrp.events import InterfaceFacts, Reading
    from keepalived_py.vrrp.machine import Instance
    from keepalived_py.vrrp.tracking import Status
    from keepalived_py.vrrp.virtual_interfaces import VirtualInterface

NO_SOURCE = FaultCause(kind=FaultKind.NO_SOURCE_ADDRESS)
NOT_BINDABLE = FaultCause(kind=FaultKind.SOURCE_NOT_BINDABLE)


class Watch:
    """Interfaces, scripts, files, processes, BFD sessions, and who tracks them."""

    def __init__(self, configuration: Configuration, interfaces: Iterable[InterfaceFacts]) -> None:
        self.interfaces = Interfaces(interfaces)
        self.scripts: dict[str, ScriptTracker] = {}
        #: The number in each tracked file.
        self.files: dict[str, int] = {}
        self.processes: dict[str, ProcessTracker] = {}
        #: Whether a BFD session is up; one that is not run is not here, and means nothing.
        self.sessions: dict[str, bool] = {}
        self._followers: dict[tuple[TrackerKind, str], list[tuple[str, Tracked]]] = {}
        self.tracking: dict[str, Tracking] = {}
        self._virtual: dict[str, set[IPAddress]] = {}
        self._instances: tuple[VrrpInstance, ...] = ()
        #: Who must not take part because of whom: two with one router id on one wire.
        self.conflicts: dict[str, str] = {}
        self.virtual_interfaces: dict[str, VirtualInterface] = {}
        self.survey(configuration)
        self.scripts = self._new_scripts(configuration)

    def survey(self, configuration: Configuration) -> None:
        """Take in who tracks what and which addresses are virtual."""
        groups = {member: group for group in configuration.vrrp_sync_groups for member in group.members}
        instances = configuration.vrrp_instances
        static = static_interfaces(configuration)
        self.tracking = {
            wanted.name: tracking_of(wanted, groups.get(wanted.name), static.get(wanted.name, ()))
            for wanted in instances
        }
        self._followers = {}
        for name, tracking in self.tracking.items():
            for tracked in tracking.trackers:
                self._followers.setdefault((tracked.kind, tracked.name), []).append((name, tracked))
        self._virtual = {}
        self.virtual_interfaces = wanted_interfaces(configuration)
        for wanted in instances:
            for address in (*wanted.virtual_addresses, *wanted.excluded_addresses):
                self._virtual.setdefault(address.interface, set()).add(address.address)
        self._instances = instances
        self.find_conflicts()

    def find_conflicts(self) -> None:
        """See anew who has whose place; after interfaces have come or gone."""
        first_come = sorted(self._instances, key=lambda wanted: self.interfaces.arrival(wanted.interface))
        self.conflicts = find_conflicts(first_come, self.interfaces.base_of)

    def exchange_scripts(self, configuration: Configuration, now: Microseconds, out: list[Effect]) -> None:
        """Take over a new configuration's scripts: unchanged ones keep their verdict, others start from nothing."""
        old, self.scripts = self.scripts, self._new_scripts(configuration)
        for name, script in old.items():
            if script.running and (name not in self.scripts or not script.is_same(self.scripts[name])):
                out.append(StopScript(name=name))
        for name, script in self.scripts.items():
            if name in old and script.is_same(old[name]):
                out += script.inherit(old[name])
            if not script.running:
                out += script.handle(Start(), now)

    def take(self, configuration: Configuration, readings: Iterable[Reading]) -> None:
        """Take in what is tracked shows when a configuration comes into force; nobody is told."""
        given = tuple(readings)
        counts = {each.name: each.count for each in given if isinstance(each, ProcessesCounted)}
        old = self.processes
        self.processes = {
            each.name: ProcessTracker(each, counts.get(each.name, 0)) for each in configuration.track_processes
        }
        for name, tracker in self.processes.items():
            if name in old and old[name].configuration == tracker.configuration:
                tracker.inherit(old[name])
        self.files = {each.name: self.files.get(each.name, 0) for each in configuration.track_files}
        for each in given:
            if isinstance(each, FileRead):
                self.files[each.name] = each.number
            elif isinstance(each, SessionChanged):
                self.sessions[each.name] = each.is_up
            elif isinstance(each, InterfaceChanged):
                self.interfaces.set_up(each.name, is_up=each.is_up)

    def followers(self, kind: TrackerKind, name: str) -> Iterable[tuple[str, Tracked]]:
        """Return the names of the instances that follow something, each with the weight it has there."""
        return self._followers.get((kind, name), ())

    def status(self, kind: TrackerKind, name: str) -> Status:
        """Return what is known of something that is tracked."""
        match kind:
            case TrackerKind.INTERFACE:
                return self.interfaces.is_up(name)
            case TrackerKind.FILE:
                return self.files.get(name)
            case TrackerKind.PROCESS:
                process = self.processes.get(name)
                return None if process is None else process.up
            case TrackerKind.SCRIPT:
                script = self.scripts.get(name)
                return None if script is None else script.up
            case TrackerKind.BFD:
                return self.sessions.get(name)

    # --- addresses ----------------------------------------------------------------------------------------------------

    def is_virtual(self, interface: str, address: IPAddress) -> bool:
        """Whether it is one of ours on this interface."""
        return address in self._virtual.get(interface, ())

    def first_address(self, interface: str, family: int) -> IPAddress | None:
        """Return the address that adverts leave an interface from unless configured: its first that is not virtual."""
        return self.interfaces.source(interface, family, self._virtual.get(interface, ()))

    def source_of(self, wanted: VrrpInstance) -> IPAddress | None:
        """Return the address that adverts of an instance leave from; None: there is none now."""
        if wanted.source_address is None:
            own = self.first_address(wanted.advert_interface, wanted.family) if wanted.family == 6 else None
            # A virtual MAC has no IPv4 address of its own; its IPv6 one was given to it to send from.
            return own or self.first_address(wanted.interface, wanted.family)
        if wanted.track_source_address and not self.interfaces.has(wanted.source_address):
            return None
        return wanted.source_address

    def foreign_sources(self, configuration: Configuration) -> list[Effect]:
        """Return a line about every unicast source that is no address of this host: it works, but is hardly meant (§4)."""
        return [
            Log(
                text=f"({wanted.name}) WARNING - unicast source address {wanted.source_address} is not an address of this"
                " host; adverts carry it all the same",
                level=WARNING,
            )
            for wanted in configuration.vrrp_instances
            if wanted.unicast and wanted.source_address is not None and not self.interfaces.has(wanted.source_address)
        ]

    # --- faults and priorities ----------------------------------------------------------------------------------------

    def is_watched(self, interface: str) -> bool:
        """Whether any instance depends on an interface."""
        return (TrackerKind.INTERFACE, interface) in self._followers

    def faults_of(self, instance: Instance) -> set[FaultCause]:
        """Return every cause of FAULT that the world holds for an instance now."""
        faults = {
            tracked.cause
            for tracked in self.tracking[instance.name].trackers
            if standing(tracked, self.status(tracked.kind, tracked.name)).fault
        }
        if instance.source is None:
            faults.add(NO_SOURCE)
        if instance.configuration.config_faults:
            faults.add(FaultCause(kind=FaultKind.CONFIGURATION))
        if (other := self.conflicts.get(instance.name)) is not None:
            faults.add(FaultCause(kind=FaultKind.DUPLICATE_ROUTER_ID, name=other))
        return faults

    def unknown_scripts_of(self, instance: Instance) -> set[str]:
        """Return the weight-0 scripts of an instance that have not reported yet."""
        tracked = (each.name for each in self.tracking[instance.name].of(TrackerKind.SCRIPT) if not each.weight)
        return {name for name in tracked if name in self.scripts and self.scripts[name].up is None}

    def total_of(self, wanted: VrrpInstance) -> int:
        """Return the base priority and what every weighted tracker contributes now, not clamped."""
        return wanted.priority + sum(
            standing(tracked, self.status(tracked.kind, tracked.name)).contribution
            for tracked in self.tracking[wanted.name].trackers
        )

    def reasons(self, instance: Instance, causes: Iterable[FaultCause]) -> list[Effect]:
        """Return the lines about faults that are found at a start or a reload, not those that happen (§15)."""
        return [Log(text=text) for cause in in_order(causes) if (text := self._reason(instance, cause))]

    def _reason(self, instance: Instance, cause: FaultCause) -> str:
        if cause.kind is FaultKind.FILE_STATUS:
            for tracked in self.tracking[instance.name].of(TrackerKind.FILE):
                if tracked.name == cause.name:
                    status = file_status(tracked, self.files.get(cause.name, 0))
                    return f"({instance.name}): entering FAULT state (tracked file {cause.name} has status {status})"
        return reason(instance, cause)

    def _new_scripts(self, configuration: Configuration) -> dict[str, ScriptTracker]:
        return {
            each.name: ScriptTracker(each)
            for each in configuration.vrrp_scripts
            if (TrackerKind.SCRIPT, each.name) in self._followers
        }


def in_order(causes: Iterable[FaultCause]) -> list[FaultCause]:
    """Return causes in the order in which they are told."""
    kinds = list(FaultKind)
    return sorted(causes, key=lambda cause: (kinds.index(cause.kind), cause.name))


def reason(instance: Instance, cause: FaultCause) -> str:
    """Return the line about a fault that is found, not one that happens (§15).

    Of a BFD session there is none, and one in the configuration was told of when that was read.
    """
    name = instance.name
    match cause.kind:
        case FaultKind.INTERFACE_DOWN:
            return f"({name}): entering FAULT state (interface {cause.name} down)"
        case FaultKind.NO_SOURCE_ADDRESS:
            return f"({name}) entering FAULT state (no IPv{instance.configuration.family} address for interface)"
        case FaultKind.SOURCE_NOT_BINDABLE:
            return f"({name}): entering FAULT state (src address not configured)"
        case FaultKind.SCRIPT_FAILED:
            return f"({name}): entering FAULT state due to script {cause.name}"
        case FaultKind.NO_QUORUM:
            return f"({name}) entering FAULT state (tracked process {cause.name} quorum not achieved)"
        case FaultKind.FILE_STATUS | FaultKind.SESSION_DOWN | FaultKind.CONFIGURATION:
            return ""
        case FaultKind.DUPLICATE_ROUTER_ID:
            wanted = instance.configuration
            return f"VRID conflict between {name} and {cause.name} IPv{wanted.family} vrid {wanted.virtual_router_id}"
