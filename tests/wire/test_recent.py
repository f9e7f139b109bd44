"""Remembered datagrams give what decoding them gives."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest

from keepalived_py.wire.errors import WireError
from keepalived_py.wire.ip import PROTOCOL_AH, PROTOCOL_VRRP, encode_ipv4_header
from keepalived_py.wire.recent import MOST, RecentPackets
from keepalived_py.wire.vrrp import Advertisement, decode_ipv4, decode_ipv6, encode

SOURCE, GROUP = IPv4Address("192.0.2.1"), IPv4Address("224.0.0.18")
SOURCE6, GROUP6 = IPv6Address("fe80::1"), IPv6Address("ff02::12")


def datagram(
    priority: int = 100, *, identification: int = 1, ttl: int = 255, protocol: int = PROTOCOL_VRRP, ending: bytes = b""
) -> bytes:
    advertisement = Advertisement(
        version=2,
        virtual_router_id=51,
        priority=priority,
        addresses=(IPv4Address("192.0.2.100"),),
        interval=1_000_000,
    )
    message = encode(advertisement, source=SOURCE, destination=GROUP) + ending
    if protocol == PROTOCOL_AH:
        message = bytes(24) + message
    return (
        encode_ipv4_header(
            SOURCE, GROUP, protocol=protocol, payload_length=len(message), identification=identification, ttl=ttl
        )
        + message
    )


def test_a_repeated_advert_is_the_same_object_whatever_its_identification() -> None:
    recent = RecentPackets()
    first = recent.ipv4(datagram(identification=1))
    assert first == decode_ipv4(datagram(identification=2))
    assert recent.ipv4(datagram(identification=2)) is first


@pytest.mark.parametrize(
    "other", [datagram(99), datagram(ttl=254), datagram(ending=b"\0\0"), datagram()[:-1] + b"\1"], ids=range(4)
)
def test_whatever_else_differs_is_decoded(other: bytes) -> None:
    recent = RecentPackets()
    first = recent.ipv4(datagram())
    assert recent.ipv4(other) == decode_ipv4(other) != first


@pytest.mark.parametrize("fresh", [datagram(protocol=PROTOCOL_AH), datagram(ending=bytes(28))], ids=["AH", "HMAC"])
def test_what_must_be_new_each_time_is_never_remembered(fresh: bytes) -> None:
    recent = RecentPackets()
    assert recent.ipv4(fresh) is not recent.ipv4(fresh)


def test_over_ipv6_source_destination_and_hop_limit_count_too() -> None:
    advertisement = Advertisement(
        version=3, virtual_router_id=51, priority=100, addresses=(IPv6Address("fe80::100"),), interval=1_000_000
    )
    message = encode(advertisement, source=SOURCE6, destination=GROUP6)
    recent = RecentPackets()
    first = recent.ipv6(message, source=SOURCE6, destination=GROUP6, hop_limit=255)
    assert first == decode_ipv6(message, source=SOURCE6, destination=GROUP6, hop_limit=255)
    assert recent.ipv6(message, source=SOURCE6, destination=GROUP6, hop_limit=255) is first
    assert recent.ipv6(message, source=SOURCE6, destination=GROUP6, hop_limit=254).ttl == 254
    assert recent.ipv6(message, source=IPv6Address("fe80::2"), destination=GROUP6, hop_limit=255) != first


def test_who_sends_ever_new_datagrams_does_not_take_the_memory() -> None:
    recent = RecentPackets()
    for number in range(3 * MOST):
        recent.ipv4(datagram(number % 256, ttl=number // 256))
    assert len(recent._ipv4) <= MOST


def test_what_cannot_be_read_is_an_error_each_time() -> None:
    recent = RecentPackets()
    for _ in range(2):
        with pytest.raises(WireError):
            recent.ipv4(b"\x45")
