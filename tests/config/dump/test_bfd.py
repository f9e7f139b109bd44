from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from keepalived_py.config.ast import BfdInstance, Configuration
from keepalived_py.config.dump.bfd import bfd_lines


def test_without_sessions_there_is_no_section() -> None:
    assert bfd_lines(Configuration()) == []


def test_a_session_is_shown_with_its_familys_usual_ttl() -> None:
    four = BfdInstance(name="a", neighbor=IPv4Address("192.0.2.1"), source=IPv4Address("192.0.2.2"), for_vrrp=False)
    six = BfdInstance(name="b", neighbor=IPv6Address("2001:db8::1"), passive=True, max_hops=-1)
    got = bfd_lines(Configuration(bfd_instances=(four, six)))
    assert got[:13] == [
        "------< BFD Topology >------",
        " BFD Instance = a",
        "   Neighbor IP = 192.0.2.1",
        "   Source IP = 192.0.2.2",
        "   Required min RX interval = 10000 us",
        "   Desired min TX interval = 10000 us",
        "   Desired idle TX interval = 1000000 us",
        "   Detection multiplier = 5",
        "   TTL = 255",
        "   max_hops = 0",
        "   passive = false",
        "   send event to VRRP process = No",
        "   send event to checker process = Yes",
    ]
    assert {"   hoplimit = 64", "   max_hops = -1", "   passive = true"} <= set(got)
