"""What one router may be at the same time: both families and several circles of peers on one virtual router id."""

from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.lab.capture import Capture
from tests.lab.daemon import Daemon, Program
from tests.lab.netns import Lab, Namespace
from tests.lab.process import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lab.netns import Lan

pytestmark = pytest.mark.netns

PATIENCE = 20.0
ROUTERS = (1, 2, 3)

#: On every router: multicast of both families, on the same router id.
GROUPS = """\
vrrp_instance FOUR {{
    interface eth1
    virtual_router_id 51
    priority {priority}
    virtual_ipaddress {{
        10.77.0.104/24
    }}
}}
vrrp_instance SIX {{
    interface eth1
    virtual_router_id 51
    priority {priority}
    virtual_ipaddress {{
        fe80::106/64
        2001:db8:77::106/128
        2001:db8:77::107/64 preferred_lft 600
    }}
}}
"""
#: And with each other router a circle of its own, unicast, again on that id.
CIRCLE = """\
vrrp_instance CIRCLE{name} {{
    interface eth1
    virtual_router_id 51
    priority {priority}
    unicast_src_ip 10.77.0.{own}
    unicast_peer {{
        10.77.0.{peer}
    }}
    virtual_ipaddress {{
        10.77.0.{name}/24
    }}
}}
"""


def _configuration(router: int) -> str:
    text = GROUPS.format(priority=200 - router)
    for peer in ROUTERS:
        if peer != router:
            name = "".join(map(str, sorted((router, peer))))
            # In each circle the router of the higher number is to be MASTER.
            text += CIRCLE.format(name=name, priority=100 + router, own=router, peer=peer)
    return text


class Network:
    """Three routers on one segment."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.namespaces = {number: lab.namespace(f"r{number}") for number in ROUTERS}
        for namespace in self.namespaces.values():
            namespace.sysctl("ipv6", conf__default__accept_dad="0")
        members = {each: ("eth1", f"10.77.0.{number}/24") for number, each in self.namespaces.items()}
        self.lan: Lan = lab.lan("lan", members)
        self.daemons: dict[int, Daemon] = {}
        self.folder = folder

    def start(self, router: int) -> Daemon:
        home = self.folder / str(router)
        self.daemons[router] = Daemon(Program.OURS, self.namespaces[router], home, _configuration(router))
        return self.daemons[router]

    def holders(self, address: str) -> set[int]:
        return {number for number, namespace in self.namespaces.items() if namespace.has_address(address)}

    def wait_holders(self, **wanted: set[int]) -> None:
        addresses = {
            "four": "10.77.0.104",
            "six": "fe80::106",
            "c12": "10.77.0.12",
            "c13": "10.77.0.13",
            "c23": "10.77.0.23",
        }
        for name, routers in wanted.items():
            wait_until(lambda: self.holders(addresses[name]) == routers, PATIENCE, f"{name} on {routers}")  # noqa: B023


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    with Lab() as lab:
        yield Network(lab, tmp_path)


def test_five_virtual_routers_share_an_id_and_each_has_one_master(network: Network) -> None:
    for router in ROUTERS:
        network.start(router)
    network.wait_holders(four={1}, six={1}, c12={2}, c13={3}, c23={3})
    network.daemons[3].kill()
    # Whom a dead router leaves: its addresses stay on it, the others of its circles take over.
    network.wait_holders(four={1}, six={1}, c12={2}, c13={1, 3}, c23={2, 3})
    network.daemons[1].stop()
    network.wait_holders(four={2}, six={2}, c12={2}, c13={3}, c23={2, 3})
    for daemon in network.daemons.values():
        assert "Traceback" not in daemon.log
        assert "received an invalid" not in daemon.log
        assert "not a unicast peer" not in daemon.log


@pytest.fixture
def alone(network: Network) -> Namespace:
    return network.namespaces[1]


@pytest.mark.parametrize("forwarding", ["0", "1"])
def test_ipv6_addresses_are_announced_with_the_router_flag_of_their_interface(
    network: Network, alone: Namespace, forwarding: str
) -> None:
    from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6NDOptDstLLAddr, IPv6
    from scapy.layers.l2 import Ether

    alone.sysctl("ipv6", conf__eth1__forwarding=forwarding)
    with Capture(network.lan.switch) as capture:
        network.start(1)
        network.wait_holders(six={1})
        frame = capture.wait(
            lambda each: each.is_ipv6 and each.data[54] == 136 and each.source == "2001:db8:77::106",
            PATIENCE,
            "an unsolicited neighbour advertisement",
        )
        time.sleep(0.2)
        announced = [each for each in capture.frames if each.is_ipv6 and each.data[54] == 136]
    theirs = Ether(frame.data)
    assert (theirs.dst, theirs[IPv6].dst, theirs[IPv6].hlim) == ("33:33:00:00:00:01", "ff02::1", 255)
    advertisement = theirs[ICMPv6ND_NA]
    assert (int(forwarding), 0, 1) == (advertisement.R, advertisement.S, advertisement.O)
    assert advertisement.tgt == "2001:db8:77::106"
    assert advertisement[ICMPv6NDOptDstLLAddr].lladdr == theirs.src
    # Five rounds, each address in its turn.
    assert [each.source for each in announced][:15] == ["fe80::106", "2001:db8:77::106", "2001:db8:77::107"] * 5


def test_ipv6_addresses_are_set_as_configured_and_go_at_the_end(network: Network, alone: Namespace) -> None:
    daemon = network.start(1)
    network.wait_holders(six={1})
    wait_until(lambda: alone.has_address("2001:db8:77::107"), PATIENCE, "the last address")
    (link,) = json.loads(alone.ip("-j", "-6", "addr", "show", "dev", "eth1"))
    shown = {entry["local"]: entry for entry in link["addr_info"]}
    host, other = shown["2001:db8:77::106"], shown["2001:db8:77::107"]
    assert (host["prefixlen"], host["nodad"], host["deprecated"]) == (128, True, True)
    assert (other["prefixlen"], other["nodad"], "deprecated" in other) == (64, True, False)
    assert (host["preferred_life_time"], 590 < other["preferred_life_time"] <= 600) == (0, True)
    assert daemon.stop()[0] == 0
    for address in ("fe80::106", "2001:db8:77::106", "2001:db8:77::107"):
        assert not alone.has_address(address)


def test_without_a_link_local_address_an_ipv6_router_waits_for_one(network: Network, alone: Namespace) -> None:
    own = next(word for word in alone.ip("-6", "addr", "show", "dev", "eth1").split() if word.startswith("fe80"))
    alone.ip("addr", "del", own, "dev", "eth1")
    daemon = network.start(1)
    daemon.wait_log(r"\(SIX\) entering FAULT state \(no IPv6 address for interface\)", PATIENCE)
    daemon.wait_log(r"\(FOUR\) Entering MASTER STATE", PATIENCE)
    alone.ip("addr", "add", own, "dev", "eth1")
    daemon.wait_log(r"\(SIX\) Entering BACKUP STATE", PATIENCE)
    network.wait_holders(six={1})
    asked = time.monotonic()
    alone.ip("addr", "del", own, "dev", "eth1")
    daemon.wait_log(r"\(SIX\) Entering FAULT STATE", PATIENCE, after=asked)
    network.wait_holders(six=set(), four={1})


def test_a_reload_changes_the_authentication_of_a_master_that_stays_master(network: Network, alone: Namespace) -> None:
    text = """\
vrrp_instance V {
    interface eth1
    virtual_router_id 51
    virtual_ipaddress {
        10.77.0.104/24
    }
    authentication {
        auth_type KIND
        auth_pass secret
    }
}
"""
    daemon = Daemon(Program.OURS, alone, network.folder / "1", text.replace("KIND", "PASS"))
    network.wait_holders(four={1})
    with Capture(network.lan.switch) as capture:
        for kind, authenticated in (("AH", True), ("PASS", False)):
            daemon.configuration.write_text(text.replace("KIND", kind))
            asked = daemon.process.signal(signal.SIGHUP)
            done = daemon.wait_log("Reload complete", PATIENCE, after=asked).when
            for _ in range(2):
                # At once, and again after an interval.
                frame = capture.wait_advertisement("10.77.0.1", 2, after=done)
                assert frame.is_authenticated is authenticated
                done = frame.when + 0.01
    assert network.holders("10.77.0.104") == {1}
    assert daemon.log.count("Entering MASTER STATE") == 1


def test_unicast_needs_no_interface_of_its_own(network: Network) -> None:
    text = """\
vrrp_instance V {{
    virtual_router_id 51
    priority {priority}
    unicast_src_ip 10.77.0.{own}
    unicast_peer {{
        10.77.0.{peer}
    }}
    virtual_ipaddress {{
        10.77.0.104/24 dev eth1
    }}
}}
"""
    for own, peer, priority in ((1, 2, 150), (2, 1, 100)):
        configuration = text.format(own=own, peer=peer, priority=priority)
        network.daemons[own] = Daemon(Program.OURS, network.namespaces[own], network.folder / str(own), configuration)
    network.wait_holders(four={1})
    network.daemons[2].wait_log(r"\(V\) master set to 10.77.0.1", PATIENCE)
    assert network.daemons[1].stop()[0] == 0
    network.wait_holders(four={2})
    for daemon in network.daemons.values():
        assert "rror" not in daemon.log
        assert "Traceback" not in daemon.log


def test_unicast_without_peers_is_a_fault_until_a_reload_names_one(network: Network, alone: Namespace) -> None:
    text = """\
vrrp_instance V {
    interface eth1
    virtual_router_id 51
    unicast_fault_no_peer
    unicast_peer {
        PEER
    }
    virtual_ipaddress {
        10.77.0.104/24
    }
}
"""
    daemon = Daemon(Program.OURS, alone, network.folder / "1", text.replace("PEER", ""))
    daemon.wait_log(r"\(V\) Cannot use unicast without any peers - going to fault state", PATIENCE)
    daemon.wait_log(r"\(V\) entering FAULT state", PATIENCE)
    with Capture(network.lan.switch) as capture:
        daemon.configuration.write_text(text.replace("PEER", "10.77.0.2"))
        daemon.process.signal(signal.SIGHUP)
        network.wait_holders(four={1})
        capture.wait_advertisement("10.77.0.1", 2)
        assert {frame.destination for frame in capture.advertisements("10.77.0.1")} == {"10.77.0.2"}
