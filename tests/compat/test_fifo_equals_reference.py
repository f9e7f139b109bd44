"""The lines of FIFOs: Debian's keepalived and keepalived-py, each alone on a LAN, with the same events."""

from __future__ import annotations

import contextlib
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.lab.daemon import Daemon, Program
from tests.lab.netns import Lab
from tests.lab.process import wait_until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.netns, pytest.mark.interop]

CONFIGURATION = """\
global_defs {{
    router_id fifo
    script_user root
    enable_script_security
    notify_fifo {home}/all
    vrrp_notify_fifo {home}/vrrp
    vrrp_notify_fifo_script "{home}/reader with-a-word"
    vrrp_notify_priority_changes true
    fifo_write_vrrp_states_on_reload
}}
vrrp_script weighted {{
    script "/usr/bin/test ! -e {home}/weak"
    interval 1
    weight -20
}}
vrrp_script decisive {{
    script "/usr/bin/test ! -e {home}/broken"
    interval 1
}}
vrrp_sync_group G {{
    group {{
        A
        B
    }}
    track_script {{
        decisive
    }}
    sync_group_tracking_weight
}}
vrrp_instance A {{
    interface eth0
    virtual_router_id 51
    priority 100
    track_script {{
        weighted
    }}
    virtual_ipaddress {{
        10.61.0.100/24
    }}
}}
vrrp_instance B {{
    interface eth0
    virtual_router_id 52
    priority 90
    virtual_ipaddress {{
        10.61.0.101/24
    }}
}}
"""
READER = """\
#!/bin/sh
echo "$@" > {home}/arguments
cat "$2" > {home}/read
"""


def play(program: Program, home: Path) -> tuple[str, str, str]:
    """Start, become master, a weaker priority and back, a fault and back, a reload, a stop: both FIFOs, and the arguments."""
    home.mkdir()
    os.mkfifo(home / "all", 0o600)
    reader = home / "reader"
    reader.write_text(READER.format(home=home))
    reader.chmod(0o755)
    collected = bytearray()
    everything = os.open(home / "all", os.O_RDONLY | os.O_NONBLOCK)

    def seen(text: str) -> bool:
        with contextlib.suppress(BlockingIOError):
            collected.extend(os.read(everything, 65536))
        return text in collected.decode()

    with Lab() as lab:
        host = lab.namespace("host")
        lab.lan("lan", {host: ("eth0", "10.61.0.1/24")})
        daemon = Daemon(program, host, home, CONFIGURATION.format(home=home))
        try:
            wait_until(lambda: seen('GROUP "G" MASTER 0'), 20, "the group as master")
            (home / "weak").touch()
            wait_until(lambda: seen('"A" MASTER_PRIORITY 80'), 10, "the weaker priority")
            (home / "weak").unlink()
            wait_until(lambda: seen('"A" MASTER_PRIORITY 100'), 10, "the priority as configured")
            (home / "broken").touch()
            wait_until(lambda: seen('GROUP "G" FAULT 0'), 10, "the group in fault")
            (home / "broken").unlink()
            wait_until(lambda: collected.decode().count('GROUP "G" MASTER 0') == 2 or seen("\n\n"), 20, "master again")
            before = len(collected)
            daemon.process.signal(signal.SIGHUP)
            wait_until(lambda: seen("\n\n") or 'GROUP "G" MASTER 0' in collected[before:].decode(), 15, "the reload")
        finally:
            daemon.stop()
            seen("")
            os.close(everything)
    own = wait_until(lambda: (home / "read").exists() and (home / "read").read_text(), 5, "what the reader read")
    return collected.decode(), own, (home / "arguments").read_text().replace(str(home), "HOME")


def test_the_lines_of_both_fifos_are_the_references_in_their_order(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        ours, theirs = pool.map(lambda program: play(program, tmp_path / program.value), Program)
    lines = ours[0].splitlines()
    # The reference forgets the masters when it writes the states that went on over a reload (docs/differences.md).
    assert lines[-5:-3] == ['INSTANCE "A" MASTER 100', 'INSTANCE "B" MASTER 90']
    assert lines[:-5] + lines[-3:] == theirs[0].splitlines()
    # At a reload the reference ends the reader and starts it anew, ours goes on and misses nothing.
    assert ours[1].splitlines() == lines
    assert ours[2] == theirs[2] == "with-a-word HOME/vrrp\n"
