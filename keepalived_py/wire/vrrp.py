"""VRRP advertisements, version 2 (RFC 3768) and 3 (RFC 5798), over IPv4 and IPv6.

Owns the bytes of the VRRP message and the reading of a received datagram. It judges nothing: ``Packet`` holds what
stands on the wire, wrong or right, so that the machine can apply the checks of reference/vrrp-behaviour.md §3 in their
order.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from keepalived_py.wire.checksum import internet_checksum
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.hmac_trailer import TRAILER_LENGTH
from keepalived_py.wire.ip import (
    PROTOCOL_AH,
    PROTOCOL_VRRP,
    IPAddress,
    decode_ipv4_header,
    encode_ipv4_header,
    pseudo_header,
)

TYPE_ADVERTISEMENT = 1
GROUP_IPV4 = IPv4Address("224.0.0.18")
GROUP_IPV6 = IPv6Address("ff02::12")

AUTHENTICATION_NONE = 0
AUTHENTICATION_PASS = 1
AUTHENTICATION_AH = 2

HEADER_LENGTH = 8
AUTHENTICATION_DATA_LENGTH = 8
AUTHENTICATION_HEADER_LENGTH = 24

_SECOND = 1_000_000
_CENTISECOND = 10_000
_MAX_CENTISECONDS = 0xFFF
# A minimal Ethernet frame carries 46 bytes; VLAN tags taken off on the way make the padding seen differ by multiples of
# four.
_ETHERNET_MINIMUM_PAYLOAD = 46
_HEADER = struct.Struct("!BBBBBBH")


@dataclass(frozen=True, slots=True, kw_only=True)
class Advertisement:
    """What a router says. ``interval`` is in microseconds; the wire carries whole seconds (v2) or centiseconds (v3).

    ``authentication_data`` is the password without padding, at most 8 bytes; version 3 carries none.
    """

    version: int
    virtual_router_id: int
    priority: int
    addresses: tuple[IPAddress, ...]
    interval: int
    authentication_type: int = AUTHENTICATION_NONE
    authentication_data: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """A received datagram as it stands: header fields unjudged, lengths in bytes.

    ``ttl`` is the TTL or hop limit, None where the kernel did not tell. ``ip_total_length`` is what the IPv4 header
    claims, ``datagram_length`` what arrived, ``payload_length`` what arrived after the IP header (and after the AH
    header when ``ip_protocol`` is 51, which is then in ``authentication_header``). ``addresses`` are those that
    arrived, at most ``address_count``. ``authentication_data`` is the 8 bytes of version 2 with their padding, b"" when
    not there. ``interval`` is in microseconds. ``payload`` is the VRRP message with all that follows it: padding, or
    an HMAC trailer. ``ip_header`` is kept for what AH covers, b"" when there is no such header.
    """

    source: IPAddress
    destination: IPAddress
    ttl: int | None
    ip_protocol: int
    ip_header_length: int
    ip_total_length: int
    datagram_length: int
    payload_length: int
    version: int
    type: int
    virtual_router_id: int
    priority: int
    address_count: int
    addresses: tuple[IPAddress, ...]
    authentication_type: int
    authentication_data: bytes
    interval: int
    checksum: int
    checksum_valid: bool
    authentication_header: bytes = b""
    payload: bytes = b""
    ip_header: bytes = b""

    @property
    def message_length(self) -> int:
        """The length of the VRRP message that its own header announces."""
        return _message_length(self.source.version, self.version, self.address_count)

    @property
    def expected_length(self) -> int:
        """The length the datagram must have: IP header, AH header if there, and the announced message (§3 check 2)."""
        return self.ip_header_length + len(self.authentication_header) + self.message_length

    @property
    def length_valid(self) -> bool:
        """Check 2 of §3: exactly the expected length, or Ethernet padding after it."""
        return self.datagram_length == self.expected_length or (
            self.expected_length < _ETHERNET_MINIMUM_PAYLOAD
            and _is_padding(self.datagram_length - self.expected_length)
        )

    @property
    def message(self) -> bytes:
        """The VRRP message alone, without what follows it."""
        return self.payload[: self.message_length]

    @property
    def trailer(self) -> bytes:
        """The HMAC trailer, b"" when the datagram is not exactly its length too long (§2.7: no padding is so long)."""
        if self.datagram_length != self.expected_length + TRAILER_LENGTH:
            return b""
        return self.payload[self.message_length :]

    @property
    def total_length_valid(self) -> bool:
        """Check 8 of §3: the IPv4 header's total length is what arrived, or less by Ethernet padding. True for IPv6."""
        return self.datagram_length == self.ip_total_length or (
            self.datagram_length <= _ETHERNET_MINIMUM_PAYLOAD
            and _is_padding(self.datagram_length - self.ip_total_length)
        )

    def checksum_valid_for(self, destination: IPAddress) -> bool:
        """Whether the checksum is right with another pseudo header destination (``old_unicast_checksum``, §2.3)."""
        return _checksum_valid(self.payload, self.message_length, self.version, self.source, destination)


def pad_authentication(password: bytes) -> bytes:
    """Return the 8 bytes that stand on the wire for a password: cut or NUL padded."""
    return password[:AUTHENTICATION_DATA_LENGTH].ljust(AUTHENTICATION_DATA_LENGTH, b"\0")


def encode(
    advertisement: Advertisement,
    *,
    source: IPAddress,
    destination: IPAddress,
    with_pseudo_header: bool = True,
) -> bytes:
    """Return the VRRP message, checksum included. Source: reference/vrrp-behaviour.md §2.1-2.4.

    ``destination`` is the one in the pseudo header of version 3 (and of IPv6, where the kernel computes it again);
    ``with_pseudo_header`` False is ``v3_checksum_as_v2``. Raises WireError for a value that has no place on the wire.
    """
    if advertisement.version == 2:
        fields = (advertisement.authentication_type, _scaled(advertisement.interval, _SECOND, 0xFF))
    elif advertisement.version == 3:
        interval = _scaled(advertisement.interval, _CENTISECOND, _MAX_CENTISECONDS)
        fields = (interval >> 8, interval & 0xFF)
    else:
        raise WireError(f"no VRRP version {advertisement.version}")
    parts = [b""]
    for address in advertisement.addresses:
        if address.version != source.version:
            raise WireError(f"address {address} in an advertisement from {source}")
        parts.append(address.packed)
    if source.version == 4 and advertisement.version == 2:
        if len(advertisement.authentication_data) > AUTHENTICATION_DATA_LENGTH:
            raise WireError("a VRRPv2 password has at most 8 bytes")
        parts.append(pad_authentication(advertisement.authentication_data))
    try:
        parts[0] = _HEADER.pack(
            advertisement.version << 4 | TYPE_ADVERTISEMENT,
            advertisement.virtual_router_id,
            advertisement.priority,
            len(advertisement.addresses),
            *fields,
            0,
        )
    except struct.error as error:
        raise WireError(f"VRRP field out of range: {error}") from None
    message = b"".join(parts)
    covered = message
    if (advertisement.version == 3 and with_pseudo_header) or source.version == 6:
        covered = pseudo_header(source, destination, protocol=PROTOCOL_VRRP, length=len(message)) + message
    return message[:6] + internet_checksum(covered).to_bytes(2, "big") + message[8:]


def decode_ipv4(datagram: bytes) -> Packet:
    """Read what a raw IPv4 socket gives: IP header, AH header if the protocol is 51, VRRP message, padding.

    Raises WireError only when there are fewer bytes than these headers need, or it is no IPv4 header.
    """
    header = decode_ipv4_header(datagram)
    start = header.header_length
    authentication_header = b""
    if header.protocol == PROTOCOL_AH:
        authentication_header = datagram[start : start + AUTHENTICATION_HEADER_LENGTH]
        start += AUTHENTICATION_HEADER_LENGTH
    payload = datagram[start:]
    return _decode(
        payload,
        source=header.source,
        destination=header.destination,
        ttl=header.ttl,
        ip_protocol=header.protocol,
        ip_header_length=header.header_length,
        ip_total_length=header.total_length,
        datagram_length=len(datagram),
        authentication_header=authentication_header,
        ip_header=datagram[: header.header_length] if authentication_header else b"",
    )


def decode_ipv6(payload: bytes, *, source: IPv6Address, destination: IPv6Address, hop_limit: int | None) -> Packet:
    """Read what a raw IPv6 socket gives: the VRRP message alone, the rest comes as ancillary data. Raises WireError."""
    return _decode(
        payload,
        source=source,
        destination=destination,
        ttl=hop_limit,
        ip_protocol=PROTOCOL_VRRP,
        ip_header_length=0,
        ip_total_length=len(payload),
        datagram_length=len(payload),
        authentication_header=b"",
    )


def virtual_router_id_of(datagram: bytes) -> int | None:
    """Return the virtual router id of a raw IPv4 datagram without decoding it, None when it is too short."""
    if len(datagram) < 10:
        return None
    start = (datagram[0] & 0x0F) << 2
    if datagram[9] == PROTOCOL_AH:
        start += AUTHENTICATION_HEADER_LENGTH
    return datagram[start + 1] if len(datagram) >= start + HEADER_LENGTH else None


def packet_of(
    advertisement: Advertisement,
    *,
    source: IPAddress,
    destination: IPAddress,
    ttl: int = 255,
    identification: int = 1,
) -> Packet:
    """Return the packet that a receiver decodes when ``source`` sends this advertisement: for simulations and tests."""
    message = encode(advertisement, source=source, destination=destination)
    if isinstance(source, IPv6Address) and isinstance(destination, IPv6Address):
        return decode_ipv6(message, source=source, destination=destination, hop_limit=ttl)
    if not isinstance(source, IPv4Address) or not isinstance(destination, IPv4Address):
        raise WireError(f"source {source} and destination {destination} are of different families")
    header = encode_ipv4_header(
        source,
        destination,
        protocol=PROTOCOL_VRRP,
        payload_length=len(message),
        identification=identification,
        ttl=ttl,
    )
    return decode_ipv4(header + message)


def _decode(
    payload: bytes,
    *,
    source: IPAddress,
    destination: IPAddress,
    ttl: int | None,
    ip_protocol: int,
    ip_header_length: int,
    ip_total_length: int,
    datagram_length: int,
    authentication_header: bytes,
    ip_header: bytes = b"",
) -> Packet:
    if len(payload) < HEADER_LENGTH:
        raise WireError(f"{datagram_length} bytes are too short for the IP and VRRP headers")
    version_type, virtual_router_id, priority, address_count, high, low, checksum = _HEADER.unpack_from(payload)
    version = version_type >> 4
    if version == 3:
        interval = ((high & 0x0F) << 8 | low) * _CENTISECOND
        authentication_type = AUTHENTICATION_NONE
    else:
        interval = low * _SECOND
        authentication_type = high
    message_length = _message_length(source.version, version, address_count)
    authentication_data = b""
    if version == 2 and source.version == 4 and len(payload) >= message_length:
        authentication_data = payload[message_length - AUTHENTICATION_DATA_LENGTH : message_length]
    return Packet(
        source=source,
        destination=destination,
        ttl=ttl,
        ip_protocol=ip_protocol,
        ip_header_length=ip_header_length,
        ip_total_length=ip_total_length,
        datagram_length=datagram_length,
        payload_length=len(payload),
        version=version,
        type=version_type & 0x0F,
        virtual_router_id=virtual_router_id,
        priority=priority,
        address_count=address_count,
        addresses=_decode_addresses(payload, source.version, address_count),
        authentication_type=authentication_type,
        authentication_data=authentication_data,
        interval=interval,
        checksum=checksum,
        checksum_valid=_checksum_valid(payload, message_length, version, source, destination),
        authentication_header=authentication_header,
        payload=payload,
        ip_header=ip_header,
    )


def _decode_addresses(payload: bytes, family: int, count: int) -> tuple[IPAddress, ...]:
    size = 4 if family == 4 else 16
    kind: type[IPAddress] = IPv4Address if family == 4 else IPv6Address
    end = min(HEADER_LENGTH + count * size, len(payload) - size + 1)
    return tuple(kind(payload[start : start + size]) for start in range(HEADER_LENGTH, end, size))


def _message_length(family: int, version: int, address_count: int) -> int:
    if family == 6:
        return HEADER_LENGTH + 16 * address_count
    return HEADER_LENGTH + 4 * address_count + (AUTHENTICATION_DATA_LENGTH if version == 2 else 0)


def _checksum_valid(
    payload: bytes, message_length: int, version: int, source: IPAddress, destination: IPAddress
) -> bool:
    if len(payload) < message_length:
        return False
    covered = payload[:message_length]
    if source.version == 6:
        # The kernel's checksum covers everything after the IPv6 header, the HMAC trailer too (§2.7).
        covered = pseudo_header(source, destination, protocol=PROTOCOL_VRRP, length=len(payload)) + payload
    elif version == 3:
        covered = pseudo_header(source, destination, protocol=PROTOCOL_VRRP, length=message_length) + covered
    return internet_checksum(covered) == 0


def _is_padding(surplus: int) -> bool:
    return surplus > 0 and surplus % 4 == 2


def _scaled(interval: int, unit: int, maximum: int) -> int:
    value = interval // unit
    if not 0 < value <= maximum:
        raise WireError(f"an interval of {interval} microseconds does not fit")
    return value
