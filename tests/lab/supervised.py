"""Runs the real parent with workers that only report: ``python -m tests.lab.supervised DIRECTORY``."""

import asyncio
import os
import sys
from ipaddress import IPv4Address
from pathlib import Path

from keepalived_py.config.ast import (
    BoundaryScripts,
    Command,
    Configuration,
    GlobalDefinitions,
    Protocol,
    VirtualServer,
    VirtualServerKey,
    VrrpInstance,
)
from keepalived_py.log import Log, LogSettings
from keepalived_py.runtime.options import Options
from keepalived_py.runtime.process import ProcessTitle
from keepalived_py.supervisor import Supervisor

INSTANCE = VrrpInstance(name="V", interface="none", virtual_router_id=1)
SERVER = VirtualServer(key=VirtualServerKey(address=IPv4Address("192.0.2.1"), port=80, protocol=Protocol.TCP))


def scripts(here: Path) -> BoundaryScripts:
    """Return the programs ``startup`` and ``shutdown`` in the folder, each with a limit of a second, if they are there."""

    def command(name: str) -> Command | None:
        path = str(here / name)
        return Command(argv=(path,), path=path, uid=os.getuid(), gid=os.getgid()) if os.path.exists(path) else None

    return BoundaryScripts(
        startup=command("startup"), shutdown=command("shutdown"), startup_timeout=1, shutdown_timeout=1
    )


def main(directory: str, *flags: str) -> int:
    """Run until SIGTERM."""
    here = Path(directory)
    supervisor = Supervisor(
        configuration=Configuration(
            global_defs=GlobalDefinitions(scripts=scripts(here)),
            vrrp_instances=(INSTANCE,),
            declared_instances=(INSTANCE,),
            virtual_servers=(SERVER,),
        ),
        options=Options(
            pid_file=str(here / "parent.pid"),
            vrrp_pid_file=str(here / "vrrp.pid"),
            checkers_pid_file=str(here / "checkers.pid"),
            dont_respawn="dont-respawn" in flags,
            dump_configuration="dump-conf" in flags,
        ),
        log=Log("Keepalived", LogSettings(console=True, syslog=False)),
        title=ProcessTitle(),
        arguments=("-n", "-l"),
        reload=lambda: Configuration(vrrp_instances=(INSTANCE, INSTANCE), virtual_servers=(SERVER,)),
        rooms="tests.lab.workers",
    )
    supervisor.lock_pid_files()
    return asyncio.run(supervisor.run())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
