"""wire/netlink.py"""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.wire import netlink
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.netlink import NetlinkMessage


def test_a_message_is_its_header_and_its_payload_padded_to_four_bytes() -> None:
    data = netlink.encode_message(20, 0x605, 7, b"abcde")
    assert data == struct.pack("=IHHII", 21, 20, 0x605, 7, 0) + b"abcde\0\0\0"
    assert list(netlink.decode_messages(data)) == [
        NetlinkMessage(type=20, flags=0x605, sequence=7, port=0, payload=b"abcde")
    ]


_messages = st.builds(
    NetlinkMessage,
    type=st.integers(0, 65535),
    flags=st.integers(0, 65535),
    sequence=st.integers(0, 2**32 - 1),
    port=st.just(0),
    payload=st.binary(max_size=40),
)


@given(st.lists(_messages))
def test_messages_behind_each_other_are_told_apart(messages: list[NetlinkMessage]) -> None:
    data = b"".join(netlink.encode_message(m.type, m.flags, m.sequence, m.payload) for m in messages)
    assert list(netlink.decode_messages(data)) == messages


@given(st.dictionaries(st.integers(1, 0x3FFF), st.binary(max_size=40)))
def test_attributes_survive_the_wire(attributes: dict[int, bytes]) -> None:
    data = b"".join(netlink.attribute(type_, payload) for type_, payload in attributes.items())
    assert netlink.decode_attributes(data) == attributes


def test_a_nest_is_flagged_and_read_without_its_flag() -> None:
    data = netlink.nested(1, netlink.attribute(2, b"ab"))
    assert data == struct.pack("=HHHH", 12, 0x8001, 6, 2) + b"ab\0\0"
    assert netlink.decode_attributes(netlink.decode_attributes(data)[1]) == {2: b"ab"}


@pytest.mark.parametrize(("type_", "payload", "number"), [
    (netlink.NLMSG_ERROR, struct.pack("=i", 0), 0),
    (netlink.NLMSG_ERROR, struct.pack("=i", -17) + bytes(16), 17),
    (netlink.NLMSG_DONE, struct.pack("=i", -105), 105),
    (netlink.NLMSG_DONE, b"", 0),
])  # fmt: skip
def test_acknowledgements_tell_their_errno(type_: int, payload: bytes, number: int) -> None:
    assert netlink.error_of(NetlinkMessage(type=type_, flags=0, sequence=1, port=0, payload=payload)) == number


def test_an_error_without_number_is_a_wire_error() -> None:
    with pytest.raises(WireError):
        netlink.error_of(NetlinkMessage(type=netlink.NLMSG_ERROR, flags=0, sequence=1, port=0, payload=b"ab"))


@pytest.mark.parametrize(("data", "number"), [
    (b"\x05", 5), (struct.pack("=H", 300), 300), (struct.pack("=I", 2**31), 2**31), (struct.pack("=Q", 2**40), 2**40)
])  # fmt: skip
def test_numbers_are_read_in_the_width_they_come_in(data: bytes, number: int) -> None:
    assert netlink.unsigned(data) == number


def test_text_ends_at_its_nul_and_keeps_bytes_that_are_no_utf_8() -> None:
    assert netlink.text(b"eth0\0rest") == "eth0"
    assert netlink.terminated(netlink.text(b"\xff\0")) == b"\xff\0"


def test_the_controller_is_asked_for_a_family_by_name() -> None:
    assert netlink.encode_get_family("IPVS") == bytes([3, 1, 0, 0]) + struct.pack("=HH", 9, 2) + b"IPVS\0\0\0\0"


def test_the_controllers_answer_names_the_family_number() -> None:
    answer = netlink.generic(1, 2, netlink.attribute(2, b"IPVS\0"), netlink.attribute(1, struct.pack("=H", 34)))
    assert netlink.decode_family(answer) == 34
    with pytest.raises(WireError):
        netlink.decode_family(netlink.generic(1, 2))


def test_an_attribute_longer_than_its_length_can_say_is_a_wire_error() -> None:
    with pytest.raises(WireError):
        netlink.attribute(1, bytes(65536))


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused_with_a_wire_error(data: bytes) -> None:
    for decode in (lambda d: list(netlink.decode_messages(d)), netlink.decode_attributes, netlink.decode_generic,
                   netlink.decode_family, netlink.unsigned):  # fmt: skip
        with contextlib.suppress(WireError):
            decode(data)
