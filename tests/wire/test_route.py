"""wire/route.py"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.wire.encapsulation import IpEncapsulation
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.ip import AF_INET, AF_INET6
from keepalived_py.wire.netlink import encode_message
from keepalived_py.wire.route import (
    RTM_NEWROUTE,
    RTNH_F_ONLINK,
    SCOPE_NOWHERE,
    RouteHop,
    RouteMessage,
    decode_route,
    encode_route,
    encode_route_key,
)

FULL = RouteMessage(
    family=AF_INET,
    destination=(IPv4Address("10.13.0.0"), 16),
    tos=0x10,
    table=70000,
    gateway=IPv4Address("10.99.0.254"),
    interface_index=1,
    preferred_source=IPv4Address("10.99.0.1"),
    priority=20,
    metrics=(("mtu", 1400), ("advmss", 1300), ("lock", 4)),
    congestion_control="cubic",
)
FULL_BYTES = bytes.fromhex(
    "021000100012000100000000"  # family, lengths, tos, no table of 8 bits, protocol 18, scope, type; flags
    "08000f0070110100"  # RTA_TABLE
    "080001000a0d0000"  # RTA_DST
    "080007000a630001"  # RTA_PREFSRC
    "080005000a6300fe"  # RTA_GATEWAY
    "0800040001000000"  # RTA_OIF
    "0800060014000000"  # RTA_PRIORITY
    "28000800"  # RTA_METRICS
    "0800020078050000080008001405000008000100040000000a0010006375626963000000"
)  # fmt: skip
HOPS = RouteMessage(
    family=AF_INET,
    destination=(IPv4Address("10.20.0.0"), 16),
    hops=(
        RouteHop(gateway=IPv4Address("10.99.0.2"), weight=3),
        RouteHop(gateway=IPv4Address("10.50.0.3"), interface_index=1, weight=256, flags=RTNH_F_ONLINK, realms=7 << 16),
    ),
)
SIX = RouteMessage(
    family=AF_INET6,
    destination=(IPv6Address("fd01::"), 48),
    source=(IPv6Address("fd99::"), 64),
    gateway=IPv6Address("fd99::254"),
    expires=600,
    preference=1,
    ttl_propagate=True,
    encapsulation=IpEncapsulation(version=6, id=7, destination=IPv6Address("fd00::3")),
)
THROUGH_SIX = RouteMessage(
    family=AF_INET, destination=(IPv4Address("10.1.0.0"), 16), gateway=IPv6Address("fe80::1"), interface_index=3
)
ALL = [FULL, HOPS, SIX, THROUGH_SIX, RouteMessage(family=AF_INET, type=6, realms=5)]


def test_a_route_reads_as_its_value_and_back() -> None:
    assert encode_route(FULL) == FULL_BYTES
    assert decode_route(FULL_BYTES) == FULL


@pytest.mark.parametrize("route", ALL)
def test_routes_survive_the_wire(route: RouteMessage) -> None:
    assert decode_route(encode_route(route)) == route


@pytest.mark.parametrize("route", ALL)
def test_pyroute2_reads_the_same_route(route: RouteMessage) -> None:
    from pyroute2.netlink.rtnl.rtmsg import rtmsg

    message = rtmsg(encode_message(RTM_NEWROUTE, 0x605, 1, encode_route(route)))
    message.decode()
    assert (message["family"], message["proto"], message["type"], message["tos"]) == (
        route.family,
        18,
        route.type,
        route.tos,
    )
    assert message.get_attr("RTA_DST") == (None if route.destination is None else str(route.destination[0]))
    assert message["dst_len"] == (0 if route.destination is None else route.destination[1])
    assert message.get_attr("RTA_OIF") == (route.interface_index or None)
    assert message.get_attr("RTA_PRIORITY") == route.priority
    assert (message.get_attr("RTA_TABLE") or message["table"]) == route.table
    assert message.get_attr("RTA_FLOW") == (route.realms or None)
    if route is FULL:
        metrics = message.get_attr("RTA_METRICS")
        assert (metrics.get_attr("RTAX_MTU"), metrics.get_attr("RTAX_ADVMSS")) == (1400, 1300)
        assert metrics.get_attr("RTAX_LOCK") == 4
    if route is HOPS:
        first, second = message.get_attr("RTA_MULTIPATH")
        assert (first["hops"], first.get_attr("RTA_GATEWAY")) == (2, "10.99.0.2")
        assert (second["hops"], second["oif"], second["flags"]) == (255, 1, RTNH_F_ONLINK)
    if route is THROUGH_SIX:
        assert message.get_attr("RTA_VIA") == {"family": AF_INET6, "addr": "fe80::1"}


def test_what_is_removed_is_named_by_its_key_alone() -> None:
    key = decode_route(encode_route_key(FULL))
    assert key == replace(FULL, scope=SCOPE_NOWHERE, metrics=(), congestion_control=None)
    assert decode_route(encode_route_key(replace(FULL, scope=253))).scope == 253
    hops = decode_route(encode_route_key(HOPS)).hops
    assert [hop.gateway for hop in hops] == [hop.gateway for hop in HOPS.hops]
    assert not any(hop.realms for hop in hops)


@pytest.mark.parametrize(
    "changes",
    [
        {"tos": 256},
        {"priority": 1 << 32},
        {"preferred_source": IPv6Address("fd99::1")},
        {"destination": (IPv6Address("fd99::"), 64)},
        {"hops": (RouteHop(weight=257),)},
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(WireError):
        encode_route(replace(FULL, **changes))


@given(st.binary(max_size=120))
def test_damage_is_an_error_of_ours(data: bytes) -> None:
    with contextlib.suppress(WireError):
        decode_route(data)
    with contextlib.suppress(WireError):
        decode_route(bytes((AF_INET,)) + data)
