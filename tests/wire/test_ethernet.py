"""wire/ethernet.py"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.wire import ethernet
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.ethernet import EthernetFrame

_BYTES = bytes.fromhex("ffffffffffff020000000001080661")
_VALUE = EthernetFrame(
    destination=ethernet.BROADCAST, source=bytes.fromhex("020000000001"), ethertype=0x0806, payload=b"a"
)


def test_a_frame_reads_as_its_value_and_back() -> None:
    assert ethernet.decode(_BYTES) == _VALUE
    assert ethernet.encode(_VALUE) == _BYTES


@given(st.binary(max_size=80))
def test_any_bytes_are_read_and_written_alike_or_refused_as_too_short(data: bytes) -> None:
    try:
        assert ethernet.encode(ethernet.decode(data)) == data
    except WireError:
        assert len(data) < ethernet.HEADER_LENGTH


@pytest.mark.parametrize(
    "frame",
    [
        EthernetFrame(destination=b"\0" * 5, source=b"\0" * 6, ethertype=1, payload=b""),
        EthernetFrame(destination=b"\0" * 6, source=b"", ethertype=1, payload=b""),
        EthernetFrame(destination=b"\0" * 6, source=b"\0" * 6, ethertype=0x10000, payload=b""),
    ],
)
def test_a_frame_that_cannot_be_is_a_wire_error(frame: EthernetFrame) -> None:
    with pytest.raises(WireError):
        ethernet.encode(frame)


def test_an_address_is_written_as_everybody_writes_it() -> None:
    assert ethernet.format_address(bytes.fromhex("02000000000a")) == "02:00:00:00:00:0a"
