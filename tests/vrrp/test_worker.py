"""The worker on real interfaces: what it puts on the wire and on the interface, and how it ends."""

from __future__ import annotations

import pickle
import signal
import sys
import time
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from keepalived_py.config.ast import (
    Command,
    Configuration,
    GratuitousArpTiming,
    NotifyScripts,
    TrackedScript,
    UnicastPeer,
    VirtualAddress,
    VrrpInstance,
    VrrpScript,
)
from keepalived_py.wire.vrrp import GROUP_IPV4
from tests.lab.capture import Capture
from tests.lab.netns import Lab, Namespace
from tests.lab.process import Process, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.netns

ROOT = Path(__file__).parents[2]
FIRST, SECOND, VIP = "10.7.0.1", "10.7.0.2", "10.7.0.100"
FAST = 500_000


class Segment:
    """Two hosts on a LAN, and a capture of it."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.folder = folder
        self.first, self.second = lab.namespace("first"), lab.namespace("second")
        members = {self.first: ("eth0", f"{FIRST}/24"), self.second: ("eth0", f"{SECOND}/24")}
        self.lan = lab.lan("switch", members)

    def start(
        self,
        host: Namespace,
        *instances: VrrpInstance,
        wanted_next: tuple[VrrpInstance, ...] = (),
        **sections: object,
    ) -> Process:
        file = self.folder / f"{host.name}.pickle"
        first = Configuration(vrrp_instances=instances, **sections)  # type: ignore[arg-type]
        file.write_bytes(pickle.dumps((first, Configuration(vrrp_instances=wanted_next))))
        return host.start(sys.executable, "-m", "tests.vrrp.alone", str(file), folder=ROOT)


@pytest.fixture
def segment(tmp_path: Path) -> Iterator[Segment]:
    with Lab() as lab:
        yield Segment(lab, tmp_path)


def wanted(priority: int, **settings: object) -> VrrpInstance:
    address = VirtualAddress(address=IPv4Address(VIP), prefix_length=24, interface="eth0")
    base = VrrpInstance(
        name="V",
        interface="eth0",
        virtual_router_id=51,
        version=3,
        advert_int=FAST,
        priority=priority,
        virtual_addresses=(address,),
        multicast_group=GROUP_IPV4,
        garp=GratuitousArpTiming(repeat=2, delay=0),
    )
    return replace(base, **settings)


def has_vip(host: Namespace) -> bool:
    return f"{VIP}/24" in host.addresses("eth0")


def test_a_lone_router_takes_the_address_announces_it_and_gives_it_back_at_the_stop(segment: Segment) -> None:
    with Capture(segment.lan.switch) as capture:
        router = segment.start(segment.first, wanted(150))
        advert = capture.wait_advertisement(FIRST, 10, priority=150)
        wait_until(lambda: has_vip(segment.first), 2, "the virtual address")
        decoded = advert.decode()
        assert (decoded["IP"].ttl, decoded["IP"].tos, decoded["IP"].flags) == (255, 0xC0, 0)
        assert decoded["VRRPv3"].addrlist == [VIP]
        arp = capture.wait(lambda frame: frame.is_arp and frame.when >= advert.when, 2, "gratuitous ARP").decode()
        assert (arp.dst, arp["ARP"].psrc, arp["ARP"].pdst) == ("ff:ff:ff:ff:ff:ff", VIP, VIP)
        stopped = router.signal(signal.SIGTERM)
        assert router.wait(3) == 0
        assert time.monotonic() - stopped < 1
        farewell = capture.wait_advertisement(FIRST, 1, priority=0)
        assert farewell.when - stopped < 0.2
        assert not has_vip(segment.first)


def test_two_routers_elect_the_better_one_and_hand_over(segment: Segment) -> None:
    with Capture(segment.lan.switch) as capture:
        better = segment.start(segment.first, wanted(150))
        capture.wait_advertisement(FIRST, 10)
        worse = segment.start(segment.second, wanted(100))
        worse.wait_line("master set to 10.7.0.1", 10)
        killed = better.kill_tree()
        assert 0.9 < capture.wait_advertisement(SECOND, 4, after=killed).when - killed < 2
        wait_until(lambda: has_vip(segment.second), 1, "the virtual address on the second host")
        # The killed one left its address behind; started again it removes that, waits, and preempts.
        assert has_vip(segment.first)
        better = segment.start(segment.first, wanted(150))
        better.wait_line(r"Entering BACKUP STATE \(init\)", 10)
        assert not has_vip(segment.first)
        better.wait_line("Entering MASTER STATE", 4)
        worse.wait_line("Entering BACKUP STATE$", 1)
        wait_until(lambda: has_vip(segment.first) and not has_vip(segment.second), 1, "the address on the first alone")


def test_unicast_routers_hear_each_other(segment: Segment) -> None:
    def unicast(priority: int, own: str, peer: str) -> VrrpInstance:
        peers = (UnicastPeer(address=IPv4Address(peer)),)
        source = IPv4Address(own)
        return wanted(priority, unicast=True, multicast_group=None, source_address=source, unicast_peers=peers)

    with Capture(segment.lan.switch) as capture:
        better = segment.start(segment.first, unicast(150, FIRST, SECOND))
        advert = capture.wait_advertisement(FIRST, 10)
        assert advert.destination == SECOND
        worse = segment.start(segment.second, unicast(100, SECOND, FIRST))
        worse.wait_line("master set to 10.7.0.1", 10)
        stopped = better.signal(signal.SIGTERM)
        assert capture.wait_advertisement(SECOND, 2, after=stopped).when - stopped < 0.7


def test_a_peer_that_cannot_be_reached_does_not_keep_the_others_from_hearing_us(segment: Segment) -> None:
    # The kernel refuses to send to the LAN's broadcast address.
    peers = tuple(UnicastPeer(address=IPv4Address(each)) for each in ("10.7.0.255", SECOND))
    router = segment.start(
        segment.first,
        wanted(150, unicast=True, multicast_group=None, source_address=IPv4Address(FIRST), unicast_peers=peers),
    )
    with Capture(segment.lan.switch) as capture:
        first = capture.wait_advertisement(FIRST, 10)
        capture.wait_advertisement(FIRST, 3, after=first.when + 0.3)
    said = [line.text for line in router.lines if "Cant send advert" in line.text]
    assert len(said) == 1
    assert said[0].endswith("(V) Cant send advert to 10.7.0.255 (Permission denied)")


def test_an_address_that_someone_removes_comes_back_at_once_and_is_announced(segment: Segment) -> None:
    with Capture(segment.lan.switch) as capture:
        router = segment.start(segment.first, wanted(150))
        wait_until(lambda: has_vip(segment.first), 10, "the virtual address")
        removed = time.monotonic()
        segment.first.ip("addr", "del", f"{VIP}/24", "dev", "eth0")
        router.wait_line("Netlink reflector reports IP 10.7.0.100 removed from eth0", 2)
        arp = capture.wait(lambda frame: frame.is_arp and frame.when > removed, 2, "gratuitous ARP")
        assert has_vip(segment.first)
        assert arp.when - removed < 0.3
        assert f"address {VIP}/24 on eth0 was removed by somebody else - putting it back" in router.text
        assert len([line for line in router.lines if "Entering MASTER STATE" in line.text]) == 1


def test_a_pulled_cable_is_a_fault_until_it_is_back(segment: Segment) -> None:
    router = segment.start(segment.first, wanted(150))
    wait_until(lambda: has_vip(segment.first), 10, "the virtual address")
    segment.lan.pull(segment.first, "eth0")
    router.wait_line("Entering FAULT STATE", 3)
    assert not has_vip(segment.first)
    segment.lan.plug(segment.first, "eth0")
    router.wait_line("Entering BACKUP STATE$", 3)
    wait_until(lambda: has_vip(segment.first), 4, "the virtual address again")


def test_a_deleted_interface_that_is_made_again_is_used_again(segment: Segment) -> None:
    router = segment.start(segment.first, wanted(150))
    wait_until(lambda: has_vip(segment.first), 10, "the virtual address")
    segment.first.ip("link", "del", "eth0")
    router.wait_line("Interface eth0 deleted", 3)
    router.wait_line("Entering FAULT STATE", 3)
    segment.lan.join(segment.first, "eth0", f"{FIRST}/24")
    again = router.wait_line("Entering BACKUP STATE$", 5).when
    wait_until(lambda: has_vip(segment.first), 5, "the virtual address on the new interface")
    with Capture(segment.lan.switch) as capture:
        capture.wait_advertisement(FIRST, 3, after=again)


def test_a_backup_that_was_not_scheduled_listens_before_it_takes_over(segment: Segment) -> None:
    with Capture(segment.lan.switch) as capture:
        segment.start(segment.first, wanted(150))
        capture.wait_advertisement(FIRST, 10)
        asleep = segment.start(segment.second, wanted(100))
        asleep.wait_line("master set to 10.7.0.1", 10)
        asleep.signal(signal.SIGSTOP)
        time.sleep(3)
        asleep.signal(signal.SIGCONT)
        time.sleep(1)
        assert not asleep.find("Receive advertisement timeout")
        assert not capture.advertisements(SECOND)
        assert asleep.find(r"not scheduled when a master down timer ended, [1-9]\.\d{6} seconds late")
        assert asleep.find(r"A thread timer expired [1-9]\.\d{6} seconds ago")
        asleep.signal(signal.SIGTERM)
        assert asleep.wait(3) == 0
        assert asleep.find(r"Timers were late \d+ times, at most [1-9]\.\d{6} seconds; [1-9] master down timers ended")


def test_a_failing_script_ends_the_mastership_and_scripts_are_told(segment: Segment, tmp_path: Path) -> None:
    healthy, told = tmp_path / "healthy", tmp_path / "told"
    healthy.touch()
    check = VrrpScript(
        name="check", interval=200_000, command=Command(argv=("test", "-e", str(healthy)), path="/usr/bin/test")
    )
    writer = tmp_path / "tell"
    writer.write_text(f'#!/bin/sh\necho "$@" >> {told}\n')
    writer.chmod(0o755)
    notify = NotifyScripts(generic=Command(argv=(str(writer),), path=str(writer)))
    router = segment.start(
        segment.first, wanted(150, track_scripts=(TrackedScript(name="check"),), notify=notify), vrrp_scripts=(check,)
    )
    wait_until(lambda: has_vip(segment.first), 10, "the virtual address")
    healthy.unlink()
    router.wait_line(r"VRRP_Script\(check\) failed \(exited with status 1\)", 2)
    router.wait_line("Entering FAULT STATE", 2)
    wait_until(lambda: "FAULT" in told.read_text(), 2, "the notification")
    router.signal(signal.SIGTERM)
    assert router.wait(3) == 0
    assert sorted(told.read_text().splitlines()) == sorted(
        f"INSTANCE V {state} 150" for state in ("BACKUP", "MASTER", "FAULT", "STOP")
    )


def test_stop_scripts_have_a_second_and_no_more(segment: Segment, tmp_path: Path) -> None:
    def stop_script(name: str, seconds: float) -> NotifyScripts:
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\nsleep {seconds}\ntouch {program}.ended\n")
        program.chmod(0o755)
        return NotifyScripts(stop=Command(argv=(str(program),), path=str(program)))

    quick = wanted(150, notify=stop_script("quick", 0.7))
    slow = wanted(140, name="W", virtual_router_id=52, virtual_addresses=(), notify=stop_script("slow", 3.0))
    with Capture(segment.lan.switch) as capture:
        router = segment.start(segment.first, quick, slow)
        capture.wait_advertisement(FIRST, 10, priority=150)
        stopped = router.signal(signal.SIGTERM)
        assert router.wait(3) == 0
    assert time.monotonic() - stopped < 2
    assert (tmp_path / "quick.ended").exists()
    assert not (tmp_path / "slow.ended").exists()


def test_a_reload_keeps_the_mastership_and_applies_the_difference(segment: Segment) -> None:
    more = VirtualAddress(address=IPv4Address("10.7.0.101"), prefix_length=24, interface="eth0")
    changed = wanted(150)
    changed = replace(changed, name="W", virtual_addresses=(*changed.virtual_addresses, more))
    with Capture(segment.lan.switch) as capture:
        router = segment.start(segment.first, wanted(150), wanted_next=(changed,))
        wait_until(lambda: has_vip(segment.first), 10, "the virtual address")
        reloaded = router.signal(signal.SIGUSR1)
        wait_until(lambda: "10.7.0.101/24" in segment.first.addresses("eth0"), 3, "the second address")
        assert has_vip(segment.first)
        advert = capture.wait_advertisement(FIRST, 2, after=reloaded)
        assert advert.decode()["VRRPv3"].addrlist == [VIP, "10.7.0.101"]
        time.sleep(1.2)
        assert not [frame for frame in capture.advertisements(after=reloaded) if frame.priority == 0]
        assert not router.find("Entering BACKUP STATE$")


def test_a_reload_that_removes_the_first_address_of_a_subnet_keeps_the_others(segment: Segment) -> None:
    first, second = (
        VirtualAddress(address=IPv4Address(f"10.70.0.{last}"), prefix_length=24, interface="eth0") for last in (1, 2)
    )
    before, after = (wanted(150, virtual_addresses=each) for each in ((first, second), (second,)))
    router = segment.start(segment.first, before, wanted_next=(after,))
    wait_until(lambda: "10.70.0.2/24" in segment.first.addresses("eth0"), 10, "the second address")
    router.signal(signal.SIGUSR1)
    wait_until(lambda: "10.70.0.1/24" not in segment.first.addresses("eth0"), 3, "removal of the first address")
    time.sleep(0.5)
    assert "10.70.0.2/24" in segment.first.addresses("eth0")
    assert not router.find("Entering BACKUP STATE$")


def test_a_missing_interface_ends_the_start_with_status_2(segment: Segment) -> None:
    router = segment.start(segment.first, wanted(150, interface="eth7"))
    assert router.wait(10) == 2
    assert router.find("Non-existent interface specified in configuration")


def test_without_privileges_the_start_ends_with_status_4_and_one_line(segment: Segment, tmp_path: Path) -> None:
    file = tmp_path / "configuration.pickle"
    file.write_bytes(pickle.dumps((Configuration(vrrp_instances=(wanted(150),)), Configuration())))
    command = (sys.executable, "-m", "tests.vrrp.alone", str(file))
    drop = ("setpriv", "--inh-caps=-all", "--bounding-set=-all", "--ambient-caps=-all")
    router = segment.first.start(*drop, *command, folder=ROOT)
    assert router.wait(10) == 4
    assert "Traceback" not in router.text
    assert len([line for line in router.lines if "CAP_NET_RAW" in line.text]) == 1
