"""What a virtual router has in the kernel while it is MASTER, and what the configuration has there for itself.

Owns the three lists (addresses, routes, rules), the order in which they are exchanged for others, and their names in the log. When
they are set is the machine's; static ones belong to nobody, are set at the start and stay until the stop.
Source: reference/vrrp-behaviour.md §10.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from keepalived_py.config.ast import Route, Rule, VirtualAddress
from keepalived_py.vrrp.effects import Effect, InstallAddresses, InstallRouting, RemoveAddresses, RemoveRouting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.config.ast import Configuration, Prefix, VrrpInstance

Possession: TypeAlias = VirtualAddress | Route | Rule
_Each = TypeVar("_Each")

_MAIN_TABLE = 254
_ROUTE_TYPES = {6: "blackhole ", 7: "unreachable ", 8: "prohibit ", 9: "throw "}


@dataclass(frozen=True, slots=True, kw_only=True)
class Possessions:
    """The lists of one owner; ``owner`` is an instance's name, "" for static ones. Addresses that adverts name come first."""

    owner: str = ""
    addresses: tuple[VirtualAddress, ...] = ()
    routes: tuple[Route, ...] = ()
    rules: tuple[Rule, ...] = ()

    def __iter__(self) -> Iterator[Possession]:
        """Name each of them."""
        yield from self.addresses
        yield from self.routes
        yield from self.rules

    def install(self, out: list[Effect]) -> None:
        """Set everything, routes after the addresses they may need."""
        if self.addresses:
            out.append(InstallAddresses(instance=self.owner, addresses=self.addresses))
        if self.routes or self.rules:
            out.append(InstallRouting(instance=self.owner, items=(*self.routes, *self.rules)))

    def remove(self, out: list[Effect]) -> None:
        """Remove everything, set or not."""
        if self.routes or self.rules:
            out.append(RemoveRouting(instance=self.owner, items=(*self.rules, *self.routes)))
        if self.addresses:
            out.append(RemoveAddresses(instance=self.owner, addresses=self.addresses))

    def exchange(self, old: Possessions, out: list[Effect]) -> bool:
        """Remove what only ``old`` has and set what only these have; True if an address was set.

        Removing the first address of a subnet may take others along (promote_secondaries off), and an address its routes, without a
        word of the kernel about them: then all are set again, which changes nothing where one is there. Of an IPv6 route that names
        the address as its source the kernel keeps all but that: it goes, too.
        """
        gone, fresh = _differences(old.addresses, self.addresses)
        gone_routes, fresh_routes = _differences(old.routes, self.routes)
        gone_rules, fresh_rules = _differences(old.rules, self.rules)
        kept = frozenset(old.routes)
        from_gone = tuple(route for route in sent_from(gone, self.routes) if route in kept and route.family == 6)
        Possessions(owner=self.owner, addresses=gone, routes=(*gone_routes, *from_gone), rules=gone_rules).remove(out)
        Possessions(
            owner=self.owner,
            addresses=self.addresses if gone else fresh,
            routes=self.routes if gone or fresh else fresh_routes,
            rules=fresh_rules,
        ).install(out)
        return bool(fresh)


def possessions_of(wanted: VrrpInstance) -> Possessions:
    """Return what an instance has while it is MASTER."""
    return Possessions(
        owner=wanted.name,
        addresses=(*wanted.virtual_addresses, *wanted.excluded_addresses),
        routes=wanted.virtual_routes,
        rules=wanted.virtual_rules,
    )


def static_possessions(configuration: Configuration) -> Possessions:
    """Return what a configuration has whatever its instances do."""
    return Possessions(
        addresses=configuration.static_addresses,
        routes=configuration.static_routes,
        rules=configuration.static_rules,
    )


def sent_from(addresses: tuple[VirtualAddress, ...], routes: tuple[Route, ...]) -> tuple[Route, ...]:
    """Return the routes that name one of the addresses as the source of their packets."""
    sources = {address.address for address in addresses}
    return tuple(route for route in routes if route.preferred_source in sources)


def interfaces_of(routes: tuple[Route, ...], rules: tuple[Rule, ...]) -> Iterator[str]:
    """Name the interfaces whose loss is the loss of a route or rule, those with no_track apart (§7, §10)."""
    for route in routes:
        if route.interface and not route.no_track:
            yield route.interface
    for rule in rules:
        if not rule.no_track:
            yield from (name for name in (rule.incoming_interface, rule.outgoing_interface) if name)


def static_interfaces(configuration: Configuration) -> dict[str, list[str]]:
    """Return by instance the interfaces of static entries whose track_group it is in: it is in FAULT when they are down.

    A rule's is the one that packets come in by; no_track overrules track_group.
    """
    on: list[tuple[str | None, str | None]] = [
        *((each.track_group, each.interface) for each in configuration.static_addresses if not each.no_track),
        *((each.track_group, each.interface) for each in configuration.static_routes if not each.no_track),
        *((each.track_group, each.incoming_interface) for each in configuration.static_rules if not each.no_track),
    ]
    found: dict[str, list[str]] = {}
    for group in configuration.track_groups:
        names = [interface for name, interface in on if name == group.name and interface]
        for member in group.members:
            found.setdefault(member, []).extend(names)
    return found


def describe(item: Possession) -> str:
    """Return what the log calls an address, a route or a rule."""
    if isinstance(item, VirtualAddress):
        return f"address {item.address}/{item.prefix_length} on {item.interface}"
    if isinstance(item, Route):
        table = "" if item.table == _MAIN_TABLE else f" table {item.table}"
        via = "" if item.via is None else f" via {item.via}"
        device = "" if item.interface is None else f" dev {item.interface}"
        return f"route {_ROUTE_TYPES.get(item.type, '')}{_prefix(item.destination)}{via}{device}{table}"
    ends = "".join(
        f" {word} {_prefix(prefix)}"
        for word, prefix in (("from", item.source), ("to", item.destination))
        if prefix is not None and prefix.length
    )
    action = {"table": f"table {item.table}", "goto": f"goto {item.target}"}.get(item.action, item.action)
    return f"rule {item.preference}:{ends or ' from all'} {action}"


def _prefix(prefix: Prefix) -> str:
    return f"{prefix.address}/{prefix.length}" if prefix.length else "default"


def _differences(old: tuple[_Each, ...], new: tuple[_Each, ...]) -> tuple[tuple[_Each, ...], tuple[_Each, ...]]:
    known, wanted = frozenset(old), frozenset(new)
    return tuple(each for each in old if each not in wanted), tuple(each for each in new if each not in known)
