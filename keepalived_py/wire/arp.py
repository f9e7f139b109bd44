"""ARP for IPv4 over Ethernet (RFC 826): the gratuitous message that tells a LAN where a virtual address has gone."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address

from keepalived_py.wire import ethernet
from keepalived_py.wire.errors import WireError

REQUEST = 1
REPLY = 2

_ARP = struct.Struct("!HHBBH6s4s6s4s")
_HARDWARE_ETHERNET = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ArpMessage:
    """One ARP message; hardware addresses are 6 bytes."""

    operation: int
    sender_mac: bytes
    sender_address: IPv4Address
    target_mac: bytes
    target_address: IPv4Address


def encode(message: ArpMessage) -> bytes:
    """Return the 28 bytes of the message without its frame. Raises WireError for a hardware address not of 6 bytes."""
    if len(message.sender_mac) != ethernet.ADDRESS_LENGTH or len(message.target_mac) != ethernet.ADDRESS_LENGTH:
        raise WireError("ARP over Ethernet needs addresses of 6 bytes")
    if not 0 <= message.operation <= 0xFFFF:
        raise WireError(f"no ARP operation {message.operation}")
    return _ARP.pack(
        _HARDWARE_ETHERNET,
        ethernet.ETHERTYPE_IPV4,
        ethernet.ADDRESS_LENGTH,
        4,
        message.operation,
        message.sender_mac,
        message.sender_address.packed,
        message.target_mac,
        message.target_address.packed,
    )


def decode(data: bytes) -> ArpMessage:
    """Read a message; padding after it is allowed. Raises WireError for anything but IPv4 over Ethernet."""
    if len(data) < _ARP.size:
        raise WireError(f"{len(data)} bytes are too short for ARP")
    hardware, protocol, hardware_length, protocol_length, operation, *addresses = _ARP.unpack_from(data)
    if (hardware, protocol, hardware_length, protocol_length) != (_HARDWARE_ETHERNET, ethernet.ETHERTYPE_IPV4, 6, 4):
        raise WireError(f"not ARP for IPv4 over Ethernet: hardware type {hardware}, protocol 0x{protocol:04x}")
    sender_mac, sender_address, target_mac, target_address = addresses
    return ArpMessage(
        operation=operation,
        sender_mac=sender_mac,
        sender_address=IPv4Address(sender_address),
        target_mac=target_mac,
        target_address=IPv4Address(target_address),
    )


def encode_gratuitous(address: IPv4Address, source_mac: bytes) -> bytes:
    """Return the whole frame, 42 bytes: a broadcast request in which sender and target are ``address``.

    That is keepalived's form (reference/vrrp-behaviour.md §9): the "ARP announcement" of RFC 5227, but with the
    broadcast address as target hardware address. Raises WireError when ``source_mac`` is not 6 bytes.
    """
    message = ArpMessage(
        operation=REQUEST,
        sender_mac=source_mac,
        sender_address=address,
        target_mac=ethernet.BROADCAST,
        target_address=address,
    )
    return ethernet.encode(
        ethernet.EthernetFrame(
            destination=ethernet.BROADCAST,
            source=source_mac,
            ethertype=ethernet.ETHERTYPE_ARP,
            payload=encode(message),
        )
    )
