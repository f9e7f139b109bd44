"""The kernel's IPVS table through generic netlink (reference/ipvs.md §1).

Owns finding the family, loading the module, and the exchange of messages that ``wire/ipvs.py`` encodes. What an errno
means for a command is the IPVS room's policy, but for one thing: how the reference's library renames errors
(``as_libnl``).
"""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from keepalived_py.kernel.netlink_socket import NetlinkSocket
from keepalived_py.wire import ipvs, ipvs_control
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.ipvs_attributes import FAMILY_NAME
from keepalived_py.wire.netlink import GENL_ID_CTRL, decode_family, encode_get_family

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

_NETLINK_GENERIC = 16
_MODULE = "ip_vs"
_MODPROBE_SETTING = Path("/proc/sys/kernel/modprobe")
_MODPROBE_TIMEOUT = 10
_LIBNL = {errno.ESRCH: errno.ENOENT, errno.EADDRINUSE: errno.EEXIST}


class IpvsUnavailable(Exception):  # noqa: N818 - it states what is the case, as the house's other errors of the kind do
    """This kernel has no IPVS, or we may not use it. ``str()`` is the line to log with what can be done about it."""


def as_libnl(number: int) -> int:
    """Return the errno that the reference sees and logs: its netlink library renames two (reference/ipvs.md §7)."""
    return _LIBNL.get(number, number)


class IpvsSocket:
    """One connection to the table of the network namespace in which ``connect`` is called."""

    def __init__(self) -> None:
        self._netlink: NetlinkSocket | None = None
        self._family = 0
        self.info = ipvs.Info(version=0, connection_table_size=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def connect(self) -> ipvs.Info:
        """Find IPVS, loading ``ip_vs`` if it is not there, and ask for its version. Raises IpvsUnavailable.

        Waits up to ten seconds when the module must be loaded, else for one exchange with the kernel.
        """
        if self._netlink is None:
            self._netlink = NetlinkSocket(_NETLINK_GENERIC)
        try:
            self.info = self._probe()
        except OSError:
            _load_module()
            try:
                self.info = self._probe()
            except OSError as error:
                self.close()
                raise _unavailable(error) from error
        return self.info

    def close(self) -> None:
        """Give the socket back; ``connect`` opens it again."""
        if self._netlink is not None:
            self._netlink.close()
            self._netlink = None

    def apply(self, commands: Sequence[bytes]) -> list[int]:
        """Carry out messages of ``wire/ipvs.py`` in order, batched; return the kernel's errno by command, 0 for done.

        One that fails does not stop those behind it. Raises OSError when netlink itself fails.
        """
        netlink = self._connected()
        return netlink.transact([(self._family, 0, command) for command in commands])

    def services(self) -> list[ipvs.ServiceEntry]:
        """Return all services, in the kernel's order. Raises OSError."""
        messages = self._connected().dump(self._family, ipvs.encode_get_services())
        return [ipvs.decode_service(message.payload) for message in messages]

    def destinations(self, service: ipvs.Service | ipvs.ServiceKey) -> list[ipvs.DestinationEntry]:
        """Return the destinations of a service, newest first as the kernel keeps them. Raises OSError."""
        messages = self._connected().dump(self._family, ipvs.encode_get_destinations(service))
        return [ipvs.decode_destination(message.payload) for message in messages]

    def daemons(self) -> list[ipvs_control.SyncDaemon]:
        """Return the running synchronisation daemons. Raises OSError."""
        messages = self._connected().dump(self._family, ipvs_control.encode_get_daemons())
        return [ipvs_control.decode_daemon(message.payload) for message in messages]

    def timeouts(self) -> ipvs_control.Timeouts:
        """Return the connection timeouts in force. Raises OSError."""
        messages = self._connected().request(self._family, ipvs_control.encode_get_config())
        return ipvs_control.decode_config(messages[0].payload)

    def _probe(self) -> ipvs.Info:
        netlink = self._netlink
        if netlink is None:
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
        try:
            answers = netlink.request(GENL_ID_CTRL, encode_get_family(FAMILY_NAME))
            self._family = decode_family(answers[0].payload)
            answers = netlink.request(self._family, ipvs.encode_get_info())
            return ipvs.decode_info(answers[0].payload)
        except (WireError, IndexError) as error:
            raise OSError(errno.EPROTO, f"unexpected answer: {error}") from error

    def _connected(self) -> NetlinkSocket:
        if self._netlink is None or not self._family:
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
        return self._netlink


def _load_module() -> None:
    """Ask the kernel's own module loader for ip_vs; whether it came is seen by asking for IPVS again."""
    try:
        program = _MODPROBE_SETTING.read_text(encoding="utf-8").strip() or "/sbin/modprobe"
        subprocess.run(  # noqa: S603 - the program is the one the kernel itself runs, its arguments are constant
            (program, "-s", "--", _MODULE),
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_MODPROBE_TIMEOUT,
        )
    except (OSError, subprocess.SubprocessError):
        return


def _unavailable(error: OSError) -> IpvsUnavailable:
    if error.errno == errno.EPERM:
        return IpvsUnavailable("IPVS: Can't initialize ipvs: Permission denied (you must be root)")
    # The reference's line, which says "No such file or directory" for a kernel without IPVS, and what it leaves unsaid.
    advice = "load the kernel module ip_vs, or run with --ipvs=dry-run"
    return IpvsUnavailable(f"IPVS: Can't initialize ipvs: {error.strerror or error} ({advice})")
