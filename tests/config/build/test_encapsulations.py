"""config/build/encapsulations.py"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.config.conftest import Reads

TEXT = """
vrrp_instance V {{
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {{
        198.51.100.9/24
    }}
    virtual_routes {{
        {line}
    }}
}}
"""


def _read(read: Reads, line: str) -> tuple[tuple[str, ...] | None, list[str]]:
    """Return the encapsulation of the route (None: there is no route) and what was complained about."""
    loaded = read(TEXT.format(line=line))
    assert loaded.configuration is not None
    routes = loaded.configuration.declared_instances[0].virtual_routes
    messages = [problem.message for problem in loaded.report.problems]
    complaints = [message for message in messages if "left out" not in message]
    return (routes[0].encapsulation if routes else None), complaints


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ip id 5 dst 10.1.2.3 tos CS1 ttl 9", ("ip", "id", "5", "dst", "10.1.2.3", "tos", "32", "ttl", "9")),
        ("ip src 10.1.2.3 id 7 flags 4", ("ip", "src", "10.1.2.3", "id", "7", "flags", "4")),
        ("ip6 dst fd00::1 tc 8 hoplimit 7", ("ip6", "dst", "fd00::1", "tc", "8", "hoplimit", "7")),
        ("mpls 100/0x20/16", ("mpls", "100/0x20/16")),
        ("ila 2001:db8:0:1", ("ila", "2001:db8:0:1")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["encap {} 10.1.0.0/16 dev eth0", "10.1.0.0/16 dev eth0 encap {}"])
def test_an_encapsulation_ends_with_its_last_option_wherever_it_stands(
    read: Reads, words: str, expected: tuple[str, ...], place: str
) -> None:
    assert _read(read, place.format(words)) == (expected, [])


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("mpls 1048576", "invalid mpls address 1048576 for encapsulation"),
        ("mpls 1/x", "invalid mpls address 1/x for encapsulation"),
        ("ila 1:2:3", "invalid locator 1:2:3 for ila encapsulation"),
        ("ip ttl 9", "address or id missing for ip encapsulation"),
        ("ip6 tc 8", "address or id missing for ip6 encapsulation"),
        ("mpls", "missing address for MPLS encapsulation"),
        ("ila", "missing locator for ILA encapsulation"),
        ("", "Missing encap type"),
        ("gre x", "Unknown encap type - gre"),
    ],
)
def test_a_bad_encapsulation_is_said_and_the_route_goes_without(read: Reads, words: str, problem: str) -> None:
    assert _read(read, f"10.1.0.0/16 dev eth0 encap {words}") == ((), [problem])


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("ip dst fd00::1", "IPv6 address fd00::1 not valid for ip encapsulation"),
        ("ip6 dst 10.1.2.3", "IPv4 address 10.1.2.3 not valid for ip6 encapsulation"),
        ("ip dst nowhere", "Invalid encap ip dst nowhere"),
        ("ip tos 256", "dsfield 256 not valid for ip encapsulation"),
        ("ip6 tc x", "tc value x is invalid for ip6 encapsulation"),
        ("ip ttl 256", "ttl 256 is not valid for ip encapsulation"),
        ("ip6 hoplimit 999", "Invalid hoplimit 999 specified for ip6 encapsulation"),
        ("ip flags 65536", "flags 65536 is not valid for ip encapsulation"),
        ("ip id -1", "encap id -1 value is invalid"),
    ],
)
def test_a_bad_option_is_then_read_as_a_word_of_the_route(read: Reads, words: str, problem: str) -> None:
    encapsulation, complaints = _read(read, f"10.1.0.0/16 dev eth0 encap {words}")
    assert problem in complaints
    assert complaints[-1] != problem  # what follows is no word of a route, or no second destination
    assert encapsulation is None
