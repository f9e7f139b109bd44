"""Interfaces and addresses that come and go, and what that means for instances. Source: reference/vrrp-behaviour.md §4, §6, §13.

Owns the way from a report of the kernel to faults and sources of instances; the picture of the interfaces itself is
``interfaces.py``'s, what becomes of an address that is lost ``restoring.py``'s.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from keepalived_py.vrrp.debounce import Debounce, limited, shortened
from keepalived_py.vrrp.effects import CloseSockets, Log, OpenSockets, RestoreInterface
from keepalived_py.vrrp.events import (
    DeadlineReached,
    FaultCause,
    FaultCleared,
    FaultKind,
    FaultRaised,
    InterfaceChanged,
    SourceChanged,
    State,
)
from keepalived_py.vrrp.tracking import TrackerKind
from keepalived_py.vrrp.watching import NO_SOURCE, NOT_BINDABLE, reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from keepalived_py.config.ast import Configuration, Microseconds
    from keepalived_py.vrrp.effects import Effect
    from keepalived_py.vrrp.events import AddressAdded, AddressRemoved, InterfaceFacts, InterfaceRemoved
    from keepalived_py.vrrp.fleet import Fleet
    from keepalived_py.vrrp.machine import Instance
    from keepalived_py.vrrp.restoring import Restorer
    from keepalived_py.vrrp.results import Results
    from keepalived_py.vrrp.virtual_interfaces import VirtualInterface


class Surroundings:
    """What the kernel reports, for the instances of a fleet. ``report_addresses``: each that comes or goes is a line."""

    def __init__(self, fleet: Fleet, restorer: Restorer, results: Results, *, report_addresses: bool = False) -> None:
        self._fleet = fleet
        self._report_addresses = report_addresses
        self._results = results
        self._debounces: dict[str, Debounce] = {}
        self._restorer = restorer
        self._unbindable: set[str] = set()

    def complain_of_sources(self, now: Microseconds, out: list[Effect]) -> None:
        """At the start: put instances whose sockets could not be opened into FAULT."""
        for name in self._unbindable:
            self._bind_failed(self._fleet.instances[name], now, out)
        self._unbindable.clear()

    def set_delays(self, configuration: Configuration, now: Microseconds, out: list[Effect]) -> None:
        """Take over ``interface_up_down_delays``; what waits for the end of a delay goes on waiting."""
        old, self._debounces = self._debounces, {}
        watch = self._fleet.watch
        for delays in limited(configuration.interface_delays, configuration.vrrp_instances, out):
            if (delays.up or delays.down) and watch.is_watched(delays.name):
                interfaces = watch.interfaces
                is_up, flags = interfaces.is_up(delays.name), interfaces.flags(delays.name)
                debounce = Debounce(delays, is_up=is_up, flags=flags)
                if delays.name in old:
                    debounce.inherit(old.pop(delays.name))
                self._debounces[delays.name] = debounce
                self._fleet.agenda.update(debounce)
        for debounce in old.values():
            if debounce.waiting is not None:
                self._interface_settled(debounce.waiting, now, out)

    def shorten_delays(self, instance: Instance, out: list[Effect]) -> None:
        """Take in that the master advertises more often than was thought: a loss must be noticed sooner."""
        debounce = self._debounces.get(instance.configuration.interface)
        if debounce is None:
            return
        shorter = shortened(debounce.delays, instance.configuration, instance.master.interval)
        if shorter != debounce.delays:
            debounce.delays = shorter
            text = f"{instance.name}: lower advert_int reducing interface {debounce.name} debounce timer(s)"
            out.append(Log(text=text, detail=True))

    def on_interface_changed(self, event: InterfaceChanged, now: Microseconds, out: list[Effect]) -> None:
        """Take in that an interface went up or down; whether it stays so is seen first where delays are configured."""
        debounce = self._debounces.get(event.name)
        if debounce is None or event.polled:
            self._interface_settled(event, now, out)
            return
        out += debounce.handle(event, now)
        self._fleet.agenda.update(debounce)
        self._interface_settled(debounce.settled, now, out)

    def on_debounced(self, debounce: Debounce, now: Microseconds, out: list[Effect]) -> None:
        """Take the end of an interface's delay."""
        out += debounce.handle(DeadlineReached(), now)
        self._fleet.agenda.update(debounce)
        self._interface_settled(debounce.settled, now, out)

    def _interface_settled(self, event: InterfaceChanged, now: Microseconds, out: list[Effect]) -> None:
        name, is_up = event.name, event.is_up
        if not event.polled:
            self._fleet.watch.interfaces.set_flags(name, event.flags)
        if not self._fleet.watch.interfaces.set_up(name, is_up=is_up):
            return
        if self._fleet.watch.is_watched(name):
            reporter = "Linkbeat" if event.polled else "Netlink"
            out.append(Log(text=f"{reporter} reports {name} {'up' if is_up else 'down'}"))
        self._results.apply(TrackerKind.INTERFACE, name, now, out)
        if is_up:
            self._restorer.on_interface_returned(name, out)

    def on_interface_added(self, facts: InterfaceFacts, now: Microseconds, out: list[Effect]) -> None:
        """Take in an interface that appeared, perhaps for the second time."""
        out.append(Log(text=f"Interface {facts.name} added", detail=True))
        self._fleet.watch.interfaces.add(replace(facts, is_up=False))
        self._log_assigned(facts.name, out)
        self._apply_conflicts(now, out)
        out += [RestoreInterface(name=each.name) for each in self._virtual_interfaces() if each.base == facts.name]
        out += [OpenSockets(instance=instance.name) for instance in self._on_interface(facts.name)]
        self._look_for_sources(facts.name, now, out)
        self.on_interface_changed(InterfaceChanged(name=facts.name, is_up=facts.is_up, flags=facts.flags), now, out)

    def on_interface_removed(self, event: InterfaceRemoved, now: Microseconds, out: list[Effect]) -> None:
        """Take in that an interface was deleted or renamed."""
        name = event.name
        if event.new_name:
            out.append(Log(text=f"Interface name has changed from {name} to {event.new_name}"))
        else:
            out.append(Log(text=f"Interface {name} deleted", detail=not self._fleet.watch.is_watched(name)))
        self._fleet.watch.interfaces.remove(name)
        self._apply_conflicts(now, out)
        # Over an interface that only has another name a farewell still goes out.
        if (debounce := self._debounces.get(name)) is not None:
            debounce.forget()
        self._results.apply(TrackerKind.INTERFACE, name, now, out)
        out += [CloseSockets(instance=instance.name) for instance in self._on_interface(name)]
        self._look_for_sources(name, now, out)
        out += [RestoreInterface(name=each.name) for each in self._virtual_interfaces() if each.name == name]

    def _apply_conflicts(self, now: Microseconds, out: list[Effect]) -> None:
        watch = self._fleet.watch
        before = watch.conflicts
        watch.find_conflicts()
        if watch.conflicts == before:
            return
        for name, instance in self._fleet.instances.items():
            old, new = before.get(name), watch.conflicts.get(name)
            if old == new:
                continue
            if new is not None:
                cause = FaultCause(kind=FaultKind.DUPLICATE_ROUTER_ID, name=new)
                out.append(Log(text=reason(instance, cause)))
                self._fleet.drive(instance, FaultRaised(cause=cause), now, out)
            if old is not None:
                cause = FaultCause(kind=FaultKind.DUPLICATE_ROUTER_ID, name=old)
                self._fleet.drive(instance, FaultCleared(cause=cause), now, out)

    def _log_assigned(self, name: str, out: list[Effect]) -> None:
        if self._fleet.watch.is_watched(name):
            found = (self._fleet.watch.first_address(name, family) for family in (4, 6))
            lines = (f"Assigned address {address} for interface {name}" for address in found if address is not None)
            out += [Log(text=line, detail=True) for line in lines]

    def _on_interface(self, name: str) -> Iterator[Instance]:
        return (each for each in self._fleet.instances.values() if each.configuration.advert_interface == name)

    def _virtual_interfaces(self) -> Iterable[VirtualInterface]:
        return self._fleet.watch.virtual_interfaces.values()

    def on_address_added(self, event: AddressAdded, now: Microseconds, out: list[Effect]) -> None:
        """Take in an address that the kernel reports."""
        name, address = event.interface, event.address
        is_first = self._fleet.watch.first_address(name, address.version) is None
        if not self._fleet.watch.interfaces.add_address(name, address, event.prefix_length):
            return
        own = not self._fleet.watch.is_virtual(name, address)
        if own and is_first and self._fleet.watch.is_watched(name):
            out.append(Log(text=f"Assigned address {address} for interface {name}", detail=True))
        elif self._report_addresses:
            out.append(Log(text=f"Netlink reflector reports IP {address} added to {name}"))
        if not own:
            return
        for instance in self._fleet.instances.values():
            if instance.source is None:
                self._look_for_source(instance, now, out)

    def on_address_removed(self, event: AddressRemoved, now: Microseconds, out: list[Effect]) -> None:
        """Take in that an address is gone."""
        name, address = event.interface, event.address
        if not self._fleet.watch.interfaces.remove_address(name, address, event.prefix_length):
            return
        before = len(out)
        self._restorer.on_address_removed(event, now, out)
        own = not self._fleet.watch.is_virtual(name, address)
        last = self._fleet.watch.first_address(name, address.version) is None
        if own and last and self._fleet.watch.is_watched(name):
            out.append(Log(text=f"Deassigned address {address} from interface {name}", detail=True))
        elif self._report_addresses and len(out) == before:
            out.append(Log(text=f"Netlink reflector reports IP {address} removed from {name}"))
        if not own:
            return
        for instance in self._fleet.instances.values():
            if instance.source == address:
                self._look_for_source(instance, now, out)

    def _look_for_sources(self, name: str, now: Microseconds, out: list[Effect]) -> None:
        """Look again where the instances send from that an interface, or a virtual one on it, carries."""
        for instance in self._fleet.instances.values():
            if name in (instance.configuration.interface, instance.configuration.advert_interface):
                self._look_for_source(instance, now, out)

    def _look_for_source(self, instance: Instance, now: Microseconds, out: list[Effect]) -> None:
        source = self._fleet.watch.source_of(instance.configuration)
        if source == instance.source:
            return
        if source is None:
            # The farewell still carries the address that has just gone.
            self._fleet.drive(instance, FaultRaised(cause=NO_SOURCE), now, out)
            instance.source = None
            return
        out += instance.handle(SourceChanged(source=source), now)
        self._fleet.drive(instance, FaultCleared(cause=NO_SOURCE), now, out)

    def on_source_unavailable(self, name: str, now: Microseconds, out: list[Effect]) -> None:
        """Take in that an instance's sockets could not be opened."""
        instance = self._fleet.instances.get(name)
        if instance is None:
            return
        if instance.state is State.INIT:
            self._unbindable.add(name)
        else:
            self._bind_failed(instance, now, out)

    def _bind_failed(self, instance: Instance, now: Microseconds, out: list[Effect]) -> None:
        if instance.state is not State.FAULT:
            out.append(Log(text=reason(instance, NOT_BINDABLE)))
        self._fleet.drive(instance, FaultRaised(cause=NOT_BINDABLE), now, out)
