"""vrrp/authenticity.py: the words and counters of every refusal."""

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
)
from keepalived_py.vrrp.adverts import AdvertBuilder
from keepalived_py.vrrp.authenticity import Authenticity
from keepalived_py.vrrp.complaints import Complaints
from keepalived_py.vrrp.memory import Memory
from keepalived_py.vrrp.statistics import Statistics
from keepalived_py.wire import ah
from tests.vrrp.notation import HIGHER, LOWER, OWN, SECOND, lines, on_the_wire, wanted

if TYPE_CHECKING:
    from keepalived_py.config.ast import VrrpInstance
    from keepalived_py.vrrp.effects import Effect
    from keepalived_py.wire.vrrp import Packet

_NOW = 1_800_000_000 * SECOND
_AH = wanted(authentication=Authentication(type=AuthenticationType.AH, password=b"secret"))
_PASS = wanted(authentication=Authentication(type=AuthenticationType.PASS, password=b"secret"))
_KEYS = HmacAuthentication(keys=(HmacKey(id=7, secret=b"k" * 32),), active_key=7)
_HMAC = wanted(hmac=_KEYS)


class _Judge:
    def __init__(self, configuration: VrrpInstance) -> None:
        self.statistics = Statistics()
        self.out: list[Effect] = []
        self.authenticity = Authenticity(configuration, self.statistics, Memory(), Complaints("V"))

    def trailer(self, packet: Packet, at: int = _NOW) -> bool:
        return self.authenticity.trailer_passes(packet, at, self.out)

    def version_2(self, packet: Packet) -> bool:
        return self.authenticity.version_2_passes(packet, self.out)

    @property
    def said(self) -> list[str]:
        said = [line.removeprefix("log (V) ") for line in lines(self.out)]
        self.out.clear()
        return said

    @property
    def counted(self) -> dict[str, int]:
        return {name: value for name in Statistics.__slots__ if (value := getattr(self.statistics, name))}


def _ah(configuration: VrrpInstance = _AH, *, sequence: int = 1) -> Packet:
    return on_the_wire(AdvertBuilder(configuration), sequence=sequence)


# --- authentication headers -------------------------------------------------------------------------------------------


def test_adverts_with_rising_numbers_pass() -> None:
    judge = _Judge(_AH)
    assert [judge.version_2(_ah(sequence=number)) for number in (1, 2, 50)] == [True, True, True]
    assert (judge.said, judge.counted) == ([], {})


def test_a_number_heard_before_is_refused() -> None:
    judge = _Judge(_AH)
    judge.version_2(_ah(sequence=50))
    assert not judge.version_2(_ah(sequence=50))
    assert judge.said == ["IPSEC-AH : sequence number 50 already processed. Packet dropped. Local(50)"]
    assert judge.counted == {"auth_failure": 1}


def test_another_password_and_a_changed_message_are_the_same_refusal_logged_once() -> None:
    judge = _Judge(_AH)
    other = replace(_AH, authentication=replace(_AH.authentication, password=b"other"))
    changed = _ah()
    payload = bytearray(changed.payload)
    payload[2] = 255
    assert not judge.version_2(_ah(other))
    assert not judge.version_2(replace(changed, payload=bytes(payload)))
    assert judge.said == ["IPSEC-AH : invalid IPSEC HMAC-MD5 value. Due to fields mutation or bad password !"]
    assert judge.counted == {"auth_failure": 2}
    assert judge.version_2(changed)


def test_the_header_of_somebody_else_is_refused() -> None:
    # Only whoever knows the password can write it: a sender that forgot its old address, as 2.4.3 does.
    packet = on_the_wire(AdvertBuilder(_AH), LOWER, sequence=1)
    header = packet.ip_header[:12] + HIGHER.packed + packet.ip_header[16:]
    icv = ah.integrity_check_value(header, packet.authentication_header, packet.payload, b"secret", unicast=False)
    moved = replace(
        packet,
        source=HIGHER,
        ip_header=header,
        authentication_header=packet.authentication_header[: -ah.ICV_LENGTH] + icv,
    )
    judge = _Judge(_AH)
    assert not judge.version_2(moved)
    assert judge.said == ["IPSEC AH : invalid IPSEC SPI value. 10.0.0.4 and expect 10.0.0.6"]


def test_a_header_before_another_protocol_is_not_for_us() -> None:
    packet = _ah()
    judge = _Judge(_AH)
    assert not judge.version_2(replace(packet, authentication_header=b"\x11" + packet.authentication_header[1:]))
    assert (judge.said, judge.counted) == ([], {})


def test_the_ttl_of_a_unicast_advert_may_change_on_the_way() -> None:
    unicast = replace(_AH, unicast=True, unicast_peers=(UnicastPeer(address=IPv4Address("10.0.0.5")),))
    packet = _ah(unicast)
    routed = replace(packet, ip_header=packet.ip_header[:8] + b"\x3f" + packet.ip_header[9:])
    assert _Judge(unicast).version_2(routed)
    multicast = _ah()
    assert not _Judge(_AH).version_2(
        replace(multicast, ip_header=multicast.ip_header[:8] + b"\x3f" + multicast.ip_header[9:])
    )


def test_a_master_numbers_its_adverts_above_those_of_a_lower_priority() -> None:
    memory, out = Memory(), []
    authenticity = Authenticity(_AH, Statistics(), memory, Complaints("V"))
    packet = _ah(sequence=900)
    authenticity.version_2_passes(packet, out)
    authenticity.overtake(packet, out)
    assert lines(out) == ["log (V) IPSEC-AH : Syncing seq_num - Increment seq"]
    assert memory.sequence.following(OWN) == 902


# --- passwords --------------------------------------------------------------------------------------------------------


def test_a_password_is_compared_and_its_kind_too() -> None:
    judge = _Judge(_PASS)
    assert judge.version_2(on_the_wire(AdvertBuilder(_PASS)))
    other = replace(_PASS, authentication=replace(_PASS.authentication, password=b"other"))
    assert not judge.version_2(on_the_wire(AdvertBuilder(other)))
    assert not judge.version_2(on_the_wire(AdvertBuilder(wanted())))
    assert judge.said == [
        "received an invalid passwd from 10.0.0.6!",
        "received a 0 auth from 10.0.0.6, expecting 1!",
    ]
    assert judge.counted == {"auth_failure": 1, "authtype_mismatch": 1}


def test_version_2_over_ipv6_has_no_place_for_a_password_and_misses_none() -> None:
    address = VirtualAddress(address=IPv6Address("fe80::51"), prefix_length=64, interface="eth0")
    over_ipv6 = replace(_PASS, family=6, multicast_group=None, virtual_addresses=(address,))
    packet = on_the_wire(AdvertBuilder(over_ipv6), IPv6Address("fe80::1"))
    assert (packet.version, packet.authentication_type, packet.length_valid) == (2, 1, True)
    assert _Judge(over_ipv6).version_2(packet)


# --- trailers ---------------------------------------------------------------------------------------------------------


def _signed(at: int = _NOW, configuration: VrrpInstance = _HMAC) -> Packet:
    return on_the_wire(AdvertBuilder(configuration), wall_clock=at)


def test_without_auth_hmac_nothing_is_asked_for() -> None:
    assert _Judge(wanted()).trailer(on_the_wire(AdvertBuilder(wanted())))


@pytest.mark.parametrize(("mode", "passes"), [("enforce", False), ("permissive", True), ("receive-only", True)])
def test_an_advert_without_trailer_is_refused_only_by_whoever_enforces(mode: str, passes: bool) -> None:
    judge = _Judge(replace(_HMAC, hmac=replace(_KEYS, mode=mode)))
    assert judge.trailer(on_the_wire(AdvertBuilder(wanted()))) is passes
    assert judge.said == ([] if passes else ["missing authentication trailer from 10.0.0.6"])
    assert judge.counted == ({} if passes else {"auth_ext_missing": 1})


@pytest.mark.parametrize("mode", ["enforce", "permissive", "receive-only"])
def test_a_trailer_that_is_there_must_be_right_in_every_mode(mode: str) -> None:
    judge = _Judge(replace(_HMAC, hmac=replace(_KEYS, mode=mode)))
    stranger = replace(_HMAC, hmac=replace(_KEYS, keys=(HmacKey(id=7, secret=b"x" * 32),)))
    assert judge.trailer(_signed())
    assert not judge.trailer(_signed(_NOW + 1000, stranger))
    assert judge.said == ["invalid authentication HMAC from 10.0.0.6"]


def test_every_refusal_has_its_words_and_its_counter() -> None:
    judge, first = _Judge(_HMAC), _signed()
    malformed = replace(first, payload=first.payload[: first.message_length] + b"\x02" + first.trailer[1:])
    unknown = _signed(
        _NOW, replace(_HMAC, hmac=HmacAuthentication(keys=(HmacKey(id=9, secret=b"k" * 32),), active_key=9))
    )
    assert judge.trailer(first)
    for packet in (malformed, _signed(_NOW - 9 * SECOND), unknown, first):
        assert not judge.trailer(packet)
    assert judge.said == [
        "malformed authentication trailer from 10.0.0.6",
        "stale authentication trailer from 10.0.0.6, clock skew 9 sec exceeds window 5 sec",
        "unknown authentication key id 9 from 10.0.0.6",
        "replayed authentication trailer from 10.0.0.6",
    ]
    assert judge.counted == {
        "auth_ext_malformed": 1,
        "auth_ext_stale": 1,
        "auth_ext_unknown_key": 1,
        "auth_ext_replay": 1,
    }


def test_a_clock_that_drifts_is_told_before_it_is_too_late() -> None:
    judge = _Judge(_HMAC)
    assert judge.trailer(_signed(_NOW - 2 * SECOND))
    assert judge.said == []
    assert judge.trailer(_signed(_NOW - 2 * SECOND + 1000), _NOW + SECOND)
    assert judge.said == ["authentication clock skew 3 sec from 10.0.0.6 approaching window 5 sec"]


def test_a_signed_unicast_advert_comes_from_a_peer() -> None:
    unicast = replace(_HMAC, unicast=True, unicast_peers=(UnicastPeer(address=LOWER),))
    judge = _Judge(unicast)
    assert judge.trailer(on_the_wire(AdvertBuilder(unicast), LOWER, wall_clock=_NOW))
    assert not judge.trailer(on_the_wire(AdvertBuilder(unicast), HIGHER, wall_clock=_NOW))
    assert judge.said == ["unicast source address 10.0.0.6 not a unicast peer"]
