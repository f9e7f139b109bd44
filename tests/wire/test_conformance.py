"""Adverts of keepalived 2.4.3 (tests/conformance/wire/): read, judged right, written again to the same bytes."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import NamedTuple

import pytest

from keepalived_py.wire import ethernet, vrrp
from keepalived_py.wire.ip import decode_ipv4_header, encode_ipv4_header

_FOLDER = Path(__file__).parents[1] / "conformance/wire"


class _Case(NamedTuple):
    capture: str
    version: int
    authentication_type: int = 0
    password: bytes = b""
    old_unicast_checksum: bool = False
    with_pseudo_header: bool = True


_IPV4 = [
    _Case("v2-multicast", 2),
    _Case("v2-multicast-pass", 2, 1, b"secret12"),
    _Case("v2-unicast-pass", 2, 1, b"secret12"),
    _Case("v2-vmac", 2),
    _Case("v3-multicast", 3),
    _Case("v3-unicast", 3),
    _Case("v3-unicast-old-checksum", 3, old_unicast_checksum=True),
    _Case("v3-multicast-checksum-as-v2", 3, with_pseudo_header=False),
    _Case("v3-twenty-addresses", 3),
]


def _payloads(capture: str, ethertype: int, protocols: set[int]) -> list[bytes]:
    """Return the IP datagrams of a capture, without Ethernet padding, that carry one of these protocols."""
    from scapy.utils import RawPcapReader

    found = []
    for frame, _ in RawPcapReader(str(_FOLDER / f"{capture}.pcap")):
        decoded = ethernet.decode(frame)
        if decoded.ethertype != ethertype:
            continue
        protocol = decoded.payload[9] if ethertype == ethernet.ETHERTYPE_IPV4 else decoded.payload[6]
        if protocol in protocols:
            found.append(decoded.payload)
    assert len(found) >= 4, f"{capture} holds adverts of two routers"
    return found


def _advertisement(packet: vrrp.Packet, password: bytes) -> vrrp.Advertisement:
    return vrrp.Advertisement(
        version=packet.version,
        virtual_router_id=packet.virtual_router_id,
        priority=packet.priority,
        addresses=packet.addresses,
        interval=packet.interval,
        authentication_type=packet.authentication_type,
        authentication_data=password,
    )


@pytest.mark.parametrize("case", _IPV4, ids=lambda case: case.capture)
def test_every_advert_is_read_without_complaint_and_written_to_the_same_bytes(case: _Case) -> None:
    for datagram in _payloads(case.capture, ethernet.ETHERTYPE_IPV4, {112}):
        packet = vrrp.decode_ipv4(datagram)
        assert (packet.version, packet.type, packet.ttl) == (case.version, 1, 255)
        assert (packet.length_valid, packet.total_length_valid) == (True, True)
        assert packet.authentication_type == case.authentication_type
        if case.version == 2:
            assert packet.authentication_data == vrrp.pad_authentication(case.password)
        assert packet.checksum_valid is (case.with_pseudo_header and not case.old_unicast_checksum)
        assert packet.checksum_valid_for(vrrp.GROUP_IPV4) or not case.old_unicast_checksum
        source, destination = packet.source, packet.destination
        assert isinstance(source, IPv4Address)
        assert isinstance(destination, IPv4Address)
        message = vrrp.encode(
            _advertisement(packet, case.password),
            source=source,
            destination=vrrp.GROUP_IPV4 if case.old_unicast_checksum else destination,
            with_pseudo_header=case.with_pseudo_header,
        )
        header = encode_ipv4_header(
            source,
            destination,
            protocol=packet.ip_protocol,
            payload_length=len(message),
            identification=decode_ipv4_header(datagram).identification,
            ttl=255,
        )
        assert header + message == datagram


@pytest.mark.parametrize("capture", ["v3-ipv6-multicast", "v3-ipv6-unicast"])
def test_every_ipv6_advert_is_read_without_complaint_and_written_to_the_same_bytes(capture: str) -> None:
    for datagram in _payloads(capture, ethernet.ETHERTYPE_IPV6, {112}):
        source, destination = IPv6Address(datagram[8:24]), IPv6Address(datagram[24:40])
        packet = vrrp.decode_ipv6(datagram[40:], source=source, destination=destination, hop_limit=datagram[7])
        assert (packet.version, packet.length_valid, packet.checksum_valid) == (3, True, True)
        assert vrrp.encode(_advertisement(packet, b""), source=source, destination=destination) == datagram[40:]


def test_identifications_count_from_one_for_each_router() -> None:
    headers = [decode_ipv4_header(datagram) for datagram in _payloads("v2-multicast", 0x0800, {112})]
    for router in {header.source for header in headers}:
        numbers = [header.identification for header in headers if header.source == router]
        assert numbers == list(range(1, len(numbers) + 1))


def test_an_advert_with_authentication_header_shows_the_other_protocol_so_that_it_can_be_refused() -> None:
    for datagram in _payloads("v2-multicast-ah", ethernet.ETHERTYPE_IPV4, {51}):
        packet = vrrp.decode_ipv4(datagram)
        assert (packet.ip_protocol, len(packet.authentication_header)) == (51, 24)
        assert (packet.length_valid, packet.checksum_valid, packet.authentication_type) == (True, True, 2)


def test_an_advert_with_hmac_trailer_is_28_bytes_too_long_and_otherwise_right() -> None:
    for datagram in _payloads("v2-multicast-hmac", ethernet.ETHERTYPE_IPV4, {112}):
        packet = vrrp.decode_ipv4(datagram)
        assert packet.datagram_length - packet.expected_length == 28
        assert (packet.length_valid, packet.checksum_valid) == (False, True)
        assert len(packet.payload) == packet.message_length + 28
