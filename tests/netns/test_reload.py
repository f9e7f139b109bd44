"""SIGHUP to a running keepalived-py: what changed is applied, and what cannot be used changes nothing."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.lab.capture import Capture
from tests.lab.daemon import Daemon, Program
from tests.lab.process import wait_until
from tests.netns.test_processes import CONFIGURATION, VIRTUAL_ADDRESS, Running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.netns.conftest import Host

pytestmark = pytest.mark.netns


@pytest.fixture
def file(tmp_path: Path) -> Path:
    written = tmp_path / "keepalived.conf"
    written.write_text(CONFIGURATION)
    return written


@pytest.fixture
def running(host: Host, tmp_path: Path, file: Path) -> Running:
    made = Running(host, tmp_path / "home", file)
    made.wait_master()
    return made


def reload(running: Running) -> float:
    asked = time.monotonic()
    os.kill(running.daemon.process.pid, signal.SIGHUP)
    return asked


@pytest.mark.parametrize(
    "broken",
    [
        CONFIGURATION.replace("interface eth1", "interface eth9"),
        CONFIGURATION.replace("virtual_router_id 80", "virtual_router_id 300"),
        CONFIGURATION.replace("interface eth1", "interface"),
        None,
    ],
    ids=["missing interface", "no virtual router id", "missing parameter", "missing file"],
)
def test_a_broken_file_at_a_reload_changes_nothing(running: Running, file: Path, broken: str | None) -> None:
    workers, table = running.workers(), running.table
    if broken is None:
        file.unlink()
    else:
        file.write_text(broken)
    with Capture(running.host.front.switch) as capture:
        asked = reload(running)
        running.daemon.wait_log("the running one stays in force", 5, after=asked)
        capture.wait_advertisement("192.168.56.101", 3, priority=255)
    assert running.holds_the_address
    assert running.workers() == workers
    assert running.table == table
    assert "Traceback" not in running.daemon.log


def test_a_master_stays_master_and_only_the_difference_is_applied(running: Running, file: Path) -> None:
    file.write_text(
        CONFIGURATION.replace("192.168.56.205/24", "192.168.56.205/24\n        192.168.56.206/24").replace(
            "weight 3", "weight 7"
        )
    )
    asked = reload(running)
    running.daemon.wait_log("Reload complete", 5, after=asked)
    wait_until(lambda: running.host.namespace.has_address("192.168.56.206"), 3, "the new address")
    wait_until(lambda: "192.168.33.101:23" in running.table and " 7 " in running.table, 3, "the new weight")
    assert running.holds_the_address
    assert "Entering BACKUP" not in running.daemon.log
    assert "ipvsadm -D" not in running.daemon.log
    file.write_text(CONFIGURATION)
    asked = reload(running)
    running.daemon.wait_log("Reload complete", 5, after=asked)
    wait_until(lambda: not running.host.namespace.has_address("192.168.56.206"), 3, "the new address gone again")
    assert running.host.namespace.has_address(VIRTUAL_ADDRESS)
    status, _ = running.daemon.stop()
    assert status == 0


def test_with_d_the_configuration_is_logged_again_as_it_is_after_a_reload(
    host: Host, tmp_path: Path, file: Path
) -> None:
    options = ("-d", f"--ipvs=dry-run={tmp_path / 'table'}")
    daemon = Daemon(Program.OURS, host.namespace, tmp_path / "home", file, options=options)
    daemon.wait_log("Startup complete", 10)
    assert [line.text for line in daemon.process.lines if "Priority = 255" in line.text]
    assert not daemon.process.find("Priority = 123")
    file.write_text(CONFIGURATION.replace("priority 255", "priority 123").replace("weight 3", "weight 77"))
    daemon.process.signal(signal.SIGHUP)
    again = daemon.wait_log("Reload complete", 5).when
    told = [line.text for line in daemon.process.lines if line.when <= again]
    assert sum("Priority = 123" in text for text in told) == 1
    assert any("weight = 77" in text for text in told)
    daemon.stop()
