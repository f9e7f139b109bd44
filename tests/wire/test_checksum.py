"""wire/checksum.py"""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.wire.checksum import internet_checksum


def _by_rfc_1071(data: bytes) -> int:
    total = sum(word for (word,) in struct.iter_unpack("!H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


@pytest.mark.parametrize(
    ("data", "checksum"),
    [
        (b"", 0xFFFF),
        (b"\0\0", 0xFFFF),
        (b"\xff\xff", 0),
        (bytes.fromhex("0001f203f4f5f6f7"), 0x220D),  # the example of RFC 1071 section 3
        (b"\x01", 0xFEFF),
    ],
)
def test_known_sums(data: bytes, checksum: int) -> None:
    assert internet_checksum(data) == checksum


@given(st.binary(max_size=200))
def test_it_is_the_sum_of_rfc_1071_added_word_by_word(data: bytes) -> None:
    assert internet_checksum(data) == _by_rfc_1071(data)


@given(st.binary(min_size=2, max_size=200))
def test_a_message_with_its_checksum_in_place_sums_to_zero(data: bytes) -> None:
    zeroed = b"\0\0" + data[2 : len(data) // 2 * 2]
    assert internet_checksum(internet_checksum(zeroed).to_bytes(2, "big") + zeroed[2:]) == 0
