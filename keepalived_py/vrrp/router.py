"""All virtual routers of one process: instances, groups and scripts behind one ``handle(event, now)`` and one ``deadline``.

Owns who gets which event: packets go by interface, family, router id and destination to an instance, a script's result and an
interface's state become faults and priorities, a deadline wakes whoever is due. What an event does to an instance is
``machine.py``'s, what it does to a group ``group.py``'s. Source: reference/vrrp-behaviour.md §3-§8.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from keepalived_py.vrrp.agenda import Agenda
from keepalived_py.vrrp.events import (
    AddressAdded,
    AddressLost,
    AddressRemoved,
    AdvertisementReceived,
    CloseSockets,
    DeadlineReached,
    Effect,
    FaultCause,
    FaultCleared,
    FaultFound,
    FaultKind,
    FaultRaised,
    InstanceEvent,
    InterfaceAdded,
    InterfaceChanged,
    InterfaceRemoved,
    Log,
    OpenSockets,
    PriorityChanged,
    RouterEvent,
    ScriptFinished,
    ScriptReported,
    SendGratuitousArp,
    SourceChanged,
    SourceUnavailable,
    Start,
    State,
    StateChanged,
    Stop,
)
from keepalived_py.vrrp.group import Group
from keepalived_py.vrrp.interfaces import Interfaces
from keepalived_py.vrrp.limiter import AnnouncementLimiter
from keepalived_py.vrrp.machine import Instance
from keepalived_py.vrrp.tracking import ScriptTracker, Tracking, contribution, is_fault, tracking_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from keepalived_py.config.ast import Configuration, IPAddress, Microseconds, VirtualAddress, VrrpInstance
    from keepalived_py.vrrp.events import InterfaceFacts

#: Interface, family and router id.
_Key: TypeAlias = tuple[str, int, int]

_NO_SOURCE = FaultCause(kind=FaultKind.NO_SOURCE_ADDRESS)
_NOT_BINDABLE = FaultCause(kind=FaultKind.SOURCE_NOT_BINDABLE)


class Router:
    """The machine of the VRRP worker. ``interfaces`` is what is true of the host at the start."""

    def __init__(self, configuration: Configuration, interfaces: Iterable[InterfaceFacts] = ()) -> None:
        self.configuration = configuration
        self.interfaces = Interfaces(interfaces)
        self.instances: dict[str, Instance] = {}
        self.groups: dict[str, Group] = {}
        self.scripts: dict[str, ScriptTracker] = {}
        self._tracking: dict[str, Tracking] = {}
        self._by_key: dict[_Key, list[Instance]] = {}
        self._virtual: dict[str, set[IPAddress]] = {}
        self._limiters: dict[str, AnnouncementLimiter] = {}
        self._unbindable: set[str] = set()
        self._agenda = Agenda()
        self._build(configuration)

    @property
    def deadline(self) -> Microseconds | None:
        """When DeadlineReached is wanted next; None: never."""
        return self._agenda.deadline

    def handle(self, event: RouterEvent, now: Microseconds) -> list[Effect]:
        """Take one event at the time ``now``; return what is to be done, in order."""
        out: list[Effect] = []
        match event:
            case AdvertisementReceived():
                self._on_packet(event, now, out)
            case DeadlineReached():
                self._on_deadline(now, out)
            case ScriptFinished():
                self._on_script_finished(event, now, out)
            case InterfaceChanged(name=name, is_up=is_up):
                self._on_interface_changed(name, now, out, is_up=is_up)
            case InterfaceAdded(facts=facts):
                self._on_interface_added(facts, now, out)
            case InterfaceRemoved(name=name):
                self._on_interface_removed(name, now, out)
            case AddressAdded():
                self._on_address_added(event, now, out)
            case AddressRemoved():
                self._on_address_removed(event, now, out)
            case SourceUnavailable(instance=instance):
                self._on_source_unavailable(instance, now, out)
            case Start():
                self._on_start(now, out)
            case Stop():
                self._on_stop(event, now, out)
        if self._limiters:
            return self._limit(out, now)
        return out

    # --- set-up -------------------------------------------------------------------------------------------------------

    def _build(self, configuration: Configuration) -> None:
        for wanted in configuration.vrrp_instances:
            for address in (*wanted.virtual_addresses, *wanted.excluded_addresses):
                self._virtual.setdefault(address.interface, set()).add(address.address)
        groups = {member: group for group in configuration.vrrp_sync_groups for member in group.members}
        for wanted in configuration.vrrp_instances:
            instance = Instance(wanted, source=self._source_of(wanted))
            self.instances[wanted.name] = instance
            self._tracking[wanted.name] = tracking_of(wanted, groups.get(wanted.name))
            key = (wanted.interface, wanted.family, wanted.virtual_router_id)
            self._by_key.setdefault(key, []).append(instance)
            if wanted.garp.interval:
                for interface in {address.interface for address in instance.addresses}:
                    self._limiters.setdefault(interface, AnnouncementLimiter(wanted.garp.interval, wanted.garp.repeat))
        for group in configuration.vrrp_sync_groups:
            members = [self.instances[name] for name in group.members if name in self.instances]
            if members:
                self.groups[group.name] = Group(group, members)
        used = {tracked.name for tracking in self._tracking.values() for tracked in tracking.scripts}
        for script in configuration.vrrp_scripts:
            if script.name in used:
                self.scripts[script.name] = ScriptTracker(script)

    def _source_of(self, wanted: VrrpInstance) -> IPAddress | None:
        if wanted.source_address is not None:
            if wanted.track_source_address and not self.interfaces.has(wanted.source_address):
                return None
            return wanted.source_address
        return self.interfaces.source(wanted.interface, wanted.family, self._virtual.get(wanted.interface, ()))

    # --- start and stop -----------------------------------------------------------------------------------------------

    def _on_start(self, now: Microseconds, out: list[Effect]) -> None:
        """First every fault, then groups, then instances, then scripts, as the reference does (§6, cli-and-process.md §9)."""
        for tracking in self._tracking.values():
            out += [Log(text=remark) for remark in tracking.remarks]
        self._find_faults(out)
        for instance in self.instances.values():
            if instance.faults or (instance.group is not None and instance.group.state is State.FAULT):
                self._drive(instance, FaultFound(), now, out)
        for name in self._unbindable:
            self._bind_failed(self.instances[name], now, out)
        self._unbindable.clear()
        for group in self.groups.values():
            group.announce_start(out)
        for instance in self.instances.values():
            self._drive(instance, Start(), now, out)
        for script in self.scripts.values():
            out += script.handle(Start(), now)
            self._agenda.update(script)

    def _find_faults(self, out: list[Effect]) -> None:
        for instance in self.instances.values():
            for tracked in self._tracking[instance.name].interfaces:
                if not tracked.weight and is_fault(self.interfaces.is_up(tracked.name), reverse=tracked.reverse):
                    instance.faults.add(FaultCause(kind=FaultKind.INTERFACE_DOWN, name=tracked.name))
                    out.append(
                        Log(text=f"({instance.name}): entering FAULT state (interface {tracked.name} down)"),
                    )
        for instance in self.instances.values():
            if instance.source is None:
                instance.faults.add(_NO_SOURCE)
                family = instance.configuration.family
                out.append(Log(text=f"({instance.name}) entering FAULT state (no IPv{family} address for interface)"))
            for tracked_script in self._tracking[instance.name].scripts:
                script = self.scripts.get(tracked_script.name)
                if script is None or tracked_script.weight:
                    continue
                if script.up is None:
                    instance.waiting_for.add(script.name)
                elif is_fault(script.up, reverse=tracked_script.reverse):
                    instance.faults.add(FaultCause(kind=FaultKind.SCRIPT_FAILED, name=script.name))
                    out.append(Log(text=f"({instance.name}): entering FAULT state due to script {script.name}"))
            self._update_priority(instance, 0, out)
            if isinstance(instance.group, Group):
                instance.group.assess(instance, out)

    def _on_stop(self, event: Stop, now: Microseconds, out: list[Effect]) -> None:
        """Every MASTER lets go first; only then is anybody notified (cli-and-process.md §8)."""
        for instance in self.instances.values():
            out += instance.handle(event, now)
        for instance in self.instances.values():
            out += instance.announce_stop()
        for group in self.groups.values():
            group.state = State.STOP
            group.notify(out)
        self._agenda.clear()

    # --- packets and time ---------------------------------------------------------------------------------------------

    def _on_packet(self, event: AdvertisementReceived, now: Microseconds, out: list[Effect]) -> None:
        packet = event.packet
        local = packet.destination if event.local is None else event.local
        found = self._by_key.get((event.interface, packet.source.version, packet.virtual_router_id))
        if not found:
            return
        instance = found[0]
        if len(found) > 1:
            shared = _instance_for(packet.source, [candidate for candidate in found if candidate.listens_to(local)])
            if shared is None:
                return
            instance = shared
        self._drive(instance, event, now, out)

    def _on_deadline(self, now: Microseconds, out: list[Effect]) -> None:
        while (machine := self._agenda.pop_due(now)) is not None:
            if isinstance(machine, Instance):
                self._drive(machine, DeadlineReached(), now, out)
            elif isinstance(machine, ScriptTracker):
                out += machine.handle(DeadlineReached(), now)
                self._agenda.update(machine)
            # A limiter is asked after every event, in _limit.

    def _drive(self, instance: Instance, event: InstanceEvent, now: Microseconds, out: list[Effect]) -> None:
        """Give an instance an event, let its group follow, and note the new deadlines."""
        before = instance.state
        out += instance.handle(event, now)
        group = instance.group
        if isinstance(group, Group):
            out += group.follow(instance, before, now)
            self._settle(group)
        self._agenda.update(instance)

    def _settle(self, group: Group) -> None:
        if group.touched:
            group.touched = False
            for member in group.members:
                self._agenda.update(member)

    def _limit(self, effects: list[Effect], now: Microseconds) -> list[Effect]:
        """Hold back gratuitous ARP that comes too fast for an interface (vrrp_garp_interval), release what waited long enough."""
        out: list[Effect] = []
        for effect in effects:
            if isinstance(effect, SendGratuitousArp):
                limiter = self._limiters.get(effect.interface)
                if limiter is not None and not limiter.passes(effect, now):
                    continue
            elif isinstance(effect, StateChanged) and effect.state is not State.MASTER:
                for limiter in self._limiters.values():
                    limiter.drop(effect.instance)
            out.append(effect)
        for limiter in self._limiters.values():
            out += limiter.handle(DeadlineReached(), now)
            self._agenda.update(limiter)
        return out

    # --- trackers -----------------------------------------------------------------------------------------------------

    def _on_script_finished(self, event: ScriptFinished, now: Microseconds, out: list[Effect]) -> None:
        script = self.scripts.get(event.name)
        if script is None:
            return
        before = script.up
        out += script.handle(event, now)
        if script.up is before:
            return
        cause = FaultCause(kind=FaultKind.SCRIPT_FAILED, name=script.name)
        for instance in self.instances.values():
            for tracked in self._tracking[instance.name].scripts:
                if tracked.name != script.name:
                    continue
                if tracked.weight:
                    self._update_priority(instance, now, out)
                    continue
                failed = is_fault(script.up, reverse=tracked.reverse)
                if failed:
                    self._drive(instance, FaultRaised(cause=cause), now, out)
                else:
                    self._drive(instance, FaultCleared(cause=cause), now, out)
                self._drive(instance, ScriptReported(name=script.name), now, out)

    def _on_interface_changed(self, name: str, now: Microseconds, out: list[Effect], *, is_up: bool) -> None:
        if not self.interfaces.set_up(name, is_up=is_up):
            return
        if self._is_watched(name):
            out.append(Log(text=f"Netlink reports {name} {'up' if is_up else 'down'}"))
        self._apply_interface(name, now, out)

    def _apply_interface(self, name: str, now: Microseconds, out: list[Effect]) -> None:
        is_up = self.interfaces.is_up(name)
        cause = FaultCause(kind=FaultKind.INTERFACE_DOWN, name=name)
        for instance in self.instances.values():
            for tracked in self._tracking[instance.name].interfaces:
                if tracked.name != name:
                    continue
                if tracked.weight:
                    self._update_priority(instance, now, out)
                elif is_fault(is_up, reverse=tracked.reverse):
                    self._drive(instance, FaultRaised(cause=cause), now, out)
                else:
                    self._drive(instance, FaultCleared(cause=cause), now, out)

    def _update_priority(self, instance: Instance, now: Microseconds, out: list[Effect]) -> None:
        if instance.is_owner:
            return
        tracking = self._tracking[instance.name]
        total = instance.configuration.priority
        for tracked in tracking.interfaces:
            if tracked.weight:
                total += contribution(tracked.weight, self.interfaces.is_up(tracked.name), reverse=tracked.reverse)
        for tracked_script in tracking.scripts:
            script = self.scripts.get(tracked_script.name)
            if tracked_script.weight and script is not None:
                total += contribution(tracked_script.weight, script.up, reverse=tracked_script.reverse)
        if total != instance.total_priority:
            self._drive(instance, PriorityChanged(total=total), now, out)

    # --- interfaces and addresses -------------------------------------------------------------------------------------

    def _on_interface_added(self, facts: InterfaceFacts, now: Microseconds, out: list[Effect]) -> None:
        out.append(Log(text=f"Interface {facts.name} added", detail=True))
        self.interfaces.add(replace(facts, is_up=False))
        for instance in self._on_interface(facts.name):
            out.append(OpenSockets(instance=instance.name))
            self._look_for_source(instance, now, out)
        self._on_interface_changed(facts.name, now, out, is_up=facts.is_up)

    def _on_interface_removed(self, name: str, now: Microseconds, out: list[Effect]) -> None:
        out.append(Log(text=f"Interface {name} deleted", detail=not self._is_watched(name)))
        self.interfaces.remove(name)
        out += [CloseSockets(instance=instance.name) for instance in self._on_interface(name)]
        self._apply_interface(name, now, out)
        for instance in self._on_interface(name):
            self._look_for_source(instance, now, out)

    def _on_interface(self, name: str) -> Iterator[Instance]:
        return (instance for instance in self.instances.values() if instance.configuration.interface == name)

    def _on_address_added(self, event: AddressAdded, now: Microseconds, out: list[Effect]) -> None:
        name, address = event.interface, event.address
        is_first = self.interfaces.source(name, address.version, self._virtual.get(name, ())) is None
        if not self.interfaces.add_address(name, address, event.prefix_length):
            return
        if address in self._virtual.get(name, ()):
            return
        if is_first and self._is_watched(name):
            out.append(Log(text=f"Assigned address {address} for interface {name}", detail=True))
        for instance in self.instances.values():
            if instance.source is None:
                self._look_for_source(instance, now, out)

    def _on_address_removed(self, event: AddressRemoved, now: Microseconds, out: list[Effect]) -> None:
        name, address = event.interface, event.address
        if not self.interfaces.remove_address(name, address, event.prefix_length):
            return
        if address in self._virtual.get(name, ()):
            for instance in self.instances.values():
                if instance.state is State.MASTER and any(_is_it(own, event) for own in instance.addresses):
                    text = f"Netlink reflector reports IP {address} removed from {name}"
                    out.append(Log(text=text, detail=True))
                    self._lose_address(instance, now, out)
            return
        if (
            self._is_watched(name)
            and self.interfaces.source(name, address.version, self._virtual.get(name, ())) is None
        ):
            out.append(Log(text=f"Deassigned address {address} from interface {name}", detail=True))
        for instance in self.instances.values():
            if instance.source == address:
                self._look_for_source(instance, now, out)

    def _is_watched(self, name: str) -> bool:
        return any(tracked.name == name for tracking in self._tracking.values() for tracked in tracking.interfaces)

    def _lose_address(self, instance: Instance, now: Microseconds, out: list[Effect]) -> None:
        group = instance.group
        if isinstance(group, Group):
            out += group.lose_address(instance, now)
            self._settle(group)
        else:
            out += instance.handle(AddressLost(), now)
            self._agenda.update(instance)

    def _look_for_source(self, instance: Instance, now: Microseconds, out: list[Effect]) -> None:
        source = self._source_of(instance.configuration)
        if source == instance.source:
            return
        if source is None:
            # The farewell still carries the address that has just gone.
            self._drive(instance, FaultRaised(cause=_NO_SOURCE), now, out)
            instance.source = None
            return
        out += instance.handle(SourceChanged(source=source), now)
        self._drive(instance, FaultCleared(cause=_NO_SOURCE), now, out)

    def _on_source_unavailable(self, name: str, now: Microseconds, out: list[Effect]) -> None:
        instance = self.instances.get(name)
        if instance is None:
            return
        if instance.state is State.INIT:
            self._unbindable.add(name)
        else:
            self._bind_failed(instance, now, out)

    def _bind_failed(self, instance: Instance, now: Microseconds, out: list[Effect]) -> None:
        if instance.state is not State.FAULT:
            out.append(Log(text=f"({instance.name}): entering FAULT state (src address not configured)"))
        self._drive(instance, FaultRaised(cause=_NOT_BINDABLE), now, out)


def _instance_for(source: IPAddress, candidates: list[Instance]) -> Instance | None:
    """Pick among instances that share a router id on one socket: who last heard this sender, else whose peer it is (§3)."""
    if len(candidates) == 1:
        return candidates[0]
    for instance in candidates:
        if instance.master_address == source:
            return instance
    for instance in candidates:
        if any(peer.address == source for peer in instance.configuration.unicast_peers):
            return instance
    return None


def _is_it(own: VirtualAddress, event: AddressRemoved) -> bool:
    return (
        own.address == event.address
        and own.prefix_length == event.prefix_length
        and own.interface == event.interface
        and not own.no_track
    )
