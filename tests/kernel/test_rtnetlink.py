"""kernel/rtnetlink.py"""

from __future__ import annotations

import asyncio
import errno
import json
import subprocess
import sys
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, TypeVar

import pytest

from keepalived_py.kernel.rtnetlink import LinkDetails, Route, RouteNetlink
from tests.lab.netns import Namespace, in_namespace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Result = TypeVar("Result")


def _with_netlink(namespace: Namespace, work: Callable[[RouteNetlink], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        async with RouteNetlink() as netlink:
            return await work(netlink)

    return in_namespace(namespace.name, lambda: asyncio.run(run()))


@pytest.fixture
def routed(alone: Namespace) -> Namespace:
    alone.ip("addr", "add", "10.99.0.1/24", "dev", "eth0")
    alone.ip("addr", "add", "fd99::1/64", "dev", "eth0", "nodad")
    return alone


def _index(namespace: Namespace, interface: str = "eth0") -> int:
    return int(json.loads(namespace.ip("-j", "link", "show", "dev", interface))[0]["ifindex"])


@pytest.mark.netns
@pytest.mark.parametrize(("destination", "gateway"), [("10.1.0.0/16", "10.99.0.254"), ("fd01::/48", "fd99::254")])
def test_a_route_comes_and_goes(routed: Namespace, destination: str, gateway: str) -> None:
    async def work(netlink: RouteNetlink) -> None:
        route = Route(
            destination=ip_network(destination),
            gateway=ip_address(gateway),
            interface_index=_index(routed),
            table=100,
            metric=20,
        )
        assert await netlink.replace(route) == 0
        assert await netlink.routes() == [route]
        assert destination in routed.ip("-4" if "." in destination else "-6", "route", "show", "table", "100")
        assert await netlink.replace(route) == 0
        assert await netlink.routes() == [route]
        assert await netlink.delete(route) == 0
        assert await netlink.delete(route) == 0
        assert await netlink.routes() == []

    _with_netlink(routed, work)


@pytest.mark.netns
def test_a_default_route_with_source_is_read_back_as_set(routed: Namespace) -> None:
    route = Route(
        destination=ip_network("0.0.0.0/0"), gateway=ip_address("10.99.0.254"), source=ip_address("10.99.0.1")
    )

    async def work(netlink: RouteNetlink) -> list[Route]:
        assert await netlink.replace(route) == 0
        return await netlink.routes()

    assert _with_netlink(routed, work) == [replace(route, interface_index=_index(routed))]


@pytest.mark.netns
def test_a_gateway_that_cannot_be_reached_is_the_kernels_errno(routed: Namespace) -> None:
    route = Route(destination=ip_network("10.1.0.0/16"), gateway=ip_address("10.50.0.1"))
    assert _with_netlink(routed, lambda netlink: netlink.replace(route)) == errno.ENETUNREACH


@pytest.mark.netns
def test_links_are_told_with_kind_and_what_is_above_and_below(routed: Namespace) -> None:
    routed.ip("link", "add", "bridge0", "type", "bridge")
    routed.ip("link", "set", "eth1", "master", "bridge0")
    routed.ip("link", "add", "vrrp.51", "link", "eth0", "type", "macvlan", "mode", "private")
    links = _with_netlink(routed, lambda netlink: netlink.links())
    assert links["lo"] == LinkDetails(index=1, name="lo", kind=None, link=None, master=None)
    assert (links["vrrp.51"].kind, links["vrrp.51"].link) == ("macvlan", links["eth0"].index)
    assert (links["eth1"].kind, links["eth1"].master) == ("veth", links["bridge0"].index)


def test_nobody_pays_for_pyroute2_by_importing_the_module() -> None:
    code = "import sys, keepalived_py.kernel.rtnetlink; sys.exit(any('pyroute2' in name for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
