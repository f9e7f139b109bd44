"""What instances and the configuration have in the kernel. Source: reference/vrrp-behaviour.md §10."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

import pytest

from keepalived_py.config.ast import Configuration, TrackGroup, VirtualAddress
from keepalived_py.vrrp.possessions import (
    Possessions,
    describe,
    possessions_of,
    static_interfaces,
    static_possessions,
)
from tests.lab.routing import routes, rules
from tests.vrrp.notation import lines, wanted

if TYPE_CHECKING:
    from keepalived_py.vrrp.effects import Effect


def _address(last: int, interface: str = "eth0", **settings: object) -> VirtualAddress:
    plain = VirtualAddress(address=IPv4Address(f"10.9.0.{last}"), prefix_length=24, interface=interface)
    return replace(plain, **settings)  # type: ignore[arg-type]


OLD = Possessions(
    owner="V",
    addresses=(_address(1), _address(2)),
    routes=routes("10.1.0.0/16 dev eth0", "10.2.0.0/16 dev eth0"),
    rules=rules("from 10.1.0.0/16 table 9 preference 1", "from 10.2.0.0/16 table 9 preference 2"),
)


def _exchanged(new: Possessions) -> tuple[list[str], bool]:
    out: list[Effect] = []
    added = new.exchange(OLD, out)
    return lines(out), added


def test_nothing_changes_where_nothing_differs() -> None:
    assert _exchanged(replace(OLD)) == ([], False)


def test_what_is_gone_goes_first_rules_before_routes_before_addresses() -> None:
    new = Possessions(owner="V", addresses=OLD.addresses[1:], routes=OLD.routes[1:], rules=OLD.rules[1:])
    assert _exchanged(new) == (
        [
            "remove rule 1: from 10.1.0.0/16 table 9, route 10.1.0.0/16 dev eth0",
            "remove 10.9.0.1/24 dev eth0",
            # the kernel may have taken the others along
            "install 10.9.0.2/24 dev eth0",
            "install route 10.2.0.0/16 dev eth0",
        ],
        False,
    )


def test_a_new_route_leaves_everything_else_alone() -> None:
    (route,) = routes("10.3.0.0/16 dev eth0")
    assert _exchanged(replace(OLD, routes=(*OLD.routes, route))) == (["install route 10.3.0.0/16 dev eth0"], False)


def test_a_new_address_gives_every_route_another_chance() -> None:
    said, added = _exchanged(replace(OLD, addresses=(*OLD.addresses, _address(3))))
    assert said == ["install 10.9.0.3/24 dev eth0", "install route 10.1.0.0/16 dev eth0, route 10.2.0.0/16 dev eth0"]
    assert added


def test_a_changed_route_is_removed_as_it_was_and_set_as_it_is() -> None:
    (changed,) = routes("10.1.0.0/16 dev eth0 mtu 1400")
    said, _ = _exchanged(replace(OLD, routes=(changed, OLD.routes[1])))
    assert said == ["remove route 10.1.0.0/16 dev eth0", "install route 10.1.0.0/16 dev eth0"]


def test_an_ipv6_route_that_is_sent_from_an_address_that_goes_is_set_anew() -> None:
    address = VirtualAddress(address=IPv6Address("fd99::5"), prefix_length=64, interface="eth0")
    old = Possessions(owner="V", addresses=(address,), routes=routes("fd01::/48 dev eth0 src fd99::5"))
    out: list[Effect] = []
    replace(old, addresses=(replace(address, prefix_length=48),)).exchange(old, out)
    assert lines(out) == [
        "remove route fd01::/48 dev eth0",
        "remove fd99::5/64 dev eth0",
        "install fd99::5/48 dev eth0",
        "install route fd01::/48 dev eth0",
    ]


def test_an_instance_has_excluded_addresses_too_and_static_entries_belong_to_nobody() -> None:
    excluded = _address(7)
    owned = possessions_of(wanted(excluded_addresses=(excluded,), virtual_routes=OLD.routes, virtual_rules=OLD.rules))
    assert list(owned)[1:] == [excluded, *OLD.routes, *OLD.rules]
    configuration = Configuration(static_addresses=(excluded,), static_routes=OLD.routes, static_rules=OLD.rules)
    assert static_possessions(configuration) == replace(OLD, owner="", addresses=(excluded,))


def test_members_of_a_track_group_watch_the_interfaces_of_its_static_entries() -> None:
    (route,) = routes("10.1.0.0/16 dev eth1")
    (rule,) = rules("iif eth2 oif eth9 table 9 preference 1")
    configuration = Configuration(
        track_groups=(TrackGroup(name="G", members=("A", "B")), TrackGroup(name="H", members=("B",))),
        static_addresses=(
            _address(1, "eth0", track_group="G"),
            _address(2, "eth7", track_group="G", no_track=True),
            _address(3, "eth8"),
        ),
        static_routes=(replace(route, track_group="H"),),
        static_rules=(replace(rule, track_group="G"),),
    )
    assert static_interfaces(configuration) == {"A": ["eth0", "eth2"], "B": ["eth0", "eth2", "eth1"]}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("default via 10.99.0.254 metric 5", "route default via 10.99.0.254"),
        ("blackhole 10.1.0.0/16 table 100", "route blackhole 10.1.0.0/16 table 100"),
        ("10.1.0.0/16 via 10.99.0.254 dev eth0", "route 10.1.0.0/16 via 10.99.0.254 dev eth0"),
    ],
)
def test_a_route_is_called_by_what_an_administrator_looks_for(line: str, expected: str) -> None:
    assert describe(routes(line)[0]) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("from 10.1.0.0/16 to 10.2.0.0/16 table 9 preference 7", "rule 7: from 10.1.0.0/16 to 10.2.0.0/16 table 9"),
        ("iif eth0 goto 70 preference 8", "rule 8: from all goto 70"),
        ("to 10.2.0.0/16 prohibit preference 9", "rule 9: to 10.2.0.0/16 prohibit"),
    ],
)
def test_a_rule_is_called_by_its_preference_and_action(line: str, expected: str) -> None:
    assert describe(rules(line)[0]) == expected
