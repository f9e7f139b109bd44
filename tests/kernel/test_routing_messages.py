"""kernel/routing_messages.py"""

from __future__ import annotations

import errno
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

import pytest

from keepalived_py.kernel.routing_messages import encapsulation, is_same_route, no_device, route_message, rule_message
from keepalived_py.wire.encapsulation import IlaEncapsulation, IpEncapsulation, MplsEncapsulation
from keepalived_py.wire.route import RouteMessage, decode_route, encode_route
from keepalived_py.wire.rule import decode_rule, encode_rule
from tests.lab import routing


def _index(name: str) -> int:
    if name not in {"eth0", "eth1", "red"}:
        raise no_device(name)
    return int(name == "eth1") + 1


def _message(line: str) -> RouteMessage:
    (route,) = routing.routes(line)
    return route_message(route, _index, lambda _name: 1000)


@pytest.mark.parametrize("line", [line for line, _ in routing.ROUTES])
def test_every_route_that_can_be_configured_survives_the_wire_and_is_recognised(line: str) -> None:
    message = _message(line)
    read = decode_route(encode_route(message))
    assert sorted(read.metrics) == sorted(message.metrics)
    assert replace(read, metrics=()) == replace(message, metrics=())
    assert is_same_route(message, read)


@pytest.mark.parametrize("line", [line for line, _ in routing.RULES])
def test_every_rule_that_can_be_configured_survives_the_wire(line: str) -> None:
    (rule,) = routing.rules(line)
    assert decode_rule(encode_rule(rule_message(rule))) == rule_message(rule)


def test_a_mark_is_told_as_the_kernel_tells_it() -> None:
    lines = ("fwmark 0 table 9 preference 1", "fwmark 0/7 table 9 preference 1", "fwmark 5 table 9 preference 1")
    marks = [(message.mark, message.mask) for message in map(rule_message, routing.rules(*lines))]
    assert marks == [(None, 0xFFFFFFFF), (0, 7), (5, 0xFFFFFFFF)]


def test_locks_become_one_mask() -> None:
    metrics = dict(_message("10.1.0.0/16 mtu lock 1400 advmss 1300 rtt lock 1s congctl lock cubic dev eth0").metrics)
    assert metrics == {"mtu": 1400, "advmss": 1300, "rtt": 8000, "lock": 1 << 2 | 1 << 4 | 1 << 16}


def test_a_vrf_stands_for_its_table() -> None:
    assert _message("10.1.0.0/16 dev eth0 vrf red").table == 1000


def test_an_interface_that_is_missing_is_no_device() -> None:
    with pytest.raises(OSError, match="missing0") as raised:
        _message("10.1.0.0/16 dev missing0")
    assert raised.value.errno == errno.ENODEV


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), None),
        (("mpls", "0x10/16/020"), MplsEncapsulation(labels=(16, 16, 16))),
        (("ila", "2001:db8:0:1"), IlaEncapsulation(locator=bytes.fromhex("20010db800000001"))),
        (
            ("ip", "id", "5", "dst", "10.1.2.3", "tos", "32", "ttl", "9", "flags", "4"),
            IpEncapsulation(version=4, id=5, destination=IPv4Address("10.1.2.3"), tos=0x20, ttl=9, flags=4),
        ),
        (
            ("ip6", "dst", "fd00::1", "src", "fd00::2", "tc", "8", "hoplimit", "7"),
            IpEncapsulation(version=6, destination=IPv6Address("fd00::1"), source=IPv6Address("fd00::2"), tos=8, ttl=7),
        ),
    ],
)
def test_encapsulations_are_read_from_their_words(words: tuple[str, ...], expected: object) -> None:
    assert encapsulation(words) == expected


def test_another_programs_route_to_the_same_place_is_not_ours() -> None:
    ours = _message("10.1.0.0/16 via 10.99.0.254 dev eth0 metric 5")
    assert is_same_route(ours, replace(ours, scope=0, flags=1))
    for change in (
        {"protocol": 4},
        {"priority": 6},
        {"table": 100},
        {"gateway": IPv4Address("10.99.0.253")},
        {"interface_index": 9},
        {"destination": (IPv4Address("10.1.0.0"), 17)},
    ):
        assert not is_same_route(ours, replace(ours, **change))


def test_host_bits_and_the_metric_that_ipv6_gives_do_not_matter() -> None:
    ours = _message("fd01::7/48 dev eth0")
    assert is_same_route(ours, replace(ours, destination=(IPv6Address("fd01::"), 48), priority=1024))
    assert is_same_route(_message("default dev eth0"), replace(_message("default dev eth0"), destination=None))
