"""Tell systemd how the daemon is: the sd_notify protocol (systemd's sd_notify(3)), one datagram a message.

As keepalived, only where systemd itself started us: the parent's parent is process 1, that is systemd, and NOTIFY_SOCKET is set.
Source: reference/cli-and-process.md §12.
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import MutableMapping

_VARIABLE = "NOTIFY_SOCKET"


def socket_of_systemd(
    environment: MutableMapping[str, str], *, parent_pid: int, first_process: str = "/proc/1/comm"
) -> str | None:
    """Return where systemd listens, None where nobody asked; the variable is removed, so that no child speaks for us."""
    address = environment.pop(_VARIABLE, None)
    if not address or parent_pid != 1:
        return None
    try:
        with open(first_process, encoding="utf-8", errors="replace") as file:
            return address if file.read().strip() == "systemd" else None
    except OSError:
        return None


class SystemdNotifier:
    """Sends states to ``address`` (a path, or ``@name`` in the abstract namespace); with None it is silent."""

    def __init__(self, address: str | None) -> None:
        self._address = "\0" + address[1:] if address and address.startswith("@") else address

    def ready(self) -> None:
        """Say that everything runs, after a start or a reload."""
        self._send(f"READY=1\nMAINPID={os.getpid()}")

    def reloading(self) -> None:
        """Say that a reload begins."""
        self._send("RELOADING=1")

    def stopping(self) -> None:
        """Say that the stop begins."""
        self._send("STOPPING=1")

    def failed(self, number: int) -> None:
        """Say that a worker cannot run; ``number`` is an errno."""
        self._send(f"ERRNO={number}")

    def _send(self, state: str) -> None:
        if self._address is None:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as out:
                out.sendto(state.encode(), self._address)
        except OSError:
            # A systemd that does not listen notices that by itself; the service is more important.
            return
