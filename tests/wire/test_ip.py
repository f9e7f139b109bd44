"""wire/ip.py"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.wire.checksum import internet_checksum
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.ip import IPv4Header, decode_ipv4_header, encode_ipv4_header, pseudo_header

# The header of the first advert in tests/conformance/wire/v2-multicast.pcap.
_BYTES = bytes.fromhex("45c0002c00010000ff70d02a0a630001e0000012")
_VALUE = IPv4Header(
    source=IPv4Address("10.99.0.1"),
    destination=IPv4Address("224.0.0.18"),
    protocol=112,
    header_length=20,
    total_length=44,
    identification=1,
    ttl=255,
    tos=0xC0,
)


def _encode(header: IPv4Header) -> bytes:
    return encode_ipv4_header(
        header.source,
        header.destination,
        protocol=header.protocol,
        payload_length=header.total_length - 20,
        identification=header.identification,
        ttl=header.ttl,
        tos=header.tos,
    )


def test_the_header_reads_as_its_value_and_back() -> None:
    assert decode_ipv4_header(_BYTES) == _VALUE
    assert _encode(_VALUE) == _BYTES


def test_scapy_builds_the_same_header() -> None:
    from scapy.layers.inet import IP

    theirs = IP(src="10.99.0.1", dst="224.0.0.18", proto=112, tos=0xC0, ttl=255, id=1, len=44)
    assert bytes(theirs) == _BYTES


@given(
    st.builds(
        IPv4Header,
        source=st.builds(IPv4Address, st.integers(0, 2**32 - 1)),
        destination=st.builds(IPv4Address, st.integers(0, 2**32 - 1)),
        protocol=st.integers(0, 255),
        header_length=st.just(20),
        total_length=st.integers(20, 65535),
        identification=st.integers(0, 65535),
        ttl=st.integers(0, 255),
        tos=st.integers(0, 255),
    )
)
def test_every_header_survives_the_wire_with_a_right_checksum(header: IPv4Header) -> None:
    assert decode_ipv4_header(_encode(header)) == header
    assert internet_checksum(_encode(header)) == 0


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_with_a_wire_error(data: bytes) -> None:
    try:
        assert decode_ipv4_header(data).header_length >= 20
    except WireError:
        assert len(data) < 20 or data[0] >> 4 != 4 or data[0] & 15 < 5


@pytest.mark.parametrize(("field", "value"), [("ttl", 256), ("identification", -1), ("payload_length", 65516)])
def test_a_field_that_does_not_fit_is_a_wire_error(field: str, value: int) -> None:
    fields = {"protocol": 112, "payload_length": 20, "identification": 1, "ttl": 255} | {field: value}
    with pytest.raises(WireError, match="out of range"):
        encode_ipv4_header(_VALUE.source, _VALUE.destination, **fields)


def test_pseudo_headers_have_the_layout_of_their_rfc() -> None:
    ipv4 = pseudo_header(IPv4Address("1.2.3.4"), IPv4Address("5.6.7.8"), protocol=112, length=20)
    assert ipv4 == bytes([1, 2, 3, 4, 5, 6, 7, 8, 0, 112, 0, 20])
    ipv6 = pseudo_header(IPv6Address("fe80::1"), IPv6Address("ff02::12"), protocol=112, length=24)
    assert ipv6 == IPv6Address("fe80::1").packed + IPv6Address("ff02::12").packed + bytes([0, 0, 0, 24, 0, 0, 0, 112])


def test_a_pseudo_header_of_two_families_is_a_wire_error() -> None:
    with pytest.raises(WireError, match="different families"):
        pseudo_header(IPv4Address("1.2.3.4"), IPv6Address("::1"), protocol=112, length=20)
