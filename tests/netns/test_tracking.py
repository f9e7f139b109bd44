"""Files and processes tracked by a whole daemon: over reloads, a killed worker and the stop."""

from __future__ import annotations

import os
import shutil
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.lab.daemon import Daemon, Program
from tests.lab.process import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.netns.conftest import Host

pytestmark = pytest.mark.netns

CONFIGURATION = """
global_defs {{
    script_user root
}}
track_file weight {{
    file {home}/folder/weight
    init_file 5 overwrite
}}
track_file other {{
    file {home}/other
}}
vrrp_track_process sleeper {{
    process kp-sleeper
    weight {weight}
    quorum_max 1
}}
vrrp_instance V {{
    interface eth1
    virtual_router_id 51
    priority 100
    virtual_ipaddress {{
        192.168.56.200/24
    }}
    track_file {{
        {file}
    }}
    track_process {{
        sleeper
    }}
}}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    shutil.copy(shutil.which("sleep") or "/bin/sleep", tmp_path / "kp-sleeper")
    return tmp_path


@pytest.fixture
def daemon(host: Host, home: Path) -> Daemon:
    file = home / "running.conf"
    file.write_text(CONFIGURATION.format(home=home, file="weight", weight=20))
    daemon = Daemon(Program.OURS, host.namespace, home / "run", file)
    daemon.wait_log(r"\(V\) Entering MASTER STATE", 8)
    return daemon


def reload(daemon: Daemon, home: Path, **changes: object) -> None:
    daemon.configuration.write_text(CONFIGURATION.format(home=home, **changes))
    asked = time.monotonic()
    os.kill(daemon.process.pid, signal.SIGHUP)
    daemon.wait_log("Reload complete", 5, after=asked)


def changed(daemon: Daemon, before: int, after: int, since: float) -> float:
    text = rf"\(V\) Changing effective priority from {before} to {after}$"
    return daemon.wait_log(text, 4, after=since).when


def test_files_and_processes_change_the_priority_over_reloads_and_a_killed_worker(
    host: Host, home: Path, daemon: Daemon
) -> None:
    assert (home / "folder" / "weight").read_text() == "5\n"
    when = changed(daemon, 100, 105, 0.0)
    first = host.namespace.start(str(home / "kp-sleeper"), "60")
    when = changed(daemon, 105, 125, when)
    second = host.namespace.start(str(home / "kp-sleeper"), "61")
    when = changed(daemon, 125, 105, when)
    second.kill_tree()
    when = changed(daemon, 105, 125, when)
    (home / "folder" / "weight").write_text("-5")
    when = changed(daemon, 125, 115, when)
    # Another file, another weight; what init_file would write is for a start.
    (home / "other").write_text("7")
    reload(daemon, home, file="other weight 2", weight=-10)
    assert (home / "folder" / "weight").read_text() == "-5"
    first.kill_tree()
    when = changed(daemon, 114, 104, when)
    (home / "folder" / "weight").write_text("50")
    (home / "other").write_text("8")
    when = changed(daemon, 104, 106, when)
    _, killed = daemon.kill_worker("vrrp")
    changed(daemon, 100, 106, killed)
    daemon.wait_log(r"\(V\) Entering MASTER STATE", 8, after=killed)
    assert host.namespace.has_address("192.168.56.200")
    assert daemon.stop()[0] == 0
    assert not host.namespace.has_address("192.168.56.200")
    assert "Traceback" not in daemon.log


def test_a_directory_of_a_tracked_file_may_be_replaced_as_a_whole(home: Path, daemon: Daemon) -> None:
    when = time.monotonic()
    fresh = home / "fresh"
    fresh.mkdir()
    (fresh / "weight").write_text("9")
    (home / "folder").rename(home / "old")
    when = changed(daemon, 105, 100, when)
    fresh.rename(home / "folder")
    when = changed(daemon, 100, 109, when)
    (home / "folder" / "weight").write_text("-254")
    daemon.wait_log(r"\(V\) Entering FAULT STATE", 3, after=when)
    (home / "folder" / "weight").write_text("3")
    wait_until(lambda: daemon.log.count("(V) Entering MASTER STATE") == 2, 6, "MASTER again")
    assert daemon.stop()[0] == 0
