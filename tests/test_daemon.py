"""The start in the background, as init scripts do it, in a network namespace of its own; the rest is in tests/netns."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.lab.daemon import Program
from tests.lab.netns import Lab
from tests.lab.process import is_alive, wait_until

if TYPE_CHECKING:
    from pathlib import Path

CONFIGURATION = """\
vrrp_instance VI {
    interface eth1
    virtual_router_id 80
    priority 255
    virtual_ipaddress {
        192.168.56.205/24
    }
}
"""


@pytest.mark.netns
def test_in_the_background_the_command_returns_0_and_the_daemon_lives_until_it_is_told_to_stop(tmp_path: Path) -> None:
    file = tmp_path / "keepalived.conf"
    file.write_text(CONFIGURATION)
    with Lab() as lab:
        host = lab.namespace("host")
        lab.lan("front", {host: ("eth1", "192.168.56.101/24")})
        pids = [f"--pid={tmp_path / 'parent.pid'}", f"--vrrp_pid={tmp_path / 'vrrp.pid'}"]
        done = host.run(*Program.OURS.command, f"--use-file={file}", *pids)
        assert done.returncode == 0
        wait_until(lambda: host.has_address("192.168.56.205"), 5, "the virtual address")
        pid = int((tmp_path / "parent.pid").read_text())
        assert os.readlink(f"/proc/{pid}/cwd") == "/"
        assert os.getsid(pid) != os.getsid(0)
        assert {os.readlink(f"/proc/{pid}/fd/{number}") for number in (0, 1, 2)} == {os.devnull}
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not is_alive(pid), 2, "the end of the daemon")
        assert not host.has_address("192.168.56.205")
        assert not list(tmp_path.glob("*.pid"))


@pytest.mark.netns
def test_in_the_background_a_start_that_fails_says_why_on_stderr(tmp_path: Path) -> None:
    file = tmp_path / "keepalived.conf"
    file.write_text(CONFIGURATION.replace("eth1", "eth9"))
    with Lab() as lab:
        host = lab.namespace("host")
        done = host.run(*Program.OURS.command, f"--use-file={file}", f"--pid={tmp_path / 'p'}", check=False)
        assert done.returncode == 2
        assert "interface eth9 for vrrp_instance VI doesn't exist" in done.stderr
        assert "Traceback" not in done.stderr
