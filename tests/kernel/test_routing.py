"""kernel/routing.py: every option on a real kernel, compared with what iproute2 makes of the same words."""

from __future__ import annotations

import errno
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from keepalived_py.kernel.interfaces import list_interfaces
from keepalived_py.kernel.routing import RoutingRequest, RoutingTable
from keepalived_py.kernel.routing_messages import no_device
from tests.lab import routing
from tests.lab.netns import Namespace, in_namespace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.config.ast import Route, Rule

pytestmark = pytest.mark.netns


@pytest.fixture
def routed(alone: Namespace) -> Namespace:
    alone.ip("addr", "add", "10.99.0.1/24", "dev", "eth0")
    alone.ip("addr", "add", "fd99::1/64", "dev", "eth0", "nodad")
    return alone


@pytest.fixture
def table(routed: Namespace) -> Iterator[RoutingTable]:
    def make() -> RoutingTable:
        indices = {name: interface.index for name, interface in list_interfaces().items()}

        def index(name: str) -> int:
            if name not in indices:
                raise no_device(name)
            return indices[name]

        return RoutingTable(index)

    with in_namespace(routed.name, make) as made:
        yield made


def _add(table: RoutingTable, item: Route | Rule) -> int:
    (result,) = table.apply([RoutingRequest(add=True, item=item)])
    assert result.ok == (result.errno in {0, errno.EEXIST})
    return result.errno


def _remove(table: RoutingTable, item: Route | Rule) -> int:
    (result,) = table.apply([RoutingRequest(add=False, item=item)])
    assert result.ok
    return result.errno


def test_every_kind_of_route_is_what_iproute2_makes_of_it_and_goes_again(
    routed: Namespace, table: RoutingTable
) -> None:
    for line, words in routing.ROUTES:
        (route,) = routing.routes(line)
        assert _add(table, route) == 0, line
        ours = routing.shown_routes(routed)
        assert table.has(route), line
        assert _add(table, route) == errno.EEXIST, line
        assert routing.shown_routes(routed) == ours, line
        assert _remove(table, route) == 0, line
        assert not routing.shown_routes(routed), line
        assert not table.has(route), line
        _remove(table, route)
        before, hop, hops = (words or line).partition(" nexthop")
        origin = () if "proto" in before else ("proto", "keepalived")
        family = "-4" if route.family == 4 else "-6"
        routed.ip(family, "route", "add", *before.split(), *origin, *f"{hop}{hops}".split())
        assert ours == routing.shown_routes(routed), line
        routed.ip(family, "route", "flush", "table", "all", *(origin or ("proto", "static")))


def test_every_kind_of_rule_is_what_iproute2_makes_of_it_and_goes_again(routed: Namespace, table: RoutingTable) -> None:
    for line, words in routing.RULES:
        (rule,) = routing.rules(line)
        assert _add(table, rule) == 0, line
        ours = routing.shown_rules(routed)
        assert len(ours) == 1
        assert table.has(rule), line
        assert _add(table, rule) == errno.EEXIST, line
        assert _remove(table, rule) == 0, line
        assert not routing.shown_rules(routed), line
        assert not table.has(rule), line
        _remove(table, rule)
        origin = () if "protocol" in line else ("protocol", "keepalived")
        family = "-4" if rule.family == 4 else "-6"
        routed.ip(family, "rule", "add", *(words or line).split(), *origin)
        assert ours == routing.shown_rules(routed), line
        routed.ip(family, "rule", "flush", "protocol", *(origin[1:] or ("4",)))


def test_a_route_that_cannot_be_set_does_not_stop_those_behind_it(routed: Namespace, table: RoutingTable) -> None:
    unreachable, elsewhere, impossible, good = routing.routes(
        "10.1.0.0/16 via 10.50.0.1", "10.2.0.0/16 dev missing0", "10.3.0.0/16 dev eth0", "10.4.0.0/16 dev eth0"
    )
    impossible = replace(impossible, tos=256)
    requests = [RoutingRequest(add=True, item=item) for item in (unreachable, elsewhere, impossible, good)]
    results = table.apply(requests)
    assert [result.errno for result in results] == [errno.ENETUNREACH, errno.ENODEV, errno.EINVAL, 0]
    assert [result.ok for result in results] == [False, False, False, True]
    assert [shown["dst"] for shown in routing.shown_routes(routed)] == ["10.4.0.0/16"]


def test_add_does_not_take_another_programs_route_for_ours(routed: Namespace, table: RoutingTable) -> None:
    routed.ip("route", "add", "10.1.0.0/16", "via", "10.99.0.7", "proto", "static")
    (added,) = routing.routes("add 10.1.0.0/16 via 10.99.0.254")
    (result,) = table.apply([RoutingRequest(add=True, item=added)])
    assert (result.errno, result.ok) == (errno.EEXIST, False)
    (prepended,) = routing.routes("10.1.0.0/16 via 10.99.0.254")
    assert _add(table, prepended) == 0
    assert [shown["gateway"] for shown in routing.shown_routes(routed)] == ["10.99.0.254", "10.99.0.7"]
    assert _remove(table, prepended) == 0
    assert [shown["gateway"] for shown in routing.shown_routes(routed)] == ["10.99.0.7"]


def test_append_goes_behind_a_route_that_is_there(routed: Namespace, table: RoutingTable) -> None:
    routed.ip("route", "add", "10.1.0.0/16", "via", "10.99.0.7", "proto", "static")
    (appended,) = routing.routes("append 10.1.0.0/16 via 10.99.0.254")
    assert _add(table, appended) == 0
    assert [shown["gateway"] for shown in routing.shown_routes(routed)] == ["10.99.0.7", "10.99.0.254"]


def test_a_vrf_that_does_not_exist_or_is_none_is_no_device(table: RoutingTable) -> None:
    (route,) = routing.routes("10.1.0.0/16 dev eth0 vrf eth1")
    (result,) = table.apply([RoutingRequest(add=True, item=route)])
    assert (result.errno, result.ok) == (errno.ENODEV, False)
