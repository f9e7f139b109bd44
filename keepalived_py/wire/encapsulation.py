"""What a route may wrap its packets in: lightweight tunnels (``linux/lwtunnel.h``, ``mpls_iptunnel.h``, ``ila.h``).

Owns the two attributes RTA_ENCAP_TYPE and RTA_ENCAP of a route or next hop; the route round them is ``wire/route.py``'s. Of the
kernel's kinds those that keepalived can configure: MPLS labels, IPv4, IPv6, ILA.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TypeAlias

from keepalived_py.wire.errors import WireError
from keepalived_py.wire.netlink import attribute, decode_attributes, nested, unsigned

_RTA_ENCAP_TYPE = 21
_RTA_ENCAP = 22

_TYPE_MPLS = 1
_TYPE_IP = 2
_TYPE_ILA = 3
_TYPE_IP6 = 4

# LWTUNNEL_IP_* and LWTUNNEL_IP6_* have the same numbers; IPv6 calls TOS "traffic class" and TTL "hop limit".
_ID = 1
_DESTINATION = 2
_SOURCE = 3
_TTL = 4
_TOS = 5
_FLAGS = 6

_MPLS_DESTINATION = 1
_ILA_LOCATOR = 1

#: MPLS label entry (RFC 3032): 20 bits of label, 3 of traffic class, bottom of stack, 8 of TTL.
_LABEL_SHIFT = 12
_BOTTOM_OF_STACK = 0x100
MAXIMUM_LABEL = (1 << 20) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class IpEncapsulation:
    """A tunnel over IP (``version`` 4 or 6); None leaves a field to the device. ``id`` is the tunnel's 64-bit key."""

    version: int
    id: int | None = None
    destination: IPv4Address | IPv6Address | None = None
    source: IPv4Address | IPv6Address | None = None
    ttl: int | None = None
    tos: int | None = None
    flags: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MplsEncapsulation:
    """Labels to push, the outermost first; 20 bits each."""

    labels: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IlaEncapsulation:
    """The identifier locator address's upper half: 8 bytes in network order."""

    locator: bytes


Encapsulation: TypeAlias = IpEncapsulation | MplsEncapsulation | IlaEncapsulation


def encode_encapsulation(encapsulation: Encapsulation) -> bytes:
    """Return both attributes. Raises WireError for a field out of range or of another family."""
    match encapsulation:
        case IpEncapsulation(version=version):
            kind, inside = _TYPE_IP if version == 4 else _TYPE_IP6, _encode_ip(encapsulation)
        case MplsEncapsulation(labels=labels):
            kind, inside = _TYPE_MPLS, attribute(_MPLS_DESTINATION, _encode_labels(labels))
        case IlaEncapsulation(locator=locator):
            if len(locator) != 8:
                raise WireError(f"an ILA locator of {len(locator)} bytes")
            kind, inside = _TYPE_ILA, attribute(_ILA_LOCATOR, locator)
    return nested(_RTA_ENCAP, inside) + attribute(_RTA_ENCAP_TYPE, struct.pack("=H", kind))


def decode_encapsulation(attributes: dict[int, bytes]) -> Encapsulation | None:
    """Read it from the attributes of a route or next hop; None when there is none, or none of our kinds. Raises WireError."""
    if _RTA_ENCAP not in attributes or _RTA_ENCAP_TYPE not in attributes:
        return None
    kind = unsigned(attributes[_RTA_ENCAP_TYPE])
    inside = decode_attributes(attributes[_RTA_ENCAP])
    if kind in {_TYPE_IP, _TYPE_IP6}:
        return _decode_ip(inside, 4 if kind == _TYPE_IP else 6)
    if kind == _TYPE_MPLS and _MPLS_DESTINATION in inside:
        entries = inside[_MPLS_DESTINATION]
        if len(entries) % 4:
            raise WireError(f"MPLS labels of {len(entries)} bytes")
        return MplsEncapsulation(labels=tuple(entry >> _LABEL_SHIFT for (entry,) in struct.iter_unpack("!I", entries)))
    if kind == _TYPE_ILA and _ILA_LOCATOR in inside:
        return IlaEncapsulation(locator=inside[_ILA_LOCATOR])
    return None


def _encode_ip(encapsulation: IpEncapsulation) -> bytes:
    parts: list[bytes] = []
    try:
        if encapsulation.id is not None:
            parts.append(attribute(_ID, struct.pack("!Q", encapsulation.id)))
        for type_, address in ((_DESTINATION, encapsulation.destination), (_SOURCE, encapsulation.source)):
            if address is not None:
                if address.version != encapsulation.version:
                    raise WireError(f"{address} in an IPv{encapsulation.version} encapsulation")
                parts.append(attribute(type_, address.packed))
        for type_, number in ((_TOS, encapsulation.tos), (_TTL, encapsulation.ttl)):
            if number is not None:
                parts.append(attribute(type_, struct.pack("=B", number)))
        if encapsulation.flags is not None:
            parts.append(attribute(_FLAGS, struct.pack("=H", encapsulation.flags)))
    except struct.error as error:
        raise WireError(f"encapsulation field out of range: {error}") from None
    return b"".join(parts)


def _decode_ip(inside: dict[int, bytes], version: int) -> IpEncapsulation:
    address_class = IPv4Address if version == 4 else IPv6Address

    def address(type_: int) -> IPv4Address | IPv6Address | None:
        packed = inside.get(type_)
        if packed is None:
            return None
        if len(packed) != (4 if version == 4 else 16):
            raise WireError(f"an address of {len(packed)} bytes in an IPv{version} encapsulation")
        return address_class(packed)

    def number(type_: int) -> int | None:
        return unsigned(inside[type_]) if type_ in inside else None

    return IpEncapsulation(
        version=version,
        id=int.from_bytes(inside[_ID], "big") if _ID in inside else None,
        destination=address(_DESTINATION),
        source=address(_SOURCE),
        ttl=number(_TTL),
        tos=number(_TOS),
        flags=number(_FLAGS),
    )


def _encode_labels(labels: tuple[int, ...]) -> bytes:
    if not labels or any(not 0 <= label <= MAXIMUM_LABEL for label in labels):
        raise WireError(f"MPLS labels {labels}")
    entries = [label << _LABEL_SHIFT for label in labels]
    entries[-1] |= _BOTTOM_OF_STACK
    return struct.pack(f"!{len(entries)}I", *entries)
