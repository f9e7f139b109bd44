"""FRR's vrrpd in a namespace: a VRRP version 3 router that shares no code with keepalived.

Owns its two daemons (zebra tells vrrpd about interfaces) and the macvlan devices that FRR wants to find: one a family, with the
virtual MAC and the virtual address, which it switches on as MASTER (https://docs.frrouting.org/en/latest/vrrp.html).
"""

from __future__ import annotations

import json
import shutil
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.lab.process import Process, wait_until

if TYPE_CHECKING:
    from tests.lab.netns import Namespace

PROGRAM = "/usr/lib/frr/vrrpd"
ZEBRA = "/usr/lib/frr/zebra"


class FrrRouter:
    """One virtual router with one address. ``interval`` is in seconds, ``address`` with its prefix length."""

    def __init__(
        self,
        host: Namespace,
        *,
        interface: str,
        virtual_router_id: int,
        priority: int,
        interval: float,
        address: str,
    ) -> None:
        self._host = host
        # FRR gives up root, and pytest's folders are closed to others.
        self._folder = tempfile.TemporaryDirectory(prefix="keepalived-py-frr-")
        self._home = home = Path(self._folder.name)
        shutil.chown(home, "frr", "frr")
        family = 6 if ":" in address else 4
        self.device = f"vrrp{family}"
        host.ip_batch(
            f"link add {self.device} link {interface} type macvlan mode bridge",
            f"link set {self.device} address 00:00:5e:00:{family // 2 - 1:02x}:{virtual_router_id:02x}",
            f"addr add {address} dev {self.device} {'nodad' if family == 6 else ''}",
            f"link set {self.device} up",
        )
        word = "ipv6" if family == 6 else "ip"
        (home / "vrrpd.conf").write_text(
            f"interface {interface}\n"
            f" vrrp {virtual_router_id} version 3\n"
            f" vrrp {virtual_router_id} priority {priority}\n"
            f" vrrp {virtual_router_id} advertisement-interval {round(interval * 1000)}\n"
            f" vrrp {virtual_router_id} {word} {address.partition('/')[0]}\n"
        )
        (home / "zebra.conf").write_text("")
        self._zebra = self._start(ZEBRA)
        wait_until((home / "zserv.api").exists, 10, "zebra's socket")
        self.start()

    def _start(self, program: str) -> Process:
        name = program.rpartition("/")[2]
        return self._host.start(
            program,
            *("-f", str(self._home / f"{name}.conf"), "-i", str(self._home / f"{name}.pid")),
            *("-z", str(self._home / "zserv.api"), "--vty_socket", str(self._home)),
            *("-P", "0", "--log", "stdout"),
        )

    def start(self) -> None:
        """Start vrrpd (again)."""
        self._vrrpd = self._start(PROGRAM)

    def kill(self) -> float:
        """Kill vrrpd with -9; returns when."""
        return self._vrrpd.kill_tree()

    def stop(self) -> float:
        """Ask vrrpd to stop; returns when."""
        when = self._vrrpd.signal(signal.SIGTERM)
        self._vrrpd.wait(10)
        return when

    def close(self) -> None:
        """End both daemons and remove their files."""
        self._vrrpd.close()
        self._zebra.close()
        self._folder.cleanup()

    @property
    def log(self) -> str:
        """What its daemons said since vrrpd was last started."""
        return f"{self._zebra.text}\n{self._vrrpd.text}"

    def shown(self) -> Any:
        """Return what ``show vrrp json`` says."""
        return json.loads(self._host.run("vtysh", "--vty_socket", str(self._home), "-c", "show vrrp json").stdout)
