"""What the world means for instances: which faults they have, which priority, which source address.

Owns the picture of interfaces and scripts together with who watches what. It changes no instance: the router asks, compares and
tells. Source: reference/vrrp-behaviour.md §4, §7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.vrrp.events import WARNING, Effect, FaultCause, FaultKind, Log, Start, StopScript
from keepalived_py.vrrp.interfaces import Interfaces
from keepalived_py.vrrp.possessions import static_interfaces
from keepalived_py.vrrp.tracking import ScriptTracker, Tracking, contribution, is_fault, tracking_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.config.ast import Configuration, IPAddress, Microseconds, VrrpInstance
    from keepalived_py.vrrp.events import InterfaceFacts
    from keepalived_py.vrrp.machine import Instance

NO_SOURCE = FaultCause(kind=FaultKind.NO_SOURCE_ADDRESS)
NOT_BINDABLE = FaultCause(kind=FaultKind.SOURCE_NOT_BINDABLE)


class Watch:
    """Interfaces, scripts, and who tracks them."""

    def __init__(self, configuration: Configuration, interfaces: Iterable[InterfaceFacts]) -> None:
        self.interfaces = Interfaces(interfaces)
        self.scripts: dict[str, ScriptTracker] = {}
        self.tracking: dict[str, Tracking] = {}
        self._virtual: dict[str, set[IPAddress]] = {}
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
        self._virtual = {}
        for wanted in instances:
            for address in (*wanted.virtual_addresses, *wanted.excluded_addresses):
                self._virtual.setdefault(address.interface, set()).add(address.address)

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
            return self.first_address(wanted.interface, wanted.family)
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
        return any(each.name == interface for tracking in self.tracking.values() for each in tracking.interfaces)

    def faults_of(self, instance: Instance) -> set[FaultCause]:
        """Return every cause of FAULT that the world holds for an instance now."""
        tracking = self.tracking[instance.name]
        faults = {
            FaultCause(kind=FaultKind.INTERFACE_DOWN, name=tracked.name)
            for tracked in tracking.interfaces
            if not tracked.weight and is_fault(self.interfaces.is_up(tracked.name), reverse=tracked.reverse)
        }
        for tracked_script in tracking.scripts:
            script = self.scripts.get(tracked_script.name)
            if script is not None and not tracked_script.weight and is_fault(script.up, reverse=tracked_script.reverse):
                faults.add(FaultCause(kind=FaultKind.SCRIPT_FAILED, name=script.name))
        if instance.source is None:
            faults.add(NO_SOURCE)
        return faults

    def unknown_scripts_of(self, instance: Instance) -> set[str]:
        """Return the weight-0 scripts of an instance that have not reported yet."""
        tracked = (each.name for each in self.tracking[instance.name].scripts if not each.weight)
        return {name for name in tracked if name in self.scripts and self.scripts[name].up is None}

    def total_of(self, wanted: VrrpInstance) -> int:
        """Return the base priority and what every weighted tracker contributes now, not clamped."""
        tracking = self.tracking[wanted.name]
        total = wanted.priority
        for tracked in tracking.interfaces:
            if tracked.weight:
                total += contribution(tracked.weight, self.interfaces.is_up(tracked.name), reverse=tracked.reverse)
        for tracked_script in tracking.scripts:
            script = self.scripts.get(tracked_script.name)
            if tracked_script.weight and script is not None:
                total += contribution(tracked_script.weight, script.up, reverse=tracked_script.reverse)
        return total

    def _new_scripts(self, configuration: Configuration) -> dict[str, ScriptTracker]:
        used = {tracked.name for tracking in self.tracking.values() for tracked in tracking.scripts}
        return {each.name: ScriptTracker(each) for each in configuration.vrrp_scripts if each.name in used}


def in_order(causes: Iterable[FaultCause]) -> list[FaultCause]:
    """Return causes in the order in which they are told."""
    kinds = list(FaultKind)
    return sorted(causes, key=lambda cause: (kinds.index(cause.kind), cause.name))


def reason(instance: Instance, cause: FaultCause) -> str:
    """Return the line about a fault that is found at a start or a reload, not one that happens (§15)."""
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
