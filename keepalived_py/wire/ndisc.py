"""The unsolicited neighbour advertisement (RFC 4861 section 4.4) that tells a LAN where an IPv6 address has gone.

Owns the whole frame, because it is sent from an address that need not be usable yet: IPv6 and ICMPv6 headers are ours,
not the kernel's. Source: reference/vrrp-behaviour.md §9.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv6Address

from keepalived_py.wire import ethernet
from keepalived_py.wire.checksum import internet_checksum
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.ip import pseudo_header

PROTOCOL_ICMPV6 = 58
TYPE_NEIGHBOUR_ADVERTISEMENT = 136
ALL_NODES = IPv6Address("ff02::1")

_ALL_NODES_MAC = bytes.fromhex("333300000001")
_OPTION_TARGET_LINK_LAYER_ADDRESS = 2
_HOP_LIMIT = 255
_ROUTER, _SOLICITED, _OVERRIDE = 0x80, 0x40, 0x20
_IPV6_HEADER_LENGTH = 40
_IPV6 = struct.Struct("!IHBB16s16s")
_ADVERTISEMENT = struct.Struct("!BBHBxxx16s")
_OPTION = struct.Struct("!BB6s")


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighbourAdvertisement:
    """One advertisement over Ethernet; ``mac`` is the target's, 6 bytes, or b"" when a solicited one leaves it out."""

    target: IPv6Address
    mac: bytes
    source: IPv6Address
    destination: IPv6Address = ALL_NODES
    router: bool = False
    solicited: bool = False
    override: bool = True


def encode(advertisement: NeighbourAdvertisement) -> bytes:
    """Return the IPv6 packet without its frame. Raises WireError for a hardware address not of 6 bytes."""
    option = b""
    if advertisement.mac:
        if len(advertisement.mac) != ethernet.ADDRESS_LENGTH:
            raise WireError("neighbour discovery over Ethernet needs addresses of 6 bytes")
        option = _OPTION.pack(_OPTION_TARGET_LINK_LAYER_ADDRESS, 1, advertisement.mac)
    flags = (
        (_ROUTER if advertisement.router else 0)
        | (_SOLICITED if advertisement.solicited else 0)
        | (_OVERRIDE if advertisement.override else 0)
    )
    unsummed = _ADVERTISEMENT.pack(TYPE_NEIGHBOUR_ADVERTISEMENT, 0, 0, flags, advertisement.target.packed) + option
    source, destination = advertisement.source, advertisement.destination
    covered = pseudo_header(source, destination, protocol=PROTOCOL_ICMPV6, length=len(unsummed)) + unsummed
    message = unsummed[:2] + internet_checksum(covered).to_bytes(2, "big") + unsummed[4:]
    header = _IPV6.pack(6 << 28, len(message), PROTOCOL_ICMPV6, _HOP_LIMIT, source.packed, destination.packed)
    return header + message


def decode(packet: bytes) -> NeighbourAdvertisement:
    """Read an IPv6 packet with a neighbour advertisement that carries no other option than its link-layer address.

    Raises WireError for anything else, a wrong checksum and a hop limit that says it has passed a router included.
    """
    if len(packet) < _IPV6_HEADER_LENGTH + _ADVERTISEMENT.size:
        raise WireError(f"{len(packet)} bytes are too short for a neighbour advertisement")
    first, length, protocol, hop_limit, source_bytes, destination_bytes = _IPV6.unpack_from(packet)
    message = packet[_IPV6_HEADER_LENGTH : _IPV6_HEADER_LENGTH + length]
    if (first >> 28, protocol, hop_limit) != (6, PROTOCOL_ICMPV6, _HOP_LIMIT) or len(message) != length:
        raise WireError("not an ICMPv6 packet of this link")
    if length not in (_ADVERTISEMENT.size, _ADVERTISEMENT.size + _OPTION.size):
        raise WireError(f"a neighbour advertisement of {length} bytes")
    source, destination = IPv6Address(source_bytes), IPv6Address(destination_bytes)
    if internet_checksum(pseudo_header(source, destination, protocol=protocol, length=length) + message):
        raise WireError("neighbour advertisement with a wrong checksum")
    type_, code, _, flags, target = _ADVERTISEMENT.unpack_from(message)
    mac = b""
    if length > _ADVERTISEMENT.size:
        option, words, mac = _OPTION.unpack_from(message, _ADVERTISEMENT.size)
        if (option, words) != (_OPTION_TARGET_LINK_LAYER_ADDRESS, 1):
            raise WireError(f"a neighbour advertisement with option {option}")
    if (type_, code) != (TYPE_NEIGHBOUR_ADVERTISEMENT, 0):
        raise WireError(f"ICMPv6 type {type_} is no neighbour advertisement")
    return NeighbourAdvertisement(
        target=IPv6Address(target),
        mac=mac,
        source=source,
        destination=destination,
        router=bool(flags & _ROUTER),
        solicited=bool(flags & _SOLICITED),
        override=bool(flags & _OVERRIDE),
    )


def encode_unsolicited(address: IPv6Address, source_mac: bytes, *, router: bool) -> bytes:
    """Return the Ethernet frame by which keepalived announces ``address``.

    Multicast to all nodes from the address itself, overriding what neighbours remember; ``router`` is whether this host
    forwards IPv6. Raises WireError when ``source_mac`` is not 6 bytes.
    """
    advertisement = NeighbourAdvertisement(target=address, mac=source_mac, source=address, router=router)
    return ethernet.encode(
        ethernet.EthernetFrame(
            destination=_ALL_NODES_MAC,
            source=source_mac,
            ethertype=ethernet.ETHERTYPE_IPV6,
            payload=encode(advertisement),
        )
    )
