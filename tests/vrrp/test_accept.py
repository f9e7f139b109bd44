"""The checks of a received packet: order, counters, words, once each. Source: reference/vrrp-behaviour.md §3."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

import pytest

from keepalived_py.config.ast import (
    Authentication,
    AuthenticationType,
    HmacAuthentication,
    HmacKey,
    UnicastPeer,
    VirtualAddress,
    VrrpInstance,
)
from keepalived_py.vrrp.accept import Gate
from keepalived_py.vrrp.adverts import AdvertBuilder
from keepalived_py.vrrp.events import AdvertisementReceived
from keepalived_py.vrrp.memory import Memory
from keepalived_py.vrrp.statistics import Statistics
from tests.vrrp.notation import HIGHER, LOWER, OWN, SECOND, advert, lines, on_the_wire, wanted

if TYPE_CHECKING:
    from keepalived_py.vrrp.effects import Effect
    from keepalived_py.wire.vrrp import Packet

PASS = Authentication(type=AuthenticationType.PASS, password=b"secret")
VERSION_2 = wanted()
VERSION_3 = wanted(version=3)
WITH_PASSWORD = wanted(authentication=PASS)
UNICAST = wanted(unicast=True, unicast_peers=(UnicastPeer(address=HIGHER, min_ttl=250),), check_unicast_source=True)


def judge(
    configuration: VrrpInstance, packet: Packet, *, priority: int = 100, check_addresses: bool = True
) -> tuple[bool, list[str], dict[str, int]]:
    statistics = Statistics()
    out: list[Effect] = []
    gate = Gate(configuration, statistics, Memory())
    event = AdvertisementReceived(packet=packet)
    admitted = gate.admits(event, out, check_addresses=check_addresses, priority=priority)
    counters = {name: value for name in Statistics.__slots__ if (value := getattr(statistics, name))}
    return admitted, [line.removeprefix("log (V) ") for line in lines(out)], counters


@pytest.mark.parametrize("configuration", [VERSION_2, VERSION_3, WITH_PASSWORD, UNICAST])
def test_a_right_advert_is_admitted_and_counted(configuration: VrrpInstance) -> None:
    assert judge(configuration, advert(150, of=configuration)) == (True, [], {"advert_rcvd": 1})


def test_priority_zero_is_counted_apart() -> None:
    assert judge(VERSION_2, advert(0)) == (True, [], {"advert_rcvd": 1, "pri_zero_rcvd": 1})


def long(packet: Packet, surplus: int) -> Packet:
    length = packet.datagram_length + surplus
    return replace(packet, datagram_length=length, ip_total_length=length)


REJECTED = [
    (VERSION_2, {"ip_protocol": 51}, "Received AH header but auth type not AH from 10.0.0.6", "authtype_mismatch"),
    (
        VERSION_2,
        {"datagram_length": 43},
        "vrrp packet from 10.0.0.6 too long, length 43 and expect 40",
        "packet_len_err",
    ),
    (
        VERSION_2,
        {"datagram_length": 30},
        "vrrp packet from 10.0.0.6 too short, length 30 and expect 40",
        "packet_len_err",
    ),
    (VERSION_2, {"ttl": 254}, "invalid TTL/HL from 10.0.0.6. Received 254 and expect 255", "ip_ttl_err"),
    (VERSION_2, {"authentication_type": 7}, "Invalid auth type from 10.0.0.6: 7", "invalid_authtype"),
    (VERSION_2, {"authentication_type": 1}, "received a 1 auth from 10.0.0.6, expecting 0!", "authtype_mismatch"),
    (
        WITH_PASSWORD,
        {"authentication_data": b"wrong\0\0\0"},
        "received an invalid passwd from 10.0.0.6!",
        "auth_failure",
    ),
    (WITH_PASSWORD, {"authentication_data": b""}, "received an invalid passwd from 10.0.0.6!", "auth_failure"),
    (
        VERSION_2,
        {"interval": 3 * SECOND},
        "advertisement interval mismatch with 10.0.0.6 mine=1 sec rcv'd=3 sec",
        None,
    ),
    (VERSION_2, {"type": 2}, "Invalid packet type from 10.0.0.6. 2 and expect 1", "invalid_type_rcvd"),
    (
        VERSION_2,
        {"ip_total_length": 44},
        "ip_tot_len mismatch against received length from 10.0.0.6. 44 and received 40",
        "packet_len_err",
    ),
    (VERSION_2, {"checksum_valid": False}, "Invalid VRRPv2 checksum from 10.0.0.6", "chk_err"),
    (VERSION_3, {"checksum_valid": False}, "Invalid VRRPv3 checksum from 10.0.0.6", "chk_err"),
    (
        VERSION_2,
        {"destination": OWN},
        "Expected multicast packet but received unicast packet from 10.0.0.6",
        "addr_list_err",
    ),
    (
        UNICAST,
        {"destination": IPv4Address("224.0.0.18")},
        "Expected unicast packet but received multicast packet from 10.0.0.6",
        "addr_list_err",
    ),
]


@pytest.mark.parametrize(("configuration", "changes", "line", "counter"), REJECTED)
def test_a_wrong_packet_is_rejected_counted_and_remarked_on(
    configuration: VrrpInstance, changes: dict[str, object], line: str, counter: str | None
) -> None:
    packet = advert(150, of=configuration, **changes)
    assert judge(configuration, packet) == (False, [line], {counter: 1} if counter else {})


def test_another_version_is_rejected() -> None:
    packet = advert(150, of=VERSION_3)
    line = "wrong VRRP version from 10.0.0.6. Received 3 and expect 2"
    assert judge(VERSION_2, packet) == (False, [line], {"vers_err": 1})


def test_the_first_failing_check_ends_the_others() -> None:
    everything = {key: value for _, changes, _, _ in REJECTED[:13] for key, value in changes.items()}
    _, said, counters = judge(VERSION_2, advert(150, **everything))
    assert said == ["Received AH header but auth type not AH from 10.0.0.6"]
    assert counters == {"authtype_mismatch": 1}


def test_ethernet_padding_is_no_wrong_length() -> None:
    packet = advert(150)
    assert judge(VERSION_2, replace(packet, datagram_length=46))[0]
    assert judge(VERSION_2, replace(packet, datagram_length=42))[0]
    assert not judge(VERSION_2, replace(packet, datagram_length=44))[0]


def test_another_interval_of_version_3_is_only_remarked_on() -> None:
    packet = advert(150, of=wanted(version=3, advert_int=500_000))
    line = "advertisement interval mismatch ours = 100 centi-sec rcv'd=50 centi-sec"
    assert judge(VERSION_3, packet) == (True, [line], {"advert_rcvd": 1})


def test_other_addresses_are_counted_but_the_advert_counts_too() -> None:
    packet = advert(150, of=wanted(router_id=52))
    line = "ip address associated with VRID 51 not present in advert from 10.0.0.6: 10.9.0.51"
    assert judge(VERSION_2, packet) == (True, [line], {"advert_rcvd": 1, "addr_list_err": 1})
    assert judge(VERSION_2, packet, check_addresses=False) == (True, [], {"advert_rcvd": 1})


def test_another_number_of_addresses_is_counted_even_when_they_are_not_compared() -> None:
    packet = advert(150, of=wanted(virtual_addresses=()))
    line = "expected 1 VIPs but received 0"
    expected = (True, [line], {"advert_rcvd": 1, "addr_list_err": 1})
    assert judge(VERSION_2, packet, check_addresses=False) == expected


def test_an_owner_that_ignores_adverts_drops_them_uncounted() -> None:
    owner = wanted(priority=255, owner_ignore_adverts=True)
    line = "Dropping packet(s) from 10.0.0.6 since we are address owner"
    assert judge(owner, advert(150), priority=255) == (False, [line], {})
    assert judge(owner, advert(150), priority=254)[0]


def test_with_source_checking_only_peers_within_their_ttl_are_heard() -> None:
    stranger = advert(150, LOWER, of=UNICAST)
    line = "unicast source address 10.0.0.4 not a unicast peer"
    assert judge(UNICAST, stranger) == (False, [line], {"advert_rcvd": 1})
    far = advert(150, of=UNICAST, ttl=249)
    line = "TTL/HL 249 from 10.0.0.6 not in range [250, 255]"
    assert judge(UNICAST, far) == (False, [line], {"advert_rcvd": 1, "ip_ttl_err": 1})


def test_without_source_checking_anybody_and_any_ttl_is_heard() -> None:
    unchecked = replace(UNICAST, check_unicast_source=False)
    assert judge(unchecked, advert(150, LOWER, of=unchecked, ttl=3))[0]


def test_each_kind_of_complaint_is_logged_once_until_forgotten() -> None:
    gate = Gate(VERSION_2, Statistics(), Memory())
    out: list[Effect] = []
    for ttl in (1, 2, 3):
        gate.admits(AdvertisementReceived(packet=advert(150, ttl=ttl)), out, check_addresses=True, priority=100)
    gate.admits(AdvertisementReceived(packet=advert(150, type=3)), out, check_addresses=True, priority=100)
    assert len(out) == 2
    gate.forget()
    gate.admits(AdvertisementReceived(packet=advert(150, ttl=9)), out, check_addresses=True, priority=100)
    assert len(out) == 3


def test_a_password_never_shows_in_a_representation() -> None:
    assert "secret" not in repr(WITH_PASSWORD)


@pytest.mark.parametrize(
    ("configuration", "packet"),
    [
        (VERSION_2, advert(150)),
        (VERSION_2, advert(0)),
        (VERSION_2, replace(advert(150), addresses=(SECOND,))),
        (VERSION_2, replace(advert(150), checksum_valid=False)),
        (VERSION_3, replace(advert(150, of=VERSION_3), interval=2_000_000)),
        (UNICAST, advert(150, of=UNICAST)),
        (replace(VERSION_2, owner_ignore_adverts=True), advert(255)),
    ],
    ids=["right", "priority 0", "other addresses", "rejected", "other interval", "unicast", "owner"],
)
def test_the_very_same_packet_again_is_judged_as_one_that_only_equals_it(
    configuration: VrrpInstance, packet: Packet
) -> None:
    def judged(packets: list[Packet]) -> tuple[list[tuple[bool, list[str]]], dict[str, int]]:
        statistics = Statistics()
        gate = Gate(configuration, statistics, Memory())
        told = []
        for turn, one in enumerate(packets):
            out: list[Effect] = []
            if turn == 4:
                gate.forget()
            priority = 255 if turn == 6 else 100
            told.append(
                (
                    gate.admits(AdvertisementReceived(packet=one), out, check_addresses=turn != 1, priority=priority),
                    lines(out),
                )
            )
        return told, {name: getattr(statistics, name) for name in Statistics.__slots__}

    assert judged([packet] * 8) == judged([replace(packet) for _ in range(8)])


# --- checksums of version 3 -------------------------------------------------------------------------------------------

_PEER3 = wanted(version=3, unicast=True, unicast_peers=(UnicastPeer(address=HIGHER),))


def _checksummed(configuration: VrrpInstance, *, over_group: bool) -> Packet:
    to_us = replace(configuration, unicast_peers=(UnicastPeer(address=OWN),))
    return on_the_wire(AdvertBuilder(to_us), HIGHER, group_checksum=over_group)


def _admissions(configuration: VrrpInstance, *over_group: bool) -> tuple[list[bool], list[str]]:
    gate, out = Gate(configuration, Statistics(), Memory()), []
    events = [AdvertisementReceived(packet=_checksummed(configuration, over_group=each)) for each in over_group]
    admitted = [gate.admits(event, out, check_addresses=True, priority=100) for event in events]
    return admitted, [line.removeprefix("log (V) ") for line in lines(out)]


def test_one_advert_of_an_old_peer_switches_to_the_old_checksum_for_good() -> None:
    assert _admissions(_PEER3, False, True, True, False) == (
        [True, True, True, False],
        ["Setting unicast VRRPv3 checksum to old version", "Invalid VRRPv3 checksum from 10.0.0.6"],
    )


def test_whoever_never_wants_the_old_checksum_refuses_it() -> None:
    never = replace(_PEER3, unicast_checksum="never")
    assert _admissions(never, True, False) == ([False, True], ["Invalid VRRPv3 checksum from 10.0.0.6"])


def test_whoever_is_configured_for_the_old_checksum_refuses_the_right_one() -> None:
    config = replace(_PEER3, unicast_checksum="config", checksum_group=IPv4Address("224.0.0.77"))
    assert _admissions(config, True, False) == ([True, False], ["Invalid VRRPv3 checksum from 10.0.0.6"])


def test_a_checksum_as_of_version_2_is_not_looked_at() -> None:
    as_version_2 = replace(_PEER3, v3_checksum_as_v2=True)
    assert _admissions(as_version_2, False, True) == ([True, True], [])


# --- IPv6 and trailers ------------------------------------------------------------------------------------------------

_VIP6 = VirtualAddress(address=IPv6Address("fe80::51"), prefix_length=64, interface="eth0")
_IPV6 = replace(wanted(version=3, family=6, multicast_group=None), virtual_addresses=(_VIP6,))
_ROUTER6 = IPv6Address("fe80::6")


def test_an_advert_over_ipv6_is_admitted_whose_checksum_the_kernel_has_verified() -> None:
    packet = on_the_wire(AdvertBuilder(_IPV6), _ROUTER6)
    assert judge(_IPV6, packet) == (True, [], {"advert_rcvd": 1})
    assert judge(_IPV6, replace(packet, checksum_valid=False))[0]


def test_unicast_to_a_multicast_instance_is_dropped_without_counting_over_ipv6() -> None:
    packet = replace(on_the_wire(AdvertBuilder(_IPV6), _ROUTER6), destination=IPv6Address("fe80::5"))
    line = "detail (V) discarding unicast packet on multicast instance"
    assert judge(_IPV6, packet) == (False, [line], {})


def test_a_hop_limit_below_255_is_refused_over_ipv6() -> None:
    packet = replace(on_the_wire(AdvertBuilder(_IPV6), _ROUTER6), ttl=64)
    line = "invalid TTL/HL from fe80::6. Received 64 and expect 255"
    assert judge(_IPV6, packet) == (False, [line], {"ip_ttl_err": 1})


def test_a_trailer_is_too_long_for_whoever_has_no_key() -> None:
    signing = wanted(hmac=HmacAuthentication(keys=(HmacKey(id=7, secret=b"k" * 32),), active_key=7))
    packet = on_the_wire(AdvertBuilder(signing))
    line = "vrrp packet from 10.0.0.6 too long, length 68 and expect 40"
    assert judge(VERSION_2, packet) == (False, [line], {"packet_len_err": 1})
    assert judge(signing, packet) == (True, [], {"advert_rcvd": 1})


def test_a_trailer_is_looked_at_before_anything_that_an_attacker_may_write() -> None:
    signing = wanted(hmac=HmacAuthentication(keys=(HmacKey(id=7, secret=b"k" * 32),), active_key=7))
    packet = replace(on_the_wire(AdvertBuilder(signing)), authentication_type=9, interval=1, type=3)
    forged = replace(packet, payload=packet.payload[:-1] + bytes([packet.payload[-1] ^ 1]))
    line = "invalid authentication HMAC from 10.0.0.6"
    assert judge(signing, forged) == (False, [line], {"auth_ext_invalid_hmac": 1})
