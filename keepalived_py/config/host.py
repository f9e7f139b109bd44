"""What the machine has, as far as a configuration speaks of it: interfaces, users, programs, its own name.

The live machine, one described by a JSON file, or one that has everything. Asks the kernel, the user database and PATH; it must not
change anything.
"""
# PTH: paths are asked about exactly as they are written in the configuration

from __future__ import annotations

import errno
import functools
import grp
import ipaddress
import json
import os
import posixpath
import pwd
import socket
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from keepalived_py.config.host_links import private_macvlans
from keepalived_py.config.interface_facts import InterfaceFacts, look_at
from keepalived_py.config.iproute_names import read_names
from keepalived_py.config.permissions import may_execute, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from keepalived_py.config.ast import IPAddress

_HEAD: Final = 4096
#: What stands for a key of a machine that is only described: of a length that is allowed.
_SOME_KEY: Final = (b"k" * 32, 0o600)
_DEFAULT_PATH: Final = "/bin:/usr/bin"
_USUAL: Final = (
    "/ /bin /dev/shm /etc /etc/keepalived /home /opt /root /run /sbin /srv /tmp /usr /usr/bin /usr/local/bin /usr/sbin"
    " /var /var/lib /var/log /var/run /var/spool /var/tmp"
)
_USUAL_DIRECTORIES: Final = frozenset(_USUAL.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """A program: where its name finally leads, who may run it, and whether only root can change it or what leads to it.

    ``wrong_type`` says that a component of the path as written is not a directory (or the file no file).
    """

    real_path: str
    executable: bool = True
    root_only: bool = True
    set_id: bool = False
    wrong_type: bool = False


class Host(Protocol):
    """The questions the verifier asks about a machine."""

    def interface(self, name: str) -> InterfaceFacts | None:
        """Give the interface of that name, or None."""

    def macvlan(self, base: str, mac: bytes) -> str | None:
        """Give the name of a macvlan in private mode with this MAC on a base interface, or None."""

    def host_name(self) -> str:
        """Give the machine's name, fully qualified when it can be found out."""

    def knows_own_name(self) -> bool:
        """Whether the resolver knows the machine's name."""

    def resolve(self, name: str) -> IPAddress | None:
        """Give the first address of a host name, or None."""

    def user(self, name: str) -> tuple[int, int] | None:
        """Give a user's numbers (uid, gid), or None."""

    def group(self, name: str) -> int | None:
        """Give a group's number, or None."""

    def identity(self) -> tuple[int, int, str]:
        """Who we are: uid, gid, user name."""

    def locate(self, command: str, uid: int, gid: int) -> str | None:
        """Search PATH for a program that the user may run."""

    def program(self, path: str, uid: int, gid: int) -> FileFacts | int:
        """Give what a path leads to for the user, or the errno of why it does not."""

    def directory_exists(self, path: str) -> bool:
        """Whether a directory exists."""

    def enter_namespace(self, name: str) -> bool:
        """Look at interfaces and kernel settings of a named network namespace from now on; whether that is possible."""

    def interface_names(self) -> tuple[str, ...]:
        """Name the interfaces there are; () when not known."""

    def head(self, path: str) -> bytes | None:
        """Give the first bytes of a file (4096), or None when it cannot be read or nothing is known of it."""

    def secret(self, path: str) -> tuple[bytes, int] | None:
        """Give the first bytes (4096) of a file with a key, and its permission bits; None when it cannot be read."""

    def sysctl(self, name: str) -> str | None:
        """Give a kernel setting such as ``net.ipv4.ip_forward``, or None when not known."""

    def named_numbers(self, file: str, vendor: str, local: str) -> Mapping[str, int]:
        """Give number by name of a file of iproute2 (``rt_tables`` and its like) in its two directories."""


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


class FactsHost:
    """A machine described by a JSON object: hostname, interfaces, executables, users, groups, search_path, and some more."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self._facts = facts
        self._interfaces: dict[str, InterfaceFacts | None] = {}
        self._executables = frozenset(facts.get("executables", ()))
        described = facts.get("directories", _USUAL_DIRECTORIES)
        self._directories = frozenset(described) | {posixpath.dirname(path) for path in self._executables}

    @classmethod
    def read(cls, path: str) -> FactsHost:
        """Read the description. Raises OSError, or ValueError when it is not such an object."""
        with open(path, encoding="utf-8") as stream:
            facts = json.load(stream)
        if not isinstance(facts, dict):
            message = f"{path}: not a JSON object"
            raise ValueError(message)  # noqa: TRY004  the file's content is wrong, not an argument's type
        return cls(facts)

    def interface(self, name: str) -> InterfaceFacts | None:
        """Look in the description."""
        if name not in self._interfaces:
            self._interfaces[name] = self._describe(name)
        return self._interfaces[name]

    def _describe(self, name: str) -> InterfaceFacts | None:
        described = self._facts.get("interfaces", {})
        entry = described.get(name)
        if entry is None:
            return None
        # Numbered as a host does whose interfaces are veth pairs: every second number, after the loopback.
        index = entry.get("index", 2 * list(described).index(name) + 1)
        flags = entry.get("flags", ("UP", "RUNNING", "BROADCAST", "MULTICAST"))
        networks = [ipaddress.ip_interface(text) for text in entry.get("addresses", ())]
        networks.sort(key=lambda network: network.version)
        return InterfaceFacts(
            name=name,
            mtu=int(entry.get("mtu", 1500)),
            loopback="LOOPBACK" in flags,
            multicast="MULTICAST" in flags,
            addresses=tuple(network.ip for network in networks),
            networks=tuple(networks),
            index=int(index),
            # Described is a machine that begins: its IPv6 addresses are still looked for elsewhere.
            link_local_ready=bool(entry.get("link_local_ready", False)),
        )

    def macvlan(self, base: str, mac: bytes) -> str | None:
        """None that is known of."""

    def host_name(self) -> str:
        """As described."""
        return str(self._facts.get("hostname", "localhost"))

    def knows_own_name(self) -> bool:
        """Whether it is described with an address."""
        return self.resolve(self.host_name()) is not None

    def resolve(self, name: str) -> IPAddress | None:
        """Only what is described under ``hosts``, and localhost."""
        text = self._facts.get("hosts", {}).get(name, "127.0.0.1" if name == "localhost" else None)
        return ipaddress.ip_address(text) if text else None

    def user(self, name: str) -> tuple[int, int] | None:
        """Look in the description."""
        entry = self._facts.get("users", {}).get(name)
        return (int(entry[0]), int(entry[1])) if entry else None

    def group(self, name: str) -> int | None:
        """Look in the description."""
        entry = self._facts.get("groups", {}).get(name)
        return None if entry is None else int(entry)

    def identity(self) -> tuple[int, int, str]:
        """Give a described machine is always looked at as root."""
        return 0, 0, "root"

    def locate(self, command: str, uid: int, gid: int) -> str | None:
        """Search the described path.

        For a user other than ours there is no answer, because the reference has none: it changes the user id first and may then
        no longer change the groups. (A live host searches; a described one stands for what the reference would find.)
        """
        if uid or gid:
            return None
        for directory in self._facts.get("search_path", ()):
            if f"{directory}/{command}" in self._executables:
                return f"{directory}/{command}"
        return None

    def program(self, path: str, uid: int, gid: int) -> FileFacts | int:
        """Give a described executable belongs to root and may be run by anybody."""
        del uid, gid
        clean = os.path.normpath(path)
        return FileFacts(real_path=clean) if clean in self._executables else errno.ENOENT

    def directory_exists(self, path: str) -> bool:
        """Look in the description; where it names no directories, the usual ones exist, and those of the executables."""
        return posixpath.normpath(path or "/") in self._directories

    def enter_namespace(self, name: str) -> bool:
        """Only what is described under ``namespaces``."""
        return name in self._facts.get("namespaces", ())

    def interface_names(self) -> tuple[str, ...]:
        """As described."""
        return tuple(self._facts.get("interfaces", {}))

    def head(self, path: str) -> bytes | None:
        """Only what is described under ``file_heads``."""
        text = self._facts.get("file_heads", {}).get(path)
        return None if text is None else str(text).encode()

    def secret(self, path: str) -> tuple[bytes, int] | None:
        """Every key is there, and nobody else reads it."""
        del path
        return _SOME_KEY

    def sysctl(self, name: str) -> str | None:
        """Only what is described under ``sysctls``."""
        value = self._facts.get("sysctls", {}).get(name)
        return None if value is None else str(value)

    def named_numbers(self, file: str, vendor: str, local: str) -> Mapping[str, int]:
        """Only what is described under ``iproute2``, by the file's name."""
        del vendor, local
        found: dict[str, int] = self._facts.get("iproute2", {}).get(file, {})
        return found


class AnyHost:
    """A machine that has whatever a configuration asks for."""

    def interface(self, name: str) -> InterfaceFacts | None:
        """Every interface exists; ``lo`` is the loopback."""
        return InterfaceFacts(name=name, loopback=name == "lo", addresses=(ipaddress.IPv4Address("192.0.2.1"),))

    def macvlan(self, base: str, mac: bytes) -> str | None:
        """None that is known of."""

    def host_name(self) -> str:
        """Give some name."""
        return "localhost"

    def knows_own_name(self) -> bool:
        """Every name is known."""
        return True

    def resolve(self, name: str) -> IPAddress | None:
        """Every name has an address (one reserved for documentation)."""
        del name
        return ipaddress.IPv4Address("192.0.2.25")

    def user(self, name: str) -> tuple[int, int] | None:
        """Every user exists."""
        return (0, 0) if name == "root" else (1000, 1000)

    def group(self, name: str) -> int | None:
        """Every group exists."""
        return 0 if name == "root" else 1000

    def identity(self) -> tuple[int, int, str]:
        """Root."""
        return 0, 0, "root"

    def locate(self, command: str, uid: int, gid: int) -> str | None:
        """Everything is in /usr/bin."""
        del uid, gid
        return f"/usr/bin/{command}"

    def program(self, path: str, uid: int, gid: int) -> FileFacts | int:
        """Every program exists."""
        del uid, gid
        return FileFacts(real_path=path)

    def directory_exists(self, path: str) -> bool:
        """Every directory exists."""
        del path
        return True

    def enter_namespace(self, name: str) -> bool:
        """Every namespace exists."""
        del name
        return True

    def interface_names(self) -> tuple[str, ...]:
        """Nobody knows."""
        return ()

    def head(self, path: str) -> bytes | None:
        """Nobody knows."""
        del path
        return None

    def secret(self, path: str) -> tuple[bytes, int] | None:
        """Every key is there."""
        del path
        return _SOME_KEY

    def sysctl(self, name: str) -> str | None:
        """Nobody knows."""
        del name
        return None

    def named_numbers(self, file: str, vendor: str, local: str) -> Mapping[str, int]:
        """Nobody knows."""
        del file, vendor, local
        return {}
