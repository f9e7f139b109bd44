"""The datagrams of an instance, as a receiver decodes them."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.config.ast import (
    Authentication,
    AuthenticationType,
    HmacAuthentication,
    HmacKey,
    UnicastPeer,
    VirtualAddress,
)
from keepalived_py.vrrp.adverts import AdvertBuilder, group_of, protocol_of
from keepalived_py.wire import ah, hmac_trailer
from keepalived_py.wire.checksum import internet_checksum
from keepalived_py.wire.ip import decode_ipv4_header
from keepalived_py.wire.vrrp import GROUP_IPV4, GROUP_IPV6, decode_ipv4, decode_ipv6
from tests.vrrp.notation import HIGHER, LOWER, OWN, SECOND, VIP, built, on_the_wire, wanted

_PEERS = (UnicastPeer(address=HIGHER), UnicastPeer(address=LOWER))
_AH = Authentication(type=AuthenticationType.AH, password=b"secret")
_HMAC = HmacAuthentication(keys=(HmacKey(id=7, secret=b"k" * 32),), active_key=7)
_VIP6 = IPv6Address("fe80::51")
_OWN6, _PEER6 = IPv6Address("fe80::5"), IPv6Address("fd99::6")
_IPV6 = replace(
    wanted(version=3, family=6, multicast_group=None),
    virtual_addresses=(VirtualAddress(address=_VIP6, prefix_length=64, interface="eth0"),),
)


def test_an_advert_carries_what_is_configured() -> None:
    password = Authentication(type=AuthenticationType.PASS, password=b"secret")
    ((destination, datagram),) = built(AdvertBuilder(wanted(authentication=password)), priority=100)
    packet = decode_ipv4(datagram)
    assert destination == packet.destination == GROUP_IPV4
    assert (packet.source, packet.priority, packet.virtual_router_id) == (OWN, 100, 51)
    assert (packet.addresses, packet.interval, packet.ttl) == ((VIP,), 1_000_000, 255)
    assert packet.authentication_data == b"secret\0\0"
    assert packet.length_valid
    assert packet.total_length_valid
    assert packet.checksum_valid


def test_every_unicast_peer_gets_a_copy_with_the_same_identification_and_the_configured_ttl() -> None:
    copies = built(AdvertBuilder(wanted(version=3, unicast=True, unicast_peers=_PEERS, unicast_ttl=64)))
    assert [destination for destination, _ in copies] == [HIGHER, LOWER]
    assert {decode_ipv4_header(datagram).identification for _, datagram in copies} == {1}
    assert all(decode_ipv4(datagram).checksum_valid for _, datagram in copies)
    assert all(decode_ipv4(datagram).ttl == 64 for _, datagram in copies)


def test_identifications_begin_with_1_and_never_are_0() -> None:
    builder = AdvertBuilder(wanted())
    seen = [decode_ipv4_header(built(builder)[0].data).identification for _ in range(65_537)]
    assert seen[:3] == [1, 2, 3]
    assert seen[-3:] == [65_535, 1, 2]


@given(priority=st.integers(0, 255), adverts=st.integers(1, 300))
def test_the_checksum_of_a_stamped_header_is_right(priority: int, adverts: int) -> None:
    builder = AdvertBuilder(wanted())
    for _ in range(adverts):
        datagram = built(builder, priority=priority)[0].data
    assert internet_checksum(datagram[:20]) == 0


# --- checksums of version 3 -------------------------------------------------------------------------------------------


def test_the_old_checksum_covers_the_group_in_every_copy() -> None:
    group = IPv4Address("224.0.0.77")
    builder = AdvertBuilder(wanted(version=3, unicast=True, unicast_peers=_PEERS, checksum_group=group))
    for _, datagram in built(builder, group_checksum=True):
        packet = decode_ipv4(datagram)
        assert not packet.checksum_valid
        assert packet.checksum_valid_for(group)
    assert all(decode_ipv4(datagram).checksum_valid for _, datagram in built(builder))


def test_a_checksum_as_of_version_2_covers_the_message_alone() -> None:
    packet = on_the_wire(AdvertBuilder(wanted(version=3, v3_checksum_as_v2=True)))
    assert internet_checksum(packet.message) == 0
    assert not packet.checksum_valid


# --- authentication headers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unicast", [False, True])
def test_an_authentication_header_names_its_sender_and_covers_each_copy(unicast: bool) -> None:
    builder = AdvertBuilder(wanted(authentication=_AH, unicast=unicast, unicast_peers=_PEERS if unicast else ()))
    values = set()
    for sequence in (1, 2):
        for _, datagram in built(builder, sequence=sequence):
            packet = decode_ipv4(datagram)
            header = ah.decode(packet.authentication_header)
            assert (packet.ip_protocol, header.next_header, header.spi, header.sequence) == (51, 112, OWN, sequence)
            assert (packet.authentication_type, packet.authentication_data) == (2, bytes(8))
            assert header.icv == ah.integrity_check_value(
                packet.ip_header, packet.authentication_header, packet.payload, b"secret", unicast=unicast
            )
            assert (packet.length_valid, packet.total_length_valid, packet.checksum_valid) == (True, True, True)
            assert internet_checksum(datagram[:20]) == 0
            values.add(header.icv)
    assert len(values) == (4 if unicast else 2)


def test_the_header_follows_a_source_that_changes() -> None:
    builder = AdvertBuilder(wanted(authentication=_AH))
    assert [ah.decode(on_the_wire(builder, source).authentication_header).spi for source in (OWN, HIGHER)] == [
        OWN,
        HIGHER,
    ]


def test_only_an_authentication_header_makes_another_protocol() -> None:
    assert protocol_of(wanted(authentication=_AH)) == 51
    assert protocol_of(wanted(hmac=_HMAC)) == 112


# --- trailers ---------------------------------------------------------------------------------------------------------


def test_all_copies_carry_one_genuine_trailer() -> None:
    builder = AdvertBuilder(wanted(version=3, unicast=True, unicast_peers=_PEERS, hmac=_HMAC))
    copies = built(builder, wall_clock=SECOND)
    assert [internet_checksum(datagram[:20]) for _, datagram in copies] == [0, 0]
    packets = [decode_ipv4(datagram) for _, datagram in copies]
    assert len({packet.trailer for packet in packets}) == 1
    for packet in packets:
        trailer = hmac_trailer.decode(packet.trailer)
        assert (trailer.key_id, trailer.sequence) == (7, 1 << 32)
        assert hmac_trailer.is_genuine(hmac_trailer.covered_message(packet.message, OWN), trailer, _HMAC.keys[0].secret)
        assert (packet.total_length_valid, packet.checksum_valid) == (True, True)


@pytest.mark.parametrize(("mode", "signs"), [("enforce", True), ("permissive", True), ("receive-only", False)])
def test_all_modes_but_one_sign(mode: str, signs: bool) -> None:
    packet = on_the_wire(AdvertBuilder(wanted(hmac=replace(_HMAC, mode=mode))))
    assert bool(packet.trailer) is signs
    assert packet.length_valid is not signs


def test_each_advert_is_signed_anew_even_when_the_clock_stands() -> None:
    builder = AdvertBuilder(wanted(hmac=_HMAC))
    trailers = [on_the_wire(builder, wall_clock=SECOND).trailer for _ in range(3)]
    assert [hmac_trailer.decode(trailer).sequence - (1 << 32) for trailer in trailers] == [0, 1, 2]
    later = on_the_wire(AdvertBuilder(wanted(hmac=_HMAC), builder), wall_clock=SECOND)
    assert hmac_trailer.decode(later.trailer).sequence - (1 << 32) == 3


# --- IPv6 -------------------------------------------------------------------------------------------------------------


def test_over_ipv6_the_message_goes_alone_to_the_group_of_ipv6() -> None:
    ((destination, message),) = built(AdvertBuilder(_IPV6), _OWN6)
    assert destination == GROUP_IPV6 == group_of(_IPV6)
    packet = decode_ipv6(message, source=_OWN6, destination=GROUP_IPV6, hop_limit=255)
    assert (packet.version, packet.priority, packet.addresses) == (3, 150, (_VIP6,))
    assert (packet.length_valid, packet.checksum_valid) == (True, True)


def test_version_2_may_be_forced_over_ipv6() -> None:
    packet = on_the_wire(AdvertBuilder(replace(_IPV6, version=2)), _OWN6)
    assert (packet.version, packet.length_valid, packet.authentication_data) == (2, True, b"")


def test_a_trailer_follows_the_message_over_ipv6() -> None:
    packet = on_the_wire(AdvertBuilder(replace(_IPV6, hmac=_HMAC)), _OWN6)
    trailer = hmac_trailer.decode(packet.trailer)
    covered = hmac_trailer.covered_message(packet.message, _OWN6)
    assert hmac_trailer.is_genuine(covered, trailer, _HMAC.keys[0].secret)


def test_the_hop_limit_of_ipv6_is_the_kernels_unless_configured_for_unicast() -> None:
    unicast = replace(_IPV6, unicast=True, unicast_peers=(UnicastPeer(address=_PEER6),))
    assert AdvertBuilder(_IPV6).hop_limit is None
    assert AdvertBuilder(unicast).hop_limit is None
    assert AdvertBuilder(replace(unicast, unicast_ttl=3, unicast_ttl_configured=True)).hop_limit == 3
    assert [destination for destination, _ in built(AdvertBuilder(unicast), _OWN6)] == [_PEER6]
