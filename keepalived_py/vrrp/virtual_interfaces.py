"""Which virtual interfaces a configuration wants, and what is to be done with one that exists already.

Owns the list and the judgement; making and removing them is ``edge/links.py``'s. A virtual interface is a macvlan with the virtual
MAC or an ipvlan, for an instance (use_vmac, use_ipvlan) or for addresses alone (use_vmac_addr, use_vmac behind an address).
Source: reference/vrrp-behaviour.md §4, §11; RFC 5798 §7.3, §7.4.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import TYPE_CHECKING

from keepalived_py.wire.links import IPVLAN, MACVLAN, MACVLAN_MODE_PRIVATE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.config.ast import Configuration, IPAddress, VirtualAddress, VrrpInstance
    from keepalived_py.wire.links import LinkDetails

_MAC_PREFIX = {4: bytes.fromhex("00005e0001"), 6: bytes.fromhex("00005e0002")}
_LINK_LOCAL = bytes.fromhex("fe80000000000000")


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualInterface:
    """One virtual interface: ``kind`` as the kernel names it, ``base`` below it, ``instance`` whose it is.

    ``group`` None is the base's. ``speaks_ipv6``: it is to have IPv6 at all. ``wants_link_local``: an IPv6 address of its own that
    is not a virtual one, ``link_local`` if the configuration says which. ``address`` is an ipvlan's, with its prefix length.
    """

    name: str
    base: str
    kind: str
    instance: str
    family: int
    mac: bytes = b""
    group: int | None = None
    mode: str = "bridge"
    speaks_ipv6: bool = False
    wants_link_local: bool = False
    link_local: IPv6Address | None = None
    netlink_notify: bool = False
    address: tuple[IPAddress, int] | None = None


class Fate(enum.Enum):
    """What is to be done about a virtual interface."""

    CREATE = "nothing is there"
    ADOPT = "it is there as wanted"
    CORRECT = "a macvlan on the right base with another MAC or mode"
    REPLACE = "a virtual interface on another base, or of the other kind"
    CONFLICT = "an interface that is none of ours"


def wanted_interfaces(configuration: Configuration) -> dict[str, VirtualInterface]:
    """Return the virtual interfaces of a configuration by name, in the order of its instances."""
    wanted: dict[str, VirtualInterface] = {}
    for instance in configuration.vrrp_instances:
        own = _of_instance(instance)
        if own is not None:
            wanted.setdefault(own.name, own)
        for address in _addresses_of(instance):
            if address.base_interface is not None:
                wanted.setdefault(address.interface, _of_address(instance, address))
    return wanted


def fate_of(wanted: VirtualInterface, found: LinkDetails | None, base_index: int) -> Fate:
    """Judge what has the name of a wanted interface now."""
    if found is None:
        return Fate.CREATE
    if found.kind not in (MACVLAN, IPVLAN):
        return Fate.CONFLICT
    if found.kind != wanted.kind or found.link.link != base_index:
        return Fate.REPLACE
    if wanted.kind == IPVLAN or (found.link.mac == wanted.mac and found.mode == MACVLAN_MODE_PRIVATE):
        return Fate.ADOPT
    return Fate.CORRECT


def link_local_of(
    wanted: VirtualInterface, base_addresses: Iterable[tuple[IPAddress, int]], base_mac: bytes
) -> IPv6Address | None:
    """Return the address an IPv6 virtual interface sends from: configured, else the base's, else one made of the base's MAC."""
    if not wanted.wants_link_local:
        return None
    if wanted.link_local is not None:
        return wanted.link_local
    own = base_link_local(base_addresses)
    if own is not None or len(base_mac) != 6:
        return own
    first = base_mac[0] ^ 2
    return IPv6Address(_LINK_LOCAL + bytes((first,)) + base_mac[1:3] + b"\xff\xfe" + base_mac[3:])


def base_link_local(addresses: Iterable[tuple[IPAddress, int]]) -> IPv6Address | None:
    """Return the first link-local address of an interface."""
    for address, _ in addresses:
        if isinstance(address, IPv6Address) and address.is_link_local:
            return address
    return None


def _of_instance(instance: VrrpInstance) -> VirtualInterface | None:
    virtual = instance.virtual_mac
    if virtual is None:
        return None
    is_macvlan = virtual.kind == "vmac"
    other_family = any(address.address.version != instance.family for address in instance.excluded_addresses)
    source = instance.source_address
    return VirtualInterface(
        name=virtual.interface,
        base=instance.interface,
        kind=MACVLAN if is_macvlan else IPVLAN,
        instance=instance.name,
        family=instance.family,
        mac=_mac(instance, instance.family) if is_macvlan else b"",
        group=virtual.group,
        mode=virtual.mode,
        speaks_ipv6=instance.family == 6 or other_family,
        wants_link_local=is_macvlan and instance.family == 6 and not virtual.xmit_base,
        link_local=source if isinstance(source, IPv6Address) and source.is_link_local else None,
        netlink_notify=virtual.netlink_notify,
        address=_ipvlan_address(instance),
    )


def _of_address(instance: VrrpInstance, address: VirtualAddress) -> VirtualInterface:
    family = address.address.version
    return VirtualInterface(
        name=address.interface,
        base=address.base_interface or instance.interface,
        kind=MACVLAN,
        instance=instance.name,
        family=family,
        mac=_mac(instance, family),
        speaks_ipv6=family == 6,
        wants_link_local=family == 6,
    )


def _mac(instance: VrrpInstance, family: int) -> bytes:
    """Return the configured MAC, or RFC 5798's for the router id."""
    if instance.virtual_mac is not None and instance.virtual_mac.mac is not None:
        return bytes.fromhex(instance.virtual_mac.mac.replace(":", ""))
    return _MAC_PREFIX[family] + bytes((instance.virtual_router_id,))


def _ipvlan_address(instance: VrrpInstance) -> tuple[IPAddress, int] | None:
    virtual = instance.virtual_mac
    if virtual is None or virtual.address is None:
        return None
    length = virtual.address_prefix_length
    return virtual.address, virtual.address.max_prefixlen if length is None else length


def _addresses_of(instance: VrrpInstance) -> tuple[VirtualAddress, ...]:
    return (*instance.virtual_addresses, *instance.excluded_addresses)
