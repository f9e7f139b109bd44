"""The interface comes, goes, loses its carrier, gets other names: the log is the reference's, line by line."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.lab.daemon import Daemon, Program
from tests.lab.netns import Lab

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.lab.netns import Lan, Namespace

pytestmark = [pytest.mark.netns, pytest.mark.interop]

ADDRESS = "192.168.56.101/24"
CONFIGURATION = """\
global_defs {
    dynamic_interfaces
    vrrp_garp_master_delay 0
    vrrp_garp_master_repeat 1
}
vrrp_instance VI {
    interface eth1
    virtual_router_id 80
    priority 150
    version 3
    advert_int 0.2
    virtual_ipaddress {
        192.168.57.205/24
    }
}
"""
MASTER, FAULT, BACKUP = r"Sending gratuitous ARP on eth1", r"removing VIPs", r"Entering BACKUP STATE$"
#: What is told of the interface and of the instance, but for IPv6's addresses, which come in the kernel's own time, and the
#: reference's second attempt to send over an interface that is gone.
TOLD = re.compile(
    r"(\(VI\)|Netlink reports|Interface |Configuration specifies|(Dea|A)ssigned address [\d.]+ |Sending gratuitous)"
)
LEFT_OUT = re.compile(r"send advert error|address fe80")


def rename(host: Namespace, old: str, new: str) -> None:
    host.ip_batch(f"link set {old} down", f"link set {old} name {new}", f"link set {new} up")


def acts(host: Namespace, lan: Lan) -> dict[str, tuple[Callable[[], object], str]]:
    """What is done, and the line that ends each act."""
    return {
        "the interface appears": (lambda: lan.join(host, "eth1", ADDRESS), MASTER),
        "it is set down": (lambda: host.ip("link", "set", "eth1", "down"), FAULT),
        "it is set up": (lambda: host.ip("link", "set", "eth1", "up"), MASTER),
        "it loses its carrier": (lambda: lan.pull(host, "eth1"), FAULT),
        "the carrier is back": (lambda: lan.plug(host, "eth1"), MASTER),
        "it is deleted": (lambda: host.ip("link", "del", "eth1"), "Interface eth1 deleted"),
        "it is made anew": (lambda: lan.join(host, "eth1", ADDRESS), MASTER),
        "it gets another name": (lambda: rename(host, "eth1", "other"), "Interface other added"),
        "it has its name again": (lambda: rename(host, "other", "eth1"), MASTER),
        "the other end changes its size": (lambda: host.ip("link", "set", "eth1", "mtu", "1400"), ""),
    }


def play(program: Program, folder: Path) -> dict[str, list[str]]:
    """Give the lines that are told in each act."""
    told: dict[str, list[str]] = {}
    with Lab() as lab:
        host = lab.namespace("host")
        lan = lab.lan("lan", {host: ("eth9", "192.168.99.101/24")})
        daemon = Daemon(program, host, folder / program.value, CONFIGURATION)
        seen = daemon.wait_log("entering FAULT state$", 10).when
        told["the interface is not there"] = lines(daemon, 0, seen)
        for name, (act, end) in acts(host, lan).items():
            after = seen + 1e-9
            act()
            if end:
                seen = daemon.wait_log(end, 10, after=after).when
                told[name] = lines(daemon, after, seen)
        daemon.stop()
    return told


def lines(daemon: Daemon, after: float, until: float) -> list[str]:
    found = [line.text[25:] for line in daemon.process.lines if after <= line.when <= until]
    return [text for text in found if TOLD.match(text) and not LEFT_OUT.search(text)]


def test_each_act_is_told_in_the_references_words_and_order(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        ours, theirs = pool.map(lambda program: play(program, tmp_path), (Program.OURS, Program.REFERENCE))
    assert len(ours) == 10
    # The reference has nothing to remove where nothing is, and does not say that it looks.
    ours["the interface is not there"] = [
        line for line in ours["the interface is not there"] if "removing VIPs" not in line
    ]
    assert ours == theirs
