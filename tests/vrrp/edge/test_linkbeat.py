"""vrrp/edge/linkbeat.py: which interfaces are asked, how, and what is told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from keepalived_py.config.ast import Configuration, LinkbeatInterface
from keepalived_py.vrrp.edge.linkbeat import Linkbeat
from keepalived_py.vrrp.events import InterfaceAdded, InterfaceChanged, InterfaceFacts
from tests.lab.netns import Lab, Namespace, in_namespace
from tests.vrrp.notation import wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.log import Level

pytestmark = pytest.mark.netns


@pytest.fixture
def host() -> Iterator[Namespace]:
    with Lab() as lab:
        namespace = lab.namespace("linkbeat")
        namespace.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth1")
        namespace.ip("link", "set", "eth0", "up")
        namespace.ip("link", "set", "eth1", "up")
        namespace.ip("link", "add", "mac0", "link", "eth0", "type", "macvlan")
        yield namespace


class Edge:
    """The module under test, and what it says."""

    def __init__(self) -> None:
        self.fed: list[InterfaceChanged] = []
        self.log: list[str] = []
        self.linkbeat = Linkbeat(asyncio.get_running_loop(), self._say, feed=self.fed.append)  # type: ignore[arg-type]

    def _say(self, _level: Level, text: str, *, detail: bool = False) -> None:
        assert not detail
        self.log.append(text)


def polled(name: str, *, is_up: bool) -> InterfaceChanged:
    return InterfaceChanged(name=name, is_up=is_up, polled=True)


def test_a_lost_link_is_found_within_a_second_and_its_return_as_well(host: Namespace) -> None:
    async def work() -> None:
        edge = Edge()
        lines = (LinkbeatInterface(name="eth0"),)
        assert edge.linkbeat.prepare(Configuration(linkbeat_interfaces=lines), {"eth0"}.__contains__) == (
            polled("eth0", is_up=True),
        )
        async with asyncio.timeout(10):
            for is_up in (False, True):
                host.ip("link", "set", "eth1", "up" if is_up else "down")
                while polled("eth0", is_up=is_up) not in edge.fed:  # noqa: ASYNC110 - the world changes
                    await asyncio.sleep(0.05)
        edge.linkbeat.close()
        assert edge.fed == [polled("eth0", is_up=False), polled("eth0", is_up=True)]
        assert edge.log == ["Using MII-BMSR/ETHTOOL NIC polling thread(s)..."]

    in_namespace(host.name, lambda: asyncio.run(work()))


def test_a_method_that_does_not_work_gives_way_to_one_that_does(host: Namespace) -> None:
    async def work() -> None:
        edge = Edge()
        lines = (
            LinkbeatInterface(name="eth0", method="MII"),
            LinkbeatInterface(name="eth1", method="IOCTL"),
            LinkbeatInterface(name="mac0"),
            LinkbeatInterface(name="lo"),
        )
        edge.linkbeat.prepare(Configuration(linkbeat_interfaces=lines), {"eth0", "eth1", "mac0"}.__contains__)
        edge.linkbeat.close()
        assert edge.log == [
            "(eth0): Configured linkbeat type MII not supported, using ETHTOOL",
            "Turning off linkbeat for mac0 since netlink works for vmacs/ipvlans",
            "Turning off linkbeat for lo since not used for tracking",
            "Using MII-BMSR/ETHTOOL NIC polling thread(s)...",
        ]

    in_namespace(host.name, lambda: asyncio.run(work()))


def test_what_the_kernel_reports_of_such_an_interface_is_not_told(host: Namespace) -> None:
    async def work() -> None:
        edge = Edge()
        instance = wanted(linkbeat_use_polling=True)
        edge.linkbeat.prepare(Configuration(vrrp_instances=(instance,)), {"eth0"}.__contains__)
        assert edge.linkbeat.filtered(InterfaceChanged(name="eth0", is_up=False)) is None
        other = InterfaceChanged(name="eth1", is_up=False)
        assert edge.linkbeat.filtered(other) is other
        added = InterfaceAdded(facts=InterfaceFacts(name="eth0", is_up=True))
        assert edge.linkbeat.filtered(added) == InterfaceAdded(facts=InterfaceFacts(name="eth0", is_up=False))
        assert edge.linkbeat.prepare(Configuration(), {"eth0"}.__contains__) == ()
        assert edge.linkbeat.filtered(InterfaceChanged(name="eth0", is_up=False)) is not None

    in_namespace(host.name, lambda: asyncio.run(work()))
