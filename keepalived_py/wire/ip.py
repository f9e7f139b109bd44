"""IPv4 header and the pseudo headers of both families. Knows nothing of what the packet carries.

IPv6 headers are the kernel's: raw IPv6 sockets neither take nor give them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TypeAlias

from keepalived_py.wire.checksum import internet_checksum
from keepalived_py.wire.errors import WireError

IPAddress: TypeAlias = IPv4Address | IPv6Address

#: Linux address family numbers (``linux/socket.h``), as they stand in netlink messages.
AF_UNSPEC = 0
AF_INET = 2
AF_INET6 = 10

PROTOCOL_AH = 51
PROTOCOL_VRRP = 112

#: Precedence "internetwork control", as RFC 791 gives it to routing protocols (reference/vrrp-behaviour.md §1).
TOS_INTERNETWORK_CONTROL = 0xC0

IPV4_HEADER_LENGTH = 20
_IPV4 = struct.Struct("!BBHHHBBH4s4s")


@dataclass(frozen=True, slots=True, kw_only=True)
class IPv4Header:
    """What a received IPv4 header says (RFC 791 section 3.1); lengths in bytes."""

    source: IPv4Address
    destination: IPv4Address
    protocol: int
    header_length: int
    total_length: int
    identification: int
    ttl: int
    tos: int


def encode_ipv4_header(
    source: IPv4Address,
    destination: IPv4Address,
    *,
    protocol: int,
    payload_length: int,
    identification: int,
    ttl: int,
    tos: int = TOS_INTERNETWORK_CONTROL,
) -> bytes:
    """Return a 20-byte header: no options, don't-fragment off, checksum set (reference/vrrp-behaviour.md §2.5).

    ``payload_length`` is in bytes, without the header. Raises WireError for a field that does not fit.
    """
    try:
        header = _IPV4.pack(
            0x45,
            tos,
            IPV4_HEADER_LENGTH + payload_length,
            identification,
            0,
            ttl,
            protocol,
            0,
            source.packed,
            destination.packed,
        )
    except struct.error as error:
        raise WireError(f"IPv4 header field out of range: {error}") from None
    return header[:10] + internet_checksum(header).to_bytes(2, "big") + header[12:]


def decode_ipv4_header(datagram: bytes) -> IPv4Header:
    """Read the fixed part of a header; its checksum is not looked at, the kernel has done so. Raises WireError."""
    if len(datagram) < IPV4_HEADER_LENGTH:
        raise WireError(f"{len(datagram)} bytes are too short for an IPv4 header")
    first, tos, total_length, identification, _, ttl, protocol, _, source, destination = _IPV4.unpack_from(datagram)
    header_length = (first & 0x0F) << 2
    if first >> 4 != 4 or header_length < IPV4_HEADER_LENGTH:
        raise WireError(f"not an IPv4 header: first byte 0x{first:02x}")
    return IPv4Header(
        source=IPv4Address(source),
        destination=IPv4Address(destination),
        protocol=protocol,
        header_length=header_length,
        total_length=total_length,
        identification=identification,
        ttl=ttl,
        tos=tos,
    )


def pseudo_header(source: IPAddress, destination: IPAddress, *, protocol: int, length: int) -> bytes:
    """Return what a checksum covers before the payload: RFC 793 section 3.1 (IPv4), RFC 8200 section 8.1 (IPv6).

    Raises WireError when the two addresses are not of one family.
    """
    if source.version != destination.version:
        raise WireError(f"source {source} and destination {destination} are of different families")
    if source.version == 4:
        return source.packed + destination.packed + struct.pack("!BBH", 0, protocol, length & 0xFFFF)
    return source.packed + destination.packed + struct.pack("!II", length, protocol)
