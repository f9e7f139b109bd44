"""Virtual MACs and packet filters of a running daemon, as others on the segment see them: MACs, switches, and who answers."""

from __future__ import annotations

import json
import signal
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.capture import Capture
from tests.lab.daemon import Daemon, Program
from tests.lab.netns import Lab, in_namespace
from tests.lab.process import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lab.capture import Frame
    from tests.lab.netns import Lan, Namespace

pytestmark = pytest.mark.netns

VIRTUAL_ADDRESS = "10.66.0.100"
VIRTUAL_MAC = "00:00:5e:00:01:33"
FIRST, SECOND, CLIENT = "10.66.0.1", "10.66.0.2", "10.66.0.9"


class Segment:
    """Two routers and a client on one LAN, and what has been started there."""

    def __init__(self, lab: Lab, home: Path) -> None:
        self.home = home
        self.first, self.second, self.client = (lab.namespace(name) for name in ("first", "second", "client"))
        members = {self.first: FIRST, self.second: SECOND, self.client: CLIENT}
        self.lan: Lan = lab.lan("switch", {host: ("eth0", f"{address}/24") for host, address in members.items()})
        for host in (self.first, self.second):
            host.sysctl(conf__eth0__arp_ignore="0", conf__all__rp_filter="0")

    def start(self, host: Namespace, *lines: str, priority: int = 150, globals_: str = "") -> Daemon:
        return Daemon(
            Program.OURS, host, self.home / host.name, configuration(*lines, priority=priority, globals_=globals_)
        )

    def master(self, host: Namespace, *lines: str, priority: int = 150, globals_: str = "") -> Daemon:
        daemon = self.start(host, *lines, priority=priority, globals_=globals_)
        wait_until(lambda: host.has_address(VIRTUAL_ADDRESS), 10, "the virtual address")
        return daemon

    def answers(self) -> bool:
        # The router must know the client already: else it asks for it over its base, in the name of the virtual address.
        for host in (self.first, self.second):
            answers(host, CLIENT)
        return answers(self.client, VIRTUAL_ADDRESS)

    def mac_at_client(self) -> str:
        neighbours = json.loads(self.client.ip("-j", "neigh", "show", VIRTUAL_ADDRESS))
        return str(neighbours[0].get("lladdr", "")) if neighbours else ""

    def port_of(self, mac: str) -> str:
        """The port of the switch behind which it has learnt a MAC, "" when it has not."""
        entries = json.loads(self.lan.switch.run("bridge", "-j", "fdb", "show", "br", "segment").stdout)
        return next((entry["ifname"] for entry in entries if entry["mac"] == mac and entry.get("state", "") == ""), "")


@pytest.fixture
def segment(tmp_path: Path) -> Iterator[Segment]:
    with Lab() as lab:
        yield Segment(lab, tmp_path)


def configuration(*lines: str, priority: int = 150, globals_: str = "", address: str = f"{VIRTUAL_ADDRESS}/24") -> str:
    return (
        f"global_defs {{\n    vrrp_garp_master_delay 0\n    {globals_}\n}}\n"
        "vrrp_instance VI {\n"
        f"    interface eth0\n    virtual_router_id 51\n    priority {priority}\n    version 3\n    advert_int 0.2\n"
        + "".join(f"    {line}\n" for line in lines)
        + f"    virtual_ipaddress {{\n        {address}\n    }}\n"
        "}\n"
    )


def answers(host: Namespace, address: str, *, source: str = "") -> bool:
    """Whether somebody says no to a connection to a port where nobody listens, within a second."""

    def connect() -> bool:
        try:
            socket.create_connection((address, 9), timeout=1, source_address=(source, 0)).close()
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
        raise AssertionError("somebody listens on the discard port")

    return in_namespace(host.name, connect)


def is_igmp(frame: Frame) -> bool:
    return frame.is_ipv4 and frame.data[23] == socket.IPPROTO_IGMP


def shown(host: Namespace, name: str) -> dict[str, Any]:
    """What ip(8) says of an interface, {} when there is none."""
    try:
        found: dict[str, Any] = json.loads(host.ip("-j", "-d", "addr", "show", "dev", name))[0]
    except RuntimeError:
        return {}
    return found


def setting(host: Namespace, path: str) -> str:
    return host.run("cat", f"/proc/sys/net/{path}").stdout.strip()


def test_adverts_and_announcements_leave_from_the_virtual_mac_with_the_routers_own_address(segment: Segment) -> None:
    with Capture(segment.lan.switch) as capture:
        segment.master(segment.first, "use_vmac")
        advert = capture.wait_advertisement(FIRST, 5).decode()
        assert (advert.src, advert["IP"].src) == (VIRTUAL_MAC, FIRST)
        arp = capture.wait(
            lambda frame: frame.is_arp and frame.data[28:32] == bytes((10, 66, 0, 100)), 5, "ARP"
        ).decode()
        assert (arp.src, arp["ARP"].hwsrc, arp["ARP"].psrc) == (VIRTUAL_MAC, VIRTUAL_MAC, VIRTUAL_ADDRESS)
        assert segment.answers()
        assert segment.mac_at_client() == VIRTUAL_MAC


def test_the_switch_finds_the_virtual_mac_behind_whoever_took_over_and_clients_notice_nothing(segment: Segment) -> None:
    better = segment.master(segment.first, "use_vmac", priority=150)
    worse = segment.start(segment.second, "use_vmac", priority=100)
    worse.wait_log("Entering BACKUP STATE", 5)
    assert segment.answers()
    before = segment.port_of(VIRTUAL_MAC)
    assert before == "port1"
    better.kill()
    # The dead one's interface is still there and must not answer: only the cable tells the client who does.
    segment.lan.part(segment.first, "eth0")
    wait_until(lambda: segment.port_of(VIRTUAL_MAC) == "port2", 5, "the switch to learn the virtual MAC anew")
    assert segment.mac_at_client() == VIRTUAL_MAC
    assert segment.answers()


def test_a_backup_never_speaks_with_the_virtual_mac(segment: Segment) -> None:
    segment.master(segment.first, "use_vmac")
    with Capture(segment.lan.switch) as capture:
        backup = segment.start(segment.second, "use_vmac", priority=100)
        backup.wait_log("Entering BACKUP STATE", 5)
        # Its report of having joined the group leaves from the base, or switches would look for the virtual MAC here.
        base = bytes.fromhex(shown(segment.second, "eth0")["address"].replace(":", ""))
        capture.wait(lambda frame: is_igmp(frame) and frame.data[6:12] == base, 5, "its report of the group")
        assert {frame.source for frame in capture.frames if frame.decode().src == VIRTUAL_MAC} <= {FIRST}
        assert segment.port_of(VIRTUAL_MAC) == "port1"


def test_with_vmac_xmit_base_adverts_leave_from_the_base_and_the_address_is_on_the_virtual_mac(
    segment: Segment,
) -> None:
    with Capture(segment.lan.switch) as capture:
        segment.master(segment.first, "use_vmac", "vmac_xmit_base")
        advert = capture.wait_advertisement(FIRST, 5).decode()
        assert advert.src == shown(segment.first, "eth0")["address"]
        assert segment.answers()
        assert segment.mac_at_client() == VIRTUAL_MAC


def test_a_stop_leaves_everything_as_it_was(segment: Segment) -> None:
    host = segment.first
    host.sysctl(conf__all__rp_filter="1", conf__eth0__arp_ignore="2")
    daemon = segment.master(host, "use_vmac", "no_accept")
    assert setting(host, "ipv4/conf/eth0/arp_ignore") == "1"
    assert setting(host, "ipv4/conf/all/rp_filter") == "0"
    assert "vrrp.51" in host.run("nft", "list", "ruleset").stdout
    assert daemon.stop()[0] == 0
    assert shown(host, "vrrp.51") == {}
    assert host.run("nft", "list", "ruleset").stdout == ""
    assert [setting(host, f"ipv4/conf/{name}") for name in ("eth0/arp_ignore", "eth0/arp_filter", "all/rp_filter")] == [
        "2",
        "0",
        "1",
    ]


def test_a_virtual_interface_that_somebody_deletes_is_made_anew_and_the_router_recovers(segment: Segment) -> None:
    daemon = segment.master(segment.first, "use_vmac")
    segment.first.ip("link", "del", "vrrp.51")
    daemon.wait_log("Interface vrrp.51 deleted", 3)
    daemon.wait_log("Entering BACKUP STATE", 3, after=daemon.wait_log("Entering FAULT STATE", 3).when)
    wait_until(lambda: segment.first.has_address(VIRTUAL_ADDRESS), 5, "the virtual address once more")
    assert segment.answers()
    assert segment.mac_at_client() == VIRTUAL_MAC


def test_when_the_base_goes_and_comes_back_so_does_the_virtual_interface(segment: Segment) -> None:
    daemon = segment.master(segment.first, "use_vmac")
    segment.first.ip("link", "del", "eth0")
    gone = daemon.wait_log("Interface eth0 deleted", 3)
    segment.lan.join(segment.first, "eth0", f"{FIRST}/24")
    daemon.wait_log("Success creating VMAC interface vrrp.51", 3, after=gone.when)
    wait_until(lambda: segment.first.has_address(VIRTUAL_ADDRESS), 5, "the virtual address once more")
    assert segment.answers()


def test_a_respawned_worker_adopts_what_the_dead_one_left(segment: Segment) -> None:
    daemon = segment.master(segment.first, "use_vmac", "no_accept")
    index = shown(segment.first, "vrrp.51")["ifindex"]
    _, killed = daemon.kill_worker("vrrp")
    daemon.wait_log("Deleting old ip keepalived table", 10, after=killed)
    daemon.wait_log("Entering MASTER STATE", 10, after=killed)
    assert shown(segment.first, "vrrp.51")["ifindex"] == index
    wait_until(lambda: "10.66.0.100" in segment.first.run("nft", "list", "ruleset").stdout, 3, "the filter once more")
    assert daemon.stop()[0] == 0
    assert shown(segment.first, "vrrp.51") == {}


def test_a_restart_after_a_crash_uses_the_interface_that_is_there(segment: Segment) -> None:
    segment.master(segment.first, "use_vmac").kill()
    index = shown(segment.first, "vrrp.51")["ifindex"]
    daemon = segment.start(segment.first, "use_vmac")
    daemon.wait_log("Entering MASTER STATE", 10)
    assert "(VI) Found matching interface vrrp.51" in daemon.log
    assert shown(segment.first, "vrrp.51")["ifindex"] == index
    assert daemon.stop()[0] == 0
    assert shown(segment.first, "vrrp.51") == {}


def test_a_reload_brings_and_removes_the_virtual_mac_and_keeps_it_when_nothing_changed(segment: Segment) -> None:
    daemon = segment.master(segment.first)
    assert segment.mac_at_client() != VIRTUAL_MAC

    def reload(*lines: str) -> None:
        daemon.configuration.write_text(configuration(*lines))
        when = daemon.process.signal(signal.SIGHUP)
        daemon.wait_log("Reload complete", 5, after=when)
        wait_until(lambda: segment.first.has_address(VIRTUAL_ADDRESS), 5, "the virtual address")

    reload("use_vmac")
    first = shown(segment.first, "vrrp.51")
    assert VIRTUAL_ADDRESS in [entry["local"] for entry in first["addr_info"]]
    reload("use_vmac", "no_accept")
    assert shown(segment.first, "vrrp.51")["ifindex"] == first["ifindex"]
    wait_until(lambda: not segment.answers(), 3, "silence")
    reload()
    assert shown(segment.first, "vrrp.51") == {}
    assert segment.first.addresses("eth0") == {f"{FIRST}/24", f"{VIRTUAL_ADDRESS}/24"}
    wait_until(segment.answers, 5, "an answer")


@pytest.mark.parametrize("lines", [("no_accept",), ("strict_mode",), ("use_vmac", "no_accept")], ids=" ".join)
def test_an_address_that_is_not_accepted_resolves_but_does_not_answer(segment: Segment, lines: tuple[str, ...]) -> None:
    daemon = segment.master(segment.first, *lines)
    assert "(VI) setting firewall drop rule" in daemon.log
    assert not segment.answers()
    assert segment.mac_at_client()
    # The router itself is reached, and nobody on it can use the address.
    assert answers(segment.client, FIRST)
    assert answers(segment.first, CLIENT)
    assert not answers(segment.first, CLIENT, source=VIRTUAL_ADDRESS)


def test_the_owner_of_the_address_answers_in_strict_mode(segment: Segment) -> None:
    daemon = segment.master(segment.first, "strict_mode", priority=255)
    assert "firewall" not in daemon.log
    assert segment.answers()


def test_an_ipv6_router_sends_from_its_link_local_address_on_the_virtual_mac(segment: Segment) -> None:
    host = segment.first
    own = next(entry["local"] for entry in shown(host, "eth0")["addr_info"] if entry["local"].startswith("fe80"))
    text = configuration("use_vmac", address="fe80::51/64\n        fd99::100/64")
    with Capture(segment.lan.switch) as capture:
        Daemon(Program.OURS, host, segment.home / "six", text)
        advert = capture.wait_advertisement(own, 8).decode()
        assert advert.src == "00:00:5e:00:02:33"
        wait_until(lambda: host.has_address("fd99::100"), 5, "the virtual address")
        spoken = [frame.decode() for frame in capture.frames if frame.is_ipv6]
        ours = [packet for packet in spoken if packet.src == "00:00:5e:00:02:33"]
        assert ours
        assert not [packet for packet in ours if packet.haslayer("ICMPv6ND_RS") or packet.haslayer("ICMPv6MLReport2")]


def test_addresses_on_another_interface_answer_with_the_virtual_mac_too(segment: Segment) -> None:
    segment.lan.join(segment.first, "eth1", "10.67.0.1/24")
    # On the same segment, eth0 would answer for everything of this host.
    segment.first.sysctl(conf__eth0__arp_ignore="1")
    segment.client.ip("addr", "add", "10.67.0.9/24", "dev", "eth0")
    text = configuration("use_vmac_addr", "virtual_ipaddress_excluded {\n 10.67.0.100/24 dev eth1\n }")
    daemon = Daemon(Program.OURS, segment.first, segment.home / "elsewhere", text)
    wait_until(lambda: segment.first.has_address("10.67.0.100"), 5, "the address on the other interface")
    assert shown(segment.first, "vrrp.51")["link"] == "eth1"
    answers(segment.first, "10.67.0.9", source="10.67.0.1")
    assert answers(segment.client, "10.67.0.100")
    assert json.loads(segment.client.ip("-j", "neigh", "show", "10.67.0.100"))[0]["lladdr"] == VIRTUAL_MAC
    assert segment.mac_at_client() != VIRTUAL_MAC
    assert daemon.stop()[0] == 0
    assert shown(segment.first, "vrrp.51") == {}
