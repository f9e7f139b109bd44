"""kernel/routing_monitor.py"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from keepalived_py.kernel.routing_messages import rule_message
from keepalived_py.kernel.routing_monitor import (
    RTNLGRP_IPV4_ROUTE,
    RTNLGRP_IPV4_RULE,
    RTNLGRP_IPV6_ROUTE,
    RTNLGRP_IPV6_RULE,
    RoutingMonitor,
)
from keepalived_py.wire.route import RouteMessage
from keepalived_py.wire.rule import RuleMessage
from tests.lab import routing
from tests.lab.netns import Namespace, in_namespace

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepalived_py.kernel.routing_monitor import RoutingMessage

pytestmark = pytest.mark.netns

EVERYTHING = frozenset({RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV6_RULE})


@pytest.fixture
def routed(alone: Namespace) -> Namespace:
    alone.ip("addr", "add", "10.99.0.1/24", "dev", "eth0")
    alone.ip("addr", "add", "fd99::1/64", "dev", "eth0", "nodad")
    return alone


def _heard(namespace: Namespace, act: Callable[[RoutingMonitor], None]) -> list[RoutingMessage]:
    """Return what a monitor tells while something is done; the mark at the end tells that all of it has been heard."""
    heard: list[RoutingMessage] = []

    async def follow() -> None:
        end = asyncio.Event()

        def take(message: RoutingMessage, port: int) -> None:
            assert port > 0
            if isinstance(message, RouteMessage) and message.table == 999:
                end.set()
            else:
                heard.append(message)

        monitor = RoutingMonitor(on_removed=take, on_overrun=end.set)
        monitor.follow(EVERYTHING)
        act(monitor)
        monitor.follow(EVERYTHING)
        namespace.ip("route", "add", "blackhole", "10.255.0.0/16", "table", "999", "proto", "keepalived")
        namespace.ip("route", "del", "blackhole", "10.255.0.0/16", "table", "999", "proto", "keepalived")
        await asyncio.wait_for(end.wait(), 5)
        monitor.close()
        monitor.close()

    in_namespace(namespace.name, lambda: asyncio.run(follow()))
    return heard


def test_removals_of_routes_of_our_protocol_and_of_rules_are_told_and_nothing_else(routed: Namespace) -> None:
    def act(_monitor: RoutingMonitor) -> None:
        for family, destination, gateway in (("-4", "10.1.0.0/16", "10.99.0.9"), ("-6", "fd01::/48", "fd99::9")):
            for protocol in ("keepalived", "bgp"):
                route = (destination, "via", gateway, "table", "100", "proto", protocol)
                routed.ip(family, "route", "add", *route)
                routed.ip(family, "route", "del", *route)
        routed.ip("rule", "add", "from", "10.1.0.0/16", "table", "9", "preference", "7", "protocol", "keepalived")
        routed.ip("rule", "del", "preference", "7")

    four, six, rule = _heard(routed, act)
    assert isinstance(four, RouteMessage)
    assert isinstance(six, RouteMessage)
    assert (str(four.gateway), four.table, four.protocol) == ("10.99.0.9", 100, 18)
    assert str(six.gateway) == "fd99::9"
    assert isinstance(rule, RuleMessage)
    assert rule == rule_message(routing.rules("from 10.1.0.0/16 table 9 preference 7")[0])


def test_groups_that_are_not_followed_are_not_heard(routed: Namespace) -> None:
    def act(monitor: RoutingMonitor) -> None:
        monitor.follow(frozenset({RTNLGRP_IPV6_ROUTE}))
        routed.ip("route", "add", "blackhole", "10.1.0.0/16", "proto", "keepalived")
        routed.ip("route", "del", "blackhole", "10.1.0.0/16", "proto", "keepalived")
        monitor.follow(frozenset())
        routed.ip("-6", "route", "add", "blackhole", "fd01::/48", "proto", "keepalived")
        routed.ip("-6", "route", "del", "blackhole", "fd01::/48", "proto", "keepalived")

    assert _heard(routed, act) == []


def test_a_full_buffer_is_told_and_what_comes_after_it_is_heard_again(routed: Namespace) -> None:
    lines = [f"rule add from 10.{high}.{low}.0/24 table 9 preference 7" for high in range(12) for low in range(250)]
    overruns: list[int] = []

    async def follow() -> None:
        monitor = RoutingMonitor(on_removed=lambda _message, _port: None, on_overrun=lambda: overruns.append(1))
        monitor.follow(EVERYTHING)
        routed.ip_batch(*lines, *(line.replace("add", "del") for line in lines))
        await asyncio.sleep(0)
        for _ in range(200):
            await asyncio.sleep(0.01)
            if overruns:
                break
        monitor.close()

    in_namespace(routed.name, lambda: asyncio.run(follow()))
    assert overruns
