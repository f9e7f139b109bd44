"""The trailer of ``auth_hmac``: 28 bytes after the advertisement that prove who sent it, and when.

Owns its bytes and the HMAC in them. It keeps no keys and no sequence: which key and which time are acceptable is
``vrrp/trailer.py``'s. Source: reference/vrrp-behaviour.md §2.7.
"""

from __future__ import annotations

import hmac
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keepalived_py.wire.errors import WireError

if TYPE_CHECKING:
    from keepalived_py.wire.ip import IPAddress

TYPE_HMAC_SHA256_128 = 1
TRAILER_LENGTH = 28
HMAC_LENGTH = 16

_HEAD = struct.Struct("!BBHIHH")
_PSEUDO_HEADER = struct.Struct("!BBBx16s")
_CHECKSUM_PLACE = slice(6, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trailer:
    """One trailer as it stands, wrong or right.

    ``sequence`` has 64 bits: 32 of UTC seconds, 16 of a second's fraction, 16 of a counter. ``hmac`` has 16 bytes.
    """

    key_id: int
    sequence: int
    hmac: bytes = bytes(HMAC_LENGTH)
    type: int = TYPE_HMAC_SHA256_128
    reserved: int = 0

    @property
    def seconds(self) -> int:
        """The sender's clock, seconds since 1970 modulo 2^32."""
        return self.sequence >> 32


def encode(trailer: Trailer) -> bytes:
    """Return the 28 bytes. Raises WireError for a field that does not fit."""
    if len(trailer.hmac) != HMAC_LENGTH:
        raise WireError(f"an HMAC here has {HMAC_LENGTH} bytes, not {len(trailer.hmac)}")
    return _head(trailer) + trailer.hmac


def decode(data: bytes) -> Trailer:
    """Read exactly 28 bytes. Raises WireError for any other number of them."""
    if len(data) != TRAILER_LENGTH:
        raise WireError(f"an authentication trailer has {TRAILER_LENGTH} bytes, not {len(data)}")
    type_, key_id, reserved, seconds, fraction, counter = _HEAD.unpack_from(data)
    return Trailer(
        key_id=key_id,
        sequence=seconds << 32 | fraction << 16 | counter,
        hmac=data[_HEAD.size :],
        type=type_,
        reserved=reserved,
    )


def covered_message(message: bytes, source: IPAddress) -> bytes:
    """Return what the HMAC covers before the trailer: a pseudo header, then the message with its checksum as zero.

    The pseudo header binds family, version, router id and sender; the destination is left out on purpose, so that
    copies to several peers carry the same trailer. ``message`` is the whole VRRP message, at least its 8-byte header.
    """
    version, virtual_router_id = message[0] >> 4, message[1]
    pseudo_header = _PSEUDO_HEADER.pack(source.version, version, virtual_router_id, source.packed)
    return pseudo_header + message[: _CHECKSUM_PLACE.start] + b"\0\0" + message[_CHECKSUM_PLACE.stop :]


def sign(covered: bytes, trailer: Trailer, key: bytes) -> bytes:
    """Return the 28 bytes with the HMAC that belongs to them; the one in ``trailer`` is ignored.

    ``covered`` is what ``covered_message`` gives. Raises WireError for a field that does not fit.
    """
    head = _head(trailer)
    return head + hmac.digest(key, covered + head + bytes(HMAC_LENGTH), "sha256")[:HMAC_LENGTH]


def is_genuine(covered: bytes, trailer: Trailer, key: bytes) -> bool:
    """Whether the HMAC is the one of this message and key; compared in constant time."""
    return hmac.compare_digest(sign(covered, trailer, key)[-HMAC_LENGTH:], trailer.hmac)


def _head(trailer: Trailer) -> bytes:
    sequence = trailer.sequence
    try:
        return _HEAD.pack(
            trailer.type,
            trailer.key_id,
            trailer.reserved,
            sequence >> 32,
            sequence >> 16 & 0xFFFF,
            sequence & 0xFFFF,
        )
    except struct.error as error:
        raise WireError(f"trailer field out of range: {error}") from None
