"""wire/hmac_trailer.py"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.wire import hmac_trailer
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.hmac_trailer import Trailer

_ROUTER = IPv4Address("10.99.0.1")
_KEY = bytes(range(32))
_SEQUENCE = 0x66112233_8000_0005
_VALUE = Trailer(key_id=7, sequence=_SEQUENCE, hmac=b"0123456789abcdef")
_BYTES = bytes.fromhex("01070000" + "66112233" + "8000" + "0005") + b"0123456789abcdef"
_MESSAGE = bytes.fromhex("213396020001333a0a6300640a6300650000000000000000")


def test_a_trailer_reads_as_its_value_and_back() -> None:
    assert hmac_trailer.encode(_VALUE) == _BYTES
    assert hmac_trailer.decode(_BYTES) == _VALUE
    assert _VALUE.seconds == 0x66112233


def test_the_hmac_covers_pseudo_header_message_without_checksum_and_the_trailer_before_itself() -> None:
    pseudo_header = bytes.fromhex("04023300" + "0a630001") + bytes(12)
    covered = pseudo_header + _MESSAGE[:6] + bytes(2) + _MESSAGE[8:]
    assert hmac_trailer.covered_message(_MESSAGE, _ROUTER) == covered
    expected = hmac.new(_KEY, covered + _BYTES[:12] + bytes(16), hashlib.sha256).digest()[:16]
    assert hmac_trailer.sign(covered, _VALUE, _KEY) == _BYTES[:12] + expected


def test_an_ipv6_source_fills_the_pseudo_header() -> None:
    source = IPv6Address("fe80::1")
    message = bytes.fromhex("3133960100640000") + source.packed
    assert hmac_trailer.covered_message(message, source)[:20] == bytes((6, 3, 0x33, 0)) + source.packed


def test_a_signed_trailer_is_genuine_for_its_message_key_and_sender_only() -> None:
    covered = hmac_trailer.covered_message(_MESSAGE, _ROUTER)
    signed = hmac_trailer.decode(hmac_trailer.sign(covered, _VALUE, _KEY))
    assert hmac_trailer.is_genuine(covered, signed, _KEY)
    assert not hmac_trailer.is_genuine(covered, signed, _KEY[::-1])
    assert not hmac_trailer.is_genuine(covered, replace(signed, sequence=_SEQUENCE + 1), _KEY)
    assert not hmac_trailer.is_genuine(covered, replace(signed, key_id=8), _KEY)
    other = hmac_trailer.covered_message(_MESSAGE, IPv4Address("10.99.0.2"))
    assert not hmac_trailer.is_genuine(other, signed, _KEY)


def test_another_checksum_does_not_matter_because_copies_to_peers_differ_in_it() -> None:
    other = _MESSAGE[:6] + b"\xff\xff" + _MESSAGE[8:]
    assert hmac_trailer.covered_message(other, _ROUTER) == hmac_trailer.covered_message(_MESSAGE, _ROUTER)


@given(place=st.integers(0, 23), bit=st.integers(0, 7))
def test_any_other_changed_bit_of_the_message_is_noticed(place: int, bit: int) -> None:
    signed = hmac_trailer.decode(hmac_trailer.sign(hmac_trailer.covered_message(_MESSAGE, _ROUTER), _VALUE, _KEY))
    changed = bytearray(_MESSAGE)
    changed[place] ^= 1 << bit
    covered = hmac_trailer.covered_message(bytes(changed), _ROUTER)
    assert hmac_trailer.is_genuine(covered, signed, _KEY) is (place in (6, 7))


@pytest.mark.parametrize(
    "wrong",
    [replace(_VALUE, hmac=b""), replace(_VALUE, key_id=256), replace(_VALUE, sequence=1 << 64)],
)
def test_a_value_without_a_place_on_the_wire_is_a_wire_error(wrong: Trailer) -> None:
    with pytest.raises(WireError):
        hmac_trailer.encode(wrong)


@given(st.binary(max_size=64).filter(lambda data: len(data) != 28))
def test_another_number_of_bytes_is_a_wire_error(data: bytes) -> None:
    with pytest.raises(WireError, match="28 bytes"):
        hmac_trailer.decode(data)
