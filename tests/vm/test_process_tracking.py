"""The same processes begin, multiply and end under keepalived-py and under Debian's keepalived.

Here and not in a namespace: the reference hears of processes in the host's network namespace only, and this machine is ours.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.lab.daemon import Daemon, Program
from tests.lab.process import Process, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = pytest.mark.vm

CONFIGURATION = """
global_defs {{
    script_user root
}}
vrrp_track_process few {{
    process kp-few
    weight 20
    quorum 2
    quorum_max 3
}}
vrrp_track_process late {{
    process kp-late
    weight -30
    terminate_delay 2
}}
vrrp_track_process precise {{
    process {home}/kp-few 101
    param_match partial
    weight 3
}}
vrrp_track_process vital {{
    process kp-vital
}}
vrrp_instance V {{
    interface eth8
    virtual_router_id 51
    priority 100
    virtual_ipaddress {{
        10.99.0.51/24
    }}
    track_process {{
        few
        late
        precise
        vital
    }}
}}
"""
TOLD = re.compile(r"(\(V\):? (?:Entering|entering|Changing).*|Quorum .*)$")


class Machine:
    """The machine itself where a daemon expects a namespace."""

    def start(self, *command: str, environment: Mapping[str, str] | None = None, folder: Path | None = None) -> Process:
        return Process(command, environment=environment, folder=folder)


@pytest.fixture
def link() -> Iterator[None]:
    commands = ("link add eth8 type veth peer name eth9", "link set eth8 up", "link set eth9 up")
    for command in (*commands, "addr add 10.99.0.1/24 dev eth8"):
        subprocess.run(["ip", *command.split()], check=True)
    yield
    subprocess.run(["ip", "link", "del", "eth8"], check=True)


def play(program: Program, home: Path) -> list[str]:
    """Play the acts under one program; return what it told."""
    home.mkdir()
    for name in ("few", "late", "vital"):
        shutil.copy(shutil.which("sleep") or "/bin/sleep", home / f"kp-{name}")
    running: list[subprocess.Popen[bytes]] = []

    def begin(name: str, seconds: int = 100) -> subprocess.Popen[bytes]:
        running.append(subprocess.Popen([str(home / name), str(seconds)]))
        return running[-1]

    def end(*processes: subprocess.Popen[bytes]) -> None:
        for process in processes:
            process.kill()
            process.wait()

    late = begin("kp-late")
    daemon = Daemon(program, Machine(), home / "run", CONFIGURATION.format(home=home))  # type: ignore[arg-type]

    def then(pattern: str, count: int = 1) -> None:
        wait_until(lambda: len(re.findall(pattern, daemon.log)) >= count, 40, f"{count} times {pattern}")

    try:
        then(r"\(V\) entering FAULT state \(tracked process vital quorum not achieved\)")
        vital = begin("kp-vital")
        then(r"\(V\) Entering MASTER STATE")
        first = begin("kp-few", 101)
        then(r"Quorum gained for tracked process precise")
        second = begin("kp-few")
        then(r"Quorum gained for tracked process few")
        third = begin("kp-few")
        fourth = begin("kp-few")
        then(r"Quorum lost for tracked process few")
        end(fourth)
        then(r"Quorum gained for tracked process few", 2)
        end(first)
        then(r"Quorum lost for tracked process precise")
        end(second)
        then(r"Quorum lost for tracked process few", 2)
        end(late)
        then(r"Quorum lost for tracked process late")
        begin("kp-late")
        then(r"Quorum gained for tracked process late")
        end(vital)
        then(r"\(V\) Entering FAULT STATE")
        end(third)
        log = daemon.log
        assert daemon.stop(30)[0] == 0
    finally:
        end(*running)
        daemon.kill()
    return [match[1] for line in log.splitlines() if (match := TOLD.search(line))]


@pytest.mark.usefixtures("link")
def test_what_processes_do_to_states_and_priorities_is_what_the_reference_does(tmp_path: Path) -> None:
    ours, reference = (play(program, tmp_path / program.value) for program in Program)
    assert ours == reference
