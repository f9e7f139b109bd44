"""Routes, rules and static entries of a running keepalived-py: who removes them, what a reload and a killed worker make of them."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.lab import routing
from tests.lab.daemon import Daemon, Program
from tests.lab.process import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.lab.netns import Namespace
    from tests.netns.conftest import Host

pytestmark = pytest.mark.netns

STATIC = """
static_ipaddress {
    192.168.56.77/24 dev eth1
}
static_routes {
    10.70.0.0/16 via 192.168.56.254
    10.71.0.0/16 via 192.168.56.254 dev eth1 src 192.168.56.77
}
static_rules {
    from 10.70.0.0/16 table 70 preference 700
}
"""
INSTANCE = """
vrrp_instance V {{
    interface eth1
    virtual_router_id 80
    version 3
    advert_int 0.2
    priority {priority}
    virtual_ipaddress {{
        192.168.56.205/24
    }}
    virtual_routes {{
        {routes}
    }}
    virtual_rules {{
        {rules}
    }}
}}
"""
ROUTES = (
    "10.1.0.0/16 via 192.168.56.254",
    "10.2.0.0/16 via 192.168.56.254 src 192.168.56.205 metric 50",
    "fd02::/48 dev eth1 metric 60",
    "10.3.0.0/16 via 192.168.56.254 no_track",
)
RULES = ("from 10.1.0.0/16 table 80 preference 800", "from fd02::/48 table 81 preference 801")


def configuration(
    *, routes: tuple[str, ...] = ROUTES, rules: tuple[str, ...] = RULES, priority: int = 255, static: str = STATIC
) -> str:
    return static + INSTANCE.format(routes="\n        ".join(routes), rules="\n        ".join(rules), priority=priority)


class Running:
    """The daemon, and what ip(8) shows of its namespace in short."""

    def __init__(self, host: Host, home: Path, text: str, *options: str) -> None:
        self.namespace: Namespace = host.namespace
        self.file = home / "keepalived.conf"
        home.mkdir(exist_ok=True)
        self.file.write_text(text)
        self.daemon = Daemon(Program.OURS, host.namespace, home, self.file, options=("-D", "-P", *options))

    def routes(self) -> set[str]:
        return {route["dst"] for route in routing.shown_routes(self.namespace) if route["protocol"] == "keepalived"}

    def rules(self) -> set[int]:
        return {rule["priority"] for rule in routing.shown_rules(self.namespace)}

    def has(self, routes: set[str], rules: set[int]) -> Callable[[], bool]:
        return lambda: (self.routes(), self.rules()) == (routes, rules)

    def reload(self, text: str) -> None:
        before = self.daemon.log.count("Reload complete")
        self.file.write_text(text)
        self.daemon.process.signal(signal.SIGHUP)
        wait_until(lambda: self.daemon.log.count("Reload complete") > before, 5, "the reload")


STATIC_ROUTES, STATIC_RULES = {"10.70.0.0/16", "10.71.0.0/16"}, {700}
ALL_ROUTES = STATIC_ROUTES | {"10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16", "fd02::/48"}
ALL_RULES = STATIC_RULES | {800, 801}


@pytest.fixture
def running(host: Host, tmp_path: Path) -> Running:
    made = Running(host, tmp_path / "home", configuration())
    wait_until(made.has(ALL_ROUTES, ALL_RULES), 10, "routes and rules")
    return made


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("route del 10.1.0.0/16", r"\(V\) route 10.1.0.0/16 via 192.168.56.254 was removed by somebody else"),
        ("-6 route del fd02::/48", r"\(V\) route fd02::/48 dev eth1 was removed by somebody else"),
        ("rule del preference 800", r"\(V\) rule 800: from 10.1.0.0/16 table 80 was removed by somebody else"),
        ("-6 rule del preference 801", r"\(V\) rule 801: from fd02::/48 table 81 was removed by somebody else"),
        ("route del 10.70.0.0/16", r"static route 10.70.0.0/16 via 192.168.56.254 was removed by somebody else"),
        ("rule del preference 700", r"static rule 700: from 10.70.0.0/16 table 70 was removed by somebody else"),
        (
            "addr del 192.168.56.77/24 dev eth1",
            r"static address 192.168.56.77/24 on eth1 was removed by somebody else",
        ),
        (
            "addr del 192.168.56.205/24 dev eth1",
            r"\(V\) address 192.168.56.205/24 on eth1 was removed by somebody else",
        ),
    ],
)
def test_what_somebody_else_removes_is_put_back_and_what_went_with_it(
    running: Running, command: str, line: str
) -> None:
    before = running.namespace.addresses("eth1")
    running.namespace.ip(*command.split())
    running.daemon.wait_log(f"{line} - putting it back", 2)
    wait_until(running.has(ALL_ROUTES, ALL_RULES), 2, "everything again")
    assert running.namespace.addresses("eth1") == before
    assert running.daemon.log.count("Entering MASTER STATE") == 1


SIX = """
vrrp_instance V6 {
    interface eth1
    virtual_router_id 80
    advert_int 0.2
    virtual_ipaddress {
        fe80::205/64
        fd56::205/64
    }
    virtual_routes {
        fd02::/48 via fd56::254 src fd56::205
    }
    virtual_rules {
        from fd02::/48 table 81 preference 801
    }
}
"""


def test_an_ipv6_address_comes_back_and_the_route_that_is_sent_from_it_has_its_source_again(
    host: Host, tmp_path: Path
) -> None:
    running = Running(host, tmp_path / "home", SIX)
    wait_until(running.has({"fd02::/48"}, {801}), 15, "the route")
    before = routing.shown_routes(running.namespace)
    assert before[0]["prefsrc"] == "fd56::205"
    removed = time.monotonic()
    running.namespace.ip("addr", "del", "fd56::205/64", "dev", "eth1")
    running.daemon.wait_log("address fd56::205/64 on eth1 was removed by somebody else - putting it back", 2)
    running.daemon.wait_log("Sending unsolicited Neighbour Advert on eth1 for fd56::205", 2, after=removed)
    wait_until(lambda: routing.shown_routes(running.namespace) == before, 2, "the route as it was")
    running.daemon.stop()
    assert (running.routes(), running.rules()) == (set(), set())


def test_with_no_track_nobody_minds_the_loss(running: Running) -> None:
    running.namespace.ip("route", "del", "10.3.0.0/16")
    running.namespace.ip("route", "del", "10.1.0.0/16")
    running.daemon.wait_log("10.1.0.0/16 via 192.168.56.254 was removed", 2)
    wait_until(running.has(ALL_ROUTES - {"10.3.0.0/16"}, ALL_RULES), 2, "the tracked route alone")


def test_with_step_down_the_master_steps_down_for_its_own_and_puts_back_what_is_static(
    host: Host, tmp_path: Path
) -> None:
    running = Running(host, tmp_path / "home", configuration(), "--vip-removed=step-down")
    wait_until(running.has(ALL_ROUTES, ALL_RULES), 10, "routes and rules")
    running.namespace.ip("rule", "del", "preference", "700")
    running.daemon.wait_log("static rule 700: .* - putting it back", 2)
    running.namespace.ip("rule", "del", "preference", "800")
    running.daemon.wait_log("Entering BACKUP STATE", 2)
    wait_until(lambda: running.daemon.log.count("Entering MASTER STATE") == 2, 3, "being MASTER again")
    wait_until(running.has(ALL_ROUTES, ALL_RULES), 2, "everything again")


def test_a_fight_over_a_route_costs_neither_the_log_nor_the_processor(running: Running) -> None:
    deadline = time.monotonic() + 1.5
    removed = 0
    while time.monotonic() < deadline:
        found = running.namespace.run("ip", "route", "del", "10.1.0.0/16", check=False)
        removed += found.returncode == 0
    assert 3 < removed < 12
    assert running.daemon.log.count("somebody else") == 3
    wait_until(running.has(ALL_ROUTES, ALL_RULES), 2, "the route after the fight")


def test_a_reload_changes_what_differs_and_nothing_else(running: Running) -> None:
    monitor = running.namespace.start("ip", "monitor", "route", "rule", "address")
    wait_until(lambda: monitor.poll() is None, 1, "the monitor")
    time.sleep(0.2)
    routes = (ROUTES[0], "10.2.0.0/16 via 192.168.56.253 metric 50", "10.9.0.0/16 via 192.168.56.254")
    running.reload(configuration(routes=routes, rules=RULES[:1], static=""))
    wait_until(running.has({"10.1.0.0/16", "10.2.0.0/16", "10.9.0.0/16"}, {800}), 3, "the new set")
    running.namespace.ip("route", "add", "blackhole", "10.255.0.0/16")
    monitor.wait_line("blackhole 10.255", 3)
    assert "10.1.0.0/16" not in monitor.text.replace("10.1.0.0/16 lookup", "")
    assert "192.168.56.205/24" not in monitor.text
    assert "somebody else" not in running.daemon.log
    running.reload(configuration())
    wait_until(running.has(ALL_ROUTES, ALL_RULES), 3, "the old set")


def test_a_stop_leaves_nothing_behind(running: Running) -> None:
    running.daemon.stop()
    assert (running.routes(), running.rules()) == (set(), set())
    assert running.namespace.addresses("eth1") == {"192.168.56.101/24"}


def test_a_killed_worker_s_successor_takes_over_what_it_finds_and_cleans_up_at_the_end(running: Running) -> None:
    running.daemon.kill_worker("vrrp")
    wait_until(lambda: running.daemon.log.count("Entering MASTER STATE") == 2, 10, "MASTER again")
    assert (running.routes(), running.rules()) == (ALL_ROUTES, ALL_RULES)
    running.namespace.ip("route", "del", "10.1.0.0/16")
    wait_until(running.has(ALL_ROUTES, ALL_RULES), 2, "the route put back by the successor")
    running.daemon.stop()
    assert (running.routes(), running.rules()) == (set(), set())


def test_a_backup_removes_what_a_killed_daemon_left_behind(running: Running, host: Host, tmp_path: Path) -> None:
    running.daemon.kill()
    assert (running.routes(), running.rules()) == (ALL_ROUTES, ALL_RULES)
    second = Running(host, tmp_path / "second", configuration(priority=100))
    second.daemon.wait_log(r"Entering BACKUP STATE \(init\)", 10)
    assert (second.routes(), second.rules()) == (STATIC_ROUTES, STATIC_RULES)
    assert "192.168.56.205/24" not in second.namespace.addresses("eth1")


def test_a_route_that_cannot_be_set_is_named_and_the_others_are_there(host: Host, tmp_path: Path) -> None:
    routes = ("10.1.0.0/16 via 10.50.0.1", "10.2.0.0/16 via 192.168.56.254")
    running = Running(host, tmp_path / "home", configuration(routes=routes, rules=(), static=""))
    running.daemon.wait_log("Netlink: error: Network is unreachable, cannot set route 10.1.0.0/16 via 10.50.0.1", 10)
    wait_until(running.has({"10.2.0.0/16"}, set()), 2, "the other route")


def test_an_instance_is_in_fault_while_the_interface_of_a_static_route_is_down(host: Host, tmp_path: Path) -> None:
    static = "track_group G {\ngroup {\nV\n}\n}\nstatic_routes {\n10.70.0.0/16 dev eth2 track_group G\n}\n"
    running = Running(host, tmp_path / "home", configuration(static=static))
    running.daemon.wait_log("Entering MASTER STATE", 10)
    host.namespace.ip("link", "set", "eth2", "down")
    running.daemon.wait_log("Entering FAULT STATE", 3)
    assert running.routes() == set()
    host.namespace.ip("link", "set", "eth2", "up")
    wait_until(lambda: "10.70.0.0/16" in running.routes(), 5, "the static route again")
