"""Priorities, processors and locked memory of a running daemon's processes, and of the scripts that they start."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.capture import Capture
from tests.lab.daemon import Daemon, Program
from tests.lab.process import wait_until

if TYPE_CHECKING:
    from tests.netns.conftest import Host

pytestmark = pytest.mark.netns

CONFIGURATION = """\
global_defs {{
    script_user root
    {settings}
}}
vrrp_script own {{
    script "{script}"
    interval 1
}}
vrrp_instance VI {{
    interface eth1
    virtual_router_id 80
    priority 150
    version 3
    advert_int 0.2
    virtual_ipaddress {{
        192.168.56.205/24
    }}
    track_script {{
        own weight 1
    }}
}}
virtual_server 192.168.56.205 80 {{
    delay_loop 30
    protocol TCP
    real_server 192.168.33.101 22 {{
        TCP_CHECK {{
        }}
    }}
}}
"""
SETTINGS = """vrrp_rt_priority 7
    vrrp_no_swap
    vrrp_rlimit_rttime 200000
    checker_priority -4
    checker_cpu_affinity 0"""


def scheduled(pid: int) -> tuple[int, int, int]:
    """Policy, real-time priority and nice value of a process."""
    policy = os.sched_getscheduler(pid) & ~os.SCHED_RESET_ON_FORK
    return policy, os.sched_getparam(pid).sched_priority, os.getpriority(os.PRIO_PROCESS, pid)


def locked(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmLck"))


def test_each_process_has_its_own_and_scripts_have_what_the_daemon_was_started_with(host: Host, tmp_path: Path) -> None:
    seen, script = tmp_path / "seen", tmp_path / "script"
    # Fields 18, 19, 40 and 41 of its own line in /proc: priority, nice value, real-time priority, policy.
    script.write_text(f"#!/bin/sh\ncut -d' ' -f19,40,41 /proc/self/stat >{seen}.new && mv {seen}.new {seen}\n")
    script.chmod(0o755)
    text = CONFIGURATION.format(settings=SETTINGS, script=script)
    options = ("-D", f"--ipvs=dry-run={tmp_path / 'table'}")
    daemon = Daemon(Program.OURS, host.namespace, tmp_path / "home", text, options=options)
    with Capture(host.front.switch) as capture:
        capture.wait_advertisement("192.168.56.101", 10)
        workers = daemon.workers()
        assert scheduled(workers["vrrp"]) == (os.SCHED_RR, 7, 0)
        assert locked(workers["vrrp"]) > 1000
        assert scheduled(workers["checkers"]) == (os.SCHED_OTHER, 0, -4)
        assert os.sched_getaffinity(workers["checkers"]) == {0}
        assert scheduled(daemon.process.pid) == (os.SCHED_OTHER, 0, 0)
        wait_until(seen.exists, 5, "a run of the script")
        assert seen.read_text() == "0 0 0\n"

        daemon.configuration.write_text(CONFIGURATION.format(settings="vrrp_priority -9", script=script))
        daemon.process.signal(signal.SIGHUP)
        reloaded = daemon.wait_log("Reload complete", 5).when
        assert scheduled(workers["vrrp"]) == (os.SCHED_OTHER, 0, -9)
        assert locked(workers["vrrp"]) == 0
        assert scheduled(workers["checkers"]) == (os.SCHED_OTHER, 0, 0)
        assert os.sched_getaffinity(workers["checkers"]) == os.sched_getaffinity(0)
        capture.wait_advertisement("192.168.56.101", 3, after=reloaded)
    assert daemon.stop()[0] == 0
    assert daemon.workers() == {}


@pytest.mark.parametrize("program", [Program.OURS, pytest.param(Program.REFERENCE, marks=pytest.mark.interop)])
@pytest.mark.parametrize(
    ("settings", "option", "mask"), [("", "-D", "0177"), ("umask 0137", "-D", "0137"), ("umask 0137", "-u022", "0022")]
)
def test_files_are_made_with_the_configured_mask_unless_the_command_line_has_one(
    host: Host, tmp_path: Path, *, program: Program, settings: str, option: str, mask: str
) -> None:
    text = CONFIGURATION.format(settings=settings, script="/bin/true").partition("virtual_server ")[0]
    daemon = Daemon(program, host.namespace, tmp_path / "home", text, options=(option,))
    daemon.wait_log("Startup complete", 10)
    (worker,) = daemon.workers().values()
    assert f"Umask:\t{mask}\n" in Path(f"/proc/{worker}/status").read_text()
    assert daemon.stop()[0] == 0
