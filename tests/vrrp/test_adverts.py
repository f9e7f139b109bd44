"""Stamped datagrams are those that the codec would build anew. Source: reference/vrrp-behaviour.md §2.5."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.config.ast import Authentication, AuthenticationType, UnicastPeer
from keepalived_py.vrrp.adverts import AdvertBuilder
from keepalived_py.wire.checksum import internet_checksum
from keepalived_py.wire.ip import decode_ipv4_header
from keepalived_py.wire.vrrp import GROUP_IPV4, decode_ipv4
from tests.vrrp.notation import HIGHER, LOWER, OWN, VIP, wanted


def test_an_advert_carries_what_is_configured() -> None:
    password = Authentication(type=AuthenticationType.PASS, password=b"secret")
    ((destination, datagram),) = AdvertBuilder(wanted(authentication=password)).build(100, OWN)
    packet = decode_ipv4(datagram)
    assert destination == packet.destination == GROUP_IPV4
    assert (packet.source, packet.priority, packet.virtual_router_id) == (OWN, 100, 51)
    assert (packet.addresses, packet.interval, packet.ttl) == ((VIP,), 1_000_000, 255)
    assert packet.authentication_data == b"secret\0\0"
    assert packet.length_valid
    assert packet.total_length_valid
    assert packet.checksum_valid


def test_every_unicast_peer_gets_a_copy_with_the_same_identification_and_the_configured_ttl() -> None:
    peers = (UnicastPeer(address=HIGHER), UnicastPeer(address=LOWER))
    builder = AdvertBuilder(wanted(version=3, unicast=True, unicast_peers=peers, unicast_ttl=64))
    copies = builder.build(100, OWN)
    assert [destination for destination, _ in copies] == [HIGHER, LOWER]
    assert {decode_ipv4_header(datagram).identification for _, datagram in copies} == {1}
    assert all(decode_ipv4(datagram).checksum_valid for _, datagram in copies)
    assert all(decode_ipv4(datagram).ttl == 64 for _, datagram in copies)


def test_identifications_begin_with_1_and_never_are_0() -> None:
    builder = AdvertBuilder(wanted())
    seen = [decode_ipv4_header(builder.build(100, OWN)[0][1]).identification for _ in range(65_537)]
    assert seen[:3] == [1, 2, 3]
    assert seen[-3:] == [65_535, 1, 2]


@given(priority=st.integers(0, 255), adverts=st.integers(1, 300))
def test_the_checksum_of_a_stamped_header_is_right(priority: int, adverts: int) -> None:
    builder = AdvertBuilder(wanted())
    for _ in range(adverts):
        datagram = builder.build(priority, OWN)[0][1]
    assert internet_checksum(datagram[:20]) == 0
