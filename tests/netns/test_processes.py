"""The processes of a running keepalived-py: what they are called, how they stop, and what happens when one is killed."""

from __future__ import annotations

import os
import re
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.lab.capture import Capture
from tests.lab.daemon import Daemon, Program
from tests.lab.process import comm, descendants, is_alive, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.netns.conftest import Host

pytestmark = pytest.mark.netns

VIRTUAL_ADDRESS = "192.168.56.205"
# Priority 255 is master at once; nothing listens on port 9, so the server leaves the table after its first check.
CONFIGURATION = """\
vrrp_instance VI {
    interface eth1
    virtual_router_id 80
    priority 255
    advert_int 1
    virtual_ipaddress {
        192.168.56.205/24
    }
}
virtual_server 192.168.56.205 80 {
    delay_loop 30
    lb_algo wrr
    lb_kind NAT
    protocol TCP
    real_server 192.168.33.101 22 {
        weight 1
    }
    real_server 192.168.33.101 23 {
        weight 3
    }
}
"""
WORKERS = 3


class Running:
    """The daemon with its IPVS table in a file."""

    def __init__(self, host: Host, home: Path, configuration: str | Path = CONFIGURATION) -> None:
        home.mkdir(exist_ok=True)
        self.host = host
        self.table_file = home / "table"
        options = ("-D", f"--ipvs=dry-run={self.table_file}")
        self.daemon = Daemon(Program.OURS, host.namespace, home, configuration, options=options)

    def wait_master(self) -> None:
        self.daemon.wait_log("Entering MASTER STATE", 10)
        wait_until(lambda: self.holds_the_address, 2, "the virtual address")
        wait_until(lambda: self.table.count("->") == 1 + 2, 5, "both real servers in the table")

    @property
    def holds_the_address(self) -> bool:
        return self.host.namespace.has_address(VIRTUAL_ADDRESS)

    @property
    def table(self) -> str:
        return self.table_file.read_text() if self.table_file.exists() else ""

    def workers(self) -> dict[str, int]:
        """Return the workers by kind: the one without a pid file is the ipvs worker."""
        return {(kind if kind in ("vrrp", "checkers") else "ipvs"): pid for kind, pid in self.daemon.workers().items()}


@pytest.fixture
def running(host: Host, tmp_path: Path) -> Running:
    made = Running(host, tmp_path / "home")
    made.wait_master()
    return made


def test_the_parent_and_its_three_workers_are_called_keepalived(running: Running) -> None:
    tree = [running.daemon.process.pid, *descendants(running.daemon.process.pid)]
    assert {comm(pid) for pid in tree} == {"keepalived"}
    assert set(running.workers()) == {"vrrp", "checkers", "ipvs"}


def test_pid_files_hold_the_ids_and_are_gone_after_the_stop(running: Running) -> None:
    home = running.daemon.home
    assert int((home / "parent.pid").read_text()) == running.daemon.process.pid
    assert int((home / "vrrp.pid").read_text()) == running.workers()["vrrp"]
    assert int((home / "checkers.pid").read_text()) == running.workers()["checkers"]
    running.daemon.stop()
    assert list(home.glob("*.pid")) == []


def test_a_second_daemon_with_the_same_pid_file_ends_at_once_with_status_0(running: Running) -> None:
    second = Daemon(Program.OURS, running.host.namespace, running.daemon.home, CONFIGURATION)
    assert second.process.wait(5) == 0
    assert "daemon is already running" in second.log
    assert running.holds_the_address


def test_sigterm_sends_priority_0_then_removes_address_and_table_within_a_second(running: Running) -> None:
    monitor = running.host.namespace.start("ip", "monitor", "address")
    time.sleep(0.3)
    with Capture(running.host.front.switch) as capture:
        pids = list(running.workers().values())
        status, seconds = running.daemon.stop()
        stopped = time.monotonic()
        goodbye = capture.wait_advertisement("192.168.56.101", 1, priority=0)
        removal = monitor.wait_line(rf"^Deleted.*{re.escape(VIRTUAL_ADDRESS)}", 1)
    assert status == 0
    assert seconds <= 1.0
    assert goodbye.when <= removal.when <= stopped + 0.05
    assert not running.holds_the_address
    assert "TCP" not in running.table
    assert not any(is_alive(pid) for pid in pids)


@pytest.mark.parametrize("kind", ["vrrp", "checkers", "ipvs"])
def test_a_worker_killed_with_9_is_replaced_and_does_its_work_again(running: Running, kind: str) -> None:
    former = running.workers()
    table = running.table
    killed = time.monotonic()
    os.kill(former[kind], signal.SIGKILL)
    died = running.daemon.wait_log(r"died: Respawning", 3, after=killed)
    wait_until(lambda: running.workers().get(kind, former[kind]) != former[kind], 5, f"another {kind} worker")
    if kind == "vrrp":
        running.daemon.wait_log("Entering MASTER STATE", 8, after=killed)
    wait_until(lambda: running.holds_the_address, 5, "the virtual address again")
    wait_until(lambda: running.table == table, 5, "the table as it was")
    assert died.when - killed <= 1.0
    untouched = {other: pid for other, pid in former.items() if other != kind}
    assert untouched.items() <= running.workers().items()


def test_when_the_parent_is_killed_with_9_the_workers_end_and_leave_nothing(running: Running) -> None:
    workers = running.workers()
    assert len(workers) == WORKERS
    os.kill(running.daemon.process.pid, signal.SIGKILL)
    wait_until(lambda: not any(is_alive(pid) for pid in workers.values()), 2, "the end of the workers")
    assert not running.holds_the_address
    assert "TCP" not in running.table


def test_without_ip_vs_the_daemon_fails_as_keepalived_does_and_says_what_to_do(host: Host, tmp_path: Path) -> None:
    if host.namespace.run("ipvsadm", "-Ln", check=False).returncode == 0:
        pytest.skip("this kernel has ip_vs")
    daemon = Daemon(Program.OURS, host.namespace, tmp_path / "home", CONFIGURATION)
    assert daemon.process.wait(10) == 1
    assert re.search(r"IPVS: Can't initialize ipvs", daemon.log)
    assert "--ipvs=dry-run" in daemon.log
    assert "Traceback" not in daemon.log
    assert not host.namespace.has_address(VIRTUAL_ADDRESS)
