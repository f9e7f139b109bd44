"""wire/rtnetlink.py"""

from __future__ import annotations

import contextlib
import struct
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.wire import rtnetlink
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.netlink import attribute, encode_message
from keepalived_py.wire.rtnetlink import InterfaceAddress, Link

_IPV4 = InterfaceAddress(
    interface_index=3,
    address=IPv4Address("10.99.0.100"),
    prefix_length=24,
    label="eth0:1",
    broadcast=IPv4Address("10.99.0.255"),
    protocol=18,
)
_IPV4_BYTES = bytes.fromhex(
    "0218000003000000"  # family, prefix length, flags, scope; index
    "080002000a630064"  # IFA_LOCAL
    "080001000a630064"  # IFA_ADDRESS
    "080004000a6300ff"  # IFA_BROADCAST
    "0b000300657468303a310000"  # IFA_LABEL
    "05000b0012000000"  # IFA_PROTO
)  # fmt: skip
_IPV6 = InterfaceAddress(
    interface_index=3,
    address=IPv6Address("fd99::100"),
    prefix_length=128,
    flags=rtnetlink.IFA_F_NODAD,
    preferred_lifetime=0,
)
_PEER = InterfaceAddress(
    interface_index=3, address=IPv4Address("10.0.0.1"), prefix_length=30, scope=253, peer=IPv4Address("10.0.0.2")
)


def test_an_address_reads_as_its_value_and_back() -> None:
    assert rtnetlink.encode_address(_IPV4) == _IPV4_BYTES
    assert rtnetlink.decode_address(_IPV4_BYTES) == _IPV4


@pytest.mark.parametrize("address", [_IPV4, _IPV6, _PEER, replace(_IPV6, flags=0x202, protocol=18)])
def test_addresses_survive_the_wire(address: InterfaceAddress) -> None:
    assert rtnetlink.decode_address(rtnetlink.encode_address(address)) == address


@pytest.mark.parametrize("address", [_IPV4, _IPV6, _PEER])
def test_pyroute2_reads_the_same_address(address: InterfaceAddress) -> None:
    from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg

    message = ifaddrmsg(encode_message(rtnetlink.RTM_NEWADDR, 0x605, 1, rtnetlink.encode_address(address)))
    message.decode()
    assert message["prefixlen"] == address.prefix_length
    assert message["index"] == 3
    assert message["scope"] == address.scope
    assert message.get_attr("IFA_LOCAL") == str(address.address)
    assert message.get_attr("IFA_ADDRESS") == str(address.peer or address.address)
    assert message.get_attr("IFA_LABEL") == address.label
    if address.preferred_lifetime == 0:
        assert message.get_attr("IFA_CACHEINFO")["ifa_preferred"] == 0
        assert message.get_attr("IFA_CACHEINFO")["ifa_valid"] == rtnetlink.FOREVER


def test_what_is_removed_is_named_by_its_key_alone() -> None:
    assert rtnetlink.encode_address_key(_IPV4) == _IPV4_BYTES[:24]
    assert rtnetlink.decode_address(rtnetlink.encode_address_key(_PEER)).peer == _PEER.peer


def test_an_ipv6_address_without_ifa_local_is_read_from_ifa_address() -> None:
    payload = struct.pack("=BBBBI", 10, 64, 0x80, 253, 2) + attribute(1, IPv6Address("fe80::1").packed)
    read = rtnetlink.decode_address(payload)
    assert (read.address, read.peer, read.scope, read.interface_index) == (IPv6Address("fe80::1"), None, 253, 2)


@pytest.mark.parametrize("wrong", [
    replace(_IPV4, prefix_length=256),
    replace(_IPV4, broadcast=IPv6Address("::1")),
    replace(_IPV6, broadcast=IPv4Address("10.0.0.1")),
    replace(_IPV4, peer=IPv6Address("::1")),
])  # fmt: skip
def test_an_address_that_cannot_be_is_a_wire_error(wrong: InterfaceAddress) -> None:
    with pytest.raises(WireError):
        rtnetlink.encode_address(wrong)


def test_a_link_reads_as_its_value() -> None:
    payload = struct.pack("=BxHiII", 0, 1, 3, 0x11043, 0) + b"".join([
        attribute(3, b"eth0\0"),
        attribute(1, bytes.fromhex("020000000001")),
        attribute(4, struct.pack("=I", 1500)),
        attribute(5, struct.pack("=I", 2)),
        attribute(10, struct.pack("=I", 9)),
    ])  # fmt: skip
    assert rtnetlink.decode_link(payload) == Link(
        index=3,
        name="eth0",
        flags=0x11043,
        mac=bytes.fromhex("020000000001"),
        mtu=1500,
        hardware_type=1,
        link=2,
        master=9,
    )


def test_a_link_as_pyroute2_writes_it_is_read() -> None:
    from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

    message = ifinfmsg()
    message["index"] = 5
    message["flags"] = 0x1043
    message["attrs"] = [("IFLA_IFNAME", "vrrp.51"), ("IFLA_MTU", 9000), ("IFLA_ADDRESS", "00:00:5e:00:01:33")]
    message.encode()
    link = rtnetlink.decode_link(bytes(message.data[16:]))
    assert (link.index, link.name, link.mtu, link.mac.hex()) == (5, "vrrp.51", 9000, "00005e000133")


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused_with_a_wire_error(data: bytes) -> None:
    for decode in (rtnetlink.decode_address, rtnetlink.decode_link):
        with contextlib.suppress(WireError):
            decode(data)


@given(st.binary(max_size=60), st.sampled_from([2, 10, 7]))
def test_any_attributes_behind_a_right_header_are_read_or_refused_with_a_wire_error(data: bytes, family: int) -> None:
    for decode, header in (
        (rtnetlink.decode_address, struct.pack("=BBBBI", family, 24, 0, 0, 1)),
        (rtnetlink.decode_link, struct.pack("=BxHiII", family, 1, 1, 1, 0)),
    ):
        with contextlib.suppress(WireError):
            decode(header + attribute(3, b"x") + data)
