from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from keepalived_py.config.ast import (
    GroupMark,
    GroupRange,
    Protocol,
    RealServer,
    VirtualServer,
    VirtualServerGroup,
    VirtualServerKey,
)
from keepalived_py.config.dump.groups import group_lines


def test_members_count_the_servers_of_their_protocol_and_marks_those_of_their_family() -> None:
    group = VirtualServerGroup(
        name="g",
        ranges=(
            GroupRange(first=IPv4Address("198.51.100.1"), last=IPv4Address("198.51.100.4"), port=80),
            GroupRange(first=IPv6Address("2001:db8::1"), last=IPv6Address("2001:db8::1")),
        ),
        marks=(GroupMark(mark=7, family=6), GroupMark(mark=8)),
    )
    real = RealServer(address=IPv4Address("10.0.0.1"), port=80)
    servers = [
        VirtualServer(
            key=VirtualServerKey(address=None, port=0, protocol=protocol),
            families=(4,),
            group="g",
            real_servers=(real,),
        )
        for protocol in (Protocol.UDP, Protocol.UDP, Protocol.SCTP)
    ]
    assert list(group_lines(group, servers)) == [
        " ------< Virtual server group >------",
        " Virtual Server Group = g, IPv4 = yes, IPv6 = yes",
        "   VIP Range = 198.51.100.1-198.51.100.4, VPORT = 80",
        "     Alive: 0 tcp, 2 udp, 1 sctp",
        "     reloaded = False",
        "   VIP = 2001:db8::1, VPORT = 0",
        "     Alive: 0 tcp, 2 udp, 1 sctp",
        "     reloaded = False",
        "   FWMARK = 7 IPv6",
        "     Alive: 3 IPv4, 0 IPv6",
        "     reloaded = False",
        "   FWMARK = 8",
        "     Alive: 3 IPv4, 0 IPv6",
        "     reloaded = False",
    ]
