"""The same files, scripts and links change in the same order under keepalived-py and under Debian's keepalived.

Each plays alone in a namespace of its own; what both log of states, priorities and trackers must be the same, line by line.
Processes are missing here: in a network namespace the reference hears nothing of them.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.lab.daemon import Daemon, Program
from tests.lab.netns import Lab

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.netns import Namespace

pytestmark = [pytest.mark.netns, pytest.mark.interop]

CONFIGURATION = """
global_defs {{
    script_user root
}}
interface_up_down_delays {{
    eth4 0.8 0.3
}}
track_file weighted {{
    file {home}/weighted
    weight 2
    init_file 5
}}
track_file fault {{
    file {home}/fault
    weight 0
}}
track_file reversed {{
    file {home}/reversed
    weight 1 reverse
}}
vrrp_script check {{
    script "/usr/bin/test -e {home}/ok"
    interval 1
    rise 2
    fall 2
    weight -30
}}
vrrp_instance A {{
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 1
    virtual_ipaddress {{
        10.99.0.51/24
    }}
    track_file {{
        weighted
        fault
        reversed
    }}
    track_script {{
        check
    }}
    track_interface {{
        eth2 weight 10
        eth4 weight -7 reverse
    }}
}}
vrrp_sync_group G {{
    group {{
        B
        C
    }}
    track_file {{
        fault weight 0 reverse
    }}
    track_interface {{
        eth2
    }}
}}
vrrp_instance B {{
    interface eth0
    virtual_router_id 52
    priority 150
    virtual_ipaddress {{
        10.99.0.52/24
    }}
}}
vrrp_instance C {{
    interface eth0
    virtual_router_id 53
    virtual_ipaddress {{
        10.99.0.53/24
    }}
}}
"""

#: What is compared: states, priorities, and everything trackers say.
TOLD = re.compile(
    r"(\([ABC]\):? (?:Entering|entering|Changing|tracked|Setting).*|VRRP_Group.*|VRRP_Script.*|Script `.*"
    r"|Netlink reports .*|\S+: Adding flags .*|Delay timer .*)$"
)


@dataclass(slots=True)
class Stage:
    """Where the acts take place, and when the last one had its effect."""

    host: Namespace
    home: Path
    daemon: Daemon
    after: float

    def then(self, pattern: str, timeout: float = 3) -> None:
        """Wait for what must follow an act."""
        self.after = self.daemon.wait_log(pattern, timeout, after=self.after).when


def files_change(stage: Stage) -> None:
    weighted, fault, reversed_ = (stage.home / name for name in ("weighted", "fault", "reversed"))
    weighted.write_text("0x10\n")
    stage.then(r"\(A\) Changing effective priority from 120 to 142")
    weighted.rename(stage.home / "elsewhere")
    stage.then(r"\(A\) Changing effective priority from 142 to 110")
    (stage.home / "elsewhere").rename(weighted)
    stage.then(r"\(A\) Changing effective priority from 110 to 142")
    weighted.unlink()
    stage.then(r"\(A\) Changing effective priority from 142 to 110")
    reversed_.write_text("20")
    stage.then(r"\(A\) Changing effective priority from 110 to 90")
    reversed_.write_text("-200")
    stage.then(r"\(A\) Changing effective priority from 90 to 254")
    reversed_.unlink()
    stage.then(r"\(A\) Changing effective priority from 254 to 110")
    weighted.write_text("-127")
    stage.then(r"\(A\) Entering FAULT STATE")
    weighted.write_text("0")
    stage.then(r"\(A\) Entering BACKUP STATE")
    stage.then(r"\(A\) Entering MASTER STATE", 5)
    fault.write_text("1\n")
    stage.then(r"VRRP_Group\(G\) Syncing instances to BACKUP state")
    stage.then(r"VRRP_Group\(G\) Syncing instances to MASTER state", 5)
    fault.write_text("0\n")
    stage.then(r"VRRP_Group\(G\) Syncing instances to FAULT state")
    stage.then(r"\(A\) Entering MASTER STATE", 5)


def script_changes(stage: Stage) -> None:
    check = stage.home / "ok"
    check.unlink()
    stage.then(r"\(A\) Changing effective priority from 110 to 80", 5)
    check.touch()
    stage.then(r"\(A\) Changing effective priority from 80 to 110", 5)


def links_change(stage: Stage) -> None:
    stage.host.ip("link", "set", "eth3", "down")
    stage.then(r"\(A\) Changing effective priority from 110 to 100")
    stage.host.ip("link", "set", "eth5", "down")
    stage.then(r"eth4: Adding flags change")
    stage.host.ip("link", "set", "eth5", "up")
    stage.host.ip("link", "set", "eth5", "down")
    stage.then(r"\(A\) Changing effective priority from 100 to 107")
    stage.host.ip("link", "set", "eth3", "up")
    stage.then(r"\(A\) Changing effective priority from 107 to 117")
    stage.host.ip("link", "set", "eth5", "up")
    stage.then(r"\(A\) Changing effective priority from 117 to 110")


def play(program: Program, home: Path) -> list[str]:
    """Play the acts under one program; return what it told."""
    with Lab() as lab:
        host = lab.namespace("trackers")
        for number in (0, 2, 4):
            host.ip("link", "add", f"eth{number}", "type", "veth", "peer", "name", f"eth{number + 1}")
            host.ip("link", "set", f"eth{number}", "up")
            host.ip("link", "set", f"eth{number + 1}", "up")
        host.ip("addr", "add", "10.99.0.1/24", "dev", "eth0")
        home.mkdir(exist_ok=True)
        (home / "ok").touch()
        (home / "fault").write_text("0\n")
        daemon = Daemon(program, host, home, CONFIGURATION.format(home=home))
        after = daemon.wait_log(r"\(A\) Entering MASTER STATE", 8).when
        stage = Stage(host=host, home=home, daemon=daemon, after=after)
        files_change(stage)
        script_changes(stage)
        links_change(stage)
        log = daemon.log
        assert daemon.stop()[0] == 0
    return [match[1].replace(str(home), "HOME") for line in log.splitlines() if (match := TOLD.search(line))]


def test_what_trackers_do_to_states_and_priorities_is_what_the_reference_does(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        ours, reference = pool.map(lambda program: play(program, tmp_path / program.value), Program)
    assert ours == reference
