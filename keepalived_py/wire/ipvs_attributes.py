"""Numbers and small readers that both IPVS codecs share. Knows single attributes, no message."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address

from keepalived_py.wire.errors import WireError
from keepalived_py.wire.ip import AF_INET, AF_INET6, IPAddress
from keepalived_py.wire.netlink import attribute, unsigned

FAMILY_NAME = "IPVS"
VERSION = 1

#: The nests and numbers at the top of a message.
TOP_SERVICE, TOP_DEST, TOP_DAEMON = 1, 2, 3
TOP_TIMEOUT_TCP, TOP_TIMEOUT_TCP_FIN, TOP_TIMEOUT_UDP = 4, 5, 6

U16 = struct.Struct("=H")
BE16 = struct.Struct("!H")
U32 = struct.Struct("=I")
S32 = struct.Struct("=i")

_FAMILIES = {4: AF_INET, 6: AF_INET6}
_VERSIONS = {AF_INET: 4, AF_INET6: 6}


def required(fields: dict[int, bytes], type_: int, name: str) -> bytes:
    """Return an attribute that must be there. Raises WireError naming what is missing."""
    if type_ not in fields:
        raise WireError(f"IPVS message without {name}")
    return fields[type_]


def ip_version(fields: dict[int, bytes], type_: int) -> int:
    """Return 4 or 6 for an attribute with a Linux address family. Raises WireError."""
    family = unsigned(required(fields, type_, "address family"))
    if family not in _VERSIONS:
        raise WireError(f"IPVS message of address family {family}")
    return _VERSIONS[family]


def address_family(version: int) -> int:
    """Return the Linux address family of IP version 4 or 6. Raises WireError."""
    if version not in _FAMILIES:
        raise WireError(f"no IP version {version}: 4 or 6")
    return _FAMILIES[version]


def ip_address(version: int, packed: bytes) -> IPAddress:
    """Return the address at the start of a 4- or 16-byte field. Raises WireError when that is too short."""
    size = 4 if version == 4 else 16
    if len(packed) < size:
        raise WireError(f"an IPv{version} address of {len(packed)} bytes")
    return IPv4Address(packed[:4]) if version == 4 else IPv6Address(packed[:16])


def number(type_: int, layout: struct.Struct, value: int) -> bytes:
    """Return an attribute with one number. Raises WireError when it does not fit the layout."""
    try:
        return attribute(type_, layout.pack(value))
    except struct.error as error:
        raise WireError(f"IPVS attribute {type_} out of range: {error}") from None


def byte(type_: int, value: int) -> bytes:
    """Return an attribute of one byte. Raises WireError when the value does not fit."""
    if not 0 <= value <= 0xFF:
        raise WireError(f"IPVS attribute {type_} out of range: {value}")
    return attribute(type_, bytes((value,)))
