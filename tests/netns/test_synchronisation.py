"""lvs_sync_daemon end to end, with the commands of a dry run: it follows a router, over a reload and a worker's death."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

import pytest

from tests.lab.daemon import Daemon, Program
from tests.lab.process import kill, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.netns.conftest import Host

pytestmark = pytest.mark.netns

CONFIGURATION = """\
global_defs {
    lvs_sync_daemon eth1 VI
}
vrrp_instance VI {
    interface eth1
    virtual_router_id 80
    priority 100
    version 3
    advert_int 0.1
    virtual_ipaddress {
        192.168.56.205/24
    }
}
"""


def test_the_daemon_follows_the_router_through_a_reload_a_death_and_the_stop(host: Host, tmp_path: Path) -> None:
    daemon = Daemon(Program.OURS, host.namespace, tmp_path / "home", CONFIGURATION, options=("-D", "--ipvs=dry-run"))

    def asked(count: int) -> list[str]:
        found: list[str] = re.findall(r"IPVS dry run: ipvsadm --(.*)", daemon.log)
        return found if len(found) >= count else []

    backup = "start-daemon backup --mcast-interface eth1 --syncid 80"
    master = "start-daemon master --mcast-interface eth1 --syncid 80"
    try:
        steps = [backup, "stop-daemon backup", master]
        assert wait_until(lambda: asked(3), 10, "the master's daemon") == steps

        daemon.configuration.write_text(CONFIGURATION.replace("eth1 VI", "eth1 VI maxlen 1400", 1))
        daemon.process.signal(signal.SIGHUP)
        steps += ["stop-daemon master", f"{master} --sync-maxlen 1400"]
        assert wait_until(lambda: asked(5), 10, "the other length") == steps

        (ipvs,) = (pid for kind, pid in daemon.workers().items() if kind != "vrrp")
        kill(ipvs)
        steps.append(f"{master} --sync-maxlen 1400")
        assert wait_until(lambda: asked(6), 10, "the new worker's daemon") == steps
    finally:
        status, _ = daemon.stop()
    assert status == 0
    assert asked(7) == [*steps, "stop-daemon master"]
