"""Addresses, routes and rules side by side: keepalived and keepalived-py with one configuration, each in a namespace of its own.

Everything that ``tests/lab/routing.py`` lists, compared as ip(8) shows it: while MASTER, and after the stop.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.lab import routing
from tests.lab.daemon import Daemon, Program
from tests.lab.netns import Lab
from tests.lab.process import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.netns, pytest.mark.interop]

ADDRESSES = (
    "10.99.1.1/24",
    "10.99.1.2/24 broadcast + label eth0:vip",
    "10.99.1.3/24 brd 10.99.1.127 scope link",
    "10.99.2.1 peer 10.99.2.2",
    "10.99.1.4/32 dev eth1 scope site no_track",
    "10.99.1.5/24 brd - scope host",
)
EXCLUDED = ("10.99.3.1/24 dev eth1", "10.99.3.2/24 dev eth1 label eth1:more")
STATIC_ADDRESSES = ("10.98.0.1/24 dev eth0 label eth0:s", "10.98.1.1 peer 10.98.1.2 dev eth1", "10.98.0.2/24 dev eth0")
STATIC_ROUTES = (
    "10.200.0.0/16 via 10.99.0.254 track_group EDGE",
    "10.201.0.0/16 via 10.98.0.254 dev eth0 track_group EDGE",
    "blackhole 10.202.0.0/16 table 200",
    "fd20::/48 via fd99::254 metric 9",
)
STATIC_RULES = ("from 10.200.0.0/16 table 200 preference 900", "iif eth0 table 201 preference 901 track_group EDGE")

CONFIGURATION = """
track_group EDGE {{
    group {{
        V
    }}
}}
static_ipaddress {{
    {static_addresses}
}}
static_routes {{
    {static_routes}
}}
static_rules {{
    {static_rules}
}}
vrrp_instance V {{
    interface eth0
    virtual_router_id 51
    version 3
    advert_int 0.2
    garp_master_delay 0
    garp_master_repeat 1
    promote_secondaries
    virtual_ipaddress {{
        {addresses}
    }}
    virtual_ipaddress_excluded {{
        {excluded}
    }}
    virtual_routes {{
        {routes}
    }}
    virtual_rules {{
        {rules}
    }}
}}
""".format(
    static_addresses="\n    ".join(STATIC_ADDRESSES),
    static_routes="\n    ".join(STATIC_ROUTES),
    static_rules="\n    ".join(STATIC_RULES),
    addresses="\n        ".join(ADDRESSES),
    excluded="\n        ".join(EXCLUDED),
    routes="\n        ".join(line for line, _ in routing.ROUTES),
    rules="\n        ".join(line for line, _ in routing.RULES),
)


class Seen(NamedTuple):
    """What ip(8) shows of a host."""

    addresses: list[Any]
    routes: list[Any]
    rules: list[Any]
    promote_secondaries: str


class Host:
    """A namespace with eth0 and eth1, and a daemon in it."""

    def __init__(self, lab: Lab, program: Program, folder: Any) -> None:
        self.namespace = host = lab.namespace(program.value)
        host.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth1")
        for name in ("eth0", "eth1"):
            host.run("sysctl", "-qw", f"net.ipv6.conf.{name}.addr_gen_mode=1")
            host.ip("link", "set", name, "up")
        host.ip("addr", "add", "10.99.0.1/24", "dev", "eth0")
        host.ip("addr", "add", "fd99::1/64", "dev", "eth0", "nodad")
        self.before = self.look()
        self.daemon = Daemon(program, host, folder / program.value, CONFIGURATION, options=("-D", "-P"))

    def has_last_rule(self) -> bool:
        last = routing.RULES[-1][0].split()[-1]
        return any(str(rule["priority"]) == last for rule in self.look().rules)

    def look(self) -> Seen:
        shown = json.loads(self.namespace.ip("-j", "addr", "show"))
        addresses = [
            {key: value for key, value in address.items() if key not in {"protocol", "dynamic"}}
            | {"dev": link["ifname"]}
            for link in shown
            for address in link["addr_info"]
        ]
        return Seen(
            addresses=addresses,
            routes=routing.shown_routes(self.namespace),
            rules=routing.shown_rules(self.namespace),
            promote_secondaries=self.namespace.run(
                "sysctl", "-n", "net.ipv4.conf.eth0.promote_secondaries"
            ).stdout.strip(),
        )


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Program, tuple[Seen, Seen, Seen]]]:
    """What each host showed before the daemon, while it was MASTER, and after its stop."""
    with Lab() as lab:
        folder = tmp_path_factory.mktemp("routing")
        running = {program: Host(lab, program, folder) for program in Program}
        seen: dict[Program, tuple[Seen, Seen, Seen]] = {}
        for program, host in running.items():
            host.daemon.wait_log("Entering MASTER STATE", 15)
            wait_until(host.has_last_rule, 10, "the last rule")
            master = host.look()
            host.daemon.stop()
            seen[program] = (host.before, master, host.look())
        yield seen


def test_addresses_are_the_reference_s_with_every_option(hosts: dict[Program, tuple[Seen, Seen, Seen]]) -> None:
    (_, ours, _), (_, theirs, _) = hosts[Program.OURS], hosts[Program.REFERENCE]
    assert ours.addresses == theirs.addresses
    assert len(ours.addresses) > len(ADDRESSES + EXCLUDED + STATIC_ADDRESSES)


def test_routes_are_the_reference_s_in_every_table(hosts: dict[Program, tuple[Seen, Seen, Seen]]) -> None:
    (_, ours, _), (_, theirs, _) = hosts[Program.OURS], hosts[Program.REFERENCE]
    assert ours.routes == theirs.routes
    assert len(ours.routes) >= len(routing.ROUTES) + len(STATIC_ROUTES)


def test_rules_are_the_reference_s(hosts: dict[Program, tuple[Seen, Seen, Seen]]) -> None:
    (_, ours, _), (_, theirs, _) = hosts[Program.OURS], hosts[Program.REFERENCE]
    assert ours.rules == theirs.rules
    assert len(ours.rules) == len(routing.RULES) + len(STATIC_RULES)


@pytest.mark.parametrize("program", list(Program))
def test_after_the_stop_routes_and_rules_are_as_before(
    program: Program, hosts: dict[Program, tuple[Seen, Seen, Seen]]
) -> None:
    before, master, after = hosts[program]
    assert (before.promote_secondaries, master.promote_secondaries, after.promote_secondaries) == ("0", "1", "0")
    assert (after.routes, after.rules) == (before.routes, before.rules)


def test_addresses_with_a_peer_are_removed_which_the_reference_leaves_behind(
    hosts: dict[Program, tuple[Seen, Seen, Seen]],
) -> None:
    before, _, after = hosts[Program.OURS]
    assert after.addresses == before.addresses
    before, _, after = hosts[Program.REFERENCE]
    left = [address["local"] for address in after.addresses if address not in before.addresses]
    assert sorted(left) == ["10.98.1.1", "10.99.2.1"]
