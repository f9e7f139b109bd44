"""Packets of keepalived 2.4.3 in 18 modes (tests/conformance/wire/): read, judged right, written again to the same bytes."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import NamedTuple

import pytest

from keepalived_py.wire import ah, arp, ethernet, hmac_trailer, ndisc, vrrp
from keepalived_py.wire.ip import decode_ipv4_header, encode_ipv4_header

_FOLDER = Path(__file__).parents[1] / "conformance/wire"
_CAPTURES = sorted(path.stem for path in _FOLDER.glob("*.pcap"))
_PASSWORD = b"secret12"
_KEY_ID, _KEY = 7, bytes(range(32))


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
_IPV6 = ["v3-ipv6-multicast", "v3-ipv6-unicast", "v3-ipv6-vmac"]


def _frames(capture: str) -> list[ethernet.EthernetFrame]:
    from scapy.utils import RawPcapReader

    return [ethernet.decode(frame) for frame, _ in RawPcapReader(str(_FOLDER / f"{capture}.pcap"))]


def _payloads(capture: str, ethertype: int, protocols: set[int]) -> list[bytes]:
    """Return the IP datagrams of a capture, without Ethernet padding, that carry one of these protocols."""
    found = []
    for decoded in _frames(capture):
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


@pytest.mark.parametrize(("capture", "unicast"), [("v2-multicast-ah", False), ("v2-unicast-ah", True)])
def test_every_advert_with_authentication_header_is_verified_and_written_to_the_same_bytes(
    capture: str, unicast: bool
) -> None:
    for datagram in _payloads(capture, ethernet.ETHERTYPE_IPV4, {51}):
        packet = vrrp.decode_ipv4(datagram)
        assert (packet.ip_protocol, packet.authentication_type, packet.authentication_data) == (51, 2, bytes(8))
        assert (packet.length_valid, packet.total_length_valid, packet.checksum_valid) == (True, True, True)
        source, destination = packet.source, packet.destination
        assert isinstance(source, IPv4Address)
        assert isinstance(destination, IPv4Address)
        found = ah.decode(packet.authentication_header)
        assert (found.spi, found.next_header) == (source, 112)
        message = vrrp.encode(_advertisement(packet, b""), source=source, destination=destination)
        unsigned = ah.encode(ah.AuthenticationHeader(spi=source, sequence=found.sequence))
        header = encode_ipv4_header(
            source,
            destination,
            protocol=51,
            payload_length=len(unsigned) + len(message),
            identification=decode_ipv4_header(datagram).identification,
            ttl=255,
        )
        icv = ah.integrity_check_value(header, unsigned, message, _PASSWORD, unicast=unicast)
        signed = ah.encode(ah.AuthenticationHeader(spi=source, sequence=found.sequence, icv=icv))
        assert header + signed + message == datagram


def test_the_sequence_of_one_router_goes_on_where_the_other_ended() -> None:
    packets = [vrrp.decode_ipv4(datagram) for datagram in _payloads("v2-multicast-ah", ethernet.ETHERTYPE_IPV4, {51})]
    sequences = [ah.decode(packet.authentication_header).sequence for packet in packets]
    assert len({packet.source for packet in packets}) == 2
    assert sequences == list(range(1, len(sequences) + 1))


@pytest.mark.parametrize(
    ("capture", "family"),
    [("v2-multicast-hmac", 4), ("v3-multicast-hmac", 4), ("v3-unicast-hmac", 4), ("v3-ipv6-multicast-hmac", 6)],
)
def test_every_advert_with_hmac_trailer_is_verified_and_written_to_the_same_bytes(capture: str, family: int) -> None:
    ethertype = ethernet.ETHERTYPE_IPV4 if family == 4 else ethernet.ETHERTYPE_IPV6
    last: dict[object, int] = {}
    for datagram in _payloads(capture, ethertype, {112}):
        if family == 4:
            packet = vrrp.decode_ipv4(datagram)
        else:
            source, destination = IPv6Address(datagram[8:24]), IPv6Address(datagram[24:40])
            packet = vrrp.decode_ipv6(datagram[40:], source=source, destination=destination, hop_limit=datagram[7])
        assert (packet.length_valid, packet.total_length_valid, packet.checksum_valid) == (False, True, True)
        found = hmac_trailer.decode(packet.trailer)
        assert (found.type, found.key_id, found.reserved) == (1, _KEY_ID, 0)
        assert found.sequence > last.get(packet.source, 0)
        last[packet.source] = found.sequence
        message = vrrp.encode(_advertisement(packet, b""), source=packet.source, destination=packet.destination)
        covered = hmac_trailer.covered_message(packet.message, packet.source)
        assert hmac_trailer.is_genuine(covered, found, _KEY)
        assert not hmac_trailer.is_genuine(covered, found, _KEY[::-1])
        trailer = hmac_trailer.sign(
            hmac_trailer.covered_message(message, packet.source),
            hmac_trailer.Trailer(key_id=_KEY_ID, sequence=found.sequence),
            _KEY,
        )
        if family == 4:
            assert message + trailer == datagram[20:]
        else:
            # The kernel sums what it sends, trailer included.
            assert message[:6] + packet.checksum.to_bytes(2, "big") + message[8:] + trailer == datagram[40:]


@pytest.mark.parametrize("capture", _CAPTURES)
def test_every_gratuitous_arp_and_unsolicited_neighbour_advertisement_is_written_to_the_same_bytes(
    capture: str,
) -> None:
    announced = 0
    for frame in _frames(capture):
        if frame.ethertype == ethernet.ETHERTYPE_ARP:
            message = arp.decode(frame.payload)
            if message.sender_address == message.target_address:
                assert arp.encode_gratuitous(message.target_address, message.sender_mac) == ethernet.encode(frame)
                announced += 1
        elif frame.ethertype == ethernet.ETHERTYPE_IPV6 and frame.payload[6] == 58 and frame.payload[40] == 136:
            advertisement = ndisc.decode(frame.payload)
            assert ndisc.encode(advertisement) == frame.payload
            if not advertisement.solicited:
                again = ndisc.encode_unsolicited(advertisement.target, advertisement.mac, router=advertisement.router)
                assert again == ethernet.encode(frame)
                announced += 1
    assert announced >= 8, f"{capture} holds what two routers announced"


@pytest.mark.parametrize("capture", _IPV6)
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
