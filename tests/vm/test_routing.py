"""Routes that need VRF, MPLS or ILA, which the kernel of the virtual machine has."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from keepalived_py.kernel.interfaces import list_interfaces
from keepalived_py.kernel.routing import RoutingRequest, RoutingTable
from tests.lab import routing
from tests.lab.daemon import Daemon, Program
from tests.lab.netns import Lab, Namespace, in_namespace
from tests.lab.process import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.vm

CONFIGURATION = """
vrrp_instance V {{
    interface eth0
    virtual_router_id 51
    priority 255
    virtual_ipaddress {{
        10.99.0.100/24
    }}
    virtual_routes {{
        {routes}
    }}
    virtual_rules {{
        l3mdev preference 500
    }}
}}
""".format(routes="\n        ".join(line for line, _ in routing.GUEST_ROUTES))


@pytest.fixture
def routed() -> Iterator[Namespace]:
    """A host with eth0 and eth1, the latter in the VRF ``red``."""
    for module in ("vrf", "mpls_iptunnel", "ila"):
        subprocess.run(["modprobe", module], check=True)
    with Lab() as lab:
        yield _routed(lab, "routed")


def _routed(lab: Lab, name: str) -> Namespace:
    host = lab.namespace(name)
    host.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth0p")
    host.ip("link", "add", "eth1", "type", "veth", "peer", "name", "eth1p")
    host.ip("link", "add", "red", "type", "vrf", "table", "1000")
    host.ip("link", "set", "eth1", "master", "red")
    for link in ("eth0", "eth0p", "eth1", "eth1p", "red"):
        host.ip("link", "set", link, "up")
    host.ip("addr", "add", "10.99.0.1/24", "dev", "eth0")
    host.ip("addr", "add", "fd99::1/64", "dev", "eth0", "nodad")
    return host


def _preferences(host: Namespace) -> list[int]:
    return [rule["priority"] for rule in routing.shown_rules(host)]


def test_routes_through_vrf_mpls_and_ila_are_what_iproute2_makes_of_them(routed: Namespace) -> None:
    def make() -> RoutingTable:
        indices = {name: interface.index for name, interface in list_interfaces().items()}
        return RoutingTable(indices.__getitem__)

    with in_namespace(routed.name, make) as table:
        for line, words in routing.GUEST_ROUTES:
            (route,) = routing.routes(line)
            (added,) = table.apply([RoutingRequest(add=True, item=route)])
            assert (added.errno, added.ok) == (0, True), line
            ours = routing.shown_routes(routed)
            assert table.has(route), line
            (removed,) = table.apply([RoutingRequest(add=False, item=route)])
            assert removed.errno == 0, line
            assert routing.shown_routes(routed) == [], line
            before, hop, hops = (words or line).partition(" nexthop")
            family = "-4" if route.family == 4 else "-6"
            routed.ip(family, "route", "add", *before.split(), "proto", "keepalived", *f"{hop}{hops}".split())
            assert ours == routing.shown_routes(routed), line
            routed.ip(family, "route", "flush", "table", "all", "proto", "keepalived")


def test_the_daemons_make_the_same_of_them_and_ours_puts_them_back(routed: Namespace, tmp_path: Path) -> None:
    seen = {}
    for program in (Program.REFERENCE, Program.OURS):
        daemon = Daemon(program, routed, tmp_path / program.value, CONFIGURATION, options=("-D", "-P"))
        daemon.wait_log("Entering MASTER STATE", 60)
        wait_until(lambda: 500 in _preferences(routed), 30, "the last rule")
        seen[program] = (routing.shown_routes(routed), routing.shown_rules(routed))
        if program is Program.OURS:
            routed.ip("route", "del", "10.60.0.0/16", "table", "1000")
            daemon.wait_log("route 10.60.0.0/16 dev eth1 .* - putting it back", 30)
            wait_until(lambda: routing.shown_routes(routed) == seen[Program.OURS][0], 30, "the route in the VRF")
        daemon.stop(timeout=30)
        assert routing.shown_routes(routed) == []
    (ours, our_rules), (theirs, their_rules) = seen[Program.OURS], seen[Program.REFERENCE]
    assert our_rules == their_rules
    # The reference forgets what a next hop is to wrap its packets in.
    assert [route for route in ours if "nexthops" not in route] == [
        route for route in theirs if "nexthops" not in route
    ]
    (hops,) = (route["nexthops"] for route in ours if "nexthops" in route)
    assert [hop.get("encap") for hop in hops] == ["mpls", None]
