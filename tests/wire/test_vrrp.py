"""wire/vrrp.py"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.wire import vrrp
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.ip import encode_ipv4_header
from keepalived_py.wire.vrrp import Advertisement

_ROUTER = IPv4Address("10.99.0.1")
_VIPS = (IPv4Address("10.99.0.100"), IPv4Address("10.99.0.101"))
_ROUTER6 = IPv6Address("fe80::1")

_V2 = Advertisement(version=2, virtual_router_id=51, priority=150, addresses=_VIPS, interval=1_000_000)
_V2_PASS = replace(_V2, authentication_type=1, authentication_data=b"secret12")
_V3 = Advertisement(version=3, virtual_router_id=51, priority=150, addresses=_VIPS, interval=250_000)
_V6 = Advertisement(
    version=3, virtual_router_id=60, priority=0, addresses=(IPv6Address("fe80::a"),), interval=1_000_000
)

_PAIRS = [
    pytest.param("213396020001333a0a6300640a6300650000000000000000", _V2, id="v2"),
    pytest.param("213396020101c4bb0a6300640a6300657365637265743132", _V2_PASS, id="v2 with password"),
    pytest.param("313396020019382b0a6300640a630065", _V3, id="v3"),
]


def _datagram(message: bytes, *, protocol: int = 112, ttl: int = 255) -> bytes:
    header = encode_ipv4_header(
        _ROUTER, vrrp.GROUP_IPV4, protocol=protocol, payload_length=len(message), identification=1, ttl=ttl
    )
    return header + message


def _said(packet: vrrp.Packet) -> Advertisement:
    """Return the advertisement that a packet carries, padding of the password taken off."""
    return Advertisement(
        version=packet.version,
        virtual_router_id=packet.virtual_router_id,
        priority=packet.priority,
        addresses=packet.addresses,
        interval=packet.interval,
        authentication_type=packet.authentication_type,
        authentication_data=packet.authentication_data.rstrip(b"\0"),
    )


@pytest.mark.parametrize(("text", "advertisement"), _PAIRS)
def test_an_advertisement_reads_as_its_value_and_back(text: str, advertisement: Advertisement) -> None:
    message = vrrp.encode(advertisement, source=_ROUTER, destination=vrrp.GROUP_IPV4)
    assert message.hex() == text
    packet = vrrp.decode_ipv4(_datagram(message))
    assert _said(packet) == advertisement
    assert packet.checksum_valid
    assert packet.length_valid
    assert packet.total_length_valid
    assert (packet.type, packet.ttl, packet.ip_protocol, packet.source) == (1, 255, 112, _ROUTER)


@pytest.mark.parametrize(("text", "advertisement"), _PAIRS)
def test_scapy_reads_and_writes_the_same_message(text: str, advertisement: Advertisement) -> None:
    from scapy.layers.inet import IP
    from scapy.layers.vrrp import VRRP, VRRPv3

    theirs = IP(_datagram(bytes.fromhex(text)))
    kind = VRRP if advertisement.version == 2 else VRRPv3
    assert theirs[kind].vrid == advertisement.virtual_router_id
    assert theirs[kind].priority == advertisement.priority
    assert theirs[kind].addrlist == [str(address) for address in advertisement.addresses]
    del theirs[kind].chksum
    assert bytes(theirs) == _datagram(bytes.fromhex(text))


def test_scapy_computes_the_same_checksum_over_ipv6() -> None:
    from scapy.layers.inet6 import IPv6
    from scapy.layers.vrrp import VRRPv3

    message = vrrp.encode(_V6, source=_ROUTER6, destination=vrrp.GROUP_IPV6)
    theirs = IPv6(src="fe80::1", dst="ff02::12", nh=112, hlim=255) / VRRPv3(
        vrid=60, priority=0, adv=100, addrlist=["fe80::a"]
    )
    assert bytes(theirs)[40:] == message


def test_an_ipv6_advertisement_reads_as_its_value_and_back() -> None:
    packet = vrrp.packet_of(_V6, source=_ROUTER6, destination=vrrp.GROUP_IPV6)
    assert _said(packet) == _V6
    assert (packet.ttl, packet.checksum_valid, packet.length_valid, packet.total_length_valid) == (
        255,
        True,
        True,
        True,
    )


def test_version_2_over_ipv6_has_no_authentication_bytes() -> None:
    forced = replace(_V6, version=2)
    assert len(vrrp.encode(forced, source=_ROUTER6, destination=vrrp.GROUP_IPV6)) == 24
    packet = vrrp.packet_of(forced, source=_ROUTER6, destination=vrrp.GROUP_IPV6)
    assert (packet.authentication_data, packet.length_valid) == (b"", True)


def test_a_short_password_is_padded_with_zeros_and_told_with_them() -> None:
    packet = vrrp.packet_of(replace(_V2_PASS, authentication_data=b"abc"), source=_ROUTER, destination=vrrp.GROUP_IPV4)
    assert packet.authentication_data == b"abc\0\0\0\0\0" == vrrp.pad_authentication(b"abc")


def test_a_password_longer_than_eight_bytes_is_a_wire_error() -> None:
    with pytest.raises(WireError, match="8 bytes"):
        vrrp.encode(replace(_V2_PASS, authentication_data=b"123456789"), source=_ROUTER, destination=vrrp.GROUP_IPV4)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(_V2, version=4),
        replace(_V2, virtual_router_id=256),
        replace(_V2, priority=-1),
        replace(_V2, interval=256_000_000),
        replace(_V2, interval=999_999),
        replace(_V3, interval=40_960_000),
        replace(_V3, addresses=(IPv6Address("fe80::a"),)),
        replace(_V3, addresses=_VIPS * 128),
    ],
)
def test_a_value_without_a_place_on_the_wire_is_a_wire_error(wrong: Advertisement) -> None:
    with pytest.raises(WireError):
        vrrp.encode(wrong, source=_ROUTER, destination=vrrp.GROUP_IPV4)


def test_version_3_intervals_use_all_twelve_bits_and_leave_the_reserved_ones_alone() -> None:
    message = vrrp.encode(replace(_V3, interval=40_950_000), source=_ROUTER, destination=vrrp.GROUP_IPV4)
    assert message[4:6] == b"\x0f\xff"
    assert vrrp.decode_ipv4(_datagram(b"\x31\x33\x96\x00\xf0\x64\0\0")).interval == 1_000_000


def test_the_checksum_of_version_3_is_right_for_the_real_destination_only_unless_asked_for_the_group() -> None:
    peer = IPv4Address("10.99.0.2")
    message = vrrp.encode(_V3, source=_ROUTER, destination=vrrp.GROUP_IPV4)
    header = encode_ipv4_header(_ROUTER, peer, protocol=112, payload_length=len(message), identification=1, ttl=255)
    packet = vrrp.decode_ipv4(header + message)
    assert not packet.checksum_valid
    assert packet.checksum_valid_for(vrrp.GROUP_IPV4)


def test_version_3_can_be_sent_with_the_checksum_of_version_2() -> None:
    message = vrrp.encode(_V3, source=_ROUTER, destination=vrrp.GROUP_IPV4, with_pseudo_header=False)
    assert not vrrp.decode_ipv4(_datagram(message)).checksum_valid
    as_version_2 = b"\x21" + message[1:]
    assert vrrp.internet_checksum(message) == 0
    assert as_version_2[6:8] == message[6:8]


def test_a_flipped_bit_makes_the_checksum_wrong_and_nothing_else() -> None:
    message = bytearray(vrrp.encode(_V2, source=_ROUTER, destination=vrrp.GROUP_IPV4))
    message[2] ^= 1
    packet = vrrp.decode_ipv4(_datagram(bytes(message)))
    assert (packet.checksum_valid, packet.length_valid, packet.priority) == (False, True, 151)


def test_fewer_addresses_than_announced_are_told_as_they_are_with_a_wrong_length() -> None:
    message = vrrp.encode(_V3, source=_ROUTER, destination=vrrp.GROUP_IPV4)[:-5]
    packet = vrrp.decode_ipv4(_datagram(message))
    assert (packet.address_count, packet.addresses) == (2, ())
    assert (packet.length_valid, packet.checksum_valid, packet.total_length_valid) == (False, False, True)


@pytest.mark.parametrize(
    ("surplus", "valid"), [(0, True), (2, True), (4, False), (6, True), (10, True), (1, False), (28, False)]
)
def test_only_the_padding_of_short_ethernet_frames_is_allowed_after_a_message(surplus: int, valid: bool) -> None:
    one_address = replace(_V3, addresses=_VIPS[:1])
    datagram = _datagram(vrrp.encode(one_address, source=_ROUTER, destination=vrrp.GROUP_IPV4)) + bytes(surplus)
    packet = vrrp.decode_ipv4(datagram)
    assert packet.length_valid is valid
    assert packet.checksum_valid


def test_a_long_message_may_have_no_padding() -> None:
    datagram = _datagram(vrrp.encode(_V2, source=_ROUTER, destination=vrrp.GROUP_IPV4)) + bytes(18)
    packet = vrrp.decode_ipv4(datagram)
    assert packet.expected_length == 44
    assert not packet.total_length_valid
    assert packet.datagram_length == 62


def test_an_authentication_header_is_skipped_kept_and_told_by_its_protocol() -> None:
    message = vrrp.encode(replace(_V2, authentication_type=2), source=_ROUTER, destination=vrrp.GROUP_IPV4)
    header = bytes([112, 4, 0, 0]) + _ROUTER.packed + bytes([0, 0, 0, 1]) + b"0123456789ab"
    packet = vrrp.decode_ipv4(_datagram(header + message, protocol=51))
    assert (packet.ip_protocol, packet.authentication_header, packet.authentication_type) == (51, header, 2)
    assert (packet.virtual_router_id, packet.length_valid, packet.checksum_valid) == (51, True, True)
    assert vrrp.virtual_router_id_of(_datagram(header + message, protocol=51)) == 51


def test_ip_options_move_the_message() -> None:
    plain = _datagram(vrrp.encode(_V2, source=_ROUTER, destination=vrrp.GROUP_IPV4))
    with_options = b"\x46" + plain[1:20] + bytes([1, 1, 1, 0]) + plain[20:]
    packet = vrrp.decode_ipv4(with_options)
    assert (packet.ip_header_length, packet.virtual_router_id, packet.checksum_valid) == (24, 51, True)
    assert vrrp.virtual_router_id_of(with_options) == 51


@given(st.binary(max_size=27))
def test_fewer_bytes_than_the_headers_need_are_a_wire_error(data: bytes) -> None:
    with pytest.raises(WireError):
        vrrp.decode_ipv4(data)


@given(st.binary(max_size=120), st.booleans())
def test_any_bytes_are_read_or_refused_with_a_wire_error(data: bytes, ipv4: bool) -> None:
    datagram = b"\x45" + data if ipv4 else data
    try:
        packet = vrrp.decode_ipv4(datagram)
    except WireError:
        return
    assert packet.virtual_router_id == vrrp.virtual_router_id_of(datagram)
    assert len(packet.addresses) <= packet.address_count
    assert packet.length_valid in {True, False}
    assert packet.total_length_valid in {True, False}


@given(st.binary(max_size=120))
def test_any_ipv6_payload_is_read_or_refused_with_a_wire_error(data: bytes) -> None:
    try:
        packet = vrrp.decode_ipv6(data, source=_ROUTER6, destination=vrrp.GROUP_IPV6, hop_limit=None)
    except WireError:
        assert len(data) < 8
        return
    assert packet.ttl is None


_address4 = st.builds(IPv4Address, st.integers(0, 2**32 - 1))
_address6 = st.builds(IPv6Address, st.integers(0, 2**128 - 1))
_common = {"virtual_router_id": st.integers(0, 255), "priority": st.integers(0, 255)}
_v2 = st.builds(
    Advertisement,
    version=st.just(2),
    addresses=st.lists(_address4, max_size=255).map(tuple),
    interval=st.integers(1, 255).map(lambda seconds: seconds * 1_000_000),
    authentication_type=st.integers(0, 255),
    authentication_data=st.binary(max_size=8).filter(lambda data: not data.endswith(b"\0")),
    **_common,
)
_interval3 = st.integers(1, 4095).map(lambda centiseconds: centiseconds * 10_000)
_v3 = st.builds(
    Advertisement,
    version=st.just(3),
    addresses=st.lists(_address4, max_size=255).map(tuple) | st.lists(_address6, min_size=1, max_size=255).map(tuple),
    interval=_interval3,
    **_common,
)


@given(_v2 | _v3)
def test_every_advertisement_survives_the_wire(advertisement: Advertisement) -> None:
    ipv6 = any(address.version == 6 for address in advertisement.addresses)
    packet = vrrp.packet_of(
        advertisement,
        source=ip_address("fe80::1") if ipv6 else _ROUTER,
        destination=vrrp.GROUP_IPV6 if ipv6 else vrrp.GROUP_IPV4,
    )
    assert _said(packet) == advertisement
    assert packet.checksum_valid
    assert packet.length_valid
    assert packet.total_length_valid
