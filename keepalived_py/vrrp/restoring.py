"""An address, route or rule of ours that somebody else removes. Source: reference/vrrp-behaviour.md §6, §10.

Owns what is done about it, for the instances that are MASTER and for static entries:

* It is put back at once, with a line in the log; an address with its gratuitous ARP, and with the routes of its owner, which the
  kernel may have dropped without a word. ``no_track`` means that nobody minds. (The reference gives up being MASTER for the length
  of the skew; with ``step_down`` so do we, except for static entries.)
* "At once" leaves a moment to hear that the whole interface is going, or has lost its carrier: that is no theft, and when the
  interface is back everything on it is set again.
* Whoever removes it again and again finds it put back a few times a second, never more often, and the log says so once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from keepalived_py.config.ast import VirtualAddress
from keepalived_py.vrrp.effects import (
    WARNING,
    InstallAddresses,
    InstallRouting,
    Log,
    RemoveRouting,
    SendGratuitousArp,
    SendNeighbourAdvertisement,
)
from keepalived_py.vrrp.events import AddressLost, State
from keepalived_py.vrrp.possessions import Possessions, describe, sent_from, static_possessions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.config.ast import IPAddress, Microseconds, Route, Rule
    from keepalived_py.vrrp.effects import Effect
    from keepalived_py.vrrp.events import AddressRemoved, DeadlineReached
    from keepalived_py.vrrp.fleet import Fleet
    from keepalived_py.vrrp.machine import Instance
    from keepalived_py.vrrp.possessions import Possession

_MOMENT: Microseconds = 10_000
#: The shortest time between two settings of the same thing: five a second.
_GAP: Microseconds = 200_000
#: From this many removals in a row on nothing more is said, until as long as _QUIET nobody removes it.
_MANY = 3
_QUIET: Microseconds = 60_000_000
#: How many lines are written about what an owner loses at one time; the rest is counted.
_MOST_LINES = 10


@dataclass(slots=True)
class _Record:
    """How often in a row something was put back, and when last."""

    count: int
    when: Microseconds


class Restorer:
    """Puts back what is missing. ``deadline`` is when the next thing is due, None if nothing is missing."""

    def __init__(self, fleet: Fleet, *, step_down: bool = False, report_addresses: bool = False) -> None:
        self._report_addresses = report_addresses
        self._fleet = fleet
        self._steps_down = step_down
        #: By owner and thing: when it is to be put back.
        self._due: dict[tuple[str, Possession], Microseconds] = {}
        self._records: dict[tuple[str, Possession], _Record] = {}
        self.deadline: Microseconds | None = None
        #: Who has an address or a thing while it is MASTER, "" for static ones; made when first asked for.
        self._owners: dict[object, list[str]] | None = None

    def is_wanted(self, item: Possession) -> bool:
        """Whether the kernel should have it now."""
        return any(True for _ in self._wanted_with(item))

    def wants_address(self, interface: str, address: IPAddress) -> bool:
        """Whether the kernel should have an address on an interface now."""
        return any(True for _ in self._wanted_with((interface, address)))

    def on_address_removed(self, event: AddressRemoved, now: Microseconds, out: list[Effect]) -> None:
        """Take in that an address is gone; whether it was one of ours is seen here."""
        for owned in list(self._wanted_with((event.interface, event.address))):
            for address in owned.addresses:
                if not address.no_track and _is_it(address, event):
                    text = f"Netlink reflector reports IP {event.address} removed from {event.interface}"
                    out.append(Log(text=text, detail=not self._report_addresses))
                    self._lose(owned.owner, address, now, out)

    def on_routing_removed(self, item: Route | Rule, now: Microseconds, out: list[Effect]) -> None:
        """Take in that a route or rule of ours is gone."""
        if item.no_track:
            return
        for owned in list(self._wanted_with(item)):
            self._lose(owned.owner, item, now, out)

    def on_interface_returned(self, name: str, out: list[Effect]) -> None:
        """Set again what may have gone with an interface that is up now; rules do not go with it."""
        for owned in self._wanted():
            addresses = tuple(address for address in owned.addresses if address.interface == name)
            if addresses:
                out.append(InstallAddresses(instance=owned.owner, addresses=addresses))
            if addresses or any(_depends(route, name) for route in owned.routes):
                _install_routes(owned, out)

    def on_unknown(self, out: list[Effect]) -> None:
        """Set all routes and rules again: reports about them were lost."""
        for owned in self._wanted():
            _install_routes(owned, out)
            rules = tuple(rule for rule in owned.rules if not rule.no_track)
            if rules:
                out.append(InstallRouting(instance=owned.owner, items=rules))

    def handle(self, _event: DeadlineReached, now: Microseconds) -> list[Effect]:
        """Put back whatever is due and still wanted."""
        out: list[Effect] = []
        if self.deadline is None or self.deadline > now:
            return out
        # What goes together comes together, and is told in one breath.
        due = {key for key, when in self._due.items() if when <= now + _MOMENT}
        for key in due:
            del self._due[key]
        self.deadline = min(self._due.values(), default=None)
        for owned in list(self._wanted()):
            missing = [item for item in owned if (owned.owner, item) in due and self._can_be_set(item)]
            if missing:
                self._put_back(owned, missing, now, out)
        self._records = {key: record for key, record in self._records.items() if now - record.when < _QUIET}
        return out

    def forget(self) -> None:
        """Begin anew with another configuration."""
        self.deadline = None
        self._due.clear()
        self._records.clear()
        self._owners = None

    def _wanted(self) -> Iterator[Possessions]:
        for instance in self._fleet.instances.values():
            if instance.state is State.MASTER:
                yield instance.possessions
        yield static_possessions(self._fleet.configuration)

    def _wanted_with(self, key: object) -> Iterator[Possessions]:
        """As ``_wanted``, but only those that have this thing, or an address as (interface, address).

        Asked for every report of the kernel: a thousand instances that let go must not look through each other's addresses.
        """
        if self._owners is None:
            self._owners = {}
            every = [instance.possessions for instance in self._fleet.instances.values()]
            for owned in (*every, static_possessions(self._fleet.configuration)):
                for item in owned:
                    self._owners.setdefault(item, []).append(owned.owner)
                for address in owned.addresses:
                    self._owners.setdefault((address.interface, address.address), []).append(owned.owner)
        for name in self._owners.get(key, ()):
            if not name:
                yield static_possessions(self._fleet.configuration)
            elif (instance := self._fleet.instances.get(name)) is not None and instance.state is State.MASTER:
                yield instance.possessions

    def _lose(self, owner: str, item: Possession, now: Microseconds, out: list[Effect]) -> None:
        if owner and self._steps_down:
            instance = self._fleet.instances[owner]
            if instance.state is State.MASTER:
                self._step_down(instance, now, out)
            return
        record = self._records.get((owner, item))
        earliest = 0 if record is None else record.when + _GAP
        when = self._due.setdefault((owner, item), max(now + _MOMENT, earliest))
        if self.deadline is None or when < self.deadline:
            self.deadline = when
            self._fleet.agenda.update(self)

    def _step_down(self, instance: Instance, now: Microseconds, out: list[Effect]) -> None:
        group = instance.group
        if group is not None:
            out += group.lose_address(instance, now)
            self._fleet.settle(group)
        else:
            out += instance.handle(AddressLost(), now)
            self._fleet.agenda.update(instance)

    def _can_be_set(self, item: Possession) -> bool:
        return not isinstance(item, VirtualAddress) or self._fleet.watch.interfaces.is_up(item.interface)

    def _put_back(self, owned: Possessions, missing: list[Possession], now: Microseconds, out: list[Effect]) -> None:
        addresses = tuple(item for item in missing if isinstance(item, VirtualAddress))
        # The kernel has dropped such a route (IPv4), or kept it without its source (IPv6), which adding it would not mend.
        spoilt = sent_from(addresses, _tracked(owned.routes))
        told = {*addresses, *spoilt}
        items = tuple(item for item in missing if not isinstance(item, VirtualAddress) and item not in told)
        self._tell(owned.owner, (*addresses, *items), now, out)
        if addresses:
            out.append(InstallAddresses(instance=owned.owner, addresses=addresses))
            if owned.owner:
                out += [_announcement(owned.owner, address) for address in addresses]
            stripped = tuple(route for route in spoilt if route.family == 6)
            if stripped:
                out.append(RemoveRouting(instance=owned.owner, items=stripped))
            _install_routes(owned, out)
        if items:
            out.append(InstallRouting(instance=owned.owner, items=items))

    def _tell(self, owner: str, items: tuple[Possession, ...], now: Microseconds, out: list[Effect]) -> None:
        remarks = [text for item in items if (text := self._remark(owner, item, now))]
        out += [Log(text=text, level=WARNING) for text in remarks[:_MOST_LINES]]
        if len(remarks) > _MOST_LINES:
            name = f"({owner})" if owner else "static:"
            text = f"{name} {len(remarks) - _MOST_LINES} more were removed by somebody else - putting them back"
            out.append(Log(text=text, level=WARNING))

    def _remark(self, owner: str, item: Possession, now: Microseconds) -> str:
        record = self._records.setdefault((owner, item), _Record(count=0, when=now))
        record.count = record.count + 1 if now - record.when < _QUIET else 1
        record.when = now
        if record.count > _MANY:
            return ""
        name = f"({owner}) {describe(item)}" if owner else f"static {describe(item)}"
        if record.count == _MANY:
            return f"{name} is removed by somebody else again and again - putting it back each time from now on without a word"
        return f"{name} was removed by somebody else - putting it back"


def _announcement(owner: str, address: VirtualAddress) -> Effect:
    kind = SendGratuitousArp if address.address.version == 4 else SendNeighbourAdvertisement
    return kind(instance=owner, interface=address.interface, address=address.address)


def _tracked(routes: tuple[Route, ...]) -> tuple[Route, ...]:
    return tuple(route for route in routes if not route.no_track)


def _install_routes(owned: Possessions, out: list[Effect]) -> None:
    routes = _tracked(owned.routes)
    if routes:
        out.append(InstallRouting(instance=owned.owner, items=routes))


def _depends(route: Route, interface: str) -> bool:
    named = [name for name in (route.interface, *(hop.interface for hop in route.next_hops)) if name]
    return interface in named or not named


def _is_it(own: VirtualAddress, event: AddressRemoved) -> bool:
    """Whether it is ours; with another prefix length it is not (§6)."""
    return (
        own.address == event.address and own.prefix_length == event.prefix_length and own.interface == event.interface
    )
