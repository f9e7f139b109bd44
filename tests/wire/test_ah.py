"""wire/ah.py"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.wire import ah
from keepalived_py.wire.ah import AuthenticationHeader
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.ip import encode_ipv4_header

_ROUTER, _GROUP, _PEER = IPv4Address("10.99.0.1"), IPv4Address("224.0.0.18"), IPv4Address("10.99.0.2")
_VALUE = AuthenticationHeader(spi=_ROUTER, sequence=258, icv=b"0123456789ab")
_BYTES = bytes.fromhex("70040000" + "0a630001" + "00000102" + "303132333435363738396162")
_MESSAGE = bytes.fromhex("213396010201d2660a6300640000000000000000")


def _ip_header(destination: IPv4Address = _GROUP, *, ttl: int = 255, tos: int = 0xC0) -> bytes:
    return encode_ipv4_header(_ROUTER, destination, protocol=51, payload_length=44, identification=7, ttl=ttl, tos=tos)


def test_a_header_reads_as_its_value_and_back() -> None:
    assert ah.encode(_VALUE) == _BYTES
    assert ah.decode(_BYTES + _MESSAGE) == _VALUE


def test_scapy_reads_the_same_header() -> None:
    from scapy.layers.ipsec import AH

    theirs = AH(_BYTES)
    assert (theirs.nh, theirs.payloadlen, theirs.spi, theirs.seq) == (112, 4, int(_ROUTER), 258)
    assert bytes(theirs)[:24] == _BYTES


def test_what_counts_as_zero_in_a_unicast_packet_is_what_scapy_holds_for_mutable() -> None:
    from scapy.layers.inet import IP
    from scapy.layers.ipsec import AH, zero_mutable_fields

    theirs = IP(_ip_header(_PEER) + _BYTES + _MESSAGE)
    zero_mutable_fields(theirs)
    theirs[AH].icv = bytes(12)
    expected = hmac.new(b"secret12", bytes(theirs), hashlib.md5).digest()[:12]
    assert ah.integrity_check_value(_ip_header(_PEER), _BYTES, _MESSAGE, b"secret12", unicast=True) == expected


def test_the_value_covers_what_no_router_changes() -> None:
    header = _ip_header()
    covered = (
        bytes((0x45, 0)) + header[2:6] + bytes(2) + header[8:10] + bytes(2) + header[12:] + _BYTES[:12] + bytes(12)
    )
    expected = hmac.new(b"pw\0\0\0\0\0\0", covered + _MESSAGE, hashlib.md5).digest()[:12]
    assert ah.integrity_check_value(header, _BYTES, _MESSAGE, b"pw", unicast=False) == expected


def test_type_of_service_may_change_on_the_way_and_the_ttl_of_unicast_only() -> None:
    def value(header: bytes, *, unicast: bool) -> bytes:
        return ah.integrity_check_value(header, _BYTES, _MESSAGE, b"secret12", unicast=unicast)

    assert value(_ip_header(tos=0), unicast=False) == value(_ip_header(), unicast=False)
    assert value(_ip_header(_PEER, ttl=64), unicast=True) == value(_ip_header(_PEER), unicast=True)
    assert value(_ip_header(ttl=64), unicast=False) != value(_ip_header(), unicast=False)


def test_every_copy_has_its_own_value_because_the_destination_is_covered() -> None:
    first = ah.integrity_check_value(_ip_header(_PEER), _BYTES, _MESSAGE, b"x", unicast=True)
    second = ah.integrity_check_value(_ip_header(IPv4Address("10.99.0.3")), _BYTES, _MESSAGE, b"x", unicast=True)
    assert first != second


@given(place=st.integers(0, 43), bit=st.integers(0, 7))
def test_a_changed_bit_of_header_or_message_changes_the_value(place: int, bit: int) -> None:
    covered = bytearray(_BYTES[:12] + _MESSAGE + bytes(12))
    whole = ah.integrity_check_value(_ip_header(), bytes(covered[:12]), bytes(covered[12:]), b"x", unicast=False)
    covered[place] ^= 1 << bit
    changed = ah.integrity_check_value(_ip_header(), bytes(covered[:12]), bytes(covered[12:]), b"x", unicast=False)
    assert changed != whole


@pytest.mark.parametrize("wrong", [replace(_VALUE, icv=b"short"), replace(_VALUE, sequence=1 << 32)])
def test_a_value_without_a_place_on_the_wire_is_a_wire_error(wrong: AuthenticationHeader) -> None:
    with pytest.raises(WireError):
        ah.encode(wrong)


@given(st.binary(max_size=23))
def test_fewer_bytes_than_a_header_are_a_wire_error(data: bytes) -> None:
    with pytest.raises(WireError, match="too short"):
        ah.decode(data)
