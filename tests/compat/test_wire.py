"""Every packet that keepalived-py sent in the plays, read with scapy: it has no code in common with ours."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from tests.compat.duel import FIRST, FIRST_PRIORITY, PASSWORD, SECOND, SECOND_PRIORITY, VIRTUAL_ADDRESS
from tests.compat.duel import VIRTUAL_ROUTER_ID as VRID
from tests.lab.daemon import Program

if TYPE_CHECKING:
    from tests.compat.duel import Story
    from tests.lab.capture import Frame

pytestmark = [pytest.mark.netns, pytest.mark.interop]


def our_frames(story: Story) -> tuple[list[Frame], str, str, int]:
    """Return our advertisements, our address, the neighbour's, and our priority."""
    if story.first is Program.OURS:
        own, other, priority = FIRST, SECOND, FIRST_PRIORITY
    else:
        own, other, priority = SECOND, FIRST, SECOND_PRIORITY
    return [frame for frame in story.frames if frame.is_vrrp and frame.source == own], own, other, priority


def recomputed(packet: Any) -> tuple[int, int]:
    """Return the IP and VRRP checksums as scapy computes them."""
    from scapy.layers.inet import IP
    from scapy.layers.vrrp import VRRP

    fresh = packet[IP].copy()
    del fresh[IP].chksum
    del fresh[VRRP].chksum
    again = IP(bytes(fresh))
    return again[IP].chksum, again[VRRP].chksum


def test_every_advertisement_is_what_rfc_3768_and_the_configuration_say(story: Story) -> None:
    from scapy.layers.inet import IP
    from scapy.layers.vrrp import VRRP

    frames, own, other, priority = our_frames(story)
    assert len(frames) >= 3
    for frame in frames:
        packet = frame.decode()
        ip, vrrp = packet[IP], packet[VRRP]
        assert (ip.version, ip.ihl, ip.tos, ip.len, ip.ttl, ip.proto) == (4, 5, 0xC0, 20 + 8 + 4 + 8, 255, 112)
        assert (int(ip.flags), ip.frag) == (0, 0)
        assert ip.id != 0
        assert (ip.src, ip.dst) == (own, other if story.unicast else "224.0.0.18")
        assert (vrrp.version, vrrp.type, vrrp.vrid, vrrp.adv) == (2, 1, VRID, 1)
        assert vrrp.priority in (0, priority)
        assert (vrrp.ipcount, vrrp.addrlist) == (1, [VIRTUAL_ADDRESS])
        assert vrrp.authtype == 1
        password = vrrp.auth1.to_bytes(4, "big") + vrrp.auth2.to_bytes(4, "big")
        assert password == PASSWORD.encode().ljust(8, b"\0")
        assert (ip.chksum, vrrp.chksum) == recomputed(packet)


def test_multicast_goes_to_the_groups_ethernet_address_and_unicast_to_the_peers(story: Story) -> None:
    frames, *_ = our_frames(story)
    destinations = {frame.decode().dst for frame in frames}
    if story.unicast:
        assert len(destinations) == 1
        assert not int(next(iter(destinations)).partition(":")[0], 16) & 1
    else:
        assert destinations == {"01:00:5e:00:00:12"}


def test_advertisements_are_a_second_apart_while_nothing_happens(story: Story) -> None:
    frames, *_ = our_frames(story)
    regular = [frame for frame in frames if frame.priority > 0]
    gaps = [later.when - earlier.when for earlier, later in itertools.pairwise(regular)]
    steady = [gap for gap in gaps if 0.7 < gap < 1.5]
    assert steady
    assert all(gap == pytest.approx(1.0, abs=0.05) for gap in steady)


def test_ip_identification_counts_up_by_one_from_each_start(story: Story) -> None:
    from scapy.layers.inet import IP

    frames, *_ = our_frames(story)
    numbers = [frame.decode()[IP].id for frame in frames]
    assert numbers[0] == 1
    assert all(later in (earlier + 1, 1) for earlier, later in itertools.pairwise(numbers))


def test_a_new_master_announces_its_address_by_five_gratuitous_arps(story: Story) -> None:
    from scapy.layers.l2 import ARP, Ether

    frames, *_ = our_frames(story)
    became_master = frames[0].when
    arps = [
        frame.decode()
        for frame in story.frames
        if frame.is_arp and became_master - 0.05 <= frame.when <= became_master + 0.5
    ]
    source = frames[0].decode()[Ether].src
    # At the start the other may have announced itself in the same half second, before it heard us.
    announcements = [p for p in arps if p[ARP].psrc == p[ARP].pdst == VIRTUAL_ADDRESS and p[Ether].src == source]
    assert len(announcements) == 5
    for packet in announcements:
        assert packet[Ether].dst == "ff:ff:ff:ff:ff:ff"
        assert packet[ARP].hwsrc == source
        assert packet[ARP].op == 1
        assert packet[ARP].hwdst == "ff:ff:ff:ff:ff:ff"
