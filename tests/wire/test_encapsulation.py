"""wire/encapsulation.py"""

from __future__ import annotations

import contextlib
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.wire.encapsulation import (
    MAXIMUM_LABEL,
    Encapsulation,
    IlaEncapsulation,
    IpEncapsulation,
    MplsEncapsulation,
    decode_encapsulation,
    encode_encapsulation,
)
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.netlink import decode_attributes

_IP = "06001500 02000000"
_IP6 = (
    "48001680 0c000100 00000000 00000006 14000200 fd000000 00000000 00000000 00000001"
    "14000300 fd000000 00000000 00000000 00000002 05000500 08000000 05000400 09000000 06001500 04000000"
)
#: What iproute2 6.1 sends for ``encap ...``, recorded with strace: this kernel need not know MPLS and ILA.
PAIRS: list[tuple[Encapsulation, str]] = [
    (MplsEncapsulation(labels=(100, 200)), "10001680 0c000100 00064000 000c8100 06001500 01000000"),
    (IlaEncapsulation(locator=bytes.fromhex("20010db800000001")), "10001680 0c000100 20010db8 00000001 06001500 03000000"),
    (
        IpEncapsulation(
            version=4, id=5, destination=IPv4Address("10.1.2.3"), source=IPv4Address("10.99.0.1"), tos=8, ttl=17
        ),
        "30001680 0c000100 00000000 00000005 08000200 0a010203 08000300 0a630001 05000500 08000000 05000400 11000000" + _IP,
    ),
    (
        IpEncapsulation(
            version=6, id=6, destination=IPv6Address("fd00::1"), source=IPv6Address("fd00::2"), tos=8, ttl=9
        ),
        _IP6,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("encapsulation", "recorded"), PAIRS)
def test_it_is_written_as_iproute2_writes_it_and_read_back(encapsulation: Encapsulation, recorded: str) -> None:
    encoded = encode_encapsulation(encapsulation)
    assert encoded.hex() == recorded.replace(" ", "")
    assert decode_encapsulation(decode_attributes(encoded)) == encapsulation


@given(st.lists(st.integers(0, MAXIMUM_LABEL), min_size=1, max_size=16))
def test_any_stack_of_labels_survives(labels: list[int]) -> None:
    encapsulation = MplsEncapsulation(labels=tuple(labels))
    assert decode_encapsulation(decode_attributes(encode_encapsulation(encapsulation))) == encapsulation


@pytest.mark.parametrize(
    "encapsulation",
    [
        MplsEncapsulation(labels=(MAXIMUM_LABEL + 1,)),
        MplsEncapsulation(labels=()),
        IlaEncapsulation(locator=b"short"),
        IpEncapsulation(version=4, ttl=256),
        IpEncapsulation(version=4, destination=IPv6Address("fd00::1")),
    ],
)
def test_what_cannot_be_is_refused(encapsulation: Encapsulation) -> None:
    with pytest.raises(WireError):
        encode_encapsulation(encapsulation)


def test_a_kind_that_is_not_ours_is_none() -> None:
    assert decode_encapsulation({}) is None
    assert decode_encapsulation({21: b"\x05\x00", 22: b""}) is None  # seg6


@given(st.dictionaries(st.sampled_from([21, 22]), st.binary(max_size=64)))
def test_damage_is_an_error_of_ours(attributes: dict[int, bytes]) -> None:
    with contextlib.suppress(WireError):
        decode_encapsulation(attributes)
