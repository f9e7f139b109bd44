"""wire/ndisc.py"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.wire import ethernet, ndisc
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.ndisc import NeighbourAdvertisement

_MAC = bytes.fromhex("020000000001")
_VIP = IPv6Address("fd99::100")
_ROUTER = IPv6Address("fd99::1")

_HEADER = "6000000000203aff"
_UNSOLICITED = NeighbourAdvertisement(target=_VIP, mac=_MAC, source=_VIP)
_PAIRS = [
    pytest.param(
        _HEADER
        + "fd990000000000000000000000000100ff020000000000000000000000000001"
        + "8800576b20000000fd990000000000000000000000000100"
        + "0201020000000001",
        _UNSOLICITED,
        id="unsolicited",
    ),
    pytest.param(
        _HEADER
        + "fd990000000000000000000000000100ff020000000000000000000000000001"
        + "8800d76aa0000000fd990000000000000000000000000100"
        + "0201020000000001",
        replace(_UNSOLICITED, router=True),
        id="of a router",
    ),
    pytest.param(
        "6000000000183aff"
        "fd990000000000000000000000000001fd990000000000000000000000000100"
        "88003ddd40000000fd990000000000000000000000000001",
        NeighbourAdvertisement(
            target=_ROUTER, mac=b"", source=_ROUTER, destination=_VIP, solicited=True, override=False
        ),
        id="solicited, without link-layer address",
    ),
]


@pytest.mark.parametrize(("text", "advertisement"), _PAIRS)
def test_an_advertisement_reads_as_its_value_and_back(text: str, advertisement: NeighbourAdvertisement) -> None:
    assert ndisc.encode(advertisement).hex() == text
    assert ndisc.decode(bytes.fromhex(text)) == advertisement


@pytest.mark.parametrize("router", [False, True])
def test_an_unsolicited_frame_is_the_advertisement_that_scapy_writes(router: bool) -> None:
    from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6NDOptDstLLAddr, IPv6
    from scapy.layers.l2 import Ether

    theirs = (
        Ether(src="02:00:00:00:00:01", dst="33:33:00:00:00:01")
        / IPv6(src=str(_VIP), dst="ff02::1", hlim=255)
        / ICMPv6ND_NA(tgt=str(_VIP), R=int(router), S=0, O=1)
        / ICMPv6NDOptDstLLAddr(lladdr="02:00:00:00:00:01")
    )
    assert ndisc.encode_unsolicited(_VIP, _MAC, router=router) == bytes(theirs)


def test_a_hardware_address_of_another_length_is_a_wire_error() -> None:
    with pytest.raises(WireError, match="6 bytes"):
        ndisc.encode_unsolicited(_VIP, bytes(20), router=False)


@pytest.mark.parametrize(
    ("place", "value"),
    [(0, 0x45), (5, 0x28), (6, 17), (7, 254), (40, 135), (41, 1), (42, 0), (64, 1), (65, 2)],
    ids=["version", "length", "protocol", "hop limit", "type", "code", "checksum", "option", "option's length"],
)
def test_anything_else_is_a_wire_error(place: int, value: int) -> None:
    packet = bytearray(ndisc.encode(_UNSOLICITED))
    packet[place] = value
    if place in (40, 41, 64, 65):
        # Only what is looked at after the checksum is wrong.
        packet[42:44] = b"\0\0"
        covered = ndisc.pseudo_header(_VIP, ndisc.ALL_NODES, protocol=58, length=32) + bytes(packet[40:])
        packet[42:44] = ndisc.internet_checksum(covered).to_bytes(2, "big")
    with pytest.raises(WireError):
        ndisc.decode(bytes(packet))


@given(st.binary(max_size=80))
def test_random_bytes_are_a_wire_error(data: bytes) -> None:
    with pytest.raises(WireError):
        ndisc.decode(data)


@given(
    st.builds(
        NeighbourAdvertisement,
        target=st.ip_addresses(v=6),
        mac=st.binary(min_size=6, max_size=6),
        source=st.ip_addresses(v=6),
        destination=st.ip_addresses(v=6),
        router=st.booleans(),
        solicited=st.booleans(),
        override=st.booleans(),
    )
)
def test_every_value_survives_the_wire(advertisement: NeighbourAdvertisement) -> None:
    assert ndisc.decode(ndisc.encode(advertisement)) == advertisement


def test_a_frame_goes_to_the_multicast_address_of_all_nodes() -> None:
    frame = ethernet.decode(ndisc.encode_unsolicited(_VIP, _MAC, router=False))
    assert (frame.destination.hex(":"), frame.source, frame.ethertype) == ("33:33:00:00:00:01", _MAC, 0x86DD)
