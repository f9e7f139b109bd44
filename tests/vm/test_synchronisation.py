"""The kernel's synchronisation daemons of two directors that take turns: Debian's keepalived and keepalived-py."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from tests.lab.daemon import Daemon, Program
from tests.lab.netns import Lab
from tests.lab.process import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.netns import Namespace

pytestmark = [pytest.mark.vm, pytest.mark.interop]

CONFIGURATION = """\
global_defs {{
    lvs_sync_daemon eth0 VI maxlen 1400 port 8850 ttl 2 group 224.0.0.85
}}
vrrp_instance VI {{
    interface eth0
    virtual_router_id 51
    priority {priority}
    advert_int 1
    virtual_ipaddress {{
        10.62.0.100/24
    }}
}}
"""
PATIENCE = 60.0


def daemons(namespace: Namespace) -> str:
    """What the kernel runs: "master", "backup", both, or nothing."""
    lines = namespace.run("ipvsadm", "-L", "--daemon", check=False).stdout.splitlines()
    return " ".join(line.split()[0] for line in lines if "sync daemon" in line)


def details(namespace: Namespace) -> str:
    return namespace.run("ipvsadm", "-L", "--daemon").stdout


def test_the_daemon_of_each_follows_its_router_as_the_references_does(tmp_path: Path) -> None:
    with Lab() as lab, contextlib.ExitStack() as stack:
        one, two = lab.namespace("one"), lab.namespace("two")
        lab.lan("lan", {one: ("eth0", "10.62.0.1/24"), two: ("eth0", "10.62.0.2/24")})

        def start(program: Program, namespace: Namespace, priority: int) -> Daemon:
            home = tmp_path / f"{program.value}-{priority}"
            return Daemon(program, namespace, home, CONFIGURATION.format(priority=priority))

        theirs = start(Program.REFERENCE, one, 150)
        stack.callback(theirs.process.close)
        wait_until(lambda: daemons(one) == "master", PATIENCE, "the reference as master", every=0.2)
        ours = start(Program.OURS, two, 100)
        stack.callback(ours.process.close)
        wait_until(lambda: daemons(two) == "backup", PATIENCE, "our backup daemon", every=0.2)

        ours_as_backup, theirs_as_master = details(two), details(one)
        theirs.stop(20)
        wait_until(lambda: daemons(two) == "master", PATIENCE, "our master daemon", every=0.2)
        assert daemons(one) == ""
        # What the reference shows in the same role, option by option.
        assert details(two) == theirs_as_master

        theirs = start(Program.REFERENCE, one, 50)
        stack.callback(theirs.process.close)
        wait_until(lambda: daemons(one) == "backup", PATIENCE, "the reference's backup daemon", every=0.2)
        assert details(one) == ours_as_backup

        assert ours.stop(20)[0] == 0
        assert daemons(two) == ""
        wait_until(lambda: daemons(one) == "master", PATIENCE, "the reference as master again", every=0.2)
