"""What needs the virtual machine's kernel: an IPVS table in another namespace than VRRP's, and interfaces that change their VRF."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.lab.daemon import Daemon, Program
from tests.lab.netns import Lab, Namespace
from tests.lab.process import wait_until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.vm

VIRTUAL_ADDRESS = "10.66.0.205"
ROUTER = """
vrrp_instance V {{
    interface eth1
    virtual_router_id 80
    priority {priority}
    virtual_ipaddress {{
        10.66.0.205/32
    }}
}}
"""
BALANCER = """
virtual_server 10.66.0.205 80 {
    lb_algo wrr
    lb_kind NAT
    protocol TCP
    real_server 192.168.33.101 22 {
        weight 1
    }
}
"""


def table(namespace: Namespace) -> bool:
    """Whether the service is in a namespace's table."""
    return f"{VIRTUAL_ADDRESS}:80" in namespace.run("ipvsadm", "-Ln").stdout


@pytest.mark.parametrize("ipvs", ["net_namespace_ipvs", "net_namespace_ipvs {other}"])
def test_the_table_is_where_net_namespace_ipvs_says(tmp_path: Path, ipvs: str) -> None:
    with Lab() as lab:
        outside, inside, other = (lab.namespace(name) for name in ("outside", "inside", "other"))
        lab.lan("lan", {inside: ("eth1", "192.168.56.101/24")})
        words = f"net_namespace {inside.name}\n{ipvs.format(other=other.name)}\n"
        text = words + ROUTER.format(priority=255) + BALANCER
        daemon = Daemon(Program.OURS, outside, tmp_path / "home", text)
        wanted = outside if ipvs == "net_namespace_ipvs" else other
        wait_until(lambda: table(wanted), 60, "the service in the wanted table")
        wait_until(lambda: inside.has_address(VIRTUAL_ADDRESS), 60, "the virtual address")
        assert [table(place) for place in (outside, inside, other)].count(True) == 1
        daemon.stop(timeout=60)
        assert not table(wanted)


def test_routers_hear_each_other_whatever_vrf_their_interfaces_are_in(tmp_path: Path) -> None:
    subprocess.run(["modprobe", "vrf"], check=True)
    with Lab() as lab:
        one, two = lab.namespace("one"), lab.namespace("two")
        lab.lan("lan", {one: ("eth1", "192.168.56.101/24"), two: ("eth1", "192.168.56.102/24")})
        for host in (one, two):
            host.ip_batch("link add red type vrf table 1000", "link set red up")
        master = Daemon(Program.OURS, one, tmp_path / "one", ROUTER.format(priority=150))
        backup = Daemon(Program.OURS, two, tmp_path / "two", ROUTER.format(priority=100))
        for changed in ((two,), (one, two)):
            for host in (one, two):
                host.ip("link", "set", "eth1", *(("master", "red") if host in changed else ("nomaster",)))
            # The kernel takes an interface down and up again for that.
            wait_until(
                lambda: one.has_address(VIRTUAL_ADDRESS), 60, f"the address on the first, {len(changed)} in a VRF"
            )
            wait_until(lambda: not two.has_address(VIRTUAL_ADDRESS), 60, "no address on the second")
            heard = backup.process.lines[-1].when
            master.wait_log("Entering MASTER STATE", 60)
            with pytest.raises(AssertionError):
                backup.wait_log("Entering MASTER STATE", 5, after=heard + 0.001)
        master.stop(timeout=60)
        backup.stop(timeout=60)
