"""Ethernet II frames without VLAN tags. Knows no payload."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from keepalived_py.wire.errors import WireError

BROADCAST = b"\xff" * 6
ADDRESS_LENGTH = 6
HEADER_LENGTH = 14

ETHERTYPE_IPV4 = 0x0800
ETHERTYPE_ARP = 0x0806
ETHERTYPE_IPV6 = 0x86DD

_HEADER = struct.Struct("!6s6sH")


@dataclass(frozen=True, slots=True, kw_only=True)
class EthernetFrame:
    """One frame without its checksum. Addresses are 6 bytes; ``payload`` may end in padding up to 46 bytes."""

    destination: bytes
    source: bytes
    ethertype: int
    payload: bytes


def encode(frame: EthernetFrame) -> bytes:
    """Return the frame unpadded, the device pads it. Raises WireError for an address that is not 6 bytes."""
    if len(frame.destination) != ADDRESS_LENGTH or len(frame.source) != ADDRESS_LENGTH:
        raise WireError("an Ethernet address has 6 bytes")
    if not 0 <= frame.ethertype <= 0xFFFF:
        raise WireError(f"no Ethernet type {frame.ethertype}")
    return _HEADER.pack(frame.destination, frame.source, frame.ethertype) + frame.payload


def decode(data: bytes) -> EthernetFrame:
    """Read one frame. Raises WireError when it is shorter than its header."""
    if len(data) < HEADER_LENGTH:
        raise WireError(f"{len(data)} bytes are too short for an Ethernet frame")
    destination, source, ethertype = _HEADER.unpack_from(data)
    return EthernetFrame(destination=destination, source=source, ethertype=ethertype, payload=data[HEADER_LENGTH:])


def format_address(address: bytes) -> str:
    """Return the usual text of a link-layer address: ``02:00:00:00:00:01``."""
    return address.hex(":")
