from __future__ import annotations

from ipaddress import ip_address

from keepalived_py.config.ast import NextHop, Prefix, Route, RouteMetric, Rule, VirtualAddress
from keepalived_py.config.dump.vrrp_lines import address_line, route_lines, rule_line

NETWORK = Prefix(address=ip_address("10.0.0.0"), length=8)


def test_an_address_has_its_options_in_the_references_order() -> None:
    address = VirtualAddress(
        address=ip_address("192.0.2.1"),
        prefix_length=24,
        interface="vrrp.1",
        base_interface="eth0",
        use_vmac=True,
        scope=253,
        label="eth0:1",
        broadcast=ip_address("192.0.2.255"),
        flags=frozenset({"noprefixroute", "home"}),
        no_track=True,
        track_group="G",
    )
    assert address_line(address) == (
        "     192.0.2.1/24 brd 192.0.2.255 dev vrrp.1@eth0 use_vmac scope link label eth0:1 home noprefixroute"
        " no_track track_group G"
    )


def test_an_ipv6_address_says_how_long_it_is_preferred() -> None:
    lines = [
        address_line(
            VirtualAddress(
                address=ip_address("2001:db8::1"), prefix_length=64, interface="eth0", preferred_lifetime=lifetime
            )
        )
        for lifetime in (None, 0, 60)
    ]
    assert [line.partition("global ")[2] for line in lines] == [
        "preferred_lft forever",
        "deprecated",
        "preferred_lft 60",
    ]


def test_a_route_has_its_options_in_the_references_order() -> None:
    route = Route(
        destination=NETWORK,
        mode="append",
        type=6,
        via=ip_address("192.0.2.9"),
        interface="eth0",
        table=100,
        protocol=18,
        onlink=True,
        realms=3 << 16 | 4,
        metrics=(RouteMetric(name="mtu", value=1400, locked=True), RouteMetric(name="rtt", value=1600)),
        next_hops=(NextHop(address=ip_address("192.0.2.8"), weight=2),),
        no_track=True,
    )
    assert list(route_lines(route)) == [
        (
            "     append blackhole 10.0.0.0/8 via inet 192.0.2.9 dev eth0 table 100 proto 18 onlink realms 3/4 rtt 200ms"
            " mtu lock 1400 nexthop via inet 192.0.2.8 weight 2 no_track"
        )
    ]


def test_the_end_of_a_long_route_stands_once_more_below_it() -> None:
    hops = tuple(NextHop(address=ip_address(f"192.0.2.{number}")) for number in range(1, 12))
    first, second = route_lines(Route(destination=NETWORK, next_hops=hops))
    assert second == f"      {first[5:][250:]}"


def test_a_rule_has_its_options_in_the_references_order() -> None:
    rule = Rule(
        action="goto",
        invert=True,
        source=NETWORK,
        preference=10,
        tos=16,
        mark=1,
        mask=15,
        incoming_interface="eth0",
        uid_range=(1, 2),
        protocol=18,
        target=20,
    )
    assert rule_line(rule) == (
        "     not from 10.0.0.0/8 priority 10 tos 0x10 fwmark 0x1/0xf iif eth0 uidrange 1-2 protocol 18 goto 20"
    )
    assert rule_line(Rule(action="prohibit", family=6)) == "     inet6 from all priority 0 tos 0x0 type prohibit"
