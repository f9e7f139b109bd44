"""What somebody else removes is put back. Source: reference/vrrp-behaviour.md §6, §10; docs/differences.md."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

import pytest

from keepalived_py.config.ast import Configuration, VirtualAddress
from keepalived_py.vrrp.events import (
    AddressAdded,
    AddressRemoved,
    DeadlineReached,
    InterfaceAdded,
    InterfaceChanged,
    InterfaceFacts,
    InterfaceRemoved,
    Reconfigure,
    RoutingRemoved,
    RoutingUnknown,
    Start,
    State,
)
from keepalived_py.vrrp.router import Router
from tests.lab.routing import routes, rules
from tests.vrrp.fleets import ETH0, QUIET
from tests.vrrp.notation import SECOND, VIP, lines, wanted

MOMENT = 10_000
ROUTE, OTHER = routes("10.1.0.0/16 dev eth0", "10.2.0.0/16 via 10.0.0.9")
(RULE,) = rules("from 10.1.0.0/16 table 9 preference 7")
STATIC = VirtualAddress(address=IPv4Address("10.8.0.1"), prefix_length=32, interface="eth0")
REMOVED = AddressRemoved(interface="eth0", address=VIP, prefix_length=24)
AGAIN = AddressAdded(interface="eth0", address=VIP, prefix_length=24)


def master(*, step_down: bool = False, **settings: object) -> tuple[Router, int]:
    instance = wanted(garp=QUIET, virtual_routes=(ROUTE, OTHER), virtual_rules=(RULE,), **settings)
    configuration = Configuration(vrrp_instances=(instance,), static_addresses=(STATIC,), static_routes=(OTHER,))
    machine = Router(configuration, (ETH0,), step_down=step_down)
    machine.handle(Start(), 0)
    now = machine.deadline
    assert now is not None
    machine.handle(DeadlineReached(), now)
    machine.handle(AGAIN, now)
    assert machine.instances["V"].state is State.MASTER
    return machine, now


def said(machine: Router, event: object, now: int) -> list[str]:
    return lines(machine.handle(event, now), "state", "notify", "send")  # type: ignore[arg-type]


def due(machine: Router, now: int) -> list[str]:
    """Let the moment pass that something stays missing; adverts are not of interest."""
    return said(machine, DeadlineReached(), now + MOMENT)


def test_an_address_is_put_back_at_once_announced_and_its_routes_are_made_sure_of() -> None:
    machine, now = master()
    assert said(machine, REMOVED, now) == ["detail Netlink reflector reports IP 10.9.0.51 removed from eth0"]
    assert machine.deadline == now + MOMENT
    assert due(machine, now) == [
        "log (V) address 10.9.0.51/24 on eth0 was removed by somebody else - putting it back",
        "install 10.9.0.51/24 dev eth0",
        "arp eth0 10.9.0.51",
        "install route 10.1.0.0/16 dev eth0, route 10.2.0.0/16 via 10.0.0.9",
    ]
    assert machine.instances["V"].state is State.MASTER
    assert due(machine, now + MOMENT) == []


def test_an_ipv6_route_that_is_sent_from_the_address_is_set_anew_with_it() -> None:
    six = VirtualAddress(address=IPv6Address("fd99::5"), prefix_length=64, interface="eth0")
    (route,) = routes("fd01::/48 dev eth0 src fd99::5")
    machine, now = _with_route(route, excluded_addresses=(six,))
    machine.handle(AddressAdded(interface="eth0", address=six.address, prefix_length=64), now)
    said(machine, AddressRemoved(interface="eth0", address=six.address, prefix_length=64), now)
    assert due(machine, now)[1:] == [
        "install fd99::5/64 dev eth0",
        "advertise eth0 fd99::5",
        "remove route fd01::/48 dev eth0",
        "install route fd01::/48 dev eth0",
    ]


@pytest.mark.parametrize(
    ("item", "name"), [(ROUTE, "route 10.1.0.0/16 dev eth0"), (RULE, "rule 7: from 10.1.0.0/16 table 9")]
)
def test_a_route_or_rule_is_put_back_at_once(item: object, name: str) -> None:
    machine, now = master()
    assert machine.is_wanted(item)  # type: ignore[arg-type]
    assert said(machine, RoutingRemoved(item=item), now) == []  # type: ignore[arg-type]
    assert due(machine, now) == [
        f"log (V) {name} was removed by somebody else - putting it back",
        f"install {name}",
    ]


def test_static_entries_are_put_back_too_whatever_the_instances_do() -> None:
    machine, now = master(step_down=True)
    machine.handle(AddressAdded(interface="eth0", address=STATIC.address, prefix_length=32), now)
    said(machine, AddressRemoved(interface="eth0", address=STATIC.address, prefix_length=32), now)
    assert due(machine, now) == [
        "log static address 10.8.0.1/32 on eth0 was removed by somebody else - putting it back",
        "install 10.8.0.1/32 dev eth0",
        "install route 10.2.0.0/16 via 10.0.0.9",
    ]


def test_a_route_that_several_want_is_put_back_for_each() -> None:
    machine, now = master()
    said(machine, RoutingRemoved(item=OTHER), now)
    assert [line for line in due(machine, now) if line.startswith("log")] == [
        "log (V) route 10.2.0.0/16 via 10.0.0.9 was removed by somebody else - putting it back",
        "log static route 10.2.0.0/16 via 10.0.0.9 was removed by somebody else - putting it back",
    ]


def test_a_route_that_went_with_its_address_is_not_told_of_by_itself() -> None:
    (route,) = routes("10.1.0.0/16 dev eth0 src 10.9.0.51")
    machine, now = _with_route(route)
    machine.handle(AGAIN, now)
    said(machine, REMOVED, now)
    said(machine, RoutingRemoved(item=route), now + 1000)
    assert [line for line in due(machine, now) if line.startswith("log")] == [
        "log (V) address 10.9.0.51/24 on eth0 was removed by somebody else - putting it back"
    ]
    assert due(machine, now + MOMENT) == []


def test_whoever_removes_a_thousand_things_at_once_gets_ten_lines_and_a_number() -> None:
    many = routes(*(f"10.{high}.{low}.0/24 dev eth0" for high in range(10) for low in range(100)))
    machine, now = _with_route(*many)
    for number, route in enumerate(many):
        said(machine, RoutingRemoved(item=route), now + number)
    effects = due(machine, now)
    assert [line.startswith("log (V) route 10.0.") for line in effects[:10]] == [True] * 10
    assert effects[10] == "log (V) 990 more were removed by somebody else - putting them back"
    assert effects[11].count("route 10.") == 1000
    assert len(effects) == 12


def test_a_fight_is_fought_five_times_a_second_and_told_thrice() -> None:
    machine, now = master(advert_int=3600 * SECOND)
    effects: list[str] = []
    end = now + SECOND
    said(machine, REMOVED, now)
    while (when := machine.deadline) is not None and when < end:
        effects += said(machine, DeadlineReached(), when)
        machine.handle(AGAIN, when)
        machine.handle(REMOVED, when)
    assert effects.count("install 10.9.0.51/24 dev eth0") == 5
    name = "log (V) address 10.9.0.51/24 on eth0"
    assert [line for line in effects if line.startswith("log")] == [
        f"{name} was removed by somebody else - putting it back",
        f"{name} was removed by somebody else - putting it back",
        f"{name} is removed by somebody else again and again - putting it back each time from now on without a word",
    ]
    machine.handle(AGAIN, end)
    later = end + 61 * SECOND
    said(machine, REMOVED, later)
    assert due(machine, later)[0].endswith("was removed by somebody else - putting it back")


@pytest.mark.parametrize(
    ("changes", "settings"),
    [
        ({"prefix_length": 32}, {}),
        ({"interface": "eth1"}, {}),
        ({}, {"no_track": True}),
    ],
)
def test_another_address_or_one_that_nobody_tracks_is_let_go(
    changes: dict[str, object], settings: dict[str, object]
) -> None:
    address = replace(wanted().virtual_addresses[0], **settings)  # type: ignore[arg-type]
    machine, now = master(virtual_addresses=(address,))
    event = replace(REMOVED, **changes)  # type: ignore[arg-type]
    machine.handle(AddressAdded(interface=event.interface, address=VIP, prefix_length=event.prefix_length), now)
    assert said(machine, event, now) == []
    assert due(machine, now) == []
    assert machine.instances["V"].state is State.MASTER


def test_a_route_that_nobody_tracks_is_let_go() -> None:
    route = replace(ROUTE, no_track=True)
    machine, now = _with_route(route)
    said(machine, RoutingRemoved(item=route), now)
    assert due(machine, now) == []


def _with_route(*found: object, **settings: object) -> tuple[Router, int]:
    instance = wanted(garp=QUIET, virtual_routes=found, **settings)
    machine = Router(Configuration(vrrp_instances=(instance,)), (ETH0,))
    machine.handle(Start(), 0)
    machine.handle(DeadlineReached(), 3_609_375)
    return machine, 3_609_375


def test_a_backup_wants_nothing_back() -> None:
    machine = Router(Configuration(vrrp_instances=(wanted(virtual_routes=(ROUTE,)),)), (ETH0,))
    machine.handle(Start(), 0)
    assert not machine.is_wanted(ROUTE)
    assert not machine.wants_address("eth0", VIP)
    assert said(machine, RoutingRemoved(item=ROUTE), 0) == []
    assert due(machine, 0) == []


def test_an_interface_that_goes_is_no_thief() -> None:
    machine, now = master()
    said(machine, REMOVED, now)
    machine.handle(InterfaceRemoved(name="eth0"), now + 1)
    assert machine.instances["V"].state is State.FAULT
    assert not any(line.startswith(("install", "log")) for line in due(machine, now))


def test_what_went_with_an_interface_comes_back_with_it_where_the_instance_stayed_master() -> None:
    second = replace(wanted().virtual_addresses[0], address=IPv4Address("10.9.0.52"), interface="eth1", no_track=True)
    instance = wanted(garp=QUIET, excluded_addresses=(second,), virtual_routes=routes("10.1.0.0/16 dev eth1 no_track"))
    (tracked,) = routes("10.3.0.0/16 nexthop via 10.9.0.1 dev eth1 nexthop via 10.0.0.1 dev eth0")
    instance = replace(instance, virtual_routes=(*instance.virtual_routes, tracked))
    machine = Router(Configuration(vrrp_instances=(instance,)), (ETH0, InterfaceFacts(name="eth1")))
    machine.handle(Start(), 0)
    machine.handle(DeadlineReached(), 3_609_375)
    machine.handle(InterfaceRemoved(name="eth1"), 3_700_000)
    effects = said(machine, InterfaceAdded(facts=InterfaceFacts(name="eth1")), 3_800_000)
    assert [line for line in effects if line.startswith("install")] == [
        "install 10.9.0.52/24 dev eth1",
        "install route 10.3.0.0/16",
    ]
    machine.handle(InterfaceChanged(name="eth1", is_up=False), 3_900_000)
    assert not any(line.startswith("install") for line in due(machine, 3_900_000))


def test_when_reports_were_lost_every_tracked_route_and_rule_is_set_again() -> None:
    machine, now = master()
    assert said(machine, RoutingUnknown(), now) == [
        "install route 10.1.0.0/16 dev eth0, route 10.2.0.0/16 via 10.0.0.9",
        "install rule 7: from 10.1.0.0/16 table 9",
        "install route 10.2.0.0/16 via 10.0.0.9",
    ]


def test_a_reload_forgets_what_was_missing() -> None:
    machine, now = master()
    said(machine, REMOVED, now)
    machine.handle(Reconfigure(configuration=Configuration()), now)
    assert due(machine, now) == []


@pytest.mark.parametrize("event", [REMOVED, RoutingRemoved(item=ROUTE), RoutingRemoved(item=RULE)])
def test_with_step_down_whoever_loses_something_is_master_again_after_its_skew(event: object) -> None:
    machine, now = master(step_down=True)
    assert "log (V) Entering BACKUP STATE" in said(machine, event, now)
    assert machine.instances["V"].state is State.BACKUP
    assert machine.deadline == now + 609_375
    machine.handle(DeadlineReached(), now + 609_375)
    assert machine.instances["V"].state is State.MASTER
