"""The Authentication Header of VRRPv2 with ``auth_type AH`` (RFC 2402, HMAC-MD5-96 of RFC 2403).

Owns the 24 bytes between the IPv4 header and the advertisement, and the integrity check value in them. It keeps no
sequence: what may follow what is ``vrrp/sequence.py``'s. Source: reference/vrrp-behaviour.md §2.6.
"""

from __future__ import annotations

import hmac
import struct
from dataclasses import dataclass
from ipaddress import IPv4Address

from keepalived_py.wire.errors import WireError
from keepalived_py.wire.ip import PROTOCOL_VRRP

#: Payload length in 32-bit words less two, as the header counts it.
_PAYLOAD_LENGTH = 4
ICV_LENGTH = 12
HEADER_LENGTH = 24
_KEY_LENGTH = 8
_HEADER = struct.Struct("!BBHII12s")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationHeader:
    """One header as it stands. ``spi`` is the sender's address by keepalived's custom; ``icv`` has 12 bytes."""

    spi: IPv4Address
    sequence: int
    icv: bytes = bytes(ICV_LENGTH)
    next_header: int = PROTOCOL_VRRP
    payload_length: int = _PAYLOAD_LENGTH
    reserved: int = 0


def encode(header: AuthenticationHeader) -> bytes:
    """Return the 24 bytes. Raises WireError for a field that does not fit."""
    if len(header.icv) != ICV_LENGTH:
        raise WireError(f"an integrity check value has {ICV_LENGTH} bytes, not {len(header.icv)}")
    try:
        return _HEADER.pack(
            header.next_header,
            header.payload_length,
            header.reserved,
            int(header.spi),
            header.sequence,
            header.icv,
        )
    except struct.error as error:
        raise WireError(f"AH field out of range: {error}") from None


def decode(data: bytes) -> AuthenticationHeader:
    """Read the first 24 bytes. Raises WireError when there are fewer."""
    if len(data) < HEADER_LENGTH:
        raise WireError(f"{len(data)} bytes are too short for an authentication header")
    next_header, payload_length, reserved, spi, sequence, icv = _HEADER.unpack_from(data)
    return AuthenticationHeader(
        spi=IPv4Address(spi),
        sequence=sequence,
        icv=icv,
        next_header=next_header,
        payload_length=payload_length,
        reserved=reserved,
    )


def integrity_check_value(
    ip_header: bytes, authentication_header: bytes, message: bytes, password: bytes, *, unicast: bool
) -> bytes:
    """Return the 12 bytes that belong into the header: HMAC-MD5 over all three parts, truncated.

    What routers may change counts as zero: type of service, fragment word, IP checksum and, with ``unicast``, the TTL
    (multicast never passes a router); the value itself counts as zero, too. Anything after the message that the sender
    put there is part of ``message``. The key is the password, always as 8 bytes.
    """
    immutable = bytearray(ip_header)
    immutable[1] = 0
    immutable[6:8] = immutable[10:12] = b"\0\0"
    if unicast:
        immutable[8] = 0
    head = authentication_header[: HEADER_LENGTH - ICV_LENGTH] + bytes(ICV_LENGTH)
    key = password[:_KEY_LENGTH].ljust(_KEY_LENGTH, b"\0")
    return hmac.digest(key, bytes(immutable) + head + message, "md5")[:ICV_LENGTH]
