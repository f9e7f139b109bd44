"""Which packets are filtered for virtual addresses, as tables, rules and elements of nftables.

Owns the layout, which is keepalived's own name by name so that the scripts and monitoring of others go on working, and the memory
of which elements are set and who wants them. It sends nothing. Parts of the layout are made when first needed, in that order.

* Nobody may use an address that is not to be accepted (no_accept, strict_mode): packets to it and from it are dropped, but for
  neighbour discovery.
* What the kernel sends from a virtual MAC although the base interface speaks for it: reports of group membership go out through
  the base instead, or switches would learn the virtual MAC at a router that is not the master; router solicitations and neighbour
  advertisements for the base's link-local address are dropped.

Source: reference/vrrp-behaviour.md §11.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from keepalived_py.wire.nftables import (
    NFPROTO_IPV4,
    NFPROTO_IPV6,
    Accept,
    Counter,
    DataType,
    DeleteTable,
    Drop,
    Duplicate,
    Equals,
    Expression,
    Goto,
    Hook,
    InSet,
    Load,
    MapInterface,
    Message,
    Meta,
    NetworkHeader,
    NewChain,
    NewRule,
    NewSet,
    NewTable,
    SetElements,
    TransportHeader,
    interface_index,
    interface_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv6Address

    from keepalived_py.config.ast import IPAddress

TABLE = "keepalived"
PRIORITY = -1

_IGMP = 2
_ICMPV6 = 58
_MLD_REPORT = 131
_MLD2_REPORT = 143
_ROUTER_SOLICITATION = 133
_NEIGHBOUR_SOLICITATION = 135
_NEIGHBOUR_ADVERTISEMENT = 136

# Offsets in the IPv4 and IPv6 headers.
_IPV4_PROTOCOL = 9
_IPV4_SOURCE = 12
_IPV4_DESTINATION = 16
_IPV6_NEXT_HEADER = 6
_IPV6_SOURCE = 8
_IPV6_DESTINATION = 24

_LINK_LOCAL = bytes.fromhex("fe80").ljust(16, b"\0")
_LINK_LOCAL_MASK = bytes.fromhex("ffc0").ljust(16, b"\0")
_KIND_MACVLAN = b"macvlan".ljust(16, b"\0")


class Part(enum.Enum):
    """A piece of the layout that is made as a whole."""

    IPV4_TABLE = enum.auto()
    IPV4_ADDRESSES = enum.auto()
    IPV4_VIRTUAL_MACS = enum.auto()
    IPV6_TABLE = enum.auto()
    IPV6_ADDRESSES = enum.auto()
    IPV6_LINK_LOCAL_BY_INDEX = enum.auto()
    IPV6_LINK_LOCAL_BY_NAME = enum.auto()
    IPV6_VIRTUAL_MACS = enum.auto()


_NEEDS = {
    Part.IPV4_ADDRESSES: Part.IPV4_TABLE,
    Part.IPV4_VIRTUAL_MACS: Part.IPV4_TABLE,
    Part.IPV6_ADDRESSES: Part.IPV6_TABLE,
    Part.IPV6_LINK_LOCAL_BY_INDEX: Part.IPV6_ADDRESSES,
    Part.IPV6_LINK_LOCAL_BY_NAME: Part.IPV6_ADDRESSES,
    Part.IPV6_VIRTUAL_MACS: Part.IPV6_TABLE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FilteredAddress:
    """An address that nobody may use, and where it is set. ``by_name``: the interface may be another one of that name later."""

    address: IPAddress
    interface: str
    interface_index: int
    by_name: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FilteredMac:
    """A macvlan for a family (4 or 6) on a base interface, and the base's own link-local address if it has one."""

    interface: str
    interface_index: int
    base_index: int
    family: int
    base_link_local: IPv6Address | None = None


@dataclass(frozen=True, slots=True)
class _Element:
    """One element of one set."""

    part: Part
    family: int
    set: str
    key: bytes
    value: bytes = b""


_Owner: TypeAlias = str


class Filter:
    """The tables of one process. ``by_index`` is nftables_ifindex, ``counters`` nftables_counters.

    Every method returns the messages of one transaction, [] when there is nothing to change. The caller says ``forget()`` when
    the tables are gone; what is wanted is remembered then, and ``rebuild()`` makes it anew.
    """

    def __init__(
        self, *, table: str = TABLE, priority: int = PRIORITY, by_index: bool = False, counters: bool = False
    ) -> None:
        self.table = table
        self._priority = priority
        self._by_index = by_index
        self._counters = counters
        self._parts: list[Part] = []
        self._wanted: dict[_Element, set[_Owner]] = {}

    @property
    def families(self) -> tuple[int, ...]:
        """The families that have a table now."""
        tables = ((Part.IPV4_TABLE, NFPROTO_IPV4), (Part.IPV6_TABLE, NFPROTO_IPV6))
        return tuple(family for part, family in tables if part in self._parts)

    def filter_addresses(self, owner: str, addresses: Iterable[FilteredAddress]) -> list[Message]:
        """Let nobody use these addresses on behalf of ``owner``, an instance."""
        return self._add(owner, [self._address_element(address) for address in addresses])

    def release_addresses(self, owner: str, addresses: Iterable[FilteredAddress]) -> list[Message]:
        """Let them be used again."""
        return self._remove(owner, [self._address_element(address) for address in addresses])

    def filter_macs(self, macs: Iterable[FilteredMac]) -> list[Message]:
        """Keep virtual MACs from speaking for their base."""
        return [message for mac in macs for message in self._add(mac.interface, self._mac_elements(mac))]

    def release_macs(self, names: Iterable[str]) -> list[Message]:
        """Forget virtual MACs, by the name of their interface, before it is gone."""
        return [
            message
            for name in names
            for message in self._remove(name, [element for element, owners in self._wanted.items() if name in owners])
        ]

    def forget(self) -> None:
        """Take note that the tables do not exist any more."""
        self._parts.clear()

    def rebuild(self) -> list[Message]:
        """Make everything that is wanted anew."""
        self._parts.clear()
        messages: list[Message] = []
        for element in self._wanted:
            self._make(element.part, messages)
        return messages + self._element_messages(list(self._wanted), add=True)

    def remove_tables(self) -> list[Message]:
        """Remove everything of ours."""
        messages: list[Message] = [DeleteTable(family=family, table=self.table) for family in self.families]
        self._parts.clear()
        self._wanted.clear()
        return messages

    # --- elements -----------------------------------------------------------------------------------------------------

    def _address_element(self, filtered: FilteredAddress) -> _Element:
        address = filtered.address
        if address.version == 4:
            return _Element(Part.IPV4_ADDRESSES, NFPROTO_IPV4, "vips", address.packed)
        if not address.is_link_local:
            return _Element(Part.IPV6_ADDRESSES, NFPROTO_IPV6, "vips", address.packed)
        if filtered.by_name and not self._by_index:
            key = address.packed + interface_name(filtered.interface)
            return _Element(Part.IPV6_LINK_LOCAL_BY_NAME, NFPROTO_IPV6, "vips_link_local_name", key)
        key = address.packed + interface_index(filtered.interface_index)
        return _Element(Part.IPV6_LINK_LOCAL_BY_INDEX, NFPROTO_IPV6, "vips_link_local", key)

    def _mac_elements(self, mac: FilteredMac) -> list[_Element]:
        own, base = interface_index(mac.interface_index), interface_index(mac.base_index)
        if mac.family == 4:
            return [_Element(Part.IPV4_VIRTUAL_MACS, NFPROTO_IPV4, "vmac_map", own, base)]
        elements = [
            _Element(Part.IPV6_VIRTUAL_MACS, NFPROTO_IPV6, "vmac_map", own, base),
            _Element(Part.IPV6_VIRTUAL_MACS, NFPROTO_IPV6, "vmac_set", own),
        ]
        if mac.base_link_local is not None:
            key = mac.base_link_local.packed + (own if self._by_index else interface_name(mac.interface))
            elements.append(_Element(Part.IPV6_TABLE, NFPROTO_IPV6, "parent_link_local", key))
        return elements

    def _add(self, owner: str, elements: list[_Element]) -> list[Message]:
        messages: list[Message] = []
        fresh = []
        for element in elements:
            if element not in self._wanted:
                fresh.append(element)
                self._make(element.part, messages)
            self._wanted.setdefault(element, set()).add(owner)
        return messages + self._element_messages(fresh, add=True)

    def _remove(self, owner: str, elements: list[_Element]) -> list[Message]:
        gone = []
        for element in elements:
            owners = self._wanted.get(element)
            if owners is None:
                continue
            owners.discard(owner)
            if not owners:
                del self._wanted[element]
                gone.append(element)
        return self._element_messages([element for element in gone if element.part in self._parts], add=False)

    def _element_messages(self, elements: list[_Element], *, add: bool) -> list[Message]:
        by_set: dict[tuple[int, str], list[tuple[bytes, bytes]]] = {}
        for element in elements:
            by_set.setdefault((element.family, element.set), []).append((element.key, element.value))
        return [
            SetElements(family=family, table=self.table, set=name, add=add, elements=tuple(members))
            for (family, name), members in by_set.items()
        ]

    # --- the layout ---------------------------------------------------------------------------------------------------

    def _make(self, part: Part, messages: list[Message]) -> None:
        if part in self._parts:
            return
        if part in _NEEDS:
            self._make(_NEEDS[part], messages)
        self._parts.append(part)
        match part:
            case Part.IPV4_TABLE:
                self._table(NFPROTO_IPV4, messages)
            case Part.IPV4_ADDRESSES:
                self._ipv4_addresses(messages)
            case Part.IPV4_VIRTUAL_MACS:
                self._ipv4_virtual_macs(messages)
            case Part.IPV6_TABLE:
                self._table(NFPROTO_IPV6, messages)
                self._base_link_local(messages)
            case Part.IPV6_ADDRESSES:
                self._ipv6_addresses(messages)
            case Part.IPV6_LINK_LOCAL_BY_INDEX:
                index = DataType.INTERFACE_INDEX
                self._link_local("vips_link_local", index, Meta.INPUT_INDEX, Meta.OUTPUT_INDEX, messages)
            case Part.IPV6_LINK_LOCAL_BY_NAME:
                name = DataType.INTERFACE_NAME
                self._link_local("vips_link_local_name", name, Meta.INPUT_NAME, Meta.OUTPUT_NAME, messages)
            case Part.IPV6_VIRTUAL_MACS:
                self._ipv6_virtual_macs(messages)

    def _table(self, family: int, messages: list[Message]) -> None:
        messages.append(NewTable(family=family, table=self.table))
        messages.append(self._chain(family, "out", Hook.OUTPUT))

    def _ipv4_addresses(self, messages: list[Message]) -> None:
        family = NFPROTO_IPV4
        vips = InSet(name="vips")
        messages += [
            self._chain(family, "in", Hook.INPUT),
            self._set(family, "vips", DataType.IPV4_ADDRESS, number=1),
            self._rule(family, "in", NetworkHeader(offset=_IPV4_DESTINATION, length=4), vips, verdict=Drop()),
            self._rule(family, "out", NetworkHeader(offset=_IPV4_SOURCE, length=4), vips, verdict=Drop()),
        ]

    def _ipv4_virtual_macs(self, messages: list[Message]) -> None:
        family = NFPROTO_IPV4
        igmp = (NetworkHeader(offset=_IPV4_PROTOCOL, length=1), Equals(value=bytes((_IGMP,))))
        to_group = NetworkHeader(offset=_IPV4_DESTINATION, length=4)
        messages += [
            self._map(family, number=2),
            self._rule(family, "out", *igmp, to_group, *_MACVLAN, *_THROUGH_BASE, verdict=Drop()),
        ]

    def _base_link_local(self, messages: list[Message]) -> None:
        family = NFPROTO_IPV6
        kind = DataType.INTERFACE_INDEX if self._by_index else DataType.INTERFACE_NAME
        out = Meta.OUTPUT_INDEX if self._by_index else Meta.OUTPUT_NAME
        source = NetworkHeader(offset=_IPV6_SOURCE, length=16)
        pair = (source, Load(key=out, interface=True), InSet(name="parent_link_local"))
        messages += [
            self._set(family, "parent_link_local", DataType.IPV6_ADDRESS, kind, number=3),
            self._rule(family, "out", *_icmpv6(_NEIGHBOUR_ADVERTISEMENT), *_MACVLAN, *pair, verdict=Drop()),
        ]

    def _ipv6_addresses(self, messages: list[Message]) -> None:
        family = NFPROTO_IPV6
        discovery = (
            NetworkHeader(offset=_IPV6_NEXT_HEADER, length=1),
            Equals(value=bytes((_ICMPV6,))),
            TransportHeader(offset=0, length=1),
            InSet(name="neighbor-discovery"),
        )
        messages += [
            self._chain(family, "in", Hook.INPUT),
            NewChain(family=family, table=self.table, name="in_link_local"),
            NewChain(family=family, table=self.table, name="out_link_local"),
            self._set(family, "vips", DataType.IPV6_ADDRESS, number=4),
            *self._constants(family, "neighbor-discovery", _NEIGHBOUR_SOLICITATION, _NEIGHBOUR_ADVERTISEMENT, number=5),
        ]
        links = (Equals(value=_LINK_LOCAL, mask=_LINK_LOCAL_MASK),)
        for chain, offset in (("in", _IPV6_DESTINATION), ("out", _IPV6_SOURCE)):
            header = NetworkHeader(offset=offset, length=16)
            messages += [
                self._rule(family, chain, *discovery, verdict=Accept()),
                self._rule(family, chain, header, *links, verdict=Goto(chain=f"{chain}_link_local")),
                self._rule(family, chain, header, InSet(name="vips"), verdict=Drop()),
            ]

    def _link_local(self, name: str, kind: DataType, in_: Meta, out: Meta, messages: list[Message]) -> None:
        family = NFPROTO_IPV6
        messages.append(
            self._set(family, name, DataType.IPV6_ADDRESS, kind, number=6 if out is Meta.OUTPUT_INDEX else 7)
        )
        for chain, offset, key in (("in", _IPV6_DESTINATION, in_), ("out", _IPV6_SOURCE, out)):
            pair = (NetworkHeader(offset=offset, length=16), Load(key=key, interface=True), InSet(name=name))
            messages.append(self._rule(family, f"{chain}_link_local", *pair, verdict=Drop()))

    def _ipv6_virtual_macs(self, messages: list[Message]) -> None:
        family = NFPROTO_IPV6
        report = (*_TRANSPORT_ICMPV6, TransportHeader(offset=0, length=1), InSet(name="mld-report"))
        to_group = NetworkHeader(offset=_IPV6_DESTINATION, length=16)
        is_ours = (Load(key=Meta.OUTPUT_INDEX, interface=True), InSet(name="vmac_set", interface=True))
        messages += [
            self._map(family, number=8),
            self._set(family, "vmac_set", DataType.INTERFACE_INDEX, number=9),
            *self._constants(family, "mld-report", _MLD_REPORT, _MLD2_REPORT, number=10),
            self._rule(family, "out", *report, to_group, *_MACVLAN, *_THROUGH_BASE, verdict=Drop()),
            self._rule(family, "out", *_icmpv6(_ROUTER_SOLICITATION), *_MACVLAN, *is_ours, verdict=Drop()),
        ]

    def _chain(self, family: int, name: str, hook: Hook) -> NewChain:
        return NewChain(family=family, table=self.table, name=name, hook=hook, priority=self._priority)

    def _set(self, family: int, name: str, *key: DataType, number: int) -> NewSet:
        return NewSet(family=family, table=self.table, name=name, key=key, number=number)

    def _map(self, family: int, *, number: int) -> NewSet:
        index = DataType.INTERFACE_INDEX
        return NewSet(family=family, table=self.table, name="vmac_map", key=(index,), maps_to=index, number=number)

    def _constants(self, family: int, name: str, *types: int, number: int) -> tuple[Message, Message]:
        kind = (DataType.ICMPV6_TYPE,)
        elements = tuple((bytes((type_,)), b"") for type_ in types)
        return (
            NewSet(family=family, table=self.table, name=name, key=kind, constant=True, number=number),
            SetElements(family=family, table=self.table, set=name, add=True, elements=elements),
        )

    def _rule(self, family: int, chain: str, *tests: Expression, verdict: Expression) -> NewRule:
        counter = (Counter(),) if self._counters else ()
        return NewRule(family=family, table=self.table, chain=chain, expressions=(*tests, *counter, verdict))


_TRANSPORT_ICMPV6 = (Load(key=Meta.TRANSPORT_PROTOCOL), Equals(value=bytes((_ICMPV6,))))
_MACVLAN = (Load(key=Meta.OUTPUT_KIND, interface=True), Equals(value=_KIND_MACVLAN, interface=True))
_THROUGH_BASE = (Load(key=Meta.OUTPUT_INDEX, interface=True), MapInterface(name="vmac_map"), Duplicate())


def _icmpv6(type_: int) -> tuple[Expression, ...]:
    return (*_TRANSPORT_ICMPV6, TransportHeader(offset=0, length=1), Equals(value=bytes((type_,))))
