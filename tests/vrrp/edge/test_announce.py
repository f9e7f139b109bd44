"""vrrp/edge/announce.py: what leaves an interface, and what is said of it."""

from __future__ import annotations

import json
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

import pytest

from keepalived_py.kernel.interfaces import Interface
from keepalived_py.vrrp.edge.announce import Announcements
from keepalived_py.vrrp.effects import SendGratuitousArp, SendNeighbourAdvertisement
from keepalived_py.wire.rtnetlink import IFF_NOARP
from tests.lab.capture import Capture, Frame
from tests.lab.netns import Lab, Lan, Namespace, in_namespace
from tests.vrrp.edge.written import Written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.config.ast import Microseconds

pytestmark = pytest.mark.netns

SECOND = 1_000_000
MAC = bytes.fromhex("020000000001")
ARP = SendGratuitousArp(instance="V", interface="eth0", address=IPv4Address("10.9.0.51"))
NA = SendNeighbourAdvertisement(instance="V", interface="eth0", address=IPv6Address("fd99::51"))


class _Detailed(Written):
    detailed = True


class Sender:
    """Announcements of a namespace's eth0, with a clock that the test sets."""

    def __init__(self, host: Namespace, lan: Lan) -> None:
        self.host, self.lan = host, lan
        self.log = _Detailed()
        self.now: Microseconds = 0
        index = int(json.loads(host.ip("-j", "link", "show", "dev", "eth0"))[0]["ifindex"])
        self.interface: Interface | None = Interface(index=index, name="eth0", mac=MAC)
        self.announcements = in_namespace(
            host.name,
            lambda: Announcements(
                self.log,  # type: ignore[arg-type]
                interface=lambda name: self.interface if name == "eth0" else None,
                families={4, 6},
                now=lambda: self.now,
            ),
        )

    def send(self, *effects: SendGratuitousArp | SendNeighbourAdvertisement) -> None:
        def work() -> None:
            for effect in effects:
                if isinstance(effect, SendGratuitousArp):
                    self.announcements.send_arp(effect)
                else:
                    self.announcements.send_neighbour_advertisement(effect)

        in_namespace(self.host.name, work)


@pytest.fixture
def sender() -> Iterator[Sender]:
    with Lab() as lab:
        host = lab.namespace("host")
        made = Sender(host, lab.lan("lan", {host: ("eth0", "10.9.0.1/24")}))
        yield made
        made.announcements.close()


def _is_ours(frame: Frame) -> bool:
    return frame.data[6:12] == MAC


def test_each_family_is_announced_in_its_way_and_told_of(sender: Sender) -> None:
    with Capture(sender.lan.switch) as capture:
        sender.send(ARP, NA)
        capture.wait(lambda frame: _is_ours(frame) and frame.is_arp, 5, "gratuitous ARP")
        capture.wait(lambda frame: _is_ours(frame) and frame.is_ipv6, 5, "an unsolicited neighbour advertisement")
    assert sender.log.lines == [
        "Registering gratuitous ARP shared channel",
        "Registering gratuitous NDISC shared channel",
        "Sending gratuitous ARP on eth0 for 10.9.0.51",
        "Sending unsolicited Neighbour Advert on eth0 for fd99::51",
    ]


def test_whether_the_interface_forwards_is_looked_at_again_after_five_seconds(sender: Sender) -> None:
    def flags(count: int) -> list[bool]:
        capture.wait(lambda _: len(seen()) >= count, 5, f"{count} advertisements")
        return seen()

    def seen() -> list[bool]:
        return [bool(frame.data[58] & 0x80) for frame in capture.frames if _is_ours(frame) and frame.is_ipv6]

    with Capture(sender.lan.switch) as capture:
        sender.send(NA)
        sender.host.sysctl("ipv6", conf__eth0__forwarding="1")
        sender.now = 5 * SECOND - 1
        sender.send(NA)
        sender.now = 5 * SECOND
        sender.send(NA)
        assert flags(3) == [False, False, True]


def test_an_interface_without_arp_or_of_another_kind_is_not_spoken_on(sender: Sender) -> None:
    said = len(sender.log.lines)
    known = sender.interface
    assert known is not None
    for other in (replace(known, flags=IFF_NOARP), replace(known, hardware_type=32), None):
        sender.interface = other
        sender.send(ARP, NA)
    assert len(sender.log.lines) == said


def test_what_cannot_be_sent_is_one_line_each(sender: Sender) -> None:
    known = sender.interface
    assert known is not None
    sender.interface = replace(known, index=999)
    sender.send(ARP, NA)
    assert [line for line in sender.log.lines if line.startswith("Error")] == [
        "Error 19 (No such device) sending gratuitous ARP on eth0 for 10.9.0.51",
        "Error 19 (No such device) sending ndisc unsolicited neighbour advert on eth0 for fd99::51",
    ]
