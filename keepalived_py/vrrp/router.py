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
    ConfigurationChanged,
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
    Reconfigure,
    RemoveAddresses,
    Retire,
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
    Withdrawn,
)
from keepalived_py.vrrp.group import Group
from keepalived_py.vrrp.limiter import AnnouncementLimiter
from keepalived_py.vrrp.machine import Instance
from keepalived_py.vrrp.reload import successors
from keepalived_py.vrrp.tracking import ScriptTracker, is_fault
from keepalived_py.vrrp.watching import NO_SOURCE, NOT_BINDABLE, Watch, in_order, reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from keepalived_py.config.ast import Configuration, IPAddress, Microseconds, VirtualAddress, VrrpInstance
    from keepalived_py.vrrp.events import InterfaceFacts

#: Interface, family and router id.
_Key: TypeAlias = tuple[str, int, int]


class Router:
    """The machine of the VRRP worker. ``interfaces`` is what is true of the host at the start."""

    def __init__(self, configuration: Configuration, interfaces: Iterable[InterfaceFacts] = ()) -> None:
        self.configuration = configuration
        self.watch = Watch(configuration, interfaces)
        self.instances: dict[str, Instance] = {}
        self.groups: dict[str, Group] = {}
        self._by_key: dict[_Key, list[Instance]] = {}
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
            case Retire(configuration=configuration):
                self._on_retire(configuration, now, out)
            case Reconfigure(configuration=configuration):
                self._on_retire(configuration, now, out)
                self._on_reconfigure(configuration, now, out)
        if self._limiters:
            return self._limit(out, now)
        return out

    # --- set-up -------------------------------------------------------------------------------------------------------

    def _build(self, configuration: Configuration) -> None:
        self._set_limits()
        for wanted in configuration.vrrp_instances:
            self.instances[wanted.name] = Instance(wanted, source=self.watch.source_of(wanted))
        self._index()
        for group in configuration.vrrp_sync_groups:
            if members := [self.instances[name] for name in group.members if name in self.instances]:
                self.groups[group.name] = Group(group, members)

    def _set_limits(self) -> None:
        self._limiters = {
            address.interface: AnnouncementLimiter(wanted.garp.interval, wanted.garp.repeat)
            for wanted in reversed(self.configuration.vrrp_instances)
            if wanted.garp.interval
            for address in (*wanted.virtual_addresses, *wanted.excluded_addresses)
        }

    def _index(self) -> None:
        self._by_key.clear()
        for instance in self.instances.values():
            wanted = instance.configuration
            key = (wanted.interface, wanted.family, wanted.virtual_router_id)
            self._by_key.setdefault(key, []).append(instance)

    # --- start and stop -----------------------------------------------------------------------------------------------

    def _on_start(self, now: Microseconds, out: list[Effect]) -> None:
        """First every fault, then groups, then instances, then scripts, as the reference does (§6, cli-and-process.md §9)."""
        for tracking in self.watch.tracking.values():
            out += [Log(text=remark) for remark in tracking.remarks]
        out += self.watch.foreign_sources(self.configuration)
        everybody = list(self.instances.values())
        self._find_faults(everybody, out)
        for instance in everybody:
            if instance.faults or (instance.group is not None and instance.group.state is State.FAULT):
                self._drive(instance, FaultFound(), now, out)
        for name in self._unbindable:
            self._bind_failed(self.instances[name], now, out)
        self._unbindable.clear()
        for group in self.groups.values():
            group.announce_start(out)
        for instance in everybody:
            self._drive(instance, Start(), now, out)
        for script in self.watch.scripts.values():
            out += script.handle(Start(), now)
            self._agenda.update(script)

    def _find_faults(self, beginners: list[Instance], out: list[Effect], *, waits: bool = True) -> None:
        """See what keeps instances from starting: interfaces of all first; ``waits``: a script without a result does."""
        for instance in beginners:
            instance.faults = self.watch.faults_of(instance)
            instance.waiting_for = self.watch.unknown_scripts_of(instance) if waits else set()
            down = [cause for cause in instance.faults if cause.kind is FaultKind.INTERFACE_DOWN]
            out += [Log(text=reason(instance, cause)) for cause in in_order(down)]
        for instance in beginners:
            others = [cause for cause in instance.faults if cause.kind is not FaultKind.INTERFACE_DOWN]
            out += [Log(text=reason(instance, cause)) for cause in in_order(others)]
            self._update_priority(instance, 0, out)
            if waits and instance.group is not None:
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

    # --- reload -------------------------------------------------------------------------------------------------------

    def _on_retire(self, configuration: Configuration, now: Microseconds, out: list[Effect]) -> None:
        """Whoever has no successor lets go."""
        kept = self._successors(configuration)
        for name, instance in list(self.instances.items()):
            if name not in kept:
                out += instance.handle(Withdrawn(), now)
                out.append(CloseSockets(instance=name))
                del self.instances[name]
        self._index()

    def _on_reconfigure(self, configuration: Configuration, now: Microseconds, out: list[Effect]) -> None:
        """Go on with another configuration: the same routers keep their state, their trackers are looked at anew."""
        kept = self._successors(configuration)
        old = {wanted.name: self.instances[name] for name, wanted in kept.items()}
        told = {name: group.told for name, group in self.groups.items()}
        self.configuration = configuration
        self._set_limits()
        self.watch.survey(configuration)
        out += self.watch.foreign_sources(configuration)
        self.watch.exchange_scripts(configuration, now, out)
        self._agenda.clear()
        self.instances = {
            wanted.name: old.get(wanted.name) or Instance(wanted, source=self.watch.source_of(wanted))
            for wanted in configuration.vrrp_instances
        }
        changes: list[Effect] = []
        for wanted in configuration.vrrp_instances:
            instance = self.instances[wanted.name]
            instance.group = None
            if wanted.name in old:
                instance.source = self.watch.source_of(wanted) or instance.source
                total = self.watch.total_of(wanted)
                changes += instance.handle(ConfigurationChanged(configuration=wanted, total=total), now)
        # An address may have moved from one instance to another: nobody may remove it after the other has set it.
        out += [effect for effect in changes if isinstance(effect, RemoveAddresses)]
        out += [effect for effect in changes if not isinstance(effect, RemoveAddresses)]
        self._index()
        self.groups = {}
        for group in configuration.vrrp_sync_groups:
            if members := [self.instances[name] for name in group.members if name in self.instances]:
                self.groups[group.name] = Group(group, members, told=told.get(group.name))
        for instance in old.values():
            self._reassess(instance, now, out)
        self._begin([each for name, each in self.instances.items() if name not in old], now, out)
        for united in self.groups.values():
            united.unite(now, out)
        for instance in self.instances.values():
            self._agenda.update(instance)
        for script in self.watch.scripts.values():
            self._agenda.update(script)

    def _successors(self, configuration: Configuration) -> dict[str, VrrpInstance]:
        running = [instance.configuration for instance in self.instances.values()]
        return successors(running, configuration.vrrp_instances)

    def _reassess(self, instance: Instance, now: Microseconds, out: list[Effect]) -> None:
        """Apply to an instance that goes on what the new configuration makes of its faults."""
        wanted = self.watch.faults_of(instance)
        for cause in in_order(wanted - instance.faults):
            out.append(Log(text=reason(instance, cause)))
            self._drive(instance, FaultRaised(cause=cause), now, out)
        for name in sorted(instance.waiting_for - self.watch.unknown_scripts_of(instance)):
            self._drive(instance, ScriptReported(name=name), now, out)
        for cause in instance.faults - wanted - {NOT_BINDABLE}:
            self._drive(instance, FaultCleared(cause=cause), now, out)

    def _begin(self, beginners: list[Instance], now: Microseconds, out: list[Effect]) -> None:
        self._find_faults(beginners, out, waits=False)
        out += [OpenSockets(instance=instance.name) for instance in beginners]
        for instance in beginners:
            if instance.faults:
                self._drive(instance, FaultFound(), now, out)
            self._drive(instance, Start(), now, out)

    # --- packets and time ---------------------------------------------------------------------------------------------

    def _on_packet(self, event: AdvertisementReceived, now: Microseconds, out: list[Effect]) -> None:
        packet = event.packet
        local = packet.destination if event.local is None else event.local
        found = self._by_key.get((event.interface, packet.source.version, packet.virtual_router_id))
        if not found:
            return
        instance = found[0]
        if len(found) > 1:
            shared = _instance_for(packet.source, [candidate for candidate in found if candidate.local == local])
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
        if group is not None:
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
        script = self.watch.scripts.get(event.name)
        if script is None:
            return
        before = script.up
        out += script.handle(event, now)
        if script.up is before:
            return
        cause = FaultCause(kind=FaultKind.SCRIPT_FAILED, name=script.name)
        for instance in self.instances.values():
            for tracked in self.watch.tracking[instance.name].scripts:
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
        if not self.watch.interfaces.set_up(name, is_up=is_up):
            return
        if self.watch.is_watched(name):
            out.append(Log(text=f"Netlink reports {name} {'up' if is_up else 'down'}"))
        self._apply_interface(name, now, out)

    def _apply_interface(self, name: str, now: Microseconds, out: list[Effect]) -> None:
        is_up = self.watch.interfaces.is_up(name)
        cause = FaultCause(kind=FaultKind.INTERFACE_DOWN, name=name)
        for instance in self.instances.values():
            for tracked in self.watch.tracking[instance.name].interfaces:
                if tracked.name != name:
                    continue
                if tracked.weight:
                    self._update_priority(instance, now, out)
                elif is_fault(is_up, reverse=tracked.reverse):
                    self._drive(instance, FaultRaised(cause=cause), now, out)
                else:
                    self._drive(instance, FaultCleared(cause=cause), now, out)

    def _update_priority(self, instance: Instance, now: Microseconds, out: list[Effect]) -> None:
        total = self.watch.total_of(instance.configuration)
        if not instance.is_owner and total != instance.total_priority:
            self._drive(instance, PriorityChanged(total=total), now, out)

    # --- interfaces and addresses -------------------------------------------------------------------------------------

    def _on_interface_added(self, facts: InterfaceFacts, now: Microseconds, out: list[Effect]) -> None:
        out.append(Log(text=f"Interface {facts.name} added", detail=True))
        self.watch.interfaces.add(replace(facts, is_up=False))
        for instance in self._on_interface(facts.name):
            out.append(OpenSockets(instance=instance.name))
            self._look_for_source(instance, now, out)
        self._on_interface_changed(facts.name, now, out, is_up=facts.is_up)

    def _on_interface_removed(self, name: str, now: Microseconds, out: list[Effect]) -> None:
        out.append(Log(text=f"Interface {name} deleted", detail=not self.watch.is_watched(name)))
        self.watch.interfaces.remove(name)
        out += [CloseSockets(instance=instance.name) for instance in self._on_interface(name)]
        self._apply_interface(name, now, out)
        for instance in self._on_interface(name):
            self._look_for_source(instance, now, out)

    def _on_interface(self, name: str) -> Iterator[Instance]:
        return (instance for instance in self.instances.values() if instance.configuration.interface == name)

    def _on_address_added(self, event: AddressAdded, now: Microseconds, out: list[Effect]) -> None:
        name, address = event.interface, event.address
        is_first = self.watch.first_address(name, address.version) is None
        if not self.watch.interfaces.add_address(name, address, event.prefix_length):
            return
        if self.watch.is_virtual(name, address):
            return
        if is_first and self.watch.is_watched(name):
            out.append(Log(text=f"Assigned address {address} for interface {name}", detail=True))
        for instance in self.instances.values():
            if instance.source is None:
                self._look_for_source(instance, now, out)

    def _on_address_removed(self, event: AddressRemoved, now: Microseconds, out: list[Effect]) -> None:
        name, address = event.interface, event.address
        if not self.watch.interfaces.remove_address(name, address, event.prefix_length):
            return
        if self.watch.is_virtual(name, address):
            for instance in self.instances.values():
                if instance.state is State.MASTER and any(_is_it(own, event) for own in instance.addresses):
                    text = f"Netlink reflector reports IP {address} removed from {name}"
                    out.append(Log(text=text, detail=True))
                    self._lose_address(instance, now, out)
            return
        if self.watch.is_watched(name) and self.watch.first_address(name, address.version) is None:
            out.append(Log(text=f"Deassigned address {address} from interface {name}", detail=True))
        for instance in self.instances.values():
            if instance.source == address:
                self._look_for_source(instance, now, out)

    def _lose_address(self, instance: Instance, now: Microseconds, out: list[Effect]) -> None:
        group = instance.group
        if group is not None:
            out += group.lose_address(instance, now)
            self._settle(group)
        else:
            out += instance.handle(AddressLost(), now)
            self._agenda.update(instance)

    def _look_for_source(self, instance: Instance, now: Microseconds, out: list[Effect]) -> None:
        source = self.watch.source_of(instance.configuration)
        if source == instance.source:
            return
        if source is None:
            # The farewell still carries the address that has just gone.
            self._drive(instance, FaultRaised(cause=NO_SOURCE), now, out)
            instance.source = None
            return
        out += instance.handle(SourceChanged(source=source), now)
        self._drive(instance, FaultCleared(cause=NO_SOURCE), now, out)

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
            out.append(Log(text=reason(instance, NOT_BINDABLE)))
        self._drive(instance, FaultRaised(cause=NOT_BINDABLE), now, out)


def _instance_for(source: IPAddress, candidates: list[Instance]) -> Instance | None:
    """Pick among instances that share a router id on one socket: who last heard this sender, else whose peer it is (§3)."""
    if len(candidates) == 1:
        return candidates[0]
    for instance in candidates:
        if instance.master.address == source:
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
