"""vrrp/edge/routing.py: whose hand it was that removed a route, and what that costs."""

from __future__ import annotations

import asyncio
import resource
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from keepalived_py.config.ast import Configuration
from keepalived_py.kernel.interfaces import list_interfaces
from keepalived_py.vrrp.edge.routing import VirtualRouting
from keepalived_py.vrrp.events import RoutingRemoved
from tests.lab import routing
from tests.lab.netns import Lab, Namespace, in_namespace
from tests.vrrp.notation import wanted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from keepalived_py.config.ast import Route, Rule
    from keepalived_py.log import Level
    from keepalived_py.vrrp.events import RouterEvent

pytestmark = pytest.mark.netns

FIRST, SECOND = routing.routes("10.1.0.0/16 via 10.99.0.9", "10.2.0.0/16 via 10.99.0.9 dev eth0")
(RULE,) = routing.rules("from 10.1.0.0/16 table 9 preference 7")
CONFIGURATION = Configuration(
    vrrp_instances=(wanted(virtual_routes=(FIRST, SECOND), virtual_rules=(RULE,)),), static_rules=()
)


class Edge:
    """The module under test with what it is given: what it feeds and logs is kept."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.fed: list[RouterEvent] = []
        self.log: list[str] = []
        self.wanted: set[Route | Rule] = {FIRST, SECOND, RULE}
        interfaces = list_interfaces()
        self.routing = VirtualRouting(
            loop,
            self._say,  # type: ignore[arg-type]
            interface=interfaces.get,
            feed=self.fed.append,
            is_wanted=lambda item: item in self.wanted,
        )

    def _say(self, _level: Level, text: str, *, detail: bool = False) -> None:
        assert not detail
        self.log.append(text)


@pytest.fixture
def host() -> Iterator[Namespace]:
    with Lab() as lab:
        namespace = lab.namespace("routing")
        namespace.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth1")
        for name in ("eth0", "eth1"):
            namespace.ip("link", "set", name, "up")
        namespace.ip("addr", "add", "10.99.0.1/24", "dev", "eth0")
        yield namespace


def _play(host: Namespace, act: Callable[[Edge], Awaitable[None]]) -> Edge:
    edges: list[Edge] = []

    async def run() -> None:
        edge = Edge(asyncio.get_running_loop())
        edges.append(edge)
        edge.routing.prepare(CONFIGURATION)
        edge.routing.change((FIRST, SECOND, RULE), add=True)
        await act(edge)
        edge.routing.close()

    in_namespace(host.name, lambda: asyncio.run(run()))
    return edges[0]


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0.01)


def test_what_somebody_else_removes_is_fed_and_what_we_remove_is_not(host: Namespace) -> None:
    async def act(edge: Edge) -> None:
        host.ip("route", "del", "10.1.0.0/16")
        host.ip("rule", "del", "preference", "7")
        await _settle()
        edge.wanted.clear()
        edge.routing.change((SECOND,), add=False)
        await _settle()

    edge = _play(host, act)
    assert edge.fed == [RoutingRemoved(item=FIRST), RoutingRemoved(item=RULE)]
    assert edge.log == []


def test_what_we_removed_and_set_again_is_not_missing(host: Namespace) -> None:
    async def act(edge: Edge) -> None:
        edge.routing.change((RULE, SECOND, FIRST), add=False)
        edge.routing.change((FIRST, SECOND, RULE), add=True)
        await _settle()

    assert _play(host, act).fed == []


def test_what_our_own_removal_has_taken_along_is_missing(host: Namespace) -> None:
    async def act(edge: Edge) -> None:
        edge.routing.change((FIRST,), add=False)
        await _settle()

    assert _play(host, act).fed == [RoutingRemoved(item=FIRST)]


def test_a_report_that_is_older_than_what_we_have_set_is_none(host: Namespace) -> None:
    async def act(edge: Edge) -> None:
        host.ip("route", "del", "10.1.0.0/16")
        edge.routing.change((FIRST,), add=True)
        await _settle()
        assert edge.fed == []
        await asyncio.sleep(0.1)
        host.ip("route", "del", "10.1.0.0/16")
        await _settle()

    assert _play(host, act).fed == [RoutingRemoved(item=FIRST)]


def test_another_route_to_the_same_place_is_not_ours(host: Namespace) -> None:
    async def act(_edge: Edge) -> None:
        for command in ("add", "del"):
            host.ip("route", command, "10.1.0.0/16", "via", "10.99.0.7", "proto", "keepalived", "metric", "9")
            host.ip("route", command, "10.1.0.0/16", "via", "10.99.0.7", "proto", "keepalived", "table", "9")
        await _settle()

    assert _play(host, act).fed == []


def test_a_configuration_without_routes_opens_no_socket(host: Namespace) -> None:
    async def act(edge: Edge) -> None:
        untouched = Edge(asyncio.get_running_loop())
        untouched.routing.prepare(Configuration(vrrp_instances=(wanted(),)))
        assert (untouched.routing._table, untouched.routing._monitor) == (None, None)
        untouched.routing.close()
        edge.routing.prepare(Configuration())
        host.ip("route", "del", "10.1.0.0/16")
        await _settle()

    assert _play(host, act).fed == []


def test_without_a_socket_to_follow_them_that_is_said_and_nothing_ends(host: Namespace) -> None:
    async def act(edge: Edge) -> None:
        edge.routing.close()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            edge.routing.prepare(CONFIGURATION)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert _play(host, act).log == [
        "Netlink: error: Too many open files, removed routes and rules will not be put back"
    ]


def test_what_the_kernel_refuses_is_named(host: Namespace) -> None:
    unreachable = replace(FIRST, via=routing.routes("10.9.0.0/16 via 10.50.0.1")[0].via)

    async def act(edge: Edge) -> None:
        edge.routing.change((unreachable, SECOND), add=True)
        edge.routing.change((unreachable, SECOND), add=False)

    assert _play(host, act).log == [
        "Netlink: error: Network is unreachable, cannot set route 10.1.0.0/16 via 10.50.0.1"
    ]


def test_five_hundred_routes_that_go_and_come_at_once_cost_one_look(host: Namespace) -> None:
    many = routing.routes(*(f"10.{high}.{low}.0/24 dev eth0" for high in range(100, 102) for low in range(250)))
    configuration = Configuration(vrrp_instances=(wanted(virtual_routes=many),))
    looks: list[Any] = []

    async def act(edge: Edge) -> None:
        edge.wanted |= set(many)
        edge.routing.prepare(configuration)
        edge.routing.change(many, add=True)
        table = edge.routing._opened()
        missing = table.missing
        table.missing = lambda items: looks.append(len(items)) or missing(items)  # type: ignore[method-assign, func-returns-value]
        edge.routing.change(many, add=False)
        edge.routing.change(many, add=True)
        for _ in range(100):
            await asyncio.sleep(0.01)
            if sum(looks) == len(many):
                break

    assert _play(host, act).fed == []
    assert sum(looks) == 500
    assert len(looks) <= 3
