"""wire/arp.py"""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.wire import arp, ethernet
from keepalived_py.wire.arp import ArpMessage
from keepalived_py.wire.errors import WireError

_MAC = bytes.fromhex("020000000001")
_BYTES = bytes.fromhex("00010800060400010200000000010a630064ffffffffffff0a630064")
_VALUE = ArpMessage(
    operation=arp.REQUEST,
    sender_mac=_MAC,
    sender_address=IPv4Address("10.99.0.100"),
    target_mac=ethernet.BROADCAST,
    target_address=IPv4Address("10.99.0.100"),
)


def test_a_message_reads_as_its_value_and_back() -> None:
    assert arp.decode(_BYTES) == _VALUE
    assert arp.encode(_VALUE) == _BYTES


def test_padding_after_a_message_is_not_read() -> None:
    assert arp.decode(_BYTES + bytes(18)) == _VALUE


def test_a_gratuitous_frame_is_the_broadcast_request_that_scapy_reads() -> None:
    from scapy.layers.l2 import ARP, Ether

    frame = arp.encode_gratuitous(IPv4Address("10.99.0.100"), _MAC)
    assert len(frame) == 42
    theirs = Ether(frame)
    assert (theirs.dst, theirs.src) == ("ff:ff:ff:ff:ff:ff", "02:00:00:00:00:01")
    assert (theirs[ARP].op, theirs[ARP].psrc, theirs[ARP].pdst) == (1, "10.99.0.100", "10.99.0.100")
    assert (theirs[ARP].hwsrc, theirs[ARP].hwdst) == ("02:00:00:00:00:01", "ff:ff:ff:ff:ff:ff")
    assert bytes(Ether(dst=theirs.dst, src=theirs.src) / theirs[ARP].copy()) == frame


def test_the_reference_announced_its_address_with_the_very_frame_we_build() -> None:
    from scapy.utils import RawPcapReader

    capture = Path(__file__).parents[1] / "conformance/wire/v2-multicast.pcap"
    announced = IPv4Address("10.99.0.100")
    frames = [frame for frame, _ in RawPcapReader(str(capture)) if ethernet.decode(frame).ethertype == 0x0806]
    gratuitous = [frame for frame in frames if arp.decode(ethernet.decode(frame).payload).sender_address == announced]
    assert gratuitous
    for frame in gratuitous:
        assert arp.encode_gratuitous(announced, ethernet.decode(frame).source) == frame[:42]


@given(st.binary(max_size=60))
def test_any_bytes_are_read_and_written_alike_or_refused_with_a_wire_error(data: bytes) -> None:
    try:
        assert arp.encode(arp.decode(data)) == data[:28]
    except WireError:
        assert len(data) < 28 or data[:6] != bytes.fromhex("000108000604")


@pytest.mark.parametrize("mac", [b"", b"\0" * 20])
def test_a_hardware_address_that_is_not_ethernet_is_a_wire_error(mac: bytes) -> None:
    with pytest.raises(WireError):
        arp.encode_gratuitous(IPv4Address("10.99.0.100"), mac)
