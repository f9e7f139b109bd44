"""All virtual routers of one process behind one ``handle(event, now)`` and one ``deadline``.

Owns who gets which event: packets go by interface, family, router id and destination to an instance, a deadline wakes whoever is
due; what the kernel reports goes through ``surroundings.py``, what trackers report through ``results.py``, a reload through
``exchange.py``. What an event does to an instance is ``machine.py``'s, what it does to a group ``group.py``'s.
Source: reference/vrrp-behaviour.md §3-§8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.vrrp.debounce import Debounce
from keepalived_py.vrrp.effects import Effect, Log
from keepalived_py.vrrp.events import (
    AddressAdded,
    AddressRemoved,
    AdvertisementReceived,
    DeadlineReached,
    FaultFound,
    FileRead,
    InterfaceAdded,
    InterfaceChanged,
    InterfaceRemoved,
    ProcessesCounted,
    Reconfigure,
    Retire,
    RouterEvent,
    RoutingRemoved,
    RoutingUnknown,
    ScriptFinished,
    SessionChanged,
    SourceUnavailable,
    Start,
    State,
    Stop,
)
from keepalived_py.vrrp.exchange import Exchange
from keepalived_py.vrrp.fleet import Fleet
from keepalived_py.vrrp.limiter import Limits
from keepalived_py.vrrp.machine import Instance
from keepalived_py.vrrp.possessions import static_possessions
from keepalived_py.vrrp.processes import ProcessTracker
from keepalived_py.vrrp.restoring import Restorer
from keepalived_py.vrrp.results import Results
from keepalived_py.vrrp.scripts import ScriptTracker
from keepalived_py.vrrp.startup import StartUpDelay
from keepalived_py.vrrp.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.config.ast import Configuration, IPAddress, Microseconds
    from keepalived_py.vrrp.events import InterfaceFacts
    from keepalived_py.vrrp.group import Group
    from keepalived_py.vrrp.possessions import Possession
    from keepalived_py.vrrp.watching import Watch

#: How many machines one DeadlineReached wakes; whoever asks again finds the others due. What a thousand instances want to do in the
#: same moment so spreads over the time it takes, and stays spread.
_DUE_AT_ONCE = 16


class Router:
    """The machine of the VRRP worker. ``interfaces`` is what is true of the host at the start.

    ``step_down``: whoever loses an address, route or rule by somebody else's hand is no longer MASTER, as in the reference.
    ``report_addresses``: the log hears of every address that comes or goes.
    """

    def __init__(
        self,
        configuration: Configuration,
        interfaces: Iterable[InterfaceFacts] = (),
        *,
        step_down: bool = False,
        report_addresses: bool = False,
    ) -> None:
        self._fleet = Fleet(configuration, interfaces)
        self._restorer = Restorer(self._fleet, step_down=step_down, report_addresses=report_addresses)
        self._results = Results(self._fleet)
        self._surroundings = Surroundings(self._fleet, self._restorer, self._results, report_addresses=report_addresses)
        self._exchange = Exchange(self._fleet)
        self._limits = Limits(configuration)

    @property
    def configuration(self) -> Configuration:
        """The running configuration."""
        return self._fleet.configuration

    @property
    def instances(self) -> dict[str, Instance]:
        """The instances by name."""
        return self._fleet.instances

    @property
    def groups(self) -> dict[str, Group]:
        """The sync groups by name."""
        return self._fleet.groups

    @property
    def watch(self) -> Watch:
        """What is known of interfaces and scripts, and who tracks them."""
        return self._fleet.watch

    def wants_address(self, interface: str, address: IPAddress) -> bool:
        """Whether the kernel should have an address on an interface now."""
        return self._restorer.wants_address(interface, address)

    def is_wanted(self, item: Possession) -> bool:
        """Whether the kernel should have an address, route or rule of the configuration now."""
        return self._restorer.is_wanted(item)

    @property
    def deadline(self) -> Microseconds | None:
        """When DeadlineReached is wanted next; None: never."""
        return self._fleet.agenda.deadline

    def handle(self, event: RouterEvent, now: Microseconds) -> list[Effect]:
        """Take one event at the time ``now``; return what is to be done, in order."""
        out: list[Effect] = []
        match event:
            case AdvertisementReceived():
                self._on_packet(event, now, out)
            case DeadlineReached():
                self._on_deadline(now, out)
            case ScriptFinished():
                self._results.on_script_finished(event, now, out)
            case FileRead():
                self._results.on_file_read(event, now, out)
            case ProcessesCounted():
                self._results.on_processes_counted(event, now, out)
            case SessionChanged():
                self._results.on_session_changed(event, now, out)
            case InterfaceChanged():
                self._surroundings.on_interface_changed(event, now, out)
            case InterfaceAdded(facts=facts):
                self._surroundings.on_interface_added(facts, now, out)
            case InterfaceRemoved():
                self._surroundings.on_interface_removed(event, now, out)
            case AddressAdded():
                self._surroundings.on_address_added(event, now, out)
            case AddressRemoved():
                self._surroundings.on_address_removed(event, now, out)
            case RoutingRemoved(item=item):
                self._restorer.on_routing_removed(item, now, out)
            case RoutingUnknown():
                self._restorer.on_unknown(out)
            case SourceUnavailable(instance=instance):
                self._surroundings.on_source_unavailable(instance, now, out)
            case Start(readings=readings):
                self._fleet.watch.take(self.configuration, readings)
                self._on_start(now, out)
            case Stop():
                self._on_stop(event, now, out)
            case Retire(configuration=configuration):
                self._exchange.retire(configuration, now, out)
            case Reconfigure(configuration=configuration, readings=readings):
                self._exchange.retire(configuration, now, out)
                self._limits = Limits(configuration)
                self._restorer.forget()
                self._exchange.reconfigure(configuration, readings, now, out)
                self._surroundings.set_delays(configuration, now, out)
        return self._limits.hold_back(out, now, self._fleet.agenda)

    def _on_start(self, now: Microseconds, out: list[Effect]) -> None:
        """First every fault, then groups, then instances, then scripts, as the reference does (§6, cli-and-process.md §9)."""
        for tracking in self._fleet.watch.tracking.values():
            out += [Log(text=remark) for remark in tracking.remarks]
        out += self._fleet.delay.begin(self._fleet.configuration, now)
        self._fleet.agenda.update(self._fleet.delay)
        out += self._fleet.watch.foreign_sources(self._fleet.configuration)
        static_possessions(self._fleet.configuration).install(out)
        self._surroundings.set_delays(self._fleet.configuration, now, out)
        everybody = list(self._fleet.instances.values())
        self._fleet.find_faults(everybody, out)
        for instance in everybody:
            if instance.faults or (instance.group is not None and instance.group.state is State.FAULT):
                self._fleet.drive(instance, FaultFound(), now, out)
        self._surroundings.complain_of_sources(now, out)
        for group in self._fleet.groups.values():
            group.announce_start(out)
        for instance in everybody:
            self._fleet.drive(instance, Start(), now, out)
        for script in self._fleet.watch.scripts.values():
            out += script.handle(Start(), now)
            self._fleet.agenda.update(script)

    def _on_stop(self, event: Stop, now: Microseconds, out: list[Effect]) -> None:
        """Every MASTER lets go first; only then is anybody notified (cli-and-process.md §8)."""
        for instance in self._fleet.instances.values():
            out += instance.handle(event, now)
        static_possessions(self._fleet.configuration).remove(out)
        for instance in self._fleet.instances.values():
            out += instance.announce_stop()
        for group in self._fleet.groups.values():
            group.state = State.STOP
            group.notify(out)
        self._fleet.agenda.clear()

    def _on_packet(self, event: AdvertisementReceived, now: Microseconds, out: list[Effect]) -> None:
        if self._fleet.delay.deadline is not None:
            return
        packet = event.packet
        local = packet.destination if event.local is None else event.local
        found = self._fleet.with_key(event.interface, packet.source.version, packet.virtual_router_id)
        if not found:
            if self._fleet.configuration.global_defs.vrrp.log_unknown_vrids:
                where = f"received on interface({event.interface})"
                out.append(Log(text=f"Unknown VRID({packet.virtual_router_id}) {where}. ignoring..."))
            return
        instance = found[0]
        if len(found) > 1:
            shared = _instance_for(packet.source, [candidate for candidate in found if candidate.local == local])
            if shared is None:
                return
            instance = shared
        interval = instance.master.interval
        self._fleet.drive(instance, event, now, out)
        if instance.master.interval < interval:
            self._surroundings.shorten_delays(instance, out)

    def _on_deadline(self, now: Microseconds, out: list[Effect]) -> None:
        for _ in range(_DUE_AT_ONCE):
            machine = self._fleet.agenda.pop_due(now)
            if machine is None:
                return
            if isinstance(machine, Instance):
                self._fleet.drive(machine, DeadlineReached(), now, out)
            elif isinstance(machine, ScriptTracker | Restorer | StartUpDelay):
                out += machine.handle(DeadlineReached(), now)
                self._fleet.agenda.update(machine)
            elif isinstance(machine, ProcessTracker):
                self._results.on_process_due(machine, now, out)
            elif isinstance(machine, Debounce):
                self._surroundings.on_debounced(machine, now, out)
            # A limiter is asked after every event.


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
