"""A MASTER that is stopped for a while and woken: with timer_expired_backup it does not fight for what it may have lost."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.lab.daemon import Daemon, Program
from tests.lab.process import kill

if TYPE_CHECKING:
    from pathlib import Path

    from tests.netns.conftest import Host

pytestmark = pytest.mark.netns

CONFIGURATION = """\
vrrp_instance VI {
    interface eth1
    virtual_router_id 80
    priority 100
    version 3
    advert_int 0.1
    nopreempt
    timer_expired_backup
    virtual_ipaddress {
        192.168.56.205/24
    }
}
"""


def test_a_master_that_was_stopped_wakes_up_as_backup(host: Host, tmp_path: Path) -> None:
    daemon = Daemon(Program.OURS, host.namespace, tmp_path / "home", CONFIGURATION)
    try:
        daemon.wait_log("Entering MASTER STATE", 10)
        worker = daemon.workers()["vrrp"]
        kill(worker, signal.SIGSTOP)
        time.sleep(1.0)
        kill(worker, signal.SIGCONT)
        expired = daemon.wait_log(r"VRRP thread timer expired \d\.\d{6} seconds ago", 5)
        daemon.wait_log(r"\(VI\) Entering BACKUP STATE", 5, after=expired.when)
        # Nobody else is there.
        daemon.wait_log("Entering MASTER STATE", 5, after=expired.when)
    finally:
        assert daemon.stop()[0] == 0
