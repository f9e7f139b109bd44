"""Interfaces that come, go, get other names and sizes under a running daemon, and reports of it that are lost."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import socket
import stat
import time
from typing import TYPE_CHECKING

import pytest

from tests.lab.capture import Capture
from tests.lab.daemon import Daemon, Program
from tests.lab.process import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.netns.conftest import Host

pytestmark = pytest.mark.netns

VIRTUAL_ADDRESS = "10.66.0.205"
OWN = "192.168.56.101"
_PIDFD_GETFD = 438  # asm-generic/unistd.h
_libc = ctypes.CDLL(None)
STATES = r"Entering (FAULT|BACKUP|MASTER) STATE"


def configuration(*settings: str, instance: str = "", interface: str = "eth1", tracked: str = "") -> str:
    tracks = f"track_interface {{\n        {tracked}\n    }}\n" if tracked else ""
    return (
        "global_defs {\n" + "".join(f"    {line}\n" for line in (*settings, "vrrp_garp_master_delay 0")) + "}\n"
        "vrrp_instance VI {\n"
        f"    interface {interface}\n    virtual_router_id 80\n    priority 150\n    version 3\n    advert_int 0.2\n"
        f"    {instance}\n    {tracks}"
        f"    virtual_ipaddress {{\n        {VIRTUAL_ADDRESS}/32 dev {interface}\n    }}\n"
        "}\n"
    )


def start(host: Host, home: Path, text: str) -> Daemon:
    return Daemon(Program.OURS, host.namespace, home / "home", text)


def master(host: Host, home: Path, text: str) -> Daemon:
    daemon = start(host, home, text)
    wait_until(lambda: host.namespace.has_address(VIRTUAL_ADDRESS), 10, "the virtual address")
    return daemon


def states(daemon: Daemon) -> list[str]:
    return [found[1] for line in daemon.process.lines if (found := re.search(STATES, line.text))]


def test_an_instance_waits_in_fault_for_its_interface_and_comes_up_with_it(host: Host, tmp_path: Path) -> None:
    daemon = start(host, tmp_path, configuration("dynamic_interfaces", interface="eth5"))
    daemon.wait_log("Startup complete", 10)
    assert daemon.process.find(
        "Configuration specifies interface eth5 which doesn't currently exist - will use if created"
    )
    daemon.wait_log(r"\(VI\): entering FAULT state \(interface eth5 down\)", 3)
    host.front.join(host.namespace, "eth5", "192.168.56.102/24")
    wait_until(lambda: host.namespace.has_address(VIRTUAL_ADDRESS), 5, "the virtual address")
    assert states(daemon) == ["BACKUP", "MASTER"]
    assert daemon.stop()[0] == 0


def test_a_reload_may_bring_an_instance_whose_interface_is_still_to_come_or_not(host: Host, tmp_path: Path) -> None:
    first, second = configuration("dynamic_interfaces"), configuration("dynamic_interfaces", interface="eth5")
    second = second.replace("VI", "VJ").replace("205", "206").replace("id 80", "id 81")
    daemon = master(host, tmp_path, first)
    # Without the keyword a missing interface refuses the reload as a whole.
    daemon.configuration.write_text(first.replace("dynamic_interfaces", "") + second.partition("}\n")[2])
    daemon.process.signal(signal.SIGHUP)
    daemon.wait_log("the running one stays in force", 5)
    daemon.configuration.write_text(first + second.partition("}\n")[2])
    daemon.process.signal(signal.SIGHUP)
    daemon.wait_log("Reload complete", 5)
    assert daemon.process.find("interface eth5 which doesn't currently exist - will use if created")
    host.front.join(host.namespace, "eth5", "192.168.56.102/24")
    wait_until(lambda: host.namespace.has_address("10.66.0.206"), 5, "the second virtual address")
    assert host.namespace.has_address(VIRTUAL_ADDRESS)
    assert daemon.stop()[0] == 0


def test_an_interface_that_gets_another_name_is_left_clean_and_used_again_under_its_own(
    host: Host, tmp_path: Path
) -> None:
    inside = host.namespace
    daemon = master(host, tmp_path, configuration())
    with Capture(host.front.switch) as capture:
        renamed = time.monotonic()
        inside.ip("link", "set", "eth1", "name", "other")
        daemon.wait_log("Interface name has changed from eth1 to other", 3)
        capture.wait_advertisement(OWN, 3, after=renamed, priority=0)
        wait_until(
            lambda: not inside.has_address(VIRTUAL_ADDRESS), 3, "no virtual address on an interface of another name"
        )
        back = time.monotonic()
        inside.ip("link", "set", "other", "name", "eth1")
        wait_until(lambda: inside.has_address(VIRTUAL_ADDRESS), 5, "the virtual address again")
        capture.wait_advertisement(OWN, 3, after=back, priority=150)
    assert daemon.stop()[0] == 0
    assert not inside.has_address(VIRTUAL_ADDRESS)


@pytest.mark.parametrize("allowed", [True, False])
def test_an_interface_comes_back_as_another_kind_only_if_that_is_allowed(
    host: Host, tmp_path: Path, *, allowed: bool
) -> None:
    inside = host.namespace
    daemon = master(host, tmp_path, configuration("dynamic_interfaces" + " allow_if_changes" * allowed))
    inside.ip("link", "del", "eth1")
    daemon.wait_log("Interface eth1 deleted", 3)
    inside.ip_batch("link add eth1 link eth2 type macvlan", f"addr add {OWN}/24 dev eth1", "link set eth1 up")
    if allowed:
        wait_until(lambda: inside.has_address(VIRTUAL_ADDRESS), 5, "the virtual address on the macvlan")
    else:
        daemon.wait_log("Interface eth1 is not what it was - not used without dynamic_interfaces allow_if_changes", 3)
        time.sleep(1)
        assert states(daemon)[-1] == "FAULT"
        inside.ip("link", "del", "eth1")
        host.front.join(inside, "eth1", f"{OWN}/24")
        wait_until(lambda: inside.has_address(VIRTUAL_ADDRESS), 5, "the virtual address on the kind it was")
    assert daemon.stop()[0] == 0


def test_a_macvlan_with_a_router_id_that_its_wire_has_already_waits(host: Host, tmp_path: Path) -> None:
    inside = host.namespace
    first, second = configuration("dynamic_interfaces"), configuration(interface="mac0").partition("}\n")[2]
    daemon = master(host, tmp_path, first + second.replace("VI", "VJ").replace("205", "206"))
    inside.ip_batch("link add mac0 link eth1 type macvlan mode bridge", "addr add 192.168.56.103/24 dev mac0")
    inside.ip("link", "set", "mac0", "up")
    daemon.wait_log("VRID conflict between VJ and VI IPv4 vrid 80", 3)
    daemon.wait_log("Netlink reports mac0 up", 3)
    time.sleep(1)
    assert inside.has_address(VIRTUAL_ADDRESS)
    assert not inside.has_address("10.66.0.206")
    assert daemon.stop()[0] == 0


def flaps(number: int) -> str:
    """Addresses that come and go by the hundred, as a batch for ip."""
    names = [f"10.97.{n // 250}.{n % 250 + 1}/32 dev eth1" for n in range(number)]
    return "".join(f"addr {verb} {name}\n" for verb in ("add", "del") for name in names)


def storm(host: Host, daemon: Daemon, batch: str) -> None:
    """Let a batch of ip run while the worker is stopped: its buffer must overflow, however quick it is."""
    worker = wait_until(lambda: daemon.workers().get("vrrp", 0), 5, "the worker")
    os.kill(worker, signal.SIGSTOP)
    try:
        host.namespace.ip_batch(*batch.splitlines())
    finally:
        os.kill(worker, signal.SIGCONT)


def test_lost_reports_change_no_state(host: Host, tmp_path: Path) -> None:
    small = ("vrrp_netlink_monitor_rcv_bufs 2048", "vrrp_netlink_cmd_rcv_bufs 100000")
    daemon = master(host, tmp_path, configuration(*small))
    with Capture(host.front.switch) as capture:
        for _ in range(3):
            storm(host, daemon, flaps(400))
            after = time.monotonic()
            capture.wait_advertisement(OWN, 3, after=after, priority=150)
        daemon.wait_log(r"Netlink: Receive buffer overrun on monitor socket - \(No buffer space available\)", 3)
        assert all(frame.decode()["VRRPv3"].priority == 150 for frame in capture.advertisements(OWN))
    assert states(daemon) == ["BACKUP", "MASTER"]
    assert host.namespace.has_address(VIRTUAL_ADDRESS)
    assert daemon.stop()[0] == 0


def test_what_was_lost_is_found_by_reading_everything_anew(host: Host, tmp_path: Path) -> None:
    small = "vrrp_netlink_monitor_rcv_bufs 2048"
    daemon = master(host, tmp_path, configuration(small, tracked="eth2"))
    storm(host, daemon, flaps(400) + "link set eth2 down\n")
    daemon.wait_log("Netlink: Receive buffer overrun", 3)
    daemon.wait_log("Netlink reports eth2 down", 3)
    daemon.wait_log("Entering FAULT STATE", 3)
    storm(host, daemon, flaps(400) + "link set eth2 up\n")
    wait_until(lambda: host.namespace.has_address(VIRTUAL_ADDRESS), 5, "the virtual address")
    assert daemon.stop()[0] == 0


def test_an_own_address_that_was_gone_and_is_back_is_no_fault(host: Host, tmp_path: Path) -> None:
    daemon = master(host, tmp_path, configuration("vrrp_netlink_monitor_rcv_bufs 2048"))
    own = f"{OWN}/24 dev eth1"
    storm(host, daemon, flaps(400) + f"addr del {own}\naddr add {own}\n" + flaps(400))
    daemon.wait_log("Netlink: Receive buffer overrun", 3)
    # The same without a loss: the reports are read after both have happened.
    storm(host, daemon, f"addr del {own}\naddr add {own}\n")
    with Capture(host.front.switch) as capture:
        capture.wait_advertisement(OWN, 3, after=time.monotonic(), priority=150)
    assert states(daemon) == ["BACKUP", "MASTER"]
    assert daemon.stop()[0] == 0


def receive_buffers(pid: int) -> set[int]:
    """The sizes of the receive buffers of a process's raw IPv4 sockets, asked of copies of its descriptors."""
    found = set()
    process = os.pidfd_open(pid)
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            descriptor = _libc.syscall(_PIDFD_GETFD, process, int(name), 0)
            if descriptor < 0 or not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                continue
            with socket.socket(fileno=descriptor) as copy:
                if (copy.family, copy.type) == (socket.AF_INET, socket.SOCK_RAW):
                    found.add(copy.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF))
    finally:
        os.close(process)
    return found


def test_the_room_for_adverts_follows_the_size_of_packets(host: Host, tmp_path: Path) -> None:
    policy = ("vrrp_rx_bufs_policy MTU", "vrrp_rx_bufs_multiplier 4")
    daemon = master(host, tmp_path, configuration(*policy))

    def room() -> set[int]:
        return receive_buffers(daemon.workers()["vrrp"])

    assert 2 * 4 * 1500 in room()
    host.namespace.ip("link", "set", "eth1", "mtu", "1400")
    wait_until(lambda: 2 * 4 * 1400 in room(), 3, "a buffer for the new size")
    daemon.configuration.write_text(configuration(*policy, instance="kernel_rx_buf_size 77000"))
    daemon.process.signal(signal.SIGHUP)
    wait_until(lambda: 2 * 77000 in room(), 3, "the configured buffer")
    assert daemon.stop()[0] == 0
