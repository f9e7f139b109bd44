"""This machine as it is now. Asks the kernel, the user database and PATH; it must not change anything."""
# PTH: paths are asked about exactly as they are written in the configuration

from __future__ import annotations

import errno
import functools
import grp
import ipaddress
import os
import pwd
import socket
import stat
from typing import TYPE_CHECKING, Final

from keepalived_py.config.host.facts import FileFacts
from keepalived_py.config.host.probe import live_label, live_system
from keepalived_py.config.host_links import private_macvlans
from keepalived_py.config.interface_facts import InterfaceFacts, look_at
from keepalived_py.config.iproute_names import read_names
from keepalived_py.config.permissions import may_execute, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from keepalived_py.config.ast import IPAddress
    from keepalived_py.config.host.system import SystemFacts

_HEAD: Final = 4096
_DEFAULT_PATH: Final = "/bin:/usr/bin"


class LiveHost:
    """This machine as it is now: an interface is looked at once, so take a new one for each reading.

    ``enter`` moves this process into a network namespace or raises OSError; None when the process is where it is to look.
    """

    def __init__(self, enter: Callable[[str], None] | None = None) -> None:
        self._enter = enter
        self._interfaces: dict[str, InterfaceFacts | None] = {}
        self._macvlans: dict[tuple[int, bytes], str] | None = None

    def interface(self, name: str) -> InterfaceFacts | None:
        """Ask the kernel by ioctl, which answers for our own network namespace whatever is mounted on /sys."""
        if name not in self._interfaces:
            self._interfaces[name] = look_at(name)
        return self._interfaces[name]

    def macvlan(self, base: str, mac: bytes) -> str | None:
        """Ask the kernel."""
        if self._macvlans is None:
            self._macvlans = private_macvlans()
        facts = self.interface(base)
        return None if facts is None else self._macvlans.get((facts.index, mac))

    @functools.cached_property
    def _name(self) -> str | None:
        name = os.uname().nodename
        try:
            found = socket.getaddrinfo(name, None, flags=socket.AI_CANONNAME)
        except OSError:
            return None
        return found[0][3] or name

    def host_name(self) -> str:
        """Give the canonical name the resolver gives for the node name, else the node name."""
        return self._name or os.uname().nodename

    def knows_own_name(self) -> bool:
        """Ask the resolver."""
        return self._name is not None

    def resolve(self, name: str) -> IPAddress | None:
        """Ask the resolver."""
        try:
            found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return None
        return ipaddress.ip_address(str(found[0][4][0]).partition("%")[0]) if found else None

    def user(self, name: str) -> tuple[int, int] | None:
        """Look in the user database."""
        try:
            entry = pwd.getpwnam(name)
        except (KeyError, ValueError):
            return None
        return entry.pw_uid, entry.pw_gid

    def group(self, name: str) -> int | None:
        """Look in the group database."""
        try:
            return grp.getgrnam(name).gr_gid
        except (KeyError, ValueError):
            return None

    def identity(self) -> tuple[int, int, str]:
        """Give the effective user and group."""
        uid = os.geteuid()
        try:
            name = pwd.getpwuid(uid).pw_name
        except KeyError:
            name = str(uid)
        return uid, os.getegid(), name

    def locate(self, command: str, uid: int, gid: int) -> str | None:
        """Search PATH."""
        for directory in os.environ.get("PATH", _DEFAULT_PATH).split(":"):
            path = f"{directory}/{command}"
            facts = self.program(path, uid, gid)
            if isinstance(facts, FileFacts) and facts.executable:
                return path
        return None

    def program(self, path: str, uid: int, gid: int) -> FileFacts | int:
        """Follow links and look at every component."""
        try:
            real_path = os.path.realpath(path, strict=True)
            status = os.stat(real_path)
        except ValueError:
            return errno.ENOENT
        except OSError as error:
            return error.errno or errno.EIO
        # The reference walks the path as written without following links and so refuses /bin/x where /bin is a link; an error
        # of its newest versions only, not followed here: what is run is the real path.
        wrong_type, root_only = walk(real_path)
        if os.path.islink(path) and not walk(os.path.dirname(os.path.realpath(os.path.dirname(path))) or "/")[1]:
            root_only = False
        set_id = bool(status.st_mode & (stat.S_ISUID | stat.S_ISGID)) and status.st_uid == 0
        executable = stat.S_ISREG(status.st_mode) and may_execute(status, uid, gid)
        return FileFacts(
            real_path=real_path, executable=executable, root_only=root_only, set_id=set_id, wrong_type=wrong_type
        )

    def directory_exists(self, path: str) -> bool:
        """Look."""
        return os.path.isdir(path or "/")

    def enter_namespace(self, name: str) -> bool:
        """Go there."""
        if self._enter is not None:
            try:
                self._enter(name)
            except OSError:
                return False
        return True

    def interface_names(self) -> tuple[str, ...]:
        """Ask the kernel."""
        return tuple(name for _, name in socket.if_nameindex())

    def head(self, path: str) -> bytes | None:
        """Read it, if it is a plain file."""
        found = self.secret(path)
        return None if found is None else found[0]

    def secret(self, path: str) -> tuple[bytes, int] | None:
        """Read it, if it is a plain file."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, ValueError):
            return None
        try:
            mode = os.fstat(descriptor).st_mode
            return (os.read(descriptor, _HEAD), stat.S_IMODE(mode)) if stat.S_ISREG(mode) else None
        except OSError:
            return None
        finally:
            os.close(descriptor)

    def sysctl(self, name: str) -> str | None:
        """Read it below /proc/sys."""
        try:
            with open(f"/proc/sys/{name.replace('.', '/')}", encoding="ascii") as stream:
                return stream.read().strip()
        except (OSError, ValueError):
            return None

    def named_numbers(self, file: str, vendor: str, local: str) -> Mapping[str, int]:
        """Read them."""
        return read_names(file, vendor, local)

    def label(self, path: str) -> str | None:
        """Ask the file system."""
        return live_label(path)

    def system(self) -> SystemFacts:
        """Look, once."""
        return self._system

    @functools.cached_property
    def _system(self) -> SystemFacts:
        return live_system()
