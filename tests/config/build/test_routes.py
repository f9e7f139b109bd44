from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.config.conftest import Says


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("10.0.0.0/8 via 198.51.100.254 dev eth0", None),
        ("default via 198.51.100.254 dev eth0 metric 5 table main no_track", None),
        ("blackhole 10.0.0.0/8", None),
        ("2001:db8::/32 via 2001:db8::1 dev eth0 pref high", None),
        ("src 198.51.100.1 to 10.0.0.0/8 gw 198.51.100.254", '"gw" for routes is deprecated. Please use "via"'),
        ("10.0.0.0/8 via gateway", "invalid route via address gateway"),
        ("somewhere", "unknown route keyword somewhere"),
        ("via 198.51.100.254", "Route must have a destination"),
        ("10.0.0.0/8 dev eth9", "WARNING - interface eth9 for VROUTE nexthop doesn't exist"),
        ("10.0.0.0/8 mtu lock x", "Invalid MTU x specified for route"),
        ("10.0.0.0/8 rtt 10ms", "rtt value 10ms below minimum 200ms, resetting"),
        ("10.0.0.0/8 table nowhere", "Routing table nowhere not found for route"),
        (
            "10.0.0.0/8 protocol static",
            "Route cannot be tracked if protocol is not RTPROT_KEEPALIVED(18), resetting protocol",
        ),
        ("10.0.0.0/8 via 2001:db8::1", "Cannot mix IPv4 and IPv6 addresses for route"),
    ],
)
def test_a_route_is_read_as_keepalived_reads_it(says: Says, line: str, message: str | None) -> None:
    said = says(f"static_routes {{\n{line}\n}}\n")
    if message is None:
        assert said == []
    else:
        assert f"(Line 2) {message}" in said


GROUP = "track_group G {\ngroup {\nV\n}\n}\nvrrp_instance V {\ninterface eth0\nvirtual_router_id 5\n}\n"


@pytest.mark.parametrize(
    ("block", "line", "messages"),
    [
        ("static_routes", "10.0.0.0/8 dev eth0 track_group G", []),
        ("static_routes", "10.0.0.0/8 dev eth0 track_group H", ["track_group H not found"]),
        (
            "static_routes",
            "10.0.0.0/8 via 198.51.100.254 track_group G",
            ["Static route cannot have track group if no oif specified"],
        ),
        (
            "static_routes",
            "10.0.0.0/8 dev eth0 track_group G track_group G",
            ["track_group G is a duplicate", "Route has trailing nonsense - G"],
        ),
        ("static_ipaddress", "10.0.0.1/24 dev eth0 track_group G", []),
        ("static_ipaddress", "10.0.0.1/24 dev eth0 track_group H", ["track_group H not found"]),
        ("static_ipaddress", "10.0.0.1/24 dev eth0 track_group G track_group G bad", ["track_group G is a duplicate"]),
    ],
)
def test_a_static_entry_may_name_a_track_group(says: Says, block: str, line: str, messages: list[str]) -> None:
    said = [text for text in says(f"{GROUP}{block} {{\n{line}\n}}\n") if "rack" in text or "trailing" in text]
    assert said == [f"(Line 11) {message}" for message in messages]


def test_a_virtual_route_names_no_track_group(says: Says) -> None:
    text = GROUP.removesuffix("}\n") + "virtual_routes {\n10.0.0.0/8 dev eth0 track_group G\n}\n}\n"
    assert any("unknown route keyword track_group" in line for line in says(text))
