"""Virtual interfaces that the host's kernel may not have: ipvlans, and bases in a VRF."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.capture import Capture
from tests.lab.daemon import Daemon, Program
from tests.lab.netns import Lab
from tests.lab.process import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lab.netns import Lan, Namespace

pytestmark = pytest.mark.vm

VIRTUAL_ADDRESS = "10.66.0.100"
OWN, IPVLAN = "10.66.0.1", "10.66.0.50"


@pytest.fixture
def segment() -> Iterator[tuple[Namespace, Lan]]:
    with Lab() as lab:
        host = lab.namespace("router")
        yield host, lab.lan("switch", {host: ("eth0", f"{OWN}/24")})


def start(host: Namespace, home: Path, *lines: str) -> Daemon:
    text = (
        "vrrp_instance VI {\n    interface eth0\n    virtual_router_id 51\n    priority 150\n    version 3\n"
        "    advert_int 0.5\n"
        + "".join(f"    {line}\n" for line in lines)
        + f"    virtual_ipaddress {{\n        {VIRTUAL_ADDRESS}/24\n    }}\n}}\n"
    )
    return Daemon(Program.OURS, host, home / "home", text)


def shown(host: Namespace, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(host.ip("-j", "-d", "addr", "show", "dev", name))[0]
    return found


@pytest.mark.parametrize("mode", ["bridge", "private", "vepa"])
def test_an_ipvlan_carries_the_adverts_with_its_own_address_and_the_bases_mac(
    segment: tuple[Namespace, Lan], tmp_path: Path, mode: str
) -> None:
    host, lan = segment
    with Capture(lan.switch) as capture:
        daemon = start(host, tmp_path, f"use_ipvlan {IPVLAN}/24 {mode}")
        daemon.wait_log("Entering MASTER STATE", 60)
        advert = capture.wait_advertisement(IPVLAN, 5).decode()
    made = shown(host, "vrrp.51")
    assert (made["linkinfo"]["info_kind"], made["linkinfo"]["info_data"]["mode"]) == ("ipvlan", "l2")
    assert f" {mode} " in host.ip("-d", "link", "show", "dev", "vrrp.51")
    assert [entry["local"] for entry in made["addr_info"]] == [IPVLAN]
    assert advert.src == shown(host, "eth0")["address"]
    assert VIRTUAL_ADDRESS in [entry["local"] for entry in shown(host, "eth0")["addr_info"]]
    assert daemon.stop(15)[0] == 0
    assert "vrrp.51" not in host.ip("link", "show")


def test_a_virtual_mac_is_in_the_vrf_of_its_base_and_follows_it_to_another(
    segment: tuple[Namespace, Lan], tmp_path: Path
) -> None:
    host, _ = segment
    for name, table in (("red", "10"), ("blue", "20")):
        host.ip("link", "add", name, "type", "vrf", "table", table)
        host.ip("link", "set", name, "up")
    host.ip("link", "set", "eth0", "master", "red")
    daemon = start(host, tmp_path, "use_vmac")
    daemon.wait_log("Entering MASTER STATE", 60)
    assert VIRTUAL_ADDRESS in [entry["local"] for entry in shown(host, "vrrp.51")["addr_info"]]
    assert shown(host, "vrrp.51")["master"] == "red"
    host.ip("link", "set", "eth0", "master", "blue")
    wait_until(lambda: shown(host, "vrrp.51").get("master") == "blue", 10, "the virtual MAC in the other VRF")
    daemon.wait_log("Entering MASTER STATE", 30, after=daemon.wait_log("Entering FAULT STATE", 20).when)
    host.ip("link", "set", "eth0", "nomaster")
    wait_until(lambda: "master" not in shown(host, "vrrp.51"), 10, "the virtual MAC in no VRF")
    assert daemon.stop(15)[0] == 0
